//! Findings: what is wrong (or worth knowing), where, and how to correct it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing can continue until it is corrected.
    Error,
    /// Work can go on; somebody should know.
    Warning,
}

/// A place in a file the user wrote. Lines and columns count from 1; columns count characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The file as the caller named it, `None` where the text came from memory.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// A stable word for the kind of finding, for example `email-undeliverable`.
    pub code: String,
    /// Where in the document or the plan, for example `clients."acme-finance".contact_email`.
    pub path: String,
    /// What is wrong, with the offending value in backticks.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// Where in the file, if it came from one.
    pub place: Option<Place>,
}

impl Problem {
    /// An error.
    pub fn error(
        code: &str,
        path: impl Into<String>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            code: code.to_owned(),
            path: path.into(),
            message: message.into(),
            hint: hint.into(),
            place: None,
        }
    }

    /// A warning.
    pub fn warning(
        code: &str,
        path: impl Into<String>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, path, message, hint) }
    }

    /// The same problem, with its place in a file.
    #[must_use]
    pub fn at(mut self, place: Option<Place>) -> Self {
        self.place = place;
        self
    }

    /// Whether this stops the work.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, code, path, message, hint, place } = self;
        if let Some(Place { file, line, column }) = place {
            let file = file.as_deref().unwrap_or("<input>");
            write!(f, "{file}:{line}:{column}: ")?;
        }
        let severity = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}[{code}]")?;
        if !path.is_empty() {
            write!(f, " {path}")?;
        }
        write!(f, ": {message}")?;
        if !hint.is_empty() {
            write!(f, "\n    help: {hint}")?;
        }
        Ok(())
    }
}

/// The codes of the warnings about what was written, which the writer may acknowledge.
pub const WARNINGS: &[&str] = &[
    "email-root-is-contact",
    "account-id-placeholder",
    "framework-without-guardrails",
    "guardrail-parameter-unused",
    "policy-doubtful",
    "cidr-discouraged",
    "cidr-public",
    "cidr-overlap",
    "cidr-overlap-shared-peer",
];

/// Every problem found, never the first only: errors, then warnings, each in the order of the document.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// How many of them are errors.
    pub fn error_count(&self) -> usize {
        self.0.iter().filter(|problem| problem.is_error()).count()
    }

    /// The same problems, errors first.
    #[must_use]
    pub fn errors_first(mut self) -> Self {
        self.0.sort_by_key(|problem| problem.severity);
        self
    }

    /// The problems in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}")?;
        }
        let errors = self.error_count();
        let warnings = self.0.len() - errors;
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        write!(f, "{errors} error{}", plural(errors))?;
        if warnings > 0 {
            write!(f, ", {warnings} warning{}", plural(warnings))?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}
