//! Findings about conditions: keys, operators, values.

use super::{Notes, Subject};
use crate::policy::syntax::actions::{KeyInfo, KeyType};
use crate::policy::syntax::condition::CompiledCondition;
use crate::policy::syntax::document::{Condition, Effect, Version};
use crate::policy::syntax::operator::{Comparison, Quantifier};
use crate::policy::syntax::pattern::glob_folded;
use crate::policy::syntax::variable::{self, Template};

pub(super) fn statement(subject: &Subject<'_>, notes: &mut Notes) {
    let conditions = &subject.statement.conditions;
    for (at, condition) in conditions.iter().enumerate() {
        let part = format!("Condition.{}.{}", condition.operator, condition.key);
        let clash = conditions.iter().take(at).find(|other| {
            other.operator == condition.operator
                && other.key != condition.key
                && other.key.eq_ignore_ascii_case(&condition.key)
        });
        if let Some(other) = clash {
            let message = format!("`{}` and `{}` are one key to AWS", other.key, condition.key);
            notes.error("policy.duplicate-key", &part, message, "merge their values under one spelling");
        }
        tag_spelling(subject, condition, &part, notes);
        if let Err(message) = CompiledCondition::new(condition, subject.document.version == Version::Current)
        {
            let null = condition.operator.comparison == Comparison::Null;
            let code =
                if null && condition.operator.if_exists { "policy.null-if-exists" } else { "policy.value" };
            let hint = if null {
                "write `Null` with \"true\" or \"false\""
            } else {
                "write a value of the operator's type"
            };
            notes.error(code, &part, message, hint);
        }
        known_key(subject, condition, &part, notes);
        set_operator(subject, condition, &part, notes);
        absence(subject, condition, &part, notes);
        values(subject, condition, &part, notes);
    }
}

/// The same tag spelled in two ways: one of the statements is about a tag nobody sets.
fn tag_spelling(subject: &Subject<'_>, condition: &Condition, part: &str, notes: &mut Notes) {
    let tag = |key: &str| {
        let (prefix, tag) = key.split_once('/')?;
        prefix.to_ascii_lowercase().ends_with("tag").then(|| tag.to_owned())
    };
    let Some(own) = tag(&condition.key) else { return };
    let earlier = subject
        .document
        .statements
        .iter()
        .take(subject.index + 1)
        .flat_map(|statement| &statement.conditions);
    let other = earlier
        .filter_map(|other| tag(&other.key))
        .find(|other| *other != own && other.eq_ignore_ascii_case(&own));
    if let Some(other) = other {
        let message = format!(
            "the tag is `{own}` here and `{other}` elsewhere; tag keys differ by case, condition keys do not"
        );
        notes.warning("policy.tag-key-case", part, message, "spell the tag key in one way");
    }
}

fn known_key(subject: &Subject<'_>, condition: &Condition, part: &str, notes: &mut Notes) {
    let Some(info) = subject.reference.key(&condition.key) else {
        if subject.reference.knows_key(&condition.key) {
            return;
        }
        let message = format!(
            "no service has the condition key `{}` (as of {})",
            condition.key,
            subject.reference.date()
        );
        notes.warning(
            "policy.unknown-key",
            part,
            message,
            "check the spelling; a key that is never there is decided as absent",
        );
        return;
    };
    let fits = match condition.operator.comparison {
        Comparison::NumericEquals
        | Comparison::NumericLessThan
        | Comparison::NumericLessThanEquals
        | Comparison::NumericGreaterThan
        | Comparison::NumericGreaterThanEquals => info.kind == KeyType::Number,
        Comparison::DateEquals
        | Comparison::DateLessThan
        | Comparison::DateLessThanEquals
        | Comparison::DateGreaterThan
        | Comparison::DateGreaterThanEquals => matches!(info.kind, KeyType::Date | KeyType::Number),
        Comparison::IpAddress => info.kind == KeyType::Address,
        Comparison::Bool => matches!(info.kind, KeyType::Bool | KeyType::String),
        Comparison::ArnEquals | Comparison::ArnLike => matches!(info.kind, KeyType::Arn | KeyType::String),
        _ => true,
    };
    if !fits {
        let message = format!("`{}` does not hold what `{}` compares", info.name, condition.operator);
        notes.warning("policy.operator-type", part, message, "choose an operator of the key's type");
    }
    never_carried(subject, condition, info, part, notes);
}

