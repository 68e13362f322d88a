//! Writes `data/types.txt` and `data/resources.txt` from Kubernetes' own OpenAPI and discovery documents.
//!
//! ```text
//! go mod download k8s.io/kubernetes@v1.32.3 k8s.io/{api,apimachinery,apiextensions-apiserver,kube-aggregator}@v0.32.3
//! cargo run -p k8s-schema --example generate -- "$(go env GOMODCACHE)/k8s.io/kubernetes@v1.32.3/api" [OPENAPI_V3_OF_A_SERVER]
//! ```
//!
//! Numbers of protobuf fields come from the Go types beside it in the module cache.
//!
//! The second argument is optional: a folder of `/openapi/v3/...` documents saved from a running apiserver of the same
//! version. Only a running server publishes enumerations (`tests/kubernetes/rig openapi FOLDER` saves them); without
//! the folder the enumerations of the existing `types.txt` are kept.
//! The format of both files is described in `src/lib.rs`.
//!
//! ```text
//! cargo run -p k8s-schema --example generate -- --difference "$(go env GOMODCACHE)/k8s.io/kubernetes@v1.28.15/api"
//! ```
//!
//! writes `data/v1.28/`: what is different in that version, as lines that take the place of the others (without numbers of
//! protobuf), and `-GROUP/VERSION KIND` for what is not there.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a generator that stops at the first surprise"
)]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let api = arguments.next().expect("usage: generate [--difference] KUBERNETES/api [OPENAPI_V3_OF_A_SERVER]");
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    if api == "--difference" {
        return difference(Path::new(&arguments.next().expect("the folder of the other version")), &data);
    }
    let schemas = schemas(&Path::new(&api).join("openapi-spec"));
    let enums = match arguments.next() {
        Some(folder) => enums_of_server(Path::new(&folder)),
        None => enums_of_text(&std::fs::read_to_string(data.join("types.txt")).unwrap_or_default()),
    };
    let numbers = numbers(Path::new(&api));
    std::fs::write(data.join("types.txt"), types(&schemas, &enums, &numbers)).expect("types.txt");
    std::fs::write(data.join("resources.txt"), resources(&Path::new(&api).join("discovery"), &schemas))
        .expect("resources.txt");
}

/// What another version has different.
fn difference(api: &Path, data: &Path) {
    let base_types = std::fs::read_to_string(data.join("types.txt")).expect("types.txt");
    let base_resources = std::fs::read_to_string(data.join("resources.txt")).expect("resources.txt");
    let schemas = schemas(&api.join("openapi-spec"));
    let plain = |line: &str| -> String {
        line.split(' ').map(|word| word.split('#').next().unwrap_or_default()).collect::<Vec<_>>().join(" ")
    };
    let known: BTreeSet<String> = base_types.lines().map(plain).collect();
    let theirs = types(&schemas, &enums_of_text(&base_types), &Numbers::new());
    let changed: String =
        theirs.lines().filter(|line| !known.contains(*line)).map(|line| format!("{line}\n")).collect();
    let key = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let theirs = resources(&api.join("discovery"), &schemas);
    let names: BTreeSet<String> = theirs.lines().map(key).collect();
    let mut lines: Vec<String> =
        base_resources.lines().map(key).filter(|name| !names.contains(name)).map(|name| format!("-{name}")).collect();
    lines.extend(theirs.lines().filter(|line| !base_resources.lines().any(|one| one == *line)).map(str::to_owned));
    let module = api.parent().and_then(Path::file_name).and_then(|name| name.to_str()).expect("the module's folder");
    let version = module.rsplit_once('@').expect("kubernetes@v1.X.Y").1;
    let folder = data.join(version.rsplit_once('.').expect("a patch version").0);
    std::fs::create_dir_all(&folder).expect("the version's folder");
    std::fs::write(folder.join("types.txt"), changed).expect("types.txt");
    std::fs::write(folder.join("resources.txt"), lines.join("\n") + "\n").expect("resources.txt");
}

/// Type name and field name to the values that the field may have.
type Enums = BTreeMap<(String, String), Vec<String>>;

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// swagger.json knows the lists' and patches' extensions of every field; the v3 documents know the defaults.
fn schemas(folder: &Path) -> BTreeMap<String, Value> {
    let mut all: BTreeMap<String, Value> = read(&folder.join("swagger.json"))["definitions"]
        .as_object()
        .expect("definitions")
        .clone()
        .into_iter()
        .collect();
    let mut documents: Vec<_> =
        std::fs::read_dir(folder.join("v3")).expect("v3").map(|entry| entry.expect("entry").path()).collect();
    documents.sort();
    for document in documents {
        let document = read(&document);
        let Some(schemas) = document["components"]["schemas"].as_object() else { continue };
        for (name, schema) in schemas {
            let Some(fields) = schema["properties"].as_object() else { continue };
            for (field, description) in fields {
                let default = &description["default"];
                let means_something = default.as_str().is_some_and(|text| !text.is_empty());
                if means_something && let Some(schema) = all.get_mut(name) {
                    schema["properties"][field]["default"] = default.clone();
                }
            }
        }
    }
    all
}

