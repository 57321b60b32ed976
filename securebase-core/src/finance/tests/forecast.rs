//! The forecast against futures that are drawn, sums by hand, and the month's own lines.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{model, usd};
use crate::finance::rounding::cents;
use crate::finance::*;
use crate::table::{Cell, Table};

fn float(value: Decimal) -> f64 {
    value.to_f64().unwrap()
}

fn near(left: f64, right: f64, within: f64) {
    assert!((left - right).abs() <= within, "{left} {right}");
}

/// Growth without uncertainty: only chance is left.
fn certain() -> Growth {
    let mut growth = Growth::shipped().clone();
    growth.uncertain.clear();
    growth
}

/// Growth of one tier and of no other.
fn only(tier: &str, new: Decimal, churn: Decimal) -> Growth {
    let mut growth = Growth::none();
    growth.set_tier(TierGrowth::new(tier, new, churn));
    growth
}

fn uncertain(path: &str, distribution: Distribution) -> Uncertain {
    Uncertain { assumption: path.parse().unwrap(), distribution }
}

fn values(table: &Table, column: &str) -> Vec<f64> {
    let value = |row| match table.cell(column, row).unwrap() {
        Cell::Float(value) => value,
        Cell::Int(value) => value as f64,
        cell => panic!("{column} holds {cell:?}"),
    };
    (0..table.row_count()).map(value).collect()
}

/// Every count and amount of the last month within five standard errors of the mean of the futures.
fn agrees(model: &Model, growth: &Growth, months: u32, trials: u64, seed: u64) {
    let samples = model.simulate(trials, months, seed, 0, growth).unwrap().samples().unwrap();
    let forecast = model.forecast(months, growth).unwrap();
    let row = forecast.months.last().unwrap();
    let expected = [
        ("tenants", row.tenants),
        ("revenue", row.mrr),
        ("infrastructure", row.costs[0]),
        ("support", row.costs[1]),
        ("sales", row.costs[2]),
        ("other", row.costs[3]),
        ("profit", row.profit()),
    ];
    for (column, expected) in expected {
        let drawn = values(&samples, column);
        let count = drawn.len() as f64;
        let mean = drawn.iter().sum::<f64>() / count;
        let variance = drawn.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (count - 1.0);
        let error = libm::sqrt(variance / count);
        let off = float(expected) - mean;
        assert!(off.abs() <= 5.0 * error + 0.05, "{column}: {expected} and {mean} ± {error}");
    }
}

#[test]
fn the_mean_of_many_futures_is_the_forecast_in_every_count_and_amount() {
    let ten = model([4, 2, 2, 2], Assumptions::aws());
    agrees(&ten, &certain(), 24, 4_000, 1);
    // A quarter of a Gov-Federal tenant is expected: Shield Advanced is paid in one of five futures.
    agrees(&model([1, 0, 0, 0], Assumptions::aws()), &certain(), 1, 20_000, 2);
    // Half of those there leave in the month, none of those who arrive in it.
    let mut growth = certain();
    growth.tiers.iter_mut().for_each(|row| row.churn = Decimal::new(5, 1));
    agrees(&ten, &growth, 1, 10_000, 3);
    agrees(&ten, &growth, 6, 4_000, 4);
}

#[test]
fn the_forecast_counts_the_whole_distribution_of_uncertain_factors() {
    let ten = model([4, 2, 2, 2], Assumptions::aws());
    let mut growth = certain();
    growth.tiers.iter_mut().for_each(|row| row.churn *= Decimal::TEN);
    growth.uncertain = vec![
        uncertain("new", Distribution::Uniform(0.2, 1.8)),
        uncertain("churn", Distribution::Triangular(0.1, 0.5, 4.0)),
        uncertain("price", Distribution::Uniform(0.7, 1.5)),
        uncertain("support", Distribution::Uniform(0.5, 2.0)),
        uncertain("infrastructure", Distribution::Fixed(1.3)),
    ];
    growth.correlations = vec![(0, 1, -0.4), (0, 2, 0.7), (1, 3, 0.5)];
    agrees(&ten, &growth, 18, 6_000, 5);
    // Any other number is at its mean, here twice the price.
    growth.uncertain = vec![uncertain("price.fintech", Distribution::Uniform(1.0, 3.0))];
    growth.correlations.clear();
    agrees(&ten, &growth, 3, 3_000, 6);
}

