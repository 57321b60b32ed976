//! What can go wrong with policies.

use super::syntax::source::Location;
use crate::model::{Place, Problem, Problems};

/// Errors of the policy module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is no policy document. Everything that is wrong is listed, in the order of the text.
    #[error("malformed policy document: {}", summary(.0))]
    Malformed(Problems),
    /// Documents parse but cannot be decided with. Every such statement is listed.
    #[error("policies cannot be decided with: {}", summary(.0))]
    Broken(Problems),
    /// A request cannot be read. Everything that is wrong is listed.
    #[error("a request cannot be read: {}", summary(.0))]
    BadRequest(Problems),
    /// A guardrail needs a parameter that was not given.
    #[error("guardrail `{guardrail}` needs the parameter `{parameter}`")]
    MissingParameter {
        /// The guardrail's id.
        guardrail: String,
        /// The parameter.
        parameter: String,
    },
    /// A parameter's value cannot stand in a policy.
    #[error("parameter `{parameter}` cannot be `{value}`: {reason}")]
    BadParameter {
        /// The parameter.
        parameter: String,
        /// The offending value.
        value: String,
        /// Why.
        reason: String,
    },
    /// The executor can make a call for which no permissions are known.
    #[error("no permissions are known for the call `{0}`")]
    UnknownCall(String),
    /// No guardrail has this id.
    #[error("there is no guardrail `{0}`")]
    UnknownGuardrail(String),
    /// No framework has this name.
    #[error("there is no framework `{name}`")]
    UnknownFramework {
        /// The name.
        name: String,
        /// What to write: the framework that was most likely meant, or all there are.
        hint: String,
    },
    /// The shipped catalogue cannot be read; a defect of the crate that its tests exclude.
    #[error("the guardrail catalogue is damaged: {0}")]
    Catalogue(String),
    /// Two sets of documents differ in meaning.
    #[error("the documents do not mean the same: {0}")]
    NotEquivalent(Box<super::pack::certificate::Counterexample>),
    /// A certificate does not prove what it says.
    #[error("the certificate does not hold: {0}")]
    BadCertificate(String),
    /// The patterns have too many combinations to walk.
    #[error("{0} patterns have too many combinations to decide them all")]
    TooComplex(usize),
    /// Statements do not fit into the documents that a target may have.
    #[error("policies do not fit: {0}")]
    DoesNotFit(Box<super::pack::Shortfall>),
}

impl Error {
    /// What to do about it; empty where the findings say it.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::DoesNotFit(_) => {
                "drop or shorten the heaviest statements, or attach some of them at another level"
            }
            Self::MissingParameter { .. } => "give the parameter, or leave the guardrail out",
            Self::BadParameter { .. } => {
                "give a plain name without characters that mean something in a policy"
            }
            Self::UnknownFramework { hint, .. } => hint,
            Self::UnknownGuardrail(_) => "see the ids of the catalogue",
            Self::TooComplex(_) => "certify fewer documents at once",
            _ => "",
        }
    }

    /// The same, of a text that nobody wrote: findings without line and column.
    pub(crate) fn without_places(self) -> Self {
        match self {
            Self::Malformed(Problems(problems)) => {
                Self::Malformed(Problems(problems.into_iter().map(|problem| problem.at(None)).collect()))
            }
            other => other,
        }
    }

    /// Every finding behind the error; none where the error says it all.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Malformed(problems) | Self::Broken(problems) | Self::BadRequest(problems) => &problems.0,
            _ => &[],
        }
    }

    /// Stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "policy.malformed",
            Self::BadRequest(_) => "policy.bad-request",
            Self::Broken(_) => "policy.broken",
            Self::MissingParameter { .. } => "policy.missing-parameter",
            Self::BadParameter { .. } => "policy.bad-parameter",
            Self::UnknownCall(_) => "policy.unknown-call",
            Self::UnknownGuardrail(_) => "policy.unknown-guardrail",
            Self::UnknownFramework { .. } => "policy.unknown-framework",
            Self::Catalogue(_) => "policy.catalogue",
            Self::NotEquivalent(_) => "policy.not-equivalent",
            Self::BadCertificate(_) => "policy.bad-certificate",
            Self::TooComplex(_) => "policy.too-complex",
            Self::DoesNotFit(_) => "policy.does-not-fit",
        }
    }
}

impl From<Location> for Place {
    fn from(Location { line, column }: Location) -> Self {
        Self { file: None, line, column }
    }
}

/// An error at a place of a document.
pub(crate) fn defect(code: &str, path: &str, message: String, hint: &str, location: Location) -> Problem {
    Problem::error(code, path, message, hint).at(Some(location.into()))
}

fn summary(problems: &Problems) -> String {
    let each = |problem: &Problem| match &problem.place {
        Some(Place { line, column, .. }) => format!("line {line}, column {column}: {}", problem.message),
        None => problem.message.clone(),
    };
    problems.iter().map(each).collect::<Vec<_>>().join("; ")
}
