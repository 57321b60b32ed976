//! What a tenant that has left still costs: its stored logs, until their retention ends.

use rust_decimal::Decimal;

use super::demand::{Age, of_tenant};
use super::footprint::BilledTenant;
use super::prices::PriceBook;
use super::usage::Usage;
use super::{Error, cents};
use crate::model::{Departure, NetworkFeatures, Tier};

/// The cost of one tenant of a tier in the month in which it leaves and in each of the next, until nothing is kept or so many
/// months are known. Its account is taken to be suspended, which keeps its log group; its steps of graduated prices are taken
/// to be the first, because storage of one tenant is far from the next.
pub(super) fn tail(
    tier: &Tier,
    network: Option<NetworkFeatures>,
    prices: &PriceBook,
    usage: &Usage,
    months: u32,
) -> Result<Vec<Decimal>, Error> {
    let profile = usage.profile(Some(tier));
    let departed = BilledTenant::new(Some(tier.name.as_str())).departed(Departure::Suspend, network);
    let mut costs = Vec::new();
    for month in 0..months {
        let age = Age::Left(month);
        let kept = of_tenant(&departed, profile, tier.log_retention_days, prices.hours_per_month(), age);
        let mut cost = Decimal::ZERO;
        for demand in kept {
            cost += cents(prices.price(demand.id).amount(demand.quantity)?);
        }
        if cost.is_zero() {
            break;
        }
        costs.push(cost);
    }
    Ok(costs)
}

#[cfg(test)]
mod tests {
    use super::*;

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
