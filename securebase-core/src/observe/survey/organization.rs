//! The organization: the zone's units, accounts and policies.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt, TryStreamExt};

use super::Surveyor;
use super::asker::{Asker, failed};
use crate::cloud::organizations::{self, Account, ControlPolicy, Organization, Root};
use crate::cloud::{CloudError, Operation, Reply, sts};
use crate::model::{AccountId, ResourceId, Tags};
use crate::observe::{Error, ObservedAccount, ObservedOrganization, ObservedPolicy, ObservedUnit};

/// How many questions about the organization are under way at a time; AWS's rates allow no more than these answer.
const AT_ONCE: usize = 8;

/// Waits for questions, several at a time, their answers in order. Collected first: a closure kept across the wait would
/// hide from callers that the future can change threads.
macro_rules! in_parallel {
    ($items:expr, $ask:expr) => {{
        let questions: Vec<_> = $items.map($ask).collect();
        stream::iter(questions).buffered(AT_ONCE).try_collect::<Vec<_>>().await?
    }};
}

impl Surveyor<'_> {
    pub(super) async fn organization(&self) -> Result<Option<ObservedOrganization>, Error> {
        let asker = self.management();
        let Some(organization) = described(&asker).await? else { return Ok(None) };
        let Reply::Organizations(organizations::Reply::Roots(roots)) =
            asker.ask(organizations::Operation::ListRoots.into()).await?
        else {
            return Ok(None);
        };
        let Some(root) = roots.into_iter().next() else { return Ok(None) };
        let units = self.units(&root, &organization.all_features).await?;
        let (accounts, other_account_count) = self.accounts(&root, &units).await?;
        // Without all features there are no policies to ask for, and no plan.
        let policies = if organization.all_features { self.policies().await? } else { Vec::new() };
        Ok(Some(ObservedOrganization { organization, root, units, accounts, other_account_count, policies }))
    }

    /// The units along the zone's paths, those left over among them, parents before children.
    async fn units(&self, root: &Root, all_features: &bool) -> Result<Vec<ObservedUnit>, Error> {
        let mut units: Vec<ObservedUnit> = Vec::new();
        // In a hierarchy the unit of a tier that has no tenant any more may have units below it that hold accounts.
        let deep = self.scope.unit_paths.iter().any(|path| path.contains('/'));
        let mut parents = vec![(String::new(), root.id.clone())];
        // Level by level: the units of one level are asked about together.
        while !parents.is_empty() {
            let listed =
                in_parallel!(std::mem::take(&mut parents).into_iter(), |(above, parent)| async move {
                    let found = self.children(&parent).await?;
                    Ok::<_, Error>((above, parent, found))
                });
            let mut level = Vec::new();
            for (above, parent, children) in listed {
                for child in children {
                    let path =
                        if above.is_empty() { child.name.clone() } else { format!("{above}/{}", child.name) };
                    // What lies below a unit of ours is most likely ours, wanted or not; what lies beside it is not.
                    if self.scope.watches(&path) || !above.is_empty() {
                        level.push((path, parent.clone(), child));
                    }
                }
            }
            let tagged = in_parallel!(level.into_iter(), |(path, parent, child)| async move {
                let tags = self.management().tags(&child.id).await?;
                // Guardrails hang on the first level only.
                let guarded = *all_features && self.scope.unit_paths.contains(&path) && !path.contains('/');
                let foreign_policies =
                    if guarded { Some(self.foreign_policies(&child.id).await?) } else { None };
                let unit = ObservedUnit { id: child.id, name: child.name, parent, tags, foreign_policies };
                Ok::<_, Error>((path, unit))
            });
            for (path, unit) in tagged {
                if deep || self.scope.watches_below(&path) {
                    parents.push((path, unit.id.clone()));
                }
                units.push(unit);
            }
        }
        Ok(units)
    }

    async fn children(&self, parent: &ResourceId) -> Result<Vec<organizations::OrganizationalUnit>, Error> {
        let list = |page| {
            organizations::Operation::ListOrganizationalUnitsForParent { parent: parent.clone(), page }.into()
        };
        let units = |reply| match reply {
            Reply::Organizations(organizations::Reply::OrganizationalUnits(page)) => {
                Some((page.items, page.next))
            }
            _ => None,
        };
        self.management().all(list, units).await
    }

    /// The accounts of the zone's concern with their places and tags, and how many others there are.
    async fn accounts(
        &self,
        root: &Root,
        units: &[ObservedUnit],
    ) -> Result<(Vec<ObservedAccount>, usize), Error> {
        let all: Vec<Account> = self
            .management()
            .all(|page| organizations::Operation::ListAccounts { page }.into(), page_of)
            .await?;
        let mut places: BTreeMap<AccountId, ResourceId> = BTreeMap::new();
        // One list a unit answers for all its accounts; asking each account for its parent would be one call each.
        let parents: Vec<ResourceId> = if all.len() > 1 {
            std::iter::once(&root.id).chain(units.iter().map(|unit| &unit.id)).cloned().collect()
        } else {
            Vec::new()
        };
        let listed = in_parallel!(parents.into_iter(), |parent| async move {
            let list = |page| {
                organizations::Operation::ListAccountsForParent { parent: parent.clone(), page }.into()
            };
            let accounts = self.management().all(list, page_of).await?;
            Ok::<_, Error>((parent, accounts))
        });
        for (parent, accounts) in listed {
            places.extend(accounts.into_iter().map(|account| (account.id, parent.clone())));
        }
        let concerned = self.scope.concern();
        let mut kept = Vec::new();
        let mut other_account_count = 0;
        for account in all {
            let concerns_us = concerned(&account);
            let place = places.remove(&account.id);
            if place.is_none() && !concerns_us {
                other_account_count += 1;
                continue;
            }
            // Whoever sits in one of our units carries the name of a tenant, perhaps of one that the file has forgotten.
            let tagged = concerns_us || place.as_ref().is_some_and(|place| *place != root.id);
            kept.push((account, place, tagged));
        }
        let accounts = in_parallel!(kept.into_iter(), |(account, place, tagged)| async move {
            let id = ResourceId::from(account.id);
            let parent = match place {
                Some(parent) => parent,
                None => self.parent_of(&id).await?,
            };
            let tags = if tagged { self.management().tags(&id).await? } else { Tags::new() };
            Ok::<_, Error>(ObservedAccount { account, parent, tags })
        });
        Ok((accounts, other_account_count))
    }

    async fn parent_of(&self, account: &ResourceId) -> Result<ResourceId, Error> {
        let operation =
            Operation::Organizations(organizations::Operation::ListParents { child: account.clone() });
        match self.management().ask(operation.clone()).await? {
            Reply::Organizations(organizations::Reply::Parent(parent)) => Ok(parent),
            other => Err(failed(&operation, CloudError::rejected("UnexpectedReply", other.shape()))),
        }
    }

    /// The zone's own policies, with documents, targets and tags.
    async fn policies(&self) -> Result<Vec<ObservedPolicy>, Error> {
        let listed: Vec<ControlPolicy> = self
            .management()
            .all(
                |page| organizations::Operation::ListPolicies { page }.into(),
                |reply| match reply {
                    Reply::Organizations(organizations::Reply::Policies(page)) => {
                        Some((page.items, page.next))
                    }
                    _ => None,
                },
            )
            .await?;
        let own = listed.into_iter().filter(|policy| self.scope.owns_policy(&policy.name));
        let policies = in_parallel!(own, |policy| self.policy(policy));
        Ok(policies.into_iter().flatten().collect())
    }

    /// How many policies are attached to a unit that are not the zone's.
    async fn foreign_policies(&self, unit: &ResourceId) -> Result<usize, Error> {
        let list =
            |page| organizations::Operation::ListPoliciesForTarget { target: unit.clone(), page }.into();
        let attached: Vec<ControlPolicy> = self
            .management()
            .all(list, |reply| match reply {
                Reply::Organizations(organizations::Reply::Policies(page)) => Some((page.items, page.next)),
                _ => None,
            })
            .await?;
        Ok(attached.iter().filter(|policy| !self.scope.owns_policy(&policy.name)).count())
    }

    /// A policy, `None` where it has gone since it was listed.
    async fn policy(&self, listed: ControlPolicy) -> Result<Option<ObservedPolicy>, Error> {
        let asker = self.management();
        let describe =
            Operation::Organizations(organizations::Operation::DescribePolicy { policy: listed.id });
        let Some(Reply::Organizations(organizations::Reply::Policy(policy))) = asker.find(describe).await?
        else {
            return Ok(None);
        };
        let list =
            |page| organizations::Operation::ListTargetsForPolicy { policy: policy.id.clone(), page }.into();
        let targets = asker
            .all(list, |reply| match reply {
                Reply::Organizations(organizations::Reply::PolicyTargets(page)) => {
                    Some((page.items, page.next))
                }
                _ => None,
            })
            .await?;
        let tags = asker.tags(&policy.id).await?;
        let targets = targets.into_iter().map(|target| target.id).collect();
        Ok(Some(ObservedPolicy { policy, targets, tags }))
    }
}

/// The organization, as seen with the credentials of its management account.
///
/// # Errors
/// [`Error::NotManagement`] where they are those of another account: all that follows would be refused, with a reason that
/// sends people to look at their policies.
pub(super) async fn described(asker: &Asker<'_>) -> Result<Option<Organization>, Error> {
    let Some(Reply::Organizations(organizations::Reply::Organization(organization))) =
        asker.find(organizations::Operation::DescribeOrganization.into()).await?
    else {
        return Ok(None);
    };
    let operation = Operation::Sts(sts::Operation::GetCallerIdentity);
    match asker.ask(operation.clone()).await? {
        Reply::Sts(sts::Reply::CallerIdentity(caller)) if caller == organization.management_account => {
            Ok(Some(organization))
        }
        Reply::Sts(sts::Reply::CallerIdentity(caller)) => {
            Err(Error::NotManagement { caller, management: organization.management_account })
        }
        other => Err(failed(&operation, CloudError::rejected("UnexpectedReply", other.shape()))),
    }
}

fn page_of(reply: Reply) -> Option<(Vec<Account>, Option<String>)> {
    match reply {
        Reply::Organizations(organizations::Reply::Accounts(page)) => Some((page.items, page.next)),
        _ => None,
    }
}
