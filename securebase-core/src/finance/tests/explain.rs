//! Explain adds up, bridges add up, scenarios stand side by side.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::usd;
use crate::finance::*;
use crate::model::{Currency, Money, NetworkFeatures, Tier};
use crate::table::{Cell, Table};

const TIERS: [&str; 4] = ["fintech", "healthcare", "gov-federal", "standard"];

fn model_of(counts: [u32; 4], assumptions: Assumptions) -> Model {
    let mix: Vec<(&str, u32)> = TIERS.into_iter().zip(counts).collect();
    Model::of_mix(Tier::shipped(), &mix, Some(NetworkFeatures::default()), assumptions).unwrap()
}

fn month_of(counts: [u32; 4]) -> Month {
    model_of(counts, Assumptions::aws()).month().unwrap()
}

/// A decimal column as exact numbers, an absent value as zero.
fn decimals(table: &Table, column: &str) -> Vec<Decimal> {
    (0..table.row_count())
        .map(|row| match table.cell(column, row).unwrap() {
            Cell::Decimal(units, scale) => {
                Decimal::try_from_i128_with_scale(units, u32::try_from(scale).unwrap()).unwrap()
            }
            _ => Decimal::ZERO,
        })
        .collect()
}

fn sum(values: &[Decimal]) -> Decimal {
    values.iter().sum()
}

fn text(table: &Table, column: &str, row: usize) -> String {
    table.cell(column, row).unwrap().to_string()
}

/// The identity on the columns as they are handed out, and the sum against the figure that the month itself works out.
fn explained(month: &Month, figure: Figure) -> Table {
    let table = month.explain(figure.name()).unwrap();
    let [quantity, price, rounding, amount] =
        ["quantity", "unit_price", "rounding", "amount"].map(|column| decimals(&table, column));
    for row in 0..table.row_count() {
        let product = quantity[row] * price[row];
        assert_eq!(product + rounding[row], amount[row], "{figure:?}: {}", text(&table, "item", row));
        for column in ["quantity", "unit_price", "rounding", "amount"] {
            let shown = text(&table, column, row);
            assert!(!shown.starts_with('-') || shown.chars().any(|c| ('1'..='9').contains(&c)), "{shown}");
        }
        // What rounding adds stays a small part of a line: a cent for each tenant, or the digits cut off the quantity.
        assert!(
            rounding[row].abs() <= Decimal::new(5, 1),
            "{figure:?}: {} rounds by {}",
            text(&table, "item", row),
            rounding[row]
        );
    }
    let value = month.figure(figure).unwrap();
    assert_eq!(sum(&amount), value.round_dp(if figure.is_margin() { 10 } else { 2 }), "{figure:?}");
    table
}

#[test]
fn every_figure_is_the_sum_of_its_lines() {
    for document in Assumptions::seeds() {
        let month = model_of([4, 2, 2, 2], Assumptions::seed(document).unwrap()).month().unwrap();
        for figure in Figure::ALL {
            explained(&month, figure);
        }
    }
    for counts in [[4, 2, 2, 2], [1, 0, 0, 0], [40, 20, 20, 20], [0, 0, 1, 7]] {
        for figure in Figure::ALL {
            explained(&month_of(counts), figure);
        }
    }
}

#[test]
fn profit_takes_costs_away() {
    let month = month_of([1, 0, 0, 1]);
    let table = explained(&month, Figure::Profit);
    let categories: Vec<String> = (0..table.row_count()).map(|row| text(&table, "category", row)).collect();
    let (quantity, price, amount) =
        (decimals(&table, "quantity"), decimals(&table, "unit_price"), decimals(&table, "amount"));
    for row in 0..table.row_count() {
        let is_revenue = categories[row] == "revenue";
        assert_eq!(quantity[row] > Decimal::ZERO, is_revenue, "costs have a negative quantity");
        assert!(price[row] >= Decimal::ZERO, "prices are never negative");
        assert!(is_revenue || amount[row] <= Decimal::ZERO);
    }
}

