//! What a kubeconfig says about one cluster, and the kubeconfig that is written for an embedded one.
//!
//! An embedded cluster's kubeconfig is an ordinary one (the loopback address on which `lateen cluster serve` listens, with
//! the token in its path, because kubectl sends no bearer token without TLS), so that kubectl can use it while the cluster
//! is served. It carries an extension `lateen.dev/embedded` with
//! the state folder and the cluster's name: `cluster join` reads that and joins the embedded cluster itself, for which
//! nothing has to be served.

use crate::credential::{Credential, Trust, User};
use crate::error::{Error, ErrorKind};
use crate::serve::Serving;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::config::{AuthInfo, Cluster, Kubeconfig};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A kubeconfig file and which of its contexts is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubeconfigSource {
    /// The file.
    pub path: PathBuf,
    /// The context; `None` is the current one.
    pub context: Option<String>,
}

/// What a cluster's name leads to.
#[derive(Debug, Clone)]
pub enum Target {
    /// A cluster somewhere.
    Remote(Credential),
    /// An embedded cluster of a state folder on this machine.
    Embedded {
        /// The state folder; `None` is the one in use.
        home: Option<PathBuf>,
        /// Its name there.
        cluster: String,
    },
}

/// A kubeconfig's one cluster.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    /// The name that the kubeconfig gives it.
    pub(crate) name: String,
    pub(crate) target: Target,
    /// The property that holds its address.
    pub(crate) server: String,
}

const EXTENSION: &str = "lateen.dev/embedded";

/// Reads the file and takes one cluster out of it; the credential is checked as far as it can be without asking anybody.
pub(crate) fn read(source: &KubeconfigSource) -> Result<Described, Error> {
    let place = source.path.display().to_string();
    let fail = |message: String| Error::new(ErrorKind::Kubeconfig, format!("{place}: {message}"));
    if !source.path.exists() {
        return Err(Error::new(ErrorKind::Kubeconfig, format!("there is no kubeconfig {place}")));
    }
    // Relative paths inside are taken from the file's folder by this.
    let config = Kubeconfig::read_from(&source.path).map_err(|error| {
        // The parser's text goes on with an excerpt, in which there may be a token.
        let cause = crate::error::root_cause(&error);
        let cause = cause.lines().next().unwrap_or_default().rsplit("error: ").next().unwrap_or_default();
        fail(format!("this is no kubeconfig: {cause}"))
            .help("a kubeconfig is a YAML file with clusters, users, contexts and current-context")
    })?;
    let contexts = || config.contexts.iter().map(|context| context.name.as_str());
    let wanted = source.context.as_deref().or(config.current_context.as_deref()).filter(|name| !name.is_empty());
    let Some(wanted) = wanted else {
        return Err(fail("no current-context is set".into()).path("current-context").help(match contexts().next() {
            Some(_) => format!("name one with --context: {}", contexts().collect::<Vec<_>>().join(", ")),
            None => "the file has no contexts".to_owned(),
        }));
    };
    let context =
        config.contexts.iter().find(|context| context.name == wanted).and_then(|named| named.context.as_ref());
    let Some(context) = context else {
        let error = fail(format!("there is no context {wanted:?}")).help(near(wanted, contexts()));
        return Err(if source.context.is_none() { error.path("current-context") } else { error });
    };
    let clusters = || config.clusters.iter().map(|cluster| cluster.name.as_str());
    let contexts_at = config.contexts.iter().position(|context| context.name == wanted).unwrap_or_default();
    let cluster = config.clusters.iter().enumerate().find(|(_, cluster)| cluster.name == context.cluster);
    let Some((at, cluster)) = cluster.and_then(|(at, named)| Some((at, named.cluster.as_ref()?))) else {
        let message = format!("context {wanted:?} names the cluster {:?}, which is not there", context.cluster);
        let path = format!("contexts[{contexts_at}].context.cluster");
        return Err(fail(message).path(path).help(near(&context.cluster, clusters())));
    };
    let name = context.cluster.clone();
    let server = format!("clusters[{at}].cluster.server");
    if let Some(target) = embedded(cluster) {
        return Ok(Described { name, target, server });
    }
    let mut user_at = String::new();
    let user = match context.user.as_deref().filter(|user| !user.is_empty()) {
        None => AuthInfo::default(),
        Some(user) => match config.auth_infos.iter().enumerate().find(|(_, info)| info.name == user) {
            Some((at, info)) => {
                user_at = format!("users[{at}].user");
                info.auth_info.clone().unwrap_or_default()
            }
            None => {
                let users = config.auth_infos.iter().map(|info| info.name.as_str());
                let message = format!("context {wanted:?} names the user {user:?}, which is not there");
                let path = format!("contexts[{contexts_at}].context.user");
                return Err(fail(message).path(path).help(near(user, users)));
            }
        },
    };
    let user = identity(&user, &place).map_err(|error| error.path(user_at))?;
    let cluster_at = format!("clusters[{at}].cluster");
    let credential = credential(cluster, user, &place).map_err(|error| error.path(cluster_at.clone()))?;
    credential.check(&place).map_err(|error| error.path(cluster_at))?;
    Ok(Described { name, target: Target::Remote(credential), server })
}

