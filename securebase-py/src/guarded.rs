//! What a plan says about guardrails: the meaning of its changes, and what applies to one tenant.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyType;
use securebase_core::model::{Address, Framework, TenantKey};
use securebase_core::plan::{self as core, Plan as CorePlan};

use crate::error::Result;
use crate::plan::Plan;
use crate::policy::{CoverageReport, Difference, Guardrail, PolicyDocument};
use crate::runtime::leave;
use crate::table::Table;

/// What a plan's guardrail steps mean for the accounts at one place.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct GuardrailEffect {
    core: core::GuardrailEffect,
    plan: Arc<CorePlan>,
    place: usize,
}

impl GuardrailEffect {
    /// Those of a plan.
    pub(crate) fn of(py: Python<'_>, plan: &Arc<CorePlan>) -> Result<Vec<Self>> {
        let of = Arc::clone(plan);
        let effects = leave(py, move || of.guardrail_effects())??;
        let own = |(place, core)| Self { core, plan: Arc::clone(plan), place };
        Ok(effects.into_iter().enumerate().map(own).collect())
    }
}

#[pymethods]
impl GuardrailEffect {
    #[getter]
    fn unit(&self) -> &str {
        &self.core.unit
    }

    #[getter]
    fn moved_from(&self) -> Option<&str> {
        self.core.from.as_deref()
    }

    #[getter]
    fn accounts(&self) -> usize {
        self.core.accounts
    }

    #[getter]
    fn tenants(&self) -> Vec<&str> {
        self.core.tenants.iter().map(TenantKey::as_str).collect()
    }

    #[getter]
    fn steps(&self) -> Vec<&str> {
        self.core.steps.iter().map(Address::as_str).collect()
    }

    #[getter]
    fn difference(&self) -> Difference {
        self.core.difference.clone().into()
    }

    fn __str__(&self) -> String {
        self.core.to_string()
    }

    fn __repr__(&self) -> String {
        let (unit, changes) = (&self.core.unit, self.core.difference.changes.len());
        format!("<GuardrailEffect on {unit}: {changes} changes>")
    }

    #[classmethod]
    fn _of(_class: &Bound<'_, PyType>, plan: &Bound<'_, PyAny>, place: usize) -> PyResult<Py<PyAny>> {
        Ok(plan.call_method0("guardrail_effects")?.get_item(place)?.unbind())
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Plan, usize))> {
        let Self { plan, place, .. } = slf.get();
        Ok((slf.get_type().getattr("_of")?, (Plan(Arc::clone(plan)), *place)))
    }
}

/// Everything that applies to one tenant along the path of its organizational units.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct TenantPolicy {
    core: core::TenantPolicy,
    plan: Arc<CorePlan>,
}

impl TenantPolicy {
    /// That of a tenant of a plan.
    pub(crate) fn of(py: Python<'_>, plan: &Arc<CorePlan>, tenant: &str) -> Result<Self> {
        let core = py.detach(|| plan.effective_policy(tenant))?;
        Ok(Self { core, plan: Arc::clone(plan) })
    }
}

#[pymethods]
impl TenantPolicy {
    #[getter]
    fn tenant(&self) -> &str {
        self.core.tenant.as_str()
    }

    #[getter]
    fn unit(&self) -> &str {
        &self.core.unit
    }

    #[getter]
    fn framework(&self) -> &str {
        self.core.framework.as_ref().map_or("", Framework::as_str)
    }

    #[getter]
    fn levels(&self) -> Vec<(&str, Vec<(&str, PolicyDocument)>)> {
        let levels = self.core.levels.iter();
        levels
            .map(|level| {
                let policies = level.policies.iter();
                let named = policies.map(|one| (one.name.as_str(), PolicyDocument(one.document.clone())));
                (level.name.as_str(), named.collect())
            })
            .collect()
    }

    #[getter]
    fn denies(&self) -> PolicyDocument {
        PolicyDocument(self.core.effective.denies.clone())
    }

    #[getter]
    fn guardrails(&self) -> Vec<Guardrail> {
        self.core.guardrails.iter().cloned().map(Guardrail).collect()
    }

    #[getter]
    fn coverage(&self) -> CoverageReport {
        self.core.coverage.clone().into()
    }

    fn to_arrow(&self) -> Result<Table> {
        Ok(self.core.table()?.into())
    }

    fn __str__(&self) -> String {
        self.core.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<TenantPolicy of {} in {}>", self.core.tenant, self.core.unit)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        let Self { core, plan } = slf.get();
        let plan = Plan(Arc::clone(plan)).into_pyobject(slf.py())?;
        Ok((plan.getattr("effective_policy")?, (core.tenant.to_string(),)))
    }
}
