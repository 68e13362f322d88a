//! The parameters of a definition as a tree: what `show` prints as a table, the language server completes, and `def doc`
//! writes down.
//!
//! They are read from the syntax of `parameter`, because what a person has to know is in it and not in its value: comments,
//! the order of the fields, which condition a field stands under, which definition an alternative has. References to
//! definitions of the template (`#Mount`) are followed, to a bounded depth.

use cue_syntax::Span;
use cue_syntax::ast::{BinaryOp, Clause, Comment, Constraint, Decl, Element, Expr, Field, Label, Text, UnaryOp};
use render::Loaded;

/// How deep parameters are followed: deeper ones of a definition that holds itself are cut off.
const DEPTH: u32 = 12;
/// The longest text of a type that is shown as it is written.
const LONGEST: usize = 80;

/// One parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it takes: `string`, `[]object`, `map[string]string`, `"TCP" | "UDP"`.
    pub kind: String,
    /// An application without it is refused.
    pub required: bool,
    /// What it is when it is left out, as CUE text.
    pub default: Option<String>,
    /// The values that it may have, as CUE text, when there are only these.
    pub choices: Vec<String>,
    /// What `+usage` says of it, else the comment above it.
    pub usage: String,
    /// What `+short` says: one letter.
    pub short: String,
    /// The condition under which it exists, as CUE text.
    pub condition: Option<String>,
    /// Where its name stands in the definition.
    pub place: Span,
    /// What is inside: of a struct, or of each element of a list or map.
    pub inner: Parameters,
}

/// The parameters of one struct.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameters {
    /// In the order in which they are written.
    pub fields: Vec<Parameter>,
    /// Where there are alternatives, the fields of each are here, and `fields` holds those of all.
    pub arms: Vec<Arm>,
    /// Any name is taken, with a value of this type.
    pub any: Option<String>,
}

/// One of several alternatives.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Arm {
    /// Its name in the definition (`#Container`), where it has one.
    pub name: String,
    /// The one that is taken when nothing decides.
    pub default: bool,
    /// Its fields.
    pub fields: Vec<Parameter>,
}

impl Parameters {
    /// What a definition takes.
    pub fn of(loaded: &Loaded) -> Parameters {
        Reader { loaded }.top("parameter")
    }

    /// What a definition of a package takes or gives: the fields of the top-level declaration of this name.
    pub fn of_declaration(loaded: &Loaded, name: &str) -> Parameters {
        Reader { loaded }.top(name)
    }

    /// The parameter of this name.
    pub fn get(&self, name: &str) -> Option<&Parameter> {
        self.fields.iter().find(|f| f.name == name)
    }

    /// The parameter at a path; steps into a list or a map (`0`, `[]`, `*`, any name of a map) are skipped.
    pub fn at<'a>(&'a self, path: &[&str]) -> Option<&'a Parameter> {
        let (first, rest) = path.split_first()?;
        let found = self.get(first)?;
        let mut rest = rest;
        if found.is_list() || found.is_map() {
            rest = match rest.split_first() {
                Some((step, after)) if found.is_map() || is_index(step) => after,
                _ => rest,
            };
        }
        if rest.is_empty() { Some(found) } else { found.inner.at(rest) }
    }

    /// All parameters with their paths (`ports[].port`), each before what is inside.
    pub fn rows(&self) -> Vec<(String, &Parameter)> {
        let mut out = Vec::new();
        self.collect("", &mut out);
        out
    }

    fn collect<'a>(&'a self, base: &str, out: &mut Vec<(String, &'a Parameter)>) {
        for field in &self.fields {
            let path = if base.is_empty() { field.name.clone() } else { format!("{base}.{}", field.name) };
            out.push((path.clone(), field));
            let inside = match (field.is_list(), field.is_map()) {
                (true, _) => format!("{path}[]"),
                (_, true) => format!("{path}.*"),
                _ => path,
            };
            field.inner.collect(&inside, out);
        }
    }

    /// Nothing is taken.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.any.is_none()
    }
}

impl Parameter {
    /// It is a list of what is inside.
    pub fn is_list(&self) -> bool {
        self.kind.starts_with("[]")
    }

    /// It is a map to what is inside.
    pub fn is_map(&self) -> bool {
        self.kind.starts_with("map[")
    }
}

fn is_index(step: &str) -> bool {
    matches!(step, "[]" | "*") || step.chars().all(|c| c.is_ascii_digit())
}

