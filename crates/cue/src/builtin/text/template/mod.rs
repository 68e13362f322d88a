//! `text/template`: Go's templates, with the data of a CUE value.
//!
//! A template is cut into actions ([`lex`]), read into a tree ([`parse`]) and run over the data ([`run`]). Templates cannot
//! loop forever: they walk data that is there, and the depth of calls and the size of the result are bounded.

mod compare;
mod functions;
mod lex;
mod parse;
mod print;
mod run;

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, Package, builtins};
use crate::data::Data;

pub(in crate::builtin) const PACKAGE: Package = Package { path: "text/template", functions: &[ALL], cue: None };

builtins! { "text/template";
    /// `Execute(templ, data)` is the text of a Go template (`{{.name}}`, `{{range}}`, `{{if}}`, …) for some data.
    pure Execute(templ: STRING, data: TOP) = execute;
    /// `HTMLEscape(s)` is text escaped so that it can stand in HTML.
    pure HTMLEscape(s: STRING) = |a: Args<'_>| Ok::<_, Fault>(functions::html(a.string(0)?));
    /// `JSEscape(s)` is text escaped so that it can stand in a string of JavaScript.
    pure JSEscape(s: STRING) = |a: Args<'_>| Ok::<_, Fault>(functions::js(a.string(0)?));
}

/// Why a template has no text: the line, and one phrase.
#[derive(Debug)]
struct Failure {
    line: usize,
    message: String,
}

/// A value in a template; `None` where there is none.
type Value = Option<Data>;

fn execute(args: Args<'_>) -> Outcome<String> {
    let (text, data) = (args.string(0)?, args.data(1)?);
    let done = parse::parse(text).and_then(|templates| run::run(&templates, data));
    done.map_err(|f| Fault::Error(format!("template: :{}: {}", f.line, f.message)))
}
