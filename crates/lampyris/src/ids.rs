//! Where ids come from: those of messages that have none, and those of appends.
//! Nothing else in the engine is random.

use std::fmt::Debug;

use uuid::Uuid;

/// Draws ids; no two may be the same.
pub trait IdSource: Debug + Send + Sync {
    /// The sixteen bytes of a new id.
    fn draw(&self) -> [u8; 16];
}

/// Random ids (UUID version 4), from the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "this is the place where ids come in")]
    fn draw(&self) -> [u8; 16] {
        *Uuid::new_v4().as_bytes()
    }
}
