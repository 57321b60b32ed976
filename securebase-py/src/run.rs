//! Runs: carrying a plan out, and going on with a run that was cut off.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyType;
use securebase_core::exec::{
    self, ApplyOptions, Event as CoreEvent, Pause as CorePause, Run as CoreRun, Stop,
};
use securebase_core::model::{AccountId, Address, Email, EmailError};

use crate::argument;
use crate::cloud::AnyCloud;
use crate::convert::{from_json, hash, plain, to_json};
use crate::error::{Class, Failure, Result, passes_through};
use crate::plan::Pending;
use crate::runtime::{awaitable, calling_out, wait};
use crate::shown::one_line;
use crate::state;

/// One event of a run.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct Event(CoreEvent);

#[pymethods]
impl Event {
    /// When, in seconds by the clock of the run: virtual in a simulated cloud, else since 1970.
    #[getter]
    fn at_seconds(&self) -> f64 {
        self.0.at.as_secs_f64()
    }

    /// What happened: `begun`, `started`, `retrying`, `reading_back`, `waiting`, `finished`, `failed`, `deferred`, `blocked`
    /// or `ended`.
    #[getter]
    fn name(&self) -> &'static str {
        self.0.name()
    }

    /// The resource it is about.
    #[getter]
    fn address(&self) -> Option<&str> {
        self.0.address().map(Address::as_str)
    }

    /// The event as a dict: `at` in microseconds, `event`, and what belongs to it.
    fn to_dict<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        let event = plain(py, &self.0.kind)?;
        event.set_item("at", self.0.at.as_micros())?;
        Ok(event)
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<Event {} {}>", self.0.at, self.0)
    }

    fn __hash__(&self) -> u64 {
        hash(&self.0.to_string()) ^ self.0.at.as_micros()
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

/// What came of a run.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct Run(CoreRun);

#[pymethods]
impl Run {
    /// `"succeeded"`, `"failed"`, or `"pending"` where everything is done that can be done now.
    #[getter]
    fn status(&self) -> &'static str {
        self.0.status.name()
    }

    /// The number of the run in its state; `None` where there was nothing to do.
    #[getter]
    fn run(&self) -> Option<u64> {
        self.0.run.map(|run| run.0)
    }

    /// The addresses of the steps that were carried out, in the order in which they were done.
    #[getter]
    fn applied(&self) -> Vec<&str> {
        self.0.applied.iter().map(Address::as_str).collect()
    }

    /// The addresses of the steps that failed for good.
    #[getter]
    fn failed(&self) -> Vec<&str> {
        self.0.failed.iter().map(|(address, _)| address.as_str()).collect()
    }

    /// Why each of them failed.
    #[getter]
    fn errors(&self) -> BTreeMap<&str, &str> {
        self.0.failed.iter().map(|(address, error)| (address.as_str(), error.as_str())).collect()
    }

    /// The steps that wait for time or for a person: a later plan takes them up.
    #[getter]
    fn pending(&self) -> Vec<Pending> {
        self.0.pending.iter().cloned().map(Pending).collect()
    }

    /// The steps that were not begun, and the failed or pending step each of them waits for.
    #[getter]
    fn blocked(&self) -> BTreeMap<&str, &str> {
        self.0.blocked.iter().map(|(address, by)| (address.as_str(), by.as_str())).collect()
    }

    /// Everything that happened, in order.
    #[getter]
    fn events(&self) -> Vec<Event> {
        self.0.events.iter().cloned().map(Event).collect()
    }

    /// What was called, by `service:Operation`: how often, and for how many seconds together.
    #[getter]
    fn calls(&self) -> BTreeMap<&str, (u64, f64)> {
        self.0
            .calls
            .iter()
            .map(|(call, stats)| (call.as_str(), (stats.count, stats.took.as_secs_f64())))
            .collect()
    }

    /// How many calls failed, by AWS's error code.
    #[getter]
    fn failed_calls(&self) -> BTreeMap<&str, u64> {
        let mut codes = BTreeMap::new();
        for (code, count) in self.0.calls.values().flat_map(|stats| &stats.failed) {
            *codes.entry(code.as_str()).or_default() += count;
        }
        codes
    }

    /// How long it took, by the clock of the cloud.
    #[getter]
    fn duration_seconds(&self) -> f64 {
        self.0.ended.since(self.0.began).as_secs_f64()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        let (applied, failed) = (self.0.applied.len(), self.0.failed.len());
        let what = if self.0.dry { "Dry run" } else { "Run" };
        format!("<{what} {}: {applied} applied, {failed} failed>", self.status())
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

/// Pauses a run: no new call leaves until it is resumed; those under way are waited for, and the lease is kept.
#[pyclass(frozen, module = "securebase")]
#[derive(Default)]
pub(crate) struct Pause(CorePause);

#[pymethods]
impl Pause {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Pauses the run.
    fn pause(&self) {
        self.0.pause();
    }

    /// Resumes it.
    fn resume(&self) {
        self.0.resume();
    }

    /// Whether the run is paused.
    #[getter]
    fn is_paused(&self) -> bool {
        self.0.is_paused()
    }
}

/// What a callback has raised, the first time it did.
pub(crate) type Raised = Arc<Mutex<Option<PyErr>>>;

/// The options of a run, and the strings attached to them.
pub(crate) struct Apply {
    pub(crate) options: ApplyOptions,
    pub(crate) raised: Raised,
    pub(crate) stop: Stop,
}

impl Apply {
    /// Lets that handle pause the run.
    pub(crate) fn pause(mut self, pause: Option<&Bound<'_, Pause>>) -> Self {
        if let Some(pause) = pause {
            self.options = self.options.pause(pause.get().0.clone());
        }
        self
    }

    /// Waits that long for the state, a `timedelta` or seconds, where somebody else has it.
    pub(crate) fn wait_for_lease(mut self, given: Option<&Bound<'_, PyAny>>) -> Result<Self> {
        if let Some(given) = given {
            self.options = self.options.wait_for_lease(duration("wait_for_lease", given)?);
        }
        Ok(self)
    }
}

/// A `timedelta` that is not negative, or seconds.
pub(crate) fn duration(name: &str, given: &Bound<'_, PyAny>) -> Result<Duration> {
    let refused = || {
        argument::refused(
            Class::Input,
            "duration-invalid",
            name,
            given,
            "seconds of zero or more, or a `timedelta` that is not negative",
            "pass seconds from 0 on, or a `timedelta`",
        )
    };
    match given.extract::<Duration>() {
        Ok(duration) => Ok(duration),
        Err(error) if passes_through(&error, given.py()) => Err(error.into()),
        // A `Duration` cannot be negative, a `timedelta` can.
        Err(_) if argument::has(given, "total_seconds") => Err(refused()),
        Err(_) => {
            let seconds = argument::number_or(Class::Input, name, given, "seconds, or a `timedelta`")?;
            Duration::try_from_secs_f64(seconds).map_err(|_| refused())
        }
    }
}

/// The core's options from Python's arguments.
pub(crate) fn options(progress: Option<Py<PyAny>>, who: Option<String>, destroy: Vec<String>) -> Apply {
    let raised = Raised::default();
    let stop = Stop::new();
    let mut options = ApplyOptions::new()
        .stop(stop.clone())
        .who(who.unwrap_or_default())
        .destroy(destroy.into_iter().map(Address::new));
    if let Some(progress) = progress {
        let (raised, stop) = (Arc::clone(&raised), stop.clone());
        options = options.progress(move |event| {
            // A callback that has raised is not called again: the run ends, as it was asked to.
            if stop.is_asked() {
                return;
            }
            let call = || Python::attach(|py| progress.call1(py, (Event(event.clone()),)));
            if let Err(error) = calling_out(call) {
                raised.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                stop.ask();
            }
        });
    }
    Apply { options, raised, stop }
}

/// A run, or what its callback has raised, or why it could not go on.
pub(crate) fn applied(run: std::result::Result<CoreRun, exec::Error>, raised: &Raised) -> Result<Run> {
    match raised.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(error) => Err(Failure::Python(error)),
        None => run.map(Run).map_err(|error| {
            let is_named = error.code() == "plan-unknown-targets";
            let failure = Failure::from(error);
            if is_named { failure.about("destroy") } else { failure }
        }),
    }
}

/// Goes on with the run that was cut off; does nothing where none was. Waits up to `wait_for_lease`, a `timedelta` or
/// seconds, where another process has the state: the lease of a process that died runs out within a minute.
#[pyfunction]
#[pyo3(signature = (state, cloud, progress = None, *, who = None, wait_for_lease = None))]
fn resume(
    py: Python<'_>,
    state: &Bound<'_, PyAny>,
    cloud: &Bound<'_, PyAny>,
    #[pyo3(from_py_with = crate::convert::callback)] progress: Option<Py<PyAny>>,
    #[pyo3(from_py_with = argument::owned_text::who)] who: Option<String>,
    wait_for_lease: Option<&Bound<'_, PyAny>>,
) -> Result<Run> {
    let Apply { options, raised, stop } =
        options(progress, who, Vec::new()).wait_for_lease(wait_for_lease)?;
    let (state, cloud) = (state::open(state)?, AnyCloud::of(cloud)?);
    let run = wait(py, &stop, async move { exec::resume(cloud.port(), &state, options).await })?;
    applied(run, &raised)
}

/// As `resume`, to be awaited.
#[pyfunction]
#[pyo3(signature = (state, cloud, progress = None, *, who = None, wait_for_lease = None))]
fn resume_async<'py>(
    py: Python<'py>,
    state: &Bound<'py, PyAny>,
    cloud: &Bound<'py, PyAny>,
    #[pyo3(from_py_with = crate::convert::callback)] progress: Option<Py<PyAny>>,
    #[pyo3(from_py_with = argument::owned_text::who)] who: Option<String>,
    wait_for_lease: Option<&Bound<'py, PyAny>>,
) -> Result<Bound<'py, PyAny>> {
    let Apply { options, raised, stop } =
        options(progress, who, Vec::new()).wait_for_lease(wait_for_lease)?;
    let (state, cloud) = (state::open(state)?, AnyCloud::of(cloud)?);
    awaitable(py, stop, async move { applied(exec::resume(cloud.port(), &state, options).await, &raised) })
}

