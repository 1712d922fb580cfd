//! The committer: makes a group durable and raises the head mark; only then may it be acknowledged.
//! After its first failure it never tries again.

use crate::error::{ReadError, Unavailable};
use crate::head_mark::HeadMark;
use crate::sequencer::Group;
use crate::sled_store::SledStore;

/// Writes groups in order.
#[derive(Debug)]
pub(crate) struct Committer {
    mark: HeadMark,
    poisoned: Option<String>,
}

impl Committer {
    pub(crate) fn new(mark: HeadMark) -> Committer {
        Committer { mark, poisoned: None }
    }

    /// Fails if an earlier commit did.
    pub(crate) fn check(&self) -> Result<(), Unavailable> {
        match &self.poisoned {
            None => Ok(()),
            Some(cause) => {
                Err(Unavailable::Poisoned { durable: self.mark.head().size, cause: cause.clone() })
            }
        }
    }

    /// Makes a group durable: frames, sync, head mark, in this order.
    pub(crate) fn commit(&mut self, store: &SledStore, group: &mut Group) -> Result<(), ReadError> {
        self.check()?;
        let frames = std::mem::take(&mut group.frames);
        let outcome = store
            .insert(frames)
            .and_then(|()| store.sync())
            .and_then(|()| self.mark.raise(group.head).map_err(ReadError::from));
        if let Err(error) = &outcome {
            self.poison(error.to_string());
        }
        outcome
    }

    /// No commit from here on.
    pub(crate) fn poison(&mut self, cause: String) {
        tracing::error!(cause, "the log takes no appends until it is opened again");
        self.poisoned.get_or_insert(cause);
    }
}
