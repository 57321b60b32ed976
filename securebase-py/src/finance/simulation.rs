//! Simulations.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

use super::core;
use super::model::Model;
use crate::error::Result;
use crate::runtime::compute;
use crate::table::Table;

/// The result of a simulation: percentiles by month and metric, as a table, and the last month of each trial.
#[pyclass(frozen, extends = Table, module = "securebase.finance")]
pub(crate) struct Simulation {
    pub(super) core: core::Simulation,
    pub(super) model: Py<Model>,
    pub(super) arguments: Py<PyDict>,
}

#[pymethods]
impl Simulation {
    /// Each trial's last month, one row a trial in the order of their numbers.
    fn samples(&self, py: Python<'_>) -> Result<Table> {
        Ok(compute(py, |_| self.core.samples())??.into())
    }

    /// How many trials were run.
    #[getter]
    fn trials(&self) -> usize {
        self.core.trials()
    }

    #[classmethod]
    fn _from_model<'py>(
        _class: &Bound<'py, PyType>,
        model: &Bound<'py, PyAny>,
        arguments: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        model.getattr("simulate")?.call((), Some(arguments))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Repeat<'py>)> {
        let py = slf.py();
        let Self { core: _, model, arguments } = slf.get();
        let repeat = (model.bind(py).clone(), arguments.bind(py).clone());
        Ok((slf.get_type().getattr("_from_model")?, repeat))
    }
}

type Repeat<'py> = (Bound<'py, Model>, Bound<'py, PyDict>);
