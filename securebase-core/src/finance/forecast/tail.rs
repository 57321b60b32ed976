//! The costs of a departed tenant: its stored logs, until their retention ends.

use rust_decimal::Decimal;

use crate::finance::business::model::Model;
use crate::finance::cost::billed::of_tenant;
use crate::finance::cost::demand::Age;
use crate::finance::cost::footprint::BilledTenant;
use crate::finance::cost::usage::Usage;
use crate::finance::error::Error;
use crate::finance::inputs::assumption::Assumption;
use crate::finance::inputs::distribution::Factor;
use crate::finance::inputs::growth::Growth;
use crate::finance::pricing::prices::PriceBook;
use crate::finance::rounding::cents;
use crate::finance::rounding::float;
use crate::model::{NetworkFeatures, Offboarding, Tier};

/// The cost of one tenant of a tier in the month in which it leaves and in each later month, until its logs have expired or for
/// `months` months. Its account is assumed to be suspended, which keeps its log group; graduated prices are assumed
/// to be those of the first step, because one tenant's storage is far from the next bound.
pub(in crate::finance) fn tail(
    tier: &Tier,
    network: Option<NetworkFeatures>,
    prices: &PriceBook,
    usage: &Usage,
    months: u32,
) -> Result<Vec<Decimal>, Error> {
    let profile = usage.profile(Some(tier));
    let departed = BilledTenant::new(Some(tier.name.clone())).departed(Offboarding::Suspend, network);
    let mut costs = Vec::new();
    for month in 0..months {
        let age = Age::Left(month);
        let kept = of_tenant(&departed, profile, tier.log_retention_days, prices.hours_per_month(), age);
        let mut cost = Decimal::ZERO;
        for demand in kept {
            cost += cents(prices.price(demand.id).charge_for(demand.quantity)?);
        }
        if cost.is_zero() {
            break;
        }
        costs.push(cost);
    }
    Ok(costs)
}

/// What the tenants that have left cost in each month, before inflation, given how many of each tier leave month by month and
/// what each of them still costs from the month in which it leaves.
pub(in crate::finance) fn departed(lost: &[Vec<f64>], tails: &[Vec<f64>], months: usize) -> Vec<f64> {
    let mut costs = vec![0.0; months];
    for (lost, tail) in lost.iter().zip(tails) {
        for (month, lost) in lost.iter().enumerate().filter(|(_, lost)| **lost > 0.0) {
            for (cost, each) in costs[month..].iter_mut().zip(tail) {
                *cost += lost * each;
            }
        }
    }
    costs
}

/// The means of the factors on arrivals and on churn.
#[derive(Debug, Clone, Copy)]
pub(in crate::finance) struct FlowMeans {
    pub(in crate::finance) new: f64,
    pub(in crate::finance) churn: f64,
}

impl FlowMeans {
    pub(in crate::finance) fn of(growth: &Growth) -> Self {
        let mean = |factor| {
            let assumption = Assumption::Factor(factor);
            let known = growth.uncertain.iter().find(|known| known.assumption == assumption);
            known.map_or(1.0, |known| known.distribution.mean())
        };
        Self { new: mean(Factor::New), churn: mean(Factor::Churn) }
    }
}

/// How many tenants of a tier leave in each month on average, where a share stays and `new` are won a month; the factors on
/// both count with their means.
pub(in crate::finance) fn lost(
    there: f64,
    stays: f64,
    new: f64,
    means: FlowMeans,
    months: usize,
) -> Vec<f64> {
    let (stays, new) = (libm::pow(stays, means.churn), new * means.new);
    let mut tenants = there;
    (0..months)
        .map(|_| {
            let left = tenants * (1.0 - stays);
            tenants += new - left;
            left
        })
        .collect()
}

impl Model {
    /// What a tenant of each tier still costs after it has left, month by month; nothing where a report's lines are taken as
    /// they are.
    pub(in crate::finance) fn tails(&self, months: u32) -> Result<Vec<Vec<f64>>, Error> {
        let Some((prices, usage)) = self.assumptions().prices().zip(self.assumptions().usage()) else {
            return Ok(vec![Vec::new(); self.tiers().len()]);
        };
        let of_tier = |known: &Tier| {
            let costs = tail(known, self.network(), prices, usage, months)?;
            Ok(costs.into_iter().map(float).collect())
        };
        self.tiers().iter().map(of_tier).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_left_are_added_up_by_how_long_ago_it_was() {
        // Of ten tenants half leave each month and one is won: 5, then 3, then 2.
        let certain = FlowMeans { new: 1.0, churn: 1.0 };
        let lost = lost(10.0, 0.5, 1.0, certain, 3);
        assert_eq!(lost, [5.0, 3.0, 2.0]);
        let costs = departed(&[lost], &[vec![0.9, 0.6]], 3);
        let by_hand = [5.0 * 0.9, 3.0 * 0.9 + 5.0 * 0.6, 2.0 * 0.9 + 3.0 * 0.6];
        assert!(costs.iter().zip(by_hand).all(|(cost, hand)| (cost - hand).abs() < 1e-12), "{costs:?}");
    }

    fn tail_of(tier: &str) -> Vec<String> {
        let tier = Tier::shipped().iter().find(|known| known.name.as_str() == tier).unwrap();
        let network = Some(NetworkFeatures::default());
        let costs = tail(tier, network, PriceBook::shipped(), Usage::shipped(), 600).unwrap();
        costs.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn stored_logs_expire_month_by_month() {
        // 10 GB a month for 90 days at 0.03, and nothing else.
        assert_eq!(tail_of("standard"), ["0.90", "0.60", "0.30"]);
        let fintech = tail_of("fintech");
        // Seven years: 0.90 in CloudWatch, (30 + 81 × 8,760 × 8 KB) × 0.023 = 0.81 in Standard, 81 × (10 + 8,760 × 32 KB)
        // × 0.00099 = 0.82 in Deep Archive; every month one month of logs less.
        assert_eq!(fintech[0], "2.53");
        assert_eq!(fintech.len(), 84);
        // After three months Standard holds names alone: 81 × 8,760 × 8 KB × 0.023 = 0.12, and 0.82 as before.
        assert_eq!(fintech[3], "0.94");
        assert_eq!(fintech[83], "0.01");
        assert!(
            fintech.windows(2).all(|pair| pair[0].parse::<Decimal>().unwrap() >= pair[1].parse().unwrap())
        );
        assert_eq!(tail_of("healthcare").len(), 120, "ten years");
    }

    #[test]
    fn without_a_network_nothing_is_kept() {
        let tier = &Tier::shipped()[0];
        let none = tail(tier, None, PriceBook::shipped(), Usage::shipped(), 600).unwrap();
        assert_eq!(none, Vec::<Decimal>::new());
    }
}
