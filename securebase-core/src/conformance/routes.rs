//! Route tables, routes, associations.

use super::bench::{Bench, Verdict, ensure, id};
use super::vpc::{NO_VPC, absent_vpc};
use crate::cloud::ec2::{self, NatGatewayState, Operation as O, RouteTable};
use crate::cloud::{Reply, Target};
use crate::model::{Cidr, ResourceId};

impl Bench<'_> {
    fn new_table(&self, vpc: &ResourceId, what: &str) -> O {
        O::CreateRouteTable { vpc: vpc.clone(), client_token: self.name("table"), tags: self.tags(what) }
    }

    pub(super) async fn table(&self, target: &Target, vpc: &ResourceId) -> Result<ResourceId, String> {
        self.create(target, self.new_table(vpc, "table")).await
    }

    pub(super) async fn tables(&self, target: &Target) -> Result<Vec<RouteTable>, String> {
        let take =
            |reply| if let Reply::Ec2(ec2::Reply::RouteTables(page)) = reply { Some(page) } else { None };
        self.all(target, |page| O::DescribeRouteTables { tags: self.tags("table"), page }, take).await
    }
}

fn add(table: &ResourceId, gateway: &ResourceId) -> O {
    O::CreateRoute { table: table.clone(), destination: Cidr::ANYWHERE, gateway: gateway.clone() }
}

pub(super) async fn table(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let table = bench.table(&target, &vpc).await?;
    let found = bench.tables(&target).await?;
    ensure!(found.len() == 1 && found[0].id == table && found[0].vpc == vpc, "found {found:?}");
    ensure!(found[0].routes.is_empty() && found[0].associations.is_empty(), "it begins as {:?}", found[0]);
    let delete = O::DeleteRouteTable { table };
    bench.call(&target, delete.clone()).await?;
    ensure!(bench.tables(&target).await?.is_empty(), "it is still there");
    bench.refused(&target, delete, &["InvalidRouteTableID.NotFound"]).await?;
    let nowhere =
        O::CreateRouteTable { vpc: absent_vpc()?, client_token: bench.name("b"), tags: bench.tags("b") };
    bench.refused(&target, nowhere, &NO_VPC).await.map(drop)
}

pub(super) async fn token(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let first = bench.table(&target, &vpc).await?;
    let second = bench.table(&target, &vpc).await?;
    ensure!(first == second, "the same token made `{first}` and `{second}`");
    let other = bench.new_table(&vpc, "other");
    bench.refused(&target, other, &["IdempotentParameterMismatch"]).await.map(drop)
}

pub(super) async fn routes(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let table = bench.table(&target, &vpc).await?;
    let internet = bench.internet(&target, &vpc).await?;
    bench.call(&target, add(&table, &internet)).await?;
    let found = bench.tables(&target).await?;
    let [route] = found[0].routes.as_slice() else {
        return Err(format!("its routes are {:?}", found[0].routes));
    };
    ensure!(route.gateway == internet && !route.blackhole, "the route is {route:?}");
    bench.refused(&target, add(&table, &internet), &["RouteAlreadyExists"]).await?;
    let absent = add(&table, &id("igw-00000000000000000")?);
    bench
        .refused(&target, absent, &["InvalidInternetGatewayID.NotFound", "InvalidGatewayID.NotFound"])
        .await?;
    let delete = O::DeleteRoute { table: table.clone(), destination: Cidr::ANYWHERE };
    bench.call(&target, delete.clone()).await?;
    ensure!(bench.tables(&target).await?[0].routes.is_empty(), "the route is still there");
    bench.refused(&target, delete, &["InvalidRoute.NotFound"]).await.map(drop)
}

pub(super) async fn replaced(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let table = bench.table(&target, &vpc).await?;
    let subnet = bench.subnet(&target, &vpc).await?;
    let internet = bench.internet(&target, &vpc).await?;
    let nat = bench.nat(&target, &subnet).await?;
    bench.nat_is(&target, NatGatewayState::Available).await?;
    bench.call(&target, add(&table, &internet)).await?;
    let destination = Cidr::ANYWHERE;
    bench.call(&target, O::ReplaceRoute { table: table.clone(), destination, gateway: nat.clone() }).await?;
    let routes = bench.tables(&target).await?[0].routes.clone();
    ensure!(routes.len() == 1 && routes[0].gateway == nat && !routes[0].blackhole, "routes are {routes:?}");
    Ok(())
}

pub(super) async fn replaced_without_a_route(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let table = bench.table(&target, &vpc).await?;
    let gateway = bench.internet(&target, &vpc).await?;
    let replace = O::ReplaceRoute { table, destination: Cidr::ANYWHERE, gateway };
    bench.refused(&target, replace, &["InvalidParameterValue"]).await.map(drop)
}

pub(super) async fn blackhole(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let table = bench.table(&target, &vpc).await?;
    let subnet = bench.subnet(&target, &vpc).await?;
    bench.internet(&target, &vpc).await?;
    let gateway = bench.nat(&target, &subnet).await?;
    bench.nat_is(&target, NatGatewayState::Available).await?;
    bench.call(&target, add(&table, &gateway)).await?;
    bench.call(&target, O::DeleteNatGateway { gateway }).await?;
    bench
        .eventually("the black hole", async || {
            Ok(bench.tables(&target).await?[0].routes.iter().any(|route| route.blackhole).then_some(()))
        })
        .await
}

pub(super) async fn association(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let table = bench.table(&target, &vpc).await?;
    let subnet = bench.subnet(&target, &vpc).await?;
    let associate = O::AssociateRouteTable { table: table.clone(), subnet: subnet.clone() };
    let association = bench.create(&target, associate).await?;
    let found = bench.tables(&target).await?[0].associations.clone();
    ensure!(found.len() == 1 && found[0].id == association && found[0].subnet == subnet, "found {found:?}");
    let delete = O::DeleteRouteTable { table };
    bench.refused(&target, delete.clone(), &["DependencyViolation"]).await?;
    let disassociate = O::DisassociateRouteTable { association };
    bench.call(&target, disassociate.clone()).await?;
    bench.refused(&target, disassociate, &["InvalidAssociationID.NotFound"]).await?;
    bench.call(&target, delete).await.map(drop)
}

pub(super) async fn second_association(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let table = bench.table(&target, &vpc).await?;
    let subnet = bench.subnet(&target, &vpc).await?;
    bench.create(&target, O::AssociateRouteTable { table, subnet: subnet.clone() }).await?;
    let create = O::CreateRouteTable { vpc, client_token: bench.name("second"), tags: bench.tags("second") };
    let second = bench.create(&target, create).await?;
    let again = O::AssociateRouteTable { table: second, subnet };
    bench.refused(&target, again, &["Resource.AlreadyAssociated"]).await.map(drop)
}
