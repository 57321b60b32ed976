//! Keys of tenants: made once, kept as they are wanted, and never taken from a log group that needs them.

use securebase_core::cloud::{Operation, Reply, kms, logs};
use securebase_core::exec::{self, ApplyOptions, Error};
use securebase_core::finance::{CostBasis, PriceBook, PriceId, Usage};
use securebase_core::model::{Address, LandingZone, ResourceId, ResourceKind, Tags};
use securebase_core::plan::{Action, Disposition, Drifted, Plan, Planner};
use securebase_core::sim::{Faults, SimulatedCloud};
use securebase_core::state::RunStatus;
use serde_json::Value;

use super::hand::{Hand, member};
use super::{let_go, replan, writes};
use crate::support::{
    ONE_TENANT, addresses, applied, apply, crash_after_every_call, memory, now, plan, zone,
};

const KEY: &str = "tenant/acme-finance/key/logs";
/// A policy that lets everything pass.
const OPEN: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}]}"#;
const GROUP: &str = "tenant/acme-finance/flow-log-group";

fn with(encrypted: bool) -> String {
    format!("{ONE_TENANT}\nvpc_config = {{ encrypt_flow_logs = {encrypted} }}\n")
}

fn encrypted() -> LandingZone {
    zone(&with(true))
}

fn keys(cloud: &SimulatedCloud) -> Vec<Value> {
    cloud.snapshot()["kms_key"].as_array().unwrap().clone()
}

fn key(cloud: &SimulatedCloud) -> ResourceId {
    match keys(cloud).as_slice() {
        [row] => row["id"].as_str().unwrap().parse().unwrap(),
        rows => panic!("{rows:?}"),
    }
}

/// The key of the only log group.
fn key_of_group(cloud: &SimulatedCloud) -> Value {
    cloud.snapshot()["log_group"][0]["key"].clone()
}

/// The hand of an operator in the tenant's account.
fn hand(cloud: &SimulatedCloud) -> Hand<'_> {
    member(cloud, cloud.snapshot()["account"][0]["id"].as_str().unwrap().parse().unwrap())
}

fn codes(plan: &Plan) -> Vec<&str> {
    plan.warnings.iter().map(|warning| warning.code.as_str()).collect()
}

#[test]
fn a_key_encrypts_the_flow_logs_of_its_tenant_and_nothing_else() {
    let (cloud, state) = applied(&with(true));
    let rows = keys(&cloud);
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    let (id, account) = (row["id"].as_str().unwrap(), row["account_id"].as_str().unwrap());
    let uuid = id.strip_prefix(&format!("arn:aws:kms:us-east-1:{account}:key/")).unwrap();
    assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    assert_eq!(key_of_group(&cloud), id);
    assert_eq!((&row["rotation_days"], &row["state"]), (&365.into(), &"enabled".into()));
    assert_eq!(row["tags"]["securebase:address"], KEY);
    let policy: Value = serde_json::from_str(row["policy"].as_str().unwrap()).unwrap();
    let [owner, service] = policy["Statement"].as_array().unwrap().as_slice() else { panic!("{policy}") };
    assert_eq!(owner["Principal"]["AWS"], format!("arn:aws:iam::{account}:root"));
    assert_eq!(service["Principal"]["Service"], "logs.us-east-1.amazonaws.com");
    assert_eq!(
        service["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"],
        cloud.snapshot()["log_group"][0]["arn"]
    );
    // With and without the state: nothing is left to do.
    assert!(plan(&encrypted(), &cloud).is_empty());
    assert!(replan(&encrypted(), &cloud, &state).is_empty());
}

#[test]
fn a_log_group_waits_for_its_key() {
    let fresh = Planner::new(&encrypted()).plan().unwrap();
    let step = fresh.step(&Address::new(KEY)).unwrap();
    assert_eq!((step.kind, step.action), (ResourceKind::KmsKey, Action::Create));
    let group = fresh.step(&Address::new(GROUP)).unwrap();
    assert!(group.depends_on.iter().any(|dependency| dependency.on.as_str() == KEY), "{group:?}");
}

