//! The engine one embeds: FireFly messages, decided by one table and kept in a durable log.
//!
//! ```no_run
//! use lampyris::{Lampyris, Outcome, Submission, block_on};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let engine = Lampyris::open("./lampyris-data")?;
//!     let order = Submission::broadcast("did:firefly:org/acme", "0x9f3b").topic("orders").build()?;
//!     match block_on(engine.stage(order))? {
//!         Outcome::Accepted(it) => println!("{} is {}, durable at {}", it.id, it.state, it.position),
//!         Outcome::Refused(it) => println!("{it}"),
//!     }
//!     Ok(())
//! }
//! ```
//!
//! In a program with a runtime, await the same calls; any runtime does. [`block_on`] is for programs without one.
//!
//! Every request is answered once all that the answer stands on is durable: accepted, with what was appended, or
//! refused, with the state that was met and what would have been accepted. The same report twice is accepted twice
//! and appended once. What a request says about a message is judged by one table, in the order of the requests, and
//! by what will be once all that is queued is durable: nothing is read, changed and tried again.
//!
//! Read in this order: [`Lampyris`], [`request`], [`outcome`], [`submission`]; then [`Work`] for starting again,
//! [`Subscription`] and [`Cursor`] for following, [`Builder`] for clocks, ids and stores, [`stream`] for requests as lines of JSON.
//! The crates beneath are here as [`message`], [`log`] and [`projection`]: this one is all that needs to be named in
//! a manifest.

#![forbid(unsafe_code)]
#![warn(clippy::wildcard_enum_match_arm)]

mod background;
mod builder;
mod data;
mod decider;
mod elements;
mod engine;
mod erasure;
mod error;
mod feed;
mod ids;
mod known;
mod lampyris;
mod open_messages;
mod opening;
pub mod outcome;
mod pending;
mod prepared;
mod reading;
mod rebuilding;
pub mod request;
mod retention;
#[cfg(test)]
mod scratch;
pub mod stream;
pub mod submission;
mod subscription;
mod work;

pub use lampyris_log as log;
pub use lampyris_log::{Cursor, CursorError, Filter, block_on};
pub use lampyris_message as message;
pub use lampyris_message::{
    BatchId, DataHash, DataId, GroupHash, Message, MessageHash, MessageId, MessageState, Pin,
    SealedMessage, Timestamp, TransactionId,
};
pub use lampyris_projection as projection;
pub use lampyris_projection::{View, query};

pub use builder::Builder;
pub use data::DataAccepted;
pub use erasure::{ElementName, Erased, finish_erasures};
pub use error::{EngineOpenError, Error};
pub use ids::{IdSource, RandomIds};
pub use lampyris::Lampyris;
pub use outcome::{Accepted, Outcome, Refused};
pub use pending::Pending;
pub use reading::{Answer, Entry};
pub use request::{
    Arrival, Cancellation, Confirmation, Evidence, LedgerPin, Rejection, Request, Seal,
};
pub use retention::{Retained, RetentionRule};
pub use submission::{Draft, InvalidSubmission, NEW_ELEMENTS, Submission};
pub use subscription::{Buffered, Subscription};
pub use work::{Task, Work};
