//! Tags that are taken out of the file, and a flow log that has lost its own.

use std::collections::BTreeSet;

use securebase_core::cloud::{Operation, Target, organizations};
use securebase_core::exec::{self, ApplyOptions, Error as ExecError};
use securebase_core::model::{Address, ResourceId, Tags};
use securebase_core::plan::{Action, Error, Plan, Planner};
use securebase_core::sim::{Faults, SimulatedCloud};
use securebase_core::state::State;

use super::hand::Hand;
use super::{replan, try_replan, writes};
use crate::support::{ONE_TENANT, applied, apply, now, plan, zone};

/// With a tag of the tenant and one of the zone.
fn tagged() -> String {
    let tenant = ONE_TENANT.replace("{ Customer =", "{ CostCenter = \"4711\", Customer =");
    format!("{tenant}\ntags = {{ Owner = \"ops\" }}\n")
}

/// Without that of the tenant.
fn without_tenants() -> String {
    format!("{ONE_TENANT}\ntags = {{ Owner = \"ops\" }}\n")
}

fn id_of(state: &State, address: &str) -> ResourceId {
    now(state.resources()).unwrap()[&Address::new(address)].id.clone()
}

fn tags_of(cloud: &SimulatedCloud, id: &ResourceId) -> serde_json::Value {
    let snapshot = cloud.snapshot();
    let all = snapshot.as_object().unwrap().values().flat_map(|kind| kind.as_array().unwrap());
    all.clone().find(|found| found["id"] == id.as_str()).unwrap()["tags"].clone()
}

/// How many resources carry a tag of that key.
fn carriers(cloud: &SimulatedCloud, key: &str) -> usize {
    let snapshot = cloud.snapshot();
    let all = snapshot.as_object().unwrap().values().flat_map(|kind| kind.as_array().unwrap());
    all.filter(|found| found["tags"].get(key).is_some()).count()
}

fn changes(plan: &Plan, address: &str) -> Vec<String> {
    let step = plan.step(&Address::new(address)).unwrap_or_else(|| panic!("{address}: {plan}"));
    step.changes.iter().map(|change| format!("{} {:?} {:?}", change.field, change.from, change.to)).collect()
}

