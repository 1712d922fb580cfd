//! redb: one table from sequence to bytes, a transaction for each group, durability `Immediate`, its default.
//! No index of streams is written.

use std::path::Path;

use ::redb::{Database, TableDefinition};

use super::grouped::Commit;

const RECORDS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("records");

/// An open database.
#[derive(Debug)]
pub(super) struct Redb(Database);

impl Redb {
    pub(super) fn create(folder: &Path) -> Result<Self, String> {
        Database::create(folder.join("redb")).map(Self).map_err(|error| error.to_string())
    }

    fn try_commit(&self, first: u64, records: &[Vec<u8>]) -> Result<(), ::redb::Error> {
        let transaction = self.0.begin_write()?;
        {
            let mut table = transaction.open_table(RECORDS)?;
            for (sequence, record) in (first..).zip(records) {
                table.insert(sequence, record.as_slice())?;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

impl Commit for Redb {
    fn commit(&mut self, first: u64, records: &[Vec<u8>]) -> Result<(), String> {
        self.try_commit(first, records).map_err(|error| error.to_string())
    }
}
