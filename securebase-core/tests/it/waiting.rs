//! What is said of waiting, and when it ends: endpoints that do not answer, lists without end, replies that cannot be read.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use securebase_core::cloud::{Call, CloudError, ErrorKind, Operation, Page, Reply, ec2, organizations};
use securebase_core::exec::{self, ApplyOptions, Error, EventKind, Run, WaitReason};
use securebase_core::model::{Address, Limits};
use securebase_core::observe::{self, Scope};
use securebase_core::plan::Plan;
use securebase_core::sim::SimulatedCloud;
use securebase_core::state::RunStatus;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::clockwork::{Answer, Clockwork};
use crate::support::{ONE_TENANT, TEN_TENANTS, memory, now, plan, zone};

const SECOND: Duration = Duration::from_secs(1);

/// Keeps the warnings that are logged.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    fn during<T>(act: impl FnOnce() -> T) -> (T, Vec<String>) {
        let warnings = Self::default();
        let done = tracing::subscriber::with_default(warnings.clone(), act);
        let said = warnings.0.lock().unwrap().clone();
        (done, said)
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        struct Message(String);
        impl Visit for Message {
            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.lock().unwrap().push(message.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn is_fatal(error: &Error, code: &str) -> bool {
    matches!(error, Error::Survey(observe::Error::Failed { source, .. }) if source.code == code)
}

/// Surveys an organization whose every call is answered like that. Says the error, how long it took, how many calls there
/// were, and what was logged.
fn survey_in_vain(answer: fn() -> Answer) -> (Error, Duration, usize, Vec<String>) {
    let cloud = SimulatedCloud::new(0);
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let clockwork = Clockwork::new(&cloud, move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Some(answer())
    });
    let began = cloud.now();
    let scope = Scope::of(&zone(ONE_TENANT));
    let (surveyed, said) = Warnings::during(|| clockwork.run(observe::survey(&clockwork, &scope)));
    (surveyed.unwrap_err().into(), cloud.now().since(began), calls.load(Ordering::SeqCst), said)
}

#[test]
fn where_nothing_listens_a_survey_says_so_within_half_a_minute() {
    let refused = || (Duration::ZERO, Err(CloudError::not_sent("EndpointUnreachable", "refused")));
    let dropped = || (5 * SECOND, Err(CloudError::not_sent("EndpointUnreachable", "no answer")));
    for answer in [refused, dropped] {
        let (error, took, calls, said) = survey_in_vain(answer);
        assert!(is_fatal(&error, "EndpointUnreachable"), "{error}");
        assert!((15 * SECOND..=30 * SECOND).contains(&took), "{took:?}");
        assert!(calls > 2, "a moment without a network is no reason to give up");
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("organizations:DescribeOrganization"), "{said:?}");
        assert!(said[0].contains("EndpointUnreachable"), "{said:?}");
    }
}

#[test]
fn a_certificate_that_is_not_trusted_ends_a_survey_at_once() {
    let untrusted = || (SECOND, Err(CloudError::not_sent("CertificateUntrusted", "self-signed")));
    let (error, took, calls, said) = survey_in_vain(untrusted);
    assert!(is_fatal(&error, "CertificateUntrusted"), "{error}");
    assert_eq!((took, calls, said), (SECOND, 1, Vec::new()));
}

#[test]
fn a_server_that_never_answers_is_given_up_after_a_quarter_of_an_hour() {
    let silent = || (60 * SECOND, Err(CloudError::unknown("RequestTimeout", "no answer")));
    let (error, took, _, said) = survey_in_vain(silent);
    assert!(is_fatal(&error, "RequestTimeout"), "{error}");
    assert!((900 * SECOND..1000 * SECOND).contains(&took), "{took:?}");
    assert_eq!(said.len(), 1, "{said:?}");
}

