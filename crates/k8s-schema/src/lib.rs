//! What Kubernetes' own schemas say: list keys, resource names and scopes, offline validation.
