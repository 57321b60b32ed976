//! Whatever is changed in a file of a zone that exists: nothing of the zone goes on running without being wanted or named.
//!
//! For every attribute there is a row with a change of it. The change is planned with and without the state. A plan that is
//! refused has changed nothing. One that is not is applied, with all that it destroys, and planned again until nothing is left
//! to do; then everything in the cloud that carries a tag of the zone must be in the inventory of that plan, or be named by
//! one of its warnings.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use securebase_core::cloud::Cloud;
use securebase_core::exec;
use securebase_core::input::{self, Format};
use securebase_core::model::{Address, LandingZone, ZONE_TAG};
use securebase_core::observe;
use securebase_core::plan::{Error, Plan, Planner};
use securebase_core::sim::SimulatedCloud;
use securebase_core::state::State;
use serde_json::{Value, json};

use super::{let_go, try_replan};
use crate::support::{apply, memory, now, plan};

/// Three tenants of two tiers: one with a block of its own, two with one from the pool.
fn base() -> Value {
    json!({
        "org_name": "securebase",
        "environment": "dev",
        "target_region": "us-east-1",
        "account_email": "aws+{prefix}@example.com",
        "vpc_config": {"enable_vpn_gateway": true, "gateway_endpoints": true},
        "clients": {
            "acme": {
                "tier": "fintech", "framework": "soc2", "prefix": "acme",
                "contact_email": "ops@acme.example", "vpc_cidr": "10.0.0.0/16", "tags": {"Owner": "ops"}
            },
            "beta": {
                "tier": "fintech", "framework": "soc2", "prefix": "beta", "contact_email": "ops@beta.example"
            },
            "care": {
                "tier": "healthcare", "framework": "hipaa", "prefix": "care", "contact_email": "ops@care.example"
            }
        }
    })
}

