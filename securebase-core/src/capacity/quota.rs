//! What tenants count against AWS's quotas, and when each is reached.

use std::collections::BTreeMap;
use std::fmt;

use super::{Scaled, When};
use crate::kinds;
use crate::kinds::info::{AccountQuota, OrganizationQuota};
use crate::model::{Limits, PoolStrategy, Quota, ResourceKind};
use crate::plan::Action;

/// What a quota is counted over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum QuotaScope {
    /// The whole organization: more tenants use more of it.
    Organization,
    /// Each tenant's account alone: it is reached by the first tenant or by none.
    Account,
}

impl QuotaScope {
    /// `organization` or `account`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Account => "account",
        }
    }
}

/// A quota, what the largest target needs of it, and when it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Need {
    /// The quota's name, or `address_pool`.
    pub quota: String,
    /// What is counted.
    pub unit: String,
    /// Over what.
    pub scope: QuotaScope,
    /// What is granted.
    pub granted: u64,
    /// What AWS grants on request; `None` where it does not raise the quota.
    pub ceiling: Option<u64>,
    /// What the largest target needs.
    pub need: u64,
    /// The first number of tenants that needs more than is granted (of units and policies, which grow with tiers and not
    /// with tenants: the first target); `None` where no number of tenants is known to.
    pub reached_at: Option<u32>,
    /// The month of the forecast in which growth reaches that number, 0 for now; `None` where it does not get there.
    pub month: Option<u32>,
    /// How many days before to ask.
    pub lead_days: u32,
    /// What to ask for, and where; `None` where nobody grants more.
    pub request: Option<String>,
}

/// A quota to be raised until a target is reached. Prints as `accounts 10 to 103`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Raise {
    /// The quota's name, or `address_pool`.
    pub quota: String,
    /// What is granted.
    pub from: u64,
    /// What the target needs.
    pub to: u64,
    /// What AWS grants on request, where that is not enough.
    pub beyond: Option<u64>,
    /// The first number of tenants that needs it.
    pub reached_at: u32,
    /// The month of the forecast in which growth reaches that number, 0 for now; `None` where it does not get there.
    pub month: Option<u32>,
    /// How many days before to ask.
    pub lead_days: u32,
}

impl fmt::Display for Raise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} to {}", self.quota, self.from, self.to)?;
        match self.beyond {
            Some(ceiling) => write!(f, ", beyond the {ceiling} there are at most"),
            None => Ok(()),
        }
    }
}

impl Raise {
    /// When to see to it: `before tenant 8 (month 6), asked for 3 days ahead`.
    pub fn when(&self) -> String {
        let month = match self.month {
            Some(0) => "now".to_owned(),
            Some(month) => format!("month {month}"),
            None => "beyond the forecast".to_owned(),
        };
        let ahead = if self.lead_days == 0 {
            String::new()
        } else {
            format!(", asked for {} days ahead", self.lead_days)
        };
        format!("{} before tenant {} ({month}){ahead}", self.quota, self.reached_at)
    }
}

/// The name under which the zone's pool stands among the quotas.
const POOL: &str = "address_pool";

/// Every quota that the targets, numbers of tenants with their needs, count against.
pub(super) fn merged(targets: &[(u32, Vec<Need>)], when: &When<'_>) -> Vec<Need> {
    let largest = targets.iter().max_by_key(|(tenants, _)| *tenants);
    let mut all = largest.map(|(_, needs)| needs.clone()).unwrap_or_default();
    for need in &mut all {
        // Where a quota is not reached tenant by tenant, the first target that needs too much says it.
        let same = targets.iter().flat_map(|(_, needs)| needs).filter(|other| other.quota == need.quota);
        need.reached_at = same.filter_map(|other| other.reached_at).min();
        need.month = need.reached_at.and_then(|tenants| when.month_of(tenants));
    }
    all
}

/// The quotas that a target of so many tenants needs more of than is granted.
pub(super) fn raises(needs: &[Need], tenants: u32) -> Vec<Raise> {
    let short = needs.iter().filter(|need| need.need > need.granted);
    let raise = |need: &Need| Raise {
        quota: need.quota.clone(),
        from: need.granted,
        to: need.need,
        beyond: Some(need.ceiling.unwrap_or(need.granted)).filter(|most| need.need > *most),
        reached_at: need.reached_at.unwrap_or(tenants),
        month: need.month,
        lead_days: need.lead_days,
    };
    short.map(raise).collect()
}

