//! Pools.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyType};
use securebase_core::model::{PoolStrategy, Problems};
use securebase_core::net as core;
use securebase_core::net::exchange::{csv, ipam};
use securebase_core::net::{Block4, Request, Settings};

use super::{block, blocks, many, texts};
use crate::convert::{any_count, count, from_python, plain, shown, to_json};
use crate::error::{Class, Failure, Result};
use crate::table::Table;

/// A prefix length from any whole number; what no block can have is refused with the rest.
fn prefix_len(value: &Bound<'_, PyAny>) -> Result<u8> {
    any_count(Class::Input, "prefix_len", value, 16..=28).map_err(|_| {
        let message =
            format!("invalid prefix length `{}`: expected a whole number from 16 to 28", shown(value));
        Failure::at(Class::Input, "cidr-size", "prefix_len", &message, "use a length from 16 to 28")
    })
}

/// For how many serials a block rests: `quarantine`.
fn rest(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    Ok(count(Class::Input, "quarantine", value, 0..=u64::MAX)?)
}

/// How many addresses for use: `hosts`.
fn hosts(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    Ok(any_count(Class::Input, "hosts", value, 1..=HOSTS_MAX)?)
}

/// Until which serial a block rests: `until`.
fn until(value: &Bound<'_, PyAny>) -> PyResult<Option<u64>> {
    if value.is_none() { Ok(None) } else { Ok(Some(count(Class::Input, "until", value, 0..=u64::MAX)?)) }
}

/// Which serial is reached: `serial`.
fn serial(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    Ok(count(Class::Input, "serial", value, 0..=u64::MAX)?)
}

/// What AWS leaves of a /16 for use.
const HOSTS_MAX: u64 = 65_531;

fn strategy(text: &str) -> Result<PoolStrategy> {
    match text {
        "unique" => Ok(PoolStrategy::Unique),
        "per-tier" => Ok(PoolStrategy::PerTier),
        "per-account" => Ok(PoolStrategy::PerAccount),
        _ => {
            let known = vec!["unique", "per-tier", "per-account"];
            Err(core::Error::UnknownWord { what: "strategy", text: text.to_owned(), known }.into())
        }
    }
}

fn strategy_name(strategy: PoolStrategy) -> &'static str {
    match strategy {
        PoolStrategy::Unique => "unique",
        PoolStrategy::PerTier => "per-tier",
        PoolStrategy::PerAccount => "per-account",
    }
}

/// Ranges of addresses and who has what of them.
#[pyclass(frozen, module = "securebase")]
pub(crate) struct AddressPool(Mutex<core::AddressPool>);

impl From<core::AddressPool> for AddressPool {
    fn from(pool: core::AddressPool) -> Self {
        Self(Mutex::new(pool))
    }
}

