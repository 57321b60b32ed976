//! Finance: assumptions, a month, months ahead, many futures.

mod assumptions;
mod bridge;
mod capacity;
pub(crate) mod count;
mod frame;
mod growth;
mod model;
mod month;
mod prices;
mod scenarios;
mod simulation;

use pyo3::prelude::*;
use pyo3::types::PyString;
use rust_decimal::Decimal;
use securebase_core::finance as core;
use securebase_core::model::exact as read;

use crate::argument;
use crate::error::{Class, Result, passes_through};

pub(crate) use prices::{kept_prices, kept_usage, prices, usage};

/// Money and shares come as `Decimal`, `int` or `str`; a `float` is refused, as most decimals have none.
pub(crate) fn exact(what: &str, value: &Bound<'_, PyAny>) -> Result<Decimal> {
    let py = value.py();
    let wrong = |expected: &str, hint: &str| {
        argument::refused(Class::Finance, "number-invalid", what, value, expected, hint)
    };
    // By its text: a conversion of a Python number rounds digits away that the caller must hear of.
    let text = if let Ok(own) = value.cast::<PyString>() {
        own.to_str().map(str::to_owned)
    } else if argument::is_decimal(value)? {
        value.str().and_then(|text| Ok(text.to_str()?.to_owned()))
    } else if argument::has(value, "__index__")
        && !argument::is_truth(value)
        && !argument::has(value, "__iter__")
    {
        let number = py.import("operator")?.call_method1("index", (value,));
        number.and_then(|number| Ok(number.str()?.to_str()?.to_owned()))
    } else {
        let hint = "write it in quotes, such as \"0.02\", or as a `Decimal`";
        return Err(wrong("an exact number: a `Decimal`, an `int` or a `str`", hint));
    };
    match text {
        Err(error) if passes_through(&error, py) => Err(error.into()),
        text => text.ok().and_then(|text| read(text.trim())).ok_or_else(|| {
            wrong("a number of at most 28 digits", "write digits with at most one point, such as \"0.02\"")
        }),
    }
}

/// Finance: cost, margin, forecast, simulation.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod finance {
    #[pymodule_export]
    use super::assumptions::Assumptions;
    #[pymodule_export]
    use super::bridge::Bridge;
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
    use super::scenarios::Scenarios;
    #[pymodule_export]
    use super::scenarios::scenarios;
    #[pymodule_export]
    use super::simulation::Simulation;
}
