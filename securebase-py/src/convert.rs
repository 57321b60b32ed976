//! Conversions between Python's plain values and JSON, in which documents cross the language boundary, and checked numbers.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::RangeInclusive;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyNone, PyString, PyTuple};
use rust_decimal::Decimal;
use securebase_core::model::diagnostics::document;
use securebase_core::model::{AccountId, NameError, Problem, Problems};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

use crate::argument::{self, tuple};
use crate::error::{Class, Failure, OfArgument as _, Result, passes_through};
use crate::runtime::heed;
use crate::shown::{grouped, shown};

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
    let value = part_from_python(name, value)?;
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

/// The id of an account, as the argument `account_id` writes it.
///
/// # Errors
/// One of the package for what is not twelve digits.
pub(crate) fn account_id(text: &str) -> Result<AccountId> {
    let refused = |error: NameError| {
        Failure::one(Class::Input, "account-id-invalid", &error, "write the twelve digits of the account")
    };
    text.parse().map_err(refused).of("account_id")
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
    let (expected, hint) = ("something to call with each event", "pass a function, or leave it out");
    Err(argument::refused(Class::Input, "callback-invalid", "progress", value, expected, hint).into())
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

pub(crate) fn bounds<T: Copy + TryInto<u64>>(range: &RangeInclusive<T>) -> [u64; 2] {
    [*range.start(), *range.end()].map(|bound| bound.try_into().unwrap_or(u64::MAX))
}

/// The whole number of a value, where it is one from 0 that 64 bits hold.
///
/// # Errors
/// What says nothing about the value, such as a Ctrl-C.
pub(crate) fn whole(value: &Bound<'_, PyAny>) -> Result<Option<u64>> {
    if argument::is_truth(value) {
        return Ok(None);
    }
    match value.extract() {
        Ok(number) => Ok(Some(number)),
        Err(error) if passes_through(&error, value.py()) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

pub(crate) fn outside(class: Class, name: &str, value: &Bound<'_, PyAny>, range: [u64; 2]) -> Failure {
    let [low, high] = range.map(grouped);
    let code = if matches!(class, Class::Finance) { "finance-range" } else { "number-out-of-range" };
    let expected = format!("a whole number from {low} to {high}");
    argument::refused(class, code, name, value, &expected, &format!("use {low} to {high}"))
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
            for (index, value) in values.iter().enumerate() {
                heed(py, index)?;
                list.append(to_python(py, value)?)?;
            }
            list.into_any()
        }
        Value::Object(members) => {
            let dict = PyDict::new(py);
            for (index, (key, value)) in members.iter().enumerate() {
                heed(py, index)?;
                dict.set_item(key, to_python(py, value)?)?;
            }
            dict.into_any()
        }
    })
}

/// Plain Python objects as JSON: `dict`s (and other mappings), `list`s, `tuple`s, `str`, `int`, `float`, `bool`, `None`,
/// and `decimal.Decimal`, which becomes text so that it stays exact. It is a document of its own: paths begin in it.
///
/// Everything that is none of these is a finding of its own, with its path.
pub(crate) fn from_python(name: &str, value: &Bound<'_, PyAny>) -> Result<Value> {
    Reading::of(name, "", value)
}

/// As [`from_python`], for an argument by whose name paths begin.
pub(crate) fn part_from_python(name: &str, value: &Bound<'_, PyAny>) -> Result<Value> {
    Reading::of(name, name, value)
}

/// The most findings of one conversion.
pub(crate) const PROBLEMS_MAX: usize = 1_000;

/// What a document is made of.
const PLAIN: &str = "a dict, a list, text, a number, True, False, None or a Decimal";

/// Where a conversion stands, and what it found.
struct Reading<'a> {
    /// The argument, and what paths begin with.
    name: &'a str,
    root: &'a str,
    path: Vec<String>,
    problems: Vec<Problem>,
    /// How many values have been read, and how much text.
    values: usize,
    bytes: usize,
}

