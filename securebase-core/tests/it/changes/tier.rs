//! Accounts move: to another tier, and from flat units into a hierarchy. Guardrails come first, leftovers last.

use securebase_core::model::{Address, ResourceKind};
use securebase_core::plan::{Action, DependencyReason, Site};
use securebase_core::sim::{Faults, SimulatedCloud};
use securebase_core::state::RunStatus;

use super::{replan, writes};
use crate::support::{ONE_TENANT, TEN_TENANTS, addresses, applied, apply, crash_after_every_call, zone};

/// The only tenant of a tier goes to another.
fn moved() -> String {
    ONE_TENANT
        .replace("tier          = \"fintech\"", "tier          = \"healthcare\"")
        .replace("framework     = \"soc2\"", "framework     = \"hipaa\"")
}

/// The policy of a tier names the regions of its tenants: it must not lose one before its last tenant there has left.
#[test]
fn a_policy_changes_after_the_accounts_that_leave_it() {
    let two = ONE_TENANT.replace("enable_vpc    = true", "enable_vpc    = false").replace(
        "clients = {",
        "clients = {\n  \"west\" = {\n    tier = \"fintech\"\n    framework = \"soc2\"\n    prefix = \"west\"\n    \
         contact_email = \"west@example.com\"\n    region = \"us-west-2\"\n  }\n",
    );
    let (cloud, state) = applied(&two);
    let moved = two.replacen("\"fintech\"", "\"healthcare\"", 1).replacen("\"soc2\"", "\"hipaa\"", 1);
    let plan = replan(&zone(&moved), &cloud, &state);
    let policy = plan.step(&Address::policy("securebase-fintech")).unwrap();
    assert_eq!(policy.action, Action::Update);
    let placement = Address::new("tenant/west/account/placement");
    assert!(policy.depends_on.iter().any(|wait| wait.on == placement), "{plan}");
    let at = |address: &Address| plan.steps().position(|step| step.address == *address).unwrap();
    assert!(at(&placement) < at(&policy.address), "{plan}");
}

#[test]
fn a_tier_move_attaches_first_moves_then_clears_away() {
    let (cloud, state) = applied(ONE_TENANT);
    let zone = zone(&moved());
    let plan = replan(&zone, &cloud, &state);
    let placement = plan.step(&Address::new("tenant/acme-finance/account/placement")).unwrap();
    assert_eq!(placement.action, Action::Move);
    let guarded: Vec<&str> = placement
        .depends_on
        .iter()
        .filter(|on| on.reason == DependencyReason::Guarded)
        .map(|on| on.on.as_str())
        .collect();
    assert!(guarded.contains(&"organization/attachment/Customers-Healthcare/securebase-healthcare"));
    let deleted: Vec<&str> =
        plan.steps().filter(|step| step.action == Action::Delete).map(|step| step.address.as_str()).collect();
    assert_eq!(
        deleted,
        [
            "organization/attachment/Customers-Fintech/securebase-fintech",
            "organization/policy/securebase-fintech",
            "organization/ou/Customers-Fintech",
        ]
    );
    crate::plan::golden("tier-move.plan.txt", &plan.to_string());
    let calls = cloud.calls().len();
    assert_eq!(apply(&plan, &cloud, &state).failed, []);
    let written = writes(&cloud, calls);
    let at = |name: &str| written.iter().position(|call| call == name).unwrap();
    assert!(at("organizations:AttachPolicy") < at("organizations:MoveAccount"));
    assert!(at("organizations:MoveAccount") < at("organizations:DetachPolicy"));
    assert!(at("organizations:DetachPolicy") < at("organizations:DeletePolicy"));
    assert!(at("organizations:DetachPolicy") < at("organizations:DeleteOrganizationalUnit"));
    assert!(written.iter().all(|call| !call.starts_with("ec2:")), "{written:?}");
    assert!(replan(&zone, &cloud, &state).is_empty());
    let units = cloud.snapshot()["organizational_unit"].as_array().unwrap().len();
    assert_eq!(units, 1);
}

