//! Arguments: texts, numbers, paths, lists and maps of Python's, each refused by its name.
//!
//! Purpose: one reading of each kind of argument, so that a call answers, or raises an error that names what does not fit. Invariants:
//! a list is read item by item, whatever length it says it has, and never beyond a limit; what is kept is a copy. Not here: what an
//! argument means, which the core decides.

mod kept;

use std::collections::BTreeMap;
use std::path::PathBuf;

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyDict, PyList, PyMemoryView, PyString, PyTuple};

use crate::error::{Class, Failure, Result, passes_through};
use crate::shown::{SHOWN_MAX, grouped, shown};
pub(crate) use kept::copied;

/// The most items of a list or a map: what has no end is refused there.
pub(crate) const ITEMS_MAX: usize = 2_000_000;
/// How many items are read between two looks whether the caller wants to end.
const ITEMS_AT_ONCE: usize = 1 << 12;

/// A value that does not fit, in the words of every such error.
pub(crate) fn refused(
    class: Class,
    code: &str,
    name: &str,
    value: &Bound<'_, PyAny>,
    expected: &str,
    hint: &str,
) -> Failure {
    worded(value, |shown| {
        Failure::at(class, code, name, &format!("invalid `{name}` `{shown}`: expected {expected}"), hint)
    })
}

/// A failure that shows a value. What Python raises meanwhile and says nothing about the value takes its place.
pub(crate) fn worded(value: &Bound<'_, PyAny>, word: impl FnOnce(&str) -> Failure) -> Failure {
    match shown(value) {
        Ok(shown) => word(&shown),
        Err(error) => error.into(),
    }
}

/// What Python raised while a value was read: what cannot be read does not fit, and the exception is its cause.
///
/// A Ctrl-C, an exit and a lack of memory say nothing about the value, and pass through.
pub(crate) fn unreadable(name: &str, value: &Bound<'_, PyAny>, expected: &str, error: PyErr) -> Failure {
    let py = value.py();
    if passes_through(&error, py) {
        return error.into();
    }
    if error.is_instance_of::<PyTypeError>(py) {
        return wrong_type(name, value, expected);
    }
    worded(value, |shown| {
        let raised =
            error.get_type(py).name().map_or_else(|_| "an error".to_owned(), |name| format!("`{name}`"));
        let message =
            format!("invalid `{name}` `{shown}`: expected {expected}, and reading it raised {raised}");
        let refusal = PyTypeError::new_err(message);
        refusal.set_cause(py, Some(error));
        Failure::Python(refusal)
    })
}

/// The name of a member of a map, for an error about it.
pub(crate) fn member(name: &str, key: &str) -> String {
    let is_word = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if !key.is_empty() && key.len() <= SHOWN_MAX && is_word(key) {
        return format!("{name}.{key}");
    }
    let beginning: String = key.chars().take(SHOWN_MAX).collect();
    let more = if beginning.len() < key.len() { "…" } else { "" };
    format!("{name}[{beginning:?}{more}]")
}

/// A value of a type that the argument never has.
pub(crate) fn wrong_type(name: &str, value: &Bound<'_, PyAny>, expected: &str) -> Failure {
    worded(value, |shown| {
        Failure::Python(PyTypeError::new_err(format!("invalid `{name}` `{shown}`: expected {expected}")))
    })
}

/// An argument that is text.
///
/// # Errors
/// One of the package for text with a lone surrogate, which Python itself reports as a `UnicodeEncodeError`.
pub(crate) fn text<'a>(name: &str, value: &'a Bound<'_, PyAny>) -> Result<&'a str> {
    let text = value.cast::<PyString>().map_err(|_| wrong_type(name, value, "text"))?;
    text.to_str().map_err(|_| lone_surrogate(name, value))
}

fn lone_surrogate(name: &str, value: &Bound<'_, PyAny>) -> Failure {
    let expected = "Unicode, which has no lone surrogates";
    refused(Class::Input, "text-invalid", name, value, expected, "write the character itself")
}

/// As [`text`], for an argument that may be left out.
///
/// # Errors
/// As [`text`].
pub(crate) fn optional_text<'a>(name: &str, value: &'a Bound<'_, PyAny>) -> Result<Option<&'a str>> {
    if value.is_none() { Ok(None) } else { text(name, value).map(Some) }
}

/// As [`optional_text`], for an argument that is kept.
///
/// # Errors
/// As [`text`].
pub(crate) fn owned_text(name: &str, value: &Bound<'_, PyAny>) -> Result<Option<String>> {
    Ok(optional_text(name, value)?.map(str::to_owned))
}

