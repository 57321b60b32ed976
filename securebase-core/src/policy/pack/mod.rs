//! Fitting policies into AWS's limits without changing a verdict.
//!
//! Purpose: the fewest documents for one target. Statements are joined and thinned out, then laid into documents, lists
//! of actions split where that saves a document; `Sid`s go last, and only where they cost a document.
//! Invariants: same verdict for every request; [`self::certificate::certify`] proves it for a given outcome.
//! Non-goals: wildcards that match the listed actions today but others tomorrow. They would change verdicts.

pub(super) mod certificate;
pub(super) mod simplify;
pub(super) mod verify;

use std::collections::BTreeMap;

use super::error::Error;
use super::syntax::document::{PolicyDocument, Selection, Statement, Version};
use crate::model::{Limits, Quota};
use crate::time::Interrupt;
use simplify::simplify_until;

/// How much a target holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyLimits {
    /// Characters of one document.
    pub max_size: usize,
    /// Documents that may be used.
    pub max_documents: usize,
}

impl Default for PolicyLimits {
    /// AWS's limits as of the shipped date.
    fn default() -> Self {
        Self::from_limits(&Limits::default())
    }
}

impl PolicyLimits {
    /// What AWS grants for service control policies.
    #[must_use]
    pub fn from_limits(limits: &Limits) -> Self {
        let whole = |quota| usize::try_from(limits.quota(quota)).unwrap_or(usize::MAX);
        Self { max_size: whole(Quota::PolicySize), max_documents: whole(Quota::PoliciesPerTarget) }
    }
}

/// By how much policies miss, and what weighs most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overflow {
    /// What the target holds.
    pub limits: PolicyLimits,
    /// Documents that would be needed, where splitting can help at all.
    pub documents_needed: Option<usize>,
    /// Characters over what all documents hold.
    pub excess: usize,
    /// The heaviest statements with their sizes, heaviest first: what to drop or to move to another level.
    pub heaviest: Vec<(String, usize)>,
}

impl std::fmt::Display for Overflow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { limits: PolicyLimits { max_size, max_documents }, documents_needed, excess, heaviest } =
            self;
        match documents_needed {
            Some(needed) => write!(
                formatter,
                "{needed} documents of {max_size} characters are needed, {max_documents} allowed"
            )?,
            None => {
                write!(formatter, "a statement that cannot be split is longer than {max_size} characters")?;
            }
        }
        write!(formatter, "; drop or split at least {excess} characters, heaviest first: ")?;
        let each = |(name, size): &(String, usize)| format!("`{name}` ({size})");
        formatter.write_str(&heaviest.iter().map(each).collect::<Vec<_>>().join(", "))
    }
}

/// Packs documents of one target into as few as possible.
///
/// # Errors
/// [`Error::DoesNotFit`] says by how much and what weighs most.
pub fn pack(documents: &[PolicyDocument], limits: PolicyLimits) -> Result<Vec<PolicyDocument>, Error> {
    pack_until(documents, limits, &Interrupt::new())
}

/// As [`pack`], until it is asked to end.
///
/// # Errors
/// As [`pack`], and [`Error::Interrupted`].
pub fn pack_until(
    documents: &[PolicyDocument],
    limits: PolicyLimits,
    interrupt: &Interrupt,
) -> Result<Vec<PolicyDocument>, Error> {
    // An old version reads `${` as plain text: such documents cannot be joined with current ones.
    let (current, old): (Vec<_>, Vec<_>) = documents
        .iter()
        .partition(|document| is_mergeable(document) && !is_full_unversioned(document, limits));
    let statements = current.iter().flat_map(|document| document.statements.iter().cloned());
    let statements = simplify_until(statements, interrupt)?;
    let old: Vec<PolicyDocument> = old.into_iter().cloned().collect();
    let plain: Vec<Statement> = statements.iter().map(|it| Statement { sid: None, ..it.clone() }).collect();
    let mut packed = lay(&plain, &statements, limits, old.len(), interrupt)?;
    if let Ok(named) = lay(&with_unique_sids(&statements), &statements, limits, old.len(), interrupt)
        && named.len() <= packed.len()
    {
        packed = named;
    }
    if let Some(large) = old.iter().find(|document| document.size() > limits.max_size) {
        return Err(overflow(limits, None, large.size() - limits.max_size, &large.statements));
    }
    packed.extend(old);
    if packed.is_empty() && !documents.is_empty() {
        packed.push(PolicyDocument::new(Vec::new()));
    }
    Ok(packed)
}

