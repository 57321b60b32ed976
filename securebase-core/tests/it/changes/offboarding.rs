//! Tenants leave: on purpose, step by step, and never because a line is missing.

use securebase_core::exec::{self, ApplyOptions, Error};
use securebase_core::model::{Address, ResourceKind};
use securebase_core::plan::{Action, Disposition};
use securebase_core::sim::{Faults, SimulatedCloud};

use super::{let_go, replan, writes};
use crate::support::{ONE_TENANT, TEN_TENANTS, addresses, applied, memory, now, zone};

fn leaving(how: &str) -> String {
    ONE_TENANT.replace("prefix        =", &format!("offboard      = \"{how}\"\n    prefix        ="))
}

fn count(cloud: &SimulatedCloud, kind: &str) -> usize {
    cloud.snapshot()[kind].as_array().map_or(0, Vec::len)
}

fn account(cloud: &SimulatedCloud) -> serde_json::Value {
    cloud.snapshot()["account"][0].clone()
}

fn unit_of(cloud: &SimulatedCloud) -> String {
    let snapshot = cloud.snapshot();
    let units = snapshot["organizational_unit"].as_array().unwrap();
    let unit = units.iter().find(|unit| unit["id"] == snapshot["account"][0]["ou_id"]).unwrap();
    unit["name"].as_str().unwrap().to_owned()
}

#[test]
fn a_suspended_tenant_has_its_network_taken_down_then_its_account_moved() {
    let (cloud, state) = applied(ONE_TENANT);
    let zone = zone(&leaving("suspend"));
    let plan = replan(&zone, &cloud, &state);
    let named: Vec<&str> = plan.destructive().into_iter().map(Address::as_str).collect();
    assert_eq!(named, ["tenant/acme-finance/vpc", "tenant/acme-finance/vpc/elastic-ip/nat-1"]);
    let refused = now(exec::apply(&plan, &cloud, &state, ApplyOptions::new()));
    assert!(matches!(refused, Err(Error::Destructive { .. })), "{refused:?}");

    let calls = cloud.calls().len();
    let run = now(exec::apply(&plan, &cloud, &state, let_go(&plan))).unwrap();
    assert_eq!(run.failed, []);
    let written = writes(&cloud, calls);
    let last = |name: &str| written.iter().rposition(|call| call == name).unwrap_or_else(|| panic!("{name}"));
    let first = |name: &str| written.iter().position(|call| call == name).unwrap_or_else(|| panic!("{name}"));
    for (before, after) in [
        ("ec2:DeleteFlowLogs", "ec2:DeleteNatGateway"),
        ("ec2:DeleteRoute", "ec2:DeleteNatGateway"),
        ("ec2:DeleteNatGateway", "ec2:ReleaseAddress"),
        ("ec2:DisassociateRouteTable", "ec2:DeleteRouteTable"),
        ("ec2:DetachInternetGateway", "ec2:DeleteInternetGateway"),
        ("ec2:DeleteInternetGateway", "ec2:DeleteSubnet"),
        ("ec2:DeleteSubnet", "ec2:DeleteVpc"),
        ("ec2:DeleteVpc", "organizations:MoveAccount"),
        ("organizations:AttachPolicy", "organizations:MoveAccount"),
    ] {
        assert!(last(before) < first(after), "{before} before {after}");
    }
    for kind in ["vpc", "subnet", "nat_gateway", "elastic_ip", "route_table", "flow_log", "flow_log_role"] {
        assert_eq!(count(&cloud, kind), 0, "{kind}");
    }
    assert_eq!(count(&cloud, "log_group"), 1, "the audit trail stays");
    assert_eq!((unit_of(&cloud).as_str(), &account(&cloud)["state"]), ("Suspended", &"active".into()));
    let again = replan(&zone, &cloud, &state);
    assert!(again.is_empty(), "{again}");
    assert!(again.warnings.iter().any(|warning| warning.code == "log-group-kept"), "{again}");

    // Whoever comes back gets the account back, and a network again.
    let back = crate::support::zone(ONE_TENANT);
    let plan = replan(&back, &cloud, &state);
    assert!(plan.counts()[&Action::Create].contains_key(&ResourceKind::Vpc));
    assert!(!plan.counts()[&Action::Create].contains_key(&ResourceKind::Account));
    assert_eq!(now(exec::apply(&plan, &cloud, &state, let_go(&plan))).unwrap().failed, []);
    assert_eq!(unit_of(&cloud), "Customers-Fintech");
    assert!(replan(&back, &cloud, &state).is_empty());
}