fn enums_of_server(folder: &Path) -> Enums {
    let mut enums = Enums::new();
    for entry in std::fs::read_dir(folder).expect("the server's documents") {
        let document = read(&entry.expect("entry").path());
        let Some(schemas) = document["components"]["schemas"].as_object() else { continue };
        for (name, schema) in schemas {
            let Some(fields) = schema["properties"].as_object() else { continue };
            for (field, description) in fields {
                let values =
                    [&description["enum"], &description["items"]["enum"]].into_iter().find_map(Value::as_array);
                if let Some(values) = values {
                    let values: Vec<_> = values.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                    // Certificates' usages have spaces in them; this format does not.
                    if !values.iter().any(|value| value.contains([' ', '|', '=', '%', '~', '^', '+', '#'])) {
                        enums.insert((short(name).to_owned(), field.clone()), values);
                    }
                }
            }
        }
    }
    enums
}

fn enums_of_text(text: &str) -> Enums {
    let mut enums = Enums::new();
    for line in text.lines() {
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default().trim_end_matches('%');
        for field in words {
            if let (Some((field_name, _)), Some((_, values))) = (field.split_once(['!', ':']), field.split_once('|')) {
                let values = values.split(['=', '%', '~', '^', '+', '#']).next().unwrap_or_default();
                enums.insert((name.to_owned(), field_name.to_owned()), values.split('|').map(str::to_owned).collect());
            }
        }
    }
    enums
}

fn short(name: &str) -> &str {
    [
        "io.k8s.api.",
        "io.k8s.apimachinery.pkg.apis.",
        "io.k8s.apimachinery.pkg.",
        "io.k8s.apiextensions-apiserver.pkg.apis.",
        "io.k8s.kube-aggregator.pkg.apis.",
    ]
    .iter()
    .find_map(|prefix| name.strip_prefix(prefix))
    .unwrap_or(name)
}

/// Fields that the schema calls required because Go writes them even when they are zero, and that an apiserver takes
/// as zero, or sets itself, when they are missing. (Statuses are written by controllers and are not checked either.)
const ACCEPTED_WITHOUT: [(&str, &str); 12] = [
    ("apps.v1.StatefulSetSpec", "serviceName"),
    ("core.v1.HTTPHeader", "value"),
    ("core.v1.ISCSIVolumeSource", "lun"),
    ("core.v1.ISCSIPersistentVolumeSource", "lun"),
    ("core.v1.LimitRangeSpec", "limits"),
    ("core.v1.Sysctl", "value"),
    ("discovery.v1.EndpointSlice", "endpoints"),
    ("networking.v1.NetworkPolicySpec", "podSelector"),
    ("rbac.v1.RoleRef", "apiGroup"),
    ("scheduling.v1.PriorityClass", "value"),
    ("core.v1.Event", "metadata"),
    ("core.v1.EndpointAddress", "ip"),
];

/// Types that are written in place where they are used, not referred to.
fn leaf(name: &str) -> Option<&'static str> {
    Some(match name {
        "io.k8s.apimachinery.pkg.api.resource.Quantity" => "q",
        "io.k8s.apimachinery.pkg.apis.meta.v1.Time" => "t",
        "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime" => "u",
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString" => "x",
        "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1" | "io.k8s.apimachinery.pkg.runtime.RawExtension" => "o",
        name if name.starts_with("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON")
            && !name.ends_with("JSONSchemaProps") =>
        {
            "a"
        }
        "io.k8s.api.apiserverinternal.v1alpha1.StorageVersionSpec" => "o",
        _ => return None,
    })
}

fn shape(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().expect("a reference");
        return leaf(name).map_or_else(|| format!("@{}", short(name)), str::to_owned);
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("array"), _) => format!("[{}]", shape(&schema["items"])),
        (Some("object"), _) => match &schema["additionalProperties"] {
            Value::Null => "o".to_owned(),
            values => format!("{{{}}}", shape(values)),
        },
        (Some("string"), Some("byte")) => "y".to_owned(),
        (Some("string"), Some("date-time")) => "t".to_owned(),
        (Some("string"), Some("int-or-string")) => "x".to_owned(),
        (Some("string"), None) => "s".to_owned(),
        (Some("integer"), Some("int32")) => "i".to_owned(),
        (Some("integer"), Some("int64")) => "l".to_owned(),
        (Some("integer"), None) => "l".to_owned(),
        (Some("number"), _) => "n".to_owned(),
        (Some("boolean"), _) => "b".to_owned(),
        (None, _) => "a".to_owned(),
        other => panic!("a shape this generator does not know: {other:?}"),
    }
}

