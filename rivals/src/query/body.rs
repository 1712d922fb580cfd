//! What is made of a row of SQLite: its values are looked at where they are, or written as FireFly's JSON.
//!
//! Nothing is parsed that need not be: ids and hashes are kept as the texts that are sent.

use lampyris::Timestamp;
use lampyris::message::json::write_string;
use rusqlite::types::ValueRef;
use rusqlite::{Row, Rows};

/// Columns of `messages`, by their numbers.
mod column {
    pub(super) const ID: usize = 1;
    pub(super) const CID: usize = 2;
    pub(super) const TYPE: usize = 3;
    pub(super) const AUTHOR: usize = 4;
    pub(super) const KEY: usize = 5;
    pub(super) const CREATED: usize = 6;
    pub(super) const NAMESPACE: usize = 7;
    pub(super) const LOCAL_NAMESPACE: usize = 8;
    pub(super) const TOPICS: usize = 9;
    pub(super) const TAG: usize = 10;
    pub(super) const GROUP: usize = 11;
    pub(super) const DATA_HASH: usize = 12;
    pub(super) const HASH: usize = 13;
    pub(super) const PINS: usize = 14;
    pub(super) const STATE: usize = 15;
    pub(super) const CONFIRMED: usize = 16;
    pub(super) const REJECT_REASON: usize = 17;
    pub(super) const TX_TYPE: usize = 18;
    pub(super) const TX_ID: usize = 19;
    pub(super) const BATCH: usize = 20;
    pub(super) const IDEMPOTENCY_KEY: usize = 21;
}

/// The texts; the other values have a size of their own.
const TEXTS: [usize; 12] = [
    column::TYPE,
    column::AUTHOR,
    column::KEY,
    column::NAMESPACE,
    column::LOCAL_NAMESPACE,
    column::TOPICS,
    column::TAG,
    column::PINS,
    column::STATE,
    column::REJECT_REASON,
    column::TX_TYPE,
    column::IDEMPOTENCY_KEY,
];
const OTHERS: [usize; 9] = [
    column::ID,
    column::CID,
    column::CREATED,
    column::GROUP,
    column::DATA_HASH,
    column::HASH,
    column::BATCH,
    column::TX_ID,
    column::CONFIRMED,
];

/// How many bytes the texts have, and how many other values there are.
pub(super) fn looked(row: &Row<'_>, mut data: Rows<'_>) -> rusqlite::Result<usize> {
    let mut looked = 0;
    for column in TEXTS {
        looked += text(row, column)?.len();
    }
    for column in OTHERS {
        looked += usize::from(!matches!(row.get_ref(column)?, ValueRef::Null));
    }
    while let Some(reference) = data.next()? {
        let both = !text(reference, 0)?.is_empty() && !text(reference, 1)?.is_empty();
        looked += usize::from(both);
    }
    Ok(looked)
}

/// Appends a message as FireFly writes it.
pub(super) fn write(row: &Row<'_>, mut data: Rows<'_>, out: &mut Vec<u8>) -> rusqlite::Result<()> {
    out.extend_from_slice(b"{\"header\":{\"id\":");
    write_string(text(row, column::ID)?, out);
    filled(row, b",\"cid\":", column::CID, out)?;
    out.extend_from_slice(b",\"type\":");
    write_string(text(row, column::TYPE)?, out);
    filled(row, b",\"txtype\":", column::TX_TYPE, out)?;
    filled(row, b",\"author\":", column::AUTHOR, out)?;
    filled(row, b",\"key\":", column::KEY, out)?;
    time(row, b",\"created\":", column::CREATED, out)?;
    filled(row, b",\"namespace\":", column::NAMESPACE, out)?;
    filled(row, b",\"group\":", column::GROUP, out)?;
    list(row, b",\"topics\":", column::TOPICS, out)?;
    filled(row, b",\"tag\":", column::TAG, out)?;
    filled(row, b",\"datahash\":", column::DATA_HASH, out)?;
    out.push(b'}');
    filled(row, b",\"localNamespace\":", column::LOCAL_NAMESPACE, out)?;
    filled(row, b",\"hash\":", column::HASH, out)?;
    filled(row, b",\"batch\":", column::BATCH, out)?;
    filled(row, b",\"txid\":", column::TX_ID, out)?;
    filled(row, b",\"state\":", column::STATE, out)?;
    time(row, b",\"confirmed\":", column::CONFIRMED, out)?;
    filled(row, b",\"rejectReason\":", column::REJECT_REASON, out)?;
    out.extend_from_slice(b",\"data\":");
    let mut separator = b'[';
    while let Some(reference) = data.next()? {
        out.push(std::mem::replace(&mut separator, b','));
        out.extend_from_slice(b"{\"id\":");
        write_string(text(reference, 0)?, out);
        out.extend_from_slice(b",\"hash\":");
        write_string(text(reference, 1)?, out);
        out.push(b'}');
    }
    out.extend_from_slice(if separator == b'[' { b"[]" } else { b"]" });
    list(row, b",\"pins\":", column::PINS, out)?;
    filled(row, b",\"idempotencyKey\":", column::IDEMPOTENCY_KEY, out)?;
    out.push(b'}');
    Ok(())
}

/// The text of a column; an empty one for NULL.
fn text<'r>(row: &'r Row<'_>, column: usize) -> rusqlite::Result<&'r str> {
    Ok(row.get_ref(column)?.as_str_or_null()?.unwrap_or_default())
}

fn filled(row: &Row<'_>, name: &[u8], column: usize, out: &mut Vec<u8>) -> rusqlite::Result<()> {
    let text = text(row, column)?;
    if !text.is_empty() {
        out.extend_from_slice(name);
        write_string(text, out);
    }
    Ok(())
}

/// A list that is kept as one text with commas.
fn list(row: &Row<'_>, name: &[u8], column: usize, out: &mut Vec<u8>) -> rusqlite::Result<()> {
    let text = text(row, column)?;
    if text.is_empty() {
        return Ok(());
    }
    out.extend_from_slice(name);
    let mut separator = b'[';
    for part in text.split(',') {
        out.push(std::mem::replace(&mut separator, b','));
        write_string(part, out);
    }
    out.push(b']');
    Ok(())
}

fn time(row: &Row<'_>, name: &[u8], column: usize, out: &mut Vec<u8>) -> rusqlite::Result<()> {
    if let Some(nanos) = row.get_ref(column)?.as_i64_or_null()? {
        out.extend_from_slice(name);
        Timestamp::from_unix_nanos(nanos).write_json(out);
    }
    Ok(())
}
