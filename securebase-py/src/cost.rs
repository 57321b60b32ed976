//! The bill after a plan, the difference that the plan makes, and the part of each step.

use std::sync::Arc;

use pyo3::prelude::*;
use rust_decimal::Decimal;
use securebase_core::finance::{CostBasis, CostChange as CoreChange};
use securebase_core::plan::{Plan as CorePlan, PlanCost};

use crate::error::{OfArgument as _, Result};
use crate::finance::{exact, kept_prices, kept_usage, prices, usage};
use crate::plan::Plan;
use crate::runtime::leave;
use crate::table::Table;

/// The monthly bill once a plan is applied.
#[pyclass(frozen, eq, module = "securebase")]
pub(crate) struct Cost {
    core: PlanCost,
    plan: Arc<CorePlan>,
    prices: Option<Py<PyAny>>,
    usage: Option<Py<PyAny>>,
}

impl Cost {
    /// What a plan costs at prices and usage that may differ from the shipped.
    pub(crate) fn of(
        py: Python<'_>,
        plan: &Arc<CorePlan>,
        prices: Option<Bound<'_, PyAny>>,
        usage: Option<Bound<'_, PyAny>>,
    ) -> Result<Self> {
        let (book, used) = (self::prices(prices.as_ref())?, self::usage(usage.as_ref())?);
        let of = Arc::clone(plan);
        let (core, book, used) = leave(py, move || (of.priced(&book, &used), book, used))?;
        let core = core?;
        let prices = kept_prices(prices.as_ref(), &book)?.map(Bound::unbind);
        let usage = kept_usage(usage.as_ref(), &used)?.map(Bound::unbind);
        Ok(Self { core, plan: Arc::clone(plan), prices, usage })
    }
}

impl PartialEq for Cost {
    fn eq(&self, other: &Self) -> bool {
        self.core == other.core
    }
}

#[pymethods]
impl Cost {
    /// The total monthly bill: `planned + assumed + promised`.
    #[getter]
    fn total(&self) -> Decimal {
        self.core.after().total().amount
    }

    /// The part that the plan's resources cause and whose quantities they determine.
    #[getter]
    fn planned(&self) -> Decimal {
        self.core.after().planned().amount
    }

    /// The part that the plan's resources cause in quantities of the usage profile.
    #[getter]
    fn assumed(&self) -> Decimal {
        self.core.after().assumed().amount
    }

    /// The part that tiers and core accounts cause and no resource of the zone does.
    #[getter]
    fn promised(&self) -> Decimal {
        self.core.after().promised().amount
    }

    /// The cost of the first month: thirty-day trials are free, and stored logs have not yet accumulated to their retention.
    #[getter]
    fn first_month(&self) -> Decimal {
        self.core.after().first_month().amount
    }

    /// The part that no tenant causes alone.
    #[getter]
    fn shared(&self) -> Decimal {
        self.core.after().shared_total().amount
    }

    /// The currency of every amount.
    #[getter]
    fn currency(&self) -> String {
        self.core.after().currency().to_string()
    }

    /// What tenants pay less infrastructure, over what they pay; `None` without revenue.
    #[getter]
    fn infrastructure_margin(&self) -> Option<Decimal> {
        self.core.after().margin().fraction()
    }

    /// Another name of `infrastructure_margin`.
    #[getter]
    fn margin(&self) -> Option<Decimal> {
        self.infrastructure_margin()
    }

    /// Raises a `FinanceError` with the numbers where the infrastructure margin is below `floor`, a fraction such as `"0.95"`.
    #[pyo3(signature = (floor, /))]
    fn ensure_margin(&self, floor: &Bound<'_, PyAny>) -> Result<()> {
        Ok(self.core.after().margin().ensure_at_least(exact("floor", floor)?)?)
    }

    /// What the plan changes about the bill: the bill after less the bill before.
    #[getter]
    fn difference(slf: &Bound<'_, Self>) -> CostChange {
        let core = &slf.get().core;
        CostChange {
            change: core.difference(),
            one_time: core.one_time().amount,
            shield_advanced: core.shield_advanced().amount,
            cost: slf.clone().unbind(),
        }
    }

    /// The change in the promised part, a row for each tier in which it changes: `tier, monthly`. The row without a tier is the
    /// organization's own.
    fn promised_by_tier(&self) -> Result<Table> {
        Ok(self.core.promised_table()?.into())
    }

