//! Clusters by name: join, credentials, clients, health, placement, and which one is the hub.
