//! Data whose strings are themselves JSON or YAML: `import -R` writes what they hold, and the text as a call on it.
//!
//! A string of a struct's field that is a JSON object or array, or several lines of YAML that are a struct or a list, becomes
//! `name: json.Marshal(_cue_name)` with `let _cue_name = …` behind it; what is in there is looked at the same way.

use super::literal::{NOWHERE, field, ident, label, list, name, structure};
use crate::data::{Data, DataValue, Fields};
use crate::{json, yaml};
use cue_syntax::Source;
use cue_syntax::ast::{Decl, Element, Expr, Import, Label, LetClause};
use smol_str::SmolStr;

/// Strings inside strings are opened this deep.
const MAX_DEPTH: usize = 32;

/// The text of a file for data, with what its strings hold.
pub fn recursive_text(data: &Data, package: Option<&str>) -> String {
    let mut hoist = Hoist { json: false, yaml: false };
    let decls = match &data.value {
        DataValue::Struct(fields) => hoist.fields(fields, 0),
        _ => vec![Decl::Embedding(hoist.value(data, false, 0))],
    };
    let imports = [("encoding/json", hoist.json), ("encoding/yaml", hoist.yaml)];
    let imports = imports.into_iter().filter(|(_, used)| *used);
    let imports = imports.map(|(path, _)| Import { name: None, path: path.into(), span: NOWHERE, doc: Vec::new() });
    super::data_file(decls, imports.collect(), package)
}

struct Hoist {
    json: bool,
    yaml: bool,
}

impl Hoist {
    fn value(&mut self, data: &Data, in_list: bool, depth: usize) -> Expr {
        match &data.value {
            DataValue::Struct(fields) => structure(cue_syntax::with_stack(|| self.fields(fields, depth))),
            DataValue::List(items) => {
                let item = |d: &Data| Element::Value(cue_syntax::with_stack(|| self.value(d, true, depth)));
                list(items.iter().map(item).collect())
            }
            _ => super::literal::data(data, in_list),
        }
    }

    fn fields(&mut self, fields: &Fields, depth: usize) -> Vec<Decl> {
        let mut out = Vec::new();
        let mut names: Vec<SmolStr> = Vec::new();
        for (key, data) in fields {
            let opened = match &data.value {
                DataValue::String(text) if depth < MAX_DEPTH => opened(text),
                _ => None,
            };
            let Some((inner, is_json)) = opened else {
                out.push(Decl::Field(field(label(key), self.value(data, false, depth))));
                continue;
            };
            let package = if is_json { "json" } else { "yaml" };
            self.json |= is_json;
            self.yaml |= !is_json;
            let letters = key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
            let mut own: SmolStr = format!("_cue_{}", letters.collect::<String>()).into();
            while names.contains(&own) {
                own = format!("{own}_").into();
            }
            names.push(own.clone());
            let function = Box::new(Label::Ident(ident("Marshal")));
            let marshal = Expr::Selector { operand: Box::new(name(package)), label: function, span: NOWHERE };
            let call = Expr::Call { function: Box::new(marshal), arguments: vec![name(own.clone())], span: NOWHERE };
            out.push(Decl::Field(field(label(key), call)));
            let value = Box::new(self.value(&inner, false, depth + 1));
            out.push(Decl::Let(LetClause { name: ident(own), value, span: NOWHERE, doc: Vec::new() }));
        }
        out
    }
}

/// What a string holds, and whether it is JSON.
fn opened(text: &str) -> Option<(Data, bool)> {
    let holds = |d: &Data| matches!(d.value, DataValue::Struct(_) | DataValue::List(_));
    if text.trim_start().starts_with(['{', '[']) {
        return json::parse(text).ok().filter(holds).map(|d| (d, true));
    }
    if !text.contains('\n') {
        return None;
    }
    match yaml::read(&Source::new("yaml", text)).ok()?.as_slice() {
        [one] if holds(one) => Some((one.clone(), false)),
        _ => None,
    }
}
