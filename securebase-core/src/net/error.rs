//! What can go wrong with addresses.

use crate::model::{Cidr, CidrError, Diagnosis, Problem, Quoted, diagnostic};
use crate::time::Interrupted;

/// What was asked for and what there is instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortage {
    /// The pool's path, empty for the whole.
    pub pool: String,
    /// Its ranges.
    pub ranges: Vec<Cidr>,
    /// The length asked for.
    pub prefix_len: u8,
    /// What is free, the largest first.
    pub free: Vec<Cidr>,
    /// How many addresses that is.
    pub free_address_count: u64,
    /// The first block in quarantine that would do, and the serial at which it is free.
    pub resting: Option<(u64, Cidr)>,
}

impl Shortage {
    /// What would fit, as `(prefix length, how many blocks of exactly that size are free)`, the largest first.
    pub fn would_fit(&self) -> Vec<(u8, usize)> {
        let mut sizes: Vec<(u8, usize)> = Vec::new();
        for block in &self.free {
            match sizes.last_mut() {
                Some((len, count)) if *len == block.prefix_len() => *count += 1,
                _ => sizes.push((block.prefix_len(), 1)),
            }
        }
        sizes
    }

    fn hint(&self) -> String {
        let shown: Vec<String> = self.free.iter().take(6).map(ToString::to_string).collect();
        let more = match self.free.len().saturating_sub(shown.len()) {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let mut hint = if shown.is_empty() {
            "nothing is free".to_owned()
        } else {
            let sizes: Vec<String> =
                self.would_fit().iter().take(4).map(|(len, n)| format!("{n} × /{len}")).collect();
            format!("free: {}{more}; would fit: {}", shown.join(", "), sizes.join(", "))
        };
        if let Some((until, block)) = self.resting {
            hint += &if until > super::SERIAL_MAX {
                format!("; `{block}` is in quarantine for good")
            } else {
                format!("; `{block}` comes out of quarantine at serial {until}")
            };
        }
        hint + "; or grow the pool by another range"
    }
}

fn named(path: &str, ranges: &[Cidr]) -> String {
    if path.is_empty() { joined(ranges) } else { path.to_owned() }
}

fn joined(blocks: &[Cidr]) -> String {
    blocks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn nearest_hint(nearest: Option<&String>, otherwise: &str) -> String {
    nearest.map_or_else(|| otherwise.to_owned(), |name| format!("did you mean `{name}`?"))
}

fn vpc_hint(prefix_len_needed: Option<u8>) -> String {
    prefix_len_needed.map_or_else(
        || "no VPC is large enough: use fewer or smaller subnets".to_owned(),
        |len| format!("use a VPC of /{len} or larger"),
    )
}

fn ranges_hint(ranges: &[Cidr]) -> String {
    if ranges.is_empty() {
        return "the pool has no ranges of its own".to_owned();
    }
    format!("the pool has {}: choose a block there, or grow it", joined(ranges))
}

fn name_hint(what: &str) -> &'static str {
    match what {
        "pool" | "tier" => "use 1 to 256 printable characters without slashes or spaces around them",
        _ => "use 1 to 256 printable characters without spaces around them",
    }
}

/// Why an operation on addresses was refused. The message says what; [`Error::help`] says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not a block, or one with host bits.
    #[error(transparent)]
    Cidr(#[from] CidrError),
    /// A size outside what AWS accepts.
    #[error("prefix length `/{prefix_len}` is outside /{prefix_len_min} to /{prefix_len_max}")]
    PrefixLen {
        /// The length.
        prefix_len: u8,
        /// The largest block allowed.
        prefix_len_min: u8,
        /// The smallest block allowed.
        prefix_len_max: u8,
    },
    /// More hosts than the largest subnet has.
    #[error("`{hosts}` hosts are more than one subnet can hold")]
    TooManyHosts {
        /// How many were asked for.
        hosts: u64,
        /// What a /16 has for use.
        hosts_max: u64,
    },
    /// The subnets of a layout do not fit into the VPC.
    #[error("layout `{layout}` has {subnet_count} subnets, more than `{vpc}` can hold")]
    LayoutTooLarge {
        /// The layout's name.
        layout: String,
        /// How many subnets it has.
        subnet_count: usize,
        /// The VPC's block.
        vpc: String,
        /// A VPC size that would do, if there is one.
        prefix_len_needed: Option<u8>,
    },
    /// A zone that is no lower-case letter, or stands twice in one group.
    #[error("zone `{zone}` of group `{group}` is no lower-case letter of its own")]
    Zone {
        /// The zone.
        zone: char,
        /// The subnet group.
        group: String,
    },
    /// A name that must be unique is taken.
    #[error("the name `{}` is used twice", Quoted(name))]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// A pool without addresses.
    #[error("a pool needs at least one range")]
    NoRange,
    /// Two ranges of a pool share addresses.
    #[error("range `{range}` overlaps `{other}`, which the pool has already")]
    RangeOverlap {
        /// The new range.
        range: Cidr,
        /// The range it overlaps.
        other: Cidr,
    },
    /// Nothing of the size is free.
    #[error("no `/{}` is free in pool `{}`", .0.prefix_len, named(&.0.pool, &.0.ranges))]
    Exhausted(Box<Shortage>),
    /// Somebody has the block, or part of it.
    #[error("`{cidr}` is not free: `{held}` is {by}")]
    Taken {
        /// The block asked for.
        cidr: Cidr,
        /// What is in the way.
        held: Cidr,
        /// Who or what has it, in words.
        by: String,
    },
    /// The block lies outside the pool.
    #[error("`{cidr}` lies outside the pool")]
    Outside {
        /// The block.
        cidr: Cidr,
        /// The pool's ranges.
        ranges: Vec<Cidr>,
    },
    /// The range is not excluded.
    #[error("`{cidr}` is not excluded")]
    NotExcluded {
        /// The range.
        cidr: Cidr,
    },
    /// Nobody of that name has a block.
    #[error("`{}` has no block in the pool", Quoted(owner))]
    UnknownOwner {
        /// The name.
        owner: String,
        /// The most similar name.
        nearest: Option<String>,
    },
    /// The owner has blocks, but not this one.
    #[error("`{owner}` does not have `{cidr}`")]
    NotHeld {
        /// The owner.
        owner: String,
        /// The block.
        cidr: Cidr,
    },
    /// No sub-pool has this path.
    #[error("there is no pool `{}`", Quoted(path))]
    UnknownPool {
        /// The path.
        path: String,
        /// The most similar path.
        nearest: Option<String>,
    },
    /// The strategy needs to know the tier.
    #[error("`{}` needs a tier: this pool gives every tier addresses of its own", Quoted(owner))]
    TierMissing {
        /// Who asked.
        owner: String,
    },
    /// A name that cannot be shown or stored.
    #[error("`{}` is no name for {what}", Quoted(name))]
    BadName {
        /// What it should name, such as `owner`, `tier` or `pool`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// More overlapping pairs than anything lists one by one.
    #[error("{count} pairs of blocks overlap: at most {} are listed one by one", super::overlap::PAIRS_MAX)]
    TooManyPairs {
        /// How many overlap.
        count: u64,
    },
    /// A serial lower than one seen before.
    #[error("serial `{to}` does not follow serial `{from}`")]
    SerialBackwards {
        /// The serial reached.
        from: u64,
        /// The serial given.
        to: u64,
    },
    /// A serial, or a number of serials, that no pool reaches.
    #[error("invalid serial `{serial}`: expected at most {serial_max}")]
    SerialTooLarge {
        /// The serial given.
        serial: u64,
        /// The largest one.
        serial_max: u64,
    },
    /// The caller asked the computation to end before it was done.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// Two that overlap, of which neither can get other addresses.
    #[error("`{a}` and `{b}` overlap and neither can move")]
    Unconnectable {
        /// The one.
        a: String,
        /// The other.
        b: String,
    },
    /// A word that is none of those known.
    #[error("`{}` is no {what}", Quoted(text))]
    UnknownWord {
        /// What it should be.
        what: &'static str,
        /// The word.
        text: String,
        /// The words known.
        known: Vec<&'static str>,
    },
    /// A document of another version.
    #[error("version `{found}` of the document is not known")]
    Version {
        /// The version found.
        found: u32,
        /// The version this library reads.
        known: u32,
    },
    /// A text that is no such document.
    #[error("the text is no {what}: {why}")]
    Json {
        /// What it should be.
        what: &'static str,
        /// What the reader says.
        why: String,
    },
    /// An IPv6 block that is not what a VPC has.
    #[error("`{vpc}` is no /56, the IPv6 block of a VPC")]
    Ipv6VpcLen {
        /// The block.
        vpc: String,
    },
}

impl Error {
    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Cidr(error) => error.diagnosis(),
            Self::PrefixLen { prefix_len_min, prefix_len_max, .. } => Diagnosis::new("cidr-size")
                .help(format!("use a length from {prefix_len_min} to {prefix_len_max}")),
            Self::TooManyHosts { hosts_max, .. } => Diagnosis::new("hosts-too-many").help(format!(
                "a /16, the largest, has {hosts_max} beside AWS's five: split them over several subnets"
            )),
            Self::LayoutTooLarge { prefix_len_needed, .. } => {
                Diagnosis::new("layout-too-large").help(vpc_hint(*prefix_len_needed))
            }
            Self::Zone { .. } => {
                Diagnosis::new("layout-zone").help("name each zone once, by its letter, such as `a`")
            }
            Self::DuplicateName { .. } => Diagnosis::new("name-duplicate").help("give each its own name"),
            Self::NoRange => Diagnosis::new("pool-empty").help("give it one, such as `10.0.0.0/8`"),
            Self::RangeOverlap { .. } => {
                Diagnosis::new("pool-range-overlap").help("give ranges that are apart")
            }
            Self::Exhausted(shortage) => Diagnosis::new("pool-exhausted").help(shortage.hint()),
            Self::Taken { .. } => {
                Diagnosis::new("cidr-taken").help("choose another block, or release that one first")
            }
            Self::Outside { ranges, .. } => Diagnosis::new("cidr-outside-pool").help(ranges_hint(ranges)),
            Self::NotExcluded { .. } => {
                Diagnosis::new("cidr-not-excluded").help("name a range exactly as it was excluded")
            }
            Self::UnknownOwner { nearest, .. } => Diagnosis::new("owner-unknown")
                .help(nearest_hint(nearest.as_ref(), "list the allocations to see the owners")),
            Self::NotHeld { .. } => Diagnosis::new("cidr-not-held").help("list the owner's blocks"),
            Self::UnknownPool { nearest, .. } => Diagnosis::new("pool-unknown")
                .help(nearest_hint(nearest.as_ref(), "carve it out of its parent first")),
            Self::TierMissing { .. } => Diagnosis::new("tier-missing").help("say which tier the owner is of"),
            Self::BadName { what, .. } => Diagnosis::new("name-malformed").help(name_hint(what)),
            Self::TooManyPairs { .. } => Diagnosis::new("overlaps-too-many")
                .help("look at fewer blocks at once, or let the findings of a network group them"),
            Self::SerialBackwards { from, .. } => {
                Diagnosis::new("serial-backwards").help(format!("use {from} or a later serial"))
            }
            Self::SerialTooLarge { serial_max, .. } => {
                Diagnosis::new("serial-too-large").help(format!("use 0 to {serial_max}"))
            }
            Self::Interrupted(interrupted) => interrupted.diagnosis(),
            Self::Unconnectable { .. } => Diagnosis::new("cidr-unconnectable")
                .help("leave one of them out, or put address translation between them"),
            Self::UnknownWord { known, .. } => {
                Diagnosis::new("word-unknown").help(format!("use one of {}", known.join(", ")))
            }
            Self::Version { known, .. } => Diagnosis::new("version-unknown")
                .help(format!("this library reads version {known}: use a newer one")),
            Self::Json { .. } => {
                Diagnosis::new("json-malformed").help("give the text that was written, unchanged")
            }
            Self::Ipv6VpcLen { .. } => Diagnosis::new("ipv6-vpc-size")
                .help("use the /56 AWS assigned to the VPC, or take a /56 from your own pool"),
        }
    }

    /// The error as a finding at `path`.
    pub fn problem(&self, path: impl Into<String>) -> Problem {
        Problem::error(self.code(), path, self.to_string(), self.help().unwrap_or_default())
    }
}

diagnostic!(Error);
