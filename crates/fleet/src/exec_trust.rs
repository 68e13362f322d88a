//! Which exec plugins this machine agreed to run.
//!
//! A hub's Secret can hold an exec plugin, which is a command. Who may write Secrets on a shared hub must not be able to
//! run commands on everybody's machine, so a plugin runs only where somebody joined the cluster with it, or agreed.

use crate::error::{Error, ErrorKind};
use crate::home::Home;
use kube::config::ExecConfig;
use serde_json::Value;

const FILE: &str = "exec-plugins.json";

/// Agrees to run this plugin from now on.
pub(crate) fn trust(home: &Home, exec: &ExecConfig) -> Result<(), Error> {
    let mut known = known(home)?;
    let plugin = described(exec);
    if !known.contains(&plugin) {
        known.push(plugin);
        home.write(FILE, &format!("{:#}\n", Value::Array(known)))?;
    }
    Ok(())
}

/// An error unless somebody agreed.
pub(crate) fn check(home: &Home, cluster: &str, exec: &ExecConfig) -> Result<(), Error> {
    if known(home)?.contains(&described(exec)) {
        return Ok(());
    }
    let message = format!(
        "cluster {cluster} is reached through the command `{}`, which was not joined from this machine",
        command(exec)
    );
    Err(Error::new(ErrorKind::ExecNotTrusted, message)
        .help(format!("if you trust whoever joined it: lateen cluster trust {cluster}")))
}

/// The command with its arguments.
pub(crate) fn command(exec: &ExecConfig) -> String {
    let words = exec.command.iter().chain(exec.args.iter().flatten());
    words.map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn known(home: &Home) -> Result<Vec<Value>, Error> {
    // A file that cannot be read agrees to nothing.
    Ok(home.read(FILE)?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

fn described(exec: &ExecConfig) -> Value {
    serde_json::to_value(exec).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_somebody_agreed_to_runs() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let plugin = |argument: &str| ExecConfig {
            command: Some("aws".into()),
            args: Some(vec!["eks".into(), argument.into()]),
            ..ExecConfig::default()
        };
        let error = check(&home, "prod", &plugin("get-token")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ExecNotTrusted);
        assert!(error.to_string().contains("`aws eks get-token`"), "{error}");
        trust(&home, &plugin("get-token")).unwrap();
        trust(&home, &plugin("get-token")).unwrap();
        check(&home, "prod", &plugin("get-token")).unwrap();
        assert!(check(&home, "prod", &plugin("other")).is_err());
    }
}