/// A list may hold one list twice, which may hold another twice: what takes no memory in Python may be without end as a document.
const VALUES_MAX: usize = 2_000_000;
const BYTES_MAX: usize = 256 << 20;
/// How many values are read between two looks whether the caller wants to end.
const VALUES_AT_ONCE: usize = 1 << 12;

impl<'a> Reading<'a> {
    fn of(name: &'a str, root: &'a str, value: &Bound<'_, PyAny>) -> Result<Value> {
        let mut reading = Self { name, root, path: Vec::new(), problems: Vec::new(), values: 0, bytes: 0 };
        let value = reading.value(value)?;
        if reading.problems.is_empty() { Ok(value) } else { Err(Problems(reading.problems).into()) }
    }

    /// Whether there is room for so much more text.
    fn fits(&mut self, bytes: usize) -> bool {
        self.values += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        self.values <= VALUES_MAX && self.bytes <= BYTES_MAX
    }

    fn is_full(&self) -> bool {
        self.values > VALUES_MAX || self.bytes > BYTES_MAX
    }

    /// Where the conversion stands: in the document, or at the argument itself.
    fn place(&self) -> String {
        let path = format!("{}{}", self.root, self.path.concat());
        let path = path.trim_start_matches('.');
        if path.is_empty() { self.name.to_owned() } else { path.to_owned() }
    }

    fn note(&mut self, message: impl FnOnce(&str) -> String, hint: &str) -> Value {
        // Of a million equal findings the first ones say it.
        if self.problems.len() < PROBLEMS_MAX {
            let place = self.place();
            let message = message(&place);
            self.problems.push(Problem::error(MISMATCH, place, message, hint));
        }
        Value::Null
    }

    fn refuse(&mut self, value: &Bound<'_, PyAny>, expected: &str, hint: &str) -> Result<Value> {
        if self.problems.len() >= PROBLEMS_MAX {
            return Ok(Value::Null);
        }
        let shown = shown(value)?;
        Ok(self.note(|place| format!("invalid `{place}` `{shown}`: expected {expected}"), hint))
    }

    fn within(&mut self, step: String, value: &Bound<'_, PyAny>) -> Result<Value> {
        self.path.push(step);
        let value = if self.path.len() > DEPTH_MAX {
            let rule = format!("expected at most {DEPTH_MAX} levels of lists and dicts");
            Ok(self.note(|place| format!("invalid `{place}`: {rule}"), "flatten it"))
        } else {
            self.value(value)
        };
        self.path.pop();
        value
    }

