//! Not a sample: every call and every write of a zone of two tenants, with everything that can go wrong there.

use securebase_core::sim::Fault;

use crate::case::{Case, Deed, Event, Mishap, Moment, Move, What};
use crate::life::{Life, live};
use crate::seeds::report;
use crate::zones::Shape;

fn two_tenants() -> Case {
    Case::quiet(Shape {
        tiers: vec![0, 1],
        network: true,
        nat: true,
        vpn: true,
        flow_logs: true,
        tagged: false,
        endpoints: true,
        keys: true,
    })
}

/// Lives through the zone with one thing going wrong at each of the moments, several threads taking turns.
fn sweep(events: impl Iterator<Item = Event>, part: usize, parts: usize) -> usize {
    sweep_after(&[], events, part, parts)
}

/// The same with something having gone wrong before.
fn sweep_after(before: &[Event], events: impl Iterator<Item = Event>, part: usize, parts: usize) -> usize {
    let mut count = 0;
    let mut failed = Vec::new();
    for event in events.enumerate().filter(|(index, _)| index % parts == part).map(|(_, event)| event) {
        let case = Case { events: [before, &[event]].concat(), ..two_tenants() };
        let Life { wrong, .. } = live(&case);
        count += 1;
        if !wrong.is_empty() {
            failed.push(report(&case, &wrong));
        }
        if failed.len() == 5 {
            break;
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    count
}

fn quiet() -> Life {
    let life = live(&two_tenants());
    assert!(life.wrong.is_empty(), "without any fault: {:#?}", life.wrong);
    assert_eq!(life.given_up, Vec::<String>::new());
    life
}

/// What can go wrong with a call that changes something.
fn faults(operation: &str) -> Vec<Fault> {
    let mut faults = vec![
        Fault::Throttle,
        Fault::ExpiredCredentials,
        Fault::LostRequest,
        Fault::LostReply,
        Fault::ServiceError { effect: false },
        Fault::ServiceError { effect: true },
        Fault::Duplicate { second: false },
        Fault::Duplicate { second: true },
        Fault::NotYetVisible,
    ];
    if matches!(operation, "CreateAccount" | "CreateNatGateway") {
        faults.push(Fault::AsyncFailure);
    }
    faults
}

fn every_fault(part: usize) {
    let life = quiet();
    let events = life.changing.iter().flat_map(|(ordinal, operation)| {
        let at = Moment::Call(*ordinal);
        faults(operation).into_iter().map(move |fault| Event { at, what: What::Fault(fault) })
    });
    assert!(sweep(events, part, 2) > 150);
}

#[test]
fn every_changing_call_meets_every_fault_part_1() {
    every_fault(0);
}

#[test]
fn every_changing_call_meets_every_fault_part_2() {
    every_fault(1);
}

#[test]
fn the_process_dies_at_every_call() {
    let life = quiet();
    let changing = |ordinal: u64| life.changing.iter().any(|(changing, _)| *changing == ordinal);
    let events = (1..=life.calls).flat_map(|ordinal| {
        // What a read does is nothing either way.
        let effects: &[bool] = if changing(ordinal) { &[false, true] } else { &[false] };
        let at = Moment::Call(ordinal);
        effects.iter().map(move |effect| Event { at, what: What::Fault(Fault::Crash { effect: *effect }) })
    });
    assert!(sweep(events, 0, 1) > 100);
}

#[test]
fn the_process_dies_before_in_and_after_every_write() {
    let life = quiet();
    let events = (1..=life.writes).flat_map(|ordinal| {
        [Mishap::Fails, Mishap::Torn(140), Mishap::Unheard]
            .map(|mishap| Event { at: Moment::Write(ordinal), what: What::Mishap { mishap, crash: true } })
    });
    assert!(sweep(events, 0, 1) > 100);
}

#[test]
fn every_write_fails_once() {
    let life = quiet();
    let events = (1..=life.writes).flat_map(|ordinal| {
        [Mishap::Fails, Mishap::Torn(99), Mishap::Unheard]
            .map(|mishap| Event { at: Moment::Write(ordinal), what: What::Mishap { mishap, crash: false } })
    });
    assert!(sweep(events, 0, 1) > 100);
}

#[test]
fn another_executor_takes_over_at_every_write() {
    let life = quiet();
    let events = (1..=life.writes).map(|ordinal| Event {
        at: Moment::Write(ordinal),
        what: What::Takeover { resume: ordinal % 2 == 0 },
    });
    assert!(sweep(events, 0, 1) > 40);
}

#[test]
fn a_second_executor_starts_at_every_write() {
    let life = quiet();
    let events = (1..=life.writes)
        .map(|ordinal| Event { at: Moment::Write(ordinal), what: What::Second { resume: ordinal % 2 == 0 } });
    assert!(sweep(events, 0, 1) > 40);
}

#[test]
fn every_read_fails_once() {
    // A process that goes on reads what those before it have left behind; the third finds a journal of two parts.
    let dies = |call| Event { at: Moment::Call(call), what: What::Fault(Fault::Crash { effect: true }) };
    let before = [dies(60), dies(90)];
    let life = live(&Case { events: before.to_vec(), ..two_tenants() });
    assert!(life.wrong.is_empty(), "{:#?}", life.wrong);
    let events = (1..=life.reads).flat_map(|ordinal| {
        [false, true].map(|crash| Event {
            at: Moment::Read(ordinal),
            what: What::Mishap { mishap: Mishap::Fails, crash },
        })
    });
    assert!(sweep_after(&before, events, 0, 1) > 30);
}

#[test]
fn the_clock_is_set_at_every_write() {
    let life = quiet();
    let events = (1..=life.writes).flat_map(|ordinal| {
        [-7_200, -45, 45, 7_200].map(|by| Event { at: Moment::Write(ordinal), what: What::Clock(by) })
    });
    assert!(sweep(events, 0, 1) > 100);
}

#[test]
fn the_clock_is_set_at_every_call() {
    let life = quiet();
    let events = (1..=life.calls).flat_map(|ordinal| {
        [-7_200, 7_200].map(|by| Event { at: Moment::Call(ordinal), what: What::Clock(by) })
    });
    assert!(sweep(events, 0, 1) > 100);
}

/// The world's time goes on as it was: nobody waits until the clock has caught up.
#[test]
fn a_clock_that_is_set_back_makes_no_run_longer() {
    let life = quiet();
    for ordinal in (1..=life.calls).step_by(7) {
        let back = Event { at: Moment::Call(ordinal), what: What::Clock(-7_200) };
        let set_back = live(&Case { events: vec![back], ..two_tenants() });
        assert_eq!((set_back.wrong, set_back.processes), (Vec::<String>::new(), 1), "at call {ordinal}");
        let longer = set_back.virtual_seconds - life.virtual_seconds;
        assert!(longer < 60.0, "{longer} s longer, set back at call {ordinal}");
    }
}

fn arrives_late(crash: bool) {
    let life = quiet();
    let events = life.changing.iter().flat_map(|(ordinal, _)| {
        // Before anybody looks for its effect, before a lease has run out, and after.
        [2, 40, 240].map(|seconds| Event { at: Moment::Call(*ordinal), what: What::Late { seconds, crash } })
    });
    assert!(sweep(events, 0, 1) > 100);
}

#[test]
fn every_changing_call_arrives_late() {
    arrives_late(false);
}

#[test]
fn every_changing_call_arrives_after_its_process_has_died() {
    arrives_late(true);
}

#[test]
fn it_is_asked_to_stop_at_every_call() {
    let life = quiet();
    let events = (1..=life.calls).map(|ordinal| Event { at: Moment::Call(ordinal), what: What::Stop });
    assert!(sweep(events, 0, 1) > 100);
}

/// The file changes, and the process dies at each call of that.
fn dies_after_a_change(before: &Case, moved: impl Fn(Vec<Event>) -> Case) {
    let (whole, before) = (live(&moved(Vec::new())), live(before));
    assert!(whole.wrong.is_empty(), "without any fault: {:#?}", whole.wrong);
    let calls = whole.calls - before.calls;
    assert!(calls > 40, "{calls}");
    let mut failed = Vec::new();
    for (ordinal, effect) in (1..=calls).flat_map(|ordinal| [(ordinal, false), (ordinal, true)]) {
        let at = Moment::Call(ordinal);
        let case = moved(vec![Event { at, what: What::Fault(Fault::Crash { effect }) }]);
        let Life { wrong, .. } = live(&case);
        if !wrong.is_empty() {
            failed.push(report(&case, &wrong));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// A tenant moves to the tier of the other one.
#[test]
fn the_process_dies_at_every_call_of_a_move_between_tiers() {
    dies_after_a_change(&two_tenants(), |events| Case {
        then: Some(Move { tiers: vec![1, 1], untagged: false, switched: false, keyed: false, events }),
        ..two_tenants()
    });
}

/// A tag of the zone and one of each tenant are taken out of the file.
#[test]
fn the_process_dies_at_every_call_that_takes_tags_off() {
    let tagged = || {
        let case = two_tenants();
        Case { zone: Shape { tagged: true, ..case.zone }, ..case }
    };
    dies_after_a_change(&tagged(), |events| Case {
        then: Some(Move { tiers: vec![0, 1], untagged: true, switched: false, keyed: false, events }),
        ..tagged()
    });
}

/// Gateway endpoints are switched on where the networks exist, and off.
#[test]
fn the_process_dies_at_every_call_that_switches_endpoints() {
    for endpoints in [false, true] {
        let before = || {
            let case = two_tenants();
            Case { zone: Shape { endpoints, ..case.zone }, ..case }
        };
        dies_after_a_change(&before(), |events| Case {
            then: Some(Move { tiers: vec![0, 1], untagged: false, switched: true, keyed: false, events }),
            ..before()
        });
    }
}

/// Flow logs are encrypted where the log groups exist.
#[test]
fn the_process_dies_at_every_call_that_encrypts_flow_logs() {
    let before = || {
        let case = two_tenants();
        Case { zone: Shape { keys: false, ..case.zone }, ..case }
    };
    dies_after_a_change(&before(), |events| Case {
        then: Some(Move { tiers: vec![0, 1], untagged: false, switched: false, keyed: true, events }),
        ..before()
    });
}

fn an_operator_at_every_other_call(deed: &Deed) {
    let life = quiet();
    let events = (1..=life.calls)
        .step_by(2)
        .map(|ordinal| Event { at: Moment::Call(ordinal), what: What::Deed(deed.clone()) });
    assert!(sweep(events, 0, 1) > 60);
}

#[test]
fn an_operator_closes_an_account_at_every_other_call() {
    an_operator_at_every_other_call(&Deed::Close { which: 1 });
}

#[test]
fn an_operator_takes_an_account_out_of_the_organization_at_every_other_call() {
    an_operator_at_every_other_call(&Deed::Expel { which: 0 });
}
