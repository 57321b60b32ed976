//! What a simulation promises, each computed another way than the simulation does.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::finance::tests::model;
use crate::finance::{
    Assumption, Assumptions, Category, Distribution, Factor, Goal, Growth, Metric, Model, TierGrowth,
    Uncertain,
};
use crate::table::{Cell, Table};
use crate::time::Interrupt;

fn floats(table: &Table, column: &str) -> Vec<f64> {
    let column = table.column(column).unwrap();
    let cells = (0..column.len()).map(|row| column.cell(row).unwrap());
    let float = |cell| match cell {
        Cell::Float(value) => value,
        Cell::Int(value) => value.to_f64().unwrap(),
        Cell::Null => f64::NAN,
        other => panic!("{other:?}"),
    };
    cells.map(float).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The variance of one column, or how two go together.
fn covariance(left: &[f64], right: &[f64]) -> f64 {
    let (middle, other) = (mean(left), mean(right));
    let products = left.iter().zip(right).map(|(left, right)| (left - middle) * (right - other));
    products.sum::<f64>() / left.len() as f64
}

fn correlation(left: &[f64], right: &[f64]) -> f64 {
    covariance(left, right) / (covariance(left, left) * covariance(right, right)).sqrt()
}

/// Every tier wins the given number a month and loses the given share, in percent; nothing is uncertain.
fn plain(new: i64, churn: i64) -> Growth {
    let mut growth = Growth::none();
    for tier in ["fintech", "healthcare", "gov-federal", "standard"] {
        growth.set_tier(TierGrowth::new(tier, Decimal::from(new), Decimal::new(churn, 2)));
    }
    growth
}

fn uncertain(path: &str, distribution: Distribution) -> Uncertain {
    Uncertain { assumption: path.parse().unwrap(), distribution }
}

fn samples(model: &Model, growth: &Growth, trials: u64, months: u32, seed: u64) -> Table {
    model.simulate(trials, months, seed, 0, growth).unwrap().samples().unwrap()
}

#[test]
fn arrivals_and_leavers_are_drawn_apart() {
    let model = model([50, 0, 0, 0], Assumptions::aws());
    let table = samples(&model, &plain(5, 10), 20_000, 1, 3);
    let tenants = floats(&table, "tenants_fintech");
    // A Poisson number of arrivals has variance 5, a binomial number of leavers 50 × 0.1 × 0.9.
    let variance = covariance(&tenants, &tenants);
    assert!((mean(&tenants) - 50.0).abs() < 0.1, "{}", mean(&tenants));
    assert!((variance / 9.5 - 1.0).abs() < 0.05, "{variance}");
}

#[test]
fn new_tenants_stay_for_the_month_they_arrive_in() {
    let model = model([0; 4], Assumptions::aws());
    let growth = plain(4, 50);
    let simulation = model.simulate(6_000, 3, 11, 0, &growth).unwrap();
    let forecast = model.forecast(3, &growth).unwrap();
    // Four tiers win four each; half of those there were before leave: 16, 16 / 2 + 16, 24 / 2 + 16.
    for (month, expected) in [(1, 16.0), (2, 24.0), (3, 28.0)] {
        let mean = simulation.spread(month, Metric::Tenants).unwrap().mean;
        assert!((mean - expected).abs() < 0.4, "{month}: {mean}");
        let forecast = forecast.months[month as usize - 1].tenants.to_f64().unwrap();
        assert!((forecast - expected).abs() < 1e-6, "{month}: {forecast}");
    }
}

#[test]
fn draws_of_tiers_months_trials_and_seeds_do_not_go_together() {
    const TRIALS: u64 = 6_000;
    let model = model([20, 20, 20, 20], Assumptions::aws());
    let growth = plain(3, 0);
    let (one, two) = (samples(&model, &growth, TRIALS, 1, 5), samples(&model, &growth, TRIALS, 2, 5));
    let other = samples(&model, &growth, TRIALS, 1, 6);
    let tiers = ["tenants_fintech", "tenants_healthcare", "tenants_gov_federal", "tenants_standard"];
    // The deviation of a correlation of nothing is one over the root of the trials: 0.013.
    let apart = |what: &str, left: &[f64], right: &[f64]| {
        let found = correlation(left, right);
        assert!(found.abs() < 0.05, "{what}: {found}");
    };
    for (place, tier) in tiers.iter().enumerate() {
        let first = floats(&one, tier);
        for beside in &tiers[..place] {
            apart("tiers", &first, &floats(&one, beside));
        }
        let second: Vec<f64> = floats(&two, tier).iter().zip(&first).map(|(two, one)| two - one).collect();
        apart("months", &first, &second);
        apart("seeds", &first, &floats(&other, tier));
        apart("trials", &first[1..], &first[..first.len() - 1]);
    }
}

#[test]
fn factors_do_not_go_together_unless_they_are_told_to() {
    let model = model([1, 0, 0, 0], Assumptions::aws());
    let mut growth = plain(1, 1);
    growth.uncertain =
        Factor::ALL.iter().map(|factor| uncertain(factor.name(), Distribution::Normal(0.1))).collect();
    let columns = |growth: &Growth| {
        let table = samples(&model, growth, 6_000, 1, 2);
        Factor::ALL.map(|factor| floats(&table, &format!("factor_{}", factor.name())))
    };
    let apart = columns(&growth);
    for (place, left) in apart.iter().enumerate() {
        assert!((mean(left) - 1.0).abs() < 0.01);
        for right in &apart[..place] {
            assert!(correlation(left, right).abs() < 0.05);
        }
    }
    // Normal factors are their own normal scores, so that their correlation is the one given.
    growth.correlations = vec![(0, 1, 0.6), (2, 1, -0.3)];
    let together = columns(&growth);
    assert!((correlation(&together[0], &together[1]) - 0.6).abs() < 0.03);
    assert!((correlation(&together[1], &together[2]) + 0.3).abs() < 0.04);
    assert!(correlation(&together[0], &together[2]).abs() < 0.05);
    assert_eq!(apart[3..], together[3..], "the others are drawn as before");
}

#[test]
fn a_factors_draws_do_not_depend_on_what_else_is_uncertain() {
    let model = model([4, 2, 2, 2], Assumptions::aws());
    let mut growth = plain(1, 1);
    let churn = uncertain("churn", Distribution::Lognormal(0.4));
    growth.uncertain = vec![churn.clone()];
    let alone = samples(&model, &growth, 500, 3, 1);
    growth.uncertain = vec![uncertain("price", Distribution::Normal(0.2)), churn.clone()];
    let second = samples(&model, &growth, 500, 3, 1);
    growth.uncertain = vec![churn, uncertain("price", Distribution::Fixed(1.0))];
    let fixed = samples(&model, &growth, 500, 3, 1);
    for column in ["factor_churn", "tenants", "infrastructure"] {
        assert_eq!(alone.column(column), second.column(column), "{column}");
        assert_eq!(alone.column(column), fixed.column(column), "{column}");
    }
    assert_ne!(alone.column("revenue"), second.column("revenue"));
    assert_eq!(alone.column("revenue"), fixed.column("revenue"));
}

/// Of 101 values the tenth percentile is the eleventh, and so on: nothing lies between.
#[test]
fn percentiles_of_101_trials_are_trials() {
    let model = model([4, 2, 2, 2], Assumptions::aws());
    let simulation = model.simulate(101, 6, 9, 0, Growth::shipped()).unwrap();
    let table = simulation.samples().unwrap();
    for metric in Metric::ALL {
        let mut values = floats(&table, metric.name());
        values.sort_by(f64::total_cmp);
        let expected = [1, 5, 10, 25, 50, 75, 90, 95, 99].map(|place| values[place]);
        let found = simulation.spread(6, metric).unwrap().percentiles;
        assert_eq!(found.map(f64::to_bits), expected.map(f64::to_bits), "{metric:?}");
    }
}

/// More trials than are held at once: against all of them sorted, and where brackets are so narrow that months are evaluated
/// again.
#[test]
fn percentiles_of_many_trials_are_those_of_all_sorted() {
    const TRIALS: usize = 21_001;
    // Some futures have no tenants, and no margin.
    let model = model([1, 0, 0, 0], Assumptions::aws());
    let mut growth = plain(0, 10);
    growth.uncertain = Growth::shipped().uncertain.clone();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let run = |reach| {
        pool.install(|| {
            model.until(&Interrupt::new()).run(TRIALS as u64, 2, 4, 100, &growth, Some(reach)).unwrap()
        })
    };
    let simulation = run(super::REACH);
    let table = simulation.samples().unwrap();
    for metric in Metric::ALL {
        let mut values = floats(&table, metric.name());
        let average = mean(&values.iter().copied().filter(|value| !value.is_nan()).collect::<Vec<f64>>());
        values.retain(|value| !value.is_nan());
        assert_eq!(values.len() < TRIALS, metric.is_margin());
        values.sort_by(f64::total_cmp);
        let spread = simulation.spread(2, metric).unwrap();
        for (found, percent) in spread.percentiles.iter().zip([1, 5, 10, 25, 50, 75, 90, 95, 99]) {
            let at = (values.len() - 1) as f64 * f64::from(percent) / 100.0;
            let (below, part) = (values[at as usize], at.fract());
            let expected = below + (values[(at as usize + 1).min(values.len() - 1)] - below) * part;
            assert!(
                (found - expected).abs() <= 1e-9 * expected.abs(),
                "{metric:?} {percent}: {found} {expected}"
            );
        }
        assert!((spread.mean - average).abs() <= 1e-9 * average.abs().max(1.0), "{metric:?}");
    }
    assert_eq!(simulation.table().unwrap(), run(0.0).table().unwrap(), "made again where a bracket missed");
}

#[test]
fn what_is_found_for_a_goal_is_counted_on_the_futures_that_a_simulation_shows() {
    let model = model([4, 2, 2, 2], Assumptions::aws());
    for (lever, between, metric, target) in [
        ("price.gov-federal", (1_000.0, 100_000.0), Metric::OperatingMargin, 0.85),
        ("churn", (0.1, 20.0), Metric::Tenants, 14.0),
        ("new", (0.1, 5.0), Metric::Profit, 120_000.0),
    ] {
        let lever: Assumption = lever.parse().unwrap();
        let goal = Goal {
            lever: lever.clone(),
            between,
            metric,
            target,
            confidence: 0.8,
            months: 9,
            trials: 700,
            seed: 5,
        };
        let growth = Growth::shipped();
        let value = model.goal_seek(&goal, growth).unwrap();
        assert!((format!("{value:.11e}").parse::<f64>().unwrap() - value).abs() == 0.0, "{value}");
        let share = |value: f64| {
            let (model, growth) = model.with_lever(growth, &lever, value).unwrap();
            let ends = floats(&samples(&model, &growth, 700, 9, 5), metric.name());
            ends.iter().filter(|end| **end >= target).count() as f64 / 700.0
        };
        assert!(share(value) >= 0.8, "{lever}: {value}");
        let step = value * 1e-6;
        let worse = if share(between.0) < 0.8 { value - step } else { value + step };
        assert!(share(worse) < 0.8, "{lever}: {value} is not the last that reaches the target");
        // The futures beside the lever are those of the growth it was turned in.
        if let Assumption::Factor(_) = lever {
            let (_, turned) = model.with_lever(growth, &lever, value).unwrap();
            let column = "factor_infrastructure";
            let (before, after) = (samples(&model, growth, 50, 1, 5), samples(&model, &turned, 50, 1, 5));
            assert_eq!(before.column(column), after.column(column));
        }
    }
}

#[test]
fn a_factor_of_mean_one_has_mean_one() {
    for distribution in [
        Distribution::Normal(0.03),
        Distribution::Normal(0.3),
        Distribution::Normal(0.6),
        Distribution::Normal(3.0),
        Distribution::Lognormal(0.3),
        Distribution::Lognormal(0.8),
    ] {
        // The mean of the quantiles in the middle of equal parts.
        let parts = 200_000;
        let quantiles =
            (0..parts).map(|part| distribution.quantile((f64::from(part) + 0.5) / f64::from(parts)));
        let mean = quantiles.sum::<f64>() / f64::from(parts);
        assert!((mean - 1.0).abs() < 1e-3, "{distribution:?}: {mean}");
    }
}

#[test]
fn simulations_that_would_eat_memory_or_time_are_refused() {
    let model = model([1, 0, 0, 0], Assumptions::aws());
    let refused = |trials: u64, months: u32, growth: &Growth| {
        model.simulate(trials, months, 0, 0, growth).unwrap_err().to_string()
    };
    assert!(refused(10_000_000, 600, &plain(1, 1)).contains("1,000,000,000 months"));
    let mut growth = plain(1, 1);
    growth.ramp_months = 60;
    assert!(refused(5_000_000, 60, &growth).contains("memory"));
}

/// Where nothing changes and nothing is uncertain, a trial's month is the month in exact arithmetic: floats and lines that
/// are not rounded to cents are all that may differ.
#[test]
fn a_future_in_which_nothing_happens_is_the_month_there_is() {
    for assumptions in
        Assumptions::seeds().map(|name| Assumptions::seed(name).unwrap()).chain([Assumptions::aws()])
    {
        for counts in [[0, 0, 0, 0], [0, 0, 0, 1], [4, 2, 2, 2], [30, 30, 0, 5], [900, 300, 60, 500]] {
            let model = model(counts, assumptions.clone());
            let table = samples(&model, &Growth::none(), 3, 1, 1);
            let month = model.month().unwrap();
            let close = |column: &str, exact: crate::model::Money| {
                let exact = exact.amount.to_f64().unwrap();
                let found = floats(&table, column);
                let within = 1.0 + 0.01 * f64::from(counts.iter().sum::<u32>());
                let near = found.iter().all(|found| (found - exact).abs() < within);
                assert!(near, "{counts:?} {column}: {found:?} {exact}");
            };
            close("revenue", month.revenue);
            close("infrastructure", month.cost(Category::Infrastructure));
            close("support", month.cost(Category::Support));
            close("sales", month.cost(Category::Sales));
            close("other", month.cost(Category::Other));
            close("profit", month.profit());
        }
    }
}
