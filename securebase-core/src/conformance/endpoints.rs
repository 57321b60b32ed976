//! Gateway endpoints.

use super::bench::{Bench, Verdict, ensure, id};
use super::vpc::{NO_VPC, absent_vpc};
use crate::cloud::ec2::{self, Operation as O, VpcEndpoint};
use crate::cloud::{Reply, Target};
use crate::model::ResourceId;

const NO_ENDPOINT: &str = "vpce-00000000000000000";
const S3: &str = "com.amazonaws.us-east-1.s3";

impl Bench<'_> {
    fn new_endpoint(&self, vpc: &ResourceId, tables: &[&ResourceId], token: &str) -> O {
        O::CreateVpcEndpoint {
            vpc: vpc.clone(),
            service: S3.to_owned(),
            route_tables: tables.iter().copied().cloned().collect(),
            client_token: self.name(token),
            tags: self.tags("endpoint"),
        }
    }

    /// A route table besides the one that a case has.
    async fn other_table(&self, target: &Target, vpc: &ResourceId) -> Result<ResourceId, String> {
        let (client_token, tags) = (self.name("other-table"), self.tags("other-table"));
        self.create(target, O::CreateRouteTable { vpc: vpc.clone(), client_token, tags }).await
    }

    /// The endpoints of the case that are not gone.
    async fn endpoints(&self, target: &Target) -> Result<Vec<VpcEndpoint>, String> {
        let take =
            |reply| if let Reply::Ec2(ec2::Reply::VpcEndpoints(page)) = reply { Some(page) } else { None };
        let list = |page| O::DescribeVpcEndpoints { tags: self.tags("endpoint"), page };
        let mut found = self.all(target, list, take).await?;
        found.retain(|endpoint| !endpoint.deleted);
        Ok(found)
    }
}

fn modify(endpoint: &ResourceId, add: &[&ResourceId], remove: &[&ResourceId]) -> O {
    let ids = |ids: &[&ResourceId]| ids.iter().copied().cloned().collect();
    O::ModifyVpcEndpoint { endpoint: endpoint.clone(), add: ids(add), remove: ids(remove) }
}

pub(super) async fn endpoint(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let first = bench.table(&target, &vpc).await?;
    let second = bench.other_table(&target, &vpc).await?;
    let endpoint = bench.create(&target, bench.new_endpoint(&vpc, &[&first], "token")).await?;
    let look = async || match bench.endpoints(&target).await?.as_slice() {
        [row] => Ok(row.clone()),
        rows => Err(format!("{} endpoints carry its tags", rows.len())),
    };
    let found = look().await?;
    ensure!(found.id == endpoint && found.vpc == vpc && found.service == S3, "found {found:?}");
    ensure!(found.route_tables == [first.clone()], "it is reached from {:?}", found.route_tables);
    bench.call(&target, modify(&endpoint, &[&second], &[])).await?;
    ensure!(look().await?.route_tables.len() == 2, "it is reached from {:?}", look().await?.route_tables);
    bench.call(&target, modify(&endpoint, &[], &[&second])).await?;
    let left = look().await?.route_tables;
    ensure!(left == [first.clone()], "it is still reached from {left:?}");
    bench.call(&target, O::DeleteVpcEndpoints { endpoint }).await?;
    ensure!(bench.endpoints(&target).await?.is_empty(), "it is still there");
    bench.call(&target, O::DeleteRouteTable { table: first }).await.map(drop)
}

/// The routes that lead to an endpoint are no routes to a gateway.
pub(super) async fn routes(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let table = bench.table(&target, &vpc).await?;
    bench.create(&target, bench.new_endpoint(&vpc, &[&table], "token")).await?;
    let found = bench.tables(&target).await?;
    ensure!(found.len() == 1 && found[0].routes.is_empty(), "found {found:?}");
    Ok(())
}

pub(super) async fn nothing(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let nowhere = bench.new_endpoint(&absent_vpc()?, &[], "nowhere");
    bench.refused(&target, nowhere, &[NO_VPC[0], "InvalidVpcId.NotFound"]).await?;
    let no_table = id("rtb-00000000000000000")?;
    let without = bench.new_endpoint(&vpc, &[&no_table], "without");
    bench
        .refused(&target, without, &["InvalidRouteTableId.NotFound", "InvalidRouteTableID.NotFound"])
        .await?;
    let no_endpoint = id(NO_ENDPOINT)?;
    bench.refused(&target, modify(&no_endpoint, &[], &[]), &["InvalidVpcEndpointId.NotFound"]).await.map(drop)
}

/// The call succeeds as a whole, and says so of the item alone.
pub(super) async fn delete_nothing(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let delete = O::DeleteVpcEndpoints { endpoint: id(NO_ENDPOINT)? };
    bench.refused(&target, delete, &["InvalidVpcEndpointId.NotFound"]).await.map(drop)
}

pub(super) async fn second(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let table = bench.table(&target, &vpc).await?;
    bench.create(&target, bench.new_endpoint(&vpc, &[&table], "first")).await?;
    let second = bench.new_endpoint(&vpc, &[&table], "second");
    bench.refused(&target, second, &["RouteAlreadyExists"]).await.map(drop)
}

pub(super) async fn token(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let table = bench.table(&target, &vpc).await?;
    let create = bench.new_endpoint(&vpc, &[&table], "token");
    let first = bench.create(&target, create.clone()).await?;
    let second = bench.create(&target, create).await?;
    ensure!(first == second, "the same token made `{first}` and `{second}`");
    let other = bench.new_endpoint(&vpc, &[], "token");
    bench.refused(&target, other, &["IdempotentParameterMismatch"]).await.map(drop)
}

pub(super) async fn vpc_with_endpoint(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    bench.create(&target, bench.new_endpoint(&vpc, &[], "token")).await?;
    bench.refused(&target, O::DeleteVpc { vpc }, &["DependencyViolation"]).await.map(drop)
}
