//! The store of a backup: an archive, as far as the backup says that it goes.
//! It takes no lock and changes no byte.

use super::{Capabilities, Durability, SealedFrame, ShardError, ShardLog, StoredFrame};
use crate::archive::Files;
use crate::directory::{ARCHIVE, Directory};
use crate::error::{ReadError, Unavailable};
use crate::limits::MAX_APPEND_BYTES;
use crate::merkle::Head;
use async_trait::async_trait;
use std::sync::Arc;

/// The frames of a backup.
#[derive(Debug)]
pub(crate) struct BackupShard {
    archive: Files,
    head: Head,
}

impl BackupShard {
    /// The frames up to the end that the backup names.
    pub(crate) fn open(directory: &Directory, log_id: [u8; 16], head: Head) -> BackupShard {
        let disk = Arc::clone(directory.disk());
        BackupShard { archive: Files::new(disk, directory.join(ARCHIVE), log_id), head }
    }
}

#[async_trait]
impl ShardLog for BackupShard {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new(Durability::Fsync, MAX_APPEND_BYTES)
    }

    async fn tail(&self) -> Result<Head, ShardError> {
        Ok(self.head)
    }

    async fn fence(&self, _end: Head) -> Result<(), ShardError> {
        Err(ShardError::NotOwner)
    }

    async fn append(&self, _frames: &[SealedFrame]) -> Result<(), ShardError> {
        Err(ShardError::NotOwner)
    }

    async fn read(&self, from: u64, bytes: usize) -> Result<Vec<StoredFrame>, ReadError> {
        self.archive.read(from, self.head.size, bytes)
    }

    async fn follow(&self, _size: u64) -> Result<Head, ShardError> {
        Err(ShardError::Unavailable(Unavailable::NotOwner))
    }
}
