//! Plans: what to do, how long it takes, what it costs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyType};
use rust_decimal::Decimal;
use securebase_core::exec::{self, Stop, Timeline as CoreTimeline};
use securebase_core::finance::{Allocation, CostReport, PriceBook, Usage};
use securebase_core::model::{Address, LandingZone, ResourceId, TenantKey};
use securebase_core::plan::{Plan as CorePlan, Planner, Step as CoreStep};

use crate::cloud::AnyCloud;
use crate::convert::{from_json, from_python, hash, to_json};
use crate::error::{Class, Failure, Result};
use crate::problem::Problem;
use crate::run::{Apply, Run, applied, options};
use crate::runtime::{awaitable, wait};
use crate::state;
use crate::table::Table;

/// Plans a zone against a cloud, or against an empty organization.
pub(crate) fn plan_of(
    py: Python<'_>,
    zone: &Arc<LandingZone>,
    cloud: Option<&Bound<'_, PyAny>>,
    state: Option<&Bound<'_, PyAny>>,
) -> Result<Plan> {
    let remembered = match state {
        None => Vec::new(),
        Some(state) => {
            let state = state::open(state)?;
            let resources = wait(py, &Stop::new(), async move { state.resources().await })??;
            resources.into_values().map(|resource| (resource.address, resource.id)).collect()
        }
    };
    let zone = Arc::clone(zone);
    let plan = match cloud {
        None => py.detach(|| Planner::new(&zone).remembered(remembered).plan())?,
        Some(cloud) => {
            let cloud = AnyCloud::of(cloud)?;
            wait(py, &Stop::new(), async move {
                let planner = Planner::new(&zone).remembered(remembered);
                let observed = cloud.survey(&planner.scope()).await?;
                Ok::<_, Failure>(planner.observed(&observed).plan()?)
            })??
        }
    };
    Ok(Plan(Arc::new(plan)))
}

/// One step: one resource, one action.
#[pyclass(frozen, module = "securebase")]
pub(crate) struct Step {
    plan: Arc<CorePlan>,
    address: Address,
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

    /// Whether something is lost for good: such a step is carried out only when named.
    #[getter]
    fn is_destructive(&self) -> bool {
        self.core().is_some_and(CoreStep::is_destructive)
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.core() == other.core()
    }

    fn __hash__(&self) -> u64 {
        hash(self.address())
    }

    fn __repr__(&self) -> String {
        format!("<Step {} {}>", self.action(), self.address)
    }

    #[classmethod]
    fn _of(_class: &Bound<'_, PyType>, plan: &Plan, address: &str) -> Self {
        Self { plan: Arc::clone(&plan.0), address: Address::new(address) }
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Plan, String))> {
        let Self { plan, address } = slf.get();
        Ok((slf.get_type().getattr("_of")?, (Plan(Arc::clone(plan)), address.to_string())))
    }
}

/// How long a plan takes, and why: the executor itself, in virtual time.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct Timeline(CoreTimeline);

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
        self.0.lower_bound.as_secs_f64()
    }

    /// What makes the lower bound: steps that wait for each other, or the name of a quota.
    #[getter]
    fn bound_by(&self) -> &str {
        &self.0.bound_by
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

    #[classmethod]
    fn _from_json(_class: &Bound<'_, PyType>, text: &str) -> Result<Self> {
        from_json(text).map(Self)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("_from_json")?, (to_json(&slf.get().0)?,)))
    }
}

/// What the resources of a plan cost a month.
#[pyclass(frozen, eq, module = "securebase")]
pub(crate) struct Cost {
    report: CostReport,
    plan: Arc<CorePlan>,
    prices: Option<Py<PyAny>>,
}

impl PartialEq for Cost {
    fn eq(&self, other: &Self) -> bool {
        self.report == other.report
    }
}

fn allocation(name: &str) -> Result<Allocation> {
    serde_json::from_value(name.into()).map_err(|_| {
        let message = format!("`{name}` is not a way of sharing shared costs");
        Failure::one(
            Class::Finance,
            "allocation-unknown",
            &message,
            "use `equal`, `revenue`, `usage` or `tier`",
        )
    })
}

