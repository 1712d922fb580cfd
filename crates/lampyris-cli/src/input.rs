//! Input as it comes in: where from, files cut into JSON values or lines, and values read as messages.
//!
//! Nothing is kept here; a value that is no good message gets a reason.

mod lines;
mod source;
mod split;
mod unfit;

pub(crate) use lines::{Line, read_ahead};
pub(crate) use source::Source;
pub(crate) use split::{Split, SplitError, Values};
pub(crate) use unfit::{Unfit, read};
