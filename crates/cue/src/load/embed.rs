//! `@extern(embed)` and `@embed(file=…)`, `@embed(glob=…)`: data files as values of fields.
//!
//! What is embedded is written into the tree: `field: value` becomes `field: value & data`, an attribute that stands as a
//! declaration becomes an embedding. Files are named relative to the one with the attribute and lie in its module.

use super::inputs::{Format, Input, by_extension};
use super::module::{join, parent};
use super::{Problems, read_file};
use crate::World;
use crate::data::{Data, DataValue, Fields};
use crate::export::literal;
use crate::stack::down;
use cue_syntax::ast::{Attribute, BinaryOp, Clause, Comprehension, Decl, Element, Expr, File, Label};
use cue_syntax::{Diagnostic, SourceId, Sources, Span};

/// What an `@embed` says.
#[derive(Debug, Default, PartialEq)]
struct Embed {
    file: Option<String>,
    glob: Option<String>,
    format: Option<String>,
    may_be_empty: bool,
}

impl Embed {
    fn of(body: &str) -> Embed {
        let mut embed = Embed::default();
        let mut quoted = false;
        for part in body.split(|c| {
            quoted ^= c == '"';
            c == ',' && !quoted
        }) {
            let (key, value) = part.trim().split_once('=').unwrap_or((part.trim(), ""));
            let value = value.trim().trim_matches('"').to_owned();
            match key.trim() {
                "file" => embed.file = Some(value),
                "glob" => embed.glob = Some(value),
                "type" => embed.format = Some(value),
                "allowEmptyGlob" => embed.may_be_empty = true,
                _ => {}
            }
        }
        embed
    }
}

/// The file with an attribute, and where its problems go.
struct Embedder<'a> {
    world: &'a dyn World,
    /// The folder of the file, where it lies in a module.
    folder: Option<String>,
    sources: &'a mut Sources,
    problems: &'a mut Problems,
}

/// Puts data into a file that asks for it with `@extern(embed)` above its package clause.
pub(super) fn embed(
    world: &dyn World,
    name: &str,
    in_module: bool,
    file: &mut File,
    sources: &mut Sources,
    problems: &mut Problems,
) {
    let late = file.decls.iter().find_map(|d| match d {
        Decl::Attribute(a) if a.name == "extern" && file.package.is_some() => Some(a.span),
        _ => None,
    });
    if let Some(at) = late {
        let d = Diagnostic::error("cue/embed", "extern attribute must appear before package clause");
        problems.push(d.at(sources, at, ""));
    }
    let asked: Vec<&Attribute> = file.attributes.iter().filter(|a| a.name == "extern").collect();
    for a in &asked {
        let kind = a.body.trim().trim_matches('"');
        if kind != "embed" {
            let d = Diagnostic::error("cue/embed", format!("no injection defined for \"{kind}\""));
            problems.push(d.at(sources, a.span, "").help("`@extern(embed)` is the one that there is"));
        }
    }
    if asked.iter().any(|a| a.body.trim().trim_matches('"') == "embed") {
        let folder = in_module.then(|| parent(name).unwrap_or_else(|| ".".into()));
        Embedder { world, folder, sources, problems }.decls(&mut file.decls);
    }
}

