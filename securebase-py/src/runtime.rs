//! The one asynchronous runtime, and waiting for it without holding the interpreter.

use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::error::{Class, Failure, Result};

/// How long a signal may wait to be noticed.
const LISTEN_EVERY: Duration = Duration::from_millis(100);
/// How long a stopped run may take to let go of its state.
const LET_GO_WITHIN: Duration = Duration::from_secs(2);

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

/// Runs a future to its end with the interpreter released. Ctrl-C stops it: what it holds is dropped, and Python's
/// `KeyboardInterrupt` is raised.
pub(crate) fn wait<F, T>(py: Python<'_>, future: F) -> Result<T>
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
            Ok(Err(error)) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => return Err(Failure::one(Class::SecureBase, "runtime", &error, "")),
            },
            Err(_) => {
                if let Err(error) = py.check_signals() {
                    py.detach(|| stop(runtime, task));
                    return Err(error.into());
                }
            }
        }
    }
}

/// Stops a task and waits until it has let go of everything.
fn stop<T>(runtime: &Runtime, task: JoinHandle<T>) {
    task.abort();
    runtime.block_on(async {
        // Either it has ended, or it is in the middle of a computation and ends after it.
        drop(timeout(LET_GO_WITHIN, pin!(task)).await);
    });
}

/// A future as a Python awaitable.
pub(crate) fn awaitable<F, T>(py: Python<'_>, future: F) -> Result<Bound<'_, PyAny>>
where
    F: Future<Output = Result<T>> + Send + 'static,
    T: for<'py> IntoPyObject<'py> + Send + 'static,
{
    runtime()?;
    Ok(pyo3_async_runtimes::tokio::future_into_py(py, async { Ok(future.await?) })?)
}
