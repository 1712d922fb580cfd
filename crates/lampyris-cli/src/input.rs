//! Messages as they come in: files cut into JSON values, and values read as verified messages.
//!
//! Nothing is kept here; a value that is no good message gets a reason.

mod message;
mod split;

pub(crate) use message::{Incoming, Unfit, read};
pub(crate) use split::{Split, SplitError, Values};
