//! The policy document: typed, canonical, equal by meaning.
//!
//! Purpose: one model for service control policies and resource control policies, with the full language of both.
//! Invariants: [`PolicyDocument::to_json`] is canonical. Two documents are equal exactly where their canonical texts
//! are, so order, spacing, the case of actions and a single value against a list of one are never a difference; a
//! condition key's case is kept as written only where AWS gives no spelling.
//! Non-goals: identity and resource policies (no principals beyond `"*"`, which resource control policies need).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::actions::Spelling;
use super::operator::{Comparison, Operator, Quantifier};
use super::source::Location;

/// The language version that every policy should state.
pub(crate) const CURRENT_VERSION: &str = "2012-10-17";

/// `Effect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// `Allow`.
    Allow,
    /// `Deny`.
    Deny,
}

impl Effect {
    /// The word in a document.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

/// `Version`. Only the current one substitutes policy variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Version {
    /// No `Version` element, which AWS reads as the old language.
    Missing,
    /// `2008-10-17`: variables are plain text.
    Old,
    /// `2012-10-17`.
    #[default]
    Current,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selection {
    /// Whether it is the `Not…` form: everything but the patterns.
    pub negated: bool,
    /// The patterns, as written.
    pub patterns: Vec<String>,
}

impl Selection {
    /// What matches any of the patterns.
    pub fn of<T: Into<String>>(patterns: impl IntoIterator<Item = T>) -> Self {
        Self { negated: false, patterns: patterns.into_iter().map(Into::into).collect() }
    }

    /// What matches none of the patterns.
    pub fn all_but<T: Into<String>>(patterns: impl IntoIterator<Item = T>) -> Self {
        Self { negated: true, ..Self::of(patterns) }
    }

    /// Everything: the pattern `*`.
    #[must_use]
    pub fn everything() -> Self {
        Self::of(["*"])
    }
}

/// One operator applied to one key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Condition {
    /// How to compare.
    pub operator: Operator,
    /// The context key, as written.
    pub key: String,
    /// The values to compare with, any of which may match.
    pub values: Vec<String>,
}

impl Condition {
    /// A condition.
    pub fn new<T: Into<String>>(
        operator: Operator,
        key: impl Into<String>,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        Self { operator, key: key.into(), values: values.into_iter().map(Into::into).collect() }
    }

    /// The same condition in its one canonical form: the key as AWS spells it, values sorted without repetition, truths in
    /// lower case. Conditions that AWS decides alike by these rules are equal in it.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let mut values = self.values.clone();
        if matches!(self.operator.comparison, Comparison::Bool | Comparison::Null) {
            values.iter_mut().for_each(|value| value.make_ascii_lowercase());
        }
        values.sort();
        values.dedup();
        Self { operator: self.operator, key: Spelling::shipped().condition_key(&self.key), values }
    }
}

impl std::fmt::Display for Condition {
    /// As verdicts and differences state it: `aws:RequestedRegion StringNotEquals eu-west-1 | us-east-1`.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {} {}", self.key, self.operator, self.values.join(" | "))
    }
}

/// `Principal` or `NotPrincipal`, of which only `"Principal": "*"` has a place in a control policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Whether it is `NotPrincipal`.
    pub(crate) negated: bool,
    /// Its value.
    pub(crate) value: Value,
}

impl Principal {
    /// Whether it is what a resource control policy must state.
    #[must_use]
    pub fn is_anyone(&self) -> bool {
        !self.negated && self.value == "*"
    }
}

/// One statement.
#[derive(Debug, Clone)]
pub struct Statement {
    /// `Sid`.
    pub sid: Option<String>,
    /// `Effect`.
    pub effect: Effect,
    /// `Principal`, in resource control policies.
    pub principal: Option<Principal>,
    /// `Action` or `NotAction`.
    pub actions: Selection,
    /// `Resource` or `NotResource`.
    pub resources: Selection,
    /// `Condition`, all of which must hold.
    pub conditions: Vec<Condition>,
    /// Where it was read, no part of its meaning.
    pub location: Option<Location>,
}

impl Statement {
    /// A statement about every resource, without conditions.
    #[must_use]
    pub fn new(effect: Effect, actions: Selection) -> Self {
        Self {
            sid: None,
            effect,
            principal: None,
            actions,
            resources: Selection::everything(),
            conditions: Vec::new(),
            location: None,
        }
    }

