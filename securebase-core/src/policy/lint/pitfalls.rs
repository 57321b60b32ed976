//! Findings that cost others an outage: region locks, lock-outs, exemptions that anyone can take.

use std::collections::{BTreeMap, BTreeSet};

use super::{LintOptions, Notes, Subject, regions};
use crate::policy::analysis::privilege::{ExecutorIdentity, executor_calls, known_calls};
use crate::policy::eval::evaluate::PolicyPath;
use crate::policy::eval::index::ActionMatcher;
use crate::policy::eval::verdict::{Decision, Level, Policy, PolicyKind};
use crate::policy::syntax::actions::Spelling;
use crate::policy::syntax::document::{Condition, Effect, PolicyDocument, Statement};
use crate::policy::syntax::operator::Comparison;

pub(super) fn statement(subject: &Subject<'_>, notes: &mut Notes) {
    let statement = subject.statement;
    if statement.effect == Effect::Deny {
        regions::lock(statement, notes);
        exemptions(statement, notes);
        source_address(statement, notes);
        central_root(statement, notes);
        default_encryption(statement, notes);
    }
    for condition in keyed(statement, "aws:PrincipalArn") {
        let linked = |value: &String| value.contains("role/aws-service-role/");
        if !condition.operator.negated && condition.values.iter().all(linked) && !condition.values.is_empty()
        {
            let message =
                "control policies never bind service-linked roles, so this matches nobody".to_owned();
            notes.error("policy.never-matches", "Condition", message, "drop the statement");
        }
    }
}

pub(super) fn keyed<'a>(statement: &'a Statement, key: &'a str) -> impl Iterator<Item = &'a Condition> {
    statement.conditions.iter().filter(move |condition| condition.key.eq_ignore_ascii_case(key))
}

fn exemptions(statement: &Statement, notes: &mut Notes) {
    for condition in statement.conditions.iter().filter(|condition| condition.operator.negated) {
        let key = condition.key.to_ascii_lowercase();
        let part = format!("Condition.{}.{}", condition.operator, condition.key);
        if key == "aws:userid" || key == "aws:username" {
            let message =
                format!("`{}` contains a name that whoever starts the session may choose", condition.key);
            notes.warning("policy.exempts-by-session", &part, message, "exempt roles by `aws:PrincipalArn`");
        }
        if key.starts_with("aws:principaltag/") {
            let message = format!(
                "a principal that can give a role the tag `{}` is exempt",
                condition.key.split('/').nth(1).unwrap_or_default()
            );
            notes.warning(
                "policy.exempts-by-tag",
                &part,
                message,
                "deny setting the tag too, or exempt by `aws:PrincipalArn`",
            );
        }
        if key == "aws:principalarn" {
            for value in condition.values.iter().filter(|value| exempts_everybody(value)) {
                let message =
                    format!("`{value}` exempts every role, so the statement denies nothing to any of them");
                notes.error(
                    "policy.exempts-everybody",
                    &part,
                    message,
                    "name the roles that are to be exempt",
                );
            }
            for value in condition.values.iter().filter(|value| value.contains(":assumed-role/")) {
                let message = format!("`{value}` names a session; the key holds the role's ARN");
                notes.error("policy.session-arn", &part, message, "write `arn:*:iam::*:role/name`");
            }
        }
    }
}

/// Whether a pattern of principals' ARNs is met by every role there is, whatever its account and name.
fn exempts_everybody(pattern: &str) -> bool {
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    let (account, name) = match parts.as_slice() {
        [_, _, _, _, account, name] => (*account, *name),
        // A String operator compares the whole text.
        _ => ("", pattern),
    };
    let open =
        |text: &str| !text.contains(|letter: char| letter.is_ascii_alphanumeric()) && text.contains('*');
    let name = name.strip_prefix("role/").unwrap_or(name);
    (account.is_empty() || open(account)) && open(name)
}

fn source_address(statement: &Statement, notes: &mut Notes) {
    let denies_others = keyed(statement, "aws:SourceIp").any(|condition| condition.operator.negated);
    let escape = ["aws:ViaAWSService", "aws:SourceVpc", "aws:SourceVpce", "aws:PrincipalIsAWSService"];
    if denies_others && !escape.iter().any(|key| keyed(statement, key).next().is_some()) {
        let message = "calls that services make for a principal, and calls through endpoints, come from other addresses".to_owned();
        let hint = "add `BoolIfExists` on `aws:ViaAWSService` \"false\", and `aws:SourceVpc` where endpoints are used";
        notes.warning("policy.source-ip-alone", "Condition", message, hint);
    }
}

