//! The workflow engine's pure core: graph, run state machine, journal format.