/// An account and an address, as they were written.
fn account_and_email(account_id: &str, email: &str) -> Result<(AccountId, Email)> {
    let account = crate::convert::account_id(account_id)?;
    let refused = |error: EmailError| {
        let message = format!("invalid `email` `{}`: {error}", one_line(email));
        let hint = "write an address that receives mail";
        Failure::at(Class::Input, "email-invalid", "email", &message, hint)
    };
    let email = email.parse().map_err(refused)?;
    Ok((account, email))
}

/// Asks AWS to mail a code to the address that the account's root user shall have. Asking again mails another code.
#[pyfunction]
#[pyo3(signature = (cloud, account_id, email))]
fn start_root_email_change(
    py: Python<'_>,
    cloud: &Bound<'_, PyAny>,
    #[pyo3(from_py_with = argument::text::account_id)] account_id: &str,
    #[pyo3(from_py_with = argument::text::email)] email: &str,
) -> Result<()> {
    let (cloud, (account, email)) = (AnyCloud::of(cloud)?, account_and_email(account_id, email)?);
    Ok(wait(
        py,
        &Stop::new(),
        async move { exec::start_root_email_change(cloud.port(), account, &email).await },
    )??)
}

/// Changes the root e-mail address, with the code that was mailed to it.
#[pyfunction]
#[pyo3(signature = (cloud, account_id, email, code))]
fn finish_root_email_change(
    py: Python<'_>,
    cloud: &Bound<'_, PyAny>,
    #[pyo3(from_py_with = argument::text::account_id)] account_id: &str,
    #[pyo3(from_py_with = argument::text::email)] email: &str,
    #[pyo3(from_py_with = argument::text::code)] code: &str,
) -> Result<()> {
    let (cloud, (account, email)) = (AnyCloud::of(cloud)?, account_and_email(account_id, email)?);
    let code = code.to_owned();
    let finish = async move { exec::finish_root_email_change(cloud.port(), account, &email, &code).await };
    Ok(wait(py, &Stop::new(), finish)??)
}

/// Runs.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod run {
    #[pymodule_export]
    use super::{Event, Pause, Run, finish_root_email_change, resume, resume_async, start_root_email_change};
}
