//! CustomResourceDefinitions as text: ours, and KubeVela's where a hub has none.
//!
//! KubeVela's are our own short text with the same names, scopes, short names and printer columns; their schemas keep
//! every field, so that objects written by KubeVela's controller or tools survive unchanged.

/// One CRD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crd {
    /// `applications.core.oam.dev`
    pub name: &'static str,
    /// A YAML document.
    pub yaml: &'static str,
    /// Ours: always applied. KubeVela's: only where absent.
    pub ours: bool,
}

macro_rules! crds {
    ($($name:literal $ours:literal;)+) => {
        /// Every CRD that a hub needs.
        pub const ALL: &[Crd] = &[$(Crd { name: $name, yaml: include_str!(concat!($name, ".yaml")), ours: $ours }),+];
    };
}

crds! {
    "applications.core.oam.dev" false;
    "applicationrevisions.core.oam.dev" false;
    "componentdefinitions.core.oam.dev" false;
    "workloaddefinitions.core.oam.dev" false;
    "traitdefinitions.core.oam.dev" false;
    "policydefinitions.core.oam.dev" false;
    "workflowstepdefinitions.core.oam.dev" false;
    "definitionrevisions.core.oam.dev" false;
    "resourcetrackers.core.oam.dev" false;
    "policies.core.oam.dev" false;
    "workflows.core.oam.dev" false;
    "workflowruns.core.oam.dev" false;
    "initializers.core.oam.dev" false;
    "packages.cue.oam.dev" false;
    "runjournals.lateen.dev" true;
    "projects.lateen.dev" true;
    "targets.lateen.dev" true;
    "environments.lateen.dev" true;
}
