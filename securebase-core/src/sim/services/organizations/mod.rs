//! The organization: root, units, accounts, policies.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::context::{Context, Outcome};
use crate::cloud::{
    Account, AccountRequest, AccountState, CloudError, ControlPolicy, Operation, Organization, Reply, Root,
};
use crate::model::{AccountId, Latency, ResourceId, RoleName, Tags};
use crate::policy::PolicyDocument;
use crate::sim::schedule::agenda::Event;
use crate::sim::schedule::chance::{Chance, id};
use crate::time::Time;

mod accounts;
mod changes;
mod policies;
mod tags;
mod units;

pub(in crate::sim) use policies::unknown;

/// How many entries Organizations puts on a page.
pub(in crate::sim) const PAGE: usize = 20;
/// AWS's own policy, attached everywhere until somebody detaches it.
pub(in crate::sim) const FULL_ACCESS: &str = "p-FullAWSAccess";

#[derive(Debug, Clone)]
pub(in crate::sim) struct Unit {
    pub(in crate::sim) name: String,
    pub(in crate::sim) parent: ResourceId,
    pub(in crate::sim) depth: u64,
    pub(in crate::sim) tags: Tags,
    pub(in crate::sim) visible_from: Time,
}

#[derive(Debug, Clone)]
pub(in crate::sim) struct Member {
    pub(in crate::sim) account: Account,
    pub(in crate::sim) parent: ResourceId,
    pub(in crate::sim) tags: Tags,
    /// The access role made with it; any role is taken to exist in an account that was there before.
    pub(in crate::sim) role: Option<RoleName>,
    /// Since when it exists.
    pub(in crate::sim) exists_from: Time,
    pub(in crate::sim) visible_from: Time,
    /// From when on its access role can be assumed.
    pub(in crate::sim) assumable_from: Time,
    /// From when on its services answer.
    pub(in crate::sim) ready_from: Time,
}

#[derive(Debug, Clone)]
pub(in crate::sim) struct PolicyRow {
    pub(in crate::sim) policy: ControlPolicy,
    pub(in crate::sim) document: String,
    pub(in crate::sim) targets: BTreeSet<ResourceId>,
    pub(in crate::sim) tags: Tags,
    pub(in crate::sim) visible_from: Time,
}

#[derive(Debug, Clone)]
pub(in crate::sim) struct Request {
    pub(in crate::sim) answer: AccountRequest,
    /// The address as given, and in lower case.
    pub(in crate::sim) email: String,
    folded: String,
    role: RoleName,
    tags: Tags,
    /// The failure it will end with, decided when it was made.
    doom: Option<&'static str>,
    /// How long after its creation the account is visible to all.
    visible_lag: Duration,
    /// How long after its creation the access role can be assumed, and its services answer.
    readiness: (Duration, Duration),
}

/// The organization and everything in it, indexed by what calls name.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Org {
    pub(in crate::sim) organization: Organization,
    pub(in crate::sim) root: Root,
    pub(in crate::sim) units: BTreeMap<ResourceId, Unit>,
    pub(in crate::sim) unit_names: BTreeMap<(ResourceId, String), ResourceId>,
    pub(in crate::sim) members: BTreeMap<AccountId, Member>,
    /// Accounts that were taken out of the organization.
    expelled: Vec<Member>,
    pub(in crate::sim) emails: BTreeMap<String, AccountId>,
    pub(in crate::sim) accounts_in: BTreeMap<ResourceId, BTreeSet<AccountId>>,
    pub(in crate::sim) policies: BTreeMap<ResourceId, PolicyRow>,
    pub(in crate::sim) policy_names: BTreeMap<String, ResourceId>,
    pub(in crate::sim) attached: BTreeMap<ResourceId, BTreeSet<ResourceId>>,
    pub(in crate::sim) requests: BTreeMap<ResourceId, Request>,
    pub(in crate::sim) in_progress: BTreeSet<ResourceId>,
    pub(in crate::sim) root_tags: Tags,
    /// The services of AWS that may work in every account.
    trusted: BTreeSet<String>,
    /// When accounts were asked to be closed.
    closures: BTreeMap<AccountId, Time>,
    /// Root addresses asked for, and the codes that were mailed there.
    mailed: BTreeMap<AccountId, (String, String)>,
    enabling: bool,
    /// Changes whenever a document or an attachment does, other than those that a new unit or account comes with.
    pub(in crate::sim) epoch: u64,
}

impl Org {
    /// A new organization with all features: service control policies are enabled from the start.
    pub(in crate::sim) fn new(management: AccountId, chance: &mut Chance) -> Self {
        let root =
            Root { id: chance.organizations_id("r", 4, "", |_| false), service_control_policies: true };
        let organization = Organization {
            id: chance.organizations_id("o", 10, "", |_| false),
            management_account: management,
            all_features: true,
        };
        Self::with(organization, root)
    }

    /// An organization with nothing in it but AWS's own policy.
    pub(in crate::sim) fn with(organization: Organization, root: Root) -> Self {
        let full_access = PolicyRow {
            policy: ControlPolicy {
                id: id(FULL_ACCESS),
                name: "FullAWSAccess".to_owned(),
                description: "Allows access to every operation".to_owned(),
                aws_managed: true,
                document: None,
            },
            document: PolicyDocument::full_access().to_json(),
            targets: BTreeSet::new(),
            tags: Tags::new(),
            visible_from: Time::ZERO,
        };
        let mut org = Self {
            policy_names: BTreeMap::from([(full_access.policy.name.clone(), full_access.policy.id.clone())]),
            policies: BTreeMap::from([(full_access.policy.id.clone(), full_access)]),
            organization,
            units: BTreeMap::new(),
            unit_names: BTreeMap::new(),
            members: BTreeMap::new(),
            expelled: Vec::new(),
            emails: BTreeMap::new(),
            accounts_in: BTreeMap::new(),
            attached: BTreeMap::new(),
            requests: BTreeMap::new(),
            in_progress: BTreeSet::new(),
            root_tags: Tags::new(),
            trusted: BTreeSet::new(),
            closures: BTreeMap::new(),
            mailed: BTreeMap::new(),
            enabling: false,
            epoch: 0,
            root,
        };
        org.attach(&id(FULL_ACCESS), &org.root.id.clone());
        org
    }

