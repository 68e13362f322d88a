//! The built-in resources: what discovery of an apiserver lists.

use crate::bundle::RESOURCES;
use crate::release::Release;
use crate::types::Type;

/// A built-in resource, as discovery describes it. All text is borrowed from the binary; lists are comma-separated text
/// that the methods split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource {
    /// API group, empty for the core group.
    pub group: &'static str,
    /// API version, for example `v1`.
    pub version: &'static str,
    /// Kind, for example `Deployment`.
    pub kind: &'static str,
    /// The name in a URL, for example `deployments`.
    pub plural: &'static str,
    /// For example `deployment`.
    pub singular: &'static str,
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
    short_names: &'static str,
    categories: &'static str,
    verbs: &'static str,
    type_name: &'static str,
    subresources: &'static str,
}

/// A subresource such as `status`, `scale`, `log` or `eviction`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subresource {
    /// The last part of its URL.
    pub name: &'static str,
    /// API group of the kind it speaks, empty for core.
    pub group: &'static str,
    /// API version of the kind it speaks.
    pub version: &'static str,
    /// The kind it speaks, for example `Scale`.
    pub kind: &'static str,
    verbs: &'static str,
}

fn words(list: &'static str) -> impl Iterator<Item = &'static str> + Clone {
    list.split(',').filter(|word| *word != "-" && !word.is_empty())
}

fn group_of(text: &'static str) -> &'static str {
    if text == "core" { "" } else { text }
}

impl Resource {
    fn parse(line: &'static str) -> Option<Resource> {
        let mut parts = line.splitn(10, ' ');
        let (group, version) = parts.next()?.rsplit_once('/')?;
        Some(Resource {
            group: group_of(group),
            version,
            kind: parts.next()?,
            plural: parts.next()?,
            singular: parts.next()?,
            namespaced: parts.next()? == "Namespaced",
            short_names: parts.next()?,
            categories: parts.next()?,
            verbs: parts.next()?,
            type_name: parts.next()?,
            subresources: parts.next().unwrap_or_default(),
        })
    }

    /// `v1`, or `apps/v1`: how a manifest writes it.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// For example `deploy`.
    pub fn short_names(&self) -> impl Iterator<Item = &'static str> + Clone {
        words(self.short_names)
    }

    /// Names for several resources at once, for example `all`.
    pub fn categories(&self) -> impl Iterator<Item = &'static str> + Clone {
        words(self.categories)
    }

    /// What may be done with it: `create`, `list`, ...
    pub fn verbs(&self) -> impl Iterator<Item = &'static str> + Clone {
        words(self.verbs)
    }

    /// `status`, `scale`, ...
    pub fn subresources(&self) -> impl Iterator<Item = Subresource> {
        self.subresources.split(' ').filter_map(|text| {
            let mut parts = text.split('=');
            let name = parts.next()?;
            let mut kind = parts.next()?.rsplitn(3, '/');
            let (kind, version, group) = (kind.next()?, kind.next()?, kind.next()?);
            Some(Subresource { name, group: group_of(group), version, kind, verbs: parts.next()? })
        })
    }

    /// The subresource of this name.
    pub fn subresource(&self, name: &str) -> Option<Subresource> {
        self.subresources().find(|subresource| subresource.name == name)
    }

    /// The type of its objects.
    pub fn schema(&self) -> Option<Type> {
        Type::named(self.type_name)
    }

    /// The type of its objects in a version of Kubernetes.
    pub fn schema_in(&self, release: Release) -> Option<Type> {
        Type::in_release(self.type_name, release)
    }

    /// Whether an apiserver of this version serves it without being told to: alpha and beta versions are off.
    pub fn served_by_default(&self) -> bool {
        !self.version.contains("alpha") && !self.version.contains("beta")
    }
}

impl Subresource {
    /// What may be done with it.
    pub fn verbs(&self) -> impl Iterator<Item = &'static str> + Clone {
        words(self.verbs)
    }
}

/// All built-in resources, sorted by group (`core` for the core group), version and kind.
pub fn resources() -> impl Iterator<Item = Resource> {
    RESOURCES.lines().filter_map(Resource::parse)
}

/// The built-in resources of a version of Kubernetes.
pub fn resources_in(release: Release) -> impl Iterator<Item = Resource> {
    release.resource_lines().filter_map(Resource::parse)
}

/// The resource of a kind in a version of Kubernetes; `group` is empty for core.
pub fn resource_in(release: Release, group: &str, version: &str, kind: &str) -> Option<Resource> {
    if release == Release::FULL {
        return resource(group, version, kind);
    }
    resources_in(release).find(|r| r.group == group && r.version == version && r.kind == kind)
}