impl AddressPool {
    /// The pool. A panic in between cannot leave it half changed, so poison is no harm.
    pub(super) fn lock(&self) -> MutexGuard<'_, core::AddressPool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl AddressPool {
    #[new]
    #[pyo3(signature = (ranges, strategy = "unique", *, quarantine = 0, tier_prefix_len = None, tiers = None))]
    fn new(
        ranges: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = crate::convert::text)] strategy: &str,
        #[pyo3(from_py_with = rest)] quarantine: u64,
        tier_prefix_len: Option<&Bound<'_, PyAny>>,
        tiers: Option<&Bound<'_, PyDict>>,
    ) -> Result<Self> {
        let settings = Settings {
            strategy: self::strategy(strategy)?,
            quarantine,
            tier_prefix_len: tier_prefix_len.map(prefix_len).transpose()?,
        };
        let ranges = blocks(ranges)?;
        let mut of_tiers: Vec<(String, Block4)> = Vec::new();
        for (tier, ranges) in tiers.into_iter().flat_map(PyDictMethods::iter) {
            let tier: String = tier.extract()?;
            of_tiers.extend(blocks(&ranges)?.into_iter().map(|range| (tier.clone(), range)));
        }
        let of_tiers: Vec<(&str, Block4)> =
            of_tiers.iter().map(|(tier, range)| (tier.as_str(), *range)).collect();
        let pool = if of_tiers.is_empty() {
            core::AddressPool::new(&ranges, settings)
        } else {
            core::AddressPool::with_tiers(&ranges, settings, &of_tiers)
        };
        Ok(Self(Mutex::new(pool?)))
    }

    #[getter]
    fn strategy(&self) -> &'static str {
        strategy_name(self.lock().settings().strategy)
    }

    #[getter]
    fn ranges(&self) -> Vec<String> {
        texts(self.lock().ranges().iter().copied())
    }

    #[getter]
    fn exclusions(&self) -> Vec<(String, String)> {
        let pool = self.lock();
        pool.exclusions().iter().map(|other| (other.cidr.to_string(), other.reason.clone())).collect()
    }

    #[getter]
    fn serial(&self) -> u64 {
        self.lock().serial()
    }

    #[pyo3(signature = (prefix_len, owner, tier = None, *, pool = None, another = false))]
    fn allocate(
        &self,
        prefix_len: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = crate::convert::text)] owner: &str,
        #[pyo3(from_py_with = crate::convert::text_or_none)] tier: Option<&str>,
        #[pyo3(from_py_with = crate::convert::text_or_none)] pool: Option<&str>,
        another: bool,
    ) -> Result<String> {
        let request =
            Request::new(self::prefix_len(prefix_len)?, owner).tier(tier).pool(pool).another(another);
        Ok(self.lock().allocate(&request)?.to_string())
    }

    #[pyo3(signature = (hosts, owner, tier = None, *, pool = None, another = false))]
    fn allocate_hosts(
        &self,
        #[pyo3(from_py_with = hosts)] hosts: u64,
        #[pyo3(from_py_with = crate::convert::text)] owner: &str,
        #[pyo3(from_py_with = crate::convert::text_or_none)] tier: Option<&str>,
        #[pyo3(from_py_with = crate::convert::text_or_none)] pool: Option<&str>,
        another: bool,
    ) -> Result<String> {
        let request = Request::for_hosts(hosts, owner)?.tier(tier).pool(pool).another(another);
        Ok(self.lock().allocate(&request)?.to_string())
    }

    fn reserve(
        &self,
        cidr: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = crate::convert::text)] owner: &str,
    ) -> Result<()> {
        Ok(self.lock().reserve(block(cidr)?, owner)?)
    }

    fn pin(
        &self,
        cidr: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = crate::convert::text)] owner: &str,
    ) -> Result<()> {
        Ok(self.lock().pin(block(cidr)?, owner)?)
    }

    #[pyo3(signature = (owner, *, until = None))]
    fn release(
        &self,
        #[pyo3(from_py_with = crate::convert::text)] owner: &str,
        #[pyo3(from_py_with = until)] until: Option<u64>,
    ) -> Result<Vec<String>> {
        let mut pool = self.lock();
        let released = match until {
            None => pool.release(owner),
            Some(until) => pool.release_until(owner, until),
        };
        Ok(texts(released?))
    }

    fn advance(&self, #[pyo3(from_py_with = serial)] serial: u64) -> Result<()> {
        Ok(self.lock().advance(serial)?)
    }

    #[pyo3(signature = (cidr, pool = ""))]
    fn grow(
        &self,
        cidr: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = crate::convert::text)] pool: &str,
    ) -> Result<()> {
        Ok(self.lock().grow(pool, block(cidr)?)?)
    }

    fn carve(
        &self,
        #[pyo3(from_py_with = crate::convert::text)] path: &str,
        range: &Bound<'_, PyAny>,
    ) -> Result<String> {
        if range.is_instance_of::<PyInt>() {
            return Ok(self.lock().carve_len(path, prefix_len(range)?)?.to_string());
        }
        let range = block(range)?;
        self.lock().carve(path, range)?;
        Ok(range.to_string())
    }

    fn exclude(
        &self,
        cidr: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = crate::convert::text)] reason: &str,
    ) -> Result<()> {
        Ok(self.lock().exclude(block(cidr)?, reason)?)
    }

    fn admit(&self, cidr: &Bound<'_, PyAny>) -> Result<()> {
        Ok(self.lock().admit(block(cidr)?)?)
    }

    #[pyo3(signature = (pool = None, *, owner = None))]
    fn free(
        &self,
        #[pyo3(from_py_with = crate::convert::text_or_none)] pool: Option<&str>,
        #[pyo3(from_py_with = crate::convert::text_or_none)] owner: Option<&str>,
    ) -> Result<Vec<String>> {
        let this = self.lock();
        Ok(texts(match (pool, owner) {
            (None, None) => this.free(),
            (pool, owner) => this.free_in(pool.unwrap_or_default(), owner.unwrap_or_default())?,
        }))
    }

    fn blocks(&self, #[pyo3(from_py_with = crate::convert::text)] owner: &str) -> Vec<String> {
        texts(self.lock().blocks_of(owner))
    }

    fn allocations(&self, py: Python<'_>) -> Result<Table> {
        Ok(py.detach(|| self.lock().allocations_table())?.into())
    }

    fn pools(&self) -> Result<Table> {
        Ok(self.lock().pools_table()?.into())
    }

    fn history<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        let entries = self.lock().history().to_vec();
        plain(py, &entries)
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        let snapshot = self.lock().snapshot();
        plain(py, &snapshot)
    }

    #[classmethod]
    fn from_dict(_class: &Bound<'_, PyType>, document: &Bound<'_, PyDict>) -> Result<Self> {
        let pool =
            core::AddressPool::from_value(&from_python(document)?).map_err(|problems| many(&problems))?;
        Ok(Self(Mutex::new(pool)))
    }

    fn ledger<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        let ledger = self.lock().ledger();
        plain(py, &ledger)
    }

    #[classmethod]
    fn from_ledger(_class: &Bound<'_, PyType>, document: &Bound<'_, PyDict>) -> Result<Self> {
        Self::replayed(core::Ledger::from_value(&from_python(document)?))
    }

    fn to_csv(&self) -> String {
        csv::write(&self.lock())
    }

    #[pyo3(signature = (text, *, file = None))]
    fn import_csv(
        &self,
        #[pyo3(from_py_with = crate::convert::text)] text: &str,
        #[pyo3(from_py_with = crate::convert::text_or_none)] file: Option<&str>,
    ) -> Result<()> {
        let rows = csv::read(text, file).map_err(|problems| many(&problems))?;
        self.lock().import(&rows).map_err(|problems| many(&problems))
    }

    fn to_ipam<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        let document = ipam::Document::of(&self.lock());
        plain(py, &document)
    }

    fn import_ipam(&self, document: &Bound<'_, PyDict>) -> Result<()> {
        let document =
            ipam::Document::from_value(&from_python(document)?).map_err(|problems| many(&problems))?;
        let (rows, existing) = (document.rows(), document.existing());
        let mut pool = self.lock();
        pool.import(&rows.map_err(|problems| many(&problems))?).map_err(|problems| many(&problems))?;
        Ok(pool.pin_existing(&existing.map_err(|problems| many(&problems))?)?)
    }

    fn map_text(&self, py: Python<'_>) -> String {
        py.detach(|| self.lock().map_text())
    }

    fn map_svg(&self, py: Python<'_>) -> String {
        py.detach(|| self.lock().map_svg())
    }

    fn _repr_svg_(&self, py: Python<'_>) -> String {
        self.map_svg(py)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        // A copy, as locking both at once could wait for ever.
        let Ok(other) = other.cast::<Self>() else { return false };
        let other = other.get().lock().clone();
        *self.lock() == other
    }

    fn __repr__(&self) -> String {
        let pool = self.lock();
        let [(_, allocated), (_, reserved), (_, pinned)] = pool.allocation_counts();
        format!(
            "<AddressPool {} {}: {allocated} allocated, {reserved} reserved, {pinned} pinned>",
            texts(pool.ranges().iter().copied()).join(" "),
            strategy_name(pool.settings().strategy)
        )
    }

    #[classmethod]
    fn _from_ledger(_class: &Bound<'_, PyType>, text: &str) -> Result<Self> {
        Self::replay(text)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (String,))> {
        let ledger = slf.get().lock().ledger();
        Ok((slf.get_type().getattr("_from_ledger")?, (to_json(&ledger)?,)))
    }
}

impl AddressPool {
    fn replay(text: &str) -> Result<Self> {
        Self::replayed(core::Ledger::from_json(text))
    }

    fn replayed(ledger: std::result::Result<core::Ledger, Problems>) -> Result<Self> {
        let pool = ledger.and_then(|ledger| ledger.replay());
        Ok(Self(Mutex::new(pool.map_err(|problems| many(&problems))?)))
    }
}
