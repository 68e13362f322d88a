//! Definition, parameters and context to objects: a pure function.
