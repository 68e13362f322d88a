//! What a value of a manifest is called as a parameter, and what is said of it.

/// Values below or at these are how an object is found and put together, not what a user sets.
const STRUCTURE: [&str; 20] = [
    "apiVersion",
    "apiGroup",
    "kind",
    "metadata",
    "selector",
    "matchLabels",
    "matchExpressions",
    "labels",
    "status",
    "ownerReferences",
    "protocol",
    "pathType",
    "key",
    "fieldPath",
    "defaultMode",
    "operator",
    "topologyKey",
    "restartPolicy",
    "dnsPolicy",
    "whenUnsatisfiable",
];

/// Where a value stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    /// The kind of the object.
    pub(super) kind: String,
    /// The fields above it and its own: `spec`, `ports`, `0`, `port`.
    pub(super) path: Vec<String>,
    /// The elements of lists above it that have a name, each with the field that holds the list: `containers`, `web`.
    pub(super) owners: Vec<(String, String)>,
}

impl Place {
    /// Whether the value belongs to how the object is put together.
    pub(super) fn is_structure(&self) -> bool {
        // Names tie parts together (`containers[0].name`, `volumeMounts[0].name`); rules of roles are what they are.
        let name = self.leaf() == "name" && self.path.len() > 1;
        let of_role = self.kind.ends_with("Role");
        name || of_role || self.path.iter().any(|p| STRUCTURE.contains(&p.as_str()))
    }

    /// The fields, without the places in lists.
    pub(super) fn steps(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).filter(|p| p.parse::<usize>().is_err()).collect()
    }

    pub(super) fn leaf(&self) -> &str {
        self.steps().last().copied().unwrap_or_default()
    }

    /// The name of the nearest element.
    pub(super) fn named(&self) -> &str {
        self.owners.last().map_or("", |(_, name)| name.as_str())
    }

    fn container(&self) -> &str {
        let of = |o: &&(String, String)| o.0 == "containers" || o.0 == "initContainers";
        self.owners.iter().find(of).map_or("", |(_, name)| name.as_str())
    }

    pub(super) fn has(&self, step: &str) -> bool {
        self.path.iter().any(|p| p == step)
    }

    /// Whether it is the value of a variable of a container.
    pub(super) fn is_variable(&self) -> bool {
        self.leaf() == "value" && self.owners.last().is_some_and(|(field, _)| field == "env")
    }

    /// Whether it is a value of a ConfigMap or a Secret.
    pub(super) fn is_content(&self) -> bool {
        let part = self.path.first().map_or("", String::as_str);
        matches!(part, "data" | "stringData" | "binaryData") && matches!(self.kind.as_str(), "ConfigMap" | "Secret")
    }

    /// Names for the parameter, the best first.
    pub(super) fn names(&self, main: &str) -> Vec<String> {
        let steps = self.steps();
        let leaf = self.leaf();
        let mut names = Vec::new();
        if self.is_variable() {
            // `LOG_LEVEL` is the parameter `logLevel`.
            names.push(camel(&[self.named().to_lowercase().as_str()]));
        } else {
            names.push(camel(&[leaf]));
            if self.path.iter().any(|p| p == "limits" || p == "requests") {
                names.extend(steps.iter().rev().nth(1).map(|above| camel(&[above, leaf])));
            }
        }
        for owner in self.owners.iter().rev().filter(|(_, name)| name != main && name != self.named_variable()) {
            names.push(camel(&[owner.1.as_str(), leaf]));
        }
        names.extend((1..=steps.len()).map(|n| camel(steps.get(steps.len() - n..).unwrap_or_default())));
        names
    }

    fn named_variable(&self) -> &str {
        if self.is_variable() { self.named() } else { "" }
    }

    /// What its users are told of it.
    pub(super) fn usage(&self, main: &str) -> String {
        let container = self.container();
        let of = if container.is_empty() || container == main {
            String::new()
        } else {
            format!(" of the container {container}")
        };
        let leaf = self.leaf();
        if self.is_variable() {
            return format!("The variable {}{of}", self.named());
        }
        if self.is_content() {
            let kept = if self.kind == "Secret" { ", kept in a Secret" } else { "" };
            return format!("Content of {leaf}{kept}");
        }
        let what = match leaf {
            "replicas" => "How many replicas run",
            "image" if of.is_empty() => "The image to run",
            "image" => "The image",
            "imagePullPolicy" => "When to pull the image",
            "containerPort" => "Port that the container listens on",
            "command" => "Command that the container runs, instead of the image's own",
            "args" => "Arguments of the command",
            "cpu" if self.has("limits") => "CPU limit",
            "cpu" if self.has("requests") => "CPU requested",
            "memory" if self.has("limits") => "Memory limit",
            "memory" if self.has("requests") => "Memory requested",
            "mountPath" => return format!("Where the volume {} is mounted{of}", self.named()),
            "port" if self.kind == "Service" => "Port of the Service",
            "type" if self.kind == "Service" => "Type of the Service",
            "host" if self.kind == "Ingress" => "Host name",
            "path" if self.kind == "Ingress" => "Path of the URL",
            "ingressClassName" => "Class of the Ingress",
            "schedule" => "When it runs, as cron writes it",
            "storage" => "Size of the volume",
            "storageClassName" => "Storage class of the volume",
            _ => "",
        };
        if what.is_empty() { format!("{}{of}", sentence(&self.words())) } else { format!("{what}{of}") }
    }

    /// `revisionHistoryLimit` as `revision history limit`, with the field above where that says more.
    fn words(&self) -> String {
        let plain = ["spec", "template", "containers", "initContainers", "jobTemplate"];
        let steps: Vec<&str> = self.steps().into_iter().filter(|s| !plain.contains(s)).collect();
        let mut out = String::new();
        for step in steps.get(steps.len().saturating_sub(2)..).unwrap_or_default() {
            for c in step.chars() {
                if c.is_uppercase() && out.chars().last().is_some_and(char::is_lowercase) {
                    out.push(' ');
                    out.extend(c.to_lowercase());
                } else {
                    out.push(c);
                }
            }
            out.push(' ');
        }
        out.trim_end().to_owned()
    }
}

/// Words as one name: `["side-car", "image"]` is `sideCarImage`.
pub(super) fn camel(steps: &[&str]) -> String {
    let mut out = String::new();
    let words = steps.iter().flat_map(|s| s.split(|c: char| !c.is_ascii_alphanumeric())).filter(|w| !w.is_empty());
    for word in words {
        let mut chars = word.chars();
        match chars.next() {
            Some(first) if !out.is_empty() => out.extend(first.to_uppercase()),
            Some(first) => out.push(first),
            None => {}
        }
        out.extend(chars);
    }
    if out.is_empty() || out.starts_with(|c: char| c.is_ascii_digit()) { format!("value{out}") } else { out }
}

fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}
