//! Coverage and differences.

use pyo3::prelude::*;
use pyo3::types::PyType;
use securebase_core::policy as core;

use crate::convert::{from_json, hash, plain, to_json};
use crate::error::Result;
use crate::table::Table;

impl From<core::CoverageReport> for CoverageReport {
    fn from(report: core::CoverageReport) -> Self {
        Self(report)
    }
}

impl From<core::Difference> for Difference {
    fn from(difference: core::Difference) -> Self {
        Self(difference)
    }
}

/// Which controls of a framework are served, by what, and which are not.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct CoverageReport(core::CoverageReport);

#[pymethods]
impl CoverageReport {
    #[getter]
    fn framework(&self) -> &str {
        self.0.framework.as_str()
    }

    #[getter]
    fn title(&self) -> &str {
        &self.0.title
    }

    #[getter]
    fn controls<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        plain(py, &self.0.controls)
    }

    fn to_table(&self) -> Result<Table> {
        Ok(self.0.to_table()?.into())
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("CoverageReport({:?}, {} controls)", self.0.framework.as_str(), self.0.controls.len())
    }

    fn __hash__(&self) -> u64 {
        hash(self.0.framework.as_str())
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

/// Requests that two versions decide differently.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq, Clone)]
pub(crate) struct Change(core::PermissionChange);

#[pymethods]
impl Change {
    #[getter]
    fn actions(&self) -> Vec<String> {
        self.0.actions.clone()
    }

    #[getter]
    fn resource(&self) -> &str {
        &self.0.resource
    }

    #[getter]
    fn principals(&self) -> Vec<String> {
        self.0.principals.clone()
    }

    #[getter]
    fn regions(&self) -> Vec<String> {
        self.0.regions.clone()
    }

    #[getter]
    fn before(&self) -> String {
        self.0.before.to_string()
    }

    #[getter]
    fn after(&self) -> String {
        self.0.after.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Change({} actions, {} → {})", self.0.actions.len(), self.0.before, self.0.after)
    }

    fn __hash__(&self) -> u64 {
        hash(&format!("{:?}", self.0))
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

/// Requests that change in one way, whatever their resources and conditions.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq, Clone)]
pub(crate) struct ChangeSummary(core::ChangeSummary);

#[pymethods]
impl ChangeSummary {
    #[getter]
    fn direction(&self) -> &'static str {
        self.0.direction.name()
    }

    #[getter]
    fn actions(&self) -> Vec<String> {
        self.0.actions.clone()
    }

    #[getter]
    fn principals(&self) -> Vec<String> {
        self.0.principals.clone()
    }

    #[getter]
    fn regions(&self) -> Vec<String> {
        self.0.regions.clone()
    }

    #[getter]
    fn some_resources(&self) -> bool {
        self.0.some_resources
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("ChangeSummary({:?}, {} actions)", self.direction(), self.0.actions.len())
    }

    fn __hash__(&self) -> u64 {
        hash(&self.0.to_string())
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

/// Everything that a change of policies changes.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct Difference(core::Difference);

#[pymethods]
impl Difference {
    #[getter]
    fn changes(&self) -> Vec<Change> {
        self.0.changes.iter().cloned().map(Change).collect()
    }

    #[getter]
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn summary(&self) -> Vec<ChangeSummary> {
        self.0.summary().into_iter().map(ChangeSummary).collect()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Difference({} changes)", self.0.changes.len())
    }

    fn __hash__(&self) -> u64 {
        hash(&self.0.to_string())
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
