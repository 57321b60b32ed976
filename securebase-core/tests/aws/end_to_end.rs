//! The main job against moto: ten tenants planned, applied, planned again; then looked at by somebody else.

use std::sync::atomic::{AtomicUsize, Ordering};

use securebase_core::aws::AwsCloud;
use securebase_core::cloud::{
    Call, Cloud, CloudError, Operation, Reply, ReplyFuture, Target, ec2, kms, logs, organizations,
};
use securebase_core::exec::{ApplyOptions, Run, apply};
use securebase_core::input::Format;
use securebase_core::model::{LandingZone, Limits, ResourceKind, Tags};
use securebase_core::observe::{Scope, survey};
use securebase_core::plan::{Action, Plan, Planner};
use securebase_core::state::{MemoryStore, RunStatus, State};

use super::moto::Moto;
use super::verify::{Wanted, verify};

/// What the file of the ten tenants says, copied from it by hand.
const TENANTS: [Wanted; 10] = [
    ("acme-finance", "john@acmefinance.com", "Customers-Fintech", "10.0.0.0/16"),
    ("quantumbank-fintech", "ops@quantumbank.com", "Customers-Fintech", "10.1.0.0/16"),
    ("metabank-fintech", "cloud@metabank.example.com", "Customers-Fintech", "10.2.0.0/16"),
    ("crossbank-fintech", "cloud@crossbank.example.com", "Customers-Fintech", "10.5.0.0/16"),
    ("medicorp-health", "compliance@medicorp.com", "Customers-Healthcare", "10.1.0.0/16"),
    ("guardian-health", "cloud@guardianhealth.example.com", "Customers-Healthcare", "10.3.0.0/16"),
    ("techgov-federal", "security@techgov.gov", "Customers-Government-Federal", "10.4.0.0/16"),
    ("statecorp-govfed", "cloud@statecorp.example.com", "Customers-Government-Federal", "10.4.0.0/16"),
    ("startup-standard", "admin@startupcorp.io", "Customers-Standard", "10.1.0.0/16"),
    ("techstartup-std", "cloud@techstartup.example.com", "Customers-Standard", "10.6.0.0/16"),
];

/// The ten tenants that ship with the examples, at the pace of moto: at that of AWS, ten accounts take more than a minute.
fn zone() -> LandingZone {
    let limits = Limits::default();
    let rates = limits.iter().filter(|limit| limit.name.ends_with("_rate") || limit.name.ends_with("_burst"));
    let unhurried: String = rates.map(|rate| format!("  {} = 200\n", rate.name)).collect();
    let text = include_str!("../../../examples/ten-tenants.client.auto.tfvars");
    let text = format!("{text}\nlimits = {{\n{unhurried}}}\n");
    LandingZone::parse(&text, Format::Tfvars, None).unwrap_or_else(|problems| panic!("{problems}"))
}

/// AWS, with its changing calls counted and, if asked for, the replies to some of them lost.
struct Watched {
    cloud: AwsCloud,
    changes: AtomicUsize,
    lose_every: Option<usize>,
}

impl Watched {
    async fn new(moto: &Moto, lose_every: Option<usize>) -> Self {
        Self { cloud: moto.cloud().await, changes: AtomicUsize::new(0), lose_every }
    }

    fn changes(&self) -> usize {
        self.changes.load(Ordering::Relaxed)
    }
}

impl Cloud for Watched {
    fn call(&self, call: Call) -> ReplyFuture<'_> {
        if !call.operation.is_mutating() {
            return self.cloud.call(call);
        }
        let number = 1 + self.changes.fetch_add(1, Ordering::Relaxed);
        let lost = self.lose_every.is_some_and(|every| number.is_multiple_of(every));
        Box::pin(async move {
            let reply = self.cloud.call(call).await?;
            if lost {
                Err(CloudError::unknown("ConnectionLost", "the test lost the reply"))
            } else {
                Ok(reply)
            }
        })
    }
}

async fn plan(zone: &LandingZone, cloud: &dyn Cloud) -> Plan {
    let observed = survey(cloud, &Scope::of(zone)).await.unwrap();
    Planner::new(zone).observed(&observed).plan().unwrap()
}

