//! Converters for the whole-number arguments of finance, each with its name and range, because `from_py_with` does not pass the name.

use std::collections::BTreeMap;

use pyo3::prelude::*;
use securebase_core::capacity::TENANTS_MAX;
use securebase_core::finance::inputs::bounds;

use crate::argument;
use crate::convert::{PROBLEMS_MAX, any_count, count, shown};
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

/// Numbers of tenants to aim for, or `None` for the reports' own.
pub(crate) fn targets(value: &Bound<'_, PyAny>) -> PyResult<Option<Vec<u32>>> {
    numbers("targets", value, |index, item| {
        any_count(Class::Finance, &format!("targets[{index}]"), item, 1..=TENANTS_MAX)
    })
}

/// Numbers of tenants to staff, or `None` for the reports' own.
pub(crate) fn staffed(value: &Bound<'_, PyAny>) -> PyResult<Option<Vec<u32>>> {
    numbers("tenants", value, |index, item| {
        count(Class::Finance, &format!("tenants[{index}]"), item, bounds::TENANTS)
    })
}

fn numbers(
    name: &str,
    value: &Bound<'_, PyAny>,
    read: impl Fn(usize, &Bound<'_, PyAny>) -> Result<u32>,
) -> PyResult<Option<Vec<u32>>> {
    optional(value, |value| {
        let items = argument::items(Class::Finance, name, value, TARGETS_MAX, |_, item| Ok(item))?;
        every(items.iter().enumerate().map(|(index, item)| read(index, item)))
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
            Ok((tenants, argument::number(Class::Finance, "minutes", &minutes)?))
        })?;
        let one = |(tenants, minutes): &(Bound<'_, PyAny>, f64)| {
            Ok((any_count(Class::Finance, "minutes", tenants, 1..=TENANTS_MAX)?, *minutes))
        };
        Ok(every(items.iter().map(one))?.into_iter().collect())
    })
}

/// Numbers of tenants by tier, from a dict.
pub(super) fn mix(name: &str, counts: &Bound<'_, PyAny>) -> Result<Vec<(String, u32)>> {
    let items =
        argument::pairs(Class::Finance, name, counts, TIERS_MAX, |tier, tenants| Ok((tier, tenants)))?;
    every(items.iter().map(|(tier, tenants)| {
        let Ok(tier) = argument::key(Class::Finance, name, tier) else {
            let message = format!("invalid tier `{}`: expected its name", shown(tier));
            return Err(Failure::at(Class::Finance, "finance-unknown", name, &message, "use text for keys"));
        };
        let tenants = count(Class::Finance, &format!("{name}[{tier:?}]"), tenants, bounds::TENANTS)?;
        Ok((tier, tenants))
    }))
}
