//! The data store: values and blobs beside the log, by the SHA-256 of their bytes, each sealed under a key of its own.
//! It knows nothing of messages, and nothing in it ever becomes part of a record: whoever drops an object's key
//! has erased it, and every hash, root and proof stays as it was.

mod collect;
#[cfg(feature = "sled")]
pub(crate) mod copy;
mod erase;
mod files;
mod flush;
mod index;
mod kept;
mod memory;
mod object;
mod open;
mod put;
mod seal;
mod slot;

pub use collect::Collected;
pub use object::ObjectReader;

use crate::disk::Disk;
use crate::error::Unavailable;
use crate::merkle::Hash;
use kept::Kept;
use memory::Memory;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Objects by their hashes.
///
/// What was put is durable once an append that [names its ticket](crate::Append::after) is, or after
/// [`DataStore::wait`]. Reading decrypts, authenticates and hashes: what it gives out is what was put.
#[derive(Debug)]
pub struct DataStore {
    keeping: Keeping,
}

#[derive(Debug)]
enum Keeping {
    Memory(Memory),
    Folder(Box<Kept>),
}

/// An object, as the store knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Object {
    /// SHA-256 of its bytes: its name.
    pub hash: Hash,
    /// Bytes it has.
    pub size: u64,
}

/// An object that is in the store, and what must become durable before anyone may rely on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Put {
    /// The object.
    pub object: Object,
    /// For [`Append::after`](crate::Append::after) or [`DataStore::wait`].
    pub ticket: Ticket,
}

