//! What a plan says about guardrails: the meaning of a change, what applies to a tenant, and what locks the executor out.

use std::collections::BTreeSet;

use securebase_core::input::Format;
use securebase_core::kinds::{ResourceSpec, ServiceControlPolicySpec};
use securebase_core::model::{Address, LandingZone, ResourceId, ResourceKind};
use securebase_core::observe::{self, Observed, ObservedPolicy};
use securebase_core::plan::{Action, Error, Plan, Planner};
use securebase_core::policy::{PolicyText, SetName};
use securebase_core::sim::SimulatedCloud;

use crate::support::{ONE_TENANT, TEN_TENANTS, applied, apply, memory, now, plan, zone};

/// The ten tenants and one more Gov-Federal tenant in another region.
fn with_a_second_region() -> LandingZone {
    let mut zone = zone(TEN_TENANTS);
    let mut tenant =
        zone.tenants.iter().find(|tenant| tenant.tier.as_str() == "gov-federal").unwrap().clone();
    tenant.key = "westgov".parse().unwrap();
    "westgov".clone_into(&mut tenant.prefix);
    "westgov".clone_into(&mut tenant.account_name);
    tenant.account_email = "aws+westgov@example.com".parse().unwrap();
    tenant.contact_email = "ops@westgov.example.com".parse().unwrap();
    tenant.vpc_cidr = Some("10.77.0.0/16".parse().unwrap());
    tenant.region = "us-west-2".parse().unwrap();
    zone.tenants.push(tenant);
    zone
}

fn effects(plan: &Plan) -> Vec<String> {
    plan.guardrail_effects().unwrap().iter().map(ToString::to_string).collect()
}

#[test]
fn a_first_plan_concerns_no_account_and_an_empty_one_nothing() {
    let first = plan(&zone(TEN_TENANTS), &SimulatedCloud::new(0));
    assert_eq!(effects(&first), Vec::<String>::new());
    assert!(!first.to_string().contains("Guardrails:"));
    let (cloud, _) = applied(TEN_TENANTS);
    assert_eq!(effects(&plan(&zone(TEN_TENANTS), &cloud)), Vec::<String>::new());
}

#[test]
fn a_guardrail_update_shows_which_requests_it_frees() {
    let (cloud, _) = applied(TEN_TENANTS);
    let plan = plan(&with_a_second_region(), &cloud);
    let effects = plan.guardrail_effects().unwrap();
    let [effect] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(effect.unit, "Customers-Government-Federal");
    assert_eq!(effect.accounts, 2, "the new one is not there yet");
    assert_eq!(effect.steps, [Address::policy("securebase-gov-federal")]);
    assert!(!effect.difference.is_empty());
    for change in &effect.difference.changes {
        assert_eq!(change.regions, ["us-west-2"], "{change:?}");
        assert!(change.before != change.after);
    }
    let text = plan.to_string();
    let shown = text.split("Guardrails:\n").nth(1).unwrap();
    assert!(shown.starts_with("  Customers-Government-Federal with 2 accounts:\n"), "{shown}");
    assert!(shown.contains("in us-west-2"), "{shown}");
    assert!(shown.contains("now denied only under conditions: "), "{shown}");
    let lines: Vec<&str> = shown.lines().take_while(|line| !line.is_empty()).collect();
    assert!(lines.len() <= 10 && lines.iter().all(|line| line.chars().count() <= 300), "{shown}");
}

#[test]
fn a_tenant_that_changes_its_tier_sees_what_that_means() {
    let (cloud, _) = applied(TEN_TENANTS);
    let mut changed = zone(TEN_TENANTS);
    let (tier, framework, path) = {
        let fintech = changed.tenants.iter().find(|tenant| tenant.tier.as_str() == "fintech").unwrap();
        (fintech.tier.clone(), fintech.framework.clone(), fintech.ou_path.clone())
    };
    let tenant = changed.tenants.iter_mut().find(|tenant| tenant.tier.as_str() == "standard").unwrap();
    let key = tenant.key.clone();
    (tenant.tier, tenant.framework, tenant.ou_path) = (tier, framework, path);
    let plan = plan(&changed, &cloud);
    assert!(plan.steps().any(|step| step.action == Action::Move));
    let effects = plan.guardrail_effects().unwrap();
    let [effect] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(
        (effect.from.as_deref(), effect.unit.as_str()),
        (Some("Customers-Standard"), "Customers-Fintech")
    );
    assert_eq!(effect.tenants, [key]);
    // Fintech's region lock and more: some become denied, none of the baseline becomes allowed.
    assert!(effect.to_string().contains("now denied: "), "{effect}");
}

