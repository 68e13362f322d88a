//! Writes the index of the built-in definitions and packages: names and paths only, the texts stay where they are.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../..");
    let mut out = String::from(
        "/// (kind, name, text, cases), sorted.\npub(super) const DEFINITIONS: &[(&str, &str, &str, &str)] = &[\n",
    );
    for kind in ["component", "policy", "trait", "workflow-step"] {
        let folder = root.join("definitions").join(kind);
        println!("cargo:rerun-if-changed={}", folder.display());
        for file in cue_files(&folder)? {
            let name = stem(&file);
            let cases = folder.join(format!("{name}_test.yaml"));
            println!("cargo:rerun-if-changed={}", cases.display());
            let [text, cases] = [file, cases].map(|f| f.display().to_string());
            let _ = writeln!(out, "    ({kind:?}, {name:?}, include_str!({text:?}), include_str!({cases:?})),");
        }
    }
    out.push_str(
        "];\n/// (import path, file name, text), sorted.\npub(super) const PACKAGES: &[(&str, &str, &str)] = &[\n",
    );
    let stdlib = root.join("stdlib");
    println!("cargo:rerun-if-changed={}", stdlib.display());
    for group in folders(&stdlib)? {
        for package in folders(&group)? {
            println!("cargo:rerun-if-changed={}", package.display());
            let path = format!("{}/{}", stem(&group), stem(&package));
            for file in cue_files(&package)? {
                let name = format!("{}.cue", stem(&file));
                let _ = writeln!(out, "    ({path:?}, {name:?}, include_str!({:?})),", file.display().to_string());
            }
        }
    }
    out.push_str("];\n");
    fs::write(PathBuf::from(env::var("OUT_DIR").unwrap_or_default()).join("index.rs"), out)
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}

fn folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut list: Vec<PathBuf> =
        fs::read_dir(folder)?.filter_map(Result::ok).map(|e| e.path()).filter(|p| p.is_dir()).collect();
    list.sort();
    Ok(list)
}

fn cue_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut list: Vec<PathBuf> = fs::read_dir(folder)?
        .filter_map(Result::ok)
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "cue") && !stem(p).ends_with("_test"))
        .collect();
    list.sort_by_key(|file| stem(file));
    for file in &list {
        println!("cargo:rerun-if-changed={}", file.display());
    }
    Ok(list)
}
