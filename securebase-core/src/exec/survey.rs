//! What exists: asks the cloud, as far as a zone is concerned.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::stream::{self, StreamExt, TryStreamExt};

use crate::cloud::{
    Account, Call, Cloud, CloudError, ErrorKind, Operation, PageToken, Reply, Root, Target, VpcAttribute,
};
use crate::model::{AccountId, Address, Region, ResourceId, Tags};
use crate::observe::{
    Observed, ObservedAccount, ObservedLogGroup, ObservedMember, ObservedOrganization, ObservedPolicy,
    ObservedUnit, ObservedVpc,
};
use crate::plan::{Scope, ScopedTenant, ZONE_TAG, flow_log_group_name};
use crate::time::Seed;

use super::Error;
use super::retry;

/// How many accounts are looked into at a time.
const ACCOUNTS_AT_ONCE: usize = 16;

/// Surveys as much of a cloud as a zone is concerned with.
///
/// # Flow
/// The organization with the zone's units, accounts and policies, page by page; then every account of a tenant, several
/// at a time, by the zone's tag.
///
/// # Guarantees
/// Nothing is changed. What is tagged as another zone's is left out. An account that does not answer yet (it was made a
/// moment ago) is left out of [`Observed::members`], and a plan made from that looks before it creates anything there.
///
/// # Errors
/// [`Error::Survey`] where the cloud fails for longer than a retry is worth.
pub async fn survey(cloud: &dyn Cloud, scope: &Scope) -> Result<Observed, Error> {
    let surveyor = Surveyor { cloud, scope };
    let Some(organization) = surveyor.organization().await? else { return Ok(Observed::default()) };
    let members = if scope.network { surveyor.members(&organization).await? } else { BTreeMap::new() };
    Ok(Observed { organization: Some(organization), members })
}

/// The ids of the organization and its root, as far as they exist.
pub(super) async fn organization_ids(cloud: &dyn Cloud) -> Result<BTreeMap<Address, ResourceId>, Error> {
    let asker = Asker { cloud, target: Target::Management };
    let mut ids = BTreeMap::new();
    if let Some(Reply::Organization(organization)) = asker.find(Operation::DescribeOrganization).await? {
        ids.insert(Address::organization(), organization.id);
        if let Reply::Roots(roots) = asker.ask(Operation::ListRoots).await? {
            ids.extend(roots.into_iter().take(1).map(|root| (Address::root(), root.id)));
        }
    }
    Ok(ids)
}

/// Asks one target, patiently.
struct Asker<'a> {
    cloud: &'a dyn Cloud,
    target: Target,
}

impl Asker<'_> {
    async fn try_ask(&self, operation: &Operation) -> Result<Reply, CloudError> {
        let mut waited = Duration::ZERO;
        for attempt in 0.. {
            let call = Call { target: self.target.clone(), operation: operation.clone() };
            let error = match self.cloud.call(call).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let lasting = matches!(error.kind, ErrorKind::NotFound | ErrorKind::NotReady);
            let wait =
                retry::wait(&error, attempt, waited, Seed::new(0), operation.name()).filter(|_| !lasting);
            let Some(wait) = wait else { return Err(error) };
            waited += wait;
            self.cloud.pause(wait).await;
        }
        Err(CloudError::not_sent("Exhausted", "no attempt is left"))
    }

    async fn ask(&self, operation: Operation) -> Result<Reply, Error> {
        self.try_ask(&operation).await.map_err(|error| failed(&operation, error))
    }

    /// The reply, `None` where what is asked about does not exist.
    async fn find(&self, operation: Operation) -> Result<Option<Reply>, Error> {
        match self.try_ask(&operation).await {
            Ok(reply) => Ok(Some(reply)),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&operation, error)),
        }
    }

    /// All pages of a list.
    async fn all<T>(
        &self,
        operation: impl Fn(Option<PageToken>) -> Operation,
        items: impl Fn(Reply) -> Option<(Vec<T>, Option<PageToken>)>,
    ) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        let mut page = None;
        loop {
            let asked = operation(page);
            let reply = self.ask(asked.clone()).await?;
            let shape = reply.shape();
            let Some((items, next)) = items(reply) else {
                let message = format!("the cloud answered with {shape}");
                return Err(failed(&asked, CloudError::rejected("UnexpectedReply", message)));
            };
            found.extend(items);
            match next {
                Some(next) => page = Some(next),
                None => return Ok(found),
            }
        }
    }

    async fn tags(&self, resource: &ResourceId) -> Result<Tags, Error> {
        let list = |page| Operation::ListTagsForResource { resource: resource.clone(), page };
        let pairs = self
            .all(list, |reply| match reply {
                Reply::Tags(tags, next) => Some((tags.into_iter().collect(), next)),
                _ => None,
            })
            .await?;
        Ok(pairs.into_iter().collect())
    }
}

