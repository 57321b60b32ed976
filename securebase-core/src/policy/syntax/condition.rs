//! One condition: an operator, a key, values.
//!
//! Purpose: AWS's comparison rules, each in one place. Source: IAM User Guide, «Condition operators», «Multivalued
//! context keys», «Policy variables». Invariants: three-valued: a key of which nothing is known gives [`Truth::Unknown`],
//! never a guess. Broken values are found when a policy is made ready, not while a request is decided.

use std::net::IpAddr;

use ipnet::IpNet;
use rust_decimal::Decimal;

use super::arn::SEGMENTS;
use super::document::Condition;
use super::operator::{Comparison, Operator, Quantifier};
use super::pattern::Glob;
use super::variable::Template;
use crate::model::Quoted;
use crate::policy::eval::request::Request;

/// True, false, or not known from what the request says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It depends on a key that the request says nothing of.
    Unknown,
}

impl Truth {
    pub(crate) const fn of(truth: bool) -> Self {
        if truth { Self::True } else { Self::False }
    }

    /// Both hold.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, Self::True) => Self::True,
            _ => Self::Unknown,
        }
    }
}

/// A condition made ready.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CompiledCondition {
    operator: Operator,
    /// Folded.
    key: String,
    wanted: Wanted,
}

/// The policy's values, parsed once.
#[derive(Debug, Clone, PartialEq)]
enum Wanted {
    Null(Vec<bool>),
    Texts(Vec<Text>),
    Numbers(Vec<Decimal>),
    Moments(Vec<jiff::Timestamp>),
    Bools(Vec<bool>),
    Binary(Vec<String>),
    Blocks(Vec<IpNet>),
}

/// A value of a String or Arn operator.
#[derive(Debug, Clone, PartialEq)]
enum Text {
    Fixed(Comparer),
    Variable(Template),
}

#[derive(Debug, Clone, PartialEq)]
enum Comparer {
    Exact(String),
    /// Folded by Unicode's simple lower case.
    Folded(String),
    Glob(Glob),
    Arn(Box<[Glob; SEGMENTS]>),
    /// A text that no value is equal to (an Arn operator's value with fewer than six parts).
    Nothing,
}

impl CompiledCondition {
    /// Makes a condition ready; says what is wrong with which value otherwise.
    pub(crate) fn new(condition: &Condition, variables: bool) -> Result<Self, String> {
        let Condition { operator, key, values } = condition;
        if operator.comparison == Comparison::Null && operator.if_exists {
            return Err("`NullIfExists` asks whether a key exists only where it exists".to_owned());
        }
        let wanted = match operator.comparison {
            Comparison::Null => Wanted::Null(parsed(values, boolean, "true or false")?),
            Comparison::Bool => Wanted::Bools(parsed(values, boolean, "true or false")?),
            Comparison::NumericEquals
            | Comparison::NumericLessThan
            | Comparison::NumericLessThanEquals
            | Comparison::NumericGreaterThan
            | Comparison::NumericGreaterThanEquals => Wanted::Numbers(parsed(values, number, "a number")?),
            Comparison::DateEquals
            | Comparison::DateLessThan
            | Comparison::DateLessThanEquals
            | Comparison::DateGreaterThan
            | Comparison::DateGreaterThanEquals => Wanted::Moments(parsed(values, moment, "a date")?),
            Comparison::BinaryEquals => Wanted::Binary(values.clone()),
            Comparison::IpAddress => Wanted::Blocks(parsed(values, block, "an address or block")?),
            Comparison::StringEquals
            | Comparison::StringEqualsIgnoreCase
            | Comparison::StringLike
            | Comparison::ArnEquals
            | Comparison::ArnLike => {
                let text = |value: &String| {
                    let template = Template::new(value, variables);
                    match template.is_fixed() {
                        true => Text::Fixed(
                            comparer(operator.comparison, &template, |_| None).unwrap_or(Comparer::Nothing),
                        ),
                        false => Text::Variable(template),
                    }
                };
                Wanted::Texts(values.iter().map(text).collect())
            }
        };
        Ok(Self { operator: *operator, key: key.to_ascii_lowercase(), wanted })
    }

