//! The shipped line of people.

use std::sync::LazyLock;

use rust_decimal::Decimal;
use serde::Deserialize;

use super::line::{AppliesTo, AssumedLine, Category, CostDriver};
use super::staffing::Staffing;
use crate::model::Day;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[expect(dead_code, reason = "there is one version so far; serde checks that it is a number")]
    version: u32,
    #[expect(dead_code, reason = "for the reader of the file")]
    as_of: Day,
    category: Category,
    item: String,
    price: Decimal,
    capacity: Vec<(u32, Decimal)>,
    part_time_up_to: u32,
    lead_months: Decimal,
    tenants_a_month: Decimal,
    source: String,
}

#[expect(clippy::expect_used, reason = "the file is part of the crate and every test reads it")]
static SHIPPED: LazyLock<AssumedLine> = LazyLock::new(|| {
    let file: File =
        toml::from_str(include_str!("../../../data/people.toml")).expect("data/people.toml is TOML");
    let staffing = Staffing::new(file.capacity, file.part_time_up_to)
        .and_then(|staffing| staffing.with_lead(file.lead_months, file.tenants_a_month));
    let staffing = staffing.expect("data/people.toml is valid");
    AssumedLine {
        driver: CostDriver::People(staffing),
        unit: "person-month".to_owned(),
        applies_to: AppliesTo::Always,
        ..AssumedLine::fixed(file.category, &file.item, file.price, &file.source)
    }
});

/// The shipped line of people.
pub(in crate::finance) fn shipped() -> &'static AssumedLine {
    &SHIPPED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_hired_one_at_a_time_between_the_reports_points() {
        let cost = |tenants| shipped().priced(tenants, tenants).2;
        let bands = [
            (0, 0, 0),
            (1, 5, 3_000),
            (6, 10, 11_000),
            (11, 25, 16_000),
            (26, 50, 24_000),
            (51, 75, 32_000),
            (76, 100, 40_000),
            (101, 120, 48_000),
            (121, 140, 56_000),
            (981, 1_000, 400_000),
        ];
        for (from, to, amount) in bands {
            for tenants in from..=to {
                assert_eq!(cost(tenants), Decimal::from(amount), "{tenants}");
            }
        }
    }

    #[test]
    fn lead_time_staffs_for_the_tenants_to_come() {
        let CostDriver::People(staffing) = &shipped().driver else { panic!() };
        let ahead = staffing.clone().with_lead(Decimal::from(3), Decimal::new(125, 2)).unwrap();
        // 3 × 1.25 = 3.75 tenants: four.
        for tenants in 1..300 {
            assert_eq!(ahead.people(tenants), staffing.people(tenants + 4), "{tenants}");
        }
        assert_eq!(ahead.people(0), Decimal::ZERO, "no tenants, no people");
        assert!(staffing.clone().with_lead(-Decimal::ONE, Decimal::ONE).is_err());
        assert!(staffing.clone().with_lead(Decimal::ONE, Decimal::from(100_001)).is_err());
    }
}
