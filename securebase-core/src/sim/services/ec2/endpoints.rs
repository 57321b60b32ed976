//! Gateway endpoints of VPCs.
//!
//! The routes that AWS adds to the tables of an endpoint lead to a prefix list, which no route of the port has: what an
//! endpoint says of its tables is all that shows of them.

use super::nat::LISTED_FOR;
use super::vpc::NO_VPC;
use super::{Kept, Place, absent, over_quota, visible};
use crate::cloud::{CloudError, Operation, Reply, VpcEndpoint};
use crate::model::{GatewayEndpoints, Quota, ResourceId, Tags};
use crate::sim::key;
use crate::sim::schedule::agenda::Event;
use crate::sim::services::context::{Context, Outcome};
use crate::sim::services::organizations::unknown;

const NO_ENDPOINT: &str = "InvalidVpcEndpointId.NotFound";
/// Not the code that calls for route tables have for the same thing.
const NO_TABLE: &str = "InvalidRouteTableId.NotFound";

impl Place {
    pub(super) fn endpoint_operation(&mut self, context: &mut Context<'_>, operation: &Operation) -> Outcome {
        match operation {
            Operation::CreateVpcEndpoint { vpc, service, route_tables, client_token, tags } => {
                if let Some(id) = self.made_by(operation, client_token)? {
                    return Ok(Reply::Created(id));
                }
                let id = self.create_endpoint(context, vpc, service, route_tables, tags)?;
                self.remember(operation, client_token, &id);
                Ok(Reply::Created(id))
            }
            Operation::ModifyVpcEndpoint { endpoint, add, remove } => {
                let VpcEndpoint { vpc, service, .. } = self.living_endpoint(context, endpoint)?.clone();
                self.check_tables(context, &vpc, &service, add, Some(endpoint))?;
                for table in remove {
                    visible(&self.route_tables, table, context.now, NO_TABLE)?;
                }
                if let Some(kept) = self.vpc_endpoints.get_mut(endpoint) {
                    let tables = &mut kept.value.route_tables;
                    tables.retain(|table| !remove.contains(table));
                    tables.extend(add.iter().cloned());
                    tables.sort_unstable();
                    tables.dedup();
                }
                Ok(Reply::Done)
            }
            Operation::DeleteVpcEndpoints { endpoint } => {
                self.living_endpoint(context, endpoint)?;
                if let Some(kept) = self.vpc_endpoints.get_mut(endpoint) {
                    kept.value.deleted = true;
                    kept.value.route_tables.clear();
                }
                let (account, region) = (self.account, self.region.clone());
                let forgotten = Event::Forgotten { account, region, gateway: endpoint.clone() };
                context.agenda.put(context.now + LISTED_FOR, forgotten);
                Ok(Reply::Done)
            }
            other => Err(unknown(other)),
        }
    }

    fn create_endpoint(
        &mut self,
        context: &mut Context<'_>,
        vpc: &ResourceId,
        service: &str,
        route_tables: &[ResourceId],
        tags: &Tags,
    ) -> Result<ResourceId, CloudError> {
        context.check_tags(&Tags::new(), tags).map_err(|fault| fault.ec2())?;
        visible(&self.vpcs, vpc, context.now, NO_VPC)?;
        let known = |name: &&str| service == format!("com.amazonaws.{}.{name}", self.region);
        if !GatewayEndpoints::NAMES.iter().any(known) {
            let message = format!("the VPC endpoint service `{service}` does not exist");
            return Err(CloudError::rejected("InvalidServiceName", message));
        }
        self.check_tables(context, vpc, service, route_tables, None)?;
        let count = self.vpc_endpoints.values().filter(|kept| !kept.value.deleted).count();
        if count as u64 >= context.limits.quota(Quota::GatewayEndpoints) {
            return Err(over_quota("VpcEndpointLimitExceeded", "gateway endpoints"));
        }
        let id = self.new_id(context, "vpce", &key::of_tags(tags));
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
