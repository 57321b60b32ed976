//! Gateway endpoints: switched on and off, changed by hand, found again, and free of charge.

use securebase_core::cloud::{Operation, Reply, ec2};
use securebase_core::exec;
use securebase_core::finance::{PriceBook, Usage};
use securebase_core::model::{Address, LandingZone, ResourceId, ResourceKind, Tags};
use securebase_core::plan::{Action, Drifted, Planner};
use securebase_core::sim::{Faults, SimulatedCloud};
use securebase_core::state::RunStatus;
use serde_json::Value;

use super::hand::{Hand, member};
use super::{let_go, replan, writes};
use crate::support::{
    ONE_TENANT, TEN_TENANTS, addresses, applied, apply, crash_after_every_call, memory, now, plan, zone,
};

const S3: &str = "tenant/acme-finance/vpc/endpoint/s3";
const DYNAMODB: &str = "tenant/acme-finance/vpc/endpoint/dynamodb";

fn with(endpoints: &str) -> String {
    format!("{ONE_TENANT}\nvpc_config = {{ gateway_endpoints = {endpoints} }}\n")
}

fn zone_with(endpoints: &str) -> LandingZone {
    zone(&with(endpoints))
}

fn endpoints(cloud: &SimulatedCloud) -> Vec<Value> {
    cloud.snapshot()["vpc_endpoint"].as_array().unwrap().clone()
}

/// The id of what has an address.
fn id_of(cloud: &SimulatedCloud, address: &str) -> ResourceId {
    let snapshot = cloud.snapshot();
    let rows = || snapshot.as_object().unwrap().values().flat_map(|rows| rows.as_array().unwrap());
    let row = rows().find(|row| row["tags"]["securebase:address"] == address);
    row.and_then(|row| row["id"].as_str()).unwrap().parse().unwrap()
}

/// The hand of an operator in the tenant's account.
fn hand(cloud: &SimulatedCloud) -> Hand<'_> {
    member(cloud, cloud.snapshot()["vpc"][0]["account_id"].as_str().unwrap().parse().unwrap())
}

#[test]
fn both_services_are_reached_from_every_route_table() {
    let (cloud, state) = applied(&with("true"));
    let rows = endpoints(&cloud);
    assert_eq!(rows.len(), 2);
    let mut tables = ["public", "private"]
        .map(|name| id_of(&cloud, &format!("tenant/acme-finance/vpc/route-table/{name}")).to_string());
    tables.sort();
    for (address, service) in [(S3, "s3"), (DYNAMODB, "dynamodb")] {
        let row = rows.iter().find(|row| row["tags"]["securebase:address"] == address).unwrap();
        assert_eq!(row["service"], format!("com.amazonaws.us-east-1.{service}"));
        assert_eq!(row["route_table_ids"], serde_json::json!(tables));
        assert_eq!(row["tags"]["Name"], format!("acme-{service}"));
        assert_eq!(row["tags"]["securebase:tenant"], "acme-finance");
    }
    // With and without the state: nothing is left to do.
    assert!(plan(&zone_with("true"), &cloud).is_empty());
    assert!(replan(&zone_with("true"), &cloud, &state).is_empty());
    assert!(replan(&zone_with("[\"dynamodb\", \"s3\"]"), &cloud, &state).is_empty());
}

#[test]
fn an_endpoint_waits_for_its_vpc_and_its_route_tables() {
    let fresh = Planner::new(&zone_with("[\"s3\"]")).plan().unwrap();
    let step = fresh.step(&Address::new(S3)).unwrap();
    assert_eq!((step.kind, step.action), (ResourceKind::VpcEndpoint, Action::Create));
    let waits: Vec<&str> = step.depends_on.iter().map(|dependency| dependency.on.local()).collect();
    for on in ["vpc", "vpc/route-table/private", "vpc/route-table/public"] {
        assert!(waits.contains(&on), "{waits:?}");
    }
    assert!(fresh.step(&Address::new(DYNAMODB)).is_none());
}

