//! Objects in a folder: finding them, reading them, and queueing new ones for the next batch.
//! Nothing here waits for the disk but who asks for what is not durable yet, or puts far more than it takes.

use super::files::{Files, io};
use super::index::{Index, Place};
use super::object::ObjectReader;
use super::seal::{self, Key, PIECE_BYTES, Pieces, TAG_BYTES, sealed_bytes};
use super::slot::{self, Found, SLOT_BYTES, SLOTS, Slot};
use super::{DataError, Object, Put, Ticket};
use crate::disk::{Disk, DiskFile};
use crate::error::Unavailable;
use crate::limits::{DATA_BATCH_BYTES, DATA_LARGE_BYTES, DATA_PACK_BYTES};
use crate::merkle::Hash;
use parking_lot::{Condvar, Mutex, MutexGuard};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::io::{ErrorKind, Read};
use std::path::PathBuf;
use std::sync::Arc;

/// A data store in a folder.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) files: Files,
    pub(super) is_writer: bool,
    pub(super) state: Mutex<State>,
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
    seen: bool,
}

/// How many packs are kept open for reading.
const OPEN_PACKS: usize = 64;

impl Kept {
    pub(super) fn new(disk: Arc<dyn Disk>, folder: PathBuf, is_writer: bool) -> Kept {
        let files = Files::new(disk, folder);
        Kept { files, is_writer, state: Mutex::default(), done: Condvar::new() }
    }

    /// Keeps bytes with this hash, unless they are there.
    pub(super) fn put(&self, hash: Hash, bytes: &[u8]) -> Result<Put, DataError> {
        if let Some(put) = self.put_again(&hash)? {
            return Ok(put);
        }
        if bytes.len() > DATA_LARGE_BYTES {
            return self.put_large(&mut &*bytes, &[]);
        }
        let key = Key::draw()?;
        let sealed = seal::seal(&key, bytes);
        let object = Object { hash, size: bytes.len() as u64 };
        self.put_new(&hash, |state| self.queue(state, object, key, sealed, true))
            .map(|(put, _)| put)
    }

    /// Keeps what a reader gives.
    pub(super) fn put_from(&self, reader: &mut dyn Read) -> Result<Put, DataError> {
        let mut start = Vec::new();
        let small = DATA_LARGE_BYTES as u64;
        reader.take(small + 1).read_to_end(&mut start).map_err(DataError::Source)?;
        if start.len() <= DATA_LARGE_BYTES {
            return self.put(Hash(Sha256::digest(&start).into()), &start);
        }
        self.put_large(reader, &start)
    }

    /// Keeps an object that is in the store already: if it can still be read, it need not be kept twice.
    fn put_again(&self, hash: &Hash) -> Result<Option<Put>, DataError> {
        while let Some(located) = self.locate_for(hash, false)? {
            let (slot, place, seen) = (located.slot, located.place, located.seen);
            let whole = seen
                || std::io::copy(&mut ObjectReader::over(located), &mut std::io::sink()).is_ok();
            let mut state = self.state.lock();
            let Some(index) = &mut state.index else { break };
            if !whole {
                tracing::warn!(%hash, "an object that is put again was damaged and is kept anew");
                index.remove(hash, place);
            } else if seen || index.see(hash, place) {
                // What a batch still holds is durable with the batch.
                return Ok(Some(Put { object: slot.object(), ticket: state.ticket() }));
            }
            // Else it was moved or collected meanwhile.
        }
        Ok(None)
    }

    /// Queues an object, unless it came into the store meanwhile; says whether it was queued.
    fn put_new(
        &self,
        hash: &Hash,
        queue: impl FnOnce(&mut State) -> Result<Put, DataError>,
    ) -> Result<(Put, bool), DataError> {
        loop {
            let mut state = self.room()?;
            if self.find_slot(&mut state, hash)?.is_none() {
                return Ok((queue(&mut state)?, true));
            }
            drop(state);
            if let Some(put) = self.put_again(hash)? {
                return Ok((put, false));
            }
        }
    }

    /// Writes a large object into a pack of its own, from the caller's thread, and queues its key.
    fn put_large(&self, reader: &mut dyn Read, start: &[u8]) -> Result<Put, DataError> {
        let key = Key::draw()?;
        let (number, file) = {
            let mut state = self.room()?;
            let number = state.tail.next_pack;
            let file = self.files.create_pack(number)?;
            state.tail.next_pack += 1;
            state.tail.under_way.insert(number);
            (number, file)
        };
        let mut source = start.chain(reader);
        let put = self.write_large(&mut source, &key, number, &file).and_then(|object| {
            let Object { hash, size } = object;
            self.put_new(&hash, |state| {
                let slot = Slot { hash, key, pack: number, offset: 0, size };
                state.packs.insert(number, Arc::clone(&file));
                state.batch.whole.push((number, Arc::clone(&file)));
                Ok(Self::queue_slot(state, slot, true))
            })
        });
        self.state.lock().tail.under_way.remove(&number);
        let is_used = put.as_ref().is_ok_and(|(_, is_used)| *is_used);
        if !is_used && let Err(error) = self.files.remove_pack(number) {
            tracing::warn!(%error, "a pack that nothing refers to stays until the next collection");
        }
        put.map(|(put, _)| put)
    }

