//! Text to [`PolicyDocument`].
//!
//! Purpose: accept what AWS accepts, refuse what it refuses, and name every defect with its line and column at once.
//! Invariants: a document that parses has statements that can all be evaluated: nothing is skipped or guessed.
//! Non-goals: style and traps, which are the linter's.

mod reader;

use super::document::{Condition, Effect, PolicyDocument, Principal, Selection, Statement, Version};
use super::operator::Operator;
use super::source::{Located, Location, Value};
use crate::model::{Problems, Quoted};
use crate::policy::error::{Error, defect};
use crate::policy::nearest::nearest;
use reader::Reader;

/// How much alike a misspelled element or operator must be to the one that is suggested.
const SIMILAR: f64 = 0.8;

/// A text longer than this is refused unread. Many times any policy type's limit.
const MAX_TEXT: usize = 1 << 20;

impl PolicyDocument {
    /// Reads a document.
    ///
    /// # Errors
    /// [`Error::Malformed`] with every defect found, each with line and column.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut reader = Reader::default();
        let document = reader.document(text);
        match document {
            Some(document) if reader.defects.is_empty() => Ok(document),
            _ => {
                reader.defects.sort_by_key(|problem| problem.place.clone());
                Err(Error::Malformed(Problems(reader.defects)))
            }
        }
    }
}

impl std::str::FromStr for PolicyDocument {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl Reader {
    fn document(&mut self, text: &str) -> Option<PolicyDocument> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.len() > MAX_TEXT {
            let message = format!("a document of {} bytes is refused unread", text.len());
            let hint = "a service control policy has at most 10,240 characters";
            self.defects.push(defect("policy.too-long", "", message, hint, Location { line: 1, column: 1 }));
            return None;
        }
        let root = match Located::new(text) {
            Ok(root) => root,
            Err((location, message)) => {
                let line = text.lines().nth(location.line.saturating_sub(1)).unwrap_or_default();
                let comment = matches!(line.chars().nth(location.column.saturating_sub(1)), Some('/' | '#'));
                let hint =
                    if comment { "take the comment out: JSON has none" } else { "write one JSON object" };
                self.defects.push(defect("policy.json", "", message, hint, location));
                return None;
            }
        };
        let value = self.open(root, "")?;
        let Value::Object(members) = value else {
            let message = format!("a policy document is an object, not {}", value.type_name());
            self.defect(root, "policy.type", "", message, "start the document with `{`");
            return None;
        };
        self.refuse_duplicates(&members, "");
        let mut document = PolicyDocument { version: Version::Missing, id: None, statements: Vec::new() };
        let mut has_statements = false;
        for (key, value) in &members {
            match key.text.as_str() {
                "Version" => document.version = self.version(*value),
                "Id" => document.id = self.string(*value, "Id"),
                "Statement" => {
                    has_statements = true;
                    document.statements = self.statements(*value);
                }
                other => self.unknown(key, other, "", &["Version", "Id", "Statement"]),
            }
        }
        if !has_statements {
            let hint = "add `Statement` with at least one statement";
            self.defect(root, "policy.no-statement", "", "the document has no `Statement`".to_owned(), hint);
        }
        Some(document)
    }

    fn version(&mut self, at: Located<'_>) -> Version {
        match self.string(at, "Version").as_deref() {
            Some("2012-10-17") | None => Version::Current,
            Some("2008-10-17") => Version::Old,
            Some(other) => {
                let message = format!("invalid policy version `{}`: expected `2012-10-17`", Quoted(other));
                self.defect(at, "policy.version", "Version", message, "write \"2012-10-17\"");
                Version::Current
            }
        }
    }