#[pymethods]
impl Cost {
    /// What everything costs a month.
    #[getter]
    fn total(&self) -> Decimal {
        self.report.total().amount
    }

    /// What the first month costs, which has one-off costs in it.
    #[getter]
    fn first_month(&self) -> Decimal {
        self.report.first_month().amount
    }

    /// The part that no tenant causes alone.
    #[getter]
    fn shared(&self) -> Decimal {
        self.report.shared_total().amount
    }

    /// The currency of every amount.
    #[getter]
    fn currency(&self) -> String {
        self.report.currency().to_string()
    }

    /// What each tenant costs and pays; shared costs are shared by `allocation`: `equal`, `revenue`, `usage` or `tier`.
    #[pyo3(signature = (allocation = "equal"))]
    fn per_tenant(&self, allocation: &str) -> Result<Table> {
        Ok(self.report.tenants_table(self::allocation(allocation)?)?.into())
    }

    /// Every line, with price, quantity and source.
    fn lines(&self) -> Result<Table> {
        Ok(self.report.lines_table()?.into())
    }

    /// The lines, as `lines()`.
    fn to_arrow(&self) -> Result<Table> {
        self.lines()
    }

    fn __str__(&self) -> String {
        self.report.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<Cost {} {} a month>", self.total(), self.currency())
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, (Option<Bound<'py, PyAny>>,))> {
        let py = slf.py();
        let Self { report: _, plan, prices } = slf.get();
        let plan = Plan(Arc::clone(plan)).into_pyobject(py)?;
        Ok((plan.getattr("cost")?, (prices.as_ref().map(|prices| prices.bind(py).clone()),)))
    }
}

/// The prices a caller names: nothing for AWS's list prices, a file or a dict of the same shape for those that differ.
fn prices(given: Option<&Bound<'_, PyAny>>) -> Result<PriceBook> {
    let shipped = PriceBook::shipped();
    let Some(given) = given else { return Ok(shipped.clone()) };
    if given.cast::<PyMapping>().is_ok() {
        return Ok(shipped.with_json(&from_python(given)?.to_string())?);
    }
    let path: PathBuf = given.extract()?;
    let text = read(&path)?;
    if path.extension().is_some_and(|suffix| suffix == "json") {
        Ok(shipped.with_json(&text)?)
    } else {
        Ok(shipped.with_toml(&text)?)
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| {
        let message = format!("`{}` cannot be read: {error}", path.display());
        Failure::one(Class::Input, "file-unreadable", &message, "check the path and that you may read it")
    })
}

/// A plan: every step, and what each waits for.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct Plan(pub(crate) Arc<CorePlan>);

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
    fn steps(&self) -> Vec<Step> {
        let step = |step: &CoreStep| Step { plan: Arc::clone(&self.0), address: step.address.clone() };
        self.0.steps().map(step).collect()
    }

    /// What somebody should know before applying.
    #[getter]
    fn warnings(&self) -> Vec<Problem> {
        self.0.warnings.iter().cloned().map(Problem::from).collect()
    }

    /// The same for plans that do the same.
    #[getter]
    fn fingerprint(&self, py: Python<'_>) -> String {
        py.detach(|| self.0.fingerprint())
    }

    /// The graph in Graphviz's DOT language.
    fn to_dot(&self, py: Python<'_>) -> String {
        py.detach(|| self.0.to_dot())
    }

    /// The graph as a Mermaid flowchart.
    fn to_mermaid(&self, py: Python<'_>) -> String {
        py.detach(|| self.0.to_mermaid())
    }

    /// The plan as JSON, the same text for the same plan.
    fn to_json(&self, py: Python<'_>) -> String {
        py.detach(|| self.0.to_json())
    }

    /// The plan from what `to_json` gave.
    #[staticmethod]
    #[pyo3(signature = (text))]
    fn from_json(py: Python<'_>, text: &str) -> Result<Self> {
        Ok(Self(Arc::new(py.detach(|| CorePlan::from_json(text))?)))
    }

    /// The steps as a table.
    fn to_arrow(&self) -> Result<Table> {
        Ok(self.0.table()?.into())
    }

