//! The business model, a month, and the future.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{IntoPyDict as _, PyDict, PyTuple, PyType};
use securebase_core::capacity::{CapacityOptions, SCALING_PATH};
use securebase_core::finance::{Age, Assumption, Goal, Metric, SCENARIOS_MAX};
use securebase_core::model::{NetworkFeatures, Tier};
use securebase_core::timeline::Rehearsal;

use super::assumptions::Assumptions;
use super::capacity::CapacityPlan;
use super::core;
use super::count::{self, mix};
use super::frame::{arguments, kept, rows};
use super::growth::Growth;
use super::month::Month;
use super::simulation::Simulation;
use crate::argument;
use crate::convert::to_python;
use crate::error::{Class, OfArgument as _, Result};
use crate::model::LandingZone;
use crate::problem::Problem;
use crate::runtime::{compute, leave};
use crate::table::Table;

/// The most levers of a sweep: with two values each they would be more than a million combinations.
const LEVERS_MAX: usize = 1_000;

/// What a landing zone earns and costs under a set of assumptions.
#[pyclass(frozen, eq, module = "securebase.finance")]
pub(crate) struct Model {
    pub(super) core: Arc<core::Model>,
    /// The call that made it, which a pickle repeats.
    call: Py<PyAny>,
    arguments: Py<PyTuple>,
}

/// Equal if the numbers are equal, regardless of the calls that made them.
impl PartialEq for Model {
    fn eq(&self, other: &Self) -> bool {
        self.core == other.core
    }
}

/// The tiers a zone has, or the shipped.
fn tiers(zone: Option<&Bound<'_, LandingZone>>) -> Vec<Tier> {
    zone.map_or_else(|| Tier::shipped().to_vec(), |zone| zone.get().0.tiers.clone())
}

/// What a tenant's network has: as in the zone, where there is one with networks.
fn network(zone: Option<&Bound<'_, LandingZone>>, networked: bool) -> Option<NetworkFeatures> {
    networked.then(|| zone.and_then(|zone| zone.get().0.network).unwrap_or_default())
}

/// The same model with everything else of a zone.
fn settings(core: core::Model, zone: Option<&Bound<'_, LandingZone>>) -> core::Model {
    match zone {
        Some(zone) => core.with_settings(&zone.get().0),
        None => core,
    }
}

/// A call with optional keyword arguments, for a pickle to repeat.
fn call<'py>(
    class: &Bound<'py, PyType>,
    method: &str,
    positional: impl IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error = PyErr>,
) -> PyResult<(Py<PyAny>, Py<PyTuple>)> {
    Ok((class.getattr(method)?.unbind(), positional.into_pyobject(class.py())?.unbind()))
}

impl Model {
    pub(super) fn growth(&self, growth: Option<&Bound<'_, Growth>>) -> Result<core::Growth> {
        growth
            .map_or_else(|| Ok(core::Growth::shipped().clone()), |growth| growth.get().for_model(&self.core))
    }

    fn from_core(core: core::Model, made_by: (Py<PyAny>, Py<PyTuple>)) -> Self {
        Self { core: Arc::new(core), call: made_by.0, arguments: made_by.1 }
    }
}

#[pymethods]
impl Model {
    /// The tenants of a zone under a set of assumptions.
    #[new]
    #[pyo3(signature = (zone, assumptions))]
    fn new(
        py: Python<'_>,
        zone: &Bound<'_, LandingZone>,
        assumptions: &Bound<'_, Assumptions>,
    ) -> Result<Self> {
        let (landing_zone, assumed) = (Arc::clone(&zone.get().0), assumptions.get().core.clone());
        let core = leave(py, move || core::Model::new(&landing_zone, assumed))??;
        let class = py.get_type::<Self>();
        let arguments = (zone, assumptions).into_pyobject(py)?.unbind();
        Ok(Self::from_core(core, (class.into_any().unbind(), arguments)))
    }

    /// A model with a number of tenants of each tier, from a dict; the tiers are those of `zone`, or the shipped ones.
    #[classmethod]
    #[pyo3(signature = (tenants, assumptions, zone = None, networked = true))]
    fn of_mix(
        class: &Bound<'_, PyType>,
        tenants: &Bound<'_, PyAny>,
        assumptions: &Bound<'_, Assumptions>,
        zone: Option<&Bound<'_, LandingZone>>,
        networked: bool,
    ) -> Result<Self> {
        let counts = mix("tenants", tenants)?;
        let mix: Vec<(&str, u32)> = counts.iter().map(|(tier, count)| (tier.as_str(), *count)).collect();
        let assumed = assumptions.get().core.clone();
        let core =
            core::Model::of_mix(&tiers(zone), &mix, network(zone, networked), assumed).of("tenants")?;
        let core = settings(core, zone);
        let made_by = call(class, "of_mix", (mix.into_py_dict(class.py())?, assumptions, zone, networked))?;
        Ok(Self::from_core(core, made_by))
    }