/// The key of a map.
///
/// # Errors
/// One of the package for what is not text.
pub(crate) fn key(class: Class, name: &str, value: &Bound<'_, PyAny>) -> Result<String> {
    let text = value.cast::<PyString>().ok().and_then(|text| text.to_str().ok());
    text.map(str::to_owned).ok_or_else(|| {
        worded(value, |shown| {
            let message = format!("invalid key `{shown}` of `{name}`: expected text");
            Failure::at(class, "key-invalid", name, &message, "use text for keys")
        })
    })
}

/// The path of a file.
///
/// # Errors
/// One of the package for text that names no file, as [`text`]; a `TypeError` for what is not a path.
pub(crate) fn path(name: &str, value: &Bound<'_, PyAny>) -> Result<PathBuf> {
    path_or(name, value, "a path")
}

/// As [`path`], where an argument may be something else too.
///
/// # Errors
/// As [`path`].
pub(crate) fn path_or(name: &str, value: &Bound<'_, PyAny>, expected: &str) -> Result<PathBuf> {
    value.extract::<PathBuf>().map_err(|error| {
        let py = value.py();
        if error.is_instance_of::<PyValueError>(py) {
            lone_surrogate(name, value)
        } else {
            unreadable(name, value, expected, error)
        }
    })
}

/// A place in a list, from the end where it is negative; what no list is long enough for is the largest there is.
///
/// # Errors
/// A `TypeError` for what is not a whole number.
pub(crate) fn place(name: &str, value: &Bound<'_, PyAny>, expected: &str) -> Result<isize> {
    value.extract().or_else(|error: PyErr| {
        if error.is_instance_of::<PyOverflowError>(value.py()) {
            Ok(isize::MAX)
        } else {
            Err(unreadable(name, value, expected, error))
        }
    })
}

/// Whether a value is a truth value, numpy's included: a number in Python, and never meant as one.
pub(crate) fn is_truth(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyBool>()
        || value.get_type().name().is_ok_and(|name| name == "bool" || name == "bool_")
}

/// As [`member`], in the form in which finance names members: `tenants["fintech"]`.
pub(crate) fn entry(name: &str, key: &str) -> String {
    let beginning: String = key.chars().take(SHOWN_MAX).collect();
    let more = if beginning.len() < key.len() { "…" } else { "" };
    format!("{name}[{beginning:?}{more}]")
}

/// A number.
///
/// # Errors
/// One of the package for a number that no float holds; a `TypeError` for what is not a number.
pub(crate) fn number(class: Class, name: &str, value: &Bound<'_, PyAny>) -> Result<f64> {
    number_or(class, name, value, "a number")
}

/// As [`number`], where an argument may be something else too.
///
/// # Errors
/// As [`number`].
pub(crate) fn number_or(class: Class, name: &str, value: &Bound<'_, PyAny>, expected: &str) -> Result<f64> {
    // Of a complex number of another library Python takes the real part.
    let is_complex = value.get_type().name().is_ok_and(|name| name.to_string().starts_with("complex"));
    if is_truth(value) || is_complex {
        return Err(wrong_type(name, value, expected));
    }
    value.extract::<f64>().map_err(|error| {
        let py = value.py();
        if error.is_instance_of::<PyOverflowError>(py) || error.is_instance_of::<PyValueError>(py) {
            refused(
                class,
                "number-invalid",
                name,
                value,
                "a number that a float holds",
                "use a smaller number",
            )
        } else {
            unreadable(name, value, expected, error)
        }
    })
}

/// Whether something is one text, of characters or of bytes: it can be iterated, yet it is one value.
fn is_one_text(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyString>()
        || value.is_instance_of::<PyBytes>()
        || value.is_instance_of::<PyByteArray>()
        || value.is_instance_of::<PyMemoryView>()
}

/// Every item of a list, or of anything else that can be iterated, each read by `read`.
///
/// # Errors
/// What `read` refuses, more than `most` items, and a `TypeError` for text, a map and what cannot be iterated.
pub(crate) fn items<'py, T>(
    class: Class,
    name: &str,
    value: &Bound<'py, PyAny>,
    most: usize,
    mut read: impl FnMut(usize, Bound<'py, PyAny>) -> Result<T>,
) -> Result<Vec<T>> {
    if is_one_text(value) || is_mapping(value)? {
        return Err(wrong_type(name, value, "a list"));
    }
    let unreadable = |error| unreadable(name, value, "a list", error);
    let iterator = value.try_iter().map_err(unreadable)?;
    let mut read_items = Vec::new();
    for (index, item) in iterator.enumerate() {
        let item = item.map_err(unreadable)?;
        heed(class, name, value, index, most)?;
        read_items.push(read(index, item)?);
    }
    Ok(read_items)
}

