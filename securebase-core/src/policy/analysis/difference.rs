//! What a change of policies changes.
//!
//! Purpose: the effective policy of an account in one view, and the difference in meaning between two versions of its
//! path: which requests, by action, resource, kind of principal and region, become denied or allowed. A change of text
//! without a change of meaning shows nothing.
//! Invariants: one representative request is decided for every class of actions and of resources that the two versions
//! can tell apart. What depends on further context keys stays open and is shown with its conditions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::policy::catalog::parameters::Parameters;
use crate::policy::error::Error;
use crate::policy::eval::evaluate::PolicyPath;
use crate::policy::eval::partition::{Effort, classes, resource_classes};
use crate::policy::eval::request::Request;
use crate::policy::eval::verdict::{Decision, Level, PolicyKind};
use crate::policy::pack::simplify::simplify;
use crate::policy::syntax::actions::{ServiceReference, Spelling};
use crate::policy::syntax::document::{Effect, PolicyDocument, Statement};
use crate::policy::syntax::pattern::glob_folded;
use crate::time::Interrupt;

/// Everything that applies along a path, in one view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectivePolicy {
    /// All denies of all levels, joined.
    pub denies: PolicyDocument,
    /// What each level allows, root first, by the level's name.
    pub allows: Vec<(String, PolicyDocument)>,
}

/// The effective policy of a path, root first.
#[must_use]
pub fn effective(levels: &[Level]) -> EffectivePolicy {
    let pick = |level: &Level, effect: Effect| -> Vec<Statement> {
        let statements = level.policies.iter().flat_map(|policy| policy.document.statements.iter().cloned());
        statements
            .filter(|statement| statement.effect == effect)
            .map(|it| Statement { location: None, ..it })
            .collect()
    };
    let denies = levels.iter().flat_map(|level| pick(level, Effect::Deny));
    EffectivePolicy {
        denies: PolicyDocument::new(simplify(denies)),
        allows: levels
            .iter()
            .map(|level| (level.name.clone(), PolicyDocument::new(simplify(pick(level, Effect::Allow)))))
            .collect(),
    }
}

impl fmt::Display for EffectivePolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (level, document) in &self.allows {
            writeln!(formatter, "{level} allows {}", document.to_json())?;
        }
        writeln!(formatter, "denied along the path:")?;
        for statement in &self.denies.statements {
            writeln!(formatter, "  {}", statement.to_value())?;
        }
        Ok(())
    }
}

/// How a class of requests is decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Outcome {
    /// It passes.
    Allowed,
    /// It does not.
    Denied,
    /// It depends: denied where all conditions of any of the alternatives hold.
    DeniedWhen(Vec<Vec<String>>),
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed => formatter.write_str("allowed"),
            Self::Denied => formatter.write_str("denied"),
            Self::DeniedWhen(alternatives) => {
                let texts: Vec<String> = alternatives.iter().map(|all| all.join(" and ")).collect();
                write!(formatter, "denied where {}", texts.join(", or where "))
            }
        }
    }
}

/// Requests that two versions decide differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionChange {
    /// Actions as documented; one representative where no documented action is in the class.
    pub actions: Vec<String>,
    /// A representative resource; `*` for what no pattern names.
    pub resource: String,
    /// Kinds of principals: `executor`, `role`, `user`, `root`.
    pub principals: Vec<String>,
    /// Regions by name; `elsewhere` for those that no policy names. Empty where the region does not matter.
    pub regions: Vec<String>,
    /// How it was decided.
    pub before: Outcome,
    /// How it is decided now.
    pub after: Outcome,
}

/// Everything that changes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Difference {
    /// The changes; none where the versions mean the same.
    pub changes: Vec<PermissionChange>,
}