#[test]
fn a_file_that_says_nothing_of_keys_plans_what_it_planned() {
    let fresh = |text: &str| Planner::new(&zone(text)).plan().unwrap().to_json();
    let none = fresh(ONE_TENANT);
    assert!(!none.contains("key/logs") && !none.contains("kms_key"));
    assert_eq!(fresh(&with(false)), none);
    let (cloud, _) = applied(ONE_TENANT);
    let before = cloud.calls().len();
    assert!(plan(&zone(ONE_TENANT), &cloud).is_empty());
    let asked = cloud.calls().into_iter().skip(before).filter(|call| call.service == "kms");
    assert_eq!(asked.map(|call| call.operation).collect::<Vec<_>>(), ["ListKeys"]);
}

#[test]
fn a_log_group_that_exists_gets_a_key_and_keeps_it() {
    let (cloud, state) = applied(ONE_TENANT);
    let on = replan(&encrypted(), &cloud, &state);
    assert_eq!(addresses(&on), [KEY, GROUP]);
    let calls = cloud.calls().len();
    assert_eq!(apply(&on, &cloud, &state).status, RunStatus::Succeeded);
    assert_eq!(writes(&cloud, calls), ["kms:CreateKey", "kms:EnableKeyRotation", "logs:AssociateKmsKey"]);
    assert!(replan(&encrypted(), &cloud, &state).is_empty());

    // Old events need it: switched off, both stay as they are.
    let off = replan(&zone(ONE_TENANT), &cloud, &state);
    assert!(off.is_empty(), "{off}");
    assert!(codes(&off).contains(&"key-kept"), "{off}");
    assert_eq!(key_of_group(&cloud), key(&cloud).as_str());
    assert!(!codes(&replan(&encrypted(), &cloud, &state)).contains(&"key-kept"));
}

#[test]
fn a_key_that_no_log_group_uses_is_deleted_when_it_is_named() {
    let (cloud, state) = applied(&with(true));
    let used = key(&cloud);
    // The log group goes by hand, and comes again without a key.
    assert!(cloud.remove(cloud.snapshot()["log_group"][0]["id"].as_str().unwrap()) > 0);
    let off = replan(&zone(ONE_TENANT), &cloud, &state);
    assert!(!codes(&off).contains(&"key-kept"), "{off}");
    let step = off.step(&Address::new(KEY)).unwrap();
    assert_eq!((step.action, step.id.as_ref()), (Action::Delete, Some(&used)));
    assert_eq!(off.destructive().into_iter().map(Address::as_str).collect::<Vec<_>>(), [KEY]);
    let refused = now(exec::apply(&off, &cloud, &state, ApplyOptions::new()));
    assert!(matches!(refused, Err(Error::Destructive { .. })), "{refused:?}");
    let calls = cloud.calls().len();
    let run = now(exec::apply(&off, &cloud, &state, let_go(&off))).unwrap();
    assert_eq!(run.status, RunStatus::Succeeded, "{run}");
    assert!(writes(&cloud, calls).contains(&"kms:ScheduleKeyDeletion".to_owned()));
    // What is pending deletion counts as gone.
    assert_eq!(keys(&cloud), [] as [Value; 0]);
    assert!(replan(&zone(ONE_TENANT), &cloud, &state).is_empty());
    let Reply::Kms(kms::Reply::Key(gone)) =
        hand(&cloud).call(&Operation::Kms(kms::Operation::DescribeKey { key: used.clone() }))
    else {
        panic!()
    };
    assert!(gone.is_gone());
    apply(&replan(&encrypted(), &cloud, &state), &cloud, &state);
    assert_ne!(key(&cloud), used);
    assert!(replan(&encrypted(), &cloud, &state).is_empty());
}

