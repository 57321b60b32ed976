//! Proof that two sets of documents decide every request alike.
//!
//! Purpose: after packing, nobody should have to trust the packer. Both sides are decided over the complete partition of
//! actions × resources that their patterns induce; what is left in each cell is a set of alternatives, each a set of
//! conditions. Conditions are taken as independent and opaque, which can only make two sides look more different than
//! they are. An alternative that another one implies is dropped; what remains is a normal form, so equal means equal.
//! [`super::verify::verify`] checks a certificate without any of this code.
//! Non-goals: deciding conditions (`StringEquals a` against `StringEquals b`).

use std::collections::BTreeSet;

use indexmap::IndexSet;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::policy::error::Error;
use crate::policy::eval::partition::{Classes, Effort, classes, resource_classes};
use crate::policy::syntax::actions::Spelling;
use crate::policy::syntax::document::{Condition, Effect, PolicyDocument, Statement, Version, merged};
use crate::time::Interrupt;

/// What a verifier needs to check that two sets of documents are equal in meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Version of the format.
    pub version: u32,
    /// SHA-256 of the documents before, canonical, one a line.
    pub before: String,
    /// The same of those after.
    pub after: String,
    /// One action for each class of actions, folded.
    pub actions: Vec<String>,
    /// One resource for each class of resources.
    pub resources: Vec<String>,
    /// The conditions that occur, as text.
    pub atoms: Vec<String>,
}

impl Certificate {
    /// Cells decided on both sides.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.actions.len() * self.resources.len()
    }
}

/// A cell that the two sides decide differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterexample {
    /// An action of the cell.
    pub action: String,
    /// A resource of the cell.
    pub resource: String,
    /// The effect that differs.
    pub effect: Effect,
    /// Alternatives (sets of conditions) before.
    pub before: Vec<Vec<String>>,
    /// Alternatives after.
    pub after: Vec<Vec<String>>,
    /// The statements before that bring an alternative the other side lacks.
    pub statements_before: Vec<StatementPlace>,
    /// The same of the statements after.
    pub statements_after: Vec<StatementPlace>,
}

/// Where a statement stands in the documents of one side.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatementPlace {
    /// Position of its document, from 0.
    pub document: usize,
    /// Position in the document, from 0.
    pub statement: usize,
    /// Its `Sid`, where it has one.
    pub sid: Option<String>,
}

impl std::fmt::Display for StatementPlace {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { document, statement, sid } = self;
        match sid {
            Some(sid) => write!(formatter, "document {}, `{sid}`", document + 1),
            None => write!(formatter, "document {}, `Statement[{statement}]`", document + 1),
        }
    }
}

/// How many alternatives a line states.
const STATED_MAX: usize = 3;

impl std::fmt::Display for Counterexample {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { action, resource, effect, before, after, .. } = self;
        let verb = if *effect == Effect::Deny { "denied" } else { "allowed" };
        // What both sides have in common says nothing.
        let side = |own: &[Vec<String>], other: &[Vec<String>]| {
            let differs: Vec<&Vec<String>> = own.iter().filter(|one| !other.contains(one)).collect();
            if differs.iter().any(|conditions| conditions.is_empty()) {
                return verb.to_owned();
            }
            if differs.is_empty() {
                return format!("not {verb}");
            }
            let stated: Vec<String> =
                differs.iter().take(STATED_MAX).map(|conditions| conditions.join(" and ")).collect();
            let rest = match differs.len().saturating_sub(STATED_MAX) {
                0 => String::new(),
                more => format!(", and in {more} more cases"),
            };
            format!("{verb} where {}{rest}", stated.join(", or where "))
        };
        let action = Spelling::shipped().action(action);
        let (was, is) = (side(before, after), side(after, before));
        let [by_before, by_after] = [&self.statements_before, &self.statements_after].map(|places| {
            let stated: Vec<String> = places.iter().take(STATED_MAX).map(ToString::to_string).collect();
            let rest = match places.len().saturating_sub(STATED_MAX) {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            if stated.is_empty() { String::new() } else { format!(" ({}{rest})", stated.join("; ")) }
        });
        write!(formatter, "`{action}` on `{resource}` is {was} before{by_before} and {is} after{by_after}")
    }
}

