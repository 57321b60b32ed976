//! Conversions between Python's plain values and JSON, in which documents cross the language boundary, and checked numbers.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::RangeInclusive;

use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PyNone, PySet, PySlice, PyString, PyTuple,
};
use rust_decimal::Decimal;
use securebase_core::model::diagnostics::document;
use securebase_core::model::{AccountId, NameError, Problem, Problems};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

use crate::argument::{self, tuple};
use crate::error::{Class, Failure, Result, passes_through};

/// The word for a value of a type that no document holds.
const MISMATCH: &str = "type-mismatch";
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

/// A value of the core from plain Python objects, `name` being the argument they are.
///
/// # Errors
/// One of the package with the path of what does not fit: ``invalid `links[2].kind` `tgw`: expected …``.
pub(crate) fn document<T: DeserializeOwned>(name: &str, value: &Bound<'_, PyAny>) -> Result<T> {
    let value = from_python(value)?;
    document::read(name, &value).map_err(|problem| {
        Failure::at(Class::Input, &problem.code, &problem.path, &problem.message, &problem.hint)
    })
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

/// The most characters of a value that an error shows.
const SHOWN_MAX: usize = 80;

/// A value as an error shows it: its `repr`, truncated, or its type if it has none.
pub(crate) fn shown(value: &Bound<'_, PyAny>) -> String {
    // An integer of thousands of digits and an object with a broken `__repr__` have no text.
    let text = written(value).and_then(|text| Ok(text.to_str()?.to_owned()));
    let text = text.unwrap_or_else(|_| format!("<{}>", kind(value)));
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The `repr` of a value, of which no more is made than an error shows: a list may hold one list twice, which may hold another twice.
fn written<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyString>> {
    if let Ok(text) = value.cast::<PyString>() {
        let beginning = text.get_item(PySlice::new(value.py(), 0, 2 * SHOWN_MAX as isize, 1))?;
        return beginning.repr();
    }
    let is_list = value.is_instance_of::<PyList>()
        || value.is_instance_of::<PyTuple>()
        || value.is_instance_of::<PyFrozenSet>()
        || value.is_instance_of::<PySet>();
    if !is_list && !value.is_instance_of::<PyDict>() {
        return value.repr();
    }
    let brief = value.py().import("reprlib")?.getattr("Repr")?.call0()?;
    for name in ["maxlist", "maxtuple", "maxset", "maxfrozenset", "maxdict", "maxstring", "maxother"] {
        brief.setattr(name, SHOWN_MAX)?;
    }
    for name in ["maxlevel", "maxdict", "maxset", "maxfrozenset"] {
        brief.setattr(name, 3)?;
    }
    Ok(brief.call_method1("repr", (value,))?.cast_into()?)
}

/// A whole number as an error shows it: `10,000,000`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The whole number of an argument, inside its range.
///
/// Python's own conversion of a number that does not fit is an `OverflowError` that names neither the argument nor its range.
///
/// # Errors
/// One of the class, with the argument, the value and the range: ``invalid `months` `-1`: expected a whole number from 1 to 600``.
pub(crate) fn count<T: Copy + TryFrom<u64> + TryInto<u64>>(
    class: Class,
    name: &str,
    value: &Bound<'_, PyAny>,
    range: RangeInclusive<T>,
) -> Result<T> {
    let [low, high] = bounds(&range);
    let number = whole(value)?.filter(|number| (low..=high).contains(number));
    number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| outside(class, name, value, [low, high]))
}

/// The id of an account, as it was written.
///
/// # Errors
/// One of the package for what is not twelve digits.
pub(crate) fn account_id(text: &str) -> Result<AccountId> {
    text.parse().map_err(|error: NameError| {
        Failure::one(Class::Input, "account-id-invalid", &error, "write the twelve digits of the account")
    })
}

/// What to call back with what happens: refused before anything begins where it cannot be called.
///
/// # Errors
/// One of the package for what is not callable.
pub(crate) fn callback(value: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
    if value.is_none() {
        return Ok(None);
    }
    if value.is_callable() {
        return Ok(Some(value.clone().unbind()));
    }
    let message =
        format!("invalid `progress` `{}`: expected something to call with each event", shown(value));
    Err(Failure::at(
        Class::Input,
        "callback-invalid",
        "progress",
        &message,
        "pass a function, or leave it out",
    )
    .into())
}

/// As [`count`], for an argument whose range the core checks together with others: this function rejects only values that are not whole
/// numbers of the core's type.
///
/// # Errors
/// As [`count`].
pub(crate) fn any_count<T: Copy + TryFrom<u64> + TryInto<u64>>(
    class: Class,
    name: &str,
    value: &Bound<'_, PyAny>,
    range: RangeInclusive<T>,
) -> Result<T> {
    let number = whole(value)?.and_then(|number| T::try_from(number).ok());
    number.ok_or_else(|| outside(class, name, value, bounds(&range)))
}

fn bounds<T: Copy + TryInto<u64>>(range: &RangeInclusive<T>) -> [u64; 2] {
    [*range.start(), *range.end()].map(|bound| bound.try_into().unwrap_or(u64::MAX))
}

fn whole(value: &Bound<'_, PyAny>) -> Result<Option<u64>> {
    // A `bool` is an integer in Python, and never meant as one.
    if value.is_instance_of::<PyBool>() {
        return Ok(None);
    }
    match value.extract() {
        Ok(number) => Ok(Some(number)),
        Err(error) if passes_through(&error, value.py()) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

fn outside(class: Class, name: &str, value: &Bound<'_, PyAny>, range: [u64; 2]) -> Failure {
    let [low, high] = range.map(grouped);
    let message =
        format!("invalid `{name}` `{}`: expected a whole number from {low} to {high}", shown(value));
    let code = if matches!(class, Class::Finance) { "finance-range" } else { "number-out-of-range" };
    Failure::at(class, code, name, &message, &format!("use {low} to {high}"))
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
///
/// Everything that is none of these is a finding of its own, with its path.
pub(crate) fn from_python(value: &Bound<'_, PyAny>) -> Result<Value> {
    let mut reading = Reading { path: Vec::new(), problems: Vec::new(), values: 0, bytes: 0 };
    let value = reading.value(value)?;
    if reading.problems.is_empty() { Ok(value) } else { Err(Problems(reading.problems).into()) }
}

/// The most findings of one conversion.
pub(crate) const PROBLEMS_MAX: usize = 1_000;

/// Where a conversion stands, and what it found.
struct Reading {
    path: Vec<String>,
    problems: Vec<Problem>,
    /// How many values have been read, and how much text.
    values: usize,
    bytes: usize,
}

/// A list may hold one list twice, which may hold another twice: what takes no memory in Python may be without end as a document.
const VALUES_MAX: usize = 2_000_000;
const BYTES_MAX: usize = 256 << 20;

impl Reading {
    /// Whether there is room for so much more text.
    fn fits(&mut self, bytes: usize) -> bool {
        self.values += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        self.values <= VALUES_MAX && self.bytes <= BYTES_MAX
    }

    fn is_full(&self) -> bool {
        self.values > VALUES_MAX || self.bytes > BYTES_MAX
    }

    fn refuse(&mut self, message: String, hint: &str) -> Value {
        // Of a million equal findings the first ones say it.
        if self.problems.len() >= PROBLEMS_MAX {
            return Value::Null;
        }
        let path = self.path.concat();
        self.problems.push(Problem::error(MISMATCH, path.trim_start_matches('.'), message, hint));
        Value::Null
    }

    fn within(&mut self, step: String, value: &Bound<'_, PyAny>) -> Result<Value> {
        self.path.push(step);
        let value = if self.path.len() > DEPTH_MAX {
            Ok(self.refuse(format!("nested more than {DEPTH_MAX} levels deep"), "flatten it"))
        } else {
            self.value(value)
        };
        self.path.pop();
        value
    }

    fn value(&mut self, value: &Bound<'_, PyAny>) -> Result<Value> {
        let text = value.cast::<PyString>().ok().and_then(|text| text.len().ok());
        let full = self.is_full();
        if !self.fits(text.unwrap_or_default()) {
            if full {
                return Ok(Value::Null);
            }
            let message = "more than 2,000,000 values or 256 MiB of text, each counted where it stands";
            return Ok(self.refuse(message.to_owned(), "leave out lists that hold one list many times"));
        }
        // A document of millions of values takes seconds.
        if self.values.is_multiple_of(1 << 16) {
            value.py().check_signals()?;
        }
        if value.is_none() {
            Ok(Value::Null)
        } else if let Ok(flag) = value.cast::<PyBool>() {
            Ok(Value::Bool(flag.is_true()))
        } else if let Ok(text) = value.cast::<PyString>() {
            match text.to_str() {
                Ok(text) => Ok(Value::String(text.to_owned())),
                Err(_) => Ok(self.refuse("a text with a lone surrogate".to_owned(), "use valid Unicode")),
            }
        } else if value.is_instance_of::<PyInt>() {
            Ok(match (value.extract::<i64>(), value.extract::<u64>()) {
                (Ok(number), _) => number.into(),
                (_, Ok(number)) => number.into(),
                _ => self.refuse("an integer of more than 64 bits".to_owned(), "write it as text"),
            })
        } else if value.is_instance_of::<PyFloat>() {
            let number: f64 = value.extract()?;
            Ok(Number::from_f64(number)
                .map_or_else(|| self.refuse(format!("`{number}`"), "use a finite number"), Value::Number))
        } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
            let mut items = Vec::new();
            for (index, item) in value.try_iter()?.enumerate() {
                if self.is_full() {
                    break;
                }
                items.push(self.within(format!("[{index}]"), &item?)?);
            }
            Ok(Value::Array(items))
        } else if argument::is_mapping(value)? {
            self.members(value)
        } else {
            // A whole number of another library, before `Decimal` takes the object's text for one.
            match value.extract::<i64>() {
                Ok(number) => return Ok(number.into()),
                Err(error) if passes_through(&error, value.py()) => return Err(error.into()),
                Err(_) => {}
            }
            match value.extract::<Decimal>() {
                Ok(_) => Ok(Value::String(value.str()?.to_str()?.to_owned())),
                Err(error) if passes_through(&error, value.py()) => Err(error.into()),
                Err(_) => {
                    let message = format!("a value of the type `{}`", kind(value));
                    Ok(self.refuse(message, "use dict, list, str, int, float, bool, None or Decimal"))
                }
            }
        }
    }

    fn members(&mut self, mapping: &Bound<'_, PyAny>) -> Result<Value> {
        let mut members = Map::new();
        // Never as a list: a mapping of the caller's own may go on for ever.
        for item in mapping.call_method0("items")?.try_iter()? {
            if self.is_full() {
                break;
            }
            let [key, member] = tuple(Class::Input, "items", &item?, "pairs of a key and a value")?;
            match key.cast::<PyString>().ok().and_then(|text| text.to_str().ok().map(str::to_owned)) {
                Some(name) => {
                    let member = self.within(format!(".{name}"), &member)?;
                    members.insert(name, member);
                }
                None => {
                    self.refuse(format!("a key of the type `{}`", kind(&key)), "use text for keys");
                }
            }
        }
        Ok(Value::Object(members))
    }
}

fn kind(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "unknown".to_owned(), |name| name.to_string())
}