/// The text of a label that is no expression.
pub(crate) fn label_text(label: &Label) -> Option<&str> {
    match label {
        Label::Ident(id) => Some(&id.name),
        Label::String(s) => match &s.value {
            Text::String(text) => Some(text),
            Text::Bytes(_) => None,
        },
        _ => None,
    }
}

/// What one expression says of a value.
#[derive(Default)]
struct Meaning {
    /// Alternatives that are no structs: type and literals.
    kinds: Vec<String>,
    default: Option<String>,
    literals: Vec<String>,
    /// Something that is no literal and no struct was among them.
    wide: bool,
    inner: Parameters,
    /// The struct alternatives.
    structs: u32,
    /// Any name is taken, and nothing else: with values of this type.
    map: Option<String>,
}

struct Reader<'a> {
    loaded: &'a Loaded,
}

impl<'a> Reader<'a> {
    fn top(&self, name: &str) -> Parameters {
        let mut meaning = Meaning::default();
        for expr in self.declared(name) {
            self.read(expr, false, "", &mut meaning, 0);
        }
        for decl in &self.loaded.template.decls {
            // `if …{parameter: …}` adds to it.
            let Decl::Comprehension(c) = decl else { continue };
            for field in c.body.decls.iter().filter_map(as_field).filter(|f| label_text(&f.label) == Some(name)) {
                let mut more = Meaning::default();
                self.read(&field.value, false, "", &mut more, 0);
                let condition = self.condition(&c.clauses);
                let fields = more.inner.fields.into_iter();
                let fields = fields.map(|f| Parameter { condition: f.condition.clone().or(condition.clone()), ..f });
                merge(&mut meaning.inner.fields, fields.collect(), false);
            }
        }
        meaning.inner
    }

