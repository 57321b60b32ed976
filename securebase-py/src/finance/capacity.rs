//! The scaling path.

use pyo3::prelude::*;
use pyo3::types::PyType;
use securebase_core::capacity::{self as core, CapacityOptions};
use securebase_core::finance::Model;

use crate::error::{Class, Raised, Result};
use crate::runtime::compute;
use crate::table::Table;

/// What numbers of tenants take and bring: a table with a row for each, and one of quotas.
#[pyclass(frozen, extends = Table, module = "securebase.finance")]
pub(crate) struct CapacityPlan {
    quotas: Py<Table>,
}

impl Raised for core::Error {
    fn class(&self) -> Class {
        match self {
            Self::Plan(error) => error.class(),
            Self::Table(error) => error.class(),
            _ => Class::Finance,
        }
    }
}

impl CapacityPlan {
    /// Works the path out without holding the interpreter.
    pub(super) fn new(
        py: Python<'_>,
        model: &Model,
        targets: &[u32],
        mut options: CapacityOptions,
    ) -> Result<Py<Self>> {
        let (table, quotas) = compute(py, |interrupt| {
            options.interrupt = interrupt.clone();
            let path = core::CapacityPlan::of(model, targets, &options)?;
            Ok::<_, core::Error>((path.table()?, path.quotas_table()?))
        })??;
        let quotas = Py::new(py, Table::from(quotas))?;
        Ok(Self::from_tables(py, Table::from(table), quotas)?)
    }

    fn from_tables(py: Python<'_>, table: Table, quotas: Py<Table>) -> PyResult<Py<Self>> {
        Py::new(py, PyClassInitializer::from(table).add_subclass(Self { quotas }))
    }
}

#[pymethods]
impl CapacityPlan {
    /// Every quota that tenants count against: what is granted, what the largest target needs, the first number of tenants that
    /// needs more, the month in which growth reaches it, and what to ask for.
    #[getter]
    fn quotas(&self, py: Python<'_>) -> Py<Table> {
        self.quotas.clone_ref(py)
    }

    #[classmethod]
    fn _from_tables(
        class: &Bound<'_, PyType>,
        table: &Bound<'_, Table>,
        quotas: Py<Table>,
    ) -> PyResult<Py<Self>> {
        Self::from_tables(class.py(), table.get().clone(), quotas)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Table, Py<Table>))> {
        let table = slf.as_super().get().clone();
        Ok((slf.get_type().getattr("_from_tables")?, (table, slf.get().quotas.clone_ref(slf.py()))))
    }
}
