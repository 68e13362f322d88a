//! Names that actions had in older packages.

/// (`#provider`, `#do`) as written, to what it is called today; everything else stays.
pub(super) fn current<'a>(provider: &'a str, name: &'a str) -> (&'a str, &'a str) {
    match (provider, name) {
        ("op" | "config" | "ql", "create-config") => ("config", "create"),
        ("op" | "config" | "ql", "read-config") => ("config", "read"),
        ("op" | "config" | "ql", "delete-config") => ("config", "delete"),
        ("op" | "config" | "ql", "list-config") => ("config", "list"),
        ("op" | "ql", "read" | "list" | "delete" | "apply" | "patch" | "apply-in-parallel") => ("kube", name),
        ("op", "do") => ("http", "do"),
        ("op", "send") => ("email", "send"),
        ("op", "string") => ("util", "string"),
        ("op", "load") => ("oam", "load"),
        ("workspace", _) => ("builtin", name),
        _ => (provider, name),
    }
}
