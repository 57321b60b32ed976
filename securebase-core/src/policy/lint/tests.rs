//! One corrupted good example per defect.

use std::collections::BTreeSet;

use super::*;
use crate::policy::catalog::set::SetName;
use crate::policy::catalog::tier_documents::{guardrails, tier_documents};
use crate::policy::eval::verdict::Policy;

/// Codes found in a document whose only statement is `body`.
fn codes(body: &str) -> Vec<String> {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{{{body}}}]}}"#);
    PolicyDocument::parse(&text).unwrap().lint().into_iter().map(|problem| problem.code).collect()
}

/// Statements with one defect each, and the code that names it.
const DEFECTS: &[(&str, &str)] = &[
    (r#""Effect":"Deny","Action":"s3*:GetObject","Resource":"*""#, "policy.prefix-wildcard"),
    (r#""Effect":"Deny","Action":"s33:GetObject","Resource":"*""#, "policy.unknown-service"),
    (r#""Effect":"Deny","Action":"s3:GetObjekt","Resource":"*""#, "policy.unknown-action"),
    (r#""Effect":"Deny","Action":"s3:Frobnicate*","Resource":"*""#, "policy.unknown-action"),
    (r#""Effect":"Deny","Action":["s3:Get*","s3:GetObject"],"Resource":"*""#, "policy.redundant-action"),
    (
        r#""Effect":"Deny","Action":"organizations:CreateAccount","Resource":"*""#,
        "policy.management-account-only",
    ),
    (r#""Effect":"Deny","Action":[],"Resource":"*""#, "policy.empty-list"),
    (r#""Effect":"Deny","NotAction":"*","Resource":"*""#, "policy.never-matches"),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":["*","arn:aws:s3:::b"]"#,
        "policy.redundant-resource",
    ),
    (r#""Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3*""#, "policy.short-arn"),
    (r#""Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:*:::b""#, "policy.arn-service-wildcard"),
    (r#""Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3::1234:b""#, "policy.arn-account"),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::${aws:username/*""#,
        "policy.variable",
    ),
    (
        r#""Effect":"Deny","Action":"organizations:LeaveOrganization","Resource":"arn:aws:s3:::b""#,
        "policy.resource-never-matches",
    ),
    (r#""Sid":"a b","Effect":"Deny","Action":"s3:GetObject","Resource":"*""#, "policy.sid"),
    (r#""Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"*""#, "policy.principal"),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"NullIfExists":{"aws:SourceVpc":"true"}}"#,
        "policy.null-if-exists",
    ),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"NumericLessThan":{"s3:TlsVersion":"old"}}"#,
        "policy.value",
    ),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:Nonsense":"a"}}"#,
        "policy.unknown-key",
    ),
    (
        r#""Effect":"Deny","Action":"ec2:ModifyImageAttribute","Resource":"*","Condition":{"StringEquals":{"ec2:Add/group":"all"}}"#,
        "policy.key-not-carried",
    ),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"IpAddress":{"aws:SourceVpc":"10.0.0.0/8"}}"#,
        "policy.operator-type",
    ),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-*"}}"#,
        "policy.literal-wildcard",
    ),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"*"}}"#,
        "policy.arn-value",
    ),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#,
        "policy.private-address",
    ),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"${aws:username}"}}"#,
        "policy.variable-operator",
    ),
    (
        r#""Effect":"Deny","Action":"ec2:CreateTags","Resource":"*","Condition":{"ForAllValues:StringLike":{"aws:TagKeys":"x"}}"#,
        "policy.for-all-values-without-null",
    ),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"ForAnyValue:StringLike":{"aws:SourceVpc":"x"}}"#,
        "policy.set-operator-on-single-value",
    ),
    (
        r#""Effect":"Deny","Action":"ec2:CreateTags","Resource":"*","Condition":{"StringLike":{"aws:TagKeys":"x"}}"#,
        "policy.multivalued-key",
    ),
    (
        r#""Effect":"Deny","Action":"ec2:CreateTags","Resource":"*","Condition":{"ForAnyValue:StringLikeIfExists":{"aws:TagKeys":"x"}}"#,
        "policy.for-any-value-if-exists",
    ),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"Null":{"aws:SourceVpc":"true"},"StringEquals":{"aws:SourceVpc":"vpc-1"}}"#,
        "policy.never-matches",
    ),
    (
        r#""Effect":"Deny","Action":"s3:PutObject","Resource":"*","Condition":{"StringNotEqualsIfExists":{"s3:x-amz-server-side-encryption":"aws:kms"}}"#,
        "policy.if-exists-without-effect",
    ),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}"#,
        "policy.denies-without-key",
    ),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}"#,
        "policy.mfa-absent",
    ),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#,
        "policy.mfa-denies-roles",
    ),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"a","aws:principalorgid":"b"}}"#,
        "policy.duplicate-key",
    ),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/Team":"a"},"StringLike":{"aws:PrincipalTag/team":"b"}}"#,
        "policy.tag-key-case",
    ),
    (
        r#""Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"us-east-1"}}"#,
        "policy.region-lock-global-services",
    ),
    (
        r#""Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"us-east-1"}}"#,
        "policy.locks-out-executor",
    ),
    (r#""Effect":"Deny","Action":"ec2:CreateVpc","Resource":"*""#, "policy.locks-out-executor"),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"StringNotLike":{"aws:userid":"*:admin"}}"#,
        "policy.exempts-by-session",
    ),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalTag/admin":"true"}}"#,
        "policy.exempts-by-tag",
    ),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:sts::*:assumed-role/x/*"}}"#,
        "policy.session-arn",
    ),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#,
        "policy.source-ip-alone",
    ),
    (
        r#""Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:*:iam::*:root"}}"#,
        "policy.blocks-central-root",
    ),
    (
        r#""Effect":"Deny","Action":"s3:PutObject","Resource":"*","Condition":{"Null":{"s3:x-amz-server-side-encryption":"true"}}"#,
        "policy.breaks-default-encryption",
    ),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/aws-service-role/*"}}"#,
        "policy.never-matches",
    ),
    (
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::b"},{"Effect":"Deny","Action":"s3:*","Resource":"*""#,
        "policy.unreachable",
    ),
    (
        r#""Effect":"Allow","Action":"s3:GetObject","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"*""#,
        "policy.unreachable",
    ),
    (
        r#""Sid":"a","Effect":"Deny","Action":"s3:GetObject","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"s3:PutObject","Resource":"*""#,
        "policy.duplicate-sid",
    ),
];

#[test]
fn one_finding_per_defect() {
    for (body, code) in DEFECTS {
        let found = codes(body);
        assert!(found.iter().any(|found| found == code), "{body}: {code} not among {found:?}");
    }
}

fn findings(body: &str) -> Vec<Problem> {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{{{body}}}]}}"#);
    PolicyDocument::parse(&text).unwrap().lint()
}

fn region_lock(body: &str) -> Option<Problem> {
    findings(body).into_iter().find(|problem| problem.code == "policy.region-lock-global-services")
}

#[test]
fn a_region_lock_catches_what_is_called_elsewhere_and_says_all_of_it() {
    let lock = |regions: &str, more: &str| {
        format!(
            r#""Effect":"Deny","NotAction":["cloudfront:*","iam:*","route53:*","support:*","budgets:*"],"Resource":"*",
               "Condition":{{"StringNotEquals":{{"aws:RequestedRegion":{regions}}}{more}}}"#
        )
    };
    let found = region_lock(&lock(r#""eu-west-1""#, "")).unwrap();
    assert!(found.is_error());
    for part in ["us-east-1 and us-west-2", "`account`", "`organizations`", " more"] {
        assert!(found.message.contains(part) || part == "`organizations`", "{}", found.message);
    }
    assert!(!found.hint.contains("data/") && found.hint.contains("G10"), "{}", found.hint);
    // What is named and what is only counted are all there are.
    let named = found.message.matches('`').count() / 2;
    let more: usize =
        found.message.rsplit(" and ").next().unwrap().trim_end_matches(" more").parse().unwrap();
    assert_eq!(named, 12);
    assert!(more >= 8, "{}", found.message);

    let with_virginia = region_lock(&lock(r#"["eu-west-1","us-east-1"]"#, "")).unwrap();
    assert!(!with_virginia.is_error());
    assert!(
        with_virginia.message.ends_with("called in us-west-2: `globalaccelerator`, `networkmanager`"),
        "{}",
        with_virginia.message
    );
    assert!(region_lock(&lock(r#"["us-east-1","us-west-2"]"#, "")).is_none());
    let like = lock(r#""us-*""#, "").replace("StringNotEquals", "StringNotLike");
    assert!(region_lock(&like).is_none());

    // An account works without these services: the lock may be meant.
    let minor = lock(r#""eu-west-1""#, "").replace("budgets:*", "organizations:*\",\"sts:*");
    let minor = region_lock(&minor).unwrap();
    assert!(!minor.is_error() && minor.message.contains("`account`"), "{}", minor.message);

    // Requests from one network do not reach services without a region; other conditions narrow the deny.
    assert!(region_lock(&lock(r#""eu-west-1""#, r#","StringEquals":{"aws:SourceVpc":"vpc-1"}"#)).is_none());
    let narrowed =
        region_lock(&lock(r#""eu-west-1""#, r#","StringEquals":{"aws:PrincipalTag/team":"a"}"#)).unwrap();
    assert!(!narrowed.is_error());
}

#[test]
fn a_key_that_its_service_defines_and_no_action_lists_is_no_finding() {
    let body = r#""Effect":"Deny","Action":"states:InvokeHTTPEndpoint","Resource":"*","Condition":{"StringNotLike":{"states:HTTPEndpoint":"https://*.partner.example/*"}}"#;
    assert_eq!(codes(body), [""; 0]);
}

#[test]
fn keys_of_identity_providers_are_known() {
    let with = |key: &str| {
        format!(
            r#""Effect":"Deny","Action":"sts:AssumeRole*","Resource":"*","Condition":{{"StringLike":{{"{key}":"a"}}}}"#
        )
    };
    let unknown = |key: &str| codes(&with(key)).contains(&"policy.unknown-key".to_owned());
    for key in ["SAML:aud", "saml:aud", "token.actions.githubusercontent.com:sub", "idp.example/realms/a:sub"]
    {
        assert!(!unknown(key), "{key}");
    }
    for key in ["samll:aud", "token:sub", "<provider.name>:sub", "a..b:sub", "a.b:"] {
        assert!(unknown(key), "{key}");
    }
}

#[test]
fn a_placeholder_before_the_resource_part_is_one_finding() {
    let body = r#""Effect":"Deny","Action":"s3:GetObject","Resource":"arn:${PARTITION}:s3:::${bucket}""#;
    assert_eq!(codes(body), ["policy.variable-place"]);
}

#[test]
fn a_variable_that_nothing_fills_is_one_finding_for_all_its_places() {
    let one =
        r#""Effect":"Deny","Action":"s3:GetObject","Resource":["arn:aws:s3:::a-${x}","arn:aws:s3:::b-${x}"]"#;
    let found = findings(&format!("{one}}},{{{}", one.replace("Get", "Put")));
    let all: Vec<_> = found.iter().filter(|one| one.code == "policy.variable-unfilled").collect();
    assert_eq!(all.len(), 1);
    assert!(all[0].message.contains("Statement[1].Resource"), "{}", all[0].message);
}

#[test]
fn variables_that_nothing_fills() {
    let with = |value: &str| {
        let body = format!(r#""Effect":"Deny","Action":"s3:GetObject","Resource":"{value}""#);
        findings(&body).into_iter().filter(|one| one.code == "policy.variable-unfilled").collect::<Vec<_>>()
    };
    assert_eq!(with("arn:aws:s3:::home/${aws:username}/*"), []);
    assert_eq!(with("arn:aws:s3:::home/${aws:PrincipalTag/team, 'none'}/*"), []);
    assert_eq!(with("arn:aws:s3:::home/${aws:usernam}/*").len(), 1);
    let several = with("arn:aws:s3:::home/${aws:TagKeys}/*");
    assert!(several[0].message.contains("several values"), "{}", several[0].message);
    let condition = r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"${aws:PrincipalTagg/vpc}"}}"#;
    assert!(codes(condition).contains(&"policy.variable-unfilled".to_owned()));
}

#[test]
fn one_finding_says_it_for_a_whole_document() {
    let one = r#""Effect":"Deny","Action":"s3:Get*","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:PrincipalTag/team":"a","aws:ResourceOrgID":"o-a"}}"#;
    let other = one.replace("s3:Get*", "s3:Put*");
    let third = one.replace("s3:Get*", "s3:Delete*");
    let found = findings(&[one, &other, &third].join("},{"));
    for code in ["policy.if-exists-without-effect", "policy.exempts-by-tag"] {
        let all: Vec<_> = found.iter().filter(|problem| problem.code == code).collect();
        let [only] = all.as_slice() else { panic!("{code}: {all:?}") };
        assert!(only.message.contains("; likewise Statement["), "{}", only.message);
    }
    let loud = found.iter().find(|problem| problem.code == "policy.if-exists-without-effect").unwrap();
    assert_eq!(loud.message.matches("Statement[").count(), 5, "{}", loud.message);
}

#[test]
fn exemptions_of_everybody() {
    let with = |operator: &str, value: &str| {
        format!(
            r#""Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{{"{operator}":{{"aws:PrincipalArn":"{value}"}}}}"#
        )
    };
    let code = "policy.exempts-everybody".to_owned();
    for (operator, value) in [
        ("ArnNotLike", "arn:*:iam::*:role/*"),
        ("ArnNotLike", "arn:aws:iam::*:*"),
        ("ArnNotLike", "arn:*:iam::*:role/?*"),
        ("StringNotLike", "*"),
    ] {
        assert!(codes(&with(operator, value)).contains(&code), "{operator} {value}");
    }
    for value in ["arn:*:iam::*:role/x*", "arn:aws:iam::111122223333:role/*", "arn:*:iam::*:root"] {
        assert!(!codes(&with("ArnNotLike", value)).contains(&code), "{value}");
    }
}

#[test]
fn a_good_policy_has_no_finding() {
    let body = r#""Sid":"KeepTrail","Effect":"Deny","Action":["cloudtrail:StopLogging","cloudtrail:DeleteTrail"],"Resource":"*",
        "Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:*:iam::*:role/OrganizationAccountAccessRole"}}"#;
    assert_eq!(codes(body), Vec::<String>::new());
}

#[test]
fn documents_as_wholes() {
    let old = PolicyDocument::parse(r#"{"Version":"2008-10-17","Id":"x","Statement":{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::${aws:username}"}}"#).unwrap();
    let codes: Vec<String> = old.lint().into_iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["policy.old-version", "policy.id", "policy.variable-version"]);
    let small =
        LintOptions { limits: PolicyLimits { max_size: 100, max_documents: 1 }, ..LintOptions::default() };
    assert!(old.lint_with(&small).iter().any(|problem| problem.code == "policy.too-large"));
    let full = Policy::full_access();
    let narrow = PolicyDocument::parse(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
    )
    .unwrap();
    let found = lint_target(&[full, Policy::new("narrow", narrow)], &small);
    for code in ["policy.too-many", "policy.allow-list-undone"] {
        assert!(found.iter().any(|problem| problem.code == code), "{code}");
    }
}

#[test]
fn findings_have_a_place() {
    let text = "{\"Version\":\"2012-10-17\",\n\"Statement\":[\n  {\"Effect\":\"Deny\",\"Action\":\"s3:Nope\",\"Resource\":\"*\"}]}";
    let found = PolicyDocument::parse(text).unwrap().lint();
    let place = found[0].place.as_ref().unwrap();
    assert_eq!((place.line, place.column, found[0].path.as_str()), (3, 3, "Statement[0].Action"));
}

#[test]
fn the_shipped_tiers_have_no_errors_and_only_warnings_we_know() {
    for framework in SetName::FRAMEWORKS {
        let mut policies = vec![Policy::full_access()];
        let documents = tier_documents(framework, &Parameters::default()).unwrap();
        policies.extend(documents.into_iter().map(|named| Policy::new(named.name, named.document)));
        let found = lint_target(&policies, &LintOptions::default());
        let known = ["policy.nearly-full"];
        let unknown: Vec<_> =
            found.iter().filter(|problem| !known.contains(&problem.code.as_str())).collect();
        assert!(unknown.is_empty(), "{framework}: {unknown:#?}");
    }
}

#[test]
fn protecting_what_is_not_there() {
    let hipaa = guardrails(SetName::Hipaa).unwrap();
    let existing: BTreeSet<String> =
        ["flow_log", "log_group", "log_bucket", "platform_stack"].map(str::to_owned).into();
    let found = unmet_needs(&hipaa, &existing);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].message, "G60 protects a vpn gateway, and there is none");
}