/// Gross margin of ten tenants, each part worked out from the figures of the month.
#[test]
fn a_margin_is_its_amounts_over_revenue() {
    let month = month_of([4, 2, 2, 2]);
    let table = explained(&month, Figure::GrossMargin);
    let (quantity, price) = (decimals(&table, "quantity"), decimals(&table, "unit_price"));
    assert_eq!(price[0], Decimal::new(86_207, 10), "1 / 116,000 = 0.0000086207");
    assert!(price.iter().all(|other| *other == price[0]));
    assert_eq!(sum(&quantity), month.revenue.amount - month.infrastructure.amount - month.support.amount);
    let unit: Vec<String> = (0..table.row_count()).map(|row| text(&table, "unit", row)).collect();
    assert!(unit.iter().all(|unit| unit == "USD"));
    assert!(
        (0..table.row_count()).all(|row| text(&table, "category", row) != "other"),
        "gross margin ends before other costs"
    );

    let empty = month_of([0; 4]);
    let error = empty.explain("gross_margin").unwrap_err();
    assert_eq!(error.code(), "finance-range");
    assert!(empty.explain("profit").is_ok());
    let error = month.explain("net_margin").unwrap_err();
    assert!(
        error.problems().0[0].hint.contains("gross_margin") || error.to_string().contains("gross_margin"),
        "{error}"
    );
}

/// The bridge's own invariants: columns add up to the figures, effects to the differences.
fn bridged(before: &Month, after: &Month, figure: Figure) -> Bridge {
    let bridge = after.bridge(before, figure).unwrap();
    let digits = if figure.is_margin() { 10 } else { 2 };
    assert_eq!(bridge.before, before.figure(figure).unwrap().round_dp(digits));
    assert_eq!(bridge.after, after.figure(figure).unwrap().round_dp(digits));
    let table = bridge.table().unwrap();
    let column = |name: &str| decimals(&table, name);
    assert_eq!(sum(&column("before")), bridge.before);
    assert_eq!(sum(&column("after")), bridge.after);
    assert_eq!(sum(&column("difference")), bridge.difference());
    let (difference, volume, price, mix) =
        (column("difference"), column("volume_effect"), column("price_effect"), column("mix_effect"));
    for row in 0..table.row_count() {
        assert_eq!(volume[row] + price[row] + mix[row], difference[row], "{}", text(&table, "item", row));
    }
    let sizes: Vec<Decimal> = difference.iter().map(Decimal::abs).collect();
    assert!(sizes.windows(2).all(|pair| pair[0] >= pair[1]), "the largest difference first");
    bridge
}

fn find<'a>(bridge: &'a Bridge, item: &str) -> &'a BridgeLine {
    bridge.lines.iter().find(|line| line.item == item).unwrap_or_else(|| panic!("no line {item}: {bridge}"))
}

/// Why the reports' 99.7 % is wrong: their ten tenants against what AWS charges for them.
#[test]
fn the_reports_bill_becomes_the_real_one() {
    let claimed = model_of([4, 2, 2, 2], Assumptions::seed("ten-customers-vpc").unwrap()).month().unwrap();
    let real = month_of([4, 2, 2, 2]);
    let bridge = bridged(&claimed, &real, Figure::Cost(Category::Infrastructure));
    assert_eq!((bridge.before, bridge.after), (usd("374").amount, usd("3852.63").amount));
    let shown = bridge.to_string();
    assert!(shown.starts_with("374.00 → 3,852.63: Shield Advanced + 3,000.00, "), "{shown}");
    assert!(shown.contains(", NAT gateways - 324.00, "), "{shown}");
    assert_eq!(find(&bridge, "Shield Advanced").driver, "new");
    assert_eq!(find(&bridge, "NAT gateways").driver, "gone");
    let guard: Decimal = bridge
        .lines
        .iter()
        .filter(|line| line.item.starts_with("GuardDuty"))
        .map(BridgeLine::difference)
        .sum();
    assert_eq!(guard, usd("110.40").amount);
    // A sentence that leaves lines out adds them up.
    assert!(shown.contains(" other lines + "), "{shown}");
    for figure in Figure::ALL {
        bridged(&claimed, &real, figure);
        bridged(&real, &claimed, figure);
        assert!(bridged(&real, &real, figure).to_string().ends_with("no line has changed"));
    }
}

/// By hand: 730 hours of a gateway at 0.045 for two tenants, and at 0.055 for three.
#[test]
fn price_and_volume_are_told_apart() {
    let dearer =
        PriceBook::shipped().with_toml("[[price]]\nid = \"nat_gateway_hour\"\nprice = \"0.055\"").unwrap();
    let before = month_of([0, 0, 0, 2]);
    let after =
        model_of([0, 0, 0, 3], Assumptions::catalogue(dearer, Usage::shipped().clone())).month().unwrap();
    let bridge = bridged(&before, &after, Figure::Cost(Category::Infrastructure));
    let line = find(&bridge, &PriceBook::shipped().price(PriceId::NatGatewayHour).name);
    assert_eq!((line.amount_before(), line.amount_after()), (usd("65.70").amount, usd("120.45").amount));
    assert_eq!(line.volume_effect, usd("32.85").amount, "730 more hours at 0.045");
    assert_eq!(line.price_effect, usd("21.90").amount, "2,190 hours at 0.01 more");
    assert_eq!(line.mix_effect, Decimal::ZERO);
    assert_eq!(line.driver, "quantity 1,460 → 2,190, price 0.045 → 0.055");
    let profit = bridged(&before, &after, Figure::Profit);
    let line = find(&profit, &PriceBook::shipped().price(PriceId::NatGatewayHour).name);
    assert_eq!((line.volume_effect, line.price_effect), (usd("-32.85").amount, usd("-21.90").amount));
    assert_eq!(find(&profit, "Standard").driver, "quantity 2 → 3");
}

