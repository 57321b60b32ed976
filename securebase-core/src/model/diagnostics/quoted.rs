//! A text of a caller or of a file inside a message.

use std::fmt;

/// The longest text a message repeats, in characters.
const QUOTED_MAX: usize = 80;

/// A user's text inside a message: on one line, without control characters, cut where it is long.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_printable(self.0, QUOTED_MAX, f)
    }
}

/// A text as it may stand in a line: what does not print is escaped, and what is too long is cut.
pub(crate) fn printable(text: &str, longest: usize) -> String {
    let mut out = String::new();
    // A string takes whatever is written.
    write_printable(text, longest, &mut out).unwrap_or_default();
    out
}

fn write_printable(text: &str, longest: usize, out: &mut impl fmt::Write) -> fmt::Result {
    let mut rest = text.chars();
    for character in rest.by_ref().take(longest) {
        if character.is_control() || breaks_or_turns(character) {
            write!(out, "{}", character.escape_default())?;
        } else {
            out.write_char(character)?;
        }
    }
    if rest.next().is_some() { out.write_char('…') } else { Ok(()) }
}

/// Whether a character that is no control character breaks the line or turns the direction of what follows.
fn breaks_or_turns(character: char) -> bool {
    matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_print_is_escaped_and_what_is_long_is_cut() {
        for (text, expected) in [
            ("acme-finance", "acme-finance"),
            ("Zoë 東京", "Zoë 東京"),
            ("a\nb\u{1b}[31m", "a\\nb\\u{1b}[31m"),
            ("a\u{2028}\u{202e}b", "a\\u{2028}\\u{202e}b"),
        ] {
            assert_eq!(Quoted(text).to_string(), expected);
        }
        let long = Quoted(&"x".repeat(1_000_000)).to_string();
        assert_eq!(long, format!("{}…", "x".repeat(QUOTED_MAX)));
    }
}
