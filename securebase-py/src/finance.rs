//! Finance: assumptions, a month, months ahead, many futures.

mod assumptions;
mod capacity;
mod frame;
mod growth;
mod model;
mod month;
mod prices;
mod simulation;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat};
use rust_decimal::Decimal;
use securebase_core::finance as core;

use crate::error::Result;

pub(crate) use prices::{prices, usage};

/// Money and shares come as `Decimal`, `int` or `str`; a `float` is refused, as most decimals have none.
pub(crate) fn exact(what: &str, value: &Bound<'_, PyAny>) -> Result<Decimal> {
    if value.is_instance_of::<PyFloat>() || value.is_instance_of::<PyBool>() {
        let message =
            format!("{what} is exact: give a `Decimal`, an `int` or a `str`, not {}", value.repr()?);
        return Err(PyTypeError::new_err(message).into());
    }
    Ok(value.extract::<Decimal>().or_else(|_| {
        let text = value.str()?;
        text.to_str()?.trim().parse::<Decimal>().map_err(|_| {
            let message =
                format!("{what} is a number, not {}", value.repr().unwrap_or_else(|_| text.clone()));
            PyTypeError::new_err(message)
        })
    })?)
}

/// Finance: cost, margin, forecast, simulation.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod finance {
    #[pymodule_export]
    use super::assumptions::Assumptions;
    #[pymodule_export]
    use super::capacity::CapacityPlan;
    #[pymodule_export]
    use super::growth::Growth;
    #[pymodule_export]
    use super::model::Model;
    #[pymodule_export]
    use super::month::Month;
    #[pymodule_export]
    use super::prices::PriceBook;
    #[pymodule_export]
    use super::simulation::Simulation;
}
