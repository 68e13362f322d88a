//! Where results go and in which form.

use super::session::Problems;
use cue::load::Schema;
use cue::{Data, DataValue, Value, json, yaml};
use cue_syntax::Diagnostic;
use std::io::Write;

/// The form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    JsonLines,
    Yaml,
    Toml,
    Csv,
    Cue,
    Text,
    Binary,
}

impl Form {
    /// `yaml`; a schema language may stand before it (`openapi+yaml`), and is JSON when it stands alone.
    fn named(name: &str) -> Option<Form> {
        if let Some((language, form)) = name.split_once('+') {
            return schema_named(language).and(Form::named(form));
        }
        Some(match name {
            _ if schema_named(name).is_some() => Form::Json,
            "json" => Form::Json,
            "jsonl" | "ldjson" | "ndjson" => Form::JsonLines,
            "yaml" => Form::Yaml,
            "toml" => Form::Toml,
            "csv" => Form::Csv,
            "cue" => Form::Cue,
            "text" => Form::Text,
            "binary" => Form::Binary,
            _ => return None,
        })
    }

    /// What separates two results.
    pub(crate) fn separator(self) -> &'static str {
        match self {
            Form::Yaml => "---\n",
            Form::Cue => "// ---\n",
            _ => "",
        }
    }
}

fn schema_named(word: &str) -> Option<Schema> {
    match word {
        "openapi" => Some(Schema::OpenApi),
        "jsonschema" => Some(Schema::Json),
        _ => None,
    }
}

/// `--out` and `-o`.
#[derive(Debug, clap::Args)]
pub(crate) struct OutputArgs {
    /// The form: json, jsonl, yaml, toml, csv, cue, text, binary, openapi or jsonschema (`openapi+yaml`)
    #[arg(long, value_name = "FORM")]
    out: Option<String>,
    /// Write to this file, `-` is standard output; its name (or `yaml:FILE`) gives the form
    #[arg(short = 'o', long = "outfile", value_name = "FILE")]
    file: Option<String>,
    /// Overwrite an existing file
    #[arg(short = 'f', long)]
    pub(crate) force: bool,
}

impl OutputArgs {
    /// Whether `-o` says where to write.
    pub(crate) fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// The schema language that was asked for.
    pub(crate) fn schema(&self) -> Option<Schema> {
        let words = match (&self.out, &self.file) {
            (Some(name), _) => Some(name.as_str()),
            (None, Some(file)) => file.split_once(':').map(|(words, _)| words),
            _ => None,
        };
        words.and_then(|w| schema_named(w.split('+').next().unwrap_or(w)))
    }

    /// The form that was asked for.
    pub(crate) fn form(&self, default: Form) -> Result<Form, Problems> {
        if let Some(name) = &self.out {
            return Form::named(name).ok_or_else(|| unknown(name));
        }
        let Some(file) = &self.file else { return Ok(default) };
        if let Some((word, _)) = file.split_once(':') {
            return Form::named(word).ok_or_else(|| unknown(word));
        }
        Ok(match file.rsplit_once('.').map(|(_, e)| e) {
            Some("json") => Form::Json,
            Some("jsonl" | "ldjson" | "ndjson") => Form::JsonLines,
            Some("yaml" | "yml") => Form::Yaml,
            Some("toml") => Form::Toml,
            Some("csv") => Form::Csv,
            Some("cue") => Form::Cue,
            Some("txt") => Form::Text,
            _ => default,
        })
    }

    /// Prints.
    pub(crate) fn print(bytes: &[u8]) -> Result<(), Problems> {
        match std::io::stdout().lock().write_all(bytes) {
            // Whoever read the output wants no more of it.
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            Err(e) => Err(refused(format!("cannot write the result: {e}"))),
            Ok(()) => Ok(()),
        }
    }

    /// Writes the whole result at once.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Problems> {
        let mut stream = self.stream();
        stream.take(bytes);
        stream.finish()
    }

    /// A result that is written as it is made. Nothing is opened before there is something to write.
    pub(crate) fn stream(&self) -> Stream<'_> {
        let path = self.file.as_deref().map(|f| f.split_once(':').map_or(f, |(_, p)| p)).filter(|p| *p != "-");
        Stream { path, force: self.force, to: None, failed: None }
    }
}

/// Standard output or a file, written to piece by piece. What goes wrong is told at the end.
pub(crate) struct Stream<'a> {
    path: Option<&'a str>,
    force: bool,
    to: Option<Box<dyn Write>>,
    failed: Option<Diagnostic>,
}

