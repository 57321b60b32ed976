//! What works beside the interpreter: the asynchronous runtime and the threads that compute, each the process's own, and waiting for
//! them without holding the interpreter and with an ear for Ctrl-C.

use std::cell::OnceCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::MutexExt as _;
use pyo3_async_runtimes::TaskLocals;
use pyo3_async_runtimes::generic::{self, ContextExt};
use rayon::{ThreadPool, ThreadPoolBuilder};
use securebase_core::exec::Stop;
use securebase_core::time::Interrupt;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{AbortHandle, JoinError, JoinHandle};
use tokio::time::timeout;

use crate::error::{Class, Failure, Result};

/// How long a signal may wait to be noticed.
const LISTEN_EVERY: Duration = Duration::from_millis(100);
/// How long a run that was asked to stop may take until it is cut off.
const STOPS_WITHIN: Duration = Duration::from_secs(1);

/// How many values are made for Python between two looks whether the caller wants to end.
const MADE_AT_ONCE: usize = 1 << 12;

/// Lets Ctrl-C end what makes many values with the interpreter held.
pub(crate) fn heed(py: Python<'_>, index: usize) -> PyResult<()> {
    if (index + 1).is_multiple_of(MADE_AT_ONCE) { py.check_signals() } else { Ok(()) }
}

/// Something with threads, and the process it belongs to: threads do not survive a fork, so a child makes its own.
struct OfProcess<T: 'static>(Mutex<Option<(u32, &'static T)>>);

impl<T> OfProcess<T> {
    const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// This process's, made where there is none yet.
    fn get<E: std::fmt::Display>(
        &self,
        py: Python<'_>,
        make: impl FnOnce() -> std::result::Result<T, E>,
    ) -> Result<&'static T> {
        let mut slot = self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
        let process = std::process::id();
        if let Some((owner, own)) = *slot
            && owner == process
        {
            return Ok(own);
        }
        let hint = "allow the process more threads";
        let own = make().map_err(|error| Failure::one(Class::SecureBase, "runtime", &error, hint))?;
        // Kept for the life of the process: futures in Python's event loop may outlive any owner, and the threads of a parent
        // cannot be waited for in its child.
        let own: &'static T = Box::leak(Box::new(own));
        *slot = Some((process, own));
        Ok(own)
    }
}

/// The runtime of this process.
fn runtime(py: Python<'_>) -> Result<&'static Runtime> {
    static RUNTIME: OfProcess<Runtime> = OfProcess::new();
    RUNTIME.get(py, || Builder::new_multi_thread().enable_all().thread_name("securebase").build())
}

/// The threads of this process that compute: the pool that every program shares is not made anew after a fork.
fn threads(py: Python<'_>) -> Result<&'static ThreadPool> {
    static THREADS: OfProcess<ThreadPool> = OfProcess::new();
    THREADS.get(py, || ThreadPoolBuilder::new().thread_name(|_| "securebase-compute".to_owned()).build())
}

/// Computes on every core with the interpreter released. On Ctrl-C the work is asked to end; `KeyboardInterrupt` is raised once it
/// has, whatever it came to.
pub(crate) fn compute<T: Send>(py: Python<'_>, work: impl FnOnce(&Interrupt) -> T + Send) -> Result<T> {
    let threads = threads(py)?;
    let interrupt = Interrupt::new();
    py.detach(|| {
        threads.in_place_scope(|scope| {
            let (done, result) = channel();
            let interrupt = &interrupt;
            scope.spawn(move |_| {
                // The one who waits is gone only where it has raised.
                drop(done.send(work(interrupt)));
            });
            loop {
                match result.recv_timeout(LISTEN_EVERY) {
                    Ok(value) => return Ok(value),
                    Err(RecvTimeoutError::Timeout) => {
                        let signalled =
                            Python::attach(|py: Python<'_>| -> PyResult<()> { py.check_signals() });
                        signalled.inspect_err(|_| interrupt.ask())?;
                    }
                    // It has panicked: the scope goes on with that.
                    Err(RecvTimeoutError::Disconnected) => {
                        return Err(broke_off());
                    }
                }
            }
        })
    })
}

/// Computes with the interpreter released what cannot be asked to end. On Ctrl-C it is left to end by itself: `KeyboardInterrupt` is
/// raised at once, and what it comes to is dropped.
pub(crate) fn leave<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let (done, result) = channel();
    threads(py)?.spawn(move || {
        // The one who waits is gone where it was interrupted.
        drop(done.send(catch_unwind(AssertUnwindSafe(work))));
    });
    py.detach(move || {
        loop {
            match result.recv_timeout(LISTEN_EVERY) {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(panic)) => resume_unwind(panic),
                Err(RecvTimeoutError::Timeout) => {
                    Python::attach(|py: Python<'_>| -> PyResult<()> { py.check_signals() })?;
                }
                Err(RecvTimeoutError::Disconnected) => return Err(broke_off()),
            }
        }
    })
}

fn broke_off() -> Failure {
    Failure::one(Class::SecureBase, "runtime", &"a computation broke off", "call again")
}

/// Runs a future to its end with the interpreter released. On Ctrl-C `stop` is asked to end it; if that takes too long it
/// is dropped where it is. Python's `KeyboardInterrupt` is raised either way.
pub(crate) fn wait<F, T>(py: Python<'_>, stop: &Stop, future: F) -> Result<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let runtime = runtime(py)?;
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
        Ok(panic) => resume_unwind(panic),
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
    let runtime = runtime(py)?;
    let task = runtime.spawn(future);
    let end = EndOnDrop { stop, task: task.abort_handle() };
    let _entered = runtime.enter();
    Ok(generic::future_into_py::<Entered, _, _>(py, async move {
        let result = task.await.map_err(broken)?;
        drop(end);
        Ok(result?)
    })?)
}

/// The runtime that was entered, for futures in Python's event loop: the one that `pyo3_async_runtimes` would use is not made anew
/// after a fork.
struct Entered;

tokio::task_local! {
    static LOCALS: OnceCell<TaskLocals>;
}

impl generic::Runtime for Entered {
    type JoinError = JoinError;
    type JoinHandle = JoinHandle<()>;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> JoinHandle<()> {
        tokio::spawn(future)
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(work: F) -> JoinHandle<()> {
        tokio::task::spawn_blocking(work)
    }
}

impl ContextExt for Entered {
    fn scope<F, R>(locals: TaskLocals, future: F) -> Pin<Box<dyn Future<Output = R> + Send>>
    where
        F: Future<Output = R> + Send + 'static,
    {
        Box::pin(LOCALS.scope(OnceCell::from(locals), future))
    }

    fn get_task_locals() -> Option<TaskLocals> {
        LOCALS.try_with(|locals| locals.get().cloned()).ok().flatten()
    }
}
