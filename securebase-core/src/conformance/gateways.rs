//! Internet gateways, elastic IPs, NAT gateways, virtual private gateways.

use super::bench::{Bench, Verdict, ensure, id, reply};
use crate::cloud::ec2::{self, ElasticIp, InternetGateway, NatGateway, NatGatewayState, Operation as O};
use crate::cloud::{Reply, Target};
use crate::model::ResourceId;

impl Bench<'_> {
    pub(super) async fn internet(&self, target: &Target, vpc: &ResourceId) -> Result<ResourceId, String> {
        let gateway = self.create(target, O::CreateInternetGateway { tags: self.tags("internet") }).await?;
        self.call(target, attach(&gateway, vpc)).await?;
        Ok(gateway)
    }

    async fn internet_gateways(&self, target: &Target) -> Result<Vec<InternetGateway>, String> {
        let take = |reply| {
            if let Reply::Ec2(ec2::Reply::InternetGateways(page)) = reply { Some(page) } else { None }
        };
        let list = |page| O::DescribeInternetGateways { tags: self.tags("internet"), page };
        self.all(target, list, take).await
    }

    pub(super) async fn address(&self, target: &Target) -> Result<ResourceId, String> {
        self.create(target, O::AllocateAddress { tags: self.tags("address") }).await
    }

    async fn addresses(&self, target: &Target) -> Result<Vec<ElasticIp>, String> {
        let list = O::DescribeAddresses { tags: self.tags("address") };
        Ok(reply!(self.call(target, list).await, Ec2(ec2::Reply::Addresses)))
    }

    fn new_nat(&self, subnet: &ResourceId, allocation: &ResourceId, token: &str) -> O {
        O::CreateNatGateway {
            subnet: subnet.clone(),
            allocation: allocation.clone(),
            client_token: self.name(token),
            tags: self.tags("nat"),
        }
    }

    pub(super) async fn nat(&self, target: &Target, subnet: &ResourceId) -> Result<ResourceId, String> {
        let allocation = self.address(target).await?;
        self.create(target, self.new_nat(subnet, &allocation, "token")).await
    }

    async fn nats(&self, target: &Target) -> Result<Vec<NatGateway>, String> {
        let take =
            |reply| if let Reply::Ec2(ec2::Reply::NatGateways(page)) = reply { Some(page) } else { None };
        self.all(target, |page| O::DescribeNatGateways { tags: self.tags("nat"), page }, take).await
    }

    /// Waits until the case's NAT gateway has reached a state.
    pub(super) async fn nat_is(&self, target: &Target, state: NatGatewayState) -> Result<NatGateway, String> {
        self.eventually(&format!("a NAT gateway that is {state:?}"), async || {
            Ok(self.nats(target).await?.into_iter().find(|nat| nat.state == state))
        })
        .await
    }
}

fn attach(gateway: &ResourceId, vpc: &ResourceId) -> O {
    O::AttachInternetGateway { gateway: gateway.clone(), vpc: vpc.clone() }
}

pub(super) async fn internet_gateway(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let gateway = bench.internet(&target, &vpc).await?;
    let found = bench.internet_gateways(&target).await?;
    ensure!(
        found.len() == 1 && found[0].id == gateway && found[0].vpc.as_ref() == Some(&vpc),
        "found {found:?}"
    );
    bench.refused(&target, attach(&gateway, &vpc), &["Resource.AlreadyAssociated"]).await?;
    let delete = O::DeleteInternetGateway { gateway: gateway.clone() };
    bench.refused(&target, delete.clone(), &["DependencyViolation"]).await?;
    let detach = O::DetachInternetGateway { gateway: gateway.clone(), vpc };
    bench.call(&target, detach.clone()).await?;
    bench.refused(&target, detach, &["Gateway.NotAttached"]).await?;
    bench.call(&target, delete.clone()).await?;
    bench.refused(&target, delete, &["InvalidInternetGatewayID.NotFound"]).await.map(drop)
}

pub(super) async fn second_internet_gateway(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    bench.internet(&target, &vpc).await?;
    let second = bench.create(&target, O::CreateInternetGateway { tags: bench.tags("second") }).await?;
    bench.refused(&target, attach(&second, &vpc), &["Resource.AlreadyAssociated"]).await.map(drop)
}

pub(super) async fn vpc_with_internet_gateway(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    bench.internet(&target, &vpc).await?;
    bench.refused(&target, O::DeleteVpc { vpc }, &["DependencyViolation"]).await.map(drop)
}

pub(super) async fn elastic_ip(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let allocation = bench.address(&target).await?;
    let found = bench.addresses(&target).await?;
    ensure!(
        found.len() == 1 && found[0].id == allocation && found[0].association.is_none(),
        "found {found:?}"
    );
    ensure!(
        found[0].public_ip.parse::<std::net::Ipv4Addr>().is_ok(),
        "its address is `{}`",
        found[0].public_ip
    );
    let release = O::ReleaseAddress { allocation };
    bench.call(&target, release.clone()).await?;
    ensure!(bench.addresses(&target).await?.is_empty(), "it is still there");
    bench.refused(&target, release, &["InvalidAllocationID.NotFound"]).await.map(drop)
}

