use proptest::prelude::*;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{model, usd};
use crate::finance::*;
use crate::table::{Cell, Table};
use crate::time::{Interrupt, Interrupted};

fn near(left: f64, right: f64, part: f64) -> bool {
    (left - right).abs() <= part * left.abs().max(right.abs()).max(1e-9)
}

fn float(table: &Table, column: &str, row: usize) -> f64 {
    match table.cell(column, row).unwrap() {
        Cell::Float(value) => value,
        cell => panic!("{column} holds {cell:?}"),
    }
}

/// Growth without uncertainty: only chance is left.
fn certain() -> Growth {
    let mut growth = Growth::shipped().clone();
    growth.uncertain.clear();
    growth
}

#[test]
fn without_growth_every_month_is_this_month() {
    let model = model([4, 2, 2, 2], Assumptions::aws());
    let month = model.month().unwrap();
    let forecast = model.forecast(24, &Growth::none()).unwrap();
    for row in &forecast.months {
        assert_eq!(row.mrr, month.revenue.amount);
        assert_eq!(row.costs, Category::ALL.map(|category| month.cost(category).amount));
        assert_eq!(row.ltv(), None, "no churn, no end of life");
        assert_eq!(row.monthly_nrr(), Some(Decimal::ONE));
    }
    assert_eq!(forecast.break_even_month(), Some(1));
}

/// The reports' path, a step every quarter: the revenue of each step is that of its own model.
#[test]
fn the_reports_path_from_one_to_a_hundred() {
    let steps = [
        [1, 0, 0, 0],
        [1, 1, 0, 0],
        [2, 1, 1, 1],
        [4, 2, 2, 2],
        [10, 5, 5, 5],
        [20, 10, 10, 10],
        [40, 20, 20, 20],
    ];
    let mut growth = Growth::none();
    growth.path = (1..).step_by(3).zip(steps.iter().map(|counts| counts.to_vec())).collect();
    let forecast = model([1, 0, 0, 0], Assumptions::aws()).forecast(21, &growth).unwrap();
    for (step, counts) in steps.into_iter().enumerate() {
        let month = model(counts, Assumptions::aws()).month().unwrap();
        let row = &forecast.months[step * 3];
        assert_eq!(row.mrr, month.revenue.amount, "{counts:?}");
        assert_eq!(row.costs[0], month.infrastructure.amount, "{counts:?}");
        assert_eq!(row.profit(), month.profit().amount, "{counts:?}");
    }
    assert_eq!(forecast.months[20].mrr, usd("1160000").amount);
}

#[test]
fn discount_and_ramp_come_back_as_expansion() {
    let mut growth = Growth::none();
    growth.set_tier(TierGrowth::new("fintech", Decimal::ONE, Decimal::ZERO));
    growth.discount = Decimal::new(5, 1);
    growth.discount_months = 2;
    let forecast = model([0; 4], Assumptions::aws()).forecast(4, &growth).unwrap();
    let months = &forecast.months;
    assert_eq!(months[0].mrr_new, Decimal::from(4_000));
    assert_eq!(months[1].mrr_expansion, Decimal::ZERO);
    assert_eq!(months[2].mrr_expansion, Decimal::from(4_000), "the first pays in full from its third month");
    assert_eq!(months[2].mrr, Decimal::from(16_000));
}

#[test]
fn a_cohort_only_shrinks() {
    let forecast = model([10, 0, 0, 0], Assumptions::aws()).forecast(12, &certain()).unwrap();
    let first: Vec<&Cohort> =
        forecast.cohorts.iter().filter(|cohort| cohort.start == 0 && cohort.tier == 0).collect();
    assert_eq!(first.len(), 12);
    assert!(first.windows(2).all(|pair| pair[1].tenants < pair[0].tenants));
    // Ten tenants, 0.85 percent leave a month: 10 × 0.9915^12.
    assert!(near(first[11].tenants.to_f64().unwrap(), 10.0 * 0.9915_f64.powi(12), 1e-9));
    assert_eq!(forecast.cohorts_table().unwrap().row_count(), forecast.cohorts.len());
}

#[test]
fn growth_of_a_tier_that_is_not_there_is_refused() {
    let model = model([1, 0, 0, 0], Assumptions::aws());
    let mut growth = Growth::none();
    growth.set_tier(TierGrowth::new("fintec", Decimal::ONE, Decimal::ZERO));
    for error in [
        model.forecast(3, &growth).unwrap_err(),
        model.simulate(10, 3, 0, 0, &growth).unwrap_err(),
        model.tornado(Metric::Profit, 3, &growth).unwrap_err(),
    ] {
        assert!(error.to_string().contains("`fintec`") && error.to_string().contains("`fintech`"), "{error}");
    }
}