#[test]
fn a_tag_of_a_tenant_that_left_the_file_is_taken_off_its_account() {
    let (cloud, state) = applied(&tagged());
    let account = id_of(&state, "tenant/acme-finance/account");
    cloud.set_tag(account.as_str(), "Auditor", Some("theirs"));
    let zone = zone(&without_tenants());
    let plan = replan(&zone, &cloud, &state);
    assert_eq!(changes(&plan, "tenant/acme-finance/account"), [r#"tags.CostCenter Some("4711") None"#]);
    assert_eq!((plan.steps().len(), plan.drift.as_deref()), (1, Some(&[][..])));
    assert!(plan.to_string().contains("tags.CostCenter: `4711` → (none)"), "{plan}");
    // A plan that was stored does the same.
    let plan = Plan::from_json(&plan.to_json()).unwrap();
    let before = cloud.calls().len();
    apply(&plan, &cloud, &state);
    assert_eq!(writes(&cloud, before), ["organizations:UntagResource"]);
    let tags = tags_of(&cloud, &account);
    assert_eq!(
        (tags.get("CostCenter"), &tags["Auditor"], &tags["Owner"]),
        (None, &"theirs".into(), &"ops".into())
    );
    assert!(replan(&zone, &cloud, &state).is_empty());
    // From now on the key is anybody's.
    cloud.set_tag(account.as_str(), "CostCenter", Some("theirs"));
    assert!(replan(&zone, &cloud, &state).is_empty());
}

#[test]
fn a_tag_of_the_zone_that_left_the_file_is_taken_off_everything() {
    let (cloud, state) = applied(&tagged());
    let before = cloud.calls().len();
    let carried = carriers(&cloud, "Owner");
    assert_eq!(carried, 15, "all that takes tags");
    let zone = zone(ONE_TENANT);
    let plan = replan(&zone, &cloud, &state);
    assert_eq!(plan.counts()[&Action::Update].values().sum::<usize>(), carried, "{plan}");
    apply(&plan, &cloud, &state);
    let called: BTreeSet<String> = writes(&cloud, before).into_iter().collect();
    let expected = ["ec2:DeleteTags", "iam:UntagRole", "logs:UntagResource", "organizations:UntagResource"];
    assert!(called.iter().eq(expected.iter()), "{called:?}");
    assert_eq!((carriers(&cloud, "Owner"), carriers(&cloud, "CostCenter")), (0, 0));
    assert!(carriers(&cloud, "securebase:zone") >= carried);
    assert!(replan(&zone, &cloud, &state).is_empty());
}

#[test]
fn without_a_state_no_tag_is_known_to_be_ours() {
    let (cloud, _) = applied(&tagged());
    assert!(plan(&zone(ONE_TENANT), &cloud).is_empty());
}

#[test]
fn a_tag_that_was_taken_off_by_hand_is_no_difference_and_one_changed_by_hand_is_drift() {
    let (cloud, state) = applied(&tagged());
    let account = id_of(&state, "tenant/acme-finance/account");
    cloud.set_tag(account.as_str(), "CostCenter", None);
    let zone = zone(&without_tenants());
    assert!(replan(&zone, &cloud, &state).is_empty());
    cloud.set_tag(account.as_str(), "CostCenter", Some("9999"));
    let plan = replan(&zone, &cloud, &state);
    let drift = plan.drift.clone().unwrap();
    let [row] = &drift[..] else { panic!("{drift:?}") };
    assert_eq!((row.applied.as_deref(), row.observed.as_deref()), (Some("4711"), Some("9999")));
    assert_eq!((row.attribute.as_str(), row.wanted.as_deref()), ("tags.CostCenter", None));
}

/// A resource that carries as many tags as AWS allows has room for a new one only after an old one is gone.
#[test]
fn a_tag_that_is_renamed_goes_before_its_successor_comes() {
    let (cloud, state) = applied(&tagged());
    let account = id_of(&state, "tenant/acme-finance/account");
    let mut number = 0;
    while tags_of(&cloud, &account).as_object().unwrap().len() < 50 {
        number += 1;
        cloud.set_tag(account.as_str(), &format!("Theirs{number}"), Some("theirs"));
    }
    let renamed = zone(&tagged().replace("CostCenter =", "CostCentre ="));
    let plan = replan(&renamed, &cloud, &state);
    let expected = [r#"tags.CostCenter Some("4711") None"#, r#"tags.CostCentre None Some("4711")"#];
    assert_eq!(changes(&plan, "tenant/acme-finance/account"), expected);
    let before = cloud.calls().len();
    assert_eq!(apply(&plan, &cloud, &state).failed, []);
    assert_eq!(writes(&cloud, before), ["organizations:UntagResource", "organizations:TagResource"]);
    let tags = tags_of(&cloud, &account);
    assert_eq!((tags.as_object().unwrap().len(), tags.get("CostCenter")), (50, None));
    assert!(replan(&renamed, &cloud, &state).is_empty());
}

#[test]
fn a_tenant_under_a_new_key_loses_the_tags_that_it_had_under_the_old_one() {
    let (cloud, state) = applied(&tagged());
    let renamed =
        ONE_TENANT.replace("\"acme-finance\" = {", "\"acme-bank\" = {\n    renamed_from  = \"acme-finance\"");
    let zone = zone(&renamed);
    let plan = replan(&zone, &cloud, &state);
    let account = changes(&plan, "tenant/acme-bank/account");
    assert!(account.contains(&r#"tags.CostCenter Some("4711") None"#.to_owned()), "{account:?}");
    apply(&plan, &cloud, &state);
    assert_eq!((carriers(&cloud, "Owner"), carriers(&cloud, "CostCenter")), (0, 0));
    assert!(replan(&zone, &cloud, &state).is_empty());
}

/// Another resource has come to stand under the address: it carries nothing of ours.
#[test]
fn what_replaces_a_resource_by_hand_keeps_its_tags() {
    let (cloud, state) = applied(&tagged());
    cloud.remove(id_of(&state, "organization/ou/Customers-Fintech").as_str());
    let parent = id_of(&state, "organization/root");
    let hand = Hand { cloud: &cloud, target: Target::Management };
    let tags = Tags::from_iter([("Owner".to_owned(), "theirs".to_owned())]);
    let unit = hand.created(&Operation::Organizations(organizations::Operation::CreateOrganizationalUnit {
        parent,
        name: "Customers-Fintech".to_owned(),
        tags,
    }));
    let plan = replan(&zone(ONE_TENANT), &cloud, &state);
    let step = plan.step(&Address::new("organization/ou/Customers-Fintech")).unwrap();
    assert_eq!((step.action, step.id.as_ref()), (Action::Adopt, Some(&unit)));
    assert!(step.changes.iter().all(|change| change.field != "tags.Owner"), "{plan}");
}

#[test]
fn a_run_that_dies_while_it_takes_tags_off_goes_on_to_the_same_end() {
    let zone = zone(ONE_TENANT);
    // At every third call: the simulation takes every one.
    for after in (1..).step_by(3) {
        let (cloud, state) = applied(&tagged());
        let plan = replan(&zone, &cloud, &state);
        let calls = u64::try_from(cloud.calls().len()).unwrap();
        cloud.set_faults(Faults { crash_after_calls: Some(calls + after), ..Faults::default() });
        match now(exec::apply(&plan, &cloud, &state, ApplyOptions::new())) {
            Ok(_) => return assert!(after > 20, "{after}"),
            Err(ExecError::Interrupted { .. } | ExecError::Survey(_)) => {}
            Err(error) => panic!("crash after {after} calls: {error}"),
        }
        let resumed = now(exec::resume(&cloud, &state, ApplyOptions::new()));
        assert_eq!(resumed.unwrap().failed, [], "crash after {after} calls");
        // It died before the run was written down, or the run has come to its end.
        let rest = replan(&zone, &cloud, &state);
        assert!(rest.is_empty() || rest.steps().len() == plan.steps().len(), "{after}: {rest}");
        apply(&rest, &cloud, &state);
        assert_eq!((carriers(&cloud, "Owner"), carriers(&cloud, "CostCenter")), (0, 0), "{after}");
    }
}

/// A run that was cut off has set tags that no finished step speaks of.
#[test]
fn what_a_run_set_before_it_was_cut_off_is_ours_to_take_off() {
    let text = tagged();
    let (cloud, state) = (SimulatedCloud::new(0), crate::support::memory());
    let first = plan(&zone(&text), &cloud);
    // In the middle of the network: some calls have left and no reply has been written down.
    let calls = u64::try_from(cloud.calls().len()).unwrap();
    cloud.set_faults(Faults { crash_after_calls: Some(calls + 60), ..Faults::default() });
    let cut_off = now(exec::apply(&first, &cloud, &state, ApplyOptions::new()));
    assert!(matches!(cut_off, Err(ExecError::Interrupted { .. })), "{cut_off:?}");
    cloud.revive();
    let applied = now(state.applied()).unwrap();
    let stray: Vec<&Address> = applied.stray_tags.keys().collect();
    assert!(stray.iter().any(|address| !applied.specs.contains_key(*address)), "{stray:?}");
    let planned = replan(&zone(ONE_TENANT), &cloud, &state);
    let taken = planned.steps().flat_map(|step| &step.changes).filter(|change| change.takes_tag_off());
    assert_eq!(
        taken.filter(|change| change.field == "tags.Owner").count(),
        carriers(&cloud, "Owner"),
        "{planned}"
    );
}

/// An earlier plan that knew of no state has found nothing to take off.
#[test]
fn a_plan_after_one_without_a_state_finds_the_tags_all_the_same() {
    let (cloud, state) = applied(&tagged());
    let (zone, observed) = (zone(ONE_TENANT), cloud.observe());
    let earlier = Planner::new(&zone).observed(&observed).plan().unwrap();
    assert!(earlier.is_empty(), "{earlier}");
    let planner = now(exec::remember(Planner::new(&zone), &state)).unwrap().observed(&observed);
    let (fresh, again) = (planner.clone().plan().unwrap(), planner.incremental(&earlier).plan().unwrap());
    assert!(!fresh.is_empty() && fresh == again, "{fresh}\n{again}");
}

#[test]
fn a_flow_log_that_lost_its_tags_gets_them_back() {
    let (cloud, state) = applied(&tagged());
    let flow_log = id_of(&state, "tenant/acme-finance/vpc/flow-log");
    let tags = tags_of(&cloud, &flow_log);
    for key in tags.as_object().unwrap().keys() {
        cloud.set_tag(flow_log.as_str(), key, None);
    }
    let zone = zone(&tagged());
    for planned in [replan(&zone, &cloud, &state), plan(&zone, &cloud)] {
        let step = planned.step(&Address::new("tenant/acme-finance/vpc/flow-log")).unwrap();
        assert_eq!(
            (step.action, step.id.as_ref(), planned.steps().len()),
            (Action::Adopt, Some(&flow_log), 1)
        );
    }
    let before = cloud.calls().len();
    assert_eq!(apply(&replan(&zone, &cloud, &state), &cloud, &state).failed, []);
    assert_eq!(writes(&cloud, before), ["ec2:CreateTags"]);
    assert_eq!(tags_of(&cloud, &flow_log), tags);
    assert!(replan(&zone, &cloud, &state).is_empty());
}

#[test]
fn a_flow_log_of_another_zone_in_the_place_of_ours_is_refused() {
    let (cloud, state) = applied(ONE_TENANT);
    let flow_log = id_of(&state, "tenant/acme-finance/vpc/flow-log");
    cloud.set_tag(flow_log.as_str(), "securebase:zone", Some("another"));
    let Err(Error::Problems(problems)) = try_replan(&zone(ONE_TENANT), &cloud, &state) else { panic!() };
    let [problem] = &problems.0[..] else { panic!("{problems:?}") };
    assert_eq!(
        (problem.code.as_str(), problem.path.as_str()),
        ("resource-of-another", "tenant/acme-finance/vpc/flow-log")
    );
    assert!(
        problem.message.contains(flow_log.as_str()) && problem.message.contains("`another`"),
        "{problem}"
    );
}
