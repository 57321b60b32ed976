//! Assumptions: what a month costs beside what tenants pay, as data.

use std::sync::{Arc, LazyLock};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;

use super::amounts::line_problems;
use super::line::{AppliesTo, AssumedLine, Category, CostDriver};
use super::operations::Operations;
use super::people;
use crate::finance::cost::Allocation;
use crate::finance::cost::usage::Usage;
use crate::finance::error::Error;
use crate::finance::pricing::prices::PriceBook;
use crate::model::{Day, Problem, Problems, Region};

/// Where infrastructure costs come from.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::finance) enum Infrastructure {
    /// From the assumed lines alone.
    Lines,
    /// From the resources, priced.
    Catalogue { prices: Arc<PriceBook>, usage: Arc<Usage> },
}

/// What a month costs, as a set of assumptions.
#[derive(Debug, Clone, PartialEq)]
pub struct Assumptions {
    pub(in crate::finance) name: String,
    pub(in crate::finance) title: String,
    pub(in crate::finance) infrastructure: Infrastructure,
    pub(in crate::finance) lines: Vec<AssumedLine>,
    pub(in crate::finance) operations: Operations,
    pub(in crate::finance) allocation: Allocation,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[expect(dead_code, reason = "there is one version so far; serde checks that it is a number")]
    version: u32,
    #[expect(dead_code, reason = "for the reader of the file")]
    as_of: Day,
    document: Vec<Document>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    name: String,
    title: String,
    line: Vec<Line>,
    operations: Operations,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    category: Category,
    item: String,
    #[serde(default)]
    per: Per,
    points: Option<Vec<(u32, Decimal)>>,
    quantity: Option<Decimal>,
    unit: Option<String>,
    price: Option<Decimal>,
    #[serde(default)]
    when: AppliesTo,
    #[serde(alias = "steady")]
    recurring: Option<bool>,
    source: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum Per {
    #[default]
    Organization,
    Tenant,
    Network,
}

impl From<Line> for AssumedLine {
    fn from(line: Line) -> Self {
        let Line { category, item, per, points, quantity, unit, price, when, recurring, source } = line;
        let driver = match (points, per) {
            (Some(points), _) => CostDriver::Points(points),
            (None, Per::Organization) => CostDriver::Organization,
            (None, Per::Tenant) => CostDriver::Tenant,
            (None, Per::Network) => CostDriver::Network,
        };
        Self {
            category,
            item,
            driver,
            quantity: quantity.unwrap_or(Decimal::ONE),
            unit: unit.unwrap_or_else(|| "month".to_owned()),
            price: price.unwrap_or_default(),
            applies_to: when,
            recurring: recurring.unwrap_or(true),
            source,
        }
    }
}

#[expect(clippy::expect_used, reason = "the file is part of the crate and every test reads it")]
static SEEDS: LazyLock<Vec<Assumptions>> = LazyLock::new(|| {
    let file: File =
        toml::from_str(include_str!("../../../data/seeds.toml")).expect("data/seeds.toml is valid");
    file.document
        .into_iter()
        .map(|Document { name, title, line, operations }| Assumptions {
            name,
            title,
            infrastructure: Infrastructure::Lines,
            lines: line.into_iter().map(AssumedLine::from).collect(),
            operations,
            allocation: Allocation::Equal,
        })
        .collect()
});

impl Assumptions {
    /// What one of the reports of January 2026 assumes: `onboarding`, `single-vs-multi`, `second-customer`,
    /// `five-customers`, `ten-customers-vpc`, or `ten-customers-vpc-headline`, the last one's other infrastructure figure.
    ///
    /// # Errors
    /// [`Error::Unknown`] that names the documents there are.
    pub fn seed(document: &str) -> Result<Self, Error> {
        SEEDS
            .iter()
            .find(|seed| seed.name == document)
            .cloned()
            .ok_or_else(|| Error::unknown("document", document, SEEDS.iter().map(|seed| seed.name.as_str())))
    }

    /// The names [`Self::seed`] takes.
    pub fn seeds() -> impl Iterator<Item = &'static str> {
        SEEDS.iter().map(|seed| seed.name.as_str())
    }

    /// AWS's list prices for what the zone contains, the shipped usage, and the operations of the report on ten tenants (the
    /// only one that itemizes them); its people are hired one at a time, as `data/people.toml` says.
    pub fn aws() -> Self {
        Self::catalogue(PriceBook::shipped().clone(), Usage::shipped().clone())
    }

