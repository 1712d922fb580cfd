//! Making the views anew from the log beside the live ones, and putting them in their place.
//!
//! Decisions and answers go on meanwhile: only the last step holds them up.

use std::ops::ControlFlow;

use lampyris_log::{Log, block_on};
use lampyris_projection::{Difference, RebuildError, Views, rebuild};

use crate::Lampyris;

impl Lampyris {
    /// Makes the views anew from all records, compares them with the live ones row by row, and puts them in their place
    /// at once; returns how the live ones differed, which they never should. `progress` is told now and then how many
    /// records are reflected, and may break off.
    ///
    /// # Errors
    /// [`RebuildError`] if the log cannot be read, `progress` breaks off, or the engine failed; the live views are then
    /// as they were.
    pub fn rebuild(
        &self,
        progress: impl FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Vec<Difference>, RebuildError> {
        let log = &self.engine.log;
        let mut fresh = rebuild(log, progress)?;
        // The log shows what is durable a moment before the live views do.
        let shown = self.engine.live().wait_for(fresh.position());
        block_on(shown).map_err(|ended| RebuildError::Stopped { position: ended.position })?;
        // What came meanwhile is mostly read before the live views wait.
        catch_up(log, &mut fresh, self.position())?;
        self.engine.live().switch(fresh, |fresh, position| catch_up(log, fresh, position))
    }
}

/// Takes in what a log has up to a position.
fn catch_up(log: &Log, views: &mut Views, position: u64) -> Result<(), RebuildError> {
    let mut fault = None;
    if views.position() < position {
        log.for_each(views.position(), |verified| {
            if verified.record.sequence >= position {
                return ControlFlow::Break(());
            }
            fault = views.take(&verified.record).err();
            if fault.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
    }
    fault.map_or(Ok(()), |fault| Err(fault.into()))
}