    /// What a name of the template's top level stands for.
    fn declared(&self, name: &str) -> Vec<&'a Expr> {
        let fields = self.loaded.template.decls.iter().filter_map(as_field);
        fields.filter(|f| label_text(&f.label) == Some(name)).map(|f| &f.value).collect()
    }

    fn text(&self, expr: &Expr) -> String {
        let span = expr.span();
        let source = self.loaded.sources.get(span.source);
        let text = source.and_then(|s| s.text.get(span.start as usize..span.end as usize)).unwrap_or_default();
        let words: Vec<&str> = text.split_whitespace().collect();
        let joined = words.join(" ");
        match joined.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", joined.get(..end).unwrap_or_default()),
            None => joined,
        }
    }

    fn condition(&self, clauses: &[Clause]) -> Option<String> {
        let texts: Vec<String> = clauses
            .iter()
            .filter_map(|clause| match clause {
                Clause::If { condition, .. } => Some(self.text(condition)),
                _ => None,
            })
            .collect();
        (!texts.is_empty()).then(|| texts.join(" && "))
    }

    /// Adds what an expression says. `marked`: it is the default of its alternatives; `name`: the definition it came from.
    fn read(&self, expr: &'a Expr, marked: bool, name: &str, out: &mut Meaning, depth: u32) {
        if depth > DEPTH {
            return;
        }
        let deeper = depth + 1;
        match expr {
            Expr::Paren(e, _) => self.read(e, marked, name, out, deeper),
            Expr::Unary { op: UnaryOp::Default, operand, .. } => self.read(operand, true, name, out, deeper),
            Expr::Binary { op: BinaryOp::Or, left, right, .. } => {
                self.read(left, marked, name, out, deeper);
                self.read(right, marked, name, out, deeper);
            }
            Expr::Binary { op: BinaryOp::And, left, right, .. } => self.both(left, right, marked, name, out, deeper),
            Expr::Call { function, arguments, .. }
                if matches!(&**function, Expr::Ident(id) if id.name == "close") && arguments.len() == 1 =>
            {
                arguments.iter().for_each(|e| self.read(e, marked, name, out, deeper));
            }
            Expr::Ident(id) if id.name.starts_with(['#', '_']) && id.name.len() > 1 => {
                let found = self.declared(&id.name);
                if found.is_empty() {
                    out.wide = true;
                    out.kinds.push(id.name.to_string());
                }
                found.into_iter().for_each(|e| self.read(e, marked, &id.name, out, deeper));
            }
            Expr::Struct(s) if !marked || !s.decls.is_empty() => self.structure(&s.decls, marked, name, out, deeper),
            Expr::Struct(_) => out.default = Some("{}".to_owned()),
            Expr::List(list) if marked && list.elements.is_empty() => out.default = Some("[]".to_owned()),
            Expr::List(list) => self.list(&list.elements, marked, expr, out, deeper),
            Expr::Null(_) | Expr::Bool(..) | Expr::Number(..) | Expr::String(_) => {
                let text = self.text(expr);
                if marked {
                    out.default = Some(text.clone());
                }
                if !out.literals.contains(&text) {
                    out.literals.push(text);
                }
            }
            Expr::Ident(id) if id.name == "_" => {
                out.wide = true;
                out.kinds.push("any".to_owned());
            }
            other => {
                let text = self.text(other);
                if marked {
                    out.default = Some(text);
                } else {
                    out.wide = true;
                    out.kinds.push(text);
                }
            }
        }
    }

    /// `a & b`: what both say. Bounds and validators beside a type are shown as written.
    fn both(&self, left: &'a Expr, right: &'a Expr, marked: bool, name: &str, out: &mut Meaning, depth: u32) {
        let (mut a, mut b) = (Meaning::default(), Meaning::default());
        self.read(left, marked, name, &mut a, depth);
        self.read(right, marked, name, &mut b, depth);
        if a.structs + b.structs > 0 {
            out.structs += 1;
            merge(&mut out.inner.fields, a.inner.fields, false);
            merge(&mut out.inner.fields, b.inner.fields, false);
            out.inner.any = out.inner.any.take().or(a.inner.any).or(b.inner.any);
        } else {
            out.default = out.default.take().or(a.default).or(b.default);
            let (a, b) = (one_of(&a.kinds, &a.literals), one_of(&b.kinds, &b.literals));
            out.wide = true;
            out.kinds.push(format!("{a} & {b}"));
        }
    }

    fn structure(&self, decls: &'a [Decl], marked: bool, name: &str, out: &mut Meaning, depth: u32) {
        let mut inner = Parameters::default();
        self.fields(decls, None, &mut inner, depth);
        out.structs += 1;
        let pattern = |d: &Decl| matches!(d, Decl::Field(f) if matches!(f.label, Label::Pattern { .. }));
        if !decls.is_empty() && decls.iter().all(pattern) {
            out.map = inner.any.clone();
        }
        let arm = Arm { name: name.to_owned(), default: marked, fields: inner.fields.clone() };
        out.inner.arms.push(arm);
        merge(&mut out.inner.fields, inner.fields, out.structs > 1);
        out.inner.any = out.inner.any.take().or(inner.any);
    }

    fn fields(&self, decls: &'a [Decl], condition: Option<&str>, out: &mut Parameters, depth: u32) {
        if depth > DEPTH {
            return;
        }
        for decl in decls {
            match decl {
                Decl::Field(field) => self.field(field, condition, out, depth),
                Decl::Comprehension(c) => {
                    let own = self.condition(&c.clauses);
                    let both = match (condition, own) {
                        (Some(a), Some(b)) => Some(format!("{a} && {b}")),
                        (a, b) => b.or(a.map(str::to_owned)),
                    };
                    self.fields(&c.body.decls, both.as_deref(), out, depth + 1);
                }
                Decl::Embedding(e) => {
                    let mut embedded = Meaning::default();
                    self.read(e, false, "", &mut embedded, depth + 1);
                    merge(&mut out.fields, embedded.inner.fields, false);
                    out.any = out.any.take().or(embedded.inner.any);
                }
                Decl::Ellipsis(_) => out.any = Some("any".to_owned()),
                Decl::Let(_) | Decl::Attribute(_) => {}
            }
        }
    }

    fn field(&self, field: &'a Field, condition: Option<&str>, out: &mut Parameters, depth: u32) {
        if let Label::Pattern { .. } = &field.label {
            let mut of = Meaning::default();
            self.read(&field.value, false, "", &mut of, depth + 1);
            out.any = Some(of.kind());
            merge(&mut out.fields, of.inner.fields, false);
            return;
        }
        let Some(name) = label_text(&field.label) else { return };
        if name.starts_with(['#', '_']) || marker(&field.doc, "ignore").is_some() {
            return;
        }
        let mut meaning = Meaning::default();
        self.read(&field.value, false, "", &mut meaning, depth + 1);
        // A struct that is left out is there all the same, with the defaults of its fields.
        let only_struct = meaning.structs == 1 && !meaning.wide && meaning.literals.is_empty() && meaning.map.is_none();
        let complete = only_struct && meaning.inner.fields.iter().all(|f| !f.required);
        let given = meaning.has_default() || fixed(&meaning) || complete || meaning.map.is_some();
        let required = field.constraint != Constraint::Optional && !given;
        let parameter = Parameter {
            name: name.to_owned(),
            kind: meaning.kind(),
            required,
            default: meaning.default.clone(),
            choices: if meaning.wide || meaning.structs > 0 || meaning.literals.len() < 2 {
                Vec::new()
            } else {
                meaning.literals.clone()
            },
            usage: usage(&field.doc),
            short: marker(&field.doc, "short").unwrap_or_default(),
            condition: condition.map(str::to_owned),
            place: field.label.span(),
            inner: meaning.inside(),
        };
        merge(&mut out.fields, vec![parameter], false);
    }

    fn list(&self, elements: &'a [Element], marked: bool, whole: &Expr, out: &mut Meaning, depth: u32) {
        let mut of = Meaning::default();
        for element in elements {
            match element {
                Element::Value(e) => self.read(e, false, "", &mut of, depth),
                Element::Ellipsis(e) => match e.value.as_deref() {
                    Some(e) => self.read(e, false, "", &mut of, depth),
                    None => of.kinds.push("any".to_owned()),
                },
                Element::Comprehension(_) => of.kinds.push("any".to_owned()),
            }
        }
        let concrete = elements.iter().all(|e| matches!(e, Element::Value(_)));
        if marked && concrete {
            out.default = Some(self.text(whole));
        }
        out.wide = true;
        let kind = format!("[]{}", of.kind());
        if !out.kinds.contains(&kind) {
            out.kinds.push(kind);
        }
        let of = of.inside();
        out.inner.arms.extend(of.arms);
        merge(&mut out.inner.fields, of.fields, false);
        out.inner.any = out.inner.any.take().or(of.any);
    }
}

