//! Route tables, routes, associations.

use aws_sdk_ec2::{Client, types as sdk};

use super::{PAGE_SIZE, shapes, tag_filters, tag_specification};
use crate::aws::convert::{each, id, misrouted};
use crate::aws::error::failure;
use crate::cloud::ec2::{self, Operation};
use crate::cloud::{CloudError, Page, Reply};

pub(super) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::DescribeRouteTables { tags, page } => {
            let output = client
                .describe_route_tables()
                .set_filters(tag_filters(&tags))
                .max_results(PAGE_SIZE)
                .set_next_token(page)
                .send()
                .await
                .map_err(|e| failure(&e))?;
            let items = each(output.route_tables(), shapes::route_table)?;
            Ok(Reply::Ec2(ec2::Reply::RouteTables(Page { items, next: output.next_token })))
        }
        Operation::CreateRouteTable { vpc, client_token, tags } => {
            let call = client
                .create_route_table()
                .vpc_id(vpc.as_str())
                .client_token(client_token)
                .set_tag_specifications(tag_specification(sdk::ResourceType::RouteTable, &tags));
            let output = call.send().await.map_err(|e| failure(&e))?;
            let table = output.route_table().and_then(sdk::RouteTable::route_table_id);
            Ok(Reply::Created(id(table, "RouteTableId")?))
        }
        Operation::DeleteRouteTable { table } => {
            let call = client.delete_route_table().route_table_id(table.as_str());
            call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Done)
        }
        Operation::CreateRoute { table, destination, gateway } => {
            let call = client
                .create_route()
                .route_table_id(table.as_str())
                .destination_cidr_block(destination.to_string());
            let call = match shapes::is_nat_gateway(gateway.as_str()) {
                true => call.nat_gateway_id(gateway.as_str()),
                false => call.gateway_id(gateway.as_str()),
            };
            call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Done)
        }
        Operation::ReplaceRoute { table, destination, gateway } => {
            let call = client
                .replace_route()
                .route_table_id(table.as_str())
                .destination_cidr_block(destination.to_string());
            let call = match shapes::is_nat_gateway(gateway.as_str()) {
                true => call.nat_gateway_id(gateway.as_str()),
                false => call.gateway_id(gateway.as_str()),
            };
            call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Done)
        }
        Operation::DeleteRoute { table, destination } => {
            let call = client
                .delete_route()
                .route_table_id(table.as_str())
                .destination_cidr_block(destination.to_string());
            call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Done)
        }
        Operation::AssociateRouteTable { table, subnet } => {
            let call =
                client.associate_route_table().route_table_id(table.as_str()).subnet_id(subnet.as_str());
            let output = call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Created(id(output.association_id(), "AssociationId")?))
        }
        Operation::DisassociateRouteTable { association } => {
            let call = client.disassociate_route_table().association_id(association.as_str());
            call.send().await.map_err(|e| failure(&e))?;
            Ok(Reply::Done)
        }
        other => Err(misrouted(other.action())),
    }
}
