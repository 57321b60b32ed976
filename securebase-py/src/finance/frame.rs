//! Tenants from data frames.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

use super::core::TenantRow;
use crate::error::Result;

/// The rows of a pandas or polars data frame, of a table of this package, or of any iterable of dicts, as text.
pub(super) fn rows(frame: &Bound<'_, PyAny>) -> Result<Vec<TenantRow>> {
    // A table of pyarrow calls its columns' names otherwise.
    let is_arrow = frame.hasattr("column_names")?;
    if is_arrow || frame.hasattr("columns")? {
        let columns: Vec<String> = frame
            .getattr(if is_arrow { "column_names" } else { "columns" })?
            .try_iter()?
            .map(|name| Ok(name?.str()?.to_str()?.to_owned()))
            .collect::<PyResult<_>>()?;
        TenantRow::check_columns(columns.iter().map(String::as_str))?;
    }
    let records = if is_arrow {
        frame.call_method0("to_pylist")?
    } else if frame.hasattr("to_dicts")? {
        frame.call_method0("to_dicts")?
    } else if frame.hasattr("iloc")? {
        frame.call_method1("to_dict", ("records",))?
    } else {
        frame.clone()
    };
    records
        .try_iter()?
        .map(|record| {
            let record = record?;
            let record = record.cast::<PyMapping>().map_err(PyErr::from)?;
            let cell = |name: &str| -> PyResult<Option<String>> {
                let value =
                    record.get_item(name).unwrap_or_else(|_| record.py().None().into_bound(record.py()));
                // A frame marks an absent cell by None or by a number that is not itself.
                if value.is_none() || value.ne(&value)? {
                    return Ok(None);
                }
                Ok(Some(value.str()?.to_str()?.to_owned()))
            };
            Ok(TenantRow {
                // The table of a zone's tenants calls it `key`.
                tenant: cell("tenant")?.map_or_else(|| cell("key"), |tenant| Ok(Some(tenant)))?,
                tier: cell("tier")?,
                monthly_price: cell("monthly_price")?,
            })
        })
        .collect()
}

/// The keyword arguments of a call, for its repetition by a pickle.
pub(super) fn arguments<'py>(
    py: Python<'py>,
    named: &[(&str, Bound<'py, PyAny>)],
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in named {
        dict.set_item(name, value)?;
    }
    Ok(dict)
}
