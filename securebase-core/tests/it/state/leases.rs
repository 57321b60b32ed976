//! Who may write: one at a time, for a while, and never again after somebody else.

use std::sync::Arc;
use std::time::Duration;

use object_store::memory::InMemory;
use securebase_core::state::{BucketStore, Error, Fact, LEASE_TERM, RunId, State, Store};

use super::faulty::LosesReplies;
use super::{HandClock, a_plan, begun, holder, intent, state, stores};
use crate::support::now;

fn is_fenced<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Fenced { .. }))
}

#[test]
fn the_second_is_told_who_the_first_is_until_the_first_lets_go() {
    for (name, store, _scratch) in stores() {
        let clock = HandClock::new();
        let state = state(&store, &clock);
        let lease = now(state.acquire(&holder("ada"))).unwrap();
        let Err(Error::Leased { by }) = now(state.acquire(&holder("grace"))) else {
            panic!("{name}: two at a time")
        };
        assert_eq!(
            (by.holder.who.as_str(), by.holder.pid, by.token),
            ("ada", std::process::id(), 1),
            "{name}"
        );
        assert_eq!(now(state.lease_info()).unwrap(), Some(*by), "{name}");
        now(lease.release()).unwrap();
        assert_eq!(now(state.lease_info()).unwrap(), None, "{name}");
        let lease = now(state.acquire(&holder("grace"))).unwrap();
        assert_eq!(lease.token(), 2, "{name}");
    }
}

#[test]
fn a_lease_lasts_as_long_as_it_is_renewed() {
    for (name, store, _scratch) in stores() {
        let clock = HandClock::new();
        let state = state(&store, &clock);
        let lease = now(state.acquire(&holder("ada"))).unwrap();
        for _ in 0..10 {
            let wait = lease.renew_in();
            assert!(Duration::ZERO < wait && wait < LEASE_TERM / 2, "{name}: {wait:?}");
            clock.advance(wait);
            now(lease.keep()).unwrap();
            let refused = now(state.acquire(&holder("grace")));
            assert!(matches!(refused, Err(Error::Leased { .. })), "{name}");
        }
        clock.advance(LEASE_TERM);
        let taken = now(state.acquire(&holder("grace"))).unwrap();
        assert_eq!(taken.token(), 2, "{name}");
        assert!(is_fenced(&now(lease.keep())), "{name}");
        assert!(is_fenced(&now(lease.release())), "{name}");
        // Letting go of what was lost takes nothing from whoever has it now.
        assert_eq!(now(state.lease_info()).unwrap().unwrap().holder.who, "grace", "{name}");
    }
}

/// To everybody else, whose clocks nobody has set, an hour-old lease would have run out long ago.
#[test]
fn a_clock_that_is_set_back_lets_no_lease_run_out() {
    for (name, store, _scratch) in stores() {
        let clock = HandClock::new();
        clock.advance(Duration::from_secs(7_200));
        let state = state(&store, &clock);
        let lease = now(state.acquire(&holder("ada"))).unwrap();
        let first = now(state.lease_info()).unwrap().unwrap().expires;
        clock.set_back(Duration::from_secs(3_600));
        assert_eq!(lease.renew_in(), Duration::ZERO, "{name}");
        now(lease.keep()).unwrap();
        let renewed = now(state.lease_info()).unwrap().unwrap().expires;
        assert_eq!(first.since(renewed), Duration::from_secs(3_600), "{name}");
        assert!(lease.renew_in() > Duration::ZERO, "{name}");
        now(lease.release()).unwrap();
    }
}

#[test]
fn a_lease_that_ran_out_and_nobody_took_is_still_there() {
    for (name, store, _scratch) in stores() {
        let clock = HandClock::new();
        let state = state(&store, &clock);
        let lease = now(state.acquire(&holder("ada"))).unwrap();
        let journal = now(state.begin(&lease, &a_plan())).unwrap();
        clock.advance(LEASE_TERM * 3);
        now(journal.append(&[begun(1)])).unwrap();
        assert!(matches!(now(state.acquire(&holder("grace"))), Err(Error::Leased { .. })), "{name}");
    }
}

