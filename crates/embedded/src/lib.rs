//! A Kubernetes API in this process: store, REST, watch, apply, simulated controllers.
