//! Which revision of a definition `name@…` means. `v3` is the third revision, else the newest version 3; `1.2` and `v1.2` are
//! the newest 1.2.x; anything with an operator (`^1.2`, `>=1.0 <2`, `1.x`) is a range of semantic versions, of which the
//! newest counts. Pre-releases are chosen by their whole name only.

use super::Loaded;
use semver::{Version, VersionReq};
use std::cmp::Ordering;
use std::sync::Arc;

/// The semantic version that a definition says it has; `1` and `1.2` are filled up with zeroes.
fn of(loaded: &Loaded) -> Option<Version> {
    let text = loaded.definition.spec.version.as_str();
    let text = text.strip_prefix('v').unwrap_or(text);
    let dots = text.chars().take_while(|c| !matches!(c, '-' | '+')).filter(|c| *c == '.').count();
    match dots {
        _ if text.is_empty() => None,
        0 => Version::parse(&format!("{text}.0.0")).ok(),
        1 => Version::parse(&format!("{text}.0")).ok(),
        _ => Version::parse(text).ok(),
    }
}

/// What was added last counts as newest where neither a revision nor a version says more.
pub(super) fn newer(a: &Loaded, b: &Loaded) -> Ordering {
    // What is no stored revision is what there is now.
    let revision = |l: &Loaded| l.revision.unwrap_or(u64::MAX);
    revision(a).cmp(&revision(b)).then_with(|| of(a).cmp(&of(b)))
}

/// The newest of those that are meant.
pub(super) fn choose(candidates: &[Arc<Loaded>], wanted: &str) -> Option<Arc<Loaded>> {
    let newest = |fits: &dyn Fn(&Loaded) -> bool| {
        candidates.iter().filter(|l| fits(l)).max_by(|a, b| of(a).cmp(&of(b)).then_with(|| newer(a, b))).cloned()
    };
    let bare = wanted.trim();
    let bare = bare.strip_prefix('v').unwrap_or(bare);
    if let Ok(number) = bare.parse::<u64>()
        && let Some(found) = newest(&|l| l.revision == Some(number))
    {
        return Some(found);
    }
    if bare.starts_with(|c: char| c.is_ascii_digit()) && !bare.contains(['x', 'X', '*', ' ', ',']) {
        return newest(&|l| {
            let has = l.definition.spec.version.as_str();
            let has = has.strip_prefix('v').unwrap_or(has);
            has == bare || (!has.contains('-') && has.strip_prefix(bare).is_some_and(|rest| rest.starts_with('.')))
        });
    }
    // The range as npm and Helm write it: parts with a space between them all hold.
    let range = VersionReq::parse(&bare.split_whitespace().collect::<Vec<_>>().join(", ")).ok()?;
    newest(&|l| of(l).is_some_and(|version| range.matches(&version)))
}

/// What there is, for people: `1.0.0 (v1), 1.2.0 (v2)`.
pub(super) fn list(candidates: &[Arc<Loaded>]) -> String {
    let mut all: Vec<&Arc<Loaded>> = candidates.iter().collect();
    all.sort_by(|a, b| newer(a, b));
    let texts: Vec<String> = all
        .iter()
        .map(|l| match (l.definition.spec.version.as_str(), l.revision) {
            ("", None) => "one without a version".to_owned(),
            ("", Some(n)) => format!("v{n}"),
            (version, None) => version.to_owned(),
            (version, Some(n)) => format!("{version} (v{n})"),
        })
        .collect();
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::Provenance;
    use super::*;
    use serde_json::json;

    fn loaded(version: &str, revision: Option<u64>) -> Arc<Loaded> {
        let object = json!({"kind": "TraitDefinition", "metadata": {"name": "t"}, "spec": {"version": version}});
        let mut loaded = Loaded::from_object(&object, "t", Provenance::Builtin).unwrap();
        loaded.revision = revision;
        Arc::new(loaded)
    }

    #[test]
    fn versions_are_chosen_as_people_write_them() {
        let all = [
            loaded("1.0.0", Some(1)),
            loaded("1.2.0", Some(2)),
            loaded("v1.2.3", Some(4)),
            loaded("2.0.0-rc.1", Some(5)),
            loaded("2.1", None),
        ];
        let chosen = |wanted: &str| choose(&all, wanted).map_or("none".into(), |l| l.definition.spec.version.clone());
        let wanted = [
            "v1",
            "2",
            "v5",
            "v1.2",
            "1.2.0",
            "1",
            "^1.0",
            "~1.2.0",
            ">=1.0 <2",
            "1.x",
            "2.0.0-rc.1",
            "v3",
            "9",
            "odd",
            ">",
        ];
        let shown: Vec<String> = wanted.iter().map(|w| format!("{w}: {}", chosen(w))).collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
        v1: 1.0.0
        2: 1.2.0
        v5: 2.0.0-rc.1
        v1.2: v1.2.3
        1.2.0: 1.2.0
        1: 1.0.0
        ^1.0: v1.2.3
        ~1.2.0: v1.2.3
        >=1.0 <2: v1.2.3
        1.x: v1.2.3
        2.0.0-rc.1: 2.0.0-rc.1
        v3: none
        9: none
        odd: none
        >: none
        ");
        assert_eq!(list(&all), "1.0.0 (v1), 1.2.0 (v2), v1.2.3 (v4), 2.0.0-rc.1 (v5), 2.1");
    }
}