/// One change: the attribute, `clients.` before those of a tenant, and what is written instead (`null` takes it out).
type Row = (&'static str, Value);

fn rows() -> Vec<Row> {
    vec![
        ("version", json!(1)),
        ("org_name", json!("other")),
        ("environment", json!("prod")),
        ("target_region", json!("eu-west-1")),
        ("enable_vpc", json!(false)),
        ("vpc_config", json!({"enable_nat_gateway": false})),
        ("vpc_config", json!({"enable_vpn_gateway": true, "enable_vpc_flow_logs": false})),
        ("vpc_config", json!({"enable_vpn_gateway": false})),
        ("vpc_config", json!({"enable_vpn_gateway": true, "gateway_endpoints": ["s3"]})),
        ("vpc_config", json!({"enable_vpn_gateway": true, "dns_hostnames": false, "dns_support": false})),
        ("tags", json!({"Team": "cloud"})),
        ("tiers", json!({"fintech": {"ou_name": "Money"}})),
        ("pool", json!({"strategy": "unique", "cidrs": ["10.128.0.0/9"]})),
        ("guardrails", json!({"exempt_roles": ["BreakGlass"]})),
        (
            "policies",
            json!([{"Version": "2012-10-17", "Statement": [
                {"Effect": "Deny", "Action": "ec2:CreateDefaultVpc", "Resource": "*"}
            ]}]),
        ),
        ("links", json!({"net": {"kind": "peering", "tenants": ["acme", "beta"]}})),
        ("account_email", json!("root+{prefix}@example.com")),
        ("account_name", json!("x-{key}")),
        ("ou_path", json!("{ou}/{region}")),
        ("suspended_ou", json!("Gone")),
        ("access_role", json!("Elsewhere")),
        ("limits", json!({"accounts": 100})),
        ("acknowledge", json!(["email-root-is-contact"])),
        ("clients", json!({"acme": base()["clients"]["acme"]})),
        ("clients", under_another_key(None)),
        ("clients", under_another_key(Some("acme"))),
        ("clients.tier", json!("healthcare")),
        ("clients.framework", json!("soc2")),
        ("clients.prefix", json!("zeta")),
        ("clients.contact_email", json!("new@acme.example")),
        ("clients.renamed_from", json!("never-existed")),
        ("clients.offboard", json!("suspend")),
        ("clients.offboard", json!("close")),
        ("clients.account_id", json!("999999999999")),
        ("clients.vpc_cidr", json!("10.77.0.0/16")),
        ("clients.vpc_cidr", Value::Null),
        ("clients.vpc_id", json!("vpc-0123456789abcdef0")),
        ("clients.vpce_id", json!("vpce-0123456789abcdef0")),
        ("clients.audit_bucket", json!("acme-audit")),
        ("clients.region", json!("eu-west-1")),
        ("clients.vertical", json!("Banks")),
        ("clients.account_name", json!("another")),
        ("clients.account_email", json!("else@example.com")),
        ("clients.tags", json!({"Owner": "dev"})),
        ("clients.tags", Value::Null),
    ]
}

/// The tenants with a new key for the first one, which may say what it was called.
fn under_another_key(renamed_from: Option<&str>) -> Value {
    let mut clients = base()["clients"].clone();
    let clients = clients.as_object_mut().unwrap();
    let mut acme = clients.remove("acme").unwrap();
    acme["renamed_from"] = json!(renamed_from);
    clients.insert("apex".to_owned(), acme);
    json!(clients)
}

fn changed((attribute, value): &Row) -> Value {
    let mut written = base();
    let (place, name) = match attribute.strip_prefix("clients.") {
        Some(name) => (&mut written["clients"]["acme"], name),
        None => (&mut written, *attribute),
    };
    let place = place.as_object_mut().unwrap();
    if value.is_null() {
        place.remove(name);
    } else {
        place.insert(name.to_owned(), value.clone());
    }
    // The framework is that of the tier.
    if *attribute == "clients.tier" {
        place.insert("framework".to_owned(), json!("hipaa"));
    }
    written
}

fn read(written: &Value) -> Result<LandingZone, String> {
    LandingZone::parse(&written.to_string(), Format::Json, None).map_err(|problems| problems.to_string())
}

/// A zone that was applied an hour ago.
fn built() -> (SimulatedCloud, State) {
    let (cloud, state) = (SimulatedCloud::new(7), memory());
    let run = apply(&plan(&read(&base()).unwrap(), &cloud), &cloud, &state);
    assert_eq!(run.failed, []);
    now(cloud.runtime().sleep(Duration::from_secs(3_600)));
    (cloud, state)
}

fn without_state(zone: &LandingZone, cloud: &SimulatedCloud) -> Result<Plan, Error> {
    let planner = Planner::new(zone);
    let observed = now(observe::survey(cloud, &planner.scope())).unwrap();
    planner.observed(&observed).plan()
}

/// Plans and applies until nothing is left to do, and answers the last plan; `None` where the first one is refused.
fn carried_out(zone: &LandingZone, cloud: &SimulatedCloud, state: Option<&State>) -> Option<Plan> {
    for round in 0..4 {
        let planned = match state {
            // A state may refuse the zone before anything is planned.
            Some(state) if now(exec::remember(Planner::new(zone), state)).is_err() => return None,
            Some(state) => try_replan(zone, cloud, state),
            None => without_state(zone, cloud),
        };
        let plan = match planned {
            Err(_) if round == 0 => return None,
            Err(error) => panic!("refused once it was applied: {error}"),
            Ok(plan) if plan.is_empty() => return Some(plan),
            Ok(plan) => plan,
        };
        let fresh = memory();
        let run = now(exec::apply(&plan, cloud, state.unwrap_or(&fresh), let_go(&plan))).unwrap();
        assert_eq!(run.failed, [], "{plan}");
    }
    panic!("it never comes to rest")
}

/// What carries a tag of any zone, as `kind id`, with the texts by which a warning may name it.
fn running(cloud: &SimulatedCloud) -> BTreeMap<String, Vec<String>> {
    let snapshot = cloud.snapshot();
    let accounts = snapshot["account"].as_array().unwrap();
    // Nothing runs in a closed account, and no one can look into it.
    let closed = accounts.iter().filter(|row| row["state"] != "active").map(|row| &row["id"]);
    let closed: Vec<&Value> = closed.collect();
    let mut running = BTreeMap::new();
    for (kind, rows) in snapshot.as_object().unwrap() {
        for row in rows.as_array().unwrap() {
            let text = |field: &str| row[field].as_str().map(str::to_owned);
            if row["tags"][ZONE_TAG].is_null() || closed.contains(&&row["account_id"]) {
                continue;
            }
            // A text that names the account names what is in it.
            let account = text("account_id").filter(|_| kind != "account");
            let names = ["id", "name", "email"].iter().filter_map(|field| text(field)).chain(account);
            running.insert(format!("{kind} {}", text("id").unwrap()), names.collect());
        }
    }
    running
}

fn unmentioned(cloud: &SimulatedCloud, plan: &Plan) -> Vec<String> {
    let wanted: BTreeSet<&str> = plan
        .known
        .iter()
        .filter(|(address, _)| plan.inventory.contains_key(*address))
        .map(|(_, id)| id.as_str())
        .collect();
    let warned: Vec<String> = plan
        .warnings
        .iter()
        .map(|warning| format!("{} {} {}", warning.path, warning.message, warning.hint))
        .collect();
    // The management account holds the zone's units and policies: naming it names none of them.
    let management = plan.observed.organization.as_ref().unwrap().organization.management_account.to_string();
    let is_named = |names: &[String]| {
        let names = names.iter().filter(|name| **name != management);
        names.into_iter().any(|name| warned.iter().any(|warning| warning.contains(&format!("`{name}`"))))
    };
    running(cloud)
        .into_iter()
        .filter(|(what, names)| !wanted.contains(what.split_once(' ').unwrap().1) && !is_named(names))
        .map(|(what, _)| what)
        .collect()
}

#[test]
fn every_attribute_of_the_file_has_a_row() {
    let schema = serde_json::to_value(input::schema()).unwrap();
    let of =
        |value: &Value| value["properties"].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let mut attributes = of(&schema);
    attributes.extend(of(&schema["$defs"]["ClientSpec"]).iter().map(|name| format!("clients.{name}")));
    let rows: BTreeSet<String> = rows().into_iter().map(|(attribute, _)| attribute.to_owned()).collect();
    assert_eq!(rows, attributes, "add a change of what is new to `rows`");
}

#[test]
fn no_change_of_a_file_leaves_anything_running_that_is_neither_wanted_nor_named() {
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut forgotten = Vec::new();
    for row in rows() {
        // A file that cannot be read changes nothing.
        let Ok(zone) = read(&changed(&row)) else {
            *outcomes.entry("unreadable").or_default() += 1;
            continue;
        };
        for with_state in [true, false] {
            let case = format!("{row:?}, with state: {with_state}");
            let (cloud, state) = built();
            let before = running(&cloud);
            match carried_out(&zone, &cloud, with_state.then_some(&state)) {
                None => {
                    assert_eq!(running(&cloud), before, "{case}");
                    *outcomes.entry("refused").or_default() += 1;
                }
                Some(plan) => {
                    let mut left = unmentioned(&cloud, &plan);
                    // Only the state knows the units of before, in which nothing runs.
                    left.retain(|what| with_state || !what.starts_with("organizational_unit "));
                    // The warning about a unit that stays says that its policies stay as well.
                    let stays = plan.warnings.iter().any(|warning| warning.code == "unit-kept");
                    left.retain(|what| !(stays && what.starts_with("service_control_policy ")));
                    if !left.is_empty() {
                        forgotten.push(format!("{case}: {left:?}\n{plan}"));
                    }
                    *outcomes.entry("applied").or_default() += 1;
                }
            }
        }
    }
    assert!(forgotten.is_empty(), "{}", forgotten.join("\n"));
    assert!(outcomes["refused"] >= 16 && outcomes["applied"] >= 30, "{outcomes:?}");
}

#[test]
fn a_network_that_no_plan_mentions_would_be_seen() {
    let (cloud, state) = built();
    let zone = read(&base()).unwrap();
    let mut plan = try_replan(&zone, &cloud, &state).unwrap();
    assert_eq!(unmentioned(&cloud, &plan), [] as [String; 0]);
    let vpc = Address::new("tenant/beta/vpc");
    let forgotten = plan.known.remove(&vpc).unwrap();
    assert_eq!(unmentioned(&cloud, &plan), [format!("vpc {forgotten}")]);
}

#[test]
fn another_name_of_the_zone_is_refused_with_and_without_the_state() {
    let zone = read(&changed(&("org_name", json!("other")))).unwrap();
    let (cloud, state) = built();
    let refused = now(exec::remember(Planner::new(&zone), &state)).unwrap_err();
    assert!(refused.to_string().contains("`securebase`"), "{refused}");
    let planned = without_state(&zone, &cloud);
    let Err(Error::Problems(problems)) = planned else { panic!("{planned:?}") };
    let [problem] = &problems.0[..] else { panic!("{problems:?}") };
    assert_eq!((problem.code.as_str(), problem.path.as_str()), ("zone-renamed", "org_name"));
    assert!(problem.message.contains("`securebase`"), "{}", problem.message);
    for key in ["acme", "beta", "care"] {
        assert!(problem.message.contains(key), "{}", problem.message);
    }
    // The state alone is evidence enough: here no account is known by its address or id.
    let elsewhere = SimulatedCloud::new(8);
    let planner = Planner::new(&zone).applied(now(state.applied()).unwrap());
    let observed = now(observe::survey(&elsewhere, &planner.scope())).unwrap();
    let Err(Error::Problems(problems)) = planner.observed(&observed).plan() else { panic!("planned") };
    assert_eq!(problems.0[0].code, "zone-renamed");
    // A second zone with tenants of its own may stand beside the first.
    let mut second = changed(&("org_name", json!("other")));
    second["account_email"] = json!("second+{prefix}@example.com");
    second["account_name"] = json!("second-{key}");
    second["tiers"] =
        json!({"fintech": {"ou_name": "Second-Fintech"}, "healthcare": {"ou_name": "Second-Care"}});
    second["suspended_ou"] = json!("Second-Suspended");
    without_state(&read(&second).unwrap(), &cloud).unwrap();
}
