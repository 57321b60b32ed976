//! What exists already is taken over, not made again; what is somebody else's is left alone.

use securebase_core::cloud::{Operation, Target, ec2, organizations};
use securebase_core::model::{AccountId, Address, Cidr, ResourceId, ResourceKind, Tags};
use securebase_core::observe::{self, Scope};
use securebase_core::plan::{Action, Error, Planner};
use securebase_core::sim::SimulatedCloud;
use securebase_core::time::Time;

use super::hand::{Hand, member};
use super::{replan, writes};
use crate::support::{ONE_TENANT, addresses, apply, memory, now, plan, zone};

/// An organization with an account that somebody made by hand: nothing in it is tagged.
fn by_hand() -> (SimulatedCloud, AccountId) {
    let cloud = SimulatedCloud::new(3);
    let hand = Hand { cloud: &cloud, target: Target::Management };
    hand.call(&Operation::Organizations(organizations::Operation::CreateAccount {
        name: "acme-finance".to_owned(),
        email: "aws+acme@example.com".to_owned(),
        role: "OrganizationAccountAccessRole".parse().unwrap(),
        tags: Tags::new(),
    }));
    cloud.advance_to(Time::from_micros(3_600_000_000));
    let account = cloud.snapshot()["account"][0]["id"].as_str().unwrap().parse().unwrap();
    (cloud, account)
}

#[test]
fn units_policies_and_accounts_of_the_right_name_are_taken_over() {
    let (cloud, account) = by_hand();
    let hand = Hand { cloud: &cloud, target: Target::Management };
    let root: ResourceId = cloud.snapshot()["organization_root"][0]["id"].as_str().unwrap().parse().unwrap();
    let name = "Customers-Fintech".to_owned();
    hand.created(&Operation::Organizations(organizations::Operation::CreateOrganizationalUnit {
        parent: root,
        name,
        tags: Tags::new(),
    }));
    hand.created(&Operation::Organizations(organizations::Operation::CreatePolicy {
        name: "securebase-fintech".to_owned(),
        description: "by hand".to_owned(),
        document:
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"ec2:*","Resource":"*"}]}"#
                .to_owned(),
        tags: Tags::new(),
    }));
    let zone = zone(ONE_TENANT);
    let plan = plan(&zone, &cloud);
    for address in [
        "organization/ou/Customers-Fintech",
        "organization/policy/securebase-fintech",
        "tenant/acme-finance/account",
    ] {
        let step = plan.step(&Address::new(address)).unwrap();
        assert_eq!(step.action, Action::Adopt, "{address}");
        assert!(step.changes.iter().any(|change| change.field == "tags.securebase:zone"), "{address}");
    }
    let state = memory();
    assert_eq!(apply(&plan, &cloud, &state).failed, []);
    assert_eq!(cloud.snapshot()["account"].as_array().unwrap().len(), 1);
    assert!(replan(&zone, &cloud, &state).is_empty());
    // An invited account is named by its id: it is the same thing.
    let invited = crate::support::zone(
        &ONE_TENANT.replace("prefix  ", &format!("account_id = \"{account}\"\n    prefix  ")),
    );
    assert!(replan(&invited, &cloud, &state).is_empty());
}

#[test]
fn a_unit_of_another_zone_is_not_ours_to_take() {
    let (cloud, state) = crate::support::applied(ONE_TENANT);
    let unit = now(state.resources()).unwrap()[&Address::new("organization/ou/Customers-Fintech")].id.clone();
    cloud.set_tag(unit.as_str(), "securebase:zone", Some("another"));
    let zone = zone(ONE_TENANT);
    let observed = now(observe::survey(&cloud, &Scope::of(&zone))).unwrap();
    let Err(Error::Problems(problems)) = Planner::new(&zone).observed(&observed).plan() else { panic!() };
    assert_eq!(problems.0[0].code, "resource-of-another");
}

