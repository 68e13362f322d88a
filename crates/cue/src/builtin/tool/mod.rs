//! `tool/…`: the tasks of `cue cmd`. Nothing here runs one: the packages exist so that files that name them can be read.

use super::Package;

pub(super) const PACKAGE: Package = Package { path: "tool", functions: &[], cue: Some(include_str!("tool.cue")) };
pub(super) const CLI: Package = Package { path: "tool/cli", functions: &[], cue: Some(include_str!("cli.cue")) };
pub(super) const EXEC: Package = Package { path: "tool/exec", functions: &[], cue: Some(include_str!("exec.cue")) };
pub(super) const FILE: Package = Package { path: "tool/file", functions: &[], cue: Some(include_str!("file.cue")) };
pub(super) const HTTP: Package = Package { path: "tool/http", functions: &[], cue: Some(include_str!("http.cue")) };
pub(super) const OS: Package = Package { path: "tool/os", functions: &[], cue: Some(include_str!("os.cue")) };

#[cfg(test)]
mod tests {
    use super::*;
    use cue_syntax::{Source, SourceId, parse_file};

    #[test]
    fn the_schemas_are_cue() {
        for package in [PACKAGE, CLI, EXEC, FILE, HTTP, OS] {
            let parsed = parse_file(&Source::new(package.path, package.cue.unwrap_or_default()), SourceId(0));
            assert_eq!(parsed.diagnostics, [], "{}", package.path);
        }
    }
}
