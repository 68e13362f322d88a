//! Joining and detaching clusters, and what can be changed about a joined one.

use crate::api;
use crate::cluster::Cluster;
use crate::credential::User;
use crate::error::{Error, ErrorKind};
use crate::exec_trust;
use crate::fleet::Fleet;
use crate::kubeconfig::{self, KubeconfigSource, Target};
use crate::local;
use crate::record::{self, ClusterInfo, Record};
use indexmap::IndexMap;
use model::cluster as form;
use serde_json::{Value, json};

/// How a cluster joins.
#[derive(Debug, Clone, Default)]
pub struct JoinOptions {
    /// Its name; `None` takes the kubeconfig's.
    pub name: Option<String>,
    /// A display name.
    pub alias: String,
    /// Labels, by which placements may choose it.
    pub labels: IndexMap<String, String>,
}

/// A cluster's name is the name of a Secret and of a label's value.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let good = !name.is_empty()
        && name.len() <= 63
        && name.bytes().all(|byte| fits(byte) || byte == b'-' || byte == b'.')
        && name.bytes().next().is_some_and(fits)
        && name.bytes().last().is_some_and(fits);
    if good && name != form::LOCAL {
        return Ok(());
    }
    if name == form::LOCAL {
        return Err(
            Error::new(ErrorKind::BadName, "the name local is the hub's own").help("choose another with --name")
        );
    }
    let suggestion: String = name
        .to_lowercase()
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' })
        .take(63)
        .collect();
    let suggestion = suggestion.trim_matches(['-', '.']);
    let error = Error::new(ErrorKind::BadName, format!("{name:?} cannot be the name of a cluster"));
    let rule =
        "a name has up to 63 lower-case letters, digits, dots and dashes, and starts and ends with a letter or digit";
    Err(if suggestion.is_empty() {
        error.help(rule)
    } else {
        error.help(format!("{rule}: for instance --name {suggestion}"))
    })
}

impl Fleet {
    /// Joins the cluster of a kubeconfig. It has to answer, so that a wrong credential shows now.
    pub async fn join(&self, source: &KubeconfigSource, options: JoinOptions) -> Result<ClusterInfo, Error> {
        let described = kubeconfig::read(source)?;
        let name = options.name.clone().unwrap_or(described.name);
        self.join_target(&name, described.target, options).await.map_err(|error| match error.kind() {
            ErrorKind::Unreachable => error.path(described.server),
            _ => error,
        })
    }

    /// Joins an embedded cluster that exists in the state folder.
    pub async fn join_embedded(&self, cluster: &str, options: JoinOptions) -> Result<ClusterInfo, Error> {
        let name = options.name.clone().unwrap_or_else(|| cluster.to_owned());
        self.join_target(&name, Target::Embedded { home: None, cluster: cluster.to_owned() }, options).await
    }

    async fn join_target(&self, name: &str, target: Target, options: JoinOptions) -> Result<ClusterInfo, Error> {
        check_name(name)?;
        check_labels(&options.labels)?;
        let taken = |name: &str| {
            Error::new(ErrorKind::AlreadyJoined, format!("a cluster named {name} is joined already"))
                .help(format!("choose another name with --name, or detach it first: lateen cluster detach {name}"))
        };
        let hub = self.hub().client();
        let path = format!("{}/{name}", record::path());
        let failed = |error: kube::Error| Error::request(&format!("join cluster {name}"), &error);
        if let Some(existing) = api::find(&hub, &path).await.map_err(failed)? {
            if Record::of(existing).is_cluster() {
                return Err(taken(name));
            }
            let message =
                format!("the Secret {}/{name} on the hub is something else than a cluster", model::SYSTEM_NAMESPACE);
            return Err(Error::new(ErrorKind::AlreadyJoined, message).help("choose another name with --name"));
        }
        let target = match target {
            Target::Embedded { home, cluster } => {
                let folder = home.unwrap_or_else(|| self.home().folder().to_owned());
                if folder != self.home().folder() {
                    let message =
                        format!("the embedded cluster {cluster} belongs to another state folder, {}", folder.display());
                    return Err(Error::new(ErrorKind::Embedded, message)
                        .help("use that folder (LATEEN_HOME), or serve the cluster and join its address"));
                }
                local::require(self.home(), &cluster)?;
                self.refuse_second_join(&cluster).await?;
                Target::Embedded { home: None, cluster }
            }
            Target::Remote(credential) => {
                if let User::Exec(exec) = &credential.user {
                    // Whoever joins a kubeconfig of his own agrees to run what it names.
                    exec_trust::trust(self.home(), exec)?;
                }
                Target::Remote(credential)
            }
        };
        let cluster = self.connect(name, &target).await?;
        let version = version_of(&cluster).await?;
        self.ensure_system_namespace().await?;
        let secret = record::secret(name, &options.alias, &options.labels, Some(&version), &target);
        if !api::create_if_absent(&hub, &record::path(), &secret).await.map_err(failed)? {
            return Err(taken(name));
        }
        self.forget(name).await;
        Ok(Record::of(secret).info())
    }

    async fn refuse_second_join(&self, cluster: &str) -> Result<(), Error> {
        for record in self.records().await? {
            if record.embedded().as_deref() == Some(cluster) {
                let message = format!("the embedded cluster {cluster} is joined already, as {}", record.name());
                return Err(Error::new(ErrorKind::AlreadyJoined, message));
            }
        }
        Ok(())
    }

