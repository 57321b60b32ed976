//! The ways in and out: file, text, value.

use std::fs::File;
use std::io::Read as _;
use std::path::Path as FilePath;

use serde_json::Value as Json;

use super::node::{Node, Quoted};
use super::parse::{self, DEPTH_MAX};
use super::report::{Findings, Path, Report};
use super::source::{Format, Source};
use super::{code, documents, encoding, resolve};
use crate::model::{LandingZone, Problem, Problems};

/// The largest file that is read, in bytes: 10,000 tenants, the most one organization is planned for, take about a sixth.
pub const FILE_SIZE_MAX: u64 = 32 << 20;

impl LandingZone {
    /// Reads a file; its suffix says the format: `.tfvars`, `.toml`, `.yaml`, `.yml` or `.json`.
    ///
    /// # Errors
    /// Every problem found, each with its place in the file. A file over [`FILE_SIZE_MAX`] is not read.
    pub fn load(path: impl AsRef<FilePath>) -> Result<Self, Problems> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let format = Format::of(path).ok_or_else(|| {
            Problem::error(
                code::FILE_FORMAT,
                "",
                format!("`{}` ends in no suffix that names a format", Quoted(&name)),
                "name it `.tfvars`, `.toml`, `.yaml`, `.yml` or `.json`",
            )
        })?;
        let bytes = read(path).map_err(|problem| in_file(problem, &name))?;
        let text = encoding::text(bytes, &name)?;
        Self::parse(&text, format, Some(&name))
    }

    /// Reads text; `file` is its name in messages.
    ///
    /// # Errors
    /// Every problem found, each with its place.
    pub fn parse(text: &str, format: Format, file: Option<&str>) -> Result<Self, Problems> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let source = Source::new(text, file);
        let mut report = Report::new(Some(&source));
        if text.len() as u64 > FILE_SIZE_MAX {
            return Err(too_large(text.len() as u64).into());
        }
        if text.trim().is_empty() {
            parse::empty_file(&mut report);
            return Err(Problems(report.into_findings().problems));
        }
        if let Some((at, message, hint)) = encoding::nul(text) {
            report.error(code::FILE_NOT_UTF8, Some(at), "", message, hint);
            return Err(Problems(report.into_findings().problems));
        }
        let root = parse::parse(text, format, &source, &mut report);
        let directory = file.and_then(|file| FilePath::new(file).parent()).unwrap_or(FilePath::new(""));
        finish(root, directory, report)
    }

    /// Reads a value built in code, of the same shape as the files.
    ///
    /// # Errors
    /// Every problem found; without places, since there is no file.
    pub fn from_value(value: &Json) -> Result<Self, Problems> {
        let mut report = Report::new(None);
        let root = Node::from_json(value, DEPTH_MAX);
        if root.is_none() {
            parse::too_deep(&mut report, None);
        }
        finish(root, FilePath::new(""), report)
    }

    /// The zone as a value, of the same shape as the files: what was written, without comments, policy documents written out.
    ///
    /// [`LandingZone::from_value`] makes the same zone of it.
    pub fn to_value(&self) -> Json {
        self.document.clone()
    }
}

fn finish(
    mut root: Option<Node>,
    directory: &FilePath,
    mut report: Report<'_>,
) -> Result<LandingZone, Problems> {
    if let Some(root) = &mut root {
        documents::write_out(root, directory, &mut report);
    }
    let zone = root.and_then(|root| resolve::zone(&root, &mut report));
    // What the parser has reported is an error too, though the rest may make a zone.
    let failed = report.has_errors();
    let Findings { problems, acknowledged } = report.into_findings();
    match zone {
        Some(zone) if !failed => Ok(LandingZone { warnings: problems, acknowledged, ..zone }),
        _ => Err(Problems(problems)),
    }
}

pub(super) fn read(path: &FilePath) -> Result<Vec<u8>, Problem> {
    let unreadable = |error: std::io::Error| {
        Problem::error(
            code::FILE_UNREADABLE,
            "",
            format!("the file cannot be read: {error}"),
            "check the path and that you may read it",
        )
    };
    let file = File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    if size > FILE_SIZE_MAX {
        return Err(too_large(size));
    }
    // What has no size of its own, such as a pipe, is cut off where it becomes too large.
    let mut bytes = Vec::new();
    file.take(FILE_SIZE_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_SIZE_MAX {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}

fn too_large(size: u64) -> Problem {
    Problem::error(
        code::FILE_TOO_LARGE,
        Path::Root.to_string(),
        format!("the file has `{size}` bytes; at most {FILE_SIZE_MAX} are read"),
        "a zone of 10,000 tenants is a sixth of that: check that this is the file you mean",
    )
}

fn in_file(mut problem: Problem, name: &str) -> Problem {
    problem.path = String::new();
    problem.at(Some(crate::model::Place { file: Some(name.to_owned()), line: 1, column: 1 }))
}
