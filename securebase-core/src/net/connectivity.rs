//! Who is, or is to be, connected to whom, and whose addresses stand in the way.
//!
//! *Purpose.* Two VPCs may have the same addresses as long as no route has to tell them apart. A [`Network`] knows the
//! links, so it can say which overlaps break something now and which only foreclose a connection later.
//!
//! *Invariants.* An overlap inside a link is an error, any other a warning. Findings are grouped by block: ten thousand
//! tenants on one block are one finding.
//!
//! *Non-goals.* Making the links. What to change: [`super::renumber`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::overlap::{check_pairs, clusters, heed, pair_count_until, pairs_until};
use super::pool::check_name;
use super::pool::state::nearest;
use crate::model::{AnyCidr, Cidr, LandingZone, Problem, Problems, TenantKey};
use crate::time::Interrupt;

/// What joins the members of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    /// VPC peering: its members reach each other, and nobody through them.
    Peering,
    /// A transit gateway: one routing domain.
    TransitGateway,
    /// Site-to-site VPN: the far side has one route for each block.
    Vpn,
    /// A hub that answers its spokes, and so needs to tell them apart.
    SharedServices,
    /// A network outside AWS, by whatever line.
    OnPremises,
}

impl LinkKind {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Peering, "peering"),
        (Self::TransitGateway, "transit-gateway"),
        (Self::Vpn, "vpn"),
        (Self::SharedServices, "shared-services"),
        (Self::OnPremises, "on-premises"),
    ];

    fn why(self) -> &'static str {
        match self {
            Self::Peering => "AWS refuses to peer VPCs whose blocks overlap",
            Self::TransitGateway => {
                "a transit gateway has one route for each block and sends to one VPC only"
            }
            Self::Vpn => "the far side of a VPN has one route for each block and reaches one VPC only",
            Self::SharedServices => "a shared service cannot tell two callers with one address apart",
            Self::OnPremises => {
                "the network on premises has one route for each block and reaches one VPC only"
            }
        }
    }
}

impl fmt::Display for LinkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::ALL.iter().find(|(kind, _)| kind == self).map_or(Ok(()), |(_, name)| f.write_str(name))
    }
}

impl FromStr for LinkKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.iter().find(|(_, name)| *name == text).map(|(kind, _)| *kind);
        found.ok_or_else(|| Error::UnknownWord {
            what: "kind of link",
            text: text.to_owned(),
            known: Self::ALL.iter().map(|(_, name)| *name).collect(),
        })
    }
}

/// Whom a link joins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selector {
    /// Every member of the network.
    Everyone,
    /// One member.
    Owner(String),
    /// All members of a tier.
    Tier(String),
    /// All members of a group.
    Group(String),
}

/// Somebody with addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Unique in the network.
    pub owner: String,
    /// The tier, for selectors.
    #[serde(default)]
    pub tier: Option<String>,
    /// Groups, for selectors.
    #[serde(default)]
    pub groups: Vec<String>,
    /// The primary block first, then secondary blocks.
    pub blocks: Vec<Cidr>,
    /// Whether the member cannot get other addresses.
    #[serde(default)]
    pub fixed: bool,
}

impl Member {
    /// A member with one block.
    pub fn new(owner: &str, block: Cidr) -> Self {
        Self { owner: owner.to_owned(), tier: None, groups: Vec::new(), blocks: vec![block], fixed: false }
    }

    /// Its names that cannot be shown or stored, with their paths, where it stands at that place.
    fn malformed(&self, place: usize) -> Vec<Problem> {
        let Self { owner, tier, groups, blocks: _, fixed: _ } = self;
        let named = std::iter::once(("owner", "owner".to_owned(), owner));
        let named = named.chain(tier.iter().map(|tier| ("tier", "tier".to_owned(), tier)));
        let groups = groups.iter().enumerate().map(|(n, group)| ("group", format!("groups[{n}]"), group));
        let bad = |(what, path, name): (&'static str, String, &String)| {
            Some(check_name(what, name).err()?.problem(format!("members[{place}].{path}")))
        };
        named.chain(groups).filter_map(bad).collect()
    }

    /// The same, of a tier.
    #[must_use]
    pub fn tier(mut self, tier: &str) -> Self {
        self.tier = Some(tier.to_owned());
        self
    }
}

/// A connection, existing or declared for later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkLink {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: LinkKind,
    /// Whom it joins.
    #[serde(alias = "joins")]
    pub members: Vec<Selector>,
    /// Addresses on the far side, which nobody can change.
    #[serde(default)]
    pub ranges: Vec<Cidr>,
}

