//! A durable, tamper-evident log of events: records in frames on sled, one Merkle chain over all of them.
//! It never looks into an event, never rewrites a record, and never acknowledges what a power cut could take back.
//!
//! ```
//! use lampyris_log::{Append, Log, NewEvent, Options, Rules, StreamName};
//!
//! # let scratch = tempfile::tempdir()?;
//! # let directory = scratch.path().join("data");
//! let rules = Rules { version: 1, hash: [0; 32] };
//! let log = Log::open(&directory, &Options::writer(rules).create(*b"a drawn log id!!"))?;
//!
//! let event = NewEvent {
//!     stream: StreamName::new("message", *b"a message's uuid"),
//!     name: "submitted".into(),
//!     version: 1,
//!     content: b"opaque to the log".to_vec(),
//! };
//! let append = Append::new(*b"a drawn append..", "default", "submit", "did:firefly:org/acme").event(event);
//! let appended = log.append_blocking(append)?; // durable from here on
//!
//! assert_eq!(appended.sequences, 1..2); // record 0 says which log this is
//! let history = log.stream_history("default", "message", b"a message's uuid")?;
//! assert_eq!(history[0].content, b"opaque to the log");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Reading order: [`record`](Record) (what is stored), [`frame`] (how it is packed), [`Verifier`] (what must hold),
//! [`Log`] (opening, appending, reading), [`shard`] (where it is kept), [`directory`], [`journal`] and [`archive`] (what a data
//! directory holds), [`backup`] (a copy of it), [`cursors`] (where consumers stand), [`checkpoints`] (signed heads), [`key_file`] (who signs them)
//! and [`snapshot`] (how a log is opened without reading all of it).
//! The bytes are described in `docs/format.md` and `docs/record.cddl`, the bounds in [`limits`].

#![forbid(unsafe_code)]

mod append;
#[cfg(feature = "sled")]
pub mod archive;
#[cfg(feature = "sled")]
pub mod backup;
mod block_on;
pub mod checkpoints;
mod chunks;
mod claims_index;
mod clock;
mod committer;
mod corrupt;
pub mod cursors;
mod data_store;
#[cfg(feature = "sled")]
pub mod directory;
mod disk;
mod error;
mod filter;
pub mod frame;
#[cfg(feature = "sled")]
mod guard;
mod index;
#[cfg(feature = "sled")]
pub mod journal;
pub mod key_file;
pub mod limits;
mod log;
mod options;
mod parted_table;
mod pass;
mod recent;
mod request;
mod sequencer;
pub mod shard;
#[cfg(feature = "sled")]
mod sled_store;
pub mod snapshot;
mod speculation;
mod tile_directory;
mod tree;
mod verify;

use lampyris_evidence::{identity, merkle, record};

pub use lampyris_evidence::checkpoint::SignedCheckpoint;
pub use lampyris_evidence::key::{SigningKey, VerifierKey};

pub use append::{Append, Appended, Expected, NewEvent};
pub use block_on::block_on;
pub use checkpoints::{Cadence, CheckpointError, Checkpointer};
pub use clock::{Clock, SystemClock};
pub use corrupt::{At, Corrupt, Rule};
pub use cursors::{Cursor, CursorError, Standing};
pub use data_store::{Collected, DataError, DataStore, Object, ObjectReader, Put, Ticket};
pub use disk::{Disk, DiskFile, StdDisk};
pub use error::{AppendError, Broken, OpenError, ReadError, Refused, Unavailable};
pub use filter::Filter;
#[cfg(feature = "sled")]
pub use guard::{is_guarded_panic, is_sled_source};
pub use identity::{
    Identity, LAYOUT, LOG_KIND, NotOwn, OPENED, OwnEvent, RECOVERED, RULES, Recovered, Rules,
};
pub use index::{StreamOrdinal, Streams, Tail};
pub use log::{AppendFuture, Follower, Log, Reverify, Room, Scan, StoredCheckpoints};
#[cfg(feature = "sled")]
pub use log::{Mended, ReceiveError, Receiver, Upgraded};
pub use merkle::{Frontier, Hash, Head};
pub use options::{Observer, Options, Verify};
pub use record::{
    Claim, ClaimRef, Claims, ClaimsIter, FIELDS, Malformed, MalformedRule, RECORD_FORMAT, Record,
    RecordRef, StreamName,
};
#[cfg(feature = "sled")]
pub use shard::SledShard;
pub use shard::{MemoryShard, ShardError, ShardLog};
#[cfg(feature = "sled")]
pub use sled_store::TREE;
pub use tile_directory::{ExportError, Exported};
pub use tree::{TILE_BYTES, TILE_HASHES, TILE_HEIGHT};
pub use verify::{Chain, VerifiedRecord, Verifier};