impl Embedder<'_> {
    fn decls(&mut self, decls: &mut [Decl]) {
        for decl in decls {
            match decl {
                Decl::Field(f) => {
                    match &mut f.label {
                        Label::Dynamic(e, _) | Label::Pattern { value: e, .. } => self.expr(e),
                        Label::Interpolation(x) => crate::operands::parts(&mut x.parts, &mut |e| self.expr(e)),
                        Label::Ident(_) | Label::String(_) => {}
                    }
                    self.expr(&mut f.value);
                    for at in 0..f.attributes.len() {
                        let Some(attribute) = f.attributes.get(at).cloned() else { break };
                        let Some(data) = self.data(&attribute) else { continue };
                        let old = std::mem::replace(&mut f.value, Expr::Bottom(attribute.span));
                        f.value = Expr::Binary {
                            op: BinaryOp::And,
                            op_span: old.span(),
                            span: old.span().to(attribute.span),
                            left: Box::new(old),
                            right: Box::new(data),
                        };
                    }
                }
                Decl::Attribute(a) => {
                    let a = a.clone();
                    if let Some(data) = self.data(&a) {
                        *decl = Decl::Embedding(data);
                    }
                }
                Decl::Embedding(e) => self.expr(e),
                Decl::Let(l) => self.expr(&mut l.value),
                Decl::Comprehension(c) => self.comprehension(c),
                Decl::Ellipsis(e) => e.value.iter_mut().for_each(|e| self.expr(e)),
            }
        }
    }

    fn comprehension(&mut self, c: &mut Comprehension) {
        for clause in &mut c.clauses {
            match clause {
                Clause::For { source, .. } => self.expr(source),
                Clause::If { condition, .. } => self.expr(condition),
                Clause::Let(l) => self.expr(&mut l.value),
                Clause::Try { binding, .. } => {
                    if let Some((_, value)) = binding {
                        self.expr(value);
                    }
                }
            }
        }
        self.decls(&mut c.body.decls);
        if let Some((_, body)) = &mut c.fallback {
            self.decls(&mut body.decls);
        }
    }

    fn expr(&mut self, e: &mut Expr) {
        down(|| match e {
            Expr::Struct(s) => self.decls(&mut s.decls),
            Expr::List(l) => l.elements.iter_mut().for_each(|x| match x {
                Element::Value(e) => self.expr(e),
                Element::Comprehension(c) => self.comprehension(c),
                Element::Ellipsis(e) => e.value.iter_mut().for_each(|e| self.expr(e)),
            }),
            e => crate::operands::of(e, &mut |e| self.expr(e)),
        });
    }

    /// The value of an attribute; nothing where it is another one, or wrong.
    fn data(&mut self, a: &Attribute) -> Option<Expr> {
        if a.name != "embed" {
            return None;
        }
        let problem = |message: String| Diagnostic::error("cue/embed", format!("@embed: {message}"));
        match self.read(&Embed::of(&a.body)) {
            Ok(e) => Some(e),
            Err(mut found) => {
                for d in &mut found {
                    if d.code != "cue/embed" {
                        let inner = std::mem::replace(d, problem("the file cannot be read".into()));
                        d.related.push(inner);
                    }
                    let placed = std::mem::replace(d, problem(String::new()));
                    *d = placed.at(self.sources, a.span, "asked for here");
                }
                self.problems.extend(found);
                None
            }
        }
    }

    fn read(&mut self, embed: &Embed) -> Result<Expr, Problems> {
        let problem = |message: String| vec![Diagnostic::error("cue/embed", format!("@embed: {message}"))];
        let Some(folder) = self.folder.clone() else {
            return Err(problem("files are embedded only in a module".into())
                .into_iter()
                .map(|d| d.help("make one with a file cue.mod/module.cue: `module: \"example.com/name\"`"))
                .collect());
        };
        match (&embed.file, &embed.glob) {
            (Some(_), Some(_)) => Err(problem("attribute cannot have both file and glob field".into())),
            (None, None) => Err(problem("attribute must have file or glob field".into())),
            (Some(file), None) => {
                normal(file).map_err(problem)?;
                self.one(&folder, file, embed.format.as_deref())
            }
            (None, Some(glob)) => {
                normal(glob).map_err(problem)?;
                if glob.contains("**") {
                    let text = format!("invalid glob pattern \"{glob}\": '**' is not supported in patterns");
                    return Err(problem(text));
                }
                let known = glob
                    .rsplit('/')
                    .next()
                    .and_then(|f| f.rsplit_once('.'))
                    .is_some_and(|(_, extension)| !extension.contains(['*', '?', '[']));
                if embed.format.is_none() && !known {
                    return Err(problem("extension not fully specified; type argument required".into()));
                }
                let names = self.matches(&folder, glob);
                if names.is_empty() && !embed.may_be_empty {
                    return Err(problem(format!("no matches for glob pattern \"{glob}\"")));
                }
                let mut decls = Vec::with_capacity(names.len());
                for name in names {
                    let value = self.one(&folder, &name, embed.format.as_deref())?;
                    decls.push(Decl::Field(literal::field(literal::label(&name), value)));
                }
                Ok(literal::structure(decls))
            }
        }
    }

    /// The one value of a file.
    fn one(&mut self, folder: &str, file: &str, format: Option<&str>) -> Result<Expr, Problems> {
        let problem = |message: String| vec![Diagnostic::error("cue/embed", format!("@embed: {message}"))];
        let name = join(folder, file);
        let format = match format {
            Some("json") => Format::Json,
            Some("jsonl" | "ldjson" | "ndjson") => Format::JsonLines,
            Some("yaml" | "yml") => Format::Yaml,
            Some("toml") => Format::Toml,
            Some("csv") => Format::Csv,
            Some("text" | "txt") => Format::Text,
            Some("binary") => Format::Binary,
            Some(other) => return Err(problem(format!("unknown file type {other}"))),
            None => match by_extension(file) {
                Some(Format::Cue) => return Err(problem("CUE files are imported, not embedded".into())),
                Some(format) => format,
                None => {
                    let text = format!("the type of \"{file}\" is not known by its name: name it with type=…");
                    return Err(problem(text));
                }
            },
        };
        let input = Input { name: name.clone(), format, schema: None };
        let mut documents = match self.world.read(&name) {
            Err(e) => return Err(problem(e)),
            Ok(_) => read_file(self.world, &input)?,
        };
        let Some(data) = documents.pop().filter(|_| documents.is_empty()) else {
            return Err(problem(format!("\"{file}\" holds {} values, not one", documents.len() + 1)));
        };
        let mut expr = literal::data(&data, true);
        if let Some(source) = origin(&data) {
            let id = self.sources.add(source);
            place(&mut expr, &data, id);
        }
        Ok(expr)
    }

    /// The files that a pattern matches, in order.
    fn matches(&self, folder: &str, glob: &str) -> Vec<String> {
        let mut found = vec![String::new()];
        let mut segments = glob.split('/').peekable();
        while let Some(segment) = segments.next() {
            let last = segments.peek().is_none();
            let mut next = Vec::new();
            for before in found {
                let at = if before.is_empty() { folder.to_owned() } else { join(folder, &before) };
                for name in self.world.list(&at).unwrap_or_default() {
                    let (name, is_folder) = name.strip_suffix('/').map_or((name.as_str(), false), |n| (n, true));
                    let hidden = name.starts_with('.') && !segment.starts_with('.');
                    if is_folder != last && !hidden && fits(segment, name) {
                        next.push(if before.is_empty() { name.to_owned() } else { format!("{before}/{name}") });
                    }
                }
            }
            found = next;
        }
        found.sort();
        found
    }
}

