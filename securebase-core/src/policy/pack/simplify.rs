//! Fewer, larger statements that mean the same.
//!
//! Purpose: the rewriting steps that packing rests on. Each is sound by itself for a set of documents on one target,
//! where statements of one effect are a union: equal selections may be joined, what another statement already covers may
//! go. Invariants: `NotAction` and `NotResource` lists are never joined or split (a union would weaken them, a split
//! strengthen). The certificate (`certificate.rs`) checks the outcome without trusting any of this.

use crate::policy::syntax::document::{Selection, Statement, merged};
use crate::time::{Interrupt, Interrupted};

/// Whether every text that `inner` matches is matched by `outer` too. May say no where it is so; never yes where it is not.
pub(crate) fn covers(outer: &str, inner: &str, folded: bool) -> bool {
    if !outer.contains(['*', '?']) {
        return if folded { outer.eq_ignore_ascii_case(inner) } else { outer == inner };
    }
    // Match `inner` as if it were text; its `*` may only be taken by a `*`.
    let (outer, inner) = (outer.as_bytes(), inner.as_bytes());
    let same = |left: u8, right: u8| left == right || folded && left.eq_ignore_ascii_case(&right);
    // Most pairs differ before the first wildcard.
    let literal = outer.iter().position(|byte| matches!(byte, b'*' | b'?')).unwrap_or(outer.len());
    if inner.len() < literal || !outer[..literal].iter().zip(inner).all(|(outer, inner)| same(*outer, *inner))
    {
        return false;
    }
    let mut reachable = vec![false; outer.len() + 1];
    reachable[0] = true;
    let close = |reachable: &mut Vec<bool>| {
        for at in 0..outer.len() {
            if reachable[at] && outer[at] == b'*' {
                reachable[at + 1] = true;
            }
        }
    };
    close(&mut reachable);
    for &byte in inner {
        let mut next = vec![false; outer.len() + 1];
        for at in 0..outer.len() {
            if !reachable[at] {
                continue;
            }
            match outer[at] {
                b'*' => next[at] = true,
                b'?' if byte != b'*' && byte < 0x80 => next[at + 1] = true,
                wanted if wanted != b'?' && same(wanted, byte) && byte != b'*' => next[at + 1] = true,
                _ => {}
            }
        }
        reachable = next;
        close(&mut reachable);
    }
    reachable[outer.len()]
}

/// Whether a resource pattern covers another: segment by segment, or as `*`.
fn covers_resource(outer: &str, inner: &str) -> bool {
    if outer == "*" || outer == inner {
        return true;
    }
    // What has no wildcard covers itself alone; most patterns have none.
    if !outer.contains(['*', '?']) {
        return false;
    }
    let cut = |pattern: &str| -> Vec<String> { pattern.splitn(6, ':').map(str::to_owned).collect() };
    let (outer, inner) = (cut(outer), cut(inner));
    // Variables (in either) are compared by their text only.
    let plain = |parts: &[String]| !parts.iter().any(|part| part.contains("${"));
    outer.len() == 6
        && inner.len() == 6
        && plain(&outer)
        && plain(&inner)
        && outer.iter().zip(&inner).all(|(outer, inner)| covers(outer, inner, false))
}

/// Sorted, without repetition, and without what another pattern covers.
fn tidy(
    patterns: &mut Vec<String>,
    interrupt: &Interrupt,
    covers: impl Fn(&str, &str) -> bool,
) -> Result<(), Interrupted> {
    patterns.sort();
    patterns.dedup();
    let mut kept: Vec<String> = Vec::with_capacity(patterns.len());
    for pattern in patterns.drain(..) {
        interrupt.check()?;
        let wild = pattern.contains(['*', '?']);
        if kept.iter().any(|other| covers(other, &pattern)) {
            continue;
        }
        kept.retain(|other| !(wild && covers(&pattern, other)));
        kept.push(pattern);
    }
    *patterns = kept;
    Ok(())
}

fn tidy_selections(statement: &mut Statement, interrupt: &Interrupt) -> Result<(), Interrupted> {
    tidy(&mut statement.actions.patterns, interrupt, |outer, inner| covers(outer, inner, true))?;
    tidy(&mut statement.resources.patterns, interrupt, covers_resource)?;
    statement.conditions.sort();
    statement.conditions.dedup();
    Ok(())
}

/// Joins what may be joined and drops what is covered, until nothing changes.
pub(crate) fn simplify(statements: impl IntoIterator<Item = Statement>) -> Vec<Statement> {
    // No caller asks this one to end.
    simplify_until(statements, &Interrupt::new()).unwrap_or_default()
}

