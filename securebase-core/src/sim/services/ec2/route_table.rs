//! Route tables, routes, associations.

use serde_json::{Value, json};

use super::internet_gateway::NO_GATEWAY;
use super::nat_gateway::stands;
use super::subnet::NO_SUBNET;
use super::vpc::NO_VPC;
use super::{
    Kept, Kind, Network, Shelf, absent, dependency, over_quota, paged, refusal, unknown, visible, visible_mut,
};
use crate::cloud::ec2::{self, NatGatewayState, Operation, Route, RouteTable, RouteTableAssociation};
use crate::cloud::{CloudError, Reply};
use crate::model::{Cidr, Quota, ResourceId, ResourceKind, Tags};
use crate::sim::holdings::Site;
use crate::sim::key;
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::iam::Roles;
use crate::sim::view::Snapshot;

const NO_TABLE: &str = "InvalidRouteTableID.NotFound";

impl Kind for RouteTable {
    const KIND: ResourceKind = ResourceKind::RouteTable;
    const PREFIX: &'static str = "rtb";
    const ABSENT: &'static str = NO_TABLE;

    fn id(&self) -> &ResourceId {
        &self.id
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }

    fn execute(
        network: &mut Network,
        context: &mut Context<'_>,
        operation: &Operation,
        _: Option<&Roles>,
    ) -> Outcome {
        match operation {
            Operation::DescribeRouteTables { tags, page } => {
                let show = |table: &Self| table.shown(network);
                let page = paged(&network.route_tables, tags, page.as_ref(), context.now, show)?;
                Ok(ec2::Reply::RouteTables(page).into())
            }
            Operation::CreateRouteTable { vpc, client_token, tags } => {
                if let Some(id) = network.made_by(operation, client_token)? {
                    return Ok(Reply::Created(id));
                }
                let id = network.create_table(context, vpc, tags)?;
                network.remember(operation, client_token, &id);
                Ok(Reply::Created(id))
            }
            Operation::DeleteRouteTable { table } => {
                if !visible(&network.route_tables, table, context.now, NO_TABLE)?.associations.is_empty() {
                    return Err(dependency(format!("`{table}` is associated with subnets")));
                }
                network.drop_table(table);
                Ok(Reply::Done)
            }
            Operation::CreateRoute { table, destination, gateway } => {
                network.create_route(context, table, *destination, gateway)
            }
            Operation::ReplaceRoute { table, destination, gateway } => {
                network.replace_route(context, table, *destination, gateway)
            }
            Operation::DeleteRoute { table, destination } => {
                network.delete_route(context, table, *destination)
            }
            Operation::AssociateRouteTable { table, subnet } => network.associate(context, table, subnet),
            Operation::DisassociateRouteTable { association } => {
                if network.drop_association(association) {
                    Ok(Reply::Done)
                } else {
                    Err(absent("InvalidAssociationID.NotFound", association))
                }
            }
            other => Err(unknown(other)),
        }
    }

    fn details(&self) -> Option<Value> {
        let routes: Vec<Value> = self.routes.iter().map(route_details).collect();
        let subnets: Vec<&ResourceId> = self.associations.iter().map(|present| &present.subnet).collect();
        Some(json!({"vpc_id": self.vpc, "routes": routes, "subnet_ids": subnets}))
    }

    /// With what became of its gateways.
    fn shown(&self, network: &Network) -> Self {
        let mut shown = self.clone();
        for route in &mut shown.routes {
            route.blackhole = network.is_blackhole(&self.vpc, &route.gateway);
        }
        shown
    }

    fn list(&self, snapshot: &mut Snapshot, site: &Site) {
        let Self { id, .. } = self;
        if let Some(details) = self.details() {
            snapshot.add(Self::KIND, site, id.as_str(), Some(&self.tags), details);
        }
        for route in &self.routes {
            let mut details = route_details(route);
            details["route_table_id"] = json!(id);
            snapshot.add(ResourceKind::Route, site, &format!("{id}_{}", route.destination), None, details);
        }
        for association in &self.associations {
            let details = json!({"route_table_id": id, "subnet_id": association.subnet});
            snapshot.add(ResourceKind::RouteTableAssociation, site, association.id.as_str(), None, details);
        }
    }

    fn count(&self) -> usize {
        1 + self.routes.len() + self.associations.len()
    }

    fn has_part(shelf: &Shelf<Self>, id: &ResourceId) -> bool {
        shelf.values().flat_map(|kept| &kept.value.associations).any(|row| row.id == *id)
    }

    fn is_in(&self, vpc: &ResourceId) -> bool {
        self.vpc == *vpc
    }

    fn keeps(&self, vpc: &ResourceId) -> Option<&'static str> {
        (self.vpc == *vpc).then_some("route tables")
    }

    fn let_go(&mut self, gone: &ResourceId) {
        self.associations.retain(|association| association.subnet != *gone);
    }

    /// A route is named `table_destination`.
    fn remove(network: &mut Network, id: &ResourceId) -> bool {
        if let Some((table, destination)) = id.as_str().split_once('_')
            && let Ok(table) = table.parse::<ResourceId>()
            && let Some(kept) = network.route_tables.get_mut(&table)
        {
            kept.value.routes.retain(|route| route.destination.to_string() != destination);
            return true;
        }
        network.drop_association(id) || network.drop_table(id)
    }
}

