//! May this Application touch this object? (workflow-engines.md §3.2)
//!
//! An object belongs to the Application that its labels `app.oam.dev/name` and `app.oam.dev/namespace` name. What belongs
//! to somebody else, or to nobody, is never changed unless a policy says so.

use crate::rules::{Phase, Rules};
use model::{Application, labels};
use serde_json::Value;

/// What to do with an object that is to be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Create it, or bring it to the wanted state.
    Apply,
    /// It is read only: use the live one.
    Use,
    /// It belongs to another Application that shares it: only add this one to the list of users, which then reads so.
    Share(String),
    /// Leave it as it is.
    Keep,
    /// Delete it and create it anew, because fields that cannot be changed differ.
    Recreate,
    /// Not allowed, with the reason for a person.
    Refuse(String),
}

fn label<'a>(object: &'a Value, key: &str) -> &'a str {
    object.pointer("/metadata/labels").and_then(|l| l.get(key)).and_then(Value::as_str).unwrap_or_default()
}

fn annotation<'a>(object: &'a Value, key: &str) -> &'a str {
    object.pointer("/metadata/annotations").and_then(|l| l.get(key)).and_then(Value::as_str).unwrap_or_default()
}

fn describe(object: &Value) -> String {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    match text("/metadata/namespace") {
        "" => format!("{} {}", text("/kind"), text("/metadata/name")),
        namespace => format!("{} {namespace}/{}", text("/kind"), text("/metadata/name")),
    }
}

/// Whether an object carries this Application's mark.
pub fn is_ours(app: &Application, live: &Value) -> bool {
    label(live, labels::APP_NAME) == app.metadata.name && label(live, labels::APP_NAMESPACE) == app.metadata.namespace
}

