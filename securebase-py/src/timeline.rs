//! How long a plan takes.

use std::collections::BTreeMap;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple, PyType};
use securebase_core::model::{Address, Problems};
use securebase_core::timeline::{Rehearsal, Spread as CoreSpread, Timeline as CoreTimeline};

use crate::argument::{self, ITEMS_MAX};
use crate::convert::{count, from_json, to_json};
use crate::error::{Class, Failure, OfArgument as _, Result};
use crate::table::Table;

/// Seconds: always the same, or minimum, usual value and maximum.
#[derive(Clone, Copy)]
pub(crate) enum Seconds {
    Always(f64),
    Range(f64, f64, f64),
}

impl Seconds {
    fn of(name: &str, value: &Bound<'_, PyAny>) -> Result<Self> {
        if !value.is_instance_of::<PyTuple>() && !value.is_instance_of::<PyList>() {
            return Ok(Self::Always(argument::number(Class::Input, name, value)?));
        }
        let expected = "seconds, or a minimum, the usual value and a maximum";
        let [min, typical, max] = argument::tuple(Class::Input, name, value, expected)?;
        let number = |value: &Bound<'_, PyAny>| argument::number(Class::Input, name, value);
        Ok(Self::Range(number(&min)?, number(&typical)?, number(&max)?))
    }
}

/// Latencies by name, or none: `latencies`.
pub(crate) fn latencies(value: &Bound<'_, PyAny>) -> PyResult<Option<BTreeMap<String, Seconds>>> {
    Ok(named_latencies("latencies", value)?)
}

fn named_latencies(name: &str, value: &Bound<'_, PyAny>) -> Result<Option<BTreeMap<String, Seconds>>> {
    if value.is_none() {
        return Ok(None);
    }
    let read = |key: Bound<'_, PyAny>, member: Bound<'_, PyAny>| {
        let key = argument::key(Class::Input, name, &key)?;
        let seconds = Seconds::of(&argument::member(name, &key), &member)?;
        Ok((key, seconds))
    };
    Ok(Some(argument::pairs(Class::Input, name, value, ITEMS_MAX, read)?.into_iter().collect()))
}

/// Under which circumstances a plan is rehearsed, as Python says it.
#[derive(Default)]
pub(crate) struct Circumstances {
    /// What the caller calls them, where they are one case of several.
    pub(crate) case: Option<String>,
    pub(crate) usual: bool,
    pub(crate) limits: Option<BTreeMap<String, f64>>,
    pub(crate) latencies: Option<BTreeMap<String, Seconds>>,
}

impl Circumstances {
    /// The circumstances in a dict of `usual`, `limits` and `latencies`, any of which may be absent.
    pub(crate) fn of(case_name: &str, case: &Bound<'_, PyAny>) -> Result<Self> {
        let name = argument::entry("cases", case_name);
        let mut circumstances = Self { case: Some(name.clone()), ..Self::default() };
        argument::pairs(Class::Input, &name, case, ITEMS_MAX, |key, value| {
            match argument::key(Class::Input, &name, &key)?.as_str() {
                "usual" => circumstances.usual = argument::flag_at(&format!("{name}.usual"), &value)?,
                "limits" => {
                    circumstances.limits = argument::numbers_by_name(&format!("{name}.limits"), &value)?;
                }
                "latencies" => {
                    circumstances.latencies = named_latencies(&format!("{name}.latencies"), &value)?;
                }
                _ => {
                    return Err(argument::worded(&key, |shown| {
                        let expected = "`usual`, `limits` or `latencies`";
                        let message =
                            format!("invalid circumstance `{shown}` in `{name}`: expected {expected}");
                        let hint = "use `usual`, `limits` and `latencies`";
                        Failure::at(Class::Input, "circumstance-unknown", &name, &message, hint)
                    }));
                }
            }
            Ok(())
        })?;
        Ok(circumstances)
    }

    /// The core's rehearsal, or everything that is wrong with the circumstances.
    pub(crate) fn rehearsal(self, seed: u64) -> Result<Rehearsal> {
        let mut rehearsal = Rehearsal::new(seed);
        if self.usual {
            rehearsal = rehearsal.usual();
        }
        let mut problems = Vec::new();
        let within =
            |name: &str| self.case.as_ref().map_or_else(|| name.to_owned(), |case| format!("{case}.{name}"));
        let (limits_place, latencies_place) = (within("limits"), within("latencies"));
        for (name, seconds) in self.latencies.into_iter().flatten() {
            let (min, typical, max) = match seconds {
                Seconds::Always(seconds) => (seconds, seconds, seconds),
                Seconds::Range(min, typical, max) => (min, typical, max),
            };
            let error = rehearsal.latencies.set(&name, min, typical, max).err();
            problems.extend(error.map(|error| error.problem(&latencies_place)));
        }
        for (name, value) in self.limits.into_iter().flatten() {
            match rehearsal.clone().limit(&name, value) {
                Ok(limited) => rehearsal = limited,
                Err(error) => problems.push(error.problem(&limits_place)),
            }
        }
        if problems.is_empty() { Ok(rehearsal) } else { Err(Problems(problems).into()) }
    }
}