    /// The folded keys that it depends on: its own, and those of the variables in its values.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        let texts = match &self.wanted {
            Wanted::Texts(texts) => texts.as_slice(),
            _ => &[],
        };
        let of_variables = texts.iter().flat_map(|text| match text {
            Text::Variable(template) => Some(template.keys()),
            Text::Fixed(_) => None,
        });
        std::iter::once(self.key.as_str()).chain(of_variables.flatten())
    }

    /// Decides the condition for a request.
    pub(crate) fn decide(&self, request: &Request) -> Truth {
        let Operator { quantifier, comparison, negated, if_exists } = self.operator;
        if request.is_unknown(&self.key) {
            return Truth::Unknown;
        }
        let Some(values) = request.values(&self.key) else {
            return Truth::of(match (comparison, quantifier) {
                (Comparison::Null, _) => self.wants_null(true),
                _ if if_exists => true,
                (_, Some(Quantifier::All)) => true,
                (_, Some(Quantifier::Any)) => false,
                (_, None) => negated,
            });
        };
        if comparison == Comparison::Null {
            return Truth::of(self.wants_null(false));
        }
        if let Wanted::Texts(texts) = &self.wanted {
            let unknown = |template: &Template| template.keys().any(|key| request.is_unknown(key));
            if texts.iter().any(|text| matches!(text, Text::Variable(template) if unknown(template))) {
                return Truth::Unknown;
            }
        }
        let matches = |value: &String| self.matches(value, request);
        Truth::of(match (quantifier, negated) {
            (Some(Quantifier::All), false) => values.iter().all(matches),
            (Some(Quantifier::Any) | None, false) => values.iter().any(matches),
            (Some(Quantifier::All) | None, true) => !values.iter().any(matches),
            (Some(Quantifier::Any), true) => !values.iter().all(matches),
        })
    }

    fn wants_null(&self, absent: bool) -> bool {
        matches!(&self.wanted, Wanted::Null(wanted) if wanted.contains(&absent))
    }

    /// Whether any of the policy's values matches one value of the request, before negation.
    fn matches(&self, value: &str, request: &Request) -> bool {
        match &self.wanted {
            Wanted::Null(_) => false,
            Wanted::Bools(wanted) => boolean(value).is_some_and(|value| wanted.contains(&value)),
            Wanted::Binary(wanted) => wanted.iter().any(|wanted| wanted == value),
            Wanted::Numbers(wanted) => number(value).is_some_and(|value| self.compares(wanted, &value)),
            Wanted::Moments(wanted) => moment(value).is_some_and(|value| self.compares(wanted, &value)),
            Wanted::Blocks(wanted) => value
                .parse::<IpAddr>()
                .is_ok_and(|address| wanted.iter().any(|block| block.contains(&address))),
            Wanted::Texts(texts) => texts.iter().any(|text| match text {
                Text::Fixed(comparer) => comparer.matches(value),
                Text::Variable(template) => {
                    let lookup = |key: &str| request.single(key);
                    comparer(self.operator.comparison, template, lookup)
                        .is_some_and(|comparer| comparer.matches(value))
                }
            }),
        }
    }

    fn compares<T: PartialOrd>(&self, wanted: &[T], value: &T) -> bool {
        wanted.iter().any(|wanted| match self.operator.comparison {
            Comparison::NumericLessThan | Comparison::DateLessThan => value < wanted,
            Comparison::NumericLessThanEquals | Comparison::DateLessThanEquals => value <= wanted,
            Comparison::NumericGreaterThan | Comparison::DateGreaterThan => value > wanted,
            Comparison::NumericGreaterThanEquals | Comparison::DateGreaterThanEquals => value >= wanted,
            _ => value == wanted,
        })
    }
}

impl Comparer {
    fn matches(&self, value: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == value,
            Self::Folded(folded) => *folded == value.to_lowercase(),
            Self::Glob(glob) => glob.matches(value),
            Self::Arn(parts) => {
                let mut segments = value.splitn(SEGMENTS, ':');
                parts.iter().all(|part| segments.next().is_some_and(|segment| part.matches(segment)))
            }
            Self::Nothing => false,
        }
    }
}

