//! What applying does to a simulated cloud, and what planning again then says.

use std::collections::BTreeSet;

use securebase_core::exec::{self, ApplyOptions, Error, Stop};
use securebase_core::model::{Address, ResourceKind};
use securebase_core::observe;
use securebase_core::plan::{Action, Planner, member_operations};
use securebase_core::sim::SimulatedCloud;
use securebase_core::state::{DirectoryStore, RunStatus, State};

use crate::support::{ONE_TENANT, TEN_TENANTS, addresses, applied, apply, memory, now, plan, zone};

/// How many resources of a kind there are.
fn count(cloud: &SimulatedCloud, kind: &str) -> usize {
    cloud.snapshot()[kind].as_array().map_or(0, Vec::len)
}

#[test]
fn ten_tenants_are_applied_and_planned_again_empty() {
    let (cloud, state) = (SimulatedCloud::new(0), memory());
    let zone = zone(TEN_TENANTS);
    let first = plan(&zone, &cloud);
    let run = apply(&first, &cloud, &state);
    assert_eq!(run.status, RunStatus::Succeeded);
    assert_eq!(run.applied.len(), first.steps().len());
    let counts = [
        ("organizational_unit", 4),
        ("account", 10),
        ("service_control_policy", 4),
        ("policy_attachment", 4),
        ("vpc", 10),
        ("subnet", 30),
        ("internet_gateway", 10),
        ("elastic_ip", 10),
        ("nat_gateway", 10),
        ("route_table", 20),
        ("flow_log", 10),
        ("log_group", 10),
    ];
    for (kind, expected) in counts {
        assert_eq!(count(&cloud, kind), expected, "{kind}");
    }

    let again = plan(&zone, &cloud);
    assert!(again.is_empty(), "{again}");
    assert_eq!(again.unchanged_count(), again.inventory.len());
    let calls = cloud.calls().len();
    assert_eq!(apply(&again, &cloud, &state).applied, Vec::<Address>::new());
    // Nor does the first plan do anything a second time: the state knows that it was applied.
    assert_eq!(apply(&first, &cloud, &state).applied, Vec::<Address>::new());
    let writes = cloud.calls().into_iter().skip(calls).filter(|call| !is_read(call.operation));
    assert_eq!(writes.count(), 0);
}

fn is_read(operation: &str) -> bool {
    ["Describe", "List", "Get"].iter().any(|prefix| operation.starts_with(prefix))
}

#[test]
fn every_account_ends_in_its_unit_and_everything_in_its_account() {
    let (cloud, _) = applied(TEN_TENANTS);
    let snapshot = cloud.snapshot();
    let units = snapshot["organizational_unit"].as_array().unwrap();
    let name_of =
        |id: &serde_json::Value| units.iter().find(|unit| unit["id"] == *id).map(|unit| unit["name"].clone());
    let zone = zone(TEN_TENANTS);
    for tenant in &zone.tenants {
        let accounts = snapshot["account"].as_array().unwrap();
        let account =
            accounts.iter().find(|account| account["email"] == tenant.account_email.as_str()).unwrap();
        assert_eq!(name_of(&account["ou_id"]).unwrap(), tenant.ou_path().as_str());
        let vpcs = snapshot["vpc"].as_array().unwrap();
        let own: Vec<_> = vpcs.iter().filter(|vpc| vpc["account_id"] == account["id"]).collect();
        assert_eq!(own.len(), 1);
        assert_eq!(own[0]["tags"]["securebase:tenant"], tenant.key.as_str());
    }
}

#[test]
fn one_tenant_added_is_all_that_is_planned() {
    let (cloud, _) = applied(TEN_TENANTS);
    let added = TEN_TENANTS.replacen(
        "clients = {",
        r#"clients = {
  "new-bank" = {
    tier = "fintech", prefix = "newbank", framework = "soc2"
    contact_email = "ops@newbank.example.com", vpc_cidr = "10.7.0.0/16"
  }"#,
        1,
    );
    let added = added.replace("tier = \"fintech\", prefix", "tier = \"fintech\"\n    prefix");
    let added = added.replace("\"newbank\", framework", "\"newbank\"\n    framework");
    let added = added.replace("newbank.example.com\", vpc_cidr", "newbank.example.com\"\n    vpc_cidr");
    let plan = plan(&zone(&added), &cloud);
    assert!(!plan.is_empty());
    assert!(addresses(&plan).iter().all(|address| address.starts_with("tenant/new-bank/")), "{plan}");
}

#[test]
fn one_tag_changed_is_one_update() {
    let (cloud, state) = applied(ONE_TENANT);
    let changed = zone(&ONE_TENANT.replace("ACME Finance Inc", "ACME Finance Ltd"));
    let update = plan(&changed, &cloud);
    assert_eq!(addresses(&update), ["tenant/acme-finance/account"]);
    let step = update.steps().next().unwrap();
    assert_eq!((step.action, step.changes.len()), (Action::Update, 1));
    assert_eq!(step.changes[0].field, "tags.Customer");
    apply(&update, &cloud, &state);
    assert!(plan(&changed, &cloud).is_empty());
}

