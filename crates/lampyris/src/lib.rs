//! The engine one embeds: FireFly messages, decided by one table and kept in a durable log.

#![forbid(unsafe_code)]
#![warn(clippy::wildcard_enum_match_arm)]

mod error;
pub mod outcome;
pub mod request;
pub mod stream;
pub mod submission;

pub use error::{EngineOpenError, Error};
pub use outcome::{Accepted, Outcome, Refused};
pub use request::{
    Arrival, Cancellation, Confirmation, Evidence, LedgerPin, Rejection, Request, Seal,
};
pub use submission::{Draft, InvalidSubmission, Submission};
