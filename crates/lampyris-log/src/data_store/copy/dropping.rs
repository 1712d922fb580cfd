//! Giving up in a copy what its store has no more: the key first, then the sealed bytes, where nothing else stands by now.

use super::super::DataError;
use super::super::files::io;
use super::super::index::Place;
use super::super::seal::sealed_bytes;
use super::super::slot::{NOTHING, Slot};
use super::keys::{keys, put};
use super::{Copying, PIECE_BYTES};
use std::collections::{BTreeMap, BTreeSet};

impl Copying<'_> {
    /// Overwrites keys of the copy that the store has no more.
    pub(super) fn drop_keys(&mut self, gone: &BTreeMap<Place, Slot>) -> Result<(), DataError> {
        if gone.is_empty() {
            return Ok(());
        }
        let files: BTreeSet<u32> = gone.keys().map(|place| place.file).collect();
        for number in files {
            let (mut bytes, _) = keys(&self.to, number)?;
            for place in gone.keys().filter(|place| place.file == number) {
                put(&mut bytes, *place, &NOTHING);
                self.copied.dropped += 1;
            }
            self.write_keys(number, &bytes)?;
        }
        self.clear(gone)
    }

    /// Overwrites the sealed bytes that no key opens any more, where nothing else stands by now.
    fn clear(&self, gone: &BTreeMap<Place, Slot>) -> Result<(), DataError> {
        let extent = |slot: &Slot| slot.offset..slot.offset.saturating_add(sealed_bytes(slot.size));
        let mut living: BTreeMap<u32, BTreeMap<u64, u64>> =
            gone.values().map(|slot| (slot.pack, BTreeMap::new())).collect();
        self.for_each(&mut |slot| {
            if let Some(pack) = living.get_mut(&slot.pack) {
                let extent = extent(slot);
                pack.insert(extent.start, extent.end);
            }
        })?;
        for slot in gone.values() {
            let (dead, path) = (extent(slot), self.to.pack_path(slot.pack));
            let beside = living.get(&slot.pack).and_then(|pack| pack.range(..dead.end).next_back());
            if beside.is_some_and(|(_, end)| *end > dead.start) {
                continue;
            }
            let file = self.to.open_or_create_pack(slot.pack)?;
            let mut at = dead.start;
            while at < dead.end {
                let left = usize::try_from(dead.end - at).unwrap_or(usize::MAX).min(PIECE_BYTES);
                file.write_at(&vec![0; left], at).map_err(io("write", &path))?;
                at += left as u64;
            }
            file.sync_data().map_err(io("sync", &path))?;
        }
        Ok(())
    }
}
