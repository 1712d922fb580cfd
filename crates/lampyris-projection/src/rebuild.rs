//! Making views anew from a log: every record from the first one on, in one pass.

use std::ops::ControlFlow;

use lampyris_log::{Log, ReadError};

use crate::misplaced::TakeError;
use crate::views::Views;

/// Makes views from all records that are durable when it begins.
///
/// The log's bytes, chain and order are verified on the way; the hashes of messages are not
/// recomputed. `progress` is told now and then how many records are reflected, and may break off.
///
/// # Errors
/// [`RebuildError`] if the log cannot be read, tells what cannot be, or `progress` breaks off.
pub fn rebuild(
    log: &Log,
    mut progress: impl FnMut(u64) -> ControlFlow<()>,
) -> Result<Views, RebuildError> {
    let (mut views, mut scan) = (Views::new(), log.scan(0));
    let mut fault = None;
    loop {
        let more = scan.next_frame(|verified| match views.take(&verified.record) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                fault = Some(error);
                ControlFlow::Break(())
            }
        })?;
        if let Some(error) = fault.take() {
            return Err(error.into());
        }
        if progress(views.position()).is_break() {
            return Err(RebuildError::Stopped { position: views.position() });
        }
        if !more {
            return Ok(views);
        }
    }
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
