//! AWS price-list offer files (JSON and CSV) into a price book.
//!
//! Offer files run from a kilobyte to gigabytes: they are read as a stream, and only products of the wanted region are
//! kept. What could not be mapped to a price of the model is reported, never dropped silently.
//! Not here: fetching the files.

mod csv;
mod json;
mod map;

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;

use super::prices::{Confidence, PriceBand, PriceBook, PriceId, rising};
use crate::finance::error::Error;
use crate::model::{Problem, Problems, exact};

/// A product of an offer file, with its on-demand prices.
#[derive(Debug, Clone, Default, PartialEq)]
struct Product {
    /// The service it says it belongs to; empty where it does not say.
    service: String,
    usage_type: String,
    operation: String,
    /// The newest on-demand term's effective date, as the file writes it; these sort as text.
    effective: String,
    /// The steps of that term, in the order of the file.
    rates: Vec<Rate>,
}

/// One step of a price, as the file writes it.
#[derive(Debug, Clone, Default, PartialEq)]
struct Rate {
    from: String,
    to: String,
    price: String,
    unit: String,
}

/// An offer file of one service, reduced to one region.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Offer {
    /// The service, for example `AmazonEC2`.
    pub offer_code: String,
    /// The version, digits of a timestamp.
    pub version: String,
    /// The region it was reduced to.
    pub region: String,
    products: BTreeMap<String, Product>,
    /// How many products of other regions were passed over.
    pub elsewhere: usize,
}

/// What an offer file changed in a price book, and what it could not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct OfferReport {
    /// Prices replaced: SKU, usage type, price.
    pub mapped: Vec<(String, String, PriceId)>,
    /// SKUs left out: SKU, usage type, reason.
    pub unmapped: Vec<(String, String, String)>,
    /// How many products of other regions were passed over.
    pub elsewhere: usize,
}

impl fmt::Display for OfferReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (sku, usage_type, id) in &self.mapped {
            writeln!(f, "{sku} {usage_type}: {id}")?;
        }
        for (sku, usage_type, reason) in &self.unmapped {
            writeln!(f, "{sku} {usage_type}: left out, {reason}")?;
        }
        let (mapped, unmapped) = (self.mapped.len(), self.unmapped.len());
        write!(f, "{mapped} mapped, {unmapped} left out, {} of other regions", self.elsewhere)
    }
}

fn unreadable(what: &str, message: &str) -> Error {
    let hint = "give a price-list offer file of one service, as AWS publishes it";
    let message = format!("not an offer file in {what}: {message}");
    Error::Invalid(Problems::from(Problem::error("offer-unreadable", "", message, hint)))
}

/// Whether a product belongs to the region: by code, or by being global. Old files name only locations.
fn is_of_region(region: &str, code: &str, location: &str) -> bool {
    if !code.is_empty() {
        return code == region;
    }
    matches!(location, "Any" | "Global" | "") || map::is_location(region, location)
}

impl Offer {
    fn empty(region: &str) -> Self {
        Self {
            offer_code: String::new(),
            version: String::new(),
            region: region.to_owned(),
            products: BTreeMap::new(),
            elsewhere: 0,
        }
    }

    /// How many products of the region it has.
    pub fn product_count(&self) -> usize {
        self.products.len()
    }
}

impl Product {
    /// Takes the rates of an on-demand term, unless a newer one is known.
    fn take_term(&mut self, effective: &str, rates: Vec<Rate>) {
        if self.rates.is_empty() || effective > self.effective.as_str() {
            effective.clone_into(&mut self.effective);
            self.rates = rates;
        }
    }

    /// The steps, each bound and price converted to the line's unit.
    fn steps(&self, line: &map::Line) -> Result<Vec<PriceBand>, String> {
        let units = line.units;
        let number =
            |text: &str| exact(text).ok_or_else(|| format!("`{text}` is not a number of at most 28 digits"));
        let mut steps = Vec::with_capacity(self.rates.len());
        for Rate { from, to, price, unit } in &self.rates {
            if !line.measure.is(unit) {
                return Err(format!("it is priced by `{unit}`, the line by the {}", line.measure.name()));
            }
            let from = if from.is_empty() { Decimal::ZERO } else { number(from)? };
            let to = if to.is_empty() || to == "Inf" { None } else { Some(number(to)?) };
            steps.push((from, to, number(price)?));
        }
        steps.sort_by_key(|(from, ..)| *from);
        let mut reached = Some(Decimal::ZERO);
        for (from, to, _) in &steps {
            if reached != Some(*from) {
                return Err("its steps do not meet".to_owned());
            }
            reached = *to;
        }
        let steps: Vec<PriceBand> = steps
            .into_iter()
            .map(|(_, to, price)| PriceBand {
                up_to: to.map(|to| (to / units).normalize()),
                price: (price * units).normalize(),
            })
            .collect();
        if rising(&steps) { Ok(steps) } else { Err("it has no price for all usage".to_owned()) }
    }
}

impl PriceBook {
    /// These prices with those in an offer file replaced, and a report of the products that were mapped and those that were
    /// not. A file for another region first converts the book to that region, as [`Self::in_region`] does.
    pub fn with_offer(&self, offer: &Offer) -> (Self, OfferReport) {
        let mut book = match offer.region.parse() {
            Ok(region) => self.in_region(&region),
            Err(_) => self.clone(),
        };
        let mut report = OfferReport { elsewhere: offer.elsewhere, ..OfferReport::default() };
        let mut found: BTreeMap<PriceId, (String, Vec<PriceBand>)> = BTreeMap::new();
        for (sku, product) in &offer.products {
            let mut leave_out =
                |reason: String| report.unmapped.push((sku.clone(), product.usage_type.clone(), reason));
            let service = if offer.offer_code.is_empty() { &product.service } else { &offer.offer_code };
            let line = match map::line(service, &product.usage_type, &product.operation) {
                map::Match::One(line) => line,
                map::Match::None => {
                    leave_out("no line of the model is priced by it".to_owned());
                    continue;
                }
                map::Match::Several => {
                    leave_out(
                        "several services have such a product, and the file does not say whose it is"
                            .to_owned(),
                    );
                    continue;
                }
            };
            if product.rates.is_empty() {
                leave_out("it has no on-demand price".to_owned());
                continue;
            }
            let steps = match product.steps(&line) {
                Ok(steps) => steps,
                Err(reason) => {
                    leave_out(reason);
                    continue;
                }
            };
            if steps.iter().all(|step| step.price.is_zero()) {
                leave_out("it is free: an allowance of another SKU".to_owned());
                continue;
            }
            if let Some((other, known)) = found.get(&line.id)
                && *known != steps
            {
                leave_out(format!("`{other}` has another price for the same line"));
                continue;
            }
            report.mapped.push((sku.clone(), product.usage_type.clone(), line.id));
            found.entry(line.id).or_insert_with(|| (sku.clone(), steps));
        }
        for (id, (sku, steps)) in found {
            let product = offer.products.get(&sku);
            let effective = product.map_or("", |product| product.effective.as_str());
            let service = product.map_or("", |product| product.service.as_str());
            let entry = book.entry(id);
            entry.bands = steps;
            entry.confidence = Confidence::A;
            entry.borrowed_from = None;
            entry.source = format!(
                "AWS price list {}{}, SKU {sku}, effective {}",
                if offer.offer_code.is_empty() { service } else { &offer.offer_code },
                if offer.version.is_empty() { String::new() } else { format!(" version {}", offer.version) },
                effective.get(..10).unwrap_or(effective)
            );
        }
        (book, report)
    }
}

#[cfg(test)]
mod tests;
