//! One member account in one region: what is ours, and a VPC that may become ours.

use super::asker::{Asker, failed};
use super::{Surveyor, Visit};
use crate::cloud::ec2::{self, AvailabilityZone, FlowLog, RouteTable, Vpc, VpcAttribute, VpcEndpoint};
use crate::cloud::iam::{self, Role};
use crate::cloud::{CloudError, ErrorKind, Operation, Reply, Target, kms, logs, sts};
use crate::model::{ResourceId, Tags, UsableZones, ZONE_TAG};
use crate::observe::{
    Error, FLOW_LOG_POLICY_NAME, Names, ObservedKey, ObservedLogGroup, ObservedMember, ObservedRolePolicy,
    ObservedVpc, Reading, ScopedTenant, Unread, flow_log_group_prefix,
};

/// What AWS answers in a region that is off in the account.
const OF_REGIONS_THAT_ARE_OFF: [&str; 5] = [
    "AuthFailure",
    "InvalidClientTokenId",
    "OptInRequired",
    "RegionDisabledException",
    "UnrecognizedClientException",
];

/// Every item of a list that AWS filters by tags and gives in pages.
macro_rules! all {
    ($asker:expr, $tags:expr, $operation:ident, $reply:ident) => {
        $asker
            .all(
                |page| ec2::Operation::$operation { tags: $tags, page }.into(),
                |reply| match reply {
                    Reply::Ec2(ec2::Reply::$reply(page)) => Some((page.items, page.next)),
                    _ => None,
                },
            )
            .await?
    };
}

/// The VPCs of an account.
struct Vpcs {
    /// Ours, and the one that may become ours.
    vpcs: Vec<ObservedVpc>,
    foreign_vpcs: Vec<Vpc>,
    /// The one that may become ours.
    candidate: Option<ResourceId>,
}

