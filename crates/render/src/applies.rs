//! `appliesToWorkloads`: which workloads a trait is made for (kubevela-features.md §1.12).
//!
//! A rule is `*`, a component type, a resource (`deployments.apps`, `deployments.apps/v1`), a whole group (`*.apps`) or a kind
//! (`apps/v1.Deployment`, `Deployment`). KubeVela writes the rules down and never looks at them. Here a workload of
//! Kubernetes' own that no rule means is refused: what the trait changes would be nowhere, or where the cluster refuses it.
//! A custom kind may be built like one of those that are listed (a `CloneSet` like a `Deployment`), so it is told only; and
//! so is everything with `--allow-unknown`, for files that were written when nobody looked.

use crate::definition::{Loaded, Provenance};
use cue_syntax::{Diagnostic, Severity};

/// The workload of a component, in the words that rules use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Workload<'a> {
    pub(crate) component_type: &'a str,
    pub(crate) api_version: &'a str,
    pub(crate) kind: &'a str,
    /// `workload.type` of the component's definition: `deployments.apps`, or nothing of use.
    pub(crate) declared: &'a str,
}

impl Workload<'_> {
    fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    fn version(&self) -> &str {
        self.api_version.rsplit_once('/').map_or(self.api_version, |(_, version)| version)
    }

    /// The plural of its kind: Kubernetes' own from its schemas, another by the custom that most follow.
    fn plural(&self) -> String {
        match k8s_schema::resource(self.group(), self.version(), self.kind) {
            Some(resource) => resource.plural.to_owned(),
            None => {
                let kind = self.kind.to_lowercase();
                match kind.strip_suffix('y') {
                    Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
                    _ if kind.ends_with(['s', 'x']) || kind.ends_with("ch") => format!("{kind}es"),
                    _ => format!("{kind}s"),
                }
            }
        }
    }

    fn meant_by(&self, rule: &str) -> bool {
        if rule == "*" || rule == self.component_type || rule == self.declared || rule.eq_ignore_ascii_case(self.kind) {
            return true;
        }
        if let Some(group) = rule.strip_prefix("*.") {
            return group == self.group();
        }
        let plural = self.plural();
        let resource = if self.group().is_empty() { plural } else { format!("{plural}.{}", self.group()) };
        let versioned =
            rule.strip_prefix(resource.as_str()).is_some_and(|rest| rest.strip_prefix('/') == Some(self.version()));
        rule == resource || versioned || rule == format!("{}.{}", self.api_version, self.kind)
    }

    /// One of Kubernetes' own kinds, of which it is known how they are built.
    fn is_known(&self) -> bool {
        k8s_schema::resource(self.group(), self.version(), self.kind).is_some()
    }

    /// How a rule would name it.
    fn resource(&self) -> String {
        let plural = self.plural();
        if self.group().is_empty() { plural } else { format!("{plural}.{}", self.group()) }
    }
}

