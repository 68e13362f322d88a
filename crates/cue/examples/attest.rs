//! `attest CASES [GROUP-PREFIX…]`: checks the `@test` attributes in recorded inputs against what the evaluator gives, and
//! prints how many hold, by directive. An attribute behind a field is about that field, one inside a struct about the struct.
//!
//! `eq, EXPR` compares with the value of an expression, definitions and hidden fields included; `err` wants an error, with
//! `code`, `contains` and `pos` counted on their own; `closed` and `allows` try to add a field; `permute` reverses all
//! declarations, and so does `reversed` for each whole case that has any attribute; `kind` compares kinds. Directives marked `:todo`, and those about the instruments of the reference (sharing,
//! dumps), are left out.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing)]

mod recorded;

use cue::builtin::Kinds;
use cue::load::{Options, load};
use cue::{
    ArcType, DataOptions, Evaluation, FieldOptions, Inputs, Instance, Limits, Program, Selector, Value, View, compile,
};
use cue_syntax::ast::{Decl, Expr, Import, Label, Text};
use cue_syntax::{Diagnostic, File, Source, Sources, Span};
use recorded::{Case, Counts};
use std::rc::Rc;

/// One attribute with the value that it is about.
struct Claim {
    path: Vec<Selector>,
    body: String,
    /// Where its field begins.
    span: Span,
    /// Those of its file.
    imports: Rc<[Import]>,
}

fn main() {
    let mut score = Counts::default();
    for case in recorded::cases() {
        check(&case, &mut score);
    }
    for directive in score.names() {
        let (holds, total) = score.get(directive);
        println!("{directive:14} {holds:5} of {total:5}");
    }
    println!("total {}", score.total(&["err contains", "err pos", "reversed"]));
}

fn check(Case { id, world, names, .. }: &Case, score: &mut Counts) {
    let Ok(mut loaded) = load(world, &Options::default(), names) else { return };
    if loaded.is_empty() {
        return;
    }
    let instance = loaded.remove(0).instance;
    let mut claims = Vec::new();
    for file in &instance.files {
        collect(&file.decls, &mut Vec::new(), None, &file.imports.as_slice().into(), &mut claims);
    }
    if claims.is_empty() {
        return;
    }
    let reversed = Instance { files: instance.files.iter().cloned().map(reverse).collect(), ..instance.clone() };
    let Ok(program) = compile(world, instance) else { return };
    let limits = Limits::generous();
    let evaluation = program.evaluate(Inputs::default(), &limits);
    let turned = compile(world, reversed).ok().map(|p| p.evaluate(Inputs::default(), &limits));
    if let Some(turned) = &turned {
        score.count("reversed", same(evaluation.root(), turned.root(), 0));
    }
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
    score: &mut Counts,
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
            let is_option = |p: &&String| p.trim().starts_with("at=");
            let Some(wanted) = parts.iter().skip(1).find(|p| !is_option(p)) else { return };
            let mut sources = Sources::default();
            let source = Source::new("expected", format!("x: {wanted}"));
            let parsed = cue_syntax::parse_file(&source, sources.add(source.clone()));
            let Some(mut file) = parsed.tree else { return };
            file.imports = claim.imports.iter().filter(|i| names_import(wanted, i)).cloned().collect();
            let expected = Instance { sources, files: vec![file], ..Instance::default() };
            let expected = compile(&cue::world::Nothing, expected);
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
                let holds = problems.iter().any(|d| says(d, &text));
                let came: Vec<&str> = problems.iter().map(|d| d.message.as_str()).collect();
                score.count("err contains", tell(holds, &format!("text {text:?}, came {came:?}")));
            }
            if let Some(wanted) = option("pos").filter(|p| p.len() > 2) {
                let source = program.sources().get(claim.span.source);
                let base = source.map_or(0, |s| s.line_column(claim.span.start).0);
                let own = source.map_or("", |s| s.name.as_str());
                let mut places = Vec::new();
                for d in &problems {
                    let mut found = Vec::new();
                    labels(d, own, base, &mut found);
                    places.push(found);
                }
                let wanted: Vec<_> = wanted.trim_matches(['[', ']']).split(',').map(|w| w.trim().to_owned()).collect();
                let holds = places.iter().any(|places| wanted.iter().all(|w| places.contains(w)));
                score.count("err pos", tell(holds, &format!("pos, came {places:?}")));
            }
        }
        "closed" | "closed=true" => {
            score.count("closed", tell(!allows(evaluation, &path, "not_there_at_all"), "closed"))
        }
        "closed=false" => score.count("closed", tell(allows(evaluation, &path, "not_there_at_all"), "open")),
        "allows" | "allows=true" | "allows=false" => {
            let Some(label) = parts.get(1) else { return };
            // A type of labels stands for any of them.
            let holds = match label.trim() {
                "string" => allows(evaluation, &path, "not_there_at_all"),
                "int" => value.items().is_empty() && allows(evaluation, &path, ""),
                label => allows(evaluation, &path, label),
            } == (directive != "allows=false");
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

/// The places of a problem and of those inside it, as the attributes write them: lines counted from the field, or whole
/// lines of another file.
fn labels(d: &Diagnostic, own: &str, base: usize, out: &mut Vec<String>) {
    for l in &d.labels {
        let (line, column) = l.source.line_column(l.start);
        out.push(format!("{}:{line}:{column}", l.source.name));
        if l.source.name == own {
            out.push(format!("{}:{column}", line as i64 - base as i64));
        }
    }
    d.related.iter().for_each(|d| labels(d, own, base, out));
}

fn says(d: &Diagnostic, text: &str) -> bool {
    d.message.contains(text) || d.related.iter().any(|d| says(d, text))
}

/// Whether a text uses an import of its file.
fn names_import(text: &str, import: &Import) -> bool {
    let last = import.path.rsplit('/').next().unwrap_or_default();
    let name = import.name.as_ref().map_or(last, |n| n.name.as_str());
    text.contains(&format!("{name}."))
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
    let more = if label.is_empty() { "[_, ...]".to_owned() } else { format!("{{{label}: _}}") };
    let source = Source::new("allows", format!("{text} & {more}"));
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

fn collect(decls: &[Decl], path: &mut Vec<Selector>, span: Option<Span>, imports: &Rc<[Import]>, out: &mut Vec<Claim>) {
    for decl in decls {
        match decl {
            Decl::Attribute(a) if a.name == "test" => {
                out.push(Claim {
                    path: path.clone(),
                    body: a.body.to_string(),
                    span: span.unwrap_or(a.span),
                    imports: imports.clone(),
                });
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
                    out.push(Claim {
                        path: path.clone(),
                        body: a.body.to_string(),
                        span: f.span,
                        imports: imports.clone(),
                    });
                }
                if let Expr::Struct(s) = &f.value {
                    collect(&s.decls, path, Some(f.span), imports, out);
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