/// Decides from the wanted object and the live one, if there is one. `recorded`: this Application's inventory has it, so
/// that an object whose labels were lost is still known as its own.
pub fn admit(
    app: &Application,
    rules: &Rules,
    wanted: &Value,
    live: Option<&Value>,
    recorded: bool,
    phase: Phase,
) -> Admission {
    let Some(live) = live else {
        return if rules.is_read_only(wanted) {
            Admission::Refuse(format!("{} is read-only for this application and does not exist", describe(wanted)))
        } else {
            Admission::Apply
        };
    };
    if rules.is_read_only(wanted) {
        return Admission::Use;
    }
    let me = format!("{}/{}", app.metadata.namespace, app.metadata.name);
    if rules.is_shared(wanted) {
        let users: Vec<&str> =
            annotation(live, labels::SHARED_BY).split(',').map(str::trim).filter(|s| !s.is_empty()).collect();
        match users.first() {
            Some(owner) if *owner != me => {
                if users.contains(&me.as_str()) {
                    return Admission::Use;
                }
                return Admission::Share(users.iter().copied().chain([me.as_str()]).collect::<Vec<_>>().join(","));
            }
            _ => {}
        }
    }
    if !is_ours(app, live) {
        let owner = label(live, labels::APP_NAME);
        if !owner.is_empty() {
            return Admission::Refuse(format!(
                "{} belongs to application {}/{owner}; a `shared-resource` policy in both would share it",
                describe(wanted),
                label(live, labels::APP_NAMESPACE),
            ));
        }
        if !recorded && !rules.takes_over(wanted) {
            return Admission::Refuse(format!(
                "{} exists and belongs to no application; a `take-over` policy would adopt it",
                describe(wanted)
            ));
        }
    }
    if rules.keeps(phase, wanted).iter().any(|path| path == "*") && is_ours(app, live) {
        return Admission::Keep;
    }
    let update = rules.update(wanted);
    let at = |path: &String| crate::path::get(wanted, path).map(|value| (value, crate::path::get(live, path)));
    let differs = |path: &String| at(path).is_some_and(|(wanted, live)| live != Some(wanted));
    if update.recreate_fields.iter().any(differs) {
        return Admission::Recreate;
    }
    Admission::Apply
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn app() -> Application {
        serde_json::from_value(json!({"metadata": {"name": "shop", "namespace": "default"}})).unwrap()
    }

    fn rules(kind: &str, extra: Value) -> Rules {
        let mut rule = json!({"selector": {"resourceNames": ["web"]}});
        if let (Some(rule), Value::Object(extra)) = (rule.as_object_mut(), extra) {
            rule.extend(extra);
        }
        let policy = json!([{"type": kind, "properties": {"enable": true, "rules": [rule]}}]);
        Rules::of(&serde_json::from_value::<Vec<model::AppPolicy>>(policy).unwrap()).unwrap()
    }

    fn object(owner: &str) -> Value {
        let mut object =
            json!({"kind": "Deployment", "metadata": {"namespace": "default", "name": "web"}, "spec": {"a": 1}});
        if !owner.is_empty() {
            object["metadata"]["labels"] = json!({labels::APP_NAME: owner, labels::APP_NAMESPACE: "default"});
        }
        object
    }

    fn decide(rules: &Rules, live: Option<&Value>, recorded: bool) -> Admission {
        admit(&app(), rules, &object("shop"), live, recorded, Phase::Update)
    }

    #[test]
    fn what_is_ours_or_not_there_is_applied() {
        let none = Rules::default();
        assert_eq!(decide(&none, None, false), Admission::Apply);
        assert_eq!(decide(&none, Some(&object("shop")), false), Admission::Apply);
        assert_eq!(decide(&none, Some(&object("")), true), Admission::Apply, "recorded, but its labels were removed");
    }

    #[test]
    fn what_belongs_to_others_is_refused_and_the_owner_named() {
        let none = Rules::default();
        let Admission::Refuse(why) = decide(&none, Some(&object("other")), false) else { panic!() };
        assert_eq!(
            why,
            "Deployment default/web belongs to application default/other; a `shared-resource` policy in both would share it"
        );
        let Admission::Refuse(why) = decide(&none, Some(&object("")), false) else { panic!() };
        assert!(why.ends_with("a `take-over` policy would adopt it"));
        let take = rules("take-over", json!({}));
        assert_eq!(decide(&take, Some(&object("")), false), Admission::Apply);
        assert!(matches!(decide(&take, Some(&object("other")), true), Admission::Refuse(_)));
    }

    #[test]
    fn read_only_objects_must_exist_and_are_never_written() {
        let read = rules("read-only", json!({}));
        assert!(matches!(decide(&read, None, false), Admission::Refuse(_)));
        assert_eq!(decide(&read, Some(&object("other")), false), Admission::Use);
    }

    #[test]
    fn the_second_user_of_a_shared_object_only_adds_itself() {
        let share = rules("shared-resource", json!({}));
        let mut live = object("other");
        live["metadata"]["annotations"] = json!({labels::SHARED_BY: "default/other"});
        assert_eq!(decide(&share, Some(&live), false), Admission::Share("default/other,default/shop".into()));
        live["metadata"]["annotations"] = json!({labels::SHARED_BY: "default/other,default/shop"});
        assert_eq!(decide(&share, Some(&live), false), Admission::Use);
    }

    #[test]
    fn policies_about_updates() {
        let once = rules("apply-once", json!({"strategy": {"affect": "always"}}));
        assert_eq!(decide(&once, Some(&object("shop")), true), Admission::Keep);
        assert_eq!(decide(&once, None, true), Admission::Apply);
        let recreate = rules("resource-update", json!({"strategy": {"recreateFields": ["spec.a"]}}));
        let mut live = object("shop");
        assert_eq!(decide(&recreate, Some(&live), true), Admission::Apply);
        live["spec"]["a"] = 2.into();
        assert_eq!(decide(&recreate, Some(&live), true), Admission::Recreate);
    }
}
