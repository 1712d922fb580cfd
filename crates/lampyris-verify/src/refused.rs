//! Why a bundle is not believed.
//! Each reason names the member or the record, and the rule that it breaks.

use lampyris_evidence::bundle::Failed;
use lampyris_evidence::identity::NotOwn;
use lampyris_evidence::record::Malformed;
use lampyris_message::judge;

/// Why a bundle does not show what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// A signature or a proof does not hold.
    #[error(transparent)]
    Bundle(#[from] Failed),
    /// A record is proven to be in the log, and may not stand there.
    #[error(transparent)]
    Record(#[from] Fault),
}

/// A record that may not stand where it does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {index}: {rule}")]
pub struct Fault {
    /// Where it stands in the log.
    pub index: u64,
    /// What is wrong with it.
    pub rule: Rule,
}

/// What a record has to keep.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    /// The bytes are no record.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Record 0 says which log it is.
    #[error("it is not shown, and says which log this is")]
    NotShown,
    /// A record stands at its own sequence.
    #[error("it says of itself that it is record {found}")]
    Sequence {
        /// The sequence in the record.
        found: u64,
    },
    /// The log has another name than the checkpoint.
    #[error("the log names itself {found}, the checkpoint names it {expected}")]
    Origin {
        /// The checkpoint's origin.
        expected: String,
        /// That of record 0, or of the last recovery that is shown.
        found: String,
    },
    /// What was recovered is shown to be the log's.
    #[error("nothing shows that the tree of {size} records that were recovered is the log's")]
    TreeNotShown {
        /// How many there were.
        size: u64,
    },
    /// The log's own stream holds only what the log says of itself.
    #[error(transparent)]
    Own(#[from] NotOwn),
    /// Time never runs back.
    #[error("its time is before that of record {before}")]
    Time {
        /// The record before.
        before: u64,
    },
    /// Records of one append stand together.
    #[error("its append does not fit that of record {before}")]
    Append {
        /// The record before.
        before: u64,
    },
    /// A stream is shown from its beginning and without a gap.
    #[error("it has version {found} in its stream where {expected} comes next")]
    Version {
        /// The version that comes next.
        expected: u64,
        /// The version in the record.
        found: u64,
    },
    /// A record names the one before it in its stream.
    #[error("the record before it in its stream is {}, not {}", shown(*expected), shown(*found))]
    Previous {
        /// Its sequence; nothing if there is none.
        expected: Option<u64>,
        /// What the record says.
        found: Option<u64>,
    },
    /// Only streams of messages and of data elements are judged.
    #[error("streams of kind '{kind}' are not known to this program")]
    Kind {
        /// The kind.
        kind: String,
    },
    /// The judge does not allow it.
    #[error(transparent)]
    Judged(#[from] judge::Fault),
}

fn shown(sequence: Option<u64>) -> String {
    sequence.map_or_else(|| "none".to_owned(), |sequence| sequence.to_string())
}
