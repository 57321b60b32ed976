//! Parameters of guardrails and policy documents of the user's own, of the zone or of a tier.

use std::collections::BTreeMap;

use crate::input::code;
use crate::input::node::{Entry, Node, Quoted, Value};
use crate::input::reader::{Object, entries, items, mismatch, nearest, string};
use crate::input::report::{Path, Report};
use crate::model::{Guarding, Problem, Region, Tier};
use crate::policy::{
    Error, LintOptions, Parameters, Policy, PolicyDocument, PolicyLimits, SETTABLE, SetName, guardrails,
    lint_target,
};

/// What an object adds to guardrails. What is wrong with it has been reported and is left out.
pub(super) fn read(object: &Object<'_, '_>, executor: &str, report: &mut Report<'_>) -> Guarding {
    let mut guarding = Guarding::default();
    let path = object.path_of("guardrails");
    let given = object
        .get("guardrails")
        .and_then(|entry| entries(&entry.node, &path, "a map of guardrail parameters", report));
    for entry in given.into_iter().flatten() {
        if let Some(values) = parameter(entry, Path::Attribute(&path, &entry.key), report) {
            guarding.parameters.insert(entry.key.clone(), values);
        }
    }
    let path = object.path_of("policies");
    if let Some(entry) = object.get("policies") {
        let expected = "a list of policy documents";
        for (index, node) in items(&entry.node, &path, expected, report).iter().enumerate() {
            let path = Path::Index(&path, index);
            let surroundings = Surroundings { parameters: &guarding.parameters, executor };
            guarding.policies.extend(document(node, &path, &surroundings, report));
        }
    }
    guarding
}

fn parameter(entry: &Entry, path: Path<'_>, report: &mut Report<'_>) -> Option<Vec<String>> {
    if matches!(entry.node.value, Value::Null) {
        return None;
    }
    if !SETTABLE.contains(&entry.key.as_str()) {
        let hint = match nearest(&entry.key, SETTABLE.into_iter()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("leave it out; known here are {}", SETTABLE.join(", ")),
        };
        let message = format!("guardrails have no parameter `{}`", Quoted(&entry.key));
        report.error(code::ATTRIBUTE_UNKNOWN, entry.key_at, path, message, hint);
        return None;
    }
    let values: Vec<String> = match &entry.node.value {
        Value::String(text) => vec![text.clone()],
        Value::List(nodes) => {
            let mut texts = Vec::with_capacity(nodes.len());
            for (index, node) in nodes.iter().enumerate() {
                texts.push(string(node, &Path::Index(&path, index), report)?.text.to_owned());
            }
            texts
        }
        other => {
            mismatch(other, "a string or a list of strings", entry.node.at, &path, report);
            return None;
        }
    };
    if entry.key == "regions" {
        for value in &values {
            if let Err(error) = Region::named(value) {
                let hint = error.help().unwrap_or_default();
                report.error(code::GUARDRAIL_PARAMETER, entry.node.at, path, error.to_string(), hint);
                return None;
            }
        }
    }
    let alone = BTreeMap::from([(entry.key.clone(), values.clone())]);
    match Parameters::default().with(&alone) {
        Ok(_) => Some(values),
        Err(error) => {
            let hint = error.help().unwrap_or_default();
            report.error(code::GUARDRAIL_PARAMETER, entry.node.at, path, error.to_string(), hint);
            None
        }
    }
}

/// What a document is held against besides itself.
struct Surroundings<'a> {
    parameters: &'a BTreeMap<String, Vec<String>>,
    executor: &'a str,
}

/// A document read and linted, as its canonical text; `None` has been reported.
fn document(
    node: &Node,
    path: &Path<'_>,
    surroundings: &Surroundings<'_>,
    report: &mut Report<'_>,
) -> Option<String> {
    if !matches!(node.value, Value::Map(_)) {
        mismatch(&node.value, "a policy document or the name of its file", node.at, path, report);
        return None;
    }
    let document = match PolicyDocument::from_value(&node.to_json()) {
        Ok(document) => document,
        Err(error) => {
            for problem in error.problems().iter() {
                say(problem, node.at, path, report);
            }
            return None;
        }
    };
    let mut fine = true;
    for problem in findings(&document, surroundings).iter().flatten() {
        fine &= !problem.is_error();
        say(problem, node.at, path, report);
    }
    fine.then(|| document.to_json())
}

