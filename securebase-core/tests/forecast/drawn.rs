//! The forecast against the mean of futures that are drawn.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;
use securebase_core::finance::{Distribution, Growth, TierGrowth, Uncertain};
use securebase_core::table::{Cell, Table};

use crate::{TIERS, assumptions, below, float, model};

const TRIALS: u64 = 20_000;

fn column(table: &Table, name: &str) -> Vec<f64> {
    let value = |row| match table.cell(name, row).unwrap() {
        Cell::Float(value) => value,
        Cell::Int(value) => value as f64,
        cell => panic!("{name} holds {cell:?}"),
    };
    (0..table.row_count()).map(value).collect()
}

/// Everything a forecast knows, in every other case with uncertain factors that go together.
fn random(rng: &mut ChaCha8Rng, uncertain: bool) -> Growth {
    let hundredths =
        |rng: &mut ChaCha8Rng, from: u32, to: u32| Decimal::new((from + below(rng, to - from)).into(), 2);
    let mut growth = Growth::none();
    for name in TIERS {
        let (new, churn) = (hundredths(rng, 5, 120), hundredths(rng, 0, 12));
        let mut row = TierGrowth::new(name, new, churn);
        row.expansion = hundredths(rng, 0, 3);
        row.contraction = hundredths(rng, 0, 3);
        growth.set_tier(row);
    }
    growth.discount = hundredths(rng, 0, 40);
    (growth.discount_months, growth.ramp_months) = (below(rng, 6), below(rng, 6));
    growth.price_change_yearly = hundredths(rng, 0, 8);
    growth.cost_inflation_yearly = hundredths(rng, 0, 8);
    growth.acquisition_cost = Decimal::from(below(rng, 3) * 700);
    if uncertain {
        let one = |path: &str, distribution| Uncertain { assumption: path.parse().unwrap(), distribution };
        growth.uncertain = vec![
            one("new", Distribution::Uniform(0.4, 1.6)),
            one("churn", Distribution::Triangular(0.3, 0.6, 2.1)),
            one("price", Distribution::Normal(0.1)),
            one("infrastructure", Distribution::Uniform(0.8, 1.4)),
            one("support", Distribution::Triangular(0.8, 1.0, 1.5)),
            one("other", Distribution::Uniform(0.9, 1.1)),
        ];
        growth.correlations = vec![(0, 1, -0.3), (0, 2, 0.5), (1, 3, 0.4), (0, 4, 0.3)];
    }
    growth
}

#[test]
fn fifty_forecasts_are_the_means_of_many_futures() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let sets = assumptions();
    for number in 0..50 {
        let counts = [below(&mut rng, 12), below(&mut rng, 6), below(&mut rng, 3), below(&mut rng, 20)];
        let growth = random(&mut rng, number % 2 == 1);
        let months = 1 + below(&mut rng, 36);
        let model = model(counts, sets[number % sets.len()].clone());
        let futures = model.simulate(TRIALS, months, number as u64, 0, &growth).unwrap().samples().unwrap();
        let forecast = model.forecast(months, &growth).unwrap();
        let row = forecast.months.last().unwrap();
        let figures = [
            ("tenants", row.tenants),
            ("revenue", row.mrr),
            ("infrastructure", row.costs[0]),
            ("support", row.costs[1]),
            ("sales", row.costs[2]),
            ("other", row.costs[3]),
            ("profit", row.profit()),
        ];
        for (name, expected) in figures {
            let drawn = column(&futures, name);
            let count = drawn.len() as f64;
            let mean = drawn.iter().sum::<f64>() / count;
            let squares: f64 = drawn.iter().map(|value| (value - mean) * (value - mean)).sum();
            let error = (squares / (count - 1.0) / count).sqrt();
            let off = (float(expected) - mean).abs();
            assert!(off <= 5.0 * error + 0.06, "case {number}, {name}: {expected} and {mean} ± {error}");
        }
    }
}
