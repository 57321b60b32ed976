//! What a segment of a journal is made of, line by line.
//!
//! A line is a checksum, a space, JSON, a line break. The first line of a segment says its format; segments without such a
//! line are of format 1.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::entry::{Entry, FORMAT_VERSION, Fact};
use crate::state::Error;
use crate::time::Time;

/// The first line of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::state) struct Header {
    pub(in crate::state) format_version: u32,
    /// The fencing token of whoever writes the segment.
    #[serde(default)]
    pub(in crate::state) token: u64,
    #[serde(default)]
    pub(in crate::state) who: String,
}

/// The last line of a segment whose writer has lost the lease. Whatever stands after it was never written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::state) struct Seal {
    /// The fencing token of whoever took over.
    pub(in crate::state) token: u64,
    /// Whether the run had no plan yet at that moment: then it never was one.
    pub(in crate::state) void: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    Segment(Header),
    Entry(Entry),
    Sealed(Seal),
    /// The journal goes on in the next segment.
    Continued {},
}

/// As [`Line`], without taking what it writes.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LineRef<'a> {
    Segment(&'a Header),
    Entry(&'a Entry),
    Sealed(&'a Seal),
    Continued {},
}

fn checksum(text: &[u8]) -> [u8; 8] {
    let mut hex = [0; 8];
    // Eight hexadecimal digits are what four bytes take.
    hex::encode_to_slice(&Sha256::digest(text)[..4], &mut hex).unwrap_or_default();
    hex
}

/// Adds a line to the end of `text`.
pub(in crate::state) fn write(line: &impl Serialize, text: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    let start = text.len();
    text.extend_from_slice(b"00000000 ");
    serde_json::to_writer(&mut *text, line)?;
    let checksum = checksum(&text[start + 9..]);
    text[start..start + 8].copy_from_slice(&checksum);
    text.push(b'\n');
    Ok(())
}

impl LineRef<'_> {
    /// Adds the line to the end of `text`.
    pub(in crate::state) fn write(&self, text: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        write(self, text)
    }
}

/// The JSON of a line without its line break, or what is wrong with it.
pub(in crate::state) fn unwrap(line: &[u8]) -> Result<&[u8], String> {
    match line.split_at_checked(9) {
        Some((stated, json)) if stated[8] == b' ' => {
            if stated[..8] == checksum(json) {
                Ok(json)
            } else {
                Err("its checksum does not match".to_owned())
            }
        }
        _ => Err("it has no checksum".to_owned()),
    }
}

/// A line of format 2 without its line break, or what is wrong with it.
fn parse(line: &[u8]) -> Result<Line, String> {
    serde_json::from_slice(unwrap(line)?).map_err(|error| error.to_string())
}

/// A line of format 1: number, time and fact side by side in one object.
fn parse_v1(line: &[u8]) -> Result<Entry, String> {
    #[derive(Deserialize)]
    struct Place {
        seq: u64,
        at: Time,
    }
    let json = unwrap(line)?;
    let failed = |error: serde_json::Error| error.to_string();
    let Place { seq, at } = serde_json::from_slice(json).map_err(failed)?;
    let fact: super::v1::Fact = serde_json::from_slice(json).map_err(failed)?;
    Ok(Entry { seq, at, fact: fact.into() })
}

/// How a segment ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::state) enum Tail {
    /// Its writer may go on.
    Open,
    /// It may go on in the next segment.
    Continued,
    /// Nobody may go on.
    Sealed(Seal),
}

/// A segment, read.
#[derive(Debug)]
pub(in crate::state) struct SegmentText {
    pub(in crate::state) format_version: u32,
    pub(in crate::state) entries: Vec<Entry>,
    pub(in crate::state) tail: Tail,
}

/// What ends a line that was cut off: no line that was written to its end ends like this.
const CUT: &[u8] = b"~";

/// Whether these bytes can be what was left of a line whose writer died, perhaps with the beginning of a seal behind it. A
/// machine that lost its power may leave zeros where nothing came to lie.
fn is_torn(tail: &[u8]) -> bool {
    let end = tail.iter().rposition(|byte| *byte != 0).map_or(0, |end| end + 1);
    let tail = tail[..end].strip_suffix(CUT).unwrap_or(&tail[..end]);
    tail.iter().enumerate().all(|(index, byte)| match index {
        0..8 => byte.is_ascii_hexdigit(),
        8 => *byte == b' ',
        9 => *byte == b'{',
        _ => true,
    })
}

/// Whether a seal comes next: then the line before it may be one that was cut off.
fn is_seal_next<'a>(mut lines: impl Iterator<Item = &'a [u8]>) -> bool {
    lines.find(|line| !line.is_empty()).is_some_and(|line| matches!(parse(line), Ok(Line::Sealed(_))))
}

