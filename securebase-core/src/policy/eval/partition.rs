//! The complete partition of texts by a set of patterns.
//!
//! Purpose: two texts that exactly the same patterns match are decided alike; one witness for each such class stands for
//! all texts there are. The classes are found by walking all patterns at once, letter by letter (a subset construction),
//! so none is missed and none is empty.
//! Invariants: every text matches exactly one class's set of patterns. Witnesses are found in a fixed order. Work is
//! counted, not timed: the same patterns are always decided, or always refused as too complex.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use indexmap::IndexSet;

use crate::policy::error::Error;
use crate::time::Interrupt;

/// A class of texts: one of them, and the positions of the patterns that match it.
pub(crate) type Classes = BTreeMap<BTreeSet<usize>, String>;

/// More states than any real set of policies needs.
const MAX_STATES: usize = 200_000;

/// Elementary steps of one question. The largest shipped tier needs some hundred thousand; these many take a second or two.
const MAX_STEPS: usize = 30_000_000;

/// What is left of the work that one question may take.
#[derive(Debug)]
pub(crate) struct Effort<'a> {
    patterns: usize,
    left: usize,
    interrupt: &'a Interrupt,
}

impl<'a> Effort<'a> {
    /// The whole allowance for a question about this number of patterns, which ends when asked to.
    pub(crate) fn about(patterns: usize, interrupt: &'a Interrupt) -> Self {
        Self { patterns, left: MAX_STEPS, interrupt }
    }

    /// Takes steps off.
    ///
    /// # Errors
    /// [`Error::TooComplex`] where none are left; [`Error::Interrupted`].
    pub(crate) fn spend(&mut self, steps: usize) -> Result<(), Error> {
        self.interrupt.check()?;
        self.left = self.left.checked_sub(steps).ok_or(Error::TooComplex(self.patterns))?;
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn spent(&self) -> usize {
        MAX_STEPS - self.left
    }
}

/// The classes of texts over printable ASCII without the byte `except`.
pub(crate) fn classes(
    patterns: &[String],
    except: Option<u8>,
    effort: &mut Effort<'_>,
) -> Result<Classes, Error> {
    let bytes: Vec<&[u8]> = patterns.iter().map(String::as_bytes).collect();
    let mut found = Classes::new();
    let mut seen: IndexSet<State> = IndexSet::new();
    // Each state's last letter and the state before it, from which its text is read backwards.
    let mut trail: Vec<(usize, u8)> = Vec::new();
    let mut queue: VecDeque<(State, usize)> = VecDeque::new();
    let start = State::start(&bytes);
    seen.insert(start.clone());
    queue.push_back((start, 0));
    while let Some((state, at)) = queue.pop_front() {
        found.entry(state.accepted(&bytes)).or_insert_with(|| spelled(&trail, at));
        for byte in state.next_bytes(&bytes, except) {
            effort.spend(1 + state.0.len())?;
            let next = state.step(&bytes, byte);
            if seen.contains(&next) {
                continue;
            }
            if seen.len() >= MAX_STATES {
                return Err(Error::TooComplex(effort.patterns));
            }
            trail.push((at, byte));
            seen.insert(next.clone());
            queue.push_back((next, trail.len()));
        }
    }
    Ok(found)
}

/// The text that leads to a state; states count from one, 0 is the start.
fn spelled(trail: &[(usize, u8)], mut at: usize) -> String {
    let mut letters = Vec::new();
    while let Some(&(before, byte)) = at.checked_sub(1).and_then(|at| trail.get(at)) {
        letters.push(char::from(byte));
        at = before;
    }
    letters.into_iter().rev().collect()
}

/// Where each pattern stands: pairs of pattern and offset, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State(Vec<(usize, usize)>);

impl State {
    fn start(patterns: &[&[u8]]) -> Self {
        let mut all = Vec::new();
        for (at, pattern) in patterns.iter().enumerate() {
            add(&mut all, pattern, at, 0);
        }
        Self::pruned(all, patterns)
    }

    fn step(&self, patterns: &[&[u8]], byte: u8) -> Self {
        let mut all = Vec::with_capacity(self.0.len() + 1);
        for &(at, offset) in &self.0 {
            match patterns[at].get(offset) {
                Some(b'*') => add(&mut all, patterns[at], at, offset),
                Some(b'?') => add(&mut all, patterns[at], at, offset + 1),
                Some(&wanted) if wanted == byte => add(&mut all, patterns[at], at, offset + 1),
                _ => {}
            }
        }
        Self::pruned(all, patterns)
    }

    /// Having reached a later `*` of a pattern, nothing before it matters any more.
    fn pruned(mut all: Vec<(usize, usize)>, patterns: &[&[u8]]) -> Self {
        all.sort_unstable();
        all.dedup();
        let is_star = |&(at, offset): &(usize, usize)| patterns[at].get(offset) == Some(&b'*');
        let mut kept: Vec<(usize, usize)> = Vec::with_capacity(all.len());
        for place in all {
            if is_star(&place) {
                while kept.last().is_some_and(|(at, _)| *at == place.0) {
                    kept.pop();
                }
            }
            kept.push(place);
        }
        Self(kept)
    }

    fn accepted(&self, patterns: &[&[u8]]) -> BTreeSet<usize> {
        self.0.iter().filter(|(at, offset)| *offset == patterns[*at].len()).map(|(at, _)| *at).collect()
    }