/// How much of what was put must be durable; the greater of two stands for both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// Why the data store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The machine cannot do it now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The log was opened for reading.
    #[error("the log was opened for reading: nothing is put into its data store, or removed")]
    ReadOnly,
    /// What is to be put cannot be read.
    #[error("what is to be kept cannot be read: {0}")]
    Source(#[source] std::io::Error),
    /// An object's bytes are not what was put.
    #[error("object {hash} is damaged: {detail}")]
    Damaged {
        /// Its hash.
        hash: Hash,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// A file of keys is none, or its beginning is damaged.
    #[error("{} {detail}", path.display())]
    Keys {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// A newer program wrote a file of keys.
    #[error("{} has format {found}, this program knows up to {}", path.display(), slot::FORMAT)]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u8,
    },
}

impl DataStore {
    /// A store that is gone with the process, for a log that is.
    pub fn in_memory() -> DataStore {
        DataStore { keeping: Keeping::Memory(Memory::default()) }
    }

    /// The store in a folder of a data directory, which need not be there yet. Nothing is read before it is used.
    pub(crate) fn in_folder(
        disk: std::sync::Arc<dyn Disk>,
        folder: &Path,
        is_writer: bool,
    ) -> DataStore {
        DataStore {
            keeping: Keeping::Folder(Box::new(Kept::new(disk, folder.to_owned(), is_writer))),
        }
    }

    /// Keeps bytes. What the store holds already, and can still read, is not kept twice.
    ///
    /// Bytes are hashed and sealed by the caller's thread, a few milliseconds a megabyte; the disk is waited for
    /// only if far more is put than it takes.
    ///
    /// # Errors
    /// [`DataError`] if the store takes nothing.
    pub fn put(&self, bytes: &[u8]) -> Result<Put, DataError> {
        let hash = Hash(Sha256::digest(bytes).into());
        match &self.keeping {
            Keeping::Memory(memory) => Ok(memory.put(hash, bytes.to_vec())),
            Keeping::Folder(kept) if kept.is_writer => kept.put(hash, bytes),
            Keeping::Folder(_) => Err(DataError::ReadOnly),
        }
    }

    /// Keeps all that a reader gives, in memory that does not grow with it.
    ///
    /// # Errors
    /// [`DataError`] if the reader fails, or the store takes nothing.
    pub fn put_from(&self, reader: &mut dyn Read) -> Result<Put, DataError> {
        match &self.keeping {
            Keeping::Memory(memory) => {
                let mut bytes = Vec::new();
                reader.read_to_end(&mut bytes).map_err(DataError::Source)?;
                Ok(memory.put(Hash(Sha256::digest(&bytes).into()), bytes))
            }
            Keeping::Folder(kept) if kept.is_writer => kept.put_from(reader),
            Keeping::Folder(_) => Err(DataError::ReadOnly),
        }
    }

    /// Waits until what a ticket stands for is durable; whoever waits first has it synced, for all that was put.
    ///
    /// # Errors
    /// [`Unavailable`] if it could not be made so; the store then takes nothing more.
    pub fn wait(&self, ticket: Ticket) -> Result<(), Unavailable> {
        match &self.keeping {
            Keeping::Memory(_) => Ok(()),
            Keeping::Folder(kept) => kept.wait(ticket),
        }
    }

    /// What is known of an object, if the store has it. Its bytes are not looked at.
    ///
    /// # Errors
    /// [`DataError`] if the store cannot be read.
    pub fn find(&self, hash: &Hash) -> Result<Option<Object>, DataError> {
        match &self.keeping {
            Keeping::Memory(memory) => Ok(memory.find(hash)),
            Keeping::Folder(kept) => Ok(kept.locate(hash)?.map(|found| found.slot.object())),
        }
    }

    /// The same for who is about to refer to the object: no collection removes it until the store is opened again.
    ///
    /// # Errors
    /// [`DataError`] if the store cannot be read.
    pub fn hold(&self, hash: &Hash) -> Result<Option<Object>, DataError> {
        match &self.keeping {
            Keeping::Memory(memory) => Ok(memory.find(hash)),
            Keeping::Folder(kept) => kept.hold(hash),
        }
    }

    /// The bytes of an object, if the store has it.
    ///
    /// # Errors
    /// [`DataError::Damaged`] if they are not what was put.
    pub fn read(&self, hash: &Hash) -> Result<Option<Vec<u8>>, DataError> {
        match &self.keeping {
            Keeping::Memory(memory) => Ok(memory.read(hash).map(|bytes| bytes.to_vec())),
            Keeping::Folder(kept) => kept.read(hash),
        }
    }

    /// The bytes of an object piece by piece, if the store has it.
    ///
    /// # Errors
    /// [`DataError`] if the store cannot be read; the reader fails where the object is damaged.
    pub fn reader(&self, hash: &Hash) -> Result<Option<ObjectReader>, DataError> {
        match &self.keeping {
            Keeping::Memory(memory) => Ok(memory.read(hash).map(ObjectReader::in_memory)),
            Keeping::Folder(kept) => Ok(kept.locate(hash)?.map(ObjectReader::over)),
        }
    }

    /// Every object, each once, in no order that means anything.
    ///
    /// # Errors
    /// [`DataError`] if the store cannot be read.
    pub fn for_each(&self, mut visit: impl FnMut(Object)) -> Result<(), DataError> {
        match &self.keeping {
            Keeping::Memory(memory) => {
                memory.objects().into_iter().for_each(visit);
                Ok(())
            }
            Keeping::Folder(kept) => kept.for_each(&mut |slot| visit(slot.object())),
        }
    }

    /// How many keys could not be read when the store was opened: as many objects are lost.
    ///
    /// # Errors
    /// [`DataError`] if the store cannot be read.
    pub fn unreadable_keys(&self) -> Result<u64, DataError> {
        match &self.keeping {
            Keeping::Memory(_) => Ok(0),
            Keeping::Folder(kept) => kept.unreadable_keys(),
        }
    }

    /// Drops the keys, and then the bytes, of all objects that nobody refers to: those that `is_live` denies and
    /// nobody put, or [held](DataStore::hold), since the store was opened. Also what a crash left. Durable when this returns.
    ///
    /// # Errors
    /// [`DataError`] if the store cannot be read or written; what was done until then stays done.
    pub fn collect(&self, is_live: &dyn Fn(&Hash) -> bool) -> Result<Collected, DataError> {
        match &self.keeping {
            // Everything in there was put since the store was opened.
            Keeping::Memory(_) => Ok(Collected::default()),
            Keeping::Folder(kept) if kept.is_writer => kept.collect(is_live),
            Keeping::Folder(_) => Err(DataError::ReadOnly),
        }
    }

    /// What [`collect`](Self::collect) would remove now; nothing is written.
    ///
    /// # Errors
    /// [`DataError`] if the store cannot be read.
    pub fn collectable(&self, is_live: &dyn Fn(&Hash) -> bool) -> Result<Collected, DataError> {
        match &self.keeping {
            Keeping::Memory(_) => Ok(Collected::default()),
            Keeping::Folder(kept) => kept.collectable(is_live),
        }
    }

    /// Notes durably that objects are about to be [erased](Self::erase), if the log comes to say so: then
    /// [`announced`](Self::announced) tells of them after a crash.
    ///
    /// # Errors
    /// [`DataError`] if it cannot be noted.
    pub fn announce(&self, hashes: &[Hash]) -> Result<(), DataError> {
        match &self.keeping {
            Keeping::Memory(_) => Ok(()),
            Keeping::Folder(kept) if kept.is_writer => kept.announce(hashes),
            Keeping::Folder(_) => Err(DataError::ReadOnly),
        }
    }

    /// The objects whose erasure was announced and neither finished nor [given up](Self::withdraw).
    ///
    /// # Errors
    /// [`DataError`] if the announcement cannot be read.
    pub fn announced(&self) -> Result<Vec<Hash>, DataError> {
        match &self.keeping {
            Keeping::Memory(_) => Ok(Vec::new()),
            Keeping::Folder(kept) => kept.announced(),
        }
    }

    /// Forgets what was announced: it is done, or the log does not say it.
    ///
    /// # Errors
    /// [`DataError`] if it stays.
    pub fn withdraw(&self) -> Result<(), DataError> {
        match &self.keeping {
            Keeping::Memory(_) => Ok(()),
            Keeping::Folder(kept) if kept.is_writer => kept.withdraw(),
            Keeping::Folder(_) => Err(DataError::ReadOnly),
        }
    }

    /// Drops the keys of objects, whoever put or [held](DataStore::hold) them; returns those that were there. When
    /// this returns, nothing opens their bytes any more, durably; [`sweep`](Self::sweep) removes those.
    ///
    /// What has the same bytes and is put from then on is another object.
    ///
    /// # Errors
    /// [`DataError`] if the store cannot be read or written.
    pub fn erase(&self, hashes: &[Hash]) -> Result<Vec<Object>, DataError> {
        match &self.keeping {
            Keeping::Memory(memory) => Ok(memory.erase(hashes)),
            Keeping::Folder(kept) if kept.is_writer => {
                kept.drop_keys(&hashes.iter().map(|hash| hash.0).collect())
            }
            Keeping::Folder(_) => Err(DataError::ReadOnly),
        }
    }

    /// Removes the sealed bytes of what was erased, and what a crash left. Durable when this returns.
    ///
    /// # Errors
    /// [`DataError`] if the store cannot be read or written; what was done until then stays done.
    pub fn sweep(&self) -> Result<Collected, DataError> {
        self.collect(&|_| true)
    }
}
