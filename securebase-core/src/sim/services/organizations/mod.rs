//! The organization: root, units, accounts, policies.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Manners;
use super::context::{Context, Outcome, TagFault};
use crate::cloud::organizations::{
    self, Account, AccountRequest, AccountState, ControlPolicy, Operation, Organization, Root,
};
use crate::cloud::{CloudError, Reply};
use crate::model::{AccountId, Latency, ResourceId, RoleName, Tags};
use crate::policy::{PolicyDocument, PolicyText};
use crate::sim::holdings::{Holdings, Site};
use crate::sim::key::Subject;
use crate::sim::schedule::agenda;
use crate::sim::schedule::chance::{Chance, id};
use crate::time::Time;

mod accounts;
mod changes;
mod import;
mod operator;
mod policies;
mod tags;
mod units;
mod view;

pub(in crate::sim) use import::organization_of;

pub(super) const MANNERS: Manners = Manners {
    throttled: "TooManyRequestsException",
    contended: |_| Some("ConcurrentModificationException"),
    failed: "ServiceException",
    expired: "ExpiredTokenException",
    denied: "AccessDenied",
    off: None,
    answers_early: false,
    write: Latency::OrganizationsWrite,
};

/// How many entries Organizations puts on a page.
pub(in crate::sim) const PAGE: usize = 20;
/// AWS's own policy, attached everywhere until it is detached.
pub(in crate::sim) const FULL_ACCESS: &str = "p-FullAWSAccess";

/// Something that happens in the organization without being asked for again.
#[derive(Debug, Clone)]
pub(in crate::sim) enum Event {
    /// A request for an account is decided.
    AccountDecided { request: ResourceId },
    /// An account that was being closed is suspended.
    AccountClosed { account: AccountId },
    /// Service control policies are enabled in the root.
    PoliciesEnabled,
}

