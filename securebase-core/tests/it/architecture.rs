//! Holds the modules to the table in `docs/architecture.md`: who may import whom.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each module may name of the crate, besides itself.
const ALLOWED: &[(&str, &[&str])] = &[
    ("model", &["spec", "table"]),
    ("time", &[]),
    ("table", &[]),
    ("net", &["model", "table"]),
    ("policy", &["model", "table", "cloud"]),
    ("finance", &["model", "table", "time"]),
    ("cloud", &["model", "time", "observe", "policy", "net"]),
    ("observe", &["model", "cloud"]),
    ("spec", &["model", "net", "table"]),
    ("plan", &["model", "net", "policy", "finance", "cloud", "observe", "table"]),
    ("state", &["model", "cloud", "plan", "time", "table"]),
    ("exec", &["model", "net", "policy", "cloud", "observe", "plan", "state", "time", "table"]),
    ("conformance", &["model", "cloud", "time", "observe"]),
];

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The code of a file, without comments and without its tests.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let before_tests = text.split("#[cfg(test)]").next().unwrap_or_default();
    before_tests.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&source, &mut all);
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut wrong = BTreeSet::new();
    for path in all {
        let relative = path.strip_prefix(&source).unwrap();
        let module = relative.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        // `lib.rs` names everything; a module's own tests may use more than the module.
        if module == "lib" || relative.to_string_lossy().contains("tests") {
            continue;
        }
        let Some(may) = allowed.get(module.as_str()) else {
            wrong.insert(format!("`{module}` is not in the table"));
            continue;
        };
        for rest in code(&path).split("crate::").skip(1) {
            let named: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if allowed.contains_key(named.as_str()) && named != module && !may.contains(&named.as_str()) {
                wrong.insert(format!("{} names `{named}`", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