impl Surveyor<'_> {
    /// What is in an account in one region.
    ///
    /// # Errors
    /// [`Error::Failed`] for a failure that says nothing of the account.
    pub(super) async fn member(&self, visit: Visit<'_>) -> Result<Reading<ObservedMember>, Error> {
        let Visit { account, region, tenant } = visit;
        let role = self.scope.access_role.clone();
        let target = Target::Member { account: account.id, region: region.clone(), role };
        let asker = Asker { cloud: self.cloud, pace: &self.pace, target };
        // Where the plan wants no network, an account need not be open to us: nothing is going to be done in it.
        let must_answer = tenant.is_some() && self.scope.network;
        let silent = |error: &CloudError| {
            error.kind == ErrorKind::NotReady || (error.kind == ErrorKind::Permanent && !must_answer)
        };
        let identity = Operation::Sts(sts::Operation::GetCallerIdentity);
        match asker.try_ask(&identity).await {
            Ok(_) => {}
            Err(error) if silent(&error) => {
                return Ok(Reading::Unknown(self.unread(visit, identity.action(), &error)));
            }
            Err(error) => return Err(failed(&identity, error)),
        }
        match self.member_contents(&asker, tenant).await {
            Ok(member) => Ok(Reading::Known(member)),
            Err(Error::Failed { what, source }) if silent(&source) => {
                Ok(Reading::Unknown(self.unread(visit, &what, &source)))
            }
            Err(error) => Err(error),
        }
    }

    /// What a refusal says of an account. AWS refuses in the same words what is not usable yet and what never will be; the age
    /// of the account tells the two apart.
    fn unread(&self, Visit { account, region, .. }: Visit<'_>, call: &str, error: &CloudError) -> Unread {
        let identity = Operation::Sts(sts::Operation::GetCallerIdentity);
        match error.code.as_str() {
            _ if error.kind == ErrorKind::NotReady && self.is_new(account) => Unread::NotReady,
            // The role is assumed before the first call.
            "AccessDenied" if call == identity.action() => {
                Unread::NoEntry { role: self.scope.access_role.clone() }
            }
            code if OF_REGIONS_THAT_ARE_OFF.contains(&code) && !region.is_on_in_every_account() => {
                Unread::RegionOff
            }
            code => Unread::Refused { call: call.to_owned(), code: code.to_owned() },
        }
    }

    async fn member_contents(
        &self,
        asker: &Asker<'_>,
        tenant: Option<&ScopedTenant>,
    ) -> Result<ObservedMember, Error> {
        let ours = || Tags::from_iter([(ZONE_TAG.to_owned(), self.scope.zone.to_string())]);
        let names = Names::of(self.scope);
        let Vpcs { vpcs, foreign_vpcs, candidate } = self.vpcs(asker, &names, tenant).await?;
        // In a VPC to adopt there may be what is not ours yet: then everything is listed, and what lies elsewhere left out.
        let asked = || if candidate.is_some() { Tags::new() } else { ours() };
        // Where a network may be built, the zones it can have.
        let builds = tenant.is_some_and(|tenant| tenant.offboard.is_none()) && self.scope.network;
        let zones = if builds { Some(self.zones(asker).await?) } else { None };
        let subnets = all!(asker, asked(), DescribeSubnets, Subnets);
        let internet_gateways = all!(asker, asked(), DescribeInternetGateways, InternetGateways);
        let elastic_ips = match asker.ask(ec2::Operation::DescribeAddresses { tags: asked() }.into()).await? {
            Reply::Ec2(ec2::Reply::Addresses(items)) => items,
            _ => Vec::new(),
        };
        let nat_gateways = all!(asker, asked(), DescribeNatGateways, NatGateways);
        let route_tables = all!(asker, asked(), DescribeRouteTables, RouteTables);
        let flow_logs = self.flow_logs(asker, &names).await?;
        let vpn_gateways =
            match asker.ask(ec2::Operation::DescribeVpnGateways { tags: asked() }.into()).await? {
                Reply::Ec2(ec2::Reply::VpnGateways(items)) => items,
                _ => Vec::new(),
            };
        let vpc_endpoints = vpc_endpoints(asker, &names, &route_tables).await?;
        let (roles, role_policies) = self.roles(asker).await?;
        let log_groups = self.log_groups(asker).await?;
        let keys = keys(asker, &names).await?;
        let mut member = ObservedMember {
            vpcs,
            foreign_vpcs,
            zones,
            subnets,
            internet_gateways,
            elastic_ips,
            nat_gateways,
            route_tables,
            flow_logs,
            vpn_gateways,
            vpc_endpoints,
            roles,
            role_policies,
            log_groups,
            keys,
        };
        if let Some(candidate) = &candidate {
            member.keep_within(candidate, |tags| names.ours(tags));
        }
        Ok(member)
    }

    /// The VPCs of an account, and which of them may become ours.
    async fn vpcs(
        &self,
        asker: &Asker<'_>,
        names: &Names<'_>,
        tenant: Option<&ScopedTenant>,
    ) -> Result<Vpcs, Error> {
        // One call more than a filter would need where there are many, and the only way to see whose else there are.
        let listed = all!(asker, Tags::new(), DescribeVpcs, Vpcs);
        let is_ours = |vpc: &Vpc| names.ours(&vpc.tags);
        let adoptable = tenant.and_then(|tenant| tenant.adoptable(&listed, is_ours));
        let candidate = adoptable.map(|vpc| vpc.id.clone());
        let mut vpcs = Vec::new();
        let mut foreign_vpcs = Vec::new();
        for vpc in listed {
            if !is_ours(&vpc) && candidate.as_ref() != Some(&vpc.id) {
                // The default VPC of every account has the same block: it is nobody's decision.
                foreign_vpcs.extend(Some(vpc).filter(|vpc| !vpc.is_default));
                continue;
            }
            let dns_support = self.attribute(asker, &vpc.id, VpcAttribute::DnsSupport).await?;
            let dns_hostnames = self.attribute(asker, &vpc.id, VpcAttribute::DnsHostnames).await?;
            vpcs.push(ObservedVpc { vpc, dns_support, dns_hostnames });
        }
        Ok(Vpcs { vpcs, foreign_vpcs, candidate })
    }

    /// The flow logs that are ours or deliver to a log group of ours.
    async fn flow_logs(&self, asker: &Asker<'_>, names: &Names<'_>) -> Result<Vec<FlowLog>, Error> {
        // Without a filter: one that has lost its tags still stands in the place of ours.
        let mut flow_logs = all!(asker, Tags::new(), DescribeFlowLogs, FlowLogs);
        let prefix = flow_log_group_prefix(&self.scope.zone);
        let delivers_to_ours =
            |found: &FlowLog| found.log_group.as_ref().is_some_and(|group| group.starts_with(&prefix));
        flow_logs.retain(|found| names.ours(&found.tags) || delivers_to_ours(found));
        Ok(flow_logs)
    }

    /// The role of the flow logs, with its policy.
    async fn roles(&self, asker: &Asker<'_>) -> Result<(Vec<Role>, Vec<ObservedRolePolicy>), Error> {
        let role =
            asker.find(iam::Operation::GetRole { name: self.scope.flow_log_role.clone() }.into()).await?;
        let roles = match role {
            Some(Reply::Iam(iam::Reply::Role(role))) => vec![role],
            _ => Vec::new(),
        };
        let mut role_policies = Vec::new();
        for Role { name: role, .. } in &roles {
            let name = FLOW_LOG_POLICY_NAME.to_owned();
            let get =
                Operation::Iam(iam::Operation::GetRolePolicy { role: role.clone(), name: name.clone() });
            if let Some(Reply::Iam(iam::Reply::RolePolicy(document))) = asker.find(get).await? {
                role_policies.push(ObservedRolePolicy { role: role.clone(), name, document });
            }
        }
        Ok((roles, role_policies))
    }

    /// The log groups of flow logs, with their tags.
    async fn log_groups(&self, asker: &Asker<'_>) -> Result<Vec<ObservedLogGroup>, Error> {
        // By what the names of all our groups begin with: a tenant that was renamed keeps the group it has.
        let prefix = flow_log_group_prefix(&self.scope.zone);
        let list = |page| logs::Operation::DescribeLogGroups { prefix: prefix.clone(), page }.into();
        let groups = asker
            .all(list, |reply| match reply {
                Reply::Logs(logs::Reply::LogGroups(page)) => Some((page.items, page.next)),
                _ => None,
            })
            .await?;
        let mut log_groups = Vec::new();
        for group in groups {
            let tags =
                match asker.ask(logs::Operation::ListLogGroupTags { arn: group.arn.clone() }.into()).await? {
                    Reply::Tags(tags, _) => tags,
                    _ => Tags::new(),
                };
            log_groups.push(ObservedLogGroup { group, tags });
        }
        Ok(log_groups)
    }

    async fn zones(&self, asker: &Asker<'_>) -> Result<UsableZones, Error> {
        let operation = Operation::Ec2(ec2::Operation::DescribeAvailabilityZones);
        match asker.ask(operation.clone()).await? {
            Reply::Ec2(ec2::Reply::AvailabilityZones(zones)) => Ok(AvailabilityZone::usable(&zones)),
            other => Err(failed(&operation, CloudError::rejected("UnexpectedReply", other.shape()))),
        }
    }

    async fn attribute(
        &self,
        asker: &Asker<'_>,
        vpc: &ResourceId,
        attribute: VpcAttribute,
    ) -> Result<bool, Error> {
        let reply =
            asker.ask(ec2::Operation::DescribeVpcAttribute { vpc: vpc.clone(), attribute }.into()).await?;
        Ok(matches!(reply, Reply::Ec2(ec2::Reply::VpcAttribute(true))))
    }
}

