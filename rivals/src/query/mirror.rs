//! The same messages in SQLite, in FireFly's columns, with its indexes and the ones that it lacks.

use std::path::Path;

use lampyris::Message;
use lampyris::message::Open;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, params, params_from_iter};

use super::asked::{Parameter, Statement};
use super::{Answer, Answered, body};

const SCHEMA: &str = "
PRAGMA journal_mode = WAL;
PRAGMA cache_size = -4000000;
PRAGMA mmap_size = 8000000000;
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, cid TEXT, mtype TEXT NOT NULL, author TEXT NOT NULL, key TEXT,
    created INTEGER NOT NULL, namespace TEXT NOT NULL, namespace_local TEXT NOT NULL, topics TEXT NOT NULL, tag TEXT,
    group_hash TEXT, datahash TEXT, hash TEXT NOT NULL, pins TEXT, state TEXT NOT NULL, confirmed INTEGER,
    reject_reason TEXT NOT NULL, tx_type TEXT NOT NULL, tx_id TEXT, batch_id TEXT, idempotency_key TEXT
);
CREATE TABLE messages_data (
    seq INTEGER PRIMARY KEY, namespace TEXT NOT NULL, message_id TEXT NOT NULL, data_id TEXT NOT NULL,
    data_hash TEXT NOT NULL, data_idx INTEGER NOT NULL
);";

/// The references to data of one message.
const DATA: &str = "SELECT data_id, data_hash FROM messages_data \
     WHERE namespace = 'default' AND message_id = ?1 ORDER BY data_idx";

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
CREATE INDEX messages_data_message ON messages_data (namespace, message_id);
ANALYZE;";

/// The messages in SQLite.
pub(super) struct Mirror(Connection);

impl Mirror {
    pub(super) fn make(
        path: &Path,
        messages: impl Iterator<Item = (u64, Message)>,
    ) -> Result<Self, String> {
        make(path, messages).map(Self).map_err(|error| error.to_string())
    }

    /// Runs a statement, and answers with each row and the references to data that belong to it.
    pub(super) fn ask(
        &self,
        statement: &Statement,
        is_count: bool,
        answer: Answer,
    ) -> Result<Answered, String> {
        self.read(statement, is_count, answer).map_err(|error| error.to_string())
    }

    fn read(
        &self,
        (sql, parameters): &Statement,
        is_count: bool,
        answer: Answer,
    ) -> rusqlite::Result<Answered> {
        let mut statement = self.0.prepare_cached(sql)?;
        let mut of_message = self.0.prepare_cached(DATA)?;
        let values = parameters.iter().map(|parameter| match parameter {
            Parameter::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Parameter::Integer(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
        });
        let mut rows = statement.query(params_from_iter(values))?;
        let (mut looked, mut json, mut count) = (0, Vec::new(), 0);
        while let Some(row) = rows.next()? {
            if is_count {
                count = row.get(0)?;
                continue;
            }
            let data = of_message.query([ToSqlOutput::Borrowed(row.get_ref(1)?)])?;
            match answer {
                Answer::Looked => looked += body::looked(row, data)?,
                Answer::Json => body::write(row, data, &mut json)?,
            }
        }
        Ok(match answer {
            _ if is_count => Answered::Count(count),
            Answer::Looked => Answered::Looked(looked),
            Answer::Json => Answered::Json(json),
        })
    }
}

fn make(
    path: &Path,
    messages: impl Iterator<Item = (u64, Message)>,
) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch(SCHEMA)?;
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare(
            "INSERT INTO messages VALUES \
             (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22)",
        )?;
        let mut refer = transaction
            .prepare("INSERT INTO messages_data VALUES (NULL, 'default', ?1, ?2, ?3, ?4)")?;
        for (sequence, message) in messages {
            let header = &message.header;
            for (index, reference) in message.data.iter().flatten().flatten().enumerate() {
                refer.execute(params![
                    header.id.map(|id| id.to_string()),
                    reference.id.map(|id| id.to_string()),
                    reference.hash.map(|hash| hash.to_string()),
                    index,
                ])?;
            }
            insert.execute(params![
                sequence,
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
