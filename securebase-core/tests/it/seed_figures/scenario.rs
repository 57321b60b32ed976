//! The reports, their scenarios, and the model that stands for a scenario of a report.

use rust_decimal::Decimal;
use securebase_core::finance::{
    Allocation, Assumptions, FigureChange, Forecast, Growth, Model, Month, MonthLine, Operations, Structure,
    TenantMonth, TierMonth,
};
use securebase_core::model::{NetworkFeatures, Tier as ModelTier};
use serde::{Deserialize, Serialize};

use super::figure::Question;

/// One of the five reports.
#[derive(Deserialize, Serialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Document {
    Onboarding,
    SecondCustomer,
    FiveCustomers,
    SingleVsMulti,
    TenCustomersVpc,
}

impl Document {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Onboarding => "onboarding",
            Self::SecondCustomer => "second-customer",
            Self::FiveCustomers => "five-customers",
            Self::SingleVsMulti => "single-vs-multi",
            Self::TenCustomersVpc => "ten-customers-vpc",
        }
    }

    /// The report's own tenants, on whom what it says of tenants in general is tried.
    fn own(self) -> Mix {
        match self {
            Self::Onboarding | Self::SecondCustomer | Self::SingleVsMulti => Mix::One,
            Self::FiveCustomers => Mix::Five,
            Self::TenCustomersVpc => Mix::Ten,
        }
    }

    /// Only the report on ten tenants gives them networks, and only from ten tenants on.
    fn has_networks(self, mix: Mix) -> bool {
        match self {
            Self::Onboarding | Self::SecondCustomer | Self::FiveCustomers | Self::SingleVsMulti => false,
            Self::TenCustomersVpc => mix.tenants() >= 10,
        }
    }
}

/// A second way in which a report computes the same figure.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Variant {
    /// Shared costs by tier, not by tenant.
    PerTier,
    /// Infrastructure as the headline of the report on ten tenants has it, not as its breakdown does.
    Headline,
}

#[derive(Deserialize, Serialize, Clone, Copy, PartialEq, Debug)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Tier {
    Fintech,
    Healthcare,
    GovFederal,
    Standard,
}

impl Tier {
    const ALL: [Self; 4] = [Self::Fintech, Self::Healthcare, Self::GovFederal, Self::Standard];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Fintech => "fintech",
            Self::Healthcare => "healthcare",
            Self::GovFederal => "gov-federal",
            Self::Standard => "standard",
        }
    }
}

/// A number of tenants, or the span of one of the five phases of growth.
#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(untagged)]
pub(super) enum Scenario {
    Mix(Mix),
    Phase(Phase),
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
pub(super) enum Mix {
    #[serde(rename = "C1")]
    One,
    #[serde(rename = "C2")]
    Two,
    #[serde(rename = "C3")]
    Three,
    #[serde(rename = "C5")]
    Five,
    #[serde(rename = "C10")]
    Ten,
    #[serde(rename = "C20")]
    Twenty,
    #[serde(rename = "C25")]
    TwentyFive,
    #[serde(rename = "C30")]
    Thirty,
    #[serde(rename = "C50")]
    Fifty,
    #[serde(rename = "C100")]
    Hundred,
}

impl Mix {
    /// Tenants of each tier, in the order of [`Tier::ALL`].
    pub(super) fn counts(self) -> [u32; 4] {
        match self {
            Self::One => [1, 0, 0, 0],
            Self::Two => [1, 1, 0, 0],
            Self::Three => [1, 1, 1, 0],
            Self::Five => [2, 1, 1, 1],
            Self::Ten => [4, 2, 2, 2],
            Self::Twenty => [8, 4, 4, 4],
            Self::TwentyFive => [10, 5, 5, 5],
            Self::Thirty => [12, 6, 6, 6],
            Self::Fifty => [20, 10, 10, 10],
            Self::Hundred => [40, 20, 20, 20],
        }
    }

    pub(super) fn tenants(self) -> u32 {
        self.counts().iter().sum()
    }

    /// The scenario it is compared with: the next smaller one of the reports.
    fn before(self) -> Self {
        match self {
            Self::Two => Self::One,
            Self::Five => Self::Two,
            Self::Ten => Self::Five,
            Self::One
            | Self::Three
            | Self::Twenty
            | Self::TwentyFive
            | Self::Thirty
            | Self::Fifty
            | Self::Hundred => {
                panic!("no report compares {} tenants with fewer", self.tenants())
            }
        }
    }
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
pub(super) enum Phase {
    P1,
    P2,
    P3,
    P4,
    P5,
}

impl Phase {
    /// The first and last number of tenants in it.
    pub(super) fn span(self) -> (Mix, Option<Mix>) {
        match self {
            Self::P1 => (Mix::One, Some(Mix::Two)),
            Self::P2 => (Mix::Three, Some(Mix::Five)),
            Self::P3 => (Mix::Ten, Some(Mix::Twenty)),
            Self::P4 => (Mix::Thirty, Some(Mix::Fifty)),
            Self::P5 => (Mix::Hundred, None),
        }
    }