/// Decides both sides over the complete partition.
///
/// # Errors
/// [`Error::NotEquivalent`] with a cell that differs; [`Error::TooComplex`] where the patterns have more combinations than
/// can be walked.
pub fn certify(before: &[PolicyDocument], after: &[PolicyDocument]) -> Result<Certificate, Error> {
    certify_until(before, after, &Interrupt::new())
}

/// As [`certify`], until it is asked to end.
///
/// # Errors
/// As [`certify`], and [`Error::Interrupted`].
pub fn certify_until(
    before: &[PolicyDocument],
    after: &[PolicyDocument],
    interrupt: &Interrupt,
) -> Result<Certificate, Error> {
    let both = || before.iter().chain(after).flat_map(|document| &document.statements);
    let mut actions: Vec<String> =
        both().flat_map(|it| &it.actions.patterns).map(|pattern| pattern.to_ascii_lowercase()).collect();
    actions.sort();
    actions.dedup();
    let mut resources: Vec<String> =
        both().flat_map(|it| &it.resources.patterns).filter(|pattern| is_plain(pattern)).cloned().collect();
    resources.sort();
    resources.dedup();
    let mut effort = Effort::about(actions.len() + resources.len(), interrupt);
    let action_classes = classes(&actions, None, &mut effort)?;
    let resource_classes = resource_classes(&resources, &mut effort)?;
    let mut atoms = IndexSet::new();
    let sides = [before, after].map(|documents| {
        let rows = |(at, it)| rows(at, it, &actions, &resources, &mut atoms);
        documents.iter().enumerate().flat_map(rows).collect::<Vec<Row>>()
    });
    let atoms: Vec<String> = atoms.into_iter().collect();
    for (matched_actions, action) in &action_classes {
        effort.spend(sides[0].len() + sides[1].len())?;
        let live = sides
            .each_ref()
            .map(|rows| rows.iter().filter(|row| row.means(matched_actions)).collect::<Vec<_>>());
        for (matched, resource) in &resource_classes {
            for effect in [Effect::Deny, Effect::Allow] {
                let [before, after] =
                    live.each_ref().map(|rows| alternatives(rows, effect, matched, &mut effort));
                let (before, after) = (before?, after?);
                if before != after {
                    let places = |rows: &[&Row], own: &Alternatives, other: &Alternatives| {
                        let differs: Vec<_> = own.difference(other).collect();
                        let brings = |row: &&&Row| {
                            let clauses = row.clauses(matched);
                            row.effect == effect && differs.iter().any(|one| clauses.contains(one))
                        };
                        rows.iter().filter(brings).map(|row| row.place.clone()).collect()
                    };
                    let texts = |found: &Alternatives| {
                        let text = |set: &BTreeSet<usize>| set.iter().map(|&at| atoms[at].clone()).collect();
                        found.iter().map(text).collect()
                    };
                    return Err(Error::NotEquivalent(Box::new(Counterexample {
                        action: action.clone(),
                        resource: resource.clone(),
                        effect,
                        before: texts(&before),
                        after: texts(&after),
                        statements_before: places(&live[0], &before, &after),
                        statements_after: places(&live[1], &after, &before),
                    })));
                }
            }
        }
    }
    let witnesses = |classes: Classes| classes.into_values().collect();
    Ok(Certificate {
        version: 1,
        before: digest(before),
        after: digest(after),
        actions: witnesses(action_classes),
        resources: witnesses(resource_classes),
        atoms,
    })
}

/// SHA-256 of documents: canonical texts, sorted, one a line.
pub(crate) fn digest(documents: &[PolicyDocument]) -> String {
    digest_of(documents)
}

