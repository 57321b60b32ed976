//! Between Python's plain values and JSON: the form in which documents cross the border.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PyNone, PyString, PyTuple};
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

use crate::error::{Class, Failure, Result};

/// Deeper than any document is, shallow enough for every stack.
const DEPTH_MAX: usize = 100;

/// A value's JSON, the lossless text that a pickle holds.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| malformed(&error))
}

/// A value from the JSON of [`to_json`].
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| malformed(&error))
}

fn malformed(error: &serde_json::Error) -> Failure {
    Failure::one(Class::Input, "json-malformed", error, "use the text this package has written")
}

/// A hash of a text, for `__hash__`: the same within and across processes.
pub(crate) fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Any serialisable value as plain Python objects.
pub(crate) fn plain<'py, T: Serialize>(py: Python<'py>, value: &T) -> Result<Bound<'py, PyAny>> {
    let value = serde_json::to_value(value).map_err(|error| malformed(&error))?;
    Ok(to_python(py, &value)?)
}

/// JSON as plain Python objects. Objects keep their order.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => PyNone::get(py).to_owned().into_any(),
        Value::Bool(value) => PyBool::new(py, *value).to_owned().into_any(),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(value), _) => value.into_pyobject(py)?.into_any(),
            (_, Some(value)) => value.into_pyobject(py)?.into_any(),
            _ => PyFloat::new(py, number.as_f64().unwrap_or(f64::NAN)).into_any(),
        },
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Array(values) => {
            let list = PyList::empty(py);
            for value in values {
                list.append(to_python(py, value)?)?;
            }
            list.into_any()
        }
        Value::Object(members) => {
            let dict = PyDict::new(py);
            for (key, value) in members {
                dict.set_item(key, to_python(py, value)?)?;
            }
            dict.into_any()
        }
    })
}

/// Plain Python objects as JSON: `dict`s (and other mappings), `list`s, `tuple`s, `str`, `int`, `float`, `bool`, `None`,
/// and `decimal.Decimal`, which becomes text so that it stays exact.
pub(crate) fn from_python(value: &Bound<'_, PyAny>) -> PyResult<Value> {
    nested(value, 0)
}

fn nested(value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    if depth > DEPTH_MAX {
        return Err(PyValueError::new_err(format!("nested more than {DEPTH_MAX} levels deep")));
    }
    let sequence = |items: Vec<Bound<'_, PyAny>>| -> PyResult<Value> {
        items.iter().map(|item| nested(item, depth + 1)).collect::<PyResult<Vec<_>>>().map(Value::Array)
    };
    if value.is_none() {
        Ok(Value::Null)
    } else if let Ok(flag) = value.cast::<PyBool>() {
        Ok(Value::Bool(flag.is_true()))
    } else if let Ok(text) = value.cast::<PyString>() {
        Ok(Value::String(text.to_str()?.to_owned()))
    } else if value.is_instance_of::<PyInt>() {
        match (value.extract::<i64>(), value.extract::<u64>()) {
            (Ok(number), _) => Ok(number.into()),
            (_, Ok(number)) => Ok(number.into()),
            _ => Err(PyValueError::new_err(format!("{value} does not fit 64 bits"))),
        }
    } else if value.is_instance_of::<PyFloat>() {
        let number: f64 = value.extract()?;
        Number::from_f64(number)
            .map(Value::Number)
            .ok_or_else(|| PyValueError::new_err(format!("{number} is not a number a document can hold")))
    } else if let Ok(list) = value.cast::<PyList>() {
        sequence(list.iter().collect())
    } else if let Ok(tuple) = value.cast::<PyTuple>() {
        sequence(tuple.iter().collect())
    } else if let Ok(mapping) = value.cast::<PyMapping>() {
        let mut members = Map::new();
        for item in mapping.items()?.iter() {
            let (key, member): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
            let key = key.cast::<PyString>().map_err(|_| {
                PyTypeError::new_err(format!("keys of a document are text, not {}", kind(&key)))
            })?;
            members.insert(key.to_str()?.to_owned(), nested(&member, depth + 1)?);
        }
        Ok(Value::Object(members))
    } else if value.extract::<Decimal>().is_ok() {
        Ok(Value::String(value.str()?.to_str()?.to_owned()))
    } else {
        Err(PyTypeError::new_err(format!("a document cannot hold a {}", kind(value))))
    }
}

fn kind(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "value of this type".to_owned(), |name| format!("`{name}`"))
}