#[test]
fn what_was_changed_by_hand_comes_back() {
    let (cloud, state) = applied(&with(true));
    let key = key(&cloud);
    let before = keys(&cloud);
    for operation in [
        kms::Operation::PutKeyPolicy { key: key.clone(), policy: OPEN.to_owned() },
        kms::Operation::EnableKeyRotation { key: key.clone(), days: 90 },
        kms::Operation::UntagKey { key: key.clone(), keys: vec!["Name".to_owned()] },
    ] {
        hand(&cloud).call(&operation.into());
    }
    let plan = replan(&encrypted(), &cloud, &state);
    assert_eq!(addresses(&plan), [KEY]);
    let drift = plan.drift.clone().unwrap();
    let attributes: Vec<&str> = drift.iter().map(|Drifted { attribute, .. }| attribute.as_str()).collect();
    assert_eq!(attributes, ["policy", "rotation_days", "tags.Name"], "{plan}");
    let calls = cloud.calls().len();
    apply(&plan, &cloud, &state);
    assert_eq!(writes(&cloud, calls), ["kms:PutKeyPolicy", "kms:EnableKeyRotation", "kms:TagResource"]);
    assert_eq!(keys(&cloud), before);
    assert!(replan(&encrypted(), &cloud, &state).is_empty());
}

#[test]
fn a_log_group_with_another_key_gets_its_own_back() {
    let (cloud, state) = applied(&with(true));
    let policy = keys(&cloud)[0]["policy"].as_str().unwrap().to_owned();
    let create = kms::Operation::CreateKey { description: String::new(), policy, tags: Tags::new() };
    let other = hand(&cloud).created(&create.into());
    let group = cloud.snapshot()["log_group"][0]["name"].as_str().unwrap().to_owned();
    hand(&cloud).call(&logs::Operation::AssociateKmsKey { group, key: other.clone() }.into());
    let plan = replan(&encrypted(), &cloud, &state);
    assert_eq!(addresses(&plan), [GROUP]);
    let calls = cloud.calls().len();
    apply(&plan, &cloud, &state);
    assert_eq!(writes(&cloud, calls), ["logs:AssociateKmsKey"]);
    assert!(replan(&encrypted(), &cloud, &state).is_empty());
    assert_ne!(key_of_group(&cloud), other.as_str());
}

#[test]
fn a_crash_at_any_call_that_makes_a_key_doubles_nothing() {
    let (cloud, state) = applied(ONE_TENANT);
    let base = cloud.observe();
    let plan = replan(&encrypted(), &cloud, &state);
    let world = |after| {
        let faults = Faults { crash_after_calls: Some(after), not_yet_visible: 0.5, ..Faults::default() };
        SimulatedCloud::builder(after).observed(&base).faults(faults).build()
    };
    let crashed_at = crash_after_every_call(&plan, world, |cloud, after| {
        assert_eq!(keys(cloud).len(), 1, "crash after {after} calls");
        assert!(crate::support::plan(&encrypted(), cloud).is_empty(), "crash after {after} calls");
    });
    assert!(crashed_at > 10, "only {crashed_at} calls were made in all");
}

#[test]
fn a_crash_at_any_call_of_a_new_tenant_doubles_nothing() {
    let plan = Planner::new(&encrypted()).plan().unwrap();
    let world = |after| {
        let faults = Faults { crash_after_calls: Some(after), not_yet_visible: 0.5, ..Faults::default() };
        SimulatedCloud::builder(after).faults(faults).build()
    };
    crash_after_every_call(&plan, world, |cloud, after| {
        assert_eq!(keys(cloud).len(), 1, "crash after {after} calls");
        assert!(crate::support::plan(&encrypted(), cloud).is_empty(), "crash after {after} calls");
    });
}

