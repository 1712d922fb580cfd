//! Making views anew from a log: every record from the first one on, in one pass.

use std::ops::ControlFlow;

use lampyris_log::{Log, ReadError};

use crate::misplaced::TakeError;
use crate::views::Views;

/// How many records are taken in before `progress` is told again.
const STRIDE: u64 = 4096;

/// Makes views from all records that are durable when it begins.
///
/// The log's bytes, spelling and chain are verified on the way, so they are those that were verified
/// when it was opened; the hashes of messages are not recomputed. `progress` is told now and then,
/// and at the end, how many records are reflected, and may break off.
///
/// # Errors
/// [`RebuildError`] if the log cannot be read, tells what cannot be, or `progress` breaks off.
pub fn rebuild(
    log: &Log,
    mut progress: impl FnMut(u64) -> ControlFlow<()>,
) -> Result<Views, RebuildError> {
    let (mut views, mut fault) = (Views::new(), None);
    log.walk(|record| {
        fault = views.take(record).map_err(RebuildError::from).err();
        if fault.is_none()
            && record.sequence.is_multiple_of(STRIDE)
            && progress(views.position()).is_break()
        {
            fault = Some(RebuildError::Stopped { position: views.position() });
        }
        if fault.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if fault.is_none() && progress(views.position()).is_break() {
        fault = Some(RebuildError::Stopped { position: views.position() });
    }
    fault.map_or(Ok(views), Err)
}

/// Why views were not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RebuildError {
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A record cannot come where it is.
    #[error(transparent)]
    Take(#[from] TakeError),
    /// The caller broke it off.
    #[error("broken off after {position} records")]
    Stopped {
        /// How many records were reflected by then.
        position: u64,
    },
}