/// [`digest`] of documents wherever they are.
pub(crate) fn digest_of<'a>(documents: impl IntoIterator<Item = &'a PolicyDocument>) -> String {
    let mut texts: Vec<String> = documents.into_iter().map(PolicyDocument::to_json).collect();
    texts.sort();
    hex::encode(Sha256::digest(texts.join("\n")))
}

/// Whether a pattern has six parts and no variables, so that classes can be found for it.
fn is_plain(pattern: &str) -> bool {
    pattern.splitn(6, ':').count() == 6 && !pattern.contains("${")
}

/// The sets of conditions under which a cell has an effect.
type Alternatives = BTreeSet<BTreeSet<usize>>;

/// A statement over positions instead of texts.
struct Row {
    place: StatementPlace,
    effect: Effect,
    not_actions: bool,
    actions: BTreeSet<usize>,
    not_resources: bool,
    every_resource: bool,
    resources: BTreeSet<usize>,
    /// Resource patterns that are taken as atoms: shortened ones, and those with variables.
    opaque: Vec<usize>,
    conditions: BTreeSet<usize>,
}

fn rows(
    position: usize,
    document: &PolicyDocument,
    actions: &[String],
    resources: &[String],
    atoms: &mut IndexSet<String>,
) -> Vec<Row> {
    let mut atom = |text: String| atoms.insert_full(text).0;
    let old = if document.version == Version::Current { "" } else { "without variables: " };
    let row = |(at, statement): (usize, &Statement)| {
        let place =
            |list: &[String], text: &str| list.binary_search_by(|known| known.as_str().cmp(text)).ok();
        let negated = statement.resources.negated;
        let mut conditions = BTreeSet::new();
        for condition in merged(&statement.conditions) {
            let Condition { operator, key, values } = condition;
            let key = Spelling::shipped().condition_key(&key.to_ascii_lowercase());
            conditions.insert(atom(format!("{old}{key} {operator} {}", values.join(" | "))));
        }
        let principal =
            statement.principal.as_ref().map(|it| format!("principal {} {}", it.negated, it.value));
        conditions.extend(principal.map(&mut atom));
        let opaque =
            statement.resources.patterns.iter().filter(|pattern| *pattern != "*" && !is_plain(pattern));
        let word = if negated { "resource is not" } else { "resource is" };
        Row {
            place: StatementPlace {
                document: position,
                statement: at,
                sid: statement.sid.clone().filter(|sid| !sid.is_empty()),
            },
            effect: statement.effect,
            not_actions: statement.actions.negated,
            actions: statement
                .actions
                .patterns
                .iter()
                .filter_map(|pattern| place(actions, &pattern.to_ascii_lowercase()))
                .collect(),
            not_resources: negated,
            every_resource: statement.resources.patterns.iter().any(|pattern| pattern == "*"),
            resources: statement
                .resources
                .patterns
                .iter()
                .filter_map(|pattern| place(resources, pattern))
                .collect(),
            opaque: opaque.map(|pattern| atom(format!("{old}{word} {pattern}"))).collect(),
            conditions,
        }
    };
    document.statements.iter().enumerate().map(row).collect()
}

impl Row {
    fn means(&self, matched: &BTreeSet<usize>) -> bool {
        self.actions.is_disjoint(matched) == self.not_actions
    }

    /// The sets of atoms under which the statement applies to a class of resources.
    fn clauses(&self, matched: &BTreeSet<usize>) -> Vec<BTreeSet<usize>> {
        let hit = self.every_resource || !self.resources.is_disjoint(matched);
        let with =
            |atoms: &mut dyn Iterator<Item = usize>| self.conditions.iter().copied().chain(atoms).collect();
        match (self.not_resources, hit) {
            (true, true) => Vec::new(),
            (true, false) => vec![with(&mut self.opaque.iter().copied())],
            (false, true) => vec![self.conditions.clone()],
            (false, false) => self.opaque.iter().map(|&at| with(&mut std::iter::once(at))).collect(),
        }
    }
}

