//! The record of an offboarding: what a tenant has when it leaves, and what becomes of each.

use serde::{Deserialize, Serialize};

use crate::kinds::step::Action;
use crate::model::{AccountId, Address, Cidr, Offboarding, ResourceId, ResourceKind, Tags, TenantKey};
use crate::observe::{ObservedLogGroup, ObservedMember, unit_paths};
use crate::plan::diff::account_id;
use crate::plan::step::Plan;

/// What becomes of a resource of a tenant that leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// It is deleted.
    Deleted,
    /// It stays as it is: log groups do, with the keys that encrypt them.
    Kept,
    /// Its account is moved to where everything is denied.
    Suspended,
    /// Its account is closed.
    Closed,
}

/// One resource of a tenant that leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedResource {
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub kind: ResourceKind,
    /// Its id.
    pub id: ResourceId,
    /// Its tags, for kinds that take tags.
    pub tags: Tags,
    /// What becomes of it.
    #[serde(alias = "fate")]
    pub disposition: Disposition,
}

/// What a tenant has when it leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OffboardingRecord {
    /// The tenant.
    pub tenant: TenantKey,
    /// How it leaves.
    #[serde(alias = "departure")]
    pub offboarding: Offboarding,
    /// Its account, `None` where it has none.
    pub account_id: Option<AccountId>,
    /// The name of its account.
    pub account_name: Option<String>,
    /// The address of the account's root user: once closed, AWS keeps it taken.
    pub account_email: Option<String>,
    /// The path of the unit its account sits in when the plan is made.
    pub ou_path: Option<String>,
    /// The blocks of its VPCs: they become free.
    pub blocks: Vec<Cidr>,
    /// Its resources, in the order in which they go.
    pub resources: Vec<RecordedResource>,
}

impl Plan {
    /// What each tenant that leaves has, by key: to be kept by whoever applies the plan.
    pub fn offboardings(&self) -> Vec<OffboardingRecord> {
        let leaving = self.tenants.iter().filter_map(|tenant| Some((&tenant.key, tenant.offboard?)));
        leaving.map(|(key, offboarding)| self.record(key, offboarding)).collect()
    }

    fn record(&self, key: &TenantKey, offboarding: Offboarding) -> OffboardingRecord {
        let address = Address::tenant(key, "account");
        let id = account_id(&self.known, &address);
        let organization = self.observed.organization.as_ref();
        let found = organization
            .into_iter()
            .flat_map(|organization| &organization.accounts)
            .find(|found| Some(found.account.id) == id);
        let paths = organization.map(unit_paths).unwrap_or_default();
        let regions =
            || id.into_iter().flat_map(|id| self.observed.known_regions(id).map(|(_, member)| member));
        let mut resources: Vec<RecordedResource> = self
            .steps()
            .filter(|step| step.tenant.as_ref() == Some(key) && step.action == Action::Delete)
            .filter(|step| step.address != address)
            .filter_map(|step| {
                Some(RecordedResource {
                    address: step.address.clone(),
                    kind: step.kind,
                    id: step.id.clone()?,
                    tags: step.spec.tags().cloned().unwrap_or_default(),
                    disposition: Disposition::Deleted,
                })
            })
            .collect();
        // The record lists what the offboarding rules keep by name: the logs with their keys, and the account.
        let groups = regions().flat_map(|member| &member.log_groups);
        resources.extend(groups.filter_map(|group| {
            Some(RecordedResource {
                address: Address::tenant(key, "flow-log-group"),
                kind: ResourceKind::LogGroup,
                id: group.group.name.parse().ok()?,
                tags: group.tags.clone(),
                disposition: Disposition::Kept,
            })
        }));
        let key_of = |member: &'_ ObservedMember, group: &ObservedLogGroup| {
            let found = member.keys.iter().find(|found| group.group.key.as_ref() == Some(&found.key.arn))?;
            Some((found.key.arn.clone(), found.tags.clone()))
        };
        let keys = regions()
            .flat_map(|member| member.log_groups.iter().filter_map(move |group| key_of(member, group)));
        resources.extend(keys.map(|(id, tags)| RecordedResource {
            address: Address::tenant(key, "key/logs"),
            kind: ResourceKind::KmsKey,
            id,
            tags,
            disposition: Disposition::Kept,
        }));
        resources.extend(found.and_then(|found| {
            Some(RecordedResource {
                address,
                kind: ResourceKind::Account,
                id: ResourceId::from(id?),
                tags: found.tags.clone(),
                disposition: match offboarding {
                    Offboarding::Suspend => Disposition::Suspended,
                    Offboarding::Close => Disposition::Closed,
                },
            })
        }));
        OffboardingRecord {
            tenant: key.clone(),
            offboarding,
            account_id: id,
            account_name: found.map(|found| found.account.name.clone()),
            account_email: found.map(|found| found.account.email.clone()),
            ou_path: found.and_then(|found| paths.get(&found.parent)).cloned(),
            blocks: regions().flat_map(|member| &member.vpcs).map(|vpc| vpc.vpc.cidr).collect(),
            resources,
        }
    }
}
