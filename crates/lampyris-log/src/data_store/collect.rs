//! Collecting: drops the keys of what nobody refers to, and then the bytes; also the bytes whose keys were dropped.
//!
//! What lives in a pack with dropped objects moves to another one first, so a crash at any point leaves every living
//! object at least once; what it leaves twice, or without a key, the next collection removes.

use super::DataError;
use super::files::io;
use super::index::Place;
use super::kept::{Failed, Kept, Located, State};
use super::seal::sealed_bytes;
use super::slot::{Found, NOTHING, SLOT_BYTES, Slot};
use crate::limits::DATA_LARGE_BYTES;
use crate::merkle::Hash;
use std::collections::{BTreeMap, BTreeSet};

/// What a collection removed, or would remove.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Collected {
    /// Objects whose keys were dropped.
    pub objects: u64,
    /// Bytes they had.
    pub bytes: u64,
    /// Packs and files of keys that were removed.
    pub files: u64,
}

/// What is to happen to the slots and packs that there are.
#[derive(Debug, Default)]
struct Plan {
    /// Slots that are to be cleared.
    doomed: Vec<(Place, Slot)>,
    /// Those whose keys were dropped: they are cleared once the sealed bytes are gone.
    dropped: Vec<(Place, Slot)>,
    /// Slots whose clearing was cut short.
    cut: Vec<Place>,
    /// Slots of living objects, by their packs.
    living: BTreeMap<u32, Vec<(Place, Slot)>>,
}

impl Kept {
    pub(super) fn collect(&self, is_live: &dyn Fn(&Hash) -> bool) -> Result<Collected, DataError> {
        let _alone = self.collecting.lock();
        let mut collected = Collected::default();
        let mut plan = self.plan(is_live, &mut collected)?;
        self.blank(&plan.dropped)?;
        plan.doomed.append(&mut plan.dropped);
        let freed: BTreeSet<u32> = plan.doomed.iter().map(|(_, slot)| slot.pack).collect();
        for pack in &freed {
            for (place, slot) in plan.living.remove(pack).unwrap_or_default() {
                if self.move_object(place, slot)? {
                    plan.doomed.push((place, slot));
                }
            }
        }
        let ticket = self.state.lock().ticket();
        self.wait(ticket)?;
        let places = plan.doomed.into_iter().map(|(place, _)| place).chain(plan.cut);
        self.overwrite(places.map(|place| (place, NOTHING)).collect())?;
        collected.files = self.remove_files()?;
        Ok(collected)
    }

    /// What a collection would remove. Nothing is written, and nothing changes.
    pub(super) fn collectable(
        &self,
        is_live: &dyn Fn(&Hash) -> bool,
    ) -> Result<Collected, DataError> {
        let mut state = self.open()?;
        let index = state.index.take().unwrap_or_default();
        let (mut collected, mut freed) = (Collected::default(), BTreeSet::new());
        let mut living: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        let walked = self.walk_all(&state, &mut |place, found| {
            let slot = match found {
                Found::Slot(slot) => slot,
                Found::Dropped(slot) => return freed.extend([slot.pack]),
                Found::Nothing | Found::Cut | Found::Damaged(_) => return,
            };
            let current = index.places(&slot.hash).any(|at| at == place);
            if current && (index.is_kept(&slot.hash, place) || is_live(&slot.hash)) {
                living.entry(slot.pack).or_default().insert(place.file);
                return;
            }
            if current {
                collected.objects += 1;
                collected.bytes += slot.size;
            }
            freed.insert(slot.pack);
        });
        state.index = Some(index);
        walked?;
        // What lives beside something that goes is moved, and its pack and its slot go too.
        living.retain(|pack, _| !freed.contains(pack));
        let listing = self.files.list()?.unwrap_or_default();
        let goes = |pack: &&u32| {
            let stays = living.contains_key(*pack) || state.tail.under_way.contains(*pack);
            !stays && state.unreadable == 0
        };
        let last = state.tail.keys.map(|place| place.file);
        let stays =
            |file: &u32| Some(*file) == last || living.values().any(|files| files.contains(file));
        let packs = listing.packs.iter().filter(goes).count();
        let keys = listing.keys.iter().filter(|file| !stays(file)).count();
        collected.files = (packs + keys) as u64;
        Ok(collected)
    }

    /// Decides what goes. From here on, nothing that goes is found any more.
    fn plan(
        &self,
        is_live: &dyn Fn(&Hash) -> bool,
        collected: &mut Collected,
    ) -> Result<Plan, DataError> {
        let ticket = self.open()?.ticket();
        self.wait(ticket)?;
        let mut state = self.open()?;
        // What is put from here on goes to a pack that this collection leaves alone.
        state.tail.pack = None;
        let mut index = state.index.take().unwrap_or_default();
        let mut plan = Plan::default();
        let walked = self.walk_all(&state, &mut |place, found| {
            let slot = match found {
                Found::Slot(slot) => slot,
                Found::Dropped(slot) => return plan.dropped.push((place, slot)),
                Found::Cut => return plan.cut.push(place),
                Found::Nothing | Found::Damaged(_) => return,
            };
            let current = index.places(&slot.hash).any(|at| at == place);
            if current && (index.is_kept(&slot.hash, place) || is_live(&slot.hash)) {
                plan.living.entry(slot.pack).or_default().push((place, slot));
                return;
            }
            if current {
                index.remove(&slot.hash, place);
                collected.objects += 1;
                collected.bytes += slot.size;
            }
            plan.doomed.push((place, slot));
        });
        state.index = Some(index);
        walked.map(|()| plan)
    }

