//! Names change in place: of accounts, of tenants, and the addresses of root users.

use std::collections::BTreeSet;

use securebase_core::exec;
use securebase_core::model::{AccountId, Address, Email};
use securebase_core::plan::Action;

use super::{replan, try_replan, writes};
use crate::support::{ONE_TENANT, addresses, applied, apply, now, zone};

fn renamed() -> String {
    ONE_TENANT.replace("\"acme-finance\" = {", "\"acme-bank\" = {\n    renamed_from  = \"acme-finance\"")
}

#[test]
fn a_tenant_that_was_renamed_keeps_account_block_and_network() {
    let (cloud, state) = applied(ONE_TENANT);
    let before = now(state.resources()).unwrap();
    let zone = zone(&renamed());
    let plan = replan(&zone, &cloud, &state);
    assert!(plan.steps().all(|step| step.action == Action::Update), "{plan}");
    let account = plan.step(&Address::new("tenant/acme-bank/account")).unwrap();
    assert_eq!(account.changes[0].field, "name");
    assert!(plan.warnings.iter().any(|warning| warning.code == "account-rename-access"), "{plan}");
    crate::plan::golden("rename.plan.txt", &plan.to_string());
    let calls = cloud.calls().len();
    let run = apply(&plan, &cloud, &state);
    assert_eq!(run.failed, []);
    let written: BTreeSet<String> = writes(&cloud, calls).into_iter().collect();
    let expected = [
        "account:PutAccountName",
        "ec2:CreateTags",
        "iam:TagRole",
        "logs:TagResource",
        "organizations:EnableAWSServiceAccess",
        "organizations:TagResource",
    ];
    assert_eq!(written, expected.map(str::to_owned).into());

    // The state has the same resources under their new addresses, and none under the old ones.
    let after = now(state.resources()).unwrap();
    assert_eq!(after.len(), before.len());
    for (address, resource) in &before {
        let now = address.as_str().replace("tenant/acme-finance/", "tenant/acme-bank/");
        assert_eq!(after[&Address::new(now)].id, resource.id, "{address}");
    }
    // With the line or without it, nothing is left to do.
    assert!(replan(&zone, &cloud, &state).is_empty());
    let dropped = crate::support::zone(&renamed().replace("    renamed_from  = \"acme-finance\"\n", ""));
    assert!(replan(&dropped, &cloud, &state).is_empty());
    assert!(crate::support::plan(&dropped, &cloud).is_empty());
}

#[test]
fn a_new_key_without_the_old_one_is_refused_with_the_line_to_write() {
    let (cloud, state) = applied(ONE_TENANT);
    let forgotten = zone(&ONE_TENANT.replace("\"acme-finance\"", "\"acme-bank\""));
    let Err(securebase_core::plan::Error::Problems(problems)) = try_replan(&forgotten, &cloud, &state) else {
        panic!("it was planned")
    };
    assert_eq!(problems.0[0].code, "account-of-another");
    assert!(problems.0[0].hint.contains("renamed_from = \"acme-finance\""), "{problems}");
}

#[test]
fn a_rename_that_was_cut_off_and_forgotten_deletes_nothing() {
    let (cloud, state) = applied(ONE_TENANT);
    let plan = replan(&zone(&renamed()), &cloud, &state);
    // Only the account got its new tags; then somebody dropped the line.
    let account = plan.step(&Address::new("tenant/acme-bank/account")).unwrap().id.clone().unwrap();
    assert!(cloud.set_tag(account.as_str(), "securebase:tenant", Some("acme-bank")));
    let dropped = zone(&ONE_TENANT.replace("\"acme-finance\"", "\"acme-bank\""));
    let plan = crate::support::plan(&dropped, &cloud);
    assert!(plan.steps().all(|step| step.action != Action::Delete), "{plan}");
    let warning = plan.warnings.iter().find(|warning| warning.code == "resource-of-another-tenant").unwrap();
    assert!(warning.hint.contains("renamed_from = \"acme-finance\""), "{warning}");
}

#[test]
fn an_account_gets_another_name_in_place() {
    let (cloud, state) = applied(ONE_TENANT);
    let named =
        zone(&ONE_TENANT.replace("prefix        =", "account_name = \"ACME Production\"\n    prefix ="));
    let plan = replan(&named, &cloud, &state);
    assert_eq!(addresses(&plan), ["tenant/acme-finance/account"]);
    let calls = cloud.calls().len();
    assert_eq!(apply(&plan, &cloud, &state).failed, []);
    // The name is refused until the service is trusted; then it is trusted for good.
    let written = writes(&cloud, calls);
    assert_eq!(
        written,
        ["account:PutAccountName", "organizations:EnableAWSServiceAccess", "account:PutAccountName"]
    );
    assert_eq!(cloud.snapshot()["account"][0]["name"], "ACME Production");
    assert!(replan(&named, &cloud, &state).is_empty());
    let back = zone(ONE_TENANT);
    let calls = cloud.calls().len();
    apply(&replan(&back, &cloud, &state), &cloud, &state);
    assert_eq!(writes(&cloud, calls), ["account:PutAccountName"]);
}

#[test]
fn another_root_address_takes_two_calls_and_a_mailed_code() {
    let (cloud, state) = applied(ONE_TENANT);
    let changed = zone(&ONE_TENANT.replace("aws+{prefix}", "root+{prefix}"));
    let Err(securebase_core::plan::Error::Problems(problems)) = try_replan(&changed, &cloud, &state) else {
        panic!("it was planned")
    };
    assert_eq!(problems.0[0].code, "account-email-differs");
    assert!(problems.0[0].hint.contains("start_root_email_change"), "{problems}");

    let account: AccountId = cloud.snapshot()["account"][0]["id"].as_str().unwrap().parse().unwrap();
    let email: Email = "root+acme@example.com".parse().unwrap();
    now(exec::start_root_email_change(&cloud, account, &email)).unwrap();
    assert!(try_replan(&changed, &cloud, &state).is_err(), "nothing has changed yet");
    let wrong = now(exec::finish_root_email_change(&cloud, account, &email, "nonsense"));
    assert_eq!(wrong.unwrap_err().code(), "change-refused");
    let code = cloud.mailed_code(email.as_str()).unwrap();
    now(exec::finish_root_email_change(&cloud, account, &email, &code)).unwrap();
    assert!(replan(&changed, &cloud, &state).is_empty());
}
