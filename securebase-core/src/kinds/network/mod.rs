//! The network: everything in and around a VPC.

mod elastic_ip;
mod internet_gateway;
mod nat_gateway;
mod route;
mod route_table;
mod route_table_association;
mod subnet;
mod vpc;
mod vpc_endpoint;
mod vpn_gateway;

use crate::cloud::{Operation, PageToken, ec2};
use crate::kinds::step::{Change, Context, Found, StepError, listed};
use crate::model::{Address, Cidr, Problem, ResourceId};

pub use elastic_ip::ElasticIpSpec;
pub use internet_gateway::InternetGatewaySpec;
pub use nat_gateway::NatGatewaySpec;
pub use route::{RouteSpec, RouteTarget};
pub use route_table::RouteTableSpec;
pub use route_table_association::RouteTableAssociationSpec;
pub use subnet::SubnetSpec;
pub use vpc::VpcSpec;
pub use vpc_endpoint::VpcEndpointSpec;
pub use vpn_gateway::VpnGatewaySpec;

/// The calls that bring the tags of a resource of EC2 up to date.
pub(super) fn ec2_tagging(cx: &Context<'_>) -> Result<Vec<Operation>, StepError> {
    let id = cx.own_id()?;
    Ok(cx.tagging(
        |keys| ec2::Operation::DeleteTags { resource: id.clone(), keys }.into(),
        |tags| ec2::Operation::CreateTags { resource: id.clone(), tags }.into(),
    ))
}

/// A gateway that was found needs no attaching where it is attached to the VPC that it belongs to.
fn attached_gateway(
    cx: &Context<'_>,
    vpc: &Address,
    gateway: Option<(&ResourceId, Option<&ResourceId>)>,
    next: Option<&PageToken>,
) -> Found {
    match gateway {
        Some((id, attached)) => {
            let is_attached = attached.is_some_and(|attached| cx.id_at(vpc).ok().as_ref() == Some(attached));
            Found::Present { id: id.clone(), acts_done: 1 + usize::from(is_attached) }
        }
        None => listed(None, next),
    }
}

/// The difference that a gateway is attached to another VPC, or to none.
fn attachment_changes(found: Option<&ResourceId>, vpc: Option<&ResourceId>) -> Vec<Change> {
    if found == vpc && vpc.is_some() {
        Vec::new()
    } else {
        vec![Change::new("vpc", found.map(ToString::to_string), vpc.map(ToString::to_string))]
    }
}

/// A block that exists and cannot become another one.
fn immutable_block(address: &Address, what: &str, from: Cidr, to: Cidr) -> Problem {
    let tenant = address.tenant_key().unwrap_or_default();
    let keep = match what {
        "vpc_cidr" => format!("to keep the network, write `vpc_cidr = \"{from}\"` for this tenant; "),
        _ => String::new(),
    };
    Problem::error(
        "block-immutable",
        format!("clients.\"{tenant}\".vpc_cidr"),
        format!(
            "the {what} `{address}` is `{from}` and cannot become `{to}`: AWS never changes a primary block"
        ),
        format!(
            "{keep}to build a new one, first apply the file with `offboard = \"suspend\"` for this tenant, naming the \
             deletions, and then without that line"
        ),
    )
}