/// Of two numbers that multiply each other the mean is not the product of the means: counted, or refused by name.
#[test]
fn a_correlation_is_counted_or_refused() {
    let model = model([2, 0, 0, 0], Assumptions::aws());
    let with = |left: &str, right: &str, correlation| {
        let mut growth = only("fintech", Decimal::TWO, Decimal::new(2, 2));
        growth.acquisition_cost = Decimal::ONE_THOUSAND;
        let wide = Distribution::Lognormal(0.5);
        growth.uncertain = vec![uncertain(left, wide), uncertain(right, wide)];
        growth.correlations = vec![(0, 1, correlation)];
        growth
    };
    // Fully correlated, the mean of new times price is e^(0.5² × correlation): far from one.
    for (left, right) in [
        ("new", "price.fintech"),
        ("growth.acquisition_cost", "new"),
        ("churn", "lines.support.people"),
        ("price", "price.fintech"),
        ("price.fintech", "new.fintech"),
        ("usage.fintech.nat_gb", "prices.nat_gateway_gb"),
    ] {
        let growth = with(left, right, 0.9);
        let Err(error) = model.forecast(12, &growth) else { panic!("{left} {right}") };
        assert_eq!(error.code(), "finance-range");
        assert!(
            error.to_string().starts_with(&format!("invalid correlation `{left}, {right}, 0.9`")),
            "{error}"
        );
        let help = &error.problems().0[0].hint;
        let kind = |path: &str| path.split('.').next().unwrap().to_owned();
        if [left, right] == ["price.fintech", "new.fintech"] {
            let pair = format!("the factors `{}` and `{}`", kind(left), kind(right));
            assert!(help.contains(&pair), "{help}");
        }
        assert!(help.contains("`simulate`"), "{help}");
        assert!(model.sweep(&[("churn".parse().unwrap(), vec![1.0])], 12, &growth).is_err());
        assert!(model.tornado(Metric::Profit, 12, &growth).is_err());
        assert!(model.forecast(12, &with(left, right, 0.0)).is_ok(), "{left} {right}: nothing to count");
    }
    for (left, right) in
        [("new", "price"), ("price.fintech", "prices.nat_gateway_hour"), ("support", "price.fintech")]
    {
        agrees(&model, &with(left, right, 0.9), 6, 4_000, 7);
    }
}

/// One tenant of two arrives half the time: the forecast by hand.
#[test]
fn steps_are_counted_by_their_chances() {
    let mut growth = Growth::none();
    growth.set_tier(TierGrowth::new("gov-federal", Decimal::new(25, 2), Decimal::ZERO));
    let model = model([1, 0, 0, 0], Assumptions::aws());
    let row = &model.forecast(1, &growth).unwrap().months[0];
    let fee = 3_000.0 * (1.0 - libm::exp(-0.25));
    let alone = float(model.month().unwrap().infrastructure.amount);
    // What each tenant brings beside the fee, its dashboard and its tier's: they are past the free three.
    let one = model.with_counts(&[1, 0, 1, 0]).unwrap().month().unwrap().infrastructure.amount;
    let two = model.with_counts(&[1, 0, 2, 0]).unwrap().month().unwrap().infrastructure.amount;
    let more = float(two - one);
    let first = float(one) - 3_000.0 - alone - more;
    let expected = alone + 0.25 * more + (1.0 - libm::exp(-0.25)) * first + fee;
    near(float(row.costs[0]), expected, 0.02);
    // Six tenants cost 11,000 of people, up to five 3,000: the chance of five or more arrivals.
    let arrivals =
        |count: i32| libm::exp(-0.25) * 0.25_f64.powi(count) / [1.0, 1.0, 2.0, 6.0, 24.0][count as usize];
    let few: f64 = (0..5).map(arrivals).sum();
    near(float(row.costs[1]), 3_000.0 * few + 11_000.0 * (1.0 - few), 0.01);
}

