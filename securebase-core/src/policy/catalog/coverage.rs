//! Which controls of a framework are served, by what, and which are not.
//!
//! Purpose: a report for one framework at a time, so that a tenant sees its own and no other. A control that a guardrail
//! serves is prevented from being undone; that does not make it complete, so what else is needed stands beside it.
//! Data: the catalogue, and `data/guardrails/coverage.toml`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::Catalogue;
use super::set::SetName;
use crate::policy::error::Error;
use crate::table::{Column, Error as TableError, Table};

/// How a control is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Coverage {
    /// Guardrails prevent its violation or its undoing.
    Preventive,
    /// The landing zone sets it up; no guardrail keeps it.
    Provisioned,
    /// A violation can only be found out.
    Detective,
    /// Nobody here serves it.
    Open,
}

impl Coverage {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Preventive => "preventive",
            Self::Provisioned => "provisioned",
            Self::Detective => "detective",
            Self::Open => "open",
        }
    }
}

/// One control of a framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlCoverage {
    /// The control's id in its framework.
    pub control: String,
    /// How it is met, at best.
    pub coverage: Coverage,
    /// Ids of the tier's guardrails that serve it.
    pub guardrails: Vec<String>,
    /// Ids of guardrails of the catalogue that serve it and are not in the tier's set.
    pub available: Vec<String>,
    /// What else it needs or is met by.
    pub note: String,
}

/// A framework's report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageReport {
    /// The framework.
    pub framework: SetName,
    /// Its name for people.
    pub title: String,
    /// Its controls in order of id.
    pub controls: Vec<ControlCoverage>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Beside {
    #[serde(default)]
    provisioned: BTreeMap<String, String>,
    #[serde(default)]
    detective: BTreeMap<String, String>,
    #[serde(default)]
    open: BTreeMap<String, String>,
}

static BESIDE: LazyLock<Result<BTreeMap<SetName, Beside>, String>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../data/guardrails/coverage.toml")).map_err(|error| error.to_string())
});

/// The report of one framework. The baseline belongs to none and has no controls to report on.
///
/// # Errors
/// [`Error::Catalogue`], which the crate's tests exclude.
pub fn coverage(framework: SetName) -> Result<CoverageReport, Error> {
    let catalogue = Catalogue::shipped()?;
    let beside = BESIDE.as_ref().map_err(|error| Error::Catalogue(format!("coverage.toml: {error}")))?;
    let (set, own) = catalogue.for_framework(framework)?;
    let title = set.title.as_str();
    let mut rows: BTreeMap<String, ControlCoverage> = BTreeMap::new();
    for guardrail in catalogue.guardrails() {
        for control in
            guardrail.controls.of(framework).iter().filter_map(|control| current(framework, control))
        {
            let row = row(&mut rows, control);
            if own.iter().any(|one| one.id == guardrail.id) {
                row.coverage = Coverage::Preventive;
                row.guardrails.push(guardrail.id.clone());
            } else {
                row.available.push(guardrail.id.clone());
            }
        }
    }
    if let Some(Beside { provisioned, detective, open }) = beside.get(&framework) {
        for (list, coverage) in
            [(provisioned, Coverage::Provisioned), (detective, Coverage::Detective), (open, Coverage::Open)]
        {
            for (control, note) in list {
                let row = row(&mut rows, control.clone());
                row.coverage = row.coverage.min(coverage);
                if !row.note.is_empty() {
                    row.note.push_str("; ");
                }
                row.note.push_str(note);
            }
        }
    }
    let mut controls: Vec<ControlCoverage> = rows.into_values().collect();
    controls.sort_by_cached_key(|row| natural(&row.control));
    Ok(CoverageReport { framework, title: title.to_owned(), controls })
}

fn row(rows: &mut BTreeMap<String, ControlCoverage>, control: String) -> &mut ControlCoverage {
    rows.entry(control.clone()).or_insert(ControlCoverage {
        control,
        coverage: Coverage::Open,
        guardrails: Vec::new(),
        available: Vec::new(),
        note: String::new(),
    })
}

/// The number in the newer benchmark of a `v1.4/v3.0` pair; controls of other frameworks as they are.
fn current(framework: SetName, control: &str) -> Option<String> {
    match control.split_once('/') {
        Some((_, "-")) if framework == SetName::Cis => None,
        Some((_, newer)) if framework == SetName::Cis => Some(newer.to_owned()),
        _ => Some(control.to_owned()),
    }
}

