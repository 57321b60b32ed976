//! The text of a file, and where in it a byte stands.

use std::path::Path;

use crate::model::Place;

/// The formats a landing zone may be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Terraform variable definitions: HCL that holds literal values only.
    Tfvars,
    /// TOML.
    Toml,
    /// YAML 1.2.
    Yaml,
    /// JSON.
    Json,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 4] = [Format::Tfvars, Format::Toml, Format::Yaml, Format::Json];

    /// The format a file name promises by its suffix, `None` where it promises none of ours.
    pub fn of(path: &Path) -> Option<Self> {
        let suffix = path.extension()?.to_str()?.to_ascii_lowercase();
        match suffix.as_str() {
            "tfvars" | "hcl" => Some(Self::Tfvars),
            "toml" => Some(Self::Toml),
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// The name people use for it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Tfvars => "tfvars",
            Self::Toml => "TOML",
            Self::Yaml => "YAML",
            Self::Json => "JSON",
        }
    }
}

/// Text with the starts of its lines.
#[derive(Debug)]
pub(super) struct Source<'a> {
    text: &'a str,
    file: Option<&'a str>,
    line_starts: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a str, file: Option<&'a str>) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, file, line_starts: std::iter::once(0).chain(ends).collect() }
    }

    /// The line a byte stands in, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at)
    }

    /// The byte at which a character of a line begins; both count from 1.
    pub(super) fn offset(&self, line: usize, column: usize) -> usize {
        let start = self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let rest = self.text.get(start..).unwrap_or_default();
        start + rest.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum::<usize>()
    }

    /// The places of bytes that are in ascending order, in one pass: a file of one long line stays linear.
    pub(super) fn places(&self, ascending: impl Iterator<Item = usize>) -> Vec<Place> {
        let (mut line_start, mut counted, mut column) = (0, 0, 1);
        ascending
            .map(|at| {
                let at = at.min(self.text.len());
                let line = self.line(at);
                let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
                if start != line_start || at < counted {
                    (line_start, counted, column) = (start, start, 1);
                }
                let between = self.text.as_bytes().get(counted..at).unwrap_or_default();
                // A character begins at every byte that is not a continuation byte.
                column += between.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
                counted = at;
                Place { file: self.file.map(str::to_owned), line, column }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_newlines() {
        let source = Source::new("ab\r\nzoë = 1\n", Some("f"));
        let places = source.places([0, 1, 4, 9, 12].into_iter());
        let seen: Vec<_> = places.iter().map(|place| (place.line, place.column)).collect();
        assert_eq!(seen, [(1, 1), (1, 2), (2, 1), (2, 5), (2, 8)]);
        assert_eq!(source.offset(2, 5), 9);
        assert_eq!(source.offset(9, 9), source.text.len());
    }
}