/// A key of a service that none of the statement's actions carries: a positive condition never holds, a negated one always.
fn never_carried(
    subject: &Subject<'_>,
    condition: &Condition,
    info: &KeyInfo,
    part: &str,
    notes: &mut Notes,
) {
    let actions = &subject.statement.actions;
    let global = subject.reference.global_keys().iter().any(|key| key.name == info.name);
    if global || actions.negated || actions.patterns.iter().any(|pattern| pattern == "*") {
        return;
    }
    let mut unsupported = Vec::new();
    for pattern in &actions.patterns {
        let mut matched = subject.reference.matching(pattern).peekable();
        let service = |prefix: &str| subject.reference.service(prefix);
        if matched.peek().is_some()
            && !matched.any(|(prefix, action)| {
                service(prefix).is_some_and(|service| {
                    service
                        .keys_of(action)
                        .any(|key| key.name == info.name || glob_folded(key.name, &condition.key))
                })
            })
        {
            unsupported.push(format!("`{pattern}`"));
        }
    }
    // A few keys are defined by their service and listed with no action: the data cannot say who carries them.
    if !unsupported.is_empty() && subject.reference.lists(info) {
        let outcome = if condition.operator.negated || condition.operator.if_exists {
            "always holds"
        } else {
            "never holds"
        };
        let message = format!(
            "requests of {} do not carry `{}`: the condition {outcome} there",
            unsupported.join(", "),
            info.name
        );
        notes.warning(
            "policy.key-not-carried",
            part,
            message,
            "take these actions out, or use a key that they carry",
        );
    }
}

fn set_operator(subject: &Subject<'_>, condition: &Condition, part: &str, notes: &mut Notes) {
    let multivalued = subject.reference.key(&condition.key).map(|info| info.multivalued);
    let null_check = |wanted: &str| {
        subject.statement.conditions.iter().any(|other| {
            other.operator.comparison == Comparison::Null
                && other.key.eq_ignore_ascii_case(&condition.key)
                && other.values.iter().any(|value| value.eq_ignore_ascii_case(wanted))
        })
    };
    match (condition.operator.quantifier, multivalued) {
        (Some(_), Some(false)) => {
            let message = format!(
                "`{}` has one value; `{}` is for keys with several",
                condition.key, condition.operator
            );
            notes.warning(
                "policy.set-operator-on-single-value",
                part,
                message,
                "drop `ForAllValues:` or `ForAnyValue:`",
            );
        }
        (None, Some(true)) if condition.operator.comparison != Comparison::Null => {
            let message = format!("`{}` may have several values", condition.key);
            notes.warning("policy.multivalued-key", part, message, "say `ForAnyValue:` or `ForAllValues:`");
        }
        _ => {}
    }
    if condition.operator.quantifier == Some(Quantifier::All) && !null_check("false") {
        let message = format!("`ForAllValues` holds for a request without `{}` too", condition.key);
        notes.warning(
            "policy.for-all-values-without-null",
            part,
            message,
            "add `Null` with \"false\" for the key",
        );
    }
    if condition.operator.quantifier == Some(Quantifier::Any) && condition.operator.if_exists {
        let message =
            "what `ForAnyValue` means with `IfExists` where the key is absent is not documented".to_owned();
        notes.warning(
            "policy.for-any-value-if-exists",
            part,
            message,
            "write two statements, one of them with `Null`",
        );
    }
}

/// Keys that are absent from many ordinary requests.
const OFTEN_ABSENT: [&str; 8] = [
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:SourceVpcArn",
    "aws:SourceIp",
    "aws:VpcSourceIp",
    "aws:PrincipalOrgID",
    "aws:SourceIdentity",
    "aws:MultiFactorAuthAge",
];

