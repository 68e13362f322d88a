//! `lateen render`: objects per placement, offline.

use std::process::ExitCode;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct RenderArgs {}

/// Runs it.
pub(crate) fn run(_args: RenderArgs) -> ExitCode {
    ExitCode::FAILURE
}
