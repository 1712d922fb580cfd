//! The sides: each store in the fairest configuration that is durable before it answers.
//! A store without a group commit of its own gets the one of the raw file: a thread that takes what waits.

mod cqrs_es;
mod fjall;
mod grouped;
mod lampyris;
mod raw;
mod redb;
mod sqlite;
mod umadb;

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::records::Item;
use grouped::Grouped;

/// The bound: a file that is appended to and synced.
pub(crate) const RAW: &str = "raw";
/// This project's log.
pub(crate) const LAMPYRIS: &str = "Lampyris";
/// All sides, in the order of the table.
pub(crate) const NAMES: [&str; 8] = [
    RAW,
    LAMPYRIS,
    "UmaDB",
    "UmaDB, pipelined",
    "redb",
    "fjall",
    "SQLite, FULL",
    "cqrs-es on SQLite, FULL",
];

/// The answer to an append: it is durable.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// A store.
pub(crate) trait Side: Send + Sync {
    /// Appends a record as the append of this number.
    fn append(&self, number: u64, item: &Item) -> Answer;
}

/// Opens a store in an empty folder.
pub(crate) fn open(runtime: &Runtime, name: &str, folder: &Path) -> Result<Arc<dyn Side>, String> {
    let opened: Arc<dyn Side> = match name {
        RAW => Arc::new(Grouped::start(raw::Raw::create(folder)?)?),
        LAMPYRIS => Arc::new(lampyris::Lampyris::create(folder)?),
        "UmaDB" => Arc::new(umadb::UmaDb::create(folder, false)?),
        "UmaDB, pipelined" => Arc::new(umadb::UmaDb::create(folder, true)?),
        "redb" => Arc::new(Grouped::start(redb::Redb::create(folder)?)?),
        "fjall" => Arc::new(Grouped::start(fjall::Fjall::create(folder)?)?),
        "SQLite, FULL" => Arc::new(Grouped::start(sqlite::Sqlite::create(folder)?)?),
        "cqrs-es on SQLite, FULL" => Arc::new(runtime.block_on(cqrs_es::CqrsEs::create(folder))?),
        _ => return Err("no such side".to_owned()),
    };
    Ok(opened)
}
