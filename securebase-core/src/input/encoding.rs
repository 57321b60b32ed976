//! From the bytes of a file to its text: UTF-8, or an error that names the encoding found.

use super::code;
use super::source::Source;
use crate::model::Problem;

/// The text of the file `name`.
///
/// # Errors
/// `file-not-utf8`, with the place where text in UTF-8 ends.
pub(super) fn text(bytes: Vec<u8>, name: &str) -> Result<String, Problem> {
    if let Some(encoding) = wide(&bytes) {
        return Err(not_utf8("", name, wide_message(encoding), encoding.name));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let good = String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default());
        let byte = error.as_bytes().get(valid).copied().unwrap_or_default();
        // The encodings of one byte a character cannot be told apart: these two differ in the bytes below 0xA0 alone.
        let (encoding, meant) = match byte {
            0xA0.. => ("ISO-8859-1", format!("; in Latin-1 it is `{}`", char::from(byte))),
            _ => ("WINDOWS-1252", "; the file may be in Windows-1252".to_owned()),
        };
        let message = format!("the byte `0x{byte:02X}` here is not part of any UTF-8 text{meant}");
        not_utf8(&good, name, message, encoding)
    })
}

/// What is wrong with text that holds a NUL, the place of the first, and how to correct it.
pub(super) fn nul(text: &str) -> Option<(usize, String, String)> {
    let at = text.find('\0')?;
    // ASCII in an encoding of more bytes is UTF-8 too, with a NUL beside every letter.
    Some(match wide(text.as_bytes()) {
        Some(encoding) => (0, wide_message(encoding), hint(encoding.name)),
        None => {
            let message = "a NUL stands here, which no text holds".to_owned();
            (at, message, "remove it, or check that the file is text".to_owned())
        }
    })
}

fn wide_message(encoding: &Wide) -> String {
    format!("invalid encoding `{}`: expected UTF-8", encoding.name)
}

fn hint(encoding: &str) -> String {
    format!(
        "save the file as UTF-8: choose it as the encoding in the editor, or run `iconv -f {encoding} -t UTF-8`"
    )
}

fn not_utf8(good: &str, name: &str, message: String, encoding: &str) -> Problem {
    let place = Source::new(good, Some(name)).places(std::iter::once(good.len())).pop();
    Problem::error(code::FILE_NOT_UTF8, "", message, hint(encoding)).at(place)
}

/// An encoding of two or four bytes a character.
#[derive(Debug, PartialEq, Eq)]
struct Wide {
    name: &'static str,
    mark: &'static [u8],
    /// Which bytes of four are zero in text of ASCII.
    zeros: [bool; 4],
}

/// The longer marks first: that of UTF-32 begins like that of UTF-16.
const WIDE: [Wide; 4] = [
    Wide { name: "UTF-32LE", mark: &[0xFF, 0xFE, 0, 0], zeros: [false, true, true, true] },
    Wide { name: "UTF-32BE", mark: &[0, 0, 0xFE, 0xFF], zeros: [true, true, true, false] },
    Wide { name: "UTF-16LE", mark: &[0xFF, 0xFE], zeros: [false, true, false, true] },
    Wide { name: "UTF-16BE", mark: &[0xFE, 0xFF], zeros: [true, false, true, false] },
];

/// How much of a file is looked at for an encoding without a mark.
const SAMPLE: usize = 4_096;

/// The encoding of text that is not of single bytes: by its mark, or by where most of the zero bytes of its ASCII stand.
fn wide(bytes: &[u8]) -> Option<&'static Wide> {
    if let Some(marked) = WIDE.iter().find(|wide| bytes.starts_with(wide.mark)) {
        return Some(marked);
    }
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
    let mut counts = [0; 4];
    for (n, _) in sample.iter().enumerate().filter(|(_, byte)| **byte == 0) {
        counts[n % 4] += 1;
    }
    // Letters outside ASCII have another byte there, so half of the places is enough.
    let mostly = counts.map(|count| count > 0 && count * 8 >= sample.len());
    WIDE.iter().find(|wide| wide.zeros == mostly)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_named_with_and_without_its_mark() {
        let text = "org_name = \"Zürich\"\n";
        let of = |wide: &Wide, marked: bool| -> Vec<u8> {
            let mut bytes = if marked { wide.mark.to_vec() } else { Vec::new() };
            for c in text.chars() {
                match wide.name {
                    "UTF-32LE" => bytes.extend(u32::from(c).to_le_bytes()),
                    "UTF-32BE" => bytes.extend(u32::from(c).to_be_bytes()),
                    "UTF-16LE" => bytes.extend(c.encode_utf16(&mut [0; 2])[0].to_le_bytes()),
                    _ => bytes.extend(c.encode_utf16(&mut [0; 2])[0].to_be_bytes()),
                }
            }
            bytes
        };
        for wide in &WIDE {
            for marked in [true, false] {
                let problem = super::text(of(wide, marked), "zone.tfvars").unwrap_err();
                assert_eq!(problem.message, format!("invalid encoding `{}`: expected UTF-8", wide.name));
                assert!(problem.hint.contains(&format!("iconv -f {}", wide.name)), "{}", problem.hint);
            }
        }
        assert_eq!(super::text(text.as_bytes().to_vec(), "zone.tfvars").unwrap(), text);
    }

    #[test]
    fn a_byte_of_latin_1_is_shown_as_what_it_means() {
        let problem = text(b"# Z\xFCrich\n".to_vec(), "zone.tfvars").unwrap_err();
        assert!(problem.message.ends_with("in Latin-1 it is `ü`"), "{}", problem.message);
        assert_eq!(problem.place.map(|place| (place.line, place.column)), Some((1, 4)));
    }
}
