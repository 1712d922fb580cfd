//! Who a log says it is: its name, its rules, and what became of it, from the events of its own stream.
//! This file never draws an id: the caller brings it.

mod own;
mod recovered;

pub use own::{NotOwn, OPENED, OwnEvent, RECOVERED, RULES};
pub use recovered::{Recovered, origin_at};

use crate::record::RecordRef;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// Kind of the log's own stream.
pub const LOG_KIND: &str = "log";

/// The layout of a data directory that is written now: what a log says in record 0 that is created now.
pub const LAYOUT: u64 = 2;

/// Which rules a program judges by; the log stores them and never looks behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Version: a larger one is newer.
    pub version: u32,
    /// Hash of the rules: one version has one hash.
    pub hash: [u8; 32],
}

/// Who a log is and which rules are in force at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The log's id, drawn once by who created it.
    pub log_id: [u8; 16],
    /// The log's name in checkpoints.
    pub origin: String,
    /// The rules in force.
    pub rules: Rules,
    /// The layout of the data directory that the log was created in.
    pub layout: u64,
    /// How often the log was recovered from a copy, oldest first; record 0 knows of none.
    pub recoveries: Vec<Recovered>,
}

impl Identity {
    /// The origin of a log that was given none.
    pub fn default_origin(log_id: [u8; 16]) -> String {
        let mut origin = "lampyris.local/".to_owned();
        for (index, byte) in log_id.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                origin.push('-');
            }
            origin.push(hex_digit(byte >> 4));
            origin.push(hex_digit(byte & 0xf));
        }
        origin
    }

    /// The log's name in a checkpoint of so many records.
    pub fn origin_at(&self, size: u64) -> &str {
        origin_at(&self.origin, &self.recoveries, size)
    }

    /// Takes in the next record of a log: who the log is, once record 0 said it, which rules are in force, and what
    /// its name is. Returns the event, if it is one of the log's own.
    ///
    /// Whether a [`Recovered`] names the right root is for the caller to check, who knows the tree:
    /// [`Recovered::check_tree`].
    ///
    /// # Errors
    /// [`NotOwn`] if the record may not stand there.
    pub fn observe(
        known: &mut Option<Identity>,
        record: &RecordRef<'_>,
    ) -> Result<Option<OwnEvent>, NotOwn> {
        if !record.namespace.is_empty() && known.is_some() {
            return Ok(None);
        }
        let event = OwnEvent::read(record)?;
        match (&event, known.as_mut()) {
            (OwnEvent::Opened(opened), None) if record.sequence == 0 => {
                *known = Some(opened.clone());
            }
            (OwnEvent::Rules(rules), Some(known)) if record.id == known.log_id => {
                known.rules = *rules;
            }
            (OwnEvent::Recovered(recovered), Some(known)) if record.id == known.log_id => {
                known.recover(recovered)?;
            }
            (OwnEvent::Rules(_) | OwnEvent::Opened(_) | OwnEvent::Recovered(_), Some(_) | None) => {
                return Err(NotOwn(
                    "the log's own stream holds `opened` first and nothing but `rules` and `recovered` later",
                ));
            }
        }
        Ok(Some(event))
    }

    /// Takes a name that the log never had.
    ///
    /// # Errors
    /// [`NotOwn`] if it had the new one, or does not have the old one.
    pub fn recover(&mut self, recovered: &Recovered) -> Result<(), NotOwn> {
        recovered.check(recovered.head.size)?;
        if recovered.old_origin != self.origin {
            return Err(NotOwn("the old origin of a `recovered` record is not the log's"));
        }
        if self.recoveries.iter().any(|before| before.old_origin == recovered.new_origin) {
            return Err(NotOwn("the new origin of a `recovered` record was the log's before"));
        }
        self.origin.clone_from(&recovered.new_origin);
        self.recoveries.push(recovered.clone());
        Ok(())
    }
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0')
}
