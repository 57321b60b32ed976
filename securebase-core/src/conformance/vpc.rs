//! VPCs, subnets, EC2 tags.

use super::bench::{Bench, Verdict, ensure, id, reply};
use crate::cloud::ec2::{self, AvailabilityZone, Operation as O, Subnet, Vpc, VpcAttribute};
use crate::cloud::{Reply, Target};
use crate::model::{ResourceId, Tags};

pub(super) const NO_VPC: [&str; 1] = ["InvalidVpcID.NotFound"];

impl Bench<'_> {
    pub(super) async fn vpc(&self, target: &Target) -> Result<ResourceId, String> {
        self.create(target, self.new_vpc("vpc", "10.20.0.0/16")?).await
    }

    fn new_vpc(&self, what: &str, cidr: &str) -> Result<O, String> {
        let cidr = cidr.parse().map_err(|error| format!("{error}"))?;
        Ok(O::CreateVpc { cidr, tags: self.tags(what) })
    }

    pub(super) fn new_subnet(&self, vpc: &ResourceId, cidr: &str, zone: &str) -> Result<O, String> {
        let cidr = cidr.parse().map_err(|error| format!("{error}"))?;
        Ok(O::CreateSubnet { vpc: vpc.clone(), cidr, zone: zone.to_owned(), tags: self.tags(zone) })
    }

    pub(super) async fn subnet(&self, target: &Target, vpc: &ResourceId) -> Result<ResourceId, String> {
        self.create(target, self.new_subnet(vpc, "10.20.1.0/24", "us-east-1a")?).await
    }

    async fn vpcs(&self, target: &Target, tags: &Tags) -> Result<Vec<Vpc>, String> {
        let take = |reply| if let Reply::Ec2(ec2::Reply::Vpcs(page)) = reply { Some(page) } else { None };
        self.all(target, |page| O::DescribeVpcs { tags: tags.clone(), page }, take).await
    }

    async fn subnets(&self, target: &Target, tags: &Tags) -> Result<Vec<Subnet>, String> {
        let take = |reply| if let Reply::Ec2(ec2::Reply::Subnets(page)) = reply { Some(page) } else { None };
        self.all(target, |page| O::DescribeSubnets { tags: tags.clone(), page }, take).await
    }
}

pub(super) fn absent_vpc() -> Result<ResourceId, String> {
    id("vpc-00000000000000000")
}

fn attribute(vpc: &ResourceId, attribute: VpcAttribute) -> O {
    O::DescribeVpcAttribute { vpc: vpc.clone(), attribute }
}

fn set(vpc: &ResourceId, attribute: VpcAttribute, value: bool) -> O {
    O::ModifyVpcAttribute { vpc: vpc.clone(), attribute, value }
}

pub(super) async fn create(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let found = bench.vpcs(&target, &bench.tags("vpc")).await?;
    let [row] = found.as_slice() else { return Err(format!("{} VPCs carry its tags", found.len())) };
    ensure!(row.id == vpc && !row.is_default && row.cidr.to_string() == "10.20.0.0/16", "found {row:?}");
    ensure!(row.tags == bench.tags("vpc"), "it carries {:?}", row.tags);
    ensure!(bench.vpcs(&target, &bench.tags("nothing")).await?.is_empty(), "the filter lets others through");
    let all = bench.vpcs(&target, &Tags::new()).await?;
    ensure!(all.iter().any(|row| row.is_default), "the account has no default VPC");
    Ok(())
}

pub(super) async fn attributes(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let (support, hostnames) = (VpcAttribute::DnsSupport, VpcAttribute::DnsHostnames);
    for (which, expected) in [(support, true), (hostnames, false)] {
        let value = reply!(bench.call(&target, attribute(&vpc, which)).await, Ec2(ec2::Reply::VpcAttribute));
        ensure!(value == expected, "{which:?} begins as {value}");
    }
    bench.call(&target, set(&vpc, hostnames, true)).await?;
    let value = reply!(bench.call(&target, attribute(&vpc, hostnames)).await, Ec2(ec2::Reply::VpcAttribute));
    ensure!(value, "host names stay off");
    let absent = absent_vpc()?;
    bench.refused(&target, attribute(&absent, support), &NO_VPC).await?;
    bench.refused(&target, set(&absent, support, true), &NO_VPC).await.map(drop)
}

