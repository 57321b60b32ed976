//! What can be wrong with a question about money.

use crate::model::{MoneyError, Problem, Problems};

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
