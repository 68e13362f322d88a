//! `score CASES [GROUP-PREFIX…]`: the recorded probes of the language in one process, for work on the evaluator. The scorer
//! of record runs the command; this one gives an answer in seconds. A probe's class and JSON value are compared.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used, clippy::indexing_slicing)]

mod recorded;

use cue::load::{Options, load};
use cue::{Data, DataOptions, DataValue, Inputs, Limits};
use cue_syntax::Source;
use recorded::{Case, Counts};
use std::sync::Arc;

fn main() {
    let (mut totals, mut order) = (Counts::default(), Counts::default());
    std::panic::set_hook(Box::new(|_| {}));
    for recorded in recorded::cases() {
        let (id, case) = (&recorded.id, &recorded.told);
        let probes = case["probes"].as_array().unwrap();
        // Of the commands only the document of `def --out openapi` is made here.
        let made =
            |c: &serde_json::Value| c[0] == "def" && c.as_array().is_some_and(|c| c.iter().any(|w| w == "openapi"));
        if probes.iter().any(|p| p.get("cmd").is_some_and(|c| !made(c))) {
            continue;
        }
        let started = std::time::Instant::now();
        let outcome = std::panic::catch_unwind(|| run(&recorded));
        let took = started.elapsed();
        let results = outcome.unwrap_or_else(|p| {
            let text = p.downcast_ref::<String>().cloned().unwrap_or_default();
            probes.iter().map(|_| ("died".to_owned(), text.clone())).collect()
        });
        if took.as_millis() > 700 {
            println!("SLOW {id} {took:?}");
        }
        let group = case["group"].as_str().unwrap_or_default();
        for (p, (class, value)) in probes.iter().zip(results) {
            let want = p["class"].as_str().unwrap();
            let same = class == want
                && p["text"].as_str().is_none_or(|text| text == value)
                && (want != "ok" || p.get("json").is_none() || {
                    let a: Result<serde_json::Value, _> = serde_json::from_str(&value);
                    let b: serde_json::Value = serde_json::from_str(p["json"].as_str().unwrap()).unwrap();
                    a.is_ok_and(|a| same(&a, &b))
                });
            totals.count(group, same);
            if same {
                if let (Some(json), "ok") = (p.get("json"), want) {
                    let a = cue::json::read(&Source::new("a", &value)).unwrap();
                    let b = cue::json::read(&Source::new("b", json.as_str().unwrap())).unwrap();
                    let ordered = in_order(&a, &b);
                    order.count(group, ordered);
                    if !ordered {
                        let of = p.get("expr").and_then(|e| e.as_str()).unwrap_or("(whole file)");
                        println!(
                            "ORDER {id} {of}\n  expected {}\n  came     {}",
                            short(json.as_str().unwrap()),
                            short(&value)
                        );
                    }
                }
            } else {
                let expect =
                    p.get("json").or(p.get("text")).or(p.get("error")).and_then(|v| v.as_str()).unwrap_or_default();
                println!(
                    "FAIL {id} {}\n  expected {want}: {}\n  came     {class}: {}",
                    p.get("expr").and_then(|e| e.as_str()).unwrap_or("(whole file)"),
                    short(expect),
                    short(&value)
                );
            }
        }
    }
    for group in totals.names() {
        let ((passed, of), (ordered, json)) = (totals.get(group), order.get(group));
        println!("{group:12} {passed:5} of {of:5}   in order {ordered:5} of {json:5}");
    }
    println!("in order {}", order.total(&[]));
    println!("total {}", totals.total(&[]));
}

fn short(s: &str) -> String {
    s.replace("\n", " ").replace("    ", "").chars().take(300).collect()
}

fn in_order(a: &Data, b: &Data) -> bool {
    match (&a.value, &b.value) {
        (DataValue::Struct(x), DataValue::Struct(y)) => {
            x.keys().eq(y.keys()) && x.values().zip(y.values()).all(|(a, b)| in_order(a, b))
        }
        (DataValue::List(x), DataValue::List(y)) => x.iter().zip(y).all(|(a, b)| in_order(a, b)),
        _ => true,
    }
}

fn same(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value as V;
    match (a, b) {
        (V::Number(x), V::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        (V::Array(x), V::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(a, b)| same(a, b)),
        (V::Object(x), V::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(k, v)| y.get(k).is_some_and(|w| same(v, w)))
        }
        _ => a == b,
    }
}

fn run(Case { world, told, names, .. }: &Case) -> Vec<(String, String)> {
    let probes = told["probes"].as_array().unwrap();
    let all = |class: &str, text: String| probes.iter().map(|_| (class.to_owned(), text.clone())).collect();
    let text = |d: &[cue_syntax::Diagnostic]| {
        d.iter()
            .map(|d| format!("{}: {} [{}]; ", d.path.as_deref().unwrap_or(""), d.message, d.code))
            .collect::<String>()
    };
    let loaded = match load(world, &Options::default(), names) {
        Ok(mut l) if !l.is_empty() => l.remove(0),
        Ok(_) => return all("error", "nothing loaded".into()),
        Err(d) => return all("error", text(&d)),
    };
    let title = loaded.instance.files.first().and_then(|f| loaded.instance.sources.get(f.source));
    let title = title.and_then(|s| cue::openapi::title(s));
    let program = match cue::compile(world, loaded.instance) {
        Ok(p) => p,
        Err(d) => return all("error", text(&d)),
    };
    let inputs =
        if loaded.documents.is_empty() { Inputs::default() } else { cue::load::inputs_of(&loaded.documents, &[]) };
    let cancel = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let timer = cancel.clone();
    std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_secs(4));
        timer.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    let limits = Limits { nodes: 1_000_000, cancel: Some(cancel), ..Limits::generous() };
    let evaluation = program.evaluate(inputs, &limits);
    probes
        .iter()
        .map(|p| {
            let value = match p.get("expr").and_then(|e| e.as_str()) {
                None => evaluation.root(),
                Some(e) => {
                    let source = Source::new("expression", e);
                    match cue_syntax::parse_expr(&source, cue_syntax::SourceId(0)).tree {
                        Some(tree) => evaluation.expression(&tree),
                        None => return ("error".into(), "no parse".into()),
                    }
                }
            };
            if p.get("cmd").is_some() {
                let config = cue::openapi::Config { title: title.clone(), ..Default::default() };
                return match cue::openapi::generate(value, &config) {
                    Ok(data) => (
                        "ok".to_owned(),
                        cue::json::write(&data, cue::json::Style::Indented).unwrap_or_default() + "\n",
                    ),
                    Err(d) => ("error".to_owned(), text(&d)),
                };
            }
            match value.data(&DataOptions::default()) {
                Ok(data) => match cue::json::write(&data, cue::json::Style::Indented) {
                    Ok(t) => ("ok".to_owned(), t),
                    Err(_) => ("incomplete".into(), "unknown".into()),
                },
                Err(d) => {
                    let errors = value.errors();
                    if errors.is_empty() { ("incomplete".into(), text(&d)) } else { ("error".into(), text(&errors)) }
                }
            }
        })
        .collect()
}
