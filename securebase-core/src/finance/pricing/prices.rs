//! The price book: what AWS charges, dated and sourced.
//!
//! Invariants: every price this crate uses has an entry; the bands of a price cover zero to infinity without a gap; a price
//! that is borrowed from another region is marked.

mod file;
mod id;
mod regions;
#[cfg(test)]
mod tests_regions;

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::finance::error::Error;
use crate::model::{Currency, Day, Region};
use crate::table::{Column, Table};

pub use crate::model::billing::PriceId;

/// How far a price can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Confidence {
    /// AWS's price list or pricing page, transcribed with a date.
    A,
    /// A public tool or a secondary page with a date.
    B,
    /// General knowledge, not confirmed: a default to be replaced.
    C,
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Whose usage fills the bands of a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BillingScope {
    /// The whole organization's: consolidated billing.
    #[default]
    Payer,
    /// Each account's alone.
    Account,
}

/// Where a price applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PriceScope {
    /// In one region: AWS lists it by region.
    #[default]
    Regional,
    /// Everywhere: AWS charges it for an account or an organization, regardless of the region.
    Global,
}

/// One band of a graduated price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceBand {
    /// The cumulative usage up to which the price holds, `None` for the last band.
    pub up_to: Option<Decimal>,
    /// The price of a unit inside the band.
    pub price: Decimal,
}

/// One price.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Price {
    /// Which.
    pub id: PriceId,
    /// What a person reads.
    pub name: String,
    /// What a unit is.
    pub unit: String,
    /// Its bands, at least one.
    pub bands: Vec<PriceBand>,
    /// Whose usage fills the bands.
    pub billing_scope: BillingScope,
    /// Where it applies.
    pub scope: PriceScope,
    /// The length of the free trial, in days from when an account begins to use the service.
    pub trial_days: Option<u32>,
    /// How far it can be trusted.
    pub confidence: Confidence,
    /// Where it comes from, with a date.
    pub source: String,
    /// The region it is borrowed from; `None` if it is a price of the book's own region.
    pub borrowed_from: Option<Region>,
}

/// A free trial of at least this many days covers the first month of a tenant's life.
const DAYS_OF_FIRST_MONTH: u32 = 30;

impl Price {
    /// What `quantity` units cost, unrounded: each band prices the usage inside it.
    ///
    /// # Errors
    /// Where the product has too many digits.
    pub fn charge_for(&self, quantity: Decimal) -> Result<Decimal, Error> {
        let mut from = Decimal::ZERO;
        let mut amount = Decimal::ZERO;
        for step in &self.bands {
            let to = step.up_to.map_or(quantity, |bound| bound.min(quantity));
            if to > from {
                amount = (to - from)
                    .checked_mul(step.price)
                    .and_then(|part| amount.checked_add(part))
                    .ok_or(crate::model::MoneyError::Overflow)?;
                from = to;
            }
        }
        Ok(amount)
    }

    /// Whether the price of a unit depends on how many are used.
    pub fn is_graduated(&self) -> bool {
        self.bands.len() > 1
    }

    /// Whether it is free in the first month of an account: its trial lasts at least thirty days.
    pub fn is_free_in_first_month(&self) -> bool {
        self.trial_days.is_some_and(|days| days >= DAYS_OF_FIRST_MONTH)
    }

    /// Whether it is borrowed from another region than that of its book.
    pub fn is_borrowed(&self) -> bool {
        self.borrowed_from.is_some()
    }

    /// The price of a unit in the first band that costs something: the list price.
    pub fn list_price(&self) -> Decimal {
        self.bands.iter().map(|step| step.price).find(|price| !price.is_zero()).unwrap_or_default()
    }
}

/// Every price, for one region and currency, as of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceBook {
    as_of: Day,
    region: Region,
    currency: Currency,
    hours_per_month: Decimal,
    prices: Vec<Price>,
}

impl PriceBook {
    /// These prices with some replaced by a flat price each.
    ///
    /// # Errors
    /// [`Error::Unknown`] for an id there is no price of, [`Error::Range`] for a negative price.
    pub fn with_prices<'a>(
        &self,
        prices: impl IntoIterator<Item = (&'a str, Decimal)>,
        source: &str,
    ) -> Result<Self, Error> {
        let mut book = self.clone();
        for (id, price) in prices {
            if price.is_sign_negative() && !price.is_zero() {
                return Err(Error::range("price", &price, "use zero or more"));
            }
            let entry = book.entry(id.parse()?);
            entry.bands = vec![PriceBand { up_to: None, price }];
            source.clone_into(&mut entry.source);
            entry.borrowed_from = None;
        }
        Ok(book)
    }

    pub(in crate::finance) fn hours_mut(&mut self) -> &mut Decimal {
        &mut self.hours_per_month
    }

    pub(in crate::finance) fn entry(&mut self, id: PriceId) -> &mut Price {
        &mut self.prices[id as usize]
    }

