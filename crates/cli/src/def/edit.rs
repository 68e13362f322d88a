//! `lateen def edit`: a stored definition in an editor.

use super::find::{self, Wanted};
use super::{apply, files};
use crate::report;
use crate::session::{HubArgs, Outcome, Session};
use ::render::builtin::Added;
use authoring::{convert, vet};
use cue_syntax::{Diagnostic, Severity};
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen def edit my-trait
  EDITOR='code --wait' lateen def edit my-trait -n shop
  lateen def edit webservice --dry-run    what the changes would do

What was edited is vetted before it is stored; the text as it was is kept, and told how to bring it back.")]
pub(crate) struct EditArgs {
    /// Its name; a built-in one is stored on the hub when it was changed
    name: String,
    /// Its kind, where several have the name
    #[arg(long, short = 't', value_parser = super::kind)]
    r#type: Option<model::DefinitionKind>,
    /// Namespace on the hub
    #[arg(long, short, default_value = find::SHARED)]
    namespace: String,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(hub: HubArgs, args: EditArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    session.announce();
    let on_hub = Wanted { name: &args.name, kind: args.r#type, namespace: Some(&args.namespace) };
    let mut found: Vec<_> = find::on_hub(&session, &on_hub).await?.into_iter().map(|(l, _)| l).collect();
    if found.is_empty() {
        found = find::built_in(&on_hub);
    }
    let loaded = match found.len() {
        1 => found.remove(0),
        0 => return Err(find::unknown(&on_hub).into()),
        _ => {
            return Err(Diagnostic::error("def/several", format!("several kinds are named {}", args.name))
                .help("choose with --type")
                .into());
        }
    };
    let before = convert::cue(&loaded.definition)?;
    let file = std::env::temp_dir().join(format!("lateen-{}-{}.cue", std::process::id(), args.name));
    files::write(&file, &before, true)?;
    let packages = Arc::new(Added::of(&session.hub.packages(find::SHARED).await?));
    let with = vet::With { packages, ..vet::With::default() };
    loop {
        in_editor(&file).await?;
        let source = files::source(&file)?;
        if source.text == before {
            let _ = std::fs::remove_file(&file);
            println!("unchanged");
            return Ok(());
        }
        let problems = vet::file_with(&source, &with);
        let wrong = problems.iter().any(|p| p.severity == Severity::Error);
        report::print_all(&problems);
        if !wrong {
            break;
        }
        if !again()? {
            return Err(Diagnostic::error("def/edit", "nothing was stored")
                .help(format!("your text is kept in {0}; mend it and run `lateen def apply {0}`", file.display()))
                .into());
        }
    }
    for edited in files::load(&file)? {
        if args.dry_run {
            apply::one(&session, edited, &args.namespace, true).await?.print(true, true);
            eprintln!("your text is kept: {}", apply::back(&file, &args.namespace));
            return Ok(());
        }
        apply::one(&session, edited, &args.namespace, false).await?.print(false, true);
    }
    let _ = std::fs::remove_file(&file);
    Ok(())
}

/// Whether somebody sits there who wants to mend it at once.
fn again() -> Outcome<bool> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    eprint!("Enter opens the editor again, q leaves: ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer)?;
    Ok(read > 0 && answer.trim().is_empty())
}

async fn in_editor(file: &Path) -> Outcome {
    let editor = ["VISUAL", "EDITOR"].iter().find_map(|v| std::env::var(v).ok().filter(|e| !e.trim().is_empty()));
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi").to_owned();
    let status = tokio::process::Command::new(&program).args(words).arg(file).status().await;
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => {
            let text = format!("{program} ended with {status}; nothing was changed");
            Err(Diagnostic::error("def/edit", text).into())
        }
        Err(e) => Err(Diagnostic::error("def/edit", format!("{program} cannot be started: {e}"))
            .help("set EDITOR to your editor")
            .into()),
    }
}
