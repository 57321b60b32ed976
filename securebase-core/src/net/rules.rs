//! What AWS accepts as addresses of a VPC, and what it accepts and one should still not use.
//!
//! *Purpose.* Sizes, refused and discouraged ranges, the restrictions on secondary blocks, and the addresses every subnet
//! loses, each with its reason.
//!
//! *Invariants.* Every check collects all findings. A range stands in exactly one table.
//!
//! *Non-goals.* Overlap between VPCs: AWS never refuses that; [`Network`](super::Network) says where it matters.
//!
//! Source unless a row says otherwise: Amazon VPC User Guide, "VPC CIDR blocks" and "Subnet CIDR blocks", as of 2026-11.

use super::error::Error;
use crate::model::{Cidr, Problem};

/// The largest VPC or subnet: /16.
pub const PREFIX_LEN_MIN: u8 = 16;
/// The smallest VPC or subnet: /28.
pub const PREFIX_LEN_MAX: u8 = 28;
/// Addresses AWS keeps in every subnet: network, router, name server, one for the future, and the last.
pub const RESERVED_PER_SUBNET: u64 = 5;
/// IPv4 blocks of one VPC, the primary included, without a raised quota (L-83CA0A9D).
pub const BLOCKS_PER_VPC: usize = 5;
/// IPv4 blocks of one VPC at most, with the quota raised.
pub const BLOCKS_PER_VPC_MAX: usize = 50;

/// How a range is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// AWS refuses a VPC there.
    Forbidden,
    /// AWS takes it; it makes trouble later.
    Discouraged,
}

/// A range of addresses that is not for tenants' VPCs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RangeRule {
    network: [u8; 4],
    prefix_len: u8,
    /// Whether AWS refuses it or one is advised against it.
    pub treatment: Treatment,
    /// Why.
    pub reason: &'static str,
}

impl RangeRule {
    /// The range.
    pub fn block(&self) -> Cidr {
        Cidr::containing(self.network.into(), self.prefix_len)
    }
}

const fn forbidden(network: [u8; 4], prefix_len: u8, reason: &'static str) -> RangeRule {
    RangeRule { network, prefix_len, treatment: Treatment::Forbidden, reason }
}

const fn discouraged(network: [u8; 4], prefix_len: u8, reason: &'static str) -> RangeRule {
    RangeRule { network, prefix_len, treatment: Treatment::Discouraged, reason }
}

/// The ranges every pool leaves out unless told otherwise.
pub const RANGE_RULES: [RangeRule; 7] = [
    forbidden([0, 0, 0, 0], 8, "these addresses mean \"this network\"; AWS refuses them"),
    forbidden([127, 0, 0, 0], 8, "these are loopback addresses; AWS refuses them"),
    forbidden(
        [169, 254, 0, 0],
        16,
        "these are link-local addresses (instance metadata lives there); AWS refuses them",
    ),
    forbidden([224, 0, 0, 0], 4, "these are multicast addresses; AWS refuses them"),
    discouraged(
        [172, 17, 0, 0],
        16,
        "Docker's bridge takes it, and with it services such as Cloud9 and SageMaker",
    ),
    discouraged([172, 31, 0, 0], 16, "the default VPC of every region has it"),
    // Not in the VPC guide: RFC 1112, section 4.
    discouraged([240, 0, 0, 0], 4, "these addresses are reserved for future use and most hosts drop them"),
];

struct SecondaryRule {
    primary: &'static [([u8; 4], u8)],
    primary_name: &'static str,
    forbidden: &'static [([u8; 4], u8)],
}

const TEN: ([u8; 4], u8) = ([10, 0, 0, 0], 8);
const SEVENTEEN_TWO: ([u8; 4], u8) = ([172, 16, 0, 0], 12);
const NINETEEN_TWO: ([u8; 4], u8) = ([192, 168, 0, 0], 16);
const DEFAULT_VPC: ([u8; 4], u8) = ([172, 31, 0, 0], 16);
const SERVICE: ([u8; 4], u8) = ([198, 19, 0, 0], 16);