#[test]
fn impossible_horizons_are_refused() {
    let model = model([1, 0, 0, 0], Assumptions::aws());
    assert!(model.forecast(0, &Growth::none()).is_err());
    assert!(model.forecast(601, &Growth::none()).is_err());
    assert!(model.simulate(0, 12, 0, 0, Growth::shipped()).is_err());
    assert!(model.simulate(10_000_001, 12, 0, 0, Growth::shipped()).is_err());
    assert!(model.simulate(10, 0, 0, 0, Growth::shipped()).is_err());
}

#[test]
fn a_simulation_does_not_depend_on_its_threads() {
    let model = model([4, 2, 2, 2], Assumptions::aws());
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let simulation = model.simulate(9_000, 3, 7, 0, Growth::shipped()).unwrap();
            (simulation.table().unwrap(), simulation.samples().unwrap())
        })
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn shards_join_to_the_whole() {
    let model = model([4, 2, 2, 2], Assumptions::aws());
    let samples =
        |trials, first| model.simulate(trials, 3, 7, first, Growth::shipped()).unwrap().samples().unwrap();
    let whole = samples(9_000, 0);
    let shards = [samples(1, 0), samples(4_999, 1), samples(4_000, 5_000)];
    for column in whole.columns() {
        let cells: Vec<Cell<'_>> = (0..9_000).map(|row| column.cell(row).unwrap()).collect();
        let joined: Vec<Cell<'_>> = shards
            .iter()
            .map(|shard| shard.column(&column.name).unwrap())
            .flat_map(|column| (0..column.len()).map(|row| column.cell(row).unwrap()))
            .collect();
        assert_eq!(cells, joined, "{}", column.name);
    }
    assert_ne!(samples(10, 0), model.simulate(10, 6, 8, 0, Growth::shipped()).unwrap().samples().unwrap());
}

#[test]
fn percentiles_rise_and_hold_the_share_they_name() {
    let model = model([4, 2, 2, 2], Assumptions::aws());
    let simulation = model.simulate(5_000, 12, 3, 0, Growth::shipped()).unwrap();
    let samples = simulation.samples().unwrap();
    let spread = simulation.spread(12, Metric::Profit).unwrap();
    assert!(spread.percentiles.windows(2).all(|pair| pair[0] <= pair[1]));
    let below = (0..5_000).filter(|row| float(&samples, "profit", *row) < spread.percentiles[2]).count();
    assert_eq!(below, 500, "a tenth of the trials lies below the tenth percentile");
    assert_eq!(simulation.table().unwrap().row_count(), 12 * Metric::ALL.len());
}

#[test]
fn a_zone_without_tenants_has_futures_too() {
    let simulation = model([0; 4], Assumptions::aws()).simulate(100, 1, 0, 0, &Growth::none()).unwrap();
    let table = simulation.table().unwrap();
    let margin = (0..table.row_count())
        .find(|row| table.cell("metric", *row) == Some(Cell::Text("operating_margin")))
        .unwrap();
    assert_eq!(table.cell("p50", margin), Some(Cell::Null), "no revenue, no margin");
}

#[test]
fn a_tornado_is_sorted_by_swing() {
    let table = model([4, 2, 2, 2], Assumptions::aws())
        .tornado(Metric::OperatingMargin, 12, Growth::shipped())
        .unwrap();
    let swings: Vec<f64> = (0..table.row_count()).map(|row| float(&table, "swing", row)).collect();
    assert_eq!(swings.len(), Growth::shipped().uncertain.len());
    assert!(swings.windows(2).all(|pair| pair[0] >= pair[1]), "{table}");
    assert!(swings[0] > 0.0);
}

#[test]
fn a_goal_is_reached_at_the_price_found_and_not_a_percent_below() {
    let zone = model([4, 2, 2, 2], Assumptions::aws());
    let lever: Assumption = "price.gov-federal".parse().unwrap();
    let goal = Goal {
        lever: lever.clone(),
        between: (1_000.0, 100_000.0),
        metric: Metric::OperatingMargin,
        target: 0.85,
        confidence: 0.95,
        months: 6,
        trials: 400,
        seed: 5,
    };
    let growth = Growth::shipped();
    let price = zone.goal_seek(&goal, growth).unwrap();
    let share = |price: f64| {
        let (model, growth) = zone.with_lever(growth, &lever, price).unwrap();
        let ends =
            model.until(&Interrupt::new()).last_values(Metric::OperatingMargin, 400, 6, 5, &growth).unwrap();
        ends.iter().filter(|end| **end >= 0.85).count() as f64 / 400.0
    };
    assert!(share(price) >= 0.95 && share(price * 0.99) < 0.95, "{price}");
    let unreachable = Goal { between: (1_000.0, 1_001.0), ..goal };
    assert!(zone.goal_seek(&unreachable, growth).unwrap_err().to_string().contains("neither end"));
}

