//! The association of a subnet with a route table.

use serde::{Deserialize, Serialize};

use crate::cloud::{Operation, PageToken, Reply, ec2};
use crate::kinds::info::{Facts, KindInfo, Listed, MemberAccount, MemberCalls, Phase};
use crate::kinds::seen::{Seen, Standing};
use crate::kinds::step::{Action, Context, Found, Procedure, Progress, StepError, listed};
use crate::kinds::{Kind, ResourceSpec};
use crate::model::{Address, Latency, Problem};

/// What the association of a subnet with a route table must look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RouteTableAssociationSpec {
    /// The table.
    pub table: Address,
    /// The subnet.
    pub subnet: Address,
}

impl Kind for RouteTableAssociationSpec {
    fn references(&self) -> Vec<&Address> {
        vec![&self.table, &self.subnet]
    }

    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        let Some(member) = seen.member() else { return Ok(None) };
        let tables = member.route_tables.iter().filter(|table| seen.id_at(&self.table) == Some(&table.id));
        let mut associations = tables.flat_map(|table| &table.associations);
        let found = associations.find(|association| seen.id_at(&self.subnet) == Some(&association.subnet));
        Ok(found.map(|association| Standing::new(association.id.clone(), [])))
    }

    fn typical(&self, _: Action) -> Latency {
        Latency::Ec2Write
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(self)
    }
}

impl KindInfo for RouteTableAssociationSpec {
    const FACTS: Facts = Facts {
        deletion_turn: Some(30),
        ..Facts::member(
            Phase::Network,
            MemberCalls {
                create: &["ec2:AssociateRouteTable"],
                update: &[],
                delete: &["ec2:DisassociateRouteTable"],
                look_up: &["ec2:DescribeRouteTables"],
            },
        )
    };

    fn list(account: &MemberAccount<'_>, each: &mut dyn FnMut(&Listed<'_>)) {
        for table in &account.member.route_tables {
            for association in &table.associations {
                let subnet = (account.name)(&association.subnet);
                let short = subnet.as_str().rsplit('/').next().unwrap_or_default();
                let suffix = Some(format!("/association/{short}"));
                let spec = || {
                    let (table, subnet) = ((account.name)(&table.id), subnet.clone());
                    ResourceSpec::from(RouteTableAssociationSpec { table, subnet })
                };
                each(&Listed { id: association.id.clone(), tags: &table.tags, suffix, spec: &spec });
            }
        }
    }
}

impl Procedure for &RouteTableAssociationSpec {
    fn look_up(&self, cx: &Context<'_>, page: Option<PageToken>) -> Result<Option<Operation>, StepError> {
        Ok(Some(ec2::Operation::DescribeRouteTables { tags: cx.key_tags_of(&self.table), page }.into()))
    }

    fn read_look_up(&mut self, cx: &Context<'_>, reply: &Reply) -> Result<Found, StepError> {
        let Reply::Ec2(ec2::Reply::RouteTables(page)) = reply else {
            return Err(StepError::unexpected(reply));
        };
        let subnet = cx.id_at(&self.subnet)?;
        let mut associations = page.items.iter().flat_map(|table| &table.associations);
        let found = associations.find(|association| association.subnet == subnet);
        Ok(listed(found.map(|association| association.id.clone()), page.next.as_ref()))
    }

    fn create(&self, cx: &Context<'_>, _: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        if index > 0 {
            return Ok(None);
        }
        let (table, subnet) = (cx.id_at(&self.table)?, cx.id_at(&self.subnet)?);
        Ok(Some(ec2::Operation::AssociateRouteTable { table, subnet }.into()))
    }

    fn update(&self, _: &Context<'_>, _: &Progress) -> Result<Vec<Operation>, StepError> {
        Ok(Vec::new())
    }

    fn delete(&self, cx: &Context<'_>) -> Result<Vec<Operation>, StepError> {
        Ok(vec![ec2::Operation::DisassociateRouteTable { association: cx.own_id()? }.into()])
    }
}
