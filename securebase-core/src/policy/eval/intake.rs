//! Requests as plain data.
//!
//! Purpose: read a request from JSON-like data, as bindings and files give it, and say everything that is wrong at once.

use std::collections::BTreeMap;

use serde_json::Value;

use super::request::{Request, is_principal};
use crate::model::{AccountId, Problem, Problems, Quoted};
use crate::policy::error::Error;
use crate::policy::syntax::actions::Spelling;

const KEYS: [&str; 6] = ["action", "resource", "principal", "account", "context", "management_account"];

impl Request {
    /// Reads an object with `action`, and optionally `resource` (else `*`), `principal`, `account`, `context` (key → text,
    /// number, boolean or a list of them) and `management_account`.
    ///
    /// # Errors
    /// [`Error::BadRequest`] with every defect.
    pub fn from_value(value: &Value) -> Result<Self, Error> {
        let mut problems = Vec::new();
        let mut bad = |path: &str, message: String, hint: &str| {
            problems.push(Problem::error("policy.request", path, message, hint));
        };
        let Some(members) = value.as_object() else {
            bad(
                "",
                "a request is an object".to_owned(),
                "give `action`, `resource`, `principal`, `account` and `context`",
            );
            return Err(Error::BadRequest(Problems(problems)));
        };
        for key in members.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            bad(
                key,
                format!("unknown member `{}` of a request", Quoted(key)),
                "known are action, resource, principal, account, context, management_account",
            );
        }
        let mut text = |key: &str| match members.get(key) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            // Account ids are easily written as numbers.
            Some(Value::Number(number)) if key.ends_with("account") && number.is_u64() => {
                number.as_u64().map(|number| format!("{number:012}"))
            }
            Some(other) => {
                bad(key, format!("invalid {key} `{other}`: expected text"), "write it as text in quotes");
                None
            }
        };
        let (action, resource) = (text("action"), text("resource"));
        let (principal, account) = (text("principal"), text("account"));
        let management = text("management_account");
        let action = action.unwrap_or_default();
        let well_formed =
            action.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
        if !well_formed || action.contains(['*', '?', ' ']) {
            bad(
                "action",
                format!("invalid action `{}`: expected `service:Name`", Quoted(&action)),
                "write one action, for example `s3:GetObject`",
            );
        }
        for (key, id) in [("account", &account), ("management_account", &management)] {
            let Some(id) = id.as_deref().filter(|id| id.parse::<AccountId>().is_err()) else { continue };
            bad(
                key,
                format!("invalid {key} `{}`: expected the twelve digits of an account", Quoted(id)),
                "write the id of an account, or leave it out",
            );
        }
        let principal = principal.inspect(|principal| {
            if is_principal(principal) {
                return;
            }
            bad(
                "principal",
                format!(
                    "invalid principal `{}`: expected the ARN of who makes the request, or a service",
                    Quoted(principal)
                ),
                "write a user, a role, a session or the root user, for example \
                 `arn:aws:iam::111122223333:role/dev`, or a service such as `ec2.amazonaws.com`",
            );
        });
        let principal = principal.unwrap_or_default();
        let context = context(members.get("context"), &mut bad);
        if !problems.is_empty() {
            return Err(Error::BadRequest(Problems(problems)));
        }
        let from_principal = || principal.split(':').nth(4).unwrap_or_default().to_owned();
        let account = account.unwrap_or_else(from_principal);
        let resource = resource.unwrap_or_else(|| "*".to_owned());
        Ok(Self::new(&action, resource, &principal, &account)
            .with_management_account(management)
            .with_context(&context))
    }

    /// The request as [`Request::from_value`] reads it. `aws:PrincipalArn` and what else follows from the principal is in
    /// its context.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let context: serde_json::Map<String, Value> = self
            .keys()
            .map(|(key, values)| {
                let value = match values {
                    [only] => Value::from(only.as_str()),
                    many => Value::from(many.to_vec()),
                };
                (key, value)
            })
            .collect();
        let mut value = serde_json::json!({
            "action": Spelling::shipped().action(self.action()),
            "resource": self.resource(),
        });
        // What a request does not name is left out: an empty text is not a name.
        for (key, named) in [("principal", self.principal()), ("account", self.account())] {
            if !named.is_empty() {
                value[key] = named.into();
            }
        }
        value["context"] = context.into();
        value
    }
}

