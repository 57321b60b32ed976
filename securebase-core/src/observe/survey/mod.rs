//! What exists: asks the cloud, as far as a zone is concerned.

mod asker;
mod member;
mod organization;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::stream::{self, StreamExt, TryStreamExt};

use crate::cloud::organizations::{self, Account, Joined, JoinedHow};
use crate::cloud::{Cloud, Operation, Reply, Target};
use crate::model::{AccountId, Address, Region, ResourceId};
use crate::observe::{
    Accounts, Error, Names, Observed, ObservedAccount, ObservedMember, ObservedOrganization, Reading, Scope,
    ScopedTenant, unit_paths,
};
use asker::{Asker, Pace};

/// How many accounts are looked into at a time.
const ACCOUNTS_AT_ONCE: usize = 16;

/// How long a created account may refuse entry: its role and its services become usable within minutes.
const NEW_FOR: Duration = Duration::from_secs(600);

/// Surveys as much of a cloud as a zone is concerned with.
///
/// # Flow
/// The organization with the zone's units, accounts and policies, page by page, several questions at a time; then every
/// account of a tenant, and every other account of the zone that sits in one of its units, several at a time, by the zone's
/// tag. Where an account was worked in and its region holds no network of the zone, the regions that AWS enables by default
/// are looked through for one. No question is asked faster than AWS's rates allow.
///
/// # Guarantees
/// Nothing is changed. What is tagged as another zone's is left out. An account that could not be looked into is
/// [`Reading::Unknown`] in [`Observed::members`], with the reason; where it was made a moment ago, a plan made from that looks
/// before it creates anything there.
///
/// # Errors
/// [`Error::Failed`] where the cloud fails for longer than a retry is worth.
pub async fn survey(cloud: &dyn Cloud, scope: &Scope) -> Result<Observed, Error> {
    cloud.connect();
    match survey_once(cloud, scope).await {
        // A planner is a process of its own that only reads: a crash costs it nothing but asking again.
        Err(error) if error.is_crash() => {
            cloud.connect();
            survey_once(cloud, scope).await
        }
        done => done,
    }
}

/// Surveys for a run, which a crash interrupts.
pub(crate) async fn survey_once(cloud: &dyn Cloud, scope: &Scope) -> Result<Observed, Error> {
    let surveyor = Surveyor { cloud, scope, pace: Pace::default() };
    let Some(organization) = surveyor.organization().await? else { return Ok(Observed::default()) };
    let members = surveyor.members(&organization).await?;
    Ok(Observed { organization: Some(organization), members })
}

/// The ids of the organization and its root, as far as they exist.
pub(crate) async fn organization_ids(cloud: &dyn Cloud) -> Result<BTreeMap<Address, ResourceId>, Error> {
    let pace = Pace::default();
    let asker = Asker { cloud, pace: &pace, target: Target::Management };
    let mut ids = BTreeMap::new();
    if let Some(organization) = organization::described(&asker).await? {
        ids.insert(Address::organization(), organization.id);
        if let Reply::Organizations(organizations::Reply::Roots(roots)) =
            asker.ask(Operation::Organizations(organizations::Operation::ListRoots)).await?
        {
            ids.extend(roots.into_iter().take(1).map(|root| (Address::root(), root.id)));
        }
    }
    Ok(ids)
}

/// What is in each account and region that was asked.
type Members = BTreeMap<AccountId, BTreeMap<Region, Reading<ObservedMember>>>;

/// An account to look into, in one region, and the tenant of the file that claims it.
#[derive(Clone, Copy)]
struct Visit<'a> {
    account: &'a Account,
    region: &'a Region,
    tenant: Option<&'a ScopedTenant>,
}

struct Surveyor<'a> {
    cloud: &'a dyn Cloud,
    scope: &'a Scope,
    pace: Pace,
}