    /// The tenants of a data frame (pandas, polars, or any list of dicts) with the columns `tenant` (or `key`, as in
    /// `zone.to_arrow()`), `tier` and, where a price is not its tier's, `monthly_price`. A float there is taken as it prints.
    #[classmethod]
    #[pyo3(signature = (frame, assumptions, zone = None, networked = true))]
    fn from_frame(
        class: &Bound<'_, PyType>,
        frame: &Bound<'_, PyAny>,
        assumptions: &Bound<'_, Assumptions>,
        zone: Option<&Bound<'_, LandingZone>>,
        networked: bool,
    ) -> Result<Self> {
        let (rows, tiers) = (rows(frame)?, tiers(zone));
        let assumed = assumptions.get().core.clone();
        let network = network(zone, networked);
        let (core, rows) =
            leave(class.py(), move || (core::Model::of_rows(&tiers, &rows, network, assumed), rows))?;
        let core = core?;
        let core = settings(core, zone);
        let made_by = call(class, "from_frame", (kept(class.py(), &rows)?, assumptions, zone, networked))?;
        Ok(Self::from_core(core, made_by))
    }

    /// The same with other numbers of tenants, by tier; omitted tiers have none.
    #[pyo3(signature = (tenants, /))]
    fn with_tenants(slf: &Bound<'_, Self>, tenants: &Bound<'_, PyAny>) -> Result<Self> {
        let core = &slf.get().core;
        let given = mix("tenants", tenants)?;
        let counts = core.counts_by_name(given.iter().map(|(tier, count)| (tier.as_str(), *count)));
        let counts = counts.of("tenants")?;
        let made_by = (
            slf.getattr("with_tenants")?.unbind(),
            (given.into_py_dict(slf.py())?,).into_pyobject(slf.py())?.unbind(),
        );
        Ok(Self::from_core(core.with_counts(&counts)?, made_by))
    }

    /// How many tenants each tier has.
    #[getter]
    fn tenants(&self) -> BTreeMap<&str, u32> {
        let names = self.core.tiers().iter().map(|tier| tier.name.as_str());
        names.zip(self.core.tenants_by_tier()).collect()
    }

    /// One warning for each region whose prices are borrowed from another one, wholly or in part.
    #[getter]
    fn warnings(&self) -> Vec<Problem> {
        self.core.warnings().into_iter().map(Problem::from).collect()
    }

    /// The currency of every amount.
    #[getter]
    fn currency(&self) -> String {
        self.core.currency().to_string()
    }

    /// A month's profit and loss. Stored logs grow until their retention ends: without an `age` they have, with one it is
    /// that month of every tenant's life, from 1.
    #[pyo3(signature = (*, age = None))]
    fn month(slf: &Bound<'_, Self>, #[pyo3(from_py_with = count::age)] age: Option<u32>) -> Result<Month> {
        let age_of = age.map_or(Age::Steady, Age::Month);
        let own = Arc::clone(&slf.get().core);
        let core = leave(slf.py(), move || own.month_at(age_of))??;
        Ok(Month { core: Arc::new(core), model: slf.clone().unbind(), age })
    }

