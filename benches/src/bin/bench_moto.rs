//! The real thing on the wire: a hundred accounts on a moto server that takes 50 ms longer for every call, beside a Python
//! script with threads that makes the same.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a measurement that cannot go on stops")]

#[path = "../../../securebase-core/tests/aws/moto.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod moto;
#[path = "../../../securebase-core/tests/aws/proxy.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod proxy;

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use moto::Moto;
use proxy::{Fate, Proxy};
use securebase_benches::{median, record, timed};
use securebase_core::aws::AwsCloud;
use securebase_core::exec::{ApplyOptions, apply};
use securebase_core::kinds::{
    AccountPlacementSpec, AccountSpec, OrganizationalUnitSpec, PolicyAttachmentSpec, ResourceSpec,
    ServiceControlPolicySpec,
};
use securebase_core::model::{LandingZone, Limits, ResourceKind, Tier};
use securebase_core::observe::{Scope, survey};
use securebase_core::plan::{Plan, Planner};
use securebase_core::state::{DirectoryStore, RunStatus, State};
use serde_json::{Map, Value, json};

const ACCOUNTS: usize = 100;
const DELAY: Duration = Duration::from_millis(50);
/// How often each is measured.
const ROUNDS: usize = 3;
/// How many threads the script is tried with; the best counts.
const THREADS: [usize; 3] = [16, 32, 64];

/// A hundred tenants in the four tiers, without networks, at no pace but the server's.
fn zone() -> LandingZone {
    let tiers = Tier::shipped();
    let clients: Map<String, Value> = (0..ACCOUNTS)
        .map(|number| {
            let tier = &tiers[number % tiers.len()];
            let tenant = json!({
                "tier": tier.name, "framework": tier.framework, "prefix": format!("t{number}"),
                "contact_email": format!("ops@t{number}.example.com"),
            });
            (format!("tenant-{number:03}"), tenant)
        })
        .collect();
    let limits = Limits::default();
    let rates = limits.iter().filter(|limit| limit.name.ends_with("_rate") || limit.name.ends_with("_burst"));
    let mut unhurried: Map<String, Value> = rates.map(|rate| (rate.name.clone(), json!(10_000))).collect();
    unhurried.insert("accounts".to_owned(), json!(ACCOUNTS + 1));
    unhurried.insert("accounts_in_creation".to_owned(), json!(ACCOUNTS));
    let document = json!({
        "org_name": "securebase", "environment": "bench", "target_region": "us-east-1", "enable_vpc": false,
        "account_email": "aws+{prefix}@example.com", "clients": clients, "limits": unhurried,
    });
    LandingZone::from_value(&document).unwrap_or_else(|problems| panic!("{problems}"))
}

