//! What can be wrong with a question about money.

use rust_decimal::Decimal;

use super::rounding::percent;
use crate::model::{Diagnosis, Money, MoneyError, Problems, Rounding, diagnostic, likeness};
use crate::time::Interrupted;

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
    /// The caller asked the computation to end before it was done.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// A name is not one of those there are.
    #[error("invalid {what} `{value}`: {}", if near.is_empty() { format!("expected one of {known}") } else { format!("did you mean {near}?") })]
    Unknown {
        /// What was named.
        what: &'static str,
        /// The name as given.
        value: String,
        /// The names there are, separated by commas.
        known: String,
        /// Those near to the name as given, the nearest first, where the names are too many to read; else empty.
        near: String,
    },
    /// A number lies outside what the question makes sense for.
    #[error("invalid {what} `{value}`: {rule}")]
    Range {
        /// What the number is.
        what: &'static str,
        /// The number as given.
        value: String,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// A forecast does not count the correlation of two numbers that it multiplies.
    #[error(
        "invalid correlation `{left}, {right}, {correlation}`: a forecast multiplies the two, and counts only a correlation of two \
         of the six factors, or of two amounts of money that it adds up"
    )]
    Correlation {
        /// The path of one number.
        left: String,
        /// The path of the other.
        right: String,
        /// The correlation as given.
        correlation: f64,
        /// The two factors that stand for everything of their kinds, if there are two.
        factors: Option<(&'static str, &'static str)>,
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
            format!(
                "the infrastructure margin is {}, below {}: {costs}",
                percent(margin, 2),
                percent(floor, 2)
            )
        }
        None => {
            format!(
                "the infrastructure margin is undefined without revenue, and {} is required: {costs}",
                percent(floor, 2)
            )
        }
    }
}

/// The most names that a message lists; of more, it lists only the similar ones.
const NAMES_READ: usize = 8;
/// The similarity, from 0 to 1, from which a message suggests a name.
const LIKENESS: f64 = 0.8;

/// The changes in cost or revenue that would raise a margin to its floor.
fn way_out(floor: Decimal, revenue: Money, infrastructure: Money) -> String {
    let left = Decimal::ONE - floor;
    let affordable = revenue.amount.checked_mul(left);
    let spare = affordable.and_then(|most| infrastructure.amount.checked_sub(most));
    let spare = spare.map(|spare| Rounding::Up.apply(spare, 2)).unwrap_or_default();
    let wanted = infrastructure.amount.checked_div(left);
    match wanted.and_then(|wanted| wanted.checked_sub(revenue.amount)) {
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
        let quoted = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            names.join(", ")
        };
        let known: Vec<&str> = known.into_iter().collect();
        let mut near: Vec<(f64, &str)> = known
            .iter()
            .filter(|_| known.len() > NAMES_READ)
            .map(|name| (likeness(value, name), *name))
            .filter(|(likeness, _)| *likeness > LIKENESS)
            .collect();
        near.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(right.1)));
        let near: Vec<&str> = near.into_iter().take(3).map(|(_, name)| name).collect();
        Self::Unknown { what, value: value.to_owned(), known: quoted(&known), near: quoted(&near) }
    }

    /// A value a lever cannot have.
    pub(super) fn lever(lever: &dyn std::fmt::Display, value: f64, rule: &'static str) -> Self {
        Self::range("value of a lever", &format!("{lever} = {value}"), rule)
    }

    pub(super) fn range(what: &'static str, value: &dyn std::fmt::Display, rule: &'static str) -> Self {
        Self::Range { what, value: value.to_string(), rule }
    }

    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Invalid(problems) => Diagnosis::new("finance-invalid").found(problems.0.as_slice()),
            Self::Money(error) => error.diagnosis(),
            Self::Table(error) => error.diagnosis(),
            Self::Interrupted(interrupted) => interrupted.diagnosis(),
            Self::Unknown { what, known, near, .. } => {
                let names = if near.is_empty() { known } else { near };
                Diagnosis::new("finance-unknown").path(*what).help(format!("use one of {names}"))
            }
            Self::Range { what, rule, .. } => Diagnosis::new("finance-range").path(*what).help(*rule),
            Self::Correlation { factors, .. } => {
                let instead = factors.map_or_else(String::new, |(left, right)| {
                    format!(
                        "correlate the factors `{left}` and `{right}`, which apply to all of their kinds, or "
                    )
                });
                let help = format!(
                    "{instead}leave the pair out, or call `simulate`, which counts every correlation"
                );
                Diagnosis::new("finance-range").path("correlations").help(help)
            }
            Self::BelowFloor { floor, revenue, infrastructure, .. } => Diagnosis::new("margin-below-floor")
                .path("margin")
                .help(way_out(*floor, *revenue, *infrastructure)),
        }
    }
}

diagnostic!(Error);
