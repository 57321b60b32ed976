//! `docs/errors.md`, written from the table of codes in `data/errors.toml`, and the table held to the source.

mod emitted;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use securebase_core::input::CODES;
use serde::Deserialize;

use emitted::Emitted;

/// Set it to write the page anew; then read the difference.
const BLESS: &str = "SECUREBASE_BLESS";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    part: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    title: String,
    text: String,
    section: Vec<Section>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    title: Option<String>,
    code: Vec<Code>,
}

/// What one heading of the page explains: one code, or several that mean the same.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    codes: Vec<String>,
    /// The codes of the findings behind the error.
    #[serde(default)]
    problems: Vec<String>,
    note: Option<String>,
    text: String,
    help: String,
    /// The codes of the findings behind the error, where each has an explanation of its own.
    #[serde(default)]
    rows: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    codes: Vec<String>,
    text: String,
}

fn core() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Table {
    fn read() -> Self {
        toml::from_str(&std::fs::read_to_string(core().join("data/errors.toml")).unwrap()).unwrap()
    }

    fn codes(&self) -> BTreeSet<String> {
        let sections = self.part.iter().flat_map(|part| &part.section);
        let all = sections.flat_map(|section| &section.code).flat_map(|code| {
            let rows = code.rows.iter().flat_map(|row| &row.codes);
            code.codes.iter().chain(&code.problems).chain(rows)
        });
        all.cloned().collect()
    }

    fn page(&self) -> String {
        let mut page = String::new();
        for Part { title, text, section } in &self.part {
            write!(page, "# {title}\n\n{text}\n\n").unwrap();
            for Section { title, code } in section {
                if let Some(title) = title {
                    write!(page, "## {title}\n\n").unwrap();
                }
                code.iter().for_each(|code| code.write(&mut page));
            }
        }
        page.truncate(page.trim_end().len());
        page + "\n"
    }
}

impl Code {
    fn write(&self, page: &mut String) {
        let Self { codes, problems, note, text, help, rows } = self;
        write!(page, "### {}", listed(codes)).unwrap();
        if !problems.is_empty() {
            write!(page, ": {}", listed(problems)).unwrap();
        }
        if let Some(note) = note {
            write!(page, " ({note})").unwrap();
        }
        write!(page, "\n\n{text}\n\nHelp: {help}\n\n").unwrap();
        if !rows.is_empty() {
            page.push_str("| code | what is wrong |\n| --- | --- |\n");
            for Row { codes, text } in rows {
                writeln!(page, "| {} | {text} |", listed(codes)).unwrap();
            }
            page.push('\n');
        }
    }
}

fn listed(codes: &[String]) -> String {
    codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ")
}

#[test]
fn the_page_is_the_one_the_table_gives() {
    let page = Table::read().page();
    let path = core().join("../docs/errors.md");
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(page == committed, "{} differs from data/errors.toml; {BLESS}=1 writes it anew", path.display());
}

/// The folders with the source whose codes the table explains.
fn sources() -> [PathBuf; 2] {
    [core().join("src"), core().join("../securebase-py/src")]
}

#[test]
fn the_table_has_every_code_that_the_source_emits() {
    let Emitted { codes, .. } = Emitted::of(&sources());
    assert!(codes.contains("account-id-unknown") && codes.contains("state-leased"), "{codes:?}");
    let table = Table::read().codes();
    // Policies have a page of their own, which `policy::executor` holds to the source; codes in capitals are AWS's.
    let is_elsewhere = |code: &str| {
        code.starts_with("policy.") || code.starts_with(|first: char| first.is_ascii_uppercase())
    };
    let missing: Vec<&String> =
        codes.iter().filter(|code| !table.contains(*code) && !is_elsewhere(code)).collect();
    assert!(missing.is_empty(), "data/errors.toml says nothing of {missing:#?}");
}

#[test]
fn the_source_emits_every_code_that_the_table_has() {
    let Emitted { mut codes, .. } = Emitted::of(&sources());
    codes.extend(CODES.iter().map(|code| (*code).to_owned()));
    let table = Table::read().codes();
    let gone: Vec<&String> = table.iter().filter(|code| !codes.contains(*code)).collect();
    assert!(gone.is_empty(), "nothing emits {gone:#?}, which data/errors.toml explains");
}