    /// The prices as a table, one row a band: `price_id, item, unit, up_to, price, pool, grade, source, region, trial_days`;
    /// the last band of a price has no bound, `region` is [`Self::price_region`].
    ///
    /// # Errors
    /// [`Error::Table`] where a number has too many digits.
    pub fn table(&self) -> Result<Table, Error> {
        let rows: Vec<(&Price, &PriceBand)> =
            self.prices.iter().flat_map(|price| price.bands.iter().map(move |step| (price, step))).collect();
        let pool =
            |price: &Price| if price.billing_scope == BillingScope::Payer { "payer" } else { "account" };
        let grades: Vec<String> = rows.iter().map(|(price, _)| price.confidence.to_string()).collect();
        Ok(Table::new(vec![
            Column::utf8("price_id", rows.iter().map(|(price, _)| price.id.name()))?,
            Column::utf8("item", rows.iter().map(|(price, _)| price.name.as_str()))?,
            Column::utf8("unit", rows.iter().map(|(price, _)| price.unit.as_str()))?,
            Column::decimal("up_to", 4, rows.iter().map(|(_, step)| step.up_to))?,
            Column::decimal("price", 10, rows.iter().map(|(_, step)| step.price))?,
            Column::utf8("pool", rows.iter().map(|(price, _)| pool(price)))?,
            Column::utf8("grade", grades.iter().map(String::as_str))?,
            Column::utf8("source", rows.iter().map(|(price, _)| price.source.as_str()))?,
            Column::utf8("region", rows.iter().map(|(price, _)| self.price_region(price.id)))?,
            Column::decimal(
                "trial_days",
                0,
                rows.iter().map(|(price, _)| price.trial_days.map(Decimal::from)),
            )?,
        ])?)
    }

    /// The day the prices were collected.
    pub fn as_of(&self) -> Day {
        self.as_of
    }

    /// The region they hold in.
    pub fn region(&self) -> &str {
        self.region.as_str()
    }

    /// The currency they are in.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The hours a month is taken to have.
    pub fn hours_per_month(&self) -> Decimal {
        self.hours_per_month
    }

    /// One price.
    pub fn price(&self, id: PriceId) -> &Price {
        &self.prices[id as usize]
    }

    /// All prices, in the order of a cost report.
    pub fn prices(&self) -> &[Price] {
        &self.prices
    }
}

/// Whether the bands cover all usage from zero on, each once.
pub(in crate::finance) fn rising(steps: &[PriceBand]) -> bool {
    let Some((last, bounded)) = steps.split_last() else { return false };
    let mut from = Decimal::ZERO;
    for step in bounded {
        match step.up_to {
            Some(bound) if bound > from => from = bound,
            _ => return false,
        }
    }
    last.up_to.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_price_ships_in_its_place() {
        let book = PriceBook::shipped();
        for id in PriceId::ALL {
            let price = book.price(*id);
            assert_eq!(price.id, *id);
            assert!(rising(&price.bands) && !price.source.is_empty(), "{id}");
        }
        assert_eq!(book.hours_per_month(), Decimal::from(730));
    }

    #[test]
    fn a_step_prices_only_the_usage_inside_it() {
        let price = PriceBook::shipped().price(PriceId::EgressGb);
        let cost = |gb: i64| price.charge_for(Decimal::from(gb)).unwrap();
        assert_eq!(cost(100), Decimal::ZERO);
        assert_eq!(cost(101), Decimal::new(9, 2));
        // 10,140 at 0.09, then 40,960 at 0.085, then 1 at 0.07.
        assert_eq!(cost(51_201), Decimal::new(91_260, 2) + Decimal::new(348_160, 2) + Decimal::new(7, 2));
        assert_eq!(price.list_price(), Decimal::new(9, 2));
    }

    #[test]
    fn a_users_file_replaces_what_it_names() {
        let text = "as_of = \"2027-01-01\"\n[[price]]\nid = \"nat_gateway_hour\"\nprice = \"0.05\"\n";
        let book = PriceBook::shipped().with_toml(text).unwrap();
        assert_eq!(book.price(PriceId::NatGatewayHour).list_price(), Decimal::new(5, 2));
        assert_eq!(book.price(PriceId::NatGatewayHour).unit, "hour");
        assert_eq!(book.price(PriceId::KmsKeyMonth), PriceBook::shipped().price(PriceId::KmsKeyMonth));
        let json = r#"{"price": [{"id": "alarm_month", "steps": [[10, "0"], ["Inf", "0.2"]]}]}"#;
        let book = PriceBook::shipped().with_json(json).unwrap();
        assert_eq!(
            book.price(PriceId::AlarmMonth).charge_for(Decimal::from(11)).unwrap(),
            Decimal::new(2, 1)
        );
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let shipped = PriceBook::shipped();
        assert_eq!(&shipped.with_json(&shipped.to_json().to_string()).unwrap(), shipped);
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let text = r#"
            as_of = "last week"
            [[price]]
            id = "nat_gateway_hour"
            price = 0.045
            [[price]]
            id = "nat_gateway_day"
            price = "1"
            [[price]]
            id = "egress_gb"
            steps = [["100", "0"], ["50", "0.09"], ["Inf", "0.08"]]
            [[price]]
            id = "kms_key_month"
            price = "-1"
        "#;
        let Err(Error::Invalid(problems)) = PriceBook::shipped().with_toml(text) else { panic!() };
        let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
        assert_eq!(
            codes,
            ["date-unreadable", "number-inexact", "price-unknown", "steps-broken", "number-negative"]
        );
    }
}
