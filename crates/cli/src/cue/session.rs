//! What `export`, `eval` and `vet` share: inputs, loading, compiling, evaluating.

use super::flags::GlobalArgs;
use crate::threads::side_by_side;
use crate::world::{Files, folders_above};
use clap::Args;
use cue::load::{Document, Loaded, Options, Place, load, point_all};
use cue::{Data, Evaluation, Instance, Limits, Program, Selector, Value, compile};
use cue_syntax::ast::{Constraint, Decl, Expr, Field, Ident, Label, Rare, StructLit};
use cue_syntax::{Diagnostic, Source, Span};
use rayon::prelude::*;
use std::mem::ManuallyDrop;

/// The name that holds the schema of `-d`.
const SCHEMA: &str = "_lateen_schema";

/// The name of a file's own value, where data are held to it.
const WHOLE: &str = "_lateen_whole";

/// Inputs and how they are read.
#[derive(Debug, Args)]
pub(crate) struct InputArgs {
    /// Packages, CUE files and data files (.json, .jsonl, .yaml, .toml, .csv); `-` is standard input, `json: FILE` names a type; none is `.`
    pub(crate) inputs: Vec<String>,
    /// Evaluate this expression only (repeatable)
    #[arg(short = 'e', long = "expression", value_name = "EXPR")]
    pub(crate) expressions: Vec<String>,
    /// Set the value of a tagged field: key=value, or a shorthand of the tag (repeatable)
    #[arg(short = 't', long = "inject", value_name = "KEY=VALUE")]
    tags: Vec<String>,
    /// Set fields whose tags name system variables: now, os, arch, cwd, username, hostname
    #[arg(short = 'T', long = "inject-vars")]
    variables: bool,
    /// The package, where a folder holds several
    #[arg(short = 'p', long = "package", value_name = "NAME")]
    package: Option<String>,
    /// Where data are placed: `a:` for a label, or an expression over the data (repeatable)
    #[arg(short = 'l', long = "path", value_name = "LABEL")]
    place: Vec<String>,
    /// Evaluate `-l` over a struct with data, filename, index and recordCount instead of over the data
    #[arg(long = "with-context")]
    context: bool,
    /// The schema for data files, as an expression (repeatable: all hold)
    #[arg(short = 'd', long = "schema", value_name = "EXPR")]
    schemas: Vec<String>,
    /// Combine all data into one list
    #[arg(long)]
    list: bool,
    /// Unify all data files (the default without `-d`); `--merge=false` takes each document on its own
    #[arg(long, default_value_t = true, default_missing_value = "true", num_args = 0..=1, require_equals = true, action = clap::ArgAction::Set)]
    pub(crate) merge: bool,
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
}

/// What a command worked on last. It is never freed: the process ends, and taking a large result apart would take a tenth of
/// the time.
#[derive(Debug, Default)]
pub(crate) struct Last(ManuallyDrop<(Option<Evaluation>, Option<Data>)>);

impl Last {
    /// Frees the evaluation before, and keeps this one.
    pub(crate) fn evaluation(&mut self, evaluation: Evaluation) {
        self.0.0 = Some(evaluation);
    }

    /// As [`Last::evaluation`].
    pub(crate) fn data(&mut self, data: Data) {
        self.0.1 = Some(data);
    }
}

/// A command's problems; they end it with status 1.
pub(crate) type Problems = Vec<Diagnostic>;

/// An instance, compiled.
pub(crate) struct Unit {
    pub(crate) program: Program,
    pub(crate) documents: Vec<Document>,
    /// The `-e` expressions.
    pub(crate) expressions: Vec<Expr>,
    /// The comment at the top of the first file.
    pub(crate) title: Option<String>,
    /// There is something beside data.
    pub(crate) has_files: bool,
    /// Where data and result stand: the top, or the field that holds the schema.
    at: Vec<Selector>,
}

/// What an expression of the command line is called in messages.
const EXPRESSION: &str = "--expression";

impl Unit {
    /// Whether data are held to a schema of their own, beside which everything else is as it would be without them.
    pub(crate) fn has_schema(&self) -> bool {
        !self.at.is_empty()
    }

    /// Evaluates with the documents given.
    pub(crate) fn evaluate(&self, documents: &[Document]) -> Evaluation {
        let data = documents.iter().map(|d| (self.at.as_slice(), &d.data));
        self.program.evaluate_with(data, &Limits::generous())
    }

