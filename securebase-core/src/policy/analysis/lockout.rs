//! The executor does not lock itself out.
//!
//! Purpose: before an apply, every call planned in a member account is decided against the policies that will be in
//! force at that moment. Invariants: a certain deny is an error that names the step and the statement; a call that
//! depends on context nobody knows beforehand is a warning that names the keys.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Problem;
use crate::policy::error::Error;
use crate::policy::eval::evaluate::PolicyPath;
use crate::policy::eval::request::Request;
use crate::policy::eval::verdict::{Causes, Decision, Level, PolicyKind};

/// A call that a plan intends to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCall {
    /// The step's address.
    pub step: String,
    /// What it asks. [`Request::partial`] where not every context key is known.
    pub request: Request,
}

/// Decides planned calls against the path of policies that will bind them; returns what would not pass.
///
/// A call is repeated in the findings once per step; equal requests are decided once.
#[must_use]
pub fn check_calls(levels: &[Level], calls: &[PlannedCall]) -> Vec<Problem> {
    let path = match PolicyPath::new(PolicyKind::ServiceControl, levels) {
        Ok(path) => path,
        Err(Error::Broken(problems)) => return problems.0,
        Err(other) => return vec![Problem::error(other.code(), "", other.to_string(), "")],
    };
    let mut problems = Vec::new();
    let mut decided: BTreeMap<String, Option<Problem>> = BTreeMap::new();
    for PlannedCall { step, request } in calls {
        let key = request.fingerprint();
        let found = decided.entry(key).or_insert_with(|| finding(&path, request));
        if let Some(problem) = found {
            problems.push(Problem { path: step.clone(), ..problem.clone() });
        }
    }
    problems
}

fn finding(path: &PolicyPath, request: &Request) -> Option<Problem> {
    let decision = path.decide(request);
    if decision.is_allowed() {
        return None;
    }
    let verdict = path.explain(request);
    let cause = Causes(&verdict.causes);
    let (action, resource) =
        (crate::policy::syntax::actions::Spelling::shipped().action(request.action()), request.resource());
    let principal = request.single("aws:principalarn").unwrap_or_else(|| request.principal());
    if decision == Decision::Undecided {
        let keys: BTreeSet<&str> =
            verdict.causes.iter().flat_map(|cause| &cause.unknown_keys).map(String::as_str).collect();
        let keys = keys.into_iter().collect::<Vec<_>>().join("`, `");
        let message = format!("`{action}` on `{resource}` may be denied: that depends on `{keys}` ({cause})");
        let hint = "exempt the executor's role from the statement, or state the key in the plan";
        return Some(Problem::warning("policy.may-lock-out", "", message, hint));
    }
    let message = format!("`{action}` on `{resource}` by `{principal}` will be denied: {cause}");
    let hint = "exempt the executor's role from the statement (`ArnNotLike` on `aws:PrincipalArn`), or attach it elsewhere";
    Some(Problem::error("policy.lock-out", "", message, hint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::analysis::privilege::{ExecutorIdentity, executor_calls};
    use crate::policy::catalog::parameters::Parameters;
    use crate::policy::catalog::set::SetName;
    use crate::policy::catalog::tier_documents::tier_documents;
    use crate::policy::eval::verdict::Policy;
    use crate::policy::syntax::document::PolicyDocument;

    fn path(framework: SetName, extra: Option<PolicyDocument>) -> Vec<Level> {
        let tier = tier_documents(framework, &Parameters::default()).unwrap();
        let mut own = vec![Policy::full_access()];
        own.extend(tier.into_iter().map(|named| Policy::new(named.name, named.document)));
        own.extend(extra.map(|document| Policy::new("injected", document)));
        vec![
            Level::new("root", vec![Policy::full_access()]),
            Level::new("Customers-Government-Federal", own),
            Level::new("account", vec![Policy::full_access()]),
        ]
    }

    fn calls(region: &str) -> Vec<PlannedCall> {
        let by = ExecutorIdentity { account: "111122223333", region, role: "OrganizationAccountAccessRole" };
        [
            ("ec2", "CreateVpc"),
            ("ec2", "AttachInternetGateway"),
            ("logs", "PutRetentionPolicy"),
            ("iam", "CreateRole"),
        ]
        .iter()
        .flat_map(|(service, name)| {
            executor_calls(&format!("tenant/acme/{name}"), service, name, by, &[]).unwrap()
        })
        .collect()
    }

    #[test]
    fn an_injected_region_lock_without_exemption_is_caught() {
        let lock = PolicyDocument::parse(
            r#"{"Version":"2012-10-17","Statement":{"Sid":"RegionLock","Effect":"Deny","NotAction":["iam:*","sts:*"],"Resource":"*",
                "Condition":{"StringNotEquals":{"aws:RequestedRegion":"us-east-1"}}}}"#,
        )
        .unwrap();
        let problems = check_calls(&path(SetName::Fedramp, Some(lock)), &calls("us-west-2"));
        assert!(problems.iter().all(|problem| !problem.path.ends_with("CreateRole")));
        assert!(problems.iter().all(Problem::is_error));
        assert_eq!(problems[0].path, "tenant/acme/CreateVpc");
        assert_eq!(
            problems[0].message,
            "`ec2:CreateVpc` on `arn:aws:ec2:us-west-2:111122223333:vpc/*` by `arn:aws:iam::111122223333:role/OrganizationAccountAccessRole` will be denied: statement \
             `RegionLock` of policy `injected` at `Customers-Government-Federal` because aws:RequestedRegion StringNotEquals us-east-1"
        );
    }

    #[test]
    fn what_depends_on_an_unknown_key_is_a_warning() {
        let lock = PolicyDocument::parse(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"ec2:CreateVpc","Resource":"*","Condition":{"Null":{"aws:RequestTag/x":"true"}}}}"#,
        )
        .unwrap();
        let problems = check_calls(&path(SetName::Fedramp, Some(lock)), &calls("us-east-1"));
        assert_eq!(problems.len(), 1);
        assert!(!problems[0].is_error() && problems[0].message.contains("aws:requesttag/x"));
    }

    #[test]
    fn the_tags_of_a_session_are_not_known_beforehand() {
        for condition in [
            r#"{"StringEquals":{"aws:PrincipalTag/team":"interns"}}"#,
            r#"{"StringEquals":{"aws:RequestedRegion":"${aws:PrincipalTag/home}"}}"#,
        ] {
            let deny = format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"ec2:CreateVpc","Resource":"*","Condition":{condition}}}}}"#
            );
            let deny = PolicyDocument::parse(&deny).unwrap();
            let problems = check_calls(&path(SetName::Fedramp, Some(deny)), &calls("us-east-1"));
            assert_eq!(problems.len(), 1, "{condition}");
            assert_eq!((problems[0].code.as_str(), problems[0].is_error()), ("policy.may-lock-out", false));
            assert!(problems[0].message.contains("aws:principaltag/"), "{}", problems[0].message);
        }
    }
}
