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
  lateen def init                                         asks")]
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
    /// A file of Kubernetes objects: they become `output` and `outputs`, their values parameters; `-` is standard input
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

/// An answer of who sits there; `None` where nobody does.
fn ask(question: &str, usual: &str) -> Option<String> {
    if !std::io::stdin().is_terminal() {
        return None;
    }
    let shown = if usual.is_empty() { String::new() } else { format!(" [{usual}]") };
    eprint!("{question}{shown}: ");
    std::io::stderr().flush().ok()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).ok()?;
    let answer = answer.trim();
    Some(if answer.is_empty() { usual.to_owned() } else { answer.to_owned() })
}

fn begin(args: &InitArgs) -> Result<(), Vec<Diagnostic>> {
    let from_input = args.from.as_ref().is_some_and(|f| f.as_os_str() == "-");
    let asked = |question: &str, usual: &str| if from_input { None } else { ask(question, usual) };
    let missing = |what: &str, how: &str| {
        vec![Diagnostic::error("def/init", format!("{what} is missing")).help(format!("give it as {how}"))]
    };
    let name = match &args.name {
        Some(name) => name.clone(),
        None => asked("Name", "").filter(|n| !n.is_empty()).ok_or_else(|| missing("the name", "the first argument"))?,
    };
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    if name.is_empty() || !name.chars().all(valid) || !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(vec![
            Diagnostic::error("def/init", format!("\"{name}\" is no name for a definition"))
                .help("lower case letters, digits and `-`, as Kubernetes wants it"),
        ]);
    }
    let kind = match args.r#type {
        Some(kind) => kind,
        None => {
            let answer = asked("Type (component, trait, policy, workflow-step)", "component")
                .ok_or_else(|| missing("the type", "--type component, trait, policy or workflow-step"))?;
            super::kind(&answer).map_err(|e| vec![Diagnostic::error("def/init", format!("\"{answer}\": {e}"))])?
        }
    };
    let description = match &args.description {
        Some(text) => text.clone(),
        None => asked("What is it for?", "")
            .filter(|t| !t.is_empty())
            .unwrap_or_else(|| format!("The {} {name}", kind.word())),
    };
    let about = About { name: name.clone(), kind, description, alias: args.alias.clone() };
    let mut made = match &args.from {
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
    if !matches!(kind, DefinitionKind::Component | DefinitionKind::Trait) {
        return Err(vec![
            Diagnostic::error("def/init", format!("a {} is not made from a manifest", kind.word()))
                .help("leave --from out, or make a component or a trait"),
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
