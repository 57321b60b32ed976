//! What would fail in the middle of a run is known before it.

use securebase_core::cloud::{Call, Cloud, Operation, Reply, ReplyFuture, Target, organizations, sts};
use securebase_core::exec;
use securebase_core::model::{AccountId, Limits, ResourceId, Tags};
use securebase_core::observe::{self, Observed, Scope};
use securebase_core::plan::{Error, Planner};
use securebase_core::sim::SimulatedCloud;
use securebase_core::time::Runtime;

use super::hand::Hand;
use crate::support::{ONE_TENANT, apply, memory, now, plan, zone};

/// A cloud that is asked with the credentials of another account.
struct AsMember {
    inner: SimulatedCloud,
    caller: AccountId,
}

impl Cloud for AsMember {
    fn call(&self, call: Call) -> ReplyFuture<'_> {
        match (&call.target, &call.operation) {
            (Target::Management, Operation::Sts(sts::Operation::GetCallerIdentity)) => {
                Box::pin(async { Ok(Reply::Sts(sts::Reply::CallerIdentity(self.caller))) })
            }
            _ => self.inner.call(call),
        }
    }

    fn runtime(&self) -> &dyn Runtime {
        self.inner.runtime()
    }
}

#[test]
fn credentials_of_another_account_are_known_by_their_account() {
    let inner = SimulatedCloud::new(0);
    let management = inner.observe().organization.unwrap().organization.management_account;
    let member: AccountId = "210987654321".parse().unwrap();
    let scope = Scope::of(&zone(ONE_TENANT));
    let cloud = AsMember { inner, caller: member };
    let error = now(observe::survey(&cloud, &scope)).unwrap_err();
    assert_eq!(error.code(), "credentials-not-management");
    let text = error.to_string();
    for part in [&member.to_string(), &management.to_string(), "management account"] {
        assert!(text.contains(part), "{text}");
    }
    // Nothing else was asked that could have been refused for a worse reason.
    let asked: Vec<&str> = cloud.inner.calls().iter().map(|call| call.operation).collect();
    assert_eq!(asked, ["DescribeOrganization"]);
    now(observe::survey(&AsMember { caller: management, ..cloud }, &scope)).unwrap();
}

#[test]
fn an_organization_without_all_features_is_refused_before_any_account() {
    let mut observed: Observed = SimulatedCloud::new(0).observe();
    observed.organization.as_mut().unwrap().organization.all_features = false;
    observed.organization.as_mut().unwrap().root.service_control_policies = false;
    let cloud = SimulatedCloud::builder(0).observed(&observed).build();
    let zone = zone(ONE_TENANT);
    let observed = now(observe::survey(&cloud, &Scope::of(&zone))).unwrap();
    let Err(Error::Problems(problems)) = Planner::new(&zone).observed(&observed).plan() else { panic!() };
    assert_eq!(problems.0[0].code, "organization-features");
    assert!(problems.0[0].message.contains("consolidated billing"), "{problems}");
    assert!(problems.0[0].hint.contains("enable all features"), "{problems}");
    let asked: Vec<&str> = cloud.calls().iter().map(|call| call.operation).collect();
    assert!(!asked.contains(&"ListPolicies"), "without all features there are none: {asked:?}");
}

fn limited(places: f64, size: f64) -> Limits {
    let mut limits = Limits::default();
    limits.set("policies_per_target", places).unwrap();
    limits.set("policy_size", size).unwrap();
    limits
}

/// `ONE_TENANT` with those limits.
fn with_limits(places: u64, size: u64) -> String {
    format!("{ONE_TENANT}\nlimits = {{ policies_per_target = {places}, policy_size = {size} }}\n")
}

