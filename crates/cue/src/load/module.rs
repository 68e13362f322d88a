//! Modules: `cue.mod/module.cue`.

use super::source_of;
use crate::World;
use cue_syntax::ast::{Decl, Expr, Label, Text};
use cue_syntax::{Diagnostic, Source, SourceId};
use std::sync::Arc;

/// The newest language version that is understood, as in CUE v0.17.
const NEWEST: (u32, u32) = (0, 17);

/// The fields of `module.cue`.
const FIELDS: [&str; 7] = ["module", "language", "source", "description", "deps", "custom", "replace"];

/// A module on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Module {
    /// The folder that holds `cue.mod`, relative as the arguments are: `.`, `..`, `../..`, `sub`.
    pub(super) root: String,
    /// The path without a major version: `example.com/m`.
    pub(super) path: String,
    /// `language: version: "v0.16.0"`.
    pub(super) language: Option<(u32, u32)>,
}

/// Looks for a module around a folder.
pub(super) fn find(world: &dyn World, folder: &str, above: usize, problems: &mut Vec<Diagnostic>) -> Option<Module> {
    let mut at = clean(folder);
    let mut ups = 0;
    loop {
        let name = join(&at, "cue.mod/module.cue");
        if let Ok(bytes) = world.read(&name) {
            return Some(read(&at, &name, &bytes, problems));
        }
        if at.starts_with('/') {
            at = parent(&at)?;
        } else {
            if at == "." || at == ".." || at.ends_with("/..") {
                ups += 1;
                if ups > above {
                    return None;
                }
            }
            at = parent(&at)?;
        }
    }
}

fn read(root: &str, name: &str, bytes: &[u8], problems: &mut Vec<Diagnostic>) -> Module {
    let source = source_of(name, bytes);
    let parsed = cue_syntax::parse_file(&source, SourceId(0));
    problems.extend(parsed.diagnostics);
    let mut module = Module { root: root.to_owned(), path: String::new(), language: None };
    let Some(file) = parsed.tree else { return module };
    check(&file.decls, &source, problems);
    if let Some((path, _)) = string_at(&file.decls, &["module"]) {
        module.path = path.split('@').next().unwrap_or_default().to_owned();
    }
    if let Some((version, span)) = string_at(&file.decls, &["language", "version"]) {
        module.language = minor(&version);
        let label = cue_syntax::Label { source, start: span.start, end: span.end, text: "here".into() };
        match module.language {
            None => {
                let mut d = Diagnostic::error("cue/module", format!("invalid language version `{version}`"))
                    .help("it is written as `v0.16.0`");
                d.labels.push(label);
                problems.push(d);
            }
            Some(v) if v > NEWEST => {
                let mut d =
                    Diagnostic::error("cue/module", format!("language version `{version}` is newer than this program"))
                        .help(format!("the newest version that it understands is v{}.{}", NEWEST.0, NEWEST.1));
                d.labels.push(label);
                problems.push(d);
            }
            _ => {}
        }
    }
    module
}

fn minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The name of a plain field.
fn name(label: &Label) -> Option<&str> {
    match label {
        Label::Ident(i) => Some(i.name.as_str()),
        Label::String(s) => match &s.value {
            Text::String(s) => Some(s.as_str()),
            Text::Bytes(_) => None,
        },
        _ => None,
    }
}

/// The fields of a module file, with what `module` has to be.
fn check(decls: &[Decl], source: &Arc<Source>, problems: &mut Vec<Diagnostic>) {
    for decl in decls {
        let Decl::Field(f) = decl else { continue };
        let Some(label) = name(&f.label) else { continue };
        let text = matches!(&f.value, Expr::String(s) if matches!(s.value, Text::String(_)));
        let (message, help, span) = if !FIELDS.contains(&label) {
            let meant = crate::eval::nearest(label, FIELDS.iter().copied());
            let help = match meant {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("known are {}", FIELDS.join(", ")),
            };
            (format!("a module file has no field `{label}`"), help, f.label.span())
        } else if label == "module" && !text {
            let help = "it is written as `module: \"shop.example/web\"`".to_owned();
            ("the path of the module must be a string".to_owned(), help, f.value.span())
        } else {
            continue;
        };
        let mut d = Diagnostic::error("cue/module", message).help(help);
        d.labels.push(cue_syntax::Label {
            source: source.clone(),
            start: span.start,
            end: span.end,
            text: "here".into(),
        });
        problems.push(d);
    }
}

/// The string at a path of plain fields.
fn string_at(decls: &[Decl], path: &[&str]) -> Option<(String, cue_syntax::Span)> {
    let (first, rest) = path.split_first()?;
    for decl in decls {
        let Decl::Field(f) = decl else { continue };
        let Some(label) = name(&f.label) else { continue };
        if label != *first {
            continue;
        }
        let found = match &f.value {
            Expr::String(s) if rest.is_empty() => match &s.value {
                Text::String(text) => Some((text.to_string(), s.span)),
                Text::Bytes(_) => None,
            },
            Expr::Struct(s) if !rest.is_empty() => string_at(&s.decls, rest),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// A path without `.` and without `a/..`.
pub(super) fn clean(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            p => parts.push(p),
        }
    }
    match (absolute, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        _ => parts.join("/"),
    }
}

/// The folder around a clean path; `None` above `/`.
pub(super) fn parent(path: &str) -> Option<String> {
    if path == "/" {
        return None;
    }
    if path == "." {
        return Some("..".to_owned());
    }
    if path == ".." || path.ends_with("/..") {
        return Some(format!("{path}/.."));
    }
    Some(match path.rsplit_once('/') {
        Some(("", _)) => "/".to_owned(),
        Some((p, _)) => p.to_owned(),
        None => ".".to_owned(),
    })
}

pub(super) fn join(folder: &str, name: &str) -> String {
    match folder {
        "." | "" => name.to_owned(),
        "/" => format!("/{name}"),
        f => format!("{f}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{clean, parent};

    #[test]
    fn paths_are_walked_as_text() {
        for (path, up) in [("./a/b", "a"), ("a", "."), (".", ".."), ("..", "../.."), ("a/../..", "../.."), ("/a", "/")]
        {
            assert_eq!(parent(&clean(path)).as_deref(), Some(up), "{path}");
        }
        assert_eq!(parent("/"), None);
    }
}