impl Difference {
    /// Whether the versions mean the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.changes.is_empty() {
            return formatter.write_str("no request is decided differently\n");
        }
        for PermissionChange { actions, resource, principals, regions, before, after } in &self.changes {
            let shown =
                actions.iter().take(4).map(|action| format!("`{action}`")).collect::<Vec<_>>().join(", ");
            let more = actions.len().saturating_sub(4);
            write!(formatter, "{shown}")?;
            if more > 0 {
                write!(formatter, " and {more} more")?;
            }
            if resource != "*" {
                write!(formatter, " on `{resource}`")?;
            }
            write!(formatter, " by {}", principals.join(", "))?;
            if !regions.is_empty() {
                write!(formatter, " in {}", region_names(regions))?;
            }
            writeln!(formatter, ": {before} → {after}")?;
        }
        Ok(())
    }
}

/// Regions in words.
pub(super) fn region_names(regions: &[String]) -> String {
    let name = |region: &String| match region.as_str() {
        ELSEWHERE => "any other region".to_owned(),
        name => name.to_owned(),
    };
    regions.iter().map(name).collect::<Vec<_>>().join(", ")
}

const ACCOUNT: &str = "111122223333";
const ELSEWHERE: &str = "elsewhere";

/// The difference in meaning between two versions of an account's path.
///
/// # Errors
/// [`Error::Broken`] where a version cannot be decided with; [`Error::TooComplex`].
pub fn difference(before: &[Level], after: &[Level], parameters: &Parameters) -> Result<Difference, Error> {
    difference_until(before, after, parameters, &Interrupt::new())
}

/// As [`difference`], until it is asked to end.
///
/// # Errors
/// As [`difference`], and [`Error::Interrupted`].
pub fn difference_until(
    before: &[Level],
    after: &[Level],
    parameters: &Parameters,
    interrupt: &Interrupt,
) -> Result<Difference, Error> {
    let paths = [
        PolicyPath::new(PolicyKind::ServiceControl, before)?,
        PolicyPath::new(PolicyKind::ServiceControl, after)?,
    ];
    if paths[0].digest() == paths[1].digest() {
        return Ok(Difference::default());
    }
    let statements = || {
        before.iter().chain(after).flat_map(|level| &level.policies).flat_map(|it| &it.document.statements)
    };
    let set = |texts: &mut dyn Iterator<Item = String>| {
        texts.collect::<BTreeSet<String>>().into_iter().collect::<Vec<_>>()
    };
    let actions = set(&mut statements()
        .flat_map(|it| &it.actions.patterns)
        .map(|pattern| pattern.to_ascii_lowercase()));
    let plain = |pattern: &&String| pattern.splitn(6, ':').count() == 6 && !pattern.contains("${");
    let resources = set(&mut statements().flat_map(|it| &it.resources.patterns).filter(plain).cloned());
    let mut regions = set(&mut statements()
        .flat_map(|it| &it.conditions)
        .filter(|condition| condition.key.eq_ignore_ascii_case("aws:RequestedRegion"))
        .flat_map(|condition| {
            condition.values.iter().filter(|value| !value.contains(['*', '?', '$'])).cloned()
        }));
    let by_region = !regions.is_empty();
    regions.push(ELSEWHERE.to_owned());
    let principals = [
        ("executor", format!("role/{}", parameters.executor_role)),
        ("role", "role/anyone".to_owned()),
        ("user", "user/anyone".to_owned()),
        ("root", "root".to_owned()),
    ];
    let mut effort = Effort::about(actions.len() + resources.len(), interrupt);
    let resource_classes = resource_classes(&resources, &mut effort)?;
    let mut found: BTreeMap<Group, Seen> = BTreeMap::new();
    for (matched, witness) in classes(&actions, None, &mut effort)? {
        let mut names: Option<Vec<String>> = None;
        for resource in resource_classes.values() {
            effort.spend(principals.len() * regions.len())?;
            for (kind, principal) in &principals {
                for region in &regions {
                    interrupt.check()?;
                    let arn = format!("arn:aws:iam::{ACCOUNT}:{principal}");
                    let mut request = Request::new(&witness, resource.as_str(), &arn, ACCOUNT);
                    if by_region {
                        request.set("aws:RequestedRegion", vec![region.clone()]);
                    }
                    request.set("aws:PrincipalIsAWSService", vec!["false".to_owned()]);
                    if *kind != "root" {
                        request.set("aws:AssumedRoot", Vec::new());
                    }
                    let request = request.partial_of_anything();
                    let [was, is] = paths.each_ref().map(|path| outcome(path, &request));
                    if was == is {
                        continue;
                    }
                    let names = names.get_or_insert_with(|| documented(&actions, &matched, &witness));
                    let seen = found.entry((was, is, resource.clone())).or_default();
                    seen.0.extend(names.iter().cloned());
                    seen.1.insert((*kind).to_owned());
                    seen.2.extend(by_region.then(|| region.clone()));
                    seen.3
                        .extend(names.iter().map(|name| (name.clone(), (*kind).to_owned(), region.clone())));
                }
            }
        }
    }
    Ok(Difference { changes: found.into_iter().flat_map(|(group, seen)| split(group, seen)).collect() })
}

