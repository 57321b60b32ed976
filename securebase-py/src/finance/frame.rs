//! Tenants from data frames.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat, PyInt, PyList, PyString};

use super::core::TenantRow;
use crate::argument;
use crate::error::{Class, Failure, OfArgument as _, Result, passes_through};
use crate::shown::grouped;

/// The most columns and rows that are read of a frame; the core refuses more than 100,000 tenants.
const COLUMNS_MAX: usize = 100_000;
const ROWS_MAX: usize = 200_000;

/// What is read as a frame.
const FRAME: &str = "a data frame, a table or a list of dicts";

/// The rows of a pandas or polars data frame, of a table of this package, or of any iterable of dicts, as text.
pub(super) fn rows(frame: &Bound<'_, PyAny>) -> Result<Vec<TenantRow>> {
    // By the type alone: to ask the frame itself may run what it was made of.
    let has = |name: &str| argument::has(frame, name);
    let unreadable = |error| argument::unreadable("frame", frame, FRAME, error);
    if has("collect") && has("columns") && !has("to_dicts") {
        let expected = "a data frame that is there: call its `collect` first";
        return Err(argument::wrong_type("frame", frame, expected));
    }
    // A table of pyarrow calls its columns' names otherwise.
    let is_arrow = has("column_names");
    if is_arrow || has("columns") {
        let names = frame.getattr(if is_arrow { "column_names" } else { "columns" }).map_err(unreadable)?;
        let columns = argument::items(Class::Finance, "columns of frame", &names, COLUMNS_MAX, |_, name| {
            let text = name.str().map_err(unreadable)?;
            Ok(argument::text("columns of frame", text.as_any())?.to_owned())
        })?;
        TenantRow::check_columns(columns.iter().map(String::as_str)).of("frame")?;
        // A frame of millions of rows becomes gigabytes of dicts.
        if has("__len__") && frame.len().map_err(unreadable)? > ROWS_MAX {
            let message = format!("invalid `frame`: expected at most {} rows", grouped(ROWS_MAX as u64));
            let hint = "pass fewer tenants";
            return Err(Failure::at(Class::Finance, "items-too-many", "frame", &message, hint));
        }
    }
    let records = if is_arrow {
        frame.call_method0("to_pylist")
    } else if has("to_dicts") {
        frame.call_method0("to_dicts")
    } else if has("iloc") {
        frame.call_method1("to_dict", ("records",))
    } else {
        Ok(frame.clone())
    };
    let records = records.map_err(unreadable)?;
    argument::items(Class::Finance, "frame", &records, ROWS_MAX, |row, record| {
        let place = format!("frame[{row}]");
        if !argument::is_mapping(&record)? {
            return Err(argument::wrong_type(&place, &record, "a dict of columns"));
        }
        let cell = |name: &str| {
            let value = record.call_method1("get", (name,));
            let value =
                value.map_err(|error| argument::unreadable(&place, &record, "a dict of columns", error))?;
            cell(&place, name, &value)
        };
        Ok(TenantRow {
            // The table of a zone's tenants calls it `key`.
            tenant: cell("tenant")?.map_or_else(|| cell("key"), |tenant| Ok(Some(tenant)))?,
            tier: cell("tier")?,
            monthly_price: cell("monthly_price")?,
        })
    })
}

/// The text of a cell; `None` where a frame marks it as absent: by None, by the marks of pandas, or by a number that is none.
fn cell(row: &str, column: &str, value: &Bound<'_, PyAny>) -> Result<Option<String>> {
    let is_mark = || value.get_type().name().is_ok_and(|name| name == "NAType" || name == "NaTType");
    if value.is_none() || is_mark() {
        return Ok(None);
    }
    let invalid = || {
        argument::worded(value, |shown| {
            let message = format!("invalid `{column}` `{shown}` in `{row}`: expected text or a number");
            let place = format!("{row}.{column}");
            Failure::at(Class::Finance, "cell-invalid", &place, &message, "write text, or a number")
        })
    };
    if value.is_instance_of::<PyString>() {
        return Ok(Some(argument::text(column, value)?.to_owned()));
    }
    // Comparing or printing anything else may take for ever.
    if argument::is_truth(value) || !is_number(value)? {
        return Err(invalid());
    }
    let text = value
        .ne(value)
        .and_then(|is_nan| if is_nan { Ok(None) } else { Ok(Some(value.str()?.to_str()?.to_owned())) });
    match text {
        Ok(text) => Ok(text),
        Err(error) if passes_through(&error, value.py()) => Err(error.into()),
        Err(_) => Err(invalid()),
    }
}

/// Whether a value is a number by its type: one of Python's, a `Decimal`, or what is registered as a real number.
fn is_number(value: &Bound<'_, PyAny>) -> Result<bool> {
    if value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>() || argument::is_decimal(value)? {
        return Ok(true);
    }
    let real = value.py().import("numbers")?.getattr("Real")?;
    match value.get_type().is_subclass(&real) {
        Err(error) if passes_through(&error, value.py()) => Err(error.into()),
        answer => Ok(answer.unwrap_or(false)),
    }
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
