//! A second opinion on a certificate.
//!
//! Purpose: check that two sets of documents decide alike, trusting nothing of the packer or the certifier. Classes are
//! found anew by another method (what is left of each pattern after a letter), each must have its witness, and each
//! witness is decided on both sides by plain matching.
//! Invariants: shares no code with `certificate.rs`, `partition.rs`, `simplify.rs` or the evaluator, except the document
//! model and the matching of one pattern.

use std::collections::{BTreeMap, BTreeSet};

use super::certificate::{Certificate, digest};
use super::document::{PolicyDocument, Selection, Version};
use super::error::Error;
use super::pattern::glob;

/// Checks a certificate against the documents it speaks of.
///
/// # Errors
/// [`Error::BadCertificate`] says what does not hold.
pub fn verify(
    certificate: &Certificate,
    before: &[PolicyDocument],
    after: &[PolicyDocument],
) -> Result<(), Error> {
    let refuse = |reason: String| Err(Error::BadCertificate(reason));
    if certificate.version != 1 {
        return refuse(format!("its version is {}", certificate.version));
    }
    if certificate.before != digest(before) || certificate.after != digest(after) {
        return refuse("it is about other documents".to_owned());
    }
    let sides = [before, after];
    let all =
        || sides.iter().flat_map(|documents| documents.iter()).flat_map(|document| &document.statements);
    let actions: BTreeSet<String> =
        all().flat_map(|it| it.actions.patterns.iter().map(|text| text.to_ascii_lowercase())).collect();
    let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
    let shown: BTreeSet<BTreeSet<usize>> =
        certificate.actions.iter().map(|text| matched(&actions, text)).collect();
    if let Some(missing) = reachable(&actions, None).difference(&shown).next() {
        return refuse(format!("no action stands for the patterns {:?}", named(&actions, missing)));
    }
    let resources: BTreeSet<&str> = all()
        .flat_map(|it| it.resources.patterns.iter().map(String::as_str))
        .filter(|text| is_plain(text))
        .collect();
    let resources: Vec<&str> = resources.into_iter().collect();
    let shown: BTreeSet<BTreeSet<usize>> = certificate
        .resources
        .iter()
        .map(|text| (0..resources.len()).filter(|&at| matches_resource(resources[at], text)).collect())
        .collect();
    if let Some(missing) = reachable_resources(&resources).difference(&shown).next() {
        return refuse(format!("no resource stands for the patterns {:?}", named(&resources, missing)));
    }
    for action in &certificate.actions {
        for resource in &certificate.resources {
            let [left, right] = sides.map(|documents| decided(documents, action, resource));
            if left != right {
                return refuse(format!(
                    "`{action}` on `{resource}` is decided by {left:?} before and by {right:?} after"
                ));
            }
        }
    }
    Ok(())
}

fn named<'a>(patterns: &[&'a str], set: &BTreeSet<usize>) -> Vec<&'a str> {
    set.iter().map(|&at| patterns[at]).collect()
}

fn is_plain(pattern: &str) -> bool {
    pattern.matches(':').count() >= 5 && !pattern.contains("${")
}

fn matched(patterns: &[&str], text: &str) -> BTreeSet<usize> {
    (0..patterns.len()).filter(|&at| glob(patterns[at], text)).collect()
}

fn matches_resource(pattern: &str, resource: &str) -> bool {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    parts.len() == 6
        && pattern.splitn(6, ':').zip(parts).enumerate().all(|(at, (pattern, part))| {
            if at < 5 {
                glob(&pattern.to_ascii_lowercase(), &part.to_ascii_lowercase())
            } else {
                glob(pattern, part)
            }
        })
}

