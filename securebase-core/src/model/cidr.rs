//! Blocks of addresses in canonical form.
//!
//! *Purpose.* [`Cidr`] and [`Cidr6`] are CIDR blocks without host bits, so that equality of values is equality of address sets;
//! [`AnyCidr`] is either.
//!
//! *Invariants.* A block's first address is a multiple of its size. Every way in (text, serde, an `ipnet` network) refuses anything
//! else and names the canonical form; nothing drops host bits that were written.
//!
//! *Non-goals.* Which blocks AWS accepts for what: that is `net::rules`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{Ipv4Net, Ipv6Net};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Diagnosis, Problem, Quoted, diagnostic};

/// Why a text is not a block of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CidrError {
    /// The text is not a block.
    #[error("invalid CIDR block `{}`: {why}", Quoted(text))]
    Malformed {
        /// The text.
        text: String,
        /// What is wrong with it.
        why: &'static str,
        /// What to write instead.
        hint: String,
    },
    /// The address is not the first of its block.
    #[error("`{}` has host bits set", Quoted(text))]
    HostBits {
        /// The text.
        text: String,
        /// The block it lies in.
        canonical: AnyCidr,
    },
}

impl CidrError {
    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Malformed { hint, .. } => Diagnosis::new("cidr-invalid").help(hint.as_str()),
            Self::HostBits { canonical, .. } => {
                Diagnosis::new("cidr-host-bits").help(format!("write `{canonical}`"))
            }
        }
    }

    /// Returns the error as a finding at `path`.
    pub fn problem(&self, path: impl Into<String>) -> Problem {
        Problem::error(self.code(), path, self.to_string(), self.help().unwrap_or_default())
    }
}

diagnostic!(CidrError);

/// An IPv4 block in canonical form, `10.1.0.0/16`. Ordered by first address, then the larger block first.
///
/// ```
/// use securebase_core::model::Cidr;
///
/// let vpc: Cidr = "10.1.0.0/16".parse()?;
/// let halves: Vec<String> = vpc.subnets(17).map(|half| half.to_string()).collect();
/// assert_eq!(halves, ["10.1.0.0/17", "10.1.128.0/17"]);
/// assert!(vpc.contains(&"10.1.2.0/24".parse()?));
///
/// // Host bits are an error, never dropped.
/// let error = "10.1.2.3/16".parse::<Cidr>().unwrap_err();
/// assert_eq!(error.to_string(), "`10.1.2.3/16` has host bits set");
/// assert_eq!(error.help().as_deref(), Some("write `10.1.0.0/16`"));
/// # Ok::<(), securebase_core::model::CidrError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr(Ipv4Net);

/// An IPv6 block in canonical form, `2001:db8::/56`. Ordered by first address, then the larger block first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr6(Ipv6Net);

/// A block of either family. IPv4 sorts before IPv6.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnyCidr {
    /// An IPv4 block.
    V4(Cidr),
    /// An IPv6 block.
    V6(Cidr6),
}

impl Cidr {
    /// Every IPv4 address, `0.0.0.0/0`: the destination of a default route.
    pub const ANYWHERE: Self = Self(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0));

    /// Reads `a.b.c.d/len`.
    ///
    /// # Errors
    /// [`CidrError::Malformed`] for anything else, [`CidrError::HostBits`] where the address is not the first of its block.
    pub fn parse(text: &str) -> Result<Self, CidrError> {
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
        if block.0.network() == address { Ok(block) } else { Err(host_bits(text, block)) }
    }

    /// The block of length `/prefix_len` that contains `address`; lengths over 32 count as 32.
    pub const fn containing(address: Ipv4Addr, prefix_len: u8) -> Self {
        let prefix_len = if prefix_len < 32 { prefix_len } else { 32 };
        let mask = u32::MAX.unbounded_shl(32 - prefix_len as u32);
        Self(Ipv4Net::new_assert(Ipv4Addr::from_bits(address.to_bits() & mask), prefix_len))
    }

    /// Returns the blocks of length `/prefix_len` inside this one, in order: none where that length is shorter than its own or over 32.
    pub fn subnets(&self, prefix_len: u8) -> impl Iterator<Item = Self> + use<> {
        self.0.subnets(prefix_len).into_iter().flatten().map(Self)
    }

    /// Returns the block twice as large that contains this one, or `None` for all addresses.
    pub fn supernet(&self) -> Option<Self> {
        self.0.supernet().map(Self)
    }

    /// As [`Cidr::containing`], from the address as a number.
    pub(crate) fn at(start: u32, prefix_len: u8) -> Self {
        Self::containing(Ipv4Addr::from_bits(start), prefix_len)
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
    pub(crate) fn start(&self) -> u32 {
        self.first().to_bits()
    }

    /// The last address as a number.
    pub(crate) fn end(&self) -> u32 {
        self.last().to_bits()
    }
}

