//! The open messages of the engine's namespace as a section of snapshots.
//!
//! The decider is ahead of what is durable. A message that it knows more of than the snapshot does is only named: its
//! history is read when the engine is opened.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use lampyris_log::snapshot::{Section, SectionReader, SectionWriter, Snapshot, Unfit};
use lampyris_message::MessageId;
use lampyris_message::lifecycle::State;
use lampyris_projection::stored::read_message;
use parking_lot::Mutex;

use crate::decider::Decider;
use crate::known::{Known, stored};

/// The name of the section.
pub(crate) const OPEN: &str = "open";
const OPEN_VERSION: u32 = 1;

/// How many messages are copied while the decider waits.
const AT_ONCE: usize = 1024;

const END: u8 = 0;
const MESSAGE: u8 = 1;
const NAME: u8 = 2;

/// The open messages, once they are written: as they were when the log had so many records.
pub(crate) struct OpenMessages {
    pub(crate) namespace: Arc<str>,
    pub(crate) decider: Arc<Mutex<Decider>>,
    pub(crate) size: u64,
}

/// What a snapshot tells of open messages.
#[derive(Debug, Default)]
pub(crate) struct StoredMessages {
    pub(crate) known: HashMap<MessageId, Known>,
    /// Those whose history must be read.
    pub(crate) named: HashSet<MessageId>,
}

impl Section for OpenMessages {
    fn name(&self) -> &'static str {
        OPEN
    }

    fn version(&self) -> u32 {
        OPEN_VERSION
    }

    fn write(&self, out: &mut SectionWriter<'_>) {
        out.text(&self.namespace);
        // One that is forgotten by the time it is looked at was ended since, and so by records behind the snapshot.
        let ids = self.decider.lock().ids();
        for ids in ids.chunks(AT_ONCE) {
            let known: Vec<(MessageId, Known)> = {
                let decider = self.decider.lock();
                ids.iter().filter_map(|id| Some((*id, decider.known(*id)?.clone()))).collect()
            };
            for (id, known) in known {
                match &known.state {
                    _ if known.last >= self.size => {
                        out.u8(NAME);
                        out.raw(id.as_bytes());
                    }
                    State::Known(facts) if known.is_open() => {
                        out.u8(MESSAGE);
                        stored::write(out, &known, facts);
                    }
                    State::Known(_) | State::Absent | State::Imported(_) => {}
                }
            }
        }
        out.u8(END);
    }
}

impl StoredMessages {
    /// The open messages of this namespace that a snapshot holds.
    ///
    /// # Errors
    /// [`Unfit`] if it holds none, or those of another namespace.
    pub(crate) fn read(snapshot: &Snapshot, namespace: &str) -> Result<Self, Unfit> {
        let bytes = snapshot.section(OPEN, OPEN_VERSION)?;
        let (from, mut found) = (&mut SectionReader::new(&bytes), Self::default());
        if from.text()? != namespace {
            return Err(Unfit("holds the open messages of another namespace"));
        }
        loop {
            match from.u8()? {
                END => break,
                MESSAGE => {
                    let (id, known) = stored::read(from)?;
                    if !known.is_open() || known.last >= snapshot.head().size {
                        return Err(Unfit("holds a message that is not open"));
                    }
                    found.known.insert(id, known);
                }
                NAME => drop(found.named.insert(read_message(from)?)),
                _ => return Err(Unfit("holds what this program does not know")),
            }
        }
        from.end()?;
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
