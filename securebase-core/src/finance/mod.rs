//! What a landing zone costs, earns and will earn.
//!
//! Purpose: price book × resources × usage gives cost; cost against the tiers' prices gives margins; assumptions about
//! growth give forecasts. Every figure can be explained by its prices, quantities and sources.
//! Invariants: money is decimal, except in simulations and expected values; lines are whole cents; parts add up to their whole; no clock, no I/O; randomness is
//! addressed by seed, label and trial.
//! Not here: plans and steps (`plan` calls this module, never the other way), invoices, taxes, exchange rates.

mod cost;
mod error;
mod forecast;
mod simulation;
mod until;

use rust_decimal::Decimal;

use crate::model::unsigned_zero;

pub use business::break_even::BreakEven;
pub use business::bridge::{Bridge, BridgeLine, BridgeSide};
pub use business::explain::{Figure, FigureLine};
pub use business::explore::{Goal, SCENARIOS_MAX};
pub use business::metric::Metric;
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
pub use forecast::{Cohort, Forecast, ForecastMonth};
pub use inputs::assumption::{Assumption, GrowthFigure, OrganizationFigure, TierFigure};
pub use inputs::assumptions::{AssumedLine, Assumptions, Basis, Category, When};
pub use inputs::growth::{Growth, TierGrowth};
pub use inputs::operations::Operations;
pub use inputs::rows::TenantRow;
pub use inputs::staffing::Staffing;
pub use inputs::uncertainty::{Distribution, Factor, Uncertain};
pub use pricing::offers::{Offer, OfferReport};
pub use pricing::prices::{Grade, Price, PriceBook, PriceId, PricePool, PriceScope, PriceStep};
pub use simulation::{FigureSpread, Simulation};
pub use until::Until;

pub use crate::model::billing::Quantity;

/// Whole cents, half to even: every amount a person sees is rounded here, once.
fn cents(amount: Decimal) -> Decimal {
    crate::model::Rounding::HalfEven.apply(amount, 2)
}

/// A fraction as a percentage with `digits` decimals: `96.68 %`.
fn percent(fraction: Decimal, digits: usize) -> String {
    let rounded = (fraction * Decimal::ONE_HUNDRED).round_dp(u32::try_from(digits).unwrap_or(2));
    format!("{:.digits$} %", unsigned_zero(rounded))
}

/// A number with thousands separated by commas and `digits` decimals.
pub(crate) fn thousands(value: Decimal, digits: usize) -> String {
    let rounded = unsigned_zero(value.round_dp(u32::try_from(digits).unwrap_or(2)));
    let text = format!("{rounded:.digits$}");
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, rest) = text.split_once('.').map_or((text, ""), |(whole, rest)| (whole, rest));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if rest.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{rest}") }
}

mod business;
pub mod inputs;
mod pricing;
#[cfg(test)]
mod tests;
