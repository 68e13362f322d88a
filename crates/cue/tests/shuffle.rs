//! Order never matters: every case of `tests/language/` again with its declarations shuffled, in structs within structs too.
//! The class of what comes is the same, and the value up to the order of fields, which lists made by loops show.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]

use cue::{DataOptions, Inputs, Instance, Limits, compile};
use cue_syntax::ast::{Comprehension, Decl, Element, Expr, File};
use cue_syntax::{Source, Sources};
use serde_json::Value;

/// A small generator of numbers, so that every run shuffles alike.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }

    fn shuffle(&mut self, decls: &mut [Decl]) {
        for i in (1..decls.len()).rev() {
            decls.swap(i, self.below(i + 1));
        }
        for decl in decls {
            match decl {
                Decl::Field(field) => self.expr(&mut field.value),
                Decl::Embedding(e) => self.expr(e),
                Decl::Let(clause) => self.expr(&mut clause.value),
                Decl::Comprehension(c) => self.comprehension(c),
                Decl::Ellipsis(_) | Decl::Attribute(_) => {}
            }
        }
    }

    fn comprehension(&mut self, c: &mut Comprehension) {
        self.shuffle(&mut c.body.decls);
    }

    fn expr(&mut self, e: &mut Expr) {
        match e {
            Expr::Struct(lit) => self.shuffle(&mut lit.decls),
            Expr::Binary { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            Expr::List(lit) => {
                for element in &mut lit.elements {
                    match element {
                        Element::Value(e) => self.expr(e),
                        Element::Comprehension(c) => self.comprehension(c),
                        Element::Ellipsis(_) => {}
                    }
                }
            }
            Expr::Paren(inner, _) => self.expr(inner),
            Expr::Call { arguments, .. } => arguments.iter_mut().for_each(|a| self.expr(a)),
            _ => {}
        }
    }
}

/// The class of what comes of a file, and its value.
fn outcome(sources: &Sources, file: &File) -> (&'static str, Value) {
    let instance = Instance { sources: sources.clone(), files: vec![file.clone()], ..Instance::default() };
    let Ok(program) = compile(&cue::world::Nothing, instance) else { return ("error", Value::Null) };
    let evaluation = program.evaluate(Inputs::default(), &Limits::default());
    match evaluation.root().data(&DataOptions::default()) {
        Ok(data) => {
            let text = cue::json::write(&data, cue::json::Style::Compact).unwrap();
            ("json", unordered(serde_json::from_str(&text).unwrap()))
        }
        Err(_) if evaluation.diagnostics().is_empty() => ("incomplete", Value::Null),
        Err(_) => ("error", Value::Null),
    }
}

/// A value whose lists are sorted.
fn unordered(v: Value) -> Value {
    match v {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(unordered).collect();
            items.sort_by_key(ToString::to_string);
            Value::Array(items)
        }
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(k, v)| (k, unordered(v))).collect()),
        v => v,
    }
}

#[test]
fn shuffled_declarations_mean_the_same() {
    let mut numbers = Numbers(7);
    let (mut cases, mut failures) = (0, Vec::new());
    let files =
        [include_str!("language/values.md"), include_str!("language/structs.md"), include_str!("language/choice.md")];
    for case in files.iter().flat_map(|f| f.split("\n## ").skip(1)) {
        let title = case.lines().next().unwrap_or_default();
        let text = case.split("```").nth(1).unwrap_or_default().split_once('\n').map_or("", |t| t.1);
        let mut sources = Sources::default();
        let source = Source::new("in.cue", text);
        let id = sources.add(source.clone());
        let parsed = cue_syntax::parse_file(&source, id);
        // None is left out: a case that is no program would not be shuffled.
        let Some(file) = parsed.tree.filter(|_| parsed.diagnostics.is_empty()) else { panic!("{title} is no program") };
        cases += 1;
        let want = outcome(&sources, &file);
        for _ in 0..6 {
            let mut shuffled = file.clone();
            numbers.shuffle(&mut shuffled.decls);
            let came = outcome(&sources, &shuffled);
            if came != want {
                let order: Vec<&str> = shuffled.decls.iter().filter_map(|d| text_of(d, text)).collect();
                failures.push(format!("{title}\n  wanted {want:?}\n  came   {came:?}\n{}", order.join("\n")));
                break;
            }
        }
    }
    assert!(failures.is_empty(), "{} of {cases}\n{}", failures.len(), failures.join("\n\n"));
    let titles: usize = files.iter().map(|f| f.matches("\n## ").count()).sum();
    assert!(cases == titles && cases > 60, "{cases} of {titles} cases were shuffled");
}

/// The source of a declaration, for a message.
fn text_of<'t>(decl: &Decl, text: &'t str) -> Option<&'t str> {
    let span = match decl {
        Decl::Field(f) => f.span,
        Decl::Embedding(e) => e.span(),
        Decl::Let(l) => l.span,
        Decl::Comprehension(c) => c.span,
        Decl::Ellipsis(e) => e.span,
        Decl::Attribute(a) => a.span,
    };
    text.get(span.start as usize..span.end as usize)
}
