//! Availability zones: asked for in each account and region, never assumed.

use std::collections::{BTreeMap, BTreeSet};

use securebase_core::cloud::ec2::{self, AvailabilityZone, ZoneKind};
use securebase_core::cloud::{Call, Cloud, Reply, Target};
use securebase_core::exec::{self, ApplyOptions};
use securebase_core::kinds::{ResourceSpec, SubnetSpec};
use securebase_core::model::{AccountId, Address, Cidr, LandingZone, Region, SubnetZone, Tags, UsableZones};
use securebase_core::observe::{self, Scope};
use securebase_core::plan::{Action, Error, Plan, Planner};
use securebase_core::sim::{CallRecord, Faults, SimulatedCloud};
use securebase_core::state::{Fact, RunId};
use securebase_core::time::Time;

use crate::support::{ONE_TENANT, TEN_TENANTS, apply, crash_after_every_call, memory, now, plan, zone};

const TOKYO: &str = "ap-northeast-1";
const SUBNETS: [&str; 3] = ["public-1", "private-1", "private-2"];

fn in_region(region: &str) -> LandingZone {
    zone(&ONE_TENANT.replace("us-east-1", region))
}

/// The zone of each subnet that exists, by its place in the network, of the one tenant.
fn subnet_zones(cloud: &SimulatedCloud) -> Vec<String> {
    let observed = cloud.observe();
    let found: BTreeMap<String, String> = observed
        .known_members()
        .flat_map(|(_, _, member)| &member.subnets)
        .map(|subnet| (subnet.cidr.to_string(), subnet.zone.clone()))
        .collect();
    ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]
        .iter()
        .filter_map(|cidr| found.get(*cidr).cloned())
        .collect()
}

/// What a plan says of the zones of its subnets.
fn planned_zones(plan: &Plan) -> Vec<String> {
    let at = |name: &&str| Address::new(format!("tenant/acme-finance/vpc/subnet/{name}"));
    SUBNETS
        .iter()
        .filter_map(|name| match &plan.step(&at(name))?.spec {
            ResourceSpec::Subnet(SubnetSpec { zone, .. }) => Some(zone.to_string()),
            other => panic!("{other:?}"),
        })
        .collect()
}

fn questions(cloud: &SimulatedCloud, skip: usize) -> usize {
    let asks = |operation: &str| operation == "DescribeAvailabilityZones";
    cloud.calls().iter().skip(skip).filter(|call| asks(call.operation)).count()
}

fn usable(region: &str, letters: &str) -> UsableZones {
    UsableZones::new(letters.chars().map(|letter| format!("{region}{letter}")))
}

/// A world whose caller dies after a number of calls.
fn dying(seed: u64, after: u64) -> SimulatedCloud {
    let faults = Faults { crash_after_calls: Some(after), ..Faults::default() };
    SimulatedCloud::builder(seed).faults(faults).build()
}

/// A world in which the tenant's account exists and answers, made without a network.
fn with_account(seed: u64) -> (SimulatedCloud, AccountId) {
    let cloud = SimulatedCloud::new(seed);
    let text = ONE_TENANT.replace("enable_vpc    = true", "enable_vpc    = false");
    assert_eq!(apply(&plan(&zone(&text), &cloud), &cloud, &memory()).failed, []);
    cloud.advance_to(Time::from_micros(7_200_000_000));
    let account = cloud.snapshot()["account"][0]["id"].as_str().unwrap().parse().unwrap();
    (cloud, account)
}

#[test]
fn only_open_availability_zones_of_the_region_are_usable() {
    let zone = |name: &str, kind, available, opt_in| AvailabilityZone {
        name: name.to_owned(),
        kind,
        available,
        opt_in,
    };
    let zones = [
        zone("us-east-1c", ZoneKind::AvailabilityZone, true, false),
        zone("us-east-1-bos-1a", ZoneKind::Other, true, false),
        zone("us-east-1b", ZoneKind::AvailabilityZone, false, false),
        zone("us-east-1d", ZoneKind::AvailabilityZone, true, true),
        zone("us-east-1a", ZoneKind::AvailabilityZone, true, false),
    ];
    assert_eq!(AvailabilityZone::usable(&zones), usable("us-east-1", "ac"));
}

