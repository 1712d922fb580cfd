//! The engine one embeds: FireFly messages, decided by one table and kept in a durable log.
//!
//! ```
//! use lampyris::{Lampyris, Outcome, Submission};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! # let dir = dir.path();
//! let engine = Lampyris::open(dir)?;
//! let order = Submission::broadcast("did:firefly:org/acme", "0x9f3b").topic("orders").build()?;
//! match engine.stage(order).await? {
//!     Outcome::Accepted(it) => println!("{} is {}, durable at {}", it.id, it.state, it.position),
//!     Outcome::Refused(it) => println!("{it}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Every request is answered once all that the answer stands on is durable: accepted, with what was appended, or
//! refused, with the state that was met and what would have been accepted. The same report twice is accepted twice
//! and appended once. What a request says about a message is judged by one table, in the order of the requests, and
//! by what will be once all that is queued is durable: nothing is read, changed and tried again.
//!
//! Read in this order: [`Lampyris`], [`request`], [`outcome`], [`submission`]; then [`Work`] for starting again,
//! [`Subscription`] for following, [`Builder`] for clocks, ids and stores, [`stream`] for requests as lines of JSON.

#![forbid(unsafe_code)]
#![warn(clippy::wildcard_enum_match_arm)]

mod builder;
mod decider;
mod engine;
mod error;
mod feed;
mod ids;
mod known;
mod lampyris;
pub mod outcome;
mod pending;
mod prepared;
mod reading;
pub mod request;
pub mod stream;
pub mod submission;
mod subscription;
mod work;

pub use builder::Builder;
pub use error::{EngineOpenError, Error};
pub use ids::{IdSource, RandomIds};
pub use lampyris::Lampyris;
pub use outcome::{Accepted, Outcome, Refused};
pub use pending::Pending;
pub use reading::{Entry, Page};
pub use request::{
    Arrival, Cancellation, Confirmation, Evidence, LedgerPin, Rejection, Request, Seal,
};
pub use submission::{Draft, InvalidSubmission, Submission};
pub use subscription::Subscription;
pub use work::{Task, Work};
