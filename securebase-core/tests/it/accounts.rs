//! How accounts are asked for, letter by letter: a machine driven by hand, with a cloud into whose replies a test may talk.

use std::collections::BTreeMap;
use std::time::Duration;

use securebase_core::cloud::organizations::{self, AccountRequest, AccountRequestState, AccountState};
use securebase_core::cloud::{Call, CloudError, Operation, Reply, Target};
use securebase_core::exec::{EventKind, Machine, Output, RunIdentity};
use securebase_core::kinds::{AccountSpec, ResourceSpec};
use securebase_core::model::{Address, Latencies, Limits, Tags};
use securebase_core::plan::{Action, Pending, Plan, Planner};
use securebase_core::sim::{Faults, SimulatedCloud};
use securebase_core::state::{Replay, RunStatus, StepRecord, StepStatus};

use crate::support::{ONE_TENANT, TEN_TENANTS, zone};

type Answer = Result<Reply, CloudError>;

/// What came of a run.
#[derive(Default)]
struct Told {
    status: Option<RunStatus>,
    failed: Vec<String>,
    pending: Vec<Pending>,
    calls: Vec<Operation>,
}

impl Told {
    fn names(&self) -> Vec<&'static str> {
        self.calls.iter().map(Operation::name).collect()
    }

    fn count(&self, name: &str) -> usize {
        self.names().iter().filter(|found| **found == name).count()
    }

    fn at(&self, name: &str) -> usize {
        self.names()
            .iter()
            .position(|found| *found == name)
            .unwrap_or_else(|| panic!("{name}: {:?}", self.names()))
    }
}

/// Carries a plan out. What `answer` answers never reaches the cloud.
fn drive(
    plan: &Plan,
    cloud: &SimulatedCloud,
    goes_on: bool,
    answer: impl FnMut(&Operation) -> Option<Answer>,
) -> Told {
    let replay = Replay { last_seq: 1, ..Replay::default() };
    drive_from(plan, cloud, goes_on.then_some(&replay), answer)
}

/// As [`drive`], from where a journal left off.
fn drive_from(
    plan: &Plan,
    cloud: &SimulatedCloud,
    replay: Option<&Replay>,
    mut answer: impl FnMut(&Operation) -> Option<Answer>,
) -> Told {
    let observed = cloud.observe();
    let known = observed.organization.iter().flat_map(|found| {
        [(Address::organization(), found.organization.id.clone()), (Address::root(), found.root.id.clone())]
    });
    let (limits, latencies) = (Limits::default().raised(), Latencies::default());
    let identity = RunIdentity {
        who: "test".to_owned(),
        fingerprint: plan.fingerprint(),
        token_salt: "salt".to_owned(),
    };
    let mut machine = Machine::new(plan, limits, latencies, known.collect(), replay, identity);
    let mut arrivals = BTreeMap::new();
    let mut told = Told::default();
    loop {
        let Output { calls, events, wake, ended, .. } = machine.poll(cloud.now());
        for event in events {
            match event.kind {
                EventKind::Failed { error, .. } => told.failed.push(error),
                EventKind::Deferred(pending) => told.pending.push(pending),
                _ => {}
            }
        }
        if ended.is_some() {
            told.status = ended;
            return told;
        }
        for dispatch in calls {
            told.calls.push(dispatch.call.operation.clone());
            let (at, result) = match answer(&dispatch.call.operation) {
                Some(result) => (cloud.now() + Duration::from_millis(100), result),
                None => {
                    let submission = cloud.submit(cloud.now(), &dispatch.call);
                    (submission.at, submission.result)
                }
            };
            arrivals.insert((at, dispatch.ticket), result);
        }
        assert!(told.calls.len() < 5_000, "it goes on and on");
        let arrival = arrivals.keys().next().map(|(at, _)| *at);
        let next = [arrival, wake].into_iter().flatten().min().unwrap();
        cloud.advance_to(next);
        while let Some(first) = arrivals.first_entry().filter(|first| first.key().0 <= next) {
            let ((_, ticket), result) = first.remove_entry();
            machine.handle_reply(next, ticket, result);
        }
    }
}

fn planned(text: &str) -> Plan {
    Planner::new(&zone(text)).plan().unwrap()
}

