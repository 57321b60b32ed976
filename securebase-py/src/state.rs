//! The state: what exists, who did what and when, who is writing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyType};
use securebase_core::exec::{self, ApplyOptions, Stop};
use securebase_core::model::ResourceKind;
use securebase_core::state::{
    Holder, LeaseInfo as CoreLeaseInfo, Resumption as CoreResumption, RunRecord as CoreRecord,
    State as CoreState, StoredResource,
};
use securebase_core::time::Time;

use crate::argument::{self, ITEMS_MAX};
use crate::cloud::AnyCloud;
use crate::convert::{from_json, to_json};
use crate::error::{Class, Failure, OfArgument as _, Result, cut};
use crate::model::LandingZone;
use crate::runtime::wait;
use crate::table::Table;

/// A moment of a real clock as an aware `datetime`.
fn moment(py: Python<'_>, time: Time) -> PyResult<Bound<'_, PyAny>> {
    let datetime = py.import("datetime")?;
    let epoch = datetime
        .getattr("datetime")?
        .call_method1("fromtimestamp", (0, datetime.getattr("timezone")?.getattr("utc")?))?;
    let since = datetime.getattr("timedelta")?.call1((0, 0, time.as_micros()))?;
    epoch.add(since)
}

/// A resource the state knows of.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct StateResource(StoredResource);

#[pymethods]
impl StateResource {
    /// Its address.
    #[getter]
    fn address(&self) -> &str {
        self.0.address.as_str()
    }

    /// Its kind, in snake_case.
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind.name()
    }

    /// Its id in the cloud.
    #[getter]
    fn id(&self) -> &str {
        self.0.id.as_str()
    }

    /// The key of the tenant it belongs to.
    #[getter]
    fn tenant(&self) -> Option<&str> {
        self.0.tenant.as_ref().map(securebase_core::model::TenantKey::as_str)
    }

    fn __repr__(&self) -> String {
        format!("StateResource({:?}, {:?}, {:?})", self.address(), self.kind(), self.id())
    }

    fn __hash__(&self) -> u64 {
        crate::convert::hash(self.address())
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

/// Who went on with a run that was cut off, and when.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct Resumption(CoreResumption);

#[pymethods]
impl Resumption {
    /// Who.
    #[getter]
    fn who(&self) -> &str {
        &self.0.who
    }

    /// When.
    #[getter]
    fn when<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        moment(py, self.0.at)
    }

    fn __repr__(&self) -> String {
        format!("<Resumption {}>", self.0)
    }

    fn __hash__(&self) -> u64 {
        crate::convert::hash(&self.0.to_string())
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

/// One run in the history of a state: who, when, what.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct RunRecord(CoreRecord);

#[pymethods]
impl RunRecord {
    /// The number of the run, from 1.
    #[getter]
    fn run(&self) -> u64 {
        self.0.run.0
    }

    /// Who began it.
    #[getter]
    fn who(&self) -> &str {
        &self.0.who
    }

    /// When it began; `None` where it was cut off before its first entry. By the clock of the cloud: a simulated one begins
    /// in 1970.
    #[getter]
    fn when<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.began.map(|time| moment(py, time)).transpose()
    }

    /// Who went on with it after it was cut off, and when, in order.
    #[getter]
    fn resumed(&self) -> Vec<Resumption> {
        self.0.resumed.iter().cloned().map(Resumption).collect()
    }

    /// When it ended; `None` where it was cut off.
    #[getter]
    fn ended<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.ended.map(|time| moment(py, time)).transpose()
    }

    /// `"succeeded"`, `"failed"`, or `"interrupted"` where it was cut off.
    #[getter]
    fn status(&self) -> &'static str {
        self.0.status.map_or("interrupted", |status| status.name())
    }

    /// The fingerprint of its plan.
    #[getter]
    fn plan(&self) -> &str {
        &self.0.plan
    }

    /// How many steps it has carried out.
    #[getter]
    fn step_count(&self) -> usize {
        self.0.step_count
    }

    /// `"apply"`, or `"rebuild"` where the state was rebuilt from the cloud.
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind.name()
    }

    /// How many steps have failed for good.
    #[getter]
    fn failed_count(&self) -> usize {
        self.0.failed_count
    }

    /// The steps it has carried out: action → kind → number.
    #[getter]
    fn counts(&self) -> BTreeMap<&'static str, BTreeMap<&'static str, usize>> {
        let named = |kinds: &BTreeMap<ResourceKind, usize>| {
            kinds.iter().map(|(kind, count)| (kind.name(), *count)).collect()
        };
        self.0.counts.iter().map(|(action, kinds)| (action.name(), named(kinds))).collect()
    }

    /// What it did, in words.
    #[getter]
    fn what(&self) -> String {
        self.0.what()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<RunRecord {}>", self.0)
    }

    fn __hash__(&self) -> u64 {
        crate::convert::hash(&self.0.plan) ^ self.0.run.0
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

/// Who is writing a state.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct LeaseInfo(CoreLeaseInfo);

#[pymethods]
impl LeaseInfo {
    /// The user.
    #[getter]
    fn who(&self) -> &str {
        &self.0.holder.who
    }

    /// The machine.
    #[getter]
    fn host(&self) -> &str {
        &self.0.holder.host
    }

    /// The process.
    #[getter]
    fn pid(&self) -> u32 {
        self.0.holder.pid
    }

    /// Since when.
    #[getter]
    fn since<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        moment(py, self.0.holder.since)
    }

    /// When somebody else may take over, unless it is renewed before.
    #[getter]
    fn expires<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        moment(py, self.0.expires)
    }

    /// The fencing token: one more with every holder.
    #[getter]
    fn token(&self) -> u64 {
        self.0.token
    }

    /// How far the clock that wrote it was ahead of this one, where that is more than clocks differ by.
    #[getter]
    fn ahead(&self) -> Option<Duration> {
        self.0.ahead
    }

    /// The file or object that holds it.
    #[getter]
    fn file(&self) -> &str {
        &self.0.file
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("LeaseInfo({:?}, {:?}, {})", self.0.holder.who, self.0.holder.host, self.0.holder.pid)
    }

    fn __hash__(&self) -> u64 {
        crate::convert::hash(&self.0.to_string())
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

/// The state at a URL: a directory's path or `file://…`, `s3://bucket/prefix`, or `memory://` for one that ends with the
/// object. Nothing is made there before the first run. A state with settings is not pickled, because they hold keys.
#[pyclass(frozen, eq, module = "securebase")]
pub(crate) struct State {
    url: String,
    settings: BTreeMap<String, String>,
    core: CoreState,
}

/// Equal if they are at one place with the same settings.
impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        (&self.url, &self.settings) == (&other.url, &other.settings)
    }
}