fn failed(operation: &Operation, source: CloudError) -> Error {
    Error::Survey { what: operation.action().to_owned(), source: Box::new(source) }
}

struct Surveyor<'a> {
    cloud: &'a dyn Cloud,
    scope: &'a Scope,
}

impl Surveyor<'_> {
    fn management(&self) -> Asker<'_> {
        Asker { cloud: self.cloud, target: Target::Management }
    }

    async fn organization(&self) -> Result<Option<ObservedOrganization>, Error> {
        let asker = self.management();
        let Some(reply) = asker.find(Operation::DescribeOrganization).await? else { return Ok(None) };
        let Reply::Organization(organization) = reply else { return Ok(None) };
        let Reply::Roots(roots) = asker.ask(Operation::ListRoots).await? else { return Ok(None) };
        let Some(root) = roots.into_iter().next() else { return Ok(None) };
        let units = self.units(&root).await?;
        let (accounts, other_account_count) = self.accounts(&root, &units).await?;
        let policies = self.policies().await?;
        Ok(Some(ObservedOrganization { organization, root, units, accounts, other_account_count, policies }))
    }

    /// The units along the zone's paths, parents before children.
    async fn units(&self, root: &Root) -> Result<Vec<ObservedUnit>, Error> {
        let asker = self.management();
        let mut units = Vec::new();
        let mut parents = vec![(String::new(), root.id.clone())];
        while let Some((above, parent)) = parents.pop() {
            let list = |page| Operation::ListOrganizationalUnitsForParent { parent: parent.clone(), page };
            let children = asker
                .all(list, |reply| match reply {
                    Reply::OrganizationalUnits(page) => Some((page.items, page.next)),
                    _ => None,
                })
                .await?;
            for child in children {
                let path =
                    if above.is_empty() { child.name.clone() } else { format!("{above}/{}", child.name) };
                if !self.scope.unit_paths.contains(&path) {
                    continue;
                }
                let tags = asker.tags(&child.id).await?;
                let below = format!("{path}/");
                if self.scope.unit_paths.iter().any(|path| path.starts_with(&below)) {
                    parents.push((path, child.id.clone()));
                }
                units.push(ObservedUnit { id: child.id, name: child.name, parent: parent.clone(), tags });
            }
        }
        Ok(units)
    }

    /// The accounts of the zone's concern with their places and tags, and how many others there are.
    async fn accounts(
        &self,
        root: &Root,
        units: &[ObservedUnit],
    ) -> Result<(Vec<ObservedAccount>, usize), Error> {
        let asker = self.management();
        let page_of = |reply| match reply {
            Reply::Accounts(page) => Some((page.items, page.next)),
            _ => None,
        };
        let all: Vec<Account> = asker.all(|page| Operation::ListAccounts { page }, page_of).await?;
        let concerned = self.scope.concern();
        let mut places: BTreeMap<AccountId, ResourceId> = BTreeMap::new();
        // One list a unit answers for all its accounts; asking each account for its parent would be one call each.
        let parents = if all.len() > 1 {
            std::iter::once(&root.id).chain(units.iter().map(|unit| &unit.id)).collect()
        } else {
            Vec::new()
        };
        for parent in parents {
            let list = |page| Operation::ListAccountsForParent { parent: parent.clone(), page };
            for account in asker.all(list, page_of).await? {
                places.insert(account.id, parent.clone());
            }
        }
        let mut accounts = Vec::new();
        let mut other_account_count = 0;
        for account in all {
            let concerns_us = concerned(&account);
            let parent = match places.get(&account.id) {
                Some(parent) => parent.clone(),
                None if concerns_us => self.parent_of(account.id).await?,
                None => {
                    other_account_count += 1;
                    continue;
                }
            };
            let tags =
                if concerns_us { asker.tags(&crate::plan::id_from(account.id)).await? } else { Tags::new() };
            accounts.push(ObservedAccount { account, parent, tags });
        }
        Ok((accounts, other_account_count))
    }

    async fn parent_of(&self, account: AccountId) -> Result<ResourceId, Error> {
        let operation = Operation::ListParents { child: crate::plan::id_from(account) };
        match self.management().ask(operation.clone()).await? {
            Reply::Parent(parent) => Ok(parent),
            other => Err(failed(&operation, CloudError::rejected("UnexpectedReply", other.shape()))),
        }
    }

    /// The zone's own policies, with documents, targets and tags.
    async fn policies(&self) -> Result<Vec<ObservedPolicy>, Error> {
        let asker = self.management();
        let listed = asker
            .all(
                |page| Operation::ListPolicies { page },
                |reply| match reply {
                    Reply::Policies(page) => Some((page.items, page.next)),
                    _ => None,
                },
            )
            .await?;
        let mut policies = Vec::new();
        for policy in listed.into_iter().filter(|policy| self.scope.owns_policy(&policy.name)) {
            let describe = Operation::DescribePolicy { policy: policy.id.clone() };
            let Some(Reply::Policy(policy)) = asker.find(describe).await? else { continue };
            let list = |page| Operation::ListTargetsForPolicy { policy: policy.id.clone(), page };
            let targets = asker
                .all(list, |reply| match reply {
                    Reply::PolicyTargets(page) => Some((page.items, page.next)),
                    _ => None,
                })
                .await?;
            let tags = asker.tags(&policy.id).await?;
            let targets = targets.into_iter().map(|target| target.id).collect();
            policies.push(ObservedPolicy { policy, targets, tags });
        }
        Ok(policies)
    }

    async fn members(
        &self,
        organization: &ObservedOrganization,
    ) -> Result<BTreeMap<AccountId, BTreeMap<Region, ObservedMember>>, Error> {
        let by_email: BTreeMap<String, AccountId> = organization
            .accounts
            .iter()
            .map(|account| (account.account.email.to_lowercase(), account.account.id))
            .collect();
        let exists = |id: &AccountId| organization.accounts.iter().any(|account| account.account.id == *id);
        let found: Vec<(AccountId, &ScopedTenant)> = self
            .scope
            .tenants
            .iter()
            .filter_map(|tenant| {
                let account = tenant.account_id.filter(exists);
                Some((account.or_else(|| by_email.get(&tenant.account_email).copied())?, tenant))
            })
            .collect();
        // Collected first: a closure kept across the wait would hide from callers that the future can change threads.
        let surveys: Vec<_> = found
            .into_iter()
            .map(|(account, tenant)| async move {
                let member = self.member(account, tenant).await?;
                Ok::<_, Error>((account, tenant.region.clone(), member))
            })
            .collect();
        let surveyed: Vec<_> = stream::iter(surveys).buffered(ACCOUNTS_AT_ONCE).try_collect().await?;
        let mut members: BTreeMap<AccountId, BTreeMap<Region, ObservedMember>> = BTreeMap::new();
        for (account, region, member) in surveyed {
            if let Some(member) = member {
                members.entry(account).or_default().insert(region, member);
            }
        }
        Ok(members)
    }

    /// What is in an account, `None` where it does not answer yet.
    async fn member(
        &self,
        account: AccountId,
        tenant: &ScopedTenant,
    ) -> Result<Option<ObservedMember>, Error> {
        let target =
            Target::Member { account, region: tenant.region.clone(), role: self.scope.access_role.clone() };
        let asker = Asker { cloud: self.cloud, target };
        match asker.try_ask(&Operation::GetCallerIdentity).await {
            Ok(_) => {}
            Err(error) if error.kind == ErrorKind::NotReady => return Ok(None),
            Err(error) => return Err(failed(&Operation::GetCallerIdentity, error)),
        }
        match self.member_contents(&asker, tenant).await {
            Ok(member) => Ok(Some(member)),
            Err(Error::Survey { source, .. }) if source.kind == ErrorKind::NotReady => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn member_contents(
        &self,
        asker: &Asker<'_>,
        tenant: &ScopedTenant,
    ) -> Result<ObservedMember, Error> {
        let ours = || Tags::from([(ZONE_TAG.to_owned(), self.scope.zone.to_string())]);
        macro_rules! all {
            ($operation:ident, $reply:ident) => {
                asker
                    .all(
                        |page| Operation::$operation { tags: ours(), page },
                        |reply| match reply {
                            Reply::$reply(page) => Some((page.items, page.next)),
                            _ => None,
                        },
                    )
                    .await?
            };
        }
        let mut vpcs = Vec::new();
        for vpc in all!(DescribeVpcs, Vpcs) {
            let dns_support = self.attribute(asker, &vpc.id, VpcAttribute::DnsSupport).await?;
            let dns_hostnames = self.attribute(asker, &vpc.id, VpcAttribute::DnsHostnames).await?;
            vpcs.push(ObservedVpc { vpc, dns_support, dns_hostnames });
        }
        let subnets = all!(DescribeSubnets, Subnets);
        let internet_gateways = all!(DescribeInternetGateways, InternetGateways);
        let elastic_ips = match asker.ask(Operation::DescribeAddresses { tags: ours() }).await? {
            Reply::Addresses(items) => items,
            _ => Vec::new(),
        };
        let nat_gateways = all!(DescribeNatGateways, NatGateways);
        let route_tables = all!(DescribeRouteTables, RouteTables);
        let flow_logs = all!(DescribeFlowLogs, FlowLogs);
        let vpn_gateways = match asker.ask(Operation::DescribeVpnGateways { tags: ours() }).await? {
            Reply::VpnGateways(items) => items,
            _ => Vec::new(),
        };
        let role = asker.find(Operation::GetRole { name: self.scope.flow_log_role.clone() }).await?;
        let roles = match role {
            Some(Reply::Role(role)) => vec![role],
            _ => Vec::new(),
        };
        let name = flow_log_group_name(&self.scope.zone, &tenant.key);
        let list = |page| Operation::DescribeLogGroups { prefix: name.clone(), page };
        let groups = asker
            .all(list, |reply| match reply {
                Reply::LogGroups(page) => Some((page.items, page.next)),
                _ => None,
            })
            .await?;
        let mut log_groups = Vec::new();
        for group in groups.into_iter().filter(|group| group.name == name) {
            let tags = match asker.ask(Operation::ListLogGroupTags { arn: group.arn.clone() }).await? {
                Reply::Tags(tags, _) => tags,
                _ => Tags::new(),
            };
            log_groups.push(ObservedLogGroup { group, tags });
        }
        Ok(ObservedMember {
            vpcs,
            subnets,
            internet_gateways,
            elastic_ips,
            nat_gateways,
            route_tables,
            flow_logs,
            vpn_gateways,
            roles,
            log_groups,
        })
    }

    async fn attribute(
        &self,
        asker: &Asker<'_>,
        vpc: &ResourceId,
        attribute: VpcAttribute,
    ) -> Result<bool, Error> {
        let reply = asker.ask(Operation::DescribeVpcAttribute { vpc: vpc.clone(), attribute }).await?;
        Ok(matches!(reply, Reply::VpcAttribute(true)))
    }
}