/// Type name and JSON name of a field to its number in protobuf, with `*` in front where Go has a pointer. A field of a
/// struct that JSON has in line and protobuf has not is `OUTER.INNER`.
type Numbers = BTreeMap<(String, String), String>;

/// A field of a Go struct: JSON name (empty for a struct in line), Go type, number.
struct GoField {
    json: String,
    go_type: String,
    number: String,
}

fn numbers(api: &Path) -> Numbers {
    let kubernetes = api.parent().expect("the module's folder");
    let version = kubernetes.file_name().and_then(|name| name.to_str()).and_then(|name| name.rsplit_once("@v1."));
    let version = version.expect("kubernetes@v1.X.Y").1;
    let module = |name: &str| kubernetes.parent().expect("k8s.io").join(format!("{name}@v0.{version}"));
    let mut structs: BTreeMap<String, Vec<GoField>> = BTreeMap::new();
    let mut read = |folder: &Path, prefix: &str| {
        for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.ends_with(".go")
                && !name.starts_with("zz_")
                && !name.contains("generated")
                && !name.ends_with("_test.go")
            {
                go_structs(&std::fs::read_to_string(&path).expect("a Go file"), prefix, &mut structs);
            }
        }
    };
    for group in std::fs::read_dir(module("api")).expect("k8s.io/api").map(|entry| entry.expect("entry").path()) {
        let name = group.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let Ok(versions) = std::fs::read_dir(&group) else { continue };
        for folder in versions.map(|entry| entry.expect("entry").path()).filter(|path| path.join("types.go").exists()) {
            let version = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            read(&folder, &format!("{name}.{version}"));
        }
    }
    read(&module("apimachinery").join("pkg/apis/meta/v1"), "meta.v1");
    read(&module("apiextensions-apiserver").join("pkg/apis/apiextensions/v1"), "apiextensions.v1");
    read(&module("kube-aggregator").join("pkg/apis/apiregistration/v1"), "apiregistration.v1");
    let mut numbers = Numbers::new();
    for (name, fields) in &structs {
        number_fields(name, name, fields, "", &structs, &mut numbers);
    }
    numbers
}

fn number_fields(
    of: &str,
    holder: &str,
    fields: &[GoField],
    prefix: &str,
    structs: &BTreeMap<String, Vec<GoField>>,
    numbers: &mut Numbers,
) {
    for field in fields {
        let number = if prefix.is_empty() { field.number.clone() } else { format!("{prefix}.{}", field.number) };
        if field.json.is_empty() {
            // In this package; else an alias of the same group's v1, or another package's.
            let (group, _) = holder.split_once('.').expect("a dot");
            let name = field.go_type.rsplit('.').next().expect("a name");
            let here = format!("{}.{name}", holder.rsplit_once('.').expect("a dot").0);
            let candidates = [here, format!("{group}.v1.{name}"), format!("core.v1.{name}"), format!("meta.v1.{name}")];
            let inner = candidates.into_iter().find(|name| structs.contains_key(name));
            let inner = inner.unwrap_or_else(|| panic!("{of}: no struct {}", field.go_type));
            let inner_fields = &structs[&inner];
            number_fields(of, &inner, inner_fields, &number, structs, numbers);
        } else {
            let pointer = if field.go_type.starts_with('*') { "*" } else { "" };
            numbers.insert((of.to_owned(), field.json.clone()), format!("{pointer}{number}"));
        }
    }
}

fn go_structs(text: &str, prefix: &str, structs: &mut BTreeMap<String, Vec<GoField>>) {
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("type ").and_then(|rest| rest.strip_suffix(" struct {")) else { continue };
        let mut fields = Vec::new();
        for line in lines.by_ref().take_while(|line| *line != "}") {
            let Some((declared, tags)) = line.split_once('`') else { continue };
            let tag = |name: &str| tags.split_once(&format!("{name}:\"")).and_then(|(_, rest)| rest.split('"').next());
            let (Some(json), Some(protobuf)) = (tag("json"), tag("protobuf")) else { continue };
            let Some(number) = protobuf.split(',').nth(1) else { continue };
            fields.push(GoField {
                json: json.split(',').next().unwrap_or_default().to_owned(),
                go_type: declared.split_whitespace().last().unwrap_or_default().to_owned(),
                number: number.to_owned(),
            });
        }
        structs.insert(format!("{prefix}.{name}"), fields);
    }
}