    /// Bytes that some pattern waits for, and one that none does.
    fn next_bytes(&self, patterns: &[&[u8]], except: Option<u8>) -> Vec<u8> {
        let waited: BTreeSet<u8> = self
            .0
            .iter()
            .filter_map(|(at, offset)| patterns[*at].get(*offset).copied())
            .filter(|byte| !matches!(byte, b'*' | b'?') && Some(*byte) != except)
            .collect();
        let free = |byte: &u8| !waited.contains(byte) && Some(*byte) != except;
        let other = (b'a'..=b'z').chain(b'0'..=b'9').chain([b'~', b'!', b'%']).find(free);
        let mut bytes: Vec<u8> = waited.iter().copied().collect();
        bytes.extend(other);
        bytes
    }
}

fn add(all: &mut Vec<(usize, usize)>, pattern: &[u8], at: usize, offset: usize) {
    let mut offset = offset;
    all.push((at, offset));
    while pattern.get(offset) == Some(&b'*') {
        offset += 1;
        all.push((at, offset));
    }
}

/// Classes of resources by patterns of six parts: a witness, and which patterns match it.
pub(crate) fn resource_classes(patterns: &[String], effort: &mut Effort<'_>) -> Result<Classes, Error> {
    let cut: Vec<Vec<&str>> = patterns.iter().map(|pattern| pattern.splitn(6, ':').collect()).collect();
    let everyone: BTreeSet<usize> = (0..patterns.len()).collect();
    let mut open: Classes = BTreeMap::from([(everyone, String::new())]);
    for part in 0..6 {
        let folded = |text: &str| if part < 5 { text.to_ascii_lowercase() } else { text.to_owned() };
        let texts: Vec<String> =
            cut.iter().map(|parts| parts.get(part).map(|text| folded(text)).unwrap_or_default()).collect();
        let mut distinct: Vec<String> = texts.clone();
        distinct.sort();
        distinct.dedup();
        let places: Vec<Option<usize>> = texts.iter().map(|text| distinct.binary_search(text).ok()).collect();
        let found = classes(&distinct, (part < 5).then_some(b':'), effort)?;
        let mut next = Classes::new();
        for (alive, text) in &open {
            for (matched, segment) in &found {
                effort.spend(1 + alive.len())?;
                let still = |at: &&usize| {
                    places.get(**at).copied().flatten().is_some_and(|place| matched.contains(&place))
                };
                let left: BTreeSet<usize> = alive.iter().filter(still).copied().collect();
                next.entry(left)
                    .or_insert_with(|| if part == 0 { segment.clone() } else { format!("{text}:{segment}") });
            }
        }
        open = next;
    }
    // What names no resource is decided as `*`, which no pattern of six parts matches.
    open.insert(BTreeSet::new(), "*".to_owned());
    Ok(open)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::syntax::pattern::glob;

    fn owned(patterns: &[&str]) -> Vec<String> {
        patterns.iter().map(|&pattern| pattern.to_owned()).collect()
    }

    #[test]
    fn every_combination_that_exists() {
        let found =
            classes(&owned(&["a*", "*b", "a?c"]), None, &mut Effort::about(3, &Interrupt::new())).unwrap();
        let sets: Vec<Vec<usize>> = found.keys().map(|set| set.iter().copied().collect()).collect();
        assert_eq!(sets, [vec![], vec![0], vec![0, 1], vec![0, 2], vec![1]]);
    }

    #[test]
    fn resources_part_by_part() {
        let found = resource_classes(
            &owned(&["arn:*:s3:::b*", "arn:*:ec2:*:*:instance/*", "arn:*:s3:::b/x"]),
            &mut Effort::about(3, &Interrupt::new()),
        )
        .unwrap();
        let sets: Vec<Vec<usize>> = found.keys().map(|set| set.iter().copied().collect()).collect();
        assert_eq!(sets, [vec![], vec![0], vec![0, 2], vec![1]]);
    }

    #[test]
    fn work_without_end_is_refused() {
        // Twenty letters back: two to the twentieth states.
        let patterns = owned(&[&format!("*a{}", "?".repeat(40)), &format!("*b{}", "?".repeat(40))]);
        let refused = classes(&patterns, None, &mut Effort::about(2, &Interrupt::new()));
        assert_eq!(refused, Err(Error::TooComplex(2)));
        // One long text with a wildcard before each letter has as many states as letters.
        let interrupt = Interrupt::new();
        let mut effort = Effort::about(1, &interrupt);
        let found = classes(&owned(&[&"*a".repeat(4_000)]), None, &mut effort).unwrap();
        assert_eq!(found.len(), 2);
        assert!(effort.spent() < 100_000, "{}", effort.spent());
    }

    proptest! {
        #![proptest_config(crate::cases::cases(256))]

        #[test]
        fn no_text_is_without_its_class(
            patterns in proptest::collection::vec("[ab*?]{0,5}", 1..6),
            text in "[abc]{0,8}",
        ) {
            let found = classes(&patterns, None, &mut Effort::about(0, &Interrupt::new())).unwrap();
            for (set, witness) in &found {
                let matched: BTreeSet<usize> = (0..patterns.len()).filter(|&at| glob(&patterns[at], witness)).collect();
                prop_assert_eq!(set, &matched, "witness `{}`", witness);
            }
            let matched: BTreeSet<usize> = (0..patterns.len()).filter(|&at| glob(&patterns[at], &text)).collect();
            prop_assert!(found.contains_key(&matched), "`{}` {:?}", text, matched);
        }
    }
}
