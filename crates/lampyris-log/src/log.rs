//! The log: appends that are durable when they return, and reads of what is durable.
//! It never shows a record that a crash could still take back.

mod open;
mod read;

pub use read::Scan;

use crate::append::{Append, Appended};
use crate::clock::Clock;
use crate::committer::Committer;
use crate::disk::DiskFile;
use crate::error::{AppendError, Refused, Unavailable};
use crate::identity::{Identity, Rules};
use crate::index::{Streams, Tail};
use crate::merkle::Head;
use crate::record::RecordRef;
use crate::sequencer::{Group, Sequencer, raw_records};
use crate::sled_store::SledStore;
use parking_lot::{Mutex, RwLock};
use std::sync::Arc;

/// An open log. Share it by reference or in an `Arc`; appends are taken one group at a time.
#[derive(Debug)]
pub struct Log {
    // Invariant: the store is dropped before the lock is.
    store: SledStore,
    writer: Option<Mutex<Writer>>,
    durable: RwLock<Durable>,
    clock: Arc<dyn Clock>,
    _lock: Box<dyn DiskFile>,
}

#[derive(Debug)]
struct Writer {
    sequencer: Sequencer,
    committer: Committer,
}

/// What readers may see.
#[derive(Debug)]
struct Durable {
    head: Head,
    identity: Identity,
    streams: Streams,
}

impl Log {
    /// Keeps an append and returns once it is durable.
    ///
    /// # Errors
    /// [`AppendError::Refused`] leaves the log as it was. After any other error the append may or may not be
    /// found when the log is opened again, and until then every append fails.
    pub fn append(&self, append: &Append) -> Result<Appended, AppendError> {
        match self.append_group(std::slice::from_ref(append)).pop() {
            Some(result) => result,
            None => unreachable!("one append has one result"),
        }
    }

    /// Keeps many appends with one sync, in order, in as few frames as the limits allow.
    /// A refused append does not harm its neighbours; there is one result each, in order.
    pub fn append_group(&self, appends: &[Append]) -> Vec<Result<Appended, AppendError>> {
        let Some(writer) = &self.writer else {
            return appends.iter().map(|_| Err(Refused::ReadOnly.into())).collect();
        };
        let checked: Vec<_> = appends.iter().map(Append::check).collect();
        let mut writer = writer.lock();
        let mut results: Vec<Result<Appended, AppendError>> = Vec::with_capacity(appends.len());
        for (append, checked) in appends.iter().zip(checked) {
            let staged = match (checked, writer.committer.check()) {
                (Err(refused), _) => Err(refused.into()),
                (Ok(()), Err(poisoned)) => Err(poisoned.into()),
                (Ok(()), Ok(())) => self.stage(&mut writer, append).map_err(AppendError::from),
            };
            results.push(staged);
        }
        if let Err(error) = self.commit(&mut writer) {
            let mut error = Some(error);
            for result in results.iter_mut().filter(|result| result.is_ok()) {
                let next = || writer.committer.check().err().map(AppendError::from);
                if let Some(error) = error.take().or_else(next) {
                    *result = Err(error);
                }
            }
        }
        results
    }

    /// Size and root of what is durable.
    pub fn head(&self) -> Head {
        self.durable.read().head
    }

    /// The log's id.
    pub fn log_id(&self) -> [u8; 16] {
        self.durable.read().identity.log_id
    }

    /// The log's name in checkpoints.
    pub fn origin(&self) -> String {
        self.durable.read().identity.origin.clone()
    }

    /// The rules in force at the end of the log.
    pub fn rules(&self) -> Rules {
        self.durable.read().identity.rules
    }

    /// Where a stream ends, if it has any record.
    pub fn tail(&self, namespace: &str, kind: &str, id: &[u8]) -> Option<Tail> {
        self.durable.read().streams.tail(namespace, kind, id)
    }

    /// Number of streams, the log's own included.
    pub fn stream_count(&self) -> usize {
        self.durable.read().streams.len()
    }

    fn stage(&self, writer: &mut Writer, append: &Append) -> Result<Appended, Refused> {
        let now = self.clock.now_ns();
        writer.sequencer.stage(append, &self.durable.read().streams, now)
    }

    /// Makes what is staged durable, then visible.
    fn commit(&self, writer: &mut Writer) -> Result<(), AppendError> {
        if writer.sequencer.is_empty() {
            return Ok(());
        }
        let mut group = writer.sequencer.seal();
        writer.committer.commit(&self.store, &mut group)?;
        self.show(&group).map_err(|cause| {
            writer.committer.poison(cause);
            writer
                .committer
                .check()
                .err()
                .unwrap_or(Unavailable::Poisoned { durable: group.head.size, cause: String::new() })
        })?;
        Ok(())
    }

    /// Takes durable records into the index by the same path as opening does.
    fn show(&self, group: &Group) -> Result<(), String> {
        let mut durable = self.durable.write();
        for bytes in raw_records(&group.raw) {
            let record = RecordRef::decode(bytes).map_err(|malformed| malformed.to_string())?;
            durable.streams.observe(&record).map_err(|rule| rule.to_string())?;
        }
        durable.head = group.head;
        Ok(())
    }
}
