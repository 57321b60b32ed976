//! Plans: what to do, how long it takes, what it costs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use rust_decimal::Decimal;
use securebase_core::exec::{self, Stop};
use securebase_core::finance::{PriceBook, Usage};
use securebase_core::model::{Address, LandingZone, Latencies, ResourceId, TenantKey};
use securebase_core::net::ZoneBlocks;
use securebase_core::observe;
use securebase_core::plan::{
    Error as PlanError, MarginFloor, Pending as CorePending, Plan as CorePlan, PlanCost, Planner,
    Step as CoreStep, StepCost,
};
use securebase_core::time::Time;
use securebase_core::timeline;

use crate::argument;
use crate::cloud::AnyCloud;
use crate::convert::{from_json, hash, plain, to_json};
use crate::cost::Cost;
use crate::error::{Class, Failure, OfArgument as _, Result};
use crate::finance::exact;
use crate::guarded::{GuardrailEffect, TenantPolicy};
use crate::problem::Problem;
use crate::run::{Apply, Pause, Run, applied, options};
use crate::runtime::{awaitable, compute, leave, wait};
use crate::state;
use crate::table::Table;
use crate::timeline::{Circumstances, Seconds, Spread, Timeline};

/// Plans a zone against a cloud, or against an empty organization.
pub(crate) fn plan_of(
    py: Python<'_>,
    zone: &Arc<LandingZone>,
    cloud: Option<&Bound<'_, PyAny>>,
    state: Option<&Bound<'_, PyAny>>,
    floor: Option<MarginFloor>,
) -> Result<Plan> {
    let plan = planned(py, zone, cloud, state, move |planner| refusing(planner, floor).plan())?;
    Ok(Plan(Arc::new(plan)))
}

/// The block of every tenant as a plan gives it, and the pool they are recorded in.
pub(crate) fn addresses_of(
    py: Python<'_>,
    zone: &Arc<LandingZone>,
    cloud: Option<&Bound<'_, PyAny>>,
    state: Option<&Bound<'_, PyAny>>,
) -> Result<ZoneBlocks> {
    planned(py, zone, cloud, state, |planner| planner.addresses())
}

/// What a planner makes that knows what the state remembers and what the cloud holds.
fn planned<T: Send + 'static>(
    py: Python<'_>,
    zone: &Arc<LandingZone>,
    cloud: Option<&Bound<'_, PyAny>>,
    state: Option<&Bound<'_, PyAny>>,
    make: impl FnOnce(Planner<'_>) -> std::result::Result<T, PlanError> + Send + 'static,
) -> Result<T> {
    let zone = Arc::clone(zone);
    let state = state.map(state::open).transpose()?;
    let cloud = cloud.map(AnyCloud::of).transpose()?;
    Ok(match (state, cloud) {
        (None, None) => leave(py, move || make(Planner::new(&zone)))??,
        (state, cloud) => wait(py, &Stop::new(), async move {
            let planner = match &state {
                Some(state) => exec::remember(Planner::new(&zone), state).await?,
                None => Planner::new(&zone),
            };
            Ok::<_, Failure>(match cloud {
                Some(cloud) => {
                    let planner = planner.now(cloud.port().runtime().now());
                    let observed = observe::survey(cloud.port(), &planner.scope()).await?;
                    make(planner.observed(&observed))?
                }
                None => make(planner)?,
            })
        })??,
    })
}

