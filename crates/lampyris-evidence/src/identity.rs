//! Who a log says it is: the events of its own stream, `opened` and `rules`.
//! This file never draws an id: the caller brings it.

use crate::limits;
use crate::record::{RECORD_FORMAT, RecordRef};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use minicbor::{Decoder, Encoder, decode::Error};

/// Kind of the log's own stream.
pub const LOG_KIND: &str = "log";
/// Name of record 0.
pub const OPENED: &str = "opened";
/// Name of the record that says which rules hold from there on.
pub const RULES: &str = "rules";

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
}

/// An event of the log's own stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnEvent {
    /// The log begins.
    Opened(Identity),
    /// Other rules hold from the next record on.
    Rules(Rules),
}

/// A record that may not stand in the log's own stream, or an own event outside of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotOwn(pub &'static str);

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
}

impl Identity {
    /// Takes in the next record of a log: who the log is, once record 0 said it, and which rules are in force.
    ///
    /// # Errors
    /// [`NotOwn`] if the record may not stand there.
    pub fn observe(known: &mut Option<Identity>, record: &RecordRef<'_>) -> Result<(), NotOwn> {
        if !record.namespace.is_empty() && known.is_some() {
            return Ok(());
        }
        match (OwnEvent::read(record)?, known.as_mut()) {
            (OwnEvent::Opened(opened), None) if record.sequence == 0 => *known = Some(opened),
            (OwnEvent::Rules(rules), Some(known)) if record.id == known.log_id => {
                known.rules = rules;
            }
            (OwnEvent::Rules(_) | OwnEvent::Opened(_), Some(_) | None) => {
                return Err(NotOwn(
                    "the log's own stream holds `opened` first and nothing but `rules` later",
                ));
            }
        }
        Ok(())
    }
}

impl OwnEvent {
    /// Reads an event of the log's own stream.
    ///
    /// # Errors
    /// [`NotOwn`] if the record is not one.
    pub fn read(record: &RecordRef<'_>) -> Result<OwnEvent, NotOwn> {
        if !record.namespace.is_empty() || record.kind != LOG_KIND || record.event_version != 1 {
            return Err(NotOwn("the record does not belong to the log's own stream"));
        }
        let event = match record.event {
            OPENED => opened(record.content),
            RULES => changed_rules(record.content),
            _ => {
                return Err(NotOwn("the log's own stream knows only `opened` and `rules`"));
            }
        };
        let event = event.map_err(|_| NotOwn("an event of the log's own stream cannot be read"))?;
        let same_id = match &event {
            OwnEvent::Opened(identity) => record.id == identity.log_id,
            OwnEvent::Rules(_) => true,
        };
        if event.encode() == record.content && same_id {
            Ok(event)
        } else {
            Err(NotOwn("an event of the log's own stream has another spelling or id"))
        }
    }

    /// The event's name.
    pub fn name(&self) -> &'static str {
        match self {
            OwnEvent::Opened(_) => OPENED,
            OwnEvent::Rules(_) => RULES,
        }
    }

    /// The event's content.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut e = Encoder::new(&mut out);
        let written = match self {
            OwnEvent::Opened(identity) => (|| {
                e.array(6)?
                    .bytes(&identity.log_id)?
                    .str(&identity.origin)?
                    .u64(identity.layout)?
                    .u8(RECORD_FORMAT)?;
                e.u32(identity.rules.version)?.bytes(&identity.rules.hash)?.ok()
            })(),
            OwnEvent::Rules(rules) => {
                (|| e.array(2)?.u32(rules.version)?.bytes(&rules.hash)?.ok())()
            }
        };
        match written {
            Ok(()) => out,
            Err(_) => unreachable!("a vector takes every byte"),
        }
    }
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0')
}

fn opened(content: &[u8]) -> Result<OwnEvent, Error> {
    let mut d = Decoder::new(content);
    d.array()?;
    let log_id = fixed(d.bytes()?)?;
    let origin = d.str()?.to_owned();
    if !limits::ORIGIN.hold(origin.len()) {
        return Err(Error::message("the origin's length"));
    }
    let (layout, _record_format) = (d.u64()?, d.u8()?);
    let rules = Rules { version: d.u32()?, hash: fixed(d.bytes()?)? };
    Ok(OwnEvent::Opened(Identity { log_id, origin, rules, layout }))
}

fn changed_rules(content: &[u8]) -> Result<OwnEvent, Error> {
    let mut d = Decoder::new(content);
    d.array()?;
    Ok(OwnEvent::Rules(Rules { version: d.u32()?, hash: fixed(d.bytes()?)? }))
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Error> {
    bytes.try_into().map_err(|_| Error::message("another length"))
}
