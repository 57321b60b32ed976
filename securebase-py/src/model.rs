//! The landing zone, its tenants and tiers.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use rust_decimal::Decimal;
use securebase_core::model::{
    LandingZone as CoreZone, Offboarding, ResourceId, Tenant as CoreTenant, TenantKey, Tier as CoreTier,
};
use securebase_core::net::Network as CoreNetwork;

use crate::argument;
use crate::convert::{from_json, from_python, hash, plain, to_json};
use crate::error::{OfArgument as _, Result};
use crate::guarded::TenantPolicy;
use crate::net::network::Network;
use crate::net::pool::AddressPool;
use crate::plan::{Plan, addresses_of, margin_floor, plan_of};
use crate::problem::Problem;
use crate::runtime::leave;
use crate::table::Table;

/// What a tenant buys: a price, a framework, an organizational unit.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct Tier(CoreTier);

#[pymethods]
impl Tier {
    /// The name tenants refer to it by.
    #[getter]
    fn name(&self) -> &str {
        self.0.name.as_str()
    }

    /// The name a person reads.
    #[getter]
    fn title(&self) -> &str {
        &self.0.title
    }

    /// The name of its organizational unit, directly under the root.
    #[getter]
    fn ou_name(&self) -> &str {
        &self.0.ou_name
    }

    /// The framework it promises, in its short form.
    #[getter]
    fn framework(&self) -> &str {
        self.0.framework.as_str()
    }

    /// What a tenant pays a month.
    #[getter]
    fn monthly_price(&self) -> Decimal {
        self.0.monthly_price.amount
    }

    /// The currency of the price.
    #[getter]
    fn currency(&self) -> String {
        self.0.monthly_price.currency.to_string()
    }

    /// How long flow logs are kept, in days.
    #[getter]
    fn log_retention_days(&self) -> u32 {
        self.0.log_retention_days
    }

    fn __repr__(&self) -> String {
        format!("Tier({:?})", self.name())
    }

    fn __hash__(&self) -> u64 {
        hash(self.name())
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

/// A tenant of a zone.
#[pyclass(frozen, eq, module = "securebase")]
pub(crate) struct Tenant {
    zone: Arc<CoreZone>,
    index: usize,
}

/// Equal if the tenants are, whatever their zones.
impl PartialEq for Tenant {
    fn eq(&self, other: &Self) -> bool {
        self.core() == other.core()
    }
}

impl Tenant {
    fn core(&self) -> &CoreTenant {
        &self.zone.tenants[self.index]
    }
}

#[pymethods]
impl Tenant {
    /// Its key in the `clients` map.
    #[getter]
    fn key(&self) -> &str {
        self.core().key.as_str()
    }

    /// The name of the tier it buys.
    #[getter]
    fn tier(&self) -> &str {
        self.core().tier.as_str()
    }

    /// The framework of that tier, in its short form.
    #[getter]
    fn framework(&self) -> &str {
        self.core().framework.as_str()
    }

    /// A short name, unique in the zone.
    #[getter]
    fn prefix(&self) -> &str {
        &self.core().prefix
    }

    /// The name of its account.
    #[getter]
    fn account_name(&self) -> &str {
        &self.core().account_name
    }

    /// Whom the provider writes to.
    #[getter]
    fn contact_email(&self) -> &str {
        self.core().contact_email.as_str()
    }

    /// The address of the account's root user.
    #[getter]
    fn account_email(&self) -> &str {
        self.core().account_email.as_str()
    }

    /// An existing account to adopt, never one to create.
    #[getter]
    fn account_id(&self) -> Option<String> {
        self.core().account_id.map(|id| id.to_string())
    }

    /// The key it had before; `None` where it was not renamed.
    #[getter]
    fn renamed_from(&self) -> Option<&str> {
        self.core().renamed_from.as_ref().map(TenantKey::as_str)
    }

    /// How it leaves: `suspend` or `close`; `None` where it stays.
    #[getter]
    fn offboard(&self) -> Option<&'static str> {
        self.core().offboard.map(Offboarding::name)
    }

    /// An existing VPC to adopt, never one to create.
    #[getter]
    fn vpc_id(&self) -> Option<&str> {
        self.core().vpc_id.as_ref().map(ResourceId::as_str)
    }

    /// The block of its VPC as written; `None` lets the planner allocate one.
    #[getter]
    fn vpc_cidr(&self) -> Option<String> {
        self.core().vpc_cidr.map(|block| block.to_string())
    }

    /// The VPC endpoint through which it reaches shared services.
    #[getter]
    fn vpce_id(&self) -> Option<&str> {
        self.core().vpce_id.as_deref()
    }

    /// The bucket its audit logs are copied to.
    #[getter]
    fn audit_bucket(&self) -> Option<&str> {
        self.core().audit_bucket.as_deref()
    }

    /// The region of its network.
    #[getter]
    fn region(&self) -> &str {
        self.core().region.as_str()
    }

    /// Its industry.
    #[getter]
    fn vertical(&self) -> Option<&str> {
        self.core().vertical.as_deref()
    }

    /// The organizational units its account lives under, outermost first, joined by `/`.
    #[getter]
    fn ou_path(&self) -> String {
        self.core().ou_path()
    }

    /// What it pays a month.
    #[getter]
    fn monthly_price(&self) -> Decimal {
        self.core().monthly_price.amount
    }

    /// The currency of the price.
    #[getter]
    fn currency(&self) -> String {
        self.core().monthly_price.currency.to_string()
    }

    /// The tags of its account, the zone's included.
    #[getter]
    fn tags<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let tags = PyDict::new(py);
        for (key, value) in &self.core().tags {
            tags.set_item(key, value)?;
        }
        Ok(tags)
    }

