//! A snapshot: what opening derives from the records, in one file beside them, so that the next opening reads only
//! what came after. It never says what the log is: whatever does not fit the store is ignored, and all of it is read.
//!
//! The bytes are described in `docs/format.md`. The log writes a section of its own, [`INDEX`]; who follows a log adds
//! others by [`Observer::cut`](crate::Observer::cut) and takes them up again as a [`Consumer`].

mod codec;
mod file;
mod index;
mod keeper;

pub use crate::chunks::{Arena, Chunks};
pub use codec::{SectionReader, SectionWriter};
pub use file::{
    FORMAT, FORMAT_OFFSET, LOG_ID_OFFSET, MAGIC, ROOT_OFFSET, ROW_BYTES, ROW_HASH_OFFSET,
    ROW_LENGTH_OFFSET, ROW_VERSION_OFFSET, SECTIONS_OFFSET, SIZE_OFFSET, Snapshot,
};
pub use index::{INDEX, INDEX_VERSION};

pub(crate) use index::{IndexCut, Start, Tiles, has_levels};
pub(crate) use keeper::Keeper;

use crate::merkle::Hash;
use crate::verify::VerifiedRecord;

/// A part of a snapshot: a cut of what a consumer holds, taken at one size of the log and written later.
pub trait Section: Send {
    /// Its name, of 1 to 16 bytes; no other section of the snapshot has it.
    fn name(&self) -> &'static str;
    /// The version of its content. Who finds a version that it does not know reads the whole log.
    fn version(&self) -> u32;
    /// Writes its content.
    fn write(&self, out: &mut SectionWriter<'_>);
}

/// Who makes something of the records of a log while it is opened, and can go on from a snapshot.
pub trait Consumer<P = ()> {
    /// Goes on from a snapshot: the next record is the first behind it.
    ///
    /// # Errors
    /// [`Unfit`] if it cannot: it is then asked to [`restart`](Consumer::restart).
    fn resume(&mut self, from: &Snapshot) -> Result<(), Unfit>;

    /// Forgets what it made, if anything: the next record is the first of the log.
    fn restart(&mut self);

    /// Takes in the next record.
    fn take(&mut self, record: &VerifiedRecord<'_>, prepared: P);
}

/// The hash that a section has in a snapshot: two are equal if they say the same.
pub fn content_hash(section: &dyn Section) -> Hash {
    let mut out = SectionWriter::new(None, 0);
    section.write(&mut out);
    out.hash()
}

/// Why a snapshot is of no use here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it {0}")]
pub struct Unfit(pub &'static str);

/// A consumer that wants every record, from the first one on.
pub(crate) struct EveryRecord<V>(pub(crate) V);

/// A consumer that wants none.
#[cfg(feature = "sled")]
pub(crate) struct NoRecord;

impl<P, V: FnMut(&VerifiedRecord<'_>, P)> Consumer<P> for EveryRecord<V> {
    fn resume(&mut self, _: &Snapshot) -> Result<(), Unfit> {
        Err(Unfit("does not hold every record, which is asked for"))
    }

    fn restart(&mut self) {}

    fn take(&mut self, record: &VerifiedRecord<'_>, prepared: P) {
        (self.0)(record, prepared);
    }
}

#[cfg(feature = "sled")]
impl<P> Consumer<P> for NoRecord {
    fn resume(&mut self, _: &Snapshot) -> Result<(), Unfit> {
        Ok(())
    }

    fn restart(&mut self) {}

    fn take(&mut self, _: &VerifiedRecord<'_>, _: P) {}
}
