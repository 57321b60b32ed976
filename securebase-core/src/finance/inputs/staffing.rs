//! People hired one at a time: how many a number of tenants requires.

use std::sync::LazyLock;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;

use super::assumptions::{AssumedLine, Basis, Category, When};
use crate::finance::Error;
use crate::model::Day;

/// How many people a number of tenants requires.
///
/// Each point of the capacity pairs a number of tenants with the people that suffice for them. Up to `part_time_up_to` tenants,
/// staffing is that of the next point and may be part-time; above, capacity is interpolated between the points and staffing is
/// rounded up to whole people. Above the last point, capacity grows in proportion.
#[derive(Debug, Clone, PartialEq)]
pub struct Staffing {
    capacity: Vec<(u32, Decimal)>,
    part_time_up_to: u32,
    lead_months: Decimal,
    tenants_a_month: Decimal,
}

/// The most people for a tenant. It keeps products within the range of a decimal.
const PEOPLE_MAX: u32 = 1_000_000;
/// The longest lead time, in months, and the most tenants won in one of them.
const LEAD_MONTHS_MAX: u32 = 120;
const TENANTS_A_MONTH_MAX: u32 = 100_000;

impl Staffing {
    /// People for numbers of tenants, both rising; part-time work is possible up to `part_time_up_to` tenants.
    ///
    /// # Errors
    /// [`Error::Range`] for no point, or points that do not rise.
    pub fn new(capacity: Vec<(u32, Decimal)>, part_time_up_to: u32) -> Result<Self, Error> {
        let rises = capacity.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
        let is_people = |people: Decimal| (Decimal::ZERO..=Decimal::from(PEOPLE_MAX)).contains(&people);
        let good = capacity.iter().all(|(tenants, people)| *tenants > 0 && is_people(*people));
        if capacity.is_empty() || !rises || !good {
            let shown: Vec<String> =
                capacity.iter().map(|(tenants, people)| format!("{people} for {tenants}")).collect();
            let rule = "list increasing numbers of tenants, from 1, each with as many people as the one before or more, such as \
                        1 for 5 tenants, 2 for 20";
            return Err(Error::range("capacity of people", &shown.join(", "), rule));
        }
        Ok(Self { capacity, part_time_up_to, lead_months: Decimal::ZERO, tenants_a_month: Decimal::ZERO })
    }

    /// The same with people hired `months` before they are needed: staffing covers the current tenants plus
    /// `months` × `tenants_a_month` more, rounded up.
    ///
    /// # Errors
    /// [`Error::Range`] for months outside 0 to 120 or tenants outside 0 to 100,000.
    pub fn with_lead(mut self, months: Decimal, tenants_a_month: Decimal) -> Result<Self, Error> {
        if !(Decimal::ZERO..=Decimal::from(LEAD_MONTHS_MAX)).contains(&months) {
            return Err(Error::range("lead time in months", &months, "use 0 to 120 months"));
        }
        if !(Decimal::ZERO..=Decimal::from(TENANTS_A_MONTH_MAX)).contains(&tenants_a_month) {
            let rule = "use 0 to 100,000 tenants a month";
            return Err(Error::range("number of new tenants a month", &tenants_a_month, rule));
        }
        (self.lead_months, self.tenants_a_month) = (months, tenants_a_month);
        Ok(self)
    }

    /// How many months before they are needed people are hired.
    pub fn lead_months(&self) -> Decimal {
        self.lead_months
    }

    /// The expected number of new tenants a month, for people hired ahead.
    pub fn tenants_a_month(&self) -> Decimal {
        self.tenants_a_month
    }

    /// Pairs of a number of tenants and the people that suffice, part-time as a fraction.
    pub fn capacity(&self) -> &[(u32, Decimal)] {
        &self.capacity
    }

    /// Up to how many tenants part-time work is possible.
    pub fn part_time_up_to(&self) -> u32 {
        self.part_time_up_to
    }

    /// How many tenants beyond the current ones the staffing covers.
    pub(in crate::finance) fn ahead(&self) -> u32 {
        (self.lead_months * self.tenants_a_month).ceil().to_u32().unwrap_or(u32::MAX)
    }

    /// The people for a number of tenants, those hired ahead among them; none for no tenants.
    pub fn people(&self, tenants: u32) -> Decimal {
        if tenants == 0 {
            return Decimal::ZERO;
        }
        let tenants = tenants.saturating_add(self.ahead());
        let after = self.capacity.iter().position(|(bound, _)| *bound >= tenants);
        let exact = match after {
            Some(place) if tenants <= self.part_time_up_to || place == 0 => return self.capacity[place].1,
            Some(place) => {
                let ((from, few), (to, many)) = (self.capacity[place - 1], self.capacity[place]);
                few + (many - few) * Decimal::from(tenants - from) / Decimal::from(to - from)
            }
            None => self.capacity.last().map_or(Decimal::ZERO, |(bound, people)| {
                *people * Decimal::from(tenants) / Decimal::from(*bound)
            }),
        };
        exact.ceil()
    }
}

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
        basis: Basis::People(staffing),
        unit: "person-month".to_owned(),
        when: When::Always,
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
        let Basis::People(staffing) = &shipped().basis else { panic!() };
        let ahead = staffing.clone().with_lead(Decimal::from(3), Decimal::new(125, 2)).unwrap();
        // 3 × 1.25 = 3.75 tenants: four.
        for tenants in 1..300 {
            assert_eq!(ahead.people(tenants), staffing.people(tenants + 4), "{tenants}");
        }
        assert_eq!(ahead.people(0), Decimal::ZERO, "no tenants, no people");
        assert!(staffing.clone().with_lead(-Decimal::ONE, Decimal::ONE).is_err());
        assert!(staffing.clone().with_lead(Decimal::ONE, Decimal::from(100_001)).is_err());
    }

    #[test]
    fn a_capacity_that_does_not_rise_is_refused() {
        let two = |left: (u32, i64), right: (u32, i64)| {
            Staffing::new(vec![(left.0, left.1.into()), (right.0, right.1.into())], 0)
        };
        assert!(two((5, 1), (10, 2)).is_ok());
        assert!(two((5, 1), (5, 2)).is_err());
        assert!(two((5, 2), (10, 1)).is_err());
        assert!(two((0, 1), (10, 2)).is_err());
        assert!(
            Staffing::new(Vec::new(), 0).unwrap_err().to_string().contains("increasing numbers of tenants")
        );
    }
}
