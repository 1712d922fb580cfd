//! fjall: one keyspace from sequence to bytes, a batch for each group, persisted with `fdatasync`.
//! No index of streams is written.

use std::path::Path;

use ::fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::grouped::Commit;

/// An open database.
pub(super) struct Fjall {
    database: Database,
    records: Keyspace,
}

impl Fjall {
    pub(super) fn create(folder: &Path) -> Result<Self, String> {
        let database = Database::builder(folder.join("fjall")).open();
        let database = database.map_err(|error| error.to_string())?;
        let records = database.keyspace("records", KeyspaceCreateOptions::default);
        Ok(Self { records: records.map_err(|error| error.to_string())?, database })
    }
}

impl Commit for Fjall {
    fn commit(&mut self, first: u64, records: &[Vec<u8>]) -> Result<(), String> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncData));
        for (sequence, record) in (first..).zip(records) {
            batch.insert(&self.records, sequence.to_be_bytes(), record.as_slice());
        }
        batch.commit().map_err(|error| error.to_string())
    }
}
