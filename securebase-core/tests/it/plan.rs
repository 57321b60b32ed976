//! What a plan says: counts, order, text, bytes.

use std::collections::BTreeMap;
use std::time::Duration;

use securebase_core::cloud::{Call, Cloud, Operation, Target, ec2};
use securebase_core::model::{Address, LandingZone, Problem, ResourceKind, Tags};
use securebase_core::observe::Observed;
use securebase_core::plan::{Action, DependencyReason, Error, Plan, Planner};

use crate::support::{ONE_TENANT, TEN_TENANTS, applied, now, plan, zone};

fn planned(zone: &LandingZone) -> Plan {
    Planner::new(zone).plan().unwrap_or_else(|error| panic!("{error}"))
}

fn created(plan: &Plan) -> BTreeMap<&'static str, usize> {
    plan.counts()[&Action::Create].iter().map(|(kind, count)| (kind.name(), *count)).collect()
}

#[test]
fn ten_tenants_create_what_the_reports_count() {
    let created = created(&planned(&zone(TEN_TENANTS)));
    let expected = BTreeMap::from([
        ("account", 10),
        ("elastic_ip", 10),
        ("flow_log", 10),
        ("flow_log_role", 10),
        ("internet_gateway", 10),
        ("log_group", 10),
        ("nat_gateway", 10),
        ("organizational_unit", 4),
        ("policy_attachment", 4),
        ("route", 20),
        ("route_table", 20),
        ("route_table_association", 30),
        ("service_control_policy", 4),
        ("subnet", 30),
        ("vpc", 10),
    ]);
    assert_eq!(created, expected);
}

#[test]
fn without_networks_one_tenant_creates_the_three_resources_of_the_reports_and_their_policy() {
    let text = ONE_TENANT.replace("enable_vpc    = true", "enable_vpc    = false");
    let plan = planned(&zone(&text));
    let expected = BTreeMap::from([
        ("account", 1),
        ("organizational_unit", 1),
        ("policy_attachment", 1),
        ("service_control_policy", 1),
    ]);
    assert_eq!(created(&plan), expected);
    assert_eq!(plan.counts()[&Action::Move], BTreeMap::from([(ResourceKind::AccountPlacement, 1)]));
    assert_eq!(plan.steps().len(), 5);
}

/// The text was read by a person; run with `UPDATE_GOLDEN=1` to write it anew, and read it again.
#[test]
fn the_text_of_the_ten_tenants_is_the_committed_one() {
    golden("ten-tenants.plan.txt", &planned(&zone(TEN_TENANTS)).to_string());
}

#[test]
fn the_drawings_of_one_tenant_are_the_committed_ones() {
    let plan = planned(&zone(ONE_TENANT));
    golden("one-tenant.dot", &plan.to_dot());
    golden("one-tenant.mmd", &plan.to_mermaid());
}

pub(crate) fn golden(name: &str, text: &str) {
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "{name} differs; run with UPDATE_GOLDEN=1 and read the change\n{text}");
}

/// The tenants of a zone in another order, by the order of their keys reversed.
fn reversed(zone: &LandingZone) -> LandingZone {
    let mut zone = zone.clone();
    zone.tenants.reverse();
    zone
}

#[test]
fn the_order_in_the_file_changes_not_one_byte() {
    let zone = zone(TEN_TENANTS);
    assert_eq!(planned(&zone).to_json(), planned(&reversed(&zone)).to_json());
}

#[test]
fn guardrails_come_before_accounts_and_the_unit_before_the_network() {
    let zone = zone(TEN_TENANTS);
    let plan = planned(&zone);
    // Everything a step waits for, directly or not.
    let mut before: BTreeMap<&Address, Vec<&Address>> = BTreeMap::new();
    for step in plan.steps() {
        let mut all: Vec<&Address> = Vec::new();
        for dependency in &step.depends_on {
            all.push(&dependency.on);
            all.extend(&before[&dependency.on]);
        }
        all.sort();
        all.dedup();
        before.insert(&step.address, all);
    }
    for tenant in &zone.tenants {
        let at = |rest: &str| Address::tenant(&tenant.key, rest);
        let unit = tenant.ou_path();
        let policy = format!("securebase-{}", tenant.tier);
        assert!(before[&at("account")].contains(&&Address::attachment(&unit, &policy)));
        for step in plan.steps().filter(|step| step.tenant.as_ref() == Some(&tenant.key)) {
            let in_account = !matches!(step.kind, ResourceKind::Account | ResourceKind::AccountPlacement);
            if in_account {
                let placement = at("account/placement");
                assert!(before[&step.address].contains(&&placement), "{} before {placement}", step.address);
            }
        }
        assert!(before[&at("vpc/nat-gateway/nat-1")].contains(&&at("vpc/internet-gateway")));
    }
}