    /// The steps with what each brings: the table of the plan, with `monthly_cost`, `one_time_cost` and `minutes` at these
    /// prices.
    fn steps(&self, py: Python<'_>) -> Result<Table> {
        Ok(py.detach(|| self.plan.table_at(Some(&self.core)))?.into())
    }

    /// What each tenant costs and pays; shared costs are shared by `allocation`: `equal`, `revenue`, `usage` or `tier`.
    #[pyo3(signature = (allocation = "equal"))]
    fn per_tenant(
        &self,
        #[pyo3(from_py_with = crate::argument::text::allocation)] allocation: &str,
    ) -> Result<Table> {
        Ok(self.core.after().tenants_table(allocation.parse().of("allocation")?)?.into())
    }

    /// Every line, with price, quantity and source.
    fn lines(&self) -> Result<Table> {
        Ok(self.core.after().lines_table()?.into())
    }

    /// The lines, as `lines()`.
    fn to_arrow(&self) -> Result<Table> {
        self.lines()
    }

    fn __str__(&self) -> String {
        self.core.after().to_string()
    }

    fn __repr__(&self) -> String {
        format!("<Cost {} {} a month>", self.total(), self.currency())
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Given<'py>)> {
        let py = slf.py();
        let Self { core: _, plan, prices, usage } = slf.get();
        let plan = Plan(Arc::clone(plan)).into_pyobject(py)?;
        let given = |value: &Option<Py<PyAny>>| value.as_ref().map(|value| value.bind(py).clone());
        Ok((plan.getattr("cost")?, (given(prices), given(usage))))
    }
}

type Given<'py> = (Option<Bound<'py, PyAny>>, Option<Bound<'py, PyAny>>);

/// What a plan changes about the bill.
#[pyclass(frozen, eq, module = "securebase")]
pub(crate) struct CostChange {
    change: CoreChange,
    one_time: Decimal,
    shield_advanced: Decimal,
    /// The cost that it belongs to, from which unpickling restores it.
    cost: Py<Cost>,
}

impl PartialEq for CostChange {
    fn eq(&self, other: &Self) -> bool {
        let Self { change, one_time, shield_advanced, cost: _ } = self;
        (change, one_time, shield_advanced) == (&other.change, &other.one_time, &other.shield_advanced)
    }
}

impl CostChange {
    fn part(&self, basis: CostBasis) -> Result<Decimal> {
        Ok(self.change.part(basis)?.amount)
    }
}

#[pymethods]
impl CostChange {
    /// The monthly bill before the plan is applied: existing resources on their current terms.
    #[getter]
    fn before(&self) -> Decimal {
        self.change.before.infrastructure.amount
    }

    /// The monthly bill once the plan is applied.
    #[getter]
    fn after(&self) -> Decimal {
        self.change.after.infrastructure.amount
    }

    /// The change in the monthly cost of infrastructure: `planned + assumed + promised`.
    #[getter]
    fn monthly(&self) -> Result<Decimal> {
        Ok(self.change.infrastructure()?.amount)
    }

    /// The planned part of the difference. The steps add up to the planned and assumed parts.
    #[getter]
    fn planned(&self) -> Result<Decimal> {
        self.part(CostBasis::Planned)
    }

    /// The assumed part of the difference.
    #[getter]
    fn assumed(&self) -> Result<Decimal> {
        self.part(CostBasis::Assumed)
    }

    /// The promised part of the difference, which is on no step: `Cost.promised_by_tier` breaks it down.
    #[getter]
    fn promised(&self) -> Result<Decimal> {
        self.part(CostBasis::Promised)
    }

    /// What is paid once for carrying the plan out.
    #[getter]
    fn one_time(&self) -> Decimal {
        self.one_time
    }

    /// How much of the monthly difference is the organization's one fee for Shield Advanced.
    #[getter]
    fn shield_advanced(&self) -> Decimal {
        self.shield_advanced
    }

    /// The infrastructure margin before the plan is applied, a fraction; `None` without revenue.
    #[getter]
    fn margin_before(&self) -> Option<Decimal> {
        self.change.before.fraction()
    }

    /// The infrastructure margin once the plan is applied.
    #[getter]
    fn margin_after(&self) -> Option<Decimal> {
        self.change.after.fraction()
    }

    fn __str__(&self) -> String {
        self.change.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<CostChange {}>", self.change)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Py<Cost>, &'static str))> {
        Ok((py.import("builtins")?.getattr("getattr")?, (self.cost.clone_ref(py), "difference")))
    }
}