    /// Shows problems the way the user knows the data: with places in their files, and paths without the schema's field.
    pub(crate) fn point(documents: &[Document], mut problems: Problems) -> Problems {
        problems.iter_mut().for_each(hide_schema);
        point_all(documents, &mut problems);
        problems
    }

    /// The value of an expression of the command line.
    ///
    /// # Errors
    /// When its name is nowhere declared. A field that a value does not have yet is no error: it may come.
    pub(crate) fn expression<'e>(&self, evaluation: &'e Evaluation, e: &Expr) -> Result<Value<'e>, Problems> {
        let mut name = e;
        while let Expr::Selector { operand, .. } | Expr::Index { operand, .. } = name {
            name = operand;
        }
        if matches!(name, Expr::Ident(_))
            && let Some((_, problems)) = evaluation.expression(name).error()
            // a field that is there, and misses one itself, says so elsewhere
            && problems.iter().any(|d| d.code == "cue/undefined-field" && d.labels.iter().any(|l| l.source.name == EXPRESSION))
        {
            return Err(problems);
        }
        Ok(evaluation.expression(e))
    }

    /// The value that the command is about.
    pub(crate) fn value<'e>(&self, evaluation: &'e Evaluation) -> Value<'e> {
        if self.at.is_empty() { evaluation.root() } else { evaluation.lookup(&self.at) }
    }
}

impl InputArgs {
    /// The schemas of `-d` as one expression.
    fn schema(&self) -> Option<String> {
        match self.schemas.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            several => Some(several.iter().map(|s| format!("({s})")).collect::<Vec<_>>().join(" & ")),
        }
    }

    /// Whether each document is taken on its own: a schema is for each of them.
    pub(crate) fn apart(&self) -> bool {
        !self.merge || !self.schemas.is_empty()
    }

    /// Loads and compiles everything.
    pub(crate) fn units(&self) -> Result<Vec<Unit>, Problems> {
        self.compiled(self.loaded()?)
    }

    /// As [`InputArgs::units`], with documents of JSON that are not read yet.
    pub(crate) fn units_with_texts(&self) -> Result<Vec<Unit>, Problems> {
        let loaded = self.load(true)?;
        let last = loaded.last().map_or(&[][..], |l| &l.documents);
        let texts: Vec<_> = last.iter().filter(|d| d.text().is_some()).cloned().collect();
        // A text that is no data is told before what is wrong with the schema, as where all is read at once.
        self.compiled(loaded).map_err(|found| {
            let mut problems: Problems = texts.iter().filter_map(|d| d.read().err()).flatten().collect();
            problems.extend(found);
            problems
        })
    }

    fn compiled(&self, loaded: Vec<Loaded>) -> Result<Vec<Unit>, Problems> {
        if loaded.len() < 2 {
            return loaded.into_iter().map(|l| self.compile(l)).collect();
        }
        // The first one's problems count, whichever is compiled first.
        let compiled: Vec<_> = side_by_side(|| loaded.into_par_iter().map(|l| self.compile(l)).collect());
        compiled.into_iter().collect()
    }

    /// Loads everything.
    pub(crate) fn loaded(&self) -> Result<Vec<Loaded>, Problems> {
        self.load(false)
    }

    fn load(&self, deferred: bool) -> Result<Vec<Loaded>, Problems> {
        self.global.enter()?;
        let options = Options {
            tags: self.tags.clone(),
            variables: if self.variables { variables() } else { Vec::new() },
            package: self.package.clone(),
            place: Place { labels: self.place.clone(), context: self.context },
            list: self.list,
            schema: self.schema(),
            deferred,
            folders_above: folders_above(),
        };
        load(&Files, &options, &self.inputs)
    }

    /// Compiles an instance.
    pub(crate) fn compile(&self, loaded: Loaded) -> Result<Unit, Problems> {
        let Loaded { mut instance, documents, .. } = loaded;
        let has_files = !instance.files.is_empty();
        let first = instance.files.first().and_then(|f| instance.sources.get(f.source));
        let title = first.and_then(|source| cue::openapi::title(source));
        let mut at = Vec::new();
        if let Some(schema) = self.schema()
            && !documents.is_empty()
        {
            add_schema(&mut instance, &schema)?;
            at.push(Selector::new(SCHEMA));
        } else if !documents.is_empty() && self.expressions.is_empty() && wrap(&mut instance)? {
            at.push(Selector::new(SCHEMA));
        }
        let expressions = self.parsed_expressions(&mut instance)?;
        Ok(Unit { program: compile(&Files, instance)?, documents, expressions, title, has_files, at })
    }

    /// The `-e` expressions, parsed; their texts join the sources, so that diagnostics can show them.
    fn parsed_expressions(&self, instance: &mut Instance) -> Result<Vec<Expr>, Problems> {
        let mut parsed = Vec::new();
        for text in &self.expressions {
            parsed.push(parse(instance, EXPRESSION, text)?);
        }
        Ok(parsed)
    }

    /// Prints problems.
    pub(crate) fn report(&self, problems: &[Diagnostic]) {
        self.global.report(problems);
    }
}

