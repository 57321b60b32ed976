//! Effort, people and time as the reports see them, all of it data.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;

use crate::finance::error::Error;
use crate::table::{Column, Table};

/// What a report says about effort and time: claims beside the model's own answers.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Operations {
    /// Lines of configuration for each tenant.
    pub config_lines_per_tenant: Option<u32>,
    /// Minutes a deployment takes, from and to, by number of tenants.
    pub deployment_minutes: Vec<(u32, u32, u32)>,
    /// Where the phases of a small deployment end.
    pub deployment_end_minutes: Option<u32>,
    /// Minutes of configuration, once for all tenants of a batch.
    pub configuration_minutes: Option<u32>,
    /// Minutes after deployment for the first tenant of a batch.
    pub post_minutes: Option<u32>,
    /// Minutes after deployment for each further tenant of a batch.
    pub post_minutes_further: Option<u32>,
    /// Minutes of manual work for each tenant, by task.
    pub tenant_minutes: Vec<u32>,
    /// People in support, by number of tenants.
    pub support_people: Vec<(u32, u32)>,
    /// Hours of work a week, by task, for as many tenants as `hours_at_tenants` says.
    pub hours_per_week: Vec<u32>,
    /// For how many tenants these hours are.
    pub hours_at_tenants: Option<u32>,
    /// Weekly hours of a full-time person.
    pub full_time_hours: Option<u32>,
    /// Staffing by number of tenants: the band holds up to the number.
    pub bands: Vec<(u32, String)>,
    /// Staffing above the last band.
    pub band_above: Option<String>,
    /// How many tenants the next months add, from and to.
    pub growth_tenants: Vec<u32>,
}

impl Operations {
    /// Minutes of work to onboard a batch of tenants deployed together, where the report says enough.
    pub fn onboarding_minutes(&self, tenants: u32) -> Option<u32> {
        let further = self.post_minutes_further? * tenants.checked_sub(1)?;
        Some(self.configuration_minutes? + self.deployment_end_minutes? + self.post_minutes? + further)
    }

    /// The staffing band of a number of tenants; the upper bound is inclusive.
    pub fn band(&self, tenants: u32) -> Option<&str> {
        let band = self.bands.iter().find(|(bound, _)| tenants <= *bound);
        band.map(|(_, people)| people.as_str()).or(self.band_above.as_deref())
    }

    /// People in support for a number of tenants: the first figure of the report that is not for fewer, because people are hired
    /// before they are needed; beyond the last in proportion, rounded up.
    pub fn people(&self, tenants: u32) -> Option<u32> {
        if let Some((_, people)) = self.support_people.iter().find(|(bound, _)| tenants <= *bound) {
            return Some(*people);
        }
        let (bound, people) = self.support_people.last()?;
        let needed = u64::from(*people) * u64::from(tenants);
        u32::try_from(needed.div_ceil(u64::from((*bound).max(1)))).ok()
    }

    /// Weekly hours of work for a number of tenants, from the report's hours for each tenant, where it states them.
    pub fn weekly_hours(&self, tenants: u32) -> Option<Decimal> {
        let hours: u32 = self.hours_per_week.iter().sum();
        let each = Decimal::from(hours).checked_div(self.hours_at_tenants?.into())?;
        Some((each * Decimal::from(tenants)).normalize())
    }

    /// The people these hours are full-time work for, where the report says how long that is.
    pub fn people_by_hours(&self, tenants: u32) -> Option<u32> {
        let people = self.weekly_hours(tenants)?.checked_div(self.full_time_hours?.into())?;
        people.ceil().to_u32()
    }

    /// How many tenants one person can onboard in a day of eight hours, where the report says enough.
    pub fn onboardings_per_day(&self) -> Option<Decimal> {
        let minutes: u32 = self.tenant_minutes.iter().sum();
        Decimal::from(8 * 60).checked_div(Decimal::from(minutes))
    }