impl Stream<'_> {
    /// The next piece.
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.failed = self.put(bytes).err();
        }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Diagnostic> {
        let path = self.path;
        let failed = |e: std::io::Error| {
            Diagnostic::error("cue/output", format!("cannot write {}: {e}", path.unwrap_or("the result")))
        };
        let to = match (&mut self.to, path) {
            (Some(to), _) => to,
            (to, None) => to.insert(Box::new(std::io::stdout().lock())),
            (to, Some(path)) => {
                if !self.force && std::path::Path::new(path).exists() {
                    let d = Diagnostic::error("cue/output", format!("{path} exists already"));
                    return Err(d.help("-f overwrites it"));
                }
                to.insert(Box::new(std::fs::File::create(path).map_err(failed)?))
            }
        };
        match to.write_all(bytes) {
            // Whoever read the output wants no more of it.
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(failed),
        }
    }

    /// Ends the output.
    pub(crate) fn finish(mut self) -> Result<(), Problems> {
        if let Some(to) = &mut self.to
            && let Err(e) = to.flush()
            && e.kind() != std::io::ErrorKind::BrokenPipe
        {
            self.failed.get_or_insert(Diagnostic::error("cue/output", format!("cannot write the result: {e}")));
        }
        self.failed.map_or(Ok(()), |d| Err(vec![d]))
    }
}

impl std::fmt::Write for Stream<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.take(text.as_bytes());
        if self.failed.is_none() { Ok(()) } else { Err(std::fmt::Error) }
    }
}

fn unknown(name: &str) -> Problems {
    vec![
        Diagnostic::error("cue/output", format!("unknown form `{name}`"))
            .help("known are json, jsonl, yaml, toml, csv, cue, text, binary, openapi and jsonschema"),
    ]
}

fn refused(message: String) -> Problems {
    vec![Diagnostic::error("cue/output", message)]
}

/// A value as a schema of another language.
pub(crate) fn write_schema(
    form: Form,
    language: Schema,
    value: Value<'_>,
    title: Option<String>,
    out: &mut Vec<u8>,
) -> Result<(), Problems> {
    let data = match language {
        Schema::OpenApi => cue::openapi::generate(value, &cue::openapi::Config { title, ..Default::default() })?,
        Schema::Json => cue::jsonschema::generate(value)?,
    };
    if form == Form::Cue {
        out.extend(cue::export::data_text(&data, None).as_bytes());
        return Ok(());
    }
    write_data(form, &data, out)
}

/// Data in a form other than CUE, ended as the form ends.
pub(crate) fn write_data(form: Form, data: &Data, out: &mut Vec<u8>) -> Result<(), Problems> {
    let unknown = |e: cue::Unknown| vec![Diagnostic::error("cue/unknown", e.to_string())];
    match form {
        Form::Json => {
            out.extend(json::write(data, json::Style::Indented).map_err(unknown)?.as_bytes());
            if !out.ends_with(b"\n") {
                out.push(b'\n');
            }
        }
        Form::JsonLines => {
            let items = match &data.value {
                DataValue::List(items) => items.as_slice(),
                _ => std::slice::from_ref(data),
            };
            for item in items {
                out.extend(json::write(item, json::Style::Compact).map_err(unknown)?.as_bytes());
                out.push(b'\n');
            }
        }
        Form::Toml => out.extend(cue::toml::write(data).map_err(refused)?.as_bytes()),
        Form::Csv => out.extend(cue::csv::write(data).map_err(refused)?.as_bytes()),
        Form::Yaml => {
            out.extend(yaml::write(data).map_err(unknown)?.as_bytes());
            if !out.ends_with(b"\n") {
                out.push(b'\n');
            }
        }
        Form::Text | Form::Binary | Form::Cue => match &data.value {
            DataValue::String(s) => {
                out.extend(s.as_bytes());
                if form == Form::Text {
                    out.push(b'\n');
                }
            }
            DataValue::Bytes(b) => out.extend(b.iter()),
            other => {
                let kind = match other {
                    DataValue::Null => "null",
                    DataValue::Bool(_) => "a bool",
                    DataValue::Number(_) => "a number",
                    DataValue::List(_) => "a list",
                    DataValue::Struct(_) => "a struct",
                    _ => "not known yet",
                };
                let d = Diagnostic::error("cue/output", format!("the value is {kind}, and text output takes a string"))
                    .help("choose a string with -e, or another form with --out");
                return Err(vec![d]);
            }
        },
    }
    Ok(())
}
