//! Python bindings of `securebase-core`.
//!
//! Purpose: the core's types and functions under Python names; nothing is decided here.
//! Invariants: classes are frozen; the interpreter is released during work; every failure is a `SecureBaseError`.
//! Not here: logic of any kind. One file a core module: what belongs to `net` is in `net.rs`, and so on.

#![expect(
    clippy::needless_pass_by_value,
    clippy::type_complexity,
    reason = "pyo3 hands arguments over by value; what `__reduce__` returns has the shape that pickle wants"
)]

mod argument;
mod arrow;
mod cloud;
mod convert;
mod cost;
mod error;
mod finance;
mod guarded;
mod model;
mod net;
mod plan;
mod policy;
mod problem;
mod run;
mod runtime;
mod shown;
mod state;
mod table;
mod timeline;

/// The compiled part of the package `securebase`, which re-exports it: one submodule a part.
#[pyo3::pymodule(gil_used = false)]
mod _securebase {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::cloud::cloud;
    #[pymodule_export]
    use crate::finance::finance;
    #[pymodule_export]
    use crate::model::model;
    #[pymodule_export]
    use crate::net::net;
    #[pymodule_export]
    use crate::plan::plan;
    #[pymodule_export]
    use crate::policy::policy;
    #[pymodule_export]
    use crate::problem::problem;
    #[pymodule_export]
    use crate::run::run;
    #[pymodule_export]
    use crate::state::state;
    #[pymodule_export]
    use crate::table::table;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        // What the core tells goes to Python's `logging`, under `securebase_core`. Where another extension of this process
        // has set a logger already, that one is told.
        // Levels are asked for each time: whoever changes them at run time is heard.
        drop(pyo3_log::Logger::new(module.py(), pyo3_log::Caching::Loggers)?.install());
        // Python finds a submodule of a compiled module only if it is listed.
        let loaded = module.py().import("sys")?.getattr("modules")?;
        for part in module.dict().values().iter().filter_map(|value| value.cast_into::<PyModule>().ok()) {
            let name = format!("securebase._securebase.{}", part.name()?);
            part.setattr("__name__", &name)?;
            // What is public is said in the package's Python files and in the stubs.
            part.delattr("__all__")?;
            loaded.set_item(name, part)?;
        }
        module.delattr("__all__")
    }
}
