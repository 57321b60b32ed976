//! Cases that failed once. Each is tried for ever.

use crate::case::Case;
use crate::life::live;
use crate::seeds::report;

#[test]
fn what_failed_once_never_fails_again() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<_> = std::fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    assert!(!files.is_empty(), "{} is empty", corpus.display());
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let case: Case =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let life = live(&case);
        assert!(life.wrong.is_empty(), "{}: {}", path.display(), report(&case, &life.wrong));
    }
}