async fn carry_out(plan: &Plan, cloud: &dyn Cloud, state: &State) -> Run {
    let run = apply(plan, cloud, state, ApplyOptions::new().who("test")).await.unwrap();
    assert_eq!(run.status, RunStatus::Succeeded, "{run}");
    run
}

#[tokio::test]
async fn ten_tenants_come_to_be_and_stay() {
    let moto = Moto::start();
    let cloud = Watched::new(&moto, None).await;
    let (zone, state) = (zone(), State::new(MemoryStore::new()));
    let first = plan(&zone, &cloud).await;
    let created = &first.counts()[&Action::Create];
    for (kind, count) in [
        (ResourceKind::OrganizationalUnit, 4),
        (ResourceKind::Account, 10),
        (ResourceKind::Vpc, 10),
        (ResourceKind::Subnet, 30),
        (ResourceKind::NatGateway, 10),
        (ResourceKind::RouteTable, 20),
        (ResourceKind::InternetGateway, 10),
        (ResourceKind::FlowLog, 10),
    ] {
        assert_eq!(created[&kind], count, "{kind}");
    }
    assert_eq!(cloud.changes(), 0, "a plan changes nothing");

    let run = carry_out(&first, &cloud, &state).await;
    assert_eq!(run.applied.len(), first.steps().len());
    let looked_at =
        verify(&moto, &first, &zone, &TENANTS).unwrap_or_else(|differences| panic!("{differences}"));
    assert!(looked_at > 500, "only {looked_at} things were looked at");

    let changes = cloud.changes();
    let second = plan(&zone, &cloud).await;
    assert!(second.is_empty(), "not settled:\n{second}");
    carry_out(&second, &cloud, &state).await;
    carry_out(&first, &cloud, &state).await;
    assert_eq!(cloud.changes(), changes, "a second apply changed something");

    // Somebody takes a flow log away, which is mended, and makes a VPC of their own, which is none of our business.
    let acme = member(&zone, &cloud, "acme-finance").await;
    let ask = |operation| cloud.call(Call { target: acme.clone(), operation });
    let flow_logs =
        ask(ec2::Operation::DescribeFlowLogs { tags: Tags::new(), page: None }.into()).await.unwrap();
    let Reply::Ec2(ec2::Reply::FlowLogs(flow_logs)) = flow_logs else { panic!("{flow_logs:?}") };
    ask(ec2::Operation::DeleteFlowLogs { flow_log: flow_logs.items[0].id.clone() }.into()).await.unwrap();
    let foreign = Operation::Ec2(ec2::Operation::CreateVpc {
        cidr: "10.99.0.0/16".parse().unwrap(),
        tags: Tags::new(),
    });
    let Reply::Created(foreign) = ask(foreign).await.unwrap() else { panic!("no VPC") };
    let differences = verify(&moto, &first, &zone, &TENANTS).unwrap_err();
    assert!(differences.contains("acme-finance: number of VPCs: found 2, wanted 1"), "{differences}");
    let correction = plan(&zone, &cloud).await;
    let steps: Vec<_> = correction.steps().map(|step| (step.action, step.address.as_str())).collect();
    assert_eq!(steps, [(Action::Create, "tenant/acme-finance/vpc/flow-log")]);
    carry_out(&correction, &cloud, &state).await;
    ask(ec2::Operation::DeleteVpc { vpc: foreign }.into()).await.unwrap();
    verify(&moto, &first, &zone, &TENANTS).unwrap_or_else(|differences| panic!("{differences}"));
}

/// Where the calls for a tenant's account go.
async fn member(zone: &LandingZone, cloud: &dyn Cloud, key: &str) -> Target {
    let email = TENANTS.iter().find(|tenant| tenant.0 == key).unwrap().1;
    let call = Call {
        target: Target::Management,
        operation: organizations::Operation::ListAccounts { page: None }.into(),
    };
    let Reply::Organizations(organizations::Reply::Accounts(page)) = cloud.call(call).await.unwrap() else {
        panic!("no accounts")
    };
    let account = page.items.iter().find(|account| account.email.eq_ignore_ascii_case(email)).unwrap().id;
    Target::Member { account, region: zone.region.clone(), role: zone.access_role.clone() }
}

