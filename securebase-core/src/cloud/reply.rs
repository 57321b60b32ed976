//! Everything AWS answers, in the parts this crate reads.

use serde::{Deserialize, Serialize};

use crate::model::{AccountId, Cidr, ResourceId, Tags, UsableZones};
use crate::policy::PolicyText;
use crate::time::Time;

use super::PageToken;

/// One page of a list. A page may be empty and still have a next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// What the page holds.
    pub items: Vec<T>,
    /// The token of the next page, `None` on the last.
    pub next: Option<PageToken>,
}

impl<T> Page<T> {
    /// The only page of a list.
    pub fn only(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
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

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    /// Its id.
    pub id: ResourceId,
    /// Its primary block.
    pub cidr: Cidr,
    /// Whether AWS made it with the account.
    pub is_default: bool,
    /// Its tags.
    pub tags: Tags,
}

/// What a zone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneKind {
    /// An availability zone of the region.
    AvailabilityZone,
    /// A local zone, a wavelength zone, or a kind this crate does not know.
    Other,
}

/// A zone as an account sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailabilityZone {
    /// Its name in this account.
    pub name: String,
    /// What it is.
    pub kind: ZoneKind,
    /// Whether it takes new resources.
    pub available: bool,
    /// Whether accounts must ask for it.
    pub opt_in: bool,
}

impl AvailabilityZone {
    /// Those of `zones` that a network can be built in, in the order of their names.
    pub fn usable(zones: &[Self]) -> UsableZones {
        let usable = |zone: &&Self| zone.kind == ZoneKind::AvailabilityZone && zone.available && !zone.opt_in;
        UsableZones::new(zones.iter().filter(usable).map(|zone| zone.name.clone()))
    }
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// Its id.
    pub id: ResourceId,
    /// Its VPC.
    pub vpc: ResourceId,
    /// Its block.
    pub cidr: Cidr,
    /// Its availability zone.
    pub zone: String,
    /// Its tags.
    pub tags: Tags,
}

/// An internet gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InternetGateway {
    /// Its id.
    pub id: ResourceId,
    /// The VPC it is attached to.
    pub vpc: Option<ResourceId>,
    /// Its tags.
    pub tags: Tags,
}

/// An elastic IP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElasticIp {
    /// Its allocation (`eipalloc-…`).
    pub id: ResourceId,
    /// The address itself.
    pub public_ip: String,
    /// Its association, while it is in use.
    pub association: Option<ResourceId>,
    /// Its tags.
    pub tags: Tags,
}

/// Where a NAT gateway stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NatGatewayState {
    /// Being made.
    Pending,
    /// In use.
    Available,
    /// Could not be made; it must be deleted.
    Failed,
    /// Being deleted.
    Deleting,
    /// Gone; it still lists for a while.
    Deleted,
}

/// A NAT gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatGateway {
    /// Its id.
    pub id: ResourceId,
    /// Its VPC.
    pub vpc: ResourceId,
    /// The subnet it stands in.
    pub subnet: ResourceId,
    /// Its elastic IP.
    pub allocation: Option<ResourceId>,
    /// Where it stands in its life.
    pub state: NatGatewayState,
    /// Why it failed, if it did.
    pub failure: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// A route to a gateway; routes of other kinds (the local one, peering …) are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The destinations.
    pub destination: Cidr,
    /// The internet or NAT gateway.
    pub gateway: ResourceId,
    /// Whether the gateway is gone and traffic is dropped.
    pub blackhole: bool,
}

/// An association of a subnet with a route table; the main table's implicit one is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTableAssociation {
    /// Its id (`rtbassoc-…`).
    pub id: ResourceId,
    /// The subnet.
    pub subnet: ResourceId,
}

/// A route table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// Its id.
    pub id: ResourceId,
    /// Its VPC.
    pub vpc: ResourceId,
    /// Its routes to gateways.
    pub routes: Vec<Route>,
    /// Its explicit associations.
    pub associations: Vec<RouteTableAssociation>,
    /// Its tags.
    pub tags: Tags,
}

/// What observations say of a flow log that leave it out: those of earlier versions, in which every one recorded all traffic.
fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_yes(all_traffic: &bool) -> bool {
    *all_traffic
}

/// A flow log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowLog {
    /// Its id (`fl-…`).
    pub id: ResourceId,
    /// The VPC it watches.
    pub vpc: ResourceId,
    /// The name of the log group it delivers to.
    pub log_group: Option<String>,
    /// Whether it records all traffic, not only what was accepted or rejected.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub all_traffic: bool,
    /// The ARN of the delivery role.
    pub role_arn: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// A virtual private gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpnGateway {
    /// Its id.
    pub id: ResourceId,
    /// The VPC it is attached to.
    pub vpc: Option<ResourceId>,
    /// Whether it is gone; it still lists for a while.
    pub deleted: bool,
    /// Its tags.
    pub tags: Tags,
}

