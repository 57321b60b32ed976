//! Which guardrails of the catalogue stand behind a statement.
//!
//! Purpose: packing joins statements and drops their names, so a verdict on a tier's document knows a statement and not what
//! it is for. The catalogue does: a guardrail stands behind a deny where one of its templates has the statement's shape
//! (conditions, kind of lists) and one of its patterns both is in the statement and matches the request.
//! Invariants: parameters are not known here, so a placeholder stands for any text. Several guardrails may deny one
//! request by one statement: all of them are named.
//! Non-goals: verdicts. What is found here is said, never decided with.

use std::collections::BTreeSet;

use super::{Catalogue, Guardrail, Template};
use crate::policy::eval::request::Request;
use crate::policy::pack::simplify::covers;
use crate::policy::syntax::arn::ResourcePattern;
use crate::policy::syntax::condition::Truth;
use crate::policy::syntax::document::{Condition, Effect, Selection, Statement};
use crate::policy::syntax::operator::{Comparison, Operator};
use crate::policy::syntax::pattern::{glob, glob_folded};

/// The guardrails by which a deny that applies to a request denies it, in order of id.
pub(in crate::policy) fn behind(statement: &Statement, request: &Request) -> Vec<&'static Guardrail> {
    let Ok(catalogue) = Catalogue::shipped() else { return Vec::new() };
    if statement.effect != Effect::Deny || statement.principal.is_some() {
        return Vec::new();
    }
    let named = statement.sid.as_deref().and_then(ids);
    let is_named = |guardrail: &&Guardrail| named.as_ref().is_none_or(|ids| ids.contains(&guardrail.id));
    let found: Vec<&Guardrail> = catalogue
        .guardrails()
        .iter()
        .filter(is_named)
        .filter(|guardrail| {
            guardrail
                .statements
                .iter()
                .any(|template| explains(template, statement, request, named.is_some()))
        })
        .collect();
    match named.iter().flatten().collect::<Vec<_>>().as_slice() {
        // A name of one guardrail says it all, whatever parameters have made of its shape.
        [only] if found.is_empty() => catalogue.guardrail(only).into_iter().collect(),
        _ => found,
    }
}

/// The ids that a name is made of: `G20`, or several joined with the letters that tell their statements apart.
fn ids(sid: &str) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut rest = sid;
    while let Some(after) = rest.strip_prefix('G') {
        let digits = after.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(after.len());
        if digits == 0 {
            return None;
        }
        found.insert(format!("G{}", &after[..digits]));
        // The second statement of a guardrail, the second of equal names, the rest of a list that was split.
        rest = after[digits..].trim_start_matches(|letter: char| letter != 'G');
    }
    let known = Catalogue::shipped().is_ok_and(|all| found.iter().all(|id| all.guardrail(id).is_ok()));
    (rest.is_empty() && !found.is_empty() && known).then_some(found)
}

fn explains(template: &Template, statement: &Statement, request: &Request, named: bool) -> bool {
    same_conditions(template, &statement.conditions)
        && actions_match(template, &statement.actions, request, named)
        && resources_match(template, &statement.resources, request)
}

/// A text with anything in the place of its placeholders, as a pattern.
fn opened(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((_, after)) = after.split_once("}}") else { break };
        whole.push_str(before);
        whole.push('*');
        rest = after;
    }
    whole + rest
}

/// The patterns of a template, shipped lists filled in; `None` where a parameter decides what they are.
fn listed(templates: &[String]) -> Option<Vec<&str>> {
    let catalogue = Catalogue::shipped().ok()?;
    let mut patterns = Vec::with_capacity(templates.len());
    for template in templates {
        match template.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) {
            Some(name) => {
                let list = Some(catalogue.list(name)).filter(|list| !list.is_empty())?;
                patterns.extend(list.iter().map(String::as_str));
            }
            None => patterns.push(template.as_str()),
        }
    }
    Some(patterns)
}

fn actions_match(template: &Template, actions: &Selection, request: &Request, named: bool) -> bool {
    let same = |left: &str, right: &str| left.eq_ignore_ascii_case(right);
    if actions.negated {
        let Some(patterns) = listed(&template.not_actions).filter(|_| !template.not_actions.is_empty())
        else {
            // The zone's own list of what is let through.
            return !template.not_actions.is_empty();
        };
        return patterns
            .iter()
            .all(|&one| actions.patterns.iter().any(|other| same(one, other) || covers(other, one, true)))
            && actions.patterns.iter().all(|one| patterns.iter().any(|other| same(one, other)));
    }
    let asked = |pattern: &&str| glob_folded(pattern, request.action());
    listed(&template.actions).into_iter().flatten().filter(asked).any(|pattern| {
        // A pattern that another one of the statement covers was dropped when they were joined.
        actions.patterns.iter().any(|own| same(own, pattern) || named && covers(own, pattern, true))
    })
}

