//! A plain, slow, literal reading of the rules, and the compiled evaluator held against it.
//!
//! Everything here is written from the rules and shares nothing with the crate: JSON in, a word out.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where a value is missing")]

use std::collections::BTreeMap;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use securebase_core::policy::{Decision, Level, Policy, PolicyDocument, PolicyKind, PolicyPath, Request};
use serde_json::{Value, json};

/// `*` and `?` by trying everything. A pattern is a list of characters, each with whether it is a wildcard.
fn like(pattern: &[(char, bool)], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(((c, wild), rest)) => match (c, wild) {
            ('*', true) => (0..=text.len()).any(|skip| like(rest, &text[skip..])),
            ('?', true) => !text.is_empty() && like(rest, &text[1..]),
            _ => text.first() == Some(c) && like(rest, &text[1..]),
        },
    }
}

fn wild(text: &str) -> Vec<(char, bool)> {
    text.chars().map(|c| (c, c == '*' || c == '?')).collect()
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

type Context = BTreeMap<String, Vec<String>>;

/// Puts a request's values into a value. `None` where a variable has none.
fn substitute(value: &str, context: &Context, current: bool) -> Option<Vec<(char, bool)>> {
    let mut out = Vec::new();
    let mut rest = value;
    while let Some(at) = rest.find("${").filter(|_| current) {
        out.extend(wild(&rest[..at]));
        let end = at + rest[at..].find('}')?;
        let inside = &rest[at + 2..end];
        let literal = match inside {
            "*" | "?" | "$" => inside.to_owned(),
            _ => {
                let (key, default) = match inside.split_once(',') {
                    Some((key, default)) => (key, Some(default.trim().trim_matches('\'').to_owned())),
                    None => (inside, None),
                };
                let found = context.get(&key.to_lowercase()).filter(|values| values.len() == 1);
                found.map(|values| values[0].clone()).or(default)?
            }
        };
        out.extend(literal.chars().map(|c| (c, false)));
        rest = &rest[end + 1..];
    }
    out.extend(wild(rest));
    Some(out)
}

fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(list).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

fn action_matches(patterns: &Value, action: &str) -> bool {
    list(patterns).iter().any(|pattern| like(&wild(&pattern.to_lowercase()), &chars(&action.to_lowercase())))
}

fn resource_matches(patterns: &Value, resource: &str, context: &Context, current: bool) -> bool {
    list(patterns).iter().any(|pattern| {
        if pattern == "*" {
            return true;
        }
        let parts: Vec<&str> = pattern.splitn(6, ':').collect();
        let found: Vec<&str> = resource.splitn(6, ':').collect();
        if parts.len() < 6 {
            // A shortened pattern: the last part, which ends in `*`, takes all that is left.
            let found: Vec<&str> = resource.splitn(parts.len(), ':').collect();
            let last = parts.len() - 1;
            return pattern.ends_with('*')
                && found.len() == parts.len()
                && (0..last)
                    .all(|at| like(&wild(&parts[at].to_lowercase()), &chars(&found[at].to_lowercase())))
                && like(&wild(parts[last]), &chars(found[last]));
        }
        found.len() == 6
            && (0..5).all(|at| like(&wild(&parts[at].to_lowercase()), &chars(&found[at].to_lowercase())))
            && substitute(parts[5], context, current).is_some_and(|pattern| like(&pattern, &chars(found[5])))
    })
}

fn seconds(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let day = |text: &str| -> Option<i64> {
        let mut parts = text.splitn(3, '-').map(|part| part.parse::<i64>().ok());
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        // Days since 1970 by counting.
        let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let mut days: i64 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
        let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        days += lengths.iter().take(usize::try_from(month - 1).ok()?).sum::<i64>();
        Some((days + day - 1) * 86_400)
    };
    match text.strip_suffix('Z').and_then(|text| text.split_once('T')) {
        None => day(text),
        Some((date, time)) => {
            let parts: Vec<i64> = time.split(':').filter_map(|part| part.parse().ok()).collect();
            Some(day(date)? + parts[0] * 3600 + parts[1] * 60 + parts[2])
        }
    }
}

fn bits(text: &str) -> Option<(u128, u32)> {
    match text.parse::<std::net::IpAddr>().ok()? {
        std::net::IpAddr::V4(address) => Some((u128::from(u32::from(address)), 32)),
        std::net::IpAddr::V6(address) => Some((u128::from(address), 128)),
    }
}

/// One value of the policy against one value of the request, without negation.
fn one(base: &str, wanted: &str, found: &str, context: &Context, current: bool) -> bool {
    let text = || substitute(wanted, context, current);
    let plain = |pattern: Vec<(char, bool)>| pattern.into_iter().map(|(c, _)| c).collect::<String>();
    match base {
        "StringEquals" => text().is_some_and(|text| plain(text) == found),
        "StringEqualsIgnoreCase" => {
            text().is_some_and(|text| plain(text).to_lowercase() == found.to_lowercase())
        }
        "StringLike" => text().is_some_and(|text| like(&text, &chars(found))),
        "ArnEquals" | "ArnLike" => text().is_some_and(|text| {
            let parts: Vec<&[(char, bool)]> = text.splitn(6, |(c, _)| *c == ':').collect();
            let found: Vec<&str> = found.splitn(6, ':').collect();
            parts.len() == 6
                && found.len() == 6
                && parts.iter().zip(found).all(|(part, found)| like(part, &chars(found)))
        }),
        "Bool" => found.to_lowercase() == wanted.to_lowercase(),
        "BinaryEquals" => found == wanted,
        "IpAddress" => {
            let (block, length) =
                wanted.split_once('/').map_or((wanted, None), |(a, b)| (a, b.parse::<u32>().ok()));
            let (Some((block, width)), Some((found, own))) = (bits(block), bits(found)) else { return false };
            let length = length.unwrap_or(width);
            width == own && (length == 0 || block >> (width - length) == found >> (width - length))
        }
        _ if base.starts_with("Numeric") => {
            let (Ok(wanted), Ok(found)) = (wanted.parse::<f64>(), found.parse::<f64>()) else { return false };
            ordered(base, found.total_cmp(&wanted))
        }
        _ if base.starts_with("Date") => {
            let (Some(wanted), Some(found)) = (seconds(wanted), seconds(found)) else { return false };
            ordered(base, found.cmp(&wanted))
        }
        other => panic!("{other}"),
    }
}

fn ordered(base: &str, order: std::cmp::Ordering) -> bool {
    match base.trim_start_matches("Numeric").trim_start_matches("Date") {
        "Equals" => order.is_eq(),
        "LessThan" => order.is_lt(),
        "LessThanEquals" => order.is_le(),
        "GreaterThan" => order.is_gt(),
        _ => order.is_ge(),
    }
}

fn condition_holds(operator: &str, key: &str, wanted: &Value, context: &Context, current: bool) -> bool {
    let found = context.get(&key.to_lowercase()).filter(|values| !values.is_empty());
    if operator == "Null" {
        return list(wanted).iter().any(|wanted| (wanted.to_lowercase() == "true") == found.is_none());
    }
    let (quantifier, base) = match operator.split_once(':') {
        Some((quantifier, base)) => (quantifier, base),
        None => ("", operator),
    };
    let (base, if_exists) = base.strip_suffix("IfExists").map_or((base, false), |base| (base, true));
    let negated = base.contains("Not");
    let base = base.replacen("Not", "", 1);
    let Some(found) = found else {
        return if_exists || quantifier == "ForAllValues" || (negated && quantifier.is_empty());
    };
    let hit = |found: &String| list(wanted).iter().any(|wanted| one(&base, wanted, found, context, current));
    match (quantifier, negated) {
        ("ForAllValues", false) => found.iter().all(hit),
        ("ForAllValues", true) => found.iter().all(|found| !hit(found)),
        ("ForAnyValue", true) => found.iter().any(|found| !hit(found)),
        (_, false) => found.iter().any(hit),
        (_, true) => !found.iter().any(hit),
    }
}

fn statement_applies(
    statement: &Value,
    action: &str,
    resource: &str,
    context: &Context,
    current: bool,
) -> bool {
    let actions = match (&statement["Action"], &statement["NotAction"]) {
        (Value::Null, not) => !action_matches(not, action),
        (is, _) => action_matches(is, action),
    };
    let resources = match (&statement["Resource"], &statement["NotResource"]) {
        (Value::Null, not) => !resource_matches(not, resource, context, current),
        (is, _) => resource_matches(is, resource, context, current),
    };
    let conditions = statement["Condition"].as_object().into_iter().flatten().all(|(operator, keys)| {
        keys.as_object()
            .unwrap()
            .iter()
            .all(|(key, wanted)| condition_holds(operator, key, wanted, context, current))
    });
    actions && resources && conditions
}

/// The verdict in one word.
fn verdict(levels: &[Vec<Value>], action: &str, resource: &str, context: &Context) -> &'static str {
    let applies = |document: &Value, effect: &str| {
        let current = document["Version"] == "2012-10-17";
        let statements = document["Statement"].as_array().unwrap();
        statements.iter().any(|statement| {
            statement["Effect"] == effect && statement_applies(statement, action, resource, context, current)
        })
    };
    if levels.iter().flatten().any(|document| applies(document, "Deny")) {
        "denied"
    } else if levels.iter().any(|level| !level.iter().any(|document| applies(document, "Allow"))) {
        "not allowed"
    } else {
        "allowed"
    }
}

