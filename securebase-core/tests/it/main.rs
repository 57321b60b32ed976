//! Integration tests, one module a part.

mod apply;
mod architecture;
mod net;
mod plan;
mod policy;
mod recovery;
mod seed_figures;
mod simulated;
mod support;
