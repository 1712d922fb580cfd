//! Messages as they come in: files cut into JSON values, and values read as verified messages.
//!
//! Nothing is kept here; a value that is no good message gets a reason.

mod split;
mod unfit;

pub(crate) use split::{Split, SplitError, Values};
pub(crate) use unfit::{Unfit, read};
