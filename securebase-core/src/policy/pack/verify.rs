//! A second opinion on a certificate.
//!
//! Purpose: check that two sets of documents decide alike, trusting nothing of the packer or the certifier. Classes are
//! found anew by another method (what is left of each pattern after a letter), each must have its witness, and each
//! witness is decided on both sides by plain matching.
//! Invariants: shares no code with `certificate.rs`, `partition.rs`, `simplify.rs` or the evaluator, except the document
//! model and the matching of one pattern.

use std::collections::{BTreeMap, BTreeSet};

use super::certificate::{Certificate, digest};
use crate::policy::error::Error;
use crate::policy::syntax::document::{PolicyDocument, Selection, Statement, Version};
use crate::policy::syntax::operator::{Operator, Quantifier};
use crate::policy::syntax::pattern::glob;
use crate::time::Interrupt;

/// Checks a certificate against the documents it speaks of.
///
/// # Errors
/// [`Error::BadCertificate`] says what does not hold; [`Error::TooComplex`] where checking would not end in seconds.
pub fn verify(
    certificate: &Certificate,
    before: &[PolicyDocument],
    after: &[PolicyDocument],
) -> Result<(), Error> {
    verify_until(certificate, before, after, &Interrupt::new())
}

/// As [`verify`], until it is asked to end.
///
/// # Errors
/// As [`verify`], and [`Error::Interrupted`].
pub fn verify_until(
    certificate: &Certificate,
    before: &[PolicyDocument],
    after: &[PolicyDocument],
    interrupt: &Interrupt,
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
    let resources: BTreeSet<&str> = all()
        .flat_map(|it| it.resources.patterns.iter().map(String::as_str))
        .filter(|text| is_plain(text))
        .collect();
    let resources: Vec<&str> = resources.into_iter().collect();
    let mut work = Work { patterns: actions.len() + resources.len(), done: 0, interrupt };
    work.add(certificate.actions.len() * actions.len() + certificate.resources.len() * resources.len())?;
    let shown: BTreeSet<BTreeSet<usize>> =
        certificate.actions.iter().map(|text| matched(&actions, text)).collect();
    if let Some(missing) = reachable(&actions, None, &mut work)?.difference(&shown).next() {
        return refuse(format!("no action stands for the patterns {:?}", named(&actions, missing)));
    }
    let shown: BTreeSet<BTreeSet<usize>> = certificate
        .resources
        .iter()
        .map(|text| (0..resources.len()).filter(|&at| matches_resource(resources[at], text)).collect())
        .collect();
    if let Some(missing) = reachable_resources(&resources, &mut work)?.difference(&shown).next() {
        return refuse(format!("no resource stands for the patterns {:?}", named(&resources, missing)));
    }
    let mut words = Words::default();
    let mut rules = Vec::new();
    for documents in sides {
        let mut own = Vec::new();
        for (document, statement) in
            documents.iter().flat_map(|document| document.statements.iter().map(move |it| (document, it)))
        {
            work.add(certificate.resources.len() * statement.resources.patterns.len())?;
            own.push(Rule::new(document, statement, &certificate.resources, &mut words));
        }
        rules.push(own);
    }
    for action in &certificate.actions {
        work.add(rules.iter().flatten().map(|rule| rule.actions.len()).sum())?;
        let meant: Vec<Vec<&Rule>> =
            rules.iter().map(|rules| rules.iter().filter(|rule| rule.means(action)).collect()).collect();
        for (place, resource) in certificate.resources.iter().enumerate() {
            let mut decisions = Vec::new();
            for rules in &meant {
                decisions.push(decided(rules, place, &mut work)?);
            }
            if let [left, right] = decisions.as_slice()
                && left != right
            {
                let (left, right) = (words.spell(left), words.spell(right));
                return refuse(format!(
                    "`{action}` on `{resource}` is decided by {left:?} before and by {right:?} after"
                ));
            }
        }
    }
    Ok(())
}

/// Steps after which checking gives up; some seconds.
const MOST_STEPS: usize = 60_000_000;

struct Work<'a> {
    patterns: usize,
    done: usize,
    interrupt: &'a Interrupt,
}

