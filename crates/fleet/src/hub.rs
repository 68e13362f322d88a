//! Which cluster is the hub: always somebody's explicit choice, else the embedded one. A kubeconfig in the environment
//! alone is never used.

use crate::error::{Error, ErrorKind};
use crate::home::Home;
use crate::kubeconfig::KubeconfigSource;
use std::path::PathBuf;

/// Which cluster holds Applications, definitions and workflow state.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum HubChoice {
    /// The embedded cluster `local` of the state folder.
    #[default]
    Embedded,
    /// The cluster of a kubeconfig.
    Kubeconfig(KubeconfigSource),
    /// The cluster in which this process runs as a pod.
    InCluster,
}

/// Where the choice came from, for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HubSource {
    /// `--hub`
    Flag,
    /// `LATEEN_HUB`
    Environment,
    /// `lateen hub use`
    Saved,
    /// Nobody chose.
    Default,
}

impl HubSource {
    /// As a person reads it.
    pub fn describe(self) -> &'static str {
        match self {
            HubSource::Flag => "--hub",
            HubSource::Environment => "LATEEN_HUB",
            HubSource::Saved => "lateen hub use",
            HubSource::Default => "default",
        }
    }
}

const SAVED: &str = "hub";

impl HubChoice {
    /// `embedded`, `in-cluster`, `FILE` or `FILE#CONTEXT` for a kubeconfig, `context:NAME` for a context of the user's own
    /// kubeconfig. A relative file is taken from the current folder.
    pub fn parse(text: &str) -> Result<HubChoice, Error> {
        match text.trim() {
            "" => Err(Error::new(ErrorKind::Hub, "the choice of the hub is empty").help(FORMS)),
            "embedded" | "local" => Ok(HubChoice::Embedded),
            "in-cluster" => Ok(HubChoice::InCluster),
            text => {
                if let Some(context) = text.strip_prefix("context:") {
                    let path = users_kubeconfig()?;
                    return Ok(HubChoice::Kubeconfig(KubeconfigSource { path, context: Some(context.to_owned()) }));
                }
                let (path, context) = match text.rsplit_once('#') {
                    Some((path, context)) => (path, Some(context.to_owned())),
                    None => (text, None),
                };
                let path = std::path::absolute(path)
                    .map_err(|error| Error::new(ErrorKind::Hub, format!("cannot use {path} as a hub: {error}")))?;
                if !path.exists() {
                    let message = format!("there is no kubeconfig {} to use as the hub", path.display());
                    return Err(Error::new(ErrorKind::Hub, message).help(FORMS));
                }
                Ok(HubChoice::Kubeconfig(KubeconfigSource { path, context }))
            }
        }
    }

    /// The flag, else `LATEEN_HUB`, else what was saved, else embedded.
    pub fn choose(flag: Option<&str>, home: &Home) -> Result<(HubChoice, HubSource), Error> {
        let environment = std::env::var("LATEEN_HUB").ok();
        HubChoice::choose_from(flag, environment.as_deref(), home)
    }

    /// As [`HubChoice::choose`], with the environment variable's value given.
    pub fn choose_from(
        flag: Option<&str>,
        environment: Option<&str>,
        home: &Home,
    ) -> Result<(HubChoice, HubSource), Error> {
        if let Some(text) = flag {
            return Ok((HubChoice::parse(text)?, HubSource::Flag));
        }
        if let Some(text) = environment.filter(|text| !text.trim().is_empty()) {
            return Ok((HubChoice::parse(text)?, HubSource::Environment));
        }
        match home.read(SAVED)? {
            Some(text) => {
                let choice = HubChoice::parse(&text).map_err(|error| {
                    error.help("lateen hub use chooses another hub; lateen hub use embedded goes back to the default")
                })?;
                Ok((choice, HubSource::Saved))
            }
            None => Ok((HubChoice::Embedded, HubSource::Default)),
        }
    }

    /// Saves it for the commands to come. [`HubChoice::Embedded`] is what there is without a file.
    pub fn save(&self, home: &Home) -> Result<(), Error> {
        match self {
            HubChoice::Embedded => home.remove(SAVED),
            choice => home.write(SAVED, &choice.text()).map(|_| ()),
        }
    }

    /// The form that [`HubChoice::parse`] reads.
    pub fn text(&self) -> String {
        match self {
            HubChoice::Embedded => "embedded".to_owned(),
            HubChoice::InCluster => "in-cluster".to_owned(),
            HubChoice::Kubeconfig(KubeconfigSource { path, context: None }) => path.display().to_string(),
            HubChoice::Kubeconfig(KubeconfigSource { path, context: Some(context) }) => {
                format!("{}#{context}", path.display())
            }
        }
    }
}

const FORMS: &str = "a hub is `embedded`, a kubeconfig FILE or FILE#CONTEXT, `context:NAME` or `in-cluster`";

/// The first file of `$KUBECONFIG`, else `~/.kube/config`: used only where somebody names one of its contexts.
fn users_kubeconfig() -> Result<PathBuf, Error> {
    if let Some(paths) = std::env::var_os("KUBECONFIG")
        && let Some(path) = std::env::split_paths(&paths).find(|path| path.exists())
    {
        return Ok(path);
    }
    std::env::home_dir()
        .map(|home| home.join(".kube/config"))
        .filter(|path| path.exists())
        .ok_or_else(|| Error::new(ErrorKind::Hub, "there is no kubeconfig of your own").help(FORMS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_wins_then_the_environment_then_what_was_saved() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("home"));
        let file = folder.path().join("config#1");
        std::fs::write(&file, "").unwrap();
        let file = |context: &str| format!("{}#{context}", file.display());
        let (other, choose) = (file("b"), |flag: Option<&str>, environment: Option<&str>| {
            let (choice, source) = HubChoice::choose_from(flag, environment, &home).unwrap();
            (choice.text(), source)
        });
        assert_eq!(choose(None, None), ("embedded".into(), HubSource::Default));
        HubChoice::parse(&file("a")).unwrap().save(&home).unwrap();
        assert_eq!(choose(None, None), (file("a"), HubSource::Saved));
        assert_eq!(choose(None, Some("")), (file("a"), HubSource::Saved));
        assert_eq!(choose(None, Some(&other)), (other.clone(), HubSource::Environment));
        assert_eq!(choose(Some("embedded"), Some(&other)), ("embedded".into(), HubSource::Flag));
        HubChoice::Embedded.save(&home).unwrap();
        assert_eq!(choose(None, None), ("embedded".into(), HubSource::Default));
    }

    #[test]
    fn a_file_that_is_not_there_is_an_error_that_names_it() {
        let error = HubChoice::parse("missing.kubeconfig").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Hub);
        assert!(error.to_string().contains("missing.kubeconfig"), "{error}");
    }
}
