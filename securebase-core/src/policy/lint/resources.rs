//! Findings about `Resource` and `NotResource`.

use super::conditions::unfilled;
use super::{Notes, Subject};
use crate::policy::syntax::actions::ResourceSupport;
use crate::policy::syntax::document::Version;
use crate::policy::syntax::variable;

pub(super) fn statement(subject: &Subject<'_>, notes: &mut Notes) {
    let resources = &subject.statement.resources;
    let part = if resources.negated { "NotResource" } else { "Resource" };
    for pattern in &resources.patterns {
        if pattern == "*" {
            if resources.negated {
                let message = "`NotResource` of `*` matches nothing".to_owned();
                notes.error("policy.never-matches", part, message, "name what is to be left out");
            }
            continue;
        }
        one(subject, part, pattern, notes);
    }
    if resources.patterns.len() > 1 && resources.patterns.iter().any(|pattern| pattern == "*") {
        let message = "`*` already means every resource".to_owned();
        notes.warning("policy.redundant-resource", part, message, "drop the others");
    }
    never_named(subject, part, notes);
}

fn one(subject: &Subject<'_>, part: &str, pattern: &str, notes: &mut Notes) {
    let segments: Vec<&str> = pattern.splitn(6, ':').collect();
    if segments.len() < 6 {
        let message = format!("`{pattern}` is a shortened ARN, whose `*` runs on over colons");
        notes.warning("policy.short-arn", part, message, "write all six parts");
    } else {
        if let Some(service) = segments.get(2).filter(|service| service.contains(['*', '?'])) {
            let message =
                format!("`{pattern}` has the wildcard `{service}` for a service, which AWS does not take");
            notes.warning("policy.arn-service-wildcard", part, message, "name the service");
        }
        let well_formed_partition = segments[1].contains(['*', '?']) || segments[1].starts_with("aws");
        let variable_before_resource = segments.iter().take(5).any(|segment| segment.contains("${"));
        if !variable_before_resource && (segments[0] != "arn" || !well_formed_partition) {
            let message = format!("`{pattern}` does not begin as an ARN does, so it never matches");
            notes.error("policy.arn", part, message, "write `arn:aws:…` or `arn:*:…`");
        }
        let account = segments[4];
        if !account.is_empty()
            && !account.contains(['*', '?', '$'])
            && account != "aws"
            && !is_account(account)
        {
            let message = format!("`{account}` in `{pattern}` is no account id");
            notes.warning("policy.arn-account", part, message, "write twelve digits, `*` or nothing");
        }
        if variable_before_resource {
            let message = format!(
                "the variable in `{pattern}` stands before the resource part, where it is plain text"
            );
            notes.error("policy.variable-place", part, message, "use variables after the fifth colon only");
            // Which keys fill the variables matters once they stand where AWS reads them.
            return;
        }
    }
    if let Some(reason) = variable::defect(pattern) {
        let message = format!("a variable in `{pattern}` cannot be read: {reason}");
        notes.error("policy.variable", part, message, "write `${key}` or `${key, 'default'}`");
    } else if pattern.contains("${") && subject.document.version != Version::Current {
        let message = format!("the variable in `{pattern}` is plain text without the current `Version`");
        notes.error("policy.variable-version", part, message, "write \"Version\": \"2012-10-17\"");
    } else {
        unfilled(subject, pattern, part, notes);
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An action that names no resource is decided with `*`: a pattern other than `*` never matches it.
fn never_named(subject: &Subject<'_>, part: &str, notes: &mut Notes) {
    let (actions, resources) = (&subject.statement.actions, &subject.statement.resources);
    if actions.negated || resources.negated || resources.patterns.iter().any(|pattern| pattern == "*") {
        return;
    }
    for pattern in &actions.patterns {
        let mut matched = subject.reference.matching(pattern).peekable();
        if pattern != "*"
            && matched.peek().is_some()
            && matched.all(|(_, info)| info.resources == ResourceSupport::Absent)
        {
            let message = format!("`{pattern}` names no resource in its requests, so it never matches here");
            notes.warning(
                "policy.resource-never-matches",
                part,
                message,
                "give it a statement with the resource `*`",
            );
        }
    }
}