    /// The statement in canonical form.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let Self { sid, effect, principal, actions, resources, conditions, location: _ } = self;
        let mut map = Map::new();
        // Tools write an empty name where AWS stores none.
        if let Some(sid) = sid.as_deref().filter(|sid| !sid.is_empty()) {
            map.insert("Sid".to_owned(), Value::from(sid));
        }
        map.insert("Effect".to_owned(), Value::from(effect.as_str()));
        if let Some(principal) = principal {
            let name = if principal.negated { "NotPrincipal" } else { "Principal" };
            map.insert(name.to_owned(), principal.value.clone());
        }
        let spelling = Spelling::shipped();
        map.insert(
            if actions.negated { "NotAction" } else { "Action" }.to_owned(),
            collapsed(actions.patterns.iter().map(|pattern| spelling.action(pattern)).collect()),
        );
        map.insert(
            if resources.negated { "NotResource" } else { "Resource" }.to_owned(),
            collapsed(resources.patterns.clone()),
        );
        if !conditions.is_empty() {
            map.insert("Condition".to_owned(), condition_block(conditions));
        }
        Value::Object(map)
    }

    /// The canonical text without the `Sid`: what the statement does.
    pub(crate) fn meaning(&self) -> String {
        Self { sid: None, ..self.clone() }.to_value().to_string()
    }
}

impl PartialEq for Statement {
    fn eq(&self, other: &Self) -> bool {
        self.to_value() == other.to_value()
    }
}

impl Eq for Statement {}

/// A policy document.
#[derive(Debug, Clone)]
pub struct PolicyDocument {
    /// `Version`.
    pub version: Version,
    /// `Id`, which AWS tolerates and nothing uses.
    pub id: Option<String>,
    /// The statements in the order they were written, which carries no meaning.
    pub statements: Vec<Statement>,
}

impl PolicyDocument {
    /// Reads a document from plain data, as [`PolicyDocument::parse`] reads a text.
    ///
    /// # Errors
    /// [`Error::Malformed`](crate::policy::Error::Malformed) with every defect, without places.
    pub fn from_value(value: &Value) -> Result<Self, crate::policy::Error> {
        let mut document = Self::parse(&value.to_string()).map_err(crate::policy::Error::without_places)?;
        document.statements.iter_mut().for_each(|statement| statement.location = None);
        Ok(document)
    }

    /// A document of the current version.
    #[must_use]
    pub fn new(statements: Vec<Statement>) -> Self {
        Self { version: Version::Current, id: None, statements }
    }

    /// AWS's `FullAWSAccess`, attached to every new root, unit and account.
    #[must_use]
    pub fn full_access() -> Self {
        Self::new(vec![Statement::new(Effect::Allow, Selection::everything())])
    }

    /// The canonical, minimal text: elements in AWS's documented order, statements and values sorted, no white space,
    /// lists of one collapsed, actions spelled as AWS spells them.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.to_value().to_string()
    }

    /// The canonical form as a JSON value.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let Self { version, id, statements } = self;
        let mut map = Map::new();
        match version {
            Version::Missing => {}
            Version::Old => drop(map.insert("Version".to_owned(), Value::from("2008-10-17"))),
            Version::Current => drop(map.insert("Version".to_owned(), Value::from(CURRENT_VERSION))),
        }
        if let Some(id) = id {
            map.insert("Id".to_owned(), Value::from(id.as_str()));
        }
        let mut keyed: Vec<(String, Value)> =
            statements.iter().map(Statement::to_value).map(|value| (value.to_string(), value)).collect();
        keyed.sort_by(|left, right| left.0.cmp(&right.0));
        keyed.dedup_by(|left, right| left.0 == right.0);
        let mut values: Vec<Value> = keyed.into_iter().map(|(_, value)| value).collect();
        let one = if values.len() == 1 { values.pop() } else { None };
        map.insert("Statement".to_owned(), one.unwrap_or(Value::Array(values)));
        Value::Object(map)
    }

    /// Length of the canonical text in characters, which is what AWS's limit counts.
    #[must_use]
    pub fn size(&self) -> usize {
        self.to_json().chars().count()
    }

    /// Whether both have the same statements, whatever their `Sid`s.
    #[must_use]
    pub fn same_statements(&self, other: &Self) -> bool {
        let meanings = |document: &Self| {
            let mut all: Vec<String> = document.statements.iter().map(Statement::meaning).collect();
            all.sort();
            all.dedup();
            all
        };
        (self.version == Version::Current) == (other.version == Version::Current)
            && meanings(self) == meanings(other)
    }
}