#[test]
fn an_answer_that_cannot_be_read_is_not_asked_for_again_and_again() {
    let unreadable = || (SECOND, Err(CloudError::unreadable("MalformedReply", "the body begins `null`")));
    let (error, took, calls, _) = survey_in_vain(unreadable);
    assert!(is_fatal(&error, "MalformedReply"), "{error}");
    assert!(error.to_string().contains("organizations:DescribeOrganization"), "{error}");
    assert!(calls <= 5 && took < 30 * SECOND, "{calls} in {took:?}");
}

#[test]
fn a_survey_outlives_an_outage() {
    let cloud = SimulatedCloud::new(0);
    let calls = AtomicUsize::new(0);
    let (world, before) = (cloud.clone(), cloud.now());
    let clockwork = Clockwork::new(&cloud, move |_| {
        let after = calls.fetch_add(1, Ordering::SeqCst) >= 2;
        let out = after && world.now().since(before) < 600 * SECOND;
        out.then(|| (SECOND, Err(CloudError::not_sent("EndpointUnreachable", "no route"))))
    });
    let scope = Scope::of(&zone(ONE_TENANT));
    let (surveyed, said) = Warnings::during(|| clockwork.run(observe::survey(&clockwork, &scope)));
    assert!(surveyed.is_ok(), "{surveyed:?}");
    assert!(cloud.now().since(before) > 600 * SECOND);
    assert_eq!(said.len(), 1, "{said:?}");
}

/// The list goes on at one and the same page.
fn endless(operation: &Operation) -> Option<Answer> {
    let next = Some("again".to_owned());
    match operation {
        Operation::Organizations(organizations::Operation::ListAccounts { .. }) => Some((
            SECOND,
            Ok(Reply::Organizations(organizations::Reply::Accounts(Page { items: Vec::new(), next }))),
        )),
        Operation::Organizations(organizations::Operation::ListCreateAccountStatus { .. }) => Some((
            SECOND,
            Ok(Reply::Organizations(organizations::Reply::AccountRequests(Page { items: Vec::new(), next }))),
        )),
        Operation::Ec2(ec2::Operation::DescribeVpcs { .. }) => {
            Some((SECOND, Ok(Reply::Ec2(ec2::Reply::Vpcs(Page { items: Vec::new(), next })))))
        }
        _ => None,
    }
}

#[test]
fn a_list_without_end_is_an_error_of_a_survey() {
    let cloud = SimulatedCloud::new(0);
    let clockwork = Clockwork::new(&cloud, |call| endless(&call.operation));
    let surveyed = clockwork.run(observe::survey(&clockwork, &Scope::of(&zone(ONE_TENANT))));
    let error = Error::from(surveyed.unwrap_err());
    assert!(is_fatal(&error, "PageTokenRepeated"), "{error}");
    assert!(error.to_string().contains("organizations:ListAccounts"), "{error}");
}

/// Applies to an empty organization whose calls are answered like that once the run has begun.
fn apply_to(
    plan: &Plan,
    cloud: &SimulatedCloud,
    hook: impl Fn(&Call) -> Option<Answer> + Send + Sync + 'static,
) -> (Run, Vec<String>) {
    let began = Arc::new(AtomicUsize::new(0));
    let is_on = Arc::clone(&began);
    let clockwork =
        Clockwork::new(cloud, move |call| if is_on.load(Ordering::SeqCst) > 0 { hook(call) } else { None });
    let options = ApplyOptions::new().progress(move |_| {
        began.store(1, Ordering::SeqCst);
    });
    let state = memory();
    Warnings::during(|| clockwork.run(exec::apply(plan, &clockwork, &state, options)).unwrap())
}

fn waits(run: &Run) -> Vec<(Option<&str>, &WaitReason)> {
    let waits = run.events.iter().filter_map(|event| match &event.kind {
        EventKind::Waiting { reason, .. } => Some((event.address().map(Address::as_str), reason)),
        _ => None,
    });
    waits.collect()
}