/// The values of a request's context keys, and what is wrong with them.
fn context(value: Option<&Value>, bad: &mut impl FnMut(&str, String, &str)) -> BTreeMap<String, Vec<String>> {
    let keys = match value {
        None | Some(Value::Null) => return BTreeMap::new(),
        Some(Value::Object(keys)) => keys,
        Some(other) => {
            let message = format!("invalid context `{other}`: expected an object of keys and their values");
            bad("context", message, "write `{\"aws:RequestedRegion\": \"eu-west-1\"}`");
            return BTreeMap::new();
        }
    };
    let mut context = BTreeMap::new();
    for (key, value) in keys {
        let list = match value {
            Value::Array(items) => items.iter().map(scalar).collect::<Option<Vec<String>>>(),
            // A key that is explicitly nothing is absent.
            Value::Null => Some(Vec::new()),
            other => scalar(other).map(|text| vec![text]),
        };
        match list {
            Some(list) => drop(context.insert(key.clone(), list)),
            None => bad(
                &format!("context.{key}"),
                format!(
                    "invalid value `{value}` of a key: expected text, a number, a boolean or a list of them"
                ),
                "write the values that the request has, for example `[\"a\", \"b\"]`",
            ),
        }
    }
    context
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        let request = Request::from_value(&serde_json::json!({
            "action": "S3:GetObject", "principal": "arn:aws:iam::111122223333:role/dev",
            "context": {"aws:SecureTransport": false, "aws:TagKeys": ["a", "b"], "s3:TlsVersion": 1.2, "aws:SourceVpc": null},
        }))
        .unwrap();
        assert_eq!(
            (request.action(), request.resource(), request.account()),
            ("s3:getobject", "*", "111122223333")
        );
        assert_eq!(request.single("aws:securetransport"), Some("false"));
        assert_eq!(request.values("aws:tagkeys").unwrap().len(), 2);
        assert_eq!(request.single("s3:tlsversion"), Some("1.2"));
        assert_eq!(request.values("aws:sourcevpc"), None);
    }

    #[test]
    fn says_everything_that_is_wrong() {
        let error = Request::from_value(
            &serde_json::json!({"action": "s3", "resource": 4, "acount": "1", "context": {"a": {}}}),
        );
        let Err(Error::BadRequest(Problems(problems))) = error else { panic!("read") };
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["acount", "resource", "action", "context.a"]);
    }

    #[test]
    fn an_account_is_twelve_digits() {
        for key in ["account", "management_account"] {
            let read =
                |id: Value| Request::from_value(&serde_json::json!({"action": "s3:GetObject", key: id}));
            for id in
                [Value::from(0.5), "".into(), "nonsense".into(), (-1).into(), 1_000_000_000_000_u64.into()]
            {
                let Err(Error::BadRequest(Problems(problems))) = read(id.clone()) else {
                    panic!("{id} was read")
                };
                assert_eq!((problems.len(), problems[0].path.as_str()), (1, key), "{id}");
            }
            for id in [Value::from("001122223333"), 1_122_223_333_u64.into(), Value::Null] {
                assert!(read(id).is_ok());
            }
        }
    }

    #[test]
    fn a_malformed_principal_is_said_and_never_let_through() {
        for principal in ["", "jo", "arn:aws:iam::111122223333:role/", "evil.amazonaws.com.example"] {
            let error =
                Request::from_value(&serde_json::json!({"action": "s3:GetObject", "principal": principal}));
            let Err(Error::BadRequest(Problems(problems))) = error else { panic!("{principal} was read") };
            assert_eq!((problems.len(), problems[0].path.as_str()), (1, "principal"));
        }
        assert!(Request::from_value(&serde_json::json!({"action": "s3:GetObject"})).is_ok());
    }
}