impl Network {
    fn create_table(
        &mut self,
        context: &mut Context<'_>,
        vpc: &ResourceId,
        tags: &Tags,
    ) -> Result<ResourceId, CloudError> {
        context.check_tags(&Tags::new(), tags).map_err(|fault| refusal(&fault))?;
        visible(&self.vpcs, vpc, context.now, NO_VPC)?;
        // The main table of the VPC counts.
        let count = 1 + self.route_tables.values().filter(|kept| kept.value.vpc == *vpc).count();
        if count as u64 >= context.limits.quota(Quota::RouteTablesPerVpc) {
            return Err(over_quota("RouteTableLimitExceeded", "route tables"));
        }
        let id = self.new_id(context, RouteTable::PREFIX, &key::of_tags(tags));
        let value = RouteTable {
            id: id.clone(),
            vpc: vpc.clone(),
            routes: Vec::new(),
            associations: Vec::new(),
            tags: tags.clone(),
        };
        self.route_tables.insert(id.clone(), Kept { value, visible_from: context.visible_from() });
        Ok(id)
    }

    fn create_route(
        &mut self,
        context: &Context<'_>,
        table: &ResourceId,
        destination: Cidr,
        gateway: &ResourceId,
    ) -> Outcome {
        let row = visible(&self.route_tables, table, context.now, NO_TABLE)?;
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
        visible_mut(&mut self.route_tables, table, context.now, NO_TABLE)?.routes.push(route);
        Ok(Reply::Done)
    }

    fn replace_route(
        &mut self,
        context: &Context<'_>,
        table: &ResourceId,
        destination: Cidr,
        gateway: &ResourceId,
    ) -> Outcome {
        let row = visible(&self.route_tables, table, context.now, NO_TABLE)?;
        self.ensure_way(context, row, gateway)?;
        let row = visible_mut(&mut self.route_tables, table, context.now, NO_TABLE)?;
        match row.routes.iter_mut().find(|route| route.destination == destination) {
            Some(route) => route.gateway.clone_from(gateway),
            // Not the code that DeleteRoute has for the same thing.
            None => return Err(no_route("InvalidParameterValue", table, destination)),
        }
        Ok(Reply::Done)
    }

    fn delete_route(&mut self, context: &Context<'_>, table: &ResourceId, destination: Cidr) -> Outcome {
        let row = visible_mut(&mut self.route_tables, table, context.now, NO_TABLE)?;
        let before = row.routes.len();
        row.routes.retain(|route| route.destination != destination);
        if row.routes.len() == before {
            return Err(no_route("InvalidRoute.NotFound", table, destination));
        }
        Ok(Reply::Done)
    }

    fn associate(&mut self, context: &mut Context<'_>, table: &ResourceId, subnet: &ResourceId) -> Outcome {
        let row = visible(&self.route_tables, table, context.now, NO_TABLE)?;
        if visible(&self.subnets, subnet, context.now, NO_SUBNET)?.vpc != row.vpc {
            return Err(different_networks(table, subnet));
        }
        let has = |kept: &Kept<RouteTable>| kept.value.associations.iter().any(|a| a.subnet == *subnet);
        if self.route_tables.values().any(has) {
            return Err(CloudError::rejected(
                "Resource.AlreadyAssociated",
                format!("`{subnet}` is associated with a route table already"),
            ));
        }
        let id = self.new_id(context, "rtbassoc", &format!("{table}/{subnet}"));
        let association = RouteTableAssociation { id: id.clone(), subnet: subnet.clone() };
        visible_mut(&mut self.route_tables, table, context.now, NO_TABLE)?.associations.push(association);
        Ok(Reply::Created(id))
    }

    /// Takes a route table away, and off what leads to it. Answers whether there was one.
    fn drop_table(&mut self, table: &ResourceId) -> bool {
        let found = self.route_tables.remove(table).is_some();
        if found {
            self.let_go(table);
        }
        found
    }

    /// Takes an association away; answers whether there was one.
    fn drop_association(&mut self, association: &ResourceId) -> bool {
        self.route_tables.values_mut().any(|kept| {
            let before = kept.value.associations.len();
            kept.value.associations.retain(|present| present.id != *association);
            kept.value.associations.len() != before
        })
    }

    /// Whether a route's gateway is gone, so that its traffic is dropped.
    fn is_blackhole(&self, vpc: &ResourceId, gateway: &ResourceId) -> bool {
        use NatGatewayState::{Available, Pending};
        if let Some(kept) = self.internet_gateways.get(gateway) {
            return kept.value.vpc.as_ref() != Some(vpc);
        }
        !self.nat_gateways.get(gateway).is_some_and(|kept| matches!(kept.value.state, Pending | Available))
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
            if !stands(nat.state) {
                return Err(absent(code, gateway));
            }
            nat.vpc == table.vpc
        } else if gateway.as_str().starts_with("igw-") {
            visible(&self.internet_gateways, gateway, context.now, NO_GATEWAY)?.vpc.as_ref()
                == Some(&table.vpc)
        } else {
            return Err(absent("InvalidGatewayID.NotFound", gateway));
        };
        if same { Ok(()) } else { Err(different_networks(&table.id, gateway)) }
    }
}

fn route_details(route: &Route) -> Value {
    json!({"destination": route.destination, "gateway_id": route.gateway, "blackhole": route.blackhole})
}

fn different_networks(table: &ResourceId, other: &ResourceId) -> CloudError {
    CloudError::rejected(
        "InvalidParameterValue",
        format!("`{table}` and `{other}` belong to different networks"),
    )
}

fn no_route(code: &str, table: &ResourceId, destination: Cidr) -> CloudError {
    CloudError::rejected(code, format!("`{table}` has no route to `{destination}`"))
}
