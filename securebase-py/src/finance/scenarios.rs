//! Comparison of named scenarios.

use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

use super::core;
use super::count;
use super::growth::Growth;
use super::model::Model;
use crate::argument;
use crate::error::{Class, Failure, Result};
use crate::runtime::compute;
use crate::shown::one_line;
use crate::table::Table;

/// A comparison of scenarios: a table with a row for each figure, and a table of the assumptions that differ.
#[pyclass(frozen, extends = Table, module = "securebase.finance")]
pub(crate) struct Scenarios {
    drivers: Py<Table>,
}

impl Scenarios {
    fn from_tables(py: Python<'_>, table: Table, drivers: Py<Table>) -> PyResult<Py<Self>> {
        Py::new(py, PyClassInitializer::from(table).add_subclass(Self { drivers }))
    }
}

/// The most scenarios of one comparison, which has two columns for each.
const SCENARIOS_MAX: usize = 1_000;

/// A model with optional growth.
fn scenario(
    name: &Bound<'_, PyAny>,
    given: &Bound<'_, PyAny>,
    growth: Option<&Bound<'_, Growth>>,
) -> Result<core::Scenario> {
    let text = argument::key(Class::Finance, "scenarios", name)?;
    let pair = given
        .cast::<PyTuple>()
        .ok()
        .and_then(|pair| pair.extract::<(Bound<'_, Model>, Bound<'_, Growth>)>().ok());
    let (model, own) = match (given.cast::<Model>(), &pair) {
        (Ok(model), _) => (model, growth),
        (Err(_), Some((model, own))) => (model, Some(own)),
        (Err(_), None) => {
            return Err(argument::worded(given, |shown| {
                let expected = "a `Model` or a pair of `Model` and `Growth`";
                let message =
                    format!("invalid scenario `{}` `{shown}`: expected {expected}", one_line(&text));
                let hint = "write `{\"base\": model, \"faster\": (model, growth)}`";
                Failure::at(Class::Finance, "scenario-invalid", "scenarios", &message, hint)
            }));
        }
    };
    let growth = model.get().growth(own)?;
    Ok(core::Scenario { name: text, model: core::Model::clone(&model.get().core), growth })
}

/// Compares named models with the first of them, figure by figure: in a month with stored logs at their retention, or, with
/// `months`, in the last month of a forecast. A scenario is a `Model` or a pair of `Model` and `Growth`; `growth` applies to the
/// scenarios without their own.
#[pyfunction]
#[pyo3(signature = (scenarios, /, *, months = None, growth = None))]
pub(crate) fn scenarios(
    py: Python<'_>,
    scenarios: &Bound<'_, PyAny>,
    #[pyo3(from_py_with = count::optional_months)] months: Option<u32>,
    growth: Option<&Bound<'_, Growth>>,
) -> Result<Py<Scenarios>> {
    let items = argument::pairs(Class::Finance, "scenarios", scenarios, SCENARIOS_MAX, |name, given| {
        Ok((name, given))
    })?;
    let named = count::every(items.iter().map(|(name, given)| scenario(name, given, growth)))?;
    let (table, drivers) = compute(py, |interrupt| {
        let scenarios = core::Scenarios::until(&named, months, interrupt)?;
        Ok::<_, core::Error>((scenarios.table()?, scenarios.drivers_table()?))
    })??;
    let drivers = Py::new(py, Table::from(drivers))?;
    Ok(Scenarios::from_tables(py, Table::from(table), drivers)?)
}

#[pymethods]
impl Scenarios {
    /// Which assumptions differ from the first scenario's: `scenario, path, before, after, difference`. A value is `None` if its
    /// scenario has no such number.
    #[getter]
    fn drivers(&self, py: Python<'_>) -> Py<Table> {
        self.drivers.clone_ref(py)
    }

    #[classmethod]
    fn _from_tables(
        class: &Bound<'_, PyType>,
        table: &Bound<'_, Table>,
        drivers: Py<Table>,
    ) -> PyResult<Py<Self>> {
        Self::from_tables(class.py(), table.get().clone(), drivers)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Table, Py<Table>))> {
        let table = slf.as_super().get().clone();
        Ok((slf.get_type().getattr("_from_tables")?, (table, slf.get().drivers.clone_ref(slf.py()))))
    }
}
