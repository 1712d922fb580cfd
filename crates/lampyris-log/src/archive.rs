//! The archive: every frame that the store holds, once more, in plain files that anyone may read without a lock.
//! It is only appended to, holds nothing that was not acknowledged, and says nothing that the store does not say.
//!
//! The files are split by a rule that looks at the frames alone, so two archives of one log are the same bytes as far
//! as both go: a copy is brought up to date by copying what is behind its end.

mod file;
mod files;
mod walk;
mod writer;

pub use file::{FILE_BYTES, FORMAT, HEADER_BYTES, LENGTH_BYTES, MAGIC, file_name};
pub(crate) use files::Files;
pub(crate) use writer::Writer;
