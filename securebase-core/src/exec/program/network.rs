//! The network: everything in and around a VPC.

use crate::cloud::{NatGateway, NatGatewayState, Operation, Page, PageToken, Reply, VpcAttribute};
use crate::model::{ResourceId, ResourceSpec, SubnetZone};
use crate::plan::{Action, Site};

use super::{Context, Found, Program, Settled, changes_field, tagging, unexpected};

pub(super) fn create(
    ctx: &Context<'_>,
    program: &Program,
    index: usize,
) -> Result<Option<Operation>, String> {
    let own = || program.final_id(ctx);
    Ok(match (&ctx.step.spec, index) {
        (ResourceSpec::Vpc { cidr, tags, .. }, 0) => {
            Some(Operation::CreateVpc { cidr: *cidr, tags: tags.clone() })
        }
        // A new VPC resolves names and gives none out; only what differs is changed, support first.
        (ResourceSpec::Vpc { dns_support, dns_hostnames, .. }, 1 | 2) => {
            let mut wanted = Vec::new();
            if !dns_support {
                wanted.push((VpcAttribute::DnsSupport, false));
            }
            if *dns_hostnames {
                wanted.push((VpcAttribute::DnsHostnames, true));
            }
            match wanted.get(index - 1) {
                Some((attribute, value)) => {
                    Some(Operation::ModifyVpcAttribute { vpc: own()?, attribute: *attribute, value: *value })
                }
                None => None,
            }
        }
        (ResourceSpec::Subnet { vpc, cidr, zone, tags }, 0) => Some(match zone_name(ctx, zone)? {
            Some(zone) => {
                Operation::CreateSubnet { vpc: ctx.id(vpc)?, cidr: *cidr, zone, tags: tags.clone() }
            }
            None => Operation::DescribeAvailabilityZones,
        }),
        (ResourceSpec::InternetGateway { tags, .. }, 0) => {
            Some(Operation::CreateInternetGateway { tags: tags.clone() })
        }
        (ResourceSpec::InternetGateway { vpc, .. }, 1) => {
            Some(Operation::AttachInternetGateway { gateway: own()?, vpc: ctx.id(vpc)? })
        }
        (ResourceSpec::ElasticIp { tags }, 0) => Some(Operation::AllocateAddress { tags: tags.clone() }),
        (ResourceSpec::NatGateway { subnet, elastic_ip, tags }, 0) => Some(Operation::CreateNatGateway {
            subnet: ctx.id(subnet)?,
            allocation: ctx.id(elastic_ip)?,
            client_token: ctx.client_token(program.generation),
            tags: tags.clone(),
        }),
        (ResourceSpec::RouteTable { vpc, tags }, 0) => Some(Operation::CreateRouteTable {
            vpc: ctx.id(vpc)?,
            client_token: ctx.client_token(program.generation),
            tags: tags.clone(),
        }),
        (ResourceSpec::Route { table, destination, target }, 0) => {
            let (table, destination, gateway) = (ctx.id(table)?, *destination, ctx.id(target.address())?);
            Some(if program.replace {
                Operation::ReplaceRoute { table, destination, gateway }
            } else {
                Operation::CreateRoute { table, destination, gateway }
            })
        }
        (ResourceSpec::RouteTableAssociation { table, subnet }, 0) => {
            Some(Operation::AssociateRouteTable { table: ctx.id(table)?, subnet: ctx.id(subnet)? })
        }
        (ResourceSpec::FlowLog { vpc, log_group, role, tags }, 0) => Some(Operation::CreateFlowLogs {
            vpc: ctx.id(vpc)?,
            log_group: ctx.id(log_group)?.as_str().to_owned(),
            role_arn: ctx.id(role)?.as_str().to_owned(),
            client_token: ctx.client_token(program.generation),
            tags: tags.clone(),
        }),
        (ResourceSpec::VpnGateway { tags, .. }, 0) => {
            Some(Operation::CreateVpnGateway { tags: tags.clone() })
        }
        (ResourceSpec::VpnGateway { vpc, .. }, 1) => {
            Some(Operation::AttachVpnGateway { gateway: own()?, vpc: ctx.id(vpc)? })
        }
        _ => None,
    })
}

