//! The complete partition of texts by a set of patterns.
//!
//! Purpose: two texts that exactly the same patterns match are decided alike; one witness for each such class stands for
//! all texts there are. The classes are found by walking all patterns at once, letter by letter (a subset construction),
//! so none is missed and none is empty.
//! Invariants: every text matches exactly one class's set of patterns. Witnesses are found in a fixed order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::error::Error;

/// A class of texts: one of them, and the positions of the patterns that match it.
pub(crate) type Classes = BTreeMap<BTreeSet<usize>, String>;

/// More states than any real set of policies needs.
const MAX_STATES: usize = 200_000;

/// The classes of texts over printable ASCII without the byte `except`.
pub(crate) fn classes(patterns: &[String], except: Option<u8>) -> Result<Classes, Error> {
    let bytes: Vec<&[u8]> = patterns.iter().map(String::as_bytes).collect();
    let mut found = Classes::new();
    let mut seen: BTreeSet<State> = BTreeSet::new();
    let mut queue: VecDeque<(State, String)> = VecDeque::new();
    let start = State::start(&bytes);
    seen.insert(start.clone());
    queue.push_back((start, String::new()));
    while let Some((state, text)) = queue.pop_front() {
        found.entry(state.accepted(&bytes)).or_insert_with(|| text.clone());
        for byte in state.next_bytes(&bytes, except) {
            let next = state.step(&bytes, byte);
            if seen.contains(&next) {
                continue;
            }
            if seen.len() >= MAX_STATES {
                return Err(Error::TooComplex(patterns.len()));
            }
            let mut longer = text.clone();
            longer.push(char::from(byte));
            seen.insert(next.clone());
            queue.push_back((next, longer));
        }
    }
    Ok(found)
}

/// Where each pattern stands: pairs of pattern and offset, sorted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State(Vec<(usize, usize)>);

impl State {
    fn start(patterns: &[&[u8]]) -> Self {
        let mut all = BTreeSet::new();
        for (at, pattern) in patterns.iter().enumerate() {
            add(&mut all, pattern, at, 0);
        }
        Self::pruned(all, patterns)
    }

    fn step(&self, patterns: &[&[u8]], byte: u8) -> Self {
        let mut all = BTreeSet::new();
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
    fn pruned(all: BTreeSet<(usize, usize)>, patterns: &[&[u8]]) -> Self {
        let mut last_star: BTreeMap<usize, usize> = BTreeMap::new();
        for &(at, offset) in &all {
            if patterns[at].get(offset) == Some(&b'*') {
                let entry = last_star.entry(at).or_insert(offset);
                *entry = offset.max(*entry);
            }
        }
        let matters = |(at, offset): &(usize, usize)| last_star.get(at).is_none_or(|star| offset >= star);
        Self(all.into_iter().filter(matters).collect())
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

fn add(all: &mut BTreeSet<(usize, usize)>, pattern: &[u8], at: usize, offset: usize) {
    let mut offset = offset;
    all.insert((at, offset));
    while pattern.get(offset) == Some(&b'*') {
        offset += 1;
        all.insert((at, offset));
    }
}

/// Classes of resources by patterns of six parts: a witness, and which patterns match it.
pub(crate) fn resource_classes(patterns: &[String]) -> Result<Classes, Error> {
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
        let found = classes(&distinct, (part < 5).then_some(b':'))?;
        let mut next = Classes::new();
        for (alive, text) in &open {
            for (matched, segment) in &found {
                let still = |at: &&usize| {
                    distinct.binary_search(&texts[**at]).is_ok_and(|place| matched.contains(&place))
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

    use super::super::pattern::glob;
    use super::*;

    fn owned(patterns: &[&str]) -> Vec<String> {
        patterns.iter().map(|&pattern| pattern.to_owned()).collect()
    }

    #[test]
    fn every_combination_that_exists() {
        let found = classes(&owned(&["a*", "*b", "a?c"]), None).unwrap();
        let sets: Vec<Vec<usize>> = found.keys().map(|set| set.iter().copied().collect()).collect();
        assert_eq!(sets, [vec![], vec![0], vec![0, 1], vec![0, 2], vec![1]]);
    }

    #[test]
    fn resources_part_by_part() {
        let found =
            resource_classes(&owned(&["arn:*:s3:::b*", "arn:*:ec2:*:*:instance/*", "arn:*:s3:::b/x"]))
                .unwrap();
        let sets: Vec<Vec<usize>> = found.keys().map(|set| set.iter().copied().collect()).collect();
        assert_eq!(sets, [vec![], vec![0], vec![0, 2], vec![1]]);
    }

    proptest! {
        #[test]
        fn no_text_is_without_its_class(
            patterns in proptest::collection::vec("[ab*?]{0,5}", 1..6),
            text in "[abc]{0,8}",
        ) {
            let found = classes(&patterns, None).unwrap();
            for (set, witness) in &found {
                let matched: BTreeSet<usize> = (0..patterns.len()).filter(|&at| glob(&patterns[at], witness)).collect();
                prop_assert_eq!(set, &matched, "witness `{}`", witness);
            }
            let matched: BTreeSet<usize> = (0..patterns.len()).filter(|&at| glob(&patterns[at], &text)).collect();
            prop_assert!(found.contains_key(&matched), "`{}` {:?}", text, matched);
        }
    }
}
