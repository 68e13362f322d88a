//! Flags that every subcommand has, and flags of `cue` that none has.

use super::session::Problems;
use crate::report;
use clap::Args;
use cue_syntax::Diagnostic;

/// The flags of every subcommand.
#[derive(Debug, Args)]
pub(crate) struct GlobalArgs {
    /// Print all errors
    #[arg(short = 'E', long = "all-errors")]
    pub(crate) all_errors: bool,
    /// Go on in the presence of errors
    #[arg(short = 'i', long = "ignore")]
    pub(crate) ignore: bool,
    /// Simplify where the meaning stays the same (values are always printed simply)
    #[arg(short = 's', long)]
    pub(crate) simplify: bool,
    /// Change to this folder first
    #[arg(short = 'C', long = "chdir", value_name = "FOLDER")]
    folder: Option<String>,
    /// Protocol Buffers are refused
    #[arg(long = "proto_enum", value_name = "MODE", hide = true)]
    proto_enum: Option<String>,
    /// Protocol Buffers are refused
    #[arg(short = 'I', long = "proto_path", value_name = "PATH", hide = true)]
    proto_path: Vec<String>,
}

impl GlobalArgs {
    /// Refuses what is not there, and goes to the folder.
    pub(crate) fn enter(&self) -> Result<(), Problems> {
        if self.proto_enum.is_some() || !self.proto_path.is_empty() {
            let flag = if self.proto_enum.is_some() { "--proto_enum" } else { "-I" };
            return Err(refused(flag, "Protocol Buffers are not read or written"));
        }
        match &self.folder {
            None => Ok(()),
            Some(folder) => std::env::set_current_dir(folder)
                .map_err(|e| vec![Diagnostic::error("cue/load", format!("cannot change to {folder}: {e}"))]),
        }
    }

    /// Prints problems.
    pub(crate) fn report(&self, problems: &[Diagnostic]) {
        if self.all_errors { report::print_all(problems) } else { report::print_first(problems) }
    }
}

/// A flag of `cue` that is not there, with the reason.
pub(crate) fn refused(flag: &str, reason: &str) -> Problems {
    vec![
        Diagnostic::error("cue/flag", format!("{flag}: {reason}")).help("docs/language.md lists the flags that differ"),
    ]
}

/// `-n` of the commands that take folders of CUE files only.
#[derive(Debug, Args)]
pub(crate) struct NameArgs {
    /// A regular expression for names of data files in folders; `import` alone looks into folders for data
    #[arg(short = 'n', long = "name", value_name = "REGEXP")]
    name: Option<String>,
}

impl NameArgs {
    /// Refuses what is no regular expression.
    pub(crate) fn check(&self) -> Result<(), Problems> {
        name_filter(self.name.as_deref()).map(drop)
    }
}

/// What `-n` asks file names to match.
pub(crate) fn name_filter(pattern: Option<&str>) -> Result<Option<cue::regexp::Regexp>, Problems> {
    let made = pattern.map(cue::regexp::Regexp::new).transpose();
    made.map_err(|e| vec![Diagnostic::error("cue/flag", format!("-n: {e}"))])
}