    /// The management account: the root's first account, to which guardrails do not apply.
    pub(in crate::sim) fn add_management(&mut self) {
        let id = self.organization.management_account;
        self.insert_member(Member {
            account: Account {
                id,
                name: "management".to_owned(),
                email: "management@example.com".to_owned(),
                state: AccountState::Active,
                joined: None,
            },
            parent: self.root.id.clone(),
            tags: Tags::new(),
            role: None,
            exists_from: Time::ZERO,
            visible_from: Time::ZERO,
            assumable_from: Time::ZERO,
            ready_from: Time::ZERO,
        });
        self.attach(&crate::sim::schedule::chance::id(FULL_ACCESS), &target_id(id));
    }

    /// Carries out an operation.
    pub(in crate::sim) fn execute(&mut self, context: &mut Context<'_>, operation: &Operation) -> Outcome {
        match operation {
            Operation::DescribeOrganization => Ok(Reply::Organization(self.organization.clone())),
            Operation::CreateOrganization => Err(CloudError::rejected(
                "AlreadyInOrganizationException",
                "the account already belongs to an organization",
            )),
            Operation::ListRoots => Ok(Reply::Roots(vec![self.root.clone()])),
            Operation::EnablePolicyType { root } => self.enable_policies(context, root),
            Operation::ListOrganizationalUnitsForParent { .. }
            | Operation::CreateOrganizationalUnit { .. }
            | Operation::UpdateOrganizationalUnit { .. }
            | Operation::DeleteOrganizationalUnit { .. } => self.units(context, operation),
            Operation::ListAccounts { .. }
            | Operation::ListAccountsForParent { .. }
            | Operation::ListParents { .. }
            | Operation::CreateAccount { .. }
            | Operation::DescribeCreateAccountStatus { .. }
            | Operation::ListCreateAccountStatus { .. }
            | Operation::MoveAccount { .. } => self.accounts(context, operation),
            Operation::DescribeAccount { .. }
            | Operation::CloseAccount { .. }
            | Operation::EnableAwsServiceAccess { .. }
            | Operation::PutAccountName { .. }
            | Operation::StartPrimaryEmailUpdate { .. }
            | Operation::AcceptPrimaryEmailUpdate { .. } => self.account_changes(context, operation),
            Operation::ListTagsForResource { .. }
            | Operation::TagResource { .. }
            | Operation::UntagResource { .. } => self.tagging(context, operation),
            _ => self.policies(context, operation),
        }
    }

    fn enable_policies(&mut self, context: &mut Context<'_>, root: &ResourceId) -> Outcome {
        if *root != self.root.id {
            return Err(CloudError::rejected("RootNotFoundException", format!("there is no root `{root}`")));
        }
        if self.root.service_control_policies {
            return Err(CloudError::rejected(
                "PolicyTypeAlreadyEnabledException",
                "service control policies are enabled in this root",
            ));
        }
        if self.enabling {
            return Err(CloudError::rejected(
                "PolicyChangesInProgressException",
                "service control policies are being enabled",
            ));
        }
        self.enabling = true;
        context
            .agenda
            .put(context.after(Latency::PolicyTypeEnabled, context.draws.duration), Event::PoliciesEnabled);
        Ok(Reply::Roots(vec![self.root.clone()]))
    }

    /// Service control policies are enabled now.
    pub(in crate::sim) fn policies_enabled(&mut self) {
        self.enabling = false;
        self.root.service_control_policies = true;
        self.epoch += 1;
    }

    /// Puts a policy on a target.
    pub(in crate::sim) fn attach(&mut self, policy: &ResourceId, target: &ResourceId) {
        if let Some(row) = self.policies.get_mut(policy) {
            row.targets.insert(target.clone());
            self.attached.entry(target.clone()).or_default().insert(policy.clone());
        }
    }

    /// Takes a policy off a target.
    pub(in crate::sim) fn detach(&mut self, policy: &ResourceId, target: &ResourceId) -> bool {
        self.epoch += 1;
        let row = self.policies.get_mut(policy).is_some_and(|row| row.targets.remove(target));
        if let Some(policies) = self.attached.get_mut(target) {
            policies.remove(policy);
        }
        row
    }

    /// Forgets all attachments of a target that is going.
    fn detach_all(&mut self, target: &ResourceId) {
        for policy in self.attached.remove(target).unwrap_or_default() {
            if let Some(row) = self.policies.get_mut(&policy) {
                row.targets.remove(target);
            }
        }
    }

    /// How deep below the root a root (0) or visible unit is; `None` where there is none.
    fn depth(&self, parent: &ResourceId, now: Time) -> Option<u64> {
        if *parent == self.root.id {
            return Some(0);
        }
        self.units.get(parent).filter(|unit| unit.visible_from <= now).map(|unit| unit.depth)
    }

    /// A visible account by the text of its id.
    fn account_named(&self, text: &ResourceId, now: Time) -> Option<&Member> {
        let account: AccountId = text.as_str().parse().ok()?;
        self.members.get(&account).filter(|member| member.visible_from <= now)
    }
}

/// An account's id as the id of a policy target.
pub(in crate::sim) fn target_id(account: AccountId) -> ResourceId {
    id(account.to_string())
}