#[test]
fn a_list_without_end_fails_the_steps_that_need_it() {
    let cloud = SimulatedCloud::new(0);
    let plan = plan(&zone(ONE_TENANT), &cloud);
    let (run, _) = apply_to(&plan, &cloud, |call| endless(&call.operation));
    assert_eq!(run.status, RunStatus::Failed);
    assert!(run.failed.iter().any(|(address, error)| {
        address.as_str() == "tenant/acme-finance/account" && error.contains("PageTokenRepeated")
    }));
    // A look-up after a lost reply reads a list, too.
    let cloud = SimulatedCloud::new(0);
    let (run, _) = apply_to(&plan, &cloud, |call| match &call.operation {
        Operation::Ec2(ec2::Operation::CreateVpc { .. }) => {
            Some((SECOND, Err(CloudError::unknown("RequestTimeout", ""))))
        }
        operation @ Operation::Ec2(ec2::Operation::DescribeVpcs { tags, .. }) if !tags.is_empty() => {
            endless(operation)
        }
        _ => None,
    });
    let failed: Vec<_> = run.failed.iter().map(|(address, error)| (address.as_str(), error)).collect();
    let [("tenant/acme-finance/vpc", error)] = failed[..] else { panic!("{failed:?}") };
    assert!(error.contains("PageTokenRepeated"), "{error}");
}

#[test]
fn a_run_outlives_an_outage_and_says_that_it_waits() {
    let cloud = SimulatedCloud::new(0);
    let plan = plan(&zone(ONE_TENANT), &cloud);
    let (world, begins) = (cloud.clone(), cloud.now() + 60 * SECOND);
    let (run, said) = apply_to(&plan, &cloud, move |_| {
        let out = world.now() >= begins && world.now() < begins + 600 * SECOND;
        out.then(|| (SECOND, Err(CloudError::not_sent("EndpointUnreachable", "no route"))))
    });
    assert_eq!(run.status, RunStatus::Succeeded, "{run}");
    let failing: Vec<_> =
        waits(&run).into_iter().filter(|(_, reason)| matches!(reason, WaitReason::Failing { .. })).collect();
    assert!(!failing.is_empty());
    for (index, (address, reason)) in failing.iter().enumerate() {
        assert!(reason.to_string().contains("EndpointUnreachable"), "{reason}");
        assert!(failing[..index].iter().all(|(before, _)| before != address), "{address:?} twice");
    }
    assert_eq!(said.len(), failing.len(), "each is a warning in the log: {said:?}");
}

#[test]
fn long_waits_are_said_with_their_reasons_and_short_ones_are_not() {
    let cloud = SimulatedCloud::new(0);
    let plan = plan(&zone(TEN_TENANTS), &cloud);
    let (run, said) = apply_to(&plan, &cloud, |_| None);
    assert_eq!(run.status, RunStatus::Succeeded, "{run}");
    let waits = waits(&run);
    let of = |wanted: fn(&WaitReason) -> bool| {
        waits.iter().filter(|(_, reason)| wanted(reason)).map(|(address, _)| *address).collect::<Vec<_>>()
    };
    let decisions = of(|reason| *reason == WaitReason::Decision);
    assert_eq!(decisions.len(), 10);
    assert!(decisions.iter().all(|address| address.is_some_and(|it| it.ends_with("/account"))));
    let young = of(|reason| *reason == WaitReason::Readiness);
    assert!(young.iter().all(|address| address.is_some_and(|it| it.ends_with("/readiness"))), "{young:?}");
    assert_eq!(young.iter().collect::<BTreeSet<_>>().len(), young.len(), "once each");
    let settling = of(|reason| *reason == WaitReason::Settling);
    assert_eq!(settling.len(), 10, "the gateways take minutes");
    assert!(settling.iter().all(|address| address.is_some_and(|it| it.contains("/nat-gateway/"))));
    assert_eq!(of(|reason| *reason == WaitReason::Room), [None], "five accounts are made at a time");
    assert_eq!(of(|reason| matches!(reason, WaitReason::Failing { .. })), []);
    assert_eq!(said, Vec::<String>::new(), "nothing is wrong");
}

