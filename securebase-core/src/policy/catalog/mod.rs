//! The catalogue of guardrails, read from data.
//!
//! Purpose: a guardrail is data: what it is for, the statements it is made of, the controls it serves, and the requests
//! that it must deny and must let pass. Invariants: every guardrail has both kinds of requests, which the tests run.
//! Non-goals: deciding which tier gets which guardrail (`guardrails.rs`) and fitting them into documents (`pack.rs`).

pub(super) mod behind;
pub(super) mod coverage;
pub(super) mod example;
pub(super) mod parameters;
pub(super) mod set;
pub(super) mod tier_documents;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use indexmap::IndexMap;
use serde::Deserialize;

use super::error::Error;
use super::syntax::document::{Condition, Effect, PolicyDocument, Selection, Statement};
use super::syntax::operator::{Comparison, Operator};
use parameters::Parameters;
use set::SetName;

/// Control ids by framework.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Controls {
    /// AICPA Trust Services Criteria, for example `CC6.1`.
    pub soc2: Vec<String>,
    /// HIPAA Security Rule, 45 CFR 164, without the part number: `312(a)(1)`.
    pub hipaa: Vec<String>,
    /// NIST SP 800-53 rev. 5, which FedRAMP's baselines draw on.
    pub nist: Vec<String>,
    /// CIS AWS Foundations Benchmark as `v1.4/v3.0`, `-` where a version has no such item.
    pub cis: Vec<String>,
}

impl Controls {
    /// The controls of one framework. The baseline belongs to none.
    #[must_use]
    pub fn of(&self, framework: SetName) -> &[String] {
        match framework {
            SetName::Baseline => &[],
            SetName::Soc2 => &self.soc2,
            SetName::Hipaa => &self.hipaa,
            SetName::Fedramp => &self.nist,
            SetName::Cis => &self.cis,
        }
    }
}

/// A guardrail: what it is for and what it is made of.
#[derive(Debug, Clone)]
pub struct Guardrail {
    /// Its id, `G…`.
    pub id: String,
    /// What it is for, one sentence.
    pub intent: String,
    /// The controls it serves.
    pub controls: Controls,
    /// The parameters it takes, by field of [`Parameters`].
    pub parameters: Vec<String>,
    /// Kinds of things it protects, which must exist before it is attached.
    pub needs: Vec<String>,
    deny: Vec<String>,
    allow: Vec<String>,
    pub(super) statements: Vec<Template>,
}

/// A deny with placeholders.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Template {
    /// Whether the executor's and the break-glass roles are let through.
    #[serde(default)]
    pub(super) exempt: bool,
    #[serde(default)]
    pub(super) actions: Vec<String>,
    #[serde(default)]
    pub(super) not_actions: Vec<String>,
    #[serde(default)]
    pub(super) resources: Vec<String>,
    #[serde(default)]
    pub(super) not_resources: Vec<String>,
    #[serde(default)]
    pub(super) when: IndexMap<String, IndexMap<String, Vec<String>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    intent: String,
    #[serde(default)]
    soc2: Vec<String>,
    #[serde(default)]
    hipaa: Vec<String>,
    #[serde(default)]
    nist: Vec<String>,
    #[serde(default)]
    cis: Vec<String>,
    #[serde(default)]
    parameters: Vec<String>,
    #[serde(default)]
    needs: Vec<String>,
    deny: Vec<String>,
    allow: Vec<String>,
    statement: Vec<Template>,
}

#[derive(Deserialize)]
struct File {
    guardrail: Vec<Row>,
}

#[derive(Deserialize)]
struct NamedList {
    values: Vec<String>,
}

#[derive(Deserialize)]
struct SetFile {
    set: Vec<GuardrailSet>,
}

/// Which guardrails a framework gets on top of the baseline.
#[derive(Debug, Clone, Deserialize)]
pub struct GuardrailSet {
    /// The framework it is for, or the baseline.
    pub framework: SetName,
    /// Its name for people.
    pub title: String,
    /// Ids of guardrails.
    pub guardrails: Vec<String>,
}

/// Every guardrail, list and set that is shipped.
pub struct Catalogue {
    guardrails: Vec<Guardrail>,
    lists: BTreeMap<String, Vec<String>>,
    sets: Vec<GuardrailSet>,
}

static SHIPPED: LazyLock<Result<Catalogue, Error>> = LazyLock::new(Catalogue::read);

