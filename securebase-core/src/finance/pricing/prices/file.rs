//! Price files: TOML or JSON, entry by entry over the prices there are, everything wrong at once.

use std::sync::LazyLock;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{BillingScope, Confidence, Price, PriceBand, PriceBook, PriceId, PriceScope, rising};
use crate::finance::error::Error;
use crate::finance::pricing::number::Number;
use crate::model::diagnostics::document;
use crate::model::{Currency, Day, Problem, Problems, Region, RegionError, nearest};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    version: Option<u32>,
    as_of: Option<String>,
    region: Option<String>,
    currency: Option<Currency>,
    hours_per_month: Option<Number>,
    #[serde(default)]
    price: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    name: Option<String>,
    unit: Option<String>,
    price: Option<Number>,
    steps: Option<Vec<(Number, Number)>>,
    pool: Option<BillingScope>,
    scope: Option<PriceScope>,
    trial_days: Option<u32>,
    borrowed_from: Option<Region>,
    grade: Option<Confidence>,
    source: Option<String>,
}

impl File {
    /// The day the file names, if it is one.
    pub(super) fn day(&self) -> Option<Day> {
        self.as_of.as_ref()?.parse().ok()
    }

    /// The region the file names, if it is one.
    pub(super) fn region(&self) -> Option<Region> {
        self.region.as_ref()?.parse().ok()
    }
}

/// The version of the file format.
const VERSION: u32 = 1;

#[expect(clippy::expect_used, reason = "the file is part of the crate and every test reads it")]
static SHIPPED: LazyLock<PriceBook> = LazyLock::new(|| {
    let file: File =
        toml::from_str(include_str!("../../../../data/prices.toml")).expect("data/prices.toml is TOML");
    let mut book = PriceBook {
        as_of: file.day().expect("data/prices.toml has a day"),
        region: Region::us_east_1(),
        currency: Currency::Usd,
        hours_per_month: Decimal::ZERO,
        prices: Vec::new(),
    };
    book.apply(file).expect("data/prices.toml is valid");
    book.prices.sort_by_key(|price| price.id);
    assert_eq!(book.prices.len(), PriceId::ALL.len(), "data/prices.toml has every price");
    book
});

impl PriceBook {
    /// The shipped prices: AWS's list prices in us-east-1.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// These prices with those that a TOML file names replaced. A file for another `region` first converts the book to that
    /// region, as [`Self::in_region`] does; the prices that it names are those of that region.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong with the file.
    pub fn with_toml(&self, text: &str) -> Result<Self, Error> {
        self.with(toml::from_str(text).map_err(|error| unreadable(&error.to_string()))?)
    }

    /// These prices with those a JSON document names replaced; same shape as the TOML file.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong with the document.
    pub fn with_json(&self, text: &str) -> Result<Self, Error> {
        self.with(serde_json::from_str(text).map_err(|error| unreadable(&error.to_string()))?)
    }

    /// As [`Self::with_json`], from a plain value; an attribute that is the id of a price is short for a row with that price:
    /// `{"nat_gateway_hour": "0.041"}`.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong with the document.
    pub fn with_value(&self, document: &Value) -> Result<Self, Error> {
        let document = written_out(document);
        self.with(document::read("", &document).map_err(|problem| Error::Invalid(problem.into()))?)
    }

    fn with(&self, file: File) -> Result<Self, Error> {
        let mut book = self.clone();
        book.apply(file).map_err(Error::Invalid)?;
        Ok(book)
    }

