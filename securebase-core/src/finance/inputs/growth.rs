//! Assumptions about growth: what is won, lost, charged and spent as months go by.

use std::sync::LazyLock;

use rust_decimal::Decimal;
use serde::Deserialize;

use super::amounts::amount_problem;
use super::assumption::Assumption;
use super::bounds::UNCERTAIN_MAX;
use super::distribution::{Distribution, Factor};
use super::uncertainty::{Joint, Uncertain};
use crate::finance::error::Error;
use crate::model::{Day, Problem, Problems, Quoted, TierName, deserialize_exact};

/// How one tier grows.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TierGrowth {
    /// The tier, or `default`.
    pub tier: String,
    /// Tenants won a month.
    #[serde(default, deserialize_with = "deserialize_exact")]
    pub new: Decimal,
    /// The share of tenants that leave in a month.
    #[serde(default, deserialize_with = "deserialize_exact")]
    pub churn: Decimal,
    /// The share by which what a staying tenant pays grows in a month.
    #[serde(default, deserialize_with = "deserialize_exact")]
    pub expansion: Decimal,
    /// The share by which what a staying tenant pays shrinks in a month.
    #[serde(default, deserialize_with = "deserialize_exact")]
    pub contraction: Decimal,
}

impl TierGrowth {
    /// A tier that wins and loses so much a month.
    pub fn new(tier: &str, new: Decimal, churn: Decimal) -> Self {
        let zero = Decimal::ZERO;
        Self { tier: tier.to_owned(), new, churn, expansion: zero, contraction: zero }
    }
}

/// Assumptions about the months ahead.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Growth {
    version: u32,
    /// The day they were written down.
    pub as_of: Day,
    /// What each tenant won costs in sales and marketing, once.
    #[serde(deserialize_with = "deserialize_exact")]
    pub acquisition_cost: Decimal,
    /// By how much prices change in a year, spread evenly over its months.
    #[serde(deserialize_with = "deserialize_exact")]
    pub price_change_yearly: Decimal,
    /// By how much all costs change in a year, spread evenly over its months.
    #[serde(deserialize_with = "deserialize_exact")]
    pub cost_inflation_yearly: Decimal,
    /// The share off the price in a tenant's first months.
    #[serde(deserialize_with = "deserialize_exact")]
    pub discount: Decimal,
    /// How many months the discount lasts.
    pub discount_months: u32,
    /// Months until a new tenant pays the full price.
    pub ramp_months: u32,
    /// How each tier grows.
    #[serde(rename = "tier")]
    pub tiers: Vec<TierGrowth>,
    /// What is not certain.
    #[serde(rename = "uncertain", default)]
    pub uncertain: Vec<Uncertain>,
    /// How uncertain factors go together: pairs of their places in `uncertain`, and the correlation of each pair.
    #[serde(default)]
    pub correlations: Vec<(usize, usize, f64)>,
    /// Numbers of tenants to be reached, each in a month from 1, by tier in the order of the zone. Where given, they
    /// replace what tiers win and lose.
    #[serde(skip)]
    pub path: Vec<(u32, Vec<u32>)>,
}

#[expect(clippy::expect_used, reason = "the file is part of the crate and every test reads it")]
static SHIPPED: LazyLock<Growth> = LazyLock::new(|| {
    let growth: Growth =
        toml::from_str(include_str!("../../../data/growth.toml")).expect("data/growth.toml is TOML");
    growth.check().expect("data/growth.toml is valid");
    growth
});

/// The version of the file format.
const VERSION: u32 = 1;

impl Growth {
    /// What the reports of January 2026 and published benchmarks say, with the sources beside the numbers in the file; what
    /// has no source is left at nothing.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// Nothing won, lost or changed.
    pub fn none() -> Self {
        Self {
            version: VERSION,
            as_of: SHIPPED.as_of,
            acquisition_cost: Decimal::ZERO,
            price_change_yearly: Decimal::ZERO,
            cost_inflation_yearly: Decimal::ZERO,
            discount: Decimal::ZERO,
            discount_months: 0,
            ramp_months: 0,
            tiers: Vec::new(),
            uncertain: Vec::new(),
            correlations: Vec::new(),
            path: Vec::new(),
        }
    }