#[test]
fn a_change_whose_reply_cannot_be_read_is_looked_up() {
    let unreadable = || Err(CloudError::unreadable("MalformedReply", "the body begins `null`"));
    assert_eq!(CloudError::unreadable("MalformedReply", "").kind, ErrorKind::Unreadable);
    // Each of these has its effect, and is answered with nothing that can be read.
    type Wanted = fn(&Operation) -> bool;
    let cases: [(Wanted, usize); 3] = [
        (|operation| matches!(operation, Operation::Ec2(ec2::Operation::CreateVpc { .. })), 1),
        (
            |operation| {
                matches!(operation, Operation::Organizations(organizations::Operation::CreateAccount { .. }))
            },
            1,
        ),
        // It has no look-up: sent again, it is refused as done already.
        (
            |operation| {
                matches!(operation, Operation::Organizations(organizations::Operation::AttachPolicy { .. }))
            },
            2,
        ),
    ];
    for (wanted, times) in cases {
        let cloud = SimulatedCloud::new(0);
        let plan = plan(&zone(ONE_TENANT), &cloud);
        let (world, calls) = (cloud.clone(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&calls);
        let (run, _) = apply_to(&plan, &cloud, move |call| {
            if !wanted(&call.operation) {
                return None;
            }
            if count.fetch_add(1, Ordering::SeqCst) > 0 {
                return None;
            }
            drop(world.submit(world.now(), call));
            Some((SECOND, unreadable()))
        });
        assert_eq!(run.status, RunStatus::Succeeded, "{run}");
        assert_eq!(calls.load(Ordering::SeqCst), times, "it was not sent again and again");
    }
    // Where there is nothing to look up, a few attempts are all there is.
    let cloud = SimulatedCloud::new(0);
    let plan = plan(&zone(ONE_TENANT), &cloud);
    let (run, _) = apply_to(&plan, &cloud, move |call| match call.operation {
        Operation::Ec2(ec2::Operation::ModifyVpcAttribute { .. }) => Some((SECOND, unreadable())),
        _ => None,
    });
    let failed: Vec<_> = run.failed.iter().map(|(address, error)| (address.as_str(), error)).collect();
    let [("tenant/acme-finance/vpc", error)] = failed[..] else { panic!("{failed:?}") };
    assert!(error.contains("ec2:ModifyVpcAttribute answered MalformedReply"), "{error}");
    let sent = cloud.calls();
    assert!(sent.iter().all(|call| call.operation != "ModifyVpcAttribute"), "none reached the cloud");
    assert_eq!(run.calls["ec2:ModifyVpcAttribute"].count, 4);
}

#[test]
fn the_reasons_read_as_sentences() {
    let kind = EventKind::Waiting { address: None, reason: WaitReason::Room };
    let event = exec::Event { at: securebase_core::time::Time::ZERO, kind };
    assert_eq!(event.to_string(), "waiting: accounts stand in line, of which AWS makes only a few at a time");
    assert_eq!((event.name(), event.address()), ("waiting", None));
    let json = serde_json::to_value(&event.kind).unwrap();
    assert_eq!(
        json,
        serde_json::json!({"event": "waiting", "address": null, "reason": {"waits_for": "room"}})
    );
}

#[test]
fn one_cause_that_fails_many_steps_is_logged_once() {
    let mut limits = Limits::default();
    limits.set("accounts", 4.0).unwrap();
    let cloud = SimulatedCloud::builder(0).limits(limits).build();
    let plan = plan(&zone(TEN_TENANTS), &cloud);
    let (run, said) = Warnings::during(|| now(exec::apply(&plan, &cloud, &memory(), ApplyOptions::new())));
    let run = run.unwrap();
    assert!(run.failed.len() > 5 && run.blocked.len() > 50, "{run}");
    let causes: BTreeSet<&str> = run.failed.iter().map(|(_, error)| error.as_str()).collect();
    assert!(causes.len() < run.failed.len(), "{causes:?}");
    let failures: Vec<&String> = said.iter().filter(|line| line.contains("failed")).collect();
    assert_eq!(failures.len(), causes.len(), "{said:#?}");
    assert!(said.iter().all(|line| !line.contains("not begun")), "{said:#?}");
}
