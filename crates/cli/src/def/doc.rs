//! `lateen def doc`: definitions for their users.

use super::files;
use super::find::{self, Wanted};
use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome};
use ::render::Loaded;
use authoring::doc::{self, Glossary, Language};
use authoring::explain::Usage;
use std::path::{Path, PathBuf};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen def doc webservice                      a page of Markdown
  lateen def doc webservice --language zh        in Chinese
  lateen def doc my-trait.cue -o jsonschema      for editors and forms
  lateen def doc definitions/ --into docs/       a page for each definition of a folder")]
pub(crate) struct DocArgs {
    /// Names of definitions (built-in or of the hub), definition files, or folders
    #[arg(value_name = "NAME|PATH", required = true)]
    what: Vec<String>,
    /// Their kind, where several have the name
    #[arg(long, short = 't', value_parser = super::kind)]
    r#type: Option<model::DefinitionKind>,
    /// How to print
    #[arg(long, short, value_enum, default_value = "markdown")]
    output: Output,
    /// Language: of the headings, and of what built-in definitions say of themselves
    #[arg(long, short, value_enum, default_value = "en")]
    language: Lang,
    /// Translations of what your own definitions say: a file with a line `text = translation` for each
    #[arg(long, value_name = "FILE")]
    i18n: Option<PathBuf>,
    /// Write a file for each definition into this folder
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Output {
    /// A page
    Markdown,
    /// JSON Schema (2020-12) of the parameters
    Jsonschema,
    /// Schema of OpenAPI v3 of the parameters
    Openapi,
}

/// Languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Lang {
    /// English
    En,
    /// Chinese
    Zh,
}

pub(crate) async fn run(hub: HubArgs, args: DocArgs) -> Outcome {
    let mut all = Vec::new();
    for what in &args.what {
        let path = PathBuf::from(what);
        if path.exists() {
            for file in files::definitions(&path) {
                let source = files::source(&file)?;
                if path.is_file() || files::looks_like_definition(&source.name, &source.text) {
                    all.extend(files::loaded(&source)?.into_iter().map(|one| (one, Some(file.clone()))));
                }
            }
        } else {
            let wanted = Wanted { name: what, kind: args.r#type, namespace: None };
            all.push((find::one(&hub, &wanted).await?.0, None));
        }
    }
    let mut glossary = if args.language == Lang::Zh { Glossary::chinese() } else { Glossary::default() };
    if let Some(file) = &args.i18n {
        glossary.add(&files::source(file)?.text);
    }
    for (loaded, file) in &all {
        let text = text(loaded, &example(loaded, file.as_deref()), &args, &glossary)?;
        match &args.into {
            None => print!("{text}"),
            Some(folder) => {
                let end = if args.output == Output::Markdown { "md" } else { "json" };
                let definition = &loaded.definition;
                let file = folder.join(format!("{}-{}.{end}", definition.kind.word(), definition.name));
                std::fs::create_dir_all(folder)?;
                files::write(&file, &text, true)?;
                println!("{}", file.display());
            }
        }
    }
    Ok(())
}

/// An example: the first case beside the file that is to succeed, else one that is made.
fn example(loaded: &Loaded, file: Option<&Path>) -> Usage {
    let cases = file.and_then(|file| files::cases(file).into_iter().next());
    match cases.and_then(|cases| files::source(&cases).ok()) {
        Some(source) => Usage::of_cases(loaded, &source),
        None => Usage::of(loaded),
    }
}

fn text(loaded: &Loaded, usage: &Usage, args: &DocArgs, glossary: &Glossary) -> Outcome<String> {
    Ok(match args.output {
        Output::Markdown => {
            let language = if args.language == Lang::Zh { Language::Chinese } else { Language::English };
            doc::markdown(loaded, usage, language, glossary)
        }
        Output::Jsonschema => output::text(&doc::json_schema(loaded), Format::Json)?,
        Output::Openapi => output::text(&doc::openapi(loaded), Format::Json)?,
    })
}