impl NetworkLink {
    /// A link that joins these owners.
    pub fn of_owners(name: &str, kind: LinkKind, owners: &[&str]) -> Self {
        let members = owners.iter().map(|owner| Selector::Owner((*owner).to_owned())).collect();
        Self { name: name.to_owned(), kind, members, ranges: Vec::new() }
    }
}

/// Two members, or a member and a link's far side, whose addresses overlap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Conflict {
    /// The first, in the order of members.
    pub a: String,
    /// The second: a member, or a link whose range it is.
    pub b: String,
    /// The first's block.
    pub a_cidr: Cidr,
    /// The second's block.
    pub b_cidr: Cidr,
    /// The links that join the two; none where the overlap breaks nothing yet.
    pub links: Vec<String>,
    /// Whether only building one of the two anew helps: both blocks are primary, and AWS never lets one go. A secondary
    /// block can be removed.
    pub lasting: bool,
}

/// Members and links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    members: Vec<Member>,
    links: Vec<NetworkLink>,
    /// Positions of the members each link joins.
    joined: Vec<BTreeSet<usize>>,
}

/// A block and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Party {
    Member(usize),
    /// A link's far side.
    Far(usize),
}

/// Two parties and the blocks in which they overlap.
type Pair = (Party, Cidr, Party, Cidr);