    /// Months ahead, one row each.
    #[pyo3(signature = (*, months = 12, growth = None))]
    fn forecast(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = count::months)] months: u32,
        growth: Option<&Bound<'_, Growth>>,
    ) -> Result<Table> {
        let growth = self.growth(growth)?;
        Ok(compute(py, |interrupt| self.core.until(interrupt).forecast(months, &growth)?.table())??.into())
    }

    /// The cohorts behind a forecast: one row for each tier, month of start and month.
    #[pyo3(signature = (*, months = 12, growth = None))]
    fn cohorts(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = count::months)] months: u32,
        growth: Option<&Bound<'_, Growth>>,
    ) -> Result<Table> {
        let growth = self.growth(growth)?;
        let cohorts =
            compute(py, |interrupt| self.core.until(interrupt).forecast(months, &growth)?.cohorts_table())??;
        Ok(cohorts.into())
    }

    /// The first month by whose end profits have made up for losses, `None` where none within the horizon has.
    #[pyo3(signature = (*, months = 60, growth = None))]
    fn break_even_month(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = count::months)] months: u32,
        growth: Option<&Bound<'_, Growth>>,
    ) -> Result<Option<u32>> {
        let growth = self.growth(growth)?;
        let forecast = compute(py, |interrupt| self.core.until(interrupt).forecast(months, &growth))??;
        Ok(forecast.break_even_month())
    }

    /// The number of tenants of a tier, alone in the organization, from which profit lasts; `None` if a thousand tenants make a
    /// loss.
    #[pyo3(signature = (tier, /))]
    fn break_even_tenants(
        &self,
        #[pyo3(from_py_with = argument::text::tier)] tier: &str,
    ) -> Result<Option<u32>> {
        self.core.break_even_tenants(tier).of("tier")
    }

    /// The numbers of tenants at which a tier, alone in the organization, breaks even: `lasting`, the number from which profit
    /// lasts; `first`, the first number that makes no loss; `lost_again_at`, the numbers at which a step in cost makes a loss again.
    #[pyo3(signature = (tier, /))]
    fn break_even<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = argument::text::tier)] tier: &str,
    ) -> Result<Bound<'py, PyDict>> {
        let found = self.core.break_even(tier).of("tier")?;
        let details = PyDict::new(py);
        details.set_item("lasting", found.lasting)?;
        details.set_item("first", found.first)?;
        details.set_item("lost_again_at", found.lost_again_at)?;
        Ok(details)
    }

    /// A Monte Carlo simulation: a table of percentiles by month and metric, whose `samples()` has a row for each trial. Trials are
    /// numbered from `first_trial`: ranges of them, computed anywhere, join to exactly the whole.
    #[pyo3(signature = (*, trials = 10_000, months = 12, seed = 0, first_trial = 0, growth = None))]
    fn simulate(
        slf: &Bound<'_, Self>,
        #[pyo3(from_py_with = count::trials)] trials: u64,
        #[pyo3(from_py_with = count::months)] months: u32,
        #[pyo3(from_py_with = count::seed)] seed: u64,
        #[pyo3(from_py_with = count::first_trial)] first_trial: u64,
        growth: Option<&Bound<'_, Growth>>,
    ) -> Result<Py<Simulation>> {
        let py = slf.py();
        let assumed = slf.get().growth(growth)?;
        let model = &slf.get().core;
        let (core, table) = compute(py, |interrupt| {
            let simulation = model.until(interrupt).simulate(trials, months, seed, first_trial, &assumed)?;
            let table = simulation.table()?;
            Ok::<_, core::Error>((simulation, table))
        })??;
        let arguments = arguments(
            py,
            &[
                ("trials", trials.into_pyobject(py).map_err(PyErr::from)?.into_any()),
                ("months", months.into_pyobject(py).map_err(PyErr::from)?.into_any()),
                ("seed", seed.into_pyobject(py).map_err(PyErr::from)?.into_any()),
                ("first_trial", first_trial.into_pyobject(py).map_err(PyErr::from)?.into_any()),
                (
                    "growth",
                    growth.map_or_else(|| py.None().into_bound(py), |growth| growth.clone().into_any()),
                ),
            ],
        )?;
        let own = Simulation { core, model: slf.clone().unbind(), arguments: arguments.unbind() };
        Ok(Py::new(py, PyClassInitializer::from(Table::from(table)).add_subclass(own))?)
    }

    /// Every number of the assumptions that has a path, for `Growth(uncertain=…)`: `path, value`.
    #[pyo3(signature = (*, growth = None))]
    fn assumptions(&self, py: Python<'_>, growth: Option<&Bound<'_, Growth>>) -> Result<Table> {
        let growth = self.growth(growth)?;
        let core = Arc::clone(&self.core);
        Ok(leave(py, move || core.assumptions_table(&growth))??.into())
    }

    /// Which uncertain assumption moves a metric of the last month most, in order of the swing.
    #[pyo3(signature = (*, metric = "operating_margin", months = 12, growth = None))]
    fn tornado(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = argument::text::metric)] metric: &str,
        #[pyo3(from_py_with = count::months)] months: u32,
        growth: Option<&Bound<'_, Growth>>,
    ) -> Result<Table> {
        let (metric, growth): (Metric, _) = (metric.parse().of("metric")?, self.growth(growth)?);
        Ok(compute(py, |interrupt| self.core.until(interrupt).tornado(metric, months, &growth))??.into())
    }

    /// The value of a lever at which a metric of the last month is at least `target` in a share `confidence` of the trials. A
    /// lever is a factor such as `price`, or any path that `assumptions` lists, put at the value listed there.
    #[pyo3(signature = (lever, *, target, between, metric = "operating_margin", confidence = 0.95, months = 12, trials = 2_000, seed = 0, growth = None))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python method")]
    fn goal_seek(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = argument::text::lever)] lever: &str,
        #[pyo3(from_py_with = argument::number::target)] target: f64,
        #[pyo3(from_py_with = count::between)] between: (f64, f64),
        #[pyo3(from_py_with = argument::text::metric)] metric: &str,
        #[pyo3(from_py_with = argument::number::confidence)] confidence: f64,
        #[pyo3(from_py_with = count::months)] months: u32,
        #[pyo3(from_py_with = count::trials)] trials: u64,
        #[pyo3(from_py_with = count::seed)] seed: u64,
        growth: Option<&Bound<'_, Growth>>,
    ) -> Result<f64> {
        let growth = self.growth(growth)?;
        let (lever, metric) = (lever.parse().of("lever")?, metric.parse().of("metric")?);
        let goal = Goal { lever, between, metric, target, confidence, months, trials, seed };
        Ok(compute(py, |interrupt| self.core.until(interrupt).goal_seek(&goal, &growth))??)
    }

    /// Expected figures of the last month for every combination of lever values, from a dict of lists; levers as for
    /// `goal_seek`.
    #[pyo3(signature = (grid, *, months = 12, growth = None))]
    fn sweep(
        &self,
        py: Python<'_>,
        grid: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = count::months)] months: u32,
        growth: Option<&Bound<'_, Growth>>,
    ) -> Result<Table> {
        let read = |lever: Bound<'_, PyAny>, values: Bound<'_, PyAny>| {
            let lever = argument::key(Class::Finance, "grid", &lever)?;
            let assumption: Assumption = lever.parse().of("grid")?;
            let name = argument::entry("grid", &lever);
            let values = argument::items(Class::Finance, &name, &values, SCENARIOS_MAX, |index, value| {
                argument::number(Class::Finance, &format!("{name}[{index}]"), &value)
            })?;
            Ok((assumption, values))
        };
        let levers = argument::pairs(Class::Finance, "grid", grid, LEVERS_MAX, read)?;
        let growth = self.growth(growth)?;
        Ok(compute(py, |interrupt| self.core.until(interrupt).sweep(&levers, months, &growth))??.into())
    }

    /// The scaling path: what each of the target numbers of tenants takes and brings, at the mix of tiers there is now, in one
    /// table: accounts, units, addresses, quotas to raise and when, people, minutes, cost and margins. Without targets, the
    /// reports' own. Deployment times are rehearsals of the real plan, except where `minutes` gives measured times.
    #[pyo3(signature = (targets = None, *, growth = None, months = 120, prefix_len = None, rehearsals = 11, seed = 0, minutes = None))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python method")]
    fn capacity_plan(
        slf: &Bound<'_, Self>,
        #[pyo3(from_py_with = count::targets)] targets: Option<Vec<u32>>,
        growth: Option<&Bound<'_, Growth>>,
        #[pyo3(from_py_with = count::months)] months: u32,
        #[pyo3(from_py_with = count::prefix_len)] prefix_len: Option<u8>,
        #[pyo3(from_py_with = count::rehearsals)] rehearsals: usize,
        #[pyo3(from_py_with = count::seed)] seed: u64,
        #[pyo3(from_py_with = count::minutes)] minutes: Option<BTreeMap<u32, f64>>,
    ) -> Result<Py<CapacityPlan>> {
        let py = slf.py();
        let mut options = CapacityOptions::default();
        options.growth = slf.get().growth(growth)?;
        options.months = months;
        options.prefix_len = prefix_len;
        options.rehearsals = rehearsals;
        options.rehearsal = Rehearsal::new(seed);
        options.minutes = minutes.unwrap_or_default();
        CapacityPlan::new(py, &slf.get().core, targets.as_deref().unwrap_or(&SCALING_PATH), options)
    }

    /// The numbers a simulation works with, as plain values: for a check of it in another program.
    #[pyo3(signature = (*, months = 12, growth = None))]
    fn compiled<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = count::months)] months: u32,
        growth: Option<&Bound<'py, Growth>>,
    ) -> Result<Bound<'py, PyAny>> {
        let growth = self.growth(growth)?;
        let core = Arc::clone(&self.core);
        Ok(to_python(py, &leave(py, move || core.compiled(months, &growth))??)?)
    }

    fn __repr__(&self) -> String {
        let tenants: u32 = self.core.tenants_by_tier().iter().sum();
        format!("<Model of {tenants} tenants under {:?}>", self.core.assumptions().name())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyAny>, Bound<'py, PyTuple>) {
        (self.call.bind(py).clone(), self.arguments.bind(py).clone())
    }
}