#[test]
fn sweeps_and_tornados_show_the_forecast() {
    let mut growth = Growth::shipped().clone();
    for row in &mut growth.tiers {
        row.expansion = Decimal::new(2, 2);
        row.contraction = Decimal::new(5, 3);
    }
    (growth.discount, growth.discount_months, growth.ramp_months) = (Decimal::new(3, 1), 4, 6);
    growth.price_change_yearly = Decimal::new(4, 2);
    for assumptions in [Assumptions::aws(), Assumptions::seed("five-customers").unwrap()] {
        let zone = model([4, 2, 2, 2], assumptions);
        let grid = vec![
            ("churn".parse().unwrap(), vec![1.0, 3.0]),
            ("price.fintech".parse().unwrap(), vec![9_000.0]),
            ("new.standard".parse().unwrap(), vec![0.0, 2.0]),
            ("churn.fintech".parse().unwrap(), vec![0.1]),
        ];
        let swept = zone.sweep(&grid, 14, &growth).unwrap();
        for row in 0..4 {
            let (mut model, mut turned) = (zone.clone(), growth.clone());
            for (lever, _) in &grid {
                let value = values(&swept, &lever.to_string())[row];
                (model, turned) = model.with_lever(&turned, lever, value).unwrap();
            }
            let forecast = model.forecast(14, &turned).unwrap();
            let month = &forecast.months[13];
            let expected = [
                ("tenants", month.tenants),
                ("revenue", month.mrr),
                ("infrastructure", month.costs[0]),
                ("support", month.costs[1]),
                ("sales", month.costs[2]),
                ("other", month.costs[3]),
                ("profit", month.profit()),
            ];
            for (column, expected) in expected {
                near(values(&swept, column)[row], float(expected), 0.03);
            }
        }
        let base = float(zone.forecast(14, &growth).unwrap().months[13].profit());
        let tornado = zone.tornado(Metric::Profit, 14, &growth).unwrap();
        assert_eq!(tornado.row_count(), growth.uncertain.len());
        values(&tornado, "base").into_iter().for_each(|shown| near(shown, base, 0.03));
    }
}

#[test]
fn inflation_begins_after_the_first_month() {
    let model = model([4, 2, 2, 2], Assumptions::aws());
    let month = model.month().unwrap();
    let mut growth = Growth::none();
    growth.cost_inflation_yearly = Decimal::new(12, 2);
    growth.price_change_yearly = Decimal::new(6, 2);
    let months = model.forecast(13, &growth).unwrap().months;
    assert_eq!(months[0].costs, Category::ALL.map(|category| month.cost(category).amount));
    assert_eq!(months[0].mrr, month.revenue.amount);
    for category in Category::ALL {
        let year_on = month.cost(category).amount * Decimal::new(112, 2);
        assert_eq!(months[12].costs[category as usize], cents(year_on), "twelve months on");
    }
    assert_eq!(months[12].mrr, usd("122960").amount);
    assert_eq!(months[6].mrr, usd("119480").amount, "half a year of six percent");
}

