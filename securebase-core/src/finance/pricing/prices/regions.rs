//! Prices by region: a book for each region whose prices have a stored source, and a mark on every price that is borrowed
//! from another region.
//!
//! A region has a book if NAT gateways (hours and data), public addresses, flow logs into CloudWatch and log storage have
//! sources of their own. Its other prices are borrowed from us-east-1, and every borrowed price is marked.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::file::File;
use super::{Price, PriceBook, PriceId, PriceScope};
use crate::model::{Problem, Region};

/// The regional files, in the order of their names.
const FILES: [&str; 3] = [
    include_str!("../../../../data/prices/ap-southeast-1.toml"),
    include_str!("../../../../data/prices/eu-west-1.toml"),
    include_str!("../../../../data/prices/eu-west-2.toml"),
];

/// The prices that need a source for a region to have a book.
#[cfg(test)]
pub(super) const NEEDED: [PriceId; 5] = [
    PriceId::NatGatewayHour,
    PriceId::NatGatewayGb,
    PriceId::PublicIpv4Hour,
    PriceId::VendedLogsCloudwatchGb,
    PriceId::CloudwatchStorageGbMonth,
];

static REGIONAL: LazyLock<Vec<PriceBook>> = LazyLock::new(|| FILES.map(regional).into());

#[expect(clippy::expect_used, reason = "the files are part of the crate and every test reads them")]
fn regional(text: &str) -> PriceBook {
    let file: File = toml::from_str(text).expect("a regional price file is TOML");
    // The book is put into its region before the file is applied, because a file of another region looks regions up here.
    let region = file.region().expect("a regional price file names its region");
    let mut book = PriceBook::shipped().moved(&region, |price| price.scope == PriceScope::Regional);
    book.apply(file).expect("a regional price file is valid");
    book
}

impl PriceBook {
    /// The codes of the regions that have prices of their own, in alphabetical order.
    pub fn regions() -> Vec<&'static str> {
        let mut regions: Vec<&str> = REGIONAL.iter().map(Self::region).collect();
        regions.push(Self::shipped().region());
        regions.sort_unstable();
        regions
    }

    /// The shipped prices for a region.
    ///
    /// A region of [`Self::regions`] has its own prices; those without a source are marked as borrowed from us-east-1, unless
    /// they are the same everywhere. For any other region, every price is that of us-east-1 and is marked.
    pub fn for_region(region: &Region) -> Self {
        if *region == Self::shipped().region {
            return Self::shipped().clone();
        }
        let own = REGIONAL.iter().find(|book| book.region == *region);
        own.cloned().unwrap_or_else(|| Self::shipped().moved(region, |_| true))
    }

    /// The region of its prices in a heading, and the region from which prices are borrowed: `eu-west-1, 11 of 40 from us-east-1`.
    pub(crate) fn origin(&self) -> String {
        let region = self.region();
        let from: BTreeSet<&str> =
            self.borrowed().filter_map(|price| price.borrowed_from.as_ref()).map(Region::as_str).collect();
        let from = from.into_iter().collect::<Vec<_>>().join(" and ");
        match (self.borrowed().count(), self.prices().len()) {
            (0, _) => region.to_owned(),
            (borrowed, of) if borrowed == of => format!("{from} (none are known for {region})"),
            (borrowed, of) => format!("{region} ({borrowed} of {of} from {from})"),
        }
    }

    /// Converts the book to a region: the shipped prices of that region, with the caller's own prices kept.
    ///
    /// Prices that a caller set in a book of us-east-1, the region of the shipped book, are assumed to apply in every region.
    /// Prices set in a book of another region are prices of that region and stay marked with it.
    #[must_use]
    pub fn in_region(&self, region: &Region) -> Self {
        if *region == self.region {
            return self.clone();
        }
        let here = Self::for_region(&self.region);
        let mut book = Self::for_region(region);
        if self.as_of != here.as_of {
            book.as_of = self.as_of;
        }
        book.currency = self.currency;
        book.hours_per_month = self.hours_per_month;
        let is_base = self.region == Self::shipped().region;
        for (given, _) in self.prices.iter().zip(&here.prices).filter(|(given, shipped)| given != shipped) {
            let entry = book.entry(given.id);
            entry.clone_from(given);
            if !is_base && given.scope == PriceScope::Regional {
                entry.borrowed_from.get_or_insert_with(|| self.region.clone());
            }
        }
        book
    }

    /// The borrowed prices, in the order of a cost report.
    pub fn borrowed(&self) -> impl Iterator<Item = &Price> {
        self.prices.iter().filter(|price| price.is_borrowed())
    }

    /// The region of a price: the book's, the one it is borrowed from, or `global`.
    pub fn price_region(&self, id: PriceId) -> &str {
        let price = self.price(id);
        match (&price.borrowed_from, price.scope) {
            (Some(region), _) => region.as_str(),
            (None, PriceScope::Global) => "global",
            (None, PriceScope::Regional) => self.region(),
        }
    }

    /// A warning with the number of borrowed prices, code `prices-of-another-region`; `None` if no price is borrowed.
    pub fn warning(&self) -> Option<Problem> {
        let (borrowed, of) = (self.borrowed().count(), self.prices.len());
        let from: BTreeSet<&str> =
            self.borrowed().filter_map(|price| price.borrowed_from.as_ref()).map(Region::as_str).collect();
        if borrowed == 0 {
            return None;
        }
        let from = from.into_iter().collect::<Vec<_>>().join(" and ");
        let region = self.region();
        let message = if borrowed == of {
            format!("no price for `{region}` has a source: all {of} prices are from {from}")
        } else {
            format!("{borrowed} of {of} prices for `{region}` are from {from}")
        };
        let hint = format!(
            "supply the region's prices: pass `prices=` a price file with `region = \"{region}\"` or a price book made with \
             `with_offer` from AWS's price list of that region"
        );
        Some(Problem::warning("prices-of-another-region", "prices.region", message, hint))
    }

    /// The same figures in another region, marked where the test says so.
    fn moved(&self, region: &Region, marked: impl Fn(&Price) -> bool) -> Self {
        let mut book = self.clone();
        for price in book.prices.iter_mut().filter(|price| marked(price)) {
            price.borrowed_from.get_or_insert_with(|| self.region.clone());
        }
        book.region = region.clone();
        book
    }
}
