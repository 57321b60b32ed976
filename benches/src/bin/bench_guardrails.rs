//! Guardrails: evaluation of one request and of many, its cost by statement, packing, certifying, linting.

use std::hint::black_box;

use securebase_benches::{nanoseconds_per_call, record, timed};
use securebase_core::policy::{
    Level, Parameters, Policy, PolicyDocument, PolicyKind, PolicyLimits, PolicyPath, Request, SetName,
    certify, decide_all, guardrails, pack, tier_documents, verify,
};

const REQUESTS: usize = 1 << 10;
const ACCOUNT: &str = "111122223333";

/// What an account is asked in a day: reads and writes of many services, some that guardrails name.
fn requests() -> Vec<Request> {
    let actions = [
        ("ec2:DescribeInstances", "*"),
        ("ec2:RunInstances", "arn:aws:ec2:us-east-1:111122223333:instance/*"),
        ("ec2:RunInstances", "arn:aws:ec2:us-east-1:111122223333:volume/*"),
        ("s3:GetObject", "arn:aws:s3:::data/2026/file.parquet"),
        ("s3:PutObject", "arn:aws:s3:::data/2026/file.parquet"),
        ("s3:DeleteObject", "arn:aws:s3:::securebase-logs-acme/x"),
        ("logs:PutLogEvents", "arn:aws:logs:us-east-1:111122223333:log-group:/app"),
        ("iam:CreateRole", "arn:aws:iam::111122223333:role/app"),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/app"),
        ("cloudtrail:StopLogging", "arn:aws:cloudtrail:us-east-1:111122223333:trail/t"),
        ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111122223333:function:f"),
        ("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:111122223333:table/t"),
        ("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/k"),
        ("sts:AssumeRole", "arn:aws:iam::111122223333:role/app"),
        ("rds:CreateDBInstance", "arn:aws:rds:us-east-1:111122223333:db:d"),
        ("sagemaker:CreateEndpoint", "arn:aws:sagemaker:us-east-1:111122223333:endpoint/e"),
    ];
    let principals = ["role/app", "role/OrganizationAccountAccessRole", "user/jo", "role/path/deploy"];
    (0..REQUESTS)
        .map(|at| {
            let (action, resource) = actions[at % actions.len()];
            let principal =
                format!("arn:aws:iam::{ACCOUNT}:{}", principals[at / actions.len() % principals.len()]);
            let region = if at % 7 == 0 { "eu-west-1" } else { "us-east-1" };
            Request::new(action, resource, &principal, ACCOUNT)
                .with("aws:RequestedRegion", region)
                .with("aws:SecureTransport", "true")
                .with("aws:ViaAWSService", "false")
                .with("ec2:MetadataHttpTokens", "required")
                .with("s3:TlsVersion", "1.3")
        })
        .collect()
}

/// Three levels, six documents: full access at each, the tier's guardrails in three documents.
fn levels(framework: SetName) -> Vec<Level> {
    let all: Vec<PolicyDocument> = guardrails(framework)
        .and_then(|found| found.iter().map(|one| one.document(&Parameters::default())).collect())
        .unwrap_or_default();
    let parts = pack(&all, PolicyLimits { max_size: 4_400, max_documents: 3 }).unwrap_or_default();
    let mut parts =
        parts.into_iter().enumerate().map(|(at, document)| Policy::new(format!("part-{at}"), document));
    let mut level = |name: &str, count: usize| {
        let mut policies = vec![Policy::full_access()];
        policies.extend(parts.by_ref().take(count));
        Level::new(name, policies)
    };
    vec![level("root", 1), level("unit", 2), level("account", 0)]
}

fn evaluation() {
    let requests = requests();
    for framework in SetName::FRAMEWORKS {
        let levels = levels(framework);
        let documents: usize = levels.iter().map(|level| level.policies.len()).sum();
        let Ok(path) = PolicyPath::new(PolicyKind::ServiceControl, &levels) else { continue };
        let (per_request, n) = nanoseconds_per_call(1 << 20, 1 << 12, |at| {
            black_box(path.decide(&requests[at % REQUESTS]));
        });
        let name = format!("guardrails/evaluate/{framework}");
        record(&format!("{name}/requests_a_second"), 1e9 / per_request, "requests/s", n);
        record(&format!("{name}/per_statement"), per_request / path.statement_count() as f64, "ns", n);
        record(&format!("{name}/documents"), documents as f64, "documents", 1);
        let (explained, n) = nanoseconds_per_call(1 << 16, 1 << 10, |at| {
            black_box(path.explain(&requests[at % REQUESTS]));
        });
        record(&format!("{name}/explained"), explained, "ns", n);
    }
    let levels = levels(SetName::Fedramp);
    let (made, n) = nanoseconds_per_call(64, 1, |_| {
        black_box(PolicyPath::new(PolicyKind::ServiceControl, &levels).is_ok());
    });
    record("guardrails/evaluate/make_ready", made / 1e3, "us", n);
}

/// A million requests against a hundred tenants of four tiers.
fn batch() {
    let few = requests();
    let requests: Vec<Request> = (0..1_000_000).map(|at| few[at % REQUESTS].clone()).collect();
    let paths: Vec<PolicyPath> = (0..100)
        .filter_map(|tenant| {
            let framework = SetName::FRAMEWORKS[tenant % 4];
            PolicyPath::new(PolicyKind::ServiceControl, &levels(framework)).ok()
        })
        .collect();
    let paths: Vec<&PolicyPath> = paths.iter().collect();
    let (took, rows) = timed(|| decide_all(&paths, &requests));
    let decided: usize = rows.iter().map(Vec::len).sum();
    record("guardrails/batch/100_tenants_1000000_requests", took.as_secs_f64(), "s", 1);
    record("guardrails/batch/verdicts_a_second", decided as f64 / took.as_secs_f64(), "verdicts/s", 1);
}

fn packing() {
    for framework in SetName::FRAMEWORKS {
        let Ok(found) = guardrails(framework) else { continue };
        let before: Vec<PolicyDocument> =
            found.iter().filter_map(|one| one.document(&Parameters::default()).ok()).collect();
        let (took, n) = nanoseconds_per_call(8, 1, |_| {
            black_box(tier_documents(framework, &Parameters::default()).is_ok());
        });
        record(&format!("guardrails/pack/{framework}"), took / 1e6, "ms", n);
        let written: usize = before.iter().map(PolicyDocument::size).sum();
        let Ok(after) = pack(&before, PolicyLimits::default()) else { continue };
        let packed: usize = after.iter().map(PolicyDocument::size).sum();
        record(&format!("guardrails/pack/{framework}/characters_before"), written as f64, "characters", 1);
        record(&format!("guardrails/pack/{framework}/characters_after"), packed as f64, "characters", 1);
        let (took, certificate) = timed(|| certify(&before, &after));
        record(&format!("guardrails/certify/{framework}"), took.as_secs_f64() * 1e3, "ms", 1);
        if let Ok(certificate) = certificate {
            let (took, checked) = timed(|| verify(&certificate, &before, &after));
            assert!(checked.is_ok(), "the certificate does not hold");
            record(&format!("guardrails/verify/{framework}"), took.as_secs_f64() * 1e3, "ms", 1);
        }
        let (took, n) = nanoseconds_per_call(4, 1, |_| {
            black_box(after.iter().map(|document| document.lint().len()).sum::<usize>());
        });
        record(&format!("guardrails/lint/{framework}"), took / 1e6, "ms", n);
    }
}

fn main() {
    evaluation();
    batch();
    packing();
}