const SECONDARY_RULES: [SecondaryRule; 4] = [
    SecondaryRule {
        primary: &[TEN],
        primary_name: "10.0.0.0/8",
        forbidden: &[SEVENTEEN_TWO, NINETEEN_TWO, SERVICE],
    },
    SecondaryRule {
        primary: &[SEVENTEEN_TWO],
        primary_name: "172.16.0.0/12",
        forbidden: &[TEN, NINETEEN_TWO, DEFAULT_VPC, SERVICE],
    },
    SecondaryRule {
        primary: &[NINETEEN_TWO],
        primary_name: "192.168.0.0/16",
        forbidden: &[TEN, SEVENTEEN_TWO, SERVICE],
    },
    // Everything else: publicly routable addresses and 100.64.0.0/10. Must stay last.
    SecondaryRule {
        primary: &[([0, 0, 0, 0], 0)],
        primary_name: "public addresses or 100.64.0.0/10",
        forbidden: &[TEN, SEVENTEEN_TWO, NINETEEN_TWO, SERVICE],
    },
];

fn block((network, prefix_len): ([u8; 4], u8)) -> Cidr {
    Cidr::containing(network.into(), prefix_len)
}

/// Whether the addresses are private (RFC 1918) or shared (100.64.0.0/10).
pub fn is_private(of: &Cidr) -> bool {
    [TEN, SEVENTEEN_TWO, NINETEEN_TWO, ([100, 64, 0, 0], 10)]
        .into_iter()
        .any(|range| block(range).contains(of))
}

/// Addresses a subnet of this length has for use.
pub fn usable_addresses(prefix_len: u8) -> u64 {
    (1_u64 << (32 - prefix_len.min(32))).saturating_sub(RESERVED_PER_SUBNET)
}

/// The longest prefix (smallest block) whose one subnet holds `hosts` addresses beside AWS's five.
///
/// # Errors
/// [`Error::TooManyHosts`] over 65,531, what a /16 has.
pub fn prefix_len_for_hosts(hosts: u64) -> Result<u8, Error> {
    (PREFIX_LEN_MIN..=PREFIX_LEN_MAX)
        .rev()
        .find(|len| usable_addresses(*len) >= hosts)
        .ok_or(Error::TooManyHosts { hosts, hosts_max: usable_addresses(PREFIX_LEN_MIN) })
}

/// Refuses a length no VPC or subnet can have.
///
/// # Errors
/// [`Error::PrefixLen`] outside /16 to /28.
pub fn check_prefix_len(prefix_len: u8) -> Result<(), Error> {
    if (PREFIX_LEN_MIN..=PREFIX_LEN_MAX).contains(&prefix_len) {
        Ok(())
    } else {
        Err(Error::PrefixLen { prefix_len, prefix_len_min: PREFIX_LEN_MIN, prefix_len_max: PREFIX_LEN_MAX })
    }
}

/// What is wrong with `vpc` as the primary block of a VPC; `path` says where it was written.
///
/// Codes: `cidr-size` and `cidr-forbidden` (errors), `cidr-discouraged` and `cidr-public` (warnings).
pub fn check_vpc(vpc: &Cidr, path: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Err(error) = check_prefix_len(vpc.prefix_len()) {
        problems.push(Problem::error(
            "cidr-size",
            path,
            format!("`{vpc}`: {error}"),
            error.help().unwrap_or_default(),
        ));
    }
    let mut special = false;
    for rule in RANGE_RULES.iter().filter(|rule| rule.block().overlaps(vpc)) {
        special = true;
        let message = format!("`{vpc}` lies in `{}`: {}", rule.block(), rule.reason);
        let hint = "choose a block in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10";
        problems.push(match rule.treatment {
            Treatment::Forbidden => Problem::error("cidr-forbidden", path, message, hint),
            Treatment::Discouraged => Problem::warning("cidr-discouraged", path, message, hint),
        });
    }
    if !special && !is_private(vpc) {
        let message =
            format!("`{vpc}` holds public addresses: their real owners cannot be reached from this VPC");
        problems.push(Problem::warning(
            "cidr-public",
            path,
            message,
            "choose a block of RFC 1918 or 100.64.0.0/10",
        ));
    }
    problems
}

