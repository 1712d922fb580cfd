//! What a bundle shows once it is believed.
//! Nothing here is more than its records say: see [`NOT_SHOWN`].

use lampyris_evidence::identity::{self, Recovered};
use lampyris_evidence::merkle::Head;
use lampyris_evidence::policy::Witnessed;
use lampyris_message::{DataId, MessageId, MessageState};

/// What no bundle of some records can show; to be said with every verdict.
pub const NOT_SHOWN: &str = "a newer record that was withheld is not excluded";

/// What a bundle shows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// The log's name.
    pub origin: String,
    /// The log's id, from its record 0.
    pub log_id: [u8; 16],
    /// How often the log was recovered from a copy, oldest first: what was acknowledged after the copy was made is
    /// lost, and checkpoints before bear another name.
    pub recovered: Vec<Recovered>,
    /// The checkpoint's size and root.
    pub head: Head,
    /// The policy's witnesses that cosigned the checkpoint, each with its time.
    pub witnessed: Vec<Witnessed>,
    /// Older trees that the log was shown to go on from.
    pub old: Vec<Head>,
    /// How many records are shown, those of the log's own stream among them.
    pub records: u64,
    /// The messages, in the order of their first records; none if the bundle is of other records alone.
    pub messages: Vec<History>,
    /// The data elements, likewise.
    pub elements: Vec<Element>,
}

impl Verdict {
    /// The log's name in a checkpoint of so many records.
    pub fn origin_at(&self, size: u64) -> &str {
        identity::origin_at(&self.origin, &self.recovered, size)
    }
}

/// A message's history, from its first record on and without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// The namespace that it is filed under.
    pub namespace: String,
    /// The message.
    pub id: MessageId,
    /// Its state after the last of these steps.
    pub state: MessageState,
    /// What was recorded of it.
    pub steps: Vec<Step>,
}

/// What was recorded of a data element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// The namespace that it is filed under.
    pub namespace: String,
    /// The element.
    pub id: DataId,
    /// What was recorded of it.
    pub steps: Vec<Step>,
}

/// One record of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where it stands in the log.
    pub sequence: u64,
    /// Nanoseconds since the Unix epoch, by the log's clock.
    pub time: i64,
    /// Position in the stream, from 0.
    pub version: u64,
    /// The command that caused it.
    pub command: String,
    /// Who asked for it.
    pub actor: String,
    /// The event's name.
    pub event: String,
}
