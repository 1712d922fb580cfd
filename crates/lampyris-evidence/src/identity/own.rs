//! The events of the log's own stream, and their one spelling.
//! Whether an event may stand where it does is for [`Identity::observe`] to say, who knows what came before.

use super::{Identity, LOG_KIND, Recovered, Rules};
use crate::limits;
use crate::merkle::{Hash, Head};
use crate::record::{RECORD_FORMAT, RecordRef};
use alloc::borrow::ToOwned;
use alloc::vec::Vec;
use core::convert::Infallible;
use minicbor::{Decoder, Encoder, decode, encode};

/// Name of record 0.
pub const OPENED: &str = "opened";
/// Name of the record that says which rules hold from there on.
pub const RULES: &str = "rules";
/// Name of the record that says that a copy of the log took its place, under another name.
pub const RECOVERED: &str = "recovered";

/// An event of the log's own stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnEvent {
    /// The log begins.
    Opened(Identity),
    /// Other rules hold from the next record on.
    Rules(Rules),
    /// A copy took the place of the log, which was lost; checkpoints bear another name from this record on.
    Recovered(Recovered),
}

/// A record that may not stand in the log's own stream, or an own event outside of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotOwn(pub &'static str);

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
            RECOVERED => recovered(record.content),
            _ => {
                return Err(NotOwn(
                    "the log's own stream knows only `opened`, `rules` and `recovered`",
                ));
            }
        };
        let event = event.map_err(|_| NotOwn("an event of the log's own stream cannot be read"))?;
        let same_id = match &event {
            OwnEvent::Opened(identity) => record.id == identity.log_id,
            OwnEvent::Rules(_) | OwnEvent::Recovered(_) => true,
        };
        if event.encode() != record.content || !same_id {
            return Err(NotOwn("an event of the log's own stream has another spelling or id"));
        }
        if let OwnEvent::Recovered(recovered) = &event {
            recovered.check(record.sequence)?;
        }
        Ok(event)
    }

    /// The event's name.
    pub fn name(&self) -> &'static str {
        match self {
            OwnEvent::Opened(_) => OPENED,
            OwnEvent::Rules(_) => RULES,
            OwnEvent::Recovered(_) => RECOVERED,
        }
    }

    /// The event's content.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut e = Encoder::new(&mut out);
        let written = match self {
            OwnEvent::Opened(identity) => write_opened(&mut e, identity),
            OwnEvent::Rules(rules) => {
                (|| e.array(2)?.u32(rules.version)?.bytes(&rules.hash)?.ok())()
            }
            OwnEvent::Recovered(recovered) => write_recovered(&mut e, recovered),
        };
        match written {
            Ok(()) => out,
            Err(_) => unreachable!("a vector takes every byte"),
        }
    }
}

type Written = Result<(), encode::Error<Infallible>>;

fn write_opened(e: &mut Encoder<&mut Vec<u8>>, identity: &Identity) -> Written {
    e.array(6)?.bytes(&identity.log_id)?.str(&identity.origin)?;
    e.u64(identity.layout)?.u8(RECORD_FORMAT)?;
    e.u32(identity.rules.version)?.bytes(&identity.rules.hash)?.ok()
}

fn write_recovered(e: &mut Encoder<&mut Vec<u8>>, recovered: &Recovered) -> Written {
    e.array(4)?.str(&recovered.old_origin)?.str(&recovered.new_origin)?;
    write_head(e, recovered.head)?;
    match recovered.lost {
        Some(lost) => write_head(e, lost),
        None => e.null()?.ok(),
    }
}

fn write_head(e: &mut Encoder<&mut Vec<u8>>, head: Head) -> Written {
    e.array(2)?.u64(head.size)?.bytes(&head.root.0)?.ok()
}

fn opened(content: &[u8]) -> Result<OwnEvent, decode::Error> {
    let mut d = Decoder::new(content);
    d.array()?;
    let log_id = fixed(d.bytes()?)?;
    let origin = d.str()?.to_owned();
    if !limits::ORIGIN.hold(origin.len()) {
        return Err(decode::Error::message("the origin's length"));
    }
    let (layout, _record_format) = (d.u64()?, d.u8()?);
    let rules = Rules { version: d.u32()?, hash: fixed(d.bytes()?)? };
    Ok(OwnEvent::Opened(Identity { log_id, origin, rules, layout, recoveries: Vec::new() }))
}

fn changed_rules(content: &[u8]) -> Result<OwnEvent, decode::Error> {
    let mut d = Decoder::new(content);
    d.array()?;
    Ok(OwnEvent::Rules(Rules { version: d.u32()?, hash: fixed(d.bytes()?)? }))
}

fn recovered(content: &[u8]) -> Result<OwnEvent, decode::Error> {
    let mut d = Decoder::new(content);
    d.array()?;
    let (old_origin, new_origin) = (d.str()?.to_owned(), d.str()?.to_owned());
    let head = head(&mut d)?;
    let lost = if d.datatype()? == minicbor::data::Type::Null {
        d.null()?;
        None
    } else {
        Some(self::head(&mut d)?)
    };
    Ok(OwnEvent::Recovered(Recovered { old_origin, new_origin, head, lost }))
}

fn head(d: &mut Decoder<'_>) -> Result<Head, decode::Error> {
    d.array()?;
    Ok(Head { size: d.u64()?, root: Hash(fixed(d.bytes()?)?) })
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], decode::Error> {
    bytes.try_into().map_err(|_| decode::Error::message("another length"))
}
