//! Values as errors show them: on one line, and no more of them than a person reads.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PySet, PySlice, PyString, PyTuple};

use crate::error::passes_through;

/// The most characters of a value that an error shows.
pub(crate) const SHOWN_MAX: usize = 80;

/// A value as an error shows it: its `repr` on one line, truncated, or its type if it has none.
///
/// # Errors
/// What Python raises meanwhile and says nothing about the value: a Ctrl-C, an exit, a lack of memory.
pub(crate) fn shown(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let mut text = String::new();
    write_shown(value, &mut text, 0)?;
    Ok(one_line(&text))
}

/// A text as an error shows it: on one line, truncated.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::new();
    let mut rest = text.chars();
    for character in rest.by_ref().take(SHOWN_MAX) {
        if character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    if rest.next().is_some() {
        line.push('…');
    }
    line
}

/// Lists in lists that an error shows.
const SHOWN_DEPTH_MAX: usize = 6;

/// Writes the `repr` of a value, and not much more of it than an error shows: a list may hold one list twice, which may hold another
/// twice.
fn write_shown(value: &Bound<'_, PyAny>, text: &mut String, depth: usize) -> PyResult<()> {
    let py = value.py();
    if let Ok(own) = value.cast::<PyString>() {
        let head = match own.to_str() {
            Err(_) if own.is_exact_instance_of::<PyString>() => {
                own.get_item(PySlice::new(py, 0, 2 * SHOWN_MAX as isize, 1))?
            }
            // What a class of the caller's makes of its text is not asked.
            _ => {
                let head: String = own.to_string_lossy().chars().take(2 * SHOWN_MAX).collect();
                PyString::new(py, &head).into_any()
            }
        };
        text.push_str(head.repr()?.to_str()?);
        return Ok(());
    }
    if let Ok(list) = value.cast::<PyList>() {
        return write_items(list.iter(), ["[", "]"], text, depth);
    }
    if let Ok(tuple) = value.cast::<PyTuple>() {
        let end = if tuple.len() == 1 { ",)" } else { ")" };
        return write_items(tuple.iter(), ["(", end], text, depth);
    }
    if let Ok(dict) = value.cast_exact::<PyDict>() {
        text.push('{');
        for (index, (key, member)) in dict.iter().enumerate() {
            if !begins(index, text, depth) {
                break;
            }
            write_shown(&key, text, depth + 1)?;
            text.push_str(": ");
            write_shown(&member, text, depth + 1)?;
        }
        text.push('}');
        return Ok(());
    }
    if let Ok(set) = value.cast_exact::<PySet>()
        && !set.is_empty()
    {
        return write_items(set.iter(), ["{", "}"], text, depth);
    }
    // An integer of thousands of digits and an object with a broken `__repr__` have no text.
    match value.repr().and_then(|own| Ok(own.to_str()?.chars().take(2 * SHOWN_MAX).collect::<String>())) {
        Ok(own) => text.push_str(&own),
        Err(error) if passes_through(&error, py) => return Err(error),
        Err(_) => text.push_str(&format!("<{}>", kind(value))),
    }
    Ok(())
}

fn write_items<'py>(
    items: impl Iterator<Item = Bound<'py, PyAny>>,
    [open, close]: [&str; 2],
    text: &mut String,
    depth: usize,
) -> PyResult<()> {
    text.push_str(open);
    for (index, item) in items.enumerate() {
        if !begins(index, text, depth) {
            break;
        }
        write_shown(&item, text, depth + 1)?;
    }
    text.push_str(close);
    Ok(())
}

/// Writes what stands before an item, or that there are more of them than an error shows.
fn begins(index: usize, text: &mut String, depth: usize) -> bool {
    if index > 0 {
        text.push_str(", ");
    }
    // What the error does not show is not made.
    let goes_on = depth < SHOWN_DEPTH_MAX && text.len() <= 4 * SHOWN_MAX;
    if !goes_on {
        text.push('…');
    }
    goes_on
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

/// The name of the type of a value.
fn kind(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "unknown".to_owned(), |name| name.to_string())
}
