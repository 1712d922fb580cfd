//! Objects in memory: for a log that is gone with the process. Nothing is sealed, since nothing is stored.

use super::{Object, Put, Ticket};
use crate::merkle::Hash;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// The objects, by their hashes.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<HashMap<[u8; 32], Arc<[u8]>>>);

impl Memory {
    pub(super) fn put(&self, hash: Hash, bytes: Vec<u8>) -> Put {
        let object = Object { hash, size: bytes.len() as u64 };
        self.0.lock().entry(hash.0).or_insert_with(|| bytes.into());
        Put { object, ticket: Ticket::default() }
    }

    pub(super) fn find(&self, hash: &Hash) -> Option<Object> {
        let objects = self.0.lock();
        objects.get(&hash.0).map(|bytes| Object { hash: *hash, size: bytes.len() as u64 })
    }

    pub(super) fn read(&self, hash: &Hash) -> Option<Arc<[u8]>> {
        self.0.lock().get(&hash.0).cloned()
    }

    pub(super) fn erase(&self, hashes: &[Hash]) -> Vec<Object> {
        let mut objects = self.0.lock();
        let removed = hashes.iter().filter_map(|hash| {
            let bytes = objects.remove(&hash.0)?;
            Some(Object { hash: *hash, size: bytes.len() as u64 })
        });
        removed.collect()
    }

    pub(super) fn objects(&self) -> Vec<Object> {
        let objects = self.0.lock();
        let object = |(hash, bytes): (&[u8; 32], &Arc<[u8]>)| Object {
            hash: Hash(*hash),
            size: bytes.len() as u64,
        };
        objects.iter().map(object).collect()
    }
}