impl Meaning {
    fn has_default(&self) -> bool {
        self.default.is_some() || self.inner.arms.iter().any(|a| a.default)
    }

    fn kind(&self) -> String {
        let mut kinds = self.kinds.clone();
        if self.structs > 0 {
            kinds.push(match &self.map {
                Some(of) => format!("map[string]{of}"),
                None => "object".to_owned(),
            });
        }
        // `*1 | int` takes an int: the literal is only its default.
        let literals: &[String] =
            if self.wide && self.literals.len() == 1 && self.default.is_some() { &[] } else { &self.literals };
        one_of(&kinds, literals)
    }

    fn inside(self) -> Parameters {
        let mut inner = self.inner;
        if inner.arms.len() < 2 {
            inner.arms.clear();
        }
        if self.map.is_some() {
            // What is inside is what is inside each entry.
            inner.any = None;
        }
        inner
    }
}

/// A single literal, such as `type: "a"`: there is nothing to give.
fn fixed(meaning: &Meaning) -> bool {
    !meaning.wide && meaning.structs == 0 && meaning.literals.len() == 1
}

fn one_of(kinds: &[String], literals: &[String]) -> String {
    let mut all: Vec<&str> = Vec::new();
    for text in kinds.iter().chain(literals) {
        if !all.contains(&text.as_str()) {
            all.push(text);
        }
    }
    if all.is_empty() { "any".to_owned() } else { all.join(" | ") }
}

fn as_field(decl: &Decl) -> Option<&Field> {
    match decl {
        Decl::Field(field) => Some(field),
        _ => None,
    }
}

/// Adds fields that are not there yet; of alternatives, what only one has is not required.
fn merge(into: &mut Vec<Parameter>, more: Vec<Parameter>, alternative: bool) {
    if alternative {
        let missing = |f: &Parameter| more.iter().all(|m| m.name != f.name);
        into.iter_mut().filter(|f| missing(f)).for_each(|f| f.required = false);
    }
    for mut field in more {
        match into.iter_mut().find(|f| f.name == field.name) {
            Some(there) => {
                there.required |= field.required && !alternative;
                if there.usage.is_empty() {
                    there.usage = field.usage;
                }
                if there.kind != field.kind && there.condition != field.condition {
                    there.kind = one_of(&[there.kind.clone(), field.kind], &[]);
                }
                there.default = there.default.take().or(field.default);
                merge(&mut there.inner.fields, field.inner.fields, alternative);
            }
            None => {
                field.required &= !alternative;
                into.push(field);
            }
        }
    }
}

