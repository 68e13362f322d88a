//! Several processes on one cluster. This program is its own second process: started with a word it does that word's part.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use embedded::{
    Options,
    owner::{self, AttachError, Attached},
};
use kube::{
    Api,
    api::{DynamicObject, ListParams, ObjectMeta, PostParams},
    core::{ApiResource, GroupVersionKind},
};
use libtest_mimic::{Arguments, Trial};
use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    time::Duration,
};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("second-process") {
        second_process(Path::new(&arguments.next().unwrap()), &arguments.next().unwrap());
        return ExitCode::SUCCESS;
    }
    let trial = |name: &str, test: fn()| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    let trials = vec![
        trial("two_processes_see_the_same", two_processes_see_the_same),
        trial("a_killed_owner_is_followed", a_killed_owner_is_followed),
        trial("an_owner_that_leaves_is_followed", an_owner_that_leaves_is_followed),
        trial("no_write_fails_or_is_made_twice_while_owners_leave", no_write_fails_or_is_made_twice_while_owners_leave),
        trial("many_take_over_and_one_owns", many_take_over_and_one_owns),
        trial("a_long_path_gets_a_short_socket", a_long_path_gets_a_short_socket),
        trial("a_damaged_database_is_named_and_kept", a_damaged_database_is_named_and_kept),
        trial("a_folder_that_cannot_be_used_is_named", a_folder_that_cannot_be_used_is_named),
        trial("names_stay_within_the_folder", names_stay_within_the_folder),
        trial("a_cluster_in_use_is_not_removed", a_cluster_in_use_is_not_removed),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Attaches, says whether it owns the cluster, then writes one ConfigMap a line of its input and says `done NAME`.
fn second_process(home: &Path, cluster: &str) {
    runtime().block_on(async {
        let attached = attach(home, cluster).await.unwrap();
        say(if attached.is_owner().await { "owner" } else { "guest" });
        let (lines, mut queue) = tokio::sync::mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in std::io::stdin().lines().map_while(Result::ok) {
                if lines.send(line).is_err() {
                    return;
                }
            }
        });
        while let Some(line) = queue.recv().await {
            match line.as_str() {
                "owner?" => say(if attached.is_owner().await { "owner" } else { "guest" }),
                name => {
                    create(&attached, name).await.unwrap();
                    say(&format!("done {name}"));
                }
            }
        }
        attached.close().await;
    });
}

fn say(text: &str) {
    println!("{text}");
    std::io::stdout().flush().unwrap();
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

async fn attach(home: &Path, cluster: &str) -> Result<Attached, AttachError> {
    owner::attach(home, cluster, Options { simulate: true, ..Options::default() }).await
}

fn config_maps(attached: &Attached) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "ConfigMap"));
    Api::default_namespaced_with(attached.client("default"), &resource)
}

async fn create(attached: &Attached, name: &str) -> Result<(), kube::Error> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "ConfigMap"));
    let mut object = DynamicObject::new(name, &resource);
    object.metadata = ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() };
    config_maps(attached).create(&PostParams::default(), &object).await.map(drop)
}

async fn names(attached: &Attached) -> Vec<String> {
    let list = config_maps(attached).list(&ListParams::default()).await.unwrap();
    list.items.into_iter().filter_map(|item| item.metadata.name).filter(|name| name != "kube-root-ca.crt").collect()
}

