//! Converters for the whole-number arguments of finance, each with its name and range, because `from_py_with` does not pass the name.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use pyo3::prelude::*;
use securebase_core::capacity::TENANTS_MAX;
use securebase_core::finance::inputs::bounds;

use crate::argument;
use crate::convert::{PROBLEMS_MAX, any_count, bounds as bounds_of, count, outside, whole};
use crate::error::{Class, Failure, Result};

macro_rules! counts {
    ($($name:ident: $type:ty = $range:expr;)*) => {
        $(pub(crate) fn $name(value: &Bound<'_, PyAny>) -> PyResult<$type> {
            Ok(count(Class::Finance, stringify!($name), value, $range)?)
        })*
    };
}

counts! {
    months: u32 = bounds::MONTHS;
    trials: u64 = bounds::TRIALS;
    first_trial: u64 = bounds::FIRST_TRIAL;
    seed: u64 = 0..=u64::MAX;
}

fn optional<T>(
    value: &Bound<'_, PyAny>,
    read: impl Fn(&Bound<'_, PyAny>) -> Result<T>,
) -> PyResult<Option<T>> {
    Ok(if value.is_none() { None } else { Some(read(value)?) })
}

/// The month of a tenant's life, or `None` for a month in which stored logs have reached their retention.
pub(crate) fn age(value: &Bound<'_, PyAny>) -> PyResult<Option<u32>> {
    optional(value, |value| count(Class::Finance, "age", value, bounds::AGE))
}

/// A month ahead, or `None` for today.
pub(crate) fn optional_months(value: &Bound<'_, PyAny>) -> PyResult<Option<u32>> {
    optional(value, |value| count(Class::Finance, "months", value, bounds::MONTHS))
}

/// The length of a block's prefix, or `None` for the zone's own.
pub(crate) fn prefix_len(value: &Bound<'_, PyAny>) -> PyResult<Option<u8>> {
    optional(value, |value| count(Class::Finance, "prefix_len", value, 0..=32))
}

/// The most numbers of tenants that one call takes.
const TARGETS_MAX: usize = 100_000;
/// The most tiers that a map of tiers may name: many more than any zone has.
const TIERS_MAX: usize = 1_000;

/// Every value, or all the failures at once.
pub(super) fn every<T>(values: impl Iterator<Item = Result<T>>) -> Result<Vec<T>> {
    let (mut good, mut failures, mut count) = (Vec::new(), Vec::new(), 0);
    for value in values {
        match value {
            Ok(value) => good.push(value),
            Err(Failure::Python(error)) => return Err(error.into()),
            Err(failure) => {
                count += 1;
                if failures.len() < PROBLEMS_MAX {
                    failures.push(failure);
                }
            }
        }
    }
    Failure::all(failures, count).map_or(Ok(good), Err)
}

/// How many values are read between two looks whether the caller wants to end.
const VALUES_AT_ONCE: usize = 1 << 12;

/// Every whole number that `fits`, or all the failures at once. Those beyond what an error lists are counted and not worded.
fn every_whole<'a, 'py: 'a>(
    values: impl Iterator<Item = (String, &'a Bound<'py, PyAny>)>,
    range: RangeInclusive<u32>,
    fits: impl Fn(u32) -> bool,
) -> Result<Vec<u32>> {
    let (mut good, mut failures, mut count) = (Vec::new(), Vec::new(), 0);
    for (index, (name, value)) in values.enumerate() {
        if (index + 1).is_multiple_of(VALUES_AT_ONCE) {
            value.py().check_signals()?;
        }
        match whole(value)?.and_then(|number| u32::try_from(number).ok()).filter(|number| fits(*number)) {
            Some(number) => good.push(number),
            None => {
                count += 1;
                if failures.len() < PROBLEMS_MAX {
                    match outside(Class::Finance, &name, value, bounds_of(&range)) {
                        // A Ctrl-C that arrives while the error is worded.
                        Failure::Python(error) => return Err(error.into()),
                        failure => failures.push(failure),
                    }
                }
            }
        }
    }
    Failure::all(failures, count).map_or(Ok(good), Err)
}

/// Numbers of tenants to aim for, or `None` for the reports' own. The core checks their range with the other options.
pub(crate) fn targets(value: &Bound<'_, PyAny>) -> PyResult<Option<Vec<u32>>> {
    numbers("targets", value, 1..=TENANTS_MAX, |_| true)
}

/// Numbers of tenants to staff, or `None` for the reports' own.
pub(crate) fn staffed(value: &Bound<'_, PyAny>) -> PyResult<Option<Vec<u32>>> {
    numbers("tenants", value, bounds::TENANTS, |number| bounds::TENANTS.contains(&number))
}

fn numbers(
    name: &str,
    value: &Bound<'_, PyAny>,
    range: RangeInclusive<u32>,
    fits: impl Fn(u32) -> bool,
) -> PyResult<Option<Vec<u32>>> {
    optional(value, |value| {
        let items = argument::items(Class::Finance, name, value, TARGETS_MAX, |_, item| Ok(item))?;
        let named = items.iter().enumerate().map(|(index, item)| (format!("{name}[{index}]"), item));
        every_whole(named, range.clone(), &fits)
    })
}

/// The least and the largest value of a lever: `between`.
pub(crate) fn between(value: &Bound<'_, PyAny>) -> PyResult<(f64, f64)> {
    let expected = "a pair of numbers, the least and the largest";
    let [low, high] = argument::tuple(Class::Finance, "between", value, expected)?;
    let number = |value: &Bound<'_, PyAny>| argument::number(Class::Finance, "between", value);
    Ok((number(&low)?, number(&high)?))
}

/// How many rehearsals make a deployment time.
pub(crate) fn rehearsals(value: &Bound<'_, PyAny>) -> PyResult<usize> {
    Ok(any_count(Class::Finance, "rehearsals", value, 1..=10_000)?)
}

/// Measured deployment times by number of tenants, from a dict.
pub(crate) fn minutes(value: &Bound<'_, PyAny>) -> PyResult<Option<BTreeMap<u32, f64>>> {
    optional(value, |value| {
        let items = argument::pairs(Class::Finance, "minutes", value, TARGETS_MAX, |tenants, minutes| {
            Ok((tenants, minutes))
        })?;
        let named = items.iter().map(|(tenants, _)| ("minutes".to_owned(), tenants));
        let tenants = every_whole(named, 1..=TENANTS_MAX, |_| true)?;
        let minutes = tenants.into_iter().zip(&items).map(|(tenants, (_, minutes))| {
            Ok((tenants, argument::number(Class::Finance, "minutes", minutes)?))
        });
        Ok(every(minutes)?.into_iter().collect())
    })
}

/// Numbers of tenants by tier, from a dict.
pub(super) fn mix(name: &str, counts: &Bound<'_, PyAny>) -> Result<Vec<(String, u32)>> {
    let items =
        argument::pairs(Class::Finance, name, counts, TIERS_MAX, |tier, tenants| Ok((tier, tenants)))?;
    every(items.iter().map(|(tier, tenants)| {
        let tier = argument::key(Class::Finance, name, tier)?;
        let tenants = count(Class::Finance, &argument::entry(name, &tier), tenants, bounds::TENANTS)?;
        Ok((tier, tenants))
    }))
}