/// Where the store knows who is alive, the dead are not waited for.
#[test]
fn a_holder_that_died_is_not_waited_for_where_that_is_known() {
    for (name, store, _scratch) in stores() {
        let clock = HandClock::new();
        let state = state(&store, &clock);
        drop(now(state.acquire(&holder("ada"))).unwrap());
        let next = now(state.acquire(&holder("grace")));
        assert_eq!(next.is_ok(), name != "bucket", "{name}");
        if next.is_err() {
            clock.advance(LEASE_TERM);
            now(state.acquire(&holder("grace"))).unwrap();
        }
    }
}

/// A zombie that fell asleep after so many writes wakes up when somebody else has taken over: whatever it does, it is told,
/// and nothing of it counts.
#[test]
fn a_zombie_is_told_and_nothing_it_writes_has_an_effect() {
    let plan = a_plan();
    for asleep_after in 0..4 {
        for new_run in [false, true] {
            for (name, store, _scratch) in stores() {
                let case = format!("{name}, asleep after {asleep_after}, new run: {new_run}");
                let clock = HandClock::new();
                let state = state(&store, &clock);
                let zombie = now(state.acquire(&holder("zombie"))).unwrap();
                let journal = (asleep_after > 0).then(|| now(state.begin(&zombie, &plan)).unwrap());
                if asleep_after > 1 {
                    now(journal.as_ref().unwrap().append(&[begun(1)])).unwrap();
                }
                if asleep_after > 2 {
                    now(journal.as_ref().unwrap().append(&[intent(2, "tenant/a/vpc")])).unwrap();
                }
                clock.advance(LEASE_TERM);

                let lease = now(state.acquire(&holder("grace"))).unwrap();
                let before = now(state.last_run()).unwrap();
                let resumed = match &before {
                    Some(last) if !new_run => now(state.reopen(&lease, last)).unwrap(),
                    _ => now(state.begin(&lease, &plan)).unwrap(),
                };
                let wakes_before_the_next_write = asleep_after % 2 == 0;
                let seq = resumed_seq(before.as_ref().filter(|_| !new_run).map(|last| last.replay.last_seq));
                if !wakes_before_the_next_write {
                    now(resumed.append(&[begun(seq)])).unwrap();
                }
                // The zombie wakes up.
                match &journal {
                    Some(journal) => {
                        let next = u64::try_from(asleep_after).unwrap();
                        let result = now(journal.append(&[intent(next, "tenant/zombie/vpc")]));
                        assert!(is_fenced(&result), "{case}: {result:?}");
                        let text = result.unwrap_err().to_string();
                        assert!(text.contains("grace"), "{case}: {text}");
                        let again = now(journal.append(&[intent(next, "tenant/zombie/vpc")]));
                        assert!(matches!(again, Err(Error::Broken { .. })), "{case}");
                        assert!(is_fenced(&now(journal.compact(&plan))), "{case}");
                    }
                    None => assert!(is_fenced(&now(state.begin(&zombie, &plan)).map(|_| ())), "{case}"),
                }
                assert!(is_fenced(&now(state.compact(&zombie))), "{case}");
                if wakes_before_the_next_write {
                    now(resumed.append(&[begun(seq)])).unwrap();
                }
                now(resumed.append(&[intent(seq + 1, "tenant/grace/vpc")])).unwrap();

                let last = now(state.last_run()).unwrap().unwrap();
                assert_eq!(last.run, resumed.run(), "{case}");
                for run in 1..=last.run.0 {
                    let entries = now(state.entries(RunId(run))).unwrap();
                    let of_the_zombie = entries.iter().any(|entry| match &entry.fact {
                        Fact::Intent { address, .. } => address.as_str() == "tenant/zombie/vpc",
                        _ => false,
                    });
                    assert!(!of_the_zombie, "{case}: {entries:?}");
                }
            }
        }
    }
}

fn resumed_seq(last: Option<u64>) -> u64 {
    last.unwrap_or_default() + 1
}