fn absence(subject: &Subject<'_>, condition: &Condition, part: &str, notes: &mut Notes) {
    let operator = condition.operator;
    let deny = subject.statement.effect == Effect::Deny;
    let about = |name: &str| condition.key.eq_ignore_ascii_case(name);
    let null = |wanted: &str| {
        subject.statement.conditions.iter().any(|other| {
            other.operator.comparison == Comparison::Null
                && other.key.eq_ignore_ascii_case(&condition.key)
                && other.values.iter().any(|value| value.eq_ignore_ascii_case(wanted))
        })
    };
    if operator.comparison != Comparison::Null
        && null("true")
        && !operator.negated
        && !operator.if_exists
        && operator.quantifier != Some(Quantifier::All)
    {
        let message = format!(
            "`Null` wants `{0}` absent and `{operator}` wants it there: the statement never matches",
            condition.key
        );
        notes.error("policy.never-matches", part, message, "write two statements, or use `IfExists`");
    }
    if operator.comparison == Comparison::Null && condition.values.len() > 1 {
        let message = "`Null` with both values always holds".to_owned();
        notes.warning("policy.null-both", part, message, "write one value");
    }
    if operator.negated && operator.if_exists && operator.quantifier.is_none() {
        let message = format!(
            "a negated operator holds for a request without `{}` anyway: `IfExists` changes nothing",
            condition.key
        );
        notes.warning(
            "policy.if-exists-without-effect",
            part,
            message,
            "drop `IfExists`; to leave such requests alone add `Null` with \"false\"",
        );
    }
    if deny && operator.negated && !null("false") && OFTEN_ABSENT.iter().any(|name| about(name)) {
        let message = format!("requests without `{}` are denied too", condition.key);
        notes.warning(
            "policy.denies-without-key",
            part,
            message,
            "add `Null` with \"false\" for the key, if that is not meant",
        );
    }
    if deny && about("aws:MultiFactorAuthPresent") && operator.comparison == Comparison::Bool {
        let for_users = subject
            .statement
            .conditions
            .iter()
            .any(|other| other.key.to_ascii_lowercase().starts_with("aws:principal"));
        if !operator.if_exists {
            let message = "long-lived keys carry no `aws:MultiFactorAuthPresent`, so they pass".to_owned();
            notes.warning(
                "policy.mfa-absent",
                part,
                message,
                "write `BoolIfExists`, together with a filter for users",
            );
        } else if !for_users {
            let message =
                "roles of services carry no `aws:MultiFactorAuthPresent`, so they are denied".to_owned();
            notes.warning(
                "policy.mfa-denies-roles",
                part,
                message,
                "add `ArnLike` on `aws:PrincipalArn` for users",
            );
        }
    }
}

fn values(subject: &Subject<'_>, condition: &Condition, part: &str, notes: &mut Notes) {
    let Condition { operator, key, values } = condition;
    for value in values {
        match operator.comparison {
            Comparison::StringEquals | Comparison::StringEqualsIgnoreCase
                if value.contains(['*', '?']) && value != "*" && !value.contains("${") =>
            {
                let message =
                    format!("`{value}` is compared letter by letter: `{operator}` has no wildcards");
                notes.warning("policy.literal-wildcard", part, message, "use `StringLike`");
            }
            Comparison::ArnEquals | Comparison::ArnLike
                if value.splitn(6, ':').count() < 6 && !value.contains("${") =>
            {
                let message = format!("`{value}` has fewer than six parts, so no ARN is like it");
                notes.error(
                    "policy.arn-value",
                    part,
                    message,
                    "write all six parts, for example `arn:*:iam::*:role/x`",
                );
            }
            Comparison::IpAddress if key.eq_ignore_ascii_case("aws:SourceIp") && is_private(value) => {
                let message = format!("`{value}` is private: AWS sees public addresses in `aws:SourceIp`");
                notes.warning(
                    "policy.private-address",
                    part,
                    message,
                    "use `aws:VpcSourceIp` or `aws:SourceVpc`",
                );
            }
            _ => {}
        }
        if operator.takes_variables() {
            if let Some(reason) = variable::defect(value) {
                let message = format!("a variable in `{value}` cannot be read: {reason}");
                notes.error("policy.variable", part, message, "write `${key}` or `${key, 'default'}`");
            } else if value.contains("${") && subject.document.version != Version::Current {
                let message =
                    format!("the variable in `{value}` is plain text without the current `Version`");
                notes.error("policy.variable-version", part, message, "write \"Version\": \"2012-10-17\"");
            } else {
                unfilled(subject, value, part, notes);
            }
        } else if value.contains("${") {
            let message = format!("`{operator}` takes no variables, so `{value}` is plain text");
            notes.error("policy.variable-operator", part, message, "use a String or Arn operator");
        }
    }
}

/// Variables that no request fills: of keys that do not exist, and of keys with several values.
pub(super) fn unfilled(subject: &Subject<'_>, value: &str, part: &str, notes: &mut Notes) {
    for (key, default) in Template::new(value, true).variables() {
        let (reason, hint) = match subject.reference.key(key) {
            None if subject.reference.knows_key(key) => continue,
            None => ("no service has that key", "check the spelling"),
            Some(info) if info.multivalued => {
                ("the key may have several values, and a variable takes one", "use a key of one value")
            }
            Some(_) => continue,
        };
        let then = if default { "its default always stands" } else { "the value is never there" };
        let message = format!("nothing fills the variable `${{{key}}}`: {reason}, so {then}");
        notes.warning("policy.variable-unfilled", part, message, hint);
    }
}

fn is_private(value: &str) -> bool {
    let address = value.split('/').next().and_then(|text| text.parse::<std::net::IpAddr>().ok());
    match address {
        Some(std::net::IpAddr::V4(address)) => {
            address.is_private() || address.is_loopback() || address.is_link_local()
        }
        Some(std::net::IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
        None => false,
    }
}