/// What is wrong with adding `secondary` to a VPC that has `blocks` (the primary first) and routes to `destinations`.
///
/// `blocks_max` is the account's quota, [`BLOCKS_PER_VPC`] unless raised. Codes, all errors: `secondary-size`,
/// `secondary-count`, `secondary-overlap`, `secondary-range`, `secondary-route`, `cidr-forbidden`.
pub fn check_secondary(
    secondary: &Cidr,
    blocks: &[Cidr],
    destinations: &[Cidr],
    blocks_max: usize,
    path: &str,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut error =
        |code: &str, message: String, hint: String| problems.push(Problem::error(code, path, message, hint));
    if let Err(size) = check_prefix_len(secondary.prefix_len()) {
        error("secondary-size", format!("`{secondary}`: {size}"), size.help().unwrap_or_default());
    }
    for rule in RANGE_RULES.iter().filter(|rule| rule.treatment == Treatment::Forbidden) {
        if rule.block().overlaps(secondary) {
            let message = format!("`{secondary}` lies in `{}`: {}", rule.block(), rule.reason);
            error("cidr-forbidden", message, "choose another block".to_owned());
        }
    }
    if blocks.len() >= blocks_max {
        let hint = format!(
            "ask AWS to raise quota L-83CA0A9D (to {BLOCKS_PER_VPC_MAX} at most), or use a larger block"
        );
        error(
            "secondary-count",
            format!("the VPC has {} of {blocks_max} IPv4 blocks already", blocks.len()),
            hint,
        );
    }
    for other in blocks.iter().filter(|other| other.overlaps(secondary)) {
        error(
            "secondary-overlap",
            format!("`{secondary}` overlaps the VPC's own `{other}`"),
            "choose a block apart from it".to_owned(),
        );
    }
    for destination in destinations.iter().filter(|destination| secondary.contains(destination)) {
        let message =
            format!("`{secondary}` equals or contains `{destination}`, which the VPC has a route to");
        error("secondary-route", message, "choose a smaller block, or remove that route first".to_owned());
    }
    let rule = blocks.first().and_then(|primary| {
        SECONDARY_RULES.iter().find(|rule| rule.primary.iter().any(|range| block(*range).contains(primary)))
    });
    if let Some(rule) = rule {
        for range in
            rule.forbidden.iter().map(|range| block(*range)).filter(|range| range.overlaps(secondary))
        {
            let message = format!(
                "`{secondary}` lies in `{range}`, which AWS refuses beside a primary block in {}",
                rule.primary_name
            );
            error("secondary-range", message, secondary_hint(rule));
        }
    }
    let low = Cidr::containing([10, 0, 0, 0].into(), 15);
    let first = Cidr::containing([10, 0, 0, 0].into(), 16);
    let holder = blocks.iter().find(|other| low.overlaps(other));
    if let (Some(holder), true) = (holder, first.overlaps(secondary)) {
        let message = format!(
            "`{secondary}` lies in `{first}`, which AWS refuses once a block (`{holder}`) is in `{low}`"
        );
        error("secondary-range", message, "choose a block from 10.1.0.0/16 upwards".to_owned());
    }
    problems
}

