//! What no schedule can beat.
//!
//! Each bound is a proof, not an estimate: it takes the durations as they were drawn, which a scheduler does not know
//! beforehand, and asks how soon one that did know them could be done.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Interval;
use crate::kinds::facts;
use crate::model::{Address, Bucket, Limits, Quota};
use crate::plan::{Action, Plan};

/// One reason why a plan takes so long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Bound {
    /// `steps that wait for each other`, or the name of a quota or of a request rate.
    pub what: String,
    /// No schedule can be shorter because of it.
    pub at_least: Duration,
}

/// What was done, and how long it took.
pub(super) struct Work<'a> {
    pub(super) intervals: &'a [Interval],
    pub(super) calls: &'a BTreeSet<(Address, &'static str)>,
}

/// How long before a step and after it nothing can be helped.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    /// The longest chain of steps that it waits for.
    head: Duration,
    /// The step itself.
    own: Duration,
    /// The longest chain of steps that wait for it.
    tail: Duration,
}

/// A call that shares a request rate.
struct Paced<'a> {
    bucket: &'a Bucket,
    /// The longest chain of steps before it.
    head: Duration,
    /// The longest way to go when it leaves.
    left: Duration,
}

/// All bounds, the tightest first.
pub(super) fn bounds(plan: &Plan, work: &Work<'_>, limits: &Limits) -> Vec<Bound> {
    let spans = spans(plan, work.intervals);
    let longest = spans.values().map(|span| span.head + span.own + span.tail).max().unwrap_or_default();
    let mut bounds = vec![Bound { what: "steps that wait for each other".to_owned(), at_least: longest }];
    bounds.extend(in_creation(work, &spans, limits));
    bounds.extend(paced(plan, work, &spans, limits));
    bounds.sort_by(|a, b| b.at_least.cmp(&a.at_least).then_with(|| a.what.cmp(&b.what)));
    bounds
}

fn spans<'a>(plan: &'a Plan, intervals: &[Interval]) -> BTreeMap<&'a Address, Span> {
    let took: BTreeMap<&Address, Duration> =
        intervals.iter().map(|interval| (&interval.address, interval.end - interval.start)).collect();
    let mut spans: BTreeMap<&Address, Span> = BTreeMap::new();
    for step in plan.steps() {
        let before = |on: &Address| spans.get(on).map(|span| span.head + span.own);
        let head = step.depends_on.iter().filter_map(|dependency| before(&dependency.on)).max();
        let own = took.get(&step.address).copied().unwrap_or_default();
        spans.insert(&step.address, Span { head: head.unwrap_or_default(), own, tail: Duration::ZERO });
    }
    let steps: Vec<_> = plan.steps().collect();
    for step in steps.into_iter().rev() {
        let Some(Span { own, tail, .. }) = spans.get(&step.address).copied() else { continue };
        for dependency in &step.depends_on {
            if let Some(before) = spans.get_mut(&dependency.on) {
                before.tail = before.tail.max(own + tail);
            }
        }
    }
    spans
}

/// AWS decides on so many requests for accounts at a time.
///
/// On `m` places, the first request on each waits for the request rate and the last is followed by its own tail, so `m`
/// ends are at least `m` heads, all the work and `m` tails; and so for the requests with the longest tails alone.
fn in_creation(work: &Work<'_>, spans: &BTreeMap<&Address, Span>, limits: &Limits) -> Option<Bound> {
    let is_request =
        |interval: &&Interval| facts(interval.kind).is_requested && interval.action == Action::Create;
    let mut requests: Vec<Span> = work
        .intervals
        .iter()
        .filter(is_request)
        .filter_map(|interval| spans.get(&interval.address).copied())
        .collect();
    requests.sort_by_key(|span| std::cmp::Reverse(span.tail));
    let places = usize::try_from(limits.quota(Quota::AccountsInCreation)).unwrap_or(usize::MAX).max(1);
    let divisor = u32::try_from(places).unwrap_or(u32::MAX);
    let first_leave: f64 = limits
        .bucket("organizations:CreateAccount")
        .map_or(0.0, |bucket| (1..=divisor.min(10_000)).map(|count| waited(bucket, count)).sum());
    let (mut sum, mut head, mut best) = (Duration::ZERO, Duration::MAX, None);
    for (index, span) in requests.iter().enumerate() {
        sum += span.own;
        head = head.min(span.head);
        if index + 1 >= places {
            let tails: Duration = requests[index + 1 - places..=index].iter().map(|span| span.tail).sum();
            best = best.max(Some(head + (Duration::from_secs_f64(first_leave) + sum + tails) / divisor));
        }
    }
    best.map(|at_least| Bound { what: "accounts_in_creation".to_owned(), at_least })
}

/// Calls that share a request rate: the `n`-th leaves no sooner than the rate lets it, and then has its own way to go.
fn paced(plan: &Plan, work: &Work<'_>, spans: &BTreeMap<&Address, Span>, limits: &Limits) -> Vec<Bound> {
    let mut calls_of: BTreeMap<&Address, usize> = BTreeMap::new();
    for (address, _) in work.calls {
        *calls_of.entry(address).or_default() += 1;
    }
    let mut lanes: BTreeMap<(&str, &str), Vec<Paced<'_>>> = BTreeMap::new();
    for (address, action) in work.calls {
        let (Some(bucket), Some(span)) = (limits.bucket(action), spans.get(address)) else { continue };
        let tenant = plan.step(address).and_then(|step| step.tenant.as_ref());
        let shared_by = if bucket.shared { "" } else { tenant.map_or("", |key| key.as_str()) };
        // The whole step still lies before its only call; of several calls that is true of the first alone.
        let own = if calls_of[address] == 1 { span.own } else { Duration::ZERO };
        let call = Paced { bucket, head: span.head, left: own + span.tail };
        lanes.entry((&bucket.name, shared_by)).or_default().push(call);
    }
    let mut bounds: BTreeMap<&str, Duration> = BTreeMap::new();
    for ((name, _), mut calls) in lanes {
        calls.sort_by_key(|call| std::cmp::Reverse(call.left));
        let (mut head, mut best) = (Duration::MAX, Duration::ZERO);
        for (count, call) in (1_u32..).zip(&calls) {
            head = head.min(call.head);
            let waited = waited(call.bucket, count);
            // The best that can be done is to let the call with the shortest way to go come last. Where nobody waits,
            // the chain of steps says the same.
            if waited > 0.0 {
                best = best.max(head + Duration::from_secs_f64(waited) + call.left);
            }
        }
        if best > Duration::ZERO {
            let bound = bounds.entry(name).or_default();
            *bound = (*bound).max(best);
        }
    }
    let bound = |(name, at_least): (&str, Duration)| Bound { what: format!("{name}_rate"), at_least };
    bounds.into_iter().map(bound).collect()
}

/// How many seconds the `count`-th call of a full bucket waits.
fn waited(bucket: &Bucket, count: u32) -> f64 {
    ((f64::from(count) - bucket.burst) / bucket.rate).max(0.0)
}
