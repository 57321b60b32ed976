//! What a call to the simulated cloud costs in real time, and that it costs no more in a large world.
//!
//! Reference: a handful of SHA-256 and ChaCha draws is what every call needs at least; see `simulated.draw`.

use std::time::Duration;

use securebase_benches::{exponent, record, resident_bytes, timed};
use securebase_core::cloud::{Call, Operation, Reply, Target, ec2, organizations, sts};
use securebase_core::model::{AccountId, Limits, Region, ResourceId, RoleName, Tags};
use securebase_core::sim::SimulatedCloud;
use securebase_core::time::{Seed, Time};

/// Tenants, each with one account, one unit's move and one network.
const SIZES: [u32; 3] = [100, 1_000, 10_000];

struct Caller {
    cloud: SimulatedCloud,
    now: Time,
    calls: usize,
}

impl Caller {
    fn call(&mut self, target: &Target, operation: impl Into<Operation>) -> Option<Reply> {
        self.calls += 1;
        let call = Call { target: target.clone(), operation: operation.into() };
        self.cloud.submit(self.now, &call).result.ok()
    }

    fn create(&mut self, target: &Target, operation: impl Into<Operation>) -> Option<ResourceId> {
        match self.call(target, operation)? {
            Reply::Created(id) => Some(id),
            _ => None,
        }
    }

    fn wait(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
        self.cloud.advance_to(self.now);
    }
}

fn tags(tenant: u32, address: &str) -> Tags {
    Tags::from_iter([
        ("securebase:address".to_owned(), format!("tenant/t{tenant}/{address}")),
        ("securebase:tenant".to_owned(), format!("t{tenant}")),
        ("securebase:zone".to_owned(), "bench".to_owned()),
    ])
}

/// The world of one size, and how many calls it took. `None` where a call was refused.
fn world(tenants: u32) -> Option<Caller> {
    let mut limits = Limits::default().raised();
    let wide: Vec<String> = limits
        .iter()
        .map(|limit| limit.name.clone())
        .filter(|name| name.ends_with("_rate") || name.ends_with("_burst") || name == "accounts_in_creation")
        .collect();
    for name in wide {
        limits.set(&name, 1e6).ok()?;
    }
    let cloud = SimulatedCloud::builder(1).limits(limits).build();
    let mut caller = Caller { cloud, now: Time::ZERO, calls: 0 };
    let management = Target::Management;
    let Some(Reply::Organizations(organizations::Reply::Roots(roots))) =
        caller.call(&management, organizations::Operation::ListRoots)
    else {
        return None;
    };
    let root = roots.first()?.id.clone();
    let unit = organizations::Operation::CreateOrganizationalUnit {
        parent: root.clone(),
        name: "all".into(),
        tags: Tags::new(),
    };
    let unit = caller.create(&management, unit)?;
    let role: RoleName = "OrganizationAccountAccessRole".parse().ok()?;
    let mut requests = Vec::new();
    for tenant in 0..tenants {
        let (name, email) = (format!("t{tenant}"), format!("aws+t{tenant}@example.com"));
        let create = organizations::Operation::CreateAccount {
            name,
            email,
            role: role.clone(),
            tags: tags(tenant, "account"),
        };
        let Reply::Organizations(organizations::Reply::AccountRequest(request)) =
            caller.call(&management, create)?
        else {
            return None;
        };
        requests.push(request.id);
    }
    caller.wait(1000);
    for (tenant, request) in (0..tenants).zip(requests) {
        let Reply::Organizations(organizations::Reply::AccountRequest(request)) =
            caller.call(&management, organizations::Operation::DescribeCreateAccountStatus { request })?
        else {
            return None;
        };
        let organizations::AccountRequestState::Succeeded { account } = request.state else {
            return None;
        };
        caller.call(
            &management,
            organizations::Operation::MoveAccount { account, from: root.clone(), to: unit.clone() },
        )?;
        network(&mut caller, tenant, account, &role)?;
    }
    Some(caller)
}

