//! The API types of Lateen and KubeVela, and the schemas and classes of all actions.
