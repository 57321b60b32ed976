//! Route tables, routes, associations.

use aws_sdk_ec2::operation::associate_route_table::AssociateRouteTableOutput;
use aws_sdk_ec2::{Client, types as sdk};
use futures::TryFutureExt;

use super::nat_gateway::is_nat_gateway;
use super::{PAGE_SIZE, tag_filters, tag_specification, tags_of};
use crate::aws::convert::{cidr, created, done, id, misrouted};
use crate::aws::error::failure;
use crate::aws::paginate;
use crate::cloud::ec2::{self, Operation, Route, RouteTable, RouteTableAssociation};
use crate::cloud::{CloudError, Reply};

pub(super) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::DescribeRouteTables { tags, page } => {
            let call = client
                .describe_route_tables()
                .set_filters(tag_filters(&tags))
                .max_results(PAGE_SIZE)
                .set_next_token(page);
            let sent = call.send().map_err(failure);
            let page =
                paginate::page(sent, |found| (found.route_tables(), found.next_token()), route_table).await?;
            Ok(ec2::Reply::RouteTables(page).into())
        }
        Operation::CreateRouteTable { vpc, client_token, tags } => {
            let call = client
                .create_route_table()
                .vpc_id(vpc.as_str())
                .client_token(client_token)
                .set_tag_specifications(tag_specification(sdk::ResourceType::RouteTable, &tags));
            let sent = call.send().map_err(failure);
            created(sent, |made| made.route_table()?.route_table_id(), "RouteTableId").await
        }
        Operation::DeleteRouteTable { table } => {
            let call = client.delete_route_table().route_table_id(table.as_str());
            done(call.send().map_err(failure)).await
        }
        Operation::CreateRoute { table, destination, gateway } => {
            let call = client
                .create_route()
                .route_table_id(table.as_str())
                .destination_cidr_block(destination.to_string());
            let call = match is_nat_gateway(gateway.as_str()) {
                true => call.nat_gateway_id(gateway.as_str()),
                false => call.gateway_id(gateway.as_str()),
            };
            done(call.send().map_err(failure)).await
        }
        Operation::ReplaceRoute { table, destination, gateway } => {
            let call = client
                .replace_route()
                .route_table_id(table.as_str())
                .destination_cidr_block(destination.to_string());
            let call = match is_nat_gateway(gateway.as_str()) {
                true => call.nat_gateway_id(gateway.as_str()),
                false => call.gateway_id(gateway.as_str()),
            };
            done(call.send().map_err(failure)).await
        }
        Operation::DeleteRoute { table, destination } => {
            let call = client
                .delete_route()
                .route_table_id(table.as_str())
                .destination_cidr_block(destination.to_string());
            done(call.send().map_err(failure)).await
        }
        Operation::AssociateRouteTable { table, subnet } => {
            let call =
                client.associate_route_table().route_table_id(table.as_str()).subnet_id(subnet.as_str());
            let sent = call.send().map_err(failure);
            created(sent, AssociateRouteTableOutput::association_id, "AssociationId").await
        }
        Operation::DisassociateRouteTable { association } => {
            let call = client.disassociate_route_table().association_id(association.as_str());
            done(call.send().map_err(failure)).await
        }
        other => Err(misrouted(other.action())),
    }
}

fn route_table(table: &sdk::RouteTable) -> Result<RouteTable, CloudError> {
    Ok(RouteTable {
        id: id(table.route_table_id(), "RouteTableId")?,
        vpc: id(table.vpc_id(), "VpcId")?,
        routes: table.routes().iter().filter_map(|r| route(r).transpose()).collect::<Result<_, _>>()?,
        associations: table
            .associations()
            .iter()
            .filter_map(|a| table_association(a).transpose())
            .collect::<Result<_, _>>()?,
        tags: tags_of(table.tags()),
    })
}

/// A route to an internet or NAT gateway for IPv4 destinations; nothing for other routes.
fn route(route: &sdk::Route) -> Result<Option<Route>, CloudError> {
    let internet = route.gateway_id().filter(|id| id.starts_with("igw-"));
    let nat = route.nat_gateway_id().filter(|id| is_nat_gateway(id));
    let (Some(gateway), Some(destination)) = (internet.or(nat), route.destination_cidr_block()) else {
        return Ok(None);
    };
    Ok(Some(Route {
        destination: cidr(Some(destination), "DestinationCidrBlock")?,
        gateway: id(Some(gateway), "GatewayId")?,
        blackhole: route.state() == Some(&sdk::RouteState::Blackhole),
    }))
}

/// An association with a subnet; nothing for the main table's, for gateways' and for those on their way out.
fn table_association(
    association: &sdk::RouteTableAssociation,
) -> Result<Option<RouteTableAssociation>, CloudError> {
    use sdk::RouteTableAssociationStateCode as State;
    let state = association.association_state().and_then(|state| state.state());
    let gone = matches!(state, Some(State::Disassociating | State::Disassociated | State::Failed));
    match association.subnet_id() {
        Some(subnet) if !gone => Ok(Some(RouteTableAssociation {
            id: id(association.route_table_association_id(), "RouteTableAssociationId")?,
            subnet: id(Some(subnet), "SubnetId")?,
        })),
        _ => Ok(None),
    }
}
