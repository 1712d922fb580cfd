//! The manifest of a batch: ids and hashes of what it carries, the text that its hash is of.
//! The text is the evidence: it is stored, compared and acknowledged as bytes, never written anew.

use std::fmt;

use crate::batch::BatchPayload;
use crate::hash::{BatchHash, Bytes32};
use crate::header::encode::transaction_ref;
use crate::id::BatchId;
use crate::json::object::{ObjectWriter, array_of};
use crate::message::encode::data_ref;

/// The text of a manifest.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Manifest(Vec<u8>);

impl Manifest {
    /// Upstream's number of the one form there is.
    pub const VERSION: u32 = 1;

    /// The bytes of the text, which are ASCII JSON but for what a transaction's type may hold.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The hash of the batch.
    pub fn hash(&self) -> BatchHash {
        BatchHash(Bytes32::sha256(&self.0))
    }
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Manifest({self})")
    }
}

/// The manifest of a payload in the batch called `id`.
pub(super) fn of(payload: &BatchPayload, id: Option<BatchId>) -> Manifest {
    // An id, a hash and a count with their names take this much.
    const ENTRY: usize = 144;
    let messages = payload.messages.as_deref().unwrap_or_default();
    let data = payload.data.as_deref().unwrap_or_default();
    let mut out = Vec::with_capacity(256 + ENTRY * (messages.len() + data.len()));
    let mut object = ObjectWriter::open(&mut out);
    object.number("version", Manifest::VERSION);
    object.or_null("id", id, |id, out| id.write_json(out));
    transaction_ref(payload.tx.tx_type.as_str(), payload.tx.id, object.member("tx"));

    let with_id =
        messages.iter().flatten().filter_map(|message| Some((message.header.id?, message)));
    array_of(with_id, object.member("messages"), |(id, message), out| {
        let mut entry = ObjectWriter::open(out);
        id.write_json(entry.member("id"));
        entry.some("hash", message.hash, |hash, out| hash.0.write_json(out));
        entry.number("topics", message.header.topics.len());
        entry.close();
    });
    let with_id = data.iter().flatten().filter(|data| data.id.is_some());
    array_of(with_id, object.member("data"), |data, out| {
        data_ref(data.id.as_ref(), data.hash.as_ref(), out);
    });
    object.close();
    Manifest(out)
}
