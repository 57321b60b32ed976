use proptest::prelude::*;

use super::*;
use crate::model::PoolStrategy;
use crate::net::{AddressPool, PoolSettings};

fn b(text: &str) -> Cidr {
    Cidr::parse(text).unwrap()
}

/// The first ten tenants: owner, tier, block.
const TEN: [(&str, &str, &str); 10] = [
    ("acme-finance", "fintech", "10.0.0.0/16"),
    ("quantumbank-fintech", "fintech", "10.1.0.0/16"),
    ("metabank-fintech", "fintech", "10.2.0.0/16"),
    ("crossbank-fintech", "fintech", "10.5.0.0/16"),
    ("medicorp-health", "healthcare", "10.1.0.0/16"),
    ("guardian-health", "healthcare", "10.3.0.0/16"),
    ("techgov-federal", "gov-federal", "10.4.0.0/16"),
    ("statecorp-govfed", "gov-federal", "10.4.0.0/16"),
    ("startup-standard", "standard", "10.1.0.0/16"),
    ("techstartup-std", "standard", "10.6.0.0/16"),
];

fn ten(links: Vec<NetworkLink>) -> Network {
    let members = TEN.iter().map(|(owner, tier, block)| Member::new(owner, b(block)).tier(tier)).collect();
    Network::new(members, links).unwrap()
}

fn pool(range: &str) -> AddressPool {
    AddressPool::new(&[b(range)], PoolSettings::new(PoolStrategy::Unique)).unwrap()
}

#[test]
fn names_are_those_that_a_pool_takes() {
    let mut member = Member::new("a\nb", b("10.0.0.0/16")).tier("");
    member.groups = vec!["good".to_owned(), "\0".to_owned()];
    let link =
        NetworkLink { name: " hub".to_owned(), kind: LinkKind::Vpn, members: Vec::new(), ranges: Vec::new() };
    let Problems(problems) = Network::new(vec![member], vec![link]).unwrap_err();
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["members[0].owner", "members[0].tier", "members[0].groups[1]", "links[0].name"]);
    assert!(problems.iter().all(|problem| problem.code == "name-malformed"));
}

#[test]
fn clashes_end_when_asked_to() {
    let members = vec![Member::new("a", b("10.0.0.0/16")), Member::new("b", b("10.0.0.0/16"))];
    let network = Network::new(members, Vec::new()).unwrap();
    let interrupt = Interrupt::new();
    assert_eq!(network.clashes_until(&interrupt).unwrap().len(), 1);
    interrupt.ask();
    assert_eq!(network.clashes_until(&interrupt).unwrap_err().code(), "interrupted");
}

fn everyone() -> Vec<&'static str> {
    TEN.iter().map(|(owner, ..)| *owner).collect()
}

fn text(problems: &[Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|p| format!("{}: {}", if p.is_error() { "error" } else { "warning" }, p.message))
        .collect()
}

#[test]
fn the_ten_tenants_apart_are_warned() {
    assert_eq!(
        text(&ten(Vec::new()).findings()),
        [
            "warning: `10.1.0.0/16` is used more than once: `quantumbank-fintech`, `medicorp-health`, `startup-standard` overlap",
            "warning: `10.4.0.0/16` is used more than once: `techgov-federal`, `statecorp-govfed` overlap",
        ]
    );
    let conflicts = ten(Vec::new()).conflicts().unwrap();
    assert_eq!(conflicts.len(), 4);
    assert!(conflicts.iter().all(|conflict| conflict.links.is_empty() && conflict.lasting));
}

#[test]
fn a_transit_gateway_makes_them_errors() {
    let link = NetworkLink {
        name: "hub".into(),
        kind: LinkKind::TransitGateway,
        members: vec![Selector::Everyone],
        ranges: vec![],
    };
    assert_eq!(
        text(&ten(vec![link]).findings()),
        [
            "error: `10.1.0.0/16` conflicts in `hub`: `quantumbank-fintech`, `medicorp-health`, `startup-standard` overlap there",
            "error: `10.4.0.0/16` conflicts in `hub`: `techgov-federal`, `statecorp-govfed` overlap there",
        ]
    );
}

#[test]
fn a_link_of_some_leaves_the_others_warned() {
    let link = NetworkLink {
        name: "gov".into(),
        kind: LinkKind::Peering,
        members: vec![Selector::Tier("gov-federal".into())],
        ranges: vec![],
    };
    let found = ten(vec![link]).findings();
    assert_eq!(text(&found).len(), 2);
    assert!(found[0].is_error() && found[0].message.contains("`10.4.0.0/16`"));
    assert!(!found[1].is_error() && found[1].message.contains("`10.1.0.0/16`"));
    let other = NetworkLink::of_owners("pair", LinkKind::Vpn, &["acme-finance", "guardian-health"]);
    assert!(ten(vec![other]).findings().iter().all(|problem| !problem.is_error()));
}

