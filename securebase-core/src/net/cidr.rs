//! Blocks of addresses in canonical form.
//!
//! *Purpose.* [`Block4`] and [`Block6`] are CIDR blocks without host bits, so that equality of values is equality of
//! address sets; [`Block`] is either.
//!
//! *Invariants.* A block's first address is a multiple of its size. Parsing refuses anything else and names the canonical
//! form; conversion from an `ipnet` network, which somebody already parsed, drops the host bits as the VPC API does.
//!
//! *Non-goals.* Which blocks AWS accepts for what: that is [`super::rules`].

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{Ipv4Net, Ipv6Net};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::Error;
use crate::model::Quoted;

/// An IPv4 block in canonical form, `10.1.0.0/16`. Ordered by first address, then the larger block first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Block4(Ipv4Net);

/// An IPv6 block in canonical form, `2001:db8::/56`. Ordered by first address, then the larger block first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Block6(Ipv6Net);

/// A block of either family. IPv4 sorts before IPv6.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Block {
    /// An IPv4 block.
    V4(Block4),
    /// An IPv6 block.
    V6(Block6),
}

impl Block4 {
    /// Reads `a.b.c.d/len`.
    ///
    /// # Errors
    /// [`Error::Malformed`] for anything else, [`Error::HostBits`] where the address is not the first of its block.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (address, len) = split(text)?;
        let address = match parse_address(text, address)? {
            IpAddr::V4(address) => address,
            IpAddr::V6(_) => {
                return Err(malformed(
                    text,
                    "an IPv6 block stands where an IPv4 block is needed",
                    "write an IPv4 block such as `10.0.0.0/16`",
                ));
            }
        };
        let len = parse_len(text, len, &IpAddr::V4(address))?;
        let block = Self::containing(address, len);
        if block.0.network() == address { Ok(block) } else { Err(host_bits(text, &block)) }
    }

    /// The block of length `/prefix_len` that contains `address`; lengths over 32 count as 32.
    pub fn containing(address: Ipv4Addr, prefix_len: u8) -> Self {
        Self(Ipv4Net::new_assert(address, prefix_len.min(32)).trunc())
    }

    /// As [`Block4::containing`], from the address as a number.
    pub(super) fn at(start: u32, prefix_len: u8) -> Self {
        Self::containing(Ipv4Addr::from_bits(start), prefix_len)
    }

    /// The network in ipnet's type.
    pub fn net(&self) -> Ipv4Net {
        self.0
    }

    /// The first address.
    pub fn first(&self) -> Ipv4Addr {
        self.0.network()
    }

    /// The last address.
    pub fn last(&self) -> Ipv4Addr {
        self.0.broadcast()
    }

    /// The number after the slash.
    pub fn prefix_len(&self) -> u8 {
        self.0.prefix_len()
    }

    /// How many addresses it holds.
    pub fn address_count(&self) -> u64 {
        1_u64 << (32 - self.prefix_len())
    }

    /// Whether every address of `other` is in this block.
    pub fn contains(&self, other: &Self) -> bool {
        self.prefix_len() <= other.prefix_len() && self.0.contains(&other.first())
    }

    /// Whether the two share an address. Blocks are nested or apart, never crossing.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// The first address as a number.
    pub(super) fn start(&self) -> u32 {
        self.first().to_bits()
    }

    /// The last address as a number.
    pub(super) fn end(&self) -> u32 {
        self.last().to_bits()
    }
}

impl Block6 {
    /// Reads an IPv6 block.
    ///
    /// # Errors
    /// [`Error::Malformed`] for anything else, [`Error::HostBits`] where the address is not the first of its block.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (address, len) = split(text)?;
        let address = match parse_address(text, address)? {
            IpAddr::V6(address) => address,
            IpAddr::V4(_) => {
                return Err(malformed(
                    text,
                    "an IPv4 block stands where an IPv6 block is needed",
                    "write an IPv6 block such as `2001:db8::/56`",
                ));
            }
        };
        let len = parse_len(text, len, &IpAddr::V6(address))?;
        let block = Self::containing(address, len);
        if block.0.network() == address { Ok(block) } else { Err(host_bits(text, &block)) }
    }

    /// The block of length `/prefix_len` that contains `address`; lengths over 128 count as 128.
    pub fn containing(address: Ipv6Addr, prefix_len: u8) -> Self {
        Self(Ipv6Net::new_assert(address, prefix_len.min(128)).trunc())
    }

    /// The network in ipnet's type.
    pub fn net(&self) -> Ipv6Net {
        self.0
    }

    /// The first address.
    pub fn first(&self) -> Ipv6Addr {
        self.0.network()
    }

    /// The last address.
    pub fn last(&self) -> Ipv6Addr {
        self.0.broadcast()
    }

    /// The number after the slash.
    pub fn prefix_len(&self) -> u8 {
        self.0.prefix_len()
    }

    /// Whether every address of `other` is in this block.
    pub fn contains(&self, other: &Self) -> bool {
        self.prefix_len() <= other.prefix_len() && self.0.contains(&other.first())
    }

    /// Whether the two share an address.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contains(other) || other.contains(self)
    }
}

impl Block {
    /// Reads a block of either family.
    ///
    /// # Errors
    /// As [`Block4::parse`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (address, _) = split(text)?;
        match parse_address(text, address)? {
            IpAddr::V4(_) => Block4::parse(text).map(Self::V4),
            IpAddr::V6(_) => Block6::parse(text).map(Self::V6),
        }
    }

    /// Whether the two share an address. Blocks of different families never do.
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::V4(a), Self::V4(b)) => a.overlaps(b),
            (Self::V6(a), Self::V6(b)) => a.overlaps(b),
            _ => false,
        }
    }
}