const ACTIONS: [&str; 8] = [
    "s3:GetObject",
    "s3:PutObject",
    "S3:getobject",
    "ec2:RunInstances",
    "ec2:StopInstances",
    "iam:CreateRole",
    "s3:GetBucketAcl",
    "sts:AssumeRole",
];
const ACTION_PATTERNS: [&str; 14] = [
    "*",
    "s3:*",
    "s3:Get*",
    "S3:GET*",
    "s3:?etObject",
    "s3:*Object",
    "ec2:*Instances",
    "ec2:RunInstances",
    "iam:*",
    "iam:createrole",
    "s3:GetObject",
    "s3:*t*Ac?",
    "s*:GetObject",
    "sts:AssumeRole",
];
const RESOURCES: [&str; 7] = [
    "*",
    "arn:aws:s3:::b/k",
    "arn:aws:s3:::b/red/k:1",
    "arn:aws:ec2:us-east-1:111122223333:instance/i-1",
    "arn:aws-us-gov:ec2:eu-west-1:111122223333:volume/v-1",
    "arn:aws:iam::111122223333:role/red",
    "arn:aws:s3:::B/*",
];
const RESOURCE_PATTERNS: [&str; 14] = [
    "*",
    "arn:aws:s3:::b/*",
    "arn:*:ec2:*:*:instance/*",
    "arn:aws:s3:::b/${aws:PrincipalTag/team}/*",
    "arn:aws:iam::*:role/${aws:PrincipalTag/team, 'red'}",
    "arn:aws:s3*",
    "arn:aws:ec2:us-*",
    "arn:AWS:s3:::?/k",
    "arn:aws:s3:::b${*}",
    "arn:aws:s3:::B/${*}",
    "arn:aws:*:*:*:*",
    "arn:*:*:*:111122223333:*/?-1",
    "arn:aws:s3:::*:1",
    "arn:aws:iam::111122223333:role/red",
];
/// Operators' bases with keys and with values for them.
const FAMILIES: [(&[&str], &[&str], &[&str]); 8] = [
    (
        &[
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
        ],
        &[
            "aws:RequestedRegion",
            "aws:PrincipalTag/team",
            "aws:principaltag/TEAM",
            "aws:TagKeys",
            "aws:username",
        ],
        &[
            "us-east-1",
            "us-*",
            "red",
            "RED",
            "r?d",
            "*",
            "${aws:username}",
            "${aws:PrincipalTag/team}",
            "x${*}",
            "${aws:SourceVpc, 'red'}",
            "${aws:TagKeys}",
        ],
    ),
    (
        &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        &["s3:TlsVersion", "aws:MultiFactorAuthAge"],
        &["1.2", "1.20", "0", "300", "-5"],
    ),
    (
        &[
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        &["aws:CurrentTime"],
        &["2026-01-01", "2026-01-01T00:00:00Z", "1767225600", "2024-02-29T12:30:59Z"],
    ),
    (&["Bool"], &["aws:SecureTransport"], &["true", "FALSE"]),
    (&["BinaryEquals"], &["x:Key"], &["QQ==", "qq=="]),
    (
        &["IpAddress", "NotIpAddress"],
        &["aws:SourceIp"],
        &["10.0.0.0/8", "10.1.2.3", "2001:db8::/32", "0.0.0.0/0", "::/0"],
    ),
    (
        &["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"],
        &["aws:PrincipalArn", "aws:SourceArn"],
        &[
            "arn:aws:iam::*:role/*",
            "arn:*:iam::111122223333:user/${aws:username}",
            "*",
            "arn:aws:iam::111122223333:role/red",
            "arn:aws:*",
        ],
    ),
    (&["Null"], &["aws:TagKeys", "aws:SourceIp", "aws:PrincipalTag/team"], &["true", "false"]),
];
const CONTEXT: [(&str, &[&str]); 11] = [
    ("aws:RequestedRegion", &["us-east-1", "eu-west-1"]),
    ("aws:PrincipalTag/team", &["red", "RED", "*", "blue"]),
    ("aws:TagKeys", &["red", "x*", "us-east-1", "other"]),
    ("aws:username", &["red", "us-east-1", "a*"]),
    ("s3:TlsVersion", &["1.2", "1.3", "old"]),
    ("aws:MultiFactorAuthAge", &["0", "299.5", "300"]),
    ("aws:CurrentTime", &["2026-01-01T00:00:00Z", "2024-02-29T12:31:00Z", "0"]),
    ("aws:SecureTransport", &["true", "false", "maybe"]),
    ("x:Key", &["QQ=="]),
    ("aws:SourceIp", &["10.9.9.9", "10.1.2.3", "2001:db8::5", "192.0.2.1", "nowhere"]),
    ("aws:SourceArn", &["arn:aws:iam::111122223333:role/red", "arn:aws:sns:r:1:t"]),
];

struct Generator(ChaCha8Rng);

impl Generator {
    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.0.random_range(0..from.len())]
    }

    fn some(&mut self, from: &[&str]) -> Value {
        let count = self.0.random_range(1..=3);
        let texts: Vec<&str> = (0..count).map(|_| self.pick(from)).collect();
        if count == 1 && self.0.random_bool(0.5) { json!(texts[0]) } else { json!(texts) }
    }

    fn condition(&mut self) -> Value {
        let mut block = serde_json::Map::new();
        for _ in 0..self.0.random_range(1..=2) {
            let (bases, keys, values) = FAMILIES[self.0.random_range(0..FAMILIES.len())];
            let base = self.pick(bases);
            let quantifier =
                if base == "Null" { "" } else { self.pick(&["", "", "", "ForAllValues:", "ForAnyValue:"]) };
            let if_exists = if base == "Null" { "" } else { self.pick(&["", "", "IfExists"]) };
            let key = self.pick(keys);
            let values = self.some(values);
            block.insert(format!("{quantifier}{base}{if_exists}"), json!({ key: values }));
        }
        Value::Object(block)
    }

    fn document(&mut self) -> Value {
        let count = self.0.random_range(1..=3);
        let statements: Vec<Value> = (0..count)
            .map(|_| {
                let mut statement = json!({ "Effect": self.pick(&["Deny", "Deny", "Allow"]) });
                let actions = self.some(&ACTION_PATTERNS);
                statement[self.pick(&["Action", "Action", "NotAction"])] = actions;
                let resources = self.some(&RESOURCE_PATTERNS);
                statement[self.pick(&["Resource", "Resource", "NotResource"])] = resources;
                if self.0.random_bool(0.7) {
                    statement["Condition"] = self.condition();
                }
                statement
            })
            .collect();
        let version = self.pick(&["2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17"]);
        json!({ "Version": version, "Statement": statements })
    }

    fn levels(&mut self) -> Vec<Vec<Value>> {
        let full = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        (0..self.0.random_range(1..=3))
            .map(|_| {
                let mut level: Vec<Value> =
                    (0..self.0.random_range(0..=2)).map(|_| self.document()).collect();
                if level.is_empty() || self.0.random_bool(0.8) {
                    level.push(full.clone());
                }
                level
            })
            .collect()
    }

    fn context(&mut self) -> Context {
        let mut context = Context::new();
        for (key, values) in CONTEXT {
            if self.0.random_bool(0.5) {
                let many = key == "aws:TagKeys" && self.0.random_bool(0.6);
                let count = if many { self.0.random_range(0..=3) } else { 1 };
                context
                    .insert(key.to_lowercase(), (0..count).map(|_| self.pick(values).to_owned()).collect());
            }
        }
        context
    }
}