/// What is wrong with a trait that stands at `path` and is not made for this workload. `lenient`: it is told only.
pub(crate) fn check(
    trait_: &Loaded,
    path: &str,
    component: &str,
    workload: Workload<'_>,
    lenient: bool,
) -> Option<Diagnostic> {
    let (name, rules) = (&trait_.definition.name, &trait_.definition.spec.applies_to_workloads);
    if rules.is_empty() || workload.kind.is_empty() || rules.iter().any(|rule| workload.meant_by(rule)) {
        return None;
    }
    let mut problem = Diagnostic::error(
        "render/applies-to",
        format!(
            "trait \"{name}\" is not made for {} {}, the workload of component \"{component}\"",
            workload.api_version, workload.kind
        ),
    )
    .path(format!("{path}.type"));
    if lenient || !workload.is_known() {
        problem.severity = Severity::Warning;
        problem.help = Some(format!(
            "it applies to {}; what it changes on another workload may have no effect or be refused by the cluster",
            rules.join(", ")
        ));
        return Some(problem);
    }
    let allow = match trait_.provenance {
        Provenance::Builtin => "--allow-unknown renders it all the same".to_owned(),
        _ => format!(
            "where it fits all the same, add \"{}\" to appliesToWorkloads of {}",
            workload.resource(),
            trait_.provenance
        ),
    };
    problem.help = Some(format!("it applies to {}; {allow}", rules.join(", ")));
    Some(problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cue_syntax::Source;

    const CRON: Workload<'_> =
        Workload { component_type: "cron-task", api_version: "batch/v1", kind: "CronJob", declared: "cronjobs.batch" };
    const POLICY: Workload<'_> = Workload {
        component_type: "raw",
        api_version: "example.org/v1",
        kind: "DeliveryPolicy",
        declared: "autodetects.core.oam.dev",
    };
    const POD: Workload<'_> =
        Workload { component_type: "raw", api_version: "v1", kind: "Pod", declared: "autodetects.core.oam.dev" };

    #[test]
    fn each_form_of_a_rule_is_read() {
        for rule in ["*", "cron-task", "cronjobs.batch", "cronjobs.batch/v1", "*.batch", "batch/v1.CronJob", "CronJob"]
        {
            assert!(CRON.meant_by(rule), "{rule}");
        }
        for rule in ["deployments.apps", "*.apps", "worker", "jobs.batch", "batch/v1.Job", "cronjobs.batch/v1beta1"] {
            assert!(!CRON.meant_by(rule), "{rule}");
        }
        assert!(POLICY.meant_by("deliverypolicies.example.org"));
        assert!(POD.meant_by("pods"));
        assert!(!POD.meant_by("*.apps"));
    }

    fn said(attributes: &str, workload: Workload<'_>, provenance: Provenance, lenient: bool) -> String {
        let text = format!("grow: {{type: \"trait\", attributes: {{{attributes}}}}}\ntemplate: parameter: {{}}\n");
        let loaded = Loaded::from_cue(Source::new("grow.cue", text.as_str()), provenance).unwrap();
        check(&loaded, "spec.components[0].traits[1]", "nightly", workload, lenient).map_or_else(String::new, |d| {
            format!("{:?}: {} [{}] {}", d.severity, d.message, d.path.unwrap_or_default(), d.help.unwrap_or_default())
        })
    }

    #[test]
    fn a_mismatch_names_the_trait_the_workload_and_what_it_applies_to() {
        let rules = r#"appliesToWorkloads: ["deployments.apps", "statefulsets.apps"]"#;
        let file = || Provenance::File("grow.cue".to_owned());
        insta::assert_snapshot!(
            [
                said(rules, CRON, file(), false),
                said(rules, CRON, Provenance::Builtin, false),
                said(rules, CRON, file(), true),
                said(rules, POLICY, file(), false),
                said(r#"appliesToWorkloads: ["*"]"#, CRON, file(), false),
                said("", CRON, file(), false),
            ]
            .join("\n"),
            @r#"
        Error: trait "grow" is not made for batch/v1 CronJob, the workload of component "nightly" [spec.components[0].traits[1].type] it applies to deployments.apps, statefulsets.apps; where it fits all the same, add "cronjobs.batch" to appliesToWorkloads of grow.cue
        Error: trait "grow" is not made for batch/v1 CronJob, the workload of component "nightly" [spec.components[0].traits[1].type] it applies to deployments.apps, statefulsets.apps; --allow-unknown renders it all the same
        Warning: trait "grow" is not made for batch/v1 CronJob, the workload of component "nightly" [spec.components[0].traits[1].type] it applies to deployments.apps, statefulsets.apps; what it changes on another workload may have no effect or be refused by the cluster
        Warning: trait "grow" is not made for example.org/v1 DeliveryPolicy, the workload of component "nightly" [spec.components[0].traits[1].type] it applies to deployments.apps, statefulsets.apps; what it changes on another workload may have no effect or be refused by the cluster
        "#
        );
    }
}
