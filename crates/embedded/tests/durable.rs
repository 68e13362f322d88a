//! What a cluster keeps: over a close, and over the death of its process. This program is also the process that dies.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use embedded::{ChangeKind, Cluster, DeleteOptions, Gvr, OpenError, Options, Selector, WriteOptions};
use serde_json::{Value, json};

const CONFIG_MAPS: Gvr<'static> = Gvr::new("", "v1", "configmaps");
/// Names the folder of the cluster in which the child writes until it is killed.
const CHILD: &str = "LATEEN_TEST_DURABLE_CHILD";

fn open(dir: &Path) -> Cluster {
    Cluster::open(dir, Options::default()).unwrap()
}

fn map(name: &str, value: u32) -> Value {
    json!({"metadata": {"name": name}, "data": {"value": value.to_string()}})
}

fn objects_and_versions_survive_a_close() {
    let dir = tempfile::tempdir().unwrap();
    let cluster = open(dir.path());
    let made = cluster.store().create(CONFIG_MAPS, "default", map("a", 1), &WriteOptions::by("test")).unwrap();
    cluster.store().create(CONFIG_MAPS, "default", map("gone", 1), &WriteOptions::by("test")).unwrap();
    cluster.store().delete(CONFIG_MAPS, "default", "gone", &DeleteOptions::default()).unwrap();
    let owner = cluster.store().create(CONFIG_MAPS, "default", map("owner", 1), &WriteOptions::by("test")).unwrap();
    let mut owned = map("owned", 1);
    owned["metadata"]["labels"] = json!({"app": "web"});
    owned["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}]);
    cluster.store().create(CONFIG_MAPS, "default", owned, &WriteOptions::by("test")).unwrap();
    let version = cluster.store().resource_version();
    cluster.close();

    let cluster = open(dir.path());
    assert_eq!(cluster.store().get(CONFIG_MAPS, "default", "a").unwrap(), made);
    assert!(cluster.store().get(CONFIG_MAPS, "default", "gone").is_err());
    assert_eq!(cluster.store().resource_version(), version);
    // Labels and owners are indexed again.
    let selected = cluster.store().list(CONFIG_MAPS, None, &Selector::label("app", "web")).unwrap();
    assert_eq!(selected.items.len(), 1);
    cluster.store().delete(CONFIG_MAPS, "default", "owner", &DeleteOptions::default()).unwrap();
    assert!(cluster.store().get(CONFIG_MAPS, "default", "owned").is_err());
    let before = version;
    let version = cluster.store().resource_version();
    // History does not reach back before the opening.
    assert_eq!(cluster.store().changes(before - 1).unwrap_err().code, 410);
    let mut changes = cluster.store().changes(version).unwrap();
    cluster.store().create(CONFIG_MAPS, "default", map("b", 1), &WriteOptions::by("test")).unwrap();
    let change = changes.try_next().unwrap().unwrap();
    assert_eq!((change.kind, change.version, change.name()), (ChangeKind::Added, version + 1, "b"));
}

fn a_second_opening_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let cluster = open(dir.path());
    assert!(matches!(Cluster::open(dir.path(), Options::default()), Err(OpenError::Busy { .. })));
    cluster.close();
    open(dir.path());
}

fn a_damaged_database_is_named_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).close();
    let file = dir.path().join("cluster.redb");
    let garbage = b"this is no database".repeat(100);
    std::fs::write(&file, &garbage).unwrap();
    match Cluster::open(dir.path(), Options::default()) {
        Err(OpenError::Damaged { path, .. }) => assert_eq!(path, file),
        other => panic!("{other:?}"),
    }
    assert_eq!(std::fs::read(&file).unwrap(), garbage);
}

/// Writes one object again and again, and says each value that was acknowledged.
fn write_until_killed(dir: &Path) {
    let cluster = open(dir);
    let store = cluster.store();
    let mut out = std::io::stdout();
    for value in 1.. {
        let options = WriteOptions::by("child");
        let name = format!("at-{}", value % 50);
        match store.create(CONFIG_MAPS, "default", map(&name, value), &options) {
            Ok(_) => {}
            Err(e) if e.reason == "AlreadyExists" => {
                store.update(CONFIG_MAPS, "default", map(&name, value), &options).unwrap();
            }
            Err(e) => panic!("{e}"),
        }
        writeln!(out, "{value} {}", store.resource_version()).unwrap();
        out.flush().unwrap();
    }
}

fn an_acknowledged_write_survives_kill_9() {
    for acknowledged in [3, 200, 2_500] {
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env(CHILD, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut last = String::new();
        for _ in 0..acknowledged {
            last = lines.next().unwrap().unwrap();
        }
        child.kill().unwrap();
        last = lines.map_while(Result::ok).last().unwrap_or(last);
        child.wait().unwrap();
        let (value, version) = last.split_once(' ').unwrap();
        let (value, version): (u32, u64) = (value.parse().unwrap(), version.parse().unwrap());

        let cluster = open(dir.path());
        assert!(cluster.store().resource_version() >= version);
        let kept = cluster.store().get(CONFIG_MAPS, "default", &format!("at-{}", value % 50)).unwrap();
        let kept: u32 = kept["data"]["value"].as_str().unwrap().parse().unwrap();
        assert!(kept >= value, "{kept} was kept, {value} was acknowledged");
        // And it goes on.
        cluster.store().create(CONFIG_MAPS, "default", map("after", 1), &WriteOptions::by("test")).unwrap();
        let all = cluster.store().list(CONFIG_MAPS, Some("default"), &Selector::default()).unwrap();
        // A write may be kept whose acknowledgement the kill cut off.
        let least = usize::try_from(value.min(50)).unwrap() + 1;
        assert!((least..=least + 1).contains(&all.items.len()), "{} objects, {value} writes", all.items.len());
    }
}

fn main() {
    if let Ok(dir) = std::env::var(CHILD) {
        write_until_killed(Path::new(&dir));
        return;
    }
    let trial = |name: &str, test: fn()| {
        libtest_mimic::Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    let trials = vec![
        trial("objects_and_versions_survive_a_close", objects_and_versions_survive_a_close),
        trial("a_second_opening_is_refused", a_second_opening_is_refused),
        trial("a_damaged_database_is_named_and_kept", a_damaged_database_is_named_and_kept),
        trial("an_acknowledged_write_survives_kill_9", an_acknowledged_write_survives_kill_9),
    ];
    libtest_mimic::run(&libtest_mimic::Arguments::from_args(), trials).exit();
}