    fn __hash__(&self) -> u64 {
        hash(self.key())
    }

    fn __repr__(&self) -> String {
        format!("Tenant({:?}, tier={:?})", self.key(), self.tier())
    }

    #[classmethod]
    fn _of(_class: &Bound<'_, PyType>, zone: &LandingZone, index: usize) -> PyResult<Self> {
        if index < zone.0.tenants.len() {
            Ok(Self { zone: Arc::clone(&zone.0), index })
        } else {
            Err(pyo3::exceptions::PyIndexError::new_err(index))
        }
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (LandingZone, usize))> {
        let Self { zone, index } = slf.get();
        Ok((slf.get_type().getattr("_of")?, (LandingZone(Arc::clone(zone)), *index)))
    }
}

/// The desired state of an organization, valid by construction.
#[pyclass(frozen, eq, module = "securebase")]
pub(crate) struct LandingZone(pub(crate) Arc<CoreZone>);

/// Equal if the same was written.
impl PartialEq for LandingZone {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_value() == other.0.to_value()
    }
}

impl LandingZone {
    fn tenant(&self, index: usize) -> Tenant {
        Tenant { zone: Arc::clone(&self.0), index }
    }
}

#[pymethods]
impl LandingZone {
    /// Reads a file; its suffix says the format: `.tfvars`, `.toml`, `.yaml`, `.yml` or `.json`.
    #[staticmethod]
    #[pyo3(signature = (path))]
    fn load(py: Python<'_>, #[pyo3(from_py_with = argument::path::path)] path: PathBuf) -> Result<Self> {
        Ok(Self(Arc::new(leave(py, move || CoreZone::load(&path))??)))
    }

    /// A zone from a dict of the same shape as the files.
    #[staticmethod]
    #[pyo3(signature = (document, /))]
    fn from_dict(py: Python<'_>, document: &Bound<'_, PyAny>) -> Result<Self> {
        let value = from_python("document", document)?;
        let is_document = value.is_object();
        let zone = leave(py, move || CoreZone::from_value(&value))?;
        // Findings in a document have their places; of another value, its name is all there is to say.
        Ok(Self(Arc::new(if is_document { zone? } else { zone.of("document")? })))
    }

