//! A route.

use serde::{Deserialize, Serialize};

use crate::cloud::{CloudError, ErrorKind, Operation, ec2};
use crate::kinds::info::{Facts, KindInfo, Listed, MemberAccount, MemberCalls, Phase};
use crate::kinds::seen::{Seen, Standing};
use crate::kinds::step::{Action, Change, Context, Procedure, Progress, Reaction, StepError};
use crate::kinds::{Kind, ResourceSpec};
use crate::model::{Address, Cidr, Latency, Problem, ResourceId};

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteTarget {
    /// To an internet gateway.
    InternetGateway(Address),
    /// To a NAT gateway.
    NatGateway(Address),
}

impl RouteTarget {
    /// The address of the gateway.
    pub fn address(&self) -> &Address {
        match self {
            Self::InternetGateway(address) | Self::NatGateway(address) => address,
        }
    }
}

/// What a route must look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RouteSpec {
    /// The table it stands in.
    pub table: Address,
    /// The destinations it matches.
    pub destination: Cidr,
    /// Where it leads.
    pub target: RouteTarget,
}

impl Kind for RouteSpec {
    fn references(&self) -> Vec<&Address> {
        vec![&self.table, self.target.address()]
    }

    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        let (Some(member), Some(id)) = (seen.member(), seen.id_at(&self.table)) else { return Ok(None) };
        let tables = member.route_tables.iter().filter(|table| table.id == *id);
        let found =
            tables.flat_map(|table| &table.routes).find(|route| route.destination == self.destination);
        Ok(found.map(|route| {
            let to = self.target.address();
            let stands = seen.id_at(to) == Some(&route.gateway) && !route.blackhole;
            let change =
                || vec![Change::new("target", Some(route.gateway.to_string()), Some(to.local().to_owned()))];
            Standing::new(id.clone(), (!stands).then(change))
        }))
    }

    fn typical(&self, _: Action) -> Latency {
        Latency::Ec2Write
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(Routing { spec: self, replace: false })
    }
}

impl KindInfo for RouteSpec {
    const FACTS: Facts = Facts {
        deletion_turn: Some(20),
        ..Facts::member(
            Phase::Network,
            MemberCalls {
                create: &["ec2:CreateRoute", "ec2:ReplaceRoute"],
                update: &[],
                delete: &["ec2:DeleteRoute"],
                look_up: &[],
            },
        )
    };

    fn list(account: &MemberAccount<'_>, each: &mut dyn FnMut(&Listed<'_>)) {
        for table in &account.member.route_tables {
            // The zone makes default routes and no others.
            for route in table.routes.iter().filter(|route| route.destination == Cidr::ANYWHERE) {
                let spec = || {
                    ResourceSpec::from(RouteSpec {
                        table: (account.name)(&table.id),
                        destination: route.destination,
                        target: RouteTarget::NatGateway((account.name)(&route.gateway)),
                    })
                };
                let suffix = Some("/route/default".to_owned());
                each(&Listed { id: table.id.clone(), tags: &table.tags, suffix, spec: &spec });
            }
        }
    }
}

/// A route on its way. No look-up: a route that exists is refused by name and then replaced, which comes to the same.
#[derive(Debug)]
struct Routing<'a> {
    spec: &'a RouteSpec,
    /// A route is there already: replace it instead of creating it.
    replace: bool,
}

impl Procedure for Routing<'_> {
    fn create(&self, cx: &Context<'_>, _: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        if index > 0 {
            return Ok(None);
        }
        let (table, destination) = (cx.id_at(&self.spec.table)?, self.spec.destination);
        let gateway = cx.id_at(self.spec.target.address())?;
        Ok(Some(if self.replace {
            ec2::Operation::ReplaceRoute { table, destination, gateway }.into()
        } else {
            ec2::Operation::CreateRoute { table, destination, gateway }.into()
        }))
    }

    fn update(&self, cx: &Context<'_>, _: &Progress) -> Result<Vec<Operation>, StepError> {
        let (table, destination) = (cx.own_id()?, self.spec.destination);
        let gateway = cx.id_at(self.spec.target.address())?;
        Ok(vec![ec2::Operation::ReplaceRoute { table, destination, gateway }.into()])
    }

    fn delete(&self, cx: &Context<'_>) -> Result<Vec<Operation>, StepError> {
        Ok(vec![
            ec2::Operation::DeleteRoute { table: cx.own_id()?, destination: self.spec.destination }.into(),
        ])
    }

    fn refused(&mut self, cx: &Context<'_>, error: &CloudError) -> Reaction {
        match error.kind {
            ErrorKind::AlreadyExists if cx.action == Action::Create && !self.replace => {
                self.replace = true;
                Reaction::Again { after: None }
            }
            _ => Reaction::Unhandled,
        }
    }

    fn known_id(&self, cx: &Context<'_>) -> Result<ResourceId, StepError> {
        cx.id_at(&self.spec.table)
    }
}
