//! The policies that say how delivered objects are treated: `garbage-collect`, `apply-once`, `read-only`, `take-over`,
//! `shared-resource`, `resource-update` (kubevela-features.md §3.3). Several policies of one type are merged: lists are
//! concatenated, booleans or-ed.

use cue_syntax::Diagnostic;
use model::{AppPolicy, labels};
use serde::Deserialize;
use serde_json::Value;

/// Which objects a rule is about. All given fields must match; a selector without any matches nothing.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Selector {
    /// Components by name.
    pub component_names: Vec<String>,
    /// Components by type.
    pub component_types: Vec<String>,
    /// `WORKLOAD` or `TRAIT`; the old documentation's `COMPONENT` means the first.
    pub oam_types: Vec<String>,
    /// Traits by type.
    pub trait_types: Vec<String>,
    /// Kinds.
    pub resource_types: Vec<String>,
    /// Names of objects.
    pub resource_names: Vec<String>,
}

impl Selector {
    /// Whether an object is meant; it is known by the labels that rendering gave it.
    pub fn matches(&self, object: &Value) -> bool {
        let label = |key: &str| {
            let labels = object.pointer("/metadata/labels");
            labels.and_then(|l| l.get(key)).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let oam_types: Vec<String> =
            self.oam_types.iter().map(|t| t.replace("COMPONENT", labels::RESOURCE_TYPE_WORKLOAD)).collect();
        let tests = [
            (&self.component_names, label(labels::APP_COMPONENT)),
            (&self.component_types, label(labels::WORKLOAD_TYPE)),
            (&oam_types, label(labels::OAM_RESOURCE_TYPE)),
            (&self.trait_types, label(labels::TRAIT_TYPE)),
            (&self.resource_types, text("/kind")),
            (&self.resource_names, text("/metadata/name")),
        ];
        let mut given = tests.iter().filter(|(wanted, _)| !wanted.is_empty()).peekable();
        given.peek().is_some() && given.all(|(wanted, is)| wanted.contains(is))
    }
}

/// When an object may be collected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Collect {
    /// When a newer version of the Application no longer has it.
    #[default]
    OnAppUpdate,
    /// Only with the Application.
    OnAppDelete,
    /// Never.
    Never,
}

/// What happens to what depends on a deleted object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Propagation {
    /// It stays.
    Orphan,
    /// It is deleted in the background.
    Cascading,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CollectRule {
    selector: Selector,
    strategy: Collect,
    propagation: Option<Propagation>,
}

/// Why an object is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// A version is delivered.
    Update,
    /// Somebody has changed it, and it is brought back.
    Drift,
}

