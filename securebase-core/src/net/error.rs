//! What can go wrong with addresses.

use crate::model::Problem;

/// Why an operation on addresses was refused. The message says what; [`Error::hint`] says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is no block.
    #[error("`{text}` is no block of addresses: {why}")]
    Malformed {
        /// The text.
        text: String,
        /// What is wrong with it.
        why: &'static str,
        /// What to write instead.
        hint: String,
    },
    /// The address is not the first of its block.
    #[error("`{text}` has host bits set")]
    HostBits {
        /// The text.
        text: String,
        /// The block it lies in.
        canonical: String,
    },
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
    #[error("the name `{name}` is used twice")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// An IPv6 block that is not what a VPC has.
    #[error("`{vpc}` is no /56, the IPv6 block of a VPC")]
    Ipv6VpcLen {
        /// The block.
        vpc: String,
    },
}

impl Error {
    /// A stable word for the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "block-malformed",
            Self::HostBits { .. } => "block-host-bits",
            Self::PrefixLen { .. } => "block-size",
            Self::TooManyHosts { .. } => "hosts-too-many",
            Self::LayoutTooLarge { .. } => "layout-too-large",
            Self::Zone { .. } => "layout-zone",
            Self::DuplicateName { .. } => "name-duplicate",
            Self::Ipv6VpcLen { .. } => "ipv6-vpc-size",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Malformed { hint, .. } => hint.clone(),
            Self::HostBits { canonical, .. } => format!("write `{canonical}`"),
            Self::PrefixLen { prefix_len_min, prefix_len_max, .. } => {
                format!("use a length from {prefix_len_min} to {prefix_len_max}")
            }
            Self::TooManyHosts { hosts_max, .. } => {
                format!(
                    "a /16, the largest, has {hosts_max} beside AWS's five: split them over several subnets"
                )
            }
            Self::LayoutTooLarge { prefix_len_needed: Some(len), .. } => {
                format!("use a VPC of /{len} or larger")
            }
            Self::LayoutTooLarge { prefix_len_needed: None, .. } => {
                "no VPC is large enough: use fewer or smaller subnets".to_owned()
            }
            Self::Zone { .. } => "name each zone once, by its letter, such as `a`".to_owned(),
            Self::DuplicateName { .. } => "give each its own name".to_owned(),
            Self::Ipv6VpcLen { .. } => {
                "use the /56 AWS assigned to the VPC, or take a /56 from your own pool".to_owned()
            }
        }
    }

    /// The error as a finding at `path`.
    pub fn problem(&self, path: impl Into<String>) -> Problem {
        Problem::error(self.code(), path, self.to_string(), self.hint())
    }
}
