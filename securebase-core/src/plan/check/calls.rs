//! Which operations a step may call in a member account: what guardrails must let pass.

use crate::kinds::step::{Action, Change};
use crate::model::ResourceKind;

use crate::plan::step::Step;

/// The operations (`service:Name`) that a step of this kind and action may call in the tenant's account.
///
/// The look-ups after a lost reply are among them. Kinds that live in the management account answer nothing: no policy binds
/// the executor there. `tests/it/apply.rs` holds the executor to this table.
pub fn member_operations(kind: ResourceKind, action: Action) -> Vec<&'static str> {
    let mut operations = Vec::new();
    let (create, update, delete, look_up): (&[&str], &[&str], &[&str], &[&str]) = match kind {
        ResourceKind::AccountReadiness => (&["sts:GetCallerIdentity", "ec2:DescribeVpcs"], &[], &[], &[]),
        ResourceKind::FlowLogRole => (
            &["iam:CreateRole", "iam:PutRolePolicy"],
            &["iam:UntagRole", "iam:TagRole"],
            &["iam:DeleteRolePolicy", "iam:DeleteRole"],
            &["iam:GetRole"],
        ),
        ResourceKind::LogGroup => (
            &["logs:CreateLogGroup", "logs:PutRetentionPolicy"],
            &["logs:UntagResource", "logs:TagResource"],
            &["logs:DeleteLogGroup"],
            &["logs:DescribeLogGroups"],
        ),
        ResourceKind::Vpc => (
            &["ec2:CreateVpc", "ec2:ModifyVpcAttribute"],
            &["ec2:DeleteTags", "ec2:CreateTags"],
            &["ec2:DeleteVpc"],
            &["ec2:DescribeVpcs"],
        ),
        ResourceKind::Subnet => {
            let look_up = &["ec2:DescribeSubnets", "ec2:DescribeAvailabilityZones"];
            (&["ec2:CreateSubnet"], &["ec2:DeleteTags", "ec2:CreateTags"], &["ec2:DeleteSubnet"], look_up)
        }
        ResourceKind::InternetGateway => (
            &["ec2:CreateInternetGateway", "ec2:AttachInternetGateway"],
            &["ec2:DeleteTags", "ec2:CreateTags"],
            &["ec2:DetachInternetGateway", "ec2:DeleteInternetGateway"],
            &["ec2:DescribeInternetGateways"],
        ),
        ResourceKind::ElasticIp => (
            &["ec2:AllocateAddress"],
            &["ec2:DeleteTags", "ec2:CreateTags"],
            &["ec2:ReleaseAddress"],
            &["ec2:DescribeAddresses"],
        ),
        ResourceKind::NatGateway => (
            &["ec2:CreateNatGateway", "ec2:DeleteNatGateway"],
            &["ec2:DeleteTags", "ec2:CreateTags"],
            &["ec2:DeleteNatGateway"],
            &["ec2:DescribeNatGateways"],
        ),
        ResourceKind::RouteTable => (
            &["ec2:CreateRouteTable"],
            &["ec2:DeleteTags", "ec2:CreateTags"],
            &["ec2:DeleteRouteTable"],
            &["ec2:DescribeRouteTables"],
        ),
        ResourceKind::Route => (&["ec2:CreateRoute", "ec2:ReplaceRoute"], &[], &["ec2:DeleteRoute"], &[]),
        ResourceKind::RouteTableAssociation => {
            (&["ec2:AssociateRouteTable"], &[], &["ec2:DisassociateRouteTable"], &["ec2:DescribeRouteTables"])
        }
        ResourceKind::FlowLog => (
            &["ec2:CreateFlowLogs"],
            &["ec2:DeleteTags", "ec2:CreateTags"],
            &["ec2:DeleteFlowLogs"],
            &["ec2:DescribeFlowLogs"],
        ),
        ResourceKind::VpnGateway => (
            &["ec2:CreateVpnGateway", "ec2:AttachVpnGateway"],
            &["ec2:DeleteTags", "ec2:CreateTags"],
            &["ec2:DetachVpnGateway", "ec2:DeleteVpnGateway"],
            &["ec2:DescribeVpnGateways"],
        ),
        ResourceKind::Organization
        | ResourceKind::OrganizationRoot
        | ResourceKind::OrganizationalUnit
        | ResourceKind::ServiceControlPolicy
        | ResourceKind::PolicyAttachment
        | ResourceKind::Account
        | ResourceKind::AccountPlacement => (&[], &[], &[], &[]),
    };
    match action {
        Action::Create | Action::Verify | Action::Move => operations.extend_from_slice(create),
        // An update may have to do what a creation does after its first call: attach, set attributes.
        Action::Update | Action::Adopt => {
            operations.extend_from_slice(update);
            operations.extend_from_slice(create.get(1..).unwrap_or_default());
        }
        Action::Delete => operations.extend_from_slice(delete),
        Action::NoOp => return operations,
    }
    operations.extend_from_slice(look_up);
    operations
}

/// The calls that take tags off.
const UNTAGGING: [&str; 3] = ["iam:UntagRole", "logs:UntagResource", "ec2:DeleteTags"];

/// Those that this step may make: tags are taken off only where the step says so.
pub(super) fn step_operations(step: &Step) -> impl Iterator<Item = &'static str> {
    let takes_off = step.changes.iter().any(Change::takes_tag_off);
    let operations = member_operations(step.kind, step.action).into_iter();
    operations.filter(move |operation| takes_off || !UNTAGGING.contains(operation))
}
