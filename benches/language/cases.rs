//! The programs that are measured, each for any size: `n` of what the case has many of.

use std::fmt::Write as _;

/// A case.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Its size in the table.
    pub(crate) size: usize,
    pub(crate) generate: fn(usize) -> String,
    /// What to run: the input is `in.cue`, and `data.json` for `vet`.
    pub(crate) args: &'static [&'static str],
    /// Wanted: times less CPU, and times less memory.
    pub(crate) goal: (f64, f64),
}

impl Case {
    /// The field that the command prints, where it does not print all.
    #[allow(dead_code, reason = "the tests of growth and of memory ask, the bench runs the command")]
    pub(crate) fn wanted(&self) -> Option<&'static str> {
        self.args.iter().skip_while(|a| **a != "-e").nth(1).copied()
    }
}

const EXPORT: &[&str] = &["export", "in.cue", "--out", "json"];

macro_rules! cases {
    ($($name:literal $size:literal $function:ident $args:expr, $cpu:literal $memory:literal;)*) => {
        /// All of them.
        pub(crate) const CASES: &[Case] = &[$(Case {
            name: $name, size: $size, generate: $function, args: $args, goal: ($cpu, $memory),
        }),*];
    };
}

cases! {
    "empty" 1 empty EXPORT, 7.0 4.0;
    "structs-1k" 1000 structs EXPORT, 8.0 5.0;
    "structs-10k" 10_000 structs EXPORT, 8.0 5.0;
    "plain-10k" 10_000 plain EXPORT, 5.0 5.0;
    "wide-40k" 40_000 wide EXPORT, 20.0 5.0;
    "list-40k" 40_000 list EXPORT, 10.0 5.0;
    "pattern-5k" 5_000 pattern EXPORT, 10.0 5.0;
    "disj-tagged" 4_000 disj_tagged EXPORT, 15.0 10.0;
    "disj-nested" 2 disj_nested EXPORT, 15.0 10.0;
    "disj-product" 1_000 disj_product EXPORT, 15.0 10.0;
    "k8s-50" 50 k8s &["export", "in.cue", "-e", "objects", "--out", "json"], 10.0 5.0;
    "k8s-1000" 1_000 k8s &["export", "in.cue", "-e", "objects", "--out", "json"], 10.0 5.0;
    "template-1" 1 template &["export", "in.cue", "-e", "result", "--out", "json"], 7.0 4.0;
    "template-1000" 1_000 template &["export", "in.cue", "-e", "result", "--out", "json"], 10.0 5.0;
    "comprehension" 14_400 comprehension EXPORT, 10.0 5.0;
    "ref-chain" 4_000 ref_chain EXPORT, 5.0 5.0;
    "embed-defs" 2_000 embed_defs EXPORT, 10.0 5.0;
    "builtins" 3_000 builtins EXPORT, 20.0 10.0;
    "vet-json" 20_000 vet_json &["vet", "-c", "in.cue", "data.json", "-d", "#Root"], 20.0 10.0;
}

/// Formats into a string; that cannot fail.
macro_rules! put {
    ($to:expr, $($arg:tt)*) => {{ let _ = writeln!($to, $($arg)*); }};
}

fn empty(_: usize) -> String {
    "x: 1\n".into()
}

/// Structs against one small closed definition with defaults.
fn structs(n: usize) -> String {
    let mut t = String::from(
        "#Item: {\n\tname: string\n\tid: int & >=0\n\tkind: \"a\" | \"b\" | *\"c\"\n\tenabled: bool | *true\n\tlabels: [string]: string\n\tlimits: {cpu: int | *1, mem: int | *2}\n}\n",
    );
    for i in 0..n {
        put!(t, "item{i}: #Item & {{name: \"n{i}\", id: {i}, labels: app: \"app{}\"}}", i % 17);
    }
    t
}

/// Structs of plain data.
fn plain(n: usize) -> String {
    let mut t = String::new();
    for i in 0..n {
        put!(
            t,
            "r{i}: {{name: \"n{i}\", id: {i}, tags: [\"a\", \"b\", \"t{}\"], nested: {{x: {i}, y: {i}.5}}}}",
            i % 7
        );
    }
    t
}

/// One struct with many scalar fields.
fn wide(n: usize) -> String {
    let mut t = String::new();
    for i in 0..n {
        put!(t, "f{i}: {i}");
    }
    t
}

/// One list of small structs under an element constraint.
fn list(n: usize) -> String {
    let mut t = String::from("xs: [...{id: int, s: string | *\"d\"}]\nxs: [\n");
    for i in 0..n {
        put!(t, "\t{{id: {i}}},");
    }
    t + "]\n"
}

