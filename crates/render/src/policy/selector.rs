//! Which objects a rule speaks of.

use serde::{Deserialize, Serialize};

/// All given fields have to match; a selector without fields matches everything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Selector {
    /// Names of components.
    pub component_names: Vec<String>,
    /// Types of components.
    pub component_types: Vec<String>,
    /// `WORKLOAD` (the documentation also says `COMPONENT`) and `TRAIT`.
    pub oam_types: Vec<String>,
    /// Types of traits.
    pub trait_types: Vec<String>,
    /// Kinds of objects.
    pub resource_types: Vec<String>,
    /// Names of objects.
    pub resource_names: Vec<String>,
}

/// An object in the words of a selector; what is not known is empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Described<'a> {
    /// Name of its component.
    pub component: &'a str,
    /// Type of its component.
    pub component_type: &'a str,
    /// `WORKLOAD` or `TRAIT`.
    pub oam_type: &'a str,
    /// Type of its trait.
    pub trait_type: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
}

impl Selector {
    /// Whether the object is meant.
    pub fn matches(&self, object: &Described<'_>) -> bool {
        let any = |list: &[String], value: &str| list.is_empty() || list.iter().any(|l| l == value);
        let oam = |wanted: &String| {
            let same = if wanted == "COMPONENT" { "WORKLOAD" } else { wanted.as_str() };
            same == object.oam_type
        };
        any(&self.component_names, object.component)
            && any(&self.component_types, object.component_type)
            && (self.oam_types.is_empty() || self.oam_types.iter().any(oam))
            && any(&self.trait_types, object.trait_type)
            && any(&self.resource_types, object.kind)
            && any(&self.resource_names, object.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_given_fields_have_to_match() {
        let object = Described {
            component: "web",
            component_type: "webservice",
            oam_type: "WORKLOAD",
            kind: "Deployment",
            name: "web",
            ..Described::default()
        };
        let with = |f: &dyn Fn(&mut Selector)| {
            let mut s = Selector::default();
            f(&mut s);
            s.matches(&object)
        };
        assert!(with(&|_| {}));
        assert!(with(&|s| s.oam_types = vec!["COMPONENT".into()]));
        assert!(!with(&|s| s.oam_types = vec!["TRAIT".into()]));
        assert!(with(&|s| s.resource_types = vec!["Deployment".into()]));
        assert!(!with(&|s| {
            s.resource_types = vec!["Deployment".into()];
            s.component_names = vec!["other".into()];
        }));
    }
}