/// The name and the root address of the only tenant's account.
fn wanted(plan: &Plan) -> (String, String) {
    let named = |spec: &ResourceSpec| match spec {
        ResourceSpec::Account(AccountSpec { name, email, .. }) => {
            Some((name.clone(), email.as_str().to_owned()))
        }
        _ => None,
    };
    plan.steps().find_map(|step| named(&step.spec)).unwrap()
}

fn manage(cloud: &SimulatedCloud, operation: Operation) -> Answer {
    cloud.submit(cloud.now(), &Call { target: Target::Management, operation }).result
}

/// Somebody else asks for an account.
fn ask(cloud: &SimulatedCloud, plan: &Plan, name: &str, email: &str) {
    let (name, email, role) = (name.to_owned(), email.to_owned(), plan.scope.access_role.clone());
    manage(cloud, organizations::Operation::CreateAccount { name, email, role, tags: Tags::new() }.into())
        .unwrap();
}

fn later(cloud: &SimulatedCloud, seconds: u64) {
    cloud.advance_to(cloud.now() + Duration::from_secs(seconds));
}

/// The names and addresses of the accounts outside the root.
fn placed(cloud: &SimulatedCloud) -> Vec<String> {
    let root = cloud.observe().organization.unwrap().root.id;
    cloud.accounts().into_iter().filter(|(_, parent)| *parent != root).map(|(found, _)| found.email).collect()
}

#[test]
fn before_the_first_account_requests_are_listed_and_accounts_where_nobody_has_just_looked() {
    let plan = planned(ONE_TENANT);
    for goes_on in [false, true] {
        let told = drive(&plan, &SimulatedCloud::new(0), goes_on, |_| None);
        assert_eq!(told.status, Some(RunStatus::Succeeded));
        let asked = told.at("CreateAccount");
        let before: Vec<_> =
            told.calls[..asked].iter().filter(|call| call.name().contains("Account")).collect();
        let requests = &Operation::Organizations(organizations::Operation::ListCreateAccountStatus {
            in_progress_only: false,
            page: None,
        });
        let accounts = &Operation::Organizations(organizations::Operation::ListAccounts { page: None });
        assert_eq!(before, if goes_on { vec![accounts, requests] } else { vec![requests] });
        assert_eq!(told.count("DescribeAccount"), 0, "its own account needs no second look");
    }
}

#[test]
fn a_request_that_has_succeeded_is_taken_once_its_account_has_the_right_address() {
    let (plan, cloud) = (planned(ONE_TENANT), SimulatedCloud::new(0));
    let (name, email) = wanted(&plan);
    ask(&cloud, &plan, &name, &email.to_uppercase());
    later(&cloud, 900);
    let told = drive(&plan, &cloud, false, |_| None);
    assert_eq!((told.status, &told.failed), (Some(RunStatus::Succeeded), &vec![]));
    assert_eq!((told.count("DescribeAccount"), told.count("CreateAccount")), (1, 0));
}

#[test]
fn an_account_of_somebody_else_with_the_same_name_is_left_alone() {
    let plan = planned(ONE_TENANT);
    let (name, email) = wanted(&plan);
    // Decided on already, and still being decided on.
    for (seconds, description) in [(900, "decided"), (5, "in progress")] {
        let cloud = SimulatedCloud::new(0);
        ask(&cloud, &plan, &name, "somebody@else.example.com");
        later(&cloud, seconds);
        let told = drive(&plan, &cloud, false, |_| None);
        assert_eq!((told.status, &told.failed), (Some(RunStatus::Succeeded), &vec![]), "{description}");
        assert_eq!((told.count("DescribeAccount"), told.count("CreateAccount")), (1, 1), "{description}");
        assert!(told.at("DescribeAccount") < told.at("CreateAccount"), "{description}");
        assert_eq!(placed(&cloud), std::slice::from_ref(&email), "{description}");
    }
}

#[test]
fn a_request_of_somebody_else_that_fails_is_no_answer() {
    let (plan, cloud) = (planned(ONE_TENANT), SimulatedCloud::new(0));
    let (name, email) = wanted(&plan);
    cloud.set_faults(Faults { async_failure: 1.0, ..Faults::default() });
    ask(&cloud, &plan, &name, "somebody@else.example.com");
    cloud.set_faults(Faults::default());
    later(&cloud, 5);
    let told = drive(&plan, &cloud, false, |_| None);
    assert_eq!((told.status, &told.failed), (Some(RunStatus::Succeeded), &vec![]));
    assert_eq!(told.count("CreateAccount"), 1);
    assert_eq!(placed(&cloud), [email]);
}

