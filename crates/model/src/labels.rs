//! Labels, annotations and finalizers, by what they mean.

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)+) => { $($(#[$doc])* pub const $name: &str = $text;)+ };
}

keys! {
    /// Owner Application, on every rendered object.
    APP_NAME = "app.oam.dev/name";
    /// Namespace of the owner Application, on every rendered object.
    APP_NAMESPACE = "app.oam.dev/namespace";
    /// Component, on every rendered object.
    APP_COMPONENT = "app.oam.dev/component";
    /// `<app>-v<N>`, on every rendered object.
    APP_REVISION = "app.oam.dev/appRevision";
    /// Hash of the component's content.
    APP_COMPONENT_REVISION = "app.oam.dev/revision";
    /// `WORKLOAD` or `TRAIT`.
    OAM_RESOURCE_TYPE = "app.oam.dev/resourceType";
    /// Hash of the spec, on revisions.
    APP_REVISION_HASH = "app.oam.dev/app-revision-hash";
    /// Target cluster.
    CLUSTER = "app.oam.dev/cluster";
    /// Uid of the owner Application.
    APP_UID = "app.oam.dev/uid";
    /// The replication policy's key.
    REPLICA_KEY = "app.oam.dev/replicaKey";
    /// Type of the component, on workloads.
    WORKLOAD_TYPE = "workload.oam.dev/type";
    /// Type of the trait (or `AuxiliaryWorkload`), on trait outputs.
    TRAIT_TYPE = "trait.oam.dev/type";
    /// Name of the output, on trait outputs.
    TRAIT_RESOURCE = "trait.oam.dev/resource";
    /// Marks the trait output that replaces the workload.
    MANAGE_WORKLOAD_TRAIT = "trait.oam.dev/manage-workload";
    /// Hash over the whole desired object: equal means nothing to do.
    RENDER_HASH = "oam.dev/render-hash";
    /// Base of KubeVela's three-way merge.
    LAST_APPLIED_CONFIG = "app.oam.dev/last-applied-configuration";
    /// When that was.
    LAST_APPLIED_TIME = "app.oam.dev/last-applied-time";
    /// Pins a release.
    PUBLISH_VERSION = "app.oam.dev/publishVersion";
    /// Labels a release.
    DEPLOY_VERSION = "app.oam.dev/deployVersion";
    /// Follow definition updates.
    AUTO_UPDATE = "app.oam.dev/autoUpdate";
    /// Extra context value.
    WORKFLOW_NAME = "app.oam.dev/workflowName";
    /// `true`, an RFC 3339 time, or a duration.
    RESTART_WORKFLOW = "app.oam.dev/restart-workflow";
    /// Which controller may act; freezes the Application for others.
    CONTROLLER_REQUIREMENT = "app.oam.dev/controller-version-require";
    /// Identity used for apply.
    SERVICE_ACCOUNT_NAME = "app.oam.dev/service-account-name";
    /// The requester.
    USERNAME = "app.oam.dev/username";
    /// The requester's groups.
    GROUP = "app.oam.dev/group";
    /// `ns/app`, separated by commas, on shared objects; the first is the owner.
    SHARED_BY = "app.oam.dev/shared-by";
    /// Resync interval of an Application.
    RECONCILE_INTERVAL = "app.oam.dev/reconcile-interval";
    /// Label keys that are not copied to objects.
    FILTER_LABEL_KEYS = "filter.oam.dev/label-keys";
    /// Annotation keys that are not copied to objects.
    FILTER_ANNOTATION_KEYS = "filter.oam.dev/annotation-keys";
    /// Last controller version.
    KUBEVELA_VERSION = "oam.dev/kubevela-version";
    /// Label: stop reconciling.
    PAUSE = "controller.core.oam.dev/pause";
    /// Kind of a config.
    CONFIG_TYPE = "config.oam.dev/type";
    /// Display name of a definition.
    DEFINITION_ALIAS = "definition.oam.dev/alias";
    /// Description of a definition.
    DEFINITION_DESCRIPTION = "definition.oam.dev/description";
    /// Gives a DefinitionRevision its name.
    DEFINITION_REVISION_NAME = "definitionrevision.oam.dev/name";
    /// Addon ownership.
    ADDON_NAME = "addons.oam.dev/name";
    /// Addon version.
    ADDON_VERSION = "addons.oam.dev/version";
    /// Env of a namespace.
    NAMESPACE_ENV = "namespace.oam.dev/env";
    /// Which Initializer an Application belongs to.
    INITIALIZER_NAME = "app.oam.dev/initializer-name";
    /// The run, on what a stand-alone run makes.
    RUN_NAME = "workflowrun.oam.dev/name";
    /// The run's namespace, on what a stand-alone run makes.
    RUN_NAMESPACE = "workflowrun.oam.dev/namespace";
    /// `true`: what the values of a run's steps come to is written down, see `lateen workflow debug`.
    DEBUG = "workflowrun.oam.dev/debug";
    /// The step that an object tells of.
    STEP = "lateen.dev/step";
    /// Finalizer of a ResourceTracker.
    TRACKER_FINALIZER = "resourcetracker.core.oam.dev/finalizer";
    /// Finalizer of an Application: its objects have to go first.
    APP_FINALIZER = "app.oam.dev/resource-tracker-finalizer";
    /// Finalizer of an Application: its objects stay.
    ORPHAN_FINALIZER = "app.oam.dev/orphan-resource";
    /// Ours: a user operation waiting to be taken ([`crate::operation`]).
    OPERATION = "lateen.dev/operation";
    /// Ours: the operation that was last answered.
    OPERATION_DONE = "lateen.dev/operation-done";
    /// Ours: the Environment that an Application is bound to.
    ENVIRONMENT = "lateen.dev/environment";
    /// Ours: who asked for a deployment.
    REQUESTED_BY = "lateen.dev/requested-by";
    /// Ours, `true`: properties that no definition names, and fields that no kind has, are let through with a warning.
    ALLOW_UNKNOWN = "lateen.dev/allow-unknown";
    /// Ours: the commit of the code that is deployed.
    COMMIT = "lateen.dev/commit";
    /// Ours, on a Workflow that was generated: the hash of its steps. Other steps: somebody has edited it.
    GENERATED = "lateen.dev/generated";
    /// Annotation of objects whose content is secret: which fields were applied, as a digest of their names.
    FIELDS = "lateen.dev/fields";
    /// Ours, on objects that an effect created: its idempotency key.
    IDEMPOTENCY_KEY = "lateen.dev/idempotency-key";
    /// Ours, on everything that is not real.
    SIMULATED = "lateen.dev/simulated";
}

/// `WORKLOAD`, a value of [`OAM_RESOURCE_TYPE`].
pub const RESOURCE_TYPE_WORKLOAD: &str = "WORKLOAD";
/// `TRAIT`, a value of [`OAM_RESOURCE_TYPE`].
pub const RESOURCE_TYPE_TRAIT: &str = "TRAIT";
/// Value of [`TRAIT_TYPE`] on `outputs` of a component.
pub const AUXILIARY_WORKLOAD: &str = "AuxiliaryWorkload";
/// Field manager of our server-side apply; one per Application: `lateen/<namespace>/<app>`, cut to 128 characters.
pub fn field_manager(namespace: &str, app: &str) -> String {
    let mut text = format!("lateen/{namespace}/{app}");
    while text.len() > 128 {
        text.pop();
    }
    text
}