impl Network {
    /// A network of these members and links.
    ///
    /// # Errors
    /// Every name that cannot be shown or stored (`name-malformed`) or stands twice (`name-duplicate`), and every selector that
    /// selects no member (`link-member-unknown`).
    pub fn new(members: Vec<Member>, links: Vec<NetworkLink>) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let mut owners = BTreeMap::new();
        for (n, member) in members.iter().enumerate() {
            problems.extend(member.malformed(n));
            if owners.insert(member.owner.as_str(), n).is_some() {
                let error = Error::DuplicateName { name: member.owner.clone() };
                problems.push(error.problem(format!("members[{n}].owner")));
            }
        }
        let mut names = BTreeSet::new();
        let mut joined = Vec::new();
        for (n, link) in links.iter().enumerate() {
            let malformed = check_name("link", &link.name).err();
            problems.extend(malformed.map(|error| error.problem(format!("links[{n}].name"))));
            if !names.insert(&link.name) {
                problems.push(
                    Error::DuplicateName { name: link.name.clone() }.problem(format!("links[{n}].name")),
                );
            }
            let mut all = BTreeSet::new();
            for (m, selector) in link.members.iter().enumerate() {
                let selected = select(&members, &owners, selector);
                if selected.is_empty() {
                    problems.push(selects_nobody(&members, selector, format!("links[{n}].members[{m}]")));
                }
                all.extend(selected);
            }
            joined.push(all);
        }
        if problems.is_empty() { Ok(Self { members, links, joined }) } else { Err(Problems(problems)) }
    }

    /// The network of a landing zone whose tenants have these blocks; tenants without one are left out.
    ///
    /// # Errors
    /// As [`Network::new`], and `link-kind` for a link whose kind is none of [`LinkKind`].
    pub fn of_zone(zone: &LandingZone, blocks: &BTreeMap<TenantKey, Cidr>) -> Result<Self, Problems> {
        let with_block = zone.tenants.iter().filter_map(|tenant| Some((tenant, *blocks.get(&tenant.key)?)));
        let members: Vec<Member> = with_block
            .map(|(tenant, block)| Member::new(tenant.key.as_str(), block).tier(tenant.tier.as_str()))
            .collect();
        let mut problems = Vec::new();
        let mut links = Vec::new();
        for (n, link) in zone.links.iter().enumerate() {
            let kind = link.kind.parse().unwrap_or_else(|error: Error| {
                problems.push(error.problem(format!("links[{n}].kind")));
                LinkKind::TransitGateway
            });
            let joined = link.tenants.iter().filter(|key| blocks.contains_key(*key));
            links.push(NetworkLink {
                name: link.name.clone(),
                kind,
                members: joined.map(|key| Selector::Owner(key.as_str().to_owned())).collect(),
                ranges: link.cidrs.clone(),
            });
        }
        if problems.is_empty() { Self::new(members, links) } else { Err(Problems(problems)) }
    }

    /// The members, in the order given.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The links, in the order given.
    pub fn links(&self) -> &[NetworkLink] {
        &self.links
    }

    /// The blocks of some members, each with its member and whether it is the primary one.
    pub(super) fn blocks_of(&self, members: impl Iterator<Item = usize>) -> Vec<(Party, Cidr, bool)> {
        let of = |n: usize| {
            let blocks = self.members.get(n).map_or(&[][..], |member| &member.blocks);
            blocks.iter().enumerate().map(move |(at, block)| (Party::Member(n), *block, at == 0))
        };
        members.flat_map(of).collect()
    }

    fn blocks_in(&self, link: usize) -> Vec<(Party, Cidr, bool)> {
        let mut blocks = self.blocks_of(self.joined[link].iter().copied());
        blocks.extend(self.links[link].ranges.iter().map(|range| (Party::Far(link), *range, true)));
        blocks
    }

    /// The links that join any of these owners.
    pub(super) fn links_of(&self, owners: &BTreeSet<&str>) -> Vec<usize> {
        let joins =
            |n: &usize| self.joined[*n].iter().any(|m| owners.contains(self.members[*m].owner.as_str()));
        (0..self.links.len()).filter(joins).collect()
    }

    pub(super) fn name(&self, party: Party) -> String {
        match party {
            Party::Member(n) => self.members[n].owner.clone(),
            Party::Far(n) => format!("the far side of {}", self.links[n].name),
        }
    }

    /// Every overlapping pair of two members, or of a member and the far side of one of its links, in the order of
    /// members. [`Network::findings`] groups them.
    ///
    /// # Errors
    /// [`Error::TooManyPairs`] where more pairs overlap than anything lists one by one.
    pub fn conflicts(&self) -> Result<Vec<Conflict>, Error> {
        self.clashes_until(&Interrupt::new())
    }

    /// As [`Network::conflicts`], until it is asked to end.
    ///
    /// # Errors
    /// As [`Network::conflicts`], and [`Error::Interrupted`].
    pub fn clashes_until(&self, interrupt: &Interrupt) -> Result<Vec<Conflict>, Error> {
        let mut found: BTreeMap<Pair, (Vec<String>, bool)> = BTreeMap::new();
        let everyone = self.blocks_of(0..self.members.len());
        let mut count = pair_count_until(&plain(&everyone), interrupt)?;
        for n in 0..self.links.len() {
            let within = pair_count_until(&plain(&self.blocks_in(n)), interrupt)?;
            count = count.saturating_add(within);
        }
        check_pairs(count)?;
        let mut note = |blocks: &[(Party, Cidr, bool)], link: Option<&NetworkLink>| {
            for (index, (a, b)) in pairs_until(&plain(blocks), interrupt)?.into_iter().enumerate() {
                heed(interrupt, index)?;
                let ((a, a_cidr, a_primary), (b, b_cidr, b_primary)) = (blocks[a], blocks[b]);
                if a != b {
                    let entry = found.entry((a, a_cidr, b, b_cidr)).or_default();
                    entry.0.extend(link.map(|link| link.name.clone()));
                    entry.1 = a_primary && b_primary;
                }
            }
            Ok::<_, Error>(())
        };
        note(&everyone, None)?;
        for (n, link) in self.links.iter().enumerate() {
            note(&self.blocks_in(n), Some(link))?;
        }
        let conflict = |(index, ((a, a_cidr, b, b_cidr), (links, lasting)))| {
            heed(interrupt, index)?;
            let (a, b) = (self.name(a), self.name(b));
            Ok(Conflict { a, b, a_cidr, b_cidr, links, lasting })
        };
        found.into_iter().enumerate().map(conflict).collect()
    }

    /// What is wrong: an error for every block that conflicts within a link (`cidr-overlap-connected`), a warning where two
    /// peers of one VPC overlap (`cidr-overlap-shared-peer`), and a warning for every block that several members have
    /// although no link joins them (`cidr-overlap`). Errors first.
    pub fn findings(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut settled: Vec<&BTreeSet<usize>> = Vec::new();
        for (n, link) in self.links.iter().enumerate() {
            for (block, parties) in self.clusters(&self.blocks_in(n)) {
                let names = self.list(&parties);
                let message = format!("`{block}` conflicts in `{}`: {names} overlap there", link.name);
                let hint = format!(
                    "{}: give all but one other addresses (a VPC's primary block never changes, so before it is built), \
                     or take them out of `{}`",
                    link.kind.why(),
                    link.name
                );
                problems.push(Problem::error("cidr-overlap-connected", self.path(&parties), message, hint));
            }
            settled.push(&self.joined[n]);
        }
        problems.extend(self.shared_peers());
        for (block, parties) in self.clusters(&self.blocks_of(0..self.members.len())) {
            let members: BTreeSet<usize> = parties.iter().filter_map(|party| member(*party)).collect();
            if settled.iter().any(|joined| members.is_subset(joined)) {
                continue;
            }
            let message = format!("`{block}` is used more than once: {} overlap", self.list(&parties));
            let hint = "harmless while they stay apart, but no peering, transit gateway or VPN can ever join two of them: \
                        a VPC's primary block never changes. Give all but one other addresses before they are built";
            problems.push(Problem::warning("cidr-overlap", self.path(&parties), message, hint));
        }
        problems
    }

    /// A VPC peered with two that overlap can route to either, not to both.
    fn shared_peers(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        // By member, as every member of ten thousand peerings would else look at each of them.
        let mut peerings: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for link in (0..self.links.len()).filter(|n| self.links[*n].kind == LinkKind::Peering) {
            self.joined[link].iter().for_each(|member| peerings.entry(*member).or_default().push(link));
        }
        for (n, of) in peerings.into_iter().filter(|(_, of)| of.len() > 1) {
            let middle = &self.members[n];
            let peers: BTreeSet<usize> =
                of.iter().flat_map(|link| &self.joined[*link]).copied().filter(|m| *m != n).collect();
            for (block, parties) in self.clusters(&self.blocks_of(peers.into_iter())) {
                let members: BTreeSet<usize> = parties.iter().filter_map(|party| member(*party)).collect();
                if of.iter().any(|link| members.is_subset(&self.joined[*link])) {
                    continue;
                }
                let message = format!(
                    "`{}` is peered with {}, which overlap in `{block}`",
                    middle.owner,
                    self.list(&parties)
                );
                let hint =
                    "each of its subnets can route to one of them only: give all but one other addresses";
                problems.push(Problem::warning(
                    "cidr-overlap-shared-peer",
                    self.path(&parties),
                    message,
                    hint,
                ));
            }
        }
        problems
    }

    /// The clusters in which more than one party takes part.
    fn clusters(&self, blocks: &[(Party, Cidr, bool)]) -> Vec<(AnyCidr, Vec<Party>)> {
        let parties = |members: &[usize]| {
            let parties: BTreeSet<Party> = members.iter().map(|n| blocks[*n].0).collect();
            parties.into_iter().collect::<Vec<_>>()
        };
        let found = clusters(&plain(blocks));
        let found = found.into_iter().map(|cluster| (cluster.block, parties(&cluster.members)));
        // Two ranges of one far side do not conflict with a member.
        found
            .filter(|(_, parties)| parties.len() > 1 && parties.iter().any(|p| member(*p).is_some()))
            .collect()
    }

    fn list(&self, parties: &[Party]) -> String {
        let shown: Vec<String> =
            parties.iter().take(8).map(|party| format!("`{}`", self.name(*party))).collect();
        match parties.len() - shown.len() {
            0 => shown.join(", "),
            more => format!("{} and {more} more", shown.join(", ")),
        }
    }

    fn path(&self, parties: &[Party]) -> String {
        let first = parties.iter().find_map(|party| member(*party));
        first.map_or_else(String::new, |n| format!("clients.\"{}\".vpc_cidr", self.members[n].owner))
    }
}

