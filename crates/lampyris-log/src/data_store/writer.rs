//! The writer: a thread that makes batches durable one after another, while the next one is being filled.
//! Sealed bytes are on the disk before the keys that open them, so a key that is there opens something.

use super::files::io;
use super::index::Place;
use super::kept::{Batch, Failed, Kept, State};
use super::slot::Slot;
use crate::disk::DiskFile;
use crate::error::Unavailable;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

/// The thread, which begins with the first object that is put.
#[derive(Debug)]
pub(super) struct Writer {
    kept: Arc<Kept>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// A batch with the files it goes to.
struct Flight {
    batch: Batch,
    packs: BTreeMap<u32, Arc<dyn DiskFile>>,
}

impl Writer {
    pub(super) fn new(kept: &Arc<Kept>) -> Writer {
        Writer { kept: Arc::clone(kept), thread: Mutex::default() }
    }

    /// Begins, if that was not done.
    pub(super) fn start(&self, kept: &Arc<Kept>) -> Result<(), Unavailable> {
        let mut thread = self.thread.lock();
        if thread.is_none() {
            let kept = Arc::clone(kept);
            let named = std::thread::Builder::new().name("data-writer".to_owned());
            let spawned = named.spawn(move || kept.write());
            let spawned = spawned
                .map_err(|error| Unavailable::io("start a thread for", "the data store", error))?;
            *thread = Some(spawned);
        }
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.kept.state.lock().closed = true;
        self.kept.arrived.notify_all();
        let panicked = self.thread.lock().take().is_some_and(|thread| thread.join().is_err());
        if panicked {
            tracing::error!("the thread of the data store panicked");
        }
    }
}

impl Kept {
    /// The thread's work: until the store is closed and everything is written, or a write failed.
    fn write(&self) {
        loop {
            let mut state = self.state.lock();
            while state.batch.slots.is_empty() && !state.closed {
                self.arrived.wait(&mut state);
            }
            if state.batch.slots.is_empty() || state.failed.is_some() {
                return;
            }
            let flight = self.take_off(&mut state);
            drop(state);
            let landing = AssertUnwindSafe(|| {
                flight.and_then(|flight| self.land(&flight).map(|()| flight.batch))
            });
            // Only a disk can bring a panic about; nobody is to wait for ever because of it.
            let panicked = |_| Err(Unavailable::Closed);
            let landed = catch_unwind(landing).unwrap_or_else(panicked);
            let mut state = self.state.lock();
            match landed {
                Ok(batch) => {
                    state.durable = state.taken;
                    for (_, slot) in batch.slots {
                        state.pending.remove(&slot.hash);
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "the data store takes nothing more until it is opened again");
                    state.failed = Some(Failed::of(&error));
                }
            }
            drop(state);
            self.done.notify_all();
        }
    }

    /// Takes the batch that was filled.
    fn take_off(&self, state: &mut State) -> Result<Flight, Unavailable> {
        let batch = std::mem::take(&mut state.batch);
        state.taken += 1;
        self.done.notify_all();
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
