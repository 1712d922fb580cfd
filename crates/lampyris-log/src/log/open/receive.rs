//! Taking in the records of another copy of a log: the same sequences, the same bytes, the same root.
//! Nothing is served before all of it is here and verified; what was cut short is begun anew.

use super::directory::shared;
use crate::block_on::block_on;
use crate::checkpoints::Kind;
use crate::corrupt::Corrupt;
use crate::directory::{CHECKPOINTS, Directory, Survey};
use crate::error::{Hex, OpenError, ReadError, Unavailable};
use crate::frame::{FrameWriter, HEADER_BYTES};
use crate::limits::{FRAME_BYTES, MAX_APPEND_BYTES, MAX_FRAME_BYTES};
use crate::merkle::{Hash, Head};
use crate::options::{Access, Options};
use crate::record::{Malformed, RecordRef};
use crate::shard::{SealedFrame, ShardLog, SledShard};
use crate::snapshot::NoRecord;
use crate::verify::Verifier;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

/// A log that is being taken in, record by record.
#[derive(Debug)]
pub struct Receiver {
    directory: Directory,
    shard: SledShard,
    verifier: Verifier,
    writer: FrameWriter,
    /// Whole appends, each record with its length in front, and how many records.
    raw: Vec<u8>,
    count: u32,
    /// The append that is coming in.
    pending: Vec<u8>,
    pending_count: u32,
    sealed: Vec<SealedFrame>,
    sealed_bytes: usize,
}

/// Why a record, or a whole log, was not taken in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// The bytes are no record.
    #[error("record {sequence}: {source}")]
    Malformed {
        /// The sequence that the record would have.
        sequence: u64,
        /// What is wrong with it.
        source: Malformed,
    },
    /// The record is another one than the next.
    #[error("record {found} where record {expected} was expected")]
    OutOfOrder {
        /// The sequence of the next record.
        expected: u64,
        /// The sequence in the record.
        found: u64,
    },
    /// The record breaks a rule of the log.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
    /// Record 0 is of another log.
    #[error("record 0 is not of log {}", Hex(wanted))]
    OtherLog {
        /// The log that was to be taken in.
        wanted: [u8; 16],
    },
    /// The records end in the middle of an append.
    #[error("the records end after {size} of them, in the middle of an append")]
    CutShort {
        /// How many whole ones there are.
        size: u64,
    },
    /// The records are others than the head says.
    #[error("{} records with root {} were taken in, {} with root {} are the log", found.size, found.root, wanted.size, wanted.root)]
    OtherHead {
        /// What was taken in.
        found: Head,
        /// What the log is.
        wanted: Head,
    },
    /// The directory cannot be used, or the machine cannot do it now.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl From<Unavailable> for ReceiveError {
    fn from(error: Unavailable) -> Self {
        OpenError::from(error).into()
    }
}

impl From<ReadError> for ReceiveError {
    fn from(error: ReadError) -> Self {
        OpenError::from(error).into()
    }
}

impl Receiver {
    /// Begins in a directory that is empty or missing, or anew in one where this was cut short before.
    ///
    /// # Errors
    /// [`OpenError::LogThere`] if there is a log; see there for the rest.
    pub fn begin(
        directory: impl AsRef<Path>,
        options: &Options,
        log_id: [u8; 16],
    ) -> Result<Receiver, ReceiveError> {
        let directory = Directory::new(directory.as_ref(), Arc::clone(&options.disk));
        match directory.survey() {
            Ok(Survey::Vacant) | Err(OpenError::ImportCutShort { .. }) => {}
            Ok(Survey::Finished | Survey::CutShort) => {
                return Err(OpenError::LogThere { path: directory.path }.into());
            }
            Err(error) => return Err(error.into()),
        }
        directory.begin_import()?;
        let lock = directory.lock()?;
        directory.clear()?;
        directory.remove(CHECKPOINTS)?;
        let shard = SledShard::create(&directory, lock, log_id)?;
        let empty = Head { size: 0, root: Hash::of(&[]) };
        block_on(shard.fence(empty)).map_err(ReadError::from)?;
        Ok(Receiver {
            directory,
            shard,
            verifier: Verifier::new(),
            writer: FrameWriter::new(),
            raw: Vec::new(),
            count: 0,
            pending: Vec::new(),
            pending_count: 0,
            sealed: Vec::new(),
            sealed_bytes: 0,
        })
    }

