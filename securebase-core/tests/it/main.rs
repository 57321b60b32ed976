//! Integration tests, one module a part.

mod net;
mod policy;
mod seed_figures;
mod simulated;