/// One map under pattern constraints.
fn pattern(n: usize) -> String {
    let mut t = String::from(
        "items: [string]: {replicas: int | *1, name: string, ports?: [...int]}\nitems: [Name=_]: name: Name\nitems: [=~\"^web\"]: replicas: 3\n",
    );
    for i in 0..n {
        put!(t, "items: {}{i}: ports: [{}]", if i % 3 == 0 { "web" } else { "job" }, 8000 + i % 50);
    }
    t
}

/// Values against a union of 12 closed structs that are told apart by a field.
fn disj_tagged(n: usize) -> String {
    let mut t = String::new();
    for k in 0..12 {
        put!(t, "#T{k}: {{kind: \"t{k}\", v{k}: int, common?: string, opts: {{a: int | *{k}, b: string | *\"d\"}}}}");
    }
    let names: Vec<String> = (0..12).map(|k| format!("#T{k}")).collect();
    put!(t, "#Any: {}\nxs: [...#Any]\nxs: [", names.join(" | "));
    for i in 0..n {
        let k = i % 12;
        put!(t, "\t{{kind: \"t{k}\", v{k}: {i}, common: \"c{i}\"}},");
    }
    t + "]\n"
}

/// Expression trees against their recursive union.
fn disj_nested(n: usize) -> String {
    fn tree(depth: u32, i: usize) -> String {
        if depth == 0 {
            return format!("{{op: \"num\", v: {i}}}");
        }
        if i.is_multiple_of(5) {
            return format!("{{op: \"neg\", e: {}}}", tree(depth - 1, i + 1));
        }
        let op = if i % 2 == 1 { "add" } else { "mul" };
        format!("{{op: \"{op}\", l: {}, r: {}}}", tree(depth - 1, 2 * i + 1), tree(depth - 1, 2 * i + 2))
    }
    let mut t = String::from(
        "#E: #Num | #Bin | #Neg\n#Num: {op: \"num\", v: number}\n#Bin: {op: \"add\" | \"mul\", l: #E, r: #E}\n#Neg: {op: \"neg\", e: #E}\n",
    );
    for i in 0..n {
        put!(t, "e{i}: #E & {}", tree(11, i + 1));
    }
    t
}

/// For each struct a cross product of 6 embedded unions, then narrowed.
fn disj_product(n: usize) -> String {
    let mut t = String::new();
    for k in 0..6 {
        put!(t, "#D{k}: *{{f{k}: \"x\"}} | {{f{k}: \"y\", g{k}: int | *{k}}} | {{f{k}: \"z\", h{k}: string | *\"s\"}}");
    }
    t += "#All: {#D0, #D1, #D2, #D3, #D4, #D5, n: int}\n";
    for i in 0..n {
        let fields: Vec<String> =
            (0..6).map(|k| format!("f{k}: \"{}\"", ["x", "y", "z"].get((i + k) % 3).unwrap_or(&""))).collect();
        put!(t, "v{i}: #All & {{n: {i}, {}}}", fields.join(", "));
    }
    t
}