/// The value of a `+name=value` marker.
fn marker(doc: &[Comment], name: &str) -> Option<String> {
    doc.iter().find_map(|c| {
        let rest = c.text.trim().strip_prefix('+')?.strip_prefix(name)?;
        match rest.strip_prefix('=') {
            Some(value) => Some(value.trim().to_owned()),
            None => rest.is_empty().then(String::new),
        }
    })
}

/// What the comments above a field say to its user: `+usage`, else the lines that are no markers.
pub(crate) fn usage(doc: &[Comment]) -> String {
    if let Some(text) = marker(doc, "usage") {
        return text;
    }
    let lines = doc.iter().map(|c| c.text.trim()).filter(|t| !t.starts_with('+') && !t.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use cue_syntax::Source;
    use render::Provenance;

    fn table(parameter: &str) -> String {
        let text = format!("x: {{type: \"trait\", attributes: {{}}}}\ntemplate: {{\n{parameter}\n}}\n");
        let loaded = Loaded::from_cue(Source::new("x.cue", text), Provenance::Builtin).unwrap();
        let parameters = Parameters::of(&loaded);
        let mut out = String::new();
        for (path, p) in parameters.rows() {
            let needed = if p.required { "required" } else { "-" };
            let default = p.default.as_deref().unwrap_or("-");
            let condition = p.condition.as_deref().unwrap_or_default();
            out.push_str(format!("{path}: {} {needed} {default} {} {condition}", p.kind, p.usage).trim_end());
            out.push('\n');
        }
        if let Some(any) = parameters.any {
            out.push_str(&format!("*: {any}\n"));
        }
        out
    }

    #[test]
    fn scalars_defaults_and_choices() {
        insta::assert_snapshot!(table(r#"parameter: {
	// +usage=The image
	// +short=i
	image: string
	// Two lines
	// of comment
	replicas: *1 | int
	protocol: *"TCP" | "UDP" | "SCTP"
	policy?: "Always" | "Never"
	port: int & >0 & <65536
	args?: [...string]
	labels?: [string]: string
	anything: _
	kind: "fixed"
	null_or?: string | null
}"#), @r#"
        image: string required - The image
        replicas: int - 1 Two lines of comment
        protocol: "TCP" | "UDP" | "SCTP" - "TCP"
        policy: "Always" | "Never" - -
        port: int & >0 & <65536 required -
        args: []string - -
        labels: map[string]string - -
        anything: any required -
        kind: "fixed" - -
        null_or: string | null - -
        "#);
    }

    #[test]
    fn structs_lists_maps_and_definitions() {
        insta::assert_snapshot!(table(r#"#Port: {
	// +usage=Its number
	port: int
	expose: *false | bool
}
parameter: {
	ports?: [...#Port]
	env?: [...{name: string, valueFrom?: secret: key: string}]
	byName?: [string]: #Port
	if parameter.ports != _|_ {
		// +usage=Only with ports
		type: *"ClusterIP" | "NodePort"
	}
}"#), @r#"
        ports: []object - -
        ports[].port: int required - Its number
        ports[].expose: bool - false
        env: []object - -
        env[].name: string required -
        env[].valueFrom: object - -
        env[].valueFrom.secret: object required -
        env[].valueFrom.secret.key: string required -
        byName: map[string]object - -
        byName.*.port: int required - Its number
        byName.*.expose: bool - false
        type: "ClusterIP" | "NodePort" - "ClusterIP" Only with ports parameter.ports != _|_
        "#);
    }

    #[test]
    fn alternatives_and_maps_at_the_top() {
        insta::assert_snapshot!(table(r#"#One: {
	name: *"" | string
	image: string
}
parameter: *#One | close({
	containers: [...#One]
})"#), @r#"
        name: string - ""
        image: string - -
        containers: []object - -
        containers[].name: string - ""
        containers[].image: string required -
        "#);
        insta::assert_snapshot!(table("parameter: [string]: string | null"), @"*: string | null");
        let deep = table("#Self: {next?: #Self, v: int}\nparameter: #Self");
        assert!((4..40).contains(&deep.lines().count()), "{deep}");
    }
}
