//! `lateen def edit`: a stored definition in an editor.

use super::find::{self, Wanted};
use super::{apply, files};
use crate::report;
use crate::session::{HubArgs, Outcome, Session};
use authoring::{convert, vet};
use cue_syntax::{Diagnostic, Severity};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen def edit my-trait
  EDITOR='code --wait' lateen def edit my-trait -n shop")]
pub(crate) struct EditArgs {
    /// Its name; a built-in one is stored on the hub when it was changed
    name: String,
    /// Its kind, where several have the name
    #[arg(long, short = 't', value_parser = super::kind)]
    r#type: Option<model::DefinitionKind>,
    /// Namespace on the hub
    #[arg(long, short, default_value = find::SHARED)]
    namespace: String,
}

pub(crate) async fn run(hub: HubArgs, args: EditArgs) -> Outcome {
    let session = Session::open(&hub).await?;
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
    let editor = ["VISUAL", "EDITOR"].iter().find_map(|v| std::env::var(v).ok().filter(|e| !e.trim().is_empty()));
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    let before = convert::cue(&loaded.definition)?;
    let file = std::env::temp_dir().join(format!("lateen-{}-{}.cue", std::process::id(), args.name));
    files::write(&file, &before, true)?;
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi").to_owned();
    let status = tokio::process::Command::new(&program).args(words).arg(&file).status().await;
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => {
            let text = format!("{program} ended with {status}; nothing was changed");
            return Err(Diagnostic::error("def/edit", text).into());
        }
        Err(e) => {
            return Err(Diagnostic::error("def/edit", format!("{program} cannot be started: {e}"))
                .help("set EDITOR to your editor")
                .into());
        }
    }
    let source = files::source(&file)?;
    if source.text == before {
        let _ = std::fs::remove_file(&file);
        println!("unchanged");
        return Ok(());
    }
    let problems = vet::file(&source);
    if problems.iter().any(|p| p.severity == Severity::Error) {
        report::print_all(&problems);
        return Err(Diagnostic::error("def/edit", "nothing was stored")
            .help(format!("your text is kept in {0}; mend it and run `lateen def apply {0}`", file.display()))
            .into());
    }
    for edited in files::load(&file)? {
        apply::one(&session, edited, &args.namespace, false).await?;
    }
    let _ = std::fs::remove_file(&file);
    Ok(())
}
