//! The contract, held against the stores there are and against one that misbehaves as it may.

use crate::sample::LOG_ID;
use lampyris_log::{MemoryShard, OpenError, ShardLog, SledShard, Unavailable};
use lampyris_testkit::contract::Subject;
use lampyris_testkit::{FaultyShard, Odds, Script, shard_contract};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

struct Memory(MemoryShard);

impl Subject for Memory {
    fn fresh() -> Memory {
        Memory(MemoryShard::new())
    }

    fn open(&self) -> Option<Arc<dyn ShardLog>> {
        Some(Arc::new(self.0.share()))
    }
}

struct Sled(TempDir);

impl Subject for Sled {
    fn fresh() -> Sled {
        Sled(tempfile::tempdir().unwrap())
    }

    fn open(&self) -> Option<Arc<dyn ShardLog>> {
        match SledShard::open_in(self.0.path(), LOG_ID) {
            Ok(shard) => Some(Arc::new(shard)),
            Err(OpenError::Unavailable(Unavailable::Locked { .. })) => None,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Half of all appends meet a fault; every handle has a seed of its own.
struct Faulty<S>(S, AtomicU64);

impl<S: Subject> Subject for Faulty<S> {
    fn fresh() -> Faulty<S> {
        Faulty(S::fresh(), AtomicU64::new(0))
    }

    fn open(&self) -> Option<Arc<dyn ShardLog>> {
        let script = Script::seeded(self.1.fetch_add(1, Ordering::Relaxed), Odds::resolvable());
        Some(Arc::new(FaultyShard::new(self.0.open()?, script)))
    }
}

shard_contract!(memory, Memory);
shard_contract!(sled, Sled);
shard_contract!(faulty_memory, Faulty<Memory>);
shard_contract!(faulty_sled, Faulty<Sled>);
