//! The executor and the guardrails: it may do what it must, and nothing else.

#![expect(clippy::unwrap_used, reason = "a test stops where a value is missing")]

use securebase_core::cloud::Operation;
use securebase_core::policy::{
    ExecutorIdentity, Level, Parameters, PlannedCall, Policy, ServiceReference, SetName, Side, check_calls,
    executor_calls, known_calls, least_privilege, tier_documents,
};

fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    Operation::ALL.iter().map(|(service, name, _)| (service.name(), *name))
}

fn path(framework: SetName) -> Vec<Level> {
    let mut own = vec![Policy::full_access()];
    let documents = tier_documents(framework, &Parameters::default()).unwrap();
    own.extend(documents.into_iter().map(|named| Policy::new(named.name, named.document)));
    vec![
        Level::new("root", vec![Policy::full_access()]),
        Level::new("unit", own),
        Level::new("account", vec![Policy::full_access()]),
    ]
}

#[test]
fn every_call_of_the_executor_passes_every_shipped_tier() {
    let by = ExecutorIdentity {
        account: "111122223333",
        region: "us-west-2",
        role: "OrganizationAccountAccessRole",
    };
    let calls: Vec<PlannedCall> =
        all().flat_map(|(service, name)| executor_calls(name, service, name, by, &[]).unwrap()).collect();
    assert!(calls.len() > 60, "only {} requests", calls.len());
    for framework in SetName::ALL {
        assert_eq!(check_calls(&path(framework), &calls), [], "{framework}");
    }
}

#[test]
fn another_role_making_the_same_calls_is_stopped() {
    let by = ExecutorIdentity { account: "111122223333", region: "us-west-2", role: "developer" };
    let calls: Vec<PlannedCall> =
        all().flat_map(|(service, name)| executor_calls(name, service, name, by, &[]).unwrap()).collect();
    let stopped: Vec<String> =
        check_calls(&path(SetName::Fedramp), &calls).into_iter().map(|problem| problem.path).collect();
    for name in
        ["CreateVpc", "DeleteFlowLogs", "AttachInternetGateway", "DeleteLogGroup", "PutRetentionPolicy"]
    {
        assert!(stopped.iter().any(|path| path == name), "{name}");
    }
}

#[test]
fn every_call_that_can_be_made_has_its_permissions_and_no_other() {
    let known: Vec<&str> = known_calls().unwrap().collect();
    for (service, name) in all() {
        assert!(known.contains(&format!("{service}:{name}").as_str()), "{service}:{name} has no row");
    }
    assert_eq!(known.len(), Operation::ALL.len(), "a row without a call");
    for side in [Side::Management, Side::Member] {
        let policy = least_privilege(all(), side, &Parameters::default()).unwrap();
        for action in policy.statements.iter().flat_map(|statement| &statement.actions.patterns) {
            let (service, name) = action.split_once(':').unwrap();
            assert!(ServiceReference::shipped().service(service).unwrap().action(name).is_some(), "{action}");
        }
    }
    let unknown = least_privilege([("ec2", "RunInstances")], Side::Member, &Parameters::default());
    assert_eq!(unknown.unwrap_err().to_string(), "no permissions are known for the call `ec2:RunInstances`");
}

#[test]
fn permissions_of_one_call() {
    let policy = least_privilege([("iam", "CreateRole")], Side::Member, &Parameters::default()).unwrap();
    assert_eq!(
        policy.to_json(),
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["iam:CreateRole","iam:TagRole"],"Resource":"arn:*:iam::*:role/securebase-*"}}"#
    );
}

#[test]
fn every_code_is_explained() {
    fn sources(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else {
                found.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let core = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = std::fs::read_to_string(core.join("../docs/guardrails.md")).unwrap();
    let mut texts = Vec::new();
    sources(&core.join("src/policy"), &mut texts);
    let quoted = |text: &str| -> Vec<String> {
        let starts = text.split("\"policy.").skip(1);
        starts
            .filter_map(|rest| rest.split_once('"'))
            .map(|(code, _)| format!("| `policy.{code}` |"))
            .collect()
    };
    let codes: Vec<String> = texts.iter().flat_map(|text| quoted(text)).collect();
    assert!(codes.len() > 80);
    let missing: Vec<&String> = codes.iter().filter(|row| !guide.contains(*row)).collect();
    assert!(missing.is_empty(), "docs/guardrails.md says nothing of {missing:?}");
}
