//! What can be wrong with a question about money.

use rust_decimal::Decimal;

use super::percent;
use crate::model::{Money, MoneyError, Problem, Problems, Rounding};

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A price book, a usage file or a set of assumptions does not say what it must; every finding at once.
    #[error("{0}")]
    Invalid(Problems),
    /// The arithmetic has no exact result, or two currencies met.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A table could not be made of the result.
    #[error(transparent)]
    Table(#[from] crate::table::Error),
    /// A name is not one of those there are.
    #[error("`{value}` is not a {what}; there are {known}")]
    Unknown {
        /// What was named.
        what: &'static str,
        /// The name as given.
        value: String,
        /// The names there are, separated by commas.
        known: String,
    },
    /// A number lies outside what the question makes sense for.
    #[error("`{value}` is no {what}: {rule}")]
    Range {
        /// What the number is.
        what: &'static str,
        /// The number as given.
        value: String,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// A margin is below what the caller asked for, or there is no revenue to have one.
    #[error("{}", below(*margin, *floor, *revenue, *infrastructure))]
    BelowFloor {
        /// The margin, a fraction; `None` without revenue.
        margin: Option<Decimal>,
        /// The least that is accepted, a fraction.
        floor: Decimal,
        /// What tenants pay a month.
        revenue: Money,
        /// What AWS is paid a month.
        infrastructure: Money,
    },
}

fn below(margin: Option<Decimal>, floor: Decimal, revenue: Money, infrastructure: Money) -> String {
    let costs = format!("infrastructure costs {infrastructure} a month and tenants pay {revenue}");
    match margin {
        Some(margin) => {
            format!("the margin is {}, below {}: {costs}", percent(margin, 2), percent(floor, 2))
        }
        None => {
            format!("there is no revenue and so no margin, {} were asked for: {costs}", percent(floor, 2))
        }
    }
}

/// What would bring a margin up to its floor, in numbers.
fn mend(floor: Decimal, revenue: Money, infrastructure: Money) -> String {
    let left = Decimal::ONE - floor;
    let spare = Rounding::Up.apply(infrastructure.amount - revenue.amount * left, 2);
    let more = infrastructure.amount.checked_div(left).map(|wanted| wanted - revenue.amount);
    match more {
        Some(more) if spare > Decimal::ZERO => format!(
            "spend {spare:.2} {currency} a month less, charge {:.2} {currency} a month more, or lower the floor",
            Rounding::Up.apply(more, 2),
            currency = revenue.currency,
        ),
        _ => "lower the floor".to_owned(),
    }
}

impl Error {
    pub(super) fn unknown<'a>(
        what: &'static str,
        value: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let known: Vec<String> = known.into_iter().map(|name| format!("`{name}`")).collect();
        Self::Unknown { what, value: value.to_owned(), known: known.join(", ") }
    }

    pub(super) fn range(what: &'static str, value: &dyn std::fmt::Display, rule: &'static str) -> Self {
        Self::Range { what, value: value.to_string(), rule }
    }

    /// A stable word for the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "finance-invalid",
            Self::Money(_) => "money",
            Self::Table(_) => "table",
            Self::Unknown { .. } => "finance-unknown",
            Self::Range { .. } => "finance-range",
            Self::BelowFloor { .. } => "margin-below-floor",
        }
    }

    /// The findings behind it, at least one.
    pub fn problems(&self) -> Problems {
        match self {
            Self::Invalid(problems) => problems.clone(),
            Self::Unknown { what, known, .. } => {
                Problem::error(self.code(), *what, self.to_string(), format!("use one of {known}")).into()
            }
            Self::Range { what, rule, .. } => {
                Problem::error(self.code(), *what, self.to_string(), *rule).into()
            }
            Self::BelowFloor { floor, revenue, infrastructure, .. } => {
                let hint = mend(*floor, *revenue, *infrastructure);
                Problem::error(self.code(), "margin", self.to_string(), hint).into()
            }
            Self::Money(_) | Self::Table(_) => Problem::error(
                self.code(),
                "",
                self.to_string(),
                "use one currency and amounts below a quadrillion",
            )
            .into(),
        }
    }
}
