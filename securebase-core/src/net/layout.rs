//! How a VPC's block is cut into subnets.
//!
//! *Purpose.* A [`Layout`] is data: groups of subnets with a role, zones and a size. Applied to a VPC it gives the subnets
//! and what remains.
//!
//! *Invariants.* Subnets lie inside the VPC, never overlap, and are placed in the order of the layout; the same layout and
//! VPC give the same subnets. Every subnet is a size AWS accepts (/16 to /28).
//!
//! *Non-goals.* Route tables and gateways; which zones a region really has.

use crate::model::{Cidr, Cidr6};
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::pool::check_name;
use super::pool::free::FreeSet;
use super::rules;

/// Whether a subnet has a route from and to the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubnetRole {
    /// Routes to the internet gateway; NAT gateways stand here.
    Public,
    /// No route from the internet; out through NAT if at all.
    Private,
}

/// How large each subnet of a group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// Exactly this prefix length.
    PrefixLen(u8),
    /// This prefix length, or smaller subnets (all such groups by the same factor) where the VPC cannot hold them.
    AtMost(u8),
    /// The smallest subnet with this many addresses for use, AWS's five not counted.
    Hosts(u64),
}

/// Subnets of one kind, one in each zone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubnetGroup {
    /// The start of the subnets' names: `private` gives `private-1`, `private-2`, in the order of the zones.
    pub name: String,
    /// What they are for.
    pub role: SubnetRole,
    /// Labels of zones: `a` for the first, `b` for the second.
    pub zones: Vec<char>,
    /// How large each is.
    pub size: Size,
}

/// A way to cut any VPC.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// What it is called.
    pub name: String,
    /// Placed in this order.
    pub groups: Vec<SubnetGroup>,
}

/// One subnet of a VPC.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SubnetPlan {
    /// Unique in its VPC, for example `private-2`.
    pub name: String,
    /// What it is for.
    pub role: SubnetRole,
    /// Its addresses.
    pub cidr: Cidr,
    /// The zone's label: `a` for the first zone that an account can use, `b` for the second. Which letter AWS gives that
    /// zone differs between accounts.
    pub zone_suffix: char,
}

/// A VPC cut into subnets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayoutPlan {
    /// In the order of the layout.
    pub subnets: Vec<SubnetPlan>,
    /// What no subnet took, as the fewest blocks.
    pub remaining: Vec<Cidr>,
}

impl LayoutPlan {
    /// How many addresses no subnet took.
    pub fn remaining_address_count(&self) -> u64 {
        self.remaining.iter().map(Cidr::address_count).sum()
    }
}

impl Layout {
    /// The layout of the first customers: a public subnet in zone a, a private one in zone a, a private one in zone b, at
    /// .0, .1 and .2 of a /16, each a /24.
    ///
    /// A VPC down to /22 has the same three /24s. Below that the three are a quarter of the VPC each (/26 in a /24, /28 in
    /// a /26). A /27 or /28 cannot hold three subnets of AWS's smallest size.
    pub fn seed() -> Self {
        let group = |name: &str, role, zones: &[char]| SubnetGroup {
            name: name.to_owned(),
            role,
            zones: zones.to_vec(),
            size: Size::AtMost(24),
        };
        Self {
            name: "seed".to_owned(),
            groups: vec![
                group("public", SubnetRole::Public, &['a']),
                group("private", SubnetRole::Private, &['a', 'b']),
            ],
        }
    }

    /// One subnet of every role in every zone.
    pub fn zones_by_roles(name: &str, zones: &[char], roles: &[(&str, SubnetRole, Size)]) -> Self {
        let group = |(name, role, size): &(&str, SubnetRole, Size)| SubnetGroup {
            name: (*name).to_owned(),
            role: *role,
            zones: zones.to_vec(),
            size: *size,
        };
        Self { name: name.to_owned(), groups: roles.iter().map(group).collect() }
    }

    /// The layout of this name: `seed`, or `two-zones` and `three-zones` (a public /24 and a private /20 in every zone,
    /// smaller in a smaller VPC).
    pub fn named(name: &str) -> Option<Self> {
        let zones: &[char] = match name {
            "seed" => return Some(Self::seed()),
            "two-zones" => &['a', 'b'],
            "three-zones" => &['a', 'b', 'c'],
            _ => return None,
        };
        let roles = [
            ("public", SubnetRole::Public, Size::AtMost(24)),
            ("private", SubnetRole::Private, Size::AtMost(20)),
        ];
        Some(Self::zones_by_roles(name, zones, &roles))
    }