/// The zombie wakes up in the middle of beginning a run: its plan comes to lie there, and is no run.
#[test]
fn a_plan_that_a_zombie_leaves_behind_is_no_run() {
    for (name, store, _scratch) in stores() {
        let clock = HandClock::new();
        let state = state(&store, &clock);
        let zombie = now(state.acquire(&holder("zombie"))).unwrap();
        // As far as it got: the lease names the run, the plan is not written yet.
        let journal = now(state.begin(&zombie, &a_plan())).unwrap();
        let plan = now(store.get("runs/000001/plan.json")).unwrap().unwrap();
        now(store.remove("runs/000001/plan.json")).unwrap();
        clock.advance(LEASE_TERM);
        let lease = now(state.acquire(&holder("grace"))).unwrap();
        now(store.put("runs/000001/plan.json", &plan, securebase_core::state::WriteCondition::Absent))
            .unwrap();
        assert!(is_fenced(&now(journal.append(&[begun(1)]))), "{name}");
        assert!(now(state.last_run()).unwrap().is_none(), "{name}");
        assert_eq!(now(state.history()).unwrap(), [], "{name}");
        assert_eq!(now(state.begin(&lease, &a_plan())).unwrap().run(), RunId(2), "{name}");
    }
}

/// A segment in a bucket is followed by another: whoever takes over at any such moment shuts the zombie out.
#[test]
fn a_zombie_is_shut_out_between_two_segments_too() {
    let long = "x".repeat(60_000);
    let plan = a_plan();
    for batches in 1..6 {
        let clock = HandClock::new();
        let store: Arc<dyn Store> = Arc::new(super::bucket());
        let state = state(&store, &clock);
        let zombie = now(state.acquire(&holder("zombie"))).unwrap();
        let journal = now(state.begin(&zombie, &plan)).unwrap();
        for seq in 1..=batches {
            now(journal.append(&[intent(seq, &format!("tenant/a{seq}/{long}"))])).unwrap();
        }
        clock.advance(LEASE_TERM);
        let lease = now(state.acquire(&holder("grace"))).unwrap();
        let last = now(state.last_run()).unwrap().unwrap();
        assert_eq!(last.replay.last_seq, batches);
        let resumed = now(state.reopen(&lease, &last)).unwrap();
        let shut_out = now(journal.append(&[intent(batches + 1, "tenant/zombie/vpc")]));
        assert!(is_fenced(&shut_out), "after {batches}: {shut_out:?}");
        let resumed_by = |who: &str| Fact::Resumed { who: who.to_owned() };
        let entry = |seq| securebase_core::state::Entry {
            seq,
            at: securebase_core::time::Time::ZERO,
            fact: resumed_by("grace"),
        };
        now(resumed.append(&[entry(batches + 1)])).unwrap();
        let entries = now(state.entries(RunId(1))).unwrap();
        assert_eq!(entries.last().unwrap().fact, resumed_by("grace"), "after {batches}");
    }
    // The premise: there was more than one segment.
    let clock = HandClock::new();
    let store: Arc<dyn Store> = Arc::new(super::bucket());
    let state = state(&store, &clock);
    let journal = now(state.begin(&now(state.acquire(&holder("a"))).unwrap(), &plan)).unwrap();
    for seq in 1..=5 {
        now(journal.append(&[intent(seq, &format!("tenant/a{seq}/{long}"))])).unwrap();
    }
    assert_eq!(now(store.list("runs/000001/journal-")).unwrap().len(), 2);
    assert_eq!(now(state.entries(RunId(1))).unwrap().len(), 5);
}

#[test]
fn a_lost_reply_to_a_renewal_loses_no_lease() {
    let objects = Arc::new(LosesReplies::new(Arc::new(InMemory::new())));
    let clock = HandClock::new();
    let state = State::new(BucketStore::new(objects.clone(), "", "test://bucket")).clock(clock.clone());
    objects.lose_next(1);
    let lease = now(state.acquire(&holder("ada"))).unwrap();
    for round in 0..5 {
        clock.advance(LEASE_TERM / 2);
        objects.lose_next(1 + round % 2);
        now(lease.keep()).unwrap();
    }
    clock.advance(Duration::from_secs(1));
    objects.lose_next(0);
    objects.drop_next(100);
    let failed = now(lease.renew());
    assert!(matches!(failed, Err(Error::Io { .. })), "{failed:?}");
    objects.drop_next(0);
    now(lease.renew()).unwrap();
    now(lease.release()).unwrap();
    assert_eq!(now(state.lease_info()).unwrap(), None);
}