    fn value(&mut self, value: &Bound<'_, PyAny>) -> Result<Value> {
        let text = value.cast::<PyString>().ok();
        let full = self.is_full();
        let length = text.and_then(|text| text.to_str().ok()).map_or(0, str::len);
        if !self.fits(length) {
            if full {
                return Ok(Value::Null);
            }
            let rule = "expected at most 2,000,000 values and 256 MiB of text, each counted where it stands";
            let hint = "leave out lists that hold one list many times";
            return Ok(self.note(|place| format!("invalid `{place}`: {rule}"), hint));
        }
        // A document of millions of values takes seconds.
        if self.values.is_multiple_of(VALUES_AT_ONCE) {
            value.py().check_signals()?;
        }
        if value.is_none() {
            Ok(Value::Null)
        } else if let Ok(flag) = value.cast::<PyBool>() {
            Ok(Value::Bool(flag.is_true()))
        } else if let Some(text) = text {
            match text.to_str() {
                Ok(text) => Ok(Value::String(text.to_owned())),
                Err(_) => self.refuse(value, "Unicode, which has no lone surrogates", "use valid Unicode"),
            }
        } else if value.is_instance_of::<PyInt>() {
            self.integer(value)
        } else if value.is_instance_of::<PyFloat>() {
            match value.extract().ok().and_then(Number::from_f64) {
                Some(number) => Ok(Value::Number(number)),
                None => self.refuse(value, "a finite number", "use a finite number"),
            }
        } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
            self.items(value)
        } else if argument::is_mapping(value)? {
            self.members(value)
        } else {
            self.foreign(value)
        }
    }

    fn integer(&mut self, value: &Bound<'_, PyAny>) -> Result<Value> {
        match (value.extract::<i64>(), value.extract::<u64>()) {
            (Ok(number), _) => Ok(number.into()),
            (_, Ok(number)) => Ok(number.into()),
            (Err(error), Err(_)) if passes_through(&error, value.py()) => Err(error.into()),
            _ => self.refuse(value, "an integer of at most 64 bits", "write it as text"),
        }
    }

    fn items(&mut self, list: &Bound<'_, PyAny>) -> Result<Value> {
        let mut items = Vec::new();
        let iterator = list.try_iter().map_err(|error| self.unreadable(list, "a list", error))?;
        for (index, item) in iterator.enumerate() {
            if self.is_full() {
                break;
            }
            let item = item.map_err(|error| self.unreadable(list, "a list", error))?;
            items.push(self.within(format!("[{index}]"), &item)?);
        }
        Ok(Value::Array(items))
    }

    fn members(&mut self, mapping: &Bound<'_, PyAny>) -> Result<Value> {
        let mut members = Map::new();
        let items = mapping.call_method0("items").and_then(|items| items.try_iter());
        let items = items.map_err(|error| self.unreadable(mapping, "a dict", error))?;
        // Never as a list: a mapping of the caller's own may go on for ever.
        for item in items {
            if self.is_full() {
                break;
            }
            let item = item.map_err(|error| self.unreadable(mapping, "a dict", error))?;
            let [key, member] = self.pair(&item)?;
            match key.cast::<PyString>().ok().and_then(|text| text.to_str().ok().map(str::to_owned)) {
                Some(name) => {
                    let step = argument::member("", &name);
                    let member = self.within(step, &member)?;
                    members.insert(name, member);
                }
                None if self.problems.len() < PROBLEMS_MAX => {
                    let shown = shown(&key)?;
                    let message = |place: &str| format!("invalid key `{shown}` of `{place}`: expected text");
                    self.note(message, "use text for keys");
                }
                None => {}
            }
        }
        Ok(Value::Object(members))
    }

    fn unreadable(&self, value: &Bound<'_, PyAny>, expected: &str, error: PyErr) -> Failure {
        argument::unreadable(&self.place(), value, expected, error)
    }

    /// A key and its value.
    fn pair<'py>(&self, item: &Bound<'py, PyAny>) -> Result<[Bound<'py, PyAny>; 2]> {
        // Only an error wants the place, and there may be a million pairs.
        if let Ok(pair) = item.cast_exact::<PyTuple>()
            && let Ok(pair) = pair.extract::<(Bound<'py, PyAny>, Bound<'py, PyAny>)>()
        {
            return Ok(pair.into());
        }
        tuple(Class::Input, &self.place(), item, "pairs of a key and a value")
    }

    /// A number of another library, or a `Decimal`.
    fn foreign(&mut self, value: &Bound<'_, PyAny>) -> Result<Value> {
        // A whole number, before `Decimal` takes the object's text for one.
        if argument::has(value, "__index__") && !argument::is_truth(value) {
            match value.extract::<i64>() {
                Ok(number) => return Ok(number.into()),
                Err(error) if passes_through(&error, value.py()) => return Err(error.into()),
                Err(_) => {}
            }
        }
        if argument::is_decimal(value)? {
            match value.str().and_then(|text| Ok(text.to_str()?.to_owned())) {
                // Infinity and what is not a number have a text too.
                Ok(text) if value.extract::<Decimal>().is_ok() => return Ok(Value::String(text)),
                Err(error) if passes_through(&error, value.py()) => return Err(error.into()),
                _ => return self.refuse(value, "a number of at most 28 digits", "write it as text"),
            }
        }
        self.refuse(value, PLAIN, "use dict, list, str, int, float, bool, None or Decimal")
    }
}
