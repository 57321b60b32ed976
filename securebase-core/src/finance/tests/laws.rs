//! What must hold whatever the numbers: which way figures go, that parts add up, that shards join.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::model;
use crate::finance::cost::{Bearer, share};
use crate::finance::*;
use crate::model::{Money, Tier};
use crate::table::{Cell, Table};
use crate::time::Interrupt;

fn floats(table: &Table, column: &str) -> Vec<f64> {
    let column = table.column(column).unwrap();
    let cells = (0..column.len()).map(|row| column.cell(row).unwrap());
    let float = |cell| match cell {
        Cell::Float(value) => value,
        Cell::Int(value) => f64::from(i32::try_from(value).unwrap()),
        Cell::Null => f64::NAN,
        other => panic!("{other:?}"),
    };
    cells.map(float).collect()
}

fn hundredths(value: u32) -> Decimal {
    Decimal::new(value.into(), 2)
}

/// Growth of the same kind in every tier, with everything a forecast knows.
fn growth() -> impl Strategy<Value = Growth> {
    let flows = (0_u32..300, 0_u32..40, 0_u32..5, 0_u32..5);
    (flows, -10_i64..10, 0_u32..60, 0_u32..6, 0_u32..6).prop_map(
        |((new, churn, expansion, contraction), price_change, discount, discount_months, ramp_months)| {
            let mut growth = Growth::shipped().clone();
            let mut row = TierGrowth::new("default", hundredths(new), hundredths(churn));
            row.expansion = hundredths(expansion);
            row.contraction = hundredths(contraction);
            growth.tiers = vec![row];
            growth.price_change_yearly = Decimal::new(price_change, 2);
            growth.discount = hundredths(discount);
            growth.discount_months = discount_months;
            growth.ramp_months = ramp_months;
            growth
        },
    )
}

/// The same growth with one figure of every tier changed.
fn with(growth: &Growth, change: impl Fn(&mut TierGrowth)) -> Growth {
    let mut growth = growth.clone();
    growth.tiers.iter_mut().for_each(change);
    growth
}

/// The same growth where all tenants of a tier pay the same at any time.
fn alike(growth: &Growth) -> Growth {
    let mut growth = with(growth, |row| (row.expansion, row.contraction) = (Decimal::ZERO, Decimal::ZERO));
    (growth.discount_months, growth.ramp_months) = (0, 0);
    growth
}

/// The figures of each trial under the same chance.
fn futures(model: &Model, growth: &Growth, seed: u64) -> Table {
    model.simulate(64, 6, seed, 0, growth).unwrap().samples().unwrap()
}

const MONTHS: u32 = 12;

/// How far the bridge of recurring revenue may be from the cohorts: four parts of a month, rounded to the cent.
fn rounding(month: u32) -> Decimal {
    Decimal::new(4, 2) * Decimal::from(month)
}

/// Tenants keep nine decimals.
const TENANT: Decimal = Decimal::from_parts(1, 0, 0, false, 6);

/// In no month fewer tenants or less revenue in `more` than in `less`.
fn never_less(model: &Model, less: &Growth, more: &Growth) -> Result<(), TestCaseError> {
    let of = |growth: &Growth| model.forecast(MONTHS, growth).unwrap().months;
    for (less, more) in of(less).into_iter().zip(of(more)) {
        prop_assert!(more.tenants + TENANT >= less.tenants, "{} {}", more.tenants, less.tenants);
        prop_assert!(
            more.mrr + rounding(less.month) >= less.mrr,
            "{}: {} {}",
            less.month,
            more.mrr,
            less.mrr
        );
    }
    Ok(())
}

