//! An engine on any store with its snapshot in a folder, and requests, for the tests in this crate.
//! Tests outside of it open directories.

use std::path::Path;
use std::sync::Arc;

use lampyris_log::{Log, ShardLog};
use lampyris_message::{BatchId, MessageId, TransactionId};

use crate::error::EngineOpenError;
use crate::request::Seal;
use crate::submission::Submission;
use crate::{Builder, Lampyris};

/// Opens an engine on a store, with its snapshot and tiles in a folder.
pub(crate) fn open(
    builder: Builder,
    shard: &Arc<dyn ShardLog>,
    folder: &Path,
) -> Result<Lampyris, EngineOpenError> {
    builder.begin(|options, opening| {
        let options = options.clone().snapshot_file(folder.join("snapshot"));
        let options = options.tiles_folder(folder.join("tiles"));
        Log::open_into_on(Arc::clone(shard), &options, |_| (), opening)
    })
}

pub(crate) fn message(number: u8) -> MessageId {
    MessageId::from_bytes([number + 1; 16])
}

/// A broadcast with this id and a key.
pub(crate) fn submission(number: u8) -> Submission {
    let draft = Submission::broadcast("did:firefly:org/acme", "0x9f3b").id(message(number));
    draft.idempotency_key(format!("key {number}")).build().unwrap()
}

pub(crate) fn seal(number: u8) -> Seal {
    let (batch, transaction) = ([number + 50; 16], [number + 100; 16]);
    Seal::new(BatchId::from_bytes(batch), TransactionId::from_bytes(transaction))
}