fn is_mergeable(document: &PolicyDocument) -> bool {
    document.version == Version::Current || !document.to_json().contains("${")
}

/// Whether a document fits as it is and would not with the version that joining gives it.
fn is_full_unversioned(document: &PolicyDocument, limits: PolicyLimits) -> bool {
    let size = if document.version == Version::Missing { document.size() } else { return false };
    size <= limits.max_size && size + VERSION > limits.max_size
}

/// Names must be unique within a document; here they are unique overall.
fn with_unique_sids(statements: &[Statement]) -> Vec<Statement> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let unique = |statement: &Statement| {
        let mut statement = statement.clone();
        if let Some(sid) = &mut statement.sid {
            let count = seen.entry(sid.clone()).or_default();
            *count += 1;
            if *count > 1 {
                *sid = format!("{sid}x{count}");
            }
        }
        statement
    };
    statements.iter().map(unique).collect()
}

fn characters(statement: &Statement) -> usize {
    statement.to_value().to_string().chars().count()
}

/// Characters around the statements of a document with several of them.
const FRAME: usize = r#"{"Version":"2012-10-17","Statement":[]}"#.len();

/// Characters around the statement of a document with one: a list of one is written without brackets.
const FRAME_OF_ONE: usize = FRAME - "[]".len();

/// Characters that a document without a version gains when it gets the current one.
const VERSION: usize = r#""Version":"2012-10-17","#.len();

/// Lays statements into documents: the largest first, each into the first document with room; a list of actions or
/// resources is split where it would otherwise open a document or is too long for any. `named` are the same statements
/// with their names, for the error.
fn lay(
    statements: &[Statement],
    named: &[Statement],
    limits: PolicyLimits,
    taken: usize,
    interrupt: &Interrupt,
) -> Result<Vec<PolicyDocument>, Error> {
    let room = limits.max_size;
    let mut sized: Vec<(usize, &Statement)> =
        statements.iter().map(|statement| (characters(statement), statement)).collect();
    sized.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
    let mut bins: Vec<(usize, Vec<Statement>)> = Vec::new();
    for (size, statement) in sized {
        interrupt.check()?;
        if let Some((used, bin)) = bins.iter_mut().find(|(used, _)| used + size < room) {
            *used += size + 1;
            bin.push(statement.clone());
            continue;
        }
        if bins.is_empty() && size + FRAME_OF_ONE <= room {
            bins.push((FRAME + size, vec![statement.clone()]));
            continue;
        }
        let mut rest = statement.clone();
        for (used, bin) in &mut bins {
            let space = room.saturating_sub(*used + 1);
            if let Some((head, tail)) = split(&rest, space) {
                *used += characters(&head) + 1;
                bin.push(head);
                match tail {
                    Some(tail) => rest = tail,
                    None => break,
                }
                if rest.actions.patterns.is_empty() {
                    break;
                }
            }
        }
        while !rest.actions.patterns.is_empty() || rest.actions.negated {
            let space = room.saturating_sub(FRAME_OF_ONE);
            let Some((head, tail)) = split(&rest, space) else {
                let excess = characters(&rest) + FRAME_OF_ONE - room;
                return Err(overflow(limits, None, excess, named));
            };
            bins.push((FRAME + characters(&head), vec![head]));
            match tail {
                Some(tail) => rest = tail,
                None => break,
            }
        }
    }
    let needed = bins.len() + taken;
    if needed > limits.max_documents {
        let held = limits.max_documents.saturating_sub(taken) * room;
        let total: usize = bins.iter().map(|(used, _)| used).sum();
        return Err(overflow(limits, Some(needed), total.saturating_sub(held).max(1), named));
    }
    Ok(bins.into_iter().map(|(_, bin)| PolicyDocument::new(bin)).collect())
}

