//! Holds the modules to the table in `docs/architecture.md`: who may import whom.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each module may name of the crate, besides itself.
const ALLOWED: &[(&str, &[&str])] = &[
    ("model", &["table"]),
    ("time", &[]),
    ("table", &[]),
    ("net", &["model", "table"]),
    ("policy", &["model", "table"]),
    ("finance", &["model", "table", "time"]),
    ("cloud", &["model", "time", "net", "policy", "observe"]),
    ("observe", &["model", "cloud"]),
    ("spec", &["model", "net", "policy"]),
    ("plan", &["model", "table", "net", "policy", "finance", "cloud", "observe"]),
    ("state", &["model", "table", "cloud", "plan", "time"]),
    ("exec", &["model", "table", "time", "cloud", "observe", "plan", "state"]),
    ("capacity", &["model", "table", "time", "net", "finance", "plan", "exec"]),
    ("conformance", &["cloud", "model"]),
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

/// The string literals that stand where a code does: the first argument of a problem, or the arm of a `code` function.
fn codes(text: &str) -> Vec<String> {
    let literal = |rest: &str| {
        let quoted = rest.trim_start().strip_prefix('"')?;
        Some(quoted[..quoted.find('"')?].to_owned())
    };
    let problems = text.split("Problem::error(").skip(1).chain(text.split("Problem::warning(").skip(1));
    let arms = text.split("pub fn code(").skip(1).flat_map(|function| {
        let body = function.split("\n    }\n").next().unwrap_or_default();
        body.split("=>").skip(1).collect::<Vec<_>>()
    });
    problems.filter_map(literal).chain(arms.filter_map(literal)).collect()
}

#[test]
fn every_code_of_planning_applying_and_calculating_is_explained() {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manual = std::fs::read_to_string(core.join("../docs/errors.md")).unwrap();
    let mut sources = Vec::new();
    for module in ["plan", "exec", "state", "capacity", "finance"] {
        files(&core.join("src").join(module), &mut sources);
    }
    let known: BTreeSet<String> = sources.iter().flat_map(|path| codes(&code(path))).collect();
    assert!(known.contains("account-id-unknown") && known.contains("state-locked"), "{known:?}");
    let missing: Vec<&String> = known.iter().filter(|code| !manual.contains(&format!("`{code}`"))).collect();
    assert!(missing.is_empty(), "docs/errors.md says nothing of {missing:?}");
}