/// The endpoints that are ours, and those to which a route table of ours leads.
async fn vpc_endpoints(
    asker: &Asker<'_>,
    names: &Names<'_>,
    route_tables: &[RouteTable],
) -> Result<Vec<VpcEndpoint>, Error> {
    // Without a filter, as for flow logs: an endpoint of others to the same service stands in the place of ours.
    let mut vpc_endpoints = all!(asker, Tags::new(), DescribeVpcEndpoints, VpcEndpoints);
    let leads_there =
        |found: &VpcEndpoint| route_tables.iter().any(|table| found.route_tables.contains(&table.id));
    vpc_endpoints.retain(|found| names.ours(&found.tags) || leads_there(found));
    Ok(vpc_endpoints)
}

/// The keys that are ours, without those that are going to be deleted.
async fn keys(asker: &Asker<'_>, names: &Names<'_>) -> Result<Vec<ObservedKey>, Error> {
    let listed = asker
        .all(
            |page| kms::Operation::ListKeys { page }.into(),
            |reply| match reply {
                Reply::Kms(kms::Reply::Keys(page)) => Some((page.items, page.next)),
                _ => None,
            },
        )
        .await?;
    let mut keys = Vec::new();
    for arn in listed {
        // KMS filters by nothing.
        let Some(tags) = key_tags(asker, &arn).await?.filter(|tags| names.ours(tags)) else { continue };
        let describe = kms::Operation::DescribeKey { key: arn.clone() };
        let key = of_key(asker, describe, |reply| match reply {
            kms::Reply::Key(key) => Some(key),
            _ => None,
        });
        let Some(key) = key.await?.filter(|key| !key.is_gone()) else { continue };
        let policy = of_key(asker, kms::Operation::GetKeyPolicy { key: arn.clone() }, |reply| match reply {
            kms::Reply::KeyPolicy(policy) => Some(policy),
            _ => None,
        });
        let Some(policy) = policy.await? else { continue };
        let rotation =
            of_key(asker, kms::Operation::GetKeyRotationStatus { key: arn }, |reply| match reply {
                kms::Reply::KeyRotation(days) => Some(days),
                _ => None,
            });
        let Some(rotation_days) = rotation.await? else { continue };
        keys.push(ObservedKey { key, policy, rotation_days, tags });
    }
    Ok(keys)
}