/// The planner with a margin floor, if there is one.
fn refusing(planner: Planner<'_>, floor: Option<MarginFloor>) -> Planner<'_> {
    match floor {
        None => planner,
        Some(floor) => planner.margin_floor(floor),
    }
}

/// The margin floor a caller names, at AWS's list prices.
pub(crate) fn margin_floor(given: Option<&Bound<'_, PyAny>>) -> Result<Option<MarginFloor>> {
    given.map(|given| Ok(MarginFloor::new(exact("margin_floor", given)?))).transpose()
}

/// A step that waits for time or for a person: neither done nor failed.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct Pending(pub(crate) CorePending);

#[pymethods]
impl Pending {
    /// The resource.
    #[getter]
    fn address(&self) -> &str {
        self.0.address.as_str()
    }

    /// Its kind, in snake_case.
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind.name()
    }

    /// What the step does to the resource: `create`, `delete` and so on.
    #[getter]
    fn action(&self) -> &'static str {
        self.0.action.name()
    }

    /// What the step waits for: `"time"` or `"person"`.
    #[getter]
    fn waits_for(&self) -> &'static str {
        self.0.deferral.waits_for.name()
    }

    /// The earliest moment at which a call may succeed, in seconds by the clock of the cloud: virtual in a simulated cloud, else
    /// since 1970. `None` where the step waits for a person.
    #[getter]
    fn not_before(&self) -> Option<f64> {
        self.0.deferral.waits_for.not_before().map(Time::as_secs_f64)
    }

    /// Why the step waits.
    #[getter]
    fn reason(&self) -> &str {
        &self.0.deferral.reason
    }

    /// The call (`service:Operation`) whose reply shows whether the step can go on.
    #[getter]
    fn probe(&self) -> &str {
        &self.0.deferral.probe
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<Pending {}>", self.0)
    }

    fn __hash__(&self) -> u64 {
        hash(&self.0.to_string())
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

/// One step: one resource, one action.
#[pyclass(frozen, eq, module = "securebase")]
pub(crate) struct Step {
    plan: Arc<CorePlan>,
    address: Address,
    cost: Option<StepCost>,
}

/// Equal if the same is done, whatever it costs.
impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        self.core() == other.core()
    }
}

impl Step {
    fn core(&self) -> Option<&CoreStep> {
        self.plan.step(&self.address)
    }
}

#[pymethods]
impl Step {
    /// The resource.
    #[getter]
    fn address(&self) -> &str {
        self.address.as_str()
    }

    /// Its kind, in snake_case.
    #[getter]
    fn kind(&self) -> &'static str {
        self.core().map_or("", |step| step.kind.name())
    }

    /// What is done to it: `create`, `update`, `move`, `adopt`, `verify` or `delete`.
    #[getter]
    fn action(&self) -> &'static str {
        self.core().map_or("", |step| step.action.name())
    }

    /// The addresses of the steps it waits for.
    #[getter]
    fn depends_on(&self) -> Vec<&str> {
        let steps = self.core().into_iter();
        steps.flat_map(|step| &step.depends_on).map(|dependency| dependency.on.as_str()).collect()
    }

    /// Why it waits, by the address of the step it waits for.
    #[getter]
    fn waits_because(&self) -> BTreeMap<&str, &'static str> {
        let steps = self.core().into_iter();
        steps.flat_map(CoreStep::waits_for).map(|(address, why)| (address.as_str(), why)).collect()
    }

    /// The key of the tenant it belongs to; `None` for the organization's own.
    #[getter]
    fn tenant(&self) -> Option<&str> {
        self.core()?.tenant.as_ref().map(TenantKey::as_str)
    }

    /// The id of the resource, where it exists already.
    #[getter]
    fn id(&self) -> Option<&str> {
        self.core()?.id.as_ref().map(ResourceId::as_str)
    }

    /// What differs, for an update: `(field, from, to)`.
    #[getter]
    fn changes(&self) -> Vec<(&str, Option<&str>, Option<&str>)> {
        let steps = self.core().into_iter();
        steps
            .flat_map(|step| &step.changes)
            .map(|change| (change.field.as_str(), change.from.as_deref(), change.to.as_deref()))
            .collect()
    }

    /// How much more (or, negative, less) is paid every month because of it, at AWS's list prices; `None` where the tiers
    /// are priced in another currency.
    #[getter]
    fn monthly_cost(&self) -> Option<Decimal> {
        self.cost.map(|cost| cost.monthly.amount)
    }

    /// What is paid once for carrying it out, at AWS's list prices.
    #[getter]
    fn one_time_cost(&self) -> Option<Decimal> {
        self.cost.map(|cost| cost.one_time.amount)
    }

    /// How long it usually takes by itself, in minutes.
    #[getter]
    fn minutes(&self) -> Option<f64> {
        let step = self.core()?;
        Some(step.typical_duration(&Latencies::default()).as_secs_f64() / 60.0)
    }

    /// Whether something is lost for good: such a step is carried out only when named.
    #[getter]
    fn is_destructive(&self) -> bool {
        self.core().is_some_and(CoreStep::is_destructive)
    }

    fn __hash__(&self) -> u64 {
        hash(self.address())
    }

    fn __repr__(&self) -> String {
        format!("<Step {} {}>", self.action(), self.address)
    }

    #[classmethod]
    fn _of(
        _class: &Bound<'_, PyType>,
        plan: &Plan,
        #[pyo3(from_py_with = argument::text::address)] address: &str,
    ) -> Self {
        let address = Address::new(address);
        let cost = at_list_prices(&plan.0).and_then(|cost| cost.step(&address).copied());
        Self { plan: Arc::clone(&plan.0), address, cost }
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Plan, String))> {
        let Self { plan, address, cost: _ } = slf.get();
        Ok((slf.get_type().getattr("_of")?, (Plan(Arc::clone(plan)), address.to_string())))
    }
}