type Group = (Outcome, Outcome, String);
/// Actions, kinds of principals, regions, and which combinations of them.
type Seen = (BTreeSet<String>, BTreeSet<String>, BTreeSet<String>, BTreeSet<(String, String, String)>);

/// One change per set of actions that has the same principals and regions.
fn split((before, after, resource): Group, (actions, _, named_regions, seen): Seen) -> Vec<PermissionChange> {
    let mut scopes: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    for (action, principal, region) in seen {
        let (principals, regions) = scopes.entry(action).or_default();
        principals.insert(principal);
        regions.insert(region);
    }
    let mut by_scope: BTreeMap<(Vec<String>, Vec<String>), Vec<String>> = BTreeMap::new();
    for action in actions {
        let (principals, regions) = scopes.remove(&action).unwrap_or_default();
        let scope = (principals.into_iter().collect(), regions.into_iter().collect());
        by_scope.entry(scope).or_default().push(action);
    }
    let change = |((principals, mut regions), actions): ((Vec<String>, Vec<String>), Vec<String>)| {
        if named_regions.is_empty() {
            regions.clear();
        }
        PermissionChange {
            actions,
            resource: resource.clone(),
            principals,
            regions,
            before: before.clone(),
            after: after.clone(),
        }
    };
    by_scope.into_iter().map(change).collect()
}

fn outcome(path: &PolicyPath, request: &Request) -> Outcome {
    match path.decide(request) {
        Decision::Allowed | Decision::Exempt(_) => Outcome::Allowed,
        Decision::ExplicitDeny | Decision::ImplicitDeny => Outcome::Denied,
        Decision::Undecided => Outcome::DeniedWhen(path.open_alternatives(request)),
    }
}

