//! Gateway endpoints of VPCs.
//!
//! The routes that AWS adds to the tables of an endpoint lead to a prefix list, which no route of the port has: what an
//! endpoint says of its tables is all that shows of them.

use serde_json::{Value, json};

use super::nat_gateway::LISTED_FOR;
use super::vpc::NO_VPC;
use super::{Event, Kept, Kind, Network, absent, over_quota, paged, refusal, unknown, visible};
use crate::cloud::ec2::{self, Operation, VpcEndpoint};
use crate::cloud::{CloudError, Reply};
use crate::model::{GatewayEndpoints, Quota, ResourceId, ResourceKind, Tags};
use crate::sim::key;
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::iam::Roles;

const NO_ENDPOINT: &str = "InvalidVpcEndpointId.NotFound";
/// Not the code that calls for route tables have for the same thing.
const NO_TABLE: &str = "InvalidRouteTableId.NotFound";

impl Kind for VpcEndpoint {
    const KIND: ResourceKind = ResourceKind::VpcEndpoint;
    const PREFIX: &'static str = "vpce";
    const ABSENT: &'static str = NO_ENDPOINT;

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
            Operation::DescribeVpcEndpoints { tags, page } => {
                let page = paged(&network.vpc_endpoints, tags, page.as_ref(), context.now, Self::clone)?;
                Ok(ec2::Reply::VpcEndpoints(page).into())
            }
            Operation::CreateVpcEndpoint { vpc, service, route_tables, client_token, tags } => {
                if let Some(id) = network.made_by(operation, client_token)? {
                    return Ok(Reply::Created(id));
                }
                let id = network.create_endpoint(context, vpc, service, route_tables, tags)?;
                network.remember(operation, client_token, &id);
                Ok(Reply::Created(id))
            }
            Operation::ModifyVpcEndpoint { endpoint, add, remove } => {
                let Self { vpc, service, .. } = network.living_endpoint(context, endpoint)?.clone();
                network.check_tables(context, &vpc, &service, add, Some(endpoint))?;
                for table in remove {
                    visible(&network.route_tables, table, context.now, NO_TABLE)?;
                }
                if let Some(kept) = network.vpc_endpoints.get_mut(endpoint) {
                    let tables = &mut kept.value.route_tables;
                    tables.retain(|table| !remove.contains(table));
                    tables.extend(add.iter().cloned());
                    tables.sort_unstable();
                    tables.dedup();
                }
                Ok(Reply::Done)
            }
            Operation::DeleteVpcEndpoints { endpoint } => {
                network.living_endpoint(context, endpoint)?;
                if let Some(kept) = network.vpc_endpoints.get_mut(endpoint) {
                    kept.value.deleted = true;
                    kept.value.route_tables.clear();
                }
                let forgotten = network.event(Event::Forgotten(endpoint.clone()));
                context.agenda.put(context.now + LISTED_FOR, forgotten);
                Ok(Reply::Done)
            }
            other => Err(unknown(other)),
        }
    }

    fn details(&self) -> Option<Value> {
        let details =
            json!({"vpc_id": self.vpc, "service": self.service, "route_table_ids": self.route_tables});
        (!self.deleted).then_some(details)
    }

    fn is_in(&self, vpc: &ResourceId) -> bool {
        self.vpc == *vpc
    }

    fn keeps(&self, vpc: &ResourceId) -> Option<&'static str> {
        (self.vpc == *vpc && !self.deleted).then_some("VPC endpoints")
    }

    fn let_go(&mut self, gone: &ResourceId) {
        self.route_tables.retain(|present| present != gone);
    }
}

impl Network {
    fn create_endpoint(
        &mut self,
        context: &mut Context<'_>,
        vpc: &ResourceId,
        service: &str,
        route_tables: &[ResourceId],
        tags: &Tags,
    ) -> Result<ResourceId, CloudError> {
        context.check_tags(&Tags::new(), tags).map_err(|fault| refusal(&fault))?;
        visible(&self.vpcs, vpc, context.now, NO_VPC)?;
        let known = |name: &&str| service == format!("com.amazonaws.{}.{name}", self.site.region);
        if !GatewayEndpoints::NAMES.iter().any(known) {
            let message = format!("the VPC endpoint service `{service}` does not exist");
            return Err(CloudError::rejected("InvalidServiceName", message));
        }
        self.check_tables(context, vpc, service, route_tables, None)?;
        let count = self.vpc_endpoints.values().filter(|kept| !kept.value.deleted).count();
        if count as u64 >= context.limits.quota(Quota::GatewayEndpoints) {
            return Err(over_quota("VpcEndpointLimitExceeded", "gateway endpoints"));
        }
        let id = self.new_id(context, VpcEndpoint::PREFIX, &key::of_tags(tags));
        let mut route_tables = route_tables.to_vec();
        route_tables.sort_unstable();
        route_tables.dedup();
        let value = VpcEndpoint {
            id: id.clone(),
            vpc: vpc.clone(),
            service: service.to_owned(),
            route_tables,
            deleted: false,
            tags: tags.clone(),
        };
        self.vpc_endpoints.insert(id.clone(), Kept { value, visible_from: context.visible_from() });
        Ok(id)
    }

    /// Refuses route tables that are not of the VPC, and those that lead to the service through another endpoint.
    fn check_tables(
        &self,
        context: &Context<'_>,
        vpc: &ResourceId,
        service: &str,
        tables: &[ResourceId],
        endpoint: Option<&ResourceId>,
    ) -> Result<(), CloudError> {
        for table in tables {
            if visible(&self.route_tables, table, context.now, NO_TABLE)?.vpc != *vpc {
                let message = format!("`{table}` and `{vpc}` belong to different networks");
                return Err(CloudError::rejected("InvalidParameter", message));
            }
            let leads = |kept: &Kept<VpcEndpoint>| {
                kept.value.service == service && kept.value.route_tables.contains(table)
            };
            if self.vpc_endpoints.iter().any(|(id, kept)| Some(id) != endpoint && leads(kept)) {
                let message = format!("`{table}` has a route to the prefix list of `{service}`");
                return Err(CloudError::rejected("RouteAlreadyExists", message));
            }
        }
        Ok(())
    }

    fn living_endpoint(&self, context: &Context<'_>, id: &ResourceId) -> Result<&VpcEndpoint, CloudError> {
        match visible(&self.vpc_endpoints, id, context.now, NO_ENDPOINT)? {
            row if row.deleted => Err(absent(NO_ENDPOINT, id)),
            row => Ok(row),
        }
    }
}
