//! The forecast against an expectation worked out another way: the chance of every combination of numbers of tenants, times
//! what a month with that number costs.
//!
//! Chances come from one month after the other (each tenant stays or leaves, then some arrive), costs from `Model::month`
//! with whole tenants. Nothing here shares a formula with the forecast. `cargo test --profile soak --test forecast`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod chances;
mod drawn;

use std::collections::HashMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use securebase_core::finance::{
    Age, Assumptions, BilledTenant, Category, Footprint, Growth, Model, PriceBook, Standing, TierGrowth,
    Usage, cost_of_footprint,
};
use securebase_core::model::{NetworkFeatures, ResourceKind, Tier};

use chances::tier;

const TIERS: [&str; 4] = ["fintech", "healthcare", "gov-federal", "standard"];

fn float(value: Decimal) -> f64 {
    value.to_f64().unwrap()
}

/// A random number below a bound.
fn below(rng: &mut ChaCha8Rng, bound: u32) -> u32 {
    rng.next_u32() % bound
}

fn model(counts: [u32; 4], assumptions: Assumptions) -> Model {
    let mix: Vec<(&str, u32)> = TIERS.into_iter().zip(counts).collect();
    Model::of_mix(Tier::shipped(), &mix, Some(NetworkFeatures::default()), assumptions).unwrap()
}

/// Sets of assumptions whose steps lie in different places: those that ship, people hired ahead, and usage with which tiers fill
/// the steps of prices unequally.
fn assumptions() -> Vec<Assumptions> {
    let uneven = r#"
        [organization.core]
        alarms = "0"
        [[profile]]
        tier = "fintech"
        alarms = "3"
        flow_log_gb = "137.31"
        dashboards = "0"
        [[profile]]
        tier = "healthcare"
        alarms = "2"
        flow_log_gb = "55.5"
        [[profile]]
        tier = "gov-federal"
        alarms = "1.5"
        egress_gb = "33.3"
        [[profile]]
        tier = "default"
        alarms = "4"
        egress_gb = "40"
    "#;
    let uneven = Usage::shipped().with_toml(uneven).unwrap();
    vec![
        Assumptions::aws(),
        Assumptions::aws().with_lead_time(Decimal::from(3), Decimal::new(125, 2)).unwrap(),
        Assumptions::catalogue(PriceBook::shipped().clone(), uneven),
        Assumptions::seed("ten-customers-vpc").unwrap(),
        Assumptions::seed("five-customers").unwrap(),
        Assumptions::seed("second-customer").unwrap(),
    ]
}

/// One question: tenants there are, how tiers grow, and a month ahead.
struct Case {
    counts: [u32; 4],
    growth: Growth,
    rates: [(f64, f64); 4],
    month: u32,
}

impl Case {
    fn random(rng: &mut ChaCha8Rng) -> Self {
        // One tier with many tenants, two with some, or four with few: every combination is looked at.
        let moving = [1, 2, 4][below(rng, 3) as usize];
        let (most, arrivals) = match moving {
            1 => (120, 150),
            2 => (12, 60),
            _ => (3, 15),
        };
        let month = 1 + below(rng, if moving == 4 { 6 } else { 24 });
        let first = below(rng, 4) as usize;
        let mut case = Self { counts: [0; 4], growth: Growth::none(), rates: [(0.0, 0.0); 4], month };
        for (place, name) in TIERS.into_iter().enumerate() {
            let moves = moving == 4 || (place + 4 - first) % 4 < moving;
            case.counts[place] = below(rng, if moves { most + 1 } else { 3 });
            if !moves {
                continue;
            }
            let new = Decimal::new(below(rng, arrivals).into(), 2);
            let churn = if below(rng, 6) == 0 { 50 } else { below(rng, 12) };
            let churn = Decimal::new(churn.into(), 2);
            case.growth.set_tier(TierGrowth::new(name, new, churn));
            case.rates[place] = (float(new), float(churn));
        }
        case.growth.cost_inflation_yearly = Decimal::new(below(rng, 10).into(), 2);
        case.growth.acquisition_cost = Decimal::from(below(rng, 3) * 500);
        case
    }
}

/// What a month costs by category with a number of tenants of each tier, remembered.
struct Costs {
    model: Model,
    known: HashMap<[u32; 4], [f64; 4]>,
    kept: [Vec<f64>; 4],
}

impl Costs {
    fn of(&mut self, counts: [u32; 4]) -> [f64; 4] {
        let model = &self.model;
        *self.known.entry(counts).or_insert_with(|| {
            let month = model.with_counts(&counts).unwrap().month().unwrap();
            Category::ALL.map(|category| float(month.cost(category).amount))
        })
    }
}

