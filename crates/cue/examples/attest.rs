//! `attest CASES [GROUP-PREFIX…]`: checks the `@test` attributes in recorded inputs against what the evaluator gives, and
//! prints how many hold, by directive. An attribute behind a field is about that field, one inside a struct about the struct.
//!
//! `eq, EXPR` compares with the value of an expression, definitions and hidden fields included; `err` wants an error, with
//! `code`, `contains` and `pos` counted on their own; `closed` and `allows` try to add a field; `permute` reverses all
//! declarations; `kind` compares kinds. Directives marked `:todo`, and those about the instruments of the reference (sharing,
//! dumps), are left out.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing)]

use cue::builtin::Kinds;
use cue::load::{Options, load};
use cue::{
    ArcType, DataOptions, Evaluation, FieldOptions, Inputs, Instance, Limits, Program, Selector, Value, View, World,
    compile,
};
use cue_syntax::ast::{Decl, Expr, Label, Text};
use cue_syntax::{Diagnostic, File, Source, Sources, Span};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

struct Folder(PathBuf);

impl World for Folder {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, String> {
        std::fs::read(self.0.join(path)).map(Arc::from).map_err(|e| e.to_string())
    }
    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.0.join(path)).map_err(|e| e.to_string())?.flatten() {
            let slash = if entry.path().is_dir() { "/" } else { "" };
            names.push(format!("{}{slash}", entry.file_name().to_string_lossy()));
        }
        names.sort();
        Ok(names)
    }
    fn package(&self, _: &str) -> Option<Vec<(String, Arc<str>)>> {
        None
    }
}

/// One attribute with the value that it is about.
struct Claim {
    path: Vec<Selector>,
    body: String,
    /// Where its field begins.
    span: Span,
}

#[derive(Default)]
struct Score {
    counts: BTreeMap<&'static str, (u32, u32)>,
}

impl Score {
    fn count(&mut self, directive: &'static str, holds: bool) {
        let total = self.counts.entry(directive).or_default();
        total.0 += u32::from(holds);
        total.1 += 1;
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let root = PathBuf::from(&args[0]);
    let mut cases = Vec::new();
    find(&root, &mut cases);
    cases.sort();
    let mut score = Score::default();
    for folder in cases {
        let id = folder.strip_prefix(&root).unwrap().display().to_string();
        if args.len() == 1 || args[1..].iter().any(|p| id.starts_with(p.as_str())) {
            check(&folder, &id, &mut score);
        }
    }
    let (mut all, mut of) = (0, 0);
    for (directive, (holds, total)) in &score.counts {
        println!("{directive:14} {holds:5} of {total:5}");
        if !matches!(*directive, "err contains" | "err pos") {
            all += holds;
            of += total;
        }
    }
    println!("total          {all:5} of {of:5} = {:.2} %", 100.0 * f64::from(all) / f64::from(of.max(1)));
}

fn check(folder: &Path, id: &str, score: &mut Score) {
    let world = Folder(folder.join("input"));
    let case: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("case.json")).unwrap()).unwrap();
    let names: Vec<String> = match case.get("args").and_then(|a| a.as_array()) {
        Some(args) => args.iter().filter_map(|a| a.as_str()).map(str::to_owned).collect(),
        None => vec!["in.cue".to_owned()],
    };
    let Ok(mut loaded) = load(&world, &Options::default(), &names) else { return };
    if loaded.is_empty() {
        return;
    }
    let instance = loaded.remove(0).instance;
    let mut claims = Vec::new();
    for file in &instance.files {
        collect(&file.decls, &mut Vec::new(), None, &mut claims);
    }
    if claims.is_empty() {
        return;
    }
    let reversed = Instance { files: instance.files.iter().cloned().map(reverse).collect(), ..instance.clone() };
    let Ok(program) = compile(&world, instance) else { return };
    let limits = Limits::generous();
    let evaluation = program.evaluate(Inputs::default(), &limits);
    let turned = compile(&world, reversed).ok().map(|p| p.evaluate(Inputs::default(), &limits));
    for claim in &claims {
        judge(claim, &program, &evaluation, turned.as_ref(), id, score);
    }
}

