//! `lateen def init`: the first text of a definition, with its first cases.

use super::files;
use crate::report;
use authoring::init::{self, About};
use cue_syntax::Diagnostic;
use model::DefinitionKind;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen def init shop -t component                       shop.cue and shop_test.yaml, to be changed
  lateen def init shop -t component --from deploy.yaml    the values of a manifest become parameters
  kubectl get deploy web -o yaml | lateen def init web -t component --from -
  lateen def init load -t workflow-step --from job.yaml   a step that applies it
  lateen def init                                         asks (or reads the answers, a line each)")]
pub(crate) struct InitArgs {
    /// Its name, as applications will use it
    name: Option<String>,
    /// component, trait, policy or workflow-step
    #[arg(long, short = 't', value_parser = super::kind)]
    r#type: Option<DefinitionKind>,
    /// What it is for
    #[arg(long, short)]
    description: Option<String>,
    /// Another name for people
    #[arg(long, short, default_value = "")]
    alias: String,
    /// A file of Kubernetes objects: they become `output` and `outputs` (of a step: what it applies), their values
    /// parameters; `-` is standard input
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Where to write it [default: NAME.cue, with its cases in NAME_test.yaml]; `-` prints it
    #[arg(long, short = 'f', value_name = "FILE")]
    file: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: &InitArgs) -> ExitCode {
    match begin(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            report::print(&problems);
            ExitCode::FAILURE
        }
    }
}

/// Who answers questions: somebody at a terminal, or lines of standard input.
struct Asked {
    /// Standard input holds the manifest, and no answers.
    nobody: bool,
    /// Something had to be asked: what could be left out is then asked for as well.
    asked: bool,
}

impl Asked {
    /// An answer that is right. At a terminal a wrong one is asked for again; `None` when nobody answers.
    fn ask<T>(
        &mut self,
        question: &str,
        usual: &str,
        read: impl Fn(&str) -> Result<T, Diagnostic>,
    ) -> Result<Option<T>, Diagnostic> {
        let terminal = std::io::stdin().is_terminal();
        self.asked = true;
        while !self.nobody {
            let shown = if usual.is_empty() { String::new() } else { format!(" [{usual}]") };
            if terminal {
                eprint!("{question}{shown}: ");
                let _ = std::io::stderr().flush();
            }
            let mut answer = String::new();
            if std::io::stdin().lock().read_line(&mut answer).unwrap_or(0) == 0 {
                self.nobody = true;
                break;
            }
            let answer = answer.trim();
            match read(if answer.is_empty() { usual } else { answer }) {
                Ok(value) => return Ok(Some(value)),
                Err(problem) if terminal => report::print(&[problem]),
                Err(problem) => return Err(problem),
            }
        }
        Ok(None)
    }
}

/// A name as Kubernetes wants it.
fn valid_name(name: &str) -> Result<String, Diagnostic> {
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let ends = |c: char| c.is_ascii_alphanumeric();
    if name.chars().all(valid) && name.starts_with(ends) && name.ends_with(ends) && name.len() <= 253 {
        return Ok(name.to_owned());
    }
    Err(Diagnostic::error("def/init", format!("\"{name}\" is no name for a definition"))
        .help("lower case letters, digits and `-`, as Kubernetes wants it"))
}

fn valid_kind(word: &str) -> Result<DefinitionKind, Diagnostic> {
    super::kind(word).map_err(|e| Diagnostic::error("def/init", format!("there is no type \"{word}\"")).help(e))
}

fn begin(args: &InitArgs) -> Result<(), Vec<Diagnostic>> {
    let mut asked = Asked { nobody: args.from.as_ref().is_some_and(|f| f.as_os_str() == "-"), asked: false };
    let one = |problem| vec![problem];
    let missing = |what: &str, how: &str| {
        vec![Diagnostic::error("def/init", format!("{what} is missing")).help(format!("give it as {how}"))]
    };
    let name = match &args.name {
        Some(name) => valid_name(name).map_err(one)?,
        None => {
            let answer = asked.ask("Name", "", valid_name).map_err(one)?;
            answer.ok_or_else(|| missing("the name", "the first argument"))?
        }
    };
    let kind = match args.r#type {
        Some(kind) => kind,
        None => {
            let question = "Type (component, trait, policy, workflow-step)";
            let answer = asked.ask(question, "component", valid_kind).map_err(one)?;
            answer.ok_or_else(|| missing("the type", "--type component, trait, policy or workflow-step"))?
        }
    };
    let mut from = args.from.clone();
    let mut description = args.description.clone();
    if asked.asked {
        if description.is_none() {
            description = asked.ask("What is it for?", "", |t| Ok(t.to_owned())).map_err(one)?;
        }
        if from.is_none() && kind != DefinitionKind::Policy {
            let file =
                |answer: &str| match answer {
                    "" => Ok(None),
                    path if Path::new(path).is_file() => Ok(Some(PathBuf::from(path))),
                    path => Err(Diagnostic::error("cli/io", format!("there is no file {path}"))
                        .help("Enter begins from nothing")),
                };
            let question = "A manifest whose values become parameters (a file; Enter: none)";
            from = asked.ask(question, "", file).map_err(one)?.flatten();
        }
    }
    let description = description.filter(|t| !t.is_empty()).unwrap_or_else(|| format!("The {} {name}", kind.word()));
    let replaced = ::render::DefinitionSource::names(&::render::builtin::Builtins, kind).contains(&name);
    if replaced {
        eprintln!("careful: {} {name} also comes with Lateen; once yours is applied, it is used instead", kind.word());
    }
    let about = About { name: name.clone(), kind, description, alias: args.alias.clone() };
    let mut made = match &from {
        Some(file) => init::from_objects(&about, &objects(file, kind)?),
        None => init::from_nothing(&about),
    };
    if let Ok(text) = cue_syntax::format(&cue_syntax::Source::new(name.clone(), made.definition.clone())) {
        made.definition = text;
    }
    let file = args.file.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.cue")));
    if file.as_os_str() == "-" {
        print!("{}", made.definition);
        return Ok(());
    }
    let cases = PathBuf::from(format!("{}_test.yaml", file.with_extension("").display()));
    files::write(&file, &made.definition, args.force)?;
    println!("{}", file.display());
    files::write(&cases, &made.cases, args.force)?;
    println!("{}", cases.display());
    eprintln!("next: lateen def vet {0}; lateen def test {0}", file.display());
    Ok(())
}

fn objects(file: &Path, kind: DefinitionKind) -> Result<Vec<cue::Data>, Vec<Diagnostic>> {
    if kind == DefinitionKind::Policy {
        return Err(vec![
            Diagnostic::error("def/init", format!("a {} is not made from a manifest", kind.word()))
                .help("leave --from out, or make a component, a trait or a workflow-step"),
        ]);
    }
    let source = if file.as_os_str() == "-" {
        let text = std::io::read_to_string(std::io::stdin())
            .map_err(|e| vec![Diagnostic::error("cli/io", format!("standard input cannot be read: {e}"))])?;
        cue_syntax::Source::new("-", text)
    } else {
        files::source(file)?
    };
    let documents = model::manifest::read(&source)?;
    if documents.is_empty() {
        return Err(vec![Diagnostic::error("def/init", format!("there are no objects in {}", source.name))]);
    }
    Ok(documents.iter().map(|d| d.data().clone()).collect())
}