fn secondary_hint(rule: &SecondaryRule) -> String {
    match rule.primary {
        [range] if range.1 != 0 => {
            format!("choose from {}, 100.64.0.0/10 or public addresses", rule.primary_name)
        }
        _ => "start the VPC with the private block, or choose from 100.64.0.0/10 or public addresses"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn b(text: &str) -> Cidr {
        Cidr::parse(text).unwrap()
    }

    fn codes(problems: &[Problem]) -> Vec<&str> {
        problems.iter().map(|problem| problem.code.as_str()).collect()
    }

    #[test]
    fn sizes_and_ranges_of_a_vpc() {
        let of = |text: &str| codes(&check_vpc(&b(text), "p")).join(",");
        assert_eq!(of("10.0.0.0/16"), "");
        assert_eq!(of("100.64.0.0/20"), "");
        assert_eq!(of("10.0.0.0/15"), "cidr-size");
        assert_eq!(of("10.0.0.0/29"), "cidr-size");
        assert_eq!(of("127.0.0.0/16"), "cidr-forbidden");
        assert_eq!(of("169.254.0.0/24"), "cidr-forbidden");
        assert_eq!(of("172.31.16.0/20"), "cidr-discouraged");
        assert_eq!(of("172.16.0.0/15"), "cidr-size,cidr-discouraged");
        assert_eq!(of("8.8.0.0/16"), "cidr-public");
    }

    #[test]
    fn hosts_beside_the_five_reserved() {
        assert_eq!(prefix_len_for_hosts(0).unwrap(), 28);
        assert_eq!(prefix_len_for_hosts(11).unwrap(), 28);
        assert_eq!(prefix_len_for_hosts(12).unwrap(), 27);
        assert_eq!(prefix_len_for_hosts(251).unwrap(), 24);
        assert_eq!(prefix_len_for_hosts(252).unwrap(), 23);
        assert_eq!(prefix_len_for_hosts(65_531).unwrap(), 16);
        assert!(matches!(prefix_len_for_hosts(65_532), Err(Error::TooManyHosts { .. })));
    }

    /// Primary, secondary, code or nothing: the restriction table row by row.
    #[test]
    fn secondary_blocks_row_by_row() {
        let rows = [
            ("10.5.0.0/16", "10.6.0.0/16", ""),
            ("10.5.0.0/16", "10.0.0.0/16", ""),
            ("10.1.0.0/16", "10.0.0.0/20", "secondary-range"),
            ("10.1.0.0/16", "10.2.0.0/16", ""),
            ("10.5.0.0/16", "172.16.0.0/16", "secondary-range"),
            ("10.5.0.0/16", "192.168.0.0/24", "secondary-range"),
            ("10.5.0.0/16", "198.19.0.0/20", "secondary-range"),
            ("10.5.0.0/16", "100.64.0.0/16", ""),
            ("10.5.0.0/16", "8.8.0.0/16", ""),
            ("172.16.0.0/16", "172.18.0.0/16", ""),
            ("172.16.0.0/16", "172.31.0.0/20", "secondary-range"),
            ("172.16.0.0/16", "10.0.0.0/16", "secondary-range"),
            ("172.16.0.0/16", "192.168.0.0/20", "secondary-range"),
            ("172.16.0.0/16", "198.19.0.0/20", "secondary-range"),
            ("172.16.0.0/16", "100.64.0.0/16", ""),
            ("192.168.0.0/20", "192.168.16.0/20", ""),
            ("192.168.0.0/20", "10.0.0.0/16", "secondary-range"),
            ("192.168.0.0/20", "172.18.0.0/16", "secondary-range"),
            ("192.168.0.0/20", "198.19.0.0/20", "secondary-range"),
            ("100.64.0.0/16", "10.0.0.0/16", "secondary-range"),
            ("100.64.0.0/16", "172.18.0.0/16", "secondary-range"),
            ("8.8.0.0/16", "172.18.0.0/16", "secondary-range"),
            ("100.64.0.0/16", "100.65.0.0/16", ""),
            ("8.8.0.0/16", "192.168.0.0/16", "secondary-range"),
            ("8.8.0.0/16", "198.19.0.0/16", "secondary-range"),
            ("10.5.0.0/16", "10.5.128.0/17", "secondary-overlap"),
            ("10.5.0.0/16", "10.8.0.0/15", "secondary-size"),
            ("10.5.0.0/16", "127.0.0.0/16", "cidr-forbidden"),
        ];
        for (primary, secondary, code) in rows {
            let problems = check_secondary(&b(secondary), &[b(primary)], &[], BLOCKS_PER_VPC, "p");
            assert_eq!(codes(&problems).join(","), code, "{secondary} beside {primary}");
            assert!(problems.iter().all(Problem::is_error));
        }
    }

    #[test]
    fn secondary_blocks_count_and_give_way_to_routes() {
        let five: Vec<_> = (1..=5).map(|n| b(&format!("10.{n}.0.0/16"))).collect();
        assert_eq!(
            codes(&check_secondary(&b("10.9.0.0/16"), &five, &[], BLOCKS_PER_VPC, "p")),
            ["secondary-count"]
        );
        assert!(check_secondary(&b("10.9.0.0/16"), &five, &[], 6, "p").is_empty());
        let routes = [b("10.9.4.0/24"), b("10.0.0.0/8")];
        let problems = check_secondary(&b("10.9.0.0/16"), &five[..1], &routes, BLOCKS_PER_VPC, "p");
        assert_eq!(codes(&problems), ["secondary-route"]);
        assert!(problems[0].message.contains("`10.9.4.0/24`"));
    }

    #[test]
    fn a_refusal_says_what_is_accepted() {
        let hint =
            |primary, secondary| check_secondary(&b(secondary), &[b(primary)], &[], 5, "p")[0].hint.clone();
        assert_eq!(
            hint("10.5.0.0/16", "172.16.0.0/16"),
            "choose from 10.0.0.0/8, 100.64.0.0/10 or public addresses"
        );
        assert_eq!(
            hint("100.64.0.0/16", "10.0.0.0/16"),
            "start the VPC with the private block, or choose from 100.64.0.0/10 or public addresses"
        );
    }
}