/// Whether a value is a map: a dict, or what Python's `collections.abc.Mapping` takes for one by its type.
///
/// `cast::<PyMapping>` would not do: it asks the value itself for its class, which may be a lie, and drops what that raises.
///
/// # Errors
/// What says nothing about the value, such as a Ctrl-C.
pub(crate) fn is_mapping(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    static MAPPING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    if value.is_instance_of::<PyDict>() {
        return Ok(true);
    }
    // These are many, and Python's check runs Python's code.
    if value.is_instance_of::<PyList>()
        || value.is_instance_of::<PyTuple>()
        || value.is_instance_of::<PyString>()
    {
        return Ok(false);
    }
    let mapping = MAPPING
        .get_or_try_init(py, || Ok::<_, PyErr>(py.import("collections.abc")?.getattr("Mapping")?.unbind()))?;
    match value.get_type().is_subclass(mapping.bind(py)) {
        Err(error) if passes_through(&error, py) => Err(error),
        answer => Ok(answer.unwrap_or(false)),
    }
}

/// Ends a list that is too long, and lets Ctrl-C end one that takes long.
fn heed(class: Class, name: &str, value: &Bound<'_, PyAny>, index: usize, most: usize) -> Result<()> {
    if index >= most {
        let most = grouped(most.try_into().unwrap_or(u64::MAX));
        let message = format!("invalid `{name}`: expected at most {most} items");
        return Err(Failure::at(class, "items-too-many", name, &message, &format!("pass at most {most}")));
    }
    if (index + 1).is_multiple_of(ITEMS_AT_ONCE) {
        value.py().check_signals()?;
    }
    Ok(())
}

/// An argument that is a list of texts.
///
/// # Errors
/// As [`text`] and [`items`].
pub(crate) fn texts(name: &str, value: &Bound<'_, PyAny>) -> Result<Vec<String>> {
    items(Class::Input, name, value, ITEMS_MAX, |index, item| {
        match item.cast::<PyString>().ok().and_then(|text| text.to_str().ok()) {
            Some(text) => Ok(text.to_owned()),
            // Only an error wants the place.
            None => Ok(text(&format!("{name}[{index}]"), &item)?.to_owned()),
        }
    })
}

/// As [`texts`], for an argument that may be left out.
///
/// # Errors
/// As [`texts`].
pub(crate) fn optional_texts(name: &str, value: &Bound<'_, PyAny>) -> Result<Option<Vec<String>>> {
    if value.is_none() { Ok(None) } else { texts(name, value).map(Some) }
}

/// The items of a tuple or list of that length.
///
/// # Errors
/// One of the package for another length, a `TypeError` for a value other than a list.
pub(crate) fn tuple<'py, const N: usize>(
    class: Class,
    name: &str,
    value: &Bound<'py, PyAny>,
    expected: &str,
) -> Result<[Bound<'py, PyAny>; N]> {
    if is_one_text(value) || is_mapping(value)? {
        return Err(wrong_type(name, value, expected));
    }
    let unreadable = |error| unreadable(name, value, expected, error);
    let iterator = value.try_iter().map_err(unreadable)?;
    let found: Vec<Bound<'py, PyAny>> = iterator.take(N + 1).collect::<PyResult<_>>().map_err(unreadable)?;
    found
        .try_into()
        .map_err(|_| refused(class, "items-count", name, value, expected, &format!("write {N} values")))
}

/// A truth value.
///
/// # Errors
/// A `TypeError` for what is none: whether a list is empty is not what an option asks.
pub(crate) fn flag_at(name: &str, value: &Bound<'_, PyAny>) -> Result<bool> {
    if !is_truth(value) {
        return Err(wrong_type(name, value, "True or False"));
    }
    value.extract().map_err(|error| unreadable(name, value, "True or False", error))
}

/// Every key and value of a map, in its order, each pair read by `read`.
///
/// # Errors
/// What `read` refuses, more than `most` pairs, and a `TypeError` for a value other than a map.
pub(crate) fn pairs<'py, T>(
    class: Class,
    name: &str,
    value: &Bound<'py, PyAny>,
    most: usize,
    mut read: impl FnMut(Bound<'py, PyAny>, Bound<'py, PyAny>) -> Result<T>,
) -> Result<Vec<T>> {
    if !is_mapping(value)? {
        return Err(wrong_type(name, value, "a dict"));
    }
    let unreadable = |error| unreadable(name, value, "a dict", error);
    let mut read_pairs = Vec::new();
    let iterator = value.call_method0("items").and_then(|items| items.try_iter()).map_err(unreadable)?;
    for (index, pair) in iterator.enumerate() {
        let [key, member] = tuple(class, name, &pair.map_err(unreadable)?, "pairs of a key and a value")?;
        heed(class, name, value, index, most)?;
        read_pairs.push(read(key, member)?);
    }
    Ok(read_pairs)
}