#[test]
fn tokyo_has_no_zone_b_and_its_subnets_go_into_a_and_c() {
    let (zone, cloud, state) = (in_region(TOKYO), SimulatedCloud::new(2), memory());
    let first = plan(&zone, &cloud);
    assert_eq!(planned_zones(&first), ["first zone", "first zone", "second zone"]);
    let text = first.to_string();
    assert!(text.contains("subnet, first zone") && text.contains("subnet, second zone"), "{text}");
    let calls = cloud.calls().len();
    assert_eq!(apply(&first, &cloud, &state).failed, []);
    assert_eq!(questions(&cloud, calls), 1, "three subnets, one question");
    let zones = ["ap-northeast-1a", "ap-northeast-1a", "ap-northeast-1c"];
    assert_eq!(subnet_zones(&cloud), zones);
    let calls = cloud.calls().len();
    assert!(plan(&zone, &cloud).is_empty());
    assert_eq!(questions(&cloud, calls), 1, "one question for an account and region");
    // The state keeps the letters.
    let applied = now(state.applied()).unwrap();
    let kept: Vec<&SubnetZone> = SUBNETS
        .iter()
        .map(|name| match &applied.specs[&Address::new(format!("tenant/acme-finance/vpc/subnet/{name}"))] {
            ResourceSpec::Subnet(SubnetSpec { zone, .. }) => zone,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kept, zones.map(|zone| SubnetZone::Named(zone.to_owned())).iter().collect::<Vec<_>>());
}

#[test]
fn northern_california_shows_each_account_two_zones_of_three() {
    let zone = zone(&TEN_TENANTS.replace("us-east-1", "us-west-1"));
    let (cloud, state) = (SimulatedCloud::new(5), memory());
    assert_eq!(apply(&plan(&zone, &cloud), &cloud, &state).failed, []);
    let observed = cloud.observe();
    let mut seen: BTreeSet<Vec<&str>> = BTreeSet::new();
    for (account, region, member) in observed.known_members() {
        let used: BTreeSet<&str> = member.subnets.iter().map(|subnet| subnet.zone.as_str()).collect();
        let asked = {
            let role = "OrganizationAccountAccessRole".parse().unwrap();
            let target = Target::Member { account, region: region.clone(), role };
            match now(cloud.call(Call { target, operation: ec2::Operation::DescribeAvailabilityZones.into() }))
            {
                Ok(Reply::Ec2(ec2::Reply::AvailabilityZones(zones))) => {
                    zones.into_iter().map(|zone| zone.name).collect()
                }
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(used.iter().map(|zone| (*zone).to_owned()).collect::<BTreeSet<_>>(), asked, "{account}");
        seen.insert(used.into_iter().collect());
    }
    assert!(seen.len() > 1, "letters differ between accounts: {seen:?}");
    assert!(plan(&zone, &cloud).is_empty());
}

#[test]
fn a_plan_for_an_account_that_exists_names_the_zones() {
    let (cloud, account) = with_account(3);
    let there = in_region(TOKYO);
    let named = plan(&there, &cloud);
    assert_eq!(planned_zones(&named), ["ap-northeast-1a", "ap-northeast-1a", "ap-northeast-1c"]);
    assert!(named.to_string().contains("subnet, ap-northeast-1c"), "{named}");
    let calls = cloud.calls().len();
    let state = memory();
    assert_eq!(apply(&named, &cloud, &state).failed, []);
    assert_eq!(questions(&cloud, calls), 1, "the survey before the run asks, the run does not");
    assert!(cloud.set_zones(account, &TOKYO.parse().unwrap(), usable(TOKYO, "abcd")));
    let again = plan(&there, &cloud);
    assert!(again.is_empty(), "a zone that opens later changes nothing about a network that stands: {again}");
}

#[test]
fn the_default_region_keeps_its_first_two_letters() {
    let cloud = SimulatedCloud::new(0);
    assert_eq!(apply(&plan(&zone(ONE_TENANT), &cloud), &cloud, &memory()).failed, []);
    assert_eq!(subnet_zones(&cloud), ["us-east-1a", "us-east-1a", "us-east-1b"]);
}

#[test]
fn a_crash_at_any_call_never_mixes_the_zones() {
    let first = Planner::new(&in_region(TOKYO)).plan().unwrap();
    let calls = crash_after_every_call(
        &first,
        |after| dying(2, after),
        |cloud, after| {
            let zones = ["ap-northeast-1a", "ap-northeast-1a", "ap-northeast-1c"];
            assert_eq!(subnet_zones(cloud), zones, "crash after {after} calls");
        },
    );
    assert!(calls > 30, "{calls}");
}

/// A run that died after the account said which zones it has and before all subnets stood; AWS opens a zone meanwhile.
#[test]
fn a_resumed_run_uses_the_zones_in_its_journal() {
    let there = in_region(TOKYO);
    let mut died_between = 0;
    for after in 60.. {
        let (cloud, state) = (dying(2, after), memory());
        let first = Planner::new(&there).plan().unwrap();
        if now(exec::apply(&first, &cloud, &state, ApplyOptions::new())).is_ok() {
            break;
        }
        // A reply that was still on its way when the caller died is asked for again: nothing was made by it.
        let journal = now(state.entries(RunId(1))).unwrap();
        let answered = journal.iter().any(|entry| matches!(entry.fact, Fact::Zones { .. }));
        let is_made = |call: &CallRecord| call.operation == "CreateSubnet" && call.outcome == "ok";
        if !answered || cloud.calls().iter().any(is_made) {
            continue;
        }
        died_between += 1;
        if died_between > 3 {
            break;
        }
        let account = cloud.snapshot()["account"][0]["id"].as_str().unwrap().parse().unwrap();
        cloud.revive();
        assert!(cloud.set_zones(account, &TOKYO.parse().unwrap(), usable(TOKYO, "abcd")));
        let calls = cloud.calls().len();
        let run = now(exec::resume(&cloud, &state, ApplyOptions::new())).unwrap();
        assert_eq!(run.failed, [], "crash after {after} calls");
        let zones = ["ap-northeast-1a", "ap-northeast-1a", "ap-northeast-1c"];
        assert_eq!(subnet_zones(&cloud), zones, "crash after {after} calls");
        assert_eq!(questions(&cloud, calls), 0, "the journal knows");
    }
    assert!(died_between > 0);
}

/// Makes a VPC with the tenant's block and these subnets in it, as a person does.
fn by_hand(cloud: &SimulatedCloud, account: AccountId, region: &str, subnets: &[(&str, &str)]) {
    let role = "OrganizationAccountAccessRole".parse().unwrap();
    let target = Target::Member { account, region: region.parse().unwrap(), role };
    let made = |operation| match now(cloud.call(Call { target: target.clone(), operation })) {
        Ok(Reply::Created(id)) => id,
        other => panic!("{other:?}"),
    };
    let block = |text: &str| text.parse::<Cidr>().unwrap();
    let vpc = made(ec2::Operation::CreateVpc { cidr: block("10.0.0.0/16"), tags: Tags::new() }.into());
    for (cidr, letter) in subnets {
        made(
            ec2::Operation::CreateSubnet {
                vpc: vpc.clone(),
                cidr: block(cidr),
                zone: format!("{region}{letter}"),
                tags: Tags::new(),
            }
            .into(),
        );
    }
}

#[test]
fn an_adopted_network_keeps_the_zones_it_has() {
    let (cloud, account) = with_account(3);
    by_hand(
        &cloud,
        account,
        "us-east-1",
        &[("10.0.0.0/24", "c"), ("10.0.1.0/24", "c"), ("10.0.2.0/24", "d")],
    );
    let there = zone(ONE_TENANT);
    let adopts = plan(&there, &cloud);
    for name in SUBNETS {
        let step = adopts.step(&Address::new(format!("tenant/acme-finance/vpc/subnet/{name}"))).unwrap();
        assert_eq!(step.action, Action::Adopt, "{name}");
    }
    assert_eq!(planned_zones(&adopts), ["us-east-1c", "us-east-1c", "us-east-1d"]);
    assert_eq!(apply(&adopts, &cloud, &memory()).failed, []);
    assert_eq!(subnet_zones(&cloud), ["us-east-1c", "us-east-1c", "us-east-1d"]);
    assert!(plan(&there, &cloud).is_empty());
}

#[test]
fn subnets_that_are_missing_join_those_that_stand() {
    // The public subnet stands in c: the private one beside it goes there too, the other into the first zone that is left.
    let (cloud, account) = with_account(3);
    by_hand(&cloud, account, "us-east-1", &[("10.0.0.0/24", "c")]);
    let there = zone(ONE_TENANT);
    let joins = plan(&there, &cloud);
    assert_eq!(planned_zones(&joins), ["us-east-1c", "us-east-1c", "us-east-1a"]);
    assert_eq!(apply(&joins, &cloud, &memory()).failed, []);
    assert_eq!(subnet_zones(&cloud), ["us-east-1c", "us-east-1c", "us-east-1a"]);
    // A subnet that someone deletes comes back where it was.
    let observed = cloud.observe();
    let lost = observed.known_members().flat_map(|(_, _, member)| &member.subnets);
    let lost = lost.into_iter().find(|subnet| subnet.zone == "us-east-1a").unwrap().id.clone();
    assert!(cloud.remove(lost.as_str()) > 0);
    assert_eq!(planned_zones(&plan(&there, &cloud)), ["us-east-1a"]);
}

#[test]
fn an_account_with_too_few_zones_is_refused_when_it_is_planned() {
    let (cloud, account) = with_account(3);
    assert!(cloud.set_zones(account, &TOKYO.parse::<Region>().unwrap(), usable(TOKYO, "d")));
    let there = in_region(TOKYO);
    let observed = now(observe::survey(&cloud, &Scope::of(&there))).unwrap();
    let Err(Error::Problems(problems)) = Planner::new(&there).observed(&observed).plan() else { panic!() };
    let [problem] = &problems.0[..] else { panic!("{problems}") };
    assert_eq!(problem.code, "zones-too-few");
    for part in [&account.to_string(), TOKYO, "second zone", "`ap-northeast-1d`"] {
        assert!(problem.message.contains(part), "{part}: {problem}");
    }
}

#[test]
fn a_new_account_with_too_few_zones_fails_for_good_and_says_so() {
    let there = in_region(TOKYO);
    let first = Planner::new(&there).plan().unwrap();
    // The account comes to exist, the caller dies, and the account turns out to have one zone.
    for after in 20.. {
        let (cloud, state) = (dying(2, after), memory());
        assert!(now(exec::apply(&first, &cloud, &state, ApplyOptions::new())).is_err(), "{after}");
        let accounts = cloud.accounts();
        let Some((account, _)) = accounts.iter().find(|(account, _)| account.name == "acme-finance") else {
            continue;
        };
        cloud.revive();
        assert!(cloud.set_zones(account.id, &TOKYO.parse().unwrap(), usable(TOKYO, "a")));
        let run = now(exec::resume(&cloud, &state, ApplyOptions::new())).unwrap();
        let [(address, error)] = &run.failed[..] else { panic!("{:?}", run.failed) };
        assert_eq!(address.as_str(), "tenant/acme-finance/vpc/subnet/private-2");
        for part in [&account.id.to_string(), TOKYO, "second zone", "`ap-northeast-1a`"] {
            assert!(error.contains(part), "{part}: {error}");
        }
        return;
    }
}

#[test]
fn the_simulated_cloud_takes_no_subnet_in_a_zone_that_the_account_lacks() {
    let (cloud, account) = with_account(3);
    let role = "OrganizationAccountAccessRole".parse().unwrap();
    let target = Target::Member { account, region: TOKYO.parse().unwrap(), role };
    let call = |operation| now(cloud.call(Call { target: target.clone(), operation }));
    let cidr: Cidr = "10.0.0.0/16".parse().unwrap();
    let Ok(Reply::Created(vpc)) = call(ec2::Operation::CreateVpc { cidr, tags: Tags::new() }.into()) else {
        panic!()
    };
    let zone = "ap-northeast-1b".to_owned();
    let cidr: Cidr = "10.0.0.0/24".parse().unwrap();
    let error = call(ec2::Operation::CreateSubnet { vpc, cidr, zone, tags: Tags::new() }.into()).unwrap_err();
    assert_eq!(error.code, "InvalidParameterValue");
    assert!(error.message.contains("ap-northeast-1a, ap-northeast-1c, ap-northeast-1d"), "{error}");
}
