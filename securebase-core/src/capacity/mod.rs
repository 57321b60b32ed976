//! What so many tenants take, and when to see to it.
//!
//! Purpose: the scaling path in one table: for each number of tenants its accounts, units, networks and addresses, the quotas
//! to ask for and when, people, the time a deployment takes, cost and margins. The one place where money (`finance`), plan
//! and time (`exec`) meet: numbers are counted in a real plan of so many tenants, minutes are rehearsals of that plan.
//! Flow: a model is scaled at its mix of tiers, a zone is made of it (`zone`), planned and rehearsed; needs are held against
//! quotas and the forecast (`quota`).
//! Invariants: no clock, no I/O; the same model and options give the same table.
//! Not here: prices, forecasts (`finance`), how long a step takes (`exec`), which block is whose (`net`).

mod error;
mod options;
mod quota;
mod table;
mod zone;

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::finance::{Forecast, Model, Month};
use crate::model::{LandingZone, PoolStrategy, ResourceKind};
use crate::plan::{Action, Plan, Planner};
use crate::{net, timeline};

pub use error::Error;
pub use options::{CapacityOptions, TENANTS_MAX};
pub use quota::{Need, QuotaScope, Raise};

/// The numbers of tenants on the path of the reports of January 2026.
pub const SCALING_PATH: [u32; 7] = [1, 2, 5, 10, 25, 50, 100];

/// How long it takes to deploy so many tenants from nothing.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Deployment {
    /// Minutes that half of the rehearsals do not exceed, or the minutes measured.
    pub minutes: f64,
    /// Minutes that nine in ten do not exceed; `None` where they were measured.
    pub minutes_p90: Option<f64>,
    /// What bounds it most often: a quota, a request rate, or steps that wait for each other; `None` where it was measured.
    pub bound_by: Option<String>,
}

/// What one number of tenants takes and brings.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CapacityTarget {
    /// How many.
    pub tenants: u32,
    /// The month of the forecast in which growth reaches it, 0 where it is reached already, `None` where growth does not get
    /// there within the months looked at.
    pub month: Option<u32>,
    /// Accounts, the organization's own included.
    pub accounts: u32,
    /// Organizational units.
    pub organizational_units: u32,
    /// Service control policies.
    pub policies: u32,
    /// VPCs.
    pub networks: u32,
    /// Steps of the plan that makes them.
    pub steps: usize,
    /// The size of a tenant's block.
    pub prefix_len: u8,
    /// The share of the pool that their blocks take; `None` without networks.
    pub share_of_pool: Option<Decimal>,
    /// How many more such blocks the pool holds; negative where it holds too few.
    pub blocks_left: i64,
    /// The quotas to be raised until then.
    pub raises: Vec<Raise>,
    /// People in support: those of the assumptions where they are hired one at a time, else as the report hires them.
    pub support_people: Option<u32>,
    /// The staffing band of the report.
    pub staffing_band: Option<String>,
    /// Hours of work a week, from the report's hours for each tenant.
    pub support_hours: Option<Decimal>,
    /// The people these hours are full-time work for.
    pub people_by_hours: Option<u32>,
    /// How long a deployment takes.
    pub deployment: Deployment,
    /// How many minutes the report claims it takes, from and to.
    pub claimed_minutes: Option<(u32, u32)>,
    /// The month's profit and loss.
    pub money: Month,
}

/// The scaling path: a row for each number of tenants, and what is held against quotas.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CapacityPlan {
    /// One row a target, in the order asked for.
    pub targets: Vec<CapacityTarget>,
    /// Every quota that tenants count against, and when it is reached.
    pub needs: Vec<Need>,
}

/// One number of tenants, planned.
struct Scaled {
    model: Model,
    zone: LandingZone,
    plan: Plan,
    blocks_left: i64,
    share_of_pool: Option<Decimal>,
}

impl CapacityPlan {
    /// Works the path out for numbers of tenants, 1 to [`TENANTS_MAX`] each, at the mix of tiers the model has.
    ///
    /// # Errors
    /// [`Error::Options`] for targets and options out of range, all at once, [`Error::Finance`] for a model without tenants, or
    /// months and growth out of range, [`Error::Zone`] and [`Error::Plan`] where so many tenants cannot be planned.
    pub fn of(model: &Model, targets: &[u32], options: &CapacityOptions) -> Result<Self, Error> {
        options.check(targets)?;
        let forecast = model.until(&options.interrupt).forecast(options.months, &options.growth)?;
        let timing = When { present: model.tenants_by_tier().iter().sum(), forecast: &forecast };
        let (mut rows, mut needs) = (Vec::new(), Vec::new());
        // One after the other: the plan of a large target takes hundreds of megabytes, what is kept of it a few bytes.
        for tenants in targets {
            options.interrupt.check()?;
            let scaled = Scaled::of(model, *tenants, options.prefix_len)?;
            let of_target = quota::needs(&scaled, &timing);
            rows.push(target(&scaled, &timing, &of_target, options)?);
            needs.push((*tenants, of_target));
        }
        Ok(Self { targets: rows, needs: quota::merged(&needs, &timing) })
    }
}

/// When growth reaches a number of tenants.
struct When<'a> {
    present: u32,
    forecast: &'a Forecast,
}

impl When<'_> {
    /// The month, 0 where there are as many already.
    fn month_of(&self, tenants: u32) -> Option<u32> {
        if tenants <= self.present {
            return Some(0);
        }
        let wanted = Decimal::from(tenants);
        self.forecast.months.iter().find(|row| row.tenants >= wanted).map(|row| row.month)
    }
}