/// Numbers by name, or nothing.
///
/// # Errors
/// As [`pairs`], [`key`] and [`number`].
pub(crate) fn numbers_by_name(name: &str, value: &Bound<'_, PyAny>) -> Result<Option<BTreeMap<String, f64>>> {
    if value.is_none() {
        return Ok(None);
    }
    let read = |key: Bound<'_, PyAny>, member: Bound<'_, PyAny>| {
        let key = self::key(Class::Input, name, &key)?;
        let number = number(Class::Input, &self::member(name, &key), &member)?;
        Ok((key, number))
    };
    Ok(Some(pairs(Class::Input, name, value, ITEMS_MAX, read)?.into_iter().collect()))
}

/// Bytes, copied.
///
/// # Errors
/// A `TypeError` for what is no `bytes`, `bytearray` or `memoryview`.
pub(crate) fn bytes(name: &str, value: &Bound<'_, PyAny>) -> Result<Vec<u8>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    if value.is_instance_of::<PyByteArray>() || value.is_instance_of::<PyMemoryView>() {
        let copy = value.py().get_type::<PyBytes>().call1((value,));
        let copy = copy.map_err(|error| unreadable(name, value, "bytes", error))?;
        return Ok(copy.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes().to_vec());
    }
    Err(wrong_type(name, value, "bytes"))
}

/// Python's `decimal.Decimal`.
fn decimal(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static DECIMAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class =
        DECIMAL.get_or_try_init(py, || Ok::<_, PyErr>(py.import("decimal")?.getattr("Decimal")?.unbind()))?;
    Ok(class.bind(py).clone())
}

/// Whether a value is a `decimal.Decimal` by its type.
pub(crate) fn is_decimal(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    value.get_type().is_subclass(&decimal(value.py())?)
}

/// Whether the type of a value has an attribute. The value itself is not asked: that may run any code.
pub(crate) fn has(value: &Bound<'_, PyAny>, attribute: &str) -> bool {
    value.get_type().hasattr(attribute).unwrap_or(false)
}

/// An argument that is a dict, or another map.
///
/// # Errors
/// A `TypeError` for another value.
pub(crate) fn map<'a, 'py>(name: &str, value: &'a Bound<'py, PyAny>) -> Result<&'a Bound<'py, PyAny>> {
    if is_mapping(value)? { Ok(value) } else { Err(wrong_type(name, value, "a dict")) }
}

/// Readers for `from_py_with`, which does not pass the name of an argument: each is called by that name.
macro_rules! named {
    ($module:ident -> $type:ty: $($name:ident)*) => {
        pub(crate) mod $module {
            use pyo3::prelude::*;

            $(pub(crate) fn $name(value: &Bound<'_, PyAny>) -> PyResult<$type> {
                Ok(super::$module(stringify!($name), value)?)
            })*
        }
    };
}

/// As `named`, for text that is borrowed from the argument.
macro_rules! named_text {
    ($($name:ident)*) => {
        pub(crate) mod text {
            use pyo3::prelude::*;

            $(pub(crate) fn $name<'a>(value: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
                Ok(super::text(stringify!($name), value)?)
            })*
        }
    };
}

/// As `named_text`, for text that may be left out.
macro_rules! named_optional_text {
    ($($name:ident)*) => {
        pub(crate) mod optional_text {
            use pyo3::prelude::*;

            $(pub(crate) fn $name<'a>(value: &'a Bound<'_, PyAny>) -> PyResult<Option<&'a str>> {
                Ok(super::optional_text(stringify!($name), value)?)
            })*
        }
    };
}

/// As `named`, for numbers of that class.
macro_rules! named_number {
    ($($class:ident: $($name:ident)*;)*) => {
        pub(crate) mod number {
            use pyo3::prelude::*;

            use crate::error::Class;

            $($(pub(crate) fn $name(value: &Bound<'_, PyAny>) -> PyResult<f64> {
                Ok(super::number(Class::$class, stringify!($name), value)?)
            })*)*
        }
    };
}

named_text! {
    account_id address allocation code decimals document email figure framework id key kind lever method metric owner path pool reason
    region strategy tenant text tier
}
named_optional_text! { allocation file owner pool tier value }
named_number! {
    Finance: target confidence;
    Input: p throttle lost_reply lost_request not_yet_visible service_error async_failure expired_credentials;
}
named! { path -> std::path::PathBuf: path }
named! { texts -> Vec<String>: targets destroy zones }
named! { optional_texts -> Option<Vec<String>>: owners }
named! { owned_text -> Option<String>: who executor_role endpoint_url profile }
named! { numbers_by_name -> Option<std::collections::BTreeMap<String, f64>>: limits }