/// The number of seeds for rehearsals: `count`.
pub(crate) fn rehearsals(value: &Bound<'_, PyAny>) -> PyResult<usize> {
    Ok(count(Class::Input, "count", value, 1..=10_000)?)
}

/// Which chance: `seed`.
pub(crate) fn seed(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    Ok(count(Class::Input, "seed", value, 0..=u64::MAX)?)
}

/// How long a plan takes over many seeds.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct Spread(pub(crate) CoreSpread);

#[pymethods]
impl Spread {
    /// Every makespan in seconds, the shortest first.
    #[getter]
    fn makespan_seconds(&self) -> Vec<f64> {
        self.0.makespans.iter().map(Duration::as_secs_f64).collect()
    }

    /// What bounds the makespan most often.
    #[getter]
    fn bound_by(&self) -> &str {
        &self.0.bound_by
    }

    /// The seconds that a share `p` of the seeds, from 0 to 1, does not exceed: 0.9 is the ninetieth percentile.
    #[pyo3(signature = (p))]
    fn percentile(&self, #[pyo3(from_py_with = argument::number::p)] p: f64) -> Result<f64> {
        Ok(self.0.percentile(p).of("p")?.as_secs_f64())
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<Spread of {} rehearsals>", self.0.makespans.len())
    }

    #[classmethod]
    fn _from_json(
        _class: &Bound<'_, PyType>,
        #[pyo3(from_py_with = argument::text::text)] text: &str,
    ) -> Result<Self> {
        from_json(text).map(Self)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("_from_json")?, (to_json(&slf.get().0)?,)))
    }
}

/// How long a plan takes, and why: the executor itself, in virtual time.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct Timeline(pub(crate) CoreTimeline);

#[pymethods]
impl Timeline {
    /// From the first call to the end.
    #[getter]
    fn makespan_seconds(&self) -> f64 {
        self.0.makespan.as_secs_f64()
    }

    /// No schedule can be shorter.
    #[getter]
    fn lower_bound_seconds(&self) -> f64 {
        self.0.lower_bound().as_secs_f64()
    }

    /// What makes the lower bound: steps that wait for each other, or the name of a quota.
    #[getter]
    fn bound_by(&self) -> &str {
        self.0.bound_by()
    }

    /// The addresses of the steps that ended last, each having waited for the one before.
    #[getter]
    fn critical_path(&self) -> Vec<&str> {
        self.0.critical_path.iter().map(Address::as_str).collect()
    }

    /// When each step is carried out: `address, kind, action, tenant, start_seconds, end_seconds`.
    #[getter]
    fn intervals(&self) -> Result<Table> {
        Ok(self.0.table()?.into())
    }

    /// The intervals, as `intervals`.
    fn to_arrow(&self) -> Result<Table> {
        self.intervals()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<Timeline of {:.0} s>", self.makespan_seconds())
    }

    /// What no schedule can beat, the tightest first: what makes the bound, and seconds.
    #[getter]
    fn bounds(&self) -> Vec<(&str, f64)> {
        self.0.bounds.iter().map(|bound| (bound.what.as_str(), bound.at_least.as_secs_f64())).collect()
    }

    /// For how many seconds each new account stood outside its organizational unit, by address.
    #[getter]
    fn unguarded_seconds(&self) -> BTreeMap<String, f64> {
        let unguarded = self.0.unguarded.iter();
        unguarded.map(|(address, took)| (address.to_string(), took.as_secs_f64())).collect()
    }

    /// A Gantt chart as text: a row for the organization and one for each tenant.
    fn gantt(&self) -> String {
        self.0.gantt_text()
    }

    /// The same as SVG.
    fn to_svg(&self) -> String {
        self.0.gantt_svg()
    }

    fn _repr_html_(&self) -> String {
        self.0.gantt_svg()
    }

    #[classmethod]
    fn _from_json(
        _class: &Bound<'_, PyType>,
        #[pyo3(from_py_with = argument::text::text)] text: &str,
    ) -> Result<Self> {
        from_json(text).map(Self)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("_from_json")?, (to_json(&slf.get().0)?,)))
    }
}
