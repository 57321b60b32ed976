//! What every error of the crate says about itself: code, message, help and problems.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write as _;

use crate::model::{Problem, Problems};

/// An error with what a program and a person need to act on it.
///
/// Every error type of this crate implements it. Each has the four functions as methods of its own too, so that a caller who knows
/// the type needs no import; the trait is for code that takes any of them.
///
/// ```
/// use securebase_core::model::{Cidr, Diagnostic};
///
/// fn report(error: &dyn Diagnostic) -> String {
///     format!("{}: {}", error.code(), error.message())
/// }
///
/// let error = Cidr::parse("10.1.2.3/16").unwrap_err();
/// assert_eq!(report(&error), "cidr-host-bits: `10.1.2.3/16` has host bits set");
/// assert_eq!(error.help().as_deref(), Some("write `10.1.0.0/16`"));
/// ```
pub trait Diagnostic: Error {
    /// Returns the stable word for the kind of error, such as `state-leased`.
    fn code(&self) -> &str;

    /// Returns the error and its sources on one line, as [`chain`] joins them.
    fn message(&self) -> String {
        chain(self)
    }

    /// Returns what to do about it, or `None` where its problems or its message say so.
    fn help(&self) -> Option<String>;

    /// Returns every finding behind the error; an error without findings is itself the only one.
    fn problems(&self) -> Problems;
}

/// Returns the text of an error and of its sources, each once, joined with `: `.
///
/// No error of this crate repeats its source in its own text, so print the chain where a person reads it.
pub fn chain<E: Error + ?Sized>(error: &E) -> String {
    let mut text = error.to_string();
    for source in std::iter::successors(error.source(), |&error| error.source()) {
        let source = source.to_string();
        // Errors of other crates do repeat their sources.
        if !text.contains(&source) {
            // Writing to a string cannot fail.
            let _ = write!(text, ": {source}");
        }
    }
    text
}

/// The answer of one error to all questions of [`Diagnostic`] but the message.
#[derive(Debug)]
pub(crate) struct Diagnosis<'e> {
    pub(crate) code: &'static str,
    pub(crate) help: Option<String>,
    path: Cow<'static, str>,
    found: Cow<'e, [Problem]>,
}

impl<'e> Diagnosis<'e> {
    /// An error of its own code, without help and findings.
    pub(crate) fn new(code: &'static str) -> Self {
        Self { code, help: None, path: Cow::Borrowed(""), found: Cow::Borrowed(&[]) }
    }

    #[must_use]
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The path of the error as a finding.
    #[must_use]
    pub(crate) fn path(self, path: impl Into<Cow<'static, str>>) -> Self {
        Self { path: path.into(), ..self }
    }

    /// The findings that the error carries.
    #[must_use]
    pub(crate) fn found(self, found: impl Into<Cow<'e, [Problem]>>) -> Self {
        Self { found: found.into(), ..self }
    }

    /// The findings of an error with that message, at least one.
    pub(crate) fn problems(self, message: String) -> Problems {
        if self.found.is_empty() {
            let help = self.help.unwrap_or_default();
            return Problem::error(self.code, self.path, message, help).into();
        }
        Problems(self.found.into_owned())
    }
}

/// Makes an error a [`Diagnostic`], by the type's own `fn diagnosis(&self) -> Diagnosis<'_>`.
///
/// That function is one `match`: a variant has a code, and where it helps a help and findings, or it is the diagnosis of the error
/// that it wraps.
macro_rules! diagnostic {
    ($error:ty) => {
        impl $error {
            /// Returns the stable word for the kind of error.
            #[must_use]
            pub fn code(&self) -> &'static str {
                self.diagnosis().code
            }

            /// Returns the error and its sources on one line.
            #[must_use]
            pub fn message(&self) -> String {
                $crate::model::chain(self)
            }

            /// Returns what to do about it, or `None` where its problems or its message say so.
            #[must_use]
            pub fn help(&self) -> Option<String> {
                self.diagnosis().help
            }

            /// Returns every finding behind the error; an error without findings is itself the only one.
            #[must_use]
            pub fn problems(&self) -> $crate::model::Problems {
                self.diagnosis().problems(self.message())
            }
        }

        impl $crate::model::Diagnostic for $error {
            fn code(&self) -> &str {
                self.diagnosis().code
            }

            fn help(&self) -> Option<String> {
                self.diagnosis().help
            }

            fn problems(&self) -> $crate::model::Problems {
                <$error>::problems(self)
            }
        }
    };
}

pub(crate) use diagnostic;

impl Diagnostic for Problems {
    fn code(&self) -> &str {
        self.iter().find(|problem| problem.is_error()).map_or("input", |problem| &problem.code)
    }

    fn help(&self) -> Option<String> {
        None
    }

    fn problems(&self) -> Problems {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot write `{key}`")]
    struct Io {
        key: &'static str,
        source: std::io::Error,
    }

    #[derive(Debug, thiserror::Error)]
    #[error("the run was cut off: {0}")]
    struct Repeats(#[source] Io);

    #[test]
    fn a_chain_has_each_source_once() {
        let io = || Io { key: "journal", source: std::io::Error::other("the disk is full") };
        assert_eq!(chain(&io()), "cannot write `journal`: the disk is full");
        assert_eq!(chain(&Repeats(io())), "the run was cut off: cannot write `journal`: the disk is full");
    }

    #[test]
    fn an_error_without_findings_is_itself_the_only_one() {
        let own = || Diagnosis::new("run-unfinished").help("resume it").path("run");
        let problems = own().problems("a run was cut off".to_owned());
        assert_eq!(
            problems,
            Problem::error("run-unfinished", "run", "a run was cut off", "resume it").into()
        );
        let found = [Problem::warning("closure-quota", "tenant/acme", "too many", "wait")];
        assert_eq!(own().found(found.as_slice()).problems(String::new()).0, found);
    }
}
