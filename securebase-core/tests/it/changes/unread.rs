//! Accounts that a survey could not look into: unknown, which is not empty.

use std::time::Duration;

use securebase_core::cloud::Cloud;
use securebase_core::exec;
use securebase_core::model::{LandingZone, Problem};
use securebase_core::observe::{self, Observed, Reading, Unread};
use securebase_core::plan::{Error, Plan, Planner};
use securebase_core::sim::SimulatedCloud;
use securebase_core::state::State;

use super::try_replan;
use crate::support::{ONE_TENANT, TEN_TENANTS, applied, memory, now, zone};

const OTHER_ROLE: &str = "access_role = \"Elsewhere\"\n";

fn with_other_role(text: &str) -> LandingZone {
    zone(&format!("{OTHER_ROLE}{text}"))
}

fn problems(planned: Result<Plan, Error>) -> Vec<Problem> {
    match planned {
        Err(Error::Problems(problems)) => problems.0,
        Err(error) => panic!("{error}"),
        Ok(plan) => panic!("{plan}"),
    }
}

fn survey(zone: &LandingZone, cloud: &SimulatedCloud) -> Observed {
    now(observe::survey(cloud, &Planner::new(zone).scope())).unwrap()
}

/// As of a user whose state is another's or lost.
fn without_state(zone: &LandingZone, cloud: &SimulatedCloud) -> Result<Plan, Error> {
    Planner::new(zone).observed(&survey(zone, cloud)).plan()
}

fn later(cloud: &SimulatedCloud) {
    now(cloud.runtime().sleep(Duration::from_secs(3_600)));
}

#[test]
fn another_access_role_is_refused_with_every_account_before_anything_is_changed() {
    let (cloud, state) = applied(TEN_TENANTS);
    let zone = with_other_role(TEN_TENANTS);
    let calls = cloud.calls().len();
    // The state knows that the accounts answered once; without it, their age says that they are not new.
    let mut refusals = vec![problems(try_replan(&zone, &cloud, &state))];
    later(&cloud);
    refusals.push(problems(without_state(&zone, &cloud)));
    for refusal in refusals {
        let [problem] = &refusal[..] else { panic!("{refusal:?}") };
        assert_eq!((problem.code.as_str(), problem.path.as_str()), ("account-not-entered", "access_role"));
        for tenant in &zone.tenants {
            assert!(problem.message.contains(tenant.key.as_str()), "{}", problem.message);
        }
        for (account, _) in cloud.accounts() {
            let ours = zone.tenants.iter().any(|tenant| tenant.account_email.folded() == account.email);
            assert_eq!(problem.message.contains(&account.id.to_string()), ours, "{}", problem.message);
        }
    }
    assert_eq!(super::writes(&cloud, calls), [] as [String; 0]);
}

#[test]
fn an_account_of_a_moment_ago_is_planned_and_looked_into_first() {
    let (cloud, _) = applied(ONE_TENANT);
    let zone = with_other_role(ONE_TENANT);
    let mut observed = survey(&zone, &cloud);
    for reading in observed.members.values_mut().flat_map(|regions| regions.values_mut()) {
        *reading = Reading::Unknown(Unread::NotReady);
    }
    let plan = Planner::new(&zone).observed(&observed).plan().unwrap();
    let vpc = plan.steps().find(|step| step.address.as_str() == "tenant/acme-finance/vpc").unwrap();
    assert!(vpc.look_first);
    let warned = plan.warnings.iter().any(|warning| warning.code == "account-not-read");
    assert!(warned, "{:?}", plan.warnings);
}

