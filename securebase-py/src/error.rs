//! From the core's errors to Python's exceptions.
//!
//! The exception classes themselves are Python (`securebase/exceptions.py`): there they can have two bases and a
//! constructor of their own. Each core module's error gets its `From` here or beside the module's bindings, so that `?`
//! is all a binding needs.

use std::fmt::Display;

use pyo3::prelude::*;
use pyo3::types::{IntoPyDict as _, PyList};
use securebase_core::cloud::CloudError;
use securebase_core::model::{Address, Problem as CoreProblem, Problems};
use securebase_core::time::Interrupted;
use securebase_core::{exec, finance, plan, state, table, timeline};

use crate::problem::Problem;

/// What a binding returns.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// Which exception a failure becomes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Class {
    SecureBase,
    Address,
    Input,
    Finance,
    Plan,
    Policy,
    Cloud,
    State,
    Interrupted,
}

impl Class {
    fn name(self) -> &'static str {
        match self {
            Self::SecureBase => "SecureBaseError",
            Self::Address => "AddressError",
            Self::Input => "InputError",
            Self::Finance => "FinanceError",
            Self::Plan => "PlanError",
            Self::Policy => "PolicyError",
            Self::Cloud => "CloudError",
            Self::State => "StateError",
            Self::Interrupted => "RunInterrupted",
        }
    }
}

/// A failure on its way to Python.
pub(crate) enum Failure {
    /// One of the core's.
    Core { class: Class, code: String, message: String, problems: Vec<CoreProblem> },
    /// One that Python raised itself: an argument of the wrong type, an exception in a callback, Ctrl-C.
    Python(PyErr),
}

impl Failure {
    /// A failure that is one finding.
    pub(crate) fn one(class: Class, code: &str, message: &dyn Display, hint: &str) -> Self {
        let message = message.to_string();
        let problems = vec![CoreProblem::error(code, "", message.as_str(), hint)];
        Self::Core { class, code: code.to_owned(), message, problems }
    }

    /// A failure with one problem about one argument.
    pub(crate) fn at(class: Class, code: &str, path: &str, message: &str, hint: &str) -> Self {
        let problems = vec![CoreProblem::error(code, path, message, hint)];
        Self::Core { class, code: code.to_owned(), message: message.to_owned(), problems }
    }

    /// Several failures as one, with the problems of all of them and the class and code of the first.
    /// Of `count` failures those that are kept are given.
    pub(crate) fn all(failures: Vec<Self>, count: usize) -> Option<Self> {
        let kept = failures.len();
        let mut failures = failures.into_iter();
        let mut first = failures.next()?;
        for (index, failure) in failures.enumerate() {
            let Self::Core { message: more, problems: found, .. } = failure else { return Some(failure) };
            let Self::Core { message, problems, .. } = &mut first else { return Some(first) };
            if index + 1 < SHOWN_MAX {
                message.push('\n');
                message.push_str(&more);
            }
            problems.extend(found);
        }
        if let Self::Core { message, .. } = &mut first
            && count > SHOWN_MAX
        {
            let which = if kept < count { format!("the first {kept}") } else { "all of them".to_owned() };
            message.push_str(&format!("\n… and {} more; {which} are in `problems`", count - SHOWN_MAX));
        }
        Some(first)
    }

    /// A failure with every finding behind it; where there is none, it is its own.
    pub(crate) fn many(class: Class, code: &str, message: &dyn Display, problems: &Problems) -> Self {
        if problems.0.is_empty() {
            return Self::one(class, code, message, "");
        }
        let message = shortened(&message.to_string(), problems.0.len());
        let Problems(problems) = problems.clone().errors_first();
        Self::Core { class, code: code.to_owned(), message, problems }
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Python(error) => error,
            Failure::Core { class, code, message, problems } => {
                let raise = |py: Python<'_>| -> PyResult<PyErr> {
                    let problems = problems.into_iter().map(|mut problem| {
                        for text in [&mut problem.path, &mut problem.message, &mut problem.hint] {
                            *text = cut(std::mem::take(text));
                        }
                        Problem::from(problem)
                    });
                    let problems = PyList::new(py, problems)?;
                    let message: Vec<String> = message.lines().map(|line| cut(line.to_owned())).collect();
                    let message = message.join("\n");
                    let details =
                        [("code", code.into_pyobject(py)?.into_any()), ("problems", problems.into_any())];
                    let exception = py
                        .import("securebase.exceptions")?
                        .getattr(class.name())?
                        .call((message,), Some(&details.into_py_dict(py)?))?;
                    Ok(PyErr::from_value(exception))
                };
                Python::attach(|py| raise(py).unwrap_or_else(|error| error))
            }
        }
    }
}

/// How many of several failures a message shows.
const SHOWN_MAX: usize = 20;
/// The longest line of a message: what no person reads to its end is a value of the caller's, who has it.
const LINE_MAX: usize = 4_000;

