//! A gateway endpoint of a VPC.

use serde::{Deserialize, Serialize};

use super::ec2_tagging;
use crate::cloud::ec2::{self, VpcEndpoint};
use crate::cloud::{CloudError, ErrorKind, Operation, PageToken, Reply};
use crate::kinds::info::{AccountQuota, Facts, KindInfo, Listed, MemberAccount, MemberCalls, Phase};
use crate::kinds::seen::{Seen, Standing};
use crate::kinds::step::{Action, Change, Context, Found, Procedure, Progress, Reaction, StepError, listed};
use crate::kinds::{Kind, ResourceSpec};
use crate::model::{Address, Latency, Problem, Quota, ResourceId, Tags};
use crate::observe::ObservedMember;

/// The attribute that a route table differs in begins with this.
const ROUTE_TABLES: &str = "route_tables.";

/// What a gateway endpoint must look like. It has AWS's own policy, which lets everything pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VpcEndpointSpec {
    /// The VPC.
    pub vpc: Address,
    /// The service it leads to, for example `com.amazonaws.us-east-1.s3`.
    pub service: String,
    /// The route tables that lead to it, and no others.
    pub route_tables: Vec<Address>,
    /// Its tags.
    pub tags: Tags,
}

impl VpcEndpointSpec {
    /// The route tables to add, and then those to take off.
    fn table_changes(&self, seen: &dyn Seen, found: &VpcEndpoint) -> Vec<Change> {
        let wanted: Vec<Option<&ResourceId>> =
            self.route_tables.iter().map(|table| seen.id_at(table)).collect();
        let missing = self.route_tables.iter().zip(&wanted).filter(|(_, id)| {
            // A table that the plan makes leads nowhere yet.
            id.is_none_or(|id| !found.route_tables.contains(id))
        });
        let added =
            missing.map(|(table, _)| Change::new(attribute(table), None, Some(table.local().to_owned())));
        let surplus = found.route_tables.iter().filter(|id| !wanted.contains(&Some(id)));
        let removed =
            surplus.map(|id| Change::new(format!("{ROUTE_TABLES}{id}"), Some(id.to_string()), None));
        added.chain(removed).collect()
    }
}

/// The attribute that says whether a route table of ours leads to the endpoint.
fn attribute(table: &Address) -> String {
    let name = table.as_str().rsplit('/').next().unwrap_or_default();
    format!("{ROUTE_TABLES}{name}")
}

impl Kind for VpcEndpointSpec {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    fn references(&self) -> Vec<&Address> {
        std::iter::once(&self.vpc).chain(&self.route_tables).collect()
    }

    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        let Some(member) = seen.member() else { return Ok(None) };
        let vpc = seen.id_at(&self.vpc);
        let alike = || {
            let living = member.vpc_endpoints.iter().filter(|found| !found.deleted);
            living.filter(|found| Some(&found.vpc) == vpc && found.service == self.service)
        };
        let tagged = alike().find(|found| Some(&found.id) == seen.tagged());
        // AWS lets a route table lead to a service through one endpoint only, so that no other can be made beside one that has
        // lost its tags.
        let in_its_place = |found: &&VpcEndpoint| {
            let mut tables = self.route_tables.iter().filter_map(|table| seen.id_at(table));
            tables.any(|table| found.route_tables.contains(table)) && !seen.is_claimed(&found.id)
        };
        let found = tagged.or_else(|| alike().find(in_its_place));
        Ok(found.map(|found| {
            let tags = seen.tag_changes(&found.tags, &self.tags);
            Standing::new(found.id.clone(), [self.table_changes(seen, found), tags])
        }))
    }

    fn typical(&self, _: Action) -> Latency {
        Latency::Ec2Write
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(self)
    }
}

impl KindInfo for VpcEndpointSpec {
    // AWS charges nothing for it.
    const FACTS: Facts = Facts {
        deletion_turn: Some(15),
        account_quota: Some(AccountQuota {
            quota: Quota::GatewayEndpoints,
            is_per_vpc: false,
            from_aws: 0,
            found: Some(|member| member.vpc_endpoints.iter().filter(|endpoint| !endpoint.deleted).count()),
        }),
        ..Facts::member(
            Phase::Network,
            MemberCalls {
                create: &["ec2:CreateVpcEndpoint"],
                update: &["ec2:ModifyVpcEndpoint", "ec2:DeleteTags", "ec2:CreateTags"],
                delete: &["ec2:DeleteVpcEndpoints"],
                look_up: &["ec2:DescribeVpcEndpoints"],
            },
        )
    };

