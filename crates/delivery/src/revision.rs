//! Which revision an Application is at (kubevela-features.md §6.9).
//!
//! A revision is a copy of everything that a run depends on. A new one is made when the specification, or a policy or
//! workflow that it names, differs from the newest; with `app.oam.dev/publishVersion`, when that version changes, and
//! then only: edits in between wait for the next publication.

use model::revision::revision_name;
use model::{Application, ApplicationRevision, Policy, Workflow, labels};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What a revision is made of beside the Application.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parts {
    /// Reusable policies that it names.
    pub policies: Vec<Policy>,
    /// The reusable workflow that it names.
    pub workflow: Option<Workflow>,
}

/// The revision to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// `<app>-v<number>`
    pub name: String,
    /// From 1.
    pub number: i64,
    /// Over everything that matters, 16 lower-case hex digits.
    pub hash: String,
    /// It has to be written first.
    pub is_new: bool,
    /// The Application as it is to be run: the published one where a publishVersion holds it.
    pub application: Application,
}

/// The hash of a specification and its parts; the order of keys does not matter.
pub fn hash(app: &Application, parts: &Parts) -> String {
    let policies: Vec<Value> =
        parts.policies.iter().map(|p| json!([p.metadata.name, p.policy_type, p.properties])).collect();
    let workflow = parts.workflow.as_ref().map(|w| json!([w.metadata.name, w.mode, w.steps]));
    // Two publications are two revisions even if nothing else differs.
    let text = json!([app.spec, policies, workflow, app.publish_version()]).to_string();
    Sha256::digest(text.as_bytes()).iter().take(8).map(|b| format!("{b:02x}")).collect()
}

/// Decides from the Application as it is stored and its revisions.
pub fn decide(app: &Application, parts: &Parts, revisions: &[ApplicationRevision]) -> Revision {
    let number = |r: &ApplicationRevision| model::revision::revision_number(&r.metadata.name).unwrap_or_default();
    let latest = revisions.iter().max_by_key(|r| number(r));
    let hash = hash(app, parts);
    if let Some(latest) = latest {
        let held =
            app.publish_version().is_some() && latest.spec.application.publish_version() == app.publish_version();
        let stored = latest.metadata.labels.get(labels::APP_REVISION_HASH);
        if held || stored == Some(&hash) {
            let mut application = app.clone();
            if held {
                application.spec = latest.spec.application.spec.clone();
            }
            return Revision {
                name: latest.metadata.name.clone(),
                number: number(latest),
                hash: stored.cloned().unwrap_or(hash),
                is_new: false,
                application,
            };
        }
    }
    let number = latest.map_or(0, number) + 1;
    Revision { name: revision_name(&app.metadata.name, number), number, hash, is_new: true, application: app.clone() }
}

/// The revision after this one, of the same specification: definitions that it uses have changed, and the Application follows
/// them (`app.oam.dev/autoUpdate`).
pub fn next(app: &Application, current: &Revision) -> Revision {
    let number = current.number + 1;
    Revision { name: revision_name(&app.metadata.name, number), number, is_new: true, ..current.clone() }
}

/// Whether an Application follows changes of its definitions. One that is published stays as it was published.
pub fn follows_definitions(app: &Application) -> bool {
    app.annotation(labels::AUTO_UPDATE) == Some("true") && app.publish_version().is_none()
}

/// Whether two revisions hold the same definitions.
pub fn same_definitions(one: &ApplicationRevision, other: &ApplicationRevision) -> bool {
    let of = |revision: &ApplicationRevision| {
        let spec = &revision.spec;
        let all = [
            &spec.component_definitions,
            &spec.trait_definitions,
            &spec.policy_definitions,
            &spec.workflow_step_definitions,
        ];
        all.map(|kind| {
            let mut specs: Vec<(String, Value)> = kind
                .iter()
                .map(|(name, object)| (name.clone(), object.get("spec").cloned().unwrap_or_default()))
                .collect();
            specs.sort_by(|a, b| a.0.cmp(&b.0));
            specs
        })
    };
    of(one) == of(other)
}