#[test]
fn a_computation_ends_when_it_is_asked_to_and_not_before() {
    let zone = model([4, 2, 2, 2], Assumptions::aws());
    let growth = Growth::shipped();
    let lever: Assumption = "price".parse().unwrap();
    let goal = Goal {
        lever: lever.clone(),
        between: (0.1, 100.0),
        metric: Metric::OperatingMargin,
        target: 0.5,
        confidence: 0.9,
        months: 2,
        trials: 100,
        seed: 0,
    };
    let interrupt = Interrupt::new();
    let until = zone.until(&interrupt);
    let grid = [(lever, vec![0.5, 1.0])];
    let found = until.goal_seek(&goal, growth).unwrap();
    assert_eq!(found.to_bits(), zone.goal_seek(&goal, growth).unwrap().to_bits());
    assert_eq!(until.sweep(&grid, 2, growth).unwrap(), zone.sweep(&grid, 2, growth).unwrap());
    let table = |simulation: Simulation| simulation.table().unwrap();
    let simulated = table(until.simulate(100, 2, 0, 0, growth).unwrap());
    assert_eq!(simulated, table(zone.simulate(100, 2, 0, 0, growth).unwrap()));
    assert_eq!(until.forecast(2, growth).unwrap(), zone.forecast(2, growth).unwrap());
    let metric = Metric::OperatingMargin;
    assert_eq!(until.tornado(metric, 2, growth).unwrap(), zone.tornado(metric, 2, growth).unwrap());
    let scenarios = [Scenario { name: "base".to_owned(), model: zone.clone(), growth: growth.clone() }];
    assert!(Scenarios::until(&scenarios, Some(2), &interrupt).is_ok());
    interrupt.clone().ask();
    let interrupted = Error::Interrupted(Interrupted);
    assert_eq!(until.forecast(2, growth).unwrap_err(), interrupted);
    assert_eq!(until.tornado(metric, 2, growth).unwrap_err(), interrupted);
    assert_eq!(Scenarios::until(&scenarios, Some(2), &interrupt).unwrap_err(), interrupted);
    assert_eq!(until.goal_seek(&goal, growth).unwrap_err(), interrupted);
    assert_eq!(until.sweep(&grid, 2, growth).unwrap_err(), interrupted);
    assert_eq!(until.simulate(100, 2, 0, 0, growth).unwrap_err(), interrupted);
    assert_eq!(interrupted.problems().0[0].code, "interrupted");
}

#[test]
fn a_grid_has_a_row_for_every_combination() {
    let zone = model([4, 2, 2, 2], Assumptions::aws());
    let grid = vec![
        ("price.fintech".parse().unwrap(), vec![8_000.0, 9_000.0]),
        ("churn".parse().unwrap(), vec![1.0, 2.0, 3.0]),
    ];
    let table = zone.sweep(&grid, 12, Growth::shipped()).unwrap();
    assert_eq!(table.row_count(), 6);
    assert!(near(float(&table, "price.fintech", 3), 9_000.0, 0.0));
    assert!(near(float(&table, "churn", 3), 1.0, 0.0));
    assert!(float(&table, "revenue", 3) > float(&table, "revenue", 0), "a higher price");
    assert!(float(&table, "revenue", 1) < float(&table, "revenue", 0), "more churn");
    let wrong = vec![("price.platinum".parse().unwrap(), vec![1.0])];
    assert!(zone.sweep(&wrong, 12, Growth::shipped()).unwrap_err().to_string().contains("`price.platinum`"));
    assert!("weather".parse::<Assumption>().is_err() && "prize.fintech".parse::<Assumption>().is_err());
}

proptest! {
    #![proptest_config(crate::cases::cases(24))]

    #[test]
    fn the_bridge_of_revenue_always_closes(
        counts in proptest::array::uniform4(0_u32..20),
        new in 0_u32..300,
        churn in 0_u32..100,
        expansion in 0_u32..10,
        contraction in 0_u32..10,
        price_change in -20_i64..20,
    ) {
        let mut growth = Growth::shipped().clone();
        growth.tiers = vec![TierGrowth {
            expansion: Decimal::new(expansion.into(), 2),
            contraction: Decimal::new(contraction.into(), 2),
            ..TierGrowth::new("default", Decimal::new(new.into(), 2), Decimal::new(churn.into(), 2))
        }];
        growth.price_change_yearly = Decimal::new(price_change, 2);
        let forecast = model(counts, Assumptions::aws()).forecast(18, &growth).unwrap();
        let mut opening = forecast.months[0].mrr_opening;
        for row in &forecast.months {
            prop_assert_eq!(row.mrr_opening, opening);
            let closing =
                opening + row.mrr_new + row.mrr_expansion - row.mrr_contraction - row.mrr_churned;
            prop_assert_eq!(row.mrr, closing);
            let of_cohorts: Decimal =
                forecast.cohorts.iter().filter(|cohort| cohort.month == row.month).map(|cohort| cohort.mrr).sum();
            // Each part is rounded to the cent: they may drift from the cohorts by some cents a month.
            let months = Decimal::from(row.month * 5);
            prop_assert!((of_cohorts - row.mrr).abs() <= months, "{} {}", of_cohorts, row.mrr);
            if let Some(gross) = row.monthly_grr() {
                prop_assert!(gross <= Decimal::ONE);
            }
            opening = row.mrr;
        }
    }
}