fn near<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match k8s_schema::nearest(name, known.clone()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("the file has: {}", known.collect::<Vec<_>>().join(", ")),
    }
}

fn embedded(cluster: &Cluster) -> Option<Target> {
    let extension = cluster.extensions.as_ref()?.iter().find(|extension| extension.name == EXTENSION)?;
    let text = |key: &str| extension.extension.get(key).and_then(Value::as_str);
    Some(Target::Embedded { home: text("home").map(PathBuf::from), cluster: text("cluster")?.to_owned() })
}

fn credential(cluster: &Cluster, user: User, place: &str) -> Result<Credential, Error> {
    let fail = |message: String| Error::new(ErrorKind::Kubeconfig, format!("{place}: {message}"));
    let endpoint = cluster.server.clone().filter(|server| !server.is_empty());
    let endpoint = endpoint.ok_or_else(|| fail("the cluster has no server".into()))?;
    let ca = data_or_file(
        cluster.certificate_authority_data.as_deref(),
        cluster.certificate_authority.as_deref(),
        "certificate-authority",
        place,
    )?;
    let trust = match ca {
        _ if cluster.insecure_skip_tls_verify == Some(true) => Trust::Anything,
        Some(pem) => Trust::Ca(pem),
        None => Trust::System,
    };
    Ok(Credential {
        endpoint: endpoint.trim_end_matches('/').to_owned(),
        trust,
        server_name: cluster.tls_server_name.clone().filter(|name| !name.is_empty()),
        proxy: cluster.proxy_url.clone().filter(|url| !url.is_empty()),
        user,
    })
}

fn identity(user: &AuthInfo, place: &str) -> Result<User, Error> {
    let fail = |message: String| Error::new(ErrorKind::Kubeconfig, format!("{place}: {message}"));
    if let Some(exec) = &user.exec {
        if exec.command.as_deref().unwrap_or_default().is_empty() {
            return Err(fail("the exec plugin has no command".into()));
        }
        return Ok(User::Exec(Box::new(exec.clone())));
    }
    // A SecretString shows itself only through its serialised form.
    let shown = serde_json::to_value(user).unwrap_or_default();
    let text = |key: &str| shown.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(token) = text("token") {
        return Ok(User::Token(token.to_owned()));
    }
    if let Some(file) = text("tokenFile") {
        let token = std::fs::read_to_string(file).map_err(|error| fail(format!("tokenFile {file}: {error}")))?;
        return Ok(User::Token(token.trim().to_owned()));
    }
    let certificate =
        data_or_file(text("client-certificate-data"), text("client-certificate"), "client-certificate", place)?;
    let key = data_or_file(text("client-key-data"), text("client-key"), "client-key", place)?;
    match (certificate, key) {
        (Some(certificate), Some(key)) => return Ok(User::Certificate { certificate, key }),
        (Some(_), None) => return Err(fail("there is a client certificate and no client key".into())),
        _ => {}
    }
    if let Some(provider) = &user.auth_provider {
        let message = format!("the user's auth-provider {:?} is a form that Kubernetes has removed", provider.name);
        return Err(fail(message).help("use the provider's exec plugin, or a token"));
    }
    if user.username.is_some() || user.password.is_some() {
        let message = "the user has a name and a password, a form that Kubernetes has removed".to_owned();
        return Err(fail(message).help("use a client certificate, a token or an exec plugin"));
    }
    Ok(User::Nobody)
}

fn data_or_file(data: Option<&str>, file: Option<&str>, what: &str, place: &str) -> Result<Option<Vec<u8>>, Error> {
    let fail = |message: String| Error::new(ErrorKind::Kubeconfig, format!("{place}: {message}"));
    if let Some(data) = data.filter(|data| !data.is_empty()) {
        let bytes = STANDARD.decode(data.split_whitespace().collect::<String>());
        return bytes.map(Some).map_err(|error| fail(format!("{what}-data is not base64: {error}")));
    }
    match file.filter(|file| !file.is_empty()) {
        Some(file) => std::fs::read(file).map(Some).map_err(|error| fail(format!("{what} {file}: {error}"))),
        None => Ok(None),
    }
}

/// The kubeconfig of an embedded cluster. JSON, which is YAML.
pub(crate) fn of_embedded(name: &str, home: &Path, serving: &Serving) -> String {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": {
            "server": embedded::Cluster::url(serving.address, serving.token()),
            "extensions": [{"name": EXTENSION, "extension": {
                "home": home.display().to_string(),
                "cluster": name,
            }}],
        }}],
        "users": [],
        "contexts": [{"name": name, "context": {"cluster": name, "user": ""}}],
    });
    format!("{config:#}\n")
}

