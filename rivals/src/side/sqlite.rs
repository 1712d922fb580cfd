//! `SQLite`: a table from sequence to bytes, a transaction for each group, WAL with `synchronous = FULL`.
//! No index of streams is written.

use std::path::Path;

use rusqlite::{Connection, params};

use super::grouped::Commit;

/// An open database.
#[derive(Debug)]
pub(super) struct Sqlite(Connection);

impl Sqlite {
    pub(super) fn create(folder: &Path) -> Result<Self, String> {
        let open = || {
            let connection = Connection::open(folder.join("sqlite"))?;
            connection.execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 CREATE TABLE records (sequence INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT;",
            )?;
            Ok(Self(connection))
        };
        open().map_err(|error: rusqlite::Error| error.to_string())
    }

    fn try_commit(&mut self, first: u64, records: &[Vec<u8>]) -> rusqlite::Result<()> {
        let transaction = self.0.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO records VALUES (?1, ?2)")?;
            for (sequence, record) in (first..).zip(records) {
                insert.execute(params![sequence.cast_signed(), record])?;
            }
        }
        transaction.commit()
    }
}

impl Commit for Sqlite {
    fn commit(&mut self, first: u64, records: &[Vec<u8>]) -> Result<(), String> {
        self.try_commit(first, records).map_err(|error| error.to_string())
    }
}