/// The alternatives of a cell without those that another one implies.
fn alternatives(
    rows: &[&Row],
    effect: Effect,
    matched: &BTreeSet<usize>,
    effort: &mut Effort<'_>,
) -> Result<Alternatives, Error> {
    let all: Alternatives =
        rows.iter().filter(|row| row.effect == effect).flat_map(|row| row.clauses(matched)).collect();
    effort.spend(1 + rows.len() + all.len() * all.len())?;
    let implied =
        |clause: &BTreeSet<usize>| all.iter().any(|other| other != clause && other.is_subset(clause));
    Ok(all.iter().filter(|clause| !implied(clause)).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::catalog::Catalogue;
    use crate::policy::catalog::parameters::Parameters;
    use crate::policy::catalog::set::SetName;
    use crate::policy::pack::verify::verify;
    use crate::policy::pack::{PolicyLimits, pack};

    fn parse(text: &str) -> PolicyDocument {
        PolicyDocument::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{text}]}}"#)).unwrap()
    }

    #[test]
    fn the_shipped_tiers_are_packed_without_changing_a_verdict() {
        for framework in SetName::FRAMEWORKS {
            let (_, guardrails) = Catalogue::shipped().unwrap().for_framework(framework).unwrap();
            let before: Vec<PolicyDocument> = guardrails
                .iter()
                .map(|guardrail| guardrail.document(&Parameters::default()).unwrap())
                .collect();
            for limits in [
                PolicyLimits { max_size: 10_240, max_documents: 1 },
                PolicyLimits { max_size: 5_120, max_documents: 5 },
            ] {
                let after = pack(&before, limits).unwrap();
                let certificate = certify(&before, &after).unwrap();
                assert!(certificate.cells() > 500);
                verify(&certificate, &before, &after).unwrap();
            }
        }
    }

    #[test]
    fn a_difference_is_found_and_shown() {
        let before =
            [parse(r#"{"Effect":"Deny","Action":["s3:Get*","s3:PutObject"],"Resource":"arn:aws:s3:::b/*"}"#)];
        let weaker = [parse(r#"{"Effect":"Deny","Action":["s3:Get*"],"Resource":"arn:aws:s3:::b/*"}"#)];
        let error = certify(&before, &weaker).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the documents do not mean the same: `s3:PutObject` on `arn:aws:s3:::b/` is denied before (document 1, `Statement[0]`) and not denied after"
        );
        let same = [parse(
            r#"{"Effect":"Deny","Action":["s3:Get*"],"Resource":"arn:aws:s3:::b/*"},{"Effect":"Deny","Action":["s3:PutObject","s3:GetObject"],"Resource":"arn:aws:s3:::b/*"}"#,
        )];
        let certificate = certify(&before, &same).unwrap();
        verify(&certificate, &before, &same).unwrap();
        assert!(verify(&certificate, &before, &weaker).is_err());
        let mut forged = certify(&before, &before).unwrap();
        forged.after = digest(&weaker);
        assert!(verify(&forged, &before, &weaker).is_err());
        forged.actions.retain(|action| action != "s3:putobject");
        assert!(verify(&forged, &before, &weaker).unwrap_err().to_string().contains("no action stands for"));
    }

    #[test]
    fn any_policy_within_the_limit_is_certified_or_refused_soon() {
        let deny =
            |resource: &str| parse(&format!(r#"{{"Effect":"Deny","Action":"*","Resource":"{resource}"}}"#));
        // A wildcard before each letter, a long run after a wildcard, and many statements that overlap in part.
        let many: Vec<String> = (0..100)
            .map(|at| format!(r#"{{"Effect":"Deny","Action":"s3:A{at}","Resource":"arn:aws:s3:::b{at}"}}"#))
            .collect();
        for document in [
            deny(&format!("arn:aws:s3:::{}", "*a".repeat(4_000))),
            deny(&format!("arn:aws:s3:::*{}", "a".repeat(1_000))),
            parse(&many.join(",")),
        ] {
            assert!(document.size() < 10_240, "{}", document.size());
            let sides = [document];
            let certificate = certify(&sides, &sides).unwrap();
            verify(&certificate, &sides, &sides).unwrap();
        }
        let backwards = [deny(&format!("arn:aws:s3:::*a{}", "?".repeat(60)))];
        assert!(matches!(certify(&backwards, &backwards), Err(Error::TooComplex(_))));
    }

    #[test]
    fn the_spelling_of_a_condition_is_no_difference() {
        let deny = |condition: &str| {
            [parse(&format!(r#"{{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{condition}}}"#))]
        };
        let before =
            deny(r#"{"Bool":{"aws:SecureTransport":"False"},"StringEquals":{"aws:SourceVpc":["b","a"]}}"#);
        let after =
            deny(r#"{"StringEquals":{"AWS:sourcevpc":["a","b"]},"Bool":{"aws:securetransport":"false"}}"#);
        assert_eq!(before[0], after[0]);
        verify(&certify(&before, &after).unwrap(), &before, &after).unwrap();
    }

    #[test]
    fn a_counterexample_states_what_differs_and_no_more() {
        let with = |conditions: &[&str]| {
            let deny = |condition: &&str| {
                format!(
                    r#"{{"Effect":"Deny","Action":"s3:GetObject","Resource":"*","Condition":{condition}}}"#
                )
            };
            let other = r#"{"Effect":"Deny","Action":"s3:PutObject","Resource":"*"}"#.to_owned();
            [parse(&conditions.iter().map(deny).chain([other]).collect::<Vec<_>>().join(","))]
        };
        let (vpc, tls) = (
            r#"{"StringEquals":{"aws:sourcevpc":["b","a"]}}"#,
            r#"{"Bool":{"aws:SecureTransport":"false"}}"#,
        );
        let text = certify(&with(&[vpc, tls]), &with(&[vpc])).unwrap_err().to_string();
        assert_eq!(
            text,
            "the documents do not mean the same: `s3:GetObject` on `*` is denied where aws:SecureTransport Bool false before (document 1, `Statement[1]`) and not denied after"
        );
        let text = certify(&with(&[vpc]), &with(&[])).unwrap_err().to_string();
        assert!(text.contains("denied where aws:SourceVpc StringEquals a | b before"), "{text}");
    }

    #[test]
    fn every_question_ends_when_asked_to() {
        use crate::policy::{
            Level, Parameters, Policy, PolicyLimits, difference_until, pack_until, verify_until,
        };

        let documents = [PolicyDocument::full_access()];
        let other = [parse(r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#)];
        let levels = |documents: &[PolicyDocument]| {
            let named = documents.iter().map(|document| Policy::new("own", document.clone()));
            [Level::new("root", named.collect())]
        };
        let [before, after] = [levels(&documents), levels(&other)];
        let parameters = Parameters::default();
        let interrupt = Interrupt::new();
        let certificate = certify_until(&other, &other, &interrupt).unwrap();
        assert_eq!(pack_until(&documents, PolicyLimits::default(), &interrupt).unwrap().len(), 1);
        assert_eq!(verify_until(&certificate, &other, &other, &interrupt), Ok(()));
        assert!(!difference_until(&before, &after, &parameters, &interrupt).unwrap().is_empty());
        interrupt.ask();
        let ended = [
            certify_until(&other, &other, &interrupt).err(),
            pack_until(&documents, PolicyLimits::default(), &interrupt).err(),
            verify_until(&certificate, &other, &other, &interrupt).err(),
            difference_until(&before, &after, &parameters, &interrupt).err(),
        ];
        for error in ended {
            assert_eq!(error.unwrap().code(), "interrupted");
        }
    }

    #[test]
    fn joining_not_actions_is_caught() {
        let before = [parse(
            r#"{"Effect":"Deny","NotAction":"s3:*","Resource":"*"},{"Effect":"Deny","NotAction":"ec2:*","Resource":"*"}"#,
        )];
        let joined = [parse(r#"{"Effect":"Deny","NotAction":["s3:*","ec2:*"],"Resource":"*"}"#)];
        assert!(certify(&before, &joined).is_err());
    }
}
