//! The log as the commands use it: how it is opened, and how a message's history is read.
//!
//! Deciding and judging are the message crate's; keeping and verifying the log crate's.

use lampyris_log::{Log, Options, Record, Rules, VerifiedRecord};
use lampyris_message::MessageId;
use lampyris_message::event::Event;
use lampyris_message::lifecycle::rules;
use lampyris_projection::record;
use uuid::Uuid;

use crate::args::Global;
use crate::failure::Failure;

/// Opens the log to append to it; makes it if there is none.
pub(crate) fn open_writer(global: &Global) -> Result<Log, Failure> {
    let rules = Rules { version: rules::VERSION, hash: rules::hash().0 };
    let options = Options::writer(rules).create(draw_id());
    Ok(Log::open(&global.data, options)?)
}

/// Opens the log to read it, and hands out every record while it is verified.
pub(crate) fn open_reader(
    global: &Global,
    visit: impl FnMut(&VerifiedRecord<'_>),
) -> Result<Log, Failure> {
    Ok(Log::open_with(&global.data, Options::reader(), visit)?)
}

/// A fresh random id.
#[expect(clippy::disallowed_methods, reason = "the program draws ids; the libraries never do")]
pub(crate) fn draw_id() -> [u8; 16] {
    *Uuid::new_v4().as_bytes()
}

/// The history of one message: its records and the events in them, oldest first.
pub(crate) fn history(
    log: &Log,
    namespace: &str,
    id: MessageId,
) -> Result<Vec<(Record, Event)>, Failure> {
    let records = log.stream_history(namespace, record::MESSAGE, id.as_bytes())?;
    let decoded = records.into_iter().map(|record| match record::event(&record) {
        Ok(event) => Ok((record, event)),
        Err(error) => Err(Failure::no(format!("sequence {}: {error}", record.sequence))),
    });
    decoded.collect()
}
