//! Allocations as comma-separated values.
//!
//! Columns: `owner`, `cidr`, and if wanted `kind` (`reserved` unless it says `allocated`, `pinned` or `sub-pool`), `tier` and
//! `pool`, in any order; others are left alone. What is written can be read, by an empty pool of the same ranges and strategy too:
//! the ranges of its sub-pools come first, as rows without an owner.
//!
//! A cell that a spreadsheet would take for a formula is written with an apostrophe before it, which reading takes off.

use std::borrow::Cow;

use super::{Row, SUB_POOL, row};
use crate::model::{Place, Problem, Problems};
use crate::net::pool::AddressPool;

/// The columns written.
pub const COLUMNS: [&str; 5] = ["owner", "cidr", "kind", "tier", "pool"];

/// The allocations of a pool, with a header, in the order of owners.
pub fn write(pool: &AddressPool) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut rows = vec![COLUMNS.map(str::to_owned)];
    for (path, range) in pool.sub_pools() {
        let (range, path) = (range.to_string(), path.to_string());
        rows.push([String::new(), range, SUB_POOL.to_owned(), String::new(), path]);
    }
    for allocation in pool.allocations() {
        let tier = allocation.tier.as_deref().unwrap_or_default().to_owned();
        let (owner, cidr) = (allocation.owner.to_string(), allocation.cidr.to_string());
        rows.push([owner, cidr, allocation.kind.as_str().to_owned(), tier, allocation.pool.to_string()]);
    }
    // Writing text of five columns into memory cannot fail; were it to, the table would end there.
    let written = rows
        .iter()
        .try_for_each(|row| writer.write_record(row.iter().map(|cell| guarded(cell).into_owned())));
    let bytes = written.ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// Whether a spreadsheet would calculate with a cell, or would with an apostrophe less.
fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// A cell as it is written: text, whatever it begins with.
fn guarded(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// A cell as it was before it was written.
fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(cell)
}

/// Reads rows; `file` is named in problems.
///
/// # Errors
/// A missing column, every line of another length, every cell that is none, with line and column.
pub fn read(text: &str, file: Option<&str>) -> Result<Vec<Row>, Problems> {
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let malformed = |error: &csv::Error, n: usize| {
        let place = error.position().map(|position| place(file, position.line()));
        let hint = "give every line as many cells as the first, and close every quotation mark";
        Problem::error("csv-malformed", format!("rows[{n}]"), format!("the line is no row: {error}"), hint)
            .at(place)
    };
    let headers = reader.headers().map_err(|error| Problems::from(malformed(&error, 0)))?.clone();
    let at =
        COLUMNS.map(|column| headers.iter().position(|header| header.trim().eq_ignore_ascii_case(column)));
    let missing: Vec<&str> =
        COLUMNS.iter().zip(at).take(2).filter(|(_, at)| at.is_none()).map(|(name, _)| *name).collect();
    if !missing.is_empty() {
        let message = format!("the first line has no column `{}`", missing.join("`, `"));
        let problem =
            Problem::error("csv-column", "rows", message, format!("name the columns: {}", COLUMNS.join(",")));
        return Err(Problems::from(problem.at(Some(place(file, 1)))));
    }
    let mut rows = Vec::new();
    let mut problems = Vec::new();
    for (n, record) in reader.records().enumerate() {
        match record {
            Err(error) => problems.push(malformed(&error, n)),
            Ok(record) => {
                let place = record.position().map(|position| place(file, position.line()));
                match row(
                    at.map(|at| at.and_then(|at| record.get(at)).map(unguarded)),
                    &format!("rows[{n}]"),
                    place,
                ) {
                    Ok(row) => rows.push(row),
                    Err(found) => problems.extend(found),
                }
            }
        }
    }
    if problems.is_empty() { Ok(rows) } else { Err(Problems(problems)) }
}

fn place(file: Option<&str>, line: u64) -> Place {
    Place { file: file.map(str::to_owned), line: usize::try_from(line).unwrap_or(usize::MAX), column: 1 }
}
