//! cqrs-es on `SQLite`: a command for each record, to an aggregate of its own, through the framework.
//! A command is a transaction, so there is no group to commit; that is what its users get.

use std::path::Path;

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use sqlite_es::{SqliteCqrs, sqlite_cqrs};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{Answer, Side};
use crate::records::Item;

/// As in its own pool.
const CONNECTIONS: u32 = 10;

/// An open framework.
pub(super) struct CqrsEs(std::sync::Arc<SqliteCqrs<Kept>>);

impl CqrsEs {
    pub(super) async fn create(folder: &Path) -> Result<Self, String> {
        // Its own pool has `synchronous = NORMAL`, which a loss of power takes back.
        let options = SqliteConnectOptions::new()
            .filename(folder.join("cqrs-es"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true);
        let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options);
        let pool = pool.await.map_err(|error| error.to_string())?;
        // The table of its documentation.
        let table = "CREATE TABLE events (
            aggregate_type text NOT NULL, aggregate_id text NOT NULL,
            sequence integer CHECK (sequence >= 0) NOT NULL, event_type text NOT NULL,
            event_version text NOT NULL, payload text NOT NULL, metadata text NOT NULL,
            PRIMARY KEY (aggregate_type, aggregate_id, sequence)) STRICT";
        sqlx::query(table).execute(&pool).await.map_err(|error| error.to_string())?;
        Ok(Self(std::sync::Arc::new(sqlite_cqrs(pool, Vec::new(), ()))))
    }
}

impl Side for CqrsEs {
    fn append(&self, number: u64, item: &Item) -> Answer {
        let (framework, command) = (std::sync::Arc::clone(&self.0), item.text.clone());
        let id = format!("{}-{number}", item.stream);
        Box::pin(
            async move { framework.execute(&id, command).await.map_err(|error| error.to_string()) },
        )
    }
}

/// An aggregate that keeps what it is told.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Told {
    record: String,
}

impl DomainEvent for Told {
    fn event_type(&self) -> String {
        "Told".to_owned()
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

impl Aggregate for Kept {
    const TYPE: &'static str = "record";
    type Command = String;
    type Event = Told;
    type Error = std::convert::Infallible;
    type Services = ();

    async fn handle(
        &mut self,
        record: String,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        sink.write(Told { record }, self).await;
        Ok(())
    }

    fn apply(&mut self, _: Told) {}
}
