//! Flushing: makes a batch durable. Whoever first waits for what is in it does it, for all who put something until
//! then; the next batch is filled meanwhile.
//! Sealed bytes are on the disk before the keys that open them, so a key that is there opens something.

use super::Ticket;
use super::files::io;
use super::index::Place;
use super::kept::{Batch, Failed, Kept, PackWrite, State};
use super::slot::Slot;
use crate::disk::DiskFile;
use crate::error::Unavailable;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// By how many bytes a pack is made longer than it needs to be.
const LEAST_FILL: u64 = 256 * 1024;
const MOST_FILL: u64 = 8 * 1024 * 1024;

/// A batch with the files it goes to.
struct Flight {
    batch: Batch,
    packs: BTreeMap<u32, Arc<dyn DiskFile>>,
}

impl Kept {
    /// Waits until the batches that a ticket stands for are durable, and makes them so if nobody else does.
    pub(super) fn wait(&self, ticket: Ticket) -> Result<(), Unavailable> {
        let mut state = self.state.lock();
        while state.durable < ticket.0 {
            if let Some(failed) = &state.failed {
                return Err(failed.error());
            }
            if state.is_flushing {
                self.done.wait(&mut state);
                continue;
            }
            state.is_flushing = true;
            let flight = self.take_off(&mut state);
            drop(state);
            let landing = AssertUnwindSafe(|| {
                flight.and_then(|flight| self.land(&flight).map(|()| flight.batch))
            });
            // Only a disk can bring a panic about; nobody is to wait for ever because of it.
            let landed = catch_unwind(landing).unwrap_or(Err(Unavailable::Closed));
            state = self.state.lock();
            state.is_flushing = false;
            match landed {
                Ok(batch) => {
                    state.durable = state.taken;
                    for (place, slot) in batch.slots {
                        if state.pending.get(&slot.hash).is_some_and(|(at, _)| *at == place) {
                            state.pending.remove(&slot.hash);
                        }
                    }
                }
                Err(error) => {
                    state.failed = Some(Failed::of(&error));
                    self.done.notify_all();
                    drop(state);
                    tracing::error!(%error, "the data store takes nothing more until it is opened again");
                    state = self.state.lock();
                }
            }
            self.done.notify_all();
        }
        Ok(())
    }

    /// Takes the batch that was filled.
    fn take_off(&self, state: &mut State) -> Result<Flight, Unavailable> {
        let batch = std::mem::take(&mut state.batch);
        state.taken += 1;
        let mut packs: BTreeMap<u32, Arc<dyn DiskFile>> =
            batch.whole.iter().map(|(pack, file)| (*pack, Arc::clone(file))).collect();
        for write in &batch.writes {
            let file = match state.packs.get(&write.pack) {
                Some(file) => Arc::clone(file),
                None => self.files.open_pack(write.pack)?,
            };
            packs.insert(write.pack, file);
        }
        Ok(Flight { batch, packs })
    }

    /// Makes a batch durable.
    fn land(&self, Flight { batch, packs }: &Flight) -> Result<(), Unavailable> {
        let mut began = !batch.whole.is_empty();
        for write in &batch.writes {
            let Some(file) = packs.get(&write.pack) else { continue };
            self.fill(file, write)?;
            let path = self.files.pack_path(write.pack);
            file.write_at(&write.bytes, write.offset).map_err(io("write", &path))?;
            began |= write.offset == 0;
        }
        for (number, file) in packs {
            file.sync_data().map_err(io("sync", &self.files.pack_path(*number)))?;
        }
        if began {
            self.files.sync()?;
        }
        let mut slots = batch.slots.as_slice();
        while let Some((first, _)) = slots.first() {
            let count = slots.partition_point(|(place, _)| place.file == first.file);
            let (now, later) = slots.split_at_checked(count).unwrap_or((slots, &[]));
            self.write_slots(*first, now)?;
            slots = later;
        }
        Ok(())
    }

    /// Sees to it that a pack is long enough for a write, by zeros far beyond it: a sync that need not record a new
    /// length takes about half the time.
    fn fill(&self, file: &Arc<dyn DiskFile>, write: &PackWrite) -> Result<(), Unavailable> {
        let end = write.offset + write.bytes.len() as u64;
        let filled = match self.state.lock().filled {
            Some((pack, filled)) if pack == write.pack => filled.max(write.offset),
            Some(_) | None => write.offset,
        };
        if end <= filled {
            return Ok(());
        }
        let step = end.clamp(LEAST_FILL, MOST_FILL);
        let zeros = vec![0; usize::try_from(end + step - filled).unwrap_or(0)];
        let path = self.files.pack_path(write.pack);
        file.write_at(&zeros, filled).map_err(io("write", &path))?;
        self.state.lock().filled = Some((write.pack, end + step));
        Ok(())
    }

    /// Writes slots that stand together in one file of keys, and makes them durable.
    fn write_slots(&self, first: Place, slots: &[(Place, Slot)]) -> Result<(), Unavailable> {
        let path = self.files.keys_path(first.file);
        let file = if first.slot == 1 {
            let file = self.files.create_keys(first.file)?;
            self.state.lock().keys.insert(first.file, Arc::clone(&file));
            file
        } else {
            self.keys(&mut self.state.lock(), first.file)?
        };
        let bytes: Vec<u8> = slots.iter().flat_map(|(_, slot)| slot.encode()).collect();
        file.write_at(&bytes, first.offset()).map_err(io("write", &path))?;
        file.sync_data().map_err(io("sync", &path))
    }
}
