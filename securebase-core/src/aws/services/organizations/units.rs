//! The organization, its root and its units.

use aws_sdk_organizations::{Client, types as sdk};
use futures::TryFutureExt;

use super::{PAGE_SIZE, failure, sdk_tags};
use crate::aws::convert::{done, each, id, malformed, misrouted, parse, text};
use crate::aws::paginate;
use crate::cloud::organizations::{self, Operation, Organization, OrganizationalUnit, Root};
use crate::cloud::{CloudError, Reply};

pub(super) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::DescribeOrganization => {
            let output = client.describe_organization().send().await.map_err(failure)?;
            organization(output.organization())
        }
        Operation::CreateOrganization => {
            let call = client.create_organization().feature_set(sdk::OrganizationFeatureSet::All);
            organization(call.send().await.map_err(failure)?.organization())
        }
        Operation::ListRoots => {
            let output = client.list_roots().send().await.map_err(failure)?;
            Ok(organizations::Reply::Roots(each(output.roots(), root_of)?).into())
        }
        Operation::EnablePolicyType { root } => {
            let call = client
                .enable_policy_type()
                .root_id(root.as_str())
                .policy_type(sdk::PolicyType::ServiceControlPolicy);
            let output = call.send().await.map_err(failure)?;
            Ok(organizations::Reply::Roots(output.root().map(root_of).transpose()?.into_iter().collect())
                .into())
        }
        Operation::EnableAwsServiceAccess { service } => {
            let call = client.enable_aws_service_access().service_principal(service);
            done(call.send().map_err(failure)).await
        }
        Operation::ListOrganizationalUnitsForParent { parent, page } => {
            let call = client
                .list_organizational_units_for_parent()
                .parent_id(parent.as_str())
                .max_results(PAGE_SIZE)
                .set_next_token(page);
            let sent = call.send().map_err(failure);
            let page =
                paginate::page(sent, |found| (found.organizational_units(), found.next_token()), unit_of)
                    .await?;
            Ok(organizations::Reply::OrganizationalUnits(page).into())
        }
        Operation::CreateOrganizationalUnit { parent, name, tags } => {
            let call = client
                .create_organizational_unit()
                .parent_id(parent.as_str())
                .name(name)
                .set_tags(sdk_tags(&tags)?);
            let output = call.send().await.map_err(failure)?;
            let unit = output.organizational_unit().ok_or_else(|| malformed("OrganizationalUnit"))?;
            Ok(Reply::Created(id(unit.id(), "Id")?))
        }
        Operation::UpdateOrganizationalUnit { unit, name } => {
            let call = client.update_organizational_unit().organizational_unit_id(unit.as_str()).name(name);
            done(call.send().map_err(failure)).await
        }
        Operation::DeleteOrganizationalUnit { unit } => {
            let call = client.delete_organizational_unit().organizational_unit_id(unit.as_str());
            done(call.send().map_err(failure)).await
        }
        other => Err(misrouted(other.action())),
    }
}

fn organization(organization: Option<&sdk::Organization>) -> Result<Reply, CloudError> {
    let organization = organization.ok_or_else(|| malformed("Organization"))?;
    Ok(organizations::Reply::Organization(Organization {
        id: id(organization.id(), "Id")?,
        management_account: parse(organization.master_account_id(), "MasterAccountId")?,
        all_features: organization.feature_set() == Some(&sdk::OrganizationFeatureSet::All),
    })
    .into())
}

fn root_of(root: &sdk::Root) -> Result<Root, CloudError> {
    let enabled = root.policy_types().iter().any(|policy_type| {
        policy_type.r#type() == Some(&sdk::PolicyType::ServiceControlPolicy)
            && policy_type.status() == Some(&sdk::PolicyTypeStatus::Enabled)
    });
    Ok(Root { id: id(root.id(), "Id")?, service_control_policies: enabled })
}

fn unit_of(unit: &sdk::OrganizationalUnit) -> Result<OrganizationalUnit, CloudError> {
    Ok(OrganizationalUnit { id: id(unit.id(), "Id")?, name: text(unit.name(), "Name")? })
}
