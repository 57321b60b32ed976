//! Integration tests, one module a part.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod accounts;
mod apply;
mod architecture;
mod blocks;
#[path = "../support/cases.rs"]
mod cases;
mod changes;
#[path = "../support/clockwork.rs"]
mod clockwork;
mod driver;
mod errors_page;
mod finance;
#[path = "../support/gated.rs"]
mod gated;
mod net;
mod operate;
mod order;
mod plan;
mod plan_cost;
mod plan_cost_departed;
mod policy;
mod public_api;
mod recovery;
mod regions;
mod reviewed;
mod seed_figures;
mod simulated;
mod spec;
mod state;
mod state_formats;
mod support;
mod timeline;
mod timeline_claims;
mod waiting;
mod zones;
