//! Putting: new objects are sealed and queued for the next batch, large ones written to packs of their own.
//! What is there already, and can be read, is not kept twice.

use super::files::io;
use super::kept::{Kept, PackWrite, State};
use super::object::ObjectReader;
use super::seal::{self, Key, PIECE_BYTES, Pieces};
use super::slot::Slot;
use super::{DataError, Object, Put};
use crate::disk::DiskFile;
use crate::limits::{DATA_BATCH_BYTES, DATA_LARGE_BYTES, DATA_PACK_BYTES};
use crate::merkle::Hash;
use parking_lot::MutexGuard;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::sync::Arc;

impl Kept {
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
                state.batch.whole.push((number, Arc::clone(&file)));
                Ok(Self::queue_slot(state, slot, true))
            })
        });
        let is_used = put.as_ref().is_ok_and(|(_, is_used)| *is_used);
        if !is_used && let Err(error) = self.files.remove_pack(number) {
            tracing::warn!(%error, "a pack that nothing refers to stays until the next collection");
        }
        self.state.lock().tail.under_way.remove(&number);
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
                // Here, and not while others wait for the batch.
                file.sync_data().map_err(io("sync", &path))?;
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
                state.close_packs();
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
    pub(super) fn room(&self) -> Result<MutexGuard<'_, State>, DataError> {
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
}
