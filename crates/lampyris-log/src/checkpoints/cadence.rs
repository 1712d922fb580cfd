//! How often a running log is signed, and whether it is time: a plain function of what was signed and what is.
//! It never tells the time and never waits.

use std::num::NonZeroU64;
use std::time::Duration;

const NS: i64 = 1_000_000_000;

/// How often a running log is signed, if it grew: after so many records, after so many seconds, or whichever of
/// the two comes first. With neither it is signed once, when it is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cadence {
    /// After so many records.
    pub records: Option<NonZeroU64>,
    /// After so many seconds.
    pub seconds: Option<NonZeroU64>,
}

/// A size of the log and when it was that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// Number of records.
    pub(super) size: u64,
    /// Nanoseconds since the Unix epoch.
    pub(super) time: i64,
}

/// Whether a checkpoint is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// It is.
    Now,
    /// Not before the log has this size, or this time has passed.
    Later {
        /// Size to wait for.
        size: u64,
        /// How long at most; nothing if time alone brings none.
        wait: Option<Duration>,
    },
}

impl Cadence {
    /// Whether a checkpoint is due `now`, if the last one was signed at `signed`. A log that has not grown is not
    /// signed again, however much time has passed.
    pub(super) fn due(self, signed: Mark, now: Mark) -> Due {
        let grown = now.size.saturating_sub(signed.size);
        if grown == 0 {
            return Due::Later { size: signed.size.saturating_add(1), wait: None };
        }
        if self.records.is_some_and(|records| grown >= records.get()) {
            return Due::Now;
        }
        let size =
            self.records.map_or(u64::MAX, |records| signed.size.saturating_add(records.get()));
        let Some(seconds) = self.seconds else { return Due::Later { size, wait: None } };
        let period = i64::try_from(seconds.get()).unwrap_or(i64::MAX).saturating_mul(NS);
        let passed = now.time.saturating_sub(signed.time);
        // A clock that was set back must not put the next checkpoint off by more than one period.
        let left = period.saturating_sub(passed.max(0));
        match u64::try_from(left) {
            Ok(left @ 1..) => Due::Later { size, wait: Some(Duration::from_nanos(left)) },
            Ok(0) | Err(_) => Due::Now,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::{Cadence, Due, Mark, NS};
    use std::num::NonZeroU64;
    use std::time::Duration;

    fn cadence(records: u64, seconds: u64) -> Cadence {
        Cadence { records: NonZeroU64::new(records), seconds: NonZeroU64::new(seconds) }
    }

    fn later(size: u64, seconds: Option<u64>) -> Due {
        Due::Later { size, wait: seconds.map(Duration::from_secs) }
    }

    #[test]
    fn a_checkpoint_is_due_after_records_or_seconds_and_growth() {
        let rows = [
            // records, seconds, grown, seconds passed: answer; 100 records were signed.
            ((0, 0, 0, 0), later(101, None)),
            ((0, 0, 9_999, 9_999), later(u64::MAX, None)),
            ((10, 0, 0, 9_999), later(101, None)),
            ((10, 0, 9, 9_999), later(110, None)),
            ((10, 0, 10, 0), Due::Now),
            ((10, 0, 11, -5), Due::Now),
            ((0, 60, 0, 9_999), later(101, None)),
            ((0, 60, 1, 0), later(u64::MAX, Some(60))),
            ((0, 60, 1, 59), later(u64::MAX, Some(1))),
            ((0, 60, 1, 60), Due::Now),
            ((0, 60, 1, 61), Due::Now),
            ((0, 60, 1, -30), later(u64::MAX, Some(60))),
            ((10, 60, 9, 20), later(110, Some(40))),
            ((10, 60, 10, 20), Due::Now),
            ((10, 60, 9, 60), Due::Now),
            ((1, u64::MAX, 1, 0), Due::Now),
        ];
        for ((records, seconds, grown, passed), expected) in rows {
            let signed = Mark { size: 100, time: 1_000 * NS };
            let now = Mark { size: 100 + grown, time: signed.time + passed * NS };
            let due = cadence(records, seconds).due(signed, now);
            assert_eq!(due, expected, "{records} {seconds} {grown} {passed}");
        }
    }

    #[test]
    fn no_number_is_too_large() {
        for time in [i64::MIN, 0, i64::MAX] {
            for size in [0, u64::MAX - 1, u64::MAX] {
                let (signed, now) = (Mark { size, time }, Mark { size: u64::MAX, time: i64::MAX });
                cadence(u64::MAX, u64::MAX).due(signed, now);
                cadence(1, 1).due(now, signed);
            }
        }
    }
}
