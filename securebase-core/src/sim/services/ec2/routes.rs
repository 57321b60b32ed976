//! Route tables, routes, associations.

use ipnet::Ipv4Net;

use super::gateways::NO_GATEWAY;
use super::vpc::{NO_SUBNET, NO_VPC};
use super::{Kept, Place, dependency, over_quota, visible, visible_mut};
use crate::cloud::{CloudError, Operation, Reply, Route, RouteTable, RouteTableAssociation};
use crate::model::{Quota, ResourceId, Tags};
use crate::sim::key;
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::organizations::unknown;

const NO_TABLE: &str = "InvalidRouteTableID.NotFound";

impl Place {
    pub(super) fn route_operation(&mut self, context: &mut Context<'_>, operation: &Operation) -> Outcome {
        let now = context.now;
        match operation {
            Operation::CreateRouteTable { vpc, client_token, tags } => {
                if let Some(id) = self.made_by(operation, client_token)? {
                    return Ok(Reply::Created(id));
                }
                context.check_tags(&Tags::new(), tags).map_err(|fault| fault.ec2())?;
                visible(&self.vpcs, vpc, now, NO_VPC)?;
                // The main table of the VPC counts.
                let count = 1 + self.route_tables.values().filter(|kept| kept.value.vpc == *vpc).count();
                if count as u64 >= context.limits.quota(Quota::RouteTablesPerVpc) {
                    return Err(over_quota("RouteTableLimitExceeded", "route tables"));
                }
                let id = self.new_id(context, "rtb", &key::of_tags(tags));
                let value = RouteTable {
                    id: id.clone(),
                    vpc: vpc.clone(),
                    routes: Vec::new(),
                    associations: Vec::new(),
                    tags: tags.clone(),
                };
                self.route_tables.insert(id.clone(), Kept { value, visible_from: context.visible_from() });
                self.remember(operation, client_token, &id);
                Ok(Reply::Created(id))
            }
            Operation::DeleteRouteTable { table } => {
                if !visible(&self.route_tables, table, now, NO_TABLE)?.associations.is_empty() {
                    return Err(dependency(format!("`{table}` is associated with subnets")));
                }
                self.drop_table(table);
                Ok(Reply::Done)
            }
            Operation::CreateRoute { table, destination, gateway } => {
                let destination = destination.trunc();
                let row = visible(&self.route_tables, table, now, NO_TABLE)?;
                self.ensure_way(context, row, gateway)?;
                let local = self.vpcs.get(&row.vpc).is_some_and(|vpc| vpc.value.vpc.cidr == destination);
                if local || row.routes.iter().any(|route| route.destination == destination) {
                    return Err(CloudError::rejected(
                        "RouteAlreadyExists",
                        format!("`{table}` has a route to `{destination}`"),
                    ));
                }
                // The local route counts.
                if 1 + row.routes.len() as u64 >= context.limits.quota(Quota::RoutesPerTable) {
                    return Err(over_quota("RouteLimitExceeded", "routes"));
                }
                let route = Route { destination, gateway: gateway.clone(), blackhole: false };
                visible_mut(&mut self.route_tables, table, now, NO_TABLE)?.routes.push(route);
                Ok(Reply::Done)
            }
            Operation::ReplaceRoute { table, destination, gateway } => {
                let destination = destination.trunc();
                let row = visible(&self.route_tables, table, now, NO_TABLE)?;
                self.ensure_way(context, row, gateway)?;
                let row = visible_mut(&mut self.route_tables, table, now, NO_TABLE)?;
                match row.routes.iter_mut().find(|route| route.destination == destination) {
                    Some(route) => route.gateway.clone_from(gateway),
                    // Not the code that DeleteRoute has for the same thing.
                    None => return Err(no_route("InvalidParameterValue", table, destination)),
                }
                Ok(Reply::Done)
            }
            Operation::DeleteRoute { table, destination } => {
                let destination = destination.trunc();
                let row = visible_mut(&mut self.route_tables, table, now, NO_TABLE)?;
                let before = row.routes.len();
                row.routes.retain(|route| route.destination != destination);
                if row.routes.len() == before {
                    return Err(no_route("InvalidRoute.NotFound", table, destination));
                }
                Ok(Reply::Done)
            }
            Operation::AssociateRouteTable { table, subnet } => {
                let row = visible(&self.route_tables, table, now, NO_TABLE)?;
                if visible(&self.subnets, subnet, now, NO_SUBNET)?.vpc != row.vpc {
                    return Err(different_networks(table, subnet));
                }
                let has =
                    |kept: &Kept<RouteTable>| kept.value.associations.iter().any(|a| a.subnet == *subnet);
                if self.route_tables.values().any(has) {
                    return Err(CloudError::rejected(
                        "Resource.AlreadyAssociated",
                        format!("`{subnet}` is associated with a route table already"),
                    ));
                }
                let id = self.new_id(context, "rtbassoc", &format!("{table}/{subnet}"));
                let association = RouteTableAssociation { id: id.clone(), subnet: subnet.clone() };
                visible_mut(&mut self.route_tables, table, now, NO_TABLE)?.associations.push(association);
                Ok(Reply::Created(id))
            }
            Operation::DisassociateRouteTable { association } => {
                if self.drop_association(association) {
                    Ok(Reply::Done)
                } else {
                    Err(super::absent("InvalidAssociationID.NotFound", association))
                }
            }
            other => Err(unknown(other)),
        }
    }

    /// Takes a route table away, and off the endpoints that it leads to.
    pub(in crate::sim) fn drop_table(&mut self, table: &ResourceId) {
        self.route_tables.remove(table);
        for kept in self.vpc_endpoints.values_mut() {
            kept.value.route_tables.retain(|present| present != table);
        }
    }

    /// Takes an association away; answers whether there was one.
    pub(in crate::sim) fn drop_association(&mut self, association: &ResourceId) -> bool {
        self.route_tables.values_mut().any(|kept| {
            let before = kept.value.associations.len();
            kept.value.associations.retain(|present| present.id != *association);
            kept.value.associations.len() != before
        })
    }

    /// Refuses a gateway that a route of this table cannot lead to.
    fn ensure_way(
        &self,
        context: &Context<'_>,
        table: &RouteTable,
        gateway: &ResourceId,
    ) -> Result<(), CloudError> {
        let same = if gateway.as_str().starts_with("nat-") {
            let code = "InvalidNatGatewayID.NotFound";
            let nat = visible(&self.nat_gateways, gateway, context.now, code)?;
            if !super::vpc::stands(nat.state) {
                return Err(super::absent(code, gateway));
            }
            nat.vpc == table.vpc
        } else if gateway.as_str().starts_with("igw-") {
            visible(&self.internet_gateways, gateway, context.now, NO_GATEWAY)?.vpc.as_ref()
                == Some(&table.vpc)
        } else {
            return Err(super::absent("InvalidGatewayID.NotFound", gateway));
        };
        if same { Ok(()) } else { Err(different_networks(&table.id, gateway)) }
    }
}

fn different_networks(table: &ResourceId, other: &ResourceId) -> CloudError {
    CloudError::rejected(
        "InvalidParameterValue",
        format!("`{table}` and `{other}` belong to different networks"),
    )
}

fn no_route(code: &str, table: &ResourceId, destination: Ipv4Net) -> CloudError {
    CloudError::rejected(code, format!("`{table}` has no route to `{destination}`"))
}