impl From<Event> for agenda::Event {
    fn from(event: Event) -> Self {
        Self::Organizations(event)
    }
}

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
    pub(in crate::sim) document: PolicyText,
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
    /// The management account has no valid payment method.
    pub(in crate::sim) unpaid: bool,
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
            document: PolicyText::canonical(&PolicyDocument::full_access()),
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
            unpaid: false,
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
        use Operation as O;
        match operation {
            O::DescribeOrganization => {
                Ok(organizations::Reply::Organization(self.organization.clone()).into())
            }
            O::CreateOrganization => Err(already_one()),
            O::ListRoots => Ok(organizations::Reply::Roots(vec![self.root.clone()]).into()),
            O::EnablePolicyType { root } => self.enable_policies(context, root),
            O::ListOrganizationalUnitsForParent { parent, page } => {
                self.list_units(context, parent, page.as_ref())
            }
            O::CreateOrganizationalUnit { parent, name, tags } => {
                self.create_unit(context, parent, name, tags)
            }
            O::UpdateOrganizationalUnit { unit, name } => self.rename_unit(context, unit, name),
            O::DeleteOrganizationalUnit { unit } => self.delete_unit(context, unit),
            O::ListAccounts { page } => self.list_accounts(context, page.as_ref()),
            O::ListAccountsForParent { parent, page } => {
                self.list_accounts_in(context, parent, page.as_ref())
            }
            O::ListParents { child } => self.parent_of(context, child),
            O::CreateAccount { name, email, role, tags } => {
                self.request_account(context, name, email, role, tags)
            }
            O::DescribeCreateAccountStatus { request } => self.describe_request(request),
            O::ListCreateAccountStatus { in_progress_only, page } => {
                self.list_requests(context, *in_progress_only, page.as_ref())
            }
            O::MoveAccount { account, from, to } => self.move_account(*account, from, to, context.now),
            O::DescribeAccount { account } => self.describe_account(context, *account),
            O::CloseAccount { account } => self.close_account(context, *account),
            O::EnableAwsServiceAccess { service } => {
                self.trusted.insert(service.clone());
                Ok(Reply::Done)
            }
            O::ListPolicies { page } => self.list_policies(context, page.as_ref()),
            O::DescribePolicy { policy } => self.describe_policy(context, policy),
            O::CreatePolicy { name, description, document, tags } => {
                self.create_policy(context, name, description, document, tags)
            }
            O::UpdatePolicy { policy, name, description, document } => {
                self.update_policy(context, policy, name, description, document)
            }
            O::DeletePolicy { policy } => self.delete_policy(policy, context.now),
            O::AttachPolicy { policy, target } => self.attach_policy(context, policy, target),
            O::DetachPolicy { policy, target } => self.detach_policy(policy, target, context.now),
            O::ListTargetsForPolicy { policy, page } => self.list_targets(context, policy, page.as_ref()),
            O::ListPoliciesForTarget { target, page } => self.list_attached(context, target, page.as_ref()),
            O::ListTagsForResource { resource, .. } => self.list_tags(resource),
            O::TagResource { resource, tags } => self.tag(context, resource, tags),
            O::UntagResource { resource, keys } => self.untag(resource, keys),
        }
    }

    /// What was going to happen happens.
    pub(in crate::sim) fn happen(&mut self, event: &Event, at: Time, chance: &mut Chance) {
        match event {
            Event::AccountDecided { request } => self.decide_account(request, at, chance),
            Event::AccountClosed { account } => self.finish_closure(*account),
            Event::PoliciesEnabled => self.policies_enabled(),
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
        context.agenda.put(
            context.after(Latency::PolicyTypeEnabled, context.draws.duration),
            Event::PoliciesEnabled.into(),
        );
        Ok(organizations::Reply::Roots(vec![self.root.clone()]).into())
    }

    /// Service control policies are enabled now.
    fn policies_enabled(&mut self) {
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

pub(super) fn name(operation: &Operation, subject: &mut Subject<'_>) {
    use Operation as O;
    match operation {
        O::DescribeOrganization | O::CreateOrganization | O::ListRoots => {}
        O::EnablePolicyType { root } => subject.add(root),
        O::ListOrganizationalUnitsForParent { parent, page } | O::ListAccountsForParent { parent, page } => {
            subject.add(parent);
            subject.add(page.as_deref().unwrap_or_default());
        }
        O::CreateOrganizationalUnit { parent, name, .. } => {
            subject.add(parent);
            subject.add(name);
        }
        O::UpdateOrganizationalUnit { unit, .. } | O::DeleteOrganizationalUnit { unit } => subject.add(unit),
        O::ListAccounts { page } | O::ListCreateAccountStatus { page, .. } | O::ListPolicies { page } => {
            subject.add(page.as_deref().unwrap_or_default());
        }
        O::ListParents { child } => subject.add(child),
        O::CreateAccount { email, .. } => subject.add(&email.to_ascii_lowercase()),
        O::DescribeCreateAccountStatus { request } => subject.add(request),
        O::MoveAccount { account, .. } | O::DescribeAccount { account } | O::CloseAccount { account } => {
            subject.add(account);
        }
        O::EnableAwsServiceAccess { service } => subject.add(service),
        O::CreatePolicy { name, .. } => subject.add(name),
        O::DescribePolicy { policy }
        | O::UpdatePolicy { policy, .. }
        | O::DeletePolicy { policy }
        | O::ListTargetsForPolicy { policy, .. } => subject.add(policy),
        O::AttachPolicy { policy, target } | O::DetachPolicy { policy, target } => {
            subject.add(policy);
            subject.add(target);
        }
        O::ListPoliciesForTarget { target, .. } => subject.add(target),
        O::ListTagsForResource { resource, .. }
        | O::TagResource { resource, .. }
        | O::UntagResource { resource, .. } => subject.add(resource),
    }
}

pub(super) fn serve(
    holdings: &mut Holdings,
    site: &Site,
    context: &mut Context<'_>,
    operation: &Operation,
) -> Outcome {
    let management = holdings.management;
    match (of_management(holdings, site)?, operation) {
        (Some(org), _) => org.execute(context, operation),
        (none, Operation::CreateOrganization) => {
            let mut org = Org::new(management, context.chance);
            org.add_management();
            let answer = org.organization.clone();
            *none = Some(org);
            Ok(organizations::Reply::Organization(answer).into())
        }
        (None, _) => Err(no_organization()),
    }
}

/// The organization, if there is one, for calls of the management account.
pub(super) fn of_management<'a>(
    holdings: &'a mut Holdings,
    site: &Site,
) -> Result<&'a mut Option<Org>, CloudError> {
    if site.account != holdings.management {
        let message = "only the management account may do this";
        return Err(CloudError::rejected("AccessDeniedException", message));
    }
    Ok(&mut holdings.org)
}

pub(super) fn no_organization() -> CloudError {
    CloudError::rejected("AWSOrganizationsNotInUseException", "the account belongs to no organization")
}

fn already_one() -> CloudError {
    CloudError::rejected("AlreadyInOrganizationException", "the account already belongs to an organization")
}

/// What tags are refused with.
fn refusal(fault: &TagFault) -> CloudError {
    let (code, reason) = match fault {
        TagFault::Length(_) => ("InvalidInputException", "MAX_LENGTH_EXCEEDED"),
        TagFault::Characters(_) => ("InvalidInputException", "INVALID_PATTERN"),
        TagFault::Reserved(_) => ("InvalidInputException", "INVALID_SYSTEM_TAGS_PARAMETER"),
        TagFault::TooMany(_) => ("ConstraintViolationException", "MAX_TAG_LIMIT_EXCEEDED"),
    };
    CloudError::rejected_because(code, reason, fault.message())
}