/// Somebody else attaches a region lock without exemption while a tenant is to be built in another region.
#[test]
fn a_lock_out_is_caught_at_plan_time_with_step_and_statement() {
    let zone = with_a_second_region();
    let (cloud, _) = applied(TEN_TENANTS);
    let planner = Planner::new(&zone);
    let observed = now(observe::survey(&cloud, &planner.scope())).unwrap();
    assert!(planner.clone().observed(&observed).plan().is_ok());
    let organization = observed.organization.as_ref().unwrap();
    let unit = |name: &str| organization.units.iter().find(|unit| unit.name == name).unwrap().id.clone();
    let lock = r#"{"Version":"2012-10-17","Statement":{"Sid":"OnlyVirginia","Effect":"Deny","NotAction":["iam:*","sts:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"us-east-1"}}}}"#;
    let with_lock_on = |target: ResourceId| {
        let mut observed = observed.clone();
        let policies = &mut observed.organization.as_mut().unwrap().policies;
        let mut foreign = policies.iter().find(|found| !found.policy.aws_managed).unwrap().clone();
        foreign.policy.id = "p-foreign1".parse().unwrap();
        "security-team-lock".clone_into(&mut foreign.policy.name);
        foreign.policy.document = Some(PolicyText::read(lock));
        foreign.tags.clear();
        foreign.targets = vec![target];
        policies.push(foreign);
        observed
    };
    for target in [organization.root.id.clone(), unit("Customers-Government-Federal")] {
        let locked = with_lock_on(target);
        let error = planner.clone().observed(&locked).plan().unwrap_err();
        let Error::Problems(problems) = &error else { panic!("{error}") };
        assert!(problems.iter().all(|problem| problem.code == "policy.lock-out"), "{error}");
        assert!(problems.iter().all(|problem| problem.path.starts_with("tenant/westgov/")), "{error}");
        let text = error.to_string();
        assert!(text.contains("tenant/westgov/vpc") && text.contains("OnlyVirginia"), "{text}");
        assert!(text.contains("security-team-lock"), "{text}");
    }
    // Where it binds nobody of the zone's in that region, it is nobody's business.
    let elsewhere = with_lock_on(unit("Customers-Standard"));
    assert!(planner.observed(&elsewhere).plan().is_ok());
}

/// What is in force when a step runs counts, not what is in force before: the plan sets the policy right first.
#[test]
fn a_policy_that_the_plan_corrects_locks_nobody_out() {
    let (cloud, _) = applied(TEN_TENANTS);
    let zone = zone(TEN_TENANTS);
    let planner = Planner::new(&zone);
    let mut observed = now(observe::survey(&cloud, &planner.scope())).unwrap();
    let regions = observed.members.values_mut().flat_map(std::collections::BTreeMap::values_mut);
    for member in regions.filter_map(observe::Reading::known_mut) {
        member.flow_logs.clear();
    }
    let policies = &mut observed.organization.as_mut().unwrap().policies;
    let own = policies.iter_mut().find(|found| found.policy.name == "securebase-fintech").unwrap();
    let deny = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"ec2:*","Resource":"*"}]}"#;
    own.policy.document = Some(PolicyText::read(deny));
    let plan = planner.observed(&observed).plan().unwrap_or_else(|error| panic!("{error}"));
    let policy = Address::policy("securebase-fintech");
    assert_eq!(plan.step(&policy).unwrap().action, Action::Update);
    assert!(plan.step(&Address::new("tenant/acme-finance/vpc/flow-log")).is_some(), "{plan}");
    assert!(plan.warnings.iter().all(|warning| !warning.code.starts_with("policy.")), "{plan}");
}

/// AWS's policy as an observation shows it, attached to those places.
fn full_access(observed: &Observed, targets: Vec<ResourceId>) -> ObservedPolicy {
    let mut full = observed.organization.as_ref().unwrap().policies[0].clone();
    full.policy.id = "p-FullAWSAccess".parse().unwrap();
    "FullAWSAccess".clone_into(&mut full.policy.name);
    (full.policy.aws_managed, full.policy.document) = (true, None);
    full.tags.clear();
    ObservedPolicy { targets, ..full }
}

/// The root and all units.
fn places(observed: &Observed) -> Vec<ResourceId> {
    let organization = observed.organization.as_ref().unwrap();
    let units = organization.units.iter().map(|unit| unit.id.clone());
    std::iter::once(organization.root.id.clone()).chain(units).collect()
}

