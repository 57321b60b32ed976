//! What was opened and never closed: where a grammar that backtracks can only say «somewhere».

/// The first thing in HCL text that is not closed, or closed by the wrong bracket: its place and what to say.
pub(super) fn find(text: &str) -> Option<(usize, String)> {
    let bytes = text.as_bytes();
    let mut open: Vec<(u8, usize)> = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let line = || rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        at += match byte {
            b'#' => line(),
            b'/' if rest.starts_with(b"//") => line(),
            b'/' if rest.starts_with(b"/*") => match text[at..].find("*/") {
                Some(end) => end + 2,
                None => return Some((at, "the comment that begins here is not closed".to_owned())),
            },
            b'"' => match string_length(rest) {
                Some(length) => length,
                None => {
                    return Some((at, "the string that begins here is not closed on its line".to_owned()));
                }
            },
            b'<' if rest.starts_with(b"<<") => heredoc_length(&text[at..]),
            b'{' | b'[' | b'(' => {
                open.push((*byte, at));
                1
            }
            b'}' | b']' | b')' => {
                let closes = open.pop().map(|(bracket, _)| bracket);
                let right = match byte {
                    b'}' => b'{',
                    b']' => b'[',
                    _ => b'(',
                };
                if closes != Some(right) {
                    let bracket = char::from(*byte);
                    return Some((
                        at,
                        format!("the `{bracket}` here closes nothing that was opened with its partner"),
                    ));
                }
                1
            }
            _ => 1,
        };
    }
    let (bracket, at) = open.pop()?;
    Some((at, format!("the `{}` that begins here is not closed", char::from(bracket))))
}

/// The bytes of a string with its quotes; `None` where its line ends first.
fn string_length(rest: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match rest.get(at)? {
            b'"' => return Some(at + 1),
            b'\n' => return None,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// The bytes of a heredoc up to its delimiter; of its opening only, where there is none.
fn heredoc_length(rest: &str) -> usize {
    let mut lines = rest.split_inclusive('\n');
    let Some(first) = lines.next() else { return 2 };
    let delimiter = first.trim_start_matches(['<', '-']).trim();
    let mut length = first.len();
    for line in lines {
        length += line.len();
        if line.trim() == delimiter {
            return length;
        }
    }
    2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_at_what_was_opened() {
        let cases = [
            ("a = {\n  b = \"x\n}\n", Some(12)),
            ("a = {\n  b = {\n    c = 1\n}\n", Some(4)),
            ("a = [1, 2\n}\n", Some(10)),
            ("# {\n/* [ */ a = \"{\" // (\n", None),
            ("/* x", Some(0)),
            ("a = <<E\n{ \"\nE\n", None),
            ("a = \"\\\"{\"", None),
            ("a = \"\\", Some(4)),
        ];
        for (text, at) in cases {
            assert_eq!(find(text).map(|(at, _)| at), at, "{text:?}");
        }
    }
}
