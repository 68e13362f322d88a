//! The path of a request: which group, version, namespace, resource, name and subresource it names.

use crate::error::ApiError;

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Where {
    Resource(Target),
    Other,
}

/// A collection, an object or a subresource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Target {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) namespace: Option<String>,
    pub(super) resource: String,
    pub(super) name: Option<String>,
    pub(super) subresource: Option<String>,
}

pub(super) fn parse(path: &str) -> Where {
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] if !rest.is_empty() => ("", *version, rest),
        ["apis", group, version, rest @ ..] if !rest.is_empty() => (*group, *version, rest),
        _ => return Where::Other,
    };
    let (namespace, rest) = match rest {
        // /namespaces/NAME and its own subresources are about the namespace; anything longer is inside of it.
        ["namespaces", name, sub] if ["status", "finalize"].contains(sub) => {
            return Where::Resource(Target {
                group: group.into(),
                version: version.into(),
                namespace: None,
                resource: "namespaces".into(),
                name: Some((*name).into()),
                subresource: Some((*sub).into()),
            });
        }
        ["namespaces", namespace, inside @ ..] if !inside.is_empty() => (Some((*namespace).to_owned()), inside),
        _ => (None, rest),
    };
    let Some((resource, rest)) = rest.split_first() else { return Where::Other };
    let name = rest.first().map(|s| (*s).to_owned());
    let subresource = rest.get(1).map(|s| (*s).to_owned());
    Where::Resource(Target {
        group: group.into(),
        version: version.into(),
        namespace,
        resource: (*resource).into(),
        name,
        subresource,
    })
}

/// Undoes percent-encoding.
pub(super) fn decode(text: &str) -> Result<String, ApiError> {
    if !text.contains('%') {
        return Ok(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
            let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else {
                return Err(ApiError::bad_request("the URL is not well-formed: invalid percent-encoding"));
            };
            bytes.push((high * 16 + low) as u8);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map_err(|_| ApiError::bad_request("the URL is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str) -> String {
        match parse(path) {
            Where::Other => "other".into(),
            Where::Resource(t) => format!(
                "{}|{}|{}|{}|{}|{}",
                t.group,
                t.version,
                t.namespace.unwrap_or_default(),
                t.resource,
                t.name.unwrap_or_default(),
                t.subresource.unwrap_or_default()
            ),
        }
    }

    #[test]
    fn paths_are_read_as_kubernetes_reads_them() {
        for (path, expected) in [
            ("/api/v1/pods", "|v1||pods||"),
            ("/api/v1/namespaces", "|v1||namespaces||"),
            ("/api/v1/namespaces/a", "|v1||namespaces|a|"),
            ("/api/v1/namespaces/a/status", "|v1||namespaces|a|status"),
            ("/api/v1/namespaces/a/finalize", "|v1||namespaces|a|finalize"),
            ("/api/v1/namespaces/a/pods", "|v1|a|pods||"),
            ("/api/v1/namespaces/a/pods/b/log", "|v1|a|pods|b|log"),
            ("/apis/apps/v1/namespaces/a/deployments/b/scale", "apps|v1|a|deployments|b|scale"),
            ("/apis/apps/v1", "other"),
            ("/api", "other"),
            ("/version", "other"),
        ] {
            assert_eq!(shown(path), expected, "{path}");
        }
    }

    #[test]
    fn percent_signs_are_decoded_or_refused() {
        assert_eq!(decode("/a%3Ab%2Fc").ok().as_deref(), Some("/a:b/c"));
        assert!(decode("/a%3").is_err());
        assert!(decode("/a%FF").is_err());
    }
}