/// A text, cut where it is long.
pub(crate) fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LINE_MAX) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// A message of many findings, cut where nobody reads on: all of them are in `problems`.
fn shortened(message: &str, problem_count: usize) -> String {
    const LINES_MAX: usize = 60;
    let mut lines = message.lines();
    let head: Vec<&str> = lines.by_ref().take(LINES_MAX).collect();
    if lines.next().is_none() {
        return message.to_owned();
    }
    format!("{}\n… {problem_count} findings; all of them are in `problems`", head.join("\n"))
}

/// What a Python program does about a failure of the core, in words of this package.
fn hint(code: &str) -> &'static str {
    match code {
        "plan-malformed" | "plan-version" | "plan-fingerprint" => "plan again and save the new plan",
        "plan-stale" => "plan again against the cloud, and apply the new plan",
        "plan-destructive" => {
            "pass `destroy=plan.destructive` to let all of it happen, or the addresses of a part"
        }
        "run-interrupted" | "run-unfinished" | "state-broken" => {
            "call `securebase.resume` with the same state"
        }
        "change-refused" => {
            "do what AWS's reason says; for a wrong code, call `start_root_email_change` again"
        }
        "survey-failed" => "check the credentials and the network, then call again",
        "state-locked" => "wait for the other run to end, or let this one wait with `wait_for_lock`",
        "state-fenced" => "look who has taken over with `lock_info`, then resume",
        "state-url" => "name a directory or an `s3://` URL",
        "state-io" => "check the path, its permissions and the space left on the medium, then resume",
        "state-conflict" => "find who else writes to the state, then try again",
        "state-not-found" => "check the path or URL: the first `apply` makes a state",
        "state-of-another-organization" => {
            "use the credentials of that organization, or a state of its own for this one"
        }
        "state-of-another-zone" => "name a state of its own for each zone",
        "state-empty" => "check the path or URL of the state",
        "state-not-empty" => "name a new directory or prefix",
        "state-corrupt" | "state-illegal" => {
            "restore the file, or move the state away and rebuild it: a survey finds what exists"
        }
        "state-version" => "use a release of this package that knows the format",
        _ => "see what `docs/errors.md` says about the code",
    }
}

impl From<plan::Error> for Failure {
    fn from(error: plan::Error) -> Self {
        match &error {
            plan::Error::Problems(problems) => Self::many(Class::Plan, error.code(), &error, problems),
            plan::Error::Cost(cost) => Self::many(Class::Plan, error.code(), &error, &cost.problems()),
            _ => Self::one(Class::Plan, error.code(), &error, hint(error.code())),
        }
    }
}

impl From<state::Error> for Failure {
    fn from(error: state::Error) -> Self {
        Self::one(Class::State, error.code(), &error, hint(error.code()))
    }
}

impl From<exec::Error> for Failure {
    fn from(error: exec::Error) -> Self {
        let code = error.code();
        match error {
            exec::Error::State(state::Error::Fenced { .. })
            | exec::Error::CutOff(_)
            | exec::Error::Interrupted { .. } => Self::one(Class::Interrupted, code, &error, hint(code)),
            exec::Error::State(error) => error.into(),
            exec::Error::Plan(error) => error.into(),
            exec::Error::Cost(error) => (*error).into(),
            exec::Error::Survey { .. } | exec::Error::Refused { .. } => {
                Self::one(Class::Cloud, code, &error, hint(code))
            }
            exec::Error::Destructive { ref addresses } => {
                let each = |address: &Address| {
                    let message = format!("`{address}` would be destroyed");
                    CoreProblem::error(code, address.as_str(), message, hint(code))
                };
                let message = format!("{error}: `destroy=plan.destructive` names all of them");
                Self::many(Class::Plan, code, &message, &Problems(addresses.iter().map(each).collect()))
            }
            _ => Self::one(Class::Plan, code, &error, hint(code)),
        }
    }
}

impl From<timeline::SpreadError> for Failure {
    fn from(error: timeline::SpreadError) -> Self {
        Self::one(Class::Input, error.code(), &error, error.hint())
    }
}

impl From<timeline::RehearsalError> for Failure {
    fn from(error: timeline::RehearsalError) -> Self {
        match error {
            timeline::RehearsalError::Interrupted(interrupted) => interrupted.into(),
            _ => Self::many(Class::Plan, error.code(), &error, &error.problems()),
        }
    }
}

impl From<Interrupted> for Failure {
    fn from(error: Interrupted) -> Self {
        Self::one(Class::SecureBase, error.code(), &error, "call again and let it end")
    }
}

impl From<finance::Error> for Failure {
    fn from(error: finance::Error) -> Self {
        Self::many(Class::Finance, error.code(), &error, &error.problems())
    }
}

impl From<CloudError> for Failure {
    fn from(error: CloudError) -> Self {
        Self::one(Class::Cloud, &error.code, &error, error.hint())
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        let first = problems.iter().find(|problem| problem.is_error());
        let code = first.map_or_else(|| "input".to_owned(), |problem| problem.code.clone());
        Self::many(Class::Input, &code, &problems, &problems)
    }
}

impl From<table::Error> for Failure {
    fn from(error: table::Error) -> Self {
        Self::one(Class::SecureBase, "table", &error, "take fewer rows or fewer digits")
    }
}