/// Sets of patterns that some text matches: what is left of every pattern, letter by letter.
fn reachable(patterns: &[&str], except: Option<char>) -> BTreeSet<BTreeSet<usize>> {
    type Left<'a> = BTreeSet<(usize, &'a str)>;
    fn put<'a>(into: &mut Left<'a>, at: usize, mut rest: &'a str) {
        while let Some(tail) = rest.strip_prefix("**") {
            rest = &rest[rest.len() - tail.len() - 1..];
        }
        into.insert((at, rest));
        if let Some(tail) = rest.strip_prefix('*') {
            put(into, at, tail);
        }
    }
    let mut start = Left::new();
    for (at, pattern) in patterns.iter().enumerate() {
        put(&mut start, at, pattern);
    }
    let mut seen = BTreeSet::from([start.clone()]);
    let mut open = vec![start];
    let mut sets = BTreeSet::new();
    while let Some(state) = open.pop() {
        sets.insert(state.iter().filter(|(_, rest)| rest.is_empty()).map(|(at, _)| *at).collect());
        let literal = |rest: &str| {
            rest.chars().next().filter(|letter| !matches!(letter, '*' | '?') && Some(*letter) != except)
        };
        let mut letters: BTreeSet<char> = state.iter().filter_map(|(_, rest)| literal(rest)).collect();
        letters.extend(
            ('a'..='z').chain('0'..='9').chain(['~', '!', '%']).find(|letter| !letters.contains(letter)),
        );
        for letter in letters {
            let mut next = Left::new();
            for &(at, rest) in &state {
                match rest.chars().next() {
                    Some('*') => put(&mut next, at, rest),
                    Some('?') => put(&mut next, at, &rest[1..]),
                    Some(wanted) if wanted == letter => put(&mut next, at, &rest[wanted.len_utf8()..]),
                    _ => {}
                }
            }
            if seen.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    sets
}

fn reachable_resources(patterns: &[&str]) -> BTreeSet<BTreeSet<usize>> {
    let mut alive: BTreeSet<BTreeSet<usize>> = BTreeSet::from([(0..patterns.len()).collect()]);
    for part in 0..6 {
        let texts: Vec<String> = patterns
            .iter()
            .map(|pattern| pattern.splitn(6, ':').nth(part).unwrap_or_default())
            .map(|text| if part < 5 { text.to_ascii_lowercase() } else { text.to_owned() })
            .collect();
        let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
        let sets = reachable(&borrowed, (part < 5).then_some(':'));
        alive = alive.iter().flat_map(|one| sets.iter().map(move |set| one & set)).collect();
    }
    alive.insert(BTreeSet::new());
    alive
}

/// What decides a cell: for each effect the sets of conditions, as text, of which one must hold.
fn decided(
    documents: &[PolicyDocument],
    action: &str,
    resource: &str,
) -> BTreeMap<&'static str, Vec<BTreeSet<String>>> {
    let mut found: BTreeMap<&'static str, BTreeSet<BTreeSet<String>>> = BTreeMap::new();
    for document in documents {
        for statement in &document.statements {
            let Selection { negated, patterns } = &statement.actions;
            if patterns.iter().any(|pattern| glob(&pattern.to_ascii_lowercase(), action)) == *negated {
                continue;
            }
            let mode = if document.version == Version::Current { "" } else { "old " };
            let mut held: BTreeSet<String> = BTreeSet::new();
            for condition in &statement.conditions {
                let values: BTreeSet<&String> = condition.values.iter().collect();
                held.insert(format!(
                    "{mode}{} {} {values:?}",
                    condition.operator,
                    condition.key.to_lowercase()
                ));
            }
            if let Some(principal) = &statement.principal {
                held.insert(format!("principal {principal:?}"));
            }
            let Selection { negated, patterns } = &statement.resources;
            let hit = patterns
                .iter()
                .any(|pattern| pattern == "*" || is_plain(pattern) && matches_resource(pattern, resource));
            let odd = patterns
                .iter()
                .filter(|pattern| *pattern != "*" && !is_plain(pattern))
                .map(|pattern| format!("{mode}resource {negated} {pattern}"));
            let sets = found.entry(statement.effect.as_str()).or_default();
            match (negated, hit) {
                (true, true) => {}
                (true, false) => drop(sets.insert(held.into_iter().chain(odd).collect())),
                (false, true) => drop(sets.insert(held)),
                (false, false) => sets
                    .extend(odd.map(|text| held.iter().cloned().chain([text]).collect::<BTreeSet<String>>())),
            }
        }
    }
    found
        .into_iter()
        .map(|(effect, sets)| {
            let least =
                |one: &&BTreeSet<String>| !sets.iter().any(|other| other != *one && other.is_subset(one));
            (effect, sets.iter().filter(least).cloned().collect::<Vec<_>>())
        })
        .filter(|(_, sets)| !sets.is_empty())
        .collect()
}
