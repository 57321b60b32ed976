//! Condition operators: the closed vocabulary of the policy language.
//!
//! Purpose: parse an operator's name once, so that an unknown one is an error at the border and never a condition that
//! silently fails to match. Source: IAM User Guide, «IAM JSON policy elements: Condition operators».
//! Invariants: `parse` of a spelled operator gives it back; names are read in any case and spelled as AWS does.

use std::fmt;

/// What kind of value an operator compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparison {
    /// `StringEquals`: exact, case-sensitive.
    StringEquals,
    /// `StringEqualsIgnoreCase`: exact, case folded.
    StringEqualsIgnoreCase,
    /// `StringLike`: `*` and `?`, case-sensitive.
    StringLike,
    /// `NumericEquals`.
    NumericEquals,
    /// `NumericLessThan`.
    NumericLessThan,
    /// `NumericLessThanEquals`.
    NumericLessThanEquals,
    /// `NumericGreaterThan`.
    NumericGreaterThan,
    /// `NumericGreaterThanEquals`.
    NumericGreaterThanEquals,
    /// `DateEquals`.
    DateEquals,
    /// `DateLessThan`.
    DateLessThan,
    /// `DateLessThanEquals`.
    DateLessThanEquals,
    /// `DateGreaterThan`.
    DateGreaterThan,
    /// `DateGreaterThanEquals`.
    DateGreaterThanEquals,
    /// `Bool`: `true` or `false` in any case.
    Bool,
    /// `BinaryEquals`: base64 text.
    BinaryEquals,
    /// `IpAddress`: an address within a block.
    IpAddress,
    /// `ArnEquals`: the same comparison as `ArnLike`.
    ArnEquals,
    /// `ArnLike`: six segments, wildcards within each.
    ArnLike,
    /// `Null`: whether the key is absent.
    Null,
}

/// How an operator treats a key with several values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantifier {
    /// `ForAllValues:` every value of the request satisfies the operator; true where there is none.
    All,
    /// `ForAnyValue:` at least one value of the request satisfies the operator.
    Any,
}

/// A condition operator: quantifier, comparison, negation and `IfExists`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operator {
    /// `ForAllValues:` or `ForAnyValue:`, if any.
    pub(crate) quantifier: Option<Quantifier>,
    /// What is compared, and how.
    pub(crate) comparison: Comparison,
    /// Whether it is the `Not…` form. Only forms that AWS has can be parsed.
    pub(crate) negated: bool,
    /// Whether an absent key satisfies it (`…IfExists`).
    pub(crate) if_exists: bool,
}

/// Base name, comparison, negated: every operator without quantifier and `IfExists`.
const NAMES: [(&str, Comparison, bool); 27] = [
    ("StringEquals", Comparison::StringEquals, false),
    ("StringNotEquals", Comparison::StringEquals, true),
    ("StringEqualsIgnoreCase", Comparison::StringEqualsIgnoreCase, false),
    ("StringNotEqualsIgnoreCase", Comparison::StringEqualsIgnoreCase, true),
    ("StringLike", Comparison::StringLike, false),
    ("StringNotLike", Comparison::StringLike, true),
    ("NumericEquals", Comparison::NumericEquals, false),
    ("NumericNotEquals", Comparison::NumericEquals, true),
    ("NumericLessThan", Comparison::NumericLessThan, false),
    ("NumericLessThanEquals", Comparison::NumericLessThanEquals, false),
    ("NumericGreaterThan", Comparison::NumericGreaterThan, false),
    ("NumericGreaterThanEquals", Comparison::NumericGreaterThanEquals, false),
    ("DateEquals", Comparison::DateEquals, false),
    ("DateNotEquals", Comparison::DateEquals, true),
    ("DateLessThan", Comparison::DateLessThan, false),
    ("DateLessThanEquals", Comparison::DateLessThanEquals, false),
    ("DateGreaterThan", Comparison::DateGreaterThan, false),
    ("DateGreaterThanEquals", Comparison::DateGreaterThanEquals, false),
    ("Bool", Comparison::Bool, false),
    ("BinaryEquals", Comparison::BinaryEquals, false),
    ("IpAddress", Comparison::IpAddress, false),
    ("NotIpAddress", Comparison::IpAddress, true),
    ("ArnEquals", Comparison::ArnEquals, false),
    ("ArnNotEquals", Comparison::ArnEquals, true),
    ("ArnLike", Comparison::ArnLike, false),
    ("ArnNotLike", Comparison::ArnLike, true),
    ("Null", Comparison::Null, false),
];

