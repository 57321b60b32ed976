//! Whose an account is: never the management account, and no longer one that was closed and left behind.

use securebase_core::cloud::{Operation, Target, ec2, organizations};
use securebase_core::exec;
use securebase_core::model::{AccountId, Address, Problem, Tags};
use securebase_core::observe;
use securebase_core::plan::{Action, Error};
use securebase_core::sim::SimulatedCloud;
use securebase_core::state::State;
use securebase_core::time::Time;

use super::hand::{Hand, member};
use super::{let_go, replan, try_replan};
use crate::support::{ONE_TENANT, applied, apply, memory, now, zone};

/// `ONE_TENANT` with lines of its tenant's own.
fn with(lines: &str) -> String {
    ONE_TENANT.replace("    prefix        =", &format!("    {lines}\n    prefix        ="))
}

fn first_problem(text: &str, cloud: &SimulatedCloud, state: &State) -> Problem {
    match try_replan(&zone(text), cloud, state) {
        Err(Error::Problems(problems)) => problems.0[0].clone(),
        Err(error) => panic!("{error}"),
        Ok(plan) => panic!("it was planned: {plan}"),
    }
}

fn management(cloud: &SimulatedCloud) -> AccountId {
    let organization = cloud.observe().organization.unwrap();
    organization.organization.management_account
}

#[test]
fn the_management_account_is_no_tenant_by_id_or_address() {
    let (cloud, state) = applied(ONE_TENANT);
    let id = management(&cloud);
    for (lines, attribute) in [
        (format!("account_id = \"{id}\""), "account_id"),
        ("account_email = \"management@example.com\"".to_owned(), "account_email"),
        ("account_email = \"Management@Example.COM\"".to_owned(), "account_email"),
        (format!("account_id = \"{id}\"\n    offboard = \"suspend\""), "account_id"),
        (format!("account_id = \"{id}\"\n    account_email = \"management@example.com\""), "account_id"),
    ] {
        // Against an organization in which the tenant has no account yet, and with no memory of one.
        let empty = SimulatedCloud::new(0);
        assert_eq!(management(&empty), id);
        let problem = first_problem(&with(&lines), &empty, &memory());
        assert_eq!(problem.code, "account-is-management", "{lines}");
        assert_eq!(problem.path, format!("clients.\"acme-finance\".{attribute}"), "{lines}");
        assert!(problem.message.contains("management account"), "{problem}");
    }
    let adopted = first_problem(&with(&format!("account_id = \"{id}\"")), &cloud, &state);
    assert_eq!(adopted.code, "account-is-management");
}

#[test]
fn tags_and_a_memory_do_not_make_the_management_account_a_tenants() {
    let cloud = SimulatedCloud::new(0);
    let id = management(&cloud);
    for (key, value) in [("securebase:zone", "securebase"), ("securebase:tenant", "acme-finance")] {
        assert!(cloud.set_tag(&id.to_string(), key, Some(value)));
    }
    let text = with("account_email = \"root+acme@example.com\"");
    let zone = zone(&text);
    let planner = securebase_core::plan::Planner::new(&zone)
        .remembered([(Address::tenant(&zone.tenants[0].key, "account"), id.to_string().parse().unwrap())]);
    let calls = cloud.calls().len();
    let observed = now(observe::survey(&cloud, &planner.scope())).unwrap();
    let into = cloud.calls().into_iter().skip(calls).filter(|call| call.service == "ec2");
    assert_eq!(into.count(), 0, "it was looked into");
    let plan = planner.observed(&observed).plan().unwrap();
    let account = plan.step(&Address::new("tenant/acme-finance/account")).unwrap();
    assert_eq!((account.action, &account.id), (Action::Create, &None), "{plan}");
    assert!(plan.steps().all(|step| step.id.as_ref().is_none_or(|found| found.as_str() != id.to_string())));
}

/// The tenant's account is closed and left, first by the plan, then out of the file.
fn closed() -> (SimulatedCloud, State, AccountId) {
    let (cloud, state) = applied(ONE_TENANT);
    let leaving = zone(&with("offboard = \"close\""));
    let plan = replan(&leaving, &cloud, &state);
    assert_eq!(now(exec::apply(&plan, &cloud, &state, let_go(&plan))).unwrap().failed, []);
    let id = cloud.snapshot()["account"][0]["id"].as_str().unwrap().parse().unwrap();
    (cloud, state, id)
}

