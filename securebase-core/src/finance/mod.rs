//! What a landing zone costs, earns and will earn.
//!
//! Purpose: price book × resources × usage gives cost; cost against the tiers' prices gives margins; assumptions about
//! growth give forecasts. Every figure can be explained by its prices, quantities and sources.
//! Invariants: money is decimal, except in simulations and expected values; lines are whole cents; parts add up to their whole; no clock, no I/O; randomness is
//! addressed by seed, label and trial.
//! Not here: plans and steps (`plan` calls this module, never the other way), invoices, taxes, exchange rates.

mod business;
mod cost;
mod error;
mod explore;
mod forecast;
pub mod inputs;
mod pricing;
mod rounding;
mod simulation;

pub use business::bridge::{Bridge, BridgeLine, BridgeSide};
pub use business::explain::{Figure, FigureLine};
pub use business::metric::Metric;
pub use business::model::rows::TenantRow;
pub use business::model::until::Until;
pub use business::model::{Model, Structure};
pub use business::month::{FigureChange, Month, MonthLine, TenantMonth, TierMonth};
pub use business::scenarios::{Driver, Scenario, Scenarios};
pub use cost::demand::{Age, CostBasis};
pub use cost::footprint::{BilledTenant, CostOwner, Footprint, Standing};
pub(crate) use cost::report::signed;
pub use cost::report::{CostChange, CostItem};
pub use cost::usage::{ArchiveClass, Usage, UsageProfile};
pub use cost::{Allocation, CostLine, CostReport, Margin, TenantCost, cost_of, cost_of_footprint};
pub use error::Error;
pub use explore::{Goal, SCENARIOS_MAX};
pub use forecast::break_even::BreakEven;
pub use forecast::{Cohort, Forecast, ForecastMonth};
pub use inputs::assumption::{Assumption, GrowthFigure, OrganizationFigure, TierFigure};
pub use inputs::assumptions::Assumptions;
pub use inputs::distribution::{Distribution, Factor};
pub use inputs::growth::{Growth, TierGrowth};
pub use inputs::line::{AppliesTo, AssumedLine, Category, CostDriver};
pub use inputs::operations::Operations;
pub use inputs::staffing::Staffing;
pub use inputs::uncertainty::Uncertain;
pub use pricing::offers::{Offer, OfferReport};
pub use pricing::prices::{BillingScope, Confidence, Price, PriceBand, PriceBook, PriceId, PriceScope};
pub(crate) use rounding::thousands;
pub use simulation::Simulation;
pub use simulation::spread::FigureSpread;

pub use crate::model::billing::Quantity;

#[cfg(test)]
mod tests;
