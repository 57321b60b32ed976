//! What can go wrong with policies.

use super::syntax::source::Location;
use crate::model::{Diagnosis, Place, Problem, Problems, Quoted, diagnostic};
use crate::time::Interrupted;

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
    #[error("invalid parameter `{parameter}` `{}`: {reason}", Quoted(value))]
    BadParameter {
        /// The parameter.
        parameter: String,
        /// The offending value.
        value: String,
        /// Why.
        reason: String,
    },
    /// The executor can make a call for which no permissions are known.
    #[error("no permissions are known for the call `{}`", Quoted(.0))]
    UnknownCall(String),
    /// No guardrail has this id.
    #[error("unknown guardrail `{}`", Quoted(.0))]
    UnknownGuardrail(String),
    /// No framework has this name.
    #[error("unknown framework `{}`", Quoted(name))]
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
    /// The caller asked the computation to end before it was done.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// Statements do not fit into the documents that a target may have.
    #[error("policies do not fit: {0}")]
    DoesNotFit(Box<super::pack::Overflow>),
}

impl Error {
    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Malformed(problems) => Diagnosis::new("policy.malformed").found(problems.0.as_slice()),
            Self::BadRequest(problems) => Diagnosis::new("policy.bad-request").found(problems.0.as_slice()),
            Self::Broken(problems) => Diagnosis::new("policy.broken").found(problems.0.as_slice()),
            Self::MissingParameter { .. } => Diagnosis::new("policy.missing-parameter")
                .help("give the parameter, or leave the guardrail out"),
            Self::BadParameter { .. } => Diagnosis::new("policy.bad-parameter")
                .help("give a plain name without characters that mean something in a policy"),
            Self::UnknownCall(_) => Diagnosis::new("policy.unknown-call"),
            Self::UnknownGuardrail(_) => {
                Diagnosis::new("policy.unknown-guardrail").help("see the ids of the catalogue")
            }
            Self::UnknownFramework { hint, .. } => {
                Diagnosis::new("policy.unknown-framework").help(hint.as_str())
            }
            Self::Catalogue(_) => Diagnosis::new("policy.catalogue"),
            Self::NotEquivalent(_) => Diagnosis::new("policy.not-equivalent"),
            Self::BadCertificate(_) => Diagnosis::new("policy.bad-certificate"),
            Self::TooComplex(_) => {
                Diagnosis::new("policy.too-complex").help("certify fewer documents at once")
            }
            Self::Interrupted(interrupted) => interrupted.diagnosis(),
            Self::DoesNotFit(_) => Diagnosis::new("policy.does-not-fit")
                .help("drop or shorten the heaviest statements, or attach some of them at another level"),
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
}

diagnostic!(Error);

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