impl Surveyor<'_> {
    fn management(&self) -> Asker<'_> {
        Asker { cloud: self.cloud, pace: &self.pace, target: Target::Management }
    }

    /// Whether an account may be too new to be worked in. One that was invited is as old as it is, and of one that does not
    /// say when it joined, the age is unknown.
    fn is_new(&self, account: &Account) -> bool {
        match account.joined {
            Some(Joined { at, how: JoinedHow::Created }) => self.cloud.runtime().now().since(at) < NEW_FOR,
            Some(Joined { how: JoinedHow::Invited, .. }) => false,
            None => true,
        }
    }

    async fn members(&self, organization: &ObservedOrganization) -> Result<Members, Error> {
        let names = Names::of(self.scope);
        let accounts = Accounts::of(organization, &names);
        // An account that is closed cannot be looked into.
        let of_tenants = self.scope.tenants.iter().filter_map(|tenant| {
            let found = accounts.of_tenant(tenant).filter(|found| !found.is_closed())?;
            Some(Visit { account: &found.account, region: &tenant.region, tenant: Some(tenant) })
        });
        let mut visits: Vec<Visit<'_>> = of_tenants.collect();
        // Where a tenant worked before its entry changed, its logs may still be.
        let of_former = visits.iter().flat_map(|visit| {
            let regions = self.scope.former_regions.get(&visit.account.id).into_iter().flatten();
            let others = regions.filter(|region| *region != visit.region);
            others.map(|region| Visit { region, tenant: None, ..*visit })
        });
        let of_former: Vec<Visit<'_>> = of_former.collect();
        visits.extend(of_former);
        let claimed: BTreeSet<AccountId> = visits.iter().map(|visit| visit.account.id).collect();
        // What the file no longer claims is still paid for.
        let unclaimed = organization.accounts.iter().filter(|found| {
            let is_ours = names.ours(&found.tags) && found.parent != organization.root.id;
            let id = found.account.id;
            is_ours && !claimed.contains(&id) && !accounts.is_management(id) && !found.is_closed()
        });
        let unclaimed: Vec<&ObservedAccount> = unclaimed.collect();
        visits.extend(unclaimed.iter().flat_map(|found| {
            let account = &found.account;
            let former = self.scope.former_regions.get(&account.id).into_iter().flatten();
            let former = former.filter(|region| !self.scope.regions.contains(region));
            self.scope.regions.iter().chain(former).map(move |region| Visit { account, region, tenant: None })
        }));
        let mut members = self.visited(visits).await?;
        let paths = unit_paths(organization);
        // Those who left have no network any more: asking every region about each of them would only grow with the years.
        let left = |found: &ObservedAccount| {
            paths.get(&found.parent).is_some_and(|path| self.scope.is_suspended(path))
        };
        let served = unclaimed.into_iter().filter(|found| !left(found)).map(|found| found.account.id);
        let moved = self.elsewhere(organization, &members, served.collect()).await?;
        for (account, regions) in moved {
            members.entry(account).or_default().extend(regions);
        }
        Ok(members)
    }

    /// What is found in each account and region.
    async fn visited(&self, visits: Vec<Visit<'_>>) -> Result<Members, Error> {
        // Collected first: a closure kept across the wait would hide from callers that the future can change threads.
        let surveys: Vec<_> = visits
            .into_iter()
            .map(|visit| async move {
                let reading = self.member(visit).await?;
                Ok::<_, Error>((visit.account.id, visit.region.clone(), reading))
            })
            .collect();
        let surveyed: Vec<_> = stream::iter(surveys).buffered(ACCOUNTS_AT_ONCE).try_collect().await?;
        let mut members = Members::new();
        for (account, region, reading) in surveyed {
            members.entry(account).or_default().insert(region, reading);
        }
        Ok(members)
    }

    /// The networks of the zone that lie in another region than those looked into. The delivery role of flow logs is made
    /// before a network and serves all regions of its account, so it is the sign that there may be one; of an account that
    /// the file no longer claims nothing says where it worked. Without that role, a tenant whose network is missing may have
    /// had another region of the file before: asking every region of AWS would cost too much for every account without one.
    async fn elsewhere(
        &self,
        organization: &ObservedOrganization,
        members: &Members,
        unclaimed: BTreeSet<AccountId>,
    ) -> Result<Members, Error> {
        let names = Names::of(self.scope);
        let has_network = |reading: &Reading<ObservedMember>| {
            reading.known().is_some_and(|member| member.vpcs.iter().any(|vpc| names.ours(&vpc.vpc.tags)))
        };
        let has_role = |reading: &Reading<ObservedMember>| {
            reading.known().is_some_and(|member| !member.roles.is_empty())
        };
        let worked_in = members.iter().filter(|(_, regions)| regions.values().any(has_role));
        let anywhere: BTreeSet<AccountId> =
            unclaimed.into_iter().chain(worked_in.map(|(account, _)| *account)).collect();
        let may_be_lost = |found: &&ObservedAccount| {
            let id = found.account.id;
            let wants_network = self.scope.network && members.contains_key(&id);
            (wants_network || anywhere.contains(&id)) && is_lost(members.get(&id), has_network)
        };
        let by_default: Vec<Region> = Region::enabled_by_default().collect();
        let lost = organization.accounts.iter().filter(may_be_lost);
        let visits = lost.flat_map(|ObservedAccount { account, .. }| {
            let asked = members.get(&account.id);
            let elsewhere = if anywhere.contains(&account.id) { &by_default[..] } else { &[] };
            let regions = elsewhere.iter().chain(&self.scope.regions).collect::<BTreeSet<_>>();
            let is_asked = |region: &Region| asked.is_some_and(|asked| asked.contains_key(region));
            let others = regions.into_iter().filter(|region| !is_asked(region));
            others.map(|region| Visit { account, region, tenant: None }).collect::<Vec<_>>()
        });
        let mut found = self.visited(visits.collect()).await?;
        // A region without a network says no more than that; one that could not be read may have one.
        for regions in found.values_mut() {
            regions.retain(|_, reading| reading.known().is_none() || has_network(reading));
        }
        found.retain(|_, regions| !regions.is_empty());
        Ok(found)
    }
}

/// Whether a network of an account may lie in a region that was not looked into: not if one was found, and not if the account
/// refused entry, which it does in every region.
fn is_lost(
    regions: Option<&BTreeMap<Region, Reading<ObservedMember>>>,
    has_network: impl Fn(&Reading<ObservedMember>) -> bool,
) -> bool {
    let Some(regions) = regions else { return true };
    let entered = regions.values().any(|reading| reading.known().is_some());
    entered && !regions.values().any(has_network)
}