/// As [`simplify`], until it is asked to end.
pub(crate) fn simplify_until(
    statements: impl IntoIterator<Item = Statement>,
    interrupt: &Interrupt,
) -> Result<Vec<Statement>, Interrupted> {
    let mut all: Vec<Statement> = statements.into_iter().collect();
    for statement in &mut all {
        statement.conditions = merged(&statement.conditions);
        for condition in &mut statement.conditions {
            condition.values.sort();
            condition.values.dedup();
        }
        tidy_selections(statement, interrupt)?;
    }
    loop {
        let before = all.len();
        all = join(all, |statement| &mut statement.actions, false, interrupt)?;
        all = join(all, |statement| &mut statement.resources, false, interrupt)?;
        drop_covered(&mut all, interrupt)?;
        if all.len() == before {
            break;
        }
    }
    Ok(all)
}

/// Joins statements that differ in one positive selection only.
fn join(
    statements: Vec<Statement>,
    part: impl Fn(&mut Statement) -> &mut Selection,
    keep_empty: bool,
    interrupt: &Interrupt,
) -> Result<Vec<Statement>, Interrupted> {
    let mut groups: indexmap::IndexMap<String, Statement> = indexmap::IndexMap::new();
    let mut apart = 0_usize;
    for mut statement in statements {
        interrupt.check()?;
        let selection = part(&mut statement);
        let negated = selection.negated || (selection.patterns.is_empty() && !keep_empty);
        let patterns = std::mem::take(&mut selection.patterns);
        let mut key = statement.meaning();
        part(&mut statement).patterns = patterns;
        if negated {
            apart += 1;
            key = format!("{apart} {key}");
        }
        match groups.entry(key) {
            indexmap::map::Entry::Vacant(entry) => drop(entry.insert(statement)),
            indexmap::map::Entry::Occupied(mut entry) => {
                let other = entry.get_mut();
                other.sid = joined_sid(other.sid.take(), statement.sid.take());
                let mut patterns = std::mem::take(&mut part(&mut statement).patterns);
                part(other).patterns.append(&mut patterns);
                tidy_selections(other, interrupt)?;
            }
        }
    }
    Ok(groups.into_values().collect())
}

/// Names of joined statements, run together: `Sid` takes letters and digits only.
fn joined_sid(left: Option<String>, right: Option<String>) -> Option<String> {
    match (left, right) {
        (Some(left), Some(right)) if left == right => Some(left),
        (Some(left), Some(right)) => Some(left + &right),
        (left, right) => left.or(right),
    }
}

/// Drops statements that another one of the same effect makes superfluous.
fn drop_covered(statements: &mut Vec<Statement>, interrupt: &Interrupt) -> Result<(), Interrupted> {
    let mut kept: Vec<Statement> = Vec::with_capacity(statements.len());
    for statement in statements.drain(..) {
        interrupt.check()?;
        if kept.iter().any(|other| makes_superfluous(other, &statement)) {
            continue;
        }
        kept.retain(|other| !makes_superfluous(&statement, other));
        kept.push(statement);
    }
    *statements = kept;
    Ok(())
}

pub(crate) fn makes_superfluous(outer: &Statement, inner: &Statement) -> bool {
    let within = |outer: &Selection, inner: &Selection, covers: &dyn Fn(&str, &str) -> bool| {
        let in_one = |pattern: &String, list: &[String]| list.iter().any(|other| covers(other, pattern));
        match (outer.negated, inner.negated) {
            (false, false) => inner.patterns.iter().all(|pattern| in_one(pattern, &outer.patterns)),
            // Everything but fewer things is more.
            (true, true) => outer.patterns.iter().all(|pattern| in_one(pattern, &inner.patterns)),
            (false, true) => outer.patterns.iter().any(|pattern| pattern == "*"),
            (true, false) => false,
        }
    };
    outer.effect == inner.effect
        && outer.principal == inner.principal
        && outer.conditions.iter().all(|condition| inner.conditions.contains(condition))
        && within(&outer.actions, &inner.actions, &|outer, inner| covers(outer, inner, true))
        && within(&outer.resources, &inner.resources, &covers_resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverage_of_patterns() {
        for (outer, inner, expected) in [
            ("*", "s3:get*", true),
            ("s3:get*", "S3:GetObject", true),
            ("s3:get*", "s3:get*tagging", true),
            ("s3:get*tagging", "s3:get*", false),
            ("s3:get?", "s3:get*", false),
            ("s3:get?", "s3:get?", true),
            ("s3:ge??", "s3:get*", false),
            ("s3:*a", "s3:*b*a", true),
            ("s3:a", "s3:ab", false),
        ] {
            assert_eq!(covers(outer, inner, true), expected, "{outer} {inner}");
        }
        assert!(covers_resource("arn:*:s3:::b*", "arn:aws:s3:::b/k*"));
        assert!(!covers_resource("arn:*:s3:::*", "arn:aws:ec2:::x"));
        assert!(!covers_resource("arn:aws:*", "arn:aws:s3:::b"));
    }
}
