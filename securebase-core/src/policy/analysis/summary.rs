//! A difference in meaning, short enough to be read: which actions become denied or allowed, for whom and where.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::difference::{Difference, Outcome, PermissionChange, region_names};

/// Which way requests change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// They are denied now.
    Denied,
    /// They were allowed and are denied now where conditions hold.
    Tighter,
    /// They are denied where other conditions hold.
    Other,
    /// They were denied and are now denied only where conditions hold.
    Looser,
    /// They are allowed now.
    Allowed,
}

impl Direction {
    /// The stable name, in snake_case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Tighter => "tighter",
            Self::Other => "other",
            Self::Looser => "looser",
            Self::Allowed => "allowed",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Denied => "now denied",
            Self::Tighter => "now denied under conditions",
            Self::Other => "now denied under other conditions",
            Self::Looser => "now denied only under conditions",
            Self::Allowed => "now allowed",
        }
    }

    fn of(change: &PermissionChange) -> Self {
        match (&change.before, &change.after) {
            (_, Outcome::Denied) => Self::Denied,
            (_, Outcome::Allowed) => Self::Allowed,
            (Outcome::Allowed, Outcome::DeniedWhen(_)) => Self::Tighter,
            (Outcome::Denied, Outcome::DeniedWhen(_)) => Self::Looser,
            (Outcome::DeniedWhen(_), Outcome::DeniedWhen(_)) => Self::Other,
        }
    }
}

/// Requests that change in one way, whatever their resources and conditions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSummary {
    /// Which way.
    #[serde(rename = "tendency")]
    pub direction: Direction,
    /// Actions as documented, sorted.
    pub actions: Vec<String>,
    /// Kinds of principals: `executor`, `role`, `root`, `user`.
    pub principals: Vec<String>,
    /// Regions by name; `elsewhere` for those that no policy names. Empty where the region does not matter.
    pub regions: Vec<String>,
    /// Whether only resources that a policy names are concerned.
    pub some_resources: bool,
}

/// What the actions of one summary have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Group<'a> {
    direction: Direction,
    regions: &'a [String],
    principals: Vec<&'a str>,
    some_resources: bool,
}

impl Difference {
    /// The changes without resources and conditions: first what becomes denied, in the end what becomes allowed.
    #[must_use]
    pub fn summary(&self) -> Vec<ChangeSummary> {
        // By direction, regions and resources: which principals each action changes for.
        let mut found: BTreeMap<(Direction, &[String], &str), BTreeSet<&str>> = BTreeMap::new();
        let mut anywhere: BTreeSet<(Direction, &str)> = BTreeSet::new();
        for change in &self.changes {
            let direction = Direction::of(change);
            for action in &change.actions {
                found
                    .entry((direction, &change.regions, action))
                    .or_default()
                    .extend(change.principals.iter().map(String::as_str));
                if change.resource == "*" {
                    anywhere.insert((direction, action));
                }
            }
        }
        let mut groups: BTreeMap<Group<'_>, Vec<String>> = BTreeMap::new();
        for ((direction, regions, action), principals) in found {
            let group = Group {
                direction,
                regions,
                principals: principals.into_iter().collect(),
                some_resources: !anywhere.contains(&(direction, action)),
            };
            groups.entry(group).or_default().push(action.to_owned());
        }
        let summary = |(group, actions): (Group<'_>, Vec<String>)| ChangeSummary {
            direction: group.direction,
            actions,
            principals: group.principals.into_iter().map(str::to_owned).collect(),
            regions: group.regions.to_vec(),
            some_resources: group.some_resources,
        };
        groups.into_iter().map(summary).collect()
    }
}

/// How many actions a line names.
const NAMED_MAX: usize = 4;

impl fmt::Display for ChangeSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { direction, actions, principals, regions, some_resources } = self;
        let named: Vec<String> = actions.iter().take(NAMED_MAX).map(|action| format!("`{action}`")).collect();
        write!(f, "{}: {}", direction.text(), named.join(", "))?;
        if actions.len() > NAMED_MAX {
            write!(f, " and {} more", actions.len() - NAMED_MAX)?;
        }
        if *some_resources {
            f.write_str(" on some resources")?;
        }
        match principals.as_slice() {
            [_, _, _, _] => f.write_str(" by anyone")?,
            some => write!(f, " by {}", some.join(", "))?,
        }
        if regions.is_empty() { Ok(()) } else { write!(f, " in {}", region_names(regions)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(
        actions: &[&str],
        resource: &str,
        principal: &str,
        before: Outcome,
        after: Outcome,
    ) -> PermissionChange {
        PermissionChange {
            actions: actions.iter().map(|&action| action.to_owned()).collect(),
            resource: resource.to_owned(),
            principals: vec![principal.to_owned()],
            regions: Vec::new(),
            before,
            after,
        }
    }

    #[test]
    fn resources_and_conditions_are_left_out_and_principals_joined() {
        let when = || Outcome::DeniedWhen(vec![vec!["aws:SecureTransport Bool false".to_owned()]]);
        let difference = Difference {
            changes: vec![
                change(&["s3:A", "s3:B"], "*", "role", Outcome::Allowed, Outcome::Denied),
                change(&["s3:A", "s3:B"], "arn:aws:s3:::b", "user", Outcome::Allowed, Outcome::Denied),
                change(&["s3:C"], "arn:aws:s3:::b", "user", Outcome::Allowed, when()),
                change(&["s3:D"], "*", "executor", when(), Outcome::Allowed),
            ],
        };
        let lines: Vec<String> = difference.summary().iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "now denied: `s3:A`, `s3:B` by role, user",
                "now denied under conditions: `s3:C` on some resources by user",
                "now allowed: `s3:D` by executor",
            ]
        );
    }
}