impl Work<'_> {
    fn add(&mut self, steps: usize) -> Result<(), Error> {
        self.interrupt.check()?;
        self.done = self.done.saturating_add(steps);
        if self.done > MOST_STEPS { Err(Error::TooComplex(self.patterns)) } else { Ok(()) }
    }
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
fn reachable(
    patterns: &[&str],
    except: Option<char>,
    work: &mut Work<'_>,
) -> Result<BTreeSet<BTreeSet<usize>>, Error> {
    // The rest of a pattern is identified by its length in bytes.
    type Left = BTreeSet<(usize, usize)>;
    fn put(into: &mut Left, at: usize, mut rest: &str) {
        while let Some(tail) = rest.strip_prefix("**") {
            rest = &rest[rest.len() - tail.len() - 1..];
        }
        into.insert((at, rest.len()));
        if let Some(tail) = rest.strip_prefix('*') {
            put(into, at, tail);
        }
    }
    let rest = |(at, left): &(usize, usize)| {
        let pattern = patterns[*at];
        &pattern[pattern.len() - left..]
    };
    // What may follow a `*` contains what may follow from further back in the same pattern.
    let least = |state: Left| -> Left {
        let mut star = None;
        let needed = |one: &(usize, usize)| {
            if star == Some(one.0) {
                return false;
            }
            if rest(one).starts_with('*') {
                star = Some(one.0);
            }
            true
        };
        state.into_iter().filter(needed).collect()
    };
    let mut start = Left::new();
    for (at, pattern) in patterns.iter().enumerate() {
        put(&mut start, at, pattern);
    }
    let start = least(start);
    let mut seen = BTreeSet::from([start.clone()]);
    let mut open = vec![start];
    let mut sets = BTreeSet::new();
    while let Some(state) = open.pop() {
        sets.insert(state.iter().filter(|(_, left)| *left == 0).map(|(at, _)| *at).collect());
        let literal = |rest: &str| {
            rest.chars().next().filter(|letter| !matches!(letter, '*' | '?') && Some(*letter) != except)
        };
        let mut letters: BTreeSet<char> = state.iter().filter_map(|one| literal(rest(one))).collect();
        letters.extend(
            ('a'..='z').chain('0'..='9').chain(['~', '!', '%']).find(|letter| !letters.contains(letter)),
        );
        for letter in letters {
            work.add(1 + state.len())?;
            let mut next = Left::new();
            for one in &state {
                let (at, rest) = (one.0, rest(one));
                match rest.chars().next() {
                    Some('*') => put(&mut next, at, rest),
                    Some('?') => put(&mut next, at, &rest[1..]),
                    Some(wanted) if wanted == letter => put(&mut next, at, &rest[wanted.len_utf8()..]),
                    _ => {}
                }
            }
            let next = least(next);
            if !seen.contains(&next) {
                seen.insert(next.clone());
                open.push(next);
            }
        }
    }
    Ok(sets)
}

fn reachable_resources(patterns: &[&str], work: &mut Work<'_>) -> Result<BTreeSet<BTreeSet<usize>>, Error> {
    let mut alive: BTreeSet<BTreeSet<usize>> = BTreeSet::from([(0..patterns.len()).collect()]);
    for part in 0..6 {
        let texts: Vec<String> = patterns
            .iter()
            .map(|pattern| pattern.splitn(6, ':').nth(part).unwrap_or_default())
            .map(|text| if part < 5 { text.to_ascii_lowercase() } else { text.to_owned() })
            .collect();
        let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
        let sets = reachable(&borrowed, (part < 5).then_some(':'), work)?;
        let members: usize = alive.iter().map(|one| one.len() + 1).sum();
        work.add(members.saturating_mul(sets.len()))?;
        alive = alive.iter().flat_map(|one| sets.iter().map(move |set| one & set)).collect();
    }
    alive.insert(BTreeSet::new());
    Ok(alive)
}

/// Conditions by number.
#[derive(Default)]
struct Words(BTreeMap<String, usize>);

impl Words {
    fn number(&mut self, word: String) -> usize {
        let next = self.0.len();
        *self.0.entry(word).or_insert(next)
    }