/// The name of a subnet's zone; `None` where the account must be asked first.
fn zone_name(ctx: &Context<'_>, zone: &SubnetZone) -> Result<Option<String>, String> {
    let place = match zone {
        SubnetZone::Named(name) => return Ok(Some(name.clone())),
        SubnetZone::Ordinal(place) => *place,
    };
    let Some(zones) = ctx.zones else { return Ok(None) };
    match zones.of_new_network(place) {
        Some(name) => Ok(Some(name.clone())),
        None => {
            let account = ctx.account.map_or_else(String::new, |account| format!("in account `{account}`, "));
            let region = match &ctx.step.site {
                Site::Member { region, .. } => format!("region `{region}`, "),
                Site::Management => String::new(),
            };
            Err(format!("{account}{region}{}", zones.too_few(place)))
        }
    }
}

pub(super) fn update(ctx: &Context<'_>) -> Result<Vec<Operation>, String> {
    let id = ctx.own_id()?;
    let mut operations = Vec::new();
    match &ctx.step.spec {
        ResourceSpec::Vpc { dns_support, dns_hostnames, .. } => {
            let attributes = [
                ("dns_support", VpcAttribute::DnsSupport, *dns_support),
                ("dns_hostnames", VpcAttribute::DnsHostnames, *dns_hostnames),
            ];
            for (field, attribute, value) in attributes {
                if changes_field(ctx, &[field]) {
                    operations.push(Operation::ModifyVpcAttribute { vpc: id.clone(), attribute, value });
                }
            }
        }
        ResourceSpec::InternetGateway { vpc, .. } if changes_field(ctx, &["vpc"]) => {
            operations.push(Operation::AttachInternetGateway { gateway: id.clone(), vpc: ctx.id(vpc)? });
        }
        ResourceSpec::VpnGateway { vpc, .. } if changes_field(ctx, &["vpc"]) => {
            operations.push(Operation::AttachVpnGateway { gateway: id.clone(), vpc: ctx.id(vpc)? });
        }
        ResourceSpec::Route { destination, target, .. } => {
            let gateway = ctx.id(target.address())?;
            operations.push(Operation::ReplaceRoute {
                table: id.clone(),
                destination: *destination,
                gateway,
            });
        }
        _ => {}
    }
    operations.extend(tagging(
        ctx,
        |keys| Operation::DeleteTags { resource: id.clone(), keys },
        |tags| Operation::CreateTags { resource: id.clone(), tags },
    ));
    Ok(operations)
}

pub(super) fn delete(ctx: &Context<'_>) -> Result<Vec<Operation>, String> {
    let id = ctx.own_id()?;
    Ok(match &ctx.step.spec {
        ResourceSpec::Vpc { .. } => vec![Operation::DeleteVpc { vpc: id }],
        ResourceSpec::Subnet { .. } => vec![Operation::DeleteSubnet { subnet: id }],
        ResourceSpec::InternetGateway { vpc, .. } => {
            let detach =
                ctx.id(vpc).ok().map(|vpc| Operation::DetachInternetGateway { gateway: id.clone(), vpc });
            detach.into_iter().chain([Operation::DeleteInternetGateway { gateway: id }]).collect()
        }
        ResourceSpec::ElasticIp { .. } => vec![Operation::ReleaseAddress { allocation: id }],
        ResourceSpec::NatGateway { .. } => vec![Operation::DeleteNatGateway { gateway: id }],
        ResourceSpec::RouteTable { .. } => vec![Operation::DeleteRouteTable { table: id }],
        ResourceSpec::Route { destination, .. } => {
            vec![Operation::DeleteRoute { table: id, destination: *destination }]
        }
        ResourceSpec::RouteTableAssociation { .. } => {
            vec![Operation::DisassociateRouteTable { association: id }]
        }
        ResourceSpec::FlowLog { .. } => vec![Operation::DeleteFlowLogs { flow_log: id }],
        ResourceSpec::VpnGateway { vpc, .. } => {
            let detach = ctx.id(vpc).ok().map(|vpc| Operation::DetachVpnGateway { gateway: id.clone(), vpc });
            detach.into_iter().chain([Operation::DeleteVpnGateway { gateway: id }]).collect()
        }
        _ => Vec::new(),
    })
}