fn central_root(statement: &Statement, notes: &mut Notes) {
    let root = keyed(statement, "aws:PrincipalArn").any(|condition| {
        !condition.operator.negated && condition.values.iter().any(|value| value.ends_with(":root"))
    });
    let everything =
        statement.actions.patterns.iter().any(|pattern| pattern == "*") && !statement.actions.negated;
    if root && everything && keyed(statement, "aws:AssumedRoot").next().is_none() {
        let message =
            "central root sessions, the way to undo a locked bucket or queue policy, are denied too"
                .to_owned();
        notes.warning(
            "policy.blocks-central-root",
            "Condition",
            message,
            "add `BoolIfExists` on `aws:AssumedRoot` \"false\"",
        );
    }
}

fn default_encryption(statement: &Statement, notes: &mut Notes) {
    let wants_header = keyed(statement, "s3:x-amz-server-side-encryption").any(|condition| {
        condition.operator.comparison == Comparison::Null
            && condition.values.iter().any(|value| value.eq_ignore_ascii_case("true"))
    });
    if wants_header && ActionMatcher::new(&statement.actions).matches("s3:putobject") {
        let message =
            "uploads that leave encryption to the bucket's default carry no header and are denied".to_owned();
        notes.warning(
            "policy.breaks-default-encryption",
            "Condition",
            message,
            "deny only where a wrong header is there",
        );
    }
}

/// Whether the role that provisions accounts could still do so under this document.
pub(super) fn executor(document: &PolicyDocument, options: &LintOptions, notes: &mut Notes) {
    if options.kind != PolicyKind::ServiceControl {
        return;
    }
    let denies: Vec<Statement> =
        document.statements.iter().filter(|statement| statement.effect == Effect::Deny).cloned().collect();
    let matchers: Vec<ActionMatcher> =
        denies.iter().map(|statement| ActionMatcher::new(&statement.actions)).collect();
    let own = PolicyDocument { statements: denies, ..document.clone() };
    let level = Level::new("here", vec![Policy::full_access(), Policy::new("this", own)]);
    let Ok(path) = PolicyPath::new(PolicyKind::ServiceControl, &[level]) else { return };
    let Ok(known) = known_calls() else { return };
    let by = ExecutorIdentity {
        account: "111122223333",
        region: "us-east-1",
        role: &options.parameters.executor_role,
    };
    let mut denied: BTreeMap<usize, (bool, Vec<String>)> = BTreeMap::new();
    for name in known {
        let Some((service, operation)) = name.split_once(':') else { continue };
        // Reading is no reason for alarm by itself; what cannot be made or mended is.
        if ["Describe", "List", "Get"].iter().any(|verb| operation.starts_with(verb)) {
            continue;
        }
        let concerned = |matcher: &ActionMatcher| matcher.matches(&name.to_ascii_lowercase());
        if !matchers.iter().any(concerned) {
            continue;
        }
        for call in executor_calls("", service, operation, by, &[]).unwrap_or_default() {
            let mut request = call.request;
            request.forget("aws:RequestedRegion");
            let decision = path.decide(&request);
            if decision.is_allowed() {
                continue;
            }
            let verdict = path.explain(&request);
            let indices: BTreeSet<usize> =
                verdict.causes.iter().filter_map(|cause| cause.statement_index).collect();
            let action = Spelling::shipped().action(request.action());
            for index in indices {
                // The index is among the denies; find it among all statements.
                let mut all =
                    document.statements.iter().enumerate().filter(|(_, it)| it.effect == Effect::Deny);
                let entry = denied.entry(all.nth(index).map_or(index, |(at, _)| at)).or_default();
                entry.0 |= decision == Decision::ExplicitDeny;
                if !entry.1.contains(&action) {
                    entry.1.push(action.clone());
                }
            }
        }
    }
    for (index, (certain, actions)) in denied {
        if let Some(statement) = document.statements.get(index) {
            notes.enter(index, statement);
        }
        let more = actions.len().saturating_sub(3);
        let shown = actions.iter().take(3).map(|action| format!("`{action}`")).collect::<Vec<_>>().join(", ");
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        let role = &options.parameters.executor_role;
        let verb = if certain { "is denied" } else { "may be denied" };
        let message = format!("the role `{role}`, which provisions the account, {verb} {shown}{rest}");
        let hint = "exempt it: `ArnNotLike` on `aws:PrincipalArn` with `arn:*:iam::*:role/…`";
        if certain {
            notes.error("policy.locks-out-executor", "", message, hint);
        } else {
            notes.warning("policy.locks-out-executor", "", message, hint);
        }
    }
}
