//! Lists, filtered by tags.

use super::{Place, Shelf};
use crate::cloud::{
    CloudError, ElasticIp, FlowLog, InternetGateway, NatGateway, Operation, Page, PageToken, Reply,
    RouteTable, Subnet, VpcEndpoint, VpnGateway,
};
use crate::model::{ResourceId, Tags};
use crate::observe::ObservedVpc;
use crate::sim::services::context::Outcome;
use crate::sim::services::organizations::unknown;
use crate::sim::services::page;
use crate::time::Time;

/// How many entries EC2 puts on a page.
const PAGE: usize = 1000;

/// Something that carries tags.
pub(super) trait Tagged {
    fn tags(&self) -> &Tags;
    fn tags_mut(&mut self) -> &mut Tags;
}

macro_rules! tagged {
    ($($ty:ty => $($path:ident).+;)*) => {$(
        impl Tagged for $ty {
            fn tags(&self) -> &Tags { &self.$($path).+ }
            fn tags_mut(&mut self) -> &mut Tags { &mut self.$($path).+ }
        }
    )*};
}

tagged! {
    ObservedVpc => vpc.tags;
    Subnet => tags;
    InternetGateway => tags;
    ElasticIp => tags;
    NatGateway => tags;
    RouteTable => tags;
    FlowLog => tags;
    VpnGateway => tags;
    VpcEndpoint => tags;
}

fn matching<'a, T: Tagged>(
    shelf: &'a Shelf<T>,
    wanted: &'a Tags,
    now: Time,
) -> impl Iterator<Item = (&'a ResourceId, &'a T)> {
    shelf
        .iter()
        .filter(move |(_, kept)| kept.visible_from <= now)
        .filter(|(_, kept)| wanted.iter().all(|(key, value)| kept.value.tags().get(key) == Some(value)))
        .map(|(id, kept)| (id, &kept.value))
}

fn paged<T: Tagged, R>(
    shelf: &Shelf<T>,
    wanted: &Tags,
    token: Option<&PageToken>,
    now: Time,
    show: impl Fn(&T) -> R,
) -> Result<Page<R>, CloudError> {
    let after: Option<ResourceId> = page::start(token)?;
    let items = matching(shelf, wanted, now).filter(|(id, _)| after.as_ref().is_none_or(|after| *id > after));
    let Page { items, next } = page::page(items, PAGE, |(id, _)| id.to_string());
    Ok(Page { items: items.into_iter().map(|(_, value)| show(value)).collect(), next })
}

impl Place {
    pub(super) fn describe(&self, now: Time, operation: &Operation) -> Outcome {
        Ok(match operation {
            Operation::DescribeVpcs { tags, page } => {
                Reply::Vpcs(paged(&self.vpcs, tags, page.as_ref(), now, |row| row.vpc.clone())?)
            }
            Operation::DescribeSubnets { tags, page } => {
                Reply::Subnets(paged(&self.subnets, tags, page.as_ref(), now, Subnet::clone)?)
            }
            Operation::DescribeInternetGateways { tags, page } => Reply::InternetGateways(paged(
                &self.internet_gateways,
                tags,
                page.as_ref(),
                now,
                InternetGateway::clone,
            )?),
            Operation::DescribeAddresses { tags } => {
                Reply::Addresses(matching(&self.elastic_ips, tags, now).map(|(_, ip)| ip.clone()).collect())
            }
            Operation::DescribeNatGateways { tags, page } => {
                Reply::NatGateways(paged(&self.nat_gateways, tags, page.as_ref(), now, NatGateway::clone)?)
            }
            Operation::DescribeRouteTables { tags, page } => {
                Reply::RouteTables(paged(&self.route_tables, tags, page.as_ref(), now, |table| {
                    self.shown(table)
                })?)
            }
            Operation::DescribeFlowLogs { tags, page } => {
                Reply::FlowLogs(paged(&self.flow_logs, tags, page.as_ref(), now, FlowLog::clone)?)
            }
            Operation::DescribeVpnGateways { tags } => Reply::VpnGateways(
                matching(&self.vpn_gateways, tags, now).map(|(_, gateway)| gateway.clone()).collect(),
            ),
            Operation::DescribeVpcEndpoints { tags, page } => {
                Reply::VpcEndpoints(paged(&self.vpc_endpoints, tags, page.as_ref(), now, VpcEndpoint::clone)?)
            }
            other => return Err(unknown(other)),
        })
    }

    /// A route table with what became of its gateways.
    pub(in crate::sim) fn shown(&self, table: &RouteTable) -> RouteTable {
        let mut shown = table.clone();
        for route in &mut shown.routes {
            route.blackhole = self.is_blackhole(&table.vpc, &route.gateway);
        }
        shown
    }
}
