//! `conflictsWith`: traits that exclude each other on one component (kubevela-features.md §1.12). It is enough that one of the
//! two says so.
//!
//! A rule is the name of a trait, the resource that it serves (`definitionRef`: `ingresses.networking.k8s.io`), a whole group
//! (`*.networking.k8s.io`), or `labelSelector:` with a selector over the labels of definitions, as `kubectl -l` reads it.

use crate::application::TraitInput;
use crate::definition::{Loaded, visit};
use cue_syntax::ast::Label as FieldLabel;
use cue_syntax::{Diagnostic, Label, parse_file};
use model::meta::Strings;
use std::sync::Arc;

/// Every pair of traits that exclude each other, and rules that cannot be read.
pub(crate) fn check(traits: &[(&TraitInput, Arc<Loaded>)]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (i, (input, loaded)) in traits.iter().enumerate() {
        let rules = &loaded.definition.spec.conflicts_with;
        problems.extend(rules.iter().filter_map(|rule| unreadable(rule, loaded, input)));
        for (j, (other, served)) in traits.iter().enumerate() {
            let says = rules.iter().any(|rule| means(rule, served));
            // Where both say so, the later one is told.
            let both = served.definition.spec.conflicts_with.iter().any(|rule| means(rule, loaded));
            if i == j || !says || (both && i < j) {
                continue;
            }
            let (name, others) = (&loaded.definition.name, &served.definition.name);
            let mut problem = Diagnostic::error(
                "render/trait-conflict",
                format!("trait \"{name}\" conflicts with trait \"{others}\""),
            )
            .path(input.path.clone())
            .help(format!(
                "keep one of them; \"{name}\" ({}) says so, the other is at {}",
                loaded.provenance, other.path
            ));
            problem.labels.extend(written(loaded));
            problems.push(problem);
        }
    }
    problems
}

/// Where a definition in CUE says it.
fn written(loaded: &Loaded) -> Option<Label> {
    let source = loaded.sources.get(loaded.template.source)?;
    let file = parse_file(source, loaded.template.source).tree?;
    let mut span = None;
    visit::fields(&file.decls, &mut |field| {
        if matches!(&field.label, FieldLabel::Ident(name) if name.name == "conflictsWith") {
            span.get_or_insert(field.label.span());
        }
    });
    let span = span?;
    Some(Label { source: source.clone(), start: span.start, end: span.end, text: "written here".to_owned() })
}

const SELECTOR: &str = "labelSelector:";

fn means(rule: &str, other: &Loaded) -> bool {
    if let Some(selector) = rule.strip_prefix(SELECTOR) {
        return requirements(selector)
            .is_ok_and(|all| !all.is_empty() && all.iter().all(|r| r.holds(&other.definition.labels)));
    }
    let resource = other.definition.spec.definition_ref.as_ref().map_or("", |r| r.name.as_str());
    if rule == other.definition.name || (!resource.is_empty() && rule == resource) {
        return true;
    }
    rule.strip_prefix("*.").is_some_and(|group| resource.split_once('.').is_some_and(|(_, of)| of == group))
}

fn unreadable(rule: &str, loaded: &Loaded, input: &TraitInput) -> Option<Diagnostic> {
    let why = requirements(rule.strip_prefix(SELECTOR)?).err()?;
    Some(
        Diagnostic::error(
            "render/conflict-rule",
            format!("trait \"{}\" has a rule in conflictsWith that cannot be read: \"{rule}\"", loaded.definition.name),
        )
        .path(input.path.clone())
        .help(format!(
            "{why}; write for instance \"labelSelector:tier in (edge, inner),!old\" ({})",
            loaded.provenance
        )),
    )
}

/// One part of a selector.
#[derive(Debug, PartialEq, Eq)]
struct Requirement<'a> {
    key: &'a str,
    /// `None` asks for the label itself.
    values: Option<Vec<&'a str>>,
    negated: bool,
}

impl Requirement<'_> {
    /// By the labels of a definition; those of a file are stored with a prefix, and found without it too.
    fn holds(&self, given: &Strings) -> bool {
        let own = |key: &str| key == self.key || key.strip_prefix(crate::definition::CUSTOM_LABEL) == Some(self.key);
        let found = given.iter().find(|(key, _)| own(key)).map(|(_, value)| value.as_str());
        let hit = match (&self.values, found) {
            (None, found) => found.is_some(),
            (Some(values), Some(found)) => values.contains(&found),
            (Some(_), None) => false,
        };
        hit != self.negated
    }
}

/// `a=b, c!=d, e in (f, g), h notin (i), j, !k`.
fn requirements(selector: &str) -> Result<Vec<Requirement<'_>>, String> {
    let mut all = Vec::new();
    let mut rest = selector.trim();
    while !rest.is_empty() {
        // A comma within brackets separates values.
        let open = rest.find('(');
        let comma = rest.find(',');
        let end = match (open, comma) {
            (Some(open), Some(comma)) if open < comma => match rest.find(')') {
                Some(close) => close + 1,
                None => return Err(format!("\"{rest}\" has no closing bracket")),
            },
            (_, Some(comma)) => comma,
            (_, None) => rest.len(),
        };
        let (one, after) = rest.split_at(end);
        all.push(requirement(one.trim())?);
        let after = after.trim_start();
        rest = after.strip_prefix(',').unwrap_or(after).trim_start();
        if rest.len() >= selector.len() {
            break;
        }
    }
    Ok(all)
}

fn requirement(text: &str) -> Result<Requirement<'_>, String> {
    let of = |key: &str| {
        if key.is_empty() || key.contains(char::is_whitespace) {
            Err(format!("\"{text}\" names no label"))
        } else {
            Ok(())
        }
    };
    for (operator, negated) in [("!=", true), ("==", false), ("=", false)] {
        if let Some((key, value)) = text.split_once(operator) {
            of(key.trim())?;
            return Ok(Requirement { key: key.trim(), values: Some(vec![value.trim()]), negated });
        }
    }
    for (operator, negated) in [(" notin ", true), (" in ", false)] {
        if let Some((key, list)) = text.split_once(operator) {
            of(key.trim())?;
            let inner = list.trim().strip_prefix('(').and_then(|l| l.strip_suffix(')'));
            let inner = inner.ok_or_else(|| format!("\"{text}\" has no list in brackets"))?;
            return Ok(Requirement {
                key: key.trim(),
                values: Some(inner.split(',').map(str::trim).collect()),
                negated,
            });
        }
    }
    let (key, negated) = match text.strip_prefix('!') {
        Some(key) => (key.trim(), true),
        None => (text, false),
    };
    of(key)?;
    Ok(Requirement { key, values: None, negated })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_read_as_kubectl_reads_them() {
        let labels: Strings =
            [("tier".to_owned(), "edge".to_owned()), ("old".to_owned(), String::new())].into_iter().collect();
        let holds = |text: &str| requirements(text).map(|all| all.iter().all(|r| r.holds(&labels)));
        for yes in [
            "tier=edge",
            "tier==edge",
            "tier in (inner, edge)",
            "tier",
            "tier,old",
            "new!=x",
            "!new",
            "tier notin (a),old",
        ] {
            assert_eq!(holds(yes), Ok(true), "{yes}");
        }
        for no in ["tier=inner", "tier!=edge", "tier in (a,b)", "new", "!tier", "tier=edge,new", "tier notin (edge)"] {
            assert_eq!(holds(no), Ok(false), "{no}");
        }
        for bad in ["=x", "tier in edge", "tier in (edge", "a b"] {
            assert!(holds(bad).is_err(), "{bad}");
        }
    }
}