/// The documented actions of a class, or its witness where there is none.
fn documented(patterns: &[String], matched: &BTreeSet<usize>, witness: &str) -> Vec<String> {
    let literal: Vec<String> =
        matched.iter().map(|&at| &patterns[at]).filter(|it| !it.contains(['*', '?'])).cloned().collect();
    if let [only] = literal.as_slice() {
        return vec![Spelling::shipped().action(only)];
    }
    let Some((prefix, _)) = witness.split_once(':') else { return vec!["any other action".to_owned()] };
    let Some(service) = ServiceReference::shipped().service(prefix) else {
        return vec!["any other action".to_owned()];
    };
    let relevant: Vec<(usize, &String)> = patterns
        .iter()
        .enumerate()
        .filter(|(_, it)| it.starts_with(&format!("{prefix}:")) || *it == "*")
        .collect();
    let same = |name: &str| {
        let full = format!("{prefix}:{name}");
        relevant.iter().all(|(at, pattern)| glob_folded(pattern, &full) == matched.contains(at))
    };
    let names: Vec<String> = service
        .actions()
        .filter(|action| same(action.name))
        .map(|action| format!("{prefix}:{}", action.name))
        .collect();
    if names.is_empty() { vec![format!("{prefix}: other actions")] } else { names }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::eval::verdict::Policy;

    fn path(text: &str) -> Vec<Level> {
        let document =
            PolicyDocument::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{text}]}}"#)).unwrap();
        vec![Level::new("root", vec![Policy::full_access(), Policy::new("own", document)])]
    }

    fn shown(before: &str, after: &str) -> String {
        difference(&path(before), &path(after), &Parameters::default()).unwrap().to_string()
    }

    const TRAIL: &str = r#"{"Effect":"Deny","Action":"cloudtrail:StopLogging","Resource":"*"}"#;

    #[test]
    fn another_text_is_no_difference() {
        let spelled =
            r#"{"Sid":"Keep","Effect":"Deny","Action":["CLOUDTRAIL:stoplogging"],"Resource":["*"]}"#;
        assert_eq!(shown(TRAIL, spelled), "no request is decided differently\n");
    }

    #[test]
    fn order_spelling_and_an_empty_name_are_no_difference() {
        // Another statement differs, so the documents as wholes do.
        let with = |sid: &str, condition: &str| {
            format!(
                r#"{{{sid}"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*","Condition":{condition}}}"#
            )
        };
        let before = with(
            r#""Sid":"","#,
            r#"{"ForAnyValue:StringLike":{"aws:ResourceOrgPaths":["o-a/*","o-b/*"]},"Bool":{"aws:SecureTransport":false}}"#,
        );
        let after = with(
            "",
            r#"{"ForAnyValue:StringLike":{"AWS:resourceorgpaths":["o-b/*","o-a/*","o-b/*"]},"Bool":{"aws:SecureTransport":"FALSE"}}"#,
        );
        assert_eq!(path(&before)[0].policies[1].document, path(&after)[0].policies[1].document);
        assert_eq!(shown(&before, &after), "no request is decided differently\n");
        assert_eq!(
            shown(&before, &format!("{after},{TRAIL}")),
            "`cloudtrail:StopLogging` by executor, role, root, user: allowed → denied\n"
        );
    }

    #[test]
    fn an_exemption_frees_the_executor_alone() {
        let exempt = r#"{"Effect":"Deny","Action":"cloudtrail:StopLogging","Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:*:iam::*:role/OrganizationAccountAccessRole"}}}"#;
        assert_eq!(shown(TRAIL, exempt), "`cloudtrail:StopLogging` by executor: denied → allowed\n");
    }

    #[test]
    fn a_region_more() {
        let lock = |regions: &str| {
            format!(
                r#"{{"Effect":"Deny","NotAction":"iam:*","Resource":"*","Condition":{{"StringNotEquals":{{"aws:RequestedRegion":{regions}}}}}}}"#
            )
        };
        assert_eq!(
            shown(&lock(r#""us-east-1""#), &lock(r#"["us-east-1","us-west-2"]"#)),
            "`any other action` by executor, role, root, user in us-west-2: denied → allowed\n"
        );
    }

    #[test]
    fn what_depends_on_more_is_shown_with_its_conditions() {
        let tls = r#"{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#;
        assert_eq!(
            shown(TRAIL, &format!("{TRAIL},{tls}")),
            "`s3:GetObject` on `arn:aws:s3:::b/` by executor, role, root, user: allowed → denied where aws:SecureTransport Bool false\n"
        );
    }

    #[test]
    fn one_view_of_a_path() {
        let mut levels = path(TRAIL);
        levels.push(Level::new(
            "unit",
            path(r#"{"Effect":"Deny","Action":"cloudtrail:*","Resource":"*"}"#).remove(0).policies,
        ));
        let view = effective(&levels);
        assert_eq!(
            view.denies.to_json(),
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"cloudtrail:*","Resource":"*"}}"#
        );
        assert_eq!(view.allows.len(), 2);
    }
}
