//! The records: those that bring a message in and those that say its place on the ledger, decided by the engine
//! itself in whole lives of messages and read back from its log. Every side gets the same ones in the same order.

use std::sync::Arc;

use lampyris::log::{Append, Log, MemoryShard, NewEvent, Options, Record};
use lampyris::projection::record::{MESSAGE, message_id};
use lampyris::{
    BatchId, Confirmation, Lampyris, LedgerPin, MessageId, Seal, Submission, TransactionId,
    block_on,
};

/// Messages whose lives are recorded.
const MESSAGES: u32 = 2_000;
/// Messages that go through each step together, as a batch does.
const BATCH: u32 = 50;

/// The events whose records are appended: long ones and short ones, half of each.
const EVENTS: [&str; 2] = ["staged", "sequenced"];

/// What is appended.
#[derive(Debug)]
pub(crate) struct Records(Vec<Item>);

/// A record, in the forms that the sides take.
#[derive(Debug)]
pub(crate) struct Item {
    /// For Lampyris; each append gets an id of its own.
    pub(crate) append: Append,
    /// For stores of bytes: what Lampyris would store.
    pub(crate) bytes: Vec<u8>,
    /// As many bytes, of text.
    pub(crate) text: String,
    /// The message.
    pub(crate) stream: String,
}

impl Records {
    /// Makes them.
    pub(crate) fn make() -> Result<Self, String> {
        let shard = MemoryShard::new();
        let engine = Lampyris::builder().actor("bench").open_on(Arc::new(shard.share()));
        let engine = engine.map_err(|error| error.to_string())?;
        for batch in 0..MESSAGES / BATCH {
            live(&engine, batch).map_err(|error| error.to_string())?;
        }
        drop(engine);
        let mut items = Vec::new();
        Log::open_on(Arc::new(shard), &Options::reader(), |verified| {
            if verified.record.kind == MESSAGE && EVENTS.contains(&verified.record.event) {
                items.push(Item::new(&verified.record.to_record(), verified.bytes));
            }
        })
        .map_err(|error| error.to_string())?;
        Ok(Self(items))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The record of this number; they begin again at the end.
    pub(crate) fn get(&self, number: u64) -> Option<&Item> {
        let count = u64::try_from(self.0.len()).ok()?;
        self.0.get(usize::try_from(number.checked_rem(count)?).ok()?)
    }

    /// Bytes of a record, on average.
    pub(crate) fn mean_bytes(&self) -> usize {
        let bytes: usize = self.0.iter().map(|item| item.bytes.len()).sum();
        bytes.checked_div(self.len()).unwrap_or_default()
    }
}

impl Item {
    fn new(record: &Record, bytes: &[u8]) -> Self {
        let event = NewEvent {
            stream: record.stream.clone(),
            name: record.event.clone().into(),
            version: record.event_version,
            content: record.content.clone(),
        };
        let (namespace, command) = (record.namespace.clone(), record.command.clone());
        let append = Append::new([0; 16], namespace, command, record.actor.clone()).event(event);
        let text = bytes.iter().map(|byte| char::from(b'0' + (byte & 0x3f))).collect();
        let stream = message_id(&record.borrow()).map(|id| id.to_string()).unwrap_or_default();
        Self { append, bytes: bytes.to_vec(), text, stream }
    }
}

/// The lives of a batch of messages, step by step.
fn live(engine: &Lampyris, batch: u32) -> Result<(), lampyris::Error> {
    let numbers = batch * BATCH..(batch + 1) * BATCH;
    let (batch_id, transaction) =
        (BatchId::from_bytes(drawn(2, batch)), TransactionId::from_bytes(drawn(3, batch)));
    for number in numbers.clone() {
        let author = format!("did:firefly:org/org_{}", number % 20);
        let key = format!("0x{:040x}", 0x1d14_b65d_2dd5_c13f_u64 ^ u64::from(number % 20));
        let order = Submission::broadcast(&author, &key).id(message(number)).tag("purchase_order");
        let order = order.topic(format!("order-{number}")).build();
        block_on(
            engine.stage(order.map_err(|error| lampyris::Error::Elements(error.to_string()))?),
        )?;
    }
    for number in numbers.clone() {
        block_on(engine.seal(message(number), Seal::new(batch_id, transaction)))?;
    }
    for number in numbers.clone() {
        block_on(engine.dispatched(message(number), batch_id))?;
    }
    for number in numbers {
        let key = format!("0x{:040x}", 0x1d14_b65d_2dd5_c13f_u64 ^ u64::from(number % 20));
        let pin = LedgerPin::new(batch_id, u64::from(number), &key);
        block_on(engine.sequence(message(number), pin))?;
        block_on(engine.confirm(message(number), Confirmation::now()))?;
    }
    Ok(())
}

fn message(number: u32) -> MessageId {
    MessageId::from_bytes(drawn(1, number))
}

/// Sixteen bytes that look drawn, as the ids of a real log do: they do not compress.
fn drawn(kind: u8, number: u32) -> [u8; 16] {
    let mut state = u128::from(kind) << 64 | u128::from(number) | 1 << 100;
    for _ in 0..4 {
        state = state.wrapping_mul(0xda94_2042_e4dd_58b5_u128 << 32 | 0x9e37_79b9).rotate_left(29);
    }
    state.to_be_bytes()
}