/// How many revisions are kept when no policy says otherwise.
pub const LIMIT: u32 = 10;

/// The names of revisions that are past the limit, oldest first; the one in use stays.
pub fn surplus(revisions: &[ApplicationRevision], limit: u32, in_use: &str) -> Vec<String> {
    let mut numbered: Vec<(i64, &str)> = revisions
        .iter()
        .filter_map(|r| Some((model::revision::revision_number(&r.metadata.name)?, r.metadata.name.as_str())))
        .collect();
    numbered.sort_unstable();
    let keep = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
    let surplus = numbered.len().saturating_sub(keep);
    numbered.into_iter().take(surplus).map(|(_, name)| name.to_owned()).filter(|name| name != in_use).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(image: &str, publish: Option<&str>) -> Application {
        let mut app = json!({
            "metadata": {"name": "shop", "namespace": "default"},
            "spec": {"components": [{"name": "web", "type": "webservice", "properties": {"image": image}}]},
        });
        if let Some(version) = publish {
            app["metadata"]["annotations"] = json!({ labels::PUBLISH_VERSION: version });
        }
        serde_json::from_value(app).unwrap()
    }

    fn stored(revision: &Revision) -> ApplicationRevision {
        let mut stored = ApplicationRevision::default();
        stored.metadata.name.clone_from(&revision.name);
        stored.metadata.labels.insert(labels::APP_REVISION_HASH.into(), revision.hash.clone());
        stored.spec.application = revision.application.clone();
        stored
    }

    #[test]
    fn a_changed_specification_is_a_new_revision_and_going_back_is_one_too() {
        let none = Parts::default();
        let one = decide(&app("a", None), &none, &[]);
        assert_eq!((one.name.as_str(), one.is_new), ("shop-v1", true));
        let mut all = vec![stored(&one)];
        assert!(!decide(&app("a", None), &none, &all).is_new);
        let two = decide(&app("b", None), &none, &all);
        assert_eq!((two.name.as_str(), two.is_new), ("shop-v2", true));
        all.push(stored(&two));
        assert_eq!(decide(&app("a", None), &none, &all).name, "shop-v3");
    }

    #[test]
    fn a_policy_that_is_named_counts() {
        let policy = |clusters: Value| Parts {
            policies: vec![
                serde_json::from_value(
                    json!({"metadata": {"name": "here"}, "type": "topology", "properties": clusters}),
                )
                .unwrap(),
            ],
            workflow: None,
        };
        let one = decide(&app("a", None), &policy(json!({"clusters": ["x"]})), &[]);
        let all = [stored(&one)];
        assert!(!decide(&app("a", None), &policy(json!({"clusters": ["x"]})), &all).is_new);
        assert!(decide(&app("a", None), &policy(json!({"clusters": ["y"]})), &all).is_new);
    }

    #[test]
    fn a_published_version_holds_until_the_next() {
        let none = Parts::default();
        let one = decide(&app("a", Some("alpha1")), &none, &[]);
        let mut all = vec![stored(&one)];
        let held = decide(&app("b", Some("alpha1")), &none, &all);
        assert!(!held.is_new);
        assert_eq!(held.application.spec, one.application.spec, "the edit waits");
        let two = decide(&app("b", Some("alpha2")), &none, &all);
        assert_eq!((two.name.as_str(), two.is_new), ("shop-v2", true));
        all.push(stored(&two));
        let same_text = decide(&app("b", Some("alpha3")), &none, &all);
        assert!(same_text.is_new);
    }

    #[test]
    fn the_oldest_go_first_and_the_one_in_use_stays() {
        let all: Vec<ApplicationRevision> = (1..=13)
            .map(|n| {
                let mut r = ApplicationRevision::default();
                r.metadata.name = format!("shop-v{n}");
                r
            })
            .collect();
        assert_eq!(surplus(&all, 10, "shop-v13"), ["shop-v1", "shop-v2"]);
        assert_eq!(surplus(&all, 10, "shop-v1"), ["shop-v2"]);
    }
}