pub(super) async fn nat_gateway(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let subnet = bench.subnet(&target, &vpc).await?;
    bench.internet(&target, &vpc).await?;
    let gateway = bench.nat(&target, &subnet).await?;
    let found = bench.nat_is(&target, NatGatewayState::Available).await?;
    ensure!(found.id == gateway && found.subnet == subnet && found.vpc == vpc, "found {found:?}");
    let addresses = bench.addresses(&target).await?;
    ensure!(found.allocation.as_ref() == Some(&addresses[0].id), "its address is {:?}", found.allocation);
    ensure!(addresses[0].association.is_some(), "its address counts as free");
    bench.call(&target, O::DeleteNatGateway { gateway }).await?;
    // AWS lists it as deleted for a while; a gateway that no longer lists is as gone.
    bench
        .eventually("the end of the NAT gateway", async || {
            let living = |nat: &NatGateway| nat.state != NatGatewayState::Deleted;
            Ok((!bench.nats(&target).await?.iter().any(living)).then_some(()))
        })
        .await?;
    let freed = bench.addresses(&target).await?;
    ensure!(freed.len() == 1 && freed[0].association.is_none(), "its address ends as {freed:?}");
    bench.call(&target, O::ReleaseAddress { allocation: freed[0].id.clone() }).await?;
    let nothing = bench.new_nat(&id("subnet-00000000000000000")?, &freed[0].id, "nothing");
    bench.refused(&target, nothing, &["InvalidSubnetID.NotFound"]).await.map(drop)
}

pub(super) async fn nat_gateway_pending(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let subnet = bench.subnet(&target, &vpc).await?;
    bench.internet(&target, &vpc).await?;
    bench.nat(&target, &subnet).await?;
    let state = bench.nats(&target).await?.first().map(|nat| nat.state);
    ensure!(state == Some(NatGatewayState::Pending), "it begins as {state:?}");
    Ok(())
}

pub(super) async fn nat_gateway_without_internet(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let subnet = bench.subnet(&target, &vpc).await?;
    bench.nat(&target, &subnet).await?;
    let failed = bench.nat_is(&target, NatGatewayState::Failed).await?;
    ensure!(failed.failure.as_deref() == Some("Gateway.NotAttached"), "it failed with {:?}", failed.failure);
    let addresses = bench.addresses(&target).await?;
    ensure!(addresses[0].association.is_none(), "its address is not free again");
    bench.call(&target, O::DeleteNatGateway { gateway: failed.id }).await.map(drop)
}

pub(super) async fn nat_gateway_token(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let subnet = bench.subnet(&target, &vpc).await?;
    bench.internet(&target, &vpc).await?;
    let gateway = bench.nat(&target, &subnet).await?;
    let allocation = bench.addresses(&target).await?[0].id.clone();
    let again = bench.create(&target, bench.new_nat(&subnet, &allocation, "token")).await?;
    ensure!(again == gateway, "the same token made `{again}` beside `{gateway}`");
    let O::CreateNatGateway { subnet, allocation, client_token, .. } =
        bench.new_nat(&subnet, &allocation, "token")
    else {
        return Err("not a NAT gateway".into());
    };
    let other = O::CreateNatGateway { subnet, allocation, client_token, tags: bench.tags("other") };
    bench.refused(&target, other, &["IdempotentParameterMismatch"]).await.map(drop)
}

pub(super) async fn in_use(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let subnet = bench.subnet(&target, &vpc).await?;
    bench.internet(&target, &vpc).await?;
    bench.nat(&target, &subnet).await?;
    bench.nat_is(&target, NatGatewayState::Available).await?;
    let allocation = bench.addresses(&target).await?[0].id.clone();
    bench.refused(&target, O::ReleaseAddress { allocation }, &["InvalidIPAddress.InUse"]).await?;
    bench.refused(&target, O::DeleteSubnet { subnet }, &["DependencyViolation"]).await.map(drop)
}

pub(super) async fn vpn_gateway(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let tags = bench.tags("vpn");
    let gateway = bench.create(&target, O::CreateVpnGateway { tags: tags.clone() }).await?;
    bench.call(&target, O::AttachVpnGateway { gateway: gateway.clone(), vpc: vpc.clone() }).await?;
    let look = async || {
        let list = O::DescribeVpnGateways { tags: tags.clone() };
        let found = reply!(bench.call(&target, list).await, Ec2(ec2::Reply::VpnGateways));
        Ok::<_, String>(found.into_iter().filter(|row| !row.deleted).collect::<Vec<_>>())
    };
    let found = look().await?;
    ensure!(
        found.len() == 1 && found[0].id == gateway && found[0].vpc.as_ref() == Some(&vpc),
        "found {found:?}"
    );
    bench.call(&target, O::DetachVpnGateway { gateway: gateway.clone(), vpc }).await?;
    bench
        .eventually("the detachment", async || {
            Ok(look().await?.first().is_some_and(|row| row.vpc.is_none()).then_some(()))
        })
        .await?;
    bench.call(&target, O::DeleteVpnGateway { gateway: gateway.clone() }).await?;
    ensure!(look().await?.is_empty(), "it is still there");
    Ok(())
}

pub(super) async fn second_vpn_gateway(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let mut gateways = Vec::new();
    for what in ["first", "second"] {
        gateways.push(bench.create(&target, O::CreateVpnGateway { tags: bench.tags(what) }).await?);
    }
    let attach = |gateway: &ResourceId| O::AttachVpnGateway { gateway: gateway.clone(), vpc: vpc.clone() };
    bench.call(&target, attach(&gateways[0])).await?;
    bench.refused(&target, attach(&gateways[1]), &["InvalidVpcState"]).await?;
    let delete = O::DeleteVpnGateway { gateway: gateways[0].clone() };
    bench.refused(&target, delete, &["IncorrectState"]).await.map(drop)
}