    /// Writes the plan to a file, for `load`.
    #[pyo3(signature = (path))]
    fn save(&self, py: Python<'_>, path: PathBuf) -> Result<()> {
        py.detach(|| fs::write(&path, self.0.to_json())).map_err(|error| {
            let message = format!("`{}` cannot be written: {error}", path.display());
            Failure::one(
                Class::Input,
                "file-unwritable",
                &message,
                "check the path and that you may write there",
            )
        })
    }

    /// Reads a plan that `save` wrote. One that was changed since is refused.
    #[staticmethod]
    #[pyo3(signature = (path))]
    fn load(py: Python<'_>, path: PathBuf) -> Result<Self> {
        py.detach(|| Ok(Self(Arc::new(CorePlan::from_json(&read(&path)?)?))))
    }

    /// How long the plan takes: the executor itself, in virtual time.
    #[pyo3(signature = (seed = 0))]
    fn timeline(&self, py: Python<'_>, seed: u64) -> Timeline {
        Timeline(py.detach(|| exec::timeline(&self.0, seed)))
    }

    /// What the resources cost a month. `prices`: a file or a dict of prices that differ from AWS's list prices.
    #[pyo3(signature = (prices = None))]
    fn cost(&self, py: Python<'_>, prices: Option<Bound<'_, PyAny>>) -> Result<Cost> {
        let book = self::prices(prices.as_ref())?;
        let report = py.detach(|| self.0.cost(&book, Usage::shipped()))?;
        Ok(Cost { report, plan: Arc::clone(&self.0), prices: prices.map(Bound::unbind) })
    }

    /// Carries the plan out. A run that could not go on raises `RunInterrupted`; `resume` continues it.
    ///
    /// `progress` is called with every `Event`; what it raises stops the run. `destroy` names what may be destroyed.
    #[pyo3(signature = (cloud, state = None, progress = None, *, who = None, destroy = Vec::new()))]
    fn apply(
        &self,
        py: Python<'_>,
        cloud: &Bound<'_, PyAny>,
        state: Option<&Bound<'_, PyAny>>,
        progress: Option<Py<PyAny>>,
        who: Option<String>,
        destroy: Vec<String>,
    ) -> Result<Run> {
        let Apply { options, raised, stop } = options(progress, who, destroy);
        let (plan, cloud, state) = (Arc::clone(&self.0), AnyCloud::of(cloud)?, state::or_default(state)?);
        let run = wait(py, &stop, async move { cloud.apply(&plan, &state, options).await })?;
        applied(run, &raised)
    }

    /// As `apply`, to be awaited. `progress` is called in another thread.
    #[pyo3(signature = (cloud, state = None, progress = None, *, who = None, destroy = Vec::new()))]
    fn apply_async<'py>(
        &self,
        py: Python<'py>,
        cloud: &Bound<'py, PyAny>,
        state: Option<&Bound<'py, PyAny>>,
        progress: Option<Py<PyAny>>,
        who: Option<String>,
        destroy: Vec<String>,
    ) -> Result<Bound<'py, PyAny>> {
        let Apply { options, raised, stop } = options(progress, who, destroy);
        let (plan, cloud, state) = (Arc::clone(&self.0), AnyCloud::of(cloud)?, state::or_default(state)?);
        awaitable(py, stop, async move { applied(cloud.apply(&plan, &state, options).await, &raised) })
    }

    fn __len__(&self) -> usize {
        self.0.steps().len()
    }

    fn __bool__(&self) -> bool {
        !self.0.is_empty()
    }

    fn __str__(&self, py: Python<'_>) -> String {
        py.detach(|| self.0.to_string())
    }

    fn __repr__(&self) -> String {
        format!("<Plan of {} steps for zone {:?}>", self.0.steps().len(), self.0.scope.zone.as_str())
    }

    fn __hash__(&self) -> u64 {
        hash(&self.0.observed_fingerprint)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("from_json")?, (slf.get().to_json(slf.py()),)))
    }
}

/// Plans.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod plan {
    #[pymodule_export]
    use super::{Cost, Plan, Step, Timeline};
}
