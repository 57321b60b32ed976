//! Amazon Resource Names as patterns.
//!
//! Purpose: match resources and ARN-valued keys the way AWS does, segment by segment.
//! Invariants: an ARN is cut at its first five colons; a wildcard stays within its segment, except where a shortened
//! pattern ends in `*`, which then runs on over colons. Source: IAM User Guide, «Resource» element and ARN operators.

use super::condition::Truth;
use super::pattern::Glob;
use super::variable::Template;
use crate::model::Quoted;
use crate::policy::eval::request::Request;

/// How many segments an ARN has: `arn:partition:service:region:account:resource`.
pub(crate) const SEGMENTS: usize = 6;

/// Whether a text can stand under `Resource`: `*`, an ARN, or a shortened ARN that ends in a wildcard.
pub(crate) fn check_pattern(pattern: &str) -> Result<(), (String, &'static str)> {
    if pattern.bytes().all(|byte| byte == b'*') && !pattern.is_empty() {
        return Ok(());
    }
    if !pattern.starts_with("arn:") && !pattern.contains(['*', '?', '$']) {
        let hint = "write an ARN (`arn:aws:s3:::bucket/*`), or `*` for every resource";
        return Err((format!("invalid resource `{}`: expected an ARN", Quoted(pattern)), hint));
    }
    if pattern.splitn(SEGMENTS, ':').count() < SEGMENTS && !pattern.ends_with('*') {
        let hint = "write all six parts, or end the pattern in `*`";
        return Err((format!("`{pattern}` has fewer than six parts"), hint));
    }
    Ok(())
}

/// A pattern of `Resource`, made ready.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ResourcePattern {
    /// `*`.
    Any,
    /// All six parts; the sixth may hold variables.
    Whole(Box<[Glob; SEGMENTS - 1]>, Name),
    /// Fewer parts; the last one runs on over colons.
    Short(Vec<Glob>, Glob),
    /// What no resource matches.
    Nothing,
}

/// The sixth part of a pattern.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Name {
    Fixed(Glob),
    Variable(Template),
}

impl ResourcePattern {
    pub(crate) fn new(pattern: &str, variables: bool) -> Self {
        if pattern.bytes().all(|byte| byte == b'*') && !pattern.is_empty() {
            return Self::Any;
        }
        let parts: Vec<&str> = pattern.splitn(SEGMENTS, ':').collect();
        let Some((last, head)) = parts.split_last() else { return Self::Nothing };
        let head: Vec<Glob> = head.iter().map(|part| Glob::new(part)).collect();
        match <[Glob; SEGMENTS - 1]>::try_from(head) {
            Ok(head) => {
                let template = Template::new(last, variables);
                let name = match template.pattern(|_| None).filter(|_| template.is_fixed()) {
                    Some(pattern) => Name::Fixed(pattern.build()),
                    None => Name::Variable(template),
                };
                Self::Whole(Box::new(head), name)
            }
            Err(head) if last.ends_with('*') => Self::Short(head, Glob::new(last)),
            Err(_) => Self::Nothing,
        }
    }

    /// Whether the request's resource matches; a variable that is not known leaves it open.
    pub(crate) fn decide(&self, request: &Request) -> Truth {
        match self {
            Self::Any => Truth::True,
            Self::Nothing => Truth::False,
            Self::Short(head, last) => {
                let mut rest = request.resource();
                for part in head {
                    let Some((segment, tail)) = rest.split_once(':') else { return Truth::False };
                    if !part.matches_folded(segment) {
                        return Truth::False;
                    }
                    rest = tail;
                }
                Truth::of(last.matches(rest))
            }
            Self::Whole(head, name) => {
                let mut segments = request.resource().splitn(SEGMENTS, ':');
                let fits = head
                    .iter()
                    .all(|part| segments.next().is_some_and(|segment| part.matches_folded(segment)));
                let Some(found) = segments.next().filter(|_| fits) else { return Truth::False };
                match name {
                    Name::Fixed(glob) => Truth::of(glob.matches(found)),
                    Name::Variable(template) if template.keys().any(|key| request.is_unknown(key)) => {
                        Truth::Unknown
                    }
                    Name::Variable(template) => {
                        let pattern = template.pattern(|key| request.single(key));
                        Truth::of(pattern.is_some_and(|pattern| pattern.build().matches(found)))
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_and_wildcards() {
        for (pattern, resource, expected) in [
            ("*", "*", true),
            ("arn:aws:s3:::b/*", "*", false),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/k:1/x", true),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::B/k", false),
            ("arn:AWS:s3:::b", "arn:aws:S3:::b", true),
            ("arn:aws:*:role/x", "arn:aws:iam::1:role/x", false),
            ("arn:*:ec2:*:*:instance/*", "arn:aws:ec2:us-east-1:1:instance/i-1", true),
            ("arn:*:ec2:*:*:instance/*", "arn:aws:ec2:us-east-1:1:volume/v-1", false),
            ("arn:aws:s3*", "arn:aws:s3:::b/k", true),
            ("arn:aws:s3*", "arn:aws:s3express:r:1:b", true),
            ("arn:aws:ec2:us-*", "arn:aws:ec2:us-east-1:1:vpc/v", true),
            ("arn:aws:ec2:us-*", "arn:aws:ec2:eu-west-1:1:vpc/v", false),
            ("arn:aws:logs:*:*:log-group:/a/*", "arn:aws:logs:r:1:log-group:/a/b:*", true),
            ("arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::jo/k", true),
            ("arn:aws:s3:::${aws:PrincipalTag/x}/*", "arn:aws:s3:::jo/k", false),
            ("arn:aws:s3:::b${*}", "arn:aws:s3:::b*", true),
            ("arn:aws:s3:::b${*}", "arn:aws:s3:::bc", false),
        ] {
            let request =
                Request::new("a:B", resource, "arn:aws:iam::1:user/jo", "1").with("aws:username", "jo");
            assert_eq!(
                ResourcePattern::new(pattern, true).decide(&request),
                Truth::of(expected),
                "{pattern} {resource}"
            );
        }
    }

    #[test]
    fn a_variable_that_may_have_any_value_leaves_the_resource_open() {
        let own = ResourcePattern::new("arn:aws:s3:::${aws:PrincipalTag/team}/*", true);
        let about = |resource: &str| Request::new("a:B", resource, "arn:aws:iam::1:user/jo", "1");
        assert_eq!(own.decide(&about("arn:aws:s3:::red/k").partial()), Truth::Unknown);
        assert_eq!(own.decide(&about("arn:aws:sqs:::red/k").partial()), Truth::False, "whatever the team is");
        let red = |resource: &str| about(resource).with("aws:PrincipalTag/team", "red").partial();
        assert_eq!(own.decide(&red("arn:aws:s3:::red/k")), Truth::True);
        assert_eq!(own.decide(&red("arn:aws:s3:::blue/k")), Truth::False);
    }
}
