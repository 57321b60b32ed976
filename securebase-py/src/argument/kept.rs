//! Copies of arguments that are kept.
//!
//! Purpose: what is kept of an argument is of Python's own types: neither a later change of the caller's lists and maps reaches it, nor
//! does code of the caller's run when it is shown, compared or pickled.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use super::{
    decimal, has, is_decimal, is_mapping, is_one_text, items, key, pairs, text, unreadable, wrong_type,
};
use crate::error::{Class, Failure, Result, passes_through};

/// The most values that are kept as Python's own.
const COPIED_MAX: usize = 200_000;
/// Deeper than any argument is.
const DEPTH_MAX: usize = 20;

/// A copy of plain values that a later change of the caller's lists, maps and iterators does not reach.
///
/// # Errors
/// More than [`COPIED_MAX`] values, and lists in lists without end.
pub(crate) fn copied<'py>(class: Class, name: &str, value: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>> {
    let mut left = COPIED_MAX;
    copy(class, name, value, &mut left, 0)
}

fn copy<'py>(
    class: Class,
    name: &str,
    value: &Bound<'py, PyAny>,
    left: &mut usize,
    depth: usize,
) -> Result<Bound<'py, PyAny>> {
    let py = value.py();
    *left = left.saturating_sub(1);
    if depth > DEPTH_MAX || *left == 0 {
        let message = format!("invalid `{name}`: expected at most 200,000 values, {DEPTH_MAX} levels deep");
        return Err(Failure::at(class, "items-too-many", name, &message, "leave out what is not needed"));
    }
    if let Some(leaf) = copied_leaf(name, value)? {
        return Ok(leaf);
    }
    if is_mapping(value)? {
        let dict = PyDict::new(py);
        let most = *left;
        pairs(class, name, value, most, |given, member| {
            let text = key(class, name, &given)?;
            Ok(dict.set_item(text, copy(class, name, &member, left, depth + 1)?)?)
        })?;
        return Ok(dict.into_any());
    }
    if has(value, "__iter__") {
        let most = *left;
        let copies = items(class, name, value, most, |_, item| copy(class, name, &item, left, depth + 1))?;
        return Ok(match value.cast::<PyTuple>() {
            Ok(_) => PyTuple::new(py, copies)?.into_any(),
            Err(_) => PyList::new(py, copies)?.into_any(),
        });
    }
    Err(wrong_type(name, value, PLAIN))
}

/// What is kept of an argument.
const PLAIN: &str = "numbers, text, lists and dicts";

/// A copy of what holds nothing else: of Python's own type, so that no code of the caller's runs later.
fn copied_leaf<'py>(name: &str, value: &Bound<'py, PyAny>) -> Result<Option<Bound<'py, PyAny>>> {
    let py = value.py();
    let unreadable = |error| unreadable(name, value, PLAIN, error);
    if value.is_none() || value.is_instance_of::<PyBool>() {
        return Ok(Some(value.clone()));
    }
    if let Ok(own) = value.cast::<PyString>() {
        let lone = own.to_str().is_err();
        // What is not Unicode is refused by whatever reads it.
        return Ok(Some(if lone { value.clone() } else { PyString::new(py, text(name, value)?).into_any() }));
    }
    if value.is_exact_instance_of::<PyInt>() || is_one_text(value) {
        return Ok(Some(value.clone()));
    }
    if value.is_instance_of::<PyFloat>() {
        return Ok(Some(PyFloat::new(py, value.extract().map_err(unreadable)?).into_any()));
    }
    if is_decimal(value)? {
        return Ok(Some(decimal(py)?.call1((value,)).map_err(unreadable)?));
    }
    // A whole number of another library, or of the caller's own. An array has the method too, and no such number.
    if value.is_instance_of::<PyInt>() || has(value, "__index__") {
        match py.import("operator")?.call_method1("index", (value,)) {
            Ok(number) => return Ok(Some(number)),
            Err(error) if has(value, "__iter__") && !passes_through(&error, py) => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        }
    }
    if has(value, "__float__") && !has(value, "__iter__") {
        return Ok(Some(PyFloat::new(py, value.extract().map_err(unreadable)?).into_any()));
    }
    Ok(None)
}