fn each_never_less(less: &Table, more: &Table, columns: &[&str]) -> Result<(), TestCaseError> {
    for column in columns {
        for (trial, (less, more)) in floats(less, column).into_iter().zip(floats(more, column)).enumerate() {
            prop_assert!(more >= less - 1e-9 * less.abs(), "{column} of trial {trial}: {more} {less}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(crate::cases::cases(24))]

    #[test]
    fn more_churn_is_never_more_tenants_or_revenue(
        counts in proptest::array::uniform4(0_u32..20),
        growth in growth(),
        more in 1_u32..50,
        seed in any::<u64>(),
    ) {
        let model = model(counts, Assumptions::aws());
        let worse = with(&growth, |row| row.churn = (row.churn + hundredths(more)).min(Decimal::ONE));
        never_less(&model, &worse, &growth)?;
        let (few, many) = (futures(&model, &worse, seed), futures(&model, &growth, seed));
        each_never_less(&few, &many, &["tenants"])?;
        // Future by future the revenue follows only where all tenants of a tier pay the same: who has lost an old tenant that
        // pays little and won a new one may be better off. Expected revenue always follows, which the forecast has shown.
        let (worse, growth) = (alike(&worse), alike(&growth));
        let (few, many) = (futures(&model, &worse, seed), futures(&model, &growth, seed));
        each_never_less(&few, &many, &["tenants", "revenue"])?;
    }

    #[test]
    fn more_new_tenants_are_never_fewer_tenants_or_less_revenue(
        counts in proptest::array::uniform4(0_u32..20),
        growth in growth(),
        more in 1_u32..300,
        seed in any::<u64>(),
    ) {
        let model = model(counts, Assumptions::aws());
        let better = with(&growth, |row| row.new += hundredths(more));
        never_less(&model, &growth, &better)?;
        let (growth, better) = (alike(&growth), alike(&better));
        let (few, many) = (futures(&model, &growth, seed), futures(&model, &better, seed));
        each_never_less(&few, &many, &["tenants", "revenue"])?;
    }

    #[test]
    fn a_higher_price_is_never_less_revenue_and_costs_nothing(
        counts in proptest::array::uniform4(0_u32..20),
        growth in growth(),
        tier in 0_usize..4,
        more in 1_u32..20_000,
        seed in any::<u64>(),
    ) {
        let plain = model(counts, Assumptions::aws());
        let tier = &plain.tiers()[tier];
        let lever: Assumption = format!("price.{}", tier.name).parse().unwrap();
        let price = f64::try_from(tier.monthly_price.amount).unwrap() + f64::from(more);
        let (dearer, same) = plain.with_lever(&growth, &lever, price).unwrap();
        let (before, after) = (plain.month().unwrap(), dearer.month().unwrap());
        prop_assert!(after.revenue.amount >= before.revenue.amount);
        prop_assert_eq!(after.total_cost(), before.total_cost());
        let of = |model: &Model| model.forecast(MONTHS, &growth).unwrap().months;
        for (less, more) in of(&plain).into_iter().zip(of(&dearer)) {
            prop_assert_eq!(less.tenants, more.tenants);
            prop_assert!(more.mrr + rounding(less.month) >= less.mrr);
        }
        let (less, more) = (futures(&plain, &growth, seed), futures(&dearer, &same, seed));
        each_never_less(&less, &more, &["tenants", "revenue", "profit"])?;
    }

    #[test]
    fn more_usage_is_never_cheaper(
        counts in proptest::array::uniform4(0_u32..20),
        place in 0..Usage::shipped().profiles.len(),
        quantity in proptest::sample::select(Quantity::ALL.to_vec()),
        more in 1_i64..100_000,
        age in 0_u32..130,
    ) {
        let age = if age == 0 { Age::Steady } else { Age::Month(age) };
        let cost = |usage: &Usage| {
            let assumptions = Assumptions::catalogue(PriceBook::shipped().clone(), usage.clone());
            model(counts, assumptions).cost(age).unwrap().unwrap().total().amount
        };
        let mut usage = Usage::shipped().clone();
        let value = usage.profiles[place].get(quantity) + Decimal::new(more, 2);
        usage.profiles[place].set(quantity, value);
        let (before, after) = (cost(Usage::shipped()), cost(&usage));
        match quantity {
            // Logs that are packed tighter take less room.
            Quantity::LogCompression | Quantity::ArchiveCompression => {
                prop_assert!(after <= before, "{before} {after}");
            }
            _ => prop_assert!(after >= before, "{quantity:?}: {before} {after}"),
        }
    }

    #[test]
    fn one_tenant_more_never_needs_less_infrastructure(
        counts in proptest::array::uniform4(0_u32..60),
        tier in 0_usize..4,
        month in 0_u32..130,
    ) {
        let age = if month == 0 { Age::Steady } else { Age::Month(month) };
        let cost = |counts| model(counts, Assumptions::aws()).cost(age).unwrap().unwrap().total().amount;
        let mut more = counts;
        more[tier] += 1;
        prop_assert!(cost(more) > cost(counts));
    }

    /// Any rule, any weights: nothing weighs, one weighs everything, whole cents that do not divide.
    #[test]
    fn a_shared_cost_is_shared_to_the_cent_under_every_rule(
        cents in 0_i64..10_000_000_000,
        tenants in proptest::collection::vec((0_usize..4, 0_i64..5_000_000, 0_i64..500_000), 1..80),
        rule in proptest::sample::select(vec![
            Allocation::Equal, Allocation::Revenue, Allocation::Usage, Allocation::Tier,
        ]),
    ) {
        let bearers: Vec<Bearer<'_>> = tenants
            .iter()
            .map(|(tier, revenue, direct)| Bearer {
                tier: Some(&Tier::shipped()[*tier].name),
                revenue: Decimal::new(*revenue, 2),
                direct: Decimal::new(*direct, 2),
            })
            .collect();
        let amount = Money::usd(Decimal::new(cents, 2));
        let shares = share(amount, rule, &bearers).unwrap();
        prop_assert_eq!(shares.len(), bearers.len());
        prop_assert_eq!(shares.iter().map(|share| share.amount).sum::<Decimal>(), amount.amount);
        for share in &shares {
            prop_assert!(!share.amount.is_sign_negative() || share.amount.is_zero());
            prop_assert_eq!(share.amount, cents_of(share.amount), "whole cents");
        }
        if rule == Allocation::Equal {
            let (least, most) = (shares.iter().map(|s| s.amount).min(), shares.iter().map(|s| s.amount).max());
            prop_assert!(most.unwrap() - least.unwrap() <= Decimal::new(1, 2));
        }
    }

    /// What an explanation lists is the figure, whoever assumes it.
    #[test]
    fn explanations_lose_no_cent(
        counts in proptest::array::uniform4(0_u32..40),
        name in proptest::sample::select(Assumptions::seeds().chain(["aws"]).collect::<Vec<_>>()),
    ) {
        let assumptions =
            if name == "aws" { Assumptions::aws() } else { Assumptions::seed(name).unwrap() };
        let month = model(counts, assumptions).month().unwrap();
        let figures = [
            ("revenue", month.revenue),
            ("infrastructure", month.infrastructure),
            ("support", month.support),
            ("sales", month.sales),
            ("other", month.other),
            ("total_cost", month.total_cost()),
            ("profit", month.profit()),
        ];
        for (figure, value) in figures {
            let lines = month.explain(figure).unwrap();
            let units: i128 = (0..lines.row_count())
                .map(|row| match lines.cell("amount", row) {
                    Some(Cell::Decimal(units, 2)) => units,
                    other => panic!("{other:?}"),
                })
                .sum();
            prop_assert_eq!(Decimal::from_i128_with_scale(units, 2), value.amount, "{}", figure);
            let number = |column, row| match lines.cell(column, row) {
                Some(Cell::Decimal(units, scale)) => {
                    Decimal::from_i128_with_scale(units, u32::try_from(scale).unwrap())
                }
                other => panic!("{other:?}"),
            };
            for row in 0..lines.row_count() {
                let product = number("quantity", row) * number("unit_price", row);
                let rounding = number("rounding", row);
                prop_assert_eq!(product + rounding, number("amount", row));
                // Half a cent for each tenant, account and step at most.
                let most = Decimal::new(5, 3) * Decimal::from(counts.iter().sum::<u32>() + 6);
                prop_assert!(rounding.abs() <= most, "{rounding} of {product}");
            }
        }
    }

    #[test]
    fn shards_cut_anywhere_join_to_the_whole(
        cuts in proptest::collection::btree_set(1_u64..9_000, 0..4),
        seed in any::<u64>(),
        first in 0_u64..10_000,
        compiled in any::<bool>(),
    ) {
        let model = model([4, 2, 2, 2], Assumptions::aws());
        let mut growth = Growth::shipped().clone();
        let size: u64 = if compiled { 300 } else { 9_000 };
        if compiled {
            let assumption = "usage.fintech.nat_gb".parse().unwrap();
            growth.uncertain.push(Uncertain { assumption, distribution: Distribution::Normal(0.2) });
            growth.correlations = vec![(0, 1, 0.5)];
        }
        let samples = |from: u64, to: u64| {
            model.simulate(to - from, 2, seed, first + from, &growth).unwrap().samples().unwrap()
        };
        let whole = samples(0, size);
        let ends: Vec<u64> = cuts.into_iter().filter(|cut| *cut < size).chain([size]).collect();
        let mut from = 0;
        let mut shards = Vec::new();
        for end in ends {
            shards.push(samples(from, end));
            from = end;
        }
        for column in whole.columns() {
            let cells = |table: &Table| {
                let column = table.column(&column.name).unwrap();
                (0..column.len()).map(|row| column.cell(row).unwrap().to_string()).collect::<Vec<_>>()
            };
            let joined: Vec<String> = shards.iter().flat_map(cells).collect();
            prop_assert_eq!(cells(&whole), joined, "{}", column.name);
        }
    }
}

fn cents_of(amount: Decimal) -> Decimal {
    amount.round_dp(2)
}

/// Every path there is, turned to another value, shows that value; a sweep and the model itself agree on what follows.
#[test]
fn any_assumption_can_be_turned() {
    let growth = {
        let mut growth = Growth::shipped().clone();
        growth.discount = Decimal::new(2, 1);
        growth.discount_months = 4;
        growth.ramp_months = 3;
        growth.price_change_yearly = Decimal::new(5, 2);
        growth
    };
    for assumptions in [Assumptions::aws(), Assumptions::seed("ten-customers-vpc").unwrap()] {
        let plain = model([4, 2, 2, 2], assumptions);
        for (path, value) in plain.assumption_values(&growth) {
            let wanted = value * Decimal::new(9, 1);
            let (turned, grown) = plain.with_lever(&growth, &path, f64::try_from(wanted).unwrap()).unwrap();
            let shown = turned.assumption_values(&grown).into_iter().find(|(known, _)| *known == path);
            let (_, shown) = shown.unwrap_or((path.clone(), Decimal::ZERO));
            let whole =
                matches!(path.to_string().rsplit('.').next(), Some("log_retention_days" | "core_accounts"))
                    || path.to_string().ends_with("_months") && path.to_string().starts_with("growth.")
                    || path.to_string().starts_with("log_retention_days");
            let off = (shown - wanted).abs();
            assert!(
                if whole { off <= Decimal::new(5, 1) } else { off < Decimal::new(1, 9) },
                "{path}: {shown} {wanted}"
            );
        }
        let path: Assumption = "lines.support.people".parse().unwrap();
        let (turned, grown) = plain.with_lever(&growth, &path, 80_000.0).unwrap();
        let swept = plain.sweep(&[(path, vec![40_000.0, 80_000.0])], 6, &growth).unwrap();
        let direct = turned.sweep(&[("price".parse().unwrap(), vec![1.0])], 6, &grown).unwrap();
        assert_eq!(swept.cell("support", 1), direct.cell("support", 0));
        assert_eq!(swept.cell("operating_margin", 1), direct.cell("operating_margin", 0));
        assert_ne!(swept.cell("support", 0), swept.cell("support", 1));
    }
}

#[test]
fn a_lever_that_cannot_be_turned_says_why() {
    let plain = model([4, 2, 2, 2], Assumptions::aws());
    let growth = Growth::shipped();
    let refused = |path: &str, value: f64| {
        path.parse().and_then(|path| plain.with_lever(growth, &path, value)).unwrap_err().to_string()
    };
    let error = refused("churn.fintech", 2.0);
    assert!(error.contains("churn.fintech = 2") && error.contains("0 to 1"), "{error}");
    assert!(refused("price.fintech", f64::NAN).contains("price.fintech = NaN"));
    assert!(refused("usage.core.alarms", -1.0).contains("usage.core.alarms = -1"));
    assert!(refused("usage.fintech.nat_bg", 1.0).contains("did you mean `usage.fintech.nat_gb`"));
    assert!(refused("prices.nat_gatway_hour", 1.0).contains("did you mean `prices.nat_gateway_hour`"));
    assert!(!refused("prices.nat_gatway_hour", 1.0).contains("`price.nat"), "no tier has such a name");
    assert!(refused("growth.discont", 1.0).contains("`growth.discount`"));
    assert!(refused("price.fintec", 1.0).contains("`price.fintech`"));
    assert!(refused("lines.support.persons", 1.0).contains("`lines.support.people`"));
    // A yearly change may be a fall.
    let path = "growth.price_change_yearly".parse().unwrap();
    let (_, falling) = plain.with_lever(growth, &path, -0.05).unwrap();
    assert_eq!(falling.price_change_yearly, Decimal::new(-5, 2));
}

#[test]
fn a_goal_is_sought_on_any_path() {
    let zone = model([4, 2, 2, 2], Assumptions::aws());
    let goal = Goal {
        lever: "lines.support.people".parse().unwrap(),
        between: (1_000.0, 500_000.0),
        metric: Metric::OperatingMargin,
        target: 0.85,
        confidence: 0.9,
        months: 3,
        trials: 60,
        seed: 5,
    };
    let most = zone.goal_seek(&goal, Growth::shipped()).unwrap();
    let share = |value: f64| {
        let (model, growth) = zone.with_lever(Growth::shipped(), &goal.lever, value).unwrap();
        let ends =
            model.until(&Interrupt::new()).last_values(Metric::OperatingMargin, 60, 3, 5, &growth).unwrap();
        ends.iter().filter(|end| **end >= 0.85).count()
    };
    assert!(share(most) >= 54 && share(most * 1.01) < 54, "{most}");
    let unknown = Goal { lever: "price.platinum".parse().unwrap(), ..goal };
    assert!(zone.goal_seek(&unknown, Growth::shipped()).unwrap_err().to_string().contains("`price.fintech`"));
}