fn network(caller: &mut Caller, tenant: u32, account: AccountId, role: &RoleName) -> Option<()> {
    let target = Target::Member { account, region: Region::us_east_1(), role: role.clone() };
    caller.call(&target, sts::Operation::GetCallerIdentity)?;
    caller.call(&target, ec2::Operation::DescribeVpcs { tags: tags(tenant, "vpc"), page: None })?;
    let vpc = ec2::Operation::CreateVpc { cidr: "10.1.0.0/16".parse().ok()?, tags: tags(tenant, "vpc") };
    let vpc = caller.create(&target, vpc)?;
    let mut subnets = Vec::new();
    for (number, zone) in ["us-east-1a", "us-east-1b", "us-east-1c"].iter().enumerate() {
        let cidr = format!("10.1.{number}.0/24").parse().ok()?;
        let tags = tags(tenant, &format!("vpc/subnet/{number}"));
        let subnet = ec2::Operation::CreateSubnet { vpc: vpc.clone(), cidr, zone: (*zone).to_owned(), tags };
        subnets.push(caller.create(&target, subnet)?);
    }
    let gateway =
        caller.create(&target, ec2::Operation::CreateInternetGateway { tags: tags(tenant, "vpc/igw") })?;
    caller.call(
        &target,
        ec2::Operation::AttachInternetGateway { gateway: gateway.clone(), vpc: vpc.clone() },
    )?;
    let allocation =
        caller.create(&target, ec2::Operation::AllocateAddress { tags: tags(tenant, "vpc/eip") })?;
    let nat = ec2::Operation::CreateNatGateway {
        subnet: subnets[0].clone(),
        allocation,
        client_token: format!("nat-{tenant}"),
        tags: tags(tenant, "vpc/nat"),
    };
    let nat = caller.create(&target, nat)?;
    for (name, way) in [("public", gateway), ("private", nat)] {
        let create = ec2::Operation::CreateRouteTable {
            vpc: vpc.clone(),
            client_token: format!("{name}-{tenant}"),
            tags: tags(tenant, &format!("vpc/{name}")),
        };
        let table = caller.create(&target, create)?;
        let destination = "0.0.0.0/0".parse().ok()?;
        caller
            .call(&target, ec2::Operation::CreateRoute { table: table.clone(), destination, gateway: way })?;
        let members = if name == "public" { &subnets[..1] } else { &subnets[1..] };
        for subnet in members {
            caller.create(
                &target,
                ec2::Operation::AssociateRouteTable { table: table.clone(), subnet: subnet.clone() },
            )?;
        }
    }
    caller
        .call(&target, ec2::Operation::DescribeNatGateways { tags: tags(tenant, "vpc/nat"), page: None })?;
    Some(())
}

fn main() {
    let seed = Seed::new(1);
    let draws = 100_000u64;
    let (took, _) =
        timed(|| (0..draws).fold(0, |sum, index| sum ^ seed.bits("a label of usual length", index)));
    record("simulated.draw", took.as_secs_f64() * 1e9 / draws as f64, "ns", 1);
    let mut points = Vec::new();
    for tenants in SIZES {
        let before = resident_bytes();
        let (took, caller) = timed(|| world(tenants));
        let Some(caller) = caller else {
            record(&format!("simulated.refused_at_{tenants}_tenants"), 1.0, "runs", 1);
            continue;
        };
        let per_call = took.as_secs_f64() * 1e6 / caller.calls as f64;
        points.push((f64::from(tenants), took.as_secs_f64()));
        record(&format!("simulated.call_at_{tenants}_tenants"), per_call, "us", caller.calls);
        record(&format!("simulated.world_of_{tenants}_tenants"), took.as_secs_f64(), "s", 1);
        if let (Some(before), Some(after)) = (before, resident_bytes()) {
            record(
                &format!("simulated.memory_at_{tenants}_tenants"),
                (after - before) / f64::from(tenants),
                "bytes/tenant",
                1,
            );
        }
    }
    record("simulated.growth", exponent(&points), "exponent", points.len());
}