/// What a tenant of each tier still costs a number of months after it has left, as the bill of such a tenant says.
fn kept(set: &Assumptions, months: u32) -> [Vec<f64>; 4] {
    let Some((prices, usage)) = set.prices().zip(set.usage()) else { return Default::default() };
    TIERS.map(|tier| {
        let mut departed = BilledTenant::new(Some(tier.parse().unwrap()));
        departed.add(ResourceKind::Account);
        departed.add(ResourceKind::LogGroup);
        departed.set_standing(Standing::Departed);
        let mut footprint = Footprint::default();
        footprint.insert("departed", departed);
        (0..months)
            .map(|ago| {
                let age = Age::Left(ago);
                let report = cost_of_footprint(&footprint, Tier::shipped(), prices, usage, age).unwrap();
                let own = report.lines().filter(|line| line.tenant.is_some()).map(|line| line.amount.amount);
                float(own.sum())
            })
            .collect()
    })
}

/// What tenants that have left cost in a month: those of each month before, by how long ago it was.
fn departed(case: &Case, kept: &[Vec<f64>; 4]) -> f64 {
    let mut cost = 0.0;
    for ((count, (new, churn)), kept) in
        case.counts.iter().zip(case.rates).zip(kept).filter(|(_, kept)| !kept.is_empty())
    {
        let mut has = f64::from(*count);
        for month in 1..=case.month {
            let left = has * churn;
            has += new - left;
            cost += left * kept[(case.month - month) as usize];
        }
    }
    cost
}

#[test]
fn two_thousand_forecasts_are_the_sums_over_all_numbers_of_tenants() {
    let mut rng = ChaCha8Rng::seed_from_u64(20_261_130);
    let mut sets: Vec<Costs> = assumptions()
        .into_iter()
        .map(|set| {
            let kept = kept(&set, 24);
            Costs { model: model([1, 0, 0, 0], set), known: HashMap::new(), kept }
        })
        .collect();
    let mut worst: f64 = 0.0;
    for number in 0..2_000 {
        let case = Case::random(&mut rng);
        let place = number % sets.len();
        let set = &mut sets[place];
        let forecast =
            set.model.with_counts(&case.counts).unwrap().forecast(case.month, &case.growth).unwrap();
        let row = forecast.months.last().unwrap();
        let tiers: Vec<Vec<(u32, f64)>> = case
            .counts
            .iter()
            .zip(case.rates)
            .map(|(count, (new, churn))| tier(*count, new, churn, case.month))
            .collect();
        let (mut costs, mut tenants, mut whole) = ([0.0; 4], 0.0, 0.0);
        for &(a, left) in &tiers[0] {
            for &(b, right) in &tiers[1] {
                for &(c, third) in &tiers[2] {
                    for &(d, fourth) in &tiers[3] {
                        let chance = left * right * third * fourth;
                        if chance < 1e-16 {
                            continue;
                        }
                        whole += chance;
                        tenants += chance * f64::from(a + b + c + d);
                        for (sum, cost) in costs.iter_mut().zip(set.of([a, b, c, d])) {
                            *sum += chance * cost;
                        }
                    }
                }
            }
        }
        assert!((whole - 1.0).abs() < 1e-9, "case {number}: the chances add up to {whole}");
        assert!((float(row.tenants) - tenants).abs() < 1e-6, "case {number}: {} {tenants}", row.tenants);
        let months = f64::from((case.month - 1) % 12);
        let years = i32::try_from((case.month - 1) / 12).unwrap();
        let rate = float(case.growth.cost_inflation_yearly);
        let inflation = (1.0 + rate).powi(years) * (1.0 + rate * months / 12.0);
        let mut lines = set.model.assumptions().lines().iter();
        if lines.all(|line| line.category != Category::Sales) {
            // No line says what sales cost: each tenant won does.
            let won: f64 = case.rates.iter().map(|(new, _)| new).sum();
            costs[2] += float(case.growth.acquisition_cost) * won;
        }
        costs[0] += departed(&case, &set.kept);
        for (category, (found, expected)) in Category::ALL.into_iter().zip(row.costs.into_iter().zip(costs)) {
            let expected = expected * inflation;
            let off = (float(found) - expected).abs();
            worst = worst.max(off);
            // A month rounds each of some ten pooled lines to the cent; chances below 1e-16 are left out.
            let within = 0.06 + 1e-9 * expected;
            assert!(off < within, "case {number}, set {place}, {}: {found} and {expected}", category.name());
        }
    }
    assert!(worst < 0.1, "{worst}");
}
