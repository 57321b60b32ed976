//! Policy variables: `${key}`, `${key, 'default'}` and the literals `${*}`, `${?}`, `${$}`.
//!
//! Purpose: cut a value into text and variables once, and put a request's values in later.
//! Invariants: what is put in is literal; a variable without value and default makes the whole value unusable, and what
//! that means is the caller's (source: IAM User Guide, «Policy variables»).

use super::pattern::GlobBuilder;

/// A value of a policy, cut up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// `*`, `?` or `$`, meant literally.
    Literal(&'static str),
    /// Folded key and default.
    Variable(String, Option<String>),
}

impl Template {
    /// Cuts a value. Without variables in force (an old version, another operator) everything is text.
    pub(crate) fn new(value: &str, variables: bool) -> Self {
        let mut parts = Vec::new();
        let mut rest = value;
        while let Some(start) = rest.find("${").filter(|_| variables) {
            let (before, after) = rest.split_at(start);
            let Some((part, tail)) = variable(&after[2..]) else { break };
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(part);
            rest = tail;
        }
        if !rest.is_empty() || parts.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Self { parts }
    }

    /// Whether the same for every request.
    pub(crate) fn is_fixed(&self) -> bool {
        !self.parts.iter().any(|part| matches!(part, Part::Variable(..)))
    }

    /// The folded keys that it takes values from.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(key, _) => Some(key.as_str()),
            _ => None,
        })
    }

    /// Its variables: the folded key of each, and whether it has a default.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, bool)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(key, default) => Some((key.as_str(), default.is_some())),
            _ => None,
        })
    }

    /// The pattern with a request's values in it; `None` where a variable has neither value nor default.
    pub(crate) fn pattern<'a>(&self, value_of: impl Fn(&str) -> Option<&'a str>) -> Option<GlobBuilder> {
        let mut builder = GlobBuilder::default();
        for part in &self.parts {
            match part {
                Part::Text(text) => builder.pattern(text),
                Part::Literal(text) => builder.literal(text),
                Part::Variable(key, default) => builder.literal(value_of(key).or(default.as_deref())?),
            }
        }
        Some(builder)
    }

    /// The plain text with a request's values in it.
    pub(crate) fn text<'a>(&self, value_of: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
        let mut whole = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => whole.push_str(text),
                Part::Literal(text) => whole.push_str(text),
                Part::Variable(key, default) => whole.push_str(value_of(key).or(default.as_deref())?),
            }
        }
        Some(whole)
    }
}

/// A variable after its `${`, and what follows it. `None` where it is not closed.
fn variable(text: &str) -> Option<(Part, &str)> {
    for (written, literal) in [("*}", "*"), ("?}", "?"), ("$}", "$")] {
        if let Some(tail) = text.strip_prefix(written) {
            return Some((Part::Literal(literal), tail));
        }
    }
    let end = text.find(['}', ','])?;
    let key = text.get(..end)?.to_ascii_lowercase();
    let rest = text.get(end..)?;
    if let Some(tail) = rest.strip_prefix('}') {
        return Some((Part::Variable(key, None), tail));
    }
    let quoted = rest.strip_prefix(',')?.trim_start().strip_prefix('\'')?;
    let (default, tail) = quoted.split_once('\'')?;
    let tail = tail.trim_start().strip_prefix('}')?;
    Some((Part::Variable(key, Some(default.to_owned())), tail))
}

/// What is wrong with the variables of a value, if anything.
pub(crate) fn defect(value: &str) -> Option<&'static str> {
    let mut rest = value;
    while let Some(start) = rest.find("${") {
        let after = &rest[start + 2..];
        let Some((part, tail)) = variable(after) else {
            return Some(if after.contains('}') {
                "its default needs single quotes"
            } else {
                "its brace is not closed"
            });
        };
        if let Part::Variable(key, _) = &part {
            if key.is_empty() {
                return Some("it names no key");
            }
            if key.contains(char::is_whitespace) {
                return Some("a space stands in it");
            }
        }
        rest = tail;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(value: &str) -> Option<String> {
        Template::new(value, true).text(|key| (key == "aws:username").then_some("jo*"))
    }

    #[test]
    fn values_and_defaults() {
        assert_eq!(filled("home/${aws:UserName}/x").as_deref(), Some("home/jo*/x"));
        assert_eq!(filled("${aws:PrincipalTag/team, 'none, or }'}!").as_deref(), Some("none, or }!"));
        assert_eq!(filled("${aws:PrincipalTag/team}"), None);
        assert_eq!(filled("${*}${?}${$}{x}").as_deref(), Some("*?${x}"));
        assert_eq!(filled("open ${aws:username").as_deref(), Some("open ${aws:username"));
        assert_eq!(
            Template::new("${aws:username}", false).text(|_| None).as_deref(),
            Some("${aws:username}")
        );
    }

    #[test]
    fn what_is_put_in_is_literal() {
        let glob = Template::new("${aws:username}/*", true).pattern(|_| Some("jo*")).unwrap().build();
        assert!(glob.matches("jo*/file"));
        assert!(!glob.matches("joe/file"));
    }

    #[test]
    fn defects() {
        assert_eq!(defect("${aws:username}${a,'b'}${*}"), None);
        for value in ["${a", "${a, b}", "${a b}", "${}"] {
            assert!(defect(value).is_some(), "{value}");
        }
    }
}
