//! `*` and `?`.
//!
//! Purpose: the one place where wildcards are matched. Linear in practice: at most one backtrack point is kept.
//! Invariants: `*` is any run, also empty; `?` is exactly one character; everything else is itself.

/// Whether a pattern matches the whole text, case-sensitively.
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    matches(pattern.as_bytes(), text.as_bytes(), |left, right| left == right)
}

/// The same, with ASCII case folded.
#[must_use]
pub fn glob_folded(pattern: &str, text: &str) -> bool {
    matches(pattern.as_bytes(), text.as_bytes(), |left, right| left.eq_ignore_ascii_case(&right))
}

fn matches(pattern: &[u8], text: &[u8], same: impl Fn(u8, u8) -> bool) -> bool {
    let (mut at, mut position) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while position < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                retry = Some((at + 1, position));
                at += 1;
                continue;
            }
            Some(b'?') => {
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
        let Some((after_star, from)) = retry else { return false };
        let next = from + character_length(text, from);
        retry = Some((after_star, next));
        at = after_star;
        position = next;
    }
    pattern[at.min(pattern.len())..].iter().all(|&byte| byte == b'*')
}

fn character_length(text: &[u8], at: usize) -> usize {
    1 + text[(at + 1).min(text.len())..].iter().take_while(|&&byte| byte & 0b1100_0000 == 0b1000_0000).count()
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
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
        assert!(glob_folded("S3:get*", "s3:GetObject"));
    }

    #[test]
    fn no_exponential_blow_up() {
        let pattern = "*a".repeat(200);
        let text = "a".repeat(2000) + "b";
        assert!(!glob(&pattern, &text));
    }
}