struct Other {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Other {
    fn start(home: &Path, cluster: &str) -> Other {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("second-process")
            .arg(home)
            .arg(cluster)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Other { child, output }
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn tell(&mut self, line: &str) -> String {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
        self.hear()
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn leave(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

fn two_processes_see_the_same() {
    let home = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let attached = attach(home.path(), "local").await.unwrap();
        assert!(attached.is_owner().await);
        create(&attached, "ours").await.unwrap();
        let mut other = Other::start(home.path(), "local");
        assert_eq!(tokio::task::block_in_place(|| other.hear()), "guest");
        assert_eq!(tokio::task::block_in_place(|| other.tell("theirs")), "done theirs");
        assert_eq!(names(&attached).await, ["ours", "theirs"]);
        tokio::task::block_in_place(|| other.leave());
    });
}

fn a_killed_owner_is_followed() {
    let home = tempfile::tempdir().unwrap();
    let mut other = Other::start(home.path(), "local");
    assert_eq!(other.hear(), "owner");
    assert_eq!(other.tell("one"), "done one");
    runtime().block_on(async {
        let attached = attach(home.path(), "local").await.unwrap();
        assert!(!attached.is_owner().await);
        create(&attached, "two").await.unwrap();
        // kill -9: what was acknowledged is there, and the next request goes on as if nothing had happened.
        other.kill();
        create(&attached, "three").await.unwrap();
        assert!(attached.is_owner().await);
        assert_eq!(names(&attached).await, ["one", "three", "two"]);
        attached.close().await;
        assert!(create(&attached, "four").await.is_err());
    });
}

fn an_owner_that_leaves_is_followed() {
    let home = tempfile::tempdir().unwrap();
    let mut other = Other::start(home.path(), "local");
    assert_eq!(other.hear(), "owner");
    runtime().block_on(async {
        let attached = attach(home.path(), "local").await.unwrap();
        let client = attached.client("default");
        let version = client.apiserver_version().await.unwrap();
        assert_eq!(version.minor, "32");
        tokio::task::block_in_place(|| other.leave());
        // Clients made before stay good.
        assert_eq!(client.apiserver_version().await.unwrap().minor, "32");
        assert!(attached.is_owner().await);
    });
}

fn no_write_fails_or_is_made_twice_while_owners_leave() {
    let home = tempfile::tempdir().unwrap();
    let runtime = runtime();
    let mut written = 0;
    for _ in 0..8 {
        let mut owner = Other::start(home.path(), "local");
        assert_eq!(owner.hear(), "owner");
        written = runtime.block_on(async {
            let attached = attach(home.path(), "local").await.unwrap();
            assert!(!attached.is_owner().await);
            let writer = tokio::spawn(async move {
                let mut next = written;
                // Creating is what must not be done twice: the second would be refused.
                while !attached.is_owner().await {
                    create(&attached, &format!("object-{next}")).await.unwrap();
                    next += 1;
                }
                attached.close().await;
                next
            });
            tokio::task::block_in_place(|| owner.leave());
            writer.await.unwrap()
        });
    }
    runtime.block_on(async {
        let attached = attach(home.path(), "local").await.unwrap();
        assert_eq!(names(&attached).await.len(), written);
    });
}

fn many_take_over_and_one_owns() {
    let home = tempfile::tempdir().unwrap();
    let mut first = Other::start(home.path(), "local");
    assert_eq!(first.hear(), "owner");
    let mut others: Vec<Other> = (0..3).map(|_| Other::start(home.path(), "local")).collect();
    for other in &mut others {
        assert_eq!(other.hear(), "guest");
    }
    first.kill();
    for (number, other) in others.iter_mut().enumerate() {
        let name = format!("after-{number}");
        assert_eq!(other.tell(&name), format!("done {name}"));
    }
    let owners: Vec<String> = others.iter_mut().map(|other| other.tell("owner?")).collect();
    assert_eq!(owners.iter().filter(|said| *said == "owner").count(), 1, "{owners:?}");
    for other in others {
        other.leave();
    }
}

fn a_long_path_gets_a_short_socket() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("a-folder-with-a-long-name".repeat(5));
    let mut other = Other::start(&home, "local");
    assert_eq!(other.hear(), "owner");
    let socket = PathBuf::from(std::fs::read_to_string(home.join("clusters/local/socket-path")).unwrap());
    assert!(socket.as_os_str().len() < 100);
    runtime().block_on(async {
        let attached = attach(&home, "local").await.unwrap();
        create(&attached, "far").await.unwrap();
        assert!(!attached.is_owner().await);
    });
    other.leave();
    assert!(!socket.exists());
}

fn a_damaged_database_is_named_and_kept() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("clusters/local");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("cluster.redb"), "this is not a database").unwrap();
    let error = runtime().block_on(attach(home.path(), "local")).unwrap_err();
    assert_eq!(error.code(), "cluster/damaged");
    assert!(error.to_string().contains("clusters/local/cluster.redb"), "{error}");
    assert_eq!(std::fs::read(folder.join("cluster.redb")).unwrap(), b"this is not a database");
    // The lock is free again: once the file is mended, the next attempt succeeds.
    std::fs::remove_file(folder.join("cluster.redb")).unwrap();
    runtime().block_on(async {
        assert!(attach(home.path(), "local").await.unwrap().is_owner().await);
    });
}

fn a_folder_that_cannot_be_used_is_named() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("state");
    std::fs::write(&file, "a file").unwrap();
    let error = runtime().block_on(attach(&file, "local")).unwrap_err();
    assert_eq!(error.code(), "cluster/state-folder");
    assert!(error.to_string().contains("state/clusters/local"), "{error}");
}

fn names_stay_within_the_folder() {
    let home = tempfile::tempdir().unwrap();
    for name in ["", "..", "a/b", "-a", "Ä", "a b", &"a".repeat(64)] {
        let error = runtime().block_on(attach(home.path(), name)).unwrap_err();
        assert_eq!(error.code(), "cluster/name", "{name}");
    }
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
}

fn a_cluster_in_use_is_not_removed() {
    let home = tempfile::tempdir().unwrap();
    let mut other = Other::start(home.path(), "foo");
    assert_eq!(other.hear(), "owner");
    assert_eq!(owner::names(home.path()).unwrap(), ["foo"]);
    let error = owner::remove(home.path(), "foo").unwrap_err();
    assert!(error.to_string().contains(&format!("process {}", other.child.id())), "{error}");
    other.leave();
    // The process is gone; its lock goes with it.
    std::thread::sleep(Duration::from_millis(1));
    owner::remove(home.path(), "foo").unwrap();
    assert!(owner::names(home.path()).unwrap().is_empty());
}