#[test]
fn a_far_side_counts() {
    let mut link =
        NetworkLink::of_owners("datacentre", LinkKind::OnPremises, &["acme-finance", "metabank-fintech"]);
    link.ranges = vec![b("10.0.128.0/20"), b("10.0.0.0/9"), b("192.168.0.0/16")];
    let network = ten(vec![link]);
    let found = network.findings();
    assert!(found[0].is_error());
    assert!(
        found[0].message.contains("`acme-finance`, `metabank-fintech`, `the far side of datacentre`"),
        "{}",
        found[0].message
    );
    let moves = network.minimal_renumbering(&["acme-finance", "metabank-fintech"]).unwrap();
    assert_eq!((moves.owners.len(), moves.exact, moves.impossible.len()), (2, true, 0));
}

#[test]
fn a_vpc_between_two_peers_that_overlap_is_warned() {
    let links = vec![
        NetworkLink::of_owners("one", LinkKind::Peering, &["acme-finance", "techgov-federal"]),
        NetworkLink::of_owners("two", LinkKind::Peering, &["acme-finance", "statecorp-govfed"]),
    ];
    let found = ten(links).findings();
    assert_eq!(found[0].code, "cidr-overlap-shared-peer");
    assert!(
        found[0].message.starts_with("`acme-finance` is peered with `techgov-federal`, `statecorp-govfed`")
    );
}

#[test]
fn the_fewest_of_the_ten_move_and_then_nothing_clashes() {
    let network = ten(Vec::new());
    let moves = network.minimal_renumbering(&everyone()).unwrap();
    assert_eq!(moves.owners, ["medicorp-health", "statecorp-govfed", "startup-standard"]);
    assert!(moves.exact && moves.impossible.is_empty());
    let proposal = network.propose(&everyone(), &pool("10.0.0.0/8")).unwrap();
    let to: Vec<String> = proposal.moves.iter().map(|m| format!("{} {} {}", m.owner, m.from, m.to)).collect();
    assert_eq!(
        to,
        [
            "medicorp-health 10.1.0.0/16 10.7.0.0/16",
            "statecorp-govfed 10.4.0.0/16 10.8.0.0/16",
            "startup-standard 10.1.0.0/16 10.9.0.0/16",
        ]
    );
    let none = network.minimal_renumbering(&["acme-finance", "medicorp-health"]).unwrap();
    assert!(none.owners.is_empty());
    let full = network.propose(&everyone(), &pool("10.0.0.0/14")).unwrap_err();
    assert!(matches!(full, Error::Exhausted(_)));
}

#[test]
fn whoever_cannot_move_stays_or_makes_it_impossible() {
    let mut members: Vec<Member> = TEN.iter().map(|(owner, _, block)| Member::new(owner, b(block))).collect();
    members[8].fixed = true;
    let network = Network::new(members.clone(), Vec::new()).unwrap();
    let moves = network.minimal_renumbering(&everyone()).unwrap();
    assert_eq!(moves.owners, ["quantumbank-fintech", "medicorp-health", "statecorp-govfed"]);
    members[1].fixed = true;
    let network = Network::new(members, Vec::new()).unwrap();
    let moves = network.minimal_renumbering(&everyone()).unwrap();
    assert_eq!(moves.impossible, [("quantumbank-fintech".to_owned(), "startup-standard".to_owned())]);
    assert!(matches!(network.propose(&everyone(), &pool("10.0.0.0/8")), Err(Error::Unconnectable { .. })));
}

#[test]
fn ten_thousand_on_one_block_are_no_trouble() {
    let mut members: Vec<Member> =
        (0..10_000).map(|n| Member::new(&format!("t{n}"), b("10.1.0.0/16"))).collect();
    let owners: Vec<String> = members.iter().map(|member| member.owner.clone()).collect();
    let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
    let network = Network::new(members.clone(), Vec::new()).unwrap();
    assert_eq!(network.findings().len(), 1);
    let moves = network.minimal_renumbering(&owners).unwrap();
    assert_eq!((moves.owners.len(), moves.exact), (9_999, true));
    // With secondary blocks all over, the answer is good but no longer proven best.
    for (n, member) in (0..).zip(&mut members) {
        member.blocks.push(Cidr::containing((0x6440_0000_u32 + (n << 8)).into(), 20));
    }
    let network = Network::new(members, Vec::new()).unwrap();
    let moves = network.minimal_renumbering(&owners).unwrap();
    assert_eq!((moves.owners.len(), moves.exact), (9_999, false));
}