#[test]
fn a_run_that_goes_on_takes_an_account_that_was_made_meanwhile() {
    let (plan, cloud) = (planned(ONE_TENANT), SimulatedCloud::new(0));
    let (_, email) = wanted(&plan);
    ask(&cloud, &plan, "by hand", &email);
    later(&cloud, 900);
    let told = drive(&plan, &cloud, true, |_| None);
    assert_eq!((told.status, &told.failed), (Some(RunStatus::Succeeded), &vec![]));
    assert_eq!(told.count("CreateAccount"), 0);
    assert_eq!(placed(&cloud), [email]);
}

#[test]
fn an_account_that_is_closed_is_not_worked_in() {
    let (plan, cloud) = (planned(ONE_TENANT), SimulatedCloud::new(0));
    let (name, email) = wanted(&plan);
    ask(&cloud, &plan, &name, &email);
    later(&cloud, 900);
    let account = cloud.accounts().into_iter().find(|(found, _)| found.email == email).unwrap().0;
    manage(&cloud, organizations::Operation::CloseAccount { account: account.id }.into()).unwrap();
    later(&cloud, 1_800);
    let state = |cloud: &SimulatedCloud| cloud.accounts().into_iter().find(|(found, _)| found.email == email);
    assert_eq!(state(&cloud).unwrap().0.state, AccountState::Suspended);
    for goes_on in [false, true] {
        let told = drive(&plan, &cloud, goes_on, |_| None);
        assert_eq!((told.status, told.count("CreateAccount")), (Some(RunStatus::Failed), 0));
        assert_eq!(told.failed.len(), 1);
        assert!(told.failed[0].contains("closed or suspended"), "{:?}", told.failed);
    }
}

#[test]
fn a_lost_reply_is_looked_up_by_address_then_by_name_and_never_called_again() {
    let (plan, cloud) = (planned(ONE_TENANT), SimulatedCloud::new(0));
    let told = drive(&plan, &cloud, false, |operation| {
        matches!(operation, Operation::Organizations(organizations::Operation::CreateAccount { .. })).then(
            || {
                manage(&cloud, operation.clone()).unwrap();
                Err(CloudError::unknown("RequestTimeout", ""))
            },
        )
    });
    assert_eq!((told.status, &told.failed), (Some(RunStatus::Succeeded), &vec![]));
    let asked = told.at("CreateAccount");
    let after: Vec<_> =
        told.names()[asked..].iter().copied().filter(|name| name.contains("Account")).collect();
    assert_eq!(after[..3], ["CreateAccount", "ListAccounts", "ListCreateAccountStatus"], "{after:?}");
    // A request that was found by its name alone is not taken for one's own before its account was seen.
    assert_eq!((told.count("CreateAccount"), told.count("DescribeAccount")), (1, 1));
}

#[test]
fn a_request_that_failed_within_aws_is_made_again_after_another_look() {
    let (plan, cloud) = (planned(ONE_TENANT), SimulatedCloud::new(0));
    let mut failures = 2;
    let told = drive(&plan, &cloud, false, |operation| {
        let fails =
            matches!(operation, Operation::Organizations(organizations::Operation::CreateAccount { .. }))
                && failures > 0;
        fails.then(|| {
            failures -= 1;
            cloud.set_faults(Faults { async_failure: 1.0, ..Faults::default() });
            let answer = manage(&cloud, operation.clone());
            cloud.set_faults(Faults::default());
            answer
        })
    });
    assert_eq!((told.status, &told.failed), (Some(RunStatus::Succeeded), &vec![]));
    assert_eq!(told.count("CreateAccount"), 3);
    let names = told.names();
    let asked: Vec<usize> = (0..names.len()).filter(|at| names[*at] == "CreateAccount").collect();
    for between in asked.windows(2) {
        let looked = &names[between[0]..between[1]];
        assert!(
            looked.contains(&"ListAccounts") && looked.contains(&"ListCreateAccountStatus"),
            "{looked:?}"
        );
    }
}

