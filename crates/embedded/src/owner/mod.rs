//! Who owns an embedded cluster: one process at a time.
//!
//! The owner holds a lock, has the database open, runs the simulation and serves a socket in the cluster's folder; every
//! other process of the same user connects there. [`attach`] gives either kind of process the same `kube::Client`. When
//! the owner ends, the next request of another process takes the lock itself or connects to whoever was faster: a request
//! that was not sent (or was refused because the owner was closing) is sent again. An owner that lets go answers first what
//! it has carried out, and notes that it did: what it left unanswered is sent again, too. After a killed owner, a request
//! that may have been carried out is repeated only when that changes nothing (a read, a server-side apply).
//!
//! ```text
//! HOME/clusters/NAME/cluster.redb   the database (and its journal)
//! HOME/clusters/NAME/lock           locked by the owner; names its process
//! HOME/clusters/NAME/ended          names the last owner that let go in good order
//! HOME/clusters/NAME/socket         the owner's socket, mode 0600
//! HOME/clusters/NAME/socket-path    where the socket is instead, when that path is too long for one
//! ```
//!
//! This module must never know what the cluster is for: hub and joined clusters are the same to it.

mod attached;
mod error;
mod folder;
mod link;
mod lock;
mod peer;
mod retry;
mod serve;
mod socket;

pub use attached::{Attached, attach};
pub use error::AttachError;
pub use folder::{exists, names, remove};