#[test]
fn a_unit_without_full_access_allows_what_its_own_policies_allow() {
    let zone = with_a_second_region();
    let (cloud, _) = applied(TEN_TENANTS);
    let planner = Planner::new(&zone);
    let observed = now(observe::survey(&cloud, &planner.scope())).unwrap();
    let with_full_access_at = |places: Vec<ResourceId>| {
        let full = full_access(&observed, places);
        let mut observed = observed.clone();
        observed.organization.as_mut().unwrap().policies.push(full);
        observed
    };
    let everywhere = with_full_access_at(places(&observed));
    assert!(planner.clone().observed(&everywhere).plan().is_ok());
    // The zone's own policies there only deny, and what is allowed at no level is denied.
    let units = &observed.organization.as_ref().unwrap().units;
    let federal = units.iter().find(|unit| unit.name == "Customers-Government-Federal").unwrap();
    let others = places(&observed).into_iter().filter(|place| *place != federal.id).collect();
    let Err(Error::Problems(problems)) = planner.observed(&with_full_access_at(others)).plan() else {
        panic!("no lock-out was found")
    };
    assert!(problems.iter().all(|problem| problem.code == "policy.lock-out"), "{problems}");
    assert!(problems.iter().all(|problem| problem.path.starts_with("tenant/westgov/")), "{problems}");
}

/// AWS attaches its policy to whatever is made, so a unit that the plan makes has it as well.
#[test]
fn a_unit_that_the_plan_makes_has_full_access() {
    let (cloud, _) = applied(ONE_TENANT);
    let of_another_tier = r#"clients = {
  "care" = {
    tier          = "healthcare"
    framework     = "hipaa"
    prefix        = "care"
    contact_email = "ops@care.example"
  }"#;
    let zone = zone(&ONE_TENANT.replace("clients = {", of_another_tier));
    let planner = Planner::new(&zone);
    let mut observed = now(observe::survey(&cloud, &planner.scope())).unwrap();
    let full = full_access(&observed, places(&observed));
    observed.organization.as_mut().unwrap().policies.push(full);
    let plan = planner.observed(&observed).plan().unwrap_or_else(|error| panic!("{error}"));
    assert!(plan.steps().any(|step| step.kind == ResourceKind::OrganizationalUnit));
}

#[test]
fn what_applies_to_a_tenant_is_one_view() {
    let planned = plan(&zone(TEN_TENANTS), &SimulatedCloud::new(0));
    let (cloud, _) = applied(TEN_TENANTS);
    let existing = plan(&zone(TEN_TENANTS), &cloud);
    for plan in [&planned, &existing] {
        let policy = plan.effective_policy("techgov-federal").unwrap();
        let names: Vec<&str> = policy.levels.iter().map(|level| level.name.as_str()).collect();
        assert_eq!(names, ["root", "Customers-Government-Federal", "account"]);
        let own = &policy.levels[1].policies;
        let names: Vec<&str> = own.iter().map(|policy| policy.name.as_str()).collect();
        assert_eq!(names, ["FullAWSAccess", "securebase-gov-federal"]);
        assert!(policy.guardrails.iter().any(|guardrail| guardrail.id == "G10"));
        // Its own framework's controls, and no other's.
        assert_eq!(policy.coverage.framework, SetName::Fedramp);
        let frameworks: BTreeSet<SetName> =
            policy.guardrails.iter().flat_map(|guardrail| guardrail.controls.keys().copied()).collect();
        assert_eq!(frameworks, BTreeSet::from([SetName::Fedramp]));
        let text = policy.to_string();
        assert!(
            text.starts_with("What applies to `techgov-federal` in Customers-Government-Federal (fedramp):")
        );
        assert!(!text.contains("HIPAA") && !text.contains("SOC 2"), "{text}");
        let table = policy.table().unwrap();
        assert_eq!(
            table.row_count(),
            policy
                .levels
                .iter()
                .flat_map(|level| &level.policies)
                .map(|policy| policy.document.statements.len())
                .sum::<usize>()
        );
    }
    assert_eq!(
        planned.effective_policy("techgov-federal").unwrap().effective,
        existing.effective_policy("techgov-federal").unwrap().effective
    );
    let error = planned.effective_policy("nobody").unwrap_err().to_string();
    assert!(error.contains("`nobody`") && error.contains("techgov-federal"), "{error}");
}

#[test]
fn the_view_of_a_tenant_is_the_one_after_the_change() {
    let cloud = SimulatedCloud::new(0);
    assert_eq!(apply(&plan(&zone(TEN_TENANTS), &cloud), &cloud, &memory()).failed, []);
    let changed = plan(&with_a_second_region(), &cloud);
    let text = changed.effective_policy("techgov-federal").unwrap().to_string();
    assert!(text.contains("us-west-2"), "{text}");
    let new = changed.effective_policy("westgov").unwrap();
    assert_eq!(new.unit, "Customers-Government-Federal");
}