#[test]
fn a_file_that_says_nothing_of_endpoints_plans_what_it_planned() {
    let fresh = |text: &str| Planner::new(&zone(text)).plan().unwrap().to_json();
    let none = fresh(ONE_TENANT);
    assert!(!none.contains("endpoint"));
    for off in ["false", "[]"] {
        assert_eq!(fresh(&with(off)), none, "{off}");
    }
}

#[test]
fn endpoints_come_to_a_network_that_exists_and_go_again() {
    let (cloud, state) = applied(ONE_TENANT);
    let before = cloud.snapshot();
    let on = replan(&zone_with("true"), &cloud, &state);
    let mut added = addresses(&on);
    added.sort();
    assert_eq!(added, [DYNAMODB, S3]);
    let calls = cloud.calls().len();
    assert_eq!(apply(&on, &cloud, &state).status, RunStatus::Succeeded);
    assert_eq!(writes(&cloud, calls), ["ec2:CreateVpcEndpoint"; 2]);
    assert!(replan(&zone_with("true"), &cloud, &state).is_empty());

    let fewer = replan(&zone_with("[\"s3\"]"), &cloud, &state);
    assert_eq!(addresses(&fewer), [DYNAMODB]);
    assert_eq!(fewer.destructive().len(), 0, "nothing is lost with an endpoint");
    let calls = cloud.calls().len();
    assert_eq!(apply(&fewer, &cloud, &state).status, RunStatus::Succeeded);
    assert_eq!(writes(&cloud, calls), ["ec2:DeleteVpcEndpoints"]);

    let off = replan(&zone(ONE_TENANT), &cloud, &state);
    assert_eq!((addresses(&off), off.steps().next().unwrap().action), (vec![S3.to_owned()], Action::Delete));
    apply(&off, &cloud, &state);
    assert_eq!(cloud.snapshot(), before);
    assert!(replan(&zone(ONE_TENANT), &cloud, &state).is_empty());
    // AWS lists what is gone for a while: it is neither kept nor deleted again.
    apply(&replan(&zone_with("true"), &cloud, &state), &cloud, &state);
    assert_eq!(endpoints(&cloud).len(), 2);
}

#[test]
fn a_route_table_taken_off_by_hand_comes_back_and_one_put_on_is_taken_off() {
    let (cloud, state) = applied(&with("[\"s3\"]"));
    let endpoint = id_of(&cloud, S3);
    let private = id_of(&cloud, "tenant/acme-finance/vpc/route-table/private");
    let before = endpoints(&cloud);
    let vpc = id_of(&cloud, "tenant/acme-finance/vpc");
    let (token, tags) = (String::new(), Tags::new());
    let other = hand(&cloud).created(&Operation::Ec2(ec2::Operation::CreateRouteTable {
        vpc,
        client_token: token,
        tags,
    }));
    hand(&cloud).call(&Operation::Ec2(ec2::Operation::ModifyVpcEndpoint {
        endpoint,
        add: vec![other.clone()],
        remove: vec![private],
    }));
    let plan = replan(&zone_with("[\"s3\"]"), &cloud, &state);
    assert_eq!(addresses(&plan), [S3]);
    let drift = plan.drift.clone().unwrap();
    let rows: Vec<_> = drift
        .iter()
        .map(|Drifted { attribute, observed, wanted, .. }| {
            (attribute.as_str(), observed.as_deref(), wanted.as_deref())
        })
        .collect();
    let surplus = format!("route_tables.{other}");
    let expected = [
        ("route_tables.private", None, Some("vpc/route-table/private")),
        (surplus.as_str(), Some(other.as_str()), None),
    ];
    assert_eq!(rows, expected, "{plan}");
    let calls = cloud.calls().len();
    apply(&plan, &cloud, &state);
    assert_eq!(writes(&cloud, calls), ["ec2:ModifyVpcEndpoint"; 2]);
    assert_eq!(endpoints(&cloud), before);
    assert!(replan(&zone_with("[\"s3\"]"), &cloud, &state).is_empty());
}