fn resources_match(template: &Template, resources: &Selection, request: &Request) -> bool {
    if resources.negated || !template.not_resources.is_empty() {
        return resources.negated && !template.not_resources.is_empty();
    }
    if template.resources.is_empty() {
        return resources.patterns.iter().any(|pattern| pattern == "*");
    }
    let reached = |pattern: &&String| ResourcePattern::new(pattern, true).decide(request) != Truth::False;
    resources
        .patterns
        .iter()
        .filter(reached)
        .any(|pattern| template.resources.iter().any(|text| glob(&opened(text), pattern)))
}

/// Whether the conditions are those of the template: the same operators and keys, and the same values where no parameter
/// fills them in.
fn same_conditions(template: &Template, conditions: &[Condition]) -> bool {
    let mut wanted: Vec<(Operator, String, Option<Vec<&str>>)> = Vec::new();
    for (operator, keys) in &template.when {
        let Some(operator) = Operator::parse(operator) else { return false };
        for (key, values) in keys {
            wanted.push((
                operator,
                opened(key),
                listed(values).filter(|all| all.iter().all(|it| !it.contains("{{"))),
            ));
        }
    }
    if template.exempt {
        wanted.push((Operator::not(Comparison::ArnLike), "aws:PrincipalArn".to_owned(), None));
    }
    let mut left: Vec<Condition> = conditions.iter().map(Condition::canonical).collect();
    for (operator, key, values) in wanted {
        let fits = |condition: &Condition| {
            condition.operator == operator
                && glob_folded(&key, &condition.key)
                && values.as_ref().is_none_or(|values| {
                    Condition::new(operator, condition.key.as_str(), values.iter().copied()).canonical()
                        == *condition
                })
        };
        let Some(at) = left.iter().position(fits) else { return false };
        left.swap_remove(at);
    }
    left.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::catalog::example::read_example;
    use crate::policy::catalog::parameters::Parameters;
    use crate::policy::catalog::set::SetName;
    use crate::policy::catalog::tier_documents::{guardrails, tier_documents};
    use crate::policy::eval::evaluate::PolicyPath;
    use crate::policy::eval::verdict::{Level, Policy, PolicyKind};

    #[test]
    fn names_are_taken_apart() {
        let all = |sid: &str| ids(sid).map(|ids| ids.into_iter().collect::<Vec<_>>().join(" "));
        assert_eq!(all("G20").as_deref(), Some("G20"));
        assert_eq!(all("G04G05G20bG21x2y").as_deref(), Some("G04 G05 G20 G21"));
        for other in ["", "RegionLock", "Guard", "G", "G20 ", "G999", "MyG20"] {
            assert!(all(other).is_none() || other == "G20 ", "{other}");
        }
    }

    /// Every request that a guardrail denies by itself is denied by it in the tier's packed document too, with a name and
    /// without.
    #[test]
    fn packed_documents_lead_back_to_the_guardrails() {
        for framework in SetName::FRAMEWORKS {
            let parameters =
                Parameters { exempt_roles: vec!["BreakGlass".to_owned()], ..Parameters::default() };
            let documents = tier_documents(framework, &parameters).unwrap();
            let named: Vec<Policy> =
                documents.iter().map(|one| Policy::new(one.name.clone(), one.document.clone())).collect();
            let mut bare = named.clone();
            for policy in &mut bare {
                policy.document.statements.iter_mut().for_each(|statement| statement.sid = None);
            }
            for policies in [named, bare] {
                let path = [Level::new("unit", [vec![Policy::full_access()], policies].concat())];
                let path = PolicyPath::new(PolicyKind::ServiceControl, &path).unwrap();
                for guardrail in guardrails(framework).unwrap() {
                    let (denied, _) = guardrail.examples(&parameters).unwrap();
                    for example in denied {
                        let verdict = path.explain(&read_example(&example).unwrap());
                        let named: Vec<&str> =
                            verdict.causes.iter().filter_map(|cause| cause.guardrail.as_deref()).collect();
                        assert!(
                            named.contains(&guardrail.id.as_str()),
                            "{framework}: {example}: {named:?} without {}",
                            guardrail.id
                        );
                        assert!(verdict.causes.iter().all(|cause| cause.guardrail.is_some()), "{verdict}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_statement_of_ones_own_has_no_guardrail() {
        let own = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:*:iam::*:role/x"},"Bool":{"aws:SecureTransport":"false"}}},
            {"Sid":"Trail","Effect":"Deny","Action":"cloudtrail:StopLogging","Resource":"*"}]}"#;
        let own = crate::policy::syntax::document::PolicyDocument::parse(own).unwrap();
        let path = [Level::new("unit", vec![Policy::full_access(), Policy::new("own", own)])];
        let path = PolicyPath::new(PolicyKind::ServiceControl, &path).unwrap();
        let request = read_example("cloudtrail:StopLogging * aws:SecureTransport=false").unwrap();
        let verdict = path.explain(&request);
        let causes: Vec<_> =
            verdict.causes.iter().map(|cause| (cause.statement(), cause.guardrail.clone())).collect();
        assert_eq!(causes, [(Some("Statement[0]".to_owned()), None), (Some("Trail".to_owned()), None)]);
    }
}
