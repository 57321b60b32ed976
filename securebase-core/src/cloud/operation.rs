//! Everything this crate ever asks of AWS: the operations, declared once.

use serde::{Deserialize, Serialize};

use crate::model::{AccountId, Cidr, ResourceId, RoleName, Tags};

use super::call::{OneTimeCode, PageToken, Service, VpcAttribute};

/// Declares every operation once: its service, whether it changes anything, and its parameters.
macro_rules! operations {
    ($(
        $(#[$doc:meta])*
        $service:ident $effect:ident $name:ident $(as $api:literal)? $({ $($(#[$field_doc:meta])* $field:ident: $ty:ty),* $(,)? })?;
    )*) => {
        /// What is asked, named as AWS names it.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "operation")]
        pub enum Operation {
            $($(#[$doc])* $name $({ $($(#[$field_doc])* $field: $ty),* })?,)*
        }

        impl Operation {
            /// Every operation there is, as service and name: what the executor's own permissions must cover.
            pub const ALL: &[(Service, &'static str, bool)] =
                &[$((Service::$service, operations!(@ name $name $($api)?), operations!(@ $effect))),*];

            /// The service it belongs to.
            pub fn service(&self) -> Service {
                match self { $(Self::$name { .. } => Service::$service,)* }
            }

            /// Its name in AWS's API.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name { .. } => operations!(@ name $name $($api)?),)* }
            }

            /// Whether it changes anything: such a call is journaled before it leaves.
            pub fn is_mutating(&self) -> bool {
                match self { $(Self::$name { .. } => operations!(@ $effect),)* }
            }

            /// `service:Name`, the key of the request rates and the action of a policy.
            pub fn action(&self) -> &'static str {
                match self { $(Self::$name { .. } => operations!(@ action $service $name $($api)?),)* }
            }
        }
    };
    (@ reads) => { false };
    (@ writes) => { true };
    (@ action Organizations $name:ident) => { concat!("organizations:", stringify!($name)) };
    (@ action Organizations $name:ident $api:literal) => { concat!("organizations:", $api) };
    (@ action Account $name:ident) => { concat!("account:", stringify!($name)) };
    (@ action Sts $name:ident) => { concat!("sts:", stringify!($name)) };
    (@ action Ec2 $name:ident) => { concat!("ec2:", stringify!($name)) };
    (@ action Iam $name:ident) => { concat!("iam:", stringify!($name)) };
    (@ name $name:ident) => { stringify!($name) };
    (@ name $name:ident $api:literal) => { $api };
    (@ action Logs $name:ident $api:literal) => { concat!("logs:", $api) };
    (@ action Logs $name:ident) => { concat!("logs:", stringify!($name)) };
}

operations! {
    /// Answers [`Reply::Organization`](super::Reply); `AWSOrganizationsNotInUseException` where there is none.
    Organizations reads DescribeOrganization;
    /// With all features.
    Organizations writes CreateOrganization;
    /// One root, and whether service control policies are enabled in it.
    Organizations reads ListRoots;
    /// Enables service control policies.
    Organizations writes EnablePolicyType {
        /// The root.
        root: ResourceId,
    };
    /// The units directly under a root or unit.
    Organizations reads ListOrganizationalUnitsForParent {
        /// The root or unit.
        parent: ResourceId,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Creates a unit.
    Organizations writes CreateOrganizationalUnit {
        /// The root or unit above.
        parent: ResourceId,
        /// Its name.
        name: String,
        /// Its tags.
        tags: Tags,
    };
    /// Renames a unit.
    Organizations writes UpdateOrganizationalUnit {
        /// The unit.
        unit: ResourceId,
        /// Its new name.
        name: String,
    };
    /// Deletes an empty unit.
    Organizations writes DeleteOrganizationalUnit {
        /// The unit.
        unit: ResourceId,
    };
    /// All accounts of the organization, the management account included.
    Organizations reads ListAccounts {
        /// The page to read.
        page: Option<PageToken>,
    };
    /// The accounts directly under a root or unit.
    Organizations reads ListAccountsForParent {
        /// The root or unit.
        parent: ResourceId,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Where an account or unit sits.
    Organizations reads ListParents {
        /// The account or unit.
        child: ResourceId,
    };
    /// Asks for an account; it arrives later, in the root.
    Organizations writes CreateAccount {
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
    Organizations reads DescribeCreateAccountStatus {
        /// The request (`car-…`).
        request: ResourceId,
    };
    /// How requests for accounts stand: those in progress, and perhaps those that have succeeded.
    Organizations reads ListCreateAccountStatus {
        /// Only those in progress; otherwise those that have succeeded too.
        in_progress_only: bool,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Moves an account.
    Organizations writes MoveAccount {
        /// The account.
        account: AccountId,
        /// Where it sits now, exactly.
        from: ResourceId,
        /// Where it shall sit.
        to: ResourceId,
    };
    /// One account.
    Organizations reads DescribeAccount {
        /// The account.
        account: AccountId,
    };
    /// Begins to close an account: it can be reopened for ninety days, and its e-mail address stays taken.
    Organizations writes CloseAccount {
        /// The account.
        account: AccountId,
    };
    /// Lets a service of AWS work in every account of the organization; doing it again changes nothing.
    Organizations writes EnableAwsServiceAccess as "EnableAWSServiceAccess" {
        /// The service, for example `account.amazonaws.com`.
        service: String,
    };
    /// Renames a member account. Needs [`Operation::EnableAwsServiceAccess`] for `account.amazonaws.com`.
    Account writes PutAccountName {
        /// The account.
        account: AccountId,
        /// Its new name, 1 to 50 printable ASCII characters.
        name: String,
    };
    /// Asks for another root e-mail address: AWS mails a code to it.
    Account writes StartPrimaryEmailUpdate {
        /// The account.
        account: AccountId,
        /// The new address.
        email: String,
    };
    /// Changes the root e-mail address, with the code that was mailed there.
    Account writes AcceptPrimaryEmailUpdate {
        /// The account.
        account: AccountId,
        /// The new address.
        email: String,
        /// The code.
        code: OneTimeCode,
    };
    /// All service control policies, without their documents.
    Organizations reads ListPolicies {
        /// The page to read.
        page: Option<PageToken>,
    };
    /// One policy with its document.
    Organizations reads DescribePolicy {
        /// The policy.
        policy: ResourceId,
    };
    /// Creates a service control policy.
    Organizations writes CreatePolicy {
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
    Organizations writes UpdatePolicy {
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
    Organizations writes DeletePolicy {
        /// The policy.
        policy: ResourceId,
    };
    /// Attaches a policy.
    Organizations writes AttachPolicy {
        /// The policy.
        policy: ResourceId,
        /// The root, unit or account.
        target: ResourceId,
    };
    /// Detaches a policy.
    Organizations writes DetachPolicy {
        /// The policy.
        policy: ResourceId,
        /// The root, unit or account.
        target: ResourceId,
    };
    /// Where a policy is attached.
    Organizations reads ListTargetsForPolicy {
        /// The policy.
        policy: ResourceId,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// The service control policies attached to a root, unit or account itself, without their documents.
    Organizations reads ListPoliciesForTarget {
        /// The root, unit or account.
        target: ResourceId,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// The tags of a root, unit, account or policy.
    Organizations reads ListTagsForResource {
        /// The root, unit, account or policy.
        resource: ResourceId,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Adds or replaces tags.
    Organizations writes TagResource {
        /// The root, unit, account or policy.
        resource: ResourceId,
        /// The tags to set.
        tags: Tags,
    };
    /// Removes tags.
    Organizations writes UntagResource {
        /// The root, unit, account or policy.
        resource: ResourceId,
        /// The keys to remove.
        keys: Vec<String>,
    };
    /// The account the credentials belong to.
    Sts reads GetCallerIdentity;
    /// VPCs that carry all the tags.
    Ec2 reads DescribeVpcs {
        /// Tags each must carry.
        tags: Tags,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Whether an attribute is on.
    Ec2 reads DescribeVpcAttribute {
        /// The VPC.
        vpc: ResourceId,
        /// The attribute.
        attribute: VpcAttribute,
    };
    /// Creates a VPC.
    Ec2 writes CreateVpc {
        /// Its primary block.
        cidr: Cidr,
        /// Its tags.
        tags: Tags,
    };
    /// Turns an attribute on or off.
    Ec2 writes ModifyVpcAttribute {
        /// The VPC.
        vpc: ResourceId,
        /// The attribute.
        attribute: VpcAttribute,
        /// On or off.
        value: bool,
    };
    /// Deletes a VPC with nothing left in it.
    Ec2 writes DeleteVpc {
        /// The VPC.
        vpc: ResourceId,
    };
    /// Subnets that carry all the tags.
    Ec2 reads DescribeSubnets {
        /// Tags each must carry.
        tags: Tags,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// The zones of the region that the account sees.
    Ec2 reads DescribeAvailabilityZones;
    /// Creates a subnet.
    Ec2 writes CreateSubnet {
        /// The VPC.
        vpc: ResourceId,
        /// Its block.
        cidr: Cidr,
        /// Its availability zone.
        zone: String,
        /// Its tags.
        tags: Tags,
    };
    /// Deletes a subnet.
    Ec2 writes DeleteSubnet {
        /// The subnet.
        subnet: ResourceId,
    };
    /// Internet gateways that carry all the tags.
    Ec2 reads DescribeInternetGateways {
        /// Tags each must carry.
        tags: Tags,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Creates an internet gateway, unattached.
    Ec2 writes CreateInternetGateway {
        /// Its tags.
        tags: Tags,
    };
    /// Attaches an internet gateway.
    Ec2 writes AttachInternetGateway {
        /// The gateway.
        gateway: ResourceId,
        /// The VPC.
        vpc: ResourceId,
    };
    /// Detaches an internet gateway.
    Ec2 writes DetachInternetGateway {
        /// The gateway.
        gateway: ResourceId,
        /// The VPC.
        vpc: ResourceId,
    };
    /// Deletes an internet gateway that is not attached.
    Ec2 writes DeleteInternetGateway {
        /// The gateway.
        gateway: ResourceId,
    };
    /// Elastic IPs that carry all the tags.
    Ec2 reads DescribeAddresses {
        /// Tags each must carry.
        tags: Tags,
    };
    /// Allocates an elastic IP.
    Ec2 writes AllocateAddress {
        /// Its tags.
        tags: Tags,
    };
    /// Gives an elastic IP back.
    Ec2 writes ReleaseAddress {
        /// The allocation.
        allocation: ResourceId,
    };
    /// NAT gateways that carry all the tags, whatever their state.
    Ec2 reads DescribeNatGateways {
        /// Tags each must carry.
        tags: Tags,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Creates a NAT gateway; it is pending first.
    Ec2 writes CreateNatGateway {
        /// The public subnet.
        subnet: ResourceId,
        /// The elastic IP.
        allocation: ResourceId,
        /// Makes a repeated request the same request.
        client_token: String,
        /// Its tags.
        tags: Tags,
    };
    /// Deletes a NAT gateway; it lists as deleting, then deleted, for a while.
    Ec2 writes DeleteNatGateway {
        /// The gateway.
        gateway: ResourceId,
    };
    /// Route tables that carry all the tags, with routes and associations.
    Ec2 reads DescribeRouteTables {
        /// Tags each must carry.
        tags: Tags,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Creates a route table.
    Ec2 writes CreateRouteTable {
        /// The VPC.
        vpc: ResourceId,
        /// Makes a repeated request the same request.
        client_token: String,
        /// Its tags.
        tags: Tags,
    };
    /// Deletes a route table.
    Ec2 writes DeleteRouteTable {
        /// The table.
        table: ResourceId,
    };
    /// Adds a route.
    Ec2 writes CreateRoute {
        /// The table.
        table: ResourceId,
        /// The destinations.
        destination: Cidr,
        /// The internet or NAT gateway (`igw-…`, `nat-…`).
        gateway: ResourceId,
    };
    /// Makes an existing route lead elsewhere.
    Ec2 writes ReplaceRoute {
        /// The table.
        table: ResourceId,
        /// The destinations.
        destination: Cidr,
        /// The internet or NAT gateway (`igw-…`, `nat-…`).
        gateway: ResourceId,
    };
    /// Deletes a route.
    Ec2 writes DeleteRoute {
        /// The table.
        table: ResourceId,
        /// The destinations.
        destination: Cidr,
    };
    /// Associates a subnet with a route table.
    Ec2 writes AssociateRouteTable {
        /// The table.
        table: ResourceId,
        /// The subnet.
        subnet: ResourceId,
    };
    /// Takes an association away; the subnet falls back to the main table.
    Ec2 writes DisassociateRouteTable {
        /// The association (`rtbassoc-…`).
        association: ResourceId,
    };
    /// Flow logs that carry all the tags.
    Ec2 reads DescribeFlowLogs {
        /// Tags each must carry.
        tags: Tags,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Creates a flow log on a VPC, delivered to CloudWatch Logs.
    Ec2 writes CreateFlowLogs {
        /// The VPC.
        vpc: ResourceId,
        /// The name of the log group.
        log_group: String,
        /// The ARN of the delivery role.
        role_arn: String,
        /// Makes a repeated request the same request.
        client_token: String,
        /// Its tags.
        tags: Tags,
    };
    /// Deletes a flow log; what it delivered stays.
    Ec2 writes DeleteFlowLogs {
        /// The flow log.
        flow_log: ResourceId,
    };
    /// Virtual private gateways that carry all the tags.
    Ec2 reads DescribeVpnGateways {
        /// Tags each must carry.
        tags: Tags,
    };
    /// Creates a virtual private gateway, unattached.
    Ec2 writes CreateVpnGateway {
        /// Its tags.
        tags: Tags,
    };
    /// Attaches a virtual private gateway.
    Ec2 writes AttachVpnGateway {
        /// The gateway.
        gateway: ResourceId,
        /// The VPC.
        vpc: ResourceId,
    };
    /// Detaches a virtual private gateway; takes a while.
    Ec2 writes DetachVpnGateway {
        /// The gateway.
        gateway: ResourceId,
        /// The VPC.
        vpc: ResourceId,
    };
    /// Deletes a virtual private gateway that is not attached.
    Ec2 writes DeleteVpnGateway {
        /// The gateway.
        gateway: ResourceId,
    };
    /// Gateway endpoints that carry all the tags.
    Ec2 reads DescribeVpcEndpoints {
        /// Tags each must carry.
        tags: Tags,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Creates a gateway endpoint, which adds a route to the service to each of the tables. AWS gives it a policy that lets
    /// everything pass.
    Ec2 writes CreateVpcEndpoint {
        /// The VPC.
        vpc: ResourceId,
        /// The name of the service, for example `com.amazonaws.us-east-1.s3`.
        service: String,
        /// The route tables.
        route_tables: Vec<ResourceId>,
        /// Makes a repeated request the same request.
        client_token: String,
        /// Its tags.
        tags: Tags,
    };
    /// Changes the route tables of a gateway endpoint.
    Ec2 writes ModifyVpcEndpoint {
        /// The endpoint.
        endpoint: ResourceId,
        /// The route tables to add.
        add: Vec<ResourceId>,
        /// The route tables to take off.
        remove: Vec<ResourceId>,
    };
    /// Deletes a gateway endpoint with its routes.
    Ec2 writes DeleteVpcEndpoints {
        /// The endpoint.
        endpoint: ResourceId,
    };
    /// Adds or replaces tags of an EC2 resource.
    Ec2 writes CreateTags {
        /// The resource.
        resource: ResourceId,
        /// The tags to set.
        tags: Tags,
    };
    /// Removes tags of an EC2 resource.
    Ec2 writes DeleteTags {
        /// The resource.
        resource: ResourceId,
        /// The keys to remove.
        keys: Vec<String>,
    };
    /// A role by name, with its tags.
    Iam reads GetRole {
        /// Its name.
        name: String,
    };
    /// Creates a role that the flow-log delivery service may assume.
    Iam writes CreateRole {
        /// Its name.
        name: String,
        /// Its trust policy.
        trust: String,
        /// Its tags.
        tags: Tags,
    };
    /// An inline policy of a role.
    Iam reads GetRolePolicy {
        /// The role.
        role: String,
        /// The name of the inline policy.
        name: String,
    };
    /// Sets an inline policy of a role.
    Iam writes PutRolePolicy {
        /// The role.
        role: String,
        /// The name of the inline policy.
        name: String,
        /// Its document.
        document: String,
    };
    /// Adds or replaces tags of a role.
    Iam writes TagRole {
        /// The role.
        role: String,
        /// The tags to set.
        tags: Tags,
    };
    /// Removes tags of a role.
    Iam writes UntagRole {
        /// The role.
        role: String,
        /// The keys to remove.
        keys: Vec<String>,
    };
    /// Deletes an inline policy of a role.
    Iam writes DeleteRolePolicy {
        /// The role.
        role: String,
        /// The name of the inline policy.
        name: String,
    };
    /// Deletes a role without policies.
    Iam writes DeleteRole {
        /// The role.
        name: String,
    };
    /// Log groups whose name begins with the prefix, with their ARNs, without tags.
    Logs reads DescribeLogGroups {
        /// The prefix.
        prefix: String,
        /// The page to read.
        page: Option<PageToken>,
    };
    /// Creates a log group that keeps everything for ever.
    Logs writes CreateLogGroup {
        /// Its name.
        name: String,
        /// Its tags.
        tags: Tags,
    };
    /// Sets how long a log group keeps events.
    Logs writes PutRetentionPolicy {
        /// The group.
        group: String,
        /// Days, one of the values CloudWatch Logs accepts.
        days: u32,
    };
    /// The tags of a log group.
    Logs reads ListLogGroupTags as "ListTagsForResource" {
        /// The ARN of the group.
        arn: String,
    };
    /// Adds or replaces tags of a log group.
    Logs writes TagLogGroup as "TagResource" {
        /// The ARN of the group.
        arn: String,
        /// The tags to set.
        tags: Tags,
    };
    /// Removes tags of a log group.
    Logs writes UntagLogGroup as "UntagResource" {
        /// The ARN of the group.
        arn: String,
        /// The keys to remove.
        keys: Vec<String>,
    };
    /// Deletes a log group and all it holds.
    Logs writes DeleteLogGroup {
        /// The group.
        name: String,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Limits;

    #[test]
    fn every_operation_has_a_rate() {
        let limits = Limits::default();
        let unpaced: Vec<_> = Operation::ALL
            .iter()
            .map(|(service, name, _)| format!("{}:{name}", service.name()))
            .filter(|action| limits.bucket(action).is_none())
            .collect();
        assert!(unpaced.is_empty(), "data/limits.toml has no bucket for {unpaced:?}");
    }

    #[test]
    fn names_are_those_of_the_api() {
        let group = Operation::TagLogGroup { arn: "arn:aws:logs:…".into(), tags: Tags::new() };
        assert_eq!(
            (group.service(), group.name(), group.action()),
            (Service::Logs, "TagResource", "logs:TagResource")
        );
        assert!(group.is_mutating() && !Operation::ListRoots.is_mutating());
        let access = Operation::EnableAwsServiceAccess { service: "account.amazonaws.com".into() };
        assert_eq!(access.action(), "organizations:EnableAWSServiceAccess");
    }
}