/// A state from what a caller names it by: its URL, a path, or a `State`.
pub(crate) fn open(state: &Bound<'_, PyAny>) -> Result<CoreState> {
    match state.cast::<State>() {
        Ok(state) => Ok(state.get().core.clone()),
        Err(_) => CoreState::open(&url("state", state)?).of("state"),
    }
}

/// Where a state is kept when the caller names none.
const DEFAULT_STATE: &str = ".securebase";

/// The state a caller names, or the one in the working directory.
pub(crate) fn or_default(state: Option<&Bound<'_, PyAny>>) -> Result<CoreState> {
    match state {
        Some(state) => open(state),
        None => Ok(CoreState::open(DEFAULT_STATE)?),
    }
}

fn url(name: &str, state: &Bound<'_, PyAny>) -> Result<String> {
    if state.is_instance_of::<PyString>() {
        return Ok(argument::text(name, state)?.to_owned());
    }
    let expected = "a URL, a path or a `State`";
    let path = argument::path_or(name, state, expected)?;
    path.into_os_string().into_string().map_err(|_| {
        let hint = "name the state by its URL";
        argument::refused(Class::Input, "text-invalid", name, state, expected, hint)
    })
}

/// Settings by name. They hold keys: an error never shows one.
fn settings(given: &Bound<'_, PyAny>) -> Result<BTreeMap<String, String>> {
    let read = |key: Bound<'_, PyAny>, value: Bound<'_, PyAny>| {
        let key = argument::key(Class::Input, "settings", &key)?;
        let text = value.cast::<PyString>().ok().and_then(|text| text.to_str().ok().map(str::to_owned));
        let text = text.ok_or_else(|| {
            let (path, hint) = (argument::member("settings", &key), "write the value as text");
            let message = format!("invalid `{path}`: expected text");
            Failure::at(Class::Input, "text-invalid", &path, &message, hint)
        })?;
        Ok((key, text))
    };
    Ok(argument::pairs(Class::Input, "settings", given, ITEMS_MAX, read)?.into_iter().collect())
}