/// Alarms: ten are free, then 0.10 each. More of them moves no price, only how many are beyond the free ones.
#[test]
fn usage_that_crosses_a_step_is_mix() {
    let (before, after) = (month_of([0, 0, 0, 1]), month_of([0, 0, 0, 10]));
    let bridge = bridged(&before, &after, Figure::Cost(Category::Infrastructure));
    let name = &PriceBook::shipped().price(PriceId::AlarmMonth).name;
    let line = find(&bridge, name);
    assert_eq!(line.price_effect, Decimal::ZERO, "the list price is the same");
    assert_eq!(line.volume_effect + line.mix_effect, line.difference());
    assert!(line.mix_effect > Decimal::ZERO, "{line:?}");
    assert!(line.driver.starts_with("quantity ") && !line.driver.contains("price"), "{}", line.driver);
}

#[test]
fn a_margin_moves_with_its_costs_and_with_revenue() {
    let (before, after) = (month_of([2, 1, 0, 1]), month_of([2, 1, 1, 1]));
    let bridge = bridged(&before, &after, Figure::InfrastructureMargin);
    let shield = find(&bridge, "Shield Advanced");
    assert_eq!(shield.difference(), -(Decimal::from(3_000) / after.revenue.amount).round_dp(10));
    let revenue = find(&bridge, "Standard");
    assert!(revenue.driver.starts_with("revenue "), "{}", revenue.driver);
    assert!(bridge.to_string().ends_with(" percentage points"), "{bridge}");
    assert_eq!(month_of([0; 4]).bridge(&after, Figure::GrossMargin).unwrap_err().code(), "finance-range");
}

#[test]
fn currencies_do_not_meet_on_a_bridge() {
    let month = month_of([1, 0, 0, 0]);
    let mut euro = month.clone();
    euro.revenue = Money::new(euro.revenue.amount, Currency::Eur);
    assert_eq!(euro.bridge(&month, Figure::Revenue).unwrap_err().code(), "money");
}

fn scenario(name: &str, model: Model, growth: &Growth) -> Scenario {
    Scenario { name: name.to_owned(), model, growth: growth.clone() }
}

#[test]
fn scenarios_stand_side_by_side() {
    let none = Growth::none();
    let base = model_of([4, 2, 2, 2], Assumptions::aws());
    let dearer =
        PriceBook::shipped().with_toml("[[price]]\nid = \"nat_gateway_hour\"\nprice = \"0.055\"").unwrap();
    let dear = model_of([4, 2, 2, 2], Assumptions::catalogue(dearer, Usage::shipped().clone()));
    let more = model_of([5, 2, 2, 2], Assumptions::aws());
    let list = [
        scenario("base", base.clone(), &none),
        scenario("dear gateways", dear, &none),
        scenario("one more", more.clone(), &none),
    ];
    let scenarios = Scenarios::new(&list, None).unwrap();
    let table = scenarios.table().unwrap();
    let names: Vec<&str> = table.columns().iter().map(|column| column.name.as_str()).collect();
    assert_eq!(
        names,
        ["figure", "base", "dear gateways", "dear gateways_difference", "one more", "one more_difference"]
    );
    let row =
        |figure: &str| (0..table.row_count()).find(|row| text(&table, "figure", *row) == figure).unwrap();
    let infrastructure = row("infrastructure");
    assert_eq!(decimals(&table, "base")[infrastructure], usd("3852.63").amount);
    assert_eq!(
        decimals(&table, "dear gateways_difference")[infrastructure],
        usd("73").amount,
        "7,300 hours at 0.01 more"
    );
    assert_eq!(decimals(&table, "one more_difference")[row("tenants")], Decimal::ONE);
    assert_eq!(decimals(&table, "one more_difference")[row("revenue")], Decimal::from(8_000));
    let [after, before] = [&more, &base].map(|model| model.month().unwrap());
    assert_eq!(scenarios.figure("one more", "gross_margin"), after.gross_margin());
    let change = (after.gross_margin().unwrap() - before.gross_margin().unwrap()).round_dp(10);
    assert_eq!(decimals(&table, "one more_difference")[row("gross_margin")], change);

    let of = |name: &str| -> Vec<(String, Option<Decimal>, Option<Decimal>)> {
        let own = scenarios.drivers().iter().filter(|driver| driver.scenario == name);
        own.map(|driver| (driver.path.clone(), driver.before, driver.after)).collect()
    };
    assert_eq!(of("base"), []);
    let price = (Decimal::new(45, 3), Decimal::new(55, 3));
    assert_eq!(of("dear gateways"), [("prices.nat_gateway_hour".to_owned(), Some(price.0), Some(price.1))]);
    assert_eq!(
        of("one more")[0],
        ("tenants.fintech".to_owned(), Some(Decimal::from(4)), Some(Decimal::from(5)))
    );
}

