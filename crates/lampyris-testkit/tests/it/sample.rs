//! What the tests share: options, short appends, and a look at all records.
//! Nothing here asserts.

use lampyris_log::{
    Append, Log, NewEvent, OpenError, Options, Record, Rules, ShardLog, StreamName,
};
use std::ops::ControlFlow;
use std::sync::Arc;

pub(crate) const LOG_ID: [u8; 16] = *b"the log's own id";

/// Options of a writer that creates the log if there is none.
pub(crate) fn writer() -> Options {
    Options::writer(Rules { version: 1, hash: [7; 32] }).create(LOG_ID)
}

pub(crate) fn open(shard: impl ShardLog + 'static) -> Result<Log, OpenError> {
    Log::open_on(Arc::new(shard), &writer(), |_| {})
}

/// The append of this number by this writer, to a stream that the writer has alone and one that all share.
pub(crate) fn append(writer: u8, number: u8) -> Append {
    let mut id = [0; 16];
    (id[0], id[1]) = (writer, number);
    let event = |stream: u8| NewEvent {
        stream: StreamName::new("message", [stream; 16]),
        name: "submitted".into(),
        version: 1,
        content: vec![number; usize::from(number) * 40],
    };
    Append::new(id, "ns", "submit", "me").event(event(writer)).event(event(255))
}

/// All records but the log's own, by a verifying scan from the first one.
pub(crate) fn records(log: &Log) -> Vec<Record> {
    let mut records = Vec::new();
    log.for_each(0, |verified| {
        records.push(verified.record.to_record());
        ControlFlow::Continue(())
    })
    .unwrap();
    records.retain(|record| !record.namespace.is_empty());
    records
}