/// Whether a path is written plainly and leads down.
fn normal(path: &str) -> Result<(), String> {
    if path.starts_with('/') {
        return Err("only relative files are allowed".into());
    }
    let parts: Vec<&str> = path.split('/').collect();
    if parts.contains(&"..") {
        return Err("cannot refer to parent directory".into());
    }
    let plain: Vec<&str> = parts.iter().copied().filter(|p| !p.is_empty() && *p != ".").collect();
    if plain.len() == parts.len() {
        Ok(())
    } else {
        Err(format!("path not normalized, use \"{}\" instead", plain.join("/")))
    }
}

/// Whether a name fits a pattern of `*`, `?`, `[a-z]`, `[^a]` and `\` before a character that stands for itself.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    // Where to go on when what follows the last `*` does not fit.
    let mut again: Option<(usize, usize)> = None;
    let (mut p, mut n) = (0, 0);
    loop {
        let step = match (pattern.get(p), name.get(n)) {
            (None, None) => return true,
            (Some('*'), _) => {
                again = Some((p, n));
                p += 1;
                continue;
            }
            (Some('?'), Some(_)) => Some(p + 1),
            (Some('['), Some(c)) => class(&pattern, p, *c),
            (Some('\\'), Some(c)) => pattern.get(p + 1).filter(|x| *x == c).map(|_| p + 2),
            (Some(x), Some(c)) if x == c => Some(p + 1),
            _ => None,
        };
        match (step, again) {
            (Some(next), _) => {
                p = next;
                n += 1;
            }
            (None, Some((star, from))) if from < name.len() => {
                again = Some((star, from + 1));
                p = star + 1;
                n = from + 1;
            }
            _ => return false,
        }
    }
}

