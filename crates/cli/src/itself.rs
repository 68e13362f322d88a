//! Commands of Lateen that steps run: this program again, on the same hub.

use actions::Fault;
use actions::command::{Commands, Ended};
use fleet::HubChoice;
use futures::future::BoxFuture;
use std::process::Stdio;

/// This program, with the hub that was chosen.
#[derive(Debug)]
pub(crate) struct Itself {
    hub: String,
}

impl Itself {
    /// On this hub.
    pub(crate) fn on(choice: &HubChoice) -> Itself {
        Itself { hub: choice.text() }
    }
}

impl Commands for Itself {
    fn run<'a>(&'a self, args: &'a [String]) -> BoxFuture<'a, Result<Ended, Fault>> {
        Box::pin(async move {
            let program = std::env::current_exe()
                .map_err(|e| Fault::permanent(format!("this program does not know where it is: {e}")))?;
            let output = tokio::process::Command::new(program)
                .args(args)
                .env("LATEEN_HUB", &self.hub)
                .stdin(Stdio::null())
                .kill_on_drop(true)
                .output()
                .await
                .map_err(|e| Fault::transient(format!("lateen cannot be started: {e}")))?;
            // What went well is said on standard output; what did not, on both.
            let said = match output.status.success() {
                true => output.stdout,
                false => [output.stdout, output.stderr].concat(),
            };
            Ok(Ended { code: output.status.code(), output: String::from_utf8_lossy(&said).into_owned() })
        })
    }
}