    /// Copies a living object to another pack, as it is sealed; not if it was moved or put anew meanwhile.
    fn move_object(&self, place: Place, slot: Slot) -> Result<bool, DataError> {
        let located = match self.locate(&slot.hash) {
            Ok(Some(located)) => located,
            // What is lost cannot be copied; its slot stays and says what it was.
            Ok(None) | Err(DataError::Damaged { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        if located.place != place {
            return Ok(true);
        }
        let length = usize::try_from(located.sealed_bytes()).unwrap_or(usize::MAX);
        let mut sealed = vec![0; length];
        let path = self.files.pack_path(slot.pack);
        let read = located.pack.read_at(&mut sealed, slot.offset).map_err(io("read", &path))?;
        if read != length {
            // Its pack is cut: what is lost cannot be moved.
            return Ok(false);
        }
        let mut state = self.room()?;
        let Some(index) = &mut state.index else { return Ok(false) };
        if !index.places(&slot.hash).any(|at| at == place) {
            return Ok(true);
        }
        let seen = index.is_kept(&slot.hash, place);
        index.remove(&slot.hash, place);
        self.queue(&mut state, slot.object(), slot.key, sealed, seen)?;
        Ok(true)
    }

    /// Overwrites the sealed bytes of dropped objects with zeros, durably, where their pack may stay.
    fn blank(&self, dropped: &[(Place, Slot)]) -> Result<(), DataError> {
        let packs_stay = self.open()?.unreadable > 0;
        let zeros = vec![0; Located::PIECE];
        let mut written = BTreeMap::new();
        for (_, slot) in dropped {
            // A large object is alone in its pack, which goes with it.
            if slot.size > DATA_LARGE_BYTES as u64 && !packs_stay {
                continue;
            }
            let Some(pack) = self.pack_if_there(slot.pack)? else { continue };
            let path = self.files.pack_path(slot.pack);
            let (mut offset, end) =
                (slot.offset, slot.offset.saturating_add(sealed_bytes(slot.size)));
            while offset < end {
                let length = usize::try_from(end - offset).unwrap_or(usize::MAX).min(zeros.len());
                let piece = zeros.get(..length).unwrap_or(&zeros);
                pack.write_at(piece, offset).map_err(io("write", &path))?;
                offset += length as u64;
            }
            written.insert(slot.pack, pack);
        }
        for (number, pack) in written {
            pack.sync_data().map_err(io("sync", &self.files.pack_path(number)))?;
        }
        Ok(())
    }

    /// Overwrites slots, durably; if that fails, the store takes nothing more.
    pub(super) fn overwrite(
        &self,
        mut slots: Vec<(Place, [u8; SLOT_BYTES])>,
    ) -> Result<(), DataError> {
        slots.sort_by_key(|(place, _)| *place);
        let written = slots.chunk_by(|(one, _), (other, _)| one.file == other.file).try_for_each(
            |file_slots| {
                let Some((first, _)) = file_slots.first() else { return Ok(()) };
                let path = self.files.keys_path(first.file);
                let file = self.keys(&mut self.state.lock(), first.file)?;
                for (place, bytes) in file_slots {
                    file.write_at(bytes, place.offset()).map_err(io("write", &path))?;
                }
                file.sync_data().map_err(io("sync", &path))
            },
        );
        if let Err(error) = &written {
            // What the kernel shows of the slots now need not be on the disk: nothing may be built upon it.
            self.state.lock().failed = Some(Failed::of(error));
        }
        Ok(written?)
    }

    /// Removes packs that no key opens, and files without a key but the last one.
    fn remove_files(&self) -> Result<u64, DataError> {
        let mut state = self.open()?;
        let listing = self.files.list()?.unwrap_or_default();
        let (mut packs, mut keys) = (BTreeSet::new(), BTreeSet::new());
        self.walk_all(&state, &mut |place, found| match found {
            Found::Slot(slot) | Found::Dropped(slot) => {
                packs.insert(slot.pack);
                keys.insert(place.file);
            }
            Found::Nothing | Found::Cut | Found::Damaged(_) => {}
        })?;
        let State { tail, packs: open_packs, keys: open_keys, unreadable, .. } = &mut *state;
        packs.extend(tail.pack.map(|(pack, _)| pack));
        keys.extend(tail.keys.map(|place| place.file));
        packs.extend(&tail.under_way);
        if *unreadable > 0 {
            // Some of what has no key may have one that cannot be read, and still be rescued.
            packs.extend(&listing.packs);
        }
        let mut removed = 0;
        for pack in listing.packs.difference(&packs) {
            open_packs.remove(pack);
            self.files.remove_pack(*pack)?;
            removed += 1;
        }
        for file in listing.keys.difference(&keys) {
            open_keys.remove(file);
            self.files.remove_keys(*file)?;
            removed += 1;
        }
        if removed > 0 {
            self.files.sync()?;
        }
        Ok(removed)
    }
}