impl PartialEq for PolicyDocument {
    fn eq(&self, other: &Self) -> bool {
        self.to_json() == other.to_json()
    }
}

impl Eq for PolicyDocument {}

impl std::fmt::Display for PolicyDocument {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.to_json())
    }
}

impl serde::Serialize for PolicyDocument {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for PolicyDocument {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::parse(&value.to_string()).map_err(serde::de::Error::custom)
    }
}

/// Sorted, without repetition, and a bare string where it is one.
fn collapsed(mut texts: Vec<String>) -> Value {
    texts.sort();
    texts.dedup();
    match <[String; 1]>::try_from(texts) {
        Ok([only]) => Value::String(only),
        Err(many) => Value::Array(many.into_iter().map(Value::String).collect()),
    }
}

/// Returns conditions that hold together exactly where the given ones do, in canonical form, with each key at most once
/// under a negated operator.
///
/// The language has one place for each operator and key. Negated conditions on one key hold together where none of all
/// their values matches, so their values are joined. `ForAnyValue` is the exception: there two different values of the
/// request may satisfy one condition each.
pub(crate) fn merged(conditions: &[Condition]) -> Vec<Condition> {
    let mut merged: Vec<Condition> = Vec::with_capacity(conditions.len());
    for condition in conditions.iter().map(Condition::canonical) {
        let Condition { operator, key, values } = &condition;
        let joins = operator.negated && operator.quantifier != Some(Quantifier::Any);
        let same = |other: &&mut Condition| {
            other.operator == *operator
                && other.key.eq_ignore_ascii_case(key)
                && (joins || other.values == *values)
        };
        match merged.iter_mut().find(same) {
            Some(other) => {
                other.values.extend(values.iter().cloned());
                other.values.sort();
                other.values.dedup();
            }
            None => merged.push(condition),
        }
    }
    merged
}

fn condition_block(conditions: &[Condition]) -> Value {
    let merged = merged(conditions);
    let mut entries: Vec<(String, String, Value)> = merged
        .iter()
        .map(|Condition { operator, key, values }| {
            let same =
                |other: &&Condition| other.operator == *operator && other.key.eq_ignore_ascii_case(key);
            let is_shared = merged.iter().filter(same).count() > 1;
            // A key that AWS has no spelling for stays as written, unless it stands for several conditions: then the text
            // that is written must be the one that is read again.
            let key = if is_shared {
                Spelling::shipped().condition_key(&key.to_ascii_lowercase())
            } else {
                key.clone()
            };
            (operator.to_string(), key, collapsed(values.clone()))
        })
        .collect();
    // By values too, so that conditions on one key get their spellings in an order that nothing else decides.
    entries.sort_by_cached_key(|(operator, key, values)| (operator.clone(), key.clone(), values.to_string()));
    let mut block = BTreeMap::<String, BTreeMap<String, Value>>::new();
    for (operator, key, values) in entries {
        let keys = block.entry(operator).or_default();
        let free = spellings(&key).find(|spelling| !keys.contains_key(spelling));
        keys.insert(free.unwrap_or(key), values);
    }
    let object = |keys: BTreeMap<String, Value>| Value::Object(keys.into_iter().collect());
    Value::Object(block.into_iter().map(|(operator, keys)| (operator, object(keys))).collect())
}

/// The spellings of a condition key, which AWS reads in any case: the given one first. The second of two conditions on one
/// key needs another one, or it would take the place of the first in the text and change what the statement says.
fn spellings(key: &str) -> impl Iterator<Item = String> {
    let letters: Vec<usize> =
        key.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_alphabetic()).map(|(at, _)| at).collect();
    let count = 1_u64 << letters.len().min(63);
    (0..count).map(move |flips| {
        let mut bytes = key.as_bytes().to_vec();
        for (nth, &at) in letters.iter().take(63).enumerate() {
            if flips >> nth & 1 == 1 {
                bytes[at] ^= 0x20;
            }
        }
        // Only the case of ASCII letters has changed.
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