/// Kubernetes-like objects against closed schemas.
fn k8s(n: usize) -> String {
    let mut t = String::from(include_str!("k8s.cue"));
    t += "deployment: [N=string]: #Deployment & {
\tmetadata: {name: N, labels: app: N}
\tspec: {selector: matchLabels: app: N, template: metadata: labels: app: N}
}
service: [N=string]: #Service & {metadata: name: N, spec: selector: app: N}
configMap: [N=string]: #ConfigMap & {metadata: name: N}
";
    for i in 0..n {
        let (name, replicas, port, version) = (format!("app-{i}"), 1 + i % 5, 8000 + i % 100, i % 9);
        put!(
            t,
            "deployment: \"{name}\": spec: {{
\treplicas: {replicas}
\ttemplate: spec: {{
\t\tcontainers: [{{
\t\t\tname: \"main\", image: \"registry.example/{name}:v{version}\"
\t\t\tports: [{{containerPort: {port}, name: \"http\"}}, {{containerPort: 9090}}]
\t\t\tenv: [{{name: \"A\", value: \"{i}\"}}, {{name: \"B\", valueFrom: secretKeyRef: {{name: \"s{i}\", key: \"k\"}}}}]
\t\t\tresources: {{limits: {{cpu: \"500m\", memory: \"256Mi\"}}, requests: cpu: \"100m\"}}
\t\t\tlivenessProbe: httpGet: {{path: \"/healthz\", port: {port}}}
\t\t\tvolumeMounts: [{{name: \"cfg\", mountPath: \"/etc/{name}\"}}]
\t\t}}]
\t\tvolumes: [{{name: \"cfg\", configMap: name: \"{name}\"}}, {{name: \"tmp\", emptyDir: {{}}}}]
\t}}
}}
service: \"{name}\": spec: ports: [{{port: 80, targetPort: {port}}}]
configMap: \"{name}\": data: {{\"app.conf\": \"n={i}\", level: \"info\"}}"
        );
    }
    t + "objects: [for o in deployment {o}, for o in service {o}, for o in configMap {o}]\n"
}

/// Renders of a component template with many `if x != _|_`.
fn template(n: usize) -> String {
    let mut t = String::from("import \"strconv\"\n");
    t += include_str!("template.cue");
    for i in 0..n {
        let mut extra = Vec::new();
        if i % 2 == 1 {
            extra.push(format!("cmd: [\"run\", \"--id={i}\"]"));
        }
        if i % 3 == 0 {
            extra.push("cpu: \"500m\", memory: \"128Mi\"".to_owned());
        }
        if i % 4 == 0 {
            extra.push(format!(
                "volumeMounts: {{pvc: [{{name: \"d\", mountPath: \"/d\", claimName: \"c{i}\"}}], emptyDir: [{{name: \"t\", mountPath: \"/t\"}}]}}"
            ));
        }
        if i % 5 == 0 {
            extra.push("labels: {team: \"x\", tier: \"web\"}".to_owned());
        }
        put!(
            t,
            "c{i}: #Component & {{
\tcontext: {{name: \"c{i}\", appName: \"app\", namespace: \"ns\"}}
\tparameter: {{image: \"img:{i}\", ports: [{{port: 80, expose: true}}, {{port: {}, name: \"m\"}}], env: [{{name: \"A\", value: \"{i}\"}}], {}}}
}}",
            8000 + i,
            extra.join(", ")
        );
    }
    let results: Vec<String> = (0..n).map(|i| format!("{{o: c{i}.output, s: c{i}.outputs}}")).collect();
    put!(t, "result: [{}]", results.join(", "));
    t
}

/// So many pairs into a map, then into a list.
fn comprehension(pairs: usize) -> String {
    let n = pairs.isqrt();
    format!(
        "import \"list\"
n: {n}
r: list.Range(0, n, 1)
m: {{for a in r for b in r let k = a*n + b if mod(k, 7) == 0 {{\"k\\(k)\": {{i: a, j: b, s: a + b}}}}}}
l: [for k, v in m if v.s > 100 {{\"\\(k)=\\(v.s)\"}}]
total: list.Sum([for v in m {{v.s}}])
"
    )
}

/// Structs, each refining the one before.
fn ref_chain(n: usize) -> String {
    let mut t = String::from("s0: {a: 1, n: {d: 0}}\n");
    for i in 1..=n {
        let before = i - 1;
        put!(t, "s{i}: {{f{i}: s{before}.a + {i}, a: f{i}, prev: s{before}.n, n: d: prev.d + 1}}");
    }
    put!(t, "out: s{n}");
    t
}

/// Values of a definition that embeds 8 levels of others.
fn embed_defs(n: usize) -> String {
    let mut t = String::from("#L0: {a0: int | *0, m0: {[string]: int}}\n");
    for k in 1..9 {
        put!(t, "#L{k}: {{#L{}, a{k}: int | *{k}, s{k}: {{#L0, b: string | *\"x\"}}}}", k - 1);
    }
    for i in 0..n {
        put!(t, "v{i}: #L8 & {{a{}: {i}, m0: k{i}: 1}}", i % 9);
    }
    t
}

/// Sort, join, split, format, marshal.
fn builtins(n: usize) -> String {
    format!(
        "import (\"list\", \"strings\", \"strconv\", \"encoding/json\")
r: list.Range(0, {n}, 1)
names: [for i in r {{\"n-\" + strconv.FormatInt(mod(i*7919, {n}), 10)}}]
sorted: list.SortStrings(names)
nums: list.Sort([for i in r {{mod(i*7919, {n})}}], list.Ascending)
joined: strings.Join(sorted, \",\")
back: len(strings.Split(joined, \",\"))
text: json.Marshal({{for n in sorted {{(n): strings.ToUpper(n)}}}})
"
    )
}

/// The schema of [`records`].
fn vet_json(_: usize) -> String {
    "#Root: users: [...#User]
#User: {
\tid: int & >=0
\tname: string
\temail: =~\"@\"
\tactive: bool
\troles: [...string]
\taddress: {city: string, zip: =~\"^[0-9]+$\", street?: string}
}
"
    .into()
}

/// A JSON document of records.
pub(crate) fn records(n: usize) -> String {
    let mut t = String::from("{\"users\":[\n");
    for i in 0..n {
        let active = i % 3 != 0;
        let _ = write!(
            t,
            "{}{{\"id\":{i},\"name\":\"user{i}\",\"email\":\"u{i}@example.org\",\"active\":{active},\"roles\":[\"r{}\",\"all\"],\"address\":{{\"city\":\"c{}\",\"zip\":\"{}\"}}}}",
            if i == 0 { "" } else { ",\n" },
            i % 5,
            i % 100,
            10000 + i
        );
    }
    t + "\n]}\n"
}
