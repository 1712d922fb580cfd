//! Live views: what one feeder keeps current and many readers share.
//!
//! Readers see the views between two batches, never within one.

use parking_lot::RwLock;
use tokio::sync::watch;

use crate::misplaced::TakeError;
use crate::views::{Difference, FedEvent, Views};

/// [`Views`] that are fed and read at the same time.
#[derive(Debug)]
pub struct Live {
    views: RwLock<Views>,
    // Invariant: changed under the lock of `views`, after what it tells of.
    progress: watch::Sender<Progress>,
}

#[derive(Debug, Clone, Copy)]
struct Progress {
    position: u64,
    ended: bool,
}

/// The views are fed no more and will not come to the position that was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the views ended at position {position} and are fed no more")]
pub struct Ended {
    /// How many records they reflect.
    pub position: u64,
}

impl Live {
    /// Shares these views, which are fed from their position on.
    pub fn new(views: Views) -> Self {
        let (progress, _) = watch::channel(Progress { position: views.position(), ended: false });
        Self { views: RwLock::new(views), progress }
    }

    /// Takes in a batch of events in the order of the log, and shows all of it at once; returns the
    /// new position.
    ///
    /// From then on `size` records are reflected, if that is more than the events reach: so a batch
    /// may end with records that are no message's.
    ///
    /// # Errors
    /// [`TakeError`] names the first event that cannot come; nothing of the batch is then shown.
    pub fn feed<'a, E>(&self, events: &[E], size: u64) -> Result<u64, TakeError>
    where
        E: Copy + Into<FedEvent<'a>>,
    {
        let mut views = self.views.write();
        views.apply_all(events, size)?;
        let position = views.position();
        self.progress.send_modify(|progress| progress.position = position);
        Ok(position)
    }

    /// Compares the views with ones that were made anew, and puts these in their place at once; returns how the old
    /// ones differed. `catch_up` is given the new ones and the position they must come to.
    ///
    /// Who reads sees the old ones or the new ones, and who feeds waits.
    ///
    /// # Errors
    /// What `catch_up` says; nothing is then changed.
    pub fn switch<E>(
        &self,
        mut fresh: Views,
        catch_up: impl FnOnce(&mut Views, u64) -> Result<(), E>,
    ) -> Result<Vec<Difference>, E> {
        let mut views = self.views.write();
        catch_up(&mut fresh, views.position())?;
        let differences = views.differences(&fresh);
        *views = fresh;
        Ok(differences)
    }

    /// Tells who waits that nothing more will come; what is there can still be read.
    pub fn end(&self) {
        self.progress.send_modify(|progress| progress.ended = true);
    }

    /// How many records are reflected, as [`Views::position`] counts them.
    pub fn position(&self) -> u64 {
        self.progress.borrow().position
    }

    /// Waits until at least so many records are reflected: to read one's own write, the sequence of
    /// its last record and one.
    ///
    /// # Errors
    /// [`Ended`] if they never will be, because [`end`](Self::end) was called before.
    pub async fn wait_for(&self, position: u64) -> Result<(), Ended> {
        let mut progress = self.progress.subscribe();
        let reached = |progress: &Progress| progress.position >= position || progress.ended;
        let found = progress.wait_for(reached).await.map(|progress| *progress);
        // An error would say that the sender is gone, which lives as long as `self`.
        let found = found.unwrap_or_else(|_| *self.progress.borrow());
        if found.position >= position { Ok(()) } else { Err(Ended { position: found.position }) }
    }

    /// Reads the views as they are after the latest batch.
    ///
    /// `read` holds up the feeder: it should look things up and go. It must not feed or read these
    /// same views again, which would wait for itself.
    pub fn read<R>(&self, read: impl FnOnce(&Views) -> R) -> R {
        read(&self.views.read())
    }
}

const _: () = {
    const fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Live>();
};