#[test]
fn a_route_table_that_is_made_anew_gets_its_endpoints() {
    let (cloud, state) = applied(&with("true"));
    assert!(cloud.remove(id_of(&cloud, "tenant/acme-finance/vpc/route-table/private").as_str()) > 0);
    let plan = replan(&zone_with("true"), &cloud, &state);
    let step = plan.step(&Address::new(S3)).unwrap();
    assert_eq!((step.action, step.changes.len()), (Action::Update, 1));
    assert_eq!(apply(&plan, &cloud, &state).failed, []);
    assert!(replan(&zone_with("true"), &cloud, &state).is_empty());
    assert!(endpoints(&cloud).iter().all(|row| row["route_table_ids"].as_array().unwrap().len() == 2));
}

#[test]
fn an_endpoint_that_lost_its_tags_is_tagged_again() {
    let (cloud, state) = applied(&with("true"));
    let endpoint = id_of(&cloud, S3);
    for key in ["securebase:zone", "securebase:address"] {
        assert!(cloud.set_tag(endpoint.as_str(), key, None));
    }
    let plan = replan(&zone_with("true"), &cloud, &state);
    assert_eq!(addresses(&plan), [S3]);
    assert_eq!(plan.steps().next().unwrap().id.as_ref(), Some(&endpoint));
    let calls = cloud.calls().len();
    apply(&plan, &cloud, &state);
    assert_eq!(writes(&cloud, calls), ["ec2:CreateTags"]);
    // Switched off, nothing of another's is deleted: one without our tags stays where it is.
    for key in ["securebase:zone", "securebase:address"] {
        assert!(cloud.set_tag(endpoint.as_str(), key, None));
    }
    assert_eq!(addresses(&replan(&zone(ONE_TENANT), &cloud, &state)), [DYNAMODB]);
}

#[test]
fn a_crash_at_any_call_that_switches_endpoints_loses_nothing_and_doubles_nothing() {
    for (from, to) in [(ONE_TENANT.to_owned(), with("true")), (with("true"), ONE_TENANT.to_owned())] {
        let (cloud, state) = applied(&from);
        let base = cloud.observe();
        let plan = replan(&zone(&to), &cloud, &state);
        apply(&plan, &cloud, &state);
        let expected = endpoints(&cloud).len();
        let world = |after| {
            let faults = Faults { crash_after_calls: Some(after), not_yet_visible: 0.5, ..Faults::default() };
            SimulatedCloud::builder(after).observed(&base).faults(faults).build()
        };
        let crashed_at = crash_after_every_call(&plan, world, |cloud, after| {
            assert_eq!(endpoints(cloud).len(), expected, "crash after {after} calls");
            assert!(crate::support::plan(&zone(&to), cloud).is_empty(), "crash after {after} calls");
        });
        assert!(crashed_at > 20, "only {crashed_at} calls were made in all");
    }
}

#[test]
fn lost_replies_leave_one_endpoint_for_each_service() {
    let planned = Planner::new(&zone_with("true")).plan().unwrap();
    for seed in 0..20 {
        let faults = Faults { lost_reply: 0.3, not_yet_visible: 0.5, ..Faults::default() };
        let cloud = SimulatedCloud::builder(seed).faults(faults).build();
        assert_eq!(apply(&planned, &cloud, &memory()).failed, [], "seed {seed}");
        assert_eq!(endpoints(&cloud).len(), 2, "seed {seed}");
    }
}

#[test]
fn a_tenant_that_leaves_takes_its_endpoints_along() {
    let (cloud, state) = applied(&with("true"));
    let leaving = with("true").replace("prefix        =", "offboard      = \"suspend\"\n    prefix        =");
    let plan = replan(&zone(&leaving), &cloud, &state);
    let order = addresses(&plan);
    let place = |address: &str| order.iter().position(|found| found == address).unwrap();
    for endpoint in [S3, DYNAMODB] {
        for later in ["vpc/route-table/public", "vpc/route-table/private", "vpc"] {
            assert!(place(endpoint) < place(&format!("tenant/acme-finance/{later}")), "{order:?}");
        }
    }
    let run = now(exec::apply(&plan, &cloud, &state, let_go(&plan))).unwrap();
    assert_eq!(run.status, RunStatus::Succeeded, "{run}");
    assert_eq!(endpoints(&cloud), [] as [Value; 0]);
}