/// The kubeconfig that leads to a credential, in the form that kube reads: one way to build clients, kube's own.
pub(crate) fn of_credential(credential: &Credential) -> Result<Kubeconfig, Error> {
    let mut cluster = json!({"server": credential.endpoint});
    let mut user = json!({});
    match &credential.trust {
        Trust::Ca(pem) => set(&mut cluster, "certificate-authority-data", STANDARD.encode(pem)),
        Trust::System => {}
        Trust::Anything => set(&mut cluster, "insecure-skip-tls-verify", true),
    }
    if let Some(name) = &credential.server_name {
        set(&mut cluster, "tls-server-name", name.as_str());
    }
    if let Some(proxy) = &credential.proxy {
        set(&mut cluster, "proxy-url", proxy.as_str());
    }
    match &credential.user {
        User::Token(token) => set(&mut user, "token", token.as_str()),
        User::Certificate { certificate, key } => {
            set(&mut user, "client-certificate-data", STANDARD.encode(certificate));
            set(&mut user, "client-key-data", STANDARD.encode(key));
        }
        User::Exec(exec) => set(&mut user, "exec", serde_json::to_value(exec).unwrap_or_default()),
        User::Nobody => {}
    }
    let config = json!({
        "current-context": "it",
        "clusters": [{"name": "it", "cluster": cluster}],
        "users": [{"name": "it", "user": user}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
    });
    serde_json::from_value(config)
        .map_err(|error| Error::new(ErrorKind::Credential, format!("a credential cannot be used: {error}")))
}

fn set(object: &mut Value, key: &str, value: impl Into<Value>) {
    if let Some(map) = object.as_object_mut() {
        map.insert(key.to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str, context: Option<&str>) -> Result<Described, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kubeconfig");
        std::fs::write(&path, text).unwrap();
        let source = KubeconfigSource { path, context: context.map(str::to_owned) };
        read(&source)
    }

    fn config(cluster: &str, user: &str) -> String {
        format!(
            "current-context: one\nclusters: [{{name: prod, cluster: {cluster}}}]\nusers: [{{name: me, user: {user}}}]\n\
             contexts: [{{name: one, context: {{cluster: prod, user: me}}}}]\n"
        )
    }

    #[test]
    fn the_current_context_names_the_cluster() {
        let described = read_text(&config("{server: 'https://a.example:6443/'}", "{token: secret}"), None).unwrap();
        assert_eq!(described.name, "prod");
        let Target::Remote(credential) = described.target else { panic!("remote") };
        assert_eq!(credential.endpoint(), "https://a.example:6443");
        assert!(matches!(&credential.user, User::Token(token) if token == "secret"));
        assert!(!format!("{credential:?}").contains("secret"));
    }

    #[test]
    fn what_cannot_be_used_says_why() {
        let good = "{server: 'https://a.example'}";
        let cases = [
            ("no YAML", "{".to_owned(), None),
            ("no context", "clusters: []".to_owned(), None),
            ("other context", config(good, "{token: a}"), Some("onne")),
            ("no server", config("{}", "{token: a}"), None),
            ("no URL", config("{server: 'a.example:6443'}", "{token: a}"), None),
            ("CA", config("{server: 'https://a', certificate-authority-data: '%'}", "{token: a}"), None),
            ("CA text", config("{server: 'https://a', certificate-authority-data: YWJj}", "{token: a}"), None),
            ("key", config(good, "{client-certificate-data: YWJj}"), None),
            ("provider", config(good, "{auth-provider: {name: gcp}}"), None),
            ("password", config(good, "{username: a, password: b}"), None),
            ("plugin", config(good, "{exec: {apiVersion: client.authentication.k8s.io/v1}}"), None),
        ];
        let mut shown = String::new();
        for (name, text, context) in cases {
            let error = read_text(&text, context).unwrap_err();
            let message = error.to_string();
            let message = message.split_once("kubeconfig: ").map_or(message.as_str(), |(_, rest)| rest);
            let help = error.diagnostic().help.map(|help| format!(" [{help}]")).unwrap_or_default();
            shown += &format!("{name}: {message}{help}\n");
        }
        insta::assert_snapshot!(shown);
    }

    #[test]
    fn a_written_kubeconfig_leads_back_to_its_embedded_cluster() {
        let serving = Serving::new("127.0.0.1:1234".parse().unwrap(), "t");
        let described = read_text(&of_embedded("foo", Path::new("/state"), &serving), None).unwrap();
        assert_eq!(described.name, "foo");
        let Target::Embedded { home, cluster } = described.target else { panic!("embedded") };
        assert_eq!((home, cluster.as_str()), (Some(PathBuf::from("/state")), "foo"));
    }
}