#[test]
fn no_more_requests_are_made_than_aws_decides_on_at_a_time_those_of_others_included() {
    let (plan, cloud) = (planned(TEN_TENANTS), SimulatedCloud::new(0));
    for number in 0..3 {
        ask(&cloud, &plan, &format!("other {number}"), &format!("other{number}@example.com"));
    }
    // Their share of the rate is back by then; they themselves take longer.
    later(&cloud, 35);
    let in_progress = || {
        let requests = cloud.account_requests();
        requests.iter().filter(|(request, _)| request.state == AccountRequestState::InProgress).count()
    };
    let (mut most, mut at_first) = (0, None);
    let told = drive(&plan, &cloud, false, |operation| {
        if matches!(operation, Operation::Organizations(organizations::Operation::CreateAccount { .. })) {
            at_first.get_or_insert_with(in_progress);
            most = most.max(in_progress());
        }
        None
    });
    assert_eq!((told.status, &told.failed), (Some(RunStatus::Succeeded), &vec![]));
    assert_eq!(at_first, Some(3), "the others are still in progress");
    assert_eq!((told.count("CreateAccount"), most), (10, 4), "none was refused, and all the room was used");
}

fn refused(reason: &'static str) -> Answer {
    Err(CloudError::rejected_because("ConstraintViolationException", reason, ""))
}

/// Refuses the first requests for accounts.
fn at_first(mut count: usize, with: impl Fn() -> Answer) -> impl FnMut(&Operation) -> Option<Answer> {
    move |operation| {
        let refuses =
            matches!(operation, Operation::Organizations(organizations::Operation::CreateAccount { .. }))
                && count > 0;
        refuses.then(|| {
            count -= 1;
            with()
        })
    }
}

#[test]
fn too_many_accounts_passes_in_a_new_organization_only() {
    let too_many = || refused("ACCOUNT_NUMBER_LIMIT_EXCEEDED");
    let new = SimulatedCloud::builder(0).without_organization().build();
    let zone = zone(ONE_TENANT);
    let plan = Planner::new(&zone).observed(&new.observe()).plan().unwrap();
    let told = drive(&plan, &new, false, at_first(5, too_many));
    assert_eq!((told.status, told.failed), (Some(RunStatus::Succeeded), vec![]));
    let told = drive(&planned(ONE_TENANT), &SimulatedCloud::new(0), false, at_first(5, too_many));
    assert_eq!((told.status, told.failed.len()), (Some(RunStatus::Failed), 1));
    assert!(told.failed[0].ends_with("raise the quota, then plan again"), "{:?}", told.failed);
    // Not even a new organization has room for ever.
    let full = SimulatedCloud::builder(0).without_organization().build();
    let told = drive(&plan, &full, false, at_first(usize::MAX, too_many));
    assert_eq!((told.status, told.failed.len()), (Some(RunStatus::Failed), 1));
}

#[test]
fn an_organization_that_settles_is_asked_again_at_length() {
    let settling = || Err(CloudError::rejected("FinalizingOrganizationException", ""));
    let (plan, cloud) = (planned(ONE_TENANT), SimulatedCloud::new(0));
    let told = drive(&plan, &cloud, false, at_first(40, settling));
    assert_eq!((told.status, told.failed), (Some(RunStatus::Succeeded), vec![]));
    assert!(cloud.now().as_secs_f64() > 2_000.0, "{}", cloud.now());
}

#[test]
fn what_is_refused_for_good_says_what_to_do() {
    let too_fast = || refused("ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED");
    let told = drive(&planned(ONE_TENANT), &SimulatedCloud::new(0), false, at_first(1, too_fast));
    assert_eq!((told.failed.len(), told.count("CreateAccount")), (1, 1));
    assert!(told.failed[0].contains("plan again tomorrow"), "{:?}", told.failed);
    // So does what is refused later, known or not.
    for (reason, mend) in [
        ("ACCOUNT_LIMIT_EXCEEDED", "quota"),
        ("EMAIL_ALREADY_EXISTS", "invite"),
        ("FAILED_BUSINESS_VALIDATION", "contact information"),
        ("INVENTED_TOMORROW", "failure reasons"),
    ] {
        let (plan, cloud) = (planned(ONE_TENANT), SimulatedCloud::new(0));
        let (name, _) = wanted(&plan);
        let request = |state| {
            Ok(Reply::Organizations(organizations::Reply::AccountRequest(AccountRequest {
                id: "car-1".parse().unwrap(),
                account_name: name.clone(),
                state,
            })))
        };
        let told = drive(&plan, &cloud, false, |operation| match operation {
            Operation::Organizations(organizations::Operation::CreateAccount { .. }) => {
                Some(request(AccountRequestState::InProgress))
            }
            Operation::Organizations(organizations::Operation::DescribeCreateAccountStatus { .. }) => {
                Some(request(AccountRequestState::Failed { reason: reason.to_owned() }))
            }
            _ => None,
        });
        assert_eq!((told.status, told.failed.len()), (Some(RunStatus::Failed), 1), "{reason}");
        assert!(told.failed[0].contains(reason) && told.failed[0].contains(mend), "{:?}", told.failed);
    }
}