    /// Staffing and effort for numbers of tenants, one row each: `tenants, support_people, staffing_band, support_hours_week,
    /// people_by_hours, onboarding_minutes` (all of them deployed together), `onboardings_per_day` (by one person),
    /// `claimed_minutes_from, claimed_minutes_to` (a deployment). What the report does not say is absent.
    ///
    /// # Errors
    /// [`Error::Table`] where a number has too many digits.
    pub fn table(&self, tenants: &[u32]) -> Result<Table, Error> {
        let some = |value: &dyn Fn(u32) -> Option<u32>| -> Vec<Option<i64>> {
            tenants.iter().map(|count| value(*count).map(i64::from)).collect()
        };
        let claim = |count: u32| self.deployment_minutes(count);
        Ok(Table::new(vec![
            Column::int64("tenants", tenants.iter().map(|count| i64::from(*count))),
            Column::int64("support_people", some(&|count| self.people(count))),
            Column::utf8("staffing_band", tenants.iter().map(|count| self.band(*count)))?,
            Column::decimal("support_hours_week", 2, tenants.iter().map(|count| self.weekly_hours(*count)))?,
            Column::int64("people_by_hours", some(&|count| self.people_by_hours(count))),
            Column::int64("onboarding_minutes", some(&|count| self.onboarding_minutes(count))),
            Column::decimal("onboardings_per_day", 4, tenants.iter().map(|_| self.onboardings_per_day()))?,
            Column::int64("claimed_minutes_from", some(&|count| claim(count).map(|claim| claim.0))),
            Column::int64("claimed_minutes_to", some(&|count| claim(count).map(|claim| claim.1))),
        ])?)
    }

    /// The claimed deployment time for a number of tenants: the shortest and the longest, in minutes.
    pub fn deployment_minutes(&self, tenants: u32) -> Option<(u32, u32)> {
        let claim = self.deployment_minutes.iter().find(|(count, ..)| *count == tenants)?;
        Some((claim.1, claim.2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finance::Assumptions;

    #[test]
    fn two_versions_of_the_staffing_bands() {
        let band = |document: &str, tenants| {
            Assumptions::seed(document).unwrap().operations().band(tenants).map(str::to_owned)
        };
        assert_eq!(band("five-customers", 5).as_deref(), Some("1 part-time"));
        assert_eq!(band("five-customers", 20).as_deref(), Some("1 full-time"));
        assert_eq!(band("ten-customers-vpc", 20).as_deref(), Some("2"));
        assert_eq!(band("five-customers", 200).as_deref(), Some("3 or more"));
        assert_eq!(band("onboarding", 1), None);
    }

    #[test]
    fn people_by_figure_and_by_hours() {
        let operations = Assumptions::seed("ten-customers-vpc").unwrap().operations().clone();
        assert_eq!(operations.people(1), Some(1));
        assert_eq!(operations.people(11), Some(2));
        assert_eq!(operations.people(201), Some(11), "five for a hundred: 10.05 for 201");
        // 4 + 6 + 2 + 2 + 4 hours a week for ten tenants, 40 hours a week for each person.
        assert_eq!(operations.weekly_hours(25), Some(Decimal::from(45)));
        assert_eq!(operations.people_by_hours(22), Some(1));
        assert_eq!(operations.people_by_hours(25), Some(2));
        let five = Assumptions::seed("five-customers").unwrap().operations().clone();
        assert_eq!((five.people(25), five.people_by_hours(25)), (Some(3), None));
        // 5 minutes of configuration, 8 of deployment, 30 after it, 15 more for each further of five.
        let table = five.table(&[1, 5]).unwrap();
        let cell = |column, row| table.cell(column, row).unwrap().to_string();
        assert_eq!(
            (cell("onboarding_minutes", 0), cell("onboarding_minutes", 1)),
            ("43".into(), "103".into())
        );
        assert_eq!(
            (cell("staffing_band", 1), cell("claimed_minutes_to", 1)),
            ("1 part-time".into(), "12".into())
        );
        assert_eq!(cell("onboardings_per_day", 0), "14.5455", "480 minutes by 33");
    }
}
