//! Findings about `Action` and `NotAction`.

use super::{Notes, Subject};
use crate::policy::nearest::nearest;
use crate::policy::pack::simplify::covers;
use crate::policy::syntax::document::Effect;

/// How much alike a misspelled name must be to the one that is suggested.
const SIMILAR: f64 = 0.88;

/// Calls that AWS takes from the organization's management account alone, whose principals no control policy binds.
/// Source: Organizations API Reference, the notes of each operation.
const OF_THE_MANAGEMENT_ACCOUNT: [&str; 15] = [
    "organizations:closeaccount",
    "organizations:createaccount",
    "organizations:creategovcloudaccount",
    "organizations:createorganizationalunit",
    "organizations:deleteorganization",
    "organizations:deleteorganizationalunit",
    "organizations:deregisterdelegatedadministrator",
    "organizations:disableawsserviceaccess",
    "organizations:enableallfeatures",
    "organizations:enableawsserviceaccess",
    "organizations:inviteaccounttoorganization",
    "organizations:moveaccount",
    "organizations:registerdelegatedadministrator",
    "organizations:removeaccountfromorganization",
    "organizations:updateorganizationalunit",
];

pub(super) fn statement(subject: &Subject<'_>, notes: &mut Notes) {
    let patterns = &subject.statement.actions.patterns;
    let part = if subject.statement.actions.negated { "NotAction" } else { "Action" };
    for (at, pattern) in patterns.iter().enumerate() {
        if pattern == "*" {
            if subject.statement.actions.negated {
                let message = "`NotAction` of `*` matches nothing".to_owned();
                notes.error("policy.never-matches", part, message, "name what is to be left out");
            }
        } else {
            one(subject, part, pattern, notes);
        }
        let other = patterns.iter().enumerate().find(|(other, outer)| {
            *other != at && covers(outer, pattern, true) && (!covers(pattern, outer, true) || *other < at)
        });
        if let Some((_, outer)) = other {
            let message = format!("`{pattern}` is within `{outer}`");
            notes.warning("policy.redundant-action", part, message, "drop it");
        }
    }
}

fn one(subject: &Subject<'_>, part: &str, pattern: &str, notes: &mut Notes) {
    let Some((prefix, name)) = pattern.split_once(':') else { return };
    if prefix.contains(['*', '?']) {
        let message = format!("`{pattern}` has a wildcard in the service prefix, which AWS does not take");
        notes.error(
            "policy.prefix-wildcard",
            part,
            message,
            "name the services, or write `*` for all of them",
        );
        return;
    }
    let Some(service) = subject.reference.service(prefix) else {
        let near = nearest(prefix, subject.reference.prefixes(), SIMILAR);
        let hint =
            near.map_or_else(|| "check the spelling".to_owned(), |near| format!("did you mean `{near}`?"));
        let message = format!(
            "no service has the prefix `{prefix}` (as of {}), so `{pattern}` never matches",
            subject.reference.date()
        );
        notes.warning("policy.unknown-service", part, message, &hint);
        return;
    };
    let own = subject.statement.effect == Effect::Deny && part == "Action";
    if own && OF_THE_MANAGEMENT_ACCOUNT.contains(&pattern.to_ascii_lowercase().as_str()) {
        let message = format!(
            "`{pattern}` can be called in the management account alone, where no control policy binds"
        );
        let hint = "drop it: denying it has no effect";
        notes.warning("policy.management-account-only", part, message, hint);
    }
    let wild = name.contains(['*', '?']);
    if wild && subject.reference.matching(pattern).next().is_none() {
        let message =
            format!("`{pattern}` matches no action of `{prefix}` (as of {})", subject.reference.date());
        notes.warning("policy.unknown-action", part, message, "check the spelling");
    } else if !wild && service.action(name).is_none() {
        let near = nearest(name, service.actions().map(|action| action.name), SIMILAR);
        let hint = near.map_or_else(
            || "check the spelling".to_owned(),
            |near| format!("did you mean `{prefix}:{near}`?"),
        );
        let message = format!(
            "`{prefix}` has no action `{name}` (as of {}), so it never matches",
            subject.reference.date()
        );
        notes.warning("policy.unknown-action", part, message, &hint);
    }
}