#[test]
fn a_tenants_worth_by_hand() {
    let seed = model([10, 0, 0, 0], Assumptions::seed("second-customer").unwrap());
    let row = seed.forecast(1, &only("fintech", Decimal::ONE, Decimal::new(10, 2))).unwrap().months.remove(0);
    // Nine of ten stay and one comes: 80,000 of revenue. Infrastructure is 180, support 1,200 for two tenants and 600 for each
    // beyond, on average 600 × 10 with hardly a chance of fewer than two.
    assert_eq!((row.tenants, row.mrr), (Decimal::TEN, usd("80000").amount));
    near(float(row.costs[1]), 6_000.0, 0.01);
    near(float(row.costs[2]), 10_000.0, 0.01);
    let gross_margin = (80_000.0 - 180.0 - 6_000.0) / 80_000.0;
    let worth = 8_000.0 * gross_margin / 0.1;
    near(float(row.ltv().unwrap()), worth, 1e-2);
    near(float(row.cac().unwrap()), 10_000.0, 0.01);
    near(float(row.ltv_cac().unwrap()), worth / 10_000.0, 1e-5);
    near(float(row.cac_payback_months().unwrap()), 10_000.0 / (8_000.0 * gross_margin), 1e-5);
    near(float(row.revenue_per_infrastructure_dollar().unwrap()), 80_000.0 / 180.0, 1e-9);
    assert_eq!(row.burn_multiple(), None, "a profit burns nothing");
}

#[test]
fn twelve_months_of_the_tenants_that_were_there() {
    let mut growth = only("fintech", Decimal::ONE, Decimal::new(2, 2));
    growth.tiers[0].expansion = Decimal::new(1, 2);
    growth.acquisition_cost = Decimal::ONE_THOUSAND;
    let months = model([10, 0, 0, 0], Assumptions::aws()).forecast(18, &growth).unwrap().months;
    assert_eq!((months[10].nrr_12m, months[11].rule_of_40), (None, None));
    // Each month 98 percent stay and pay a percent more.
    for row in &months[11..] {
        near(float(row.nrr_12m.unwrap()), (0.98_f64 * 1.01).powi(12), 1e-8);
        near(float(row.grr_12m.unwrap()), 0.98_f64.powi(12), 1e-8);
    }
    let (then, now) = (&months[5], &months[17]);
    let growth_rate = float(now.mrr) / float(then.mrr) - 1.0;
    let margin = float(now.profit()) / float(now.mrr);
    near(float(now.rule_of_40.unwrap()), 100.0 * (growth_rate + margin), 1e-6);
    // A quarter's new yearly revenue over 3,000 of sales in the quarter before.
    let quarter = 12.0 * (float(months[5].mrr) - float(months[2].mrr));
    near(float(months[5].magic_number.unwrap()), quarter / 3_000.0, 1e-4);
    assert_eq!(months[4].magic_number, None);
}

#[test]
fn prices_that_fall_are_gross_losses_and_rises_none() {
    let retention = |change: Decimal| {
        let mut growth = Growth::none();
        growth.price_change_yearly = change;
        let row = model([10, 0, 0, 0], Assumptions::aws()).forecast(13, &growth).unwrap().months.remove(12);
        (row.nrr_12m.unwrap(), row.grr_12m.unwrap())
    };
    assert_eq!(retention(Decimal::new(-10, 2)), (Decimal::new(9, 1), Decimal::new(9, 1)));
    assert_eq!(retention(Decimal::new(10, 2)), (Decimal::new(11, 1), Decimal::ONE));
}

#[test]
fn concentration_is_the_largest_tenants() {
    let five = model([2, 1, 1, 1], Assumptions::aws()).forecast(1, &Growth::none()).unwrap();
    let row = &five.months[0];
    near(float(row.concentration.unwrap()), 25_000.0 / 58_000.0, 1e-9);
    let squares =
        2.0 * 8_000.0_f64.powi(2) + 15_000.0_f64.powi(2) + 25_000.0_f64.powi(2) + 2_000.0_f64.powi(2);
    near(float(row.hhi.unwrap()), squares / 58_000.0_f64.powi(2), 1e-9);
    // A tenant that half of the futures have counts half.
    let growth = only("gov-federal", Decimal::ZERO, Decimal::new(5, 1));
    let row = model([1, 0, 1, 0], Assumptions::aws()).forecast(1, &growth).unwrap().months.remove(0);
    near(float(row.concentration.unwrap()), (0.5 * 25_000.0 + 0.5 * 8_000.0) / 20_500.0, 1e-9);
}

