//! Findings.

use pyo3::prelude::*;
use pyo3::types::PyType;
use securebase_core::model::{Place, Problem as CoreProblem, Severity};

use crate::convert::{from_json, to_json};
use crate::error::{Result, cut};

/// One finding: what is wrong, where, and how to correct it.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(Clone, PartialEq)]
pub(crate) struct Problem(CoreProblem);

impl From<CoreProblem> for Problem {
    fn from(problem: CoreProblem) -> Self {
        Self(problem)
    }
}

impl Problem {
    fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }
}

#[pymethods]
impl Problem {
    /// `"error"` or `"warning"`.
    #[getter]
    fn severity(&self) -> &'static str {
        match self.0.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }

    /// A stable word for the kind of finding.
    #[getter]
    fn code(&self) -> &str {
        &self.0.code
    }

    /// Where in the document or the plan.
    #[getter]
    fn path(&self) -> &str {
        &self.0.path
    }

    /// What is wrong.
    #[getter]
    fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do about it.
    #[getter]
    fn hint(&self) -> &str {
        &self.0.hint
    }

    /// The file, as the caller named it.
    #[getter]
    fn file(&self) -> Option<&str> {
        self.place()?.file.as_deref()
    }

    /// The line in the file, from 1.
    #[getter]
    fn line(&self) -> Option<usize> {
        self.place().map(|place| place.line)
    }

    /// The column in characters, from 1.
    #[getter]
    fn column(&self) -> Option<usize> {
        self.place().map(|place| place.column)
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        let CoreProblem { code, path, message, hint, .. } = &self.0;
        let line = self.line().map_or_else(String::new, |line| format!(", line={line}"));
        cut(format!("Problem({:?}, {code:?}, {path:?}, {message:?}, hint={hint:?}{line})", self.severity()))
    }

    fn __hash__(&self) -> u64 {
        crate::convert::hash(&self.0.to_string())
    }

    #[classmethod]
    fn _from_json(
        _class: &Bound<'_, PyType>,
        #[pyo3(from_py_with = crate::argument::text::text)] text: &str,
    ) -> Result<Self> {
        from_json(text).map(Self)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("_from_json")?, (to_json(&slf.get().0)?,)))
    }
}

/// Findings.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod problem {
    #[pymodule_export]
    use super::Problem;
}