/// Nothing of a zone whose name begins like ours is ours.
#[test]
fn what_carries_another_zones_tag_is_left_alone() {
    let (cloud, state) = crate::support::applied(ONE_TENANT);
    let hand = Hand { cloud: &cloud, target: Target::Management };
    let theirs = |address: &str| {
        let tags = [("securebase:zone", "securebase-eu"), ("securebase:address", address)];
        tags.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect::<Tags>()
    };
    hand.created(&Operation::Organizations(organizations::Operation::CreatePolicy {
        name: "securebase-eu-fintech".to_owned(),
        description: "theirs".to_owned(),
        document:
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"ec2:*","Resource":"*"}]}"#
                .to_owned(),
        tags: theirs("organization/policy/securebase-eu-fintech"),
    }));
    let account = cloud.snapshot()["account"][0]["id"].as_str().unwrap().parse().unwrap();
    let block: Cidr = "10.99.0.0/16".parse().unwrap();
    let tags = theirs("tenant/acme-finance/vpc");
    member(&cloud, account).created(&Operation::Ec2(ec2::Operation::CreateVpc { cidr: block, tags }));
    let zone = zone(ONE_TENANT);
    for plan in [replan(&zone, &cloud, &state), plan(&zone, &cloud)] {
        assert!(plan.is_empty(), "{plan}");
    }
    // Nor is it with a tenant that leaves.
    let leaving = ONE_TENANT.replace("prefix        =", "offboard      = \"close\"\n    prefix        =");
    let plan = replan(&crate::support::zone(&leaving), &cloud, &state);
    let deleted: Vec<_> = plan.steps().filter(|step| step.action == Action::Delete).collect();
    assert!(deleted.iter().all(|step| !step.address.as_str().contains("securebase-eu")), "{plan}");
    assert_eq!(deleted.iter().filter(|step| step.kind == ResourceKind::Vpc).count(), 1, "{plan}");
}

#[test]
fn a_vpc_that_has_the_block_is_tagged_with_what_is_in_it_and_only_the_rest_is_made() {
    let (cloud, account) = by_hand();
    let hand = member(&cloud, account);
    let cidr = |text: &str| text.parse::<Cidr>().unwrap();
    let vpc = hand
        .created(&Operation::Ec2(ec2::Operation::CreateVpc { cidr: cidr("10.0.0.0/16"), tags: Tags::new() }));
    let subnet = hand.created(&Operation::Ec2(ec2::Operation::CreateSubnet {
        vpc: vpc.clone(),
        cidr: cidr("10.0.0.0/24"),
        zone: "us-east-1a".to_owned(),
        tags: Tags::new(),
    }));
    let gateway = hand.created(&Operation::Ec2(ec2::Operation::CreateInternetGateway { tags: Tags::new() }));
    hand.call(&Operation::Ec2(ec2::Operation::AttachInternetGateway {
        gateway: gateway.clone(),
        vpc: vpc.clone(),
    }));
    let zone = zone(ONE_TENANT);
    let plan = plan(&zone, &cloud);
    let id = |address: &str| plan.step(&Address::new(address)).and_then(|step| step.id.clone());
    assert_eq!(id("tenant/acme-finance/vpc"), Some(vpc.clone()));
    assert_eq!(id("tenant/acme-finance/vpc/subnet/public-1"), Some(subnet));
    assert_eq!(id("tenant/acme-finance/vpc/internet-gateway"), Some(gateway));
    let state = memory();
    let calls = cloud.calls().len();
    assert_eq!(apply(&plan, &cloud, &state).failed, []);
    let made = writes(&cloud, calls);
    assert!(!made.contains(&"ec2:CreateVpc".to_owned()), "{made:?}");
    assert_eq!(made.iter().filter(|call| *call == "ec2:CreateSubnet").count(), 2);
    assert_eq!(cloud.snapshot()["vpc"].as_array().unwrap().len(), 1);
    assert!(replan(&zone, &cloud, &state).is_empty());
}