#[test]
fn a_request_that_waits_for_time_or_a_person_is_put_off() {
    // AWS refuses at once, or decides later.
    for (reason, waits_for, what) in [
        ("MASTER_ACCOUNT_MISSING_CONTACT_INFO", "person", "contact information"),
        ("MASTER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED", "person", "payment method"),
    ] {
        let told =
            drive(&planned(ONE_TENANT), &SimulatedCloud::new(0), false, at_first(1, || refused(reason)));
        check_put_off(&told, waits_for, what);
    }
    for (reason, waits_for, what) in [
        ("PENDING_BUSINESS_VALIDATION", "time", "business information"),
        ("MISSING_BUSINESS_VALIDATION", "person", "contact information"),
        ("MISSING_PAYMENT_INSTRUMENT", "person", "payment method"),
        ("INVALID_PAYMENT_INSTRUMENT", "person", "payment method"),
    ] {
        let (plan, cloud) = (planned(ONE_TENANT), SimulatedCloud::new(0));
        let (account_name, _) = wanted(&plan);
        let request = |state| {
            let (id, account_name) = ("car-1".parse().unwrap(), account_name.clone());
            let request = AccountRequest { id, account_name, state };
            Some(Ok(organizations::Reply::AccountRequest(request).into()))
        };
        let told = drive(&plan, &cloud, false, |operation| match operation {
            Operation::Organizations(organizations::Operation::CreateAccount { .. }) => {
                request(AccountRequestState::InProgress)
            }
            Operation::Organizations(organizations::Operation::DescribeCreateAccountStatus { .. }) => {
                request(AccountRequestState::Failed { reason: reason.to_owned() })
            }
            _ => None,
        });
        check_put_off(&told, waits_for, what);
    }
}

fn check_put_off(told: &Told, waits_for: &str, what: &str) {
    assert_eq!((told.status, &told.failed), (Some(RunStatus::Pending), &vec![]), "{what}");
    let [pending] = &told.pending[..] else { panic!("one account is put off: {:?}", told.pending) };
    assert_eq!(pending.address.as_str(), "tenant/acme-finance/account");
    assert_eq!((pending.action, pending.deferral.waits_for.name()), (Action::Create, waits_for));
    assert!(pending.deferral.reason.contains(what), "{pending}");
    assert_eq!(pending.deferral.probe, "organizations:CreateAccount");
    assert_eq!(told.count("CreateAccount"), 1);
}

#[test]
fn whoever_may_not_look_at_requests_asks_for_no_account() {
    let denied = || Some(Err(CloudError::rejected("AccessDeniedException", "")));
    let told = drive(&planned(TEN_TENANTS), &SimulatedCloud::new(0), false, |operation| match operation {
        Operation::Organizations(organizations::Operation::ListCreateAccountStatus { .. }) => denied(),
        _ => None,
    });
    assert_eq!((told.status, told.failed.len()), (Some(RunStatus::Failed), 10));
    assert_eq!(told.count("CreateAccount"), 0);
    // Where only what became of them may not be asked for, the run ends all the same.
    let told = drive(&planned(ONE_TENANT), &SimulatedCloud::new(0), false, |operation| match operation {
        Operation::Organizations(organizations::Operation::DescribeCreateAccountStatus { .. }) => denied(),
        _ => None,
    });
    assert_eq!((told.status, told.failed.len()), (Some(RunStatus::Failed), 1));
}

