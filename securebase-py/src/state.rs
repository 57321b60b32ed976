//! The state: what exists, who did what and when, who is writing.

use std::path::PathBuf;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};
use securebase_core::exec::Stop;
use securebase_core::state::{
    LockInfo as CoreLockInfo, RunRecord as CoreRecord, State as CoreState, StoredResource,
};
use securebase_core::time::Time;

use crate::convert::{from_json, to_json};
use crate::error::{Failure, Result};
use crate::runtime::wait;

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
    fn _from_json(_class: &Bound<'_, PyType>, text: &str) -> Result<Self> {
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

    /// When it began. By the clock of the cloud: a simulated one begins in 1970.
    #[getter]
    fn when<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        moment(py, self.0.began)
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

    /// What it did, in words.
    #[getter]
    fn what(&self) -> String {
        let steps = if self.0.step_count == 1 { "step" } else { "steps" };
        format!("{} {steps} of plan {:.12}, {}", self.0.step_count, self.0.plan, self.status())
    }

    fn __repr__(&self) -> String {
        format!("RunRecord({}, {:?}, {:?})", self.0.run.0, self.0.who, self.what())
    }

    fn __hash__(&self) -> u64 {
        crate::convert::hash(&self.0.plan) ^ self.0.run.0
    }

    #[classmethod]
    fn _from_json(_class: &Bound<'_, PyType>, text: &str) -> Result<Self> {
        from_json(text).map(Self)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("_from_json")?, (to_json(&slf.get().0)?,)))
    }
}

/// Who is writing a state.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct LockInfo(CoreLockInfo);

#[pymethods]
impl LockInfo {
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

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("LockInfo({:?}, {:?}, {})", self.0.holder.who, self.0.holder.host, self.0.holder.pid)
    }

    fn __hash__(&self) -> u64 {
        crate::convert::hash(&self.0.to_string())
    }

    #[classmethod]
    fn _from_json(_class: &Bound<'_, PyType>, text: &str) -> Result<Self> {
        from_json(text).map(Self)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("_from_json")?, (to_json(&slf.get().0)?,)))
    }
}

/// The state at a URL: a directory's path or `file://…`. Nothing is made there before the first run.
#[pyclass(frozen, module = "securebase")]
pub(crate) struct State {
    url: String,
    core: CoreState,
}

/// A state from what a caller names it by: its URL, a path, or a `State`.
pub(crate) fn open(state: &Bound<'_, PyAny>) -> Result<CoreState> {
    match state.cast::<State>() {
        Ok(state) => Ok(state.get().core.clone()),
        Err(_) => Ok(CoreState::open(&url(state)?)?),
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

fn url(state: &Bound<'_, PyAny>) -> Result<String> {
    if let Ok(text) = state.cast::<PyString>() {
        return Ok(text.to_str()?.to_owned());
    }
    let path: PathBuf =
        state.extract().map_err(|_| PyTypeError::new_err("a state goes by its URL, a path, or a `State`"))?;
    path.into_os_string().into_string().map_err(|path| {
        Failure::from(PyTypeError::new_err(format!("{path:?} is not text: a state goes by its URL")))
    })
}

#[pymethods]
impl State {
    #[new]
    #[pyo3(signature = (url))]
    fn new(url: &Bound<'_, PyAny>) -> Result<Self> {
        let url = self::url(url)?;
        Ok(Self { core: CoreState::open(&url)?, url })
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

    /// Who is writing, if anybody.
    fn lock_info(&self, py: Python<'_>) -> Result<Option<LockInfo>> {
        let state = self.core.clone();
        Ok(wait(py, &Stop::new(), async move { state.lock_info().await })??.map(LockInfo))
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.url == other.url
    }

    fn __hash__(&self) -> u64 {
        crate::convert::hash(&self.url)
    }

    fn __repr__(&self) -> String {
        format!("State({:?})", self.url)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyType>, (String,)) {
        (slf.get_type(), (slf.get().url.clone(),))
    }
}

/// The state.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod state {
    #[pymodule_export]
    use super::{LockInfo, RunRecord, State, StateResource};
}
