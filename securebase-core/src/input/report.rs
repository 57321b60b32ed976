//! Collecting findings: all of them, errors first, each kind in the order of the document.

use std::fmt;

use super::source::Source;
use crate::model::{Problem, Severity};

/// Where in the document, built up on the way down and written out only when there is something to say.
#[derive(Debug, Clone, Copy)]
pub(super) enum Path<'a> {
    Root,
    /// An attribute whose name the format fixes.
    Attribute(&'a Path<'a>, &'a str),
    /// A key the user chose.
    Key(&'a Path<'a>, &'a str),
    /// A position in a list, from 0.
    Index(&'a Path<'a>, usize),
}

/// The attributes whose value is a map with keys of the user's choice.
const CHOSEN: [&str; 6] = ["clients", "tiers", "links", "tags", "limits", "per_tier"];

impl<'a> Path<'a> {
    /// What stands under `name` here.
    pub(super) fn child(&'a self, name: &'a str) -> Path<'a> {
        match self {
            Self::Attribute(_, attribute) if CHOSEN.contains(attribute) => Path::Key(self, name),
            _ => Path::Attribute(self, name),
        }
    }

    fn is_root(&self) -> bool {
        matches!(self, Self::Root)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Attribute(parent, name) if parent.is_root() => f.write_str(name),
            Self::Attribute(parent, name) => write!(f, "{parent}.{name}"),
            Self::Key(parent, key) if parent.is_root() => write!(f, "{key:?}"),
            Self::Key(parent, key) => write!(f, "{parent}.{key:?}"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// The findings so far.
#[derive(Debug)]
pub(super) struct Report<'a> {
    source: Option<&'a Source<'a>>,
    found: Vec<(Option<usize>, Problem)>,
    /// The codes of the warnings that the document acknowledges.
    acknowledged: Vec<&'static str>,
}

/// What was found.
pub(super) struct Findings {
    /// Errors, then the warnings that nothing acknowledges.
    pub(super) problems: Vec<Problem>,
    /// The warnings that the document acknowledges.
    pub(super) acknowledged: Vec<Problem>,
}

impl<'a> Report<'a> {
    pub(super) fn new(source: Option<&'a Source<'a>>) -> Self {
        Self { source, found: Vec::new(), acknowledged: Vec::new() }
    }

    pub(super) fn error(
        &mut self,
        code: &'static str,
        at: Option<usize>,
        path: impl fmt::Display,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.found.push((at, Problem::error(code, path.to_string(), message, hint)));
    }

    pub(super) fn warning(
        &mut self,
        code: &'static str,
        at: Option<usize>,
        path: impl fmt::Display,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.found.push((at, Problem::warning(code, path.to_string(), message, hint)));
    }

    /// Sets warnings of that code apart.
    pub(super) fn acknowledge(&mut self, code: &'static str) {
        self.acknowledged.push(code);
    }

    /// A finding made elsewhere, with the place it is about.
    pub(super) fn adopt(&mut self, problem: Problem, at: Option<usize>) {
        self.found.push((at, problem));
    }

    pub(super) fn has_errors(&self) -> bool {
        self.found.iter().any(|(_, problem)| problem.severity == Severity::Error)
    }

    /// ` (line 12)` for a message that names a second place; nothing for input from code.
    pub(super) fn line_of(&self, at: Option<usize>) -> String {
        match (self.source, at) {
            (Some(source), Some(at)) => format!(" (line {})", source.line(at)),
            _ => String::new(),
        }
    }

    /// The findings with their places: errors, then warnings, each in the order of the document; those without a place come
    /// first among their kind. The warnings that the document acknowledges stand apart.
    pub(super) fn into_findings(mut self) -> Findings {
        self.found.sort_by_key(|(at, _)| *at);
        let places = self.source.map(|source| source.places(self.found.iter().filter_map(|(at, _)| *at)));
        let mut places = places.into_iter().flatten();
        let placed = self
            .found
            .into_iter()
            .map(|(at, found)| if at.is_some() { found.at(places.next()) } else { found });
        let (acknowledged, mut problems): (Vec<Problem>, Vec<Problem>) =
            placed.partition(|found| !found.is_error() && self.acknowledged.contains(&found.code.as_str()));
        problems.sort_by_key(|problem| problem.severity);
        Findings { problems, acknowledged }
    }
}

/// A parser's message without line breaks.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_quote_what_the_user_chose() {
        let clients = Path::Attribute(&Path::Root, "clients");
        let tenant = Path::Key(&clients, "acme-finance");
        assert_eq!(
            Path::Attribute(&tenant, "contact_email").to_string(),
            "clients.\"acme-finance\".contact_email"
        );
        let cidrs = Path::Attribute(&Path::Root, "cidrs");
        assert_eq!(Path::Index(&cidrs, 2).to_string(), "cidrs[2]");
    }
}
