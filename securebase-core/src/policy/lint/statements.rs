//! Findings about documents and statements as wholes.

use std::collections::BTreeMap;

use super::{LintOptions, Notes, Subject};
use crate::policy::eval::verdict::PolicyKind;
use crate::policy::pack::simplify::makes_superfluous;
use crate::policy::syntax::document::{Effect, PolicyDocument, Version};

pub(super) fn document(document: &PolicyDocument, options: &LintOptions, notes: &mut Notes) {
    match document.version {
        Version::Current => {}
        Version::Missing => {
            let message =
                "the document states no `Version`, so policy variables in it are plain text".to_owned();
            notes.error("policy.no-version", "Version", message, "write \"Version\": \"2012-10-17\"");
        }
        Version::Old => {
            let message = "the language of 2008 has no policy variables".to_owned();
            notes.error("policy.old-version", "Version", message, "write \"Version\": \"2012-10-17\"");
        }
    }
    if document.id.is_some() {
        notes.warning("policy.id", "Id", "`Id` takes room and does nothing".to_owned(), "drop it");
    }
    let (size, most) = (document.size(), options.limits.max_size);
    if size > most {
        let message = format!("{size} characters, {} more than the {most} allowed", size - most);
        notes.error("policy.too-large", "", message, "pack it into several documents");
    } else if size.saturating_mul(20) > most.saturating_mul(19) {
        let message = format!("{size} of {most} characters are used");
        notes.warning(
            "policy.nearly-full",
            "",
            message,
            "the next change may not fit; plan a second document",
        );
    }
    if !document.to_json().is_ascii() {
        let message = "characters beyond ASCII are counted differently by AWS's tools".to_owned();
        notes.warning("policy.not-ascii", "", message, "keep to ASCII");
    }
    if document.statements.is_empty() {
        notes.error("policy.no-statement", "Statement", "there is no statement".to_owned(), "add one");
    }
    let mut sids: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, statement) in document.statements.iter().enumerate() {
        let Some(sid) = &statement.sid else { continue };
        if !sid.chars().all(|character| character.is_ascii_alphanumeric()) {
            let message = format!("`{sid}` has characters that a `Sid` cannot have");
            notes.error("policy.sid", &format!("Statement[{index}].Sid"), message, "use letters and digits");
        }
        if let Some(first) = sids.insert(sid, index) {
            let message = format!("`{sid}` names Statement[{first}] too");
            notes.error(
                "policy.duplicate-sid",
                &format!("Statement[{index}].Sid"),
                message,
                "make names unique",
            );
        }
    }
}

pub(super) fn statement(subject: &Subject<'_>, options: &LintOptions, notes: &mut Notes) {
    let Subject { document, index, statement, .. } = subject;
    match (options.kind, &statement.principal) {
        (PolicyKind::ServiceControl, Some(_)) => {
            let message = "a service control policy has no `Principal`".to_owned();
            let hint = "select principals with conditions on `aws:PrincipalArn` and the like";
            notes.error("policy.principal", "Principal", message, hint);
        }
        (PolicyKind::ResourceControl, principal) => {
            if !principal.as_ref().is_some_and(crate::policy::syntax::document::Principal::is_anyone) {
                let message = "a resource control policy needs `\"Principal\": \"*\"`".to_owned();
                notes.error(
                    "policy.principal",
                    "Principal",
                    message,
                    "write \"*\" and select with conditions",
                );
            }
            if statement.effect == Effect::Allow {
                let message = "only AWS's own resource control policy allows".to_owned();
                notes.error("policy.rcp-allow", "Effect", message, "write Deny statements only");
            }
            if statement.actions.negated || statement.actions.patterns.iter().any(|pattern| pattern == "*") {
                let message =
                    "a resource control policy takes neither `NotAction` nor the action `*`".to_owned();
                notes.error("policy.rcp-action", "Action", message, "name services, for example `s3:*`");
            }
        }
        (PolicyKind::ServiceControl, None) => {}
    }
    for (part, selection) in [("Action", &statement.actions), ("Resource", &statement.resources)] {
        if selection.patterns.is_empty() {
            let what = if selection.negated { "matches everything" } else { "matches nothing" };
            notes.warning(
                "policy.empty-list",
                part,
                format!("an empty list {what}"),
                "name something or drop the statement",
            );
        }
    }
    for condition in statement.conditions.iter().filter(|condition| condition.values.is_empty()) {
        let part = format!("Condition.{}.{}", condition.operator, condition.key);
        notes.warning("policy.empty-list", &part, "no value is given to compare with".to_owned(), "give one");
    }
    let covering = document.statements.iter().enumerate().find(|(other, outer)| {
        // Of two that cover each other the later one is superfluous.
        other != index
            && makes_superfluous(outer, statement)
            && (!makes_superfluous(statement, outer) || other < index)
    });
    if let Some((other, _)) = covering {
        let message = format!("Statement[{other}] already does all that this one does");
        notes.warning("policy.unreachable", "", message, "drop it");
    }
    if statement.effect == Effect::Allow {
        let denied = document.statements.iter().enumerate().find(|(_, other)| {
            let as_deny =
                crate::policy::syntax::document::Statement { effect: Effect::Deny, ..(*statement).clone() };
            other.effect == Effect::Deny && makes_superfluous(other, &as_deny)
        });
        if let Some((other, _)) = denied {
            let message = format!("Statement[{other}] denies all that this one allows");
            notes.warning("policy.unreachable", "", message, "drop one of them");
        }
    }
}