/// The lines of a group and version, cheaply: the text is compared before anything is taken apart.
fn lines_of(group: &str, version: &str) -> impl Iterator<Item = Resource> {
    let group = if group.is_empty() { "core" } else { group };
    RESOURCES
        .lines()
        .filter(move |line| {
            line.strip_prefix(group)
                .and_then(|rest| rest.strip_prefix('/'))
                .and_then(|rest| rest.strip_prefix(version))
                .is_some_and(|rest| rest.starts_with(' '))
        })
        .filter_map(Resource::parse)
}

/// The resource of a kind; `group` is empty for core.
pub fn resource(group: &str, version: &str, kind: &str) -> Option<Resource> {
    lines_of(group, version).find(|resource| resource.kind == kind)
}

/// The resource that a URL names.
pub fn resource_by_plural(group: &str, version: &str, plural: &str) -> Option<Resource> {
    lines_of(group, version).find(|resource| resource.plural == plural)
}

/// The resource that a word on a command line names: plural, singular, short name or kind, in any case, with or without
/// `.group`. Versions that are served by default come before those that are not; the core group comes first.
pub fn resource_by_word(word: &str) -> Option<Resource> {
    let word = word.to_lowercase();
    let (name, group) = word.split_once('.').map_or((word.as_str(), None), |(name, group)| (name, Some(group)));
    let matching = resources().filter(|resource| {
        group.is_none_or(|group| group == resource.group)
            && (resource.plural == name
                || resource.singular == name
                || resource.kind.eq_ignore_ascii_case(name)
                || resource.short_names().any(|short| short == name))
    });
    matching.min_by_key(|resource| (!resource.served_by_default(), !resource.group.is_empty(), resource.group))
}

/// The versions of a group in which a kind exists, best (served by default, then newest) first.
pub fn versions_of_group<'a>(group: &'a str, kind: &'a str) -> impl Iterator<Item = &'static str> + 'a {
    versions_in(Release::FULL, group, kind)
}

/// As [`versions_of_group`], in a version of Kubernetes.
pub(crate) fn versions_in(release: Release, group: &str, kind: &str) -> impl Iterator<Item = &'static str> + use<> {
    let mut found: Vec<_> =
        resources_in(release).filter(|resource| resource.group == group && resource.kind == kind).collect();
    found.sort_by_key(|resource| (!resource.served_by_default(), std::cmp::Reverse(resource.version)));
    found.into_iter().map(|resource| resource.version)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_resource_with_a_type() {
        assert_eq!(resources().count(), RESOURCES.lines().count());
        for resource in resources() {
            let schema = resource.schema().unwrap();
            assert_eq!(resource_by_plural(resource.group, resource.version, resource.plural), Some(resource));
            assert!(resource.verbs().count() > 0, "{resource:?}");
            assert!(!schema.name().is_empty());
        }
    }

    #[test]
    fn a_deployment_is_what_discovery_says() {
        let resource = resource("apps", "v1", "Deployment").unwrap();
        assert_eq!((resource.plural, resource.singular, resource.namespaced), ("deployments", "deployment", true));
        assert_eq!(resource.short_names().collect::<Vec<_>>(), ["deploy"]);
        assert_eq!(resource.categories().collect::<Vec<_>>(), ["all"]);
        let scale = resource.subresource("scale").unwrap();
        assert_eq!((scale.group, scale.version, scale.kind), ("autoscaling", "v1", "Scale"));
        assert_eq!(scale.verbs().collect::<Vec<_>>(), ["get", "patch", "update"]);
        assert_eq!(resource.api_version(), "apps/v1");
    }

    #[test]
    fn words_of_the_command_line() {
        for (word, plural, group) in [
            ("po", "pods", ""),
            ("Deployment", "deployments", "apps"),
            ("ing", "ingresses", "networking.k8s.io"),
            ("events", "events", ""),
            ("events.events.k8s.io", "events", "events.k8s.io"),
            ("hpa", "horizontalpodautoscalers", "autoscaling"),
        ] {
            let resource = resource_by_word(word).unwrap();
            assert_eq!((resource.plural, resource.group), (plural, group), "{word}");
        }
        assert_eq!(resource_by_word("applications"), None);
        assert_eq!(versions_of_group("autoscaling", "HorizontalPodAutoscaler").collect::<Vec<_>>(), ["v2", "v1"]);
    }
}
