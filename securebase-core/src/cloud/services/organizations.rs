//! AWS Organizations: units, accounts, policies and the tags of all of them.

use serde::{Deserialize, Serialize};

use crate::cloud::operation::operations;
use crate::cloud::reply::replies;
use crate::cloud::{Page, PageToken};
use crate::model::{AccountId, ResourceId, RoleName, Tags};
use crate::policy::PolicyText;
use crate::time::Time;

operations! {
    Organizations "organizations";
    /// Answers [`Reply::Organization`]; `AWSOrganizationsNotInUseException` where there is none.
    reads DescribeOrganization;
    /// With all features.
    writes CreateOrganization;
    /// One root, and whether service control policies are enabled in it.
    reads ListRoots;
    /// Enables service control policies.
    writes EnablePolicyType {
        /// The root.
        root: ResourceId,
    };
    /// The units directly under a root or unit.
    reads ListOrganizationalUnitsForParent {
        /// The root or unit.
        parent: ResourceId,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Creates a unit.
    writes CreateOrganizationalUnit {
        /// The root or unit above.
        parent: ResourceId,
        /// Its name.
        name: String,
        /// Its tags.
        tags: Tags,
    };
    /// Renames a unit.
    writes UpdateOrganizationalUnit {
        /// The unit.
        unit: ResourceId,
        /// Its new name.
        name: String,
    };
    /// Deletes an empty unit.
    writes DeleteOrganizationalUnit {
        /// The unit.
        unit: ResourceId,
    };
    /// All accounts of the organization, the management account included.
    reads ListAccounts {
        /// The page to read.
        page: Option<PageToken>,
    };
    /// The accounts directly under a root or unit.
    reads ListAccountsForParent {
        /// The root or unit.
        parent: ResourceId,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Where an account or unit sits.
    reads ListParents {
        /// The account or unit.
        child: ResourceId,
    };
    /// Asks for an account; it arrives later, in the root.
    writes CreateAccount {
        /// Its name.
        name: String,
        /// The address of its root user.
        email: String,
        /// The access role to make in it.
        role: RoleName,
        /// Its tags.
        tags: Tags,
    };
    /// How one request for an account stands.
    reads DescribeCreateAccountStatus {
        /// The request (`car-…`).
        request: ResourceId,
    };
    /// How requests for accounts stand: those in progress, and perhaps those that have succeeded.
    reads ListCreateAccountStatus {
        /// Only those in progress; otherwise those that have succeeded too.
        in_progress_only: bool,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Moves an account.
    writes MoveAccount {
        /// The account.
        account: AccountId,
        /// Where it sits now, exactly.
        from: ResourceId,
        /// Where it shall sit.
        to: ResourceId,
    };
    /// One account.
    reads DescribeAccount {
        /// The account.
        account: AccountId,
    };
    /// Begins to close an account: it can be reopened for ninety days, and its e-mail address stays taken.
    writes CloseAccount {
        /// The account.
        account: AccountId,
    };
    /// Lets a service of AWS work in every account of the organization; doing it again changes nothing.
    writes EnableAwsServiceAccess as "EnableAWSServiceAccess" {
        /// The service, for example `account.amazonaws.com`.
        service: String,
    };
    /// All service control policies, without their documents.
    reads ListPolicies {
        /// The page to read.
        page: Option<PageToken>,
    };
    /// One policy with its document.
    reads DescribePolicy {
        /// The policy.
        policy: ResourceId,
    };
    /// Creates a service control policy.
    writes CreatePolicy {
        /// Its name.
        name: String,
        /// What it is for.
        description: String,
        /// Its document.
        document: String,
        /// Its tags.
        tags: Tags,
    };
    /// Replaces name, description and document of a policy.
    writes UpdatePolicy {
        /// The policy.
        policy: ResourceId,
        /// Its name.
        name: String,
        /// What it is for.
        description: String,
        /// Its document.
        document: String,
    };
    /// Deletes a policy that is attached nowhere.
    writes DeletePolicy {
        /// The policy.
        policy: ResourceId,
    };
    /// Attaches a policy.
    writes AttachPolicy {
        /// The policy.
        policy: ResourceId,
        /// The root, unit or account.
        target: ResourceId,
    };
    /// Detaches a policy.
    writes DetachPolicy {
        /// The policy.
        policy: ResourceId,
        /// The root, unit or account.
        target: ResourceId,
    };
    /// Where a policy is attached.
    reads ListTargetsForPolicy {
        /// The policy.
        policy: ResourceId,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// The service control policies attached to a root, unit or account itself, without their documents.
    reads ListPoliciesForTarget {
        /// The root, unit or account.
        target: ResourceId,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// The tags of a root, unit, account or policy.
    reads ListTagsForResource {
        /// The root, unit, account or policy.
        resource: ResourceId,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Adds or replaces tags.
    writes TagResource {
        /// The root, unit, account or policy.
        resource: ResourceId,
        /// The tags to set.
        tags: Tags,
    };
    /// Removes tags.
    writes UntagResource {
        /// The root, unit, account or policy.
        resource: ResourceId,
        /// The keys to remove.
        keys: Vec<String>,
    };
}

replies! {
    Organizations;
    /// To `DescribeOrganization` and `CreateOrganization`.
    Organization(Organization) "organization",
    /// To `ListRoots`; to `EnablePolicyType` the one root, as far as it is by then.
    Roots(Vec<Root>) "roots",
    /// To `ListOrganizationalUnitsForParent`.
    OrganizationalUnits(Page<OrganizationalUnit>) "organizational units",
    /// To `ListAccounts` and `ListAccountsForParent`.
    Accounts(Page<Account>) "accounts",
    /// To `DescribeAccount`.
    Account(Account) "account",
    /// To `ListParents`: the root or unit above.
    Parent(ResourceId) "parent",
    /// To `CreateAccount` and `DescribeCreateAccountStatus`.
    AccountRequest(AccountRequest) "account request",
    /// To `ListCreateAccountStatus`.
    AccountRequests(Page<AccountRequest>) "account requests",
    /// To `ListPolicies`.
    Policies(Page<ControlPolicy>) "policies",
    /// To `DescribePolicy`.
    Policy(ControlPolicy) "policy",
    /// To `ListTargetsForPolicy`.
    PolicyTargets(Page<PolicyTarget>) "policy targets",
}

/// The organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Its id (`o-…`).
    pub id: ResourceId,
    /// Its management account.
    pub management_account: AccountId,
    /// Whether all features are on, not billing alone.
    pub all_features: bool,
}

/// The root of the organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// Its id (`r-…`).
    pub id: ResourceId,
    /// Whether service control policies are enabled, not merely being enabled.
    pub service_control_policies: bool,
}

/// An organizational unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationalUnit {
    /// Its id (`ou-…`).
    pub id: ResourceId,
    /// Its name.
    pub name: String,
}

/// Where an account stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// Being activated.
    PendingActivation,
    /// In use.
    Active,
    /// Suspended.
    Suspended,
    /// Being closed.
    PendingClosure,
    /// Closed; its e-mail address stays taken.
    Closed,
    /// A state this crate does not know.
    Unknown,
}

/// A member account, or the management account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// The address of its root user.
    pub email: String,
    /// Where it stands in its life.
    pub state: AccountState,
    /// How it came into the organization, as far as AWS says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<Joined>,
}

/// How and when an account came into its organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// When, by AWS's clock.
    pub at: Time,
    /// How.
    pub how: JoinedHow,
}

/// How an account came into its organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinedHow {
    /// It was made there, with a role that the management account can assume.
    Created,
    /// It existed before and was invited: it has only the roles that its owner made in it.
    Invited,
}

/// How a request for an account stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRequest {
    /// The request (`car-…`).
    pub id: ResourceId,
    /// The name the account was asked for with. AWS does not say the e-mail address.
    pub account_name: String,
    /// How it stands.
    pub state: AccountRequestState,
}

/// How a request for an account stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountRequestState {
    /// Not decided yet.
    InProgress,
    /// Done; the account sits in the root.
    Succeeded {
        /// The account.
        account: AccountId,
    },
    /// Refused.
    Failed {
        /// AWS's `FailureReason`, as sent: new ones appear.
        reason: String,
    },
}

/// A service control policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlPolicy {
    /// Its id (`p-…`).
    pub id: ResourceId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether AWS made it (`FullAWSAccess`).
    pub aws_managed: bool,
    /// Its document as stored; `None` in a list.
    pub document: Option<PolicyText>,
}

/// Where a policy is attached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyTarget {
    /// The root, unit or account.
    pub id: ResourceId,
}