    /// The sequence of the next record.
    pub fn next(&self) -> u64 {
        let open = u64::from(self.count + self.pending_count);
        self.verifier.size() + open
    }

    /// Takes the next record, by its exact bytes.
    ///
    /// # Errors
    /// [`ReceiveError`] names the record that breaks a rule; after one the receiver is of no further use.
    pub fn record(&mut self, bytes: &[u8]) -> Result<(), ReceiveError> {
        let expected = self.next();
        let record = RecordRef::decode(bytes)
            .map_err(|source| ReceiveError::Malformed { sequence: expected, source })?;
        if record.sequence != expected {
            return Err(ReceiveError::OutOfOrder { expected, found: record.sequence });
        }
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.pending.extend_from_slice(&length.to_be_bytes());
        self.pending.extend_from_slice(bytes);
        self.pending_count += 1;
        if record.append_index.saturating_add(1) < record.append_count
            && self.pending.len() <= MAX_FRAME_BYTES * 8
        {
            return Ok(());
        }
        if !self.raw.is_empty()
            && self.raw.len() + self.pending.len() > MAX_FRAME_BYTES - HEADER_BYTES
        {
            self.seal()?;
        }
        self.raw.append(&mut self.pending);
        self.count += std::mem::take(&mut self.pending_count);
        if self.raw.len() >= FRAME_BYTES { self.seal() } else { Ok(()) }
    }

    /// Makes the directory a log, once all of it is here and verified: of this end, with these entries of the file of
    /// checkpoints.
    ///
    /// # Errors
    /// [`ReceiveError`] if it is another log than that; the directory is then no log.
    pub fn finish(
        mut self,
        wanted: Head,
        checkpoints: &[(Kind, String)],
        options: &Options,
    ) -> Result<(), ReceiveError> {
        if self.pending_count > 0 {
            return Err(ReceiveError::CutShort {
                size: self.verifier.size() + u64::from(self.count),
            });
        }
        self.seal()?;
        self.flush()?;
        let found = self.verifier.head();
        if found != wanted {
            return Err(ReceiveError::OtherHead { found, wanted });
        }
        let Receiver { directory, shard, .. } = self;
        directory.write_checkpoints(&crate::checkpoints::file_of(checkpoints))?;
        // The store and the archive have all of it once it is closed.
        drop(shard);
        let reading = Options { access: Access::Reader, create: None, ..options.clone() };
        shared(&directory, &reading, |_| (), &mut NoRecord)?;
        directory.end_import()?;
        Ok(())
    }

    fn seal(&mut self) -> Result<(), ReceiveError> {
        if self.count == 0 {
            return Ok(());
        }
        let Head { size, root } = self.verifier.head();
        let frame = self.writer.seal(size, self.count, root, &self.raw);
        let (ControlFlow::Continue(()) | ControlFlow::Break(())) =
            self.verifier.frame(size, &frame, |_| ControlFlow::Continue(()))?;
        let wanted = self.shard.log_id();
        if self.verifier.identity().is_none_or(|identity| identity.log_id != wanted) {
            return Err(ReceiveError::OtherLog { wanted });
        }
        if self.sealed_bytes + frame.len() > MAX_APPEND_BYTES {
            self.flush()?;
        }
        self.sealed_bytes += frame.len();
        let (bytes, after) = (frame.into(), self.verifier.head());
        self.sealed.push(SealedFrame { first_sequence: size, bytes, after });
        self.raw.clear();
        self.count = 0;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ReceiveError> {
        block_on(self.shard.append(&self.sealed)).map_err(ReadError::from)?;
        self.sealed.clear();
        self.sealed_bytes = 0;
        Ok(())
    }
}