    /// The names [`Layout::named`] knows.
    pub const NAMES: [&'static str; 3] = ["seed", "two-zones", "three-zones"];

    /// Cuts `vpc`.
    ///
    /// # Errors
    /// [`Error::PrefixLen`] for a VPC or subnet size AWS does not have, [`Error::TooManyHosts`], [`Error::Zone`] for a
    /// zone that is not a lower-case letter or stands twice, [`Error::BadName`] for a name that cannot be shown or stored,
    /// [`Error::DuplicateName`] for two groups of one name, and
    /// [`Error::LayoutTooLarge`] where the subnets do not fit.
    pub fn apply(&self, vpc: Cidr) -> Result<LayoutPlan, Error> {
        rules::check_prefix_len(vpc.prefix_len())?;
        self.check_names()?;
        let mut free: FreeSet = [vpc].into_iter().collect();
        let mut subnets = Vec::new();
        for (group, prefix_len) in self.groups.iter().zip(self.prefix_lens(vpc)?) {
            // `prefix_lens` has made sure that every take succeeds.
            let placed =
                (1..).zip(&group.zones).filter_map(|(n, zone)| Some((n, *zone, free.take(prefix_len)?)));
            subnets.extend(placed.map(|(n, zone_suffix, cidr): (u32, _, _)| SubnetPlan {
                name: format!("{}-{n}", group.name),
                role: group.role,
                cidr,
                zone_suffix,
            }));
        }
        Ok(LayoutPlan { subnets, remaining: free.blocks() })
    }

    fn check_names(&self) -> Result<(), Error> {
        check_name("layout", &self.name)?;
        let mut names = BTreeSet::new();
        for group in &self.groups {
            check_name("group", &group.name)?;
            if !names.insert(&group.name) {
                return Err(Error::DuplicateName { name: group.name.clone() });
            }
            let mut seen = BTreeSet::new();
            for zone in &group.zones {
                if !zone.is_ascii_lowercase() || !seen.insert(zone) {
                    return Err(Error::Zone { zone: *zone, group: group.name.clone() });
                }
            }
        }
        Ok(())
    }

    /// One length for each group: as asked, and shrunk together as far as needed where that is allowed.
    fn prefix_lens(&self, vpc: Cidr) -> Result<Vec<u8>, Error> {
        let mut asked = Vec::new();
        for group in &self.groups {
            let len = match group.size {
                Size::PrefixLen(len) | Size::AtMost(len) => len,
                Size::Hosts(hosts) => rules::prefix_len_for_hosts(hosts)?,
            };
            rules::check_prefix_len(len)?;
            asked.push(len);
        }
        self.shrink_to(&asked, vpc.prefix_len()).ok_or_else(|| Error::LayoutTooLarge {
            layout: self.name.clone(),
            subnet_count: self.groups.iter().map(|group| group.zones.len()).sum(),
            vpc: vpc.to_string(),
            prefix_len_needed: (rules::PREFIX_LEN_MIN..vpc.prefix_len())
                .rev()
                .find(|len| self.shrink_to(&asked, *len).is_some()),
        })
    }

    fn shrink_to(&self, asked: &[u8], vpc_len: u8) -> Option<Vec<u8>> {
        (0..=rules::PREFIX_LEN_MAX - rules::PREFIX_LEN_MIN).find_map(|shrink| {
            let mut lens = Vec::new();
            let mut needed = 0_u64;
            for (group, len) in self.groups.iter().zip(asked) {
                let len = if matches!(group.size, Size::AtMost(_)) { len + shrink } else { *len };
                let zones = u64::try_from(group.zones.len()).unwrap_or(u64::MAX);
                needed = needed.saturating_add(zones.saturating_mul(1 << (32 - len.min(32))));
                lens.push(len);
            }
            // Powers of two, placed best fit in one larger power of two, fit in any order if their sum does.
            let fits = needed <= 1 << (32 - vpc_len) && lens.iter().all(|len| *len <= rules::PREFIX_LEN_MAX);
            fits.then_some(lens)
        })
    }
}

/// The subnets of [`Layout::seed`] in `vpc`.
///
/// # Errors
/// [`Error::PrefixLen`] for a VPC outside /16 to /28, [`Error::LayoutTooLarge`] for a /27 or /28.
pub(crate) fn seed(vpc: Cidr) -> Result<Vec<SubnetPlan>, Error> {
    Layout::seed().apply(vpc).map(|plan| plan.subnets)
}

/// One /64 for every subnet of a VPC's IPv6 /56, the first subnet at the first.
///
/// # Errors
/// [`Error::Ipv6VpcLen`] where `vpc` is no /56, [`Error::LayoutTooLarge`] over 256 subnets.
pub fn ipv6_subnets(vpc: Cidr6, subnets: &[SubnetPlan]) -> Result<Vec<(String, Cidr6)>, Error> {
    if vpc.prefix_len() != 56 {
        return Err(Error::Ipv6VpcLen { vpc: vpc.to_string() });
    }
    if subnets.len() > 256 {
        let vpc = vpc.to_string();
        return Err(Error::LayoutTooLarge {
            layout: "IPv6".to_owned(),
            subnet_count: subnets.len(),
            vpc,
            prefix_len_needed: None,
        });
    }
    let first = vpc.first().to_bits();
    let place = |(n, subnet): (u128, &SubnetPlan)| {
        (subnet.name.clone(), Cidr6::containing((first + (n << 64)).into(), 64))
    };
    Ok((0_u128..).zip(subnets).map(place).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn b(text: &str) -> Cidr {
        Cidr::parse(text).unwrap()
    }

    fn text(subnets: &[SubnetPlan]) -> String {
        subnets
            .iter()
            .map(|s| format!("{} {} {}", s.name, s.cidr, s.zone_suffix))
            .collect::<Vec<_>>()
            .join(", ")
    }

    #[test]
    fn the_seeds_layout_of_a_sixteen() {
        let plan = Layout::seed().apply(b("10.1.0.0/16")).unwrap();
        assert_eq!(
            text(&plan.subnets),
            "public-1 10.1.0.0/24 a, private-1 10.1.1.0/24 a, private-2 10.1.2.0/24 b"
        );
        assert_eq!(plan.remaining_address_count(), 65_536 - 3 * 256);
        assert_eq!(plan.remaining[0], b("10.1.3.0/24"));
        assert_eq!(plan.subnets.iter().filter(|s| s.role == SubnetRole::Public).count(), 1);
    }

    #[test]
    fn smaller_vpcs_have_smaller_subnets_until_three_do_not_fit() {
        let first = |vpc: &str| seed(b(vpc)).map(|subnets| subnets[2].cidr.to_string());
        assert_eq!(first("10.1.0.0/20").unwrap(), "10.1.2.0/24");
        assert_eq!(first("10.1.0.0/22").unwrap(), "10.1.2.0/24");
        assert_eq!(first("10.1.0.0/23").unwrap(), "10.1.1.0/25");
        assert_eq!(first("10.1.0.0/26").unwrap(), "10.1.0.32/28");
        let error = first("10.1.0.0/28").unwrap_err();
        assert_eq!(error.to_string(), "layout `seed` has 3 subnets, more than `10.1.0.0/28` can hold");
        assert_eq!(error.help().unwrap(), "use a VPC of /26 or larger");
        assert!(matches!(first("10.1.0.0/27"), Err(Error::LayoutTooLarge { .. })));
        assert!(matches!(first("10.0.0.0/8"), Err(Error::PrefixLen { .. })));
        assert!(matches!(first("10.0.0.0/29"), Err(Error::PrefixLen { .. })));
    }

    #[test]
    fn zones_and_roles_with_sizes() {
        let roles = [
            ("public", SubnetRole::Public, Size::Hosts(50)),
            ("app", SubnetRole::Private, Size::PrefixLen(20)),
            ("data", SubnetRole::Private, Size::PrefixLen(24)),
        ];
        let plan = Layout::zones_by_roles("wide", &['a', 'b', 'c'], &roles).apply(b("10.0.0.0/16")).unwrap();
        assert_eq!(plan.subnets.len(), 9);
        assert_eq!(text(&plan.subnets[2..4]), "public-3 10.0.0.128/26 c, app-1 10.0.16.0/20 a");
        let used: u64 = plan.subnets.iter().map(|s| s.cidr.address_count()).sum();
        assert_eq!(used + plan.remaining_address_count(), 65_536);
    }

    #[test]
    fn a_layout_that_cannot_be_is_refused() {
        let one =
            |zones: &[char], size| Layout::zones_by_roles("x", zones, &[("n", SubnetRole::Private, size)]);
        let vpc = b("10.0.0.0/16");
        assert!(matches!(
            one(&['a', 'a'], Size::PrefixLen(24)).apply(vpc),
            Err(Error::Zone { zone: 'a', .. })
        ));
        assert!(matches!(one(&['A'], Size::PrefixLen(24)).apply(vpc), Err(Error::Zone { .. })));
        assert!(matches!(one(&['a'], Size::PrefixLen(29)).apply(vpc), Err(Error::PrefixLen { .. })));
        assert!(matches!(one(&['a'], Size::AtMost(30)).apply(vpc), Err(Error::PrefixLen { .. })));
        assert!(matches!(one(&['a'], Size::Hosts(70_000)).apply(vpc), Err(Error::TooManyHosts { .. })));
        let two = one(&['a', 'b'], Size::PrefixLen(16)).apply(vpc).unwrap_err();
        assert_eq!(two.help().unwrap(), "no VPC is large enough: use fewer or smaller subnets");
        let mut twice = one(&['a'], Size::PrefixLen(24));
        twice.groups.push(twice.groups[0].clone());
        assert!(matches!(twice.apply(vpc), Err(Error::DuplicateName { .. })));
    }

    #[test]
    fn ipv6_subnets_are_sixty_fours_of_a_fifty_six() {
        let subnets = seed(b("10.1.0.0/16")).unwrap();
        let blocks = ipv6_subnets(Cidr6::parse("2001:db8:0:aa00::/56").unwrap(), &subnets).unwrap();
        assert_eq!(blocks[2], ("private-2".to_owned(), Cidr6::parse("2001:db8:0:aa02::/64").unwrap()));
        assert!(matches!(
            ipv6_subnets(Cidr6::parse("2001:db8::/64").unwrap(), &subnets),
            Err(Error::Ipv6VpcLen { .. })
        ));
    }
}