#[test]
fn every_wait_has_its_reason() {
    let plan = planned(&zone(ONE_TENANT));
    let account = plan.step(&Address::new("tenant/acme-finance/account")).unwrap();
    let reasons: Vec<DependencyReason> =
        account.depends_on.iter().map(|dependency| dependency.reason).collect();
    assert_eq!(reasons, [DependencyReason::Guarded, DependencyReason::Guarded]);
    let (on, why) = account.waits_for().next().unwrap();
    assert_eq!(on.as_str(), "organization/attachment/Customers-Fintech/securebase-fintech");
    assert_eq!(why, "the guardrails must be in force first");
}

/// A tenant's network is one VPC with one internet gateway, three subnets and two route tables of its own; AWS adds a default
/// VPC with its gateway to each region of an account, and a main route table to each VPC.
#[test]
fn a_network_that_exceeds_a_quota_of_its_account_is_a_warning() {
    let warned = |limit: &str| -> Vec<Problem> {
        let plan = planned(&zone(&format!("{TEN_TENANTS}\nlimits = {{ accounts = 20, {limit} }}\n")));
        plan.warnings.into_iter().filter(|warning| warning.code == "quota-request").collect()
    };
    for (name, needed) in
        [("vpcs", 2), ("internet_gateways", 2), ("subnets_per_vpc", 3), ("route_tables_per_vpc", 3)]
    {
        assert_eq!(warned(&format!("{name} = {needed}")), [], "{name}");
        let warnings = warned(&format!("{name} = {}", needed - 1));
        let [warning] = warnings.as_slice() else { panic!("{name}: {warnings:?}") };
        assert_eq!(warning.path, format!("limits.{name}"));
        assert!(warning.message.contains(&format!("10 tenant(s) need up to {needed} ")), "{warning}");
        assert!(warning.hint.contains(&format!("`limits.{name} = {needed}`")), "{warning}");
    }
}

#[test]
fn what_an_account_has_counts_against_its_quotas() {
    let (cloud, _) = applied(&ONE_TENANT.replace("enable_vpc    = true", "enable_vpc    = false"));
    let account = cloud.snapshot()["account"].as_array().unwrap().iter().find_map(|row| {
        (row["name"] == "acme-finance").then(|| row["id"].as_str().unwrap().parse().unwrap())
    });
    let limited = zone(&format!("{ONE_TENANT}\nlimits = {{ vpcs = 2 }}\n"));
    let target = Target::Member {
        account: account.unwrap(),
        region: limited.region.clone(),
        role: limited.access_role.clone(),
    };
    let quotas = || -> Vec<String> {
        let warnings = plan(&limited, &cloud).warnings.into_iter();
        warnings.filter(|one| one.path == "limits.vpcs").map(|one| one.message).collect()
    };
    assert_eq!(quotas(), [""; 0]);
    let operation = Operation::Ec2(ec2::Operation::CreateVpc {
        cidr: "172.16.0.0/16".parse().unwrap(),
        tags: Tags::new(),
    });
    // An account of an hour ago answers, and what it holds is seen.
    now(cloud.runtime().sleep(Duration::from_secs(3_600)));
    now(cloud.call(Call { target, operation })).unwrap();
    now(cloud.runtime().sleep(Duration::from_secs(3_600)));
    let [warning] = quotas().try_into().unwrap();
    assert!(warning.contains("1 tenant(s) need up to 3 VPCs"), "{warning}");
}

#[test]
fn a_tenant_of_a_tier_that_the_zone_lacks_is_refused() {
    let mut zone = zone(ONE_TENANT);
    zone.tenants[0].tier = "platinum".parse().unwrap();
    let Err(Error::Problems(problems)) = Planner::new(&zone).plan() else { panic!("it is planned") };
    let key = &zone.tenants[0].key;
    let found: Vec<_> = problems.iter().map(|it| (it.code.as_str(), it.path.clone())).collect();
    assert_eq!(found, [("tier-unknown", format!("clients.\"{key}\".tier"))]);
    assert_eq!(problems.0[0].message, "unknown tier `platinum`");
}