    /// Assumptions from a TOML file of the shape of the shipped one.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let growth: Self = toml::from_str(text).map_err(|error| {
            let hint = "see the shipped data/growth.toml for the shape";
            Error::Invalid(Problem::error("growth-unreadable", "", error.to_string().trim_end(), hint).into())
        })?;
        growth.check()?;
        growth.check_amounts()?;
        Ok(growth)
    }

    /// Checks that the amounts of money are whole cents, as a caller must give them. [`Self::check`] does not require this, because
    /// searches and uncertain factors try values between cents.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every amount that is below zero or finer than a cent.
    pub fn check_amounts(&self) -> Result<(), Error> {
        match amount_problem("acquisition_cost", self.acquisition_cost, true) {
            Some(problem) => Err(Error::Invalid(problem.into())),
            None => Ok(()),
        }
    }

    /// The growth of a tier: its row, else the `default` row, else none.
    pub fn tier(&self, name: &str) -> TierGrowth {
        let row = |name: &str| self.tiers.iter().find(|row| row.tier == name).cloned();
        row(name)
            .or_else(|| row("default"))
            .unwrap_or_else(|| TierGrowth::new(name, Decimal::ZERO, Decimal::ZERO))
    }

    /// Replaces the growth of a tier.
    pub fn set_tier(&mut self, growth: TierGrowth) {
        match self.tiers.iter_mut().find(|row| row.tier == growth.tier) {
            Some(row) => *row = growth,
            None => self.tiers.push(growth),
        }
    }

    /// Fixes one of the six factors at a value.
    pub(in crate::finance) fn set_factor(&mut self, factor: Factor, value: f64) {
        let distribution = Distribution::Fixed(value);
        let assumption = Assumption::Factor(factor);
        match self.uncertain.iter_mut().find(|known| known.assumption == assumption) {
            Some(known) => known.distribution = distribution,
            None => self.uncertain.push(Uncertain { assumption, distribution }),
        }
    }

    /// Whether every share is a share, every number of tenants is one, and the correlations can be.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is out of range; [`Error::Range`] for a factor that is named twice and for correlations
    /// that cannot be.
    pub fn check(&self) -> Result<(), Error> {
        let mut problems = Vec::new();
        let mut ensure = |good: bool, path: String, value: Decimal, hint: &str| {
            if !good {
                let message = format!("`{value}` is out of range");
                problems.push(Problem::error("growth-out-of-range", path, message, hint));
            }
        };
        let share = |value: Decimal| (Decimal::ZERO..=Decimal::ONE).contains(&value);
        let version = Decimal::from(self.version);
        ensure(self.version == VERSION, "version".to_owned(), version, "use 1");
        let limit = Decimal::from(100_000);
        for row in &self.tiers {
            let path = |name: &str| format!("tier.{}.{name}", Quoted(&row.tier));
            let tenants = (Decimal::ZERO..=limit).contains(&row.new);
            ensure(tenants, path("new"), row.new, "use 0 to 100,000 tenants a month");
            ensure(share(row.churn), path("churn"), row.churn, "use a fraction from 0 to 1");
            ensure(share(row.expansion), path("expansion"), row.expansion, "use a fraction from 0 to 1");
            let hint = "use a fraction from 0 to 1";
            ensure(share(row.contraction), path("contraction"), row.contraction, hint);
        }
        ensure(share(self.discount), "discount".to_owned(), self.discount, "use a fraction from 0 to 1");
        for (name, value) in [
            ("price_change_yearly", self.price_change_yearly),
            ("cost_inflation_yearly", self.cost_inflation_yearly),
        ] {
            let good = value > -Decimal::ONE && value <= Decimal::TEN;
            ensure(good, name.to_owned(), value, "use a fraction above -1, such as 0.03 for 3 %");
        }
        let cost = self.acquisition_cost;
        let good = (Decimal::ZERO..=Decimal::from(1_000_000_000)).contains(&cost);
        ensure(good, "acquisition_cost".to_owned(), cost, "use 0 to 1,000,000,000 for each tenant won");
        for (index, uncertain) in self.uncertain.iter().enumerate() {
            if let Err(message) = uncertain.distribution.check() {
                let path = format!("uncertain[{index}].distribution");
                let hint = uncertain.distribution.help();
                problems.push(Problem::error("distribution-invalid", path, message, hint));
            }
        }
        let unnamed = self.tiers.iter().filter_map(|row| row.tier.parse::<TierName>().err());
        problems.extend(unnamed.map(|error| {
            Problem::error("growth-out-of-range", "tier", error.to_string(), error.help().unwrap_or_default())
        }));
        if self.uncertain.len() > UNCERTAIN_MAX {
            let message = format!(
                "invalid `uncertain`: expected at most {UNCERTAIN_MAX} factors, found {}",
                self.uncertain.len()
            );
            problems.push(Problem::error(
                "growth-out-of-range",
                "uncertain",
                message,
                "leave out what is certain",
            ));
        }
        if !problems.is_empty() {
            return Err(Error::Invalid(Problems(problems)));
        }
        Joint::new(&self.uncertain, &self.correlations).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tier_without_a_row_grows_by_default() {
        let growth = Growth::shipped();
        assert_eq!(growth.tier("fintech").new, Decimal::new(50, 2));
        assert_eq!(growth.tier("platinum").new, Decimal::new(25, 2));
        assert_eq!(Growth::none().tier("fintech").new, Decimal::ZERO);
    }

    #[test]
    fn an_acquisition_cost_is_whole_cents_or_refused() {
        let mut growth = Growth::none();
        growth.acquisition_cost = Decimal::new(1_000_505, 3);
        assert!(growth.check().is_ok(), "a search may try it");
        let problem = growth.check_amounts().unwrap_err().problems().0.remove(0);
        assert_eq!(
            problem.message,
            "invalid `acquisition_cost` `1000.505`: expected whole cents, at most two decimals"
        );
        assert_eq!(problem.hint, "round it to cents: `1000.50`");
        growth.acquisition_cost = Decimal::new(100_050, 2);
        assert!(growth.check_amounts().is_ok());
    }

    /// A number that rounds to whole cents is none of them.
    #[test]
    fn digits_beyond_a_decimal_are_refused_and_not_rounded_away() {
        let shipped = include_str!("../../../data/growth.toml");
        let line = shipped.lines().find(|line| line.starts_with("acquisition_cost =")).unwrap();
        let read = |amount: &str| {
            Growth::from_toml(&shipped.replace(line, &format!("acquisition_cost = \"{amount}\"")))
        };
        assert_eq!(read("999.50").unwrap().acquisition_cost, Decimal::new(99_950, 2));
        let error = read("999.4999999999999999999999999999999").unwrap_err().to_string();
        assert!(error.contains("expected a number of at most 28 digits"), "{error}");
    }

    #[test]
    fn the_help_names_both_bounds_of_an_acquisition_cost() {
        let mut growth = Growth::none();
        for cost in [Decimal::from(1_000_000_000_001_u64), -Decimal::ONE] {
            growth.acquisition_cost = cost;
            let Err(Error::Invalid(problems)) = growth.check() else { panic!("{cost}") };
            assert_eq!(problems.0[0].hint, "use 0 to 1,000,000,000 for each tenant won");
        }
        growth.acquisition_cost = Decimal::from(1_000_000_000);
        assert!(growth.check().is_ok());
    }

    #[test]
    fn what_is_uncertain_is_checked_before_it_is_drawn() {
        let mut growth = Growth::none();
        let uncertain = |factor, value| Uncertain {
            assumption: Assumption::Factor(factor),
            distribution: Distribution::Uniform(0.0, value),
        };
        growth.uncertain = vec![uncertain(Factor::New, 1e15), uncertain(Factor::Churn, 1.0)];
        assert!(growth.check().is_ok());
        for correlation in [f64::NAN, f64::INFINITY, 5.0, -1.1] {
            growth.correlations = vec![(0, 1, correlation)];
            let said = growth.check().unwrap_err().to_string();
            assert!(said.starts_with("invalid correlation `new, churn, "), "{said}");
        }
        growth.correlations = Vec::new();
        for value in [1e21, f64::INFINITY, f64::NAN] {
            growth.uncertain[1].distribution = Distribution::Uniform(0.0, value);
            let Err(Error::Invalid(problems)) = growth.check() else { panic!("{value}") };
            assert_eq!(problems.0[0].code, "distribution-invalid");
        }
        growth.uncertain = vec![uncertain(Factor::New, 1.0); UNCERTAIN_MAX + 1];
        let Err(Error::Invalid(problems)) = growth.check() else { panic!() };
        assert!(problems.0[0].message.contains("at most 1000 factors, found 1001"), "{problems}");
    }

    #[test]
    fn a_row_is_of_a_tier_that_can_be() {
        let mut growth = Growth::none();
        growth.set_tier(TierGrowth::new("a tier\nof none", Decimal::ZERO, Decimal::ZERO));
        let Err(Error::Invalid(problems)) = growth.check() else { panic!() };
        assert!(problems.0[0].message.contains("is not a tier name"), "{problems}");
    }

    #[test]
    fn percent_where_a_fraction_belongs_is_refused() {
        let mut growth = Growth::none();
        growth.discount = Decimal::from(20);
        growth.set_tier(TierGrowth::new("fintech", -Decimal::ONE, Decimal::from(2)));
        let Err(Error::Invalid(problems)) = growth.check() else { panic!() };
        assert_eq!(problems.iter().count(), 3, "{problems}");
    }
}