    fn spell(&self, decided: &Decided) -> BTreeMap<&'static str, Vec<BTreeSet<&str>>> {
        let word = |number: &usize| {
            self.0.iter().find(|(_, other)| *other == number).map_or("", |(word, _)| word.as_str())
        };
        let set = |numbers: &BTreeSet<usize>| numbers.iter().map(word).collect();
        decided.iter().map(|(effect, sets)| (*effect, sets.iter().map(set).collect())).collect()
    }
}

/// What decides a cell: for each effect the sets of conditions of which one must hold.
type Decided = BTreeMap<&'static str, BTreeSet<BTreeSet<usize>>>;

/// One statement, its conditions numbered and its resources matched with every witness.
struct Rule {
    effect: &'static str,
    not_actions: bool,
    actions: Vec<String>,
    not_resources: bool,
    hits: Vec<bool>,
    held: BTreeSet<usize>,
    odd: Vec<usize>,
}

impl Rule {
    fn new(
        document: &PolicyDocument,
        statement: &Statement,
        resources: &[String],
        words: &mut Words,
    ) -> Self {
        let mode = if document.version == Version::Current { "" } else { "old " };
        let mut held = BTreeSet::new();
        // Negated conditions on one key say that none of all their values matches, however they are divided.
        let mut none_of: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for condition in &statement.conditions {
            let condition = condition.canonical();
            let Operator { negated, quantifier, .. } = condition.operator;
            let subject = format!("{mode}{} {}", condition.operator, condition.key.to_lowercase());
            if negated && !matches!(quantifier, Some(Quantifier::Any)) {
                none_of.entry(subject).or_default().extend(condition.values);
            } else {
                held.insert(words.number(format!("{subject} {:?}", condition.values)));
            }
        }
        held.extend(
            none_of.into_iter().map(|(subject, values)| words.number(format!("{subject} {values:?}"))),
        );
        if let Some(principal) = &statement.principal {
            held.insert(words.number(format!("principal {principal:?}")));
        }
        let Selection { negated, patterns } = &statement.resources;
        let hit = |resource: &String| {
            patterns
                .iter()
                .any(|pattern| pattern == "*" || is_plain(pattern) && matches_resource(pattern, resource))
        };
        let odd = patterns.iter().filter(|pattern| *pattern != "*" && !is_plain(pattern));
        Self {
            effect: statement.effect.as_str(),
            not_actions: statement.actions.negated,
            actions: statement.actions.patterns.iter().map(|pattern| pattern.to_ascii_lowercase()).collect(),
            not_resources: *negated,
            hits: resources.iter().map(hit).collect(),
            held,
            odd: odd.map(|pattern| words.number(format!("{mode}resource {negated} {pattern}"))).collect(),
        }
    }

    fn means(&self, action: &str) -> bool {
        self.actions.iter().any(|pattern| glob(pattern, action)) != self.not_actions
    }
}

fn decided(rules: &[&Rule], resource: usize, work: &mut Work<'_>) -> Result<Decided, Error> {
    let mut found = Decided::new();
    for rule in rules {
        let sets = found.entry(rule.effect).or_default();
        let also = |odd: &usize| rule.held.iter().chain([odd]).copied().collect::<BTreeSet<usize>>();
        match (rule.not_resources, rule.hits.get(resource) == Some(&true)) {
            (true, true) => {}
            (true, false) => drop(sets.insert(rule.held.iter().chain(&rule.odd).copied().collect())),
            (false, true) => drop(sets.insert(rule.held.clone())),
            (false, false) => sets.extend(rule.odd.iter().map(also)),
        }
    }
    let pairs = found.values().map(|sets| sets.len() * sets.len()).sum::<usize>();
    work.add(1 + rules.len() + pairs)?;
    let least = |sets: BTreeSet<BTreeSet<usize>>| -> BTreeSet<BTreeSet<usize>> {
        let implied = |one: &BTreeSet<usize>| sets.iter().any(|other| other != one && other.is_subset(one));
        sets.iter().filter(|one| !implied(one)).cloned().collect()
    };
    Ok(found
        .into_iter()
        .map(|(effect, sets)| (effect, least(sets)))
        .filter(|(_, sets)| !sets.is_empty())
        .collect())
}
