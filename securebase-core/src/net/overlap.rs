//! Which blocks overlap.
//!
//! *Purpose.* Every overlapping pair of a list, each once; or, where pairs would be too many, the clusters of blocks that
//! overlap.
//!
//! *Invariants.* Blocks are nested or apart, so one pass in the order of first addresses with the enclosing blocks on a
//! stack finds all pairs: sorting plus the number of pairs, never all pairs of the input. Answers are in the order of the
//! input.
//!
//! *Non-goals.* Whether an overlap matters: that is [`super::connectivity`].

use crate::model::AnyCidr;
use serde::{Deserialize, Serialize};

use super::error::Error;
use crate::time::{Interrupt, Interrupted};

/// Two entries that share addresses; `a` stood before `b` in the input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Overlap {
    /// The owner of the first.
    pub a: String,
    /// The owner of the second.
    pub b: String,
    /// The first's block.
    pub a_cidr: AnyCidr,
    /// The second's block.
    pub b_cidr: AnyCidr,
}

/// Blocks that lie in one enclosing block, which is one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// The block that encloses the others.
    pub block: AnyCidr,
    /// Positions in the input, ascending; at least two.
    pub members: Vec<usize>,
}

/// The most pairs that are listed one by one.
pub const PAIRS_MAX: u64 = 1_000_000;

/// Every overlapping pair of `(owner, block)`, ordered by the position of the first and then of the second. An owner whose
/// own blocks overlap counts too.
///
/// # Errors
/// [`Error::TooManyPairs`] beyond [`PAIRS_MAX`]: [`clusters`] groups them.
pub fn overlaps<O: AsRef<str>>(entries: &[(O, AnyCidr)]) -> Result<Vec<Overlap>, Error> {
    overlaps_until(entries, &Interrupt::new())
}

/// As [`overlaps`], until it is asked to end.
///
/// # Errors
/// As [`overlaps`], and [`Error::Interrupted`].
pub fn overlaps_until<O: AsRef<str>>(
    entries: &[(O, AnyCidr)],
    interrupt: &Interrupt,
) -> Result<Vec<Overlap>, Error> {
    let blocks: Vec<AnyCidr> = entries.iter().map(|(_, block)| *block).collect();
    check_pairs(pair_count_until(&blocks, interrupt)?)?;
    let name = |n: usize| entries[n].0.as_ref().to_owned();
    let overlap = |(index, (a, b)): (usize, (usize, usize))| {
        heed(interrupt, index)?;
        Ok(Overlap { a: name(a), b: name(b), a_cidr: blocks[a], b_cidr: blocks[b] })
    };
    pairs_until(&blocks, interrupt)?.into_iter().enumerate().map(overlap).collect()
}

/// How many entries are looked at between two looks whether the caller wants to end.
const AT_ONCE: usize = 1 << 12;

/// Ends where the caller wants to.
pub(super) fn heed(interrupt: &Interrupt, index: usize) -> Result<(), Interrupted> {
    if index.is_multiple_of(AT_ONCE) { interrupt.check() } else { Ok(()) }
}

/// Refuses to list more pairs than [`PAIRS_MAX`].
pub(super) fn check_pairs(count: u64) -> Result<(), Error> {
    if count > PAIRS_MAX { Err(Error::TooManyPairs { count }) } else { Ok(()) }
}

/// Every overlapping pair as positions in `blocks`, `(smaller, larger)`, in ascending order.
pub fn pairs(blocks: &[AnyCidr]) -> Vec<(usize, usize)> {
    // No caller asks this one to end.
    pairs_until(blocks, &Interrupt::new()).unwrap_or_default()
}

/// As [`pairs`], until it is asked to end.
pub(super) fn pairs_until(
    blocks: &[AnyCidr],
    interrupt: &Interrupt,
) -> Result<Vec<(usize, usize)>, Interrupted> {
    let mut pairs = Vec::new();
    sweep(blocks, interrupt, |n, around| {
        pairs.extend(around.iter().map(|(outer, _)| ((*outer).min(n), (*outer).max(n))));
    })?;
    pairs.sort_unstable();
    Ok(pairs)
}

/// How many pairs overlap, without naming them: ten thousand tenants on one block are fifty million pairs.
pub fn pair_count(blocks: &[AnyCidr]) -> u64 {
    pair_count_until(blocks, &Interrupt::new()).unwrap_or_default()
}

/// As [`pair_count`], until it is asked to end.
pub(super) fn pair_count_until(blocks: &[AnyCidr], interrupt: &Interrupt) -> Result<u64, Interrupted> {
    let mut count = 0_u64;
    sweep(blocks, interrupt, |_, around| count += u64::try_from(around.len()).unwrap_or(u64::MAX))?;
    Ok(count)
}

/// The clusters of overlapping blocks, in the order of their addresses. Blocks that overlap nothing are in none.
pub fn clusters(blocks: &[AnyCidr]) -> Vec<Cluster> {
    clusters_until(blocks, &Interrupt::new()).unwrap_or_default()
}

/// As [`clusters`], until it is asked to end.
pub(super) fn clusters_until(blocks: &[AnyCidr], interrupt: &Interrupt) -> Result<Vec<Cluster>, Interrupted> {
    let mut clusters: Vec<Cluster> = Vec::new();
    sweep(blocks, interrupt, |n, around| {
        if let Some((outermost, block)) = around.first() {
            match clusters.last_mut() {
                Some(last) if last.members.first() == Some(outermost) => last.members.push(n),
                _ => clusters.push(Cluster { block: *block, members: vec![*outermost, n] }),
            }
        }
    })?;
    for cluster in &mut clusters {
        cluster.members.sort_unstable();
    }
    Ok(clusters)
}