fn types(schemas: &BTreeMap<String, Value>, enums: &Enums, numbers: &Numbers) -> String {
    let mut lines = BTreeMap::new();
    for (full_name, schema) in schemas {
        if leaf(full_name).is_some() || full_name.ends_with(".Patch") {
            continue;
        }
        let name = short(full_name);
        let mut line = name.to_owned();
        if schema["x-kubernetes-map-type"] == "atomic" {
            line.push('%');
        }
        let required: BTreeSet<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (field, description) in schema["properties"].as_object().into_iter().flatten() {
            let accepted_without = ACCEPTED_WITHOUT.contains(&(name, field)) || name.ends_with("Status");
            let mark = if !accepted_without && required.contains(field.as_str()) { "!" } else { "" };
            write!(line, " {field}{mark}:{}", shape(description)).expect("a string");
            if let Some(values) = enums.get(&(name.to_owned(), field.clone())) {
                for value in values {
                    write!(line, "|{value}").expect("a string");
                }
            }
            if let Some(default) = description["default"].as_str() {
                write!(line, "={default}").expect("a string");
            }
            if description["x-kubernetes-map-type"] == "atomic" {
                line.push('%');
            }
            match description["x-kubernetes-list-type"].as_str() {
                Some("set") => line.push_str("~set"),
                Some("map") => {
                    let keys = description["x-kubernetes-list-map-keys"].as_array().expect("keys of a map");
                    let keys: Vec<_> = keys.iter().map(|key| key.as_str().expect("a key")).collect();
                    write!(line, "~{}", keys.join(",")).expect("a string");
                    line.insert_str(line.len() - keys.join(",").len(), "map:");
                }
                Some("atomic") | None => {}
                Some(other) => panic!("list type {other}"),
            }
            if let Some(key) = description["x-kubernetes-patch-merge-key"].as_str() {
                write!(line, "^{key}").expect("a string");
            }
            if let Some(strategy) = description["x-kubernetes-patch-strategy"].as_str() {
                write!(line, "+{strategy}").expect("a string");
            }
            if let Some(number) = numbers.get(&(name.to_owned(), field.clone())) {
                write!(line, "#{number}").expect("a string");
            }
        }
        lines.insert(name.to_owned(), line);
    }
    let mut text = String::new();
    for line in lines.values() {
        text.push_str(line);
        text.push('\n');
    }
    text
}

fn words(value: &Value) -> String {
    let words: Vec<_> = value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if words.is_empty() { "-".to_owned() } else { words.join(",") }
}

fn resources(folder: &Path, schemas: &BTreeMap<String, Value>) -> String {
    let mut type_names = BTreeMap::new();
    for (name, schema) in schemas {
        for kind in schema["x-kubernetes-group-version-kind"].as_array().into_iter().flatten() {
            let part = |key: &str| kind[key].as_str().unwrap_or_default().to_owned();
            type_names.entry((part("group"), part("version"), part("kind"))).or_insert_with(|| short(name).to_owned());
        }
    }
    let mut documents: Vec<_> =
        std::fs::read_dir(folder).expect("discovery").map(|entry| entry.expect("entry").path()).collect();
    documents.sort();
    let mut lines = BTreeSet::new();
    for document in documents {
        let list = read(&document);
        if list["kind"] != "APIResourceList" {
            continue;
        }
        let (group, version) = list["groupVersion"]
            .as_str()
            .expect("a group version")
            .rsplit_once('/')
            .unwrap_or(("", list["groupVersion"].as_str().expect("a group version")));
        let all = list["resources"].as_array().expect("resources");
        for resource in all {
            let plural = resource["name"].as_str().expect("a name");
            if plural.contains('/') {
                continue;
            }
            let kind = resource["kind"].as_str().expect("a kind");
            let Some(type_name) = type_names.get(&(group.to_owned(), version.to_owned(), kind.to_owned())) else {
                panic!("no type for {group}/{version} {kind}");
            };
            let mut line = format!(
                "{}/{version} {kind} {plural} {} {} {} {} {} {type_name}",
                if group.is_empty() { "core" } else { group },
                resource["singularName"].as_str().filter(|name| !name.is_empty()).unwrap_or(&kind.to_lowercase()),
                if resource["namespaced"] == true { "Namespaced" } else { "Cluster" },
                words(&resource["shortNames"]),
                words(&resource["categories"]),
                words(&resource["verbs"]),
            );
            for sub in all {
                let Some((_, name)) =
                    sub["name"].as_str().and_then(|name| name.split_once('/')).filter(|(of, _)| *of == plural)
                else {
                    continue;
                };
                let sub_kind = sub["kind"].as_str().expect("a kind");
                let sub_group = sub["group"].as_str().unwrap_or(group);
                let sub_version = sub["version"].as_str().unwrap_or(version);
                let sub_group = if sub_group.is_empty() { "core" } else { sub_group };
                write!(line, " {name}={sub_group}/{sub_version}/{sub_kind}={}", words(&sub["verbs"]))
                    .expect("a string");
            }
            lines.insert(line);
        }
    }
    let mut text = String::new();
    for line in &lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}
