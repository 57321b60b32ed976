//! Offer files in CSV: five lines of metadata, which re-hosted copies may lack, a heading, one line a rate.

use std::collections::BTreeMap;
use std::io::Read;

use super::{Offer, Product, Rate, is_of_region, unreadable};
use crate::finance::error::Error;
use csv::{ReaderBuilder, StringRecord};

/// A file's rates by SKU and term, before the newest term of each is taken.
type Terms = BTreeMap<(String, String), (String, Vec<Rate>)>;

impl Offer {
    /// Reads a CSV offer file, with or without its five lines of metadata, keeping the products of one region and those of
    /// no region.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the text is not an offer file.
    pub fn from_csv(text: impl Read, region: &str) -> Result<Self, Error> {
        read(text, region)
    }
}

fn read(text: impl Read, region: &str) -> Result<Offer, Error> {
    let mut offer = Offer::empty(region);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
    let mut heading: Option<BTreeMap<String, usize>> = None;
    let mut terms = Terms::new();
    let mut elsewhere = std::collections::BTreeSet::new();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable("CSV", &error.to_string()))?;
        let Some(columns) = &heading else {
            // Spreadsheets save a mark of the byte order before the first letter.
            match record.get(0).map(|cell| cell.trim_start_matches('\u{feff}')) {
                Some("SKU") => heading = Some(columns_of(&record)),
                Some("OfferCode") => record.get(1).unwrap_or_default().clone_into(&mut offer.offer_code),
                Some("Version") => record.get(1).unwrap_or_default().clone_into(&mut offer.version),
                _ => {}
            }
            continue;
        };
        let cell = |name: &str| columns.get(name).and_then(|place| record.get(*place)).unwrap_or_default();
        let sku = cell("sku").to_owned();
        if !is_of_region(region, cell("region code"), cell("location")) {
            elsewhere.insert(sku);
            continue;
        }
        if cell("termtype") != "OnDemand" || !matches!(cell("currency"), "USD" | "") {
            continue;
        }
        offer.products.entry(sku.clone()).or_insert_with(|| Product {
            service: cell("servicecode").to_owned(),
            usage_type: cell("usagetype").to_owned(),
            operation: cell("operation").to_owned(),
            ..Product::default()
        });
        let (effective, rates) = terms.entry((sku, cell("offertermcode").to_owned())).or_default();
        cell("effectivedate").clone_into(effective);
        let rate = ["startingrange", "endingrange", "priceperunit", "unit"].map(|name| cell(name).to_owned());
        let [from, to, price, unit] = rate;
        rates.push(Rate { from, to, price, unit });
    }
    if heading.is_none() {
        return Err(unreadable("CSV", "no line begins with `SKU`"));
    }
    for ((sku, _), (effective, rates)) in terms {
        if let Some(product) = offer.products.get_mut(&sku) {
            product.take_term(&effective, rates);
        }
    }
    offer.elsewhere = elsewhere.len();
    Ok(offer)
}

/// Where each column stands; names differ in capitals between services.
fn columns_of(heading: &StringRecord) -> BTreeMap<String, usize> {
    let name = |name: &str| name.trim_start_matches('\u{feff}').trim().to_lowercase();
    heading.iter().enumerate().map(|(place, cell)| (name(cell), place)).collect()
}
