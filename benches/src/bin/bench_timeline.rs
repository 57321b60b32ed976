//! How long the executor takes in virtual time, against what no schedule can beat and against the usual way.
//!
//! The usual way is ten steps at a time, first come first served: the same steps with the same durations, on ten slots.

#![expect(clippy::expect_used, reason = "a measurement that cannot go on stops")]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use securebase_benches::zone::zone;
use securebase_benches::{median, record, timed};
use securebase_core::model::Address;
use securebase_core::plan::{Plan, Planner};
use securebase_core::timeline::{Rehearsal, Timeline, rehearse};

/// Steps at a time in the usual way.
const SLOTS: usize = 10;

fn main() {
    for tenants in [10, 100, 1_000, 10_000] {
        let plan = Planner::new(&zone(tenants)).plan().expect("the zone can be planned");
        let (took, usual) = timed(|| rehearse(&plan, &Rehearsal::new(0).usual()).expect("no step fails"));
        let name = |what: &str| format!("timeline/{tenants}_tenants/{what}");
        record(&name("makespan"), usual.makespan.as_secs_f64(), "virtual s", 1);
        record(&name("over_lower_bound"), over_bound(&usual), "ratio", 1);
        let slots = ten_slots(&plan, &usual);
        record(
            &name("ten_slots_over_lower_bound"),
            slots.as_secs_f64() / usual.lower_bound().as_secs_f64(),
            "ratio",
            1,
        );
        record(&name("rehearsed_in"), took.as_secs_f64(), "s", 1);
        if tenants <= 1_000 {
            let drawn: Vec<Timeline> =
                (0..5).map(|seed| rehearse(&plan, &Rehearsal::new(seed)).expect("no step fails")).collect();
            record(
                &name("drawn/makespan"),
                median_of(&drawn, |it| it.makespan.as_secs_f64()),
                "virtual s",
                5,
            );
            record(&name("drawn/over_lower_bound"), median_of(&drawn, over_bound), "ratio", 5);
            let unguarded = drawn.iter().flat_map(|it| it.unguarded.values()).max();
            let unguarded = unguarded.copied().unwrap_or_default();
            record(&name("drawn/unguarded_at_most"), unguarded.as_secs_f64(), "virtual s", 5);
        }
    }
}

fn over_bound(timeline: &Timeline) -> f64 {
    timeline.makespan.as_secs_f64() / timeline.lower_bound().as_secs_f64()
}

fn median_of(timelines: &[Timeline], figure: impl Fn(&Timeline) -> f64) -> f64 {
    median(&mut timelines.iter().map(figure).collect::<Vec<_>>())
}

/// The makespan of the same steps on ten slots, in the order of the plan. It knows no rates, which flatters it.
fn ten_slots(plan: &Plan, timeline: &Timeline) -> Duration {
    let took: BTreeMap<&Address, Duration> = timeline
        .intervals
        .iter()
        .map(|interval| (&interval.address, interval.end - interval.start))
        .collect();
    let steps: Vec<_> = plan.steps().collect();
    let index: BTreeMap<&Address, usize> =
        steps.iter().enumerate().map(|(index, step)| (&step.address, index)).collect();
    let mut waits: Vec<usize> = steps.iter().map(|step| step.depends_on.len()).collect();
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    for (position, step) in steps.iter().enumerate() {
        for dependency in &step.depends_on {
            match index.get(&dependency.on) {
                Some(on) => next[*on].push(position),
                None => waits[position] -= 1,
            }
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..steps.len()).filter(|step| waits[*step] == 0).map(Reverse).collect();
    let mut running: BinaryHeap<Reverse<(Duration, usize)>> = BinaryHeap::new();
    let mut now = Duration::ZERO;
    loop {
        while running.len() < SLOTS
            && let Some(Reverse(step)) = ready.pop()
        {
            running.push(Reverse((now + took.get(&steps[step].address).copied().unwrap_or_default(), step)));
        }
        let Some(Reverse((end, done))) = running.pop() else { return now };
        now = end;
        for after in &next[done] {
            waits[*after] -= 1;
            if waits[*after] == 0 {
                ready.push(Reverse(*after));
            }
        }
    }
}
