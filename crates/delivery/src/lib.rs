//! Inventory, prune, drift and revisions: decisions without I/O.