fn malformed(text: &str, why: &'static str, hint: impl Into<String>) -> Error {
    Error::Malformed { text: Quoted(text).to_string(), why, hint: hint.into() }
}

fn host_bits(text: &str, canonical: &dyn fmt::Display) -> Error {
    Error::HostBits { text: text.to_owned(), canonical: canonical.to_string() }
}

fn split(text: &str) -> Result<(&str, &str), Error> {
    if text.trim() != text {
        return Err(malformed(
            text,
            "there is white space around it",
            format!("write `{}`", Quoted(text.trim())),
        ));
    }
    match text.split_once('/') {
        Some(parts) => Ok(parts),
        None if text.parse::<IpAddr>().is_ok() => {
            let whole = if text.contains(':') { 128 } else { 32 };
            Err(malformed(
                text,
                "the prefix length is missing",
                format!("add it, as in `{text}/{whole}` for this one address"),
            ))
        }
        None => Err(malformed(
            text,
            "it is no address with a prefix length",
            "write a block such as `10.0.0.0/16`",
        )),
    }
}

fn parse_address(text: &str, address: &str) -> Result<IpAddr, Error> {
    address.parse::<IpAddr>().map_err(|_| {
        malformed(text, "the part before the slash is no IP address", "write a block such as `10.0.0.0/16`")
    })
}

fn parse_len(text: &str, len: &str, address: &IpAddr) -> Result<u8, Error> {
    let len_max = if address.is_ipv4() { 32 } else { 128 };
    // A mask is worth reading only to say what to write instead.
    if let Ok(mask) = len.parse::<Ipv4Addr>() {
        let ones = mask.to_bits().leading_ones();
        let hint = if mask.to_bits().count_ones() == ones {
            format!("write `{address}/{ones}`")
        } else {
            "write a prefix length".to_owned()
        };
        return Err(malformed(text, "the part after the slash is a mask", hint));
    }
    let plain = !len.is_empty()
        && len.bytes().all(|byte| byte.is_ascii_digit())
        && (len == "0" || !len.starts_with('0'));
    let why = "the part after the slash is no prefix length";
    if !plain {
        return Err(malformed(
            text,
            why,
            format!("write a number from 0 to {len_max} without leading zeros"),
        ));
    }
    match len.parse::<u8>() {
        Ok(len) if len <= len_max => Ok(len),
        _ => Err(malformed(text, why, format!("write a number from 0 to {len_max}"))),
    }
}

impl From<Ipv4Net> for Block4 {
    /// Host bits are dropped.
    fn from(net: Ipv4Net) -> Self {
        Self(net.trunc())
    }
}

impl From<Ipv6Net> for Block6 {
    /// Host bits are dropped.
    fn from(net: Ipv6Net) -> Self {
        Self(net.trunc())
    }
}

impl From<Block4> for Ipv4Net {
    fn from(block: Block4) -> Self {
        block.0
    }
}

impl From<Block6> for Ipv6Net {
    fn from(block: Block6) -> Self {
        block.0
    }
}

impl From<Block4> for Block {
    fn from(block: Block4) -> Self {
        Self::V4(block)
    }
}

impl From<Block6> for Block {
    fn from(block: Block6) -> Self {
        Self::V6(block)
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(block) => block.fmt(f),
            Self::V6(block) => block.fmt(f),
        }
    }
}

impl fmt::Display for Block4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Block6 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! text_form {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                Self::parse(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

text_form!(Block, Block4, Block6);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_text_round_trips() {
        for text in ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "255.255.255.255/32", "::/0", "2001:db8::/56"]
        {
            assert_eq!(Block::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn host_bits_are_refused_and_the_canonical_form_is_named() {
        let error = Block4::parse("100.68.0.18/18").unwrap_err();
        assert_eq!(error.to_string(), "`100.68.0.18/18` has host bits set");
        assert_eq!(error.help().unwrap(), "write `100.68.0.0/18`");
        assert_eq!(Block::parse("2001:db8::1/56").unwrap_err().help().unwrap(), "write `2001:db8::/56`");
    }

    #[test]
    fn what_is_wrong_with_a_text_is_said() {
        let hint = |text: &str| Block4::parse(text).unwrap_err().help().unwrap();
        assert_eq!(hint("10.0.0.1"), "add it, as in `10.0.0.1/32` for this one address");
        assert_eq!(hint("10.0.0.0/255.255.0.0"), "write `10.0.0.0/16`");
        assert_eq!(hint(" 10.0.0.0/16"), "write `10.0.0.0/16`");
        assert_eq!(hint("10.0.0.0/33"), "write a number from 0 to 32");
        for text in [
            "",
            "/",
            "10.0.0.0/",
            "10.0.0/16",
            "010.0.0.0/8",
            "10.0.0.0/+8",
            "10.0.0.0/08",
            "ten/8",
            "::/0",
            "10.0.0.0/16/1",
        ] {
            assert!(matches!(Block4::parse(text), Err(Error::Malformed { .. })), "{text}");
        }
    }

    #[test]
    fn nested_blocks_overlap_and_neighbours_do_not() {
        let block = |text| Block4::parse(text).unwrap();
        assert!(block("10.0.0.0/8").contains(&block("10.255.0.0/16")));
        assert!(block("10.255.0.0/16").overlaps(&block("10.0.0.0/8")));
        assert!(!block("10.0.0.0/16").overlaps(&block("10.1.0.0/16")));
        assert_eq!(block("0.0.0.0/0").address_count(), 1 << 32);
    }

    #[test]
    fn a_network_from_ipnet_loses_its_host_bits() {
        let net: Ipv4Net = "10.2.2.2/24".parse().unwrap();
        assert_eq!(Block4::from(net).to_string(), "10.2.2.0/24");
    }
}
