//! Tenants from data frames.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use super::core::TenantRow;
use crate::argument;
use crate::convert::shown;
use crate::error::{Class, Failure, Result};

/// The most columns and rows that are read of a frame; the core refuses more than 100,000 tenants.
const COLUMNS_MAX: usize = 100_000;
const ROWS_MAX: usize = 200_000;

/// The rows of a pandas or polars data frame, of a table of this package, or of any iterable of dicts, as text.
pub(super) fn rows(frame: &Bound<'_, PyAny>) -> Result<Vec<TenantRow>> {
    // A table of pyarrow calls its columns' names otherwise.
    let is_arrow = frame.hasattr("column_names")?;
    if is_arrow || frame.hasattr("columns")? {
        let names = frame.getattr(if is_arrow { "column_names" } else { "columns" })?;
        let columns = argument::items(Class::Finance, "columns of frame", &names, COLUMNS_MAX, |_, name| {
            Ok(argument::text("columns of frame", name.str()?.as_any())?.to_owned())
        })?;
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
    argument::items(Class::Finance, "frame", &records, ROWS_MAX, |row, record| {
        if !argument::is_mapping(&record)? {
            return Err(argument::wrong_type(&format!("frame[{row}]"), &record, "a dict of columns"));
        }
        let cell = |name: &str| cell(row, name, &record.call_method1("get", (name,))?);
        Ok(TenantRow {
            // The table of a zone's tenants calls it `key`.
            tenant: cell("tenant")?.map_or_else(|| cell("key"), |tenant| Ok(Some(tenant)))?,
            tier: cell("tier")?,
            monthly_price: cell("monthly_price")?,
        })
    })
}

/// The text of a cell; `None` where a frame marks it as absent: by None, or by what is not itself.
fn cell(row: usize, column: &str, value: &Bound<'_, PyAny>) -> Result<Option<String>> {
    if value.is_none() {
        return Ok(None);
    }
    let invalid = || {
        let place = format!("row {row}, column {column}");
        let message = format!("invalid `{column}` `{}`: expected text or a number", shown(value));
        Failure::at(Class::Finance, "cell-invalid", &place, &message, "write text, or a number")
    };
    if value.is_instance_of::<PyString>() {
        return Ok(Some(argument::text(column, value)?.to_owned()));
    }
    // A cell is never a list or a frame, and comparing or printing one may take for ever.
    if value.hasattr("__len__")? || value.hasattr("__iter__")? {
        return Err(invalid());
    }
    match value.ne(value) {
        Ok(true) => return Ok(None),
        Ok(false) => {}
        // The mark of pandas for what is absent compares as absent too.
        Err(_) if value.get_type().name().is_ok_and(|name| name == "NAType") => return Ok(None),
        Err(_) => return Err(invalid()),
    }
    let text = value.str().and_then(|text| Ok(text.to_str()?.to_owned()));
    text.map(Some).map_err(|_| invalid())
}

/// The rows as a pickle holds them: plain dicts, whatever becomes of the frame.
pub(super) fn kept<'py>(py: Python<'py>, rows: &[TenantRow]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for row in rows {
        let record = PyDict::new(py);
        record.set_item("tenant", row.tenant.as_deref())?;
        record.set_item("tier", row.tier.as_deref())?;
        record.set_item("monthly_price", row.monthly_price.as_deref())?;
        list.append(record)?;
    }
    Ok(list)
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
