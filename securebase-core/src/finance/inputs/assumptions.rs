//! Assumptions: what a month costs beside what tenants pay, as data.

use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use super::amounts::line_problems;
use super::operations::Operations;
use super::staffing::{self, Staffing};
use crate::finance::cost::Allocation;
use crate::finance::cost::usage::Usage;
use crate::finance::pricing::prices::PriceBook;
use crate::finance::{Error, cents};
use crate::model::{Day, Problem, Problems, Region};

/// The kinds of cost, which the three margins tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// What AWS is paid.
    Infrastructure,
    /// The people who keep tenants running.
    Support,
    /// Winning tenants.
    Sales,
    /// Everything else.
    Other,
}

impl Category {
    /// All of them, in the order of a profit and loss account.
    pub const ALL: [Self; 4] = [Self::Infrastructure, Self::Support, Self::Sales, Self::Other];

    /// The stable name, in snake_case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Infrastructure => "infrastructure",
            Self::Support => "support",
            Self::Sales => "sales",
            Self::Other => "other",
        }
    }
}

impl FromStr for Category {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|category| category.name() == text)
            .ok_or_else(|| Error::unknown("category of cost", text, Self::ALL.map(Self::name)))
    }
}

/// What a line of cost is multiplied by.
#[derive(Debug, Clone, PartialEq)]
pub enum Basis {
    /// Once.
    Organization,
    /// For each tenant.
    Tenant,
    /// For each tenant's VPC.
    Network,
    /// A total by number of tenants: the first point not below the number holds; beyond the last, in proportion.
    Points(Vec<(u32, Decimal)>),
    /// For each of the people that the tenants require, hired one at a time.
    People(Staffing),
}

/// Which zones a line of cost applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// All.
    #[default]
    Always,
    /// Those whose tenants have a VPC.
    WithNetwork,
    /// Those whose tenants have none.
    WithoutNetwork,
}

/// One assumed line of cost.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AssumedLine {
    /// The kind of cost.
    pub category: Category,
    /// What it is.
    pub item: String,
    /// What it is multiplied by.
    pub basis: Basis,
    /// Units for each of the basis.
    pub quantity: Decimal,
    /// What a unit is.
    pub unit: String,
    /// The price of a unit.
    pub price: Decimal,
    /// Which zones it applies to.
    pub when: When,
    /// Whether every month brings it; a contingency is not.
    pub steady: bool,
    /// Where it comes from.
    pub source: String,
}

impl AssumedLine {
    /// A line of a fixed amount a month.
    pub fn fixed(category: Category, item: &str, amount: Decimal, source: &str) -> Self {
        Self {
            category,
            item: item.to_owned(),
            basis: Basis::Organization,
            quantity: Decimal::ONE,
            unit: "month".to_owned(),
            price: amount,
            when: When::Always,
            steady: true,
            source: source.to_owned(),
        }
    }

    /// A line of an amount for each tenant a month.
    pub fn per_tenant(category: Category, item: &str, amount: Decimal, source: &str) -> Self {
        Self {
            basis: Basis::Tenant,
            unit: "tenant-month".to_owned(),
            ..Self::fixed(category, item, amount, source)
        }
    }

    /// Quantity, unit price and amount for a number of tenants, with or without a network each.
    pub(in crate::finance) fn priced(&self, tenants: u32, networks: u32) -> (Decimal, Decimal, Decimal) {
        let applies = match self.when {
            When::Always => true,
            When::WithNetwork => networks > 0,
            When::WithoutNetwork => networks == 0,
        };
        let times = match &self.basis {
            _ if !applies => 0,
            Basis::Organization => 1,
            Basis::Tenant => tenants,
            Basis::Network => networks,
            Basis::Points(points) => {
                let total = at_points(points, tenants);
                return (Decimal::ONE, total, total);
            }
            Basis::People(staffing) => {
                let people = self.quantity * staffing.people(tenants);
                return (people, self.price, cents((people * self.price).normalize()));
            }
        };
        let quantity = self.quantity * Decimal::from(times);
        (quantity, self.price, cents(quantity * self.price))
    }
}

/// The amount that the points give for a number of tenants; zero for none.
fn at_points(points: &[(u32, Decimal)], tenants: u32) -> Decimal {
    if tenants == 0 {
        return Decimal::ZERO;
    }
    if let Some((_, amount)) = points.iter().find(|(bound, _)| *bound >= tenants) {
        return *amount;
    }
    points.last().map_or(Decimal::ZERO, |(bound, amount)| {
        cents(*amount * Decimal::from(tenants) / Decimal::from((*bound).max(1)))
    })
}

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
    when: When,
    steady: Option<bool>,
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
        let Line { category, item, per, points, quantity, unit, price, when, steady, source } = line;
        let basis = match (points, per) {
            (Some(points), _) => Basis::Points(points),
            (None, Per::Organization) => Basis::Organization,
            (None, Per::Tenant) => Basis::Tenant,
            (None, Per::Network) => Basis::Network,
        };
        Self {
            category,
            item,
            basis,
            quantity: quantity.unwrap_or(Decimal::ONE),
            unit: unit.unwrap_or_else(|| "month".to_owned()),
            price: price.unwrap_or_default(),
            when,
            steady: steady.unwrap_or(true),
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
        let people = std::iter::once(staffing::shipped());
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
    /// As [`Staffing::with_lead`].
    pub fn with_lead_time(mut self, months: Decimal, tenants_a_month: Decimal) -> Result<Self, Error> {
        for line in &mut self.lines {
            if let Basis::People(staffing) = &mut line.basis {
                *staffing = staffing.clone().with_lead(months, tenants_a_month)?;
            }
        }
        Ok(self)
    }

    /// People in support for a number of tenants: those of the line of people if that is a whole number, else the report's figure.
    pub fn support_people(&self, tenants: u32) -> Option<u32> {
        let whole = self.lines.iter().find_map(|line| match &line.basis {
            Basis::People(staffing) if line.category == Category::Support => {
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
    fn people_are_hired_in_steps() {
        let points = [(5, Decimal::from(3_000)), (10, Decimal::from(11_000))];
        let at = |tenants| at_points(&points, tenants);
        assert_eq!(at(0), Decimal::ZERO);
        assert_eq!(at(1), Decimal::from(3_000));
        assert_eq!(at(6), Decimal::from(11_000));
        assert_eq!(at(10), Decimal::from(11_000));
        assert_eq!(at(20), Decimal::from(22_000), "in proportion beyond the last point");
    }

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
