//! Which position of a log a moment is.
//!
//! The times of records never go back, so a few reads tell it.

use lampyris_log::{Log, ReadError};
use lampyris_message::Timestamp;

/// How many records of a log had been appended by a moment: all with that time or an earlier one.
///
/// # Errors
/// [`ReadError`] if the log cannot be read.
pub fn position_at(log: &Log, time: Timestamp) -> Result<u64, ReadError> {
    let (mut low, mut high) = (0, log.head().size);
    while low < high {
        let middle = low + (high - low) / 2;
        let is_by_then =
            log.read(middle)?.is_some_and(|record| Timestamp::from_unix_nanos(record.time) <= time);
        if is_by_then {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}