#[test]
fn the_compiled_evaluator_agrees_with_the_literal_reading() {
    const ROUNDS: u64 = 2_200;
    const REQUESTS: usize = 50;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for round in 0..ROUNDS {
        let mut generator = Generator(ChaCha8Rng::seed_from_u64(round));
        let levels = generator.levels();
        let compiled: Vec<Level> = levels
            .iter()
            .map(|level| {
                let policies = level
                    .iter()
                    .map(|document| Policy::new("p", PolicyDocument::from_value(document).unwrap()));
                Level::new("level", policies.collect())
            })
            .collect();
        let path = PolicyPath::new(PolicyKind::ServiceControl, &compiled).unwrap();
        for _ in 0..REQUESTS {
            let (action, resource) = (generator.pick(&ACTIONS), generator.pick(&RESOURCES));
            let name = generator.pick(&["role/red", "role/path/x", "user/red", "root"]);
            let principal = format!("arn:aws:iam::111122223333:{name}");
            let mut context = generator.context();
            let request = Request::new(action, resource, &principal, "111122223333").with_context(&context);
            context.insert("aws:principalarn".to_owned(), vec![principal]);
            let expected = verdict(&levels, action, resource, &context);
            let found = match path.decide(&request) {
                Decision::Allowed => "allowed",
                Decision::ExplicitDeny => "denied",
                Decision::ImplicitDeny => "not allowed",
                other => panic!("{other:?}"),
            };
            assert_eq!(
                found,
                expected,
                "round {round}: {action} on {resource} with {context:?} under {}",
                serde_json::to_string(&levels).unwrap()
            );
            assert_eq!(path.explain(&request).decision, path.decide(&request));
            *counts.entry(found).or_default() += 1;
        }
    }
    // The comparison is worth something only if every outcome occurs often.
    assert!(counts.values().sum::<usize>() >= 100_000);
    assert!(counts.len() == 3 && counts.values().all(|&count| count > 5_000), "{counts:?}");
}