    pub(crate) async fn ensure_system_namespace(&self) -> Result<(), Error> {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": model::SYSTEM_NAMESPACE}});
        let made = api::create_if_absent(&self.hub().client(), "/api/v1/namespaces", &namespace).await;
        made.map(|_| ()).map_err(|error| {
            Error::request(&format!("make the namespace {} on the hub", model::SYSTEM_NAMESPACE), &error)
        })
    }

    /// Takes a cluster off the hub; what runs there goes on. Refused while Applications place something there, or are to.
    pub async fn detach(&self, name: &str) -> Result<(), Error> {
        self.record(name).await?;
        self.refuse_if_used(name, "detached").await?;
        let path = format!("{}/{name}", record::path());
        let gone = api::delete(&self.hub().client(), &path).await;
        gone.map_err(|error| Error::request(&format!("detach cluster {name}"), &error))?;
        self.forget(name).await;
        Ok(())
    }

    pub(crate) async fn refuse_if_used(&self, name: &str, done: &str) -> Result<(), Error> {
        let users = self.users(name).await?;
        if users.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = users.iter().map(|usage| format!("{}/{}", usage.namespace, usage.application)).collect();
        let (applications, run) =
            if names.len() == 1 { ("the Application", "runs") } else { ("the Applications", "run") };
        let message = format!("cluster {name} cannot be {done}: {applications} {} {run} there", names.join(", "));
        let first = users.first().map(|usage| format!("lateen delete {} -n {}", usage.application, usage.namespace));
        Err(Error::new(ErrorKind::InUse, message)
            .help(format!("delete them first ({}), or place them elsewhere", first.unwrap_or_default())))
    }

    /// Gives a cluster another name. Refused while Applications place something there: they name it.
    pub async fn rename(&self, name: &str, to: &str) -> Result<(), Error> {
        check_name(to)?;
        let record = self.record(name).await?;
        self.refuse_if_used(name, "renamed").await?;
        let failed = |error: kube::Error| Error::request(&format!("rename cluster {name}"), &error);
        let hub = self.hub().client();
        if !api::create_if_absent(&hub, &record::path(), &record.renamed(to)).await.map_err(failed)? {
            return Err(Error::new(ErrorKind::AlreadyJoined, format!("a cluster named {to} is joined already")));
        }
        api::delete(&hub, &format!("{}/{name}", record::path())).await.map_err(failed)?;
        self.forget(name).await;
        Ok(())
    }

    /// Sets a cluster's display name; the empty text removes it.
    pub async fn set_alias(&self, name: &str, alias: &str) -> Result<(), Error> {
        let value = if alias.is_empty() { Value::Null } else { alias.into() };
        self.patch_metadata(name, "annotations", json!({form::ALIAS_ANNOTATION: value})).await
    }

    /// Adds and removes labels, by which placements may choose the cluster.
    pub async fn set_labels(&self, name: &str, add: &IndexMap<String, String>, remove: &[String]) -> Result<(), Error> {
        check_labels(add)?;
        if let Some(own) = remove.iter().find(|key| record::is_own_label(key)) {
            return Err(own_label(own));
        }
        let mut labels = serde_json::Map::new();
        labels.extend(remove.iter().map(|key| (key.clone(), Value::Null)));
        labels.extend(add.iter().map(|(key, value)| (key.clone(), value.as_str().into())));
        self.patch_metadata(name, "labels", labels.into()).await
    }

    async fn patch_metadata(&self, name: &str, part: &str, patch: Value) -> Result<(), Error> {
        if name == form::LOCAL {
            let message = format!("the hub has no {part} of its own; they belong to joined clusters");
            return Err(Error::new(ErrorKind::BadName, message));
        }
        self.record(name).await?;
        let path = format!("{}/{name}", record::path());
        let patched = api::merge_patch(&self.hub().client(), &path, &json!({"metadata": {part: patch}})).await;
        patched.map(|_| ()).map_err(|error| Error::request(&format!("change the {part} of cluster {name}"), &error))
    }
}

fn check_labels(labels: &IndexMap<String, String>) -> Result<(), Error> {
    match labels.keys().find(|key| record::is_own_label(key)) {
        Some(own) => Err(own_label(own)),
        None => Ok(()),
    }
}

fn own_label(key: &str) -> Error {
    Error::new(ErrorKind::BadName, format!("the label {key} says how the cluster is reached and cannot be set"))
}

async fn version_of(cluster: &Cluster) -> Result<Value, Error> {
    let version = api::get(&cluster.client(), "/version").await;
    version.map_err(|error| {
        let error = Error::request(&format!("join cluster {}", cluster.name()), &error);
        if error.kind() == ErrorKind::Unreachable {
            return error.help("is the address right, and does the cluster run?");
        }
        error
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "cluster-staging", "eu.prod-1"] {
            check_name(good).unwrap();
        }
        let mut shown = String::new();
        for bad in ["", "local", "-a", "Prod", "arn:aws:eks:eu:1:cluster/prod", "a_b", "ä"] {
            let error = check_name(bad).unwrap_err();
            shown += &format!("{error}: {}\n", error.diagnostic().help.unwrap_or_default());
        }
        insta::assert_snapshot!(shown);
    }
}