#[test]
fn a_vpc_with_an_endpoint_is_not_deleted() {
    let (cloud, _) = applied(&with("[\"s3\"]"));
    let observed = cloud.observe();
    let (_, _, found) =
        observed.known_members().find(|(_, _, found)| !found.vpc_endpoints.is_empty()).unwrap();
    let [endpoint] = found.vpc_endpoints.as_slice() else { panic!("{:?}", found.vpc_endpoints) };
    assert_eq!((endpoint.vpc.clone(), endpoint.deleted), (id_of(&cloud, "tenant/acme-finance/vpc"), false));
    // A world that is made from an observation has it as well.
    let again = SimulatedCloud::builder(1).observed(&observed).build();
    assert_eq!(endpoints(&again), endpoints(&cloud));
    assert_eq!(cloud.remove(endpoint.id.as_str()), 1);
    assert_eq!(endpoints(&cloud), [] as [Value; 0]);
}

#[test]
fn a_second_endpoint_of_others_is_taken_over_where_it_stands_in_the_place_of_ours() {
    let (cloud, state) = applied(ONE_TENANT);
    let created = hand(&cloud).call(&Operation::Ec2(ec2::Operation::CreateVpcEndpoint {
        vpc: id_of(&cloud, "tenant/acme-finance/vpc"),
        service: "com.amazonaws.us-east-1.s3".to_owned(),
        route_tables: vec![id_of(&cloud, "tenant/acme-finance/vpc/route-table/private")],
        client_token: String::new(),
        tags: Tags::new(),
    }));
    let Reply::Created(theirs) = created else { panic!("{created:?}") };
    assert!(replan(&zone(ONE_TENANT), &cloud, &state).is_empty(), "it is left alone while none is wanted");
    let plan = replan(&zone_with("[\"s3\"]"), &cloud, &state);
    let step = plan.step(&Address::new(S3)).unwrap();
    assert_eq!(step.id.as_ref(), Some(&theirs));
    assert_eq!(apply(&plan, &cloud, &state).failed, []);
    assert_eq!(endpoints(&cloud).len(), 1);
    assert!(replan(&zone_with("[\"s3\"]"), &cloud, &state).is_empty());
}

#[test]
fn endpoints_beyond_the_quota_are_a_warning() {
    let warned = |granted: u32| {
        let text = format!("{}\nlimits = {{ gateway_endpoints = {granted} }}\n", with("true"));
        let plan = Planner::new(&zone(&text)).plan().unwrap();
        plan.warnings.into_iter().find(|warning| warning.path == "limits.gateway_endpoints")
    };
    assert_eq!(warned(2), None);
    let warning = warned(1).unwrap();
    assert!(warning.message.contains("1 tenant(s) need up to 2 gateway endpoints"), "{warning}");
    let mut limits = securebase_core::model::Limits::default().raised();
    limits.set("gateway_endpoints", 1.0).unwrap();
    let cloud = SimulatedCloud::builder(0).limits(limits).build();
    let run = apply(&plan(&zone_with("true"), &cloud), &cloud, &memory());
    assert_eq!(run.failed.len(), 1);
    assert!(run.failed[0].1.contains("VpcEndpointLimitExceeded"), "{run}");
}

#[test]
fn endpoints_are_free_of_charge() {
    let cost = |text: &str| {
        let plan = Planner::new(&zone(text)).plan().unwrap();
        let cost = plan.priced(PriceBook::shipped(), Usage::shipped()).unwrap();
        format!("{:?}", cost.after().lines().collect::<Vec<_>>())
    };
    let all =
        format!("{TEN_TENANTS}\n").replace("vpc_config = {", "vpc_config = {\n  gateway_endpoints = true");
    assert_ne!(all, format!("{TEN_TENANTS}\n"), "the example sets something of its networks");
    assert_eq!(cost(&all), cost(TEN_TENANTS));
}
