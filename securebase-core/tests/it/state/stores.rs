//! What every store must do.

use std::sync::Arc;

use object_store::memory::InMemory;
use securebase_core::state::{BucketStore, Error, ObjectVersion, WriteCondition};

use super::faulty::LosesReplies;
use super::stores;
use crate::support::now;

fn is_conflict<T: std::fmt::Debug>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Conflict { .. }))
}

#[test]
fn a_write_takes_place_where_its_condition_holds_and_nowhere_else() {
    for (name, store, _scratch) in stores() {
        let first = now(store.put("a/b", b"one", WriteCondition::Absent)).unwrap();
        assert!(is_conflict(&now(store.put("a/b", b"two", WriteCondition::Absent))), "{name}");
        assert_eq!(now(store.get("a/b")).unwrap().unwrap(), b"one", "{name}");
        let second = now(store.put("a/b", b"three", WriteCondition::Unchanged(first.clone()))).unwrap();
        assert_ne!(first, second, "{name}");
        assert!(
            is_conflict(&now(store.put("a/b", b"four", WriteCondition::Unchanged(first.clone())))),
            "{name}"
        );
        assert!(is_conflict(&now(store.put("a/c", b"four", WriteCondition::Unchanged(first)))), "{name}");
        let (bytes, version): (Vec<u8>, ObjectVersion) = now(store.get_versioned("a/b")).unwrap().unwrap();
        assert_eq!((bytes.as_slice(), version), (b"three".as_slice(), second), "{name}");
        assert_eq!(now(store.get("a/c")).unwrap(), None, "{name}");
    }
}

#[test]
fn keys_are_listed_in_order_by_any_prefix() {
    for (name, store, _scratch) in stores() {
        for key in [
            "runs/000002/plan.json",
            "resources.json",
            "runs/000001/journal-0002",
            "runs/000001/journal-0001",
        ] {
            now(store.put(key, b"x", WriteCondition::Absent)).unwrap();
        }
        let list = |prefix: &str| now(store.list(prefix)).unwrap();
        assert_eq!(
            list("runs/000001/journal-"),
            ["runs/000001/journal-0001", "runs/000001/journal-0002"],
            "{name}"
        );
        assert_eq!(list("").len(), 4, "{name}");
        assert_eq!(list("r").len(), 4, "{name}");
        assert_eq!(list("runs/000003/"), [] as [&str; 0], "{name}");
        now(store.remove("resources.json")).unwrap();
        now(store.remove("resources.json")).unwrap();
        assert_eq!(list("").len(), 3, "{name}");
    }
}

#[test]
fn a_sealed_segment_takes_no_more_of_whoever_has_it_open() {
    for (name, store, _scratch) in stores() {
        let mut segment = now(store.begin_segment("s")).unwrap();
        now(segment.append(b"one\n")).unwrap();
        now(segment.append(b"two\n")).unwrap();
        let (bytes, version) = now(store.get_versioned("s")).unwrap().unwrap();
        assert_eq!(bytes, b"one\ntwo\n", "{name}");
        now(store.seal("s", b"sealed\n", &version)).unwrap();
        assert!(is_conflict(&now(segment.append(b"three\n"))), "{name}");
        let bytes = now(store.get("s")).unwrap().unwrap();
        assert!(bytes.starts_with(b"one\ntwo\nsealed\n"), "{name}: {}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn a_segment_that_exists_is_not_begun_again() {
    for (name, store, _scratch) in stores() {
        now(store.put("s", b"another's", WriteCondition::Absent)).unwrap();
        let appended = match now(store.begin_segment("s")) {
            Ok(mut segment) => now(segment.append(b"mine")),
            Err(error) => Err(error),
        };
        assert!(is_conflict(&appended), "{name}");
        assert_eq!(now(store.get("s")).unwrap().unwrap(), b"another's", "{name}");
    }
}

/// S3 answers a repeated conditional write with «no»: because the first one took place.
#[test]
fn a_lost_reply_to_our_own_write_is_no_conflict() {
    let objects = Arc::new(LosesReplies::new(Arc::new(InMemory::new())));
    let store: Arc<dyn securebase_core::state::Store> =
        Arc::new(BucketStore::new(objects.clone(), "", "test://bucket"));
    objects.lose_next(1);
    let first = now(store.put("a", b"one", WriteCondition::Absent)).unwrap();
    objects.lose_next(1);
    now(store.put("a", b"two", WriteCondition::Unchanged(first))).unwrap();
    let mut segment = now(store.begin_segment("s")).unwrap();
    for line in [b"1\n", b"2\n", b"3\n"] {
        objects.lose_next(1);
        now(segment.append(line)).unwrap();
    }
    assert_eq!(now(store.get("s")).unwrap().unwrap(), b"1\n2\n3\n");
    // A request that never arrived is made again, and given up after some tries.
    objects.drop_next(1);
    now(store.put("b", b"one", WriteCondition::Absent)).unwrap();
    objects.drop_next(100);
    let failed = now(store.put("c", b"one", WriteCondition::Absent));
    assert!(matches!(&failed, Err(Error::Io { key, .. }) if key == "test://bucket/c"), "{failed:?}");
    // Somebody else's write in between is a conflict even where our own reply was lost.
    objects.drop_next(0);
    let version = now(store.put("d", b"one", WriteCondition::Absent)).unwrap();
    now(store.put("d", b"theirs", WriteCondition::Unchanged(version.clone()))).unwrap();
    objects.drop_next(1);
    assert!(is_conflict(&now(store.put("d", b"ours", WriteCondition::Unchanged(version)))));
    assert_eq!(now(store.get("d")).unwrap().unwrap(), b"theirs");
}