/// What the plan changes about the bill at AWS's list prices.
fn at_list_prices(plan: &CorePlan) -> Option<PlanCost> {
    plan.priced(PriceBook::shipped(), Usage::shipped()).ok()
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| {
        let message = format!("`{}` cannot be read: {error}", path.display());
        Failure::one(Class::Input, "file-unreadable", &message, "check the path and that you may read it")
            .about("path")
    })
}

/// The most circumstances that one call rehearses a plan under.
const CASES_MAX: usize = 10_000;

/// A plan: every step, and what each waits for.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct Plan(pub(crate) Arc<CorePlan>);

impl Plan {
    /// What is computed of the plan, which Ctrl-C does not wait for.
    fn left<T: Send + 'static>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&CorePlan) -> T + Send + 'static,
    ) -> Result<T> {
        let plan = Arc::clone(&self.0);
        leave(py, move || work(&plan))
    }
}

#[pymethods]
impl Plan {
    /// Whether there is nothing to do.
    #[getter]
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many steps there are: action → kind → number.
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counts = PyDict::new(py);
        for (action, kinds) in self.0.counts() {
            let row = PyDict::new(py);
            for (kind, count) in kinds {
                row.set_item(kind.name(), count)?;
            }
            counts.set_item(action.name(), row)?;
        }
        Ok(counts)
    }

    /// The steps, each after all it waits for.
    #[getter]
    fn steps(&self, py: Python<'_>) -> Result<Vec<Step>> {
        let cost = self.left(py, at_list_prices)?;
        let step = |step: &CoreStep| Step {
            plan: Arc::clone(&self.0),
            address: step.address.clone(),
            cost: cost.as_ref().and_then(|cost| cost.step(&step.address).copied()),
        };
        Ok(self.0.steps().map(step).collect())
    }

    /// The addresses of what is lost for good when the plan is applied: `apply` wants each named in `destroy`.
    #[getter]
    fn destructive(&self) -> Vec<&str> {
        self.0.destructive().into_iter().map(Address::as_str).collect()
    }

    /// What changed in the cloud since it was last applied: `address, attribute, applied, observed, wanted`. Without rows
    /// where nothing did, and where no state says what was applied (`drift_known`).
    fn drift(&self) -> Result<Table> {
        Ok(self.0.drift_table()?.into())
    }

    /// Whether drift is told from change: the plan was made with a state.
    #[getter]
    fn drift_known(&self) -> bool {
        self.0.drift.is_some()
    }

    /// What each tenant that leaves has, and what becomes of it: one dict a tenant, to be kept.
    fn offboardings<'py>(&self, py: Python<'py>) -> Result<Vec<Bound<'py, PyAny>>> {
        self.0.offboardings().iter().map(|record| plain(py, record)).collect()
    }

    /// Warnings for the operator before applying.
    #[getter]
    fn warnings(&self) -> Vec<Problem> {
        self.0.warnings.iter().cloned().map(Problem::from).collect()
    }

    /// The steps that wait for time or for a person, and those that wait for such a step: none of them is among the steps.
    #[getter]
    fn pending(&self) -> Vec<Pending> {
        self.0.pending.iter().cloned().map(Pending).collect()
    }

    /// The warnings that the file acknowledges.
    #[getter]
    fn acknowledged(&self) -> Vec<Problem> {
        self.0.acknowledged.iter().cloned().map(Problem::from).collect()
    }

    /// The VPCs and subnets in use once the plan is applied: `tenant, tier, region, address, kind, cidr, address_count, zone,
    /// action, id`.
    fn blocks(&self, py: Python<'_>) -> Result<Table> {
        Ok(self.left(py, CorePlan::blocks_table)??.into())
    }

    /// The same for plans that do the same.
    #[getter]
    fn fingerprint(&self, py: Python<'_>) -> Result<String> {
        self.left(py, CorePlan::fingerprint)
    }

    /// The graph in Graphviz's DOT language.
    fn to_dot(&self, py: Python<'_>) -> Result<String> {
        self.left(py, CorePlan::to_dot)
    }

    /// The graph as a Mermaid flowchart.
    fn to_mermaid(&self, py: Python<'_>) -> Result<String> {
        self.left(py, CorePlan::to_mermaid)
    }

    /// The plan as JSON, the same text for the same plan.
    fn to_json(&self, py: Python<'_>) -> Result<String> {
        self.left(py, CorePlan::to_json)
    }

    /// The plan from what `to_json` gave.
    #[staticmethod]
    #[pyo3(signature = (text))]
    fn from_json(py: Python<'_>, #[pyo3(from_py_with = argument::text::text)] text: &str) -> Result<Self> {
        let text = text.to_owned();
        Ok(Self(Arc::new(leave(py, move || CorePlan::from_json(&text))?.of("text")?)))
    }

    /// The steps as a table, with what each brings at AWS's list prices: `monthly_cost`, `one_time_cost`, `minutes`.
    fn to_arrow(&self, py: Python<'_>) -> Result<Table> {
        Ok(self.left(py, CorePlan::table)??.into())
    }

    /// Writes the plan to a file, for `load`.
    #[pyo3(signature = (path))]
    fn save(&self, py: Python<'_>, #[pyo3(from_py_with = argument::path::path)] path: PathBuf) -> Result<()> {
        py.detach(|| fs::write(&path, self.0.to_json())).map_err(|error| {
            let message = format!("`{}` cannot be written: {error}", path.display());
            Failure::one(
                Class::Input,
                "file-unwritable",
                &message,
                "check the path and that you may write there",
            )
            .about("path")
        })
    }

    /// Reads a plan that `save` wrote. One that was changed since is refused.
    #[staticmethod]
    #[pyo3(signature = (path))]
    fn load(py: Python<'_>, #[pyo3(from_py_with = argument::path::path)] path: PathBuf) -> Result<Self> {
        let plan = leave(py, move || Ok::<_, Failure>(CorePlan::from_json(&read(&path)?)?))?;
        Ok(Self(Arc::new(plan?)))
    }

    /// How long the plan takes: the executor itself, in virtual time.
    ///
    /// `usual`: every latency is the usual one. `limits`: quotas and rates by name. `latencies`: seconds by name, one number
    /// or minimum, usual value and maximum.
    #[pyo3(signature = (seed = 0, *, usual = false, limits = None, latencies = None))]
    fn timeline(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = crate::timeline::seed)] seed: u64,
        usual: bool,
        #[pyo3(from_py_with = argument::numbers_by_name::limits)] limits: Option<BTreeMap<String, f64>>,
        #[pyo3(from_py_with = crate::timeline::latencies)] latencies: Option<BTreeMap<String, Seconds>>,
    ) -> Result<Timeline> {
        let rehearsal = Circumstances { case: None, usual, limits, latencies }.rehearsal(seed)?;
        Ok(Timeline(compute(py, |interrupt| timeline::rehearse_until(&self.0, &rehearsal, interrupt))??))
    }

    /// How long the plan takes over `count` seeds.
    #[pyo3(signature = (count = 20, seed = 0, *, usual = false, limits = None, latencies = None))]
    fn spread(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = crate::timeline::rehearsals)] count: usize,
        #[pyo3(from_py_with = crate::timeline::seed)] seed: u64,
        usual: bool,
        #[pyo3(from_py_with = argument::numbers_by_name::limits)] limits: Option<BTreeMap<String, f64>>,
        #[pyo3(from_py_with = crate::timeline::latencies)] latencies: Option<BTreeMap<String, Seconds>>,
    ) -> Result<Spread> {
        let rehearsal = Circumstances { case: None, usual, limits, latencies }.rehearsal(seed)?;
        Ok(Spread(compute(py, |interrupt| timeline::spread_until(&self.0, &rehearsal, count, interrupt))??))
    }

    /// How long the plan takes under other circumstances: each is a dict of `usual`, `limits` and `latencies`.
    #[pyo3(signature = (cases, count = 20, seed = 0))]
    fn what_if<'py>(
        &self,
        py: Python<'py>,
        cases: &Bound<'py, PyAny>,
        #[pyo3(from_py_with = crate::timeline::rehearsals)] count: usize,
        #[pyo3(from_py_with = crate::timeline::seed)] seed: u64,
    ) -> Result<Bound<'py, PyDict>> {
        let cases = argument::pairs(Class::Input, "cases", cases, CASES_MAX, |name, case| {
            let name = argument::key(Class::Input, "cases", &name)?;
            let rehearsal = Circumstances::of(&name, &case)?.rehearsal(seed)?;
            Ok((name, rehearsal))
        })?;
        let spreads = PyDict::new(py);
        for case in compute(py, |interrupt| timeline::what_if_until(&self.0, &cases, count, interrupt))?? {
            spreads.set_item(case.name, Spread(case.spread))?;
        }
        Ok(spreads)
    }

    /// The part of the plan at and below these addresses, with every step they wait for.
    #[pyo3(signature = (targets))]
    fn only(&self, #[pyo3(from_py_with = argument::texts::targets)] targets: Vec<String>) -> Result<Self> {
        let targets: Vec<Address> = targets.into_iter().map(Address::new).collect();
        Ok(Self(Arc::new(self.0.only(&targets).of("targets")?)))
    }

    /// Carries the plan out in a simulated cloud that begins as `cloud` is now: nothing is changed, nothing written down.
    #[pyo3(signature = (cloud, progress = None, *, destroy = Vec::new()))]
    fn dry_run(
        &self,
        py: Python<'_>,
        cloud: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = crate::convert::callback)] progress: Option<Py<PyAny>>,
        #[pyo3(from_py_with = argument::texts::destroy)] destroy: Vec<String>,
    ) -> Result<Run> {
        let Apply { options, raised, stop } = options(progress, None, destroy);
        let (plan, cloud) = (Arc::clone(&self.0), AnyCloud::of(cloud)?);
        let run = wait(py, &stop, async move { exec::dry_run(&plan, cloud.port(), options).await })?;
        applied(run, &raised)
    }

    /// What the resources cost a month, what the plan changes about it, and which step brings how much. `prices`: a
    /// `PriceBook`, a file or a dict of prices that differ from AWS's list prices; `usage`: a file or a dict of usage that
    /// differs from the shipped.
    #[pyo3(signature = (prices = None, usage = None))]
    fn cost(
        &self,
        py: Python<'_>,
        prices: Option<Bound<'_, PyAny>>,
        usage: Option<Bound<'_, PyAny>>,
    ) -> Result<Cost> {
        Cost::of(py, &self.0, prices, usage)
    }

    /// What the guardrail steps mean for accounts that exist: which requests become denied or allowed.
    fn guardrail_effects(&self, py: Python<'_>) -> Result<Vec<GuardrailEffect>> {
        GuardrailEffect::of(py, &self.0)
    }

    /// Everything that applies to a tenant once the plan is applied.
    #[pyo3(signature = (tenant, /))]
    fn effective_policy(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = argument::text::tenant)] tenant: &str,
    ) -> Result<TenantPolicy> {
        TenantPolicy::of(py, &self.0, tenant)
    }

    /// Carries the plan out. A run that could not go on raises `RunInterrupted`; `resume` continues it.
    ///
    /// `progress` is called with every `Event`; what it raises stops the run. `destroy` names what may be destroyed. A plan
    /// that leaves less than `margin_floor`, a fraction of revenue, at AWS's list prices is refused. `pause` can hold it.
    /// Where another process has the state, `wait_for_lease`, a `timedelta` or seconds, says how long to wait.
    #[pyo3(signature = (cloud, state = None, progress = None, *, who = None, destroy = Vec::new(), margin_floor = None, pause = None, wait_for_lease = None))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python method")]
    fn apply(
        &self,
        py: Python<'_>,
        cloud: &Bound<'_, PyAny>,
        state: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = crate::convert::callback)] progress: Option<Py<PyAny>>,
        #[pyo3(from_py_with = argument::owned_text::who)] who: Option<String>,
        #[pyo3(from_py_with = argument::texts::destroy)] destroy: Vec<String>,
        margin_floor: Option<&Bound<'_, PyAny>>,
        pause: Option<&Bound<'_, Pause>>,
        wait_for_lease: Option<&Bound<'_, PyAny>>,
    ) -> Result<Run> {
        let apply = options(progress, who, destroy).pause(pause).wait_for_lease(wait_for_lease)?;
        let Apply { mut options, raised, stop } = apply;
        options.margin_floor = self::margin_floor(margin_floor)?;
        let (plan, cloud, state) = (Arc::clone(&self.0), AnyCloud::of(cloud)?, state::or_default(state)?);
        let run = wait(py, &stop, async move { exec::apply(&plan, cloud.port(), &state, options).await })?;
        applied(run, &raised)
    }

    /// As `apply`, to be awaited. `progress` is called in another thread.
    #[pyo3(signature = (cloud, state = None, progress = None, *, who = None, destroy = Vec::new(), margin_floor = None, pause = None, wait_for_lease = None))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python method")]
    fn apply_async<'py>(
        &self,
        py: Python<'py>,
        cloud: &Bound<'py, PyAny>,
        state: Option<&Bound<'py, PyAny>>,
        #[pyo3(from_py_with = crate::convert::callback)] progress: Option<Py<PyAny>>,
        #[pyo3(from_py_with = argument::owned_text::who)] who: Option<String>,
        #[pyo3(from_py_with = argument::texts::destroy)] destroy: Vec<String>,
        margin_floor: Option<&Bound<'py, PyAny>>,
        pause: Option<&Bound<'py, Pause>>,
        wait_for_lease: Option<&Bound<'py, PyAny>>,
    ) -> Result<Bound<'py, PyAny>> {
        let apply = options(progress, who, destroy).pause(pause).wait_for_lease(wait_for_lease)?;
        let Apply { mut options, raised, stop } = apply;
        options.margin_floor = self::margin_floor(margin_floor)?;
        let (plan, cloud, state) = (Arc::clone(&self.0), AnyCloud::of(cloud)?, state::or_default(state)?);
        awaitable(py, stop, async move {
            applied(exec::apply(&plan, cloud.port(), &state, options).await, &raised)
        })
    }

    fn __len__(&self) -> usize {
        self.0.steps().len()
    }

    fn __bool__(&self) -> bool {
        !self.0.is_empty()
    }

    fn __str__(&self, py: Python<'_>) -> Result<String> {
        self.left(py, ToString::to_string)
    }

    fn __repr__(&self) -> String {
        format!("<Plan of {} steps for zone {:?}>", self.0.steps().len(), self.0.scope.zone.as_str())
    }

    fn __hash__(&self) -> u64 {
        hash(&self.0.observed_fingerprint)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("from_json")?, (slf.get().to_json(slf.py())?,)))
    }
}

/// Plans.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod plan {
    #[pymodule_export]
    use super::{Pending, Plan, Step};
    #[pymodule_export]
    use crate::cost::{Cost, CostChange};
    #[pymodule_export]
    use crate::guarded::{GuardrailEffect, TenantPolicy};
    #[pymodule_export]
    use crate::timeline::{Spread, Timeline};
}
