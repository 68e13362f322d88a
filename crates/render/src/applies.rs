//! `appliesToWorkloads`: which workloads a trait is made for (kubevela-features.md §1.12).
//!
//! A rule is `*`, a component type, a resource (`deployments.apps`), a whole group (`*.apps`) or a kind
//! (`apps/v1.Deployment`, `Deployment`). KubeVela writes the rules down and never looks at them, so files that break them
//! are in use: a workload that a trait is not made for is told, and rendered all the same.

use cue_syntax::Diagnostic;

/// The workload of a component, in the words that rules use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Workload<'a> {
    pub(crate) component_type: &'a str,
    pub(crate) api_version: &'a str,
    pub(crate) kind: &'a str,
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
        if rule == "*" || rule == self.component_type || rule.eq_ignore_ascii_case(self.kind) {
            return true;
        }
        if let Some(group) = rule.strip_prefix("*.") {
            return group == self.group();
        }
        let plural = self.plural();
        let resource = if self.group().is_empty() { plural } else { format!("{plural}.{}", self.group()) };
        rule == resource || rule == format!("{}.{}", self.api_version, self.kind)
    }
}

/// The warning for a trait that stands at `path` and is not made for this workload.
pub(crate) fn check(
    name: &str,
    rules: &[String],
    path: &str,
    component: &str,
    workload: Workload<'_>,
) -> Option<Diagnostic> {
    if rules.is_empty() || workload.kind.is_empty() || rules.iter().any(|rule| workload.meant_by(rule)) {
        return None;
    }
    Some(
        Diagnostic::warning(
            "render/applies-to",
            format!(
                "trait \"{name}\" is not made for {} {}, the workload of component \"{component}\"",
                workload.api_version, workload.kind
            ),
        )
        .path(format!("{path}.type"))
        .help(format!(
            "it applies to {}; what it changes on another workload may have no effect or be refused by the cluster",
            rules.join(", ")
        )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRON: Workload<'_> = Workload { component_type: "cron-task", api_version: "batch/v1", kind: "CronJob" };
    const POLICY: Workload<'_> =
        Workload { component_type: "raw", api_version: "example.org/v1", kind: "DeliveryPolicy" };
    const POD: Workload<'_> = Workload { component_type: "raw", api_version: "v1", kind: "Pod" };

    #[test]
    fn each_form_of_a_rule_is_read() {
        for rule in ["*", "cron-task", "cronjobs.batch", "*.batch", "batch/v1.CronJob", "CronJob"] {
            assert!(CRON.meant_by(rule), "{rule}");
        }
        for rule in ["deployments.apps", "*.apps", "worker", "jobs.batch", "batch/v1.Job"] {
            assert!(!CRON.meant_by(rule), "{rule}");
        }
        assert!(POLICY.meant_by("deliverypolicies.example.org"));
        assert!(POD.meant_by("pods"));
        assert!(!POD.meant_by("*.apps"));
    }

    #[test]
    fn a_mismatch_names_the_trait_the_workload_and_what_it_applies_to() {
        let rules = ["deployments.apps".to_owned(), "statefulsets.apps".to_owned()];
        let said = check("scaler", &rules, "spec.components[0].traits[1]", "nightly", CRON).unwrap();
        assert_eq!(
            format!("{} [{}] {}", said.message, said.path.unwrap_or_default(), said.help.unwrap_or_default()),
            "trait \"scaler\" is not made for batch/v1 CronJob, the workload of component \"nightly\" \
             [spec.components[0].traits[1].type] it applies to deployments.apps, statefulsets.apps; what it changes on \
             another workload may have no effect or be refused by the cluster"
        );
        assert_eq!(check("labels", &["*".to_owned()], "", "nightly", CRON), None);
        assert_eq!(check("labels", &[], "", "nightly", CRON), None);
    }
}