    /// The zone as a dict of the same shape as the files: what was written.
    fn to_dict<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        plain(py, &self.0.to_value())
    }

    /// The name of the zone.
    #[getter]
    fn name(&self) -> &str {
        self.0.name.as_str()
    }

    /// `dev`, `prod` …
    #[getter]
    fn environment(&self) -> &str {
        &self.0.environment
    }

    /// The region of every tenant that names none.
    #[getter]
    fn region(&self) -> &str {
        self.0.region.as_str()
    }

    /// The tenants, in the order of the file.
    #[getter]
    fn tenants(&self) -> Vec<Tenant> {
        (0..self.0.tenants.len()).map(|index| self.tenant(index)).collect()
    }

    /// The tiers, in the order of the file or of the shipped data.
    #[getter]
    fn tiers(&self) -> Vec<Tier> {
        self.0.tiers.iter().cloned().map(Tier).collect()
    }

    /// What the input deserves a warning for and does not acknowledge.
    #[getter]
    fn warnings(&self) -> Vec<Problem> {
        self.0.warnings.iter().cloned().map(Problem::from).collect()
    }

    /// The warnings that the input acknowledges.
    #[getter]
    fn acknowledged(&self) -> Vec<Problem> {
        self.0.acknowledged.iter().cloned().map(Problem::from).collect()
    }

    /// The tenants whose key, name, prefix, e-mail, e-mail domain or account id contains `text`, exact matches first.
    #[pyo3(signature = (text))]
    fn find(&self, #[pyo3(from_py_with = argument::text::text)] text: &str) -> Vec<Tenant> {
        let found = self.0.find(text);
        found
            .into_iter()
            .filter_map(|tenant| self.0.tenants.iter().position(|other| std::ptr::eq(other, tenant)))
            .map(|index| self.tenant(index))
            .collect()
    }

    /// The tenants as a table.
    fn to_arrow(&self) -> Result<Table> {
        Ok(self.0.table()?.into())
    }

    /// What to do so that the cloud is as the zone says. Without a cloud: against an empty organization.
    ///
    /// A state, if given, must be readable. A plan that leaves less than `margin_floor`, a fraction of revenue, at AWS's
    /// list prices is refused.
    #[pyo3(signature = (cloud = None, state = None, *, margin_floor = None))]
    fn plan(
        &self,
        py: Python<'_>,
        cloud: Option<&Bound<'_, PyAny>>,
        state: Option<&Bound<'_, PyAny>>,
        margin_floor: Option<&Bound<'_, PyAny>>,
    ) -> Result<Plan> {
        plan_of(py, &self.0, cloud, state, self::margin_floor(margin_floor)?)
    }

    /// The pool that the plan takes blocks from, with the block of every tenant in it. `cloud` and `state` as for `plan`.
    #[pyo3(signature = (cloud = None, state = None))]
    fn pool(
        &self,
        py: Python<'_>,
        cloud: Option<&Bound<'_, PyAny>>,
        state: Option<&Bound<'_, PyAny>>,
    ) -> Result<AddressPool> {
        Ok(addresses_of(py, &self.0, cloud, state)?.pool.into())
    }

    /// The tenants with their blocks, and the links of the file between them. `cloud` and `state` as for `plan`.
    #[pyo3(signature = (cloud = None, state = None))]
    fn network(
        &self,
        py: Python<'_>,
        cloud: Option<&Bound<'_, PyAny>>,
        state: Option<&Bound<'_, PyAny>>,
    ) -> Result<Network> {
        let blocks = addresses_of(py, &self.0, cloud, state)?.blocks;
        Ok(Network(Arc::new(CoreNetwork::of_zone(&self.0, &blocks)?)))
    }

    /// Everything that applies to a tenant along the path of its organizational units, once the zone is as it says.
    #[pyo3(signature = (tenant, /, cloud = None, state = None))]
    fn effective_policy(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = argument::text::tenant)] tenant: &str,
        cloud: Option<&Bound<'_, PyAny>>,
        state: Option<&Bound<'_, PyAny>>,
    ) -> Result<TenantPolicy> {
        TenantPolicy::of(py, &plan_of(py, &self.0, cloud, state, None)?.0, tenant)
    }

    fn __len__(&self) -> usize {
        self.0.tenants.len()
    }

    fn __bool__(&self) -> bool {
        true
    }

    fn __hash__(&self) -> u64 {
        hash(self.name())
    }

    fn __repr__(&self) -> String {
        format!("<LandingZone {:?} of {} tenants>", self.name(), self.0.tenants.len())
    }

    #[classmethod]
    fn _from_json(
        _class: &Bound<'_, PyType>,
        #[pyo3(from_py_with = argument::text::text)] text: &str,
    ) -> Result<Self> {
        Ok(Self(Arc::new(CoreZone::from_value(&from_json(text)?)?)))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("_from_json")?, (to_json(&slf.get().0.to_value())?,)))
    }
}

/// The model: what a landing zone is made of.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod model {
    #[pymodule_export]
    use super::{LandingZone, Tenant, Tier};
}