/// A gateway endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcEndpoint {
    /// Its id (`vpce-…`).
    pub id: ResourceId,
    /// Its VPC.
    pub vpc: ResourceId,
    /// The name of the service it leads to.
    pub service: String,
    /// The route tables that lead to it, in the order of their ids.
    pub route_tables: Vec<ResourceId>,
    /// Whether it is gone or going; it still lists for a while.
    pub deleted: bool,
    /// Its tags.
    pub tags: Tags,
}

/// An IAM role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its trust policy, as JSON text.
    pub trust: String,
    /// Its tags.
    pub tags: Tags,
}

/// A log group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogGroup {
    /// Its name.
    pub name: String,
    /// Its ARN, without the trailing `:*`.
    pub arn: String,
    /// How long it keeps events, in days; `None` keeps them for ever.
    pub retention_days: Option<u32>,
}

/// What a call answers. Which variant belongs to which operation follows from the names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Nothing but success.
    Done,
    /// The id of what a create call has made, an attachment or association included.
    Created(ResourceId),
    /// To `DescribeOrganization` and `CreateOrganization`.
    Organization(Organization),
    /// To `ListRoots`; to `EnablePolicyType` the one root, as far as it is by then.
    Roots(Vec<Root>),
    /// To `ListOrganizationalUnitsForParent`.
    OrganizationalUnits(Page<OrganizationalUnit>),
    /// To `ListAccounts` and `ListAccountsForParent`.
    Accounts(Page<Account>),
    /// To `DescribeAccount`.
    Account(Account),
    /// To `ListParents`: the root or unit above.
    Parent(ResourceId),
    /// To `CreateAccount` and `DescribeCreateAccountStatus`.
    AccountRequest(AccountRequest),
    /// To `ListCreateAccountStatus`.
    AccountRequests(Page<AccountRequest>),
    /// To `ListPolicies`.
    Policies(Page<ControlPolicy>),
    /// To `DescribePolicy`.
    Policy(ControlPolicy),
    /// To `ListTargetsForPolicy`.
    PolicyTargets(Page<PolicyTarget>),
    /// To the calls that list tags.
    Tags(Tags, Option<PageToken>),
    /// To `GetCallerIdentity`.
    CallerIdentity(AccountId),
    /// To `DescribeVpcs`.
    Vpcs(Page<Vpc>),
    /// To `DescribeVpcAttribute`.
    VpcAttribute(bool),
    /// To `DescribeAvailabilityZones`.
    AvailabilityZones(Vec<AvailabilityZone>),
    /// To `DescribeSubnets`.
    Subnets(Page<Subnet>),
    /// To `DescribeInternetGateways`.
    InternetGateways(Page<InternetGateway>),
    /// To `DescribeAddresses`.
    Addresses(Vec<ElasticIp>),
    /// To `DescribeNatGateways`.
    NatGateways(Page<NatGateway>),
    /// To `DescribeRouteTables`.
    RouteTables(Page<RouteTable>),
    /// To `DescribeFlowLogs`.
    FlowLogs(Page<FlowLog>),
    /// To `DescribeVpnGateways`.
    VpnGateways(Vec<VpnGateway>),
    /// To `DescribeVpcEndpoints`.
    VpcEndpoints(Page<VpcEndpoint>),
    /// To `GetRole` and `CreateRole`.
    Role(Role),
    /// To `GetRolePolicy`: the document, as JSON text.
    RolePolicy(String),
    /// To `DescribeLogGroups`.
    LogGroups(Page<LogGroup>),
}

impl Reply {
    /// A word for the shape, for messages about a reply that does not fit its call.
    pub fn shape(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Created(_) => "created",
            Self::Organization(_) => "organization",
            Self::Roots(_) => "roots",
            Self::OrganizationalUnits(_) => "organizational units",
            Self::Accounts(_) => "accounts",
            Self::Account(_) => "account",
            Self::Parent(_) => "parent",
            Self::AccountRequest(_) => "account request",
            Self::AccountRequests(_) => "account requests",
            Self::Policies(_) => "policies",
            Self::Policy(_) => "policy",
            Self::PolicyTargets(_) => "policy targets",
            Self::Tags(..) => "tags",
            Self::CallerIdentity(_) => "caller identity",
            Self::Vpcs(_) => "VPCs",
            Self::VpcAttribute(_) => "VPC attribute",
            Self::AvailabilityZones(_) => "availability zones",
            Self::Subnets(_) => "subnets",
            Self::InternetGateways(_) => "internet gateways",
            Self::Addresses(_) => "addresses",
            Self::NatGateways(_) => "NAT gateways",
            Self::RouteTables(_) => "route tables",
            Self::FlowLogs(_) => "flow logs",
            Self::VpnGateways(_) => "VPN gateways",
            Self::VpcEndpoints(_) => "VPC endpoints",
            Self::Role(_) => "role",
            Self::RolePolicy(_) => "role policy",
            Self::LogGroups(_) => "log groups",
        }
    }
}