impl Cidr6 {
    /// Reads an IPv6 block.
    ///
    /// # Errors
    /// [`CidrError::Malformed`] for anything else, [`CidrError::HostBits`] where the address is not the first of its block.
    pub fn parse(text: &str) -> Result<Self, CidrError> {
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
        if block.0.network() == address { Ok(block) } else { Err(host_bits(text, block)) }
    }

    /// The block of length `/prefix_len` that contains `address`; lengths over 128 count as 128.
    pub fn containing(address: Ipv6Addr, prefix_len: u8) -> Self {
        Self(Ipv6Net::new_assert(address, prefix_len.min(128)).trunc())
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

impl AnyCidr {
    /// Reads a block of either family.
    ///
    /// # Errors
    /// As [`Cidr::parse`].
    pub fn parse(text: &str) -> Result<Self, CidrError> {
        let (address, _) = split(text)?;
        match parse_address(text, address)? {
            IpAddr::V4(_) => Cidr::parse(text).map(Self::V4),
            IpAddr::V6(_) => Cidr6::parse(text).map(Self::V6),
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

fn malformed(text: &str, why: &'static str, hint: impl Into<String>) -> CidrError {
    CidrError::Malformed { text: Quoted(text).to_string(), why, hint: hint.into() }
}

fn host_bits(text: &str, canonical: impl Into<AnyCidr>) -> CidrError {
    CidrError::HostBits { text: text.to_owned(), canonical: canonical.into() }
}

fn split(text: &str) -> Result<(&str, &str), CidrError> {
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

fn parse_address(text: &str, address: &str) -> Result<IpAddr, CidrError> {
    address.parse::<IpAddr>().map_err(|_| {
        malformed(text, "the part before the slash is no IP address", "write a block such as `10.0.0.0/16`")
    })
}

fn parse_len(text: &str, len: &str, address: &IpAddr) -> Result<u8, CidrError> {
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

impl TryFrom<Ipv4Net> for Cidr {
    type Error = CidrError;

    /// [`CidrError::HostBits`] where the network has host bits.
    fn try_from(net: Ipv4Net) -> Result<Self, CidrError> {
        let block = Self(net.trunc());
        if block.0 == net { Ok(block) } else { Err(host_bits(&net.to_string(), block)) }
    }
}

impl TryFrom<Ipv6Net> for Cidr6 {
    type Error = CidrError;

    /// [`CidrError::HostBits`] where the network has host bits.
    fn try_from(net: Ipv6Net) -> Result<Self, CidrError> {
        let block = Self(net.trunc());
        if block.0 == net { Ok(block) } else { Err(host_bits(&net.to_string(), block)) }
    }
}

impl From<Cidr> for Ipv4Net {
    fn from(block: Cidr) -> Self {
        block.0
    }
}

impl From<Cidr6> for Ipv6Net {
    fn from(block: Cidr6) -> Self {
        block.0
    }
}

impl From<Cidr> for AnyCidr {
    fn from(block: Cidr) -> Self {
        Self::V4(block)
    }
}

impl From<Cidr6> for AnyCidr {
    fn from(block: Cidr6) -> Self {
        Self::V6(block)
    }
}

impl fmt::Display for AnyCidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(block) => block.fmt(f),
            Self::V6(block) => block.fmt(f),
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Cidr6 {
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
            type Err = CidrError;

            fn from_str(text: &str) -> Result<Self, CidrError> {
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
                Self::parse(&text).map_err(|error| match &error {
                    CidrError::Malformed { .. } => serde::de::Error::custom(error),
                    // What the caller does not see of an error that is text alone: the block that it should be.
                    CidrError::HostBits { canonical, .. } => {
                        serde::de::Error::custom(format_args!("{error}: write `{canonical}`"))
                    }
                })
            }
        }
    )*};
}

text_form!(AnyCidr, Cidr, Cidr6);

#[cfg(test)]
mod tests;
