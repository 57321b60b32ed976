//! `*` and `?`.
//!
//! Purpose: the one place where wildcards are matched. Linear in practice: at most one backtrack point is kept.
//! Invariants: `*` is any run, also empty; `?` is exactly one character; everything else is itself. Text that was put
//! in for a policy variable is literal, whatever characters it has.

/// Whether a pattern matches the whole text, case-sensitively.
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    matches(pattern.as_bytes(), text.as_bytes(), b'*', b'?', |left, right| left == right)
}

/// The same, with ASCII case folded.
#[must_use]
pub fn glob_folded(pattern: &str, text: &str) -> bool {
    matches(pattern.as_bytes(), text.as_bytes(), b'*', b'?', |left, right| left.eq_ignore_ascii_case(&right))
}

/// Stands for `*` in a [`Glob`]; UTF-8 has no such byte, so literal stars need no escape.
const RUN: u8 = 0xff;
/// Stands for `?`.
const ONE: u8 = 0xfe;

/// A pattern made ready: wildcards apart from literal text, frequent shapes recognised.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Glob {
    Any,
    Exact(Box<str>),
    Prefix(Box<str>),
    General(Box<[u8]>),
}

impl Glob {
    pub(crate) fn new(pattern: &str) -> Self {
        let mut builder = GlobBuilder::default();
        builder.pattern(pattern);
        builder.build()
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => **exact == *text,
            Self::Prefix(prefix) => text.starts_with(&**prefix),
            Self::General(pattern) => {
                matches(pattern, text.as_bytes(), RUN, ONE, |left, right| left == right)
            }
        }
    }

    /// ASCII case folded; for the few places where that is the rule.
    pub(crate) fn matches_folded(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => exact.eq_ignore_ascii_case(text),
            Self::Prefix(prefix) => text
                .as_bytes()
                .get(..prefix.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes())),
            Self::General(pattern) => {
                matches(pattern, text.as_bytes(), RUN, ONE, |left, right| left.eq_ignore_ascii_case(&right))
            }
        }
    }
}

/// Puts a [`Glob`] together from pattern text and literal text.
#[derive(Debug, Default, Clone)]
pub(crate) struct GlobBuilder {
    bytes: Vec<u8>,
}

impl GlobBuilder {
    /// Text in which `*` and `?` are wildcards.
    pub(crate) fn pattern(&mut self, text: &str) {
        self.bytes.extend(text.bytes().map(|byte| match byte {
            b'*' => RUN,
            b'?' => ONE,
            other => other,
        }));
    }

    /// Text that means itself.
    pub(crate) fn literal(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub(crate) fn build(self) -> Glob {
        Self::shape(self.bytes)
    }

    /// The six parts of an ARN pattern, cut at its first five colons; `None` where there are fewer.
    pub(crate) fn build_arn(self) -> Option<[Glob; super::arn::SEGMENTS]> {
        let parts: Vec<Glob> = self
            .bytes
            .splitn(super::arn::SEGMENTS, |&byte| byte == b':')
            .map(|part| Self::shape(part.to_vec()))
            .collect();
        parts.try_into().ok()
    }

    fn shape(bytes: Vec<u8>) -> Glob {
        let wild = bytes.iter().position(|&byte| byte == RUN || byte == ONE);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap_or_default().into_boxed_str();
        match wild {
            None => Glob::Exact(text(bytes)),
            Some(0) if bytes == [RUN] => Glob::Any,
            Some(at) if at + 1 == bytes.len() && bytes[at] == RUN => Glob::Prefix(text(bytes[..at].to_vec())),
            Some(_) => Glob::General(bytes.into_boxed_slice()),
        }
    }
}

fn matches(pattern: &[u8], text: &[u8], run: u8, one: u8, same: impl Fn(u8, u8) -> bool) -> bool {
    let (mut at, mut position) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while position < text.len() {
        match pattern.get(at) {
            Some(&byte) if byte == run => {
                at += 1;
                retry = Some((at, position));
                continue;
            }
            Some(&byte) if byte == one => {
                // One character, not one byte: step over continuation bytes.
                position += character_length(text, position);
                at += 1;
                continue;
            }
            Some(&byte) if same(byte, text[position]) => {
                position += 1;
                at += 1;
                continue;
            }
            _ => {}
        }
        let Some((after_run, from)) = retry else { return false };
        let next = from + character_length(text, from);
        retry = Some((after_run, next));
        at = after_run;
        position = next;
    }
    pattern[at.min(pattern.len())..].iter().all(|&byte| byte == run)
}

fn character_length(text: &[u8], at: usize) -> usize {
    let rest = text.get(at + 1..).unwrap_or_default();
    1 + rest.iter().take_while(|&&byte| byte & 0b1100_0000 == 0b1000_0000).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("?", "", false),
            ("a*c", "abbbc", true),
            ("a*c", "abbb", false),
            ("*a*b*", "xxaxxbxx", true),
            ("a?c", "abc", true),
            ("a?c", "aäc", true),
            ("a??c", "aäc", false),
            ("*ab", "aaab", true),
            ("*?b", "b", false),
            ("**", "anything", true),
            ("aB", "ab", false),
            ("ab*", "ab", true),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
            assert_eq!(Glob::new(pattern).matches(text), expected, "{pattern} {text}");
        }
        assert!(glob_folded("S3:get*", "s3:GetObject"));
        assert!(Glob::new("S3:get*").matches_folded("s3:GetObject"));
    }

    #[test]
    fn literal_text_is_no_pattern() {
        let mut builder = GlobBuilder::default();
        builder.literal("a*?");
        builder.pattern("/*");
        let glob = builder.build();
        assert!(glob.matches("a*?/x"));
        assert!(!glob.matches("abc/x"));
    }

    #[test]
    fn no_exponential_blow_up() {
        let pattern = "*a".repeat(200);
        let text = "a".repeat(2000) + "b";
        assert!(!glob(&pattern, &text));
    }
}
