//! What a call is about, in words that stay the same when other tenants come and go.

use crate::cloud::{Call, Operation as O, Target};
use crate::model::Tags;

/// The key under which a call draws its numbers: operation, target and natural key.
pub(super) fn of(call: &Call) -> String {
    let mut key = String::with_capacity(96);
    key.push_str(call.operation.action());
    if let Target::Member { account, region, .. } = &call.target {
        key.push('|');
        key.push_str(&account.to_string());
        key.push('|');
        key.push_str(region.as_str());
    }
    key.push('|');
    subject(&call.operation, &mut key);
    key
}

/// The natural key of a resource that has no name: the tag that holds its address, or else all its tags.
pub(super) fn of_tags(tags: &Tags) -> String {
    match tags.iter().find(|(key, _)| key.ends_with(":address")) {
        Some((_, address)) => address.clone(),
        None => tags.iter().map(|(key, value)| format!("{key}={value};")).collect(),
    }
}

fn subject(operation: &O, key: &mut String) {
    let mut add = |part: &str| {
        key.push_str(part);
        key.push('/');
    };
    match operation {
        O::DescribeOrganization
        | O::CreateOrganization
        | O::ListRoots
        | O::GetCallerIdentity
        | O::DescribeAvailabilityZones => {}
        O::EnablePolicyType { root } => add(root.as_str()),
        O::ListOrganizationalUnitsForParent { parent, page } | O::ListAccountsForParent { parent, page } => {
            add(parent.as_str());
            add(page.as_deref().unwrap_or_default());
        }
        O::CreateOrganizationalUnit { parent, name, .. } => {
            add(parent.as_str());
            add(name);
        }
        O::UpdateOrganizationalUnit { unit, .. } | O::DeleteOrganizationalUnit { unit } => add(unit.as_str()),
        O::ListAccounts { page } | O::ListCreateAccountStatus { page, .. } | O::ListPolicies { page } => {
            add(page.as_deref().unwrap_or_default());
        }
        O::ListParents { child } => add(child.as_str()),
        O::CreateAccount { email, .. } => add(&email.to_ascii_lowercase()),
        O::DescribeCreateAccountStatus { request } => add(request.as_str()),
        O::MoveAccount { account, .. }
        | O::DescribeAccount { account }
        | O::CloseAccount { account }
        | O::PutAccountName { account, .. }
        | O::StartPrimaryEmailUpdate { account, .. }
        | O::AcceptPrimaryEmailUpdate { account, .. } => add(&account.to_string()),
        O::EnableAwsServiceAccess { service } => add(service),
        O::CreatePolicy { name, .. }
        | O::GetRole { name }
        | O::CreateRole { name, .. }
        | O::DeleteRole { name }
        | O::CreateLogGroup { name, .. }
        | O::DeleteLogGroup { name } => add(name),
        O::DescribePolicy { policy }
        | O::UpdatePolicy { policy, .. }
        | O::DeletePolicy { policy }
        | O::ListTargetsForPolicy { policy, .. } => add(policy.as_str()),
        O::AttachPolicy { policy, target } | O::DetachPolicy { policy, target } => {
            add(policy.as_str());
            add(target.as_str());
        }
        O::ListPoliciesForTarget { target, .. } => add(target.as_str()),
        O::ListTagsForResource { resource, .. }
        | O::TagResource { resource, .. }
        | O::UntagResource { resource, .. }
        | O::CreateTags { resource, .. }
        | O::DeleteTags { resource, .. } => add(resource.as_str()),
        O::DescribeVpcs { tags, .. }
        | O::DescribeSubnets { tags, .. }
        | O::DescribeInternetGateways { tags, .. }
        | O::DescribeAddresses { tags }
        | O::DescribeNatGateways { tags, .. }
        | O::DescribeRouteTables { tags, .. }
        | O::DescribeFlowLogs { tags, .. }
        | O::DescribeVpnGateways { tags }
        | O::DescribeVpcEndpoints { tags, .. }
        | O::CreateVpc { tags, .. }
        | O::CreateSubnet { tags, .. }
        | O::CreateInternetGateway { tags }
        | O::AllocateAddress { tags }
        | O::CreateNatGateway { tags, .. }
        | O::CreateRouteTable { tags, .. }
        | O::CreateFlowLogs { tags, .. }
        | O::CreateVpnGateway { tags }
        | O::CreateVpcEndpoint { tags, .. } => add(&of_tags(tags)),
        O::DescribeVpcAttribute { vpc, .. } | O::ModifyVpcAttribute { vpc, .. } | O::DeleteVpc { vpc } => {
            add(vpc.as_str());
        }
        O::AttachInternetGateway { gateway, .. }
        | O::DetachInternetGateway { gateway, .. }
        | O::DeleteInternetGateway { gateway }
        | O::DeleteNatGateway { gateway }
        | O::AttachVpnGateway { gateway, .. }
        | O::DetachVpnGateway { gateway, .. }
        | O::DeleteVpnGateway { gateway } => add(gateway.as_str()),
        O::ModifyVpcEndpoint { endpoint, .. } | O::DeleteVpcEndpoints { endpoint } => add(endpoint.as_str()),
        O::ReleaseAddress { allocation } => add(allocation.as_str()),
        O::DeleteRouteTable { table } => add(table.as_str()),
        O::CreateRoute { table, destination, .. }
        | O::ReplaceRoute { table, destination, .. }
        | O::DeleteRoute { table, destination } => {
            add(table.as_str());
            add(&destination.to_string());
        }
        O::DeleteSubnet { subnet } | O::AssociateRouteTable { subnet, .. } => add(subnet.as_str()),
        O::DisassociateRouteTable { association } => add(association.as_str()),
        O::DeleteFlowLogs { flow_log } => add(flow_log.as_str()),
        O::GetRolePolicy { role, .. }
        | O::PutRolePolicy { role, .. }
        | O::TagRole { role, .. }
        | O::UntagRole { role, .. }
        | O::DeleteRolePolicy { role, .. } => add(role),
        O::DescribeLogGroups { prefix, .. } => add(prefix),
        O::PutRetentionPolicy { group, .. } => add(group),
        O::ListLogGroupTags { arn } | O::TagLogGroup { arn, .. } | O::UntagLogGroup { arn, .. } => add(arn),
    }
}
