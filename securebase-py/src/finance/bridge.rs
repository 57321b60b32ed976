//! Bridges between the figures of two months.

use pyo3::prelude::*;
use pyo3::types::PyType;
use rust_decimal::Decimal;

use super::core;
use super::month::Month;
use crate::error::{Failure, OfArgument as _, Result};
use crate::table::Table;

/// A price-volume-mix bridge from a figure of one month to that of another: a table with a row for each line, the largest
/// difference first.
#[pyclass(frozen, extends = Table, module = "securebase.finance")]
pub(crate) struct Bridge {
    core: core::Bridge,
    before: Py<Month>,
    after: Py<Month>,
}

impl Bridge {
    /// Computes the bridge without holding the interpreter.
    pub(super) fn new(after: &Bound<'_, Month>, before: &Bound<'_, Month>, figure: &str) -> Result<Py<Self>> {
        let py = after.py();
        let figure: core::Figure = figure.parse().of("figure")?;
        let (new, old) = (&after.get().core, &before.get().core);
        let (core, table) = py.detach(|| {
            let bridge = new.bridge(old, figure)?;
            let table = bridge.table()?;
            Ok::<_, Failure>((bridge, table))
        })?;
        let own = Self { core, before: before.clone().unbind(), after: after.clone().unbind() };
        Ok(Py::new(py, PyClassInitializer::from(Table::from(table)).add_subclass(own))?)
    }
}

#[pymethods]
impl Bridge {
    /// The name of the figure.
    #[getter]
    fn figure(&self) -> &str {
        self.core.figure.name()
    }

    /// Its value before: money, or for a margin a fraction with ten decimals.
    #[getter]
    fn before(&self) -> Decimal {
        self.core.before
    }

    /// Its value after.
    #[getter]
    fn after(&self) -> Decimal {
        self.core.after
    }

    /// After less before.
    #[getter]
    fn difference(&self) -> Decimal {
        self.core.difference()
    }

    /// The currency of the amounts behind it.
    #[getter]
    fn currency(&self) -> String {
        self.core.currency.to_string()
    }

    /// One sentence: both values and the lines that differ, the largest difference first.
    fn __str__(&self) -> String {
        self.core.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<Bridge of {} from {} to {}>", self.figure(), self.before(), self.after())
    }

    #[classmethod]
    fn _from_months(
        _class: &Bound<'_, PyType>,
        after: &Bound<'_, Month>,
        before: &Bound<'_, Month>,
        #[pyo3(from_py_with = crate::argument::text::figure)] figure: &str,
    ) -> Result<Py<Self>> {
        Self::new(after, before, figure)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Made<'py>)> {
        let (py, own) = (slf.py(), slf.get());
        let made = (own.after.bind(py).clone(), own.before.bind(py).clone(), own.core.figure.name());
        Ok((slf.get_type().getattr("_from_months")?, made))
    }
}

type Made<'py> = (Bound<'py, Month>, Bound<'py, Month>, &'static str);
