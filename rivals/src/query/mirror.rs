//! The same messages in SQLite, in FireFly's columns, with its indexes and the ones that it lacks.

use std::path::Path;

use lampyris::Message;
use lampyris::message::Open;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::asked::Parameter;

const SCHEMA: &str = "
PRAGMA journal_mode = WAL;
PRAGMA cache_size = -4000000;
PRAGMA mmap_size = 8000000000;
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, cid TEXT, mtype TEXT NOT NULL, author TEXT NOT NULL, key TEXT,
    created INTEGER NOT NULL, namespace TEXT NOT NULL, namespace_local TEXT NOT NULL, topics TEXT NOT NULL, tag TEXT,
    group_hash TEXT, datahash TEXT, hash TEXT NOT NULL, pins TEXT, state TEXT NOT NULL, confirmed INTEGER,
    reject_reason TEXT NOT NULL, tx_type TEXT NOT NULL, tx_id TEXT, batch_id TEXT, idempotency_key TEXT
);";

/// FireFly's, then those that it lacks.
const INDEXES: &str = "
CREATE UNIQUE INDEX messages_id ON messages (namespace_local, id);
CREATE INDEX messages_sortorder ON messages (confirmed, created);
CREATE INDEX messages_topics_tag ON messages (namespace, topics, tag);
CREATE INDEX messages_state ON messages (state, created);
CREATE INDEX messages_state_sortorder ON messages (state, confirmed DESC, created DESC);
CREATE INDEX messages_topics ON messages (topics, created);
CREATE INDEX messages_author ON messages (author, state, created);
CREATE INDEX messages_batch ON messages (batch_id);
CREATE INDEX messages_cid ON messages (cid);
ANALYZE;";

/// The messages in SQLite.
pub(super) struct Mirror(Connection);

/// What a statement gave.
pub(super) struct Rows {
    pub(super) ids: Vec<Value>,
    /// The number, if it is one that the statement gives.
    pub(super) count: Option<u64>,
}

impl Mirror {
    pub(super) fn make(path: &Path, messages: &[Message]) -> Result<Self, String> {
        make(path, messages).map(Self).map_err(|error| error.to_string())
    }

    /// Runs a statement, and reads every value of every row.
    pub(super) fn ask(&self, sql: &str, parameters: &[Parameter]) -> Result<Rows, String> {
        self.read(sql, parameters).map_err(|error| format!("{sql}: {error}"))
    }

    fn read(&self, sql: &str, parameters: &[Parameter]) -> rusqlite::Result<Rows> {
        let mut statement = self.0.prepare_cached(sql)?;
        let columns = statement.column_count();
        let values = parameters.iter().map(|parameter| match parameter {
            Parameter::Text(text) => Value::Text(text.clone()),
            Parameter::Integer(number) => Value::Integer(*number),
        });
        let mut rows = statement.query(params_from_iter(values))?;
        let mut found = Rows { ids: Vec::new(), count: None };
        while let Some(row) = rows.next()? {
            // As a client is given them: each in memory of its own.
            let values: Vec<Value> =
                (0..columns).map(|at| row.get(at)).collect::<Result<_, _>>()?;
            if let [Value::Integer(count)] = values.as_slice() {
                found.count = u64::try_from(*count).ok();
            }
            found.ids.extend(values.into_iter().nth(1));
        }
        Ok(found)
    }
}

fn make(path: &Path, messages: &[Message]) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch(SCHEMA)?;
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare(
            "INSERT INTO messages VALUES \
             (NULL,?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21)",
        )?;
        for message in messages {
            let header = &message.header;
            insert.execute(params![
                header.id.map(|id| id.to_string()),
                header.cid.map(|id| id.to_string()),
                header.message_type.as_str(),
                header.author,
                header.key,
                header.created.map(|created| created.unix_nanos()),
                header.namespace,
                message.local_namespace,
                header.topics.join(","),
                header.tag,
                header.group.map(|group| group.to_string()),
                header.data_hash.map(|hash| hash.to_string()),
                message.hash.map(|hash| hash.to_string()),
                message.pins.join(","),
                message.state.as_ref().map(Open::as_str),
                message.confirmed.map(|confirmed| confirmed.unix_nanos()),
                message.reject_reason,
                header.tx_type.as_ref().map(Open::as_str),
                message.tx_id.map(|id| id.to_string()),
                message.batch.map(|id| id.to_string()),
                Some(&message.idempotency_key).filter(|key| !key.is_empty()),
            ])?;
        }
    }
    transaction.commit()?;
    connection.execute_batch(INDEXES)?;
    Ok(connection)
}