#[tokio::test]
async fn lost_replies_double_nothing() {
    let moto = Moto::start();
    let cloud = Watched::new(&moto, Some(7)).await;
    let (zone, state) = (zone(), State::new(MemoryStore::new()));
    let first = plan(&zone, &cloud).await;
    carry_out(&first, &cloud, &state).await;
    verify(&moto, &first, &zone, &TENANTS).unwrap_or_else(|differences| panic!("{differences}"));
    assert!(plan(&zone, &cloud).await.is_empty());
}

/// Gateway endpoints are switched on where the networks exist, and off again: then all is as it was before.
#[tokio::test]
async fn gateway_endpoints_come_and_go() {
    let moto = Moto::start();
    let cloud = Watched::new(&moto, None).await;
    let (zone, state) = (zone(), State::new(MemoryStore::new()));
    let first = plan(&zone, &cloud).await;
    carry_out(&first, &cloud, &state).await;
    let mut with_endpoints = zone.clone();
    let network = with_endpoints.network.as_mut().unwrap();
    assert!(network.gateway_endpoints.add("s3") && network.gateway_endpoints.add("dynamodb"));
    let on = plan(&with_endpoints, &cloud).await;
    assert_eq!(on.counts()[&Action::Create][&ResourceKind::VpcEndpoint], 20);
    assert_eq!(on.steps().len(), 20);
    carry_out(&on, &cloud, &state).await;
    assert!(plan(&with_endpoints, &cloud).await.is_empty());
    let differences = verify(&moto, &first, &zone, &TENANTS).unwrap_err();
    assert!(differences.contains("acme-finance: VPC endpoints: found 2, wanted 0"), "{differences}");

    let off = plan(&zone, &cloud).await;
    assert_eq!(off.counts()[&Action::Delete][&ResourceKind::VpcEndpoint], 20);
    carry_out(&off, &cloud, &state).await;
    assert!(plan(&zone, &cloud).await.is_empty());
    verify(&moto, &first, &zone, &TENANTS).unwrap_or_else(|differences| panic!("{differences}"));
}

/// Flow logs are encrypted from the beginning, and no longer: then the keys stay where they are.
#[tokio::test]
async fn keys_encrypt_flow_logs() {
    let moto = Moto::start();
    let cloud = Watched::new(&moto, Some(9)).await;
    let (zone, state) = (zone(), State::new(MemoryStore::new()));
    let mut encrypted = zone.clone();
    encrypted.network.as_mut().unwrap().encrypt_flow_logs = true;
    let first = plan(&encrypted, &cloud).await;
    assert_eq!(first.counts()[&Action::Create][&ResourceKind::KmsKey], 10);
    carry_out(&first, &cloud, &state).await;
    assert!(plan(&encrypted, &cloud).await.is_empty());

    let acme = member(&zone, &cloud, "acme-finance").await;
    let ask = |operation| cloud.call(Call { target: acme.clone(), operation });
    let listed = ask(kms::Operation::ListKeys { page: None }.into()).await.unwrap();
    let Reply::Kms(kms::Reply::Keys(keys)) = listed else { panic!("{listed:?}") };
    let [key] = keys.items.as_slice() else { panic!("{keys:?}") };
    let list = logs::Operation::DescribeLogGroups { prefix: String::new(), page: None };
    let listed = ask(list.into()).await.unwrap();
    let Reply::Logs(logs::Reply::LogGroups(groups)) = listed else { panic!("{listed:?}") };
    assert_eq!(groups.items[0].key.as_ref(), Some(key));

    // What was changed by hand comes back.
    let tag = Tags::from_iter([("Name".to_owned(), "mine".to_owned())]);
    ask(kms::Operation::TagKey { key: key.clone(), tags: tag }.into()).await.unwrap();
    let correction = plan(&encrypted, &cloud).await;
    assert_eq!(
        correction.steps().map(|step| step.address.as_str()).collect::<Vec<_>>(),
        ["tenant/acme-finance/key/logs"]
    );
    carry_out(&correction, &cloud, &state).await;
    assert!(plan(&encrypted, &cloud).await.is_empty());

    let off = plan(&zone, &cloud).await;
    assert!(off.is_empty(), "{off}");
    assert_eq!(off.warnings.iter().filter(|warning| warning.code == "key-kept").count(), 10);
}
