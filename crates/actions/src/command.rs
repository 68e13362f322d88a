//! Package `vela/cli`: a command of Lateen itself, as a step runs it.
//!
//! Who runs it is the process that executes the workflow, with the hub that it uses: nothing is pulled, no Job is made.

use crate::call::Call;
use crate::fault::Fault;
use crate::outside::Outside;
use futures::future::BoxFuture;
use serde_json::{Value, json};

/// How a command ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// Its exit status; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it printed; of one that failed, both streams.
    pub output: String,
}

/// Runs commands of Lateen; the command injects it.
pub trait Commands: Send + Sync + std::fmt::Debug {
    /// Runs `lateen ARGS…` on the hub of this process.
    fn run<'a>(&'a self, args: &'a [String]) -> BoxFuture<'a, Result<Ended, Fault>>;
}

/// What is kept of an output: its end, which says how it went.
const KEPT: usize = 16 << 10;

/// `cli.#Run`: answers `{code, output}`.
///
/// # Errors
/// There is nobody here to run it, or it cannot be started. A status that is not 0 is an answer.
pub async fn run(call: &Call<'_>, outside: &Outside) -> Result<Value, Fault> {
    let args: Vec<String> = call
        .need("args")?
        .as_array()
        .into_iter()
        .flatten()
        .map(|a| a.as_str().map_or_else(|| a.to_string(), str::to_owned))
        .collect();
    let commands =
        outside.commands().ok_or_else(|| Fault::permanent("commands of Lateen cannot be run by this process"))?;
    let ended = commands.run(&args).await?;
    let cut = ended.output.len().saturating_sub(KEPT);
    let start = (cut..=ended.output.len()).find(|i| ended.output.is_char_boundary(*i)).unwrap_or(0);
    let output = ended.output.get(start..).unwrap_or_default();
    Ok(json!({"code": ended.code.unwrap_or(-1), "output": output}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[derive(Debug)]
    struct Echo;

    impl Commands for Echo {
        fn run<'a>(&'a self, args: &'a [String]) -> BoxFuture<'a, Result<Ended, Fault>> {
            Box::pin(async move { Ok(Ended { code: Some(3), output: args.join(" ").repeat(3_000) }) })
        }
    }

    #[tokio::test]
    async fn the_status_is_an_answer_and_the_end_of_the_output_is_kept() {
        let params = json!({"args": ["status", "shöp"]});
        let call = Call { params: &params, key: None, namespace: "default", secret: false };
        let answer = run(&call, &Outside::default().with_commands(Arc::new(Echo))).await.unwrap();
        assert_eq!(answer["code"], 3);
        let output = answer["output"].as_str().unwrap();
        assert!(output.len() <= KEPT && output.ends_with("status shöp"), "{}", output.len());
        assert!(run(&call, &Outside::default()).await.is_err());
    }
}
