//! `lateen status --tree`: which object stands in which namespace of which cluster, as a drawn tree in columns.

use std::fmt::Write as _;

/// One object of an application.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    /// The cluster's name; `local` is the hub.
    pub(crate) cluster: String,
    /// Empty for objects without a namespace.
    pub(crate) namespace: String,
    /// `Deployment/web`.
    pub(crate) resource: String,
    /// `updated`, `not-deployed`, `pending`, `outdated`.
    pub(crate) status: String,
    /// When it was last applied, local time; printed with `--detail`.
    pub(crate) applied: String,
    /// What the live object says of itself: `Ready: 1/1`; printed with `--detail`.
    pub(crate) detail: String,
}

/// Draws the rows, sorted by cluster (`local` first), namespace and resource. With `detail`, two columns more.
pub(crate) fn draw(rows: &[Row], detail: bool) -> String {
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by_key(|row| (row.cluster != "local", *row));
    let width = |header: &str, cell: fn(&Row) -> &str| {
        rows.iter().map(|row| shown(cell(row)).chars().count()).chain([header.len()]).max().unwrap_or(0)
    };
    let (cluster_width, namespace_width) = (width("CLUSTER", |r| &r.cluster), width("NAMESPACE", |r| &r.namespace));
    let (resource_width, status_width) = (width("RESOURCE", |r| &r.resource), width("STATUS", |r| &r.status));
    let applied_width = width("APPLY_TIME", |r| &r.applied);

    let mut text = String::new();
    let mut line = format!(
        "{:cluster_width$}     {:namespace_width$}     {:resource_width$}  {:status_width$}",
        "CLUSTER", "NAMESPACE", "RESOURCE", "STATUS"
    );
    if detail {
        let _ = write!(line, "  {:applied_width$}  DETAIL", "APPLY_TIME");
    }
    let _ = writeln!(text, "{}", line.trim_end());
    for (index, row) in rows.iter().enumerate() {
        let same_cluster = |other: &&&Row| other.cluster == row.cluster;
        let same_namespace = |other: &&&Row| other.cluster == row.cluster && other.namespace == row.namespace;
        let before = index.checked_sub(1).and_then(|i| rows.get(i));
        let after = rows.get(index + 1);
        let new_cluster = before.as_ref().is_none_or(|other| !same_cluster(other));
        let new_namespace = before.as_ref().is_none_or(|other| !same_namespace(other));
        let more_namespaces = rows.get(index + 1..).is_some_and(|rest| {
            rest.iter().any(|other| other.cluster == row.cluster && other.namespace != row.namespace)
        });
        let more_resources = after.as_ref().is_some_and(same_namespace);
        let branch = joint(new_cluster, new_namespace, more_namespaces);
        let twig = joint(new_namespace, true, more_resources);
        let cluster = if new_cluster { shown(&row.cluster) } else { "" };
        let namespace = if new_namespace { shown(&row.namespace) } else { "" };
        let mut line = format!(
            "{cluster:cluster_width$} {branch} {namespace:namespace_width$} {twig} {:resource_width$}  {:status_width$}",
            row.resource, row.status
        );
        if detail {
            let _ = write!(line, "  {:applied_width$}  {}", row.applied, row.detail);
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// A cell without a value shows a dash.
fn shown(cell: &str) -> &str {
    if cell.is_empty() { "-" } else { cell }
}

/// The piece of line between two columns: the parent begins here, the child begins here, more children follow.
fn joint(parent_begins: bool, child_begins: bool, more: bool) -> &'static str {
    match (parent_begins, child_begins, more) {
        (true, _, true) => "─┬─",
        (true, _, false) => "───",
        (false, true, true) => " ├─",
        (false, true, false) => " └─",
        (false, false, true) => " │ ",
        (false, false, false) => "   ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cluster: &str, namespace: &str, resource: &str) -> Row {
        Row {
            cluster: cluster.into(),
            namespace: namespace.into(),
            resource: resource.into(),
            status: "updated".into(),
            applied: "2026-11-21 08:00:00".into(),
            detail: "Ready: 1/1".into(),
        }
    }

    #[test]
    fn two_clusters_and_two_namespaces() {
        let rows = [
            row("foo", "default", "HelmRelease/hello"),
            row("foo", "default", "HelmRepository/hello"),
            row("foo", "test", "HelmRelease/hello"),
            row("local", "", "Namespace/test"),
        ];
        insta::assert_snapshot!(draw(&rows, false), @r"
        CLUSTER     NAMESPACE     RESOURCE              STATUS
        local   ─── -         ─── Namespace/test        updated
        foo     ─┬─ default   ─┬─ HelmRelease/hello     updated
                 │             └─ HelmRepository/hello  updated
                 └─ test      ─── HelmRelease/hello     updated
        ");
    }

    #[test]
    fn detail_adds_two_columns() {
        insta::assert_snapshot!(draw(&[row("local", "default", "Deployment/web")], true), @r"
        CLUSTER     NAMESPACE     RESOURCE        STATUS   APPLY_TIME           DETAIL
        local   ─── default   ─── Deployment/web  updated  2026-11-21 08:00:00  Ready: 1/1
        ");
    }

    #[test]
    fn nothing_is_only_a_header() {
        assert_eq!(draw(&[], false), "CLUSTER     NAMESPACE     RESOURCE  STATUS\n");
    }
}
