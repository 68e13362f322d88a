//! A folder for one test, its state folder `home` in it, and the commands that run there: with an empty environment, so that
//! nothing of the machine is seen, and therefore on an embedded hub of its own.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(unreachable_pub, missing_docs, clippy::unwrap_used, reason = "part of tests")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The CustomResourceDefinition of a kind `Queue`, whose `size` has a maximum.
pub const QUEUES: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: queues.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Queue, plural: queues, singular: queue, listKind: QueueList}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [size]
              properties:
                size: {type: integer, maximum: 9}
                mode: {type: string, enum: [fast, safe]}
";

pub struct Place(tempfile::TempDir);

impl Place {
    /// With these files, each a path below the folder and its text.
    pub fn new(files: &[(&str, &str)]) -> Place {
        let place = Place(tempfile::tempdir().unwrap());
        for (name, text) in files {
            place.write(name, text);
        }
        place
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// Writes a file, and makes the folders above it.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// A command that is not started yet. Nothing comes in, all that it prints is kept.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lateen"));
        command
            .args(args)
            .current_dir(self.folder())
            .env_clear()
            .env("LATEEN_HOME", self.path("home"))
            .env("TMPDIR", self.folder())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// What a command that has to succeed prints.
    pub fn prints(&self, args: &[&str]) -> String {
        let out = self.run(args);
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    /// What a command that has to fail complains of, without the folder's name.
    pub fn refused(&self, args: &[&str]) -> String {
        self.fails(args).1
    }

    /// What a command that has to fail prints all the same, and what it complains of.
    pub fn fails(&self, args: &[&str]) -> (String, String) {
        let out = self.run(args);
        let (printed, said) = (self.without_folder(&out.stdout), self.without_folder(&out.stderr));
        assert_eq!(out.status.code(), Some(1), "{args:?}: {printed}{said}");
        (printed, said)
    }

    /// Standard output, standard error, and the exit status when it is not 0; without the folder's name.
    pub fn told(&self, args: &[&str]) -> String {
        let out = self.run(args);
        let mut told = self.without_folder(&out.stdout) + &self.without_folder(&out.stderr);
        if !out.status.success() {
            told.push_str(&format!("exit status {}\n", out.status.code().unwrap_or(-1)));
        }
        told
    }

    fn without_folder(&self, bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).replace(&self.folder().display().to_string(), "$FOLDER")
    }
}

/// Without the line that names the hub.
pub fn without_hub(said: &str) -> String {
    said.split_inclusive('\n').filter(|line| !line.starts_with("hub: ")).collect()
}

/// All that a command printed.
pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