/// What is asked about a key; `None` where it is gone.
async fn of_key<T>(
    asker: &Asker<'_>,
    operation: kms::Operation,
    take: impl FnOnce(kms::Reply) -> Option<T>,
) -> Result<Option<T>, Error> {
    let operation = Operation::from(operation);
    let Some(reply) = asker.find(operation.clone()).await? else { return Ok(None) };
    let shape = reply.shape();
    let taken = if let Reply::Kms(reply) = reply { take(reply) } else { None };
    taken.map(Some).ok_or_else(|| failed(&operation, CloudError::rejected("UnexpectedReply", shape)))
}

/// The tags of a key; `None` for one that is gone, and for one of others whose policy does not let the account read them, as every
/// policy of ours does.
async fn key_tags(asker: &Asker<'_>, key: &ResourceId) -> Result<Option<Tags>, Error> {
    let list = |page| kms::Operation::ListResourceTags { key: key.clone(), page }.into();
    let pairs = asker
        .all(list, |reply| match reply {
            Reply::Tags(tags, next) => Some((tags.into_iter().collect(), next)),
            _ => None,
        })
        .await;
    match pairs {
        Ok(pairs) => Ok(Some(pairs.into_iter().collect())),
        Err(Error::Failed { ref source, .. }) if is_foreign(source) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the key is gone, or its own policy keeps it from the executor: AWS says so where it is not what the executor may do.
fn is_foreign(error: &CloudError) -> bool {
    let denied = error.code == "AccessDeniedException" && error.message.contains("resource-based policy");
    denied || error.kind == ErrorKind::NotFound
}