/// What exists of the organization: names of units and policies, and where accounts and policies are.
fn organization(cloud: &SimulatedCloud) -> String {
    let snapshot = cloud.snapshot();
    let list = |kind: &str| snapshot[kind].as_array().unwrap().clone();
    let units = list("organizational_unit");
    let name = |id: &serde_json::Value| {
        units
            .iter()
            .find(|unit| unit["id"] == *id)
            .map_or_else(|| "elsewhere".into(), |unit| unit["name"].clone())
    };
    let mut lines: Vec<String> = units.iter().map(|unit| format!("unit {}", unit["name"])).collect();
    lines.extend(list("account").iter().map(|found| {
        format!("account {} in {} {} {}", found["name"], name(&found["ou_id"]), found["state"], found["tags"])
    }));
    for policy in list("service_control_policy") {
        let targets: Vec<_> = policy["targets"].as_array().unwrap().iter().map(name).collect();
        lines.push(format!("policy {} on {targets:?}", policy["name"]));
    }
    for kind in ["vpc", "subnet", "nat_gateway", "elastic_ip", "route_table", "flow_log", "log_group"] {
        lines
            .extend(list(kind).iter().map(|found| format!("{kind} {}", found["tags"]["securebase:address"])));
    }
    lines.sort();
    lines.join("\n")
}

#[test]
fn a_crash_anywhere_in_a_tier_move_ends_where_no_crash_would_have() {
    let zone = zone(&moved());
    let (cloud, state) = applied(ONE_TENANT);
    let base = cloud.observe();
    let plan = replan(&zone, &cloud, &state);
    apply(&plan, &cloud, &state);
    let expected = organization(&cloud);
    let world = |after| {
        let faults = Faults { crash_after_calls: Some(after), not_yet_visible: 0.2, ..Faults::default() };
        SimulatedCloud::builder(after).observed(&base).faults(faults).build()
    };
    let crashed_at = crash_after_every_call(&plan, world, |cloud, after| {
        assert_eq!(organization(cloud), expected, "crash after {after} calls");
    });
    assert!(crashed_at > 20, "only {crashed_at} calls were made in all");
}

#[test]
fn flat_units_become_a_hierarchy_without_touching_a_network() {
    let flat = TEN_TENANTS.to_owned();
    let levels = |template: &str| format!("{TEN_TENANTS}\nou_path = \"{template}\"\n");
    let with_verticals =
        |text: String| text.replacen("prefix ", "vertical = \"Large Banks\"\n    prefix ", 1);
    let (cloud, state) = applied(&flat);
    for (text, depth) in [
        (levels("{ou}/{region}"), 2),
        (with_verticals(levels("{ou}/{region}/{vertical}")), 3),
        (flat.clone(), 1),
    ] {
        let zone = zone(&text);
        let plan = replan(&zone, &cloud, &state);
        assert!(!plan.is_empty());
        let in_accounts: Vec<&Address> =
            plan.steps().filter(|step| step.site != Site::Management).map(|step| &step.address).collect();
        assert!(in_accounts.is_empty(), "{in_accounts:?}");
        // The tier's policy hangs above; nothing is attached or detached on the way.
        assert!(plan.steps().all(|step| step.kind != ResourceKind::PolicyAttachment), "{plan}");
        let calls = cloud.calls().len();
        let run = apply(&plan, &cloud, &state);
        assert_eq!((run.status, run.failed), (RunStatus::Succeeded, vec![]));
        let allowed = ["MoveAccount", "CreateOrganizationalUnit", "DeleteOrganizationalUnit"];
        for call in writes(&cloud, calls) {
            assert!(allowed.iter().any(|name| call.ends_with(name)), "{call}");
        }
        assert!(replan(&zone, &cloud, &state).is_empty());
        let deepest = zone.tenants.iter().map(|tenant| tenant.ou_path.len()).max().unwrap();
        assert_eq!(deepest, depth);
        // Units that nobody needs any more are gone: as many are left as the zone has paths.
        let scope = securebase_core::observe::Scope::of(&zone);
        let units = cloud.snapshot()["organizational_unit"].as_array().unwrap().len();
        assert_eq!(units, scope.unit_paths.len());
    }
}

#[test]
fn whoever_stays_in_an_old_unit_keeps_its_guardrails() {
    let (cloud, state) = applied(TEN_TENANTS);
    // A tier is taken out of use in the file while one of its tenants was simply forgotten.
    let mut zone = zone(TEN_TENANTS);
    let tier = zone.tenants[0].tier.clone();
    zone.tenants.retain(|tenant| tenant.tier != tier);
    let plan = replan(&zone, &cloud, &state);
    assert!(plan.steps().all(|step| step.action != Action::Delete), "{plan}");
    assert!(plan.warnings.iter().any(|warning| warning.code == "unit-kept"), "{plan}");
    assert!(plan.warnings.iter().any(|warning| warning.code == "account-unclaimed"), "{plan}");
    assert_eq!(addresses(&plan), Vec::<String>::new());
}
