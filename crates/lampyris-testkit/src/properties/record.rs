//! What holds of a record: bytes that are read as one are the bytes that are written for it.
//! The order of records is not asked here.

use lampyris_log::{Record, RecordRef};

/// A record that decodes is its own spelling, with its own memory or without.
pub(super) fn record(bytes: &[u8]) -> bool {
    let Ok(record) = RecordRef::decode(bytes) else { return false };
    assert_eq!(record.encoded_len(), bytes.len());
    let owned: Record = record.to_record();
    assert_eq!(owned.encode(), bytes, "accepted, so in its one spelling");
    assert_eq!(owned.borrow(), record);
    assert_eq!(record.claims.iter().count(), record.claims.len());
    true
}