pub(super) fn look_up(ctx: &Context<'_>, page: Option<PageToken>) -> Option<Operation> {
    let tags = ctx.key_tags(&ctx.step.address);
    match &ctx.step.spec {
        ResourceSpec::Vpc { .. } => Some(Operation::DescribeVpcs { tags, page }),
        ResourceSpec::Subnet { .. } => Some(Operation::DescribeSubnets { tags, page }),
        ResourceSpec::InternetGateway { .. } => Some(Operation::DescribeInternetGateways { tags, page }),
        ResourceSpec::ElasticIp { .. } => Some(Operation::DescribeAddresses { tags }),
        ResourceSpec::NatGateway { .. } => Some(Operation::DescribeNatGateways { tags, page }),
        ResourceSpec::RouteTable { .. } => Some(Operation::DescribeRouteTables { tags, page }),
        ResourceSpec::RouteTableAssociation { table, .. } => {
            Some(Operation::DescribeRouteTables { tags: ctx.key_tags(table), page })
        }
        ResourceSpec::FlowLog { .. } => Some(Operation::DescribeFlowLogs { tags, page }),
        ResourceSpec::VpnGateway { .. } => Some(Operation::DescribeVpnGateways { tags }),
        // A route that exists is refused by name and then replaced, which comes to the same.
        _ => None,
    }
}

fn first<T>(
    page: &Page<T>,
    alive: impl Fn(&T) -> bool,
    found: impl Fn(&T) -> (ResourceId, usize),
) -> (Option<(ResourceId, usize)>, Option<PageToken>) {
    (page.items.iter().find(|item| alive(item)).map(found), page.next.clone())
}

pub(super) fn read_look_up(ctx: &Context<'_>, reply: &Reply) -> Result<Found, String> {
    // A gateway found attached to the VPC it belongs to needs no attaching.
    let attached = |found: &Option<ResourceId>| match &ctx.step.spec {
        ResourceSpec::InternetGateway { vpc, .. } | ResourceSpec::VpnGateway { vpc, .. }
            if found.is_some() =>
        {
            1 + usize::from(*found == ctx.id(vpc).ok())
        }
        _ => 1,
    };
    let (found, next) = match (&ctx.step.spec, reply) {
        (_, Reply::Vpcs(page)) => first(page, |_| true, |vpc| (vpc.id.clone(), 1)),
        (_, Reply::Subnets(page)) => first(page, |_| true, |subnet| (subnet.id.clone(), 1)),
        (_, Reply::InternetGateways(page)) => {
            first(page, |_| true, |gateway| (gateway.id.clone(), attached(&gateway.vpc)))
        }
        (_, Reply::Addresses(items)) => (items.first().map(|elastic_ip| (elastic_ip.id.clone(), 1)), None),
        (_, Reply::NatGateways(page)) => {
            let alive =
                |nat: &NatGateway| matches!(nat.state, NatGatewayState::Pending | NatGatewayState::Available);
            first(page, alive, |nat| (nat.id.clone(), 1))
        }
        (ResourceSpec::RouteTableAssociation { subnet, .. }, Reply::RouteTables(page)) => {
            let subnet = ctx.id(subnet)?;
            let association = page
                .items
                .iter()
                .flat_map(|table| &table.associations)
                .find(|association| association.subnet == subnet);
            (association.map(|association| (association.id.clone(), 1)), page.next.clone())
        }
        (_, Reply::RouteTables(page)) => first(page, |_| true, |table| (table.id.clone(), 1)),
        (_, Reply::FlowLogs(page)) => first(page, |_| true, |flow_log| (flow_log.id.clone(), 1)),
        (_, Reply::VpnGateways(items)) => {
            let gateway = items.iter().find(|gateway| !gateway.deleted);
            (gateway.map(|gateway| (gateway.id.clone(), attached(&gateway.vpc))), None)
        }
        (_, other) => return Err(unexpected(other)),
    };
    Ok(match (found, next) {
        (Some((id, acts_done)), _) => Found::Present { id, acts_done },
        (None, Some(page)) => Found::More(Some(page)),
        (None, None) => Found::Absent,
    })
}

/// Whether a NAT gateway has come to be, or has gone.
pub(super) fn nat_settled(id: &ResourceId, action: Action, found: &[NatGateway]) -> Settled {
    let state = found.iter().find(|nat| nat.id == *id);
    match (action, state.map(|nat| nat.state)) {
        (Action::Delete, None | Some(NatGatewayState::Deleted | NatGatewayState::Failed)) => Settled::Yes,
        // Still going; not listed yet; on its way.
        (Action::Delete, _) | (_, None | Some(NatGatewayState::Pending)) => Settled::No,
        (_, Some(NatGatewayState::Available)) => Settled::Yes,
        (_, Some(NatGatewayState::Failed | NatGatewayState::Deleting | NatGatewayState::Deleted)) => {
            let why =
                state.and_then(|nat| nat.failure.clone()).unwrap_or_else(|| "no reason given".to_owned());
            Settled::Failed(format!("the NAT gateway failed: {why}"))
        }
    }
}