    fn statements(&mut self, at: Located<'_>) -> Vec<Statement> {
        match self.open(at, "Statement") {
            Some(Value::Array(items)) => {
                if items.is_empty() {
                    let message = "`Statement` is empty".to_owned();
                    self.defect(at, "policy.no-statement", "Statement", message, "add a statement");
                }
                let each = |(index, item)| self.statement(item, &format!("Statement[{index}]"));
                items.into_iter().enumerate().filter_map(each).collect()
            }
            Some(Value::Object(_)) => self.statement(at, "Statement").into_iter().collect(),
            Some(other) => {
                let message =
                    format!("`Statement` is an object or an array of them, not {}", other.type_name());
                self.defect(at, "policy.type", "Statement", message, "write `[{…}]`");
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    fn statement(&mut self, at: Located<'_>, path: &str) -> Option<Statement> {
        let value = self.open(at, path)?;
        let Value::Object(members) = value else {
            let message = format!("a statement is an object, not {}", value.type_name());
            self.defect(at, "policy.type", path, message, "write `{\"Effect\": …}`");
            return None;
        };
        self.refuse_duplicates(&members, path);
        let (mut sid, mut effect, mut principal, mut conditions) = (None, None, None, Vec::new());
        let (mut actions, mut resources): (Vec<Selection>, Vec<Selection>) = (Vec::new(), Vec::new());
        let mut principals = 0;
        for (key, value) in &members {
            let inner = format!("{path}.{}", Quoted(&key.text));
            match key.text.as_str() {
                "Sid" => sid = self.string(*value, &inner).filter(|sid| !sid.is_empty()),
                "Effect" => effect = Some(self.effect(*value, &inner)),
                "Principal" | "NotPrincipal" => {
                    principals += 1;
                    let negated = key.text == "NotPrincipal";
                    principal = self.principal(*value, &inner).map(|value| Principal { negated, value });
                }
                "Action" | "NotAction" => {
                    let patterns = self.actions(*value, &inner);
                    actions.push(Selection { negated: key.text == "NotAction", patterns });
                }
                "Resource" | "NotResource" => {
                    let patterns = self.resources(*value, &inner);
                    resources.push(Selection { negated: key.text == "NotResource", patterns });
                }
                "Condition" => conditions = self.conditions(*value, &inner),
                other => self.unknown(key, other, path, &ELEMENTS),
            }
        }
        if principals > 1 {
            let message = "`Principal` and `NotPrincipal` exclude each other".to_owned();
            self.defect(at, "policy.both-forms", path, message, "keep one of them");
        }
        if effect.is_none() {
            let message = "the statement has no `Effect`".to_owned();
            self.defect(at, "policy.no-effect", path, message, "write \"Allow\" or \"Deny\"");
        }
        let actions = self.exactly_one(at, path, "Action", actions);
        let resources = self.exactly_one(at, path, "Resource", resources);
        let location = Some(at.location());
        Some(Statement {
            sid,
            effect: effect??,
            principal,
            actions: actions?,
            resources: resources?,
            conditions,
            location,
        })
    }

    fn exactly_one(
        &mut self,
        at: Located<'_>,
        path: &str,
        name: &str,
        mut found: Vec<Selection>,
    ) -> Option<Selection> {
        if found.len() > 1 {
            let message = format!("`{name}` and `Not{name}` exclude each other");
            self.defect(at, "policy.both-forms", path, message, "keep one of them");
        } else if found.is_empty() {
            let message = format!("the statement has neither `{name}` nor `Not{name}`");
            let hint = format!("add `{name}`; `\"*\"` means every one");
            self.defect(at, "policy.missing-element", path, message, &hint);
        }
        found.pop()
    }

    fn effect(&mut self, at: Located<'_>, path: &str) -> Option<Effect> {
        match self.string(at, path)?.as_str() {
            "Allow" => Some(Effect::Allow),
            "Deny" => Some(Effect::Deny),
            other => {
                let message = format!("invalid effect `{}`: expected `Allow` or `Deny`", Quoted(other));
                self.defect(at, "policy.effect", path, message, "write exactly \"Allow\" or \"Deny\"");
                None
            }
        }
    }

    fn actions(&mut self, at: Located<'_>, path: &str) -> Vec<String> {
        let patterns = self.strings(at, path);
        for (place, pattern) in &patterns {
            if let Err((message, hint)) = check_action(pattern) {
                self.defect(*place, "policy.action", path, message, hint);
            }
        }
        patterns.into_iter().map(|(_, pattern)| pattern).collect()
    }

    fn resources(&mut self, at: Located<'_>, path: &str) -> Vec<String> {
        let patterns = self.strings(at, path);
        for (place, pattern) in &patterns {
            if let Err((message, hint)) = super::arn::check_pattern(pattern) {
                self.defect(*place, "policy.resource", path, message, hint);
            }
        }
        patterns.into_iter().map(|(_, pattern)| pattern).collect()
    }

    fn conditions(&mut self, at: Located<'_>, path: &str) -> Vec<Condition> {
        let Some(value) = self.open(at, path) else { return Vec::new() };
        let Value::Object(operators) = value else {
            let message = format!("`Condition` is an object, not {}", value.type_name());
            self.defect(at, "policy.type", path, message, "write `{\"StringEquals\": {…}}`");
            return Vec::new();
        };
        self.refuse_duplicates(&operators, path);
        let mut conditions: Vec<Condition> = Vec::new();
        for (name, keys) in operators {
            let inner = format!("{path}.{}", Quoted(&name.text));
            let Some(operator) = Operator::parse(&name.text) else {
                let message = format!("unknown condition operator `{}`", Quoted(&name.text));
                let hint = nearest(&name.text, Operator::base_names(), SIMILAR).map_or_else(
                    || "see the operators of the IAM User Guide".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                self.defect(name.place, "policy.operator", &inner, message, &hint);
                continue;
            };
            let Some(opened) = self.open(keys, &inner) else { continue };
            let Value::Object(members) = opened else {
                let message = format!("an operator holds an object of keys, not {}", opened.type_name());
                self.defect(keys, "policy.type", &inner, message, "write `{\"aws:RequestedRegion\": \"…\"}`");
                continue;
            };
            self.refuse_duplicates(&members, &inner);
            for (key, values) in members {
                let path = format!("{inner}.{}", Quoted(&key.text));
                if conditions.iter().any(|other| other.operator == operator && other.key == key.text) {
                    let message = format!("`{}` stands twice under `{operator}`", Quoted(&key.text));
                    self.defect(
                        key.place,
                        "policy.duplicate",
                        &path,
                        message,
                        "merge the two spellings of the operator",
                    );
                }
                if key.text.is_empty() {
                    let message = "a condition key cannot be empty".to_owned();
                    self.defect(key.place, "policy.condition-key", &path, message, "name a context key");
                }
                let values = self.strings(values, &path).into_iter().map(|(_, value)| value).collect();
                conditions.push(Condition { operator, key: key.text, values });
            }
        }
        conditions
    }
}

const ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
    "Principal",
    "NotPrincipal",
];

/// `service:Name`, or a bare `*`. Wildcards in the service are the linter's: AWS says no, but they have a meaning.
fn check_action(pattern: &str) -> Result<(), (String, &'static str)> {
    if pattern == "*" {
        return Ok(());
    }
    let Some((service, name)) = pattern.split_once(':') else {
        return Err((
            format!("`{}` has no service prefix", Quoted(pattern)),
            "write `service:Action`, or `*` for every action",
        ));
    };
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'*' | b'?');
    if service.is_empty() || !service.bytes().all(legal) {
        return Err((
            format!("invalid service prefix `{}`: expected letters, digits and hyphens", Quoted(service)),
            "use letters, digits and hyphens, for example `ec2`",
        ));
    }
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'?' | b'-' | b'_');
    if name.is_empty() || !name.bytes().all(legal) {
        return Err((
            format!("invalid action `{}`: expected `service:Name`", Quoted(pattern)),
            "use letters and digits, `*` and `?` after the colon",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<(String, usize, usize, String)> {
        let Err(Error::Malformed(Problems(found))) = PolicyDocument::parse(text) else {
            panic!("{text} parsed")
        };
        found
            .into_iter()
            .map(|problem| {
                let place = problem.place.unwrap();
                (problem.code, place.line, place.column, problem.message)
            })
            .collect()
    }

    #[test]
    fn one_meaning_one_text() {
        let plain = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["s3:GetObject","EC2:runinstances"],
            "Resource":["*"],"Condition":{"bool":{"AWS:SECURETRANSPORT":[false]}}}]}"#;
        let other = r#"{"Statement":{"Condition":{"Bool":{"aws:SecureTransport":"false"}},"Resource":"*",
            "Action":["ec2:RunInstances","S3:getobject","s3:GetObject"],"Effect":"Deny"},"Version":"2012-10-17"}"#;
        let (plain, other) = (PolicyDocument::parse(plain).unwrap(), PolicyDocument::parse(other).unwrap());
        assert_eq!(plain, other);
        assert_eq!(
            plain.to_json(),
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":["ec2:RunInstances","s3:GetObject"],"Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}}"#
        );
        assert_eq!(PolicyDocument::parse(&plain.to_json()).unwrap(), plain);
    }

    #[test]
    fn everything_wrong_is_said_at_once_and_where() {
        let text = "{\n \"Version\": \"2013-01-01\",\n \"Statement\": [\n  {\"Effect\": \"deny\", \"Action\": [\"s3\", 4],\n   \"Resource\": \"bucket\", \"Conditions\": {}},\n  {\"Effect\": \"Deny\", \"NotAction\": \"s3:*\", \"Action\": \"*\", \"Condition\": {\"StringEqual\": {\"a\": \"b\"}}}\n ]\n}";
        let found = problems(text);
        let places: Vec<_> =
            found.iter().map(|(code, line, column, _)| (code.as_str(), *line, *column)).collect();
        assert_eq!(
            places,
            [
                ("policy.version", 2, 13),
                ("policy.effect", 4, 14),
                ("policy.action", 4, 33),
                ("policy.type", 4, 39),
                ("policy.resource", 5, 16),
                ("policy.unknown-element", 5, 26),
                ("policy.both-forms", 6, 3),
                ("policy.missing-element", 6, 3),
                ("policy.operator", 6, 72),
            ]
        );
    }

    #[test]
    fn not_json_is_placed_too() {
        assert_eq!(problems("{\n\"Version\": }")[0].1, 2);
        assert_eq!(problems("")[0].0, "policy.json");
        let hint = |text: &str| PolicyDocument::parse(text).unwrap_err().problems().0.remove(0).hint;
        assert!(hint("{ // why\n}").contains("comment"), "{}", hint("{ // why\n}"));
        assert!(hint("{\n  # why\n}").contains("comment"));
        assert!(!hint("{ x }").contains("comment"));
        assert_eq!(problems("[]")[0].0, "policy.type");
        assert_eq!(problems("{}")[0].0, "policy.no-statement");
        assert!(
            problems(r#"{"Statement":[],"Statement":[]}"#).iter().any(|found| found.0 == "policy.duplicate")
        );
    }

    #[test]
    fn a_message_quotes_text_on_one_line() {
        for document in [
            r#"{"Version":"\n2012-10-17","Statement":[]}"#,
            r#"{"Ver\nsion":"2012-10-17","Statement":[{"Effect":"De\nny","Action":"s3:\nGet","Resource":"arn\n"}]}"#,
            r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bo\nol":{"a":"b"},"Bool":{"aws:SecureTransport":"t\n"}}}}"#,
        ] {
            let Err(Error::Malformed(Problems(found))) = PolicyDocument::parse(document) else {
                panic!("{document} was read")
            };
            for problem in found {
                assert!(!problem.message.contains('\n') && !problem.path.contains('\n'), "{problem:?}");
            }
        }
    }

    #[test]
    fn keys_that_differ_only_in_case_both_survive() {
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:principalarn":"a","aws:PrincipalArn":"b"}}}}"#;
        let document = PolicyDocument::parse(text).unwrap();
        assert_eq!(PolicyDocument::parse(&document.to_json()).unwrap().statements[0].conditions.len(), 2);
    }
}
