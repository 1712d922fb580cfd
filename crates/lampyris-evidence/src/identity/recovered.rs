//! What a log says of itself when a copy of it took its place.
//! Nothing here knows how a log is copied; why the name changes is said in `docs/decisions/0017-recovered.md`.

use super::NotOwn;
use crate::limits;
use crate::merkle::Head;
use crate::name::check_name;
use alloc::string::String;

/// A copy took the place of a log that was lost: records and tree are kept, the name is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The log's name before.
    pub old_origin: String,
    /// Its name from this record on.
    pub new_origin: String,
    /// What the copy held: the tree before this record, so its size is this record's sequence.
    pub head: Head,
    /// The newest head that is known of the lost log, of as many records or more; nothing if none is known.
    pub lost: Option<Head>,
}

/// The name in a checkpoint of so many records, of a log that has this name now and was recovered so often, oldest
/// first: before each recovery it had another one.
pub fn origin_at<'a>(origin: &'a str, recoveries: &'a [Recovered], size: u64) -> &'a str {
    let later = recoveries.iter().find(|recovered| size <= recovered.head.size);
    later.map_or(origin, |recovered| &recovered.old_origin)
}

impl Recovered {
    /// Checks what can be said of the event alone, as the record of this sequence.
    ///
    /// # Errors
    /// [`NotOwn`] names the rule that it breaks.
    pub fn check(&self, sequence: u64) -> Result<(), NotOwn> {
        if self.head.size != sequence {
            return Err(NotOwn(
                "a `recovered` record names another size than that of the log before it",
            ));
        }
        if !limits::ORIGIN.hold(self.old_origin.len()) {
            return Err(NotOwn("the old origin of a `recovered` record is empty or too long"));
        }
        if check_name(&self.new_origin).is_err() {
            return Err(NotOwn("the new origin of a `recovered` record may not name a log"));
        }
        if self.new_origin == self.old_origin {
            return Err(NotOwn("the new origin of a `recovered` record is the old one"));
        }
        match self.lost {
            Some(lost) if lost.size < self.head.size => {
                Err(NotOwn("a `recovered` record knows of less of the lost log than was recovered"))
            }
            Some(lost) if lost.size == self.head.size && lost.root != self.head.root => {
                Err(NotOwn("a `recovered` record knows the lost log by another root"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Checks that the tree before the record is the one that it names.
    ///
    /// # Errors
    /// [`NotOwn`] if it is another.
    pub fn check_tree(&self, before: Head) -> Result<(), NotOwn> {
        if self.head == before {
            Ok(())
        } else {
            Err(NotOwn(
                "a `recovered` record names another root than that of the records before it",
            ))
        }
    }

    /// How many records of the lost log are known to be missing.
    pub fn missing(&self) -> u64 {
        self.lost.map_or(0, |lost| lost.size.saturating_sub(self.head.size))
    }
}