#[test]
fn losses_are_burnt_for_new_revenue() {
    let mut growth = only("standard", Decimal::ONE, Decimal::ZERO);
    growth.path = vec![(1, vec![0, 0, 0, 2])];
    let row = model([0, 0, 0, 1], Assumptions::aws()).forecast(1, &growth).unwrap().months.remove(0);
    // 4,000 of revenue, 2,000 more than before, against people, tools and contingency.
    let loss = 5_500.0 + float(row.costs[0]) - 4_000.0;
    near(float(row.operating_loss()), loss, 1e-9);
    near(float(row.burn_multiple().unwrap()), loss / 24_000.0, 1e-9);
}

/// Prices, discounts and rates with endless fractions over three years: revenue is that of the cohorts, and the bridge adds up.
#[test]
fn no_cents_gather_over_the_months() {
    let mut growth = certain();
    growth.discount = Decimal::ONE / Decimal::from(3);
    (growth.discount_months, growth.ramp_months) = (5, 7);
    growth.price_change_yearly = Decimal::new(37, 3);
    growth.tiers.iter_mut().for_each(|row| row.expansion = Decimal::new(13, 4));
    let forecast = model([4, 2, 2, 2], Assumptions::aws()).forecast(36, &growth).unwrap();
    let mut opening = forecast.months[0].mrr_opening;
    for row in &forecast.months {
        let cohorts = forecast.cohorts.iter().filter(|cohort| cohort.month == row.month);
        let (sum, count) = cohorts.fold((Decimal::ZERO, 0), |(sum, count), one| (sum + one.mrr, count + 1));
        assert!((sum - row.mrr).abs() <= Decimal::new(5, 3) * Decimal::from(count + 1), "{sum} {}", row.mrr);
        let closing = opening + row.mrr_new + row.mrr_expansion - row.mrr_contraction - row.mrr_churned;
        assert_eq!((row.mrr_opening, closing), (opening, row.mrr));
        opening = row.mrr;
    }
    // By hand, without rounding: each month's arrivals at their terms, all at the drift and price of their age.
    let tiers = [
        (4.0, 0.5, 0.0085, 8e3),
        (2.0, 0.25, 0.0045, 15e3),
        (2.0, 0.25, 0.0045, 25e3),
        (2.0, 0.25, 0.0085, 2e3),
    ];
    let price = |months: i32| 1.037_f64.powi(months / 12) * (1.0 + 0.037 * f64::from(months % 12) / 12.0);
    let pays = |age: i32| {
        let ramp = (f64::from(age + 1) / 7.0).min(1.0);
        if age < 5 { ramp * (2.0 / 3.0) } else { ramp }
    };
    let mut expected = 0.0;
    for (there, new, churn, full) in tiers {
        let kept = |age: i32| ((1.0 - churn) * 1.0013_f64).powi(age);
        expected += there * full * kept(36) * price(35);
        expected += (0..36).map(|age| new * full * kept(age) * pays(age) * price(35)).sum::<f64>();
    }
    near(float(forecast.months[35].mrr), expected, 0.01);
}

#[test]
fn what_grows_beyond_all_bounds_is_refused_with_its_month() {
    let one = model([1, 0, 0, 0], Assumptions::aws());
    let mut expansion = Growth::none();
    expansion.set_tier(TierGrowth {
        expansion: Decimal::ONE,
        ..TierGrowth::new("fintech", Decimal::ZERO, Decimal::ZERO)
    });
    let mut prices = Growth::none();
    prices.price_change_yearly = Decimal::new(99, 1);
    let mut inflation = Growth::none();
    inflation.cost_inflation_yearly = Decimal::new(99, 1);
    for (growth, months) in [(&expansion, 120), (&prices, 600), (&inflation, 600), (&prices, 150)] {
        let error = one.forecast(months, growth).unwrap_err();
        assert_eq!(error.code(), "finance-range", "{error}");
    }
    let error = one.forecast(120, &expansion).unwrap_err().to_string();
    // 8,000 doubles every month: 8,000 × (2^37 - 2) is more than a quadrillion, with 36 months added up.
    assert!(error.contains("`profit_cumulative in month 36`") && error.contains("fewer months"), "{error}");
    let mut small = expansion.clone();
    small.tiers[0].expansion = Decimal::new(1, 1);
    assert_eq!(one.forecast(600, &small).unwrap_err().code(), "finance-range");
}

