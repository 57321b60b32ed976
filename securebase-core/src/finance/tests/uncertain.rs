//! Uncertainty on every assumption, and what a simulation shares with the forecast.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::model;
use crate::finance::*;
use crate::table::{Cell, Table};

fn near(left: f64, right: f64, part: f64) -> bool {
    (left - right).abs() <= part * left.abs().max(right.abs()).max(1e-9)
}

fn uncertain(path: &str, distribution: Distribution) -> Uncertain {
    Uncertain { assumption: path.parse().unwrap(), distribution }
}

/// Growth with everything a forecast knows, and nothing uncertain.
fn rich() -> Growth {
    let mut growth = Growth::shipped().clone();
    growth.uncertain.clear();
    for row in &mut growth.tiers {
        row.expansion = Decimal::new(2, 2);
        row.contraction = Decimal::new(5, 3);
    }
    growth.discount = Decimal::new(3, 1);
    growth.discount_months = 4;
    growth.ramp_months = 6;
    growth.price_change_yearly = Decimal::new(4, 2);
    growth
}

fn samples(model: &Model, growth: &Growth, trials: u64, first: u64) -> Table {
    model.simulate(trials, 6, 7, first, growth).unwrap().samples().unwrap()
}

/// The columns two tables share, one has more where more is uncertain.
fn same_figures(left: &Table, right: &Table) -> bool {
    ["tenants", "revenue", "infrastructure", "support", "sales", "other", "profit_cumulative"]
        .iter()
        .all(|name| left.column(name) == right.column(name))
}

#[test]
fn the_mean_of_many_futures_is_the_forecast_with_expansion_discounts_and_ramps() {
    let model = model([4, 2, 2, 2], Assumptions::aws());
    let simulation = model.simulate(6_000, 18, 1, 0, &rich()).unwrap();
    let forecast = model.forecast(18, &rich()).unwrap();
    for month in [1, 5, 9, 18] {
        let mean = simulation.spread(month, Metric::Revenue).unwrap().mean;
        let expected = forecast.months[month as usize - 1].mrr.to_f64().unwrap();
        assert!(near(mean, expected, 0.01), "{month}: {mean} {expected}");
    }
}

#[test]
fn every_number_has_a_path_that_leads_back_to_it() {
    for assumptions in
        Assumptions::seeds().map(|name| Assumptions::seed(name).unwrap()).chain([Assumptions::aws()])
    {
        let model = model([4, 2, 2, 2], assumptions);
        let values = model.assumption_values(&rich());
        for (path, value) in &values {
            assert_eq!(path.to_string().parse::<Assumption>().unwrap(), *path);
            assert!(!value.is_zero(), "{path}");
        }
        if model.assumptions().usage().is_some() {
            let has = |path: &str| values.iter().any(|(known, _)| known.to_string() == path);
            for path in [
                "price.gov-federal",
                "log_retention_days.fintech",
                "growth.discount",
                "prices.nat_gateway_hour",
                "prices.hours_per_month",
                "usage.fintech.archive_years",
                "usage.core.alarms",
                "usage.organization.core_accounts",
            ] {
                assert!(has(path), "{path}");
            }
            assert!(values.len() > 120, "{}", values.len());
        }
    }
}

/// A distribution on every number at once: a factor of one changes nothing, a tornado has a row for each.
#[test]
fn every_assumption_can_be_uncertain_at_once() {
    let model = model([4, 2, 2, 2], Assumptions::aws());
    let mut growth = rich();
    let certain = samples(&model, &growth, 50, 0);
    let values = model.assumption_values(&growth);
    let all = |distribution| {
        let each = |(assumption, _): &(Assumption, Decimal)| Uncertain {
            assumption: assumption.clone(),
            distribution,
        };
        values.iter().map(each).collect::<Vec<_>>()
    };
    growth.uncertain = all(Distribution::Fixed(1.0));
    assert!(same_figures(&certain, &samples(&model, &growth, 50, 0)));
    growth.uncertain = all(Distribution::Uniform(0.8, 1.25));
    assert!(!same_figures(&certain, &samples(&model, &growth, 50, 0)));
    let table = model.tornado(Metric::OperatingMargin, 6, &growth).unwrap();
    assert_eq!(table.row_count(), values.len());
    let Some(Cell::Text(first)) = table.cell("factor", 0) else { panic!("{table}") };
    assert!(
        first.starts_with("price.") || first.starts_with("lines."),
        "prices and people move it most: {first}"
    );
}