    pub(super) fn apply(&mut self, file: File) -> Result<(), Problems> {
        let File { version, as_of, region, currency, hours_per_month, price } = file;
        let mut problems = Vec::new();
        if let Some(version) = version.filter(|version| *version != VERSION) {
            problems.push(Problem::error(
                "version-unknown",
                "version",
                format!("`{version}` is not a version of the price file"),
                format!("use {VERSION}"),
            ));
        }
        match region.map(|text| (Region::named(&text), text)) {
            None => {}
            Some((Ok(region), _)) if region == self.region => {}
            Some((Ok(region), _)) => *self = self.in_region(&region),
            Some((Err(error @ RegionError::Unknown { .. }), _)) => {
                let hint = error.help().unwrap_or_default();
                problems.push(Problem::error("region-unknown", "region", error.to_string(), hint));
            }
            Some((Err(_), text)) => problems.push(Problem::error(
                "region-unreadable",
                "region",
                format!("invalid region `{text}`: expected the code of an AWS region"),
                "write it as AWS does, for example `eu-west-1`",
            )),
        }
        if let Some(as_of) = as_of {
            match as_of.parse::<Day>() {
                Ok(day) => self.as_of = day,
                Err(error) => problems.push(error.problem("as_of")),
            }
        }
        self.currency = currency.unwrap_or(self.currency);
        if let Some(hours) = hours_per_month.and_then(|hours| hours.read("hours_per_month", &mut problems)) {
            if hours.is_zero() || hours > Decimal::from(744) {
                problems.push(Problem::error(
                    "hours-outside-month",
                    "hours_per_month",
                    format!("no month has `{hours}` hours"),
                    "use 730 for planning, 672 to 744 for one month",
                ));
            }
            self.hours_per_month = hours;
        }
        for row in price {
            if let Some(price) = self.read(row, &mut problems) {
                match self.prices.iter_mut().find(|known| known.id == price.id) {
                    Some(known) => *known = price,
                    None => self.prices.push(price),
                }
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
    }

    /// One row, its gaps filled from the price it replaces.
    fn read(&self, row: Row, problems: &mut Vec<Problem>) -> Option<Price> {
        let Row { id: text, name, unit, price, steps, pool, scope, trial_days, borrowed_from, grade, source } =
            row;
        let path = format!("price.{text}");
        let id: PriceId = match text.parse() {
            Ok(id) => id,
            Err(_) => {
                problems.push(Problem::error(
                    "price-unknown",
                    path,
                    format!("`{text}` is not the id of a price the model uses"),
                    nearest(&text, PriceId::ALL.iter().map(|id| id.name())).map_or_else(
                        || "use an id of the shipped data/prices.toml".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    ),
                ));
                return None;
            }
        };
        let steps = match (price, steps) {
            (Some(price), None) => {
                vec![PriceBand { up_to: None, price: price.read(&format!("{path}.price"), problems)? }]
            }
            (None, Some(steps)) => read_steps(&path, &steps, problems)?,
            (None, None) | (Some(_), Some(_)) => {
                problems.push(Problem::error(
                    "price-missing",
                    path,
                    format!("`{text}` needs either a price or steps"),
                    "give exactly one of `price` and `steps`",
                ));
                return None;
            }
        };
        let known = self.prices.iter().find(|known| known.id == id);
        Some(Price {
            id,
            name: name.or_else(|| known.map(|known| known.name.clone())).unwrap_or_else(|| text.clone()),
            unit: unit.or_else(|| known.map(|known| known.unit.clone())).unwrap_or_default(),
            bands: steps,
            billing_scope: pool.or_else(|| known.map(|known| known.billing_scope)).unwrap_or_default(),
            scope: scope.or_else(|| known.map(|known| known.scope)).unwrap_or_default(),
            trial_days: trial_days.or_else(|| known.and_then(|known| known.trial_days)),
            confidence: grade.unwrap_or(Confidence::C),
            source: source.unwrap_or_else(|| "given by the user".to_owned()),
            borrowed_from,
        })
    }

    /// All of it as JSON of the shape [`Self::with_json`] reads.
    pub fn to_json(&self) -> Value {
        let bound = |step: &PriceBand| step.up_to.map_or_else(|| "Inf".to_owned(), |bound| bound.to_string());
        let prices: Vec<Value> = self
            .prices
            .iter()
            .map(|price| {
                let steps: Vec<[String; 2]> =
                    price.bands.iter().map(|step| [bound(step), step.price.to_string()]).collect();
                json!({
                    "id": price.id.name(),
                    "name": price.name,
                    "unit": price.unit,
                    "steps": steps,
                    "pool": price.billing_scope,
                    "scope": price.scope,
                    "trial_days": price.trial_days,
                    "grade": price.confidence,
                    "source": price.source,
                    "borrowed_from": price.borrowed_from,
                })
            })
            .collect();
        json!({
            "version": VERSION,
            "as_of": self.as_of,
            "region": self.region,
            "currency": self.currency,
            "hours_per_month": self.hours_per_month.to_string(),
            "price": prices,
        })
    }
}

/// The attributes of a price file.
const ATTRIBUTES: [&str; 6] = ["version", "as_of", "region", "currency", "hours_per_month", "price"];

/// A document in the shape of the file: attributes that are ids of prices, or nearly, become rows.
pub(super) fn written_out(document: &Value) -> Value {
    let Value::Object(attributes) = document else { return document.clone() };
    let short = |id: &str| {
        id.parse::<PriceId>().is_ok()
            || nearest(id, ATTRIBUTES.iter().copied()).is_none()
                && nearest(id, PriceId::ALL.iter().map(|id| id.name())).is_some()
    };
    let rows = attributes.iter().filter(|(id, _)| short(id));
    let rows: Vec<Value> = rows.map(|(id, price)| json!({ "id": id, "price": price })).collect();
    if rows.is_empty() {
        return document.clone();
    }
    let mut written: Map<String, Value> = attributes
        .iter()
        .filter(|(id, _)| !short(id))
        .map(|(id, value)| (id.clone(), value.clone()))
        .collect();
    // Reading it reports anything but a list.
    if let Value::Array(given) = written.entry("price").or_insert_with(|| Value::Array(Vec::new())) {
        given.extend(rows);
    }
    Value::Object(written)
}

pub(super) fn unreadable(message: &str) -> Error {
    let hint = "see the shipped data/prices.toml for the shape";
    Error::Invalid(Problem::error("prices-unreadable", "", message.trim_end(), hint).into())
}

/// Steps in rising order that end at infinity.
fn read_steps(path: &str, rows: &[(Number, Number)], problems: &mut Vec<Problem>) -> Option<Vec<PriceBand>> {
    let mut steps = Vec::with_capacity(rows.len());
    for (index, (bound, price)) in rows.iter().enumerate() {
        let path = format!("{path}.steps[{index}]");
        let up_to = match bound {
            Number::Text(text) if text == "Inf" => None,
            bound => Some(bound.read(&path, problems)?),
        };
        steps.push(PriceBand { up_to, price: price.read(&path, problems)? });
    }
    if rising(&steps) {
        return Some(steps);
    }
    problems.push(Problem::error(
        "steps-broken",
        format!("{path}.steps"),
        "the steps do not rise to `Inf`",
        "order them by bound, each above the one before, the last \"Inf\"",
    ));
    None
}