#[test]
fn a_vpc_named_by_its_id_brings_its_block_and_must_be_there() {
    let (cloud, account) = by_hand();
    let hand = member(&cloud, account);
    let block: Cidr = "10.77.0.0/16".parse().unwrap();
    let vpc = hand.created(&Operation::Ec2(ec2::Operation::CreateVpc { cidr: block, tags: Tags::new() }));
    let named = |id: &str| {
        zone(&ONE_TENANT.replace("vpc_cidr      = \"10.0.0.0/16\"", &format!("vpc_id        = \"{id}\"")))
    };
    let (found, state) = (named(vpc.as_str()), memory());
    let plan = plan(&found, &cloud);
    assert_eq!(plan.step(&Address::new("tenant/acme-finance/vpc")).unwrap().action, Action::Adopt);
    assert_eq!(plan.tenants[0].vpc_cidr, Some(block));
    assert_eq!(apply(&plan, &cloud, &state).failed, []);
    assert!(replan(&found, &cloud, &state).is_empty());

    let (cloud, _) = by_hand();
    let absent = named("vpc-0123456789abcdef0");
    let observed = now(observe::survey(&cloud, &Scope::of(&absent))).unwrap();
    let Err(Error::Problems(problems)) = Planner::new(&absent).observed(&observed).plan() else { panic!() };
    assert_eq!(problems.0[0].code, "vpc-id-unknown");
    let differs =
        zone(&ONE_TENANT.replace("vpc_cidr      =", &format!("vpc_id = \"{vpc}\"\n    vpc_cidr =")));
    let (cloud, account) = by_hand();
    let same = member(&cloud, account)
        .created(&Operation::Ec2(ec2::Operation::CreateVpc { cidr: block, tags: Tags::new() }));
    assert_eq!(same, vpc);
    let observed = now(observe::survey(&cloud, &Scope::of(&differs))).unwrap();
    let Err(Error::Problems(problems)) = Planner::new(&differs).observed(&observed).plan() else { panic!() };
    assert_eq!(problems.0[0].code, "vpc-block-differs");
}

#[test]
fn a_foreign_vpc_is_a_block_that_no_tenant_is_given() {
    let of_another_zone = Tags::from_iter([("securebase:zone".to_owned(), "securebase-eu".to_owned())]);
    for tags in [Tags::new(), of_another_zone] {
        let (cloud, account) = by_hand();
        let block: Cidr = "10.0.0.0/16".parse().unwrap();
        member(&cloud, account)
            .created(&Operation::Ec2(ec2::Operation::CreateVpc { cidr: block, tags: tags.clone() }));
        // The tenant writes no block of its own, so the pool chooses one beside what is there.
        let zone = zone(&ONE_TENANT.replace("    vpc_cidr      = \"10.0.0.0/16\"\n", ""));
        let plan = plan(&zone, &cloud);
        assert_eq!(plan.tenants[0].vpc_cidr, Some("10.1.0.0/16".parse().unwrap()), "{tags:?}");
        assert!(addresses(&plan).contains(&"tenant/acme-finance/vpc".to_owned()));
    }
}

#[test]
fn what_others_make_in_their_own_vpc_makes_no_plan_stale() {
    let (cloud, account) = by_hand();
    let hand = member(&cloud, account);
    let cidr = |text: &str| text.parse::<Cidr>().unwrap();
    let vpc = hand.created(&Operation::Ec2(ec2::Operation::CreateVpc {
        cidr: cidr("10.99.0.0/16"),
        tags: Tags::new(),
    }));
    let plan = plan(&zone(ONE_TENANT), &cloud);
    let zone = "us-east-1a".to_owned();
    hand.created(&Operation::Ec2(ec2::Operation::CreateSubnet {
        vpc,
        cidr: cidr("10.99.0.0/24"),
        zone,
        tags: Tags::new(),
    }));
    assert_eq!(apply(&plan, &cloud, &memory()).failed, []);
}