impl Catalogue {
    /// The shipped catalogue.
    ///
    /// # Errors
    /// [`Error::Catalogue`], which the crate's tests exclude.
    pub fn shipped() -> Result<&'static Self, Error> {
        SHIPPED.as_ref().map_err(Clone::clone)
    }

    fn read() -> Result<Self, Error> {
        let damaged = |name: &str, error: toml::de::Error| Error::Catalogue(format!("{name}: {error}"));
        let mut guardrails = Vec::new();
        for (name, text) in [
            ("organization.toml", include_str!("../../../data/guardrails/organization.toml")),
            ("logging.toml", include_str!("../../../data/guardrails/logging.toml")),
            ("identity.toml", include_str!("../../../data/guardrails/identity.toml")),
            ("network.toml", include_str!("../../../data/guardrails/network.toml")),
            ("data.toml", include_str!("../../../data/guardrails/data.toml")),
        ] {
            let file: File = toml::from_str(text).map_err(|error| damaged(name, error))?;
            guardrails.extend(file.guardrail.into_iter().map(Guardrail::from));
        }
        guardrails.sort_by(|left, right| left.id.cmp(&right.id));
        let lists: BTreeMap<String, NamedList> =
            toml::from_str(include_str!("../../../data/guardrails/lists.toml"))
                .map_err(|error| damaged("lists.toml", error))?;
        let sets: SetFile = toml::from_str(include_str!("../../../data/guardrails/sets.toml"))
            .map_err(|error| damaged("sets.toml", error))?;
        let lists = lists.into_iter().map(|(name, list)| (name, list.values)).collect();
        Ok(Self { guardrails, lists, sets: sets.set })
    }

    /// Every guardrail in order of id.
    #[must_use]
    pub fn guardrails(&self) -> &[Guardrail] {
        &self.guardrails
    }

    /// A guardrail by id.
    ///
    /// # Errors
    /// [`Error::UnknownGuardrail`].
    pub fn guardrail(&self, id: &str) -> Result<&Guardrail, Error> {
        self.guardrails
            .iter()
            .find(|guardrail| guardrail.id == id)
            .ok_or_else(|| Error::UnknownGuardrail(id.to_owned()))
    }

    /// Every set, the baseline among them.
    #[must_use]
    pub fn sets(&self) -> &[GuardrailSet] {
        &self.sets
    }

    /// A shipped list by name.
    #[must_use]
    pub fn list(&self, name: &str) -> &[String] {
        self.lists.get(name).map_or(&[], Vec::as_slice)
    }

    fn set(&self, name: SetName) -> Result<&GuardrailSet, Error> {
        let found = self.sets.iter().find(|set| set.framework == name);
        found.ok_or_else(|| Error::Catalogue(format!("sets.toml: the set `{name}` is missing")))
    }

    /// A set and the guardrails that come with it: its own and those of the baseline, in order of id.
    ///
    /// # Errors
    /// [`Error::Catalogue`] where the catalogue lacks the set; [`Error::UnknownGuardrail`] where a set names one that is not there.
    pub fn for_framework(&self, name: SetName) -> Result<(&GuardrailSet, Vec<&Guardrail>), Error> {
        let own = self.set(name)?;
        let baseline = self.set(SetName::Baseline)?;
        let mut ids: Vec<&String> = [baseline, own].into_iter().flat_map(|set| &set.guardrails).collect();
        ids.sort();
        ids.dedup();
        let guardrails = ids.into_iter().map(|id| self.guardrail(id)).collect::<Result<_, _>>()?;
        Ok((own, guardrails))
    }
}

impl From<Row> for Guardrail {
    fn from(row: Row) -> Self {
        let Row { id, intent, soc2, hipaa, nist, cis, parameters, needs, deny, allow, statement } = row;
        let controls = Controls { soc2, hipaa, nist, cis };
        Self { id, intent, controls, parameters, needs, deny, allow, statements: statement }
    }
}

