//! Messages.
pub mod hash;
pub mod id;
