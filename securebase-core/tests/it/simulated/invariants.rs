//! What holds of every world, whatever is called in whatever order.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use securebase_core::cloud::ec2::{self, NatGatewayState, VpcAttribute};
use securebase_core::cloud::{Call, Delivery, Operation, Reply, Target, organizations};
use securebase_core::model::{AccountId, Cidr, ResourceId, Tags};
use securebase_core::observe::{Observed, ObservedMember};
use securebase_core::sim::SimulatedCloud;
use securebase_core::time::Time;

use super::{grown, member, tags};

/// One call to be: which operation, and which of the ids known so far it names.
#[derive(Debug, Clone)]
struct Move {
    what: u8,
    first: prop::sample::Index,
    second: prop::sample::Index,
    pause_secs: u16,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = (
        0u8..34,
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        prop_oneof![3 => 0u16..3, 1 => 30u16..200],
    )
        .prop_map(|(what, first, second, pause_secs)| Move { what, first, second, pause_secs });
    prop::collection::vec(one, 1..90)
}

/// Ids by prefix, those that were refused or deleted included: a caller may name anything.
#[derive(Default)]
struct Known(BTreeMap<&'static str, Vec<ResourceId>>);

impl Known {
    fn pick(&self, prefix: &str, which: &prop::sample::Index) -> ResourceId {
        match self.0.get(prefix) {
            Some(ids) => which.get(ids).clone(),
            None => format!("{prefix}-00000000000000000").parse().unwrap(),
        }
    }

    fn learn(&mut self, id: &ResourceId) {
        for prefix in ["vpc", "subnet", "igw", "eipalloc", "nat", "rtbassoc", "rtb", "fl", "vgw", "ou", "p"] {
            if id.as_str().split('-').next() == Some(prefix) {
                let ids = self.0.entry(prefix).or_default();
                if !ids.contains(id) {
                    ids.push(id.clone());
                }
            }
        }
    }
}

fn operation(step: &Move, known: &Known, account: AccountId, root: &ResourceId) -> (Target, Operation) {
    let Move { what, first, second, .. } = step;
    let number = first.index(6);
    let one = |prefix: &str| known.pick(prefix, first);
    let other = |prefix: &str| known.pick(prefix, second);
    let token = format!("token-{}", second.index(4));
    let tags = tags(&number.to_string());
    let parent = || if second.index(3) == 0 { root.clone() } else { other("ou") };
    let way = || if second.index(2) == 0 { other("igw") } else { other("nat") };
    let destination = ["0.0.0.0/0", "192.0.2.0/24"][second.index(2)].parse().unwrap();
    let operation = match what {
        0 | 1 => ec2::Operation::CreateVpc { cidr: format!("10.{number}.0.0/16").parse().unwrap(), tags },
        2 => ec2::Operation::DeleteVpc { vpc: one("vpc") },
        3..=5 => ec2::Operation::CreateSubnet {
            vpc: other("vpc"),
            cidr: {
                let [network, part] = [second.index(6), number].map(|index| u8::try_from(index).unwrap());
                Cidr::containing([10, network, part, 0].into(), [20, 21, 22, 23, 24][second.index(5)])
            },
            zone: "us-east-1a".into(),
            tags,
        },
        6 => ec2::Operation::DeleteSubnet { subnet: one("subnet") },
        7 => ec2::Operation::CreateInternetGateway { tags },
        8 | 9 => ec2::Operation::AttachInternetGateway { gateway: one("igw"), vpc: other("vpc") },
        10 => ec2::Operation::DetachInternetGateway { gateway: one("igw"), vpc: other("vpc") },
        11 => ec2::Operation::DeleteInternetGateway { gateway: one("igw") },
        12 => ec2::Operation::AllocateAddress { tags },
        13 => ec2::Operation::ReleaseAddress { allocation: one("eipalloc") },
        14 | 15 => ec2::Operation::CreateNatGateway {
            subnet: one("subnet"),
            allocation: other("eipalloc"),
            client_token: token,
            tags,
        },
        16 => ec2::Operation::DeleteNatGateway { gateway: one("nat") },
        17 | 18 => ec2::Operation::CreateRouteTable { vpc: one("vpc"), client_token: token, tags },
        19 => ec2::Operation::DeleteRouteTable { table: one("rtb") },
        20 | 21 => ec2::Operation::CreateRoute { table: one("rtb"), destination, gateway: way() },
        22 => ec2::Operation::ReplaceRoute { table: one("rtb"), destination, gateway: way() },
        23 => ec2::Operation::DeleteRoute { table: one("rtb"), destination },
        24 | 25 => ec2::Operation::AssociateRouteTable { table: one("rtb"), subnet: other("subnet") },
        26 => ec2::Operation::DisassociateRouteTable { association: one("rtbassoc") },
        27 => ec2::Operation::CreateVpnGateway { tags },
        28 => ec2::Operation::AttachVpnGateway { gateway: one("vgw"), vpc: other("vpc") },
        29 => ec2::Operation::ModifyVpcAttribute {
            vpc: one("vpc"),
            attribute: [VpcAttribute::DnsSupport, VpcAttribute::DnsHostnames][second.index(2)],
            value: first.index(2) == 0,
        },
        30 => {
            let create = organizations::Operation::CreateOrganizationalUnit {
                parent: parent(),
                name: number.to_string(),
                tags: Tags::new(),
            };
            return (Target::Management, create.into());
        }
        31 => {
            return (
                Target::Management,
                organizations::Operation::DeleteOrganizationalUnit { unit: one("ou") }.into(),
            );
        }
        32 => {
            return (
                Target::Management,
                organizations::Operation::MoveAccount { account, from: parent(), to: one("ou") }.into(),
            );
        }
        _ => {
            return (
                Target::Management,
                organizations::Operation::UpdateOrganizationalUnit {
                    unit: one("ou"),
                    name: number.to_string(),
                }
                .into(),
            );
        }
    };
    (member(account), operation.into())
}

fn check(observed: &Observed) -> Result<(), TestCaseError> {
    let organization = observed.organization.as_ref().unwrap();
    let mut names = BTreeSet::new();
    let mut places = BTreeSet::from([organization.root.id.clone()]);
    for unit in &organization.units {
        prop_assert!(places.contains(&unit.parent), "a parent is there, and before its children");
        places.insert(unit.id.clone());
        prop_assert!(names.insert((unit.parent.clone(), unit.name.clone())), "a name twice under one parent");
    }
    for account in &organization.accounts {
        prop_assert!(places.contains(&account.parent), "an account sits nowhere");
    }
    for policy in &organization.policies {
        for target in &policy.targets {
            let account =
                organization.accounts.iter().any(|row| row.account.id.to_string() == target.as_str());
            prop_assert!(account || places.contains(target), "attached to `{target}`, which is gone");
        }
    }
    observed.known_members().try_for_each(|(_, _, member)| check_member(member))
}

fn check_member(found: &ObservedMember) -> Result<(), TestCaseError> {
    let vpcs: BTreeMap<_, _> = found.vpcs.iter().map(|row| (&row.vpc.id, row)).collect();
    for (position, subnet) in found.subnets.iter().enumerate() {
        prop_assert!(vpcs[&subnet.vpc].vpc.cidr.contains(&subnet.cidr), "{} is outside its VPC", subnet.cidr);
        for other in found.subnets[..position].iter().filter(|other| other.vpc == subnet.vpc) {
            let apart = !other.cidr.contains(&subnet.cidr) && !subnet.cidr.contains(&other.cidr);
            prop_assert!(apart, "{} and {} overlap", other.cidr, subnet.cidr);
        }
    }
    let mut attached = BTreeSet::new();
    for gateway in &found.internet_gateways {
        if let Some(vpc) = &gateway.vpc {
            prop_assert!(vpcs.contains_key(vpc) && attached.insert(vpc), "{vpc} has two internet gateways");
        }
    }
    let mut used = BTreeSet::new();
    for nat in found.nat_gateways.iter().filter(|nat| nat.state != NatGatewayState::Deleted) {
        let stands = nat.state != NatGatewayState::Failed;
        prop_assert!(!stands || found.subnets.iter().any(|subnet| subnet.id == nat.subnet));
        prop_assert_eq!(nat.state == NatGatewayState::Failed, nat.failure.is_some());
        if let Some(allocation) = &nat.allocation {
            prop_assert!(used.insert(allocation), "{allocation} serves two NAT gateways");
        }
    }
    for address in &found.elastic_ips {
        prop_assert_eq!(address.association.is_some(), used.contains(&address.id), "{}", address.id);
    }
    let mut associated = BTreeSet::new();
    for table in &found.route_tables {
        prop_assert!(vpcs.contains_key(&table.vpc));
        let mut destinations = BTreeSet::new();
        for route in &table.routes {
            prop_assert!(destinations.insert(route.destination), "two routes to {}", route.destination);
        }
        for association in &table.associations {
            let subnet = found.subnets.iter().find(|subnet| subnet.id == association.subnet);
            prop_assert_eq!(subnet.map(|subnet| &subnet.vpc), Some(&table.vpc));
            prop_assert!(associated.insert(&association.subnet), "a subnet in two tables");
        }
    }
    Ok(())
}

/// Plays the moves; what was rejected must have changed nothing.
fn play(seed: u64, moves: &[Move]) -> Result<SimulatedCloud, TestCaseError> {
    let (observed, account) = grown();
    let cloud = SimulatedCloud::builder(seed).observed(&observed).build();
    let root = observed.organization.unwrap().root.id;
    let mut known = Known::default();
    let mut now = Time::from_micros(1);
    for step in moves {
        now = now + Duration::from_secs(u64::from(step.pause_secs));
        cloud.advance_to(now);
        let before = cloud.observe();
        let (target, operation) = operation(step, &known, account, &root);
        let call = Call { target, operation };
        let submission = cloud.submit(now, &call);
        prop_assert!(submission.at >= now && !submission.crashed);
        match submission.result {
            Ok(Reply::Created(id)) => known.learn(&id),
            Ok(_) => {}
            Err(error) => {
                prop_assert_eq!(error.delivery, Delivery::Rejected);
                prop_assert_eq!(
                    cloud.observe(),
                    before,
                    "{} was rejected with {}",
                    call.operation.action(),
                    error.code
                );
            }
        }
        check(&cloud.observe())?;
    }
    Ok(cloud)
}

proptest! {
    #![proptest_config(crate::cases::cases(64))]

    #[test]
    fn every_world_is_a_sound_one(seed in 0u64..1000, moves in moves()) {
        let cloud = play(seed, &moves)?;
        let again = play(seed, &moves)?;
        prop_assert_eq!(cloud.calls(), again.calls(), "one seed, one history");
        prop_assert_eq!(cloud.snapshot(), again.snapshot());
        // Two hours later all is settled; a world made from what is seen then is seen alike.
        cloud.advance_to(cloud.now() + Duration::from_secs(7200));
        let observed = cloud.observe();
        check(&observed)?;
        prop_assert_eq!(SimulatedCloud::builder(seed).observed(&observed).build().observe(), observed);
    }
}

#[test]
fn the_moves_reach_deep_into_the_world() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut succeeded: BTreeSet<&'static str> = BTreeSet::new();
    for seed in 0..60 {
        let moves = moves().new_tree(&mut runner).unwrap().current();
        let cloud = play(seed, &moves).unwrap();
        succeeded.extend(cloud.calls().iter().filter(|call| call.outcome == "ok").map(|call| call.operation));
    }
    for wanted in
        ["CreateNatGateway", "DeleteNatGateway", "CreateRoute", "AssociateRouteTable", "MoveAccount"]
    {
        assert!(succeeded.contains(wanted), "`{wanted}` never succeeds: {succeeded:?}");
    }
}
