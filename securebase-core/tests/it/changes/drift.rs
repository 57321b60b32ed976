//! What the cloud has changed is told from what the file has.

use securebase_core::cloud::{Operation, iam};
use securebase_core::model::Address;
use securebase_core::plan::{Action, Drifted, Planner};

use super::hand::member;
use super::{replan, writes};
use crate::support::{ONE_TENANT, applied, apply, plan, zone};

/// Address without its tenant, attribute, applied, observed, wanted.
type Row<'a> = (&'a str, &'a str, Option<&'a str>, Option<&'a str>, Option<&'a str>);

fn row(drift: &[Drifted]) -> Vec<Row<'_>> {
    drift
        .iter()
        .map(|row| {
            let Drifted { address, attribute, applied, observed, wanted, .. } = row;
            (address.local(), attribute.as_str(), applied.as_deref(), observed.as_deref(), wanted.as_deref())
        })
        .collect()
}

fn id_of(state: &securebase_core::state::State, address: &str) -> String {
    crate::support::now(state.resources()).unwrap()[&Address::new(address)].id.to_string()
}

#[test]
fn a_tag_changed_by_hand_is_drift_and_one_changed_in_the_file_is_not() {
    let (cloud, state) = applied(ONE_TENANT);
    let account = id_of(&state, "tenant/acme-finance/account");
    cloud.set_tag(&account, "Environment", Some("test"));
    let file = ONE_TENANT.replace("ACME Finance Inc", "ACME Finance Ltd");
    let plan = replan(&zone(&file), &cloud, &state);
    let account = plan.step(&Address::new("tenant/acme-finance/account")).unwrap();
    assert_eq!(account.changes.len(), 2);
    let drift = plan.drift.clone().unwrap();
    assert_eq!(row(&drift), [("account", "tags.Environment", Some("dev"), Some("test"), Some("dev"))]);
    let text = plan.to_string();
    assert!(text.contains("Drift: 1 attribute has changed in the cloud"), "{text}");
    assert!(text.contains("tags.Environment: applied `dev`, found `test`"), "{text}");
    assert_eq!(plan.drift_table().unwrap().row_count(), 1);
    apply(&plan, &cloud, &state);
    let after = replan(&zone(&file), &cloud, &state);
    assert_eq!((after.is_empty(), after.drift), (true, Some(vec![])));
}

#[test]
fn an_attribute_that_both_have_changed_says_so() {
    let (cloud, state) = applied(ONE_TENANT);
    let account = id_of(&state, "tenant/acme-finance/account");
    cloud.set_tag(&account, "Customer", Some("Somebody"));
    let plan = replan(&zone(&ONE_TENANT.replace("ACME Finance Inc", "ACME Ltd")), &cloud, &state);
    let drift = plan.drift.clone().unwrap();
    let expected =
        [("account", "tags.Customer", Some("ACME Finance Inc"), Some("Somebody"), Some("ACME Ltd"))];
    assert_eq!(row(&drift), expected);
    assert!(plan.to_string().contains("the file has changed too, to `ACME Ltd`"), "{plan}");
}

#[test]
fn what_is_gone_is_drift_and_what_is_new_is_not() {
    let (cloud, state) = applied(ONE_TENANT);
    cloud.remove(&id_of(&state, "tenant/acme-finance/vpc/flow-log"));
    let file = format!("{ONE_TENANT}\nvpc_config = {{ enable_vpn_gateway = true }}\n");
    let plan = replan(&zone(&file), &cloud, &state);
    assert_eq!(plan.counts()[&Action::Create].values().sum::<usize>(), 2);
    let drift = plan.drift.clone().unwrap();
    assert_eq!(row(&drift), [("vpc/flow-log", "exists", Some("yes"), Some("no"), Some("yes"))]);
    assert!(plan.to_string().contains("tenant/acme-finance/vpc/flow-log: gone"), "{plan}");
}

#[test]
fn a_role_that_lost_what_it_may_do_gets_it_back() {
    let (cloud, state) = applied(ONE_TENANT);
    let account = id_of(&state, "tenant/acme-finance/account").parse().unwrap();
    let role = "securebase-flow-log-delivery".to_owned();
    let name = "deliver-flow-logs".to_owned();
    member(&cloud, account).call(&Operation::Iam(iam::Operation::DeleteRolePolicy { role, name }));
    let plan = replan(&zone(ONE_TENANT), &cloud, &state);
    let drift = plan.drift.clone().unwrap();
    assert_eq!((plan.steps().len(), drift.len()), (1, 1), "{plan}");
    let Drifted { address, attribute, applied, observed, wanted, .. } = &drift[0];
    assert_eq!((address.local(), attribute.as_str(), observed), ("flow-log-role", "policy", &None));
    assert!(applied == wanted && applied.as_ref().is_some_and(|policy| policy.contains("logs:PutLogEvents")));
    let before = cloud.calls().len();
    apply(&plan, &cloud, &state);
    assert_eq!(writes(&cloud, before), ["iam:PutRolePolicy"]);
    assert!(replan(&zone(ONE_TENANT), &cloud, &state).is_empty());
}

#[test]
fn an_account_moved_by_hand_drifts_and_one_whose_tier_changed_does_not() {
    let (cloud, state) = applied(ONE_TENANT);
    let unit = id_of(&state, "organization/ou/Customers-Fintech");
    let moved = ONE_TENANT
        .replace("tier          = \"fintech\"", "tier          = \"healthcare\"")
        .replace("framework     = \"soc2\"", "framework     = \"hipaa\"");
    assert_eq!(replan(&zone(&moved), &cloud, &state).drift, Some(vec![]));
    // Deleting the unit lets its account fall back to the root.
    cloud.remove(&unit);
    let drift = replan(&zone(ONE_TENANT), &cloud, &state).drift.unwrap();
    let rows = row(&drift);
    assert!(
        rows.contains(&("ou/Customers-Fintech", "exists", Some("yes"), Some("no"), Some("yes"))),
        "{rows:?}"
    );
    let fell = (
        "account/placement",
        "parent",
        Some("ou/Customers-Fintech"),
        Some("root"),
        Some("ou/Customers-Fintech"),
    );
    assert!(rows.contains(&fell), "{rows:?}");
}

#[test]
fn without_a_state_everything_is_change_and_the_text_says_so() {
    let (cloud, state) = applied(ONE_TENANT);
    cloud.set_tag(&id_of(&state, "tenant/acme-finance/account"), "Environment", Some("test"));
    let plan = plan(&zone(ONE_TENANT), &cloud);
    assert_eq!(plan.drift, None);
    assert!(plan.to_string().contains("Drift: unknown without a state"), "{plan}");
    assert_eq!(plan.drift_table().unwrap().row_count(), 0);
    let fresh = Planner::new(&zone(ONE_TENANT)).plan().unwrap();
    assert!(!fresh.to_string().contains("Drift"), "nothing differs where nothing is there");
}

#[test]
fn a_rename_is_no_drift() {
    let (cloud, state) = applied(ONE_TENANT);
    let file =
        ONE_TENANT.replace("\"acme-finance\" = {", "\"acme-bank\" = {\n    renamed_from  = \"acme-finance\"");
    let plan = replan(&zone(&file), &cloud, &state);
    assert_eq!(plan.drift, Some(vec![]), "{plan}");
}