#[test]
fn unknown_names_are_all_reported() {
    let links = vec![
        NetworkLink::of_owners("x", LinkKind::Vpn, &["acme-finace", "another-owner"]),
        NetworkLink {
            name: "x".into(),
            kind: LinkKind::Vpn,
            members: vec![Selector::Tier("fintec".into())],
            ranges: vec![],
        },
    ];
    let members = vec![Member::new("acme-finance", b("10.0.0.0/16")).tier("fintech")];
    let Problems(problems) = Network::new(members, links).unwrap_err();
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(
        codes,
        ["link-member-unknown", "link-member-unknown", "name-duplicate", "link-member-unknown"]
    );
    assert_eq!(problems[0].hint, "did you mean `acme-finance`?");
    assert_eq!(
        "tgw".parse::<LinkKind>().unwrap_err().help().unwrap(),
        "use one of peering, transit-gateway, vpn, shared-services, on-premises"
    );
}

fn members() -> impl Strategy<Value = Vec<Member>> {
    // Few addresses and sizes, so that nesting and equality are common; now and then a secondary block.
    let block =
        (0_u32..16, 24_u8..=28).prop_map(|(n, len)| Cidr::containing((0x0a00_0000 | n << 4).into(), len));
    let member = (block.clone(), prop::option::weighted(0.2, block), prop::bool::weighted(0.1));
    prop::collection::vec(member, 1..10).prop_map(|members| {
        let member = |(n, (block, second, fixed)): (usize, (Cidr, Option<Cidr>, bool))| Member {
            blocks: [Some(block), second.filter(|second| !second.overlaps(&block))]
                .into_iter()
                .flatten()
                .collect(),
            fixed,
            ..Member::new(&format!("m{n}"), block)
        };
        members.into_iter().enumerate().map(member).collect()
    })
}

fn conflict(members: &[&Member]) -> bool {
    members.iter().enumerate().any(|(n, a)| {
        members[n + 1..].iter().any(|b| a.blocks.iter().any(|x| b.blocks.iter().any(|y| x.overlaps(y))))
    })
}

proptest! {
    #![proptest_config(crate::cases::cases(1_000))]

    #[test]
    fn no_smaller_set_of_movers_does(members in members()) {
        let network = Network::new(members.clone(), Vec::new()).unwrap();
        let owners: Vec<&str> = members.iter().map(|member| member.owner.as_str()).collect();
        let moves = network.minimal_renumbering(&owners).unwrap();
        prop_assert!(moves.exact);
        // All subsets: which may stay without a conflict and with every member that cannot move?
        let staying = (0_u32..1 << members.len()).filter_map(|mask| {
            let stay: Vec<&Member> = (0..members.len()).filter(|n| mask >> n & 1 == 1).map(|n| &members[n]).collect();
            let fixed = members.iter().filter(|member| member.fixed).count();
            let all_fixed = stay.iter().filter(|member| member.fixed).count() == fixed;
            (all_fixed && !conflict(&stay)).then_some(stay.len())
        });
        match staying.max() {
            Some(most) => {
                prop_assert_eq!(moves.owners.len(), members.len() - most);
                prop_assert!(moves.impossible.is_empty());
                let proposal = network.propose(&owners, &pool("10.0.0.0/8")).unwrap();
                let mut moved = members.clone();
                for step in &proposal.moves {
                    let member = moved.iter_mut().find(|member| member.owner == step.owner).unwrap();
                    let block = member.blocks.iter_mut().find(|block| **block == step.from).unwrap();
                    prop_assert_eq!(block.prefix_len(), step.to.prefix_len());
                    *block = step.to;
                }
                prop_assert!(!conflict(&moved.iter().collect::<Vec<_>>()));
            }
            None => prop_assert!(!moves.impossible.is_empty()),
        }
    }
}

/// Links written before `members` was called so.
#[test]
fn a_link_may_name_its_members_as_it_once_did() {
    let link = NetworkLink::of_owners("hub", LinkKind::Vpn, &["acme"]);
    let written = serde_json::to_string(&link).unwrap();
    let before = written.replace("\"members\"", "\"joins\"");
    assert_ne!(before, written);
    assert_eq!(serde_json::from_str::<NetworkLink>(&before).unwrap(), link);
}
