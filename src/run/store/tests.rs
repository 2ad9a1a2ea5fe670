use super::*;

fn parts(value: &str) -> KeyParts {
    let mut parts = KeyParts::default();
    parts.push("kind", "test");
    parts.push("field x", value);
    parts
}

fn put(store: &Store, value: &str, bytes: &[u8]) -> (Key, Digest) {
    let parts = parts(value);
    let work = store.begin(&parts.key()).expect("a folder");
    work.write("a.csv", bytes).expect("written");
    let digest = store
        .commit(work, "node", &parts, None, &[], 0.1)
        .expect("stored");
    (parts.key(), digest.artifact)
}

#[test]
fn what_is_stored_is_found_by_another_process_and_without_the_index() {
    let folder = tempfile::tempdir().expect("a folder");
    let (key, digest) = put(&Store::open(folder.path()), "1", b"x,y\n");
    let again = Store::open(folder.path());
    assert_eq!(again.artifact_digest(&key), Some(digest));
    assert_eq!(again.last("node").expect("remembered").key, key);
    let artifact = again.artifact(&key).expect("stored");
    assert_eq!(artifact.read("a.csv").expect("read"), b"x,y\n");
    assert!(matches!(artifact.read("b.csv"), Err(StoreError::NoFile(_))));
    std::fs::remove_file(folder.path().join("index")).expect("removed");
    assert_eq!(
        Store::open(folder.path()).artifact_digest(&key),
        Some(digest)
    );
    assert_eq!(
        std::fs::read_dir(folder.path().join("work"))
            .expect("a folder")
            .count(),
        0
    );
}

#[test]
fn damage_is_a_miss_and_never_a_wrong_result() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path());
    let (key, _) = put(&store, "1", b"0123456789");
    let path = store
        .artifact(&key)
        .expect("stored")
        .path("a.csv")
        .expect("a file");
    // Cut short: seen at once.
    std::fs::write(&path, b"0123").expect("written");
    assert_eq!(store.artifact_digest(&key), None);
    // A flipped bit: seen when it is read, and gone afterwards.
    std::fs::write(&path, b"0123456780").expect("written");
    let artifact = store.artifact(&key).expect("sizes agree");
    assert!(matches!(
        artifact.read("a.csv"),
        Err(StoreError::Damaged { .. })
    ));
    assert_eq!(store.artifact_digest(&key), None);
    let (_, digest) = put(&store, "1", b"0123456789");
    assert_eq!(store.artifact_digest(&key), Some(digest));
    // A manifest cut short.
    let text = key.to_string();
    let manifest = folder
        .path()
        .join("keys")
        .join(&text[..2])
        .join(format!("{text}.json"));
    let bytes = std::fs::read(&manifest).expect("a manifest");
    std::fs::write(&manifest, &bytes[..bytes.len() / 2]).expect("written");
    std::fs::write(folder.path().join("index"), "torn li").expect("written");
    assert_eq!(Store::open(folder.path()).artifact_digest(&key), None);
}

#[test]
fn keys_tell_parts_apart() {
    let mut one = KeyParts::default();
    one.push("ab", "c");
    let mut two = KeyParts::default();
    two.push("a", "bc");
    assert_ne!(one.key(), two.key());
    let differences = parts("1").diff(&parts("2"));
    assert_eq!(differences.len(), 1);
    assert_eq!(differences[0].name, "field x");
    assert_eq!(differences[0].before.as_deref(), Some("1"));
    let mut shown = KeyParts::default();
    shown.push("kind", "test");
    shown.push_shown("field x", "1", "one");
    assert_eq!(shown.key(), parts("1").key());
}

#[test]
fn the_first_result_stands() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path());
    let (key, first) = put(&store, "1", b"one");
    let (_, second) = put(&store, "1", b"two");
    assert_eq!(first, second);
    assert_eq!(
        store
            .artifact(&key)
            .expect("stored")
            .read("a.csv")
            .expect("read"),
        b"one"
    );
    // Whoever comes second is told whether it makes a difference.
    for (bytes, differs) in [(b"one", false), (b"two", true)] {
        let work = store.begin(&key).expect("a folder");
        work.write("a.csv", bytes).expect("written");
        let committed = store.commit(work, "node", &parts("1"), None, &[], 0.1);
        let artifact = first;
        assert_eq!(committed.expect("stored"), Committed { artifact, differs });
    }
}

#[test]
fn a_claim_is_held_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path());
    let key = parts("1").key();
    let claim = store.try_claim(&key).expect("a lock").expect("free");
    assert!(store.try_claim(&key).expect("a lock").is_none());
    drop(claim);
    assert!(store.try_claim(&key).expect("a lock").is_some());
}

#[test]
fn a_store_that_cannot_be_written_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("written");
    let store = Store::open(file.join("store"));
    let error = store.begin(&parts("1").key()).expect_err("no folder");
    assert!(
        error.to_string().contains("could not be created"),
        "{error}"
    );
}

#[test]
fn two_threads_on_one_key_agree() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path());
    let digests: Vec<Digest> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| put(&store, "1", b"same").1))
            .collect();
        runs.into_iter()
            .map(|run| run.join().expect("no panic"))
            .collect()
    });
    assert!(digests.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_lock_survives_its_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("study.lock");
    assert_eq!(Lock::read(&path).expect("no fault"), None);
    let mut lock = Lock::default();
    lock.nodes.insert(
        "fired[ratio: 1]".into(),
        LockedNode {
            key: parts("1").key(),
            artifact: Some(Digest::of(b"x")),
        },
    );
    lock.write(&path).expect("written");
    assert_eq!(Lock::read(&path).expect("no fault"), Some(lock));
    std::fs::write(&path, "nodes = 3").expect("written");
    assert!(matches!(Lock::read(&path), Err(StoreError::Form { .. })));
}
