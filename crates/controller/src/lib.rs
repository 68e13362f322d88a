//! The tokio runtime of the pure core: runs an Application in the foreground.