/// The place behind a class of characters that has this one in it.
fn class(pattern: &[char], open: usize, c: char) -> Option<usize> {
    let close = pattern.iter().skip(open + 2).position(|x| *x == ']')? + open + 2;
    let inside = pattern.get(open + 1..close)?;
    let (negated, inside) = match inside.split_first() {
        Some(('^', rest)) => (true, rest),
        _ => (false, inside),
    };
    let mut found = false;
    let mut i = 0;
    while let Some(low) = inside.get(i) {
        let range = inside.get(i + 1).filter(|x| **x == '-').and(inside.get(i + 2));
        found |= range.map_or(*low == c, |high| (*low..=*high).contains(&c));
        i += if range.is_some() { 3 } else { 1 };
    }
    (found != negated).then_some(close + 1)
}

/// The text that data come from.
fn origin(data: &Data) -> Option<std::sync::Arc<cue_syntax::Source>> {
    data.origin.as_ref().map(|o| o.source.clone())
}

/// Gives a literal the places of the data that it was made of.
fn place(e: &mut Expr, data: &Data, source: SourceId) {
    let Some(span) = data.origin.as_ref().map(|o| Span { source, ..o.span }) else { return };
    down(|| match (e, &data.value) {
        (Expr::Struct(s), DataValue::Struct(fields)) => {
            s.span = span;
            fields_of(&mut s.decls, fields, source);
        }
        (Expr::List(l), DataValue::List(items)) => {
            l.span = span;
            for (element, item) in l.elements.iter_mut().zip(items) {
                if let Element::Value(e) = element {
                    place(e, item, source);
                }
            }
        }
        (Expr::Unary { operand, span: at, .. }, _) => {
            *at = span;
            if let Expr::Number(_, at) = &mut **operand {
                *at = span;
            }
        }
        (Expr::String(lit), _) => lit.span = span,
        (Expr::Null(at) | Expr::Bool(_, at) | Expr::Number(_, at), _) => *at = span,
        _ => {}
    });
}

fn fields_of(decls: &mut [Decl], fields: &Fields, source: SourceId) {
    for (decl, data) in decls.iter_mut().zip(fields.values()) {
        let (Decl::Field(f), Some(origin)) = (decl, &data.origin) else { continue };
        let span = Span { source, ..origin.span };
        f.span = span;
        match &mut f.label {
            Label::Ident(name) => name.span = span,
            Label::String(lit) => lit.span = span,
            _ => {}
        }
        place(&mut f.value, data, source);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_names_as_in_a_shell() {
        for (pattern, name) in [
            ("*.json", "a.json"),
            ("*", ""),
            ("a*b*c", "axbybzc"),
            ("?", "é"),
            ("[a-c]x", "bx"),
            ("[^a]", "b"),
            ("\\*", "*"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("*.json", "a.yaml"), ("?", ""), ("a*b", "ab-"), ("[a-c]", "d"), ("[^a]", "a"), ("[a", "a"), ("\\*", "x")]
        {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn an_attribute_names_a_file_or_a_pattern() {
        let embed = Embed::of("glob=\"a,b/*.json\", type=text,allowEmptyGlob");
        assert_eq!(embed.glob.as_deref(), Some("a,b/*.json"));
        assert_eq!(embed.format.as_deref(), Some("text"));
        assert!(embed.may_be_empty && embed.file.is_none());
    }
}
