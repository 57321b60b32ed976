//! Of a case that fails, the smallest that still fails.

use crate::case::Case;
use crate::life::live;

/// How many smaller cases are tried.
const TRIES_MAX: usize = 300;

fn smaller(case: &Case) -> Vec<Case> {
    let mut found = Vec::new();
    let mut with = |change: &dyn Fn(&mut Case)| {
        let mut changed = case.clone();
        change(&mut changed);
        if changed != *case {
            found.push(changed);
        }
    };
    for index in 0..case.events.len() {
        with(&|case| {
            case.events.remove(index);
        });
    }
    with(&|case| case.then = None);
    for index in 0..case.then.as_ref().map_or(0, |then| then.events.len()) {
        with(&|case| {
            if let Some(then) = &mut case.then {
                then.events.remove(index);
            }
        });
    }
    with(&|case| case.zone.tagged = false);
    with(&|case| case.clocks.clear());
    with(&|case| case.knows_the_living = false);
    with(&|case| case.faults.throttle = 0.0);
    with(&|case| case.faults.lost_reply = 0.0);
    with(&|case| case.faults.lost_request = 0.0);
    with(&|case| case.faults.not_yet_visible = 0.0);
    with(&|case| case.faults.service_error = 0.0);
    with(&|case| case.faults.async_failure = 0.0);
    with(&|case| case.faults.expired_credentials = 0.0);
    for index in 0..case.zone.tiers.len() {
        if case.zone.tiers.len() > 1 {
            with(&|case| {
                case.zone.tiers.remove(index);
                if let Some(then) = &mut case.then {
                    then.tiers.remove(index);
                }
            });
        }
    }
    with(&|case| case.zone.endpoints = false);
    with(&|case| case.zone.keys = false);
    with(&|case| case.zone.vpn = false);
    with(&|case| case.zone.flow_logs = false);
    with(&|case| case.zone.nat = false);
    with(&|case| case.zone.network = false);
    found
}

/// The smallest case found that still fails.
pub(crate) fn shrink(case: &Case) -> Case {
    let mut smallest = case.clone();
    let mut tries = 0;
    'again: loop {
        for candidate in smaller(&smallest) {
            tries += 1;
            if tries > TRIES_MAX {
                return smallest;
            }
            if !live(&candidate).wrong.is_empty() {
                smallest = candidate;
                continue 'again;
            }
        }
        return smallest;
    }
}