#[test]
fn a_saved_plan_comes_back_the_same_and_no_other() {
    let plan = planned(&zone(ONE_TENANT));
    let text = plan.to_json();
    assert_eq!(Plan::from_json(&text).unwrap(), plan);
    let tampered = text.replacen("10.0.0.0/16", "10.9.0.0/16", 1);
    assert!(matches!(Plan::from_json(&tampered), Err(Error::Fingerprint { .. })));
    let newer = text.replacen("\"format_version\": 1", "\"format_version\": 99", 1);
    assert!(matches!(Plan::from_json(&newer), Err(Error::Version(99))));
    assert!(matches!(Plan::from_json("[]"), Err(Error::Malformed(_))));
}

#[test]
fn more_accounts_than_aws_grants_unasked_is_a_warning_with_the_request_to_make() {
    let plan = planned(&zone(TEN_TENANTS));
    let quota = plan.warnings.iter().find(|warning| warning.code == "quota-request").unwrap();
    assert_eq!(quota.path, "limits.accounts");
    assert!(quota.message.contains("needs 11 accounts"), "{quota}");
    assert!(quota.hint.contains("Service Quotas"), "{quota}");
    // A granted raise, written down, silences it.
    let raised = format!("{TEN_TENANTS}\nlimits = {{ accounts = 20 }}\n");
    assert!(planned(&zone(&raised)).warnings.iter().all(|warning| warning.code != "quota-request"));
}

#[test]
fn a_saved_plan_comes_back_to_the_last_bit_of_its_numbers() {
    let mut zone = zone(ONE_TENANT);
    let names: Vec<String> = zone.limits.iter().map(|limit| limit.name.clone()).collect();
    for round in 1..=20 {
        for (place, name) in names.iter().enumerate().filter(|(_, name)| name.ends_with("_rate")) {
            zone.limits.set(name, f64::from(round) / (place as f64 + 3.0)).unwrap();
        }
        let plan = planned(&zone);
        assert_eq!(Plan::from_json(&plan.to_json()).unwrap(), plan);
    }
}

#[test]
fn limits_set_by_a_program_are_as_good_as_written_ones() {
    let mut set = zone(TEN_TENANTS);
    set.limits.set("create_account_rate", 0.5).unwrap();
    let written = zone(&format!("{TEN_TENANTS}\nlimits = {{ create_account_rate = 0.5 }}\n"));
    assert_eq!(planned(&set).limit_overrides, BTreeMap::from([("create_account_rate".to_owned(), 0.5)]));
    assert_eq!(planned(&set).limit_overrides, planned(&written).limit_overrides);
}

#[test]
fn an_organization_that_does_not_exist_is_part_of_the_plan() {
    let zone = zone(ONE_TENANT);
    let nothing = Observed::default();
    let plan = Planner::new(&zone).observed(&nothing).plan().unwrap();
    assert_eq!(created(&plan)["organization"], 1);
    assert_eq!(plan.counts()[&Action::Update], BTreeMap::from([(ResourceKind::OrganizationRoot, 1)]));
}

#[test]
fn an_account_id_that_the_organization_does_not_have_is_refused() {
    let text =
        ONE_TENANT.replace("prefix        = \"acme\"", "prefix = \"acme\"\n account_id = \"123456789012\"");
    let Err(Error::Problems(problems)) = Planner::new(&zone(&text)).plan() else { panic!("it was planned") };
    assert_eq!(problems.0[0].code, "account-id-unknown");
    assert!(problems.to_string().contains("123456789012"));
}

#[test]
fn a_thousand_tenants_without_blocks_fit_the_pool_that_nobody_described() {
    let clients: serde_json::Map<String, serde_json::Value> = (0..1_000)
        .map(|number| {
            let email = format!("ops@t{number}.example.com");
            let tenant = serde_json::json!({
                "tier": "standard", "framework": "cis", "prefix": format!("t{number}"), "contact_email": email,
            });
            (format!("tenant-{number}"), tenant)
        })
        .collect();
    let zone = LandingZone::from_value(&serde_json::json!({ "clients": clients })).unwrap();
    let plan = planned(&zone);
    assert_eq!(created(&plan)["vpc"], 1_000);
    let blocks: std::collections::BTreeSet<_> = plan.tenants.iter().map(|tenant| tenant.vpc_cidr).collect();
    assert_eq!(blocks.len(), 1_000);
}
