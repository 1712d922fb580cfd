//! Objects in a folder: what is known of them, finding and reading them.
//! Nothing here waits for the disk but who asks for what is not durable yet.

use super::files::{Files, io};
use super::index::{Index, Place};
use super::object::ObjectReader;
use super::seal::{PIECE_BYTES, TAG_BYTES, sealed_bytes};
use super::slot::{self, Found, SLOT_BYTES, SLOTS, Slot};
use super::{DataError, Object, Ticket};
use crate::disk::{Disk, DiskFile};
use crate::error::Unavailable;
use crate::merkle::Hash;
use parking_lot::{Condvar, Mutex};
use std::collections::{BTreeSet, HashMap};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

/// A data store in a folder.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) files: Files,
    pub(super) is_writer: bool,
    pub(super) state: Mutex<State>,
    /// One collection at a time.
    pub(super) collecting: Mutex<()>,
    /// A batch is durable, or the store has failed.
    pub(super) done: Condvar,
}

/// What is known of the folder, and what is on its way there.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Nothing until the store is used for the first time.
    pub(super) index: Option<Index>,
    /// Keys that could not be read when the store was opened.
    pub(super) unreadable: u64,
    pub(super) tail: Tail,
    /// Up to where the last pack that was written to has zeros or more.
    pub(super) filled: Option<(u32, u64)>,
    pub(super) batch: Batch,
    /// Slots that are not on the disk yet, by the hashes of their objects.
    pub(super) pending: HashMap<Hash, (Place, Slot)>,
    /// How many batches were taken to be written, and how many of them are durable.
    pub(super) taken: u64,
    pub(super) durable: u64,
    pub(super) failed: Option<Failed>,
    /// Somebody makes a batch durable.
    pub(super) is_flushing: bool,
    pub(super) packs: HashMap<u32, Arc<dyn DiskFile>>,
    pub(super) keys: HashMap<u32, Arc<dyn DiskFile>>,
}

/// Where the next object goes.
#[derive(Debug, Default)]
pub(super) struct Tail {
    /// The pack that takes small objects, and where it ends; nothing before the first.
    pub(super) pack: Option<(u32, u64)>,
    /// No pack of this number or a greater one was ever begun.
    pub(super) next_pack: u32,
    /// The last file of keys, and its first free slot.
    pub(super) keys: Option<Place>,
    /// Packs of large objects that are being written and have no key yet.
    pub(super) under_way: BTreeSet<u32>,
}

/// What becomes durable together: sealed bytes first, then the keys that open them.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) writes: Vec<PackWrite>,
    /// Packs of large objects, written already.
    pub(super) whole: Vec<(u32, Arc<dyn DiskFile>)>,
    pub(super) slots: Vec<(Place, Slot)>,
    pub(super) bytes: usize,
}

/// Sealed bytes on their way into a pack.
#[derive(Debug)]
pub(super) struct PackWrite {
    pub(super) pack: u32,
    pub(super) offset: u64,
    pub(super) bytes: Vec<u8>,
}

/// Why a write failed: an error of the system cannot be told twice, so this is what it is told from.
#[derive(Debug, Clone)]
pub(super) struct Failed {
    operation: &'static str,
    path: PathBuf,
    kind: ErrorKind,
    cause: String,
}

/// An object's slot and the pack that has its bytes.
#[derive(Debug)]
pub(super) struct Located {
    pub(super) slot: Slot,
    pub(super) place: Place,
    pub(super) pack: Arc<dyn DiskFile>,
    /// It was put, or read whole, since the store was opened.
    pub(super) seen: bool,
}

/// How many packs are kept open for reading.
const OPEN_PACKS: usize = 64;

impl Kept {
    pub(super) fn new(disk: Arc<dyn Disk>, folder: PathBuf, is_writer: bool) -> Kept {
        let files = Files::new(disk, folder);
        Kept {
            files,
            is_writer,
            state: Mutex::default(),
            collecting: Mutex::default(),
            done: Condvar::new(),
        }
    }

    /// Where an object is, once it is durable.
    pub(super) fn locate(&self, hash: &Hash) -> Result<Option<Located>, DataError> {
        self.locate_for(hash, true)
    }

    pub(super) fn locate_for(
        &self,
        hash: &Hash,
        to_read: bool,
    ) -> Result<Option<Located>, DataError> {
        let mut state = self.open()?;
        while to_read && state.pending.contains_key(hash) {
            let ticket = state.ticket();
            drop(state);
            self.wait(ticket)?;
            state = self.open()?;
        }
        let Some((place, slot, seen)) = self.find_slot(&mut state, hash)? else { return Ok(None) };
        let pack = match self.pack(&mut state, slot.pack) {
            Err(Unavailable::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                if let (false, Some(index)) = (to_read, &mut state.index) {
                    // It is about to be put again: then this slot says nothing any more.
                    index.remove(hash, place);
                    return Ok(None);
                }
                let detail = "its pack is not there";
                return Err(DataError::Damaged { hash: *hash, detail });
            }
            pack => pack?,
        };
        Ok(Some(Located { slot, place, pack, seen }))
    }