    /// Seals what a reader gives into a pack.
    fn write_large(
        &self,
        source: &mut dyn Read,
        key: &Key,
        number: u32,
        file: &Arc<dyn DiskFile>,
    ) -> Result<Object, DataError> {
        let path = self.files.pack_path(number);
        let (mut pieces, mut hasher) = (Pieces::new(key), Sha256::new());
        let (mut offset, mut size) = (0, 0);
        let (mut piece, mut sealed) = (Vec::with_capacity(PIECE_BYTES), Vec::new());
        loop {
            piece.clear();
            let read = source.take(PIECE_BYTES as u64).read_to_end(&mut piece);
            read.map_err(DataError::Source)?;
            if piece.is_empty() {
                return Ok(Object { hash: Hash(hasher.finalize().into()), size });
            }
            hasher.update(&piece);
            size += piece.len() as u64;
            sealed.clear();
            pieces.seal_onto(&mut sealed, &piece);
            file.write_at(&sealed, offset).map_err(io("write", &path))?;
            offset += sealed.len() as u64;
        }
    }

    /// Queues an object that is sealed already.
    pub(super) fn queue(
        &self,
        state: &mut State,
        object: Object,
        key: Key,
        sealed: Vec<u8>,
        seen: bool,
    ) -> Result<Put, DataError> {
        let (pack, offset) = match state.tail.pack {
            Some((pack, end)) if end + sealed.len() as u64 <= DATA_PACK_BYTES => (pack, end),
            Some(_) | None => {
                let number = state.tail.next_pack;
                let file = self.files.create_pack(number)?;
                state.tail.next_pack += 1;
                state.packs.insert(number, file);
                (number, 0)
            }
        };
        state.tail.pack = Some((pack, offset + sealed.len() as u64));
        state.batch.bytes += sealed.len();
        match state.batch.writes.last_mut() {
            Some(last) if last.pack == pack => last.bytes.extend_from_slice(&sealed),
            Some(_) | None => state.batch.writes.push(PackWrite { pack, offset, bytes: sealed }),
        }
        let slot = Slot { hash: object.hash, key, pack, offset, size: object.size };
        Ok(Self::queue_slot(state, slot, seen))
    }

    fn queue_slot(state: &mut State, slot: Slot, seen: bool) -> Put {
        let place = state.tail.next_place();
        state.pending.insert(slot.hash, (place, slot));
        state.index.get_or_insert_default().insert(&slot.hash, place, seen);
        state.batch.slots.push((place, slot));
        Put { object: slot.object(), ticket: state.ticket() }
    }

    /// The state, once there is room for more and unless the store has failed.
    fn room(&self) -> Result<MutexGuard<'_, State>, DataError> {
        loop {
            let state = self.open()?;
            if let Some(failed) = &state.failed {
                return Err(failed.error().into());
            }
            if state.batch.bytes <= DATA_BATCH_BYTES {
                return Ok(state);
            }
            let ticket = state.ticket();
            drop(state);
            self.wait(ticket)?;
        }
    }

    /// Where an object is, once it is durable.
    pub(super) fn locate(&self, hash: &Hash) -> Result<Option<Located>, DataError> {
        self.locate_for(hash, true)
    }

    fn locate_for(&self, hash: &Hash, to_read: bool) -> Result<Option<Located>, DataError> {
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
                Found::Damaged => {
                    let detail = "its key cannot be read";
                    return Err(DataError::Damaged { hash: *hash, detail });
                }
                Found::Slot(_) | Found::Nothing => {}
            }
        }
        Ok(None)
    }

    fn slot(&self, state: &mut State, place: Place) -> Result<Found, DataError> {
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
        if state.packs.len() >= OPEN_PACKS {
            // Invariant: what a batch will write stays open.
            let tail = state.tail.pack.map(|(pack, _)| pack);
            let writes: Vec<u32> = state.batch.writes.iter().map(|write| write.pack).collect();
            state.packs.retain(|pack, _| Some(*pack) == tail || writes.contains(pack));
        }
        state.packs.insert(number, Arc::clone(&file));
        Ok(file)
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

impl State {
    /// What stands for all that was put so far.
    pub(super) fn ticket(&self) -> Ticket {
        Ticket(self.taken + u64::from(!self.batch.slots.is_empty()))
    }
}

impl Tail {
    fn next_place(&mut self) -> Place {
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
