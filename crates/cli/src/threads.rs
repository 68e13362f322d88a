//! Threads with room for evaluations.
//!
//! An evaluation that begins where little stack is left gets a segment of its own (`cue::stack`). On the 2 MiB that threads
//! have by default each one did, thousands of times in a workflow, and the kernel took longer to give and take the segments
//! than the evaluations took. A stack costs only what is touched of it.

/// The stack of a thread, in bytes.
pub(crate) const STACK: usize = 32 << 20;

/// Runs what uses `rayon` on threads with room.
pub(crate) fn side_by_side<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new().stack_size(STACK).build() {
        Ok(pool) => pool.install(work),
        // a machine without room for threads: slower on those that there are
        Err(_) => work(),
    }
}