    /// An object's slot, from the disk or on its way there.
    pub(super) fn find_slot(
        &self,
        state: &mut State,
        hash: &Hash,
    ) -> Result<Option<(Place, Slot, bool)>, DataError> {
        if let Some((place, slot)) = state.pending.get(hash) {
            return Ok(Some((*place, *slot, true)));
        }
        let Some(index) = &state.index else { return Ok(None) };
        let places: Vec<(Place, bool)> =
            index.places(hash).map(|place| (place, index.is_seen(hash, place))).collect();
        for (place, seen) in places {
            match self.slot(state, place)? {
                Found::Slot(slot) if slot.hash == *hash => return Ok(Some((place, slot, seen))),
                Found::Damaged(_) => {
                    let detail = "its key cannot be read";
                    return Err(DataError::Damaged { hash: *hash, detail });
                }
                Found::Slot(_) | Found::Dropped(_) | Found::Nothing | Found::Cut => {}
            }
        }
        Ok(None)
    }

    pub(super) fn slot(&self, state: &mut State, place: Place) -> Result<Found, DataError> {
        let file = self.keys(state, place.file)?;
        let mut bytes = [0; SLOT_BYTES];
        let path = self.files.keys_path(place.file);
        file.read_at(&mut bytes, place.offset()).map_err(io("read", &path))?;
        Ok(slot::read(&bytes))
    }

    pub(super) fn keys(
        &self,
        state: &mut State,
        number: u32,
    ) -> Result<Arc<dyn DiskFile>, Unavailable> {
        if let Some(file) = state.keys.get(&number) {
            return Ok(Arc::clone(file));
        }
        let file = self.files.open_keys(number)?;
        state.keys.insert(number, Arc::clone(&file));
        Ok(file)
    }

    fn pack(&self, state: &mut State, number: u32) -> Result<Arc<dyn DiskFile>, Unavailable> {
        if let Some(file) = state.packs.get(&number) {
            return Ok(Arc::clone(file));
        }
        let file = self.files.open_pack(number)?;
        state.close_packs();
        state.packs.insert(number, Arc::clone(&file));
        Ok(file)
    }

    /// A pack, unless it is gone.
    pub(super) fn pack_if_there(
        &self,
        number: u32,
    ) -> Result<Option<Arc<dyn DiskFile>>, Unavailable> {
        match self.pack(&mut self.state.lock(), number) {
            Ok(pack) => Ok(Some(pack)),
            Err(Unavailable::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Finds an object, and keeps it from every collection until the store is opened again.
    pub(super) fn hold(&self, hash: &Hash) -> Result<Option<Object>, DataError> {
        let mut state = self.open()?;
        let Some((place, slot, _)) = self.find_slot(&mut state, hash)? else { return Ok(None) };
        if let Some(index) = &mut state.index {
            index.hold(hash, place);
        }
        Ok(Some(slot.object()))
    }

    /// The bytes of an object.
    pub(super) fn read(&self, hash: &Hash) -> Result<Option<Vec<u8>>, DataError> {
        let Some(located) = self.locate(hash)? else { return Ok(None) };
        ObjectReader::over(located).read_all().map(Some)
    }

    pub(super) fn unreadable_keys(&self) -> Result<u64, DataError> {
        Ok(self.open()?.unreadable)
    }
}

impl Drop for Kept {
    /// Writes what was put and nobody waited for.
    fn drop(&mut self) {
        let ticket = self.state.get_mut().ticket();
        if let Err(error) = self.wait(ticket) {
            tracing::warn!(%error, "what was put last is not kept");
        }
    }
}

impl State {
    /// Closes packs if too many are open; what a batch will write to stays.
    pub(super) fn close_packs(&mut self) {
        if self.packs.len() >= OPEN_PACKS {
            let tail = self.tail.pack.map(|(pack, _)| pack);
            let writes: Vec<u32> = self.batch.writes.iter().map(|write| write.pack).collect();
            self.packs.retain(|pack, _| Some(*pack) == tail || writes.contains(pack));
        }
    }

    /// What stands for all that was put so far.
    pub(super) fn ticket(&self) -> Ticket {
        Ticket(self.taken + u64::from(!self.batch.slots.is_empty()))
    }
}

impl Tail {
    pub(super) fn next_place(&mut self) -> Place {
        let first = |file| Place { file, slot: 1 };
        let place = match self.keys {
            Some(place) if place.slot < SLOTS => place,
            Some(place) => first(place.file + 1),
            None => first(0),
        };
        self.keys = Some(Place { slot: place.slot + 1, ..place });
        place
    }
}

impl Place {
    /// Where the slot begins in its file.
    pub(super) fn offset(self) -> u64 {
        u64::from(self.slot) * SLOT_BYTES as u64
    }
}

impl Located {
    /// Bytes that the object has in its pack.
    pub(super) fn sealed_bytes(&self) -> u64 {
        sealed_bytes(self.slot.size)
    }

    /// Bytes of a whole piece in a pack.
    pub(super) const PIECE: usize = PIECE_BYTES + TAG_BYTES;
}

impl Failed {
    pub(super) fn of(error: &Unavailable) -> Failed {
        match error {
            Unavailable::Io { operation, path, source }
            | Unavailable::Full { operation, path, source } => {
                let (kind, cause) = (source.kind(), source.to_string());
                Failed { operation, path: path.clone(), kind, cause }
            }
            other @ (Unavailable::Locked { .. }
            | Unavailable::Poisoned { .. }
            | Unavailable::Closed
            | Unavailable::NotOwner
            | Unavailable::NoTiles
            | Unavailable::Undecided { .. }) => Failed {
                operation: "keep an object in",
                path: PathBuf::from("the data store"),
                kind: ErrorKind::Other,
                cause: other.to_string(),
            },
        }
    }

    pub(super) fn error(&self) -> Unavailable {
        let source = std::io::Error::new(self.kind, self.cause.clone());
        Unavailable::io(self.operation, self.path.clone(), source)
    }
}