#[test]
fn a_tenant_comes_back_under_another_address_and_its_closed_account_stays_as_it_is() {
    for lines in [
        // The name of a closed account is free, its address is not.
        "account_email = \"root+acme2@example.com\"",
        "account_email = \"root+acme2@example.com\"\n    account_name = \"acme again\"",
    ] {
        let (cloud, state, old) = closed();
        assert_eq!(first_problem(ONE_TENANT, &cloud, &state).code, "account-closed");
        assert_eq!(first_problem(ONE_TENANT, &cloud, &memory()).code, "account-closed");
        let left = cloud.observe().organization.unwrap().accounts;
        let left = left.iter().find(|found| found.account.id == old).unwrap();
        let back = zone(&with(lines));
        let plan = replan(&back, &cloud, &state);
        assert_eq!(plan.drift.as_deref(), Some(&[][..]), "{plan}");
        assert_eq!(plan.step(&Address::new("tenant/acme-finance/account")).unwrap().action, Action::Create);
        assert_eq!(apply(&plan, &cloud, &state).failed, []);
        let accounts = cloud.observe().organization.unwrap().accounts;
        assert_eq!(accounts.iter().find(|found| found.account.id == old), Some(left));
        let of_acme = |found: &&observe::ObservedAccount| found.account.email == "root+acme2@example.com";
        let new = accounts.iter().find(of_acme).unwrap().account.id;
        assert_eq!(
            now(state.resources()).unwrap()[&Address::new("tenant/acme-finance/account")].id.as_str(),
            new.to_string()
        );
        // With a state, without one, and with a memory of the closed account, it has what it needs.
        assert!(replan(&back, &cloud, &state).is_empty());
        assert!(replan(&back, &cloud, &memory()).is_empty());
        let stale = [(Address::new("tenant/acme-finance/account"), old.to_string().parse().unwrap())];
        let planner = securebase_core::plan::Planner::new(&back).remembered(stale);
        let observed = now(observe::survey(&cloud, &planner.scope())).unwrap();
        let plan = planner.observed(&observed).plan().unwrap();
        assert!(plan.is_empty(), "{plan}");
        // And it may leave again.
        let leaving = zone(&with(&format!("{lines}\n    offboard = \"close\"")));
        for state in [&memory(), &state] {
            let plan = replan(&leaving, &cloud, state);
            let close = plan.step(&Address::new("tenant/acme-finance/account")).unwrap();
            assert_eq!(
                (close.action, close.id.as_ref().unwrap().to_string()),
                (Action::Delete, new.to_string())
            );
        }
    }
}

/// The account was made under one spelling of its address, and the file has another.
#[test]
fn an_address_is_the_same_in_any_case() {
    let (lower, upper) = ("aws+acme@example.com", "AWS+acme@Example.com");
    for (account, file) in [(lower, upper), (upper, lower)] {
        let cloud = SimulatedCloud::new(3);
        let hand = Hand { cloud: &cloud, target: Target::Management };
        hand.call(&Operation::Organizations(organizations::Operation::CreateAccount {
            name: "by hand".to_owned(),
            email: account.to_owned(),
            role: "OrganizationAccountAccessRole".parse().unwrap(),
            tags: Tags::new(),
        }));
        cloud.advance_to(Time::from_micros(cloud.now().as_micros() + 3_600_000_000));
        let made = cloud.accounts()[0].0.id;
        let block = "10.0.0.0/16".parse().unwrap();
        let vpc = member(&cloud, made)
            .created(&Operation::Ec2(ec2::Operation::CreateVpc { cidr: block, tags: Tags::new() }));
        let zone = zone(&with(&format!("account_email = \"{file}\"")));
        let plan = crate::support::plan(&zone, &cloud);
        let step = plan.step(&Address::new("tenant/acme-finance/account")).unwrap();
        assert_eq!((step.action, step.id.as_ref().unwrap().to_string()), (Action::Adopt, made.to_string()));
        let found = plan.step(&Address::new("tenant/acme-finance/vpc")).unwrap();
        assert_eq!(found.id, Some(vpc), "the account was looked into");
        let calls = cloud.calls().len();
        assert_eq!(apply(&plan, &cloud, &memory()).failed, []);
        let written = super::writes(&cloud, calls);
        assert!(!written.contains(&"organizations:CreateAccount".to_owned()), "{written:?}");
        assert!(crate::support::plan(&zone, &cloud).is_empty());
    }
}
