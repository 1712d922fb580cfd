//! What a witness signs of a checkpoint: that at a time it was the largest that the witness saw of that log, and
//! consistent with all before (<https://c2sp.org/tlog-cosignature>, `cosignature/v1`).
//! The time is the caller's: nothing here reads a clock, and no cosignature is too old.

use crate::checkpoint::SignedCheckpoint;
use crate::key::{VerifierKey, WitnessKey};
use crate::note::Signature;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

/// Latest time of a cosignature, in seconds since 1970: the specification's bound.
pub const MAX_TIME: u64 = i64::MAX.unsigned_abs();

/// A time that no cosignature may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cosignature is not later than {MAX_TIME} seconds after 1970, as {0} is")]
pub struct TooLate(pub u64);

impl WitnessKey {
    /// Signs a checkpoint at a time, in seconds since 1970. Whether it may be signed is for the caller to know.
    ///
    /// # Errors
    /// [`TooLate`] if the time is beyond [`MAX_TIME`].
    pub fn cosign(
        &self,
        checkpoint: &SignedCheckpoint,
        seconds: u64,
    ) -> Result<Signature, TooLate> {
        if seconds > MAX_TIME {
            return Err(TooLate(seconds));
        }
        let signature = self.sign_bytes(message(checkpoint.note().text(), seconds).as_bytes());
        let bytes = [seconds.to_be_bytes().as_slice(), &signature].concat();
        Ok(Signature { name: self.name().to_owned(), id: self.verifier().id(), bytes })
    }
}

/// The time of a witness's cosignature; nothing if it does not verify.
pub(crate) fn time(key: &VerifierKey, text: &str, bytes: &[u8]) -> Option<u64> {
    let (seconds, signature) = bytes.split_first_chunk()?;
    let seconds = u64::from_be_bytes(*seconds);
    let verifies = seconds <= MAX_TIME && key.signed(message(text, seconds).as_bytes(), signature);
    verifies.then_some(seconds)
}

fn message(text: &str, seconds: u64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}
