//! Which block each tenant's VPC has (as written, as it already is, or newly allocated), and the blocks of a plan.

use std::collections::BTreeMap;

use crate::cloud::ec2::Subnet;
use crate::kinds::facts;
use crate::kinds::step::Action;
use crate::model::{
    Address, Cidr, LandingZone, Region, ResourceId, ResourceKind, SubnetZone, TenantKey, TierName,
};
use crate::net::assign::{self, ZoneBlocks};
use crate::plan::Error;
use crate::plan::diff::existing::Existing;
use crate::plan::step::{Plan, PlannedTenant};
use crate::table::{Column, Error as TableError, Table};

/// The block of every tenant and the pool they are recorded in: [`assign::zone_beside`] without a ledger, as the VPCs that
/// exist are one. No block where tenants get no network.
///
/// # Errors
/// One problem for every tenant for whom the pool has no room.
pub(in crate::plan) fn assign(zone: &LandingZone, existing: &Existing) -> Result<ZoneBlocks, Error> {
    if zone.network.is_none() {
        let pool = assign::pool_of(zone).map_err(Error::Problems)?;
        return Ok(ZoneBlocks { blocks: BTreeMap::new(), pool, warnings: Vec::new() });
    }
    assign::zone_beside(zone, &existing.blocks, &existing.foreign, None).map_err(Error::Problems)
}

/// A VPC or a subnet of a plan, and its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedBlock {
    /// The tenant that has it.
    pub tenant: TenantKey,
    /// The tenant's tier.
    pub tier: TierName,
    /// The region of the tenant's network.
    pub region: Region,
    /// The resource.
    pub address: Address,
    /// [`ResourceKind::Vpc`] or [`ResourceKind::Subnet`].
    pub kind: ResourceKind,
    /// Its block; `None` for a subnet that stays as it is and that the observation kept with the plan does not show.
    pub cidr: Option<Cidr>,
    /// The availability zone of a subnet.
    pub zone: Option<SubnetZone>,
    /// What the plan does to the resource; [`Action::NoOp`] where it stays as it is.
    pub action: Action,
    /// The id of the resource, where it exists already.
    pub id: Option<ResourceId>,
}

impl Plan {
    /// The blocks that are in use once the plan is applied: every tenant's VPC and then its subnets, by key.
    pub fn blocks(&self) -> Vec<PlannedBlock> {
        let members = self.observed.known_members();
        let observed: BTreeMap<&ResourceId, &Subnet> = members
            .flat_map(|(_, _, member)| member.subnets.iter().map(|subnet| (&subnet.id, subnet)))
            .collect();
        let mut blocks = Vec::new();
        for tenant in &self.tenants {
            let vpc = Address::tenant(&tenant.key, "vpc");
            if self.is_kept(&vpc) {
                // The address of a tenant's VPC says its kind.
                let block = self.block(tenant, vpc.clone(), ResourceKind::Vpc);
                blocks.push(PlannedBlock { cidr: tenant.vpc_cidr, ..block });
            }
            for (address, kind) in self.inventory.range(vpc.clone()..) {
                if address.tenant_key() != Some(tenant.key.as_str()) {
                    break;
                }
                if facts(*kind).has_block && *address != vpc && self.is_kept(address) {
                    let block = self.block(tenant, address.clone(), *kind);
                    blocks.push(self.placed(block, &observed));
                }
            }
        }
        blocks
    }

    /// One row for each of [`Plan::blocks`]: `tenant`, `tier`, `region`, `address`, `kind` (`vpc`, `subnet`), `cidr`,
    /// `address_count`, `zone` (of a subnet), `action` and `id` (both absent where there is none).
    ///
    /// # Errors
    /// [`TableError::TooLong`] beyond 2 GiB of text.
    pub fn blocks_table(&self) -> Result<Table, TableError> {
        let blocks = self.blocks();
        let cidrs: Vec<Option<String>> =
            blocks.iter().map(|block| block.cidr.map(|cidr| cidr.to_string())).collect();
        let zones: Vec<Option<String>> =
            blocks.iter().map(|block| block.zone.as_ref().map(ToString::to_string)).collect();
        let count = |cidr: Cidr| 1_i64 << (32 - cidr.prefix_len());
        let action =
            |block: &PlannedBlock| Some(block.action.name()).filter(|_| block.action != Action::NoOp);
        Table::new(vec![
            Column::utf8("tenant", blocks.iter().map(|block| block.tenant.as_str()))?,
            Column::utf8("tier", blocks.iter().map(|block| block.tier.as_str()))?,
            Column::utf8("region", blocks.iter().map(|block| block.region.as_str()))?,
            Column::utf8("address", blocks.iter().map(|block| block.address.as_str()))?,
            Column::utf8("kind", blocks.iter().map(|block| block.kind.name()))?,
            Column::utf8("cidr", cidrs.iter().map(Option::as_deref))?,
            Column::int64("address_count", blocks.iter().map(|block| block.cidr.map(count))),
            Column::utf8("zone", zones.iter().map(Option::as_deref))?,
            Column::utf8("action", blocks.iter().map(action))?,
            Column::utf8("id", blocks.iter().map(|block| block.id.as_ref().map(ResourceId::as_str)))?,
        ])
    }

    /// Whether the zone wants the resource and no step deletes it.
    fn is_kept(&self, address: &Address) -> bool {
        let deleted = self.step(address).is_some_and(|step| step.action == Action::Delete);
        self.inventory.contains_key(address) && !deleted
    }

    fn block(&self, tenant: &PlannedTenant, address: Address, kind: ResourceKind) -> PlannedBlock {
        PlannedBlock {
            tenant: tenant.key.clone(),
            tier: tenant.tier.clone(),
            region: tenant.region.clone(),
            kind,
            cidr: None,
            zone: None,
            action: self.step(&address).map_or(Action::NoOp, |step| step.action),
            id: self.known.get(&address).cloned(),
            address,
        }
    }

    /// A subnet with the block and zone of its step, or of the subnet that exists.
    fn placed(&self, block: PlannedBlock, observed: &BTreeMap<&ResourceId, &Subnet>) -> PlannedBlock {
        if let Some(kind) = self.step(&block.address).map(|step| step.spec.as_kind()) {
            return PlannedBlock { cidr: kind.block(), zone: kind.zone().cloned(), ..block };
        }
        match block.id.as_ref().and_then(|id| observed.get(id)) {
            Some(found) => PlannedBlock {
                cidr: Some(found.cidr),
                zone: Some(SubnetZone::Named(found.zone.clone())),
                ..block
            },
            None => block,
        }
    }
}
