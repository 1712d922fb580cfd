//! Work that leaves others room: after each piece it rests, so long that it works a given part of the time.
//!
//! The libraries never sleep; they say after each piece how far they are, and that is where this rests.

use std::time::{Duration, Instant};

/// Shorter rests are put off until there is enough to rest for.
const LEAST: Duration = Duration::from_millis(5);

/// The pace of one job.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Seconds of rest for each second of work.
    rest: f64,
    owed: Duration,
    since: Instant,
}

impl Pace {
    /// Works this many hundredths of the time, 1 to 100.
    #[expect(clippy::disallowed_methods, reason = "the program may look at the machine's clock")]
    pub(crate) fn new(share: u8) -> Self {
        let rest = 100.0 / f64::from(share.max(1)) - 1.0;
        Self { rest: rest.max(0.0), owed: Duration::ZERO, since: Instant::now() }
    }

    /// A piece of the work is done.
    #[expect(clippy::disallowed_methods, reason = "the program may look at the machine's clock")]
    pub(crate) fn rest(&mut self) {
        self.owed += self.since.elapsed().mul_f64(self.rest);
        if self.owed >= LEAST {
            std::thread::sleep(std::mem::take(&mut self.owed));
        }
        self.since = Instant::now();
    }
}
