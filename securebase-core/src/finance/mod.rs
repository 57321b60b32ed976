//! What a landing zone costs, earns and will earn.
//!
//! Purpose: price book × resources × usage gives cost; cost against the tiers' prices gives margins; assumptions about
//! growth give forecasts. Every figure can be explained by its prices, quantities and sources.
//! Invariants: money is decimal, except in simulations and expected values; lines are whole cents; parts add up to their whole; no clock, no I/O; randomness is
//! addressed by seed, label and trial.
//! Not here: plans and steps (`plan` calls this module, never the other way), invoices, taxes, exchange rates.

mod amounts;
mod assumption;
mod assumptions;
pub mod bounds;
mod break_even;
mod bridge;
mod cost;
mod curve;
mod demand;
mod error;
mod expected;
mod explain;
mod explore;
mod fast;
mod footprint;
mod forecast;
mod growth;
mod lever;
mod lines;
mod metric;
mod model;
mod month;
mod normal;
mod number;
mod offers;
mod operations;
mod prices;
mod quantiles;
mod report;
mod rows;
mod scaled;
mod scenarios;
mod simulate;
mod staffing;
mod tables;
mod tail;
mod uncertainty;
mod until;
mod usage;
mod varied;

use rust_decimal::Decimal;

use crate::model::unsigned_zero;

pub use assumption::{Assumption, GrowthFigure, OrganizationFigure, TierFigure};
pub use assumptions::{AssumedLine, Assumptions, Basis, Category, When};
pub use break_even::BreakEven;
pub use bridge::{Bridge, BridgeLine, BridgeSide};
pub use cost::{Allocation, CostLine, CostReport, Margin, TenantCost, cost_of, cost_of_footprint};
pub use demand::{Age, CostBasis};
pub use error::Error;
pub use explain::{Figure, FigureLine};
pub use explore::Goal;
pub use footprint::{BilledTenant, Footprint, Standing};
pub use forecast::{Cohort, Forecast, ForecastMonth};
pub use growth::{Growth, TierGrowth};
pub use metric::Metric;
pub use model::{Model, Structure};
pub use month::{Change, Month, MonthLine, TenantMonth, TierMonth};
pub use offers::{Offer, OfferReport};
pub use operations::Operations;
pub use prices::{Grade, Pool, Price, PriceBook, PriceId, Scope, Step};
pub(crate) use report::signed;
pub use report::{CostChange, CostItem};
pub use rows::TenantRow;
pub use scenarios::{Driver, Scenario, Scenarios};
pub use simulate::{Simulation, Spread};
pub use staffing::Staffing;
pub use uncertainty::{Distribution, Factor, Uncertain};
pub use until::Until;
pub use usage::{ArchiveClass, Quantity, Usage, UsageProfile};

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

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_explain;
#[cfg(test)]
mod tests_forecast;
#[cfg(test)]
mod tests_growth;
#[cfg(test)]
mod tests_laws;
#[cfg(test)]
mod tests_uncertain;