fn judge(
    claim: &Claim,
    program: &Program,
    evaluation: &Evaluation,
    turned: Option<&Evaluation>,
    id: &str,
    score: &mut Score,
) {
    let parts = split(&claim.body);
    let Some(directive) = parts.first().map(|p| p.trim()) else { return };
    let option = |name: &str| {
        parts.iter().skip(1).find_map(|p| p.trim().strip_prefix(name)?.strip_prefix('=').map(|v| v.trim().to_owned()))
    };
    let mut path = claim.path.clone();
    if let Some(at) = option("at") {
        path.extend(Selector::path(&at));
    }
    let value = evaluation.lookup(&path);
    let tell = |holds: bool, what: &str| {
        if !holds && std::env::var_os("ATTEST_FAILED").is_some() {
            println!("{id} {path:?} {what}: {}", claim.body.replace('\n', " "));
        }
        holds
    };
    match directive {
        "eq" => {
            let Some(wanted) = parts.get(1) else { return };
            let mut sources = Sources::default();
            let source = Source::new("expected", format!("x: {wanted}"));
            let parsed = cue_syntax::parse_file(&source, sources.add(source.clone()));
            let files = parsed.tree.into_iter().collect();
            let expected = compile(&cue::world::Nothing, Instance { sources, files, ..Instance::default() });
            // What needs the imports of its file is not compared.
            let Ok(expected) = expected else { return };
            let expected = expected.evaluate(Inputs::default(), &Limits::default());
            let holds = same(value, expected.lookup(&Selector::path("x")), 0);
            score.count("eq", tell(holds, "eq"));
        }
        "err" => {
            let (class, problems) = problems(value);
            let Some(class) = class else {
                score.count("err", tell(false, "no error"));
                return;
            };
            let wanted = option("code").unwrap_or_default();
            let code = |d: &Diagnostic| match d.code {
                "cue/structural-cycle" => "structural_cycle",
                "cue/cycle" => "cycle",
                "cue/user-error" => "user",
                _ if class == cue::ErrorClass::Error => "eval",
                _ => "incomplete",
            };
            let holds = wanted.is_empty() || problems.iter().any(|d| wanted.split('|').any(|w| w == code(d)));
            score.count("err", tell(holds, "code"));
            if let Some(template) = option("contains") {
                let text = fill(&template, &option("args").unwrap_or_default());
                score.count("err contains", problems.iter().any(|d| d.message.contains(&text)));
            }
            if let Some(wanted) = option("pos").filter(|p| p.len() > 2) {
                let source = program.sources().get(claim.span.source);
                let base = source.map_or(0, |s| s.line_column(claim.span.start).0);
                let places: Vec<String> = problems
                    .iter()
                    .flat_map(|d| &d.labels)
                    .map(|l| {
                        let (line, column) = l.source.line_column(l.start);
                        format!("{}:{column}", line as i64 - base as i64)
                    })
                    .collect();
                let wanted = wanted.trim_matches(['[', ']']).split(',').map(|w| w.trim().to_owned());
                score.count("err pos", wanted.into_iter().all(|w| places.contains(&w)));
            }
        }
        "closed" | "closed=true" => {
            score.count("closed", tell(!allows(evaluation, &path, "not_there_at_all"), "closed"))
        }
        "closed=false" => score.count("closed", tell(allows(evaluation, &path, "not_there_at_all"), "open")),
        "allows" | "allows=true" | "allows=false" => {
            let Some(label) = parts.get(1) else { return };
            let holds = allows(evaluation, &path, label.trim()) == (directive != "allows=false");
            score.count("allows", tell(holds, "allows"));
        }
        "permute" => {
            let holds = turned.is_some_and(|t| same(value, t.lookup(&path), 0));
            score.count("permute", tell(holds, "permute"));
        }
        _ => {
            if let Some(kinds) = directive.strip_prefix("kind=") {
                let wanted = kinds.split('|').filter_map(kind_of).fold(0, |all, k| all | k);
                score.count("kind", tell(value.kind().0 == wanted, "kind"));
            }
        }
    }
}

/// Whether a field may be added; paths that are no references are taken as they are.
fn allows(evaluation: &Evaluation, path: &[Selector], label: &str) -> bool {
    let mut text = String::new();
    for step in path {
        match step {
            Selector::Field(f) if text.is_empty() => text.push_str(f),
            Selector::Field(f) => text.push_str(&format!(".{f:?}")),
            Selector::Ident(i) if text.is_empty() => text.push_str(i),
            Selector::Ident(i) => text.push_str(&format!(".{i}")),
            Selector::Index(i) => text.push_str(&format!("[{i}]")),
        }
    }
    let source = Source::new("allows", format!("{text} & {{{label}: _}}"));
    let Some(tree) = cue_syntax::parse_expr(&source, cue_syntax::SourceId(u32::MAX)).tree else { return true };
    !evaluation.expression(&tree).errors().iter().any(|d| d.code == "cue/not-allowed")
}

fn problems(value: Value<'_>) -> (Option<cue::ErrorClass>, Vec<Diagnostic>) {
    if let Some((class, problems)) = value.error() {
        return (Some(class), problems);
    }
    let errors = value.errors();
    if !errors.is_empty() {
        return (Some(cue::ErrorClass::Error), errors);
    }
    match value.data(&DataOptions::default()) {
        Err(problems) => (Some(cue::ErrorClass::Incomplete), problems),
        Ok(_) => (None, Vec::new()),
    }
}

