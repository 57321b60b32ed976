//! Region locks, and the services that they catch although those have no region to choose.

use super::Notes;
use super::pitfalls::keyed;
use crate::policy::catalog::Catalogue;
use crate::policy::eval::index::ActionMatcher;
use crate::policy::syntax::actions::ServiceReference;
use crate::policy::syntax::document::Statement;
use crate::policy::syntax::pattern::glob;

/// Prefixes of the shipped list that have endpoints in every region too: a lock that holds them may be meant to.
const IN_REGIONS: [&str; 8] = [
    "compute-optimizer",
    "consoleapp",
    "directconnect",
    "fms",
    "notifications",
    "sso",
    "waf-regional",
    "wafv2",
];

/// Services without a region that are called in us-west-2; all others are called in us-east-1.
/// Source: IAM User Guide, `aws:RequestedRegion`, and the endpoints of each service.
const IN_US_WEST_2: [&str; 2] = ["globalaccelerator", "networkmanager"];

/// Keys that say from where a request comes. A lock on requests from one network does not reach services without a region.
const ORIGINS: [&str; 6] = [
    "aws:SourceIp",
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:SourceVpce",
    "aws:VpcSourceIp",
    "ec2:SourceInstanceARN",
];

/// Services that an account cannot be run without. A lock that catches only others, such as billing consoles, may be meant.
const INDISPENSABLE: [&str; 6] = ["cloudfront", "iam", "organizations", "route53", "sts", "support"];

/// How many services a line names.
const NAMED_MAX: usize = 12;

pub(super) fn lock(statement: &Statement, notes: &mut Notes) {
    let allowed: Vec<&str> = keyed(statement, "aws:RequestedRegion")
        .filter(|condition| condition.operator.negated)
        .flat_map(|condition| condition.values.iter().map(String::as_str))
        .collect();
    let from_a_network =
        ORIGINS.iter().any(|key| keyed(statement, key).any(|condition| !condition.operator.negated));
    if allowed.is_empty() || from_a_network {
        return;
    }
    let lets = |region: &str| allowed.iter().any(|value| glob(value, region));
    let matcher = ActionMatcher::new(&statement.actions);
    let (mut caught, mut calls, mut indispensable) = (Vec::new(), Vec::new(), false);
    for service in without_region() {
        let region = if IN_US_WEST_2.contains(&service) { "us-west-2" } else { "us-east-1" };
        if !lets(region) && catches(&matcher, service) {
            caught.push(format!("`{service}`"));
            indispensable |= INDISPENSABLE.contains(&service);
            if !calls.contains(&region) {
                calls.push(region);
            }
        }
    }
    if caught.is_empty() {
        return;
    }
    let more = caught.len().saturating_sub(NAMED_MAX);
    caught.truncate(NAMED_MAX);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let message = format!(
        "the region lock also catches services that have no region and are called in {}: {}{rest}",
        calls.join(" and "),
        caught.join(", ")
    );
    let hint = format!(
        "take them out with `NotAction` (the guardrail G10 lists all of them), or allow {}",
        calls.join(" and ")
    );
    // Where other conditions narrow the deny, or the account works without the services caught, it may be meant.
    let narrowed = statement.conditions.iter().any(|condition| {
        !condition.operator.negated && !condition.key.eq_ignore_ascii_case("aws:RequestedRegion")
    });
    if narrowed || !indispensable {
        notes.warning("policy.region-lock-global-services", "Action", message, &hint);
    } else {
        notes.error("policy.region-lock-global-services", "Action", message, &hint);
    }
}

/// Prefixes of services without a region.
fn without_region() -> impl Iterator<Item = &'static str> {
    let list = Catalogue::shipped().map_or(&[][..], |catalogue| catalogue.list("global_services"));
    list.iter().filter_map(|entry| entry.strip_suffix(":*")).filter(|service| !IN_REGIONS.contains(service))
}

/// Whether a statement leaves no action of a service alone.
fn catches(matcher: &ActionMatcher, service: &str) -> bool {
    let Some(info) = ServiceReference::shipped().service(service) else { return false };
    let mut actions = info.actions().peekable();
    actions.peek().is_some()
        && actions.all(|action| matcher.matches(&format!("{service}:{}", action.name).to_ascii_lowercase()))
}
