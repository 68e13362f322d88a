//! Diagnostics as a person sees them: miette at the edge.
