//! From the core's errors to Python's exceptions.
//!
//! The exception classes themselves are Python (`securebase/exceptions.py`): there they can have two bases and a
//! constructor of their own. Every error of the core is a `Diagnostic`; which exception it becomes is said here or beside the
//! module's bindings (`Raised`), so that `?` is all a binding needs.

use std::fmt::Display;

use pyo3::exceptions::{PyException, PyMemoryError};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict as _, PyList};
use securebase_core::cloud::CloudError;
use securebase_core::model::{Diagnostic, Problem as CoreProblem, Problems, RegionError};
use securebase_core::time::Interrupted;
use securebase_core::{exec, finance, observe, plan, state, table, timeline};

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

    /// The same failure, which names the argument that it is about.
    pub(crate) fn about(self, name: &str) -> Self {
        let Self::Core { class, code, message, mut problems } = self else { return self };
        let named = |message: &str| {
            if message.contains(&format!("`{name}`")) {
                message.to_owned()
            } else if message.starts_with("invalid ") {
                format!("`{name}`: {message}")
            } else {
                format!("invalid `{name}`: {message}")
            }
        };
        for problem in problems.iter_mut().filter(|problem| problem.path.is_empty()) {
            name.clone_into(&mut problem.path);
            problem.message = named(&problem.message);
        }
        Self::Core { class, code, message: named(&message), problems }
    }

    /// The same failure, whose problems have their places in that argument.
    pub(crate) fn within(mut self, name: &str) -> Self {
        if let Self::Core { problems, .. } = &mut self {
            for problem in problems.iter_mut().filter(|problem| !problem.path.is_empty()) {
                problem.path = format!("{name}.{}", problem.path);
            }
        }
        self.about(name)
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

/// The core's answer to an argument.
pub(crate) trait OfArgument<T> {
    /// The answer, or a failure that names the argument.
    ///
    /// # Errors
    /// As the answer.
    fn of(self, name: &str) -> Result<T>;
}

impl<T, E: Into<Failure>> OfArgument<T> for std::result::Result<T, E> {
    fn of(self, name: &str) -> Result<T> {
        self.map_err(|error| error.into().about(name))
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
                    let message = readable(&message);
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

/// The most lines of a message, which may hold a value of the caller's of a million lines.
const MESSAGE_LINES_MAX: usize = 100;

/// A message, cut where its lines are long and where they are many.
fn readable(message: &str) -> String {
    let mut lines = message.lines();
    let mut shown: Vec<String> =
        lines.by_ref().take(MESSAGE_LINES_MAX).map(|line| cut(line.to_owned())).collect();
    // Lines of four thousand characters each are no more readable for being a hundred.
    let mut left = LINE_MAX * 4;
    let fitting = shown.iter().take_while(|line| {
        let fits = left > 0;
        left = left.saturating_sub(line.len());
        fits
    });
    let fitting = fitting.count();
    if fitting < shown.len() || lines.next().is_some() {
        shown.truncate(fitting);
        shown.push("…".to_owned());
    }
    shown.join("\n")
}

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

/// An error of the core and the exception that it becomes: all that the core does not say itself.
pub(crate) trait Raised: Diagnostic {
    fn class(&self) -> Class;

    /// The text of the exception.
    fn text(&self) -> String {
        self.message()
    }
}

impl<E: Raised> From<E> for Failure {
    fn from(error: E) -> Self {
        let (code, message) = (error.code(), error.text());
        let Problems(mut problems) = error.problems().errors_first();
        for problem in problems.iter_mut().filter(|problem| problem.code == code) {
            if let Some(hint) = hint(code) {
                hint.clone_into(&mut problem.hint);
            } else if problem.hint.is_empty() && problem.message == message && !code.starts_with("policy.") {
                "see what `docs/errors.md` says about the code".clone_into(&mut problem.hint);
            }
        }
        let message = shortened(&message, problems.len());
        Self::Core { class: error.class(), code: code.to_owned(), message, problems }
    }
}

/// What a Python program does about a failure of the core, where the core's words are those of Rust.
fn hint(code: &str) -> Option<&'static str> {
    match code {
        "plan-destructive" => {
            Some("pass `destroy=plan.destructive` to let all of it happen, or the addresses of a part")
        }
        "run-interrupted" | "run-unfinished" | "state-broken" => {
            Some("call `securebase.resume` with the same state")
        }
        "state-version" => Some("use a release of this package that knows the format"),
        _ => None,
    }
}

impl Raised for plan::Error {
    fn class(&self) -> Class {
        Class::Plan
    }

    fn text(&self) -> String {
        with_way_out(self)
    }
}

impl Raised for state::Error {
    fn class(&self) -> Class {
        Class::State
    }
}

/// Whether an exception says nothing about the value that was being read: a Ctrl-C, an exit, a lack of memory. It passes
/// through, where any other one means that the value is wrong.
pub(crate) fn passes_through(error: &PyErr, py: Python<'_>) -> bool {
    !error.is_instance_of::<PyException>(py) || error.is_instance_of::<PyMemoryError>(py)
}

impl Raised for observe::Error {
    fn class(&self) -> Class {
        match self {
            Self::Failed { .. } => Class::Cloud,
            _ => Class::Plan,
        }
    }
}

impl Raised for exec::Error {
    fn class(&self) -> Class {
        match self {
            Self::State(state::Error::Fenced { .. }) | Self::CutOff(_) | Self::Interrupted { .. } => {
                Class::Interrupted
            }
            Self::State(error) => error.class(),
            Self::Survey(error) => error.class(),
            Self::Refused { .. } => Class::Cloud,
            _ => Class::Plan,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Destructive { .. } => {
                format!("{}: `destroy=plan.destructive` names all of them", self.message())
            }
            _ => with_way_out(self),
        }
    }
}

impl Raised for timeline::SpreadError {
    fn class(&self) -> Class {
        Class::Input
    }
}

impl Raised for timeline::RehearsalError {
    fn class(&self) -> Class {
        match self {
            Self::Interrupted(interrupted) => interrupted.class(),
            _ => Class::Plan,
        }
    }
}

impl Raised for Interrupted {
    fn class(&self) -> Class {
        Class::SecureBase
    }
}

impl Raised for finance::Error {
    fn class(&self) -> Class {
        Class::Finance
    }

    fn text(&self) -> String {
        with_way_out(self)
    }
}

/// The message of an error, and the way out where the caller needs to see it wherever the error is printed.
fn with_way_out(error: &impl Diagnostic) -> String {
    match (error.code(), error.help()) {
        ("margin-below-floor", Some(help)) => format!("{}: {help}", error.message()),
        _ => error.message(),
    }
}

impl Raised for CloudError {
    fn class(&self) -> Class {
        Class::Cloud
    }
}

impl Raised for Problems {
    fn class(&self) -> Class {
        Class::Input
    }
}

impl Raised for RegionError {
    fn class(&self) -> Class {
        Class::Input
    }
}

impl Raised for table::Error {
    fn class(&self) -> Class {
        Class::SecureBase
    }
}