    /// The same with prices and usage of one's own.
    pub fn catalogue(prices: PriceBook, usage: Usage) -> Self {
        let report = SEEDS.iter().find(|seed| seed.name == "ten-customers-vpc");
        let people = std::iter::once(people::shipped());
        let other = report.into_iter().flat_map(|seed| &seed.lines);
        let other =
            other.filter(|line| !matches!(line.category, Category::Infrastructure | Category::Support));
        Self {
            name: "aws".to_owned(),
            title: format!("AWS list prices as of {}", prices.as_of()),
            infrastructure: Infrastructure::Catalogue { prices: Arc::new(prices), usage: Arc::new(usage) },
            lines: people.chain(other).cloned().collect(),
            operations: report.map(|seed| seed.operations.clone()).unwrap_or_default(),
            allocation: Allocation::Equal,
        }
    }

    /// Its name: a document's, or `aws`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a person reads.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The assumed lines of cost.
    pub fn lines(&self) -> &[AssumedLine] {
        &self.lines
    }

    /// What is assumed about effort and time.
    pub fn operations(&self) -> &Operations {
        &self.operations
    }

    /// The price book infrastructure is priced with, `None` where a report's lines are taken as they are.
    pub fn prices(&self) -> Option<&PriceBook> {
        match &self.infrastructure {
            Infrastructure::Lines => None,
            Infrastructure::Catalogue { prices, .. } => Some(prices),
        }
    }

    /// The usage infrastructure is priced with, `None` where a report's lines are taken as they are.
    pub fn usage(&self) -> Option<&Usage> {
        match &self.infrastructure {
            Infrastructure::Lines => None,
            Infrastructure::Catalogue { usage, .. } => Some(usage),
        }
    }

    /// The same at the prices of a region, as far as the price book or the shipped ones have any.
    #[must_use]
    pub fn in_region(mut self, region: &Region) -> Self {
        if let Infrastructure::Catalogue { prices, .. } = &mut self.infrastructure
            && prices.region() != region.as_str()
        {
            *prices = Arc::new(prices.in_region(region));
        }
        self
    }

    /// The same with shared costs shared by another rule.
    #[must_use]
    pub fn with_allocation(mut self, allocation: Allocation) -> Self {
        self.allocation = allocation;
        self
    }

    /// The same with people hired `months` before they are needed, assuming `tenants_a_month` new tenants a month. This affects
    /// only lines of people who are hired one at a time.
    ///
    /// # Errors
    /// As [`Staffing::with_lead`](super::staffing::Staffing::with_lead).
    pub fn with_lead_time(mut self, months: Decimal, tenants_a_month: Decimal) -> Result<Self, Error> {
        for line in &mut self.lines {
            if let CostDriver::People(staffing) = &mut line.driver {
                *staffing = staffing.clone().with_lead(months, tenants_a_month)?;
            }
        }
        Ok(self)
    }

    /// People in support for a number of tenants: those of the line of people if that is a whole number, else the report's figure.
    pub fn support_people(&self, tenants: u32) -> Option<u32> {
        let whole = self.lines.iter().find_map(|line| match &line.driver {
            CostDriver::People(staffing) if line.category == Category::Support => {
                (tenants > staffing.part_time_up_to()).then(|| staffing.people(tenants))
            }
            _ => None,
        });
        whole.and_then(|people| people.to_u32()).or_else(|| self.operations.people(tenants))
    }

    /// The same with the lines of a category replaced.
    ///
    /// An amount of money is whole cents: the price of a line of one unit, and the totals of a line by numbers of tenants. The price of
    /// a line of another quantity is a unit price and may be finer.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every amount that is below zero, above a quadrillion or finer than a cent.
    pub fn with_lines(mut self, category: Category, lines: Vec<AssumedLine>) -> Result<Self, Error> {
        let problems: Vec<Problem> = lines.iter().flat_map(|line| line_problems(category, line)).collect();
        if !problems.is_empty() {
            return Err(Error::Invalid(Problems(problems)));
        }
        self.lines.retain(|line| line.category != category);
        self.lines.extend(lines.into_iter().map(|line| AssumedLine { category, ..line }));
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_is_there_and_no_other() {
        for name in
            ["onboarding", "single-vs-multi", "second-customer", "five-customers", "ten-customers-vpc"]
        {
            assert_eq!(Assumptions::seed(name).unwrap().name(), name);
        }
        let error = Assumptions::seed("six-customers").unwrap_err();
        assert!(error.to_string().contains("`six-customers`"), "{error}");
        assert!(error.to_string().contains("`five-customers`"), "{error}");
    }
}