/// When the fields of an object are left as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Affect {
    /// When a new version is applied.
    OnUpdate,
    /// When drift is repaired.
    OnStateKeep,
    /// Both.
    Always,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OnceStrategy {
    affect: Option<Affect>,
    path: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OnceRule {
    selector: Selector,
    strategy: OnceStrategy,
}

/// How an object that exists is changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Update {
    /// `patch` (default) or `replace`.
    pub op: String,
    /// Paths whose change means delete and create.
    pub recreate_fields: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct UpdateRule {
    selector: Selector,
    strategy: Update,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SelectRule {
    selector: Selector,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Properties<R> {
    enable: bool,
    rules: Vec<R>,
    application_revision_limit: Option<u32>,
    keep_legacy_resource: bool,
    continue_on_failure: bool,
    order: String,
}

/// All rules of an Application.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    collect: Vec<CollectRule>,
    once: Vec<OnceRule>,
    once_always: bool,
    update: Vec<UpdateRule>,
    read_only: Vec<SelectRule>,
    take_over: Vec<SelectRule>,
    shared: Vec<SelectRule>,
    /// Nothing of older versions is collected.
    pub keep_legacy: bool,
    /// Collect even when the run failed.
    pub continue_on_failure: bool,
    /// Delete in reverse order of the components' dependencies.
    pub by_dependency: bool,
    /// How many revisions are kept.
    pub revision_limit: Option<u32>,
}

impl Rules {
    /// From an Application's policies; types that are about something else are passed over.
    ///
    /// # Errors
    /// A policy whose properties do not fit, each with its path.
    pub fn of(policies: &[AppPolicy]) -> Result<Rules, Vec<Diagnostic>> {
        let mut rules = Rules::default();
        let mut problems = Vec::new();
        for (index, policy) in policies.iter().enumerate() {
            if let Err(error) = rules.add(policy) {
                problems.push(
                    Diagnostic::error(
                        "policy/properties",
                        format!("policy \"{}\" of type {}: {error}", policy.effective_name(index), policy.kind),
                    )
                    .path(format!("spec.policies[{index}].properties")),
                );
            }
        }
        if problems.is_empty() { Ok(rules) } else { Err(problems) }
    }

    fn add(&mut self, policy: &AppPolicy) -> Result<(), serde_json::Error> {
        match policy.kind.as_str() {
            "garbage-collect" => {
                let p: Properties<CollectRule> = read(policy)?;
                self.collect.extend(p.rules);
                self.keep_legacy |= p.keep_legacy_resource;
                self.continue_on_failure |= p.continue_on_failure;
                self.by_dependency |= p.order == "dependency";
                self.revision_limit = p.application_revision_limit.or(self.revision_limit);
            }
            "apply-once" => {
                let p: Properties<OnceRule> = read(policy)?;
                // Without rules the whole Application is meant.
                self.once_always |= p.enable && p.rules.is_empty();
                if p.enable {
                    self.once.extend(p.rules);
                }
            }
            "resource-update" => self.update.extend(read::<UpdateRule>(policy)?.rules),
            "read-only" => self.read_only.extend(read::<SelectRule>(policy)?.rules),
            "take-over" => self.take_over.extend(read::<SelectRule>(policy)?.rules),
            "shared-resource" => self.shared.extend(read::<SelectRule>(policy)?.rules),
            _ => {}
        }
        Ok(())
    }

    /// When an object may be collected; the first rule that matches wins. What holds data (claims and volumes) goes only
    /// with the Application unless a rule says otherwise: a difference from KubeVela, on purpose.
    pub fn collect(&self, object: &Value) -> Collect {
        let stated = self.collect.iter().find(|r| r.selector.matches(object)).map(|r| r.strategy);
        let default = if holds_data(object) { Collect::OnAppDelete } else { Collect::OnAppUpdate };
        stated.unwrap_or(default)
    }

    /// What happens to an object's dependents; `None`: as the server does by default.
    pub fn propagation(&self, object: &Value) -> Option<Propagation> {
        self.collect.iter().find(|r| r.selector.matches(object)).and_then(|r| r.propagation)
    }

    /// Whether drift of an object is left alone.
    pub fn keeps_drift(&self, object: &Value) -> bool {
        self.once_always || self.once_rule(object, Affect::OnStateKeep).is_some_and(|r| r.strategy.path.is_empty())
    }

    /// The paths of an object that keep their live value; `["*"]`: all of it.
    pub fn keeps(&self, phase: Phase, object: &Value) -> Vec<String> {
        let affect = match phase {
            Phase::Update => Affect::OnUpdate,
            Phase::Drift => Affect::OnStateKeep,
        };
        match self.once_rule(object, affect) {
            Some(rule) if rule.strategy.path.is_empty() => vec!["*".to_owned()],
            Some(rule) => rule.strategy.path.clone(),
            None => Vec::new(),
        }
    }

    fn once_rule(&self, object: &Value, affect: Affect) -> Option<&OnceRule> {
        self.once.iter().find(|rule| {
            let stated = rule.strategy.affect.unwrap_or(Affect::OnStateKeep);
            (stated == affect || stated == Affect::Always) && rule.selector.matches(object)
        })
    }

    /// How an object that exists is changed.
    pub fn update(&self, object: &Value) -> Update {
        self.update.iter().find(|r| r.selector.matches(object)).map(|r| r.strategy.clone()).unwrap_or_default()
    }

    /// Whether nothing is said of how an object is written: it may then be applied without being looked at first.
    pub fn are_plain_for(&self, object: &Value) -> bool {
        !self.is_read_only(object)
            && !self.is_shared(object)
            && self.keeps(Phase::Update, object).is_empty()
            && self.update(object) == Update::default()
    }

    /// Whether an object is only looked at.
    pub fn is_read_only(&self, object: &Value) -> bool {
        any(&self.read_only, object)
    }

    /// Whether an object that nobody owns may be adopted.
    pub fn takes_over(&self, object: &Value) -> bool {
        any(&self.take_over, object)
    }

    /// Whether several Applications may have the object.
    pub fn is_shared(&self, object: &Value) -> bool {
        any(&self.shared, object)
    }
}

/// Kinds whose deletion loses data.
fn holds_data(object: &Value) -> bool {
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
    matches!(kind, "PersistentVolumeClaim" | "PersistentVolume")
}

fn any(rules: &[SelectRule], object: &Value) -> bool {
    rules.iter().any(|rule| rule.selector.matches(object))
}

fn read<R: for<'de> Deserialize<'de> + Default>(policy: &AppPolicy) -> Result<Properties<R>, serde_json::Error> {
    match &policy.properties {
        Some(Value::Null) | None => Ok(Properties::default()),
        Some(value) => Properties::deserialize(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rules(policies: Value) -> Rules {
        Rules::of(&serde_json::from_value::<Vec<AppPolicy>>(policies).unwrap()).unwrap()
    }

    fn volume() -> Value {
        json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "data", "labels": {
            labels::APP_COMPONENT: "db", labels::OAM_RESOURCE_TYPE: "TRAIT", labels::TRAIT_TYPE: "storage"}}})
    }

    #[test]
    fn every_given_field_of_a_selector_must_match() {
        let selector = |value| serde_json::from_value::<Selector>(value).unwrap();
        assert!(selector(json!({"componentNames": ["db", "x"], "traitTypes": ["storage"]})).matches(&volume()));
        assert!(!selector(json!({"componentNames": ["db"], "traitTypes": ["scaler"]})).matches(&volume()));
        assert!(!selector(json!({})).matches(&volume()), "an empty selector means nothing, not everything");
    }

    #[test]
    fn policies_of_one_type_are_merged_and_the_first_matching_rule_wins() {
        let found = rules(json!([
            {"type": "garbage-collect", "properties": {"rules": [
                {"selector": {"resourceTypes": ["PersistentVolumeClaim"]}, "strategy": "never", "propagation": "orphan"}]}},
            {"type": "garbage-collect", "properties": {"keepLegacyResource": true, "applicationRevisionLimit": 3,
                "rules": [{"selector": {"componentNames": ["db"]}, "strategy": "onAppDelete"}]}},
        ]));
        assert_eq!(found.collect(&volume()), Collect::Never);
        assert_eq!(found.propagation(&volume()), Some(Propagation::Orphan));
        assert!(found.keep_legacy);
        assert_eq!(found.revision_limit, Some(3));
    }

    #[test]
    fn storage_goes_only_with_the_application_unless_told() {
        assert_eq!(Rules::default().collect(&volume()), Collect::OnAppDelete);
        assert_eq!(Rules::default().collect(&json!({"kind": "Deployment"})), Collect::OnAppUpdate);
        let told = rules(json!([{"type": "garbage-collect", "properties": {"rules": [
            {"selector": {"traitTypes": ["storage"]}, "strategy": "onAppUpdate"}]}}]));
        assert_eq!(told.collect(&volume()), Collect::OnAppUpdate);
    }

    #[test]
    fn apply_once_without_rules_means_the_whole_application() {
        assert!(rules(json!([{"type": "apply-once", "properties": {"enable": true}}])).keeps_drift(&volume()));
        assert!(!rules(json!([{"type": "apply-once", "properties": {"enable": false}}])).keeps_drift(&volume()));
        let by_path = rules(json!([{"type": "apply-once", "properties": {"enable": true, "rules": [
            {"selector": {"componentNames": ["db"]}, "strategy": {"affect": "onUpdate", "path": ["spec.size"]}}]}}]));
        assert!(!by_path.keeps_drift(&volume()));
        assert_eq!(by_path.keeps(Phase::Update, &volume()), ["spec.size"]);
    }

    #[test]
    fn properties_that_do_not_fit_are_named() {
        let policies: Vec<AppPolicy> = serde_json::from_value(json!([
            {"type": "topology"}, {"type": "garbage-collect", "properties": {"rules": [{"strategy": "onFullMoon"}]}}]))
        .unwrap();
        let problems = Rules::of(&policies).unwrap_err();
        assert_eq!(problems[0].path.as_deref(), Some("spec.policies[1].properties"));
        assert!(problems[0].message.contains("onFullMoon"), "{}", problems[0].message);
    }
}