#[test]
fn a_closed_tenant_is_suspended_first_and_its_account_must_be_named() {
    let (cloud, state) = applied(ONE_TENANT);
    let zone = zone(&leaving("close"));
    let plan = replan(&zone, &cloud, &state);
    let account_address = Address::new("tenant/acme-finance/account");
    assert!(plan.destructive().contains(&account_address), "{plan}");
    let close = plan.step(&account_address).unwrap();
    assert_eq!(close.action, Action::Delete);
    assert_eq!(close.depends_on[0].on.as_str(), "tenant/acme-finance/account/placement");
    assert_eq!(
        plan.unchanged_count(),
        plan.inventory.len() - plan.steps().filter(|step| plan.inventory.contains_key(&step.address)).count()
    );
    crate::plan::golden("close.plan.txt", &plan.to_string());
    let [record] = &plan.offboardings()[..] else { panic!("one tenant leaves") };
    assert_eq!(
        (record.tenant.as_str(), record.ou_path.as_deref()),
        ("acme-finance", Some("Customers-Fintech"))
    );
    assert_eq!(record.account_email.as_deref(), Some("aws+acme@example.com"));
    let dispositions =
        |disposition| record.resources.iter().filter(|found| found.disposition == disposition).count();
    assert_eq!(
        (
            dispositions(Disposition::Deleted),
            dispositions(Disposition::Kept),
            dispositions(Disposition::Closed)
        ),
        (16, 1, 1)
    );
    let run = now(exec::apply(&plan, &cloud, &state, let_go(&plan))).unwrap();
    assert_eq!(run.failed, []);
    assert_eq!((unit_of(&cloud).as_str(), &account(&cloud)["state"]), ("Suspended", &"suspended".into()));
    assert!(!now(state.resources()).unwrap().contains_key(&account_address));
    assert!(replan(&zone, &cloud, &state).is_empty());
    // Taken out of the file, nothing is left to say about it.
    let mut gone = zone.clone();
    gone.tenants.clear();
    let plan = replan(&gone, &cloud, &state);
    assert!(plan.warnings.iter().all(|warning| warning.code != "account-unclaimed"), "{plan}");
}

#[test]
fn more_closures_than_a_month_allows_are_told_beforehand() {
    let (cloud, state) = applied(TEN_TENANTS);
    let mut zone = zone(&format!("{TEN_TENANTS}\nlimits = {{ account_closures = 1 }}"));
    for tenant in zone.tenants.iter_mut().take(5) {
        tenant.offboard = Some(securebase_core::model::Offboarding::Close);
    }
    let plan = replan(&zone, &cloud, &state);
    assert!(plan.warnings.iter().any(|warning| warning.code == "closure-quota"), "{plan}");
}

#[test]
fn five_accounts_are_closed_three_at_a_time() {
    let (cloud, state) = applied(TEN_TENANTS);
    let mut zone = zone(TEN_TENANTS);
    for tenant in zone.tenants.iter_mut().take(5) {
        tenant.offboard = Some(securebase_core::model::Offboarding::Close);
    }
    let plan = replan(&zone, &cloud, &state);
    let run = now(exec::apply(&plan, &cloud, &state, let_go(&plan))).unwrap();
    assert_eq!(run.failed, []);
    let closed = |found: &&serde_json::Value| found["state"] == "suspended";
    assert_eq!(cloud.snapshot()["account"].as_array().unwrap().iter().filter(closed).count(), 5);
    assert!(replan(&zone, &cloud, &state).is_empty());
}

#[test]
fn a_crash_anywhere_in_a_departure_ends_where_no_crash_would_have() {
    let zone = zone(&leaving("close"));
    let (cloud, state) = applied(ONE_TENANT);
    let (plan, base) = (replan(&zone, &cloud, &state), cloud.observe());
    let mut crashed_at = 0;
    // Every third call: the sweep of all is the same in kind and takes three times as long.
    for after in (1..).step_by(3) {
        let state = memory();
        let faults = Faults { crash_after_calls: Some(after), ..Faults::default() };
        let cloud = SimulatedCloud::builder(after).observed(&base).faults(faults).build();
        match now(exec::apply(&plan, &cloud, &state, let_go(&plan))) {
            Ok(_) => break,
            Err(Error::Interrupted { .. } | Error::Survey(_)) => {}
            Err(error) => panic!("crash after {after} calls: {error}"),
        }
        crashed_at = after;
        let run = now(exec::resume(&cloud, &state, let_go(&plan)))
            .unwrap_or_else(|error| panic!("crash after {after} calls, then: {error}"));
        assert_eq!(run.failed, [], "crash after {after} calls");
        if run.run.is_none() {
            now(exec::apply(&plan, &cloud, &state, let_go(&plan))).unwrap();
        }
        assert_eq!(count(&cloud, "vpc") + count(&cloud, "elastic_ip"), 0, "crash after {after} calls");
        let (unit, state_of) = (unit_of(&cloud), account(&cloud)["state"].clone());
        assert_eq!(
            (unit.as_str(), &state_of),
            ("Suspended", &"suspended".into()),
            "crash after {after} calls"
        );
    }
    assert!(crashed_at > 30, "only {crashed_at} calls were made in all");
}

#[test]
fn a_tenant_that_vanished_is_told_with_the_lines_to_write() {
    let (cloud, state) = applied(TEN_TENANTS);
    let mut zone = zone(TEN_TENANTS);
    zone.tenants.retain(|tenant| tenant.key.as_str() != "acme-finance");
    let plan = replan(&zone, &cloud, &state);
    assert_eq!(addresses(&plan), Vec::<String>::new());
    let warning = plan.warnings.iter().find(|warning| warning.code == "account-unclaimed").unwrap();
    assert!(warning.message.contains("tenant `acme-finance`"), "{warning}");
    assert!(warning.hint.contains("offboard = \"suspend\""), "{warning}");
}

#[test]
fn whoever_was_never_there_gets_nothing_in_order_to_leave() {
    let zone = zone(&leaving("close"));
    let cloud = SimulatedCloud::new(0);
    let plan = replan(&zone, &cloud, &memory());
    assert!(plan.steps().all(|step| step.tenant.is_none()), "{plan}");
    assert!(plan.warnings.iter().any(|warning| warning.code == "offboard-nothing"), "{plan}");
}
