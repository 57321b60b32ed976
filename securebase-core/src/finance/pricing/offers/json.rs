//! Offer files in JSON, read as a stream.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::{Offer, Product, Rate, is_of_region, unreadable};
use crate::finance::error::Error;

#[derive(Deserialize)]
struct RawProduct {
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct RawTerm {
    #[serde(rename = "effectiveDate", default)]
    effective: String,
    #[serde(rename = "priceDimensions", default)]
    dimensions: BTreeMap<String, RawDimension>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDimension {
    #[serde(default)]
    begin_range: String,
    #[serde(default)]
    end_range: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    price_per_unit: BTreeMap<String, String>,
}

impl Offer {
    /// Reads a JSON offer file, keeping the products of one region and those of no region.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the text is not an offer file.
    pub fn from_json(text: impl Read, region: &str) -> Result<Self, Error> {
        read(text, region)
    }
}

fn read(text: impl Read, region: &str) -> Result<Offer, Error> {
    let mut offer = Offer::empty(region);
    let mut reader = serde_json::Deserializer::from_reader(std::io::BufReader::new(text));
    let read = Whole(&mut offer).deserialize(&mut reader).and_then(|()| reader.end());
    read.map_err(|error| unreadable("JSON", &error.to_string()))?;
    if offer.offer_code.is_empty() {
        return Err(unreadable("JSON", "it has no `offerCode`"));
    }
    Ok(offer)
}

/// The whole file.
struct Whole<'a>(&'a mut Offer);

/// The products: those of other regions are counted and passed over.
struct Products<'a>(&'a mut Offer);

/// The kinds of term: only `OnDemand` is read.
struct Terms<'a>(&'a mut Offer);

/// The on-demand terms: those of products passed over are passed over.
struct OnDemand<'a>(&'a mut Offer);

macro_rules! map_seed {
    ($name:ident, $what:literal) => {
        impl<'de> DeserializeSeed<'de> for $name<'_> {
            type Value = ();
            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
                deserializer.deserialize_map(self)
            }
        }

        impl<'de> Visitor<'de> for $name<'_> {
            type Value = ();
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($what)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
                self.read(map)
            }
        }
    };
}

map_seed!(Whole, "an offer file");
map_seed!(Products, "products by SKU");
map_seed!(Terms, "terms by kind");
map_seed!(OnDemand, "on-demand terms by SKU");

fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(|_| ())
}

impl Whole<'_> {
    fn read<'de, A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "offerCode" => self.0.offer_code = map.next_value()?,
                "version" => self.0.version = map.next_value()?,
                "products" => map.next_value_seed(Products(self.0))?,
                "terms" => map.next_value_seed(Terms(self.0))?,
                _ => skip(&mut map)?,
            }
        }
        Ok(())
    }
}

impl Products<'_> {
    fn read<'de, A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((sku, product)) = map.next_entry::<String, RawProduct>()? {
            let attribute = |name: &str| product.attributes.get(name).map_or("", String::as_str);
            if is_of_region(&self.0.region, attribute("regionCode"), attribute("location")) {
                let kept = Product {
                    service: attribute("servicecode").to_owned(),
                    usage_type: attribute("usagetype").to_owned(),
                    operation: attribute("operation").to_owned(),
                    ..Product::default()
                };
                // Terms may have come first.
                let known = self.0.products.entry(sku).or_default();
                let rates = std::mem::take(&mut known.rates);
                *known = Product { rates, effective: std::mem::take(&mut known.effective), ..kept };
            } else {
                self.0.products.remove(&sku);
                self.0.elsewhere += 1;
            }
        }
        Ok(())
    }
}

impl Terms<'_> {
    fn read<'de, A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(kind) = map.next_key::<String>()? {
            if kind == "OnDemand" {
                map.next_value_seed(OnDemand(self.0))?;
            } else {
                skip(&mut map)?;
            }
        }
        Ok(())
    }
}

impl OnDemand<'_> {
    fn read<'de, A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let products_known = !self.0.products.is_empty() || self.0.elsewhere > 0;
        while let Some(sku) = map.next_key::<String>()? {
            if products_known && !self.0.products.contains_key(&sku) {
                skip(&mut map)?;
                continue;
            }
            let terms: BTreeMap<String, RawTerm> = map.next_value()?;
            let product = self.0.products.entry(sku).or_default();
            for term in terms.into_values() {
                let rates = term
                    .dimensions
                    .into_values()
                    .filter_map(|mut rate| {
                        let price = rate.price_per_unit.remove("USD")?;
                        Some(Rate { from: rate.begin_range, to: rate.end_range, price, unit: rate.unit })
                    })
                    .collect();
                product.take_term(&term.effective, rates);
            }
        }
        Ok(())
    }
}