#[test]
fn lost_replies_leave_one_key() {
    let planned = Planner::new(&encrypted()).plan().unwrap();
    let mut lost = 0;
    for seed in 0..40 {
        let faults = Faults { lost_reply: 0.4, not_yet_visible: 0.5, ..Faults::default() };
        let cloud = SimulatedCloud::builder(seed).faults(faults).build();
        assert_eq!(apply(&planned, &cloud, &memory()).failed, [], "seed {seed}");
        assert_eq!(keys(&cloud).len(), 1, "seed {seed}");
        lost += cloud.calls().iter().filter(|call| call.operation == "ListResourceTags").count();
    }
    assert!(lost > 5, "a reply to CreateKey was lost, and the key looked for: {lost}");
}

/// The accounts of a tenant may hold more keys than fit on a page, and keys with more tags than fit on one.
#[test]
fn a_key_is_found_among_many_of_others() {
    let (cloud, state) = applied(ONE_TENANT);
    let many: Tags = (0..50).map(|index| (format!("key-{index}"), String::new())).collect();
    for _ in 0..120 {
        let (description, tags) = (String::new(), many.clone());
        let policy = OPEN.to_owned();
        hand(&cloud).created(&kms::Operation::CreateKey { description, policy, tags }.into());
    }
    let on = replan(&encrypted(), &cloud, &state);
    apply(&on, &cloud, &state);
    assert_eq!(keys(&cloud).len(), 121);
    assert!(replan(&encrypted(), &cloud, &state).is_empty());
}

#[test]
fn a_tenant_that_leaves_leaves_its_key_with_its_log_group() {
    let (cloud, state) = applied(&with(true));
    let leaving = with(true).replace("prefix        =", "offboard      = \"suspend\"\n    prefix        =");
    let plan = replan(&zone(&leaving), &cloud, &state);
    assert!(plan.step(&Address::new(KEY)).is_none(), "{plan}");
    assert!(codes(&plan).contains(&"key-kept") && codes(&plan).contains(&"log-group-kept"), "{plan}");
    let records = plan.offboardings();
    let kept = records[0].resources.iter().filter(|row| row.disposition == Disposition::Kept);
    assert_eq!(kept.map(|row| row.address.as_str()).collect::<Vec<_>>(), [GROUP, KEY]);
    let run = now(exec::apply(&plan, &cloud, &state, let_go(&plan))).unwrap();
    assert_eq!(run.status, RunStatus::Succeeded, "{run}");
    assert_eq!(key_of_group(&cloud), key(&cloud).as_str());
}

#[test]
fn keys_beyond_the_quota_are_refused() {
    let mut limits = securebase_core::model::Limits::default().raised();
    limits.set("kms_keys", 0.0).unwrap();
    let cloud = SimulatedCloud::builder(0).limits(limits).build();
    let run = apply(&plan(&encrypted(), &cloud), &cloud, &memory());
    assert_eq!(run.failed.len(), 1);
    assert!(run.failed[0].1.contains("LimitExceededException"), "{run}");
}

#[test]
fn a_key_is_one_of_those_that_its_tier_promises() {
    let cost = |text: &str| {
        let plan = Planner::new(&zone(text)).plan().unwrap();
        plan.priced(PriceBook::shipped(), Usage::shipped()).unwrap().after().clone()
    };
    let (without, with_key) = (cost(ONE_TENANT), cost(&with(true)));
    assert_eq!(with_key.total(), without.total());
    let quantities = |report: &securebase_core::finance::CostReport, basis| {
        let lines: Vec<_> = report.lines().collect();
        let ours = lines.iter().filter(|line| line.tenant.is_some() && line.id == PriceId::KmsKeyMonth);
        ours.filter(|line| line.basis == basis).map(|line| line.quantity.to_string()).collect::<Vec<_>>()
    };
    let promised: u32 = quantities(&without, CostBasis::Promised)[0].parse().unwrap();
    assert_eq!(quantities(&without, CostBasis::Planned), [] as [String; 0]);
    assert_eq!(quantities(&with_key, CostBasis::Planned), ["1"]);
    let left = Some(promised - 1).filter(|left| *left > 0).map(|left| left.to_string());
    assert_eq!(quantities(&with_key, CostBasis::Promised), left.into_iter().collect::<Vec<_>>());
}