pub(super) async fn bad_size(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    for cidr in ["10.0.0.0/15", "10.0.0.0/29"] {
        bench.refused(&target, bench.new_vpc("vpc", cidr)?, &["InvalidVpc.Range", "InvalidVpcRange"]).await?;
    }
    Ok(())
}

pub(super) async fn bad_range(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    for cidr in ["127.0.0.0/16", "169.254.0.0/16", "224.0.0.0/16", "0.1.0.0/16"] {
        bench.refused(&target, bench.new_vpc("vpc", cidr)?, &["InvalidVpc.Range", "InvalidVpcRange"]).await?;
    }
    Ok(())
}

pub(super) async fn delete(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let subnet = bench.subnet(&target, &vpc).await?;
    let delete = O::DeleteVpc { vpc: vpc.clone() };
    bench.refused(&target, delete.clone(), &["DependencyViolation"]).await?;
    bench.call(&target, O::DeleteSubnet { subnet: subnet.clone() }).await?;
    bench.refused(&target, O::DeleteSubnet { subnet }, &["InvalidSubnetID.NotFound"]).await?;
    bench.call(&target, delete.clone()).await?;
    ensure!(bench.vpcs(&target, &bench.tags("vpc")).await?.is_empty(), "it is still there");
    bench.refused(&target, delete, &NO_VPC).await.map(drop)
}

/// Every account has two zones at least, all of them of its region, and a subnet can be created in each.
pub(super) async fn zones(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let zones =
        reply!(bench.call(&target, O::DescribeAvailabilityZones).await, Ec2(ec2::Reply::AvailabilityZones));
    let usable = AvailabilityZone::usable(&zones);
    let of_region =
        |name: &String| name.strip_prefix("us-east-1").is_some_and(|rest| rest.len() == 1 && rest.is_ascii());
    ensure!(usable.names().len() >= 2 && usable.names().iter().all(of_region), "{usable:?}");
    let vpc = bench.vpc(&target).await?;
    for (number, name) in usable.names().iter().enumerate() {
        let subnet = bench.new_subnet(&vpc, &format!("10.20.{number}.0/24"), name)?;
        bench.create(&target, subnet).await?;
    }
    Ok(())
}

pub(super) async fn subnets(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let subnet = bench.subnet(&target, &vpc).await?;
    let found = bench.subnets(&target, &bench.tags("us-east-1a")).await?;
    let [row] = found.as_slice() else { return Err(format!("{} subnets carry its tags", found.len())) };
    ensure!(
        row.id == subnet
            && row.vpc == vpc
            && row.zone == "us-east-1a"
            && row.cidr.to_string() == "10.20.1.0/24",
        "found {row:?}"
    );
    let clash = bench.new_subnet(&vpc, "10.20.0.0/20", "us-east-1b")?;
    bench.refused(&target, clash, &["InvalidSubnet.Conflict"]).await?;
    let outside = bench.new_subnet(&vpc, "10.21.0.0/24", "us-east-1b")?;
    bench.refused(&target, outside, &["InvalidSubnet.Range"]).await?;
    let nowhere = bench.new_subnet(&absent_vpc()?, "10.20.9.0/24", "us-east-1b")?;
    bench.refused(&target, nowhere, &NO_VPC).await.map(drop)
}

pub(super) async fn small_subnet(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let small = bench.new_subnet(&vpc, "10.20.1.0/29", "us-east-1a")?;
    bench.refused(&target, small, &["InvalidSubnet.Range"]).await.map(drop)
}

pub(super) async fn foreign_zone(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let foreign = bench.new_subnet(&vpc, "10.20.1.0/24", "eu-west-1a")?;
    bench.refused(&target, foreign, &["InvalidParameterValue"]).await.map(drop)
}

pub(super) async fn tags(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let tags = Tags::from_iter([("color".to_owned(), "green".to_owned())]);
    let add = O::CreateTags { resource: vpc.clone(), tags: tags.clone() };
    bench.call(&target, add.clone()).await?;
    bench.call(&target, add).await?;
    let keys = bench.tags("vpc").keys().cloned().collect();
    bench.call(&target, O::DeleteTags { resource: vpc.clone(), keys }).await?;
    let found = bench.vpcs(&target, &tags).await?;
    ensure!(found.len() == 1 && found[0].id == vpc && found[0].tags == tags, "ends with {found:?}");
    bench.refused(&target, O::CreateTags { resource: absent_vpc()?, tags }, &NO_VPC).await.map(drop)
}