#[test]
fn a_vpc_deleted_behind_our_back_is_planned_again_with_its_subtree_and_nothing_else() {
    let (cloud, state) = applied(TEN_TENANTS);
    let zone = zone(TEN_TENANTS);
    let before = state_of(&state, "tenant/acme-finance/vpc");
    assert!(cloud.remove(&before) > 1);
    let repair = plan(&zone, &cloud);
    let prefix = "tenant/acme-finance/vpc";
    assert!(addresses(&repair).iter().all(|address| address.starts_with(prefix)), "{repair}");
    let expected: BTreeSet<String> = plan(&zone, &SimulatedCloud::new(0))
        .steps()
        .map(|step| step.address.to_string())
        // The elastic IP is not part of the VPC and outlives it.
        .filter(|address| address.starts_with(prefix) && !address.contains("elastic-ip"))
        .collect();
    assert_eq!(addresses(&repair).into_iter().collect::<BTreeSet<_>>(), expected);
    apply(&repair, &cloud, &state);
    assert!(plan(&zone, &cloud).is_empty());
}

fn state_of(state: &State, address: &str) -> String {
    now(state.resources()).unwrap()[&Address::new(address)].id.to_string()
}

#[test]
fn nat_switched_off_is_deleted_in_order_and_only_when_named() {
    let (cloud, state) = applied(ONE_TENANT);
    let without = format!("{ONE_TENANT}\nvpc_config = {{ enable_nat_gateway = false }}\n");
    let zone = zone(&without);
    let plan_off = plan(&zone, &cloud);
    let expected = [
        "tenant/acme-finance/vpc/route-table/private/route/default",
        "tenant/acme-finance/vpc/nat-gateway/nat-1",
        "tenant/acme-finance/vpc/elastic-ip/nat-1",
    ];
    assert_eq!(addresses(&plan_off), expected);
    let refused = now(exec::apply(&plan_off, &cloud, &state, ApplyOptions::new()));
    let Err(Error::Destructive { addresses }) = refused else { panic!("it was carried out") };
    assert_eq!(addresses, [Address::new(expected[2])]);
    let options = ApplyOptions::new().destroy(addresses);
    let run = now(exec::apply(&plan_off, &cloud, &state, options)).unwrap();
    assert_eq!(run.status, RunStatus::Succeeded, "{run}");
    assert_eq!((count(&cloud, "nat_gateway"), count(&cloud, "elastic_ip")), (0, 0));
    assert!(plan(&zone, &cloud).is_empty());
}

#[test]
fn a_tenant_that_left_the_file_is_a_warning_and_nothing_more() {
    let (cloud, _) = applied(TEN_TENANTS);
    let mut zone = zone(TEN_TENANTS);
    zone.tenants.retain(|tenant| tenant.key.as_str() != "acme-finance");
    let plan = plan(&zone, &cloud);
    assert!(plan.is_empty(), "{plan}");
    let warning = plan.warnings.iter().find(|warning| warning.code == "account-unclaimed").unwrap();
    assert!(warning.message.contains("acme-finance"), "{warning}");
}

#[test]
fn a_plan_of_another_world_is_refused() {
    let zone = zone(ONE_TENANT);
    let (cloud, state) = (SimulatedCloud::new(0), memory());
    let early = plan(&zone, &cloud);
    apply(&plan(&zone, &cloud), &cloud, &memory());
    let refused = now(exec::apply(&early, &cloud, &state, ApplyOptions::new()));
    assert!(matches!(refused, Err(Error::Stale)), "{refused:?}");
}

#[test]
fn a_plan_from_before_a_change_inside_an_account_is_refused() {
    let (cloud, state) = applied(ONE_TENANT);
    let changed = zone(&ONE_TENANT.replace("ACME Finance Inc", "ACME Finance Ltd"));
    let early = plan(&changed, &cloud);
    let gateway = cloud.snapshot()["nat_gateway"][0]["id"].as_str().unwrap().to_owned();
    assert!(cloud.remove(&gateway) > 0);
    let refused = now(exec::apply(&early, &cloud, &state, ApplyOptions::new()));
    assert!(matches!(refused, Err(Error::Stale)), "{refused:?}");
}

#[test]
fn a_plan_against_an_empty_organization_applies_to_any_empty_one() {
    let zone = zone(ONE_TENANT);
    let blind = Planner::new(&zone).plan().unwrap();
    let cloud = SimulatedCloud::new(9);
    apply(&blind, &cloud, &memory());
    assert!(plan(&zone, &cloud).is_empty());
}

#[test]
fn an_organization_is_made_where_there_is_none() {
    let zone = zone(ONE_TENANT);
    let cloud = SimulatedCloud::builder(0).without_organization().build();
    apply(&plan(&zone, &cloud), &cloud, &memory());
    assert!(plan(&zone, &cloud).is_empty());
}