/// What was measured of one way to make it all.
struct Measured {
    seconds: f64,
    calls: u64,
    calls_to_plan: u64,
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn server() -> (Moto, Proxy) {
    let moto = Moto::start();
    let proxy = Proxy::start(moto.url(), DELAY, |_| Fate::Pass);
    (moto, proxy)
}

async fn plan(zone: &LandingZone, url: &str) -> (AwsCloud, Plan) {
    let cloud = AwsCloud::builder().endpoint_url(url).build().await.unwrap();
    let observed = survey(&cloud, &Scope::of(zone)).await.unwrap();
    let plan = Planner::new(zone).observed(&observed).plan().unwrap();
    (cloud, plan)
}

/// Nothing of it is left to do.
fn check(zone: &LandingZone, moto: &Moto) {
    let (_, again) = block_on(plan(zone, moto.url()));
    assert!(again.is_empty(), "not the same:\n{again}");
}

/// By this library: plan and apply, with the journal in a directory.
fn ours(zone: &LandingZone) -> Measured {
    let (moto, proxy) = server();
    let directory = std::env::temp_dir().join(format!("securebase-bench-{}-moto", std::process::id()));
    let state = State::new(DirectoryStore::new(&directory));
    let (took, calls_to_plan) = timed(|| {
        block_on(async {
            let (cloud, plan) = plan(zone, proxy.url()).await;
            let calls_to_plan = proxy.requests();
            let run = apply(&plan, &cloud, &state, ApplyOptions::new()).await.unwrap();
            assert_eq!(run.status, RunStatus::Succeeded, "{run}");
            calls_to_plan
        })
    });
    let calls = proxy.requests();
    drop(std::fs::remove_dir_all(&directory));
    check(zone, &moto);
    Measured { seconds: took.as_secs_f64(), calls, calls_to_plan }
}

/// What the script is told: the same resources, tags included.
fn job(zone: &LandingZone, url: &str) -> Value {
    let plan = Planner::new(zone).plan().unwrap();
    let name = |address: &securebase_core::model::Address| {
        plan.steps().find(|step| step.address == *address).and_then(|step| match &step.spec {
            ResourceSpec::OrganizationalUnit(OrganizationalUnitSpec { name, .. })
            | ResourceSpec::ServiceControlPolicy(ServiceControlPolicySpec { name, .. })
            | ResourceSpec::Account(AccountSpec { name, .. }) => Some(name.clone()),
            _ => None,
        })
    };
    let (mut units, mut policies, mut attachments) = (Vec::new(), Vec::new(), Vec::new());
    let (mut accounts, mut places) = (Vec::new(), Map::new());
    for step in plan.steps() {
        match &step.spec {
            ResourceSpec::OrganizationalUnit(OrganizationalUnitSpec { name, tags, .. }) => {
                units.push(json!({"name": name, "tags": tags}));
            }
            ResourceSpec::ServiceControlPolicy(ServiceControlPolicySpec { name, description, document, tags }) => policies.push(
                json!({"name": name, "description": description, "document": document, "tags": tags}),
            ),
            ResourceSpec::PolicyAttachment(PolicyAttachmentSpec { policy, target }) => {
                attachments.push(json!({"policy": name(policy), "unit": name(target)}));
            }
            ResourceSpec::Account(AccountSpec { name, email, tags, .. }) => accounts.push(
                json!({"name": name, "email": email.as_str(), "role": zone.access_role.as_str(), "tags": tags}),
            ),
            ResourceSpec::AccountPlacement(AccountPlacementSpec { account, parent }) => {
                places.insert(name(account).unwrap(), json!(name(parent)));
            }
            _ => {}
        }
    }
    for account in &mut accounts {
        account["unit"] = places[account["name"].as_str().unwrap()].clone();
    }
    assert_eq!((units.len(), policies.len(), attachments.len(), accounts.len()), (4, 4, 4, ACCOUNTS));
    json!({
        "endpoint_url": url, "units": units, "policies": policies, "attachments": attachments, "accounts": accounts,
    })
}

/// By the script.
fn script(zone: &LandingZone, threads: usize) -> Measured {
    let (moto, proxy) = server();
    let mut process = Command::new(moto::python())
        .args(["-B", concat!(env!("CARGO_MANIFEST_DIR"), "/moto_script.py"), &threads.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let job = job(zone, proxy.url()).to_string();
    process.stdin.take().unwrap().write_all(job.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success(), "the script failed");
    let seconds = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    let calls = proxy.requests();
    check(zone, &moto);
    Measured { seconds, calls, calls_to_plan: 0 }
}

/// The median time of as many rounds, and the calls of the last, which are those of all.
fn rounds(mut measure: impl FnMut() -> Measured) -> Measured {
    let mut all: Vec<Measured> = (0..ROUNDS).map(|_| measure()).collect();
    let mut seconds: Vec<f64> = all.iter().map(|round| round.seconds).collect();
    let last = all.pop().unwrap();
    assert!(all.iter().all(|round| round.calls == last.calls), "the number of calls varies");
    Measured { seconds: median(&mut seconds), ..last }
}

fn main() {
    let zone = zone();
    let planned = Planner::new(&zone).plan().unwrap();
    let count = |kind| planned.steps().filter(|step| step.kind == kind).count();
    assert_eq!(count(ResourceKind::Account), ACCOUNTS);
    let name = |what: &str| format!("moto/{ACCOUNTS}_accounts/{what}");
    let ours = rounds(|| ours(&zone));
    let mut best: Option<(usize, Measured)> = None;
    for threads in THREADS {
        let script = rounds(|| script(&zone, threads));
        record(&name(&format!("script_with_{threads}_threads")), script.seconds, "s", ROUNDS);
        if best.as_ref().is_none_or(|(_, best)| script.seconds < best.seconds) {
            best = Some((threads, script));
        }
    }
    let (_, script) = best.unwrap();
    record(&name("plan_and_apply"), ours.seconds, "s", ROUNDS);
    record(&name("over_the_script"), ours.seconds / script.seconds, "ratio", ROUNDS);
    #[expect(clippy::cast_precision_loss, reason = "some hundred calls")]
    for (what, calls) in [
        ("calls_to_plan", ours.calls_to_plan),
        ("calls_to_apply", ours.calls - ours.calls_to_plan),
        ("calls_of_the_script", script.calls),
    ] {
        record(&name(what), calls as f64, "calls", ROUNDS);
    }
}
