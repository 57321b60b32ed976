//! What is pruned in a tenant's account: the parts of its network that the file dropped, or all of it when the tenant leaves.

use std::collections::{BTreeMap, BTreeSet};

use crate::kinds::info::MemberAccount;
use crate::kinds::step::Action;
use crate::kinds::{self, ResourceSpec};
use crate::model::{Address, Problem, ResourceId, Tags, Tenant};
use crate::observe::Names;
use crate::plan::desired::graph::ResourceGraph;
use crate::plan::diff::Member;
use crate::plan::step::{Site, Step};

/// The deletions in the tenant's account, in no particular order yet.
pub(super) fn find(
    tenant: &Tenant,
    graph: &ResourceGraph,
    member: &Member<'_>,
    names: &Names<'_>,
    warnings: &mut Vec<Problem>,
) -> Vec<Step> {
    let mut network = Network { tenant, graph, names, deletions: Vec::new() };
    network.collect(member, warnings);
    network.strangers(member, warnings);
    network.deletions
}

struct Network<'a> {
    tenant: &'a Tenant,
    graph: &'a ResourceGraph,
    names: &'a Names<'a>,
    deletions: Vec<Step>,
}

impl Network<'_> {
    fn delete(&mut self, address: Address, spec: ResourceSpec, id: ResourceId) {
        let account = Address::tenant(&self.tenant.key, "account");
        self.deletions.push(Step {
            kind: spec.kind(),
            address,
            action: Action::Delete,
            tenant: Some(self.tenant.key.clone()),
            site: Site::Member { account, region: self.tenant.region.clone() },
            spec,
            id: Some(id),
            changes: Vec::new(),
            look_first: false,
            depends_on: Vec::new(),
        });
    }

    /// The address of what is this tenant's. What carries another tenant's name is that one's, whatever account it is in.
    fn own(&self, tags: &Tags, suffix: Option<&str>) -> Option<Address> {
        let address = Address::new(self.names.address(tags)?);
        let own = (address.tenant_key() == Some(self.tenant.key.as_str())).then_some(address)?;
        Some(suffix.map_or_else(|| own.clone(), |suffix| Address::new(format!("{own}{suffix}"))))
    }

    fn collect(&mut self, member: &Member<'_>, warnings: &mut Vec<Problem>) {
        let addresses: BTreeMap<&ResourceId, &str> =
            member.addresses().map(|(address, id)| (id, address)).collect();
        let name = |id: &ResourceId| Address::new(addresses.get(id).copied().unwrap_or(id.as_str()));
        let account = MemberAccount { tenant: &self.tenant.key, member: member.observed, name: &name };
        kinds::list(&account, &mut |listed| {
            let own = self.own(listed.tags, listed.suffix.as_deref());
            let Some(address) = own.filter(|address| self.graph.get(address).is_none()) else { return };
            let spec = (listed.spec)();
            match spec.as_kind().kept(&address, &listed.id, member.observed) {
                Some(warning) => warnings.push(warning),
                None => self.delete(address, spec, listed.id.clone()),
            }
        });
    }

    /// What is tagged for a tenant that this account is not: most likely this one under a key it had before.
    fn strangers(&self, member: &Member<'_>, warnings: &mut Vec<Problem>) {
        let tenants: BTreeSet<&str> = member
            .addresses()
            .filter_map(|(address, _)| address.strip_prefix("tenant/")?.split('/').next())
            .filter(|key| *key != self.tenant.key.as_str())
            .collect();
        for other in tenants {
            warnings.push(Problem::warning(
                "resource-of-another-tenant",
                format!("clients.\"{}\"", self.tenant.key),
                format!("the account of `{}` holds resources tagged for tenant `{other}`", self.tenant.key),
                format!(
                    "nothing is done to them; if `{other}` is what this tenant was called, write `renamed_from = \
                     \"{other}\"`"
                ),
            ));
        }
    }
}