/// Calls `visit(n, around)` for every block, `around` being the blocks visited before that contain it, outermost first.
fn sweep(
    blocks: &[AnyCidr],
    interrupt: &Interrupt,
    mut visit: impl FnMut(usize, &[(usize, AnyCidr)]),
) -> Result<(), Interrupted> {
    // By first address, the larger block first, equal ones as they stand: an IPv4 block's place is one number.
    let mut v4: Vec<(u64, usize)> = Vec::new();
    let mut v6: Vec<(u128, u8, usize)> = Vec::new();
    for (n, block) in blocks.iter().enumerate() {
        match block {
            AnyCidr::V4(block) => v4.push((u64::from(block.start()) << 8 | u64::from(block.prefix_len()), n)),
            AnyCidr::V6(block) => v6.push((block.first().to_bits(), block.prefix_len(), n)),
        }
    }
    v4.sort_unstable();
    v6.sort_unstable();
    let mut around: Vec<(usize, AnyCidr)> = Vec::new();
    let sorted = v4.into_iter().map(|(_, n)| n).chain(v6.into_iter().map(|(_, _, n)| n));
    for (index, n) in sorted.enumerate() {
        heed(interrupt, index)?;
        while around.last().is_some_and(|(_, outer)| !outer.overlaps(&blocks[n])) {
            around.pop();
        }
        visit(n, &around);
        around.push((n, blocks[n]));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    use crate::model::{Cidr, Cidr6};

    fn b(text: &str) -> AnyCidr {
        AnyCidr::parse(text).unwrap()
    }

    #[test]
    fn more_pairs_than_anything_lists_are_counted_and_refused() {
        let equal = |count: usize| vec![("a", b("10.0.0.0/16")); count];
        assert_eq!(overlaps(&equal(1_414)).unwrap().len(), 1_414 * 1_413 / 2);
        let error = overlaps(&equal(5_000)).unwrap_err();
        assert_eq!(error.code(), "overlaps-too-many");
        assert!(error.to_string().starts_with("12497500 pairs of blocks overlap"), "{error}");
    }

    #[test]
    fn a_search_ends_when_asked_to() {
        let entries = vec![("a", b("10.0.0.0/16")); 3];
        let interrupt = Interrupt::new();
        assert_eq!(overlaps_until(&entries, &interrupt), overlaps(&entries));
        interrupt.ask();
        assert_eq!(overlaps_until(&entries, &interrupt), Err(Error::Interrupted(Interrupted)));
    }

    #[test]
    fn each_pair_once_in_the_order_of_the_input() {
        let entries = [
            ("q", b("10.1.0.0/16")),
            ("big", b("10.0.0.0/8")),
            ("m", b("10.1.0.0/16")),
            ("other", b("11.0.0.0/8")),
            ("six", b("::/0")),
            ("q", b("10.1.9.0/24")),
        ];
        let text: Vec<_> = overlaps(&entries)
            .unwrap()
            .iter()
            .map(|o| format!("{} {} {} {}", o.a, o.a_cidr, o.b, o.b_cidr))
            .collect();
        assert_eq!(
            text,
            [
                "q 10.1.0.0/16 big 10.0.0.0/8",
                "q 10.1.0.0/16 m 10.1.0.0/16",
                "q 10.1.0.0/16 q 10.1.9.0/24",
                "big 10.0.0.0/8 m 10.1.0.0/16",
                "big 10.0.0.0/8 q 10.1.9.0/24",
                "m 10.1.0.0/16 q 10.1.9.0/24",
            ]
        );
    }

    #[test]
    fn clusters_and_counts_do_not_list_pairs() {
        let blocks = vec![b("10.1.0.0/16"); 10_000];
        assert_eq!(pair_count(&blocks), 49_995_000);
        assert_eq!(clusters(&blocks).iter().map(|c| c.members.len()).collect::<Vec<_>>(), [10_000]);
        let blocks = [
            b("10.2.0.0/16"),
            b("10.1.1.0/24"),
            b("10.9.0.0/16"),
            b("10.1.0.0/16"),
            b("10.2.0.0/24"),
            b("10.1.2.0/24"),
        ];
        let found: Vec<_> = clusters(&blocks).into_iter().map(|c| (c.block.to_string(), c.members)).collect();
        assert_eq!(
            found,
            [("10.1.0.0/16".to_owned(), vec![1, 3, 5]), ("10.2.0.0/16".to_owned(), vec![0, 4])]
        );
    }

    fn any_block() -> impl Strategy<Value = AnyCidr> {
        // Few distinct addresses, so that overlaps are common.
        prop_oneof![
            4 => (0_u32..64, 24_u8..=32).prop_map(|(n, len)| Cidr::containing((0x0a00_0000 | n << 3).into(), len).into()),
            1 => (0_u128..16, 120_u8..=128).prop_map(|(n, len)| Cidr6::containing((n << 2).into(), len).into()),
        ]
    }

    proptest! {
        #![proptest_config(crate::cases::cases(256))]

        #[test]
        fn the_sweep_finds_what_comparing_all_pairs_finds(blocks in prop::collection::vec(any_block(), 0..40)) {
            let mut expected = Vec::new();
            for a in 0..blocks.len() {
                for b in a + 1..blocks.len() {
                    if blocks[a].overlaps(&blocks[b]) {
                        expected.push((a, b));
                    }
                }
            }
            prop_assert_eq!(pair_count(&blocks), expected.len() as u64);
            prop_assert_eq!(pairs(&blocks), expected);
        }
    }
}
