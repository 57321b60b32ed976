//! Request rates: token buckets as the service keeps them.

use std::collections::BTreeMap;

use crate::cloud::Operation;
use crate::model::{AccountId, Limits, Region};
use crate::time::Time;

/// How one bucket fills, in microseconds.
#[derive(Debug, Clone, Copy)]
struct Rate {
    interval: u64,
    slack: u64,
}

/// All buckets. One is kept as the moment at which it would be full again.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Pacing {
    rates: Vec<(Rate, bool)>,
    slots: BTreeMap<String, usize>,
    shared: Vec<Time>,
    of_place: BTreeMap<(usize, AccountId, Region), Time>,
}

impl Pacing {
    pub(in crate::sim) fn new(limits: &Limits) -> Self {
        let mut pacing =
            Self { rates: Vec::new(), slots: BTreeMap::new(), shared: Vec::new(), of_place: BTreeMap::new() };
        let mut by_name: BTreeMap<String, usize> = BTreeMap::new();
        for (service, name, _) in Operation::ALL {
            let action = format!("{}:{name}", service.name());
            let Some(bucket) = limits.bucket(&action) else { continue };
            let slot = *by_name.entry(bucket.name.clone()).or_insert_with(|| {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "`as` saturates; rounded down, so that a caller who keeps the rate is never refused"
                )]
                let interval = (1e6 / bucket.rate.max(1e-6)) as u64;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    clippy::cast_precision_loss,
                    reason = "`as` saturates; a bucket that outlasts 2^53 microseconds is no limit"
                )]
                let slack = (interval as f64 * (bucket.burst - 1.0).max(0.0)).ceil() as u64;
                pacing.rates.push((Rate { interval, slack }, bucket.shared));
                pacing.rates.len() - 1
            });
            pacing.slots.insert(action, slot);
        }
        pacing.shared = vec![Time::ZERO; pacing.rates.len()];
        pacing
    }

    /// Takes a token, or answers that there is none.
    pub(in crate::sim) fn admit(
        &mut self,
        now: Time,
        operation: &Operation,
        account: AccountId,
        region: &Region,
    ) -> bool {
        let Some(&slot) = self.slots.get(operation.action()) else { return true };
        let (rate, shared) = self.rates[slot];
        let full_at = if shared {
            &mut self.shared[slot]
        } else {
            self.of_place.entry((slot, account, region.clone())).or_default()
        };
        if full_at.as_micros() > now.as_micros().saturating_add(rate.slack) {
            return false;
        }
        *full_at = Time::from_micros((*full_at).max(now).as_micros().saturating_add(rate.interval));
        true
    }
}