#[test]
fn drivers_list_steps_lead_time_and_uncertainty() {
    let first_step = "[[price]]\nid = \"vended_logs_cloudwatch_gb\"\nsteps = [[\"10240\", \"0.40\"], [\"30720\", \"0.25\"], \
                      [\"51200\", \"0.10\"], [\"Inf\", \"0.05\"]]";
    let cheaper = PriceBook::shipped().with_toml(first_step).unwrap();
    let ahead = Assumptions::aws().with_lead_time(Decimal::TWO, Decimal::ONE).unwrap();
    let mut vague = Growth::none();
    let factor = |name: &str, distribution| Uncertain { assumption: name.parse().unwrap(), distribution };
    vague.uncertain =
        vec![factor("price", Distribution::Lognormal(0.25)), factor("new", Distribution::Uniform(0.5, 1.5))];
    vague.correlations = vec![(0, 1, 0.5)];
    let mut path = Growth::none();
    path.path = vec![(12, vec![5, 2, 2, 2])];
    let model = |assumptions| model_of([4, 2, 2, 2], assumptions);
    let none = Growth::none();
    let cheap = Assumptions::catalogue(cheaper, Usage::shipped().clone());
    let scenarios = Scenarios::new(
        &[
            scenario("base", model(Assumptions::aws()), &none),
            scenario("cheap logs", model(cheap), &none),
            scenario("hired ahead", model(ahead), &none),
            scenario("vague", model(Assumptions::aws()), &vague),
            scenario("path", model(Assumptions::aws()), &path),
        ],
        None,
    )
    .unwrap();
    let of = |name: &str| -> Vec<(String, Option<String>, Option<String>)> {
        let own = scenarios.drivers().iter().filter(|driver| driver.scenario == name);
        let text = |value: Option<Decimal>| value.map(|value| value.normalize().to_string());
        own.map(|driver| (driver.path.clone(), text(driver.before), text(driver.after))).collect()
    };
    let row = |path: &str, before: Option<&str>, after: &str| {
        (path.to_owned(), before.map(str::to_owned), Some(after.to_owned()))
    };
    assert_eq!(of("cheap logs"), [row("prices.vended_logs_cloudwatch_gb.step_1", Some("0.5"), "0.4")]);
    let hired = of("hired ahead");
    let [months, tenants] = hired.as_slice() else { panic!("{hired:?}") };
    assert!(months.0.ends_with(".lead_months") && tenants.0.ends_with(".tenants_a_month"), "{hired:?}");
    assert_eq!((&months.1, &months.2), (&Some("0".to_owned()), &Some("2".to_owned())));
    assert_eq!(
        of("vague"),
        [
            row("uncertain.price.lognormal", None, "0.25"),
            row("uncertain.new.uniform_low", None, "0.5"),
            row("uncertain.new.uniform_high", None, "1.5"),
            row("correlation.new,price", None, "0.5"),
        ]
    );
    assert_eq!(of("path")[0], row("path.12.fintech", None, "5"));
}

