//! A month's profit and loss.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use rust_decimal::Decimal;

use super::bridge::Bridge;
use super::core;
use super::model::Model;
use crate::error::{OfArgument as _, Result};
use crate::runtime::leave;
use crate::table::Table;

/// A month's profit and loss.
#[pyclass(frozen, eq, module = "securebase.finance")]
pub(crate) struct Month {
    pub(super) core: Arc<core::Month>,
    pub(super) model: Py<Model>,
    pub(super) age: Option<u32>,
}

/// Equal if the numbers are equal, even for two ages that cost the same.
impl PartialEq for Month {
    fn eq(&self, other: &Self) -> bool {
        self.core == other.core
    }
}

#[pymethods]
impl Month {
    /// How many tenants there are.
    #[getter]
    fn tenants(&self) -> usize {
        self.core.tenants()
    }

    /// What tenants pay.
    #[getter]
    fn revenue(&self) -> Decimal {
        self.core.revenue.amount
    }

    /// What AWS is paid.
    #[getter]
    fn infrastructure(&self) -> Decimal {
        self.core.infrastructure.amount
    }

    /// What the people cost who keep tenants running.
    #[getter]
    fn support(&self) -> Decimal {
        self.core.support.amount
    }

    /// What winning tenants costs.
    #[getter]
    fn sales(&self) -> Decimal {
        self.core.sales.amount
    }

    /// Everything else.
    #[getter]
    fn other(&self) -> Decimal {
        self.core.other.amount
    }

    /// The part of all costs that a month may or may not bring, such as a contingency.
    #[getter]
    fn contingent(&self) -> Decimal {
        self.core.contingent.amount
    }

    /// All costs.
    #[getter]
    fn total_cost(&self) -> Decimal {
        self.core.total_cost().amount
    }

    /// Revenue less all costs.
    #[getter]
    fn profit(&self) -> Decimal {
        self.core.profit().amount
    }

    /// (revenue - infrastructure) / revenue, unrounded; `None` without revenue.
    #[getter]
    fn infrastructure_margin(&self) -> Option<Decimal> {
        self.core.infrastructure_margin()
    }

    /// (revenue - infrastructure - support) / revenue, unrounded; `None` without revenue.
    #[getter]
    fn gross_margin(&self) -> Option<Decimal> {
        self.core.gross_margin()
    }

    /// (revenue - all costs) / revenue, unrounded; `None` without revenue.
    #[getter]
    fn operating_margin(&self) -> Option<Decimal> {
        self.core.operating_margin()
    }

    /// The operating margin without the contingency.
    #[getter]
    fn operating_margin_before_contingency(&self) -> Option<Decimal> {
        self.core.operating_margin_before_contingency()
    }

    /// Revenue over infrastructure; `None` where infrastructure is free.
    #[getter]
    fn revenue_per_infrastructure_dollar(&self) -> Option<Decimal> {
        self.core.revenue_per_infrastructure_dollar()
    }

    /// The currency of every amount.
    #[getter]
    fn currency(&self) -> String {
        self.core.revenue.currency.to_string()
    }

    /// Each tenant's month; the columns add up to this month's figures exactly.
    fn per_tenant(&self, py: Python<'_>) -> Result<Table> {
        let core = Arc::clone(&self.core);
        Ok(leave(py, move || core.tenants_table())??.into())
    }

    /// Each tier's month.
    fn per_tier(&self, py: Python<'_>) -> Result<Table> {
        let core = Arc::clone(&self.core);
        Ok(leave(py, move || core.tiers_table())??.into())
    }

    /// The lines of a figure: `category, item, quantity, unit, unit_price, rounding, amount, source`. Figures are
    /// `revenue`, `infrastructure`, `support`, `sales`, `other`, `total_cost`, `profit`, `infrastructure_margin`, `gross_margin` and
    /// `operating_margin`.
    ///
    /// In every row quantity × unit price + rounding = amount, and the amounts add up to the figure. Where a cost reduces
    /// the figure, its quantity and amount are negative. In a margin the quantity is an amount of money and the unit price
    /// is 1 / revenue.
    #[pyo3(signature = (figure = "total_cost"))]
    fn explain(&self, #[pyo3(from_py_with = crate::argument::text::figure)] figure: &str) -> Result<Table> {
        Ok(self.core.explain(figure).of("figure")?.into())
    }

    /// A price-volume-mix bridge from a figure of another month to that of this month, line by line. The two may be months of
    /// different models; figures are those of `explain`.
    #[pyo3(signature = (before, figure = "infrastructure"))]
    fn bridge(
        slf: &Bound<'_, Self>,
        before: &Bound<'_, Self>,
        #[pyo3(from_py_with = crate::argument::text::figure)] figure: &str,
    ) -> Result<Py<Bridge>> {
        Bridge::new(slf, before, figure)
    }

    /// How every figure differs from another month's: `figure, before, after, absolute, relative`.
    #[pyo3(signature = (before, /))]
    fn since(&self, before: &Self) -> Result<Table> {
        Ok(self.core.changes_table(&before.core)?.into())
    }

    fn __repr__(&self) -> String {
        let percent = |margin: Option<Decimal>| {
            margin.map_or_else(
                || "none".to_owned(),
                |margin| format!("{:.2} %", (margin * Decimal::ONE_HUNDRED).round_dp(2)),
            )
        };
        format!(
            "<Month of {} tenants: revenue {}, cost {}, margins {} infrastructure, {} gross, {} operating>",
            self.tenants(),
            self.revenue(),
            self.total_cost(),
            percent(self.infrastructure_margin()),
            percent(self.gross_margin()),
            percent(self.operating_margin()),
        )
    }

    #[classmethod]
    fn _from_model<'py>(
        class: &Bound<'py, PyType>,
        model: &Bound<'py, PyAny>,
        age: Option<u32>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let arguments = PyDict::new(class.py());
        arguments.set_item("age", age)?;
        model.getattr("month")?.call((), Some(&arguments))
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, Model>, Option<u32>))> {
        let Self { core: _, model, age } = slf.get();
        Ok((slf.get_type().getattr("_from_model")?, (model.bind(slf.py()).clone(), *age)))
    }
}