/// The needs of one number of tenants.
pub(super) fn needs(scaled: &Scaled, when: &When<'_>) -> Vec<Need> {
    let (limits, tenants) = (&scaled.zone.limits, scaled.tenants());
    let accounts = u64::from(scaled.accounts());
    let mut needs = Vec::new();
    let mut add = |quota, scope, need: u64, reached_at: Option<u32>| {
        needs.push(held(limits, quota, scope, need, reached_at.filter(|_| need > 0), when));
    };
    // One account a tenant: the first tenant too many is known whatever the target.
    let own = accounts - u64::from(tenants);
    let first = (limits.quota(Quota::Accounts) + 1).saturating_sub(own).max(1);
    add(Quota::Accounts, QuotaScope::Organization, accounts, u32::try_from(first).ok());
    let of_organization = kinds::organization_quotas().into_iter();
    for (kind, OrganizationQuota { quota, .. }) in
        of_organization.filter(|(_, it)| it.quota != Quota::Accounts)
    {
        let need = u64::from(scaled.creates(kind));
        add(*quota, QuotaScope::Organization, need, (need > limits.quota(*quota)).then_some(tenants));
    }
    let most = most_by_account(scaled);
    for (kind, AccountQuota { quota, from_aws, .. }) in kinds::account_quotas() {
        let Some(made) = most.get(&kind) else { continue };
        let need = made + from_aws;
        add(*quota, QuotaScope::Account, need, (need > limits.quota(*quota)).then_some(1));
    }
    needs.extend(pool(scaled, when));
    needs
}

fn held(
    limits: &Limits,
    quota: Quota,
    scope: QuotaScope,
    need: u64,
    reached_at: Option<u32>,
    when: &When<'_>,
) -> Need {
    let limit = limits.limit(quota);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, and ceilings are counts"
    )]
    let ceiling = limit.ceiling.map(|ceiling| ceiling as u64);
    Need {
        quota: quota.name().to_owned(),
        unit: limit.unit.clone(),
        scope,
        granted: limits.quota(quota),
        ceiling,
        need,
        reached_at,
        month: reached_at.and_then(|tenants| when.month_of(tenants)),
        lead_days: if ceiling.is_some() { limits.request_lead_days() } else { 0 },
        request: limit.request.clone(),
    }
}

/// The most of each kind that any one tenant's account gets.
fn most_by_account(scaled: &Scaled) -> BTreeMap<ResourceKind, u64> {
    let mut by_tenant = BTreeMap::new();
    for step in scaled.plan.steps().filter(|step| step.action == Action::Create) {
        if let Some(tenant) = &step.tenant {
            *by_tenant.entry((step.kind, tenant)).or_insert(0_u64) += 1;
        }
    }
    let mut most = BTreeMap::new();
    for ((kind, _), count) in by_tenant {
        let known = most.entry(kind).or_insert(0);
        *known = count.max(*known);
    }
    most
}

/// The zone's pool as a quota nobody but its owner raises, where all tenants share it.
fn pool(scaled: &Scaled, when: &When<'_>) -> Option<Need> {
    let (zone, tenants) = (&scaled.zone, u64::from(scaled.tenants()));
    if zone.network.is_none() || zone.pool.strategy != PoolStrategy::Unique {
        return None;
    }
    let granted = tenants.saturating_add_signed(scaled.blocks_left);
    let reached_at = u32::try_from(granted + 1).ok();
    Some(Need {
        quota: POOL.to_owned(),
        unit: format!("blocks of /{} in the zone's pool", zone.pool.prefix_len),
        scope: QuotaScope::Organization,
        granted,
        ceiling: None,
        need: tenants,
        reached_at,
        month: reached_at.and_then(|tenants| when.month_of(tenants)),
        lead_days: 0,
        request: Some("write more ranges in `pool.cidrs`, or a larger `pool.prefix_len`".to_owned()),
    })
}
