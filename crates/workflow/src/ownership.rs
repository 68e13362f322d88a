//! Who may execute a run: the numbers and the one rule of the lease.
//!
//! Clocks of two machines may differ by [`SKEW`]; a request may be on its way for [`REQUEST`]. A holder that has heard
//! nothing of its own renewal for [`HOLD`] does nothing any more. Whoever finds a lease that was renewed longer ago than
//! [`DURATION`], by its own clock, takes it: `HOLD + REQUEST + SKEW < DURATION`, so that nothing of the old holder arrives
//! after something of the new one.

/// How long a lease is good without being renewed, in milliseconds.
pub const DURATION: i64 = 15_000;
/// How often it is renewed.
pub const RENEW: i64 = 2_500;
/// How long its holder acts without having renewed it.
pub const HOLD: i64 = 6_500;
/// How long the answer to a request is waited for.
pub const REQUEST: i64 = 3_000;
/// How far two clocks may be apart.
pub const SKEW: i64 = 5_000;

/// Whether a lease that says it was renewed at `renewed` may be taken at `now`, by the clock of who looks.
pub const fn is_expired(renewed: i64, now: i64) -> bool {
    now >= renewed.saturating_add(DURATION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_old_holder_sent_has_arrived_before_a_new_one_acts() {
        const { assert!(HOLD + REQUEST + SKEW < DURATION) };
        const { assert!(RENEW + REQUEST < HOLD) };
        assert!(!is_expired(1_000, 15_999) && is_expired(1_000, 16_000));
    }
}