fn member(party: Party) -> Option<usize> {
    match party {
        Party::Member(n) => Some(n),
        Party::Far(_) => None,
    }
}

fn plain(blocks: &[(Party, Cidr, bool)]) -> Vec<AnyCidr> {
    blocks.iter().map(|(_, block, _)| AnyCidr::V4(*block)).collect()
}

fn select(members: &[Member], owners: &BTreeMap<&str, usize>, selector: &Selector) -> Vec<usize> {
    let all = || members.iter().enumerate();
    match selector {
        Selector::Everyone => all().map(|(n, _)| n).collect(),
        Selector::Owner(owner) => owners.get(owner.as_str()).copied().into_iter().collect(),
        Selector::Tier(tier) => {
            all().filter(|(_, m)| m.tier.as_ref() == Some(tier)).map(|(n, _)| n).collect()
        }
        Selector::Group(group) => all().filter(|(_, m)| m.groups.contains(group)).map(|(n, _)| n).collect(),
    }
}

fn selects_nobody(members: &[Member], selector: &Selector, path: String) -> Problem {
    let (what, name, known): (&str, &str, Vec<&str>) = match selector {
        Selector::Everyone => ("member", "everyone", Vec::new()),
        Selector::Owner(name) => ("member", name, members.iter().map(|m| m.owner.as_str()).collect()),
        Selector::Tier(name) => ("tier", name, members.iter().filter_map(|m| m.tier.as_deref()).collect()),
        Selector::Group(name) => {
            ("group", name, members.iter().flat_map(|m| &m.groups).map(String::as_str).collect())
        }
    };
    let hint = nearest(name, known.into_iter()).map_or_else(
        || "name a member, tier or group of the network".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    Problem::error("link-member-unknown", path, format!("there is no {what} `{name}` with addresses"), hint)
}

#[cfg(test)]
mod tests;