    fn tagged<'o>(member: &'o ObservedMember, each: &mut dyn FnMut(&'o ResourceId, &'o Tags)) {
        for endpoint in member.vpc_endpoints.iter().filter(|endpoint| !endpoint.deleted) {
            each(&endpoint.id, &endpoint.tags);
        }
    }

    fn list(account: &MemberAccount<'_>, each: &mut dyn FnMut(&Listed<'_>)) {
        for endpoint in account.member.vpc_endpoints.iter().filter(|endpoint| !endpoint.deleted) {
            let spec = || {
                ResourceSpec::from(VpcEndpointSpec {
                    vpc: (account.name)(&endpoint.vpc),
                    service: endpoint.service.clone(),
                    route_tables: endpoint.route_tables.iter().map(account.name).collect(),
                    tags: endpoint.tags.clone(),
                })
            };
            each(&Listed { id: endpoint.id.clone(), tags: &endpoint.tags, suffix: None, spec: &spec });
        }
    }
}

impl Procedure for &VpcEndpointSpec {
    fn look_up(&self, cx: &Context<'_>, page: Option<PageToken>) -> Result<Option<Operation>, StepError> {
        Ok(Some(ec2::Operation::DescribeVpcEndpoints { tags: cx.key_tags(), page }.into()))
    }

    fn read_look_up(&mut self, _: &Context<'_>, reply: &Reply) -> Result<Found, StepError> {
        let Reply::Ec2(ec2::Reply::VpcEndpoints(page)) = reply else {
            return Err(StepError::unexpected(reply));
        };
        let living = page.items.iter().find(|endpoint| !endpoint.deleted);
        Ok(listed(living.map(|endpoint| endpoint.id.clone()), page.next.as_ref()))
    }

    fn create(&self, cx: &Context<'_>, at: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        if index > 0 {
            return Ok(None);
        }
        Ok(Some(
            ec2::Operation::CreateVpcEndpoint {
                vpc: cx.id_at(&self.vpc)?,
                service: self.service.clone(),
                route_tables: self
                    .route_tables
                    .iter()
                    .map(|table| cx.id_at(table))
                    .collect::<Result<_, _>>()?,
                client_token: cx.client_token(at),
                tags: self.tags.clone(),
            }
            .into(),
        ))
    }

    fn update(&self, cx: &Context<'_>, _: &Progress) -> Result<Vec<Operation>, StepError> {
        let mut operations = Vec::new();
        let missing = self.route_tables.iter().filter(|table| cx.changes_any(&[&attribute(table)]));
        let add = missing.map(|table| cx.id_at(table)).collect::<Result<Vec<_>, _>>()?;
        let changes = cx.changes.iter().filter(|change| change.field.starts_with(ROUTE_TABLES));
        let surplus = changes.filter(|change| change.to.is_none()).filter_map(|change| change.from.as_ref());
        let remove = surplus.map(|id| id.parse()).collect::<Result<Vec<ResourceId>, _>>()?;
        // Apart, so that a refusal of the one leaves the other to be done.
        if !add.is_empty() {
            let endpoint = cx.own_id()?;
            operations.push(ec2::Operation::ModifyVpcEndpoint { endpoint, add, remove: Vec::new() }.into());
        }
        if !remove.is_empty() {
            let endpoint = cx.own_id()?;
            operations.push(ec2::Operation::ModifyVpcEndpoint { endpoint, add: Vec::new(), remove }.into());
        }
        operations.extend(ec2_tagging(cx)?);
        Ok(operations)
    }

    fn delete(&self, cx: &Context<'_>) -> Result<Vec<Operation>, StepError> {
        Ok(vec![ec2::Operation::DeleteVpcEndpoints { endpoint: cx.own_id()? }.into()])
    }

    /// The route tables were added by an attempt whose reply was lost.
    fn refused(&mut self, cx: &Context<'_>, error: &CloudError) -> Reaction {
        match error.kind {
            ErrorKind::AlreadyExists if cx.action == Action::Update => Reaction::Done,
            _ => Reaction::Unhandled,
        }
    }
}