impl Operator {
    /// A plain operator without quantifier or `IfExists`.
    #[must_use]
    pub const fn new(comparison: Comparison) -> Self {
        Self { quantifier: None, comparison, negated: false, if_exists: false }
    }

    /// The `Not…` form of a plain operator.
    #[must_use]
    pub const fn not(comparison: Comparison) -> Self {
        Self { quantifier: None, comparison, negated: true, if_exists: false }
    }

    /// Reads a name such as `ForAnyValue:StringLikeIfExists`, in any case. `None` where AWS has no such operator.
    ///
    /// `NullIfExists` is read, because documents contain it, and refused where a policy is to be decided with.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let (quantifier, rest) = if let Some(rest) = lower.strip_prefix("forallvalues:") {
            (Some(Quantifier::All), rest)
        } else if let Some(rest) = lower.strip_prefix("foranyvalue:") {
            (Some(Quantifier::Any), rest)
        } else {
            (None, lower.as_str())
        };
        let (rest, if_exists) = rest.strip_suffix("ifexists").map_or((rest, false), |rest| (rest, true));
        let (_, comparison, negated) = NAMES.iter().find(|(name, ..)| name.eq_ignore_ascii_case(rest))?;
        if *comparison == Comparison::Null && quantifier.is_some() {
            return None;
        }
        Some(Self { quantifier, comparison: *comparison, negated: *negated, if_exists })
    }

    /// Every base name, for «did you mean».
    pub(crate) fn base_names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, ..)| *name)
    }

    /// Whether policy variables in its values are substituted (String and Arn operators).
    #[must_use]
    pub const fn takes_variables(self) -> bool {
        matches!(
            self.comparison,
            Comparison::StringEquals
                | Comparison::StringEqualsIgnoreCase
                | Comparison::StringLike
                | Comparison::ArnEquals
                | Comparison::ArnLike
        )
    }

    /// Whether `*` and `?` in its values are wildcards.
    #[must_use]
    pub const fn takes_wildcards(self) -> bool {
        matches!(self.comparison, Comparison::StringLike | Comparison::ArnEquals | Comparison::ArnLike)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.quantifier {
            Some(Quantifier::All) => formatter.write_str("ForAllValues:")?,
            Some(Quantifier::Any) => formatter.write_str("ForAnyValue:")?,
            None => {}
        }
        let name = NAMES
            .iter()
            .find(|(_, comparison, negated)| *comparison == self.comparison && *negated == self.negated)
            .map_or("", |(name, ..)| name);
        formatter.write_str(name)?;
        if self.if_exists { formatter.write_str("IfExists") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_round_trips() {
        for (name, comparison, _) in NAMES {
            for prefix in ["", "ForAllValues:", "ForAnyValue:"] {
                for suffix in ["", "IfExists"] {
                    let text = format!("{prefix}{name}{suffix}");
                    let parsed = Operator::parse(&text);
                    if comparison == Comparison::Null && !prefix.is_empty() {
                        assert_eq!(parsed, None, "{text}");
                    } else {
                        assert_eq!(parsed.unwrap().to_string(), text);
                        assert_eq!(Operator::parse(&text.to_uppercase()), parsed);
                    }
                }
            }
        }
    }

    #[test]
    fn invented_operators_are_none() {
        for name in
            ["", "StringEqual", "NotBool", "ArnNot", "ForAllValue:StringLike", "IfExists", "BinaryNotEquals"]
        {
            assert_eq!(Operator::parse(name), None, "{name}");
        }
    }
}
