//! Pools.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyInt, PyType};
use securebase_core::model::{Cidr, PoolStrategy, Problems};
use securebase_core::net as core;
use securebase_core::net::exchange::{csv, ipam};
use securebase_core::net::{BlockRequest, PoolSettings};

use super::{block, blocks, many, texts};
use crate::argument;
use crate::convert::{any_count, count, from_python, plain, to_json, whole};
use crate::error::{Class, Failure, OfArgument as _, Result, cut};
use crate::runtime::leave;
use crate::table::Table;

/// A prefix length from any whole number; what no block can have is refused with the rest.
fn prefix_len(name: &str, value: &Bound<'_, PyAny>) -> Result<u8> {
    let number = whole(value)?.and_then(|number| u8::try_from(number).ok());
    number.ok_or_else(|| {
        let (expected, hint) = ("a whole number from 16 to 28", "use a length from 16 to 28");
        argument::refused(Class::Input, "cidr-size", name, value, expected, hint)
    })
}

/// What a pool answers, or its failure, which names the argument where that is a length that no block has.
fn of_length<T>(name: &str, answer: std::result::Result<T, core::Error>) -> Result<T> {
    answer.map_err(|error| {
        let is_about_length = matches!(error, core::Error::PrefixLen { .. });
        let failure = Failure::from(error);
        if is_about_length { failure.about(name) } else { failure }
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
    Ok(count(Class::Input, "serial", value, 0..=core::SERIAL_MAX)?)
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
    /// Works on the pool. The interpreter is released meanwhile, so that nothing of Python's runs while the pool is locked, and no
    /// thread waits for it that others wait for: an argument is converted before.
    pub(super) fn with<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut core::AddressPool) -> T + Send,
    ) -> T {
        // A panic in between cannot leave it half changed, so poison does no harm.
        py.detach(|| work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

#[pymethods]
impl AddressPool {
    #[new]
    #[pyo3(signature = (ranges, strategy = "unique", *, quarantine = 0, tier_prefix_len = None, tiers = None))]
    fn new(
        ranges: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = argument::text::strategy)] strategy: &str,
        #[pyo3(from_py_with = rest)] quarantine: u64,
        tier_prefix_len: Option<&Bound<'_, PyAny>>,
        tiers: Option<&Bound<'_, PyAny>>,
    ) -> Result<Self> {
        let settings = PoolSettings {
            strategy: self::strategy(strategy).of("strategy")?,
            quarantine,
            tier_prefix_len: tier_prefix_len.map(|value| prefix_len("tier_prefix_len", value)).transpose()?,
        };
        let ranges = blocks("ranges", ranges)?;
        let mut of_tiers: Vec<(String, Cidr)> = Vec::new();
        if let Some(tiers) = tiers {
            argument::pairs(Class::Input, "tiers", tiers, argument::ITEMS_MAX, |tier, ranges| {
                let tier = argument::key(Class::Input, "tiers", &tier)?;
                let ranges = blocks(&argument::member("tiers", &tier), &ranges)?;
                of_tiers.extend(ranges.into_iter().map(|range| (tier.clone(), range)));
                Ok(())
            })?;
        }
        let of_tiers: Vec<(&str, Cidr)> =
            of_tiers.iter().map(|(tier, range)| (tier.as_str(), *range)).collect();
        let pool = if of_tiers.is_empty() {
            core::AddressPool::new(&ranges, settings)
        } else {
            core::AddressPool::with_tiers(&ranges, settings, &of_tiers)
        };
        Ok(Self(Mutex::new(pool?)))
    }

    #[getter]
    fn strategy(&self, py: Python<'_>) -> &'static str {
        strategy_name(self.with(py, |pool| pool.settings().strategy))
    }

    #[getter]
    fn ranges(&self, py: Python<'_>) -> Vec<String> {
        self.with(py, |pool| texts(pool.ranges().iter().copied()))
    }

    #[getter]
    fn exclusions(&self, py: Python<'_>) -> Vec<(String, String)> {
        self.with(py, |pool| {
            let exclusions = pool.exclusions().iter();
            exclusions.map(|other| (other.cidr.to_string(), other.reason.clone())).collect()
        })
    }

    #[getter]
    fn serial(&self, py: Python<'_>) -> u64 {
        self.with(py, |pool| pool.serial())
    }

    #[pyo3(signature = (prefix_len, owner, tier = None, *, pool = None, another = false))]
    fn allocate(
        &self,
        prefix_len: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = argument::text::owner)] owner: &str,
        #[pyo3(from_py_with = argument::optional_text::tier)] tier: Option<&str>,
        #[pyo3(from_py_with = argument::optional_text::pool)] pool: Option<&str>,
        another: bool,
    ) -> Result<String> {
        let request = BlockRequest::new(self::prefix_len("prefix_len", prefix_len)?, owner)
            .tier(tier)
            .pool(pool)
            .another(another);
        let block = self.with(prefix_len.py(), |pool| pool.allocate(&request));
        Ok(of_length("prefix_len", block)?.to_string())
    }

    #[pyo3(signature = (hosts, owner, tier = None, *, pool = None, another = false))]
    fn allocate_hosts(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = hosts)] hosts: u64,
        #[pyo3(from_py_with = argument::text::owner)] owner: &str,
        #[pyo3(from_py_with = argument::optional_text::tier)] tier: Option<&str>,
        #[pyo3(from_py_with = argument::optional_text::pool)] pool: Option<&str>,
        another: bool,
    ) -> Result<String> {
        let request = BlockRequest::for_hosts(hosts, owner)?.tier(tier).pool(pool).another(another);
        Ok(self.with(py, |pool| pool.allocate(&request))?.to_string())
    }

    fn reserve(
        &self,
        cidr: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = argument::text::owner)] owner: &str,
    ) -> Result<()> {
        let block = block("cidr", cidr)?;
        Ok(self.with(cidr.py(), |pool| pool.reserve(block, owner))?)
    }

    fn pin(
        &self,
        cidr: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = argument::text::owner)] owner: &str,
    ) -> Result<()> {
        let block = block("cidr", cidr)?;
        Ok(self.with(cidr.py(), |pool| pool.pin(block, owner))?)
    }

    #[pyo3(signature = (owner, *, until = None))]
    fn release(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = argument::text::owner)] owner: &str,
        #[pyo3(from_py_with = until)] until: Option<u64>,
    ) -> Result<Vec<String>> {
        let released = self.with(py, |pool| match until {
            None => pool.release(owner),
            Some(until) => pool.release_until(owner, until),
        });
        Ok(texts(released.of("owner")?))
    }

    fn advance(&self, py: Python<'_>, #[pyo3(from_py_with = serial)] serial: u64) -> Result<()> {
        Ok(self.with(py, |pool| pool.advance(serial))?)
    }

    #[pyo3(signature = (cidr, pool = ""))]
    fn grow(
        &self,
        cidr: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = argument::text::pool)] pool: &str,
    ) -> Result<()> {
        let block = block("cidr", cidr)?;
        Ok(self.with(cidr.py(), |this| this.grow(pool, block))?)
    }

    fn carve(
        &self,
        #[pyo3(from_py_with = argument::text::path)] path: &str,
        range: &Bound<'_, PyAny>,
    ) -> Result<String> {
        if range.is_instance_of::<PyInt>() {
            let prefix_len = prefix_len("range", range)?;
            let carved = self.with(range.py(), |pool| pool.carve_len(path, prefix_len));
            return Ok(of_length("range", carved)?.to_string());
        }
        let block = block("range", range)?;
        self.with(range.py(), |pool| pool.carve(path, block))?;
        Ok(block.to_string())
    }

    fn exclude(
        &self,
        cidr: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = argument::text::reason)] reason: &str,
    ) -> Result<()> {
        let block = block("cidr", cidr)?;
        Ok(self.with(cidr.py(), |pool| pool.exclude(block, reason))?)
    }

    fn include(&self, cidr: &Bound<'_, PyAny>) -> Result<()> {
        let block = block("cidr", cidr)?;
        Ok(self.with(cidr.py(), |pool| pool.include(block))?)
    }

    #[pyo3(signature = (pool = None, *, owner = None))]
    fn free(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = argument::optional_text::pool)] pool: Option<&str>,
        #[pyo3(from_py_with = argument::optional_text::owner)] owner: Option<&str>,
    ) -> Result<Vec<String>> {
        let free = self.with(py, |this| match (pool, owner) {
            (None, None) => Ok(this.free()),
            (pool, owner) => this.free_in(pool.unwrap_or_default(), owner.unwrap_or_default()),
        });
        Ok(texts(free?))
    }

    fn blocks(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = argument::text::owner)] owner: &str,
    ) -> Vec<String> {
        self.with(py, |pool| texts(pool.blocks_of(owner)))
    }

    fn allocations(&self, py: Python<'_>) -> Result<Table> {
        Ok(self.with(py, |pool| pool.allocations_table())?.into())
    }

    fn pools(&self, py: Python<'_>) -> Result<Table> {
        Ok(self.with(py, |pool| pool.pools_table())?.into())
    }

    fn history<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        plain(py, &self.with(py, |pool| pool.history().to_vec()))
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        plain(py, &self.with(py, |pool| pool.snapshot()))
    }

    #[classmethod]
    fn from_dict(_class: &Bound<'_, PyType>, document: &Bound<'_, PyAny>) -> Result<Self> {
        let document = from_python("document", argument::map("document", document)?)?;
        let pool = core::AddressPool::from_value(&document).map_err(|problems| many(&problems))?;
        Ok(Self(Mutex::new(pool)))
    }

    fn ledger<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        plain(py, &self.with(py, |pool| pool.ledger()))
    }

    #[classmethod]
    fn from_ledger(_class: &Bound<'_, PyType>, document: &Bound<'_, PyAny>) -> Result<Self> {
        let document = from_python("document", argument::map("document", document)?)?;
        Self::replayed(core::Ledger::from_value(&document))
    }

    fn to_csv(&self, py: Python<'_>) -> String {
        self.with(py, |pool| csv::write(pool))
    }

    #[pyo3(signature = (text, *, file = None))]
    fn import_csv(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = argument::text::text)] text: &str,
        #[pyo3(from_py_with = argument::optional_text::file)] file: Option<&str>,
    ) -> Result<()> {
        let (text, file) = (text.to_owned(), file.map(str::to_owned));
        let rows = leave(py, move || csv::read(&text, file.as_deref()))?;
        let rows = rows.map_err(|problems| many(&problems))?;
        self.with(py, |pool| pool.import(&rows)).map_err(|problems| many(&problems))
    }

    fn to_ipam<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        plain(py, &self.with(py, |pool| ipam::IpamDocument::of(pool)))
    }

    fn import_ipam(&self, document: &Bound<'_, PyAny>) -> Result<()> {
        let py = document.py();
        let document = from_python("document", argument::map("document", document)?)?;
        let document = ipam::IpamDocument::from_value(&document).map_err(|problems| many(&problems))?;
        let rows = document.rows().map_err(|problems| many(&problems))?;
        let existing = document.existing().map_err(|problems| many(&problems))?;
        self.with(py, |pool| {
            pool.import(&rows).map_err(|problems| many(&problems))?;
            Ok(pool.pin_existing(&existing)?)
        })
    }

    fn map_text(&self, py: Python<'_>) -> String {
        self.with(py, |pool| pool.map_text())
    }

    fn map_svg(&self, py: Python<'_>) -> String {
        self.with(py, |pool| pool.map_svg())
    }

    fn _repr_svg_(&self, py: Python<'_>) -> String {
        self.map_svg(py)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        // A copy, as locking both at once could wait for ever.
        let py = other.py();
        let Ok(other) = other.cast::<Self>() else { return false };
        let other = other.get().with(py, |pool| pool.clone());
        self.with(py, |pool| *pool == other)
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        self.with(py, |pool| {
            let [(_, allocated), (_, reserved), (_, pinned)] = pool.allocation_counts();
            cut(format!(
                "<AddressPool {} {}: {allocated} allocated, {reserved} reserved, {pinned} pinned>",
                texts(pool.ranges().iter().copied()).join(" "),
                strategy_name(pool.settings().strategy)
            ))
        })
    }

    #[classmethod]
    fn _from_ledger(
        _class: &Bound<'_, PyType>,
        #[pyo3(from_py_with = argument::text::text)] text: &str,
    ) -> Result<Self> {
        Self::replay(text)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (String,))> {
        let ledger = slf.get().with(slf.py(), |pool| pool.ledger());
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