#[test]
fn what_a_refusal_means_follows_from_the_age_of_the_account() {
    let (cloud, _) = applied(ONE_TENANT);
    let zone = with_other_role(ONE_TENANT);
    let why = |cloud: &SimulatedCloud| {
        let observed = survey(&zone, cloud);
        let unread: Vec<Unread> = observed.unread_members().map(|(_, _, why)| why.clone()).collect();
        assert_eq!(observed.known_members().count(), 0);
        unread
    };
    later(&cloud);
    let no_entry = || vec![Unread::NoEntry { role: "Elsewhere".parse().unwrap() }];
    assert_eq!(why(&cloud), no_entry());
    // A clock that runs behind makes an account look new, and no account of the year 1970 is.
    cloud.set_clock(-1_000_000_000_000);
    assert_eq!(why(&cloud), [Unread::NotReady]);
    cloud.set_clock(0);
    // One that was invited is as old as it is.
    let (account, _) = cloud.accounts().pop().unwrap();
    assert!(cloud.expel_account(account.id));
    assert_eq!(cloud.readmit_accounts(), 1);
    cloud.set_clock(-1_000_000_000_000);
    assert_eq!(why(&cloud), no_entry());
}

#[test]
fn without_networks_an_account_that_lets_nobody_in_is_a_warning_unless_the_state_knows_of_one() {
    let off = |text: &str| text.replace("enable_vpc    = true", "enable_vpc    = false");
    let (cloud, _) = applied(&off(ONE_TENANT));
    later(&cloud);
    let plan = without_state(&with_other_role(&off(ONE_TENANT)), &cloud).unwrap();
    let unread: Vec<&Problem> =
        plan.warnings.iter().filter(|found| found.code == "account-not-read").collect();
    let [warning] = &unread[..] else { panic!("{:?}", plan.warnings) };
    let (account, _) = cloud.accounts().pop().unwrap();
    for text in [account.id.to_string().as_str(), "acme-finance", "Elsewhere", "us-east-1", "bill"] {
        assert!(warning.message.contains(text), "{text}: {}", warning.message);
    }
    let (cloud, state) = applied(ONE_TENANT);
    later(&cloud);
    let refused = problems(try_replan(&with_other_role(&off(ONE_TENANT)), &cloud, &state));
    assert_eq!(refused[0].code, "account-not-entered");
}

#[test]
fn what_could_not_be_looked_at_is_unknown_and_not_gone() {
    let (cloud, state) = applied(ONE_TENANT);
    let zone = zone(ONE_TENANT);
    let mut observed = survey(&zone, &cloud);
    observed.members.clear();
    let applied = now(state.applied()).unwrap();
    let plan = Planner::new(&zone).observed(&observed).applied(applied).plan().unwrap();
    let drift = plan.drift.as_ref().unwrap();
    assert!(drift.iter().any(|row| row.address.as_str() == "tenant/acme-finance/vpc"));
    assert!(drift.iter().all(|row| row.is_unknown() && !row.is_gone()), "{drift:?}");
    let text = plan.to_string();
    assert!(text.contains("Drift unknown") && !text.contains(": gone"), "{text}");
}

#[test]
fn what_was_not_read_is_stored_and_what_was_stored_before_still_loads() {
    let (cloud, _) = applied(ONE_TENANT);
    later(&cloud);
    let known = survey(&zone(ONE_TENANT), &cloud);
    let json = serde_json::to_value(&known).unwrap();
    assert!(json.get("unread").is_none(), "as earlier versions wrote it");
    assert_eq!(serde_json::from_value::<Observed>(json).unwrap(), known);
    let unknown = survey(&with_other_role(ONE_TENANT), &cloud);
    let json = serde_json::to_value(&unknown).unwrap();
    assert_eq!(json["members"], serde_json::json!({}));
    assert_eq!(serde_json::from_value::<Observed>(json).unwrap(), unknown);
}

#[test]
fn a_state_is_not_rebuilt_from_accounts_that_let_nobody_in() {
    let (cloud, _) = applied(ONE_TENANT);
    later(&cloud);
    let state: State = memory();
    let options = exec::ApplyOptions::new();
    let rebuilt = now(exec::rebuild(&with_other_role(ONE_TENANT), &cloud, &state, &options));
    assert!(matches!(rebuilt, Err(exec::Error::Plan(_))), "{rebuilt:?}");
}