impl Scaled {
    fn of(model: &Model, tenants: u32, prefix_len: Option<u8>) -> Result<Self, Error> {
        let model = model.scaled(tenants)?;
        let zone = zone::of(&model, prefix_len, false)?;
        let (blocks_left, share_of_pool) = addresses(&zone);
        // What does not fit the pool can still be planned as islands: addresses take no time.
        let islands = if blocks_left < 0 { Some(zone::of(&model, prefix_len, true)?) } else { None };
        let plan = Planner::new(islands.as_ref().unwrap_or(&zone)).plan()?;
        Ok(Self { model, zone, plan, blocks_left, share_of_pool })
    }

    fn tenants(&self) -> u32 {
        self.model.structure().tenants
    }

    /// How many resources of a kind the plan makes.
    fn creates(&self, kind: ResourceKind) -> u32 {
        let made = self.plan.steps().filter(|step| step.kind == kind && step.action == Action::Create);
        u32::try_from(made.count()).unwrap_or(u32::MAX)
    }

    /// The accounts there are then: the tenants' and the organization's own.
    fn accounts(&self) -> u32 {
        let core = self.model.assumptions().usage().map_or(1, |usage| usage.core_accounts.max(1));
        self.creates(ResourceKind::Account).saturating_add(core)
    }
}

/// How many blocks of the zone's size its pool still holds once every tenant has one (negative where it holds too few), and
/// the share of the pool they take.
fn addresses(zone: &LandingZone) -> (i64, Option<Decimal>) {
    let len = zone.pool.prefix_len;
    let size = |prefix_len: u8| 1_u64 << (32 - u32::from(prefix_len.min(32)));
    let pool: u64 = zone.pool.cidrs.iter().map(|range| size(range.prefix_len())).sum();
    let islands = zone.pool.strategy == PoolStrategy::PerAccount;
    let wanted = if islands { zone.tenants.len().min(1) } else { zone.tenants.len() };
    let share =
        zone.network.and_then(|_| Decimal::from(wanted as u64 * size(len)).checked_div(Decimal::from(pool)));
    if zone.network.is_none() {
        return (0, share);
    }
    match net::assign::zone(zone, &BTreeMap::new(), None) {
        Ok(done) => {
            let fitting = done.pool.free().into_iter().filter(|block| block.prefix_len() <= len);
            let left: u64 = fitting.map(|block| 1_u64 << (len - block.prefix_len())).sum();
            (i64::try_from(left).unwrap_or(i64::MAX), share)
        }
        Err(problems) => {
            let without: BTreeSet<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
            (-i64::try_from(without.len()).unwrap_or(i64::MAX), share)
        }
    }
}

fn target(
    scaled: &Scaled,
    when: &When<'_>,
    needs: &[Need],
    options: &CapacityOptions,
) -> Result<CapacityTarget, Error> {
    let tenants = scaled.tenants();
    let operations = scaled.model.assumptions().operations();
    let raises = quota::raises(needs, tenants);
    let deployment = match options.minutes.get(&tenants) {
        Some(minutes) => Deployment { minutes: *minutes, minutes_p90: None, bound_by: None },
        None => rehearsed(&scaled.plan, options, &raises)?,
    };
    // The table has a column for each of these kinds, as the reports do.
    Ok(CapacityTarget {
        tenants,
        month: when.month_of(tenants),
        accounts: scaled.accounts(),
        organizational_units: scaled.creates(ResourceKind::OrganizationalUnit),
        policies: scaled.creates(ResourceKind::ServiceControlPolicy),
        networks: scaled.creates(ResourceKind::Vpc),
        steps: scaled.plan.steps().len(),
        prefix_len: scaled.zone.pool.prefix_len,
        share_of_pool: scaled.share_of_pool,
        blocks_left: scaled.blocks_left,
        raises,
        support_people: scaled.model.assumptions().support_people(tenants),
        staffing_band: operations.band(tenants).map(str::to_owned),
        support_hours: operations.weekly_hours(tenants),
        people_by_hours: operations.people_by_hours(tenants),
        deployment,
        claimed_minutes: operations.deployment_minutes(tenants),
        money: scaled.model.month()?,
    })
}

/// The deployment once what has to be raised is: with less, AWS refuses steps and nothing takes any time.
fn rehearsed(plan: &Plan, options: &CapacityOptions, raises: &[Raise]) -> Result<Deployment, Error> {
    let mut rehearsal = options.rehearsal.clone();
    for raise in raises {
        // A rehearsal raises by itself what AWS raises on request and the zone does not set.
        let is_short = plan.limit_overrides.contains_key(&raise.quota) || raise.beyond.is_some();
        if is_short && !options.rehearsal.limits.contains_key(&raise.quota) {
            // Addresses are raised in the file, not by AWS.
            rehearsal = rehearsal.clone().limit(&raise.quota, raise.to as f64).unwrap_or(rehearsal);
        }
    }
    let spread = timeline::spread_until(plan, &rehearsal, options.rehearsals, &options.interrupt)?;
    let minutes = |share: f64| spread.percentile(share).map(|makespan| makespan.as_secs_f64() / 60.0);
    Ok(Deployment {
        minutes: minutes(0.5)?,
        minutes_p90: Some(minutes(0.9)?),
        bound_by: Some(spread.bound_by.clone()),
    })
}

#[cfg(test)]
mod tests;