    pub(super) fn number(self) -> u32 {
        match self {
            Self::P1 => 1,
            Self::P2 => 2,
            Self::P3 => 3,
            Self::P4 => 4,
            Self::P5 => 5,
        }
    }
}

/// A scenario as a report sees it, and the month the model makes of it.
pub(super) struct Case<'a> {
    pub(super) question: &'a Question,
    pub(super) mix: Mix,
    pub(super) model: Model,
    pub(super) month: Month,
}

impl<'a> Case<'a> {
    pub(super) fn new(question: &'a Question) -> Self {
        let mix = match question.scenario {
            None => question.document.own(),
            Some(Scenario::Mix(mix)) => mix,
            Some(Scenario::Phase(phase)) => panic!("phase {} is two scenarios", phase.number()),
        };
        Self::of(question, mix)
    }

    fn of(question: &'a Question, mix: Mix) -> Self {
        let seed = |name| Assumptions::seed(name).unwrap();
        let name = question.document.name();
        let assumptions = match question.variant {
            None => seed(name),
            Some(Variant::PerTier) => seed(name).with_allocation(Allocation::Tier),
            Some(Variant::Headline) => seed(&format!("{name}-headline")),
        };
        let counts: Vec<_> = Tier::ALL.map(Tier::name).into_iter().zip(mix.counts()).collect();
        let network = question.document.has_networks(mix).then(NetworkFeatures::default);
        let model = Model::of_mix(ModelTier::shipped(), &counts, network, assumptions).unwrap();
        let month = model.month().unwrap();
        Self { question, mix, model, month }
    }

    pub(super) fn at(&self, mix: Mix) -> Self {
        Self::of(self.question, mix)
    }

    pub(super) fn before(&self) -> Self {
        self.at(self.mix.before())
    }

    pub(super) fn tenants(&self) -> Decimal {
        self.mix.tenants().into()
    }

    pub(super) fn structure(&self) -> Structure {
        self.model.structure()
    }

    /// What there would be without the tenants of a tier.
    pub(super) fn without(&self, tier: Tier) -> Structure {
        let counts = Tier::ALL.into_iter().zip(self.mix.counts());
        let counts: Vec<_> = counts.map(|(other, count)| if other == tier { 0 } else { count }).collect();
        self.model.with_counts(&counts).unwrap().structure()
    }

    pub(super) fn operations(&self) -> &Operations {
        self.model.assumptions().operations()
    }

    /// The month of a number of tenants of each tier under the same assumptions.
    pub(super) fn month_of(&self, counts: [u32; 4]) -> Month {
        self.model.with_counts(&counts).unwrap().month().unwrap()
    }

    /// Three months in which nothing is won or lost, except where the path gives numbers of tenants for a month.
    pub(super) fn forecast(&self, path: Vec<(u32, Vec<u32>)>) -> Forecast {
        let mut growth = Growth::none();
        growth.path = path;
        self.model.forecast(3, &growth).unwrap()
    }

    pub(super) fn change(&self, figure: &str) -> FigureChange {
        change(&self.month, &self.before().month, figure)
    }

    pub(super) fn tier(&self, tier: Tier) -> TierMonth {
        let tiers = self.month.per_tier().unwrap();
        tiers.into_iter().find(|row| row.tier.as_str() == tier.name()).unwrap()
    }

    /// A column of the table of tiers.
    pub(super) fn tier_cell(&self, tier: Tier, column: &str) -> Decimal {
        let table = self.month.tiers_table().unwrap();
        let cell = |column: &str, row| table.cell(column, row).unwrap().to_string();
        let row = (0..table.row_count()).find(|row| cell("tier", *row) == tier.name()).unwrap();
        cell(column, row).parse().unwrap()
    }

    /// One tenant of a tier.
    pub(super) fn tenant(&self, tier: Tier) -> TenantMonth {
        let place = self.model.tiers().iter().position(|known| known.name.as_str() == tier.name()).unwrap();
        self.month.per_tenant().unwrap().into_iter().find(|tenant| tenant.tier == place).unwrap()
    }

    pub(super) fn line(&self, item: &str) -> &MonthLine {
        self.month.lines().iter().find(|line| line.item == item).unwrap()
    }
}

pub(super) fn change(after: &Month, before: &Month, figure: &str) -> FigureChange {
    after.since(before).into_iter().find(|change| change.figure == figure).unwrap()
}
