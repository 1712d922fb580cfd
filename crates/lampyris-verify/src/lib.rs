//! Whether a bundle proves the history of a message: signatures, proofs, and every step judged by the table.
//! It opens no file, needs no store and no network, and never says that nothing newer was withheld.
//!
//! Reading order: [`verify`], [`Verdict`] (what a bundle says once it is believed), [`stream`] (how records of the log
//! are those of a message).
#![forbid(unsafe_code)]
#![warn(clippy::wildcard_enum_match_arm)]

mod refused;
pub mod stream;
mod verdict;
mod walk;

pub use refused::{Broken, Fault, Rule};
pub use verdict::{Element, History, NOT_SHOWN, Step, Verdict};

use lampyris_evidence::bundle::{Bundle, Malformed};
use lampyris_evidence::policy::Policy;
use walk::Walk;

/// A bundle that is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no bundle.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It is one, and does not show what it should.
    #[error(transparent)]
    Failed(#[from] Broken),
}

/// Checks a bundle against the keys that the reader trusts, and says what it shows.
///
/// In this order: the form of the document; who signed and cosigned its checkpoint; that each record stands in that
/// checkpoint's tree at its own sequence; that record 0 is shown; that each stream is shown from its beginning without
/// a gap; that the rules are known, each event is in its own spelling, its hashes are right, and the table allows each
/// step; that each recovery that is shown is of the log's own tree; that the log names itself as the checkpoint does,
/// by record 0 or by the last recovery.
///
/// # Errors
/// [`Refused`], naming the first member or record that does not hold, and why.
pub fn verify(json: &[u8], policy: &Policy) -> Result<Verdict, Refused> {
    let bundle = Bundle::parse(json)?;
    let proven = bundle.check(policy).map_err(Broken::from)?;
    let said = proven.checkpoint.checkpoint();
    let trees = [&[said.head], proven.old.as_slice()].concat();
    let mut walk = Walk::new(&said.origin, &trees);
    for (index, leaf) in &proven.leaves {
        let taken = walk.take(*index, leaf);
        taken.map_err(|rule| Broken::from(Fault { index: *index, rule }))?;
    }
    let walked = walk.end().map_err(Broken::from)?;
    Ok(Verdict {
        origin: said.origin.clone(),
        log_id: walked.log_id,
        recovered: walked.recovered,
        head: said.head,
        witnessed: proven.witnessed,
        old: proven.old,
        records: proven.leaves.len() as u64,
        messages: walked.messages,
        elements: walked.elements,
    })
}