/// Ids with numbers compared as numbers: 2.10 after 2.9.
fn natural(id: &str) -> Vec<(String, u32)> {
    let mut parts = Vec::new();
    for part in id.split(['.', '-', '(', ')']).filter(|part| !part.is_empty()) {
        let digits = part.find(|letter: char| letter.is_ascii_digit()).unwrap_or(part.len());
        let (word, number) = part.split_at(digits);
        parts.push((word.to_owned(), number.parse().unwrap_or(0)));
    }
    parts
}

impl CoverageReport {
    /// The report as a table: control, coverage, guardrails, available, note. Lists are joined by spaces.
    ///
    /// # Errors
    /// Where a column outgrows what a table holds.
    pub fn to_table(&self) -> Result<Table, TableError> {
        let texts =
            |pick: fn(&ControlCoverage) -> String| self.controls.iter().map(pick).collect::<Vec<String>>();
        let utf8 = |name: &str, texts: Vec<String>| Column::utf8(name, texts.iter().map(String::as_str));
        Table::new(vec![
            utf8("control", texts(|row| row.control.clone()))?,
            utf8("coverage", texts(|row| row.coverage.as_str().to_owned()))?,
            utf8("guardrails", texts(|row| row.guardrails.join(" ")))?,
            utf8("available", texts(|row| row.available.join(" ")))?,
            utf8("note", texts(|row| row.note.clone()))?,
        ])
    }

    /// How many controls are met in a way.
    #[must_use]
    pub fn count(&self, coverage: Coverage) -> usize {
        self.controls.iter().filter(|row| row.coverage == coverage).count()
    }
}

impl fmt::Display for CoverageReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { framework: _, title, controls } = self;
        writeln!(formatter, "{title}: {} controls", controls.len())?;
        for coverage in [Coverage::Preventive, Coverage::Provisioned, Coverage::Detective, Coverage::Open] {
            writeln!(formatter, "  {:<12} {:>3}", coverage.as_str(), self.count(coverage))?;
        }
        let width = controls.iter().map(|row| row.control.len()).max().unwrap_or(0);
        for ControlCoverage { control, coverage, guardrails, available, note } in controls {
            write!(formatter, "{control:<width$}  {:<12}", coverage.as_str())?;
            if !guardrails.is_empty() {
                write!(formatter, " {}", guardrails.join(" "))?;
            }
            if !available.is_empty() {
                write!(formatter, " (also possible: {})", available.join(" "))?;
            }
            if !note.is_empty() {
                write!(
                    formatter,
                    "{} {note}",
                    if guardrails.is_empty() && available.is_empty() { "" } else { ";" }
                )?;
            }
            writeln!(formatter)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_speaks_of_its_own_framework_only() {
        let hipaa = coverage(SetName::Hipaa).unwrap();
        assert!(hipaa.controls.iter().all(|row| row.control.starts_with('3')), "{hipaa}");
        assert!(!hipaa.to_string().contains("CC6"));
        for framework in SetName::FRAMEWORKS {
            let report = coverage(framework).unwrap();
            assert!(report.count(Coverage::Preventive) > 10, "{report}");
            assert!(report.count(Coverage::Detective) > 0 && report.count(Coverage::Open) > 0, "{report}");
            for row in &report.controls {
                assert_eq!(
                    row.coverage == Coverage::Preventive,
                    !row.guardrails.is_empty(),
                    "{}",
                    row.control
                );
            }
        }
        assert!(coverage(SetName::Baseline).unwrap().controls.is_empty());
        let unknown = "hippa".parse::<SetName>().unwrap_err();
        assert_eq!(
            (unknown.to_string().as_str(), unknown.help().as_deref(), unknown.code()),
            ("unknown framework `hippa`", Some("did you mean `hipaa`?"), "policy.unknown-framework")
        );
        assert_eq!(
            "unheard-of".parse::<SetName>().unwrap_err().help().unwrap(),
            "write one of baseline, soc2, hipaa, fedramp, cis"
        );
    }

    #[test]
    fn numbers_are_in_order() {
        let report = coverage(SetName::Cis).unwrap();
        let ids: Vec<&str> = report.controls.iter().map(|row| row.control.as_str()).collect();
        let place = |id: &str| ids.iter().position(|other| *other == id).unwrap();
        assert!(place("1.9") < place("1.10") && place("1.22") < place("2.1.1"));
    }
}