/// What the linter says about a document beside AWS's full access and the guardrail that protects exempt roles.
fn findings(document: &PolicyDocument, surroundings: &Surroundings<'_>) -> Result<Vec<Problem>, Error> {
    let parameters = Parameters { executor_role: surroundings.executor.to_owned(), ..Parameters::default() }
        .with(surroundings.parameters)?;
    // It is packed with the guardrails: whether it fits is found out there.
    let limits = PolicyLimits { max_size: usize::MAX, max_documents: usize::MAX };
    let options = LintOptions { limits, parameters: parameters.clone(), ..LintOptions::default() };
    let mut found = document.lint_with(&options);
    let mut policies = vec![Policy::full_access()];
    for guardrail in guardrails(SetName::Baseline)?.into_iter().filter(|guardrail| guardrail.id == "G40") {
        policies.push(Policy::new(guardrail.id.clone(), guardrail.document(&parameters)?));
    }
    policies.push(Policy::new("", document.clone()));
    let together = ["policy.allow-list-undone", "policy.exempt-role-unprotected"];
    found.extend(
        lint_target(&policies, &options)
            .into_iter()
            .filter(|problem| together.contains(&problem.code.as_str()))
            .map(|problem| Problem { path: String::new(), ..problem }),
    );
    Ok(found)
}

/// Reports a finding about a document under the place where the document stands.
fn say(problem: &Problem, at: Option<usize>, path: &Path<'_>, report: &mut Report<'_>) {
    let inner = if problem.path.is_empty() { String::new() } else { format!(".{}", problem.path) };
    let (path, message) = (format!("{path}{inner}"), format!("{} (`{}`)", problem.message, problem.code));
    if problem.is_error() {
        report.error(code::POLICY_INVALID, at, path, message, problem.hint.as_str());
    } else {
        report.warning(code::POLICY_DOUBTFUL, at, path, message, problem.hint.as_str());
    }
}

/// Puts the zone's wishes under each tier's own, and says which of the zone's parameters no guardrail takes.
pub(super) fn spread(zone: &Object<'_, '_>, own: &Guarding, tiers: &mut [Tier], report: &mut Report<'_>) {
    for name in own.parameters.keys().filter(|name| !tiers.iter().any(|tier| takes(tier, name))) {
        unused(name, zone.get("guardrails"), &zone.path_of("guardrails"), report);
    }
    for tier in tiers {
        tier.guarding = std::mem::take(&mut tier.guarding).over(own);
    }
}

/// Says which of a tier's parameters none of its guardrails takes.
pub(super) fn check_use(object: &Object<'_, '_>, tier: &Tier, report: &mut Report<'_>) {
    for name in tier.guarding.parameters.keys().filter(|name| !takes(tier, name)) {
        unused(name, object.get("guardrails"), &object.path_of("guardrails"), report);
    }
}

/// Whether a parameter makes a difference for a tier.
fn takes(tier: &Tier, parameter: &str) -> bool {
    // Names of trails restrict a guardrail of the baseline that has no parameter otherwise.
    ["exempt_roles", "trail_names"].contains(&parameter)
        || guardrails(SetName::of(&tier.framework)).is_ok_and(|all| {
            all.iter().any(|guardrail| guardrail.parameters.iter().any(|it| it == parameter))
        })
}

fn unused(name: &str, entry: Option<&Entry>, path: &Path<'_>, report: &mut Report<'_>) {
    let message = format!("no guardrail here takes `{name}`, so it changes nothing");
    let hint = "leave it out, or write a policy document of your own that needs it";
    report.warning(
        code::GUARDRAIL_PARAMETER_UNUSED,
        entry.and_then(|entry| entry.node.at),
        Path::Attribute(path, name),
        message,
        hint,
    );
}