#[test]
fn more_tenants_than_a_model_holds_are_refused() {
    let one = model([1, 0, 0, 0], Assumptions::aws());
    let many = [("fintech", 60_000), ("standard", 40_001)];
    let tiers = one.tiers().to_vec();
    let refused = Model::of_mix(&tiers, &many, None, Assumptions::aws()).unwrap_err();
    assert!(refused.to_string().contains("100001") && refused.code() == "finance-range", "{refused}");
    assert!(one.with_counts(&[u32::MAX, u32::MAX, 0, 0]).is_err());
    assert!(one.scaled(100_001).is_err());
}

#[test]
fn people_hired_ahead_cost_the_same_in_month_forecast_and_futures() {
    let ahead = Assumptions::aws().with_lead_time(Decimal::from(4), Decimal::new(125, 2)).unwrap();
    let (now, early) = (model([10, 5, 5, 5], Assumptions::aws()), model([10, 5, 5, 5], ahead));
    // Five more than 25 are staffed for: a third engineer.
    assert_eq!(now.month().unwrap().support, usd("16000"));
    assert_eq!(early.month().unwrap().support, usd("24000"));
    assert_eq!(early.forecast(1, &Growth::none()).unwrap().months[0].costs[1], usd("24000").amount);
    agrees(&early, &certain(), 12, 2_000, 7);
    assert_eq!(early.assumptions().support_people(46), Some(4));
    assert_eq!(now.assumptions().support_people(46), Some(3));
    assert_eq!(now.assumptions().support_people(10), Some(1), "the report's, where work may be part-time");
}

#[test]
fn a_default_row_serves_the_tiers_without_one() {
    let model = model([10, 10, 0, 0], Assumptions::aws());
    let mut growth = Growth::none();
    growth.set_tier(TierGrowth::new("fintech", Decimal::ONE, Decimal::ZERO));
    growth.set_tier(TierGrowth::new("default", Decimal::ZERO, Decimal::new(1, 1)));
    let row = model.forecast(1, &growth).unwrap().months.remove(0);
    assert_eq!((row.tenants_new, row.tenants_churned), (Decimal::ONE, Decimal::ONE));
}

/// Every sixth of these factors is zero.
#[test]
fn factors_that_are_often_zero_are_counted() {
    let ten = model([4, 2, 2, 2], Assumptions::aws());
    let mut growth = certain();
    growth.tiers.iter_mut().for_each(|row| row.churn *= Decimal::TEN);
    growth.uncertain =
        ["new", "churn", "price"].map(|path| uncertain(path, Distribution::Normal(1.0))).to_vec();
    for correlations in
        [vec![], vec![(0, 1, 0.6), (0, 2, -0.5), (1, 2, 0.1)], vec![(0, 1, -1.0)], vec![(0, 1, 1.0)]]
    {
        growth.correlations = correlations;
        agrees(&ten, &growth, 12, 12_000, 9);
    }
}

/// Hundreds of gigabytes of flow logs, whose bounds are reached by a few tenants.
#[test]
fn large_quantities_are_counted_too() {
    for gigabytes in ["333", "5000"] {
        let usage = ["fintech", "healthcare", "gov-federal", "default"]
            .map(|tier| format!("[[profile]]\ntier = \"{tier}\"\nflow_log_gb = \"{gigabytes}\"\n"));
        let usage = Usage::shipped().with_toml(&usage.concat()).unwrap();
        let ten = model([4, 2, 2, 2], Assumptions::catalogue(PriceBook::shipped().clone(), usage));
        let growth = Growth::shipped().clone();
        agrees(&ten, &growth, 12, 4_000, 8);
    }
}
