//! Opening: reads the files of keys once, when the store is used for the first time.
//! It never looks at sealed bytes, and never removes anything.

use super::DataError;
use super::files::{Listing, io};
use super::index::Place;
use super::kept::{Kept, State, Tail};
use super::seal::sealed_bytes;
use super::slot::{self, Found, Header, NOTHING, SLOT_BYTES, SLOTS, Slot};
use crate::limits::{DATA_LARGE_BYTES, DATA_PACK_BYTES};
use crate::merkle::Hash;
use parking_lot::MutexGuard;
use std::collections::BTreeMap;

/// How many bytes of a file of keys are read at a time.
const READ_BYTES: usize = 1024 * SLOT_BYTES;

/// What the slots say of a pack.
#[derive(Debug, Default, Clone, Copy)]
struct Extent {
    end: u64,
    /// It was begun by a large object, and holds nothing else.
    large: bool,
}

impl Extent {
    fn take(&mut self, slot: &Slot) {
        self.end = self.end.max(slot.offset.saturating_add(sealed_bytes(slot.size)));
        self.large |= slot.size > DATA_LARGE_BYTES as u64;
    }
}

impl Kept {
    /// The state; what is in the folder is known then.
    pub(super) fn open(&self) -> Result<MutexGuard<'_, State>, DataError> {
        let mut state = self.state.lock();
        if state.index.is_none() {
            self.load(&mut state)?;
        }
        Ok(state)
    }

    fn load(&self, state: &mut State) -> Result<(), DataError> {
        let listing = match self.files.list()? {
            Some(listing) => listing,
            None if self.is_writer => {
                self.files.create_folder()?;
                Listing::default()
            }
            None => Listing::default(),
        };
        if self.is_writer {
            // Whoever made the folder may not have come to this.
            self.files.sync_parent()?;
        }
        let mut index = super::index::Index::default();
        let mut extents: BTreeMap<u32, Extent> = BTreeMap::new();
        let (mut unreadable, mut last, mut repeated) = (0, None, Vec::new());
        for &file in &listing.keys {
            let next = self.scan_keys(file, &mut |place, found| match found {
                Found::Nothing | Found::Cut => {}
                Found::Damaged(_) => unreadable += 1,
                // Nothing may be put over what is still to be removed.
                Found::Dropped(slot) => extents.entry(slot.pack).or_default().take(&slot),
                Found::Slot(slot) => {
                    extents.entry(slot.pack).or_default().take(&slot);
                    if index.places(&slot.hash).next().is_some() {
                        repeated.push((place, slot));
                    } else {
                        index.insert(&slot.hash, place, false);
                    }
                }
            })?;
            last = Some(Place { file, slot: next });
        }
        for (place, slot) in repeated {
            // A collection that a crash cut short left an object twice: the later one counts.
            let older: Vec<Place> = index.places(&slot.hash).collect();
            for older in older {
                if self.slot(state, older)?.is_of(&slot.hash) {
                    index.remove(&slot.hash, older);
                }
            }
            index.insert(&slot.hash, place, false);
        }
        if unreadable > 0 {
            tracing::warn!(
                unreadable,
                "keys of the data store cannot be read; their objects are lost"
            );
        }
        if let (Some(place), true) = (last, self.is_writer) {
            self.make_durable(place)?;
        }
        let last_pack = extents.keys().chain(&listing.packs).max().copied();
        let known = last_pack.map_or(Some(0), |pack| pack.checked_add(1));
        let known = known.ok_or_else(|| DataError::Keys {
            path: self.files.pack_path(u32::MAX),
            detail: "has the last number that there is",
        })?;
        let open = extents.last_key_value().filter(|(pack, extent)| {
            // Where a key cannot be read, what it opens may stand after all that is known of the pack.
            let ends_there = unreadable == 0 && extent.end < DATA_PACK_BYTES;
            ends_there && !extent.large && listing.packs.contains(pack)
        });
        let pack = open.map(|(pack, extent)| (*pack, extent.end));
        state.tail = Tail { pack, next_pack: known, keys: last, ..Tail::default() };
        if let (Some((pack, _)), true) = (pack, self.is_writer) {
            state.packs.insert(pack, self.files.open_pack(pack)?);
        }
        (state.index, state.unreadable) = (Some(index), unreadable);
        Ok(())
    }

    /// Hands out what stands in each slot of a file of keys; returns the first slot after the last one in use.
    pub(super) fn scan_keys(
        &self,
        number: u32,
        visit: &mut dyn FnMut(Place, Found),
    ) -> Result<u32, DataError> {
        let file = self.files.open_keys(number)?;
        let path = self.files.keys_path(number);
        let mut buffer = vec![0; READ_BYTES];
        let (mut slot, mut next, mut offset) = (0, 1, 0);
        while slot < SLOTS {
            let read = file.read_at(&mut buffer, offset).map_err(io("read", &path))?;
            // What a cut file lacks was never written, or is lost.
            buffer.get_mut(read..).unwrap_or_default().fill(0);
            if read == 0 {
                break;
            }
            for bytes in buffer.as_chunks::<SLOT_BYTES>().0 {
                if slot == 0 {
                    self.check_header(number, bytes)?;
                } else {
                    let found = slot::read(bytes);
                    if found != Found::Nothing {
                        next = slot + 1;
                    }
                    visit(Place { file: number, slot }, found);
                }
                slot += 1;
            }
            offset += READ_BYTES as u64;
        }
        Ok(next)
    }

    fn check_header(&self, number: u32, bytes: &[u8; SLOT_BYTES]) -> Result<(), DataError> {
        let path = self.files.keys_path(number);
        match slot::read_header(bytes) {
            Header::Known(found) if found == number => Ok(()),
            Header::Nothing if self.is_cut_short(number)? => Ok(()),
            Header::Newer(found) => Err(DataError::NewerFormat { path, found }),
            Header::Known(_) => {
                Err(DataError::Keys { path, detail: "has the number of another file" })
            }
            Header::Nothing | Header::Damaged => {
                Err(DataError::Keys { path, detail: "does not begin as a file of keys does" })
            }
        }
    }

    /// Whether a file of keys that says nothing is all empty: its creation was cut short.
    fn is_cut_short(&self, number: u32) -> Result<bool, DataError> {
        let file = self.files.open_keys(number)?;
        let path = self.files.keys_path(number);
        let mut bytes = vec![0; SLOTS as usize * SLOT_BYTES];
        file.read_at(&mut bytes, 0).map_err(io("read", &path))?;
        Ok(bytes.as_chunks().0.iter().all(|slot| *slot == NOTHING))
    }

    /// Writes the last file of keys again: after a failed sync the kernel may show what is not on the disk. The
    /// sealed bytes behind a slot were durable before the slot was written.
    fn make_durable(&self, last: Place) -> Result<(), DataError> {
        let path = self.files.keys_path(last.file);
        let file = self.files.open_keys(last.file)?;
        let mut bytes = vec![0; SLOTS as usize * SLOT_BYTES];
        let used = last.slot as usize * SLOT_BYTES;
        file.read_at(&mut bytes, 0).map_err(io("read", &path))?;
        let whole = last.slot <= 1;
        if whole {
            // Nothing is in use: the file may have been cut short while it was made.
            bytes.fill(0);
            bytes
                .get_mut(..SLOT_BYTES)
                .unwrap_or_default()
                .copy_from_slice(&slot::header(last.file));
        }
        let written = if whole { bytes.as_slice() } else { bytes.get(..used).unwrap_or(&bytes) };
        file.write_at(written, 0).map_err(io("write", &path))?;
        file.sync_all().map_err(io("sync", &path))?;
        self.files.sync()?;
        Ok(())
    }

    /// Hands out the slot of every object, each once.
    pub(super) fn for_each(&self, visit: &mut dyn FnMut(Slot)) -> Result<(), DataError> {
        let mut state = self.open()?;
        let Some(index) = state.index.take() else { return Ok(()) };
        let current = |hash: &Hash, place| index.places(hash).any(|at| at == place);
        let walked = self.walk(&state, &mut |place, slot| {
            if current(&slot.hash, place) {
                visit(slot);
            }
        });
        state.index = Some(index);
        walked
    }

    /// Hands out every slot in use, on the disk or on its way there.
    pub(super) fn walk(
        &self,
        state: &State,
        visit: &mut dyn FnMut(Place, Slot),
    ) -> Result<(), DataError> {
        self.walk_all(state, &mut |place, found| {
            found.slot().into_iter().for_each(|slot| visit(place, slot));
        })
    }

    /// The same, and what stands in every other slot.
    pub(super) fn walk_all(
        &self,
        state: &State,
        visit: &mut dyn FnMut(Place, Found),
    ) -> Result<(), DataError> {
        let is_pending =
            |place, hash: &Hash| state.pending.get(hash).is_some_and(|(at, _)| *at == place);
        for &file in &self.files.list()?.unwrap_or_default().keys {
            self.scan_keys(file, &mut |place, found| match found {
                Found::Slot(slot) if is_pending(place, &slot.hash) => {}
                Found::Slot(_)
                | Found::Nothing
                | Found::Dropped(_)
                | Found::Cut
                | Found::Damaged(_) => {
                    visit(place, found);
                }
            })?;
        }
        state.pending.values().for_each(|(place, slot)| visit(*place, Found::Slot(*slot)));
        Ok(())
    }
}