/// Whether two values are the same, as schemas.
fn same(a: Value<'_>, b: Value<'_>, depth: u32) -> bool {
    if b.attributes().iter().any(|(name, body)| name == "test" && body.starts_with("ignore")) || depth > 40 {
        return true;
    }
    match (a.view(), b.view()) {
        (View::Bottom(..), View::Bottom(..) | View::Unresolved(_)) | (View::Unresolved(_), _) => true,
        (View::Scalar(x), View::Scalar(y)) => text(&x) == text(&y) && same_fields(a, b, depth),
        (View::Disjunction(xs), View::Disjunction(ys)) => {
            xs.len() == ys.len()
                && ys.iter().all(|(y, marked)| xs.iter().any(|(x, m)| m == marked && same(*x, *y, depth + 1)))
        }
        (View::Struct { patterns: p, .. }, View::Struct { patterns: q, .. }) => {
            p.len() >= q.len() && same_fields(a, b, depth)
        }
        (View::List { .. }, View::List { .. }) => {
            let (xs, ys) = (a.items(), b.items());
            xs.len() == ys.len() && xs.iter().zip(&ys).all(|(x, y)| same(*x, *y, depth + 1))
        }
        (View::Constraint(x), View::Constraint(y)) => a.kind() == b.kind() && x.len() == y.len(),
        _ => false,
    }
}

fn same_fields(a: Value<'_>, b: Value<'_>, depth: u32) -> bool {
    let every = FieldOptions { definitions: true, hidden: true, optional: true };
    let (xs, ys) = (a.fields(&every), b.fields(&every));
    let named = |label: &str| label.split('$').next().unwrap_or_default().to_owned();
    let counted = |f: &&cue::FieldView<'_>| f.arc != ArcType::Optional;
    xs.iter().filter(counted).count() == ys.iter().filter(counted).count()
        && ys.iter().all(|y| {
            let name = named(&y.label);
            xs.iter().any(|x| named(&x.label) == name && x.arc == y.arc && same(x.value, y.value, depth + 1))
        })
}

fn text(data: &cue::Data) -> String {
    cue::json::write(data, cue::json::Style::Compact).unwrap_or_default()
}

fn kind_of(name: &str) -> Option<u16> {
    Some(match name {
        "null" => Kinds::NULL.0,
        "bool" => Kinds::BOOL.0,
        "int" => Kinds::INT.0,
        "float" => Kinds::FLOAT.0,
        "number" => Kinds::NUMBER.0,
        "string" => Kinds::STRING.0,
        "bytes" => Kinds::BYTES.0,
        "list" => Kinds::LIST.0,
        "struct" => Kinds::STRUCT.0,
        "_" => Kinds::TOP.0,
        _ => return None,
    })
}

/// A message template with its arguments.
fn fill(template: &str, args: &str) -> String {
    let args = split(args.trim_start_matches('[').trim_end_matches(']'));
    let mut args = args.iter();
    let mut out = String::new();
    let mut rest = template.trim_matches('"');
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        out.push_str(args.next().map_or("", |a| a.trim()));
        rest = after.get(1..).unwrap_or_default();
    }
    out + rest
}

/// The parts of an attribute's body: split at commas outside of brackets and strings.
fn split(body: &str) -> Vec<String> {
    let (mut parts, mut depth, mut quoted, mut escaped) = (vec![String::new()], 0, false, false);
    for c in body.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts
}

fn collect(decls: &[Decl], path: &mut Vec<Selector>, span: Option<Span>, out: &mut Vec<Claim>) {
    for decl in decls {
        match decl {
            Decl::Attribute(a) if a.name == "test" => {
                out.push(Claim { path: path.clone(), body: a.body.to_string(), span: span.unwrap_or(a.span) });
            }
            Decl::Field(f) => {
                let label = match &f.label {
                    Label::Ident(i) => Selector::new(&i.name),
                    Label::String(s) => match &s.value {
                        Text::String(text) => Selector::Field(text.as_str().into()),
                        _ => continue,
                    },
                    _ => continue,
                };
                path.push(label);
                for a in f.attributes.iter().filter(|a| a.name == "test") {
                    out.push(Claim { path: path.clone(), body: a.body.to_string(), span: f.span });
                }
                if let Expr::Struct(s) = &f.value {
                    collect(&s.decls, path, Some(f.span), out);
                }
                path.pop();
            }
            _ => {}
        }
    }
}

fn reverse(mut file: File) -> File {
    fn turn(decls: &mut [Decl]) {
        decls.reverse();
        for decl in decls {
            if let Decl::Field(f) = decl
                && let Expr::Struct(s) = &mut f.value
            {
                turn(&mut s.decls);
            }
        }
    }
    turn(&mut file.decls);
    file
}

fn find(folder: &Path, out: &mut Vec<PathBuf>) {
    if folder.join("case.json").exists() {
        out.push(folder.to_owned());
        return;
    }
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            find(&entry.path(), out);
        }
    }
}