#[test]
fn a_path_does_to_a_simulation_what_it_does_to_the_model() {
    let doubled = Usage::shipped().with_toml("[[profile]]\ntier = \"fintech\"\nnat_gb = \"200\"").unwrap();
    let dearer =
        PriceBook::shipped().with_prices([("nat_gateway_hour", Decimal::new(9, 2))], "a test").unwrap();
    let plain = model([4, 2, 2, 2], Assumptions::aws());
    let mut growth = rich();
    for (path, changed) in [
        ("usage.fintech.nat_gb", Assumptions::catalogue(PriceBook::shipped().clone(), doubled)),
        ("prices.nat_gateway_hour", Assumptions::catalogue(dearer, Usage::shipped().clone())),
    ] {
        growth.uncertain = vec![uncertain(path, Distribution::Fixed(2.0))];
        let by_path = samples(&plain, &growth, 20, 0);
        growth.uncertain.clear();
        assert!(same_figures(&by_path, &samples(&model([4, 2, 2, 2], changed), &growth, 20, 0)), "{path}");
        assert!(!same_figures(&by_path, &samples(&plain, &growth, 20, 0)), "{path}");
    }
}

#[test]
fn compiled_trials_do_not_depend_on_threads_or_shards() {
    let model = model([4, 2, 2, 2], Assumptions::aws());
    let mut growth = rich();
    growth.uncertain = vec![
        uncertain("price.gov-federal", Distribution::Normal(0.1)),
        uncertain("churn", Distribution::Lognormal(0.4)),
        uncertain("usage.fintech.archive_years", Distribution::Triangular(0.5, 1.0, 2.0)),
        uncertain("growth.discount_months", Distribution::Uniform(0.0, 2.0)),
    ];
    growth.correlations = vec![(0, 1, 0.6), (2, 3, -0.3)];
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| samples(&model, &growth, 5_000, 0))
    };
    let whole = run(1);
    assert_eq!(whole, run(3));
    let shards = [samples(&model, &growth, 4_100, 0), samples(&model, &growth, 900, 4_100)];
    for column in whole.columns() {
        let cells: Vec<Cell<'_>> = (0..5_000).map(|row| column.cell(row).unwrap()).collect();
        let parts = shards.iter().map(|shard| shard.column(&column.name).unwrap());
        let joined: Vec<Cell<'_>> =
            parts.flat_map(|column| (0..column.len()).map(|row| column.cell(row).unwrap())).collect();
        assert_eq!(cells, joined, "{}", column.name);
    }
}

#[test]
fn a_path_that_leads_nowhere_is_named_with_those_there_are() {
    let aws = model([1, 0, 0, 0], Assumptions::aws());
    let seed = model([1, 0, 0, 0], Assumptions::seed("five-customers").unwrap());
    let refused = |model: &Model, path: &str| {
        let mut growth = Growth::none();
        growth.uncertain = vec![uncertain(path, Distribution::Normal(0.1))];
        model.simulate(10, 1, 0, 0, &growth).unwrap_err().to_string()
    };
    assert!(refused(&aws, "price.platinum").contains("`price.fintech`"));
    assert!(refused(&aws, "usage.platinum.nat_gb").contains("`usage.core.nat_gb`"));
    assert!(refused(&aws, "lines.support.magic").contains("lines.support."));
    assert!(refused(&seed, "prices.nat_gateway_hour").contains("`prices.nat_gateway_hour`"));
    for path in
        ["weather", "weather.fintech", "growth.weather", "prices.weather", "usage.nat_gb", "lines.weather"]
    {
        assert!(path.parse::<Assumption>().is_err(), "{path}");
    }
    let mut growth = Growth::none();
    growth.uncertain = vec![uncertain("price.fintech", Distribution::Normal(0.1))];
    assert!(aws.simulate(250_001, 1, 0, 0, &growth).is_err());
}
