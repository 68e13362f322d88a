//! Whole processes, as a shell starts them: `lateen render` of walk A, and `lateen cue export` of one field.
//!
//! `cargo bench -p cli`. Goals: render 10 ms, export 2 ms.

use criterion::{Criterion, criterion_group, criterion_main};
use std::path::Path;
use std::process::{Command, Stdio};

fn lateen(args: &[&str]) -> bool {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/approval");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lateen"));
    command.args(args).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|s| s.success())
}

fn processes(c: &mut Criterion) {
    let field = std::env::temp_dir().join(format!("lateen-bench-{}.cue", std::process::id()));
    assert!(std::fs::write(&field, "a: 1\n").is_ok(), "the temporary folder can be written");
    let path = field.display().to_string();
    c.bench_function("render of walk A", |b| {
        b.iter(|| assert!(lateen(&["render", "-f", "app.yaml"])));
    });
    c.bench_function("cue export of one field", |b| {
        b.iter(|| assert!(lateen(&["cue", "export", &path])));
    });
    // Nothing depends on its being gone.
    let _ = std::fs::remove_file(&field);
}

criterion_group!(benches, processes);
criterion_main!(benches);
