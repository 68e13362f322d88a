//! `lateen get`: objects of any cluster of the fleet as a table, without kubectl and a kubeconfig.

use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome, Session};
use crate::table;
use cue_syntax::Diagnostic;
use serde_json::{Value, json};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen get deployments --cluster cluster-prod
  lateen get pods -A -l app.oam.dev/name=shop
  lateen get initializers.core.oam.dev -n vela-system
  lateen get configmap settings -o yaml")]
pub(crate) struct GetArgs {
    /// A kind: `deployments`, `deploy`, `managedclusters.cluster.open-cluster-management.io`
    kind: String,
    /// Only this object
    name: Option<String>,
    /// The cluster
    #[arg(long, short, default_value = "local")]
    cluster: String,
    /// The namespace
    #[arg(long, short, default_value = "default")]
    namespace: String,
    /// Objects of all namespaces
    #[arg(long, short = 'A')]
    all_namespaces: bool,
    /// Only objects with these labels: `app=web,tier!=test`
    #[arg(long, short = 'l', value_name = "LABELS", conflicts_with = "name")]
    selector: Option<String>,
    /// json or yaml instead of a table
    #[arg(long, short)]
    output: Option<Format>,
    /// Print who set which field, too
    #[arg(long, requires = "output")]
    show_managed_fields: bool,
}

/// How a server is asked for a table.
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

async fn ask(client: &kube::Client, what: &str, path: &str, accept: &str) -> Outcome<Value> {
    let request = http::Request::get(path)
        .header("accept", accept)
        .body(Vec::new())
        .map_err(|e| Diagnostic::error("get/request", e.to_string()))?;
    let answer = client.request::<Value>(request).await;
    Ok(answer.map_err(|e| actions::Fault::of(what, &e))?)
}

/// The path of a kind's group and version, its plural, and whether it lives in namespaces.
async fn resolve(client: &kube::Client, kind: &str) -> Outcome<(String, String, bool)> {
    let (plural, group) = kind.split_once('.').map_or((kind, None), |(plural, group)| (plural, Some(group)));
    let groups = ask(client, "ask for the kinds", "/apis", "application/json").await?;
    let mut paths = if group.is_none() { vec!["/api/v1".to_owned()] } else { Vec::new() };
    for found in groups.get("groups").and_then(Value::as_array).into_iter().flatten() {
        let text = |pointer: &str| found.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        if group.is_none_or(|group| group == text("/name")) {
            paths.push(format!("/apis/{}", text("/preferredVersion/groupVersion")));
        }
    }
    for path in paths {
        let list = ask(client, "ask for the kinds", &path, "application/json").await?;
        for resource in list.get("resources").and_then(Value::as_array).into_iter().flatten() {
            let text = |name: &str| resource.get(name).and_then(Value::as_str).unwrap_or_default();
            let short = resource.get("shortNames").and_then(Value::as_array).into_iter().flatten();
            let fits = text("name") == plural
                || text("singularName") == plural
                || text("kind").eq_ignore_ascii_case(plural)
                || short.filter_map(Value::as_str).any(|s| s == plural);
            if fits && !text("name").contains('/') {
                let namespaced = resource.get("namespaced").and_then(Value::as_bool) == Some(true);
                return Ok((path, text("name").to_owned(), namespaced));
            }
        }
    }
    Err(Diagnostic::error("get/unknown-kind", format!("the cluster has no kind {kind}"))
        .help("write its plural, its short name, or plural.group")
        .into())
}

pub(crate) async fn run(hub: HubArgs, args: GetArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    let client = session.fleet.cluster(&args.cluster).await?.client();
    let (base, plural, namespaced) = resolve(&client, &args.kind).await?;
    let space = match namespaced && !args.all_namespaces {
        true => format!("/namespaces/{}", args.namespace),
        false => String::new(),
    };
    let name = args.name.as_ref().map(|n| format!("/{n}")).unwrap_or_default();
    let selected = args.selector.as_deref().map(query).unwrap_or_default();
    let path = format!("{base}{space}/{plural}{name}{selected}");
    let what = format!("get {plural}{} on cluster {}", name.replace('/', " "), args.cluster);
    if let Some(format) = args.output {
        let found = listed(ask(&client, &what, &path, "application/json").await?);
        return match args.show_managed_fields {
            true => output::print(&found, format),
            false => output::objects(found, format),
        };
    }
    let found = ask(&client, &what, &path, TABLE).await?;
    let columns: Vec<&Value> = found.get("columnDefinitions").and_then(Value::as_array).into_iter().flatten().collect();
    let shown = |column: &&Value| column.get("priority").and_then(Value::as_i64).unwrap_or(0) == 0;
    let mut headers: Vec<String> = columns
        .iter()
        .filter(|c| shown(c))
        .map(|c| c.get("name").and_then(Value::as_str).unwrap_or_default().to_uppercase())
        .collect();
    if args.all_namespaces && namespaced {
        headers.insert(0, "NAMESPACE".to_owned());
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    for row in found.get("rows").and_then(Value::as_array).into_iter().flatten() {
        let cells = row.get("cells").and_then(Value::as_array).into_iter().flatten();
        let mut cells: Vec<String> =
            cells.zip(&columns).filter(|(_, column)| shown(column)).map(|(cell, _)| text(cell)).collect();
        if args.all_namespaces && namespaced {
            cells.insert(0, row.pointer("/object/metadata/namespace").map(text).unwrap_or_default());
        }
        rows.push(cells);
    }
    if rows.is_empty() {
        eprintln!("There are no {plural}.");
        return Ok(());
    }
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    print!("{}", table::draw(&headers, &rows));
    Ok(())
}

/// A label selector as the query of a request.
fn query(selector: &str) -> String {
    let encoded: String = selector
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    format!("?labelSelector={encoded}")
}

/// A server's list as one that can be applied again: a `v1` List whose items say themselves what they are, which servers
/// leave out. One object stays as it is.
fn listed(mut found: Value) -> Value {
    let text = |key: &str| found.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (version, kind) = (text("apiVersion"), text("kind"));
    let (Some(items), Some(kind)) = (found.get_mut("items").and_then(Value::as_array_mut), kind.strip_suffix("List"))
    else {
        return found;
    };
    let items = items.iter_mut().map(|item| {
        let mut whole = json!({"apiVersion": version, "kind": kind});
        if let (Value::Object(whole), Value::Object(item)) = (&mut whole, item) {
            whole.append(item);
        }
        whole
    });
    json!({"apiVersion": "v1", "kind": "List", "items": items.collect::<Vec<Value>>()})
}

fn text(cell: &Value) -> String {
    match cell {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_can_be_applied_again() {
        let found = json!({"kind": "ConfigMapList", "apiVersion": "v1", "metadata": {"resourceVersion": "9"},
            "items": [{"metadata": {"name": "a"}}, {"kind": "ConfigMap", "metadata": {"name": "b"}}]});
        let item = |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
        assert_eq!(listed(found), json!({"apiVersion": "v1", "kind": "List", "items": [item("a"), item("b")]}));
        assert_eq!(listed(item("a")), item("a"));
    }

    #[test]
    fn a_selector_cannot_ask_for_more() {
        assert_eq!(query("a/b=c&limit=1"), "?labelSelector=a%2Fb%3Dc%26limit%3D1");
    }
}