#[test]
fn once_aws_makes_no_more_accounts_nobody_else_asks_for_one() {
    let (plan, cloud) = (planned(TEN_TENANTS), SimulatedCloud::new(0));
    // One of them is there already: it needs no room.
    let (name, email) = wanted(&plan);
    ask(&cloud, &plan, &name, &email);
    later(&cloud, 900);
    let told = drive(&plan, &cloud, true, at_first(usize::MAX, || refused("ACCOUNT_NUMBER_LIMIT_EXCEEDED")));
    assert_eq!((told.status, told.failed.len()), (Some(RunStatus::Failed), 9));
    assert!(told.count("CreateAccount") <= 6, "{} of nine were asked for", told.count("CreateAccount"));
    let turned_away = told.failed.iter().filter(|error| error.starts_with("it was not asked for")).count();
    assert_eq!(turned_away + told.count("CreateAccount"), 9);
    assert!(told.failed.iter().all(|error| error.ends_with("raise the quota, then plan again")));
    assert_eq!(placed(&cloud), [email]);
}

#[test]
fn a_quota_that_aws_finds_exhausted_only_when_it_decides_ends_the_asking_too() {
    let (plan, cloud) = (planned(TEN_TENANTS), SimulatedCloud::new(0));
    let mut requests = 0;
    let told = drive(&plan, &cloud, false, |operation| match operation {
        Operation::Organizations(organizations::Operation::CreateAccount { name, .. }) => {
            requests += 1;
            let id = format!("car-{requests}").parse().unwrap();
            let state = AccountRequestState::InProgress;
            Some(Ok(Reply::Organizations(organizations::Reply::AccountRequest(AccountRequest {
                id,
                account_name: name.clone(),
                state,
            }))))
        }
        Operation::Organizations(organizations::Operation::DescribeCreateAccountStatus { request }) => {
            let state = AccountRequestState::Failed { reason: "ACCOUNT_LIMIT_EXCEEDED".to_owned() };
            let (id, account_name) = (request.clone(), String::new());
            Some(Ok(Reply::Organizations(organizations::Reply::AccountRequest(AccountRequest {
                id,
                account_name,
                state,
            }))))
        }
        _ => None,
    });
    assert_eq!((told.status, told.failed.len()), (Some(RunStatus::Failed), 10));
    assert!(told.count("CreateAccount") <= 5, "{} were asked for", told.count("CreateAccount"));
    assert!(told.failed.iter().all(|error| error.ends_with("quota of accounts in Service Quotas")));
}

#[test]
fn a_quota_that_one_request_runs_into_says_nothing_of_the_next() {
    let (plan, cloud) = (planned(TEN_TENANTS), SimulatedCloud::new(0));
    let told = drive(&plan, &cloud, false, at_first(1, || refused("MAX_TAG_LIMIT_EXCEEDED")));
    assert_eq!((told.status, told.failed.len()), (Some(RunStatus::Failed), 1), "{:?}", told.failed);
    assert_eq!((told.count("CreateAccount"), placed(&cloud).len()), (10, 9));
}

#[test]
fn what_was_refused_before_a_crash_is_refused_no_more_once_there_is_room() {
    let (plan, cloud) = (planned(TEN_TENANTS), SimulatedCloud::new(0));
    let step = plan.steps().find(|step| matches!(step.spec, ResourceSpec::Account(_))).unwrap();
    let before = "car-before".parse().unwrap();
    let asked = StepRecord { status: StepStatus::Between, id: None, request: Some(before), deferral: None };
    let mut replay = Replay { last_seq: 1, ..Replay::default() };
    replay.steps.insert(step.address.clone(), asked);
    let told = drive_from(&plan, &cloud, Some(&replay), |operation| match operation {
        Operation::Organizations(organizations::Operation::DescribeCreateAccountStatus { request })
            if request.as_str() == "car-before" =>
        {
            let state = AccountRequestState::Failed { reason: "ACCOUNT_LIMIT_EXCEEDED".to_owned() };
            let (id, account_name) = (request.clone(), String::new());
            Some(Ok(Reply::Organizations(organizations::Reply::AccountRequest(AccountRequest {
                id,
                account_name,
                state,
            }))))
        }
        _ => None,
    });
    assert_eq!((told.status, told.failed.len()), (Some(RunStatus::Failed), 1), "{:?}", told.failed);
    assert_eq!(placed(&cloud).len(), 9);
}