/// How a String or Arn operator compares with a value once variables are put in; `None` where one has no value.
fn comparer<'a>(
    comparison: Comparison,
    template: &Template,
    value_of: impl Fn(&str) -> Option<&'a str>,
) -> Option<Comparer> {
    Some(match comparison {
        Comparison::StringLike => Comparer::Glob(template.pattern(value_of)?.build()),
        Comparison::ArnEquals | Comparison::ArnLike => {
            let parts = template.pattern(value_of)?.build_arn();
            parts.map_or(Comparer::Nothing, |parts| Comparer::Arn(Box::new(parts)))
        }
        Comparison::StringEqualsIgnoreCase => Comparer::Folded(template.text(value_of)?.to_lowercase()),
        _ => Comparer::Exact(template.text(value_of)?),
    })
}

fn parsed<T>(values: &[String], parse: impl Fn(&str) -> Option<T>, what: &str) -> Result<Vec<T>, String> {
    values
        .iter()
        .map(|value| parse(value).ok_or_else(|| format!("`{}` is not {what}", Quoted(value))))
        .collect()
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// An integer or a decimal, also with an exponent.
fn number(text: &str) -> Option<Decimal> {
    let text = text.trim();
    text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
}

/// ISO 8601 with an offset, without one (then UTC), a day alone (then its midnight in UTC), or seconds since 1970.
fn moment(text: &str) -> Option<jiff::Timestamp> {
    use jiff::tz::TimeZone;
    if let Some(seconds) = number(text) {
        let nanoseconds = seconds.checked_mul(Decimal::from(1_000_000_000))?;
        return jiff::Timestamp::from_nanosecond(i128::try_from(nanoseconds.trunc()).ok()?).ok();
    }
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(moment);
    }
    let civil = text
        .parse::<jiff::civil::DateTime>()
        .or_else(|_| text.parse::<jiff::civil::Date>().map(jiff::civil::DateTime::from))
        .ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// A block, or a bare address as the block of itself.
fn block(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(operator: &str, wanted: &[&str], found: Option<&[&str]>) -> Truth {
        let operator = Operator::parse(operator).unwrap();
        let condition = Condition::new(operator, "k", wanted.iter().copied());
        let mut request = Request::new("a:B", "*", "arn:aws:iam::111122223333:user/jo", "111122223333")
            .with("aws:username", "jo");
        if let Some(found) = found {
            request.set("K", found.iter().map(|&text| text.to_owned()).collect());
        }
        CompiledCondition::new(&condition, true).unwrap().decide(&request)
    }

    #[test]
    fn table_of_single_values() {
        for (operator, wanted, found, expected) in [
            ("StringEquals", "a*", "a*", true),
            ("StringEquals", "a*", "ab", false),
            ("StringEqualsIgnoreCase", "ÄB", "äb", true),
            ("StringEqualsIgnoreCase", "a*", "ab", false),
            ("StringLike", "a?c*", "abc", true),
            ("StringLike", "A*", "abc", false),
            ("StringLike", "home/${aws:username}/*", "home/jo/x", true),
            ("StringLike", "${aws:PrincipalTag/x}", "", false),
            ("StringNotLike", "${aws:PrincipalTag/x}", "anything", true),
            ("StringEquals", "${aws:PrincipalTag/x, 'd'}", "d", true),
            ("StringNotEquals", "a", "a", false),
            ("NumericEquals", "1.0", "1", true),
            ("NumericLessThan", "2.0", "1.9", true),
            ("NumericLessThan", "2.0", "x", false),
            ("NumericGreaterThanEquals", "10", "9", false),
            ("NumericEquals", "1e3", "1000", true),
            ("DateLessThan", "2026-01-02", "2026-01-01T23:59:59Z", true),
            ("DateLessThan", "2026-01-02", "2026-01-02T00:00:00Z", false),
            ("DateEquals", "1970-01-01T00:01:00Z", "60", true),
            ("DateGreaterThan", "2026-01-01T00:00:00+01:00", "2025-12-31T23:30:00Z", true),
            ("Bool", "true", "TRUE", true),
            ("Bool", "false", "no", false),
            ("BinaryEquals", "QQ==", "QQ==", true),
            ("IpAddress", "10.0.0.0/8", "10.9.8.7", true),
            ("IpAddress", "0.0.0.0/0", "::1", false),
            ("IpAddress", "2001:db8::/32", "2001:db8::1", true),
            ("NotIpAddress", "10.0.0.1", "10.0.0.1", false),
            ("ArnLike", "arn:aws:iam::*:role/x*", "arn:aws:iam::1:role/xy", true),
            ("ArnEquals", "arn:aws:iam::*:role/x*", "arn:aws:iam::1:role/xy", true),
            ("ArnLike", "*", "arn:aws:iam::1:role/xy", false),
            ("ArnLike", "arn:*:role/x", "arn:aws:iam::1:role/x", false),
            ("ArnNotLike", "arn:aws:iam::1:role/y", "arn:aws:iam::1:role/x", true),
            ("Null", "true", "x", false),
            ("Null", "false", "x", true),
        ] {
            assert_eq!(
                decide(operator, &[wanted], Some(&[found])),
                Truth::of(expected),
                "{operator} {wanted} {found}"
            );
        }
    }

    #[test]
    fn absent_keys() {
        for (operator, expected) in [
            ("StringEquals", false),
            ("StringNotEquals", true),
            ("StringEqualsIfExists", true),
            ("StringNotEqualsIfExists", true),
            ("ForAllValues:StringLike", true),
            ("ForAllValues:StringNotLike", true),
            ("ForAnyValue:StringLike", false),
            ("ForAnyValue:StringNotLike", false),
            ("ArnNotLike", true),
        ] {
            assert_eq!(decide(operator, &["x"], None), Truth::of(expected), "{operator}");
            assert_eq!(decide(operator, &["x"], Some(&[])), Truth::of(expected), "{operator}, empty");
        }
        assert_eq!(decide("Null", &["true"], None), Truth::True);
        assert_eq!(decide("NotIpAddress", &["10.0.0.0/8"], None), Truth::True);
        assert_eq!(decide("Bool", &["false"], None), Truth::False);
    }

    #[test]
    fn several_values() {
        for (operator, found, expected) in [
            ("ForAllValues:StringEquals", &["a", "b"][..], true),
            ("ForAllValues:StringEquals", &["a", "c"], false),
            ("ForAnyValue:StringEquals", &["c", "a"], true),
            ("ForAnyValue:StringEquals", &["c"], false),
            ("ForAllValues:StringNotEquals", &["c", "d"], true),
            ("ForAllValues:StringNotEquals", &["c", "a"], false),
            ("ForAnyValue:StringNotEquals", &["c", "a"], true),
            ("ForAnyValue:StringNotEquals", &["b", "a"], false),
        ] {
            assert_eq!(
                decide(operator, &["a", "b"], Some(found)),
                Truth::of(expected),
                "{operator} {found:?}"
            );
        }
    }

    #[test]
    fn what_is_not_known_stays_unknown() {
        let condition = Condition::new(Operator::parse("StringEquals").unwrap(), "k", ["x"]);
        let request = Request::new("a:B", "*", "arn:aws:iam::1:user/u", "1").partial();
        assert_eq!(CompiledCondition::new(&condition, true).unwrap().decide(&request), Truth::Unknown);
        // The key is known, what it is compared with is not.
        let condition = Condition::new(
            Operator::parse("StringEquals").unwrap(),
            "aws:RequestedRegion",
            ["${aws:PrincipalTag/team}"],
        );
        let request = request.with("aws:RequestedRegion", "us-east-1");
        assert_eq!(CompiledCondition::new(&condition, true).unwrap().decide(&request), Truth::Unknown);
    }

    #[test]
    fn broken_values_are_refused() {
        for (operator, value) in [
            ("Bool", "yes"),
            ("NumericEquals", "ten"),
            ("IpAddress", "10.0.0.0/33"),
            ("DateEquals", "soon"),
            ("Null", "maybe"),
        ] {
            let condition = Condition::new(Operator::parse(operator).unwrap(), "k", [value]);
            assert!(CompiledCondition::new(&condition, true).is_err(), "{operator} {value}");
        }
    }
}
