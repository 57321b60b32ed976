//! The one asynchronous runtime, and waiting for it without holding the interpreter.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use securebase_core::exec::Stop;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{AbortHandle, JoinError, JoinHandle};
use tokio::time::timeout;

use crate::error::{Class, Failure, Result};

/// How long a signal may wait to be noticed.
const LISTEN_EVERY: Duration = Duration::from_millis(100);
/// How long a run that was asked to stop may take until it is cut off.
const STOPS_WITHIN: Duration = Duration::from_secs(1);

/// The runtime and the process it belongs to: its threads do not survive a fork.
static RUNTIME: Mutex<Option<(u32, &'static Runtime)>> = Mutex::new(None);

/// The runtime of this process.
fn runtime() -> Result<&'static Runtime> {
    let mut slot = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    match *slot {
        Some((owner, runtime)) if owner == process => Ok(runtime),
        _ => {
            let runtime =
                Builder::new_multi_thread().enable_all().thread_name("securebase").build().map_err(
                    |error| {
                        Failure::one(Class::SecureBase, "runtime", &error, "allow the process more threads")
                    },
                )?;
            // Kept for the life of the process: futures in Python's event loop may outlive any owner.
            let runtime: &'static Runtime = Box::leak(Box::new(runtime));
            if slot.is_none() {
                // Refused only where another extension module of this process has set it, which cannot be.
                let _ = pyo3_async_runtimes::tokio::init_with_runtime(runtime);
            }
            *slot = Some((process, runtime));
            Ok(runtime)
        }
    }
}

/// Runs a future to its end with the interpreter released. On Ctrl-C `stop` is asked to end it; if that takes too long it
/// is dropped where it is. Python's `KeyboardInterrupt` is raised either way.
pub(crate) fn wait<F, T>(py: Python<'_>, stop: &Stop, future: F) -> Result<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let runtime = runtime()?;
    let mut task = runtime.spawn(future);
    loop {
        let ended = py.detach(|| runtime.block_on(async { timeout(LISTEN_EVERY, &mut task).await }));
        match ended {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => return Err(broken(error)),
            Err(_) => {
                if let Err(error) = py.check_signals() {
                    py.detach(|| end(runtime, stop, task));
                    return Err(error.into());
                }
            }
        }
    }
}

/// Ends a task, so that it has let go of everything it holds.
fn end<T>(runtime: &Runtime, stop: &Stop, mut task: JoinHandle<T>) {
    stop.ask();
    runtime.block_on(async {
        if timeout(STOPS_WITHIN, &mut task).await.is_err() {
            task.abort();
            // Either it has ended, or it is in the middle of a computation and ends after it.
            drop(timeout(STOPS_WITHIN, task).await);
        }
    });
}

/// Calls out of a running task: what is called may take its time, and may itself wait for the runtime.
pub(crate) fn calling_out<T>(call: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(call)
}

/// Why a task has no result: it panicked, which goes on in the caller, or the runtime was shut down.
fn broken(error: JoinError) -> Failure {
    match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(error) => Failure::one(Class::SecureBase, "runtime", &error, "call again"),
    }
}

/// Ends a task when the awaitable that stands for it is cancelled.
struct EndOnDrop {
    stop: Stop,
    task: AbortHandle,
}

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.stop.ask();
        self.task.abort();
    }
}

/// A future as a Python awaitable. Cancelling the awaitable drops the future where it is.
pub(crate) fn awaitable<F, T>(py: Python<'_>, stop: Stop, future: F) -> Result<Bound<'_, PyAny>>
where
    F: Future<Output = Result<T>> + Send + 'static,
    T: for<'py> IntoPyObject<'py> + Send + 'static,
{
    let task = runtime()?.spawn(future);
    let end = EndOnDrop { stop, task: task.abort_handle() };
    Ok(pyo3_async_runtimes::tokio::future_into_py(py, async move {
        let result = task.await.map_err(broken)?;
        drop(end);
        Ok(result?)
    })?)
}