impl Guardrail {
    /// The guardrail as a policy document of its own, its statements named after it.
    ///
    /// # Errors
    /// [`Error::MissingParameter`] or [`Error::BadParameter`].
    pub fn document(&self, parameters: &Parameters) -> Result<PolicyDocument, Error> {
        let filler = Filler::new(&self.id, parameters)?;
        let exempt = parameters.exempt_arns();
        let mut statements = Vec::with_capacity(self.statements.len());
        for (index, template) in self.statements.iter().enumerate() {
            let Template { exempt: exempts, actions, not_actions, resources, not_resources, when } = template;
            let mut conditions = Vec::new();
            for (operator, keys) in when {
                let damaged = || Error::Catalogue(format!("{}: `{operator}` is no operator", self.id));
                let operator = Operator::parse(operator).ok_or_else(damaged)?;
                for (key, values) in keys {
                    let key = filler.text(key)?;
                    conditions.push(Condition { operator, key, values: filler.list(values)? });
                }
            }
            if *exempts {
                conditions.push(Condition::new(
                    Operator::not(Comparison::ArnLike),
                    "aws:PrincipalArn",
                    exempt.clone(),
                ));
            }
            let select = |is: &[String], is_not: &[String]| match (is, is_not) {
                ([], []) => Ok(Selection::everything()),
                (is, []) => filler.list(is).map(Selection::of),
                (_, is_not) => filler.list(is_not).map(Selection::all_but),
            };
            statements.push(Statement {
                sid: Some(format!("{}{}", self.id, letters(index))),
                resources: select(resources, not_resources)?,
                conditions,
                ..Statement::new(Effect::Deny, select(actions, not_actions)?)
            });
        }
        Ok(PolicyDocument::new(statements))
    }

    /// The requests that must be denied and those that must pass, as written in the catalogue with parameters filled in:
    /// `ACTION RESOURCE [as=PRINCIPAL] [KEY=VALUE|VALUE …]`.
    ///
    /// # Errors
    /// [`Error::MissingParameter`] or [`Error::BadParameter`].
    pub fn examples(&self, parameters: &Parameters) -> Result<(Vec<String>, Vec<String>), Error> {
        let filler = Filler::new(&self.id, parameters)?;
        let fill =
            |texts: &[String]| texts.iter().map(|text| filler.text(text)).collect::<Result<Vec<_>, _>>();
        Ok((fill(&self.deny)?, fill(&self.allow)?))
    }
}

/// Returns what follows the guardrail's id in the `Sid` of its statement at a position from 0: nothing, `b` to `z`, `aa`, `ab` …
fn letters(mut index: usize) -> String {
    if index == 0 {
        return String::new();
    }
    let mut letters = Vec::new();
    loop {
        letters.push(b'a' + u8::try_from(index % 26).unwrap_or_default());
        if index < 26 {
            break;
        }
        // `aa` follows `z`: with two letters or more, `a` stands for the first of 26 and for no zero.
        index = index / 26 - 1;
    }
    letters.reverse();
    String::from_utf8_lossy(&letters).into_owned()
}

/// Puts parameters and lists into templates.
pub(crate) struct Filler<'a> {
    guardrail: &'a str,
    values: BTreeMap<&'static str, Vec<String>>,
    lists: &'static BTreeMap<String, Vec<String>>,
}

impl<'a> Filler<'a> {
    pub(crate) fn new(guardrail: &'a str, parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self { guardrail, values: parameters.values()?, lists: &Catalogue::shipped()?.lists })
    }

    fn values(&self, name: &str) -> Result<&[String], Error> {
        let given =
            self.values.get(name).filter(|values| !values.is_empty()).or_else(|| self.lists.get(name));
        let missing =
            || Error::MissingParameter { guardrail: self.guardrail.to_owned(), parameter: name.to_owned() };
        given.map(Vec::as_slice).ok_or_else(missing)
    }

    /// One text per value of a placeholder that stands for a list.
    pub(crate) fn list(&self, templates: &[String]) -> Result<Vec<String>, Error> {
        let mut filled = Vec::with_capacity(templates.len());
        for template in templates {
            match template.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) {
                Some(name) => filled.extend_from_slice(self.values(name)?),
                None => filled.push(self.text(template)?),
            }
        }
        Ok(filled)
    }

    /// A text with the first value of each placeholder in it.
    fn text(&self, template: &str) -> Result<String, Error> {
        let mut filled = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, after)) = after.split_once("}}") else { break };
            filled.push_str(before);
            filled.push_str(self.values(name)?.first().map_or("", String::as_str));
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_statement_of_a_guardrail_has_a_name_of_its_own() {
        for (index, expected) in
            [(0, ""), (1, "b"), (25, "z"), (26, "aa"), (27, "ab"), (51, "az"), (52, "ba")]
        {
            assert_eq!(letters(index), expected, "{index}");
        }
        assert_eq!((0..20_000).map(letters).collect::<BTreeSet<_>>().len(), 20_000);
    }
}