/// Reads a segment. A last line that was cut off is left out: what it announced never left.
pub(in crate::state) fn read(key: &str, bytes: &[u8]) -> Result<SegmentText, Error> {
    let complete = &bytes[..bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1)];
    let lines = || complete.split(|byte| *byte == b'\n');
    let mut text = SegmentText { format_version: 1, entries: Vec::new(), tail: Tail::Open };
    for (index, line) in lines().enumerate() {
        if line.is_empty() {
            continue;
        }
        let corrupt = |why| Error::Corrupt { key: key.to_owned(), line: index + 1, why };
        let parsed = match parse(line) {
            Err(_) if text.format_version == 1 => parse_v1(line).map(Line::Entry),
            parsed => parsed,
        };
        let parsed = match parsed {
            Ok(line) => line,
            // Nor is a seal ever written in one piece for certain: whoever comes next seals again.
            Err(_) if line.ends_with(CUT) || is_seal_next(lines().skip(index + 1)) => continue,
            Err(why) => return Err(corrupt(why)),
        };
        match parsed {
            Line::Segment(header) => {
                if header.format_version > FORMAT_VERSION {
                    return Err(Error::Version { key: key.to_owned(), found: header.format_version });
                }
                text.format_version = header.format_version;
            }
            Line::Entry(entry) => {
                if let Fact::Begun { format_version, .. } = &entry.fact
                    && *format_version > FORMAT_VERSION
                {
                    return Err(Error::Version { key: key.to_owned(), found: *format_version });
                }
                text.entries.push(entry);
            }
            Line::Sealed(seal) => {
                text.tail = Tail::Sealed(seal);
                break;
            }
            Line::Continued {} => {
                text.tail = Tail::Continued;
                break;
            }
        }
    }
    let torn = &bytes[complete.len()..];
    if text.tail == Tail::Open && !is_torn(torn) {
        let line = lines().count();
        let why = "it is not the beginning of a line of a journal".to_owned();
        return Err(Error::Corrupt { key: key.to_owned(), line, why });
    }
    Ok(text)
}

/// The lines that begin a segment.
pub(in crate::state) fn begin(header: &Header) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = Vec::new();
    LineRef::Segment(header).write(&mut text)?;
    Ok(text)
}

/// The line that ends a segment whose last line may have been cut off, and stays so.
pub(in crate::state) fn end(seal: &Seal) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = CUT.to_vec();
    text.push(b'\n');
    LineRef::Sealed(seal).write(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;

    fn entry(seq: u64) -> Entry {
        let fact = Fact::Intent { address: Address::new("tenant/a/vpc"), call: "ec2:CreateVpc".to_owned() };
        Entry { seq, at: Time::from_micros(17), fact }
    }

    fn segment() -> Vec<u8> {
        let mut text = begin(&Header { format_version: FORMAT_VERSION, token: 3, who: "me".into() }).unwrap();
        for seq in 1..=2 {
            LineRef::Entry(&entry(seq)).write(&mut text).unwrap();
        }
        text
    }

    #[test]
    fn a_segment_survives_the_round_trip() {
        let read = read("a", &segment()).unwrap();
        assert_eq!((read.format_version, read.tail), (FORMAT_VERSION, Tail::Open));
        assert_eq!(read.entries, [entry(1), entry(2)]);
    }

    #[test]
    fn a_changed_line_is_named_and_a_torn_last_line_left_out() {
        let whole = segment();
        let text = String::from_utf8(whole.clone()).unwrap().replacen("tenant/a", "tenant/b", 1);
        assert!(matches!(read("a", text.as_bytes()), Err(Error::Corrupt { line: 2, .. })));
        for cut in 1..whole.len() {
            let read = read("a", &whole[..cut]).unwrap();
            assert!(read.entries.len() <= 2 && read.tail == Tail::Open, "cut at {cut}");
        }
        assert_eq!(read("a", &whole[..whole.len() - 1]).unwrap().entries, [entry(1)]);
    }

    #[test]
    fn what_is_not_the_beginning_of_a_line_is_not_a_torn_one() {
        let whole = segment();
        for foreign in ["hello", "x", "1a2b3c4d", "1a2b3c4dx", "1a2b3c4d [", "{}"] {
            for text in [foreign.as_bytes().to_vec(), [whole.as_slice(), foreign.as_bytes()].concat()] {
                let is_beginning = foreign == "1a2b3c4d";
                assert_eq!(read("a", &text).is_ok(), is_beginning, "{foreign}");
            }
        }
        // What a loss of power leaves behind.
        let zeros = [whole.as_slice(), &[0; 100]].concat();
        assert_eq!(read("a", &zeros).unwrap().entries.len(), 2);
    }

    #[test]
    fn a_seal_that_was_cut_off_itself_leaves_the_segment_readable() {
        let whole = segment();
        for cut in [whole.len() - 3, whole.len()] {
            let entries = read("a", &whole[..cut]).unwrap().entries;
            let seal = end(&Seal { token: 4, void: false }).unwrap();
            for torn in 0..seal.len() {
                let mut text = whole[..cut].to_vec();
                text.extend_from_slice(&seal[..torn]);
                let found = read("a", &text).unwrap();
                assert_eq!((&found.entries, found.tail), (&entries, Tail::Open), "{cut}, {torn}");
                text.extend_from_slice(&end(&Seal { token: 5, void: false }).unwrap());
                let found = read("a", &text).unwrap();
                let sealed = Tail::Sealed(Seal { token: 5, void: false });
                assert_eq!((&found.entries, found.tail), (&entries, sealed), "{cut}, {torn}");
            }
        }
    }

    #[test]
    fn whatever_stands_after_a_seal_was_never_written() {
        let whole = segment();
        for cut in 0..=whole.len() {
            let seal = Seal { token: 4, void: false };
            let mut text = whole[..cut].to_vec();
            text.extend(end(&seal).unwrap());
            LineRef::Entry(&entry(9)).write(&mut text).unwrap();
            let sealed = read("a", &text).unwrap_or_else(|error| panic!("cut at {cut}: {error}"));
            assert_eq!(sealed.tail, Tail::Sealed(seal), "cut at {cut}");
            assert!(sealed.entries.iter().all(|entry| entry.seq < 9), "cut at {cut}");
        }
    }

    #[test]
    fn a_newer_format_is_named() {
        let header = Header { format_version: FORMAT_VERSION + 1, token: 1, who: "me".into() };
        let text = begin(&header).unwrap();
        assert!(matches!(read("a", &text), Err(Error::Version { found, .. }) if found == FORMAT_VERSION + 1));
    }
}