/// Puts a file whose value is an expression, such as a closed struct, behind a name. Data would else join the struct around
/// the expression, where it is an embedding and restricts nothing.
fn wrap(instance: &mut Instance) -> Result<bool, Problems> {
    let [file] = instance.files.as_mut_slice() else { return Ok(false) };
    if !file.decls.iter().any(|d| matches!(d, Decl::Embedding(_))) {
        return Ok(false);
    }
    let decls = std::mem::take(&mut file.decls);
    let span = Span { source: file.source, start: 0, end: 0 };
    let value = Expr::Struct(StructLit { decls, braces: true, span });
    file.decls.push(hidden(WHOLE, value));
    add_schema(instance, WHOLE)?;
    Ok(true)
}

fn hidden(name: &str, value: Expr) -> Decl {
    let span = value.span();
    Decl::Field(Field {
        alias: None,
        label: Label::Ident(Ident { name: name.into(), span }),
        postfix_alias: None,
        constraint: Constraint::Regular,
        value,
        attributes: Rare::default(),
        doc: Rare::default(),
        span,
    })
}

/// Adds a hidden field that holds the schema, so that data are unified with a reference to it and not written into it.
fn add_schema(instance: &mut Instance, schema: &str) -> Result<(), Problems> {
    let value = parse(instance, "--schema", schema)?;
    let id = value.span().source;
    let field = hidden(SCHEMA, value);
    // In the first file, so that its imports are known.
    match instance.files.first_mut() {
        Some(file) => file.decls.push(field),
        None => instance.files.push(cue_syntax::File {
            source: id,
            attributes: Vec::new(),
            package: None,
            imports: Vec::new(),
            decls: vec![field],
            comments: Vec::new(),
        }),
    }
    Ok(())
}

/// Parses an expression of the command line as a source of the instance.
fn parse(instance: &mut Instance, name: &str, text: &str) -> Result<Expr, Problems> {
    let source = Source::new(name, text);
    let id = instance.sources.add(source.clone());
    let parsed = cue_syntax::parse_expr(&source, id);
    match parsed.tree {
        Some(e) if parsed.diagnostics.is_empty() => Ok(e),
        _ => Err(parsed.diagnostics),
    }
}

/// Shows the paths of data that were checked against a schema as the user knows them.
fn hide_schema(d: &mut Diagnostic) {
    if let Some(path) = &d.path
        && let Some(rest) = path.strip_prefix(SCHEMA)
    {
        let rest = rest.strip_prefix('.').unwrap_or(rest);
        d.path = (!rest.is_empty()).then(|| rest.to_owned());
    }
    d.related.iter_mut().for_each(hide_schema);
}

/// System variables for `-T`.
fn variables() -> Vec<(String, String)> {
    let env = |name: &str| std::env::var(name).ok();
    let cwd = std::env::current_dir().ok().map(|d| d.display().to_string());
    let host = env("HOSTNAME").or_else(|| std::fs::read_to_string("/etc/hostname").ok().map(|h| h.trim().to_owned()));
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    [
        ("now", Some(jiff::Timestamp::now().to_string())),
        ("os", Some(os.to_owned())),
        ("arch", Some(arch.to_owned())),
        ("cwd", cwd),
        ("username", env("USER").or_else(|| env("LOGNAME"))),
        ("hostname", host),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}