#[test]
fn a_quota_that_is_exhausted_fails_its_step_and_what_waits_for_it_only() {
    let mut limits = securebase_core::model::Limits::default().raised();
    limits.set("elastic_ips", 0.0).unwrap();
    let cloud = SimulatedCloud::builder(0).limits(limits).build();
    let zone = zone(ONE_TENANT);
    let run = apply(&plan(&zone, &cloud), &cloud, &memory());
    assert_eq!(run.status, RunStatus::Failed);
    let failed: Vec<&str> = run.failed.iter().map(|(address, _)| address.as_str()).collect();
    assert_eq!(failed, ["tenant/acme-finance/vpc/elastic-ip/nat-1"]);
    assert!(run.failed[0].1.contains("AddressLimitExceeded"), "{run}");
    let mut blocked: Vec<&str> = run.blocked.iter().map(|(address, _)| address.as_str()).collect();
    blocked.sort_unstable();
    let expected = [
        "tenant/acme-finance/vpc/nat-gateway/nat-1",
        "tenant/acme-finance/vpc/route-table/private/route/default",
    ];
    assert_eq!(blocked, expected);
}

#[test]
fn the_executor_calls_in_member_accounts_only_what_the_table_says() {
    let (cloud, _) = applied(TEN_TENANTS);
    let table: BTreeSet<&str> =
        ResourceKind::ALL.iter().flat_map(|kind| member_operations(*kind, Action::Create)).collect();
    let management = cloud.observe().organization.unwrap().organization.management_account;
    for call in cloud.calls().into_iter().filter(|call| call.account_id != management) {
        let name = format!("{}:{}", call.service, call.operation);
        // A survey reads more than the executor does.
        assert!(table.contains(name.as_str()) || is_read(call.operation), "{name}");
    }
}

#[test]
fn one_seed_is_one_history() {
    let history = |seed| {
        let (cloud, state) = (SimulatedCloud::new(seed), memory());
        let run = apply(&plan(&zone(ONE_TENANT), &cloud), &cloud, &state);
        (run.events, format!("{:?}", cloud.calls()))
    };
    assert_eq!(history(1), history(1));
    assert_ne!(history(1), history(2));
}

#[test]
fn a_run_that_is_asked_to_stop_goes_on_when_resumed() {
    let zone = zone(ONE_TENANT);
    let directory = std::env::temp_dir().join(format!("securebase-stop-{}", std::process::id()));
    let state = State::new(DirectoryStore::new(&directory));
    let cloud = SimulatedCloud::new(0);
    let stop = Stop::new();
    let asked = stop.clone();
    let options = ApplyOptions::new().stop(stop).progress(move |event| {
        if event.address().is_some_and(|address| address.as_str().ends_with("vpc/internet-gateway")) {
            asked.ask();
        }
    });
    let stopped = now(exec::apply(&plan(&zone, &cloud), &cloud, &state, options));
    assert!(matches!(stopped, Err(Error::Interrupted { .. })), "{stopped:?}");
    // What was done is known, although the run has not ended.
    assert!(now(state.resources()).unwrap().contains_key(&Address::new("tenant/acme-finance/vpc")));
    let other = plan(&zone, &cloud);
    let refused = now(exec::apply(&other, &cloud, &state, ApplyOptions::new()));
    assert!(matches!(refused, Err(Error::Unfinished { .. })), "{refused:?}");

    let run = now(exec::resume(&cloud, &state, ApplyOptions::new())).unwrap();
    assert_eq!(run.status, RunStatus::Succeeded);
    assert!(plan(&zone, &cloud).is_empty());
    let nothing = now(exec::resume(&cloud, &state, ApplyOptions::new())).unwrap();
    assert_eq!((nothing.status, nothing.applied.len()), (RunStatus::Succeeded, 0));
    let history = now(state.history()).unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].status, Some(RunStatus::Succeeded));
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_root_email_changed_in_the_file_never_makes_a_second_account() {
    let (cloud, state) = applied(ONE_TENANT);
    let changed = zone(&ONE_TENANT.replace("aws+{prefix}", "root+{prefix}"));
    // Without the state the tags of the account tell, with it the id does.
    let resources = now(state.resources()).unwrap();
    let ids = || resources.values().map(|resource| (resource.address.clone(), resource.id.clone()));
    for (planner, code) in [
        (Planner::new(&changed), "account-email-differs"),
        (Planner::new(&changed).remembered(ids()), "account-email-differs"),
    ] {
        let observed = now(observe::survey(&cloud, &planner.scope())).unwrap();
        let refused = planner.observed(&observed).plan();
        let Err(securebase_core::plan::Error::Problems(problems)) = refused else { panic!("it was planned") };
        assert_eq!(problems.0[0].code, code);
    }
}