fn refused(text: &str, cloud: &SimulatedCloud) -> Option<String> {
    let zone = zone(text);
    let observed = now(observe::survey(cloud, &Scope::of(&zone))).unwrap();
    match Planner::new(&zone).observed(&observed).plan() {
        Ok(_) => None,
        Err(Error::Problems(problems)) => {
            assert_eq!(problems.0[0].code, "guardrails-do-not-fit");
            Some(problems.0[0].message.clone())
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn full_access_takes_a_place_on_every_unit() {
    for (places, size, fits) in [(1, 10_240, false), (2, 6_000, false), (2, 10_240, true), (3, 6_000, true)] {
        let limits = limited(places as f64, size as f64);
        let cloud = SimulatedCloud::builder(2).limits(limits).build();
        let text = with_limits(places, size);
        let message = refused(&text, &cloud);
        assert_eq!(message.is_none(), fits, "{places} places of {size}: {message:?}");
        if let Some(message) = message {
            assert!(message.contains("FullAWSAccess") && message.contains("take 1 of"), "{message}");
            continue;
        }
        // What was planned fits, once and again.
        let planned = plan(&zone(&text), &cloud);
        assert_eq!(apply(&planned, &cloud, &memory()).failed, []);
        assert!(plan(&zone(&text), &cloud).is_empty());
    }
}

#[test]
fn policies_of_others_take_places_on_a_unit_and_a_free_one_is_used() {
    let cloud = SimulatedCloud::builder(2).limits(limited(3.0, 10_240.0)).build();
    let hand = Hand { cloud: &cloud, target: Target::Management };
    let root: ResourceId = cloud.snapshot()["organization_root"][0]["id"].as_str().unwrap().parse().unwrap();
    let name = "Customers-Fintech".to_owned();
    let unit = hand.created(&Operation::Organizations(organizations::Operation::CreateOrganizationalUnit {
        parent: root,
        name,
        tags: Tags::new(),
    }));
    let own = |name: &str| {
        let document =
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        let (name, description, document) = (name.to_owned(), "by hand".to_owned(), document.to_owned());
        let policy = hand.created(&Operation::Organizations(organizations::Operation::CreatePolicy {
            name,
            description,
            document,
            tags: Tags::new(),
        }));
        hand.call(&Operation::Organizations(organizations::Operation::AttachPolicy {
            policy: policy.clone(),
            target: unit.clone(),
        }));
        policy
    };
    own("first");
    let text = with_limits(3, 10_240);
    assert_eq!(refused(&text, &cloud), None, "one place is left");
    let before = plan(&zone(&text), &cloud);
    own("second");
    let message = refused(&text, &cloud).unwrap();
    assert!(message.contains("take 3 of the 3 places") && message.contains("Customers-Fintech"), "{message}");
    // A plan from before would find no place either, and knows it.
    let stale = now(exec::apply(&before, &cloud, &memory(), exec::ApplyOptions::new())).unwrap_err();
    assert_eq!(stale.code(), "plan-stale");
    // Where an own policy takes the place of AWS's, it counts once.
    let full: ResourceId = "p-FullAWSAccess".parse().unwrap();
    hand.call(&Operation::Organizations(organizations::Operation::DetachPolicy {
        policy: full,
        target: unit.clone(),
    }));
    assert_eq!(refused(&text, &cloud), None);
}

/// By its name it could be this zone's; its tags say whose it is.
#[test]
fn a_policy_of_a_zone_whose_name_begins_alike_takes_a_place() {
    let cloud = SimulatedCloud::builder(2).limits(limited(2.0, 10_240.0)).build();
    let hand = Hand { cloud: &cloud, target: Target::Management };
    let root: ResourceId = cloud.snapshot()["organization_root"][0]["id"].as_str().unwrap().parse().unwrap();
    let name = "Customers-Fintech".to_owned();
    let unit = hand.created(&Operation::Organizations(organizations::Operation::CreateOrganizationalUnit {
        parent: root,
        name,
        tags: Tags::new(),
    }));
    let text = with_limits(2, 10_240);
    assert_eq!(refused(&text, &cloud), None, "one place is left beside AWS's own policy");
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let policy = hand.created(&Operation::Organizations(organizations::Operation::CreatePolicy {
        name: "securebase-eu-fintech".to_owned(),
        description: "theirs".to_owned(),
        document: document.to_owned(),
        tags: Tags::from_iter([("securebase:zone".to_owned(), "securebase-eu".to_owned())]),
    }));
    hand.call(&Operation::Organizations(organizations::Operation::AttachPolicy { policy, target: unit }));
    let message = refused(&text, &cloud).unwrap();
    assert!(message.contains("take 2 of the 2 places"), "{message}");
}
