//! The `lateen` command.
fn main() {}