/// A policy in a language newer than this crate might deny anything: a plan says so, and a view of what applies is refused.
#[test]
fn a_policy_that_cannot_be_read_is_never_taken_for_none() {
    let zone = with_a_second_region();
    let (cloud, _) = applied(TEN_TENANTS);
    let planner = Planner::new(&zone);
    let mut observed = now(observe::survey(&cloud, &planner.scope())).unwrap();
    let organization = observed.organization.as_mut().unwrap();
    let mut foreign = organization.policies.iter().find(|found| !found.policy.aws_managed).unwrap().clone();
    foreign.policy.id = "p-foreign1".parse().unwrap();
    "from-the-future".clone_into(&mut foreign.policy.name);
    foreign.tags.clear();
    foreign.targets = vec![organization.root.id.clone()];
    for document in [Some(PolicyText::read(r#"{"Version":"2031-01-01","Statement":[]}"#)), None] {
        foreign.policy.document = document;
        let mut observed = observed.clone();
        observed.organization.as_mut().unwrap().policies.push(foreign.clone());
        let plan = planner.clone().observed(&observed).plan().unwrap();
        let unread: Vec<_> = plan.warnings.iter().filter(|warning| warning.code == "policy.unread").collect();
        assert_eq!(unread.len(), 1, "{:?}", plan.warnings);
        assert!(unread[0].message.contains("`from-the-future` at the root"), "{}", unread[0].message);
        let refused = plan.effective_policy("techgov-federal").unwrap_err().to_string();
        assert!(refused.contains("from-the-future"), "{refused}");
        let untold = plan.guardrail_effects().unwrap_err();
        assert!(untold.to_string().contains("from-the-future"), "{untold}");
    }
}

/// The document of each policy step, by name.
fn documents(plan: &Plan) -> std::collections::BTreeMap<String, String> {
    plan.steps()
        .filter_map(|step| match &step.spec {
            ResourceSpec::ServiceControlPolicy(ServiceControlPolicySpec { name, document, .. }) => {
                Some((name.clone(), document.to_string()))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn parameters_and_documents_of_the_file_reach_the_policies_of_their_tiers() {
    let own = r#"
guardrails = { exempt_roles = ["BreakGlass"], required_tag = "CostCenter" }
policies = [{
  Version   = "2012-10-17"
  Statement = [{ Sid = "NoSpot", Effect = "Deny", Action = "ec2:RequestSpotInstances", Resource = "*" }]
}]
tiers = {
  fintech = {
    guardrails = { exempt_roles = ["BreakGlass", "AuditFirm"], regions = "us-west-2" }
    policies = [{
      Version   = "2012-10-17"
      Statement = [{ Sid = "NoFleets", Effect = "Deny", Action = "ec2:CreateFleet", Resource = "*" }]
    }]
  }
}
"#;
    let zone = LandingZone::parse(&format!("{TEN_TENANTS}{own}"), Format::Tfvars, None).unwrap();
    let first = plan(&zone, &SimulatedCloud::new(0));
    let documents = documents(&first);
    for (tier, inside, outside) in [
        ("fintech", &["AuditFirm", "us-west-2", "ec2:CreateFleet", "CostCenter"][..], &[][..]),
        ("gov-federal", &["CostCenter"], &["AuditFirm", "us-west-2", "ec2:CreateFleet"]),
        ("standard", &[], &["AuditFirm", "ec2:CreateFleet"]),
    ] {
        let document = &documents[&format!("securebase-{tier}")];
        for part in inside.iter().chain(&["role/BreakGlass", "ec2:RequestSpotInstances"]) {
            assert!(document.contains(part), "{tier} lacks {part}: {document}");
        }
        for part in outside {
            assert!(!document.contains(part), "{tier} has {part}: {document}");
        }
    }
    // What the file says is what the cloud then enforces, and what a view of a tenant shows.
    let policy = first.effective_policy("acme-finance").unwrap();
    let document = policy.guardrails.iter().find(|one| one.id == "G20").unwrap().document.to_json();
    assert!(document.contains("AuditFirm"), "{document}");
    let again = LandingZone::from_value(&zone.to_value()).unwrap();
    assert_eq!(self::documents(&plan(&again, &SimulatedCloud::new(0))), documents);
}

#[test]
fn documents_that_do_not_fit_are_refused_with_what_weighs_most() {
    let mut zone = zone(TEN_TENANTS);
    let resource = |number| format!("arn:aws:s3:::bucket-{number}/{}/*", "folder/".repeat(80));
    let resources: Vec<String> = (0..200).map(resource).collect();
    let large = serde_json::json!({"Version": "2012-10-17", "Statement": {
        "Sid": "Huge", "Effect": "Deny", "Action": "s3:DeleteObject", "Resource": resources}});
    zone.tiers[0].guarding.policies = vec![large.to_string()];
    let error = Planner::new(&zone).plan().unwrap_err().to_string();
    assert!(error.contains("guardrails cannot be attached") && error.contains("Huge"), "{error}");
}
