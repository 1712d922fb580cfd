//! Input as it comes in: where from, files cut into JSON values or lines, and what the values show.
//!
//! Nothing is kept here; a value that is no good message gets a reason.

mod each;
mod items;
mod lines;
mod source;
mod split;
mod unfit;

pub(crate) use each::{Where, each_value};
pub(crate) use items::{Shown, each_item};
pub(crate) use lines::{Line, read_ahead};
pub(crate) use source::Source;
use split::{Split, SplitError, Values};
pub(crate) use unfit::{Unfit, read};