#[pymethods]
impl State {
    /// `settings` are for a bucket, named as in the environment but in lower case: `aws_endpoint`, `aws_region` …
    #[new]
    #[pyo3(signature = (url, settings = None))]
    fn new(url: &Bound<'_, PyAny>, settings: Option<&Bound<'_, PyAny>>) -> Result<Self> {
        let url = self::url("url", url)?;
        let settings = settings.map(self::settings).transpose()?.unwrap_or_default();
        let core = {
            let settings = settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            CoreState::open_with(&url, settings).of("url")?
        };
        Ok(Self { url, settings, core })
    }

    /// Where it is.
    #[getter]
    fn url(&self) -> &str {
        &self.url
    }

    /// Everything known to exist, by address.
    fn resources(&self, py: Python<'_>) -> Result<Vec<StateResource>> {
        let state = self.core.clone();
        let resources = wait(py, &Stop::new(), async move { state.resources().await })??;
        Ok(resources.into_values().map(StateResource).collect())
    }

    /// Who did what, when; oldest first.
    fn history(&self, py: Python<'_>) -> Result<Vec<RunRecord>> {
        let state = self.core.clone();
        let history = wait(py, &Stop::new(), async move { state.history().await })??;
        Ok(history.into_iter().map(RunRecord).collect())
    }

    /// The history as a table: `run, kind, who, began, ended, status, what, resumed_by, resumed_at, plan, step_count,
    /// failed_count`; moments as text, those who resumed and when joined by line breaks.
    fn history_table(&self, py: Python<'_>) -> Result<Table> {
        let state = self.core.clone();
        let history = wait(py, &Stop::new(), async move { state.history().await })??;
        Ok(CoreRecord::table(&history)?.into())
    }

    /// Who is writing, if anybody.
    fn lease_info(&self, py: Python<'_>) -> Result<Option<LeaseInfo>> {
        let state = self.core.clone();
        Ok(wait(py, &Stop::new(), async move { state.lease_info().await })??.map(LeaseInfo))
    }

    /// The earlier name of `lease_info`.
    fn lock_info(&self, py: Python<'_>) -> Result<Option<LeaseInfo>> {
        self.lease_info(py)
    }

    /// The whole state as one file, checked; the lease is left out.
    fn export<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyBytes>> {
        let state = self.core.clone();
        let bytes = wait(py, &Stop::new(), async move { state.export().await })??;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Fills a state that holds nothing from what `export` has given.
    #[pyo3(signature = (data, *, who = None))]
    fn import_(
        &self,
        data: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = argument::owned_text::who)] who: Option<String>,
    ) -> Result<()> {
        let (py, data) = (data.py(), argument::bytes("data", data)?);
        let (state, holder) = (self.core.clone(), Holder::this_process(&who.unwrap_or_default()));
        Ok(wait(py, &Stop::new(), async move { state.import(&data, &holder).await })??)
    }

    /// Writes down what exists of a zone in a cloud, in place of whatever the state knew; the number of the entry in its
    /// history. For a state that was lost. The cloud is not changed.
    #[pyo3(signature = (zone, cloud, *, who = None))]
    fn rebuild(
        &self,
        py: Python<'_>,
        zone: &Bound<'_, LandingZone>,
        cloud: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = argument::owned_text::who)] who: Option<String>,
    ) -> Result<u64> {
        let (state, zone, cloud) = (self.core.clone(), Arc::clone(&zone.get().0), AnyCloud::of(cloud)?);
        let options = ApplyOptions::new().who(who.unwrap_or_default());
        Ok(wait(
            py,
            &Stop::new(),
            async move { exec::rebuild(&zone, cloud.port(), &state, &options).await },
        )??
        .0)
    }

    fn __hash__(&self) -> u64 {
        crate::convert::hash(&self.url)
    }

    fn __repr__(&self) -> String {
        cut(format!("State({:?})", self.url))
    }

    fn __copy__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __deepcopy__<'py>(slf: Bound<'py, Self>, _memo: &Bound<'py, PyAny>) -> Bound<'py, Self> {
        slf
    }

    /// Settings hold keys, and every reader of a pickle file could see them.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyType>, (String,))> {
        let state = slf.get();
        if !state.settings.is_empty() {
            return Err(Failure::from(PyTypeError::new_err(
                "a State with settings cannot be pickled, because they hold keys: pickle its `url` and pass the \
                 settings again, or leave them to the environment",
            )));
        }
        Ok((slf.get_type(), (state.url.clone(),)))
    }
}

/// The state.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod state {
    #[pymodule_export]
    use super::{LeaseInfo, Resumption, RunRecord, State, StateResource};
}