/// The part of a statement that fits into a space, and what is left. `None` where not even one pattern fits.
fn split(statement: &Statement, space: usize) -> Option<(Statement, Option<Statement>)> {
    if characters(statement) <= space {
        return Some((statement.clone(), None));
    }
    let by_actions = !statement.actions.negated && statement.actions.patterns.len() > 1;
    let by_resources = !statement.resources.negated && statement.resources.patterns.len() > 1;
    let with = |actions: Option<&[String]>, resources: Option<&[String]>, sid: Option<String>| {
        let mut part = statement.clone();
        part.sid = sid;
        if let Some(actions) = actions {
            part.actions = Selection { negated: false, patterns: actions.to_vec() };
        }
        if let Some(resources) = resources {
            part.resources = Selection { negated: false, patterns: resources.to_vec() };
        }
        part
    };
    let sid = || statement.sid.clone();
    let second = || sid().map(|sid| format!("{sid}y"));
    let longest = |count: usize, fits: &dyn Fn(usize) -> bool| (1..count).rev().find(|&at| fits(at));
    if by_actions {
        let patterns = &statement.actions.patterns;
        let at =
            longest(patterns.len(), &|at| characters(&with(Some(&patterns[..at]), None, sid())) <= space);
        if let Some(at) = at {
            let (head, tail) = patterns.split_at(at);
            return Some((with(Some(head), None, sid()), Some(with(Some(tail), None, second()))));
        }
    }
    if by_resources && !by_actions {
        let patterns = &statement.resources.patterns;
        let at =
            longest(patterns.len(), &|at| characters(&with(None, Some(&patterns[..at]), sid())) <= space);
        if let Some(at) = at {
            let (head, tail) = patterns.split_at(at);
            return Some((with(None, Some(head), sid()), Some(with(None, Some(tail), second()))));
        }
    }
    None
}

fn overflow(
    limits: PolicyLimits,
    documents_needed: Option<usize>,
    excess: usize,
    statements: &[Statement],
) -> Error {
    let mut heaviest: Vec<(String, usize)> = statements
        .iter()
        .enumerate()
        .map(|(index, statement)| {
            let named = statement.sid.clone();
            let first = statement.actions.patterns.first().cloned().unwrap_or_default();
            (named.unwrap_or_else(|| format!("Statement[{index}] {first}…")), characters(statement))
        })
        .collect();
    heaviest.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    heaviest.truncate(5);
    Error::DoesNotFit(Box::new(Overflow { limits, documents_needed, excess, heaviest }))
}

/// What several units have in common, to be attached to their parent, and what is left for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hoisted {
    /// Denies that stand on every unit.
    pub parent: Vec<PolicyDocument>,
    /// The rest by unit.
    pub children: BTreeMap<String, Vec<PolicyDocument>>,
}

/// Moves denies that stand on every child up to the parent, where they bind all children at once, and packs both.
///
/// The children must be all of the parent's: a deny at the parent binds every account below. Allows stay where they are,
/// for an Allow is needed at every level.
///
/// # Errors
/// [`Error::DoesNotFit`].
pub fn hoist(
    children: &BTreeMap<String, Vec<PolicyDocument>>,
    limits: PolicyLimits,
) -> Result<Hoisted, Error> {
    use super::syntax::document::Effect;
    // A unit of work: one action pattern with everything else of its statement, so that lists may differ in part.
    let pieces = |statement: &Statement| -> Vec<Statement> {
        let single =
            |pattern: &String| Statement { actions: Selection::of([pattern.clone()]), ..statement.clone() };
        if statement.actions.negated {
            vec![statement.clone()]
        } else {
            statement.actions.patterns.iter().map(single).collect()
        }
    };
    let movable = |document: &PolicyDocument| is_mergeable(document);
    let mut common: Option<BTreeMap<String, Statement>> = None;
    for documents in children.values() {
        let mut own = BTreeMap::new();
        for statement in documents.iter().filter(|it| movable(it)).flat_map(|document| &document.statements) {
            if statement.effect == Effect::Deny {
                own.extend(pieces(statement).into_iter().map(|piece| (piece.meaning(), piece)));
            }
        }
        common = Some(match common {
            None => own,
            Some(common) => common.into_iter().filter(|(key, _)| own.contains_key(key)).collect(),
        });
    }
    let common = common.filter(|_| children.len() > 1).unwrap_or_default();
    let mut rest = BTreeMap::new();
    for (name, documents) in children {
        let mut remaining = Vec::new();
        for document in documents {
            let keep =
                |piece: &Statement| piece.effect == Effect::Allow || !common.contains_key(&piece.meaning());
            let statements: Vec<Statement> = match movable(document) {
                true => document.statements.iter().flat_map(pieces).filter(keep).collect(),
                false => document.statements.clone(),
            };
            if !statements.is_empty() {
                remaining.push(PolicyDocument { statements, ..document.clone() });
            }
        }
        rest.insert(name.clone(), pack(&remaining, limits)?);
    }
    let parent = match common.is_empty() {
        true => Vec::new(),
        false => pack(&[PolicyDocument::new(common.into_values().collect())], limits)?,
    };
    Ok(Hoisted { parent, children: rest })
}

/// Total characters of documents, for reports.
#[must_use]
pub fn total_size(documents: &[PolicyDocument]) -> usize {
    documents.iter().map(PolicyDocument::size).sum()
}