#[test]
fn scenarios_of_a_month_ahead_are_its_forecasts() {
    let model = model_of([4, 2, 2, 2], Assumptions::aws());
    let mut faster = Growth::shipped().clone();
    faster.tiers.iter_mut().for_each(|row| row.new *= Decimal::TWO);
    let list =
        [scenario("base", model.clone(), Growth::shipped()), scenario("twice", model.clone(), &faster)];
    let scenarios = Scenarios::new(&list, Some(24)).unwrap();
    for Scenario { name, growth, .. } in &list {
        let forecast = model.forecast(24, growth).unwrap();
        let last = forecast.months.last().unwrap();
        let figure = |figure: &str| scenarios.figure(name, figure);
        assert_eq!(figure("revenue"), Some(last.mrr));
        assert_eq!(figure("profit"), Some(last.mrr - last.costs.iter().sum::<Decimal>()));
        assert_eq!(figure("tenants"), Some(last.tenants));
    }
    assert!(
        scenarios.drivers().iter().all(|driver| driver.path.starts_with("new.")),
        "{:?}",
        scenarios.drivers()
    );
    assert_eq!(scenarios.drivers().len(), 4);
    // A number that one of them lacks: a report has no prices.
    let seed = model_of([4, 2, 2, 2], Assumptions::seed("ten-customers-vpc").unwrap());
    let both = Scenarios::new(&[list[0].clone(), scenario("report", seed, Growth::shipped())], None).unwrap();
    let gone = both.drivers().iter().find(|driver| driver.path == "prices.nat_gateway_hour").unwrap();
    assert_eq!((gone.before, gone.after), (Some(Decimal::new(45, 3)), None));
    assert!(both.drivers_table().unwrap().row_count() > 50);
}

#[test]
fn scenarios_that_cannot_be_compared_say_everything_at_once() {
    let model = model_of([1, 0, 0, 0], Assumptions::aws());
    let fewer = Model::of_mix(&Tier::shipped()[..1], &[("fintech", 1)], None, Assumptions::aws()).unwrap();
    let none = Growth::none();
    let mut wrong = Growth::none();
    wrong.discount = Decimal::from(20);
    let list = [
        scenario("base", model.clone(), &none),
        scenario("a", model.clone(), &none),
        scenario("a", model.clone(), &wrong),
        scenario("a_difference", fewer, &none),
        scenario("figure", model.clone(), &none),
        scenario(" ", model, &none),
    ];
    let error = Scenarios::new(&list, None).unwrap_err();
    let paths: Vec<String> = error.problems().0.into_iter().map(|problem| problem.path).collect();
    assert_eq!(
        paths,
        [
            "scenarios[2]",
            "scenarios[2].discount",
            "scenarios[3]",
            "scenarios[3]",
            "scenarios[4]",
            "scenarios[5]"
        ]
    );
    assert_eq!(Scenarios::new(&[], None).unwrap_err().code(), "finance-invalid");
    let one = [list[0].clone()];
    assert_eq!(Scenarios::new(&one, Some(0)).unwrap_err().code(), "finance-range");
    assert_eq!(Scenarios::new(&one, None).unwrap().table().unwrap().columns().len(), 2);
}

#[test]
fn a_price_in_a_row_is_whole_cents_or_refused() {
    let row = |price: &str| TenantRow {
        tenant: Some("a".to_owned()),
        tier: Some("standard".to_owned()),
        monthly_price: Some(price.to_owned()),
    };
    let model = |price: &str| Model::of_rows(Tier::shipped(), &[row(price)], None, Assumptions::aws());
    assert_eq!(model("1999.50").unwrap().month().unwrap().revenue, usd("1999.50"));
    for (price, hint) in [
        ("1999.995", "round it to cents: `2000.00`"),
        ("-1", "use zero or more"),
        ("1e99", "use digits, such as `8000` or `7999.50`"),
        ("2000000000000000", "use an amount up to 1,000,000,000,000,000"),
    ] {
        let problem = model(price).unwrap_err().problems().0.remove(0);
        assert_eq!((problem.path.as_str(), problem.hint.as_str()), ("row 0, column monthly_price", hint));
        assert!(problem.message.starts_with("invalid `monthly_price` `"), "{}", problem.message);
    }
    assert!(!model("-0").unwrap().month().unwrap().revenue.amount.is_sign_negative());
}

proptest! {
    #![proptest_config(crate::cases::cases(24))]
    #[test]
    fn bridges_and_explanations_add_up(
        before in proptest::array::uniform4(0_u32..6),
        after in proptest::array::uniform4(0_u32..6),
        price in 1_i64..2_000,
        people in 0_i64..1_000_000,
    ) {
        let book = format!("[[price]]\nid = \"nat_gateway_gb\"\nprice = \"{}\"", Decimal::new(price, 4));
        let book = PriceBook::shipped().with_toml(&book).unwrap();
        let line = AssumedLine::per_tenant(Category::Support, "people", Decimal::new(people, 2), "test");
        let assumptions = Assumptions::catalogue(book, Usage::shipped().clone());
        let assumptions = assumptions.with_lines(Category::Support, vec![line]).unwrap();
        let (before, after) = (month_of(before), model_of(after, assumptions).month().unwrap());
        for figure in Figure::ALL {
            let has_margin = !before.revenue.is_zero() && !after.revenue.is_zero();
            if !figure.is_margin() || has_margin {
                explained(&after, figure);
                bridged(&before, &after, figure);
            }
        }
    }
}
