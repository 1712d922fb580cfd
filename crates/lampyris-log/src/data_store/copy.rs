//! Copying a store for a backup, beside whoever puts into it, collects or erases: keys slot by slot in their places, and
//! of the packs what these keys open.
//! It never writes to the store that it copies, and gives up nothing that may only have been moved there meanwhile.
//!
//! Sealed bytes are on the disk before the keys that open them, as in the store itself. A collection moves an object to a
//! place behind all others, and then drops its old key: a look through the keys in their order that finds the old one gone
//! comes by the new one later. So what is gone is given up at the end of a look, and only of one that could copy all it saw.

mod announced;
mod dropping;
mod keys;

pub(crate) use announced::{announce, announcement};

use super::DataError;
use super::files::{Files, io};
use super::index::Place;
use super::seal::sealed_bytes;
use super::slot::{self, Found, NOTHING, SLOT_BYTES, SLOTS, Slot};
use crate::disk::{Disk, DiskFile};
use crate::error::Unavailable;
use keys::{KEYS_BYTES, at, keys, put};
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

/// How many bytes of a pack are copied at a time.
const PIECE_BYTES: usize = 1024 * 1024;
/// Packs of the copy that are open at a time, and bytes that are copied before keys are written.
const OPEN_PACKS: usize = 64;
const WRITTEN_BYTES: u64 = 256 * 1024 * 1024;
/// How often the keys are looked through: again only if some were gone.
const LOOKS: usize = 16;

/// What a copy did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Copied {
    /// Objects that are new in the copy, and their sealed bytes.
    pub(crate) objects: u64,
    pub(crate) bytes: u64,
    /// Objects that the store has no more, and the copy neither.
    pub(crate) dropped: u64,
    /// Keys that could not be read, or whose sealed bytes are not there: of these the copy keeps what it had.
    pub(crate) unreadable: u64,
}

/// A store and its copy.
struct Copying<'p> {
    from: Files,
    to: Files,
    copied: Copied,
    /// How many sealed bytes had been copied when keys were written.
    written: u64,
    packs: Packs,
    progress: &'p mut dyn FnMut(u64),
}

/// Packs that are open while objects are copied: the last one of the store, and those of the copy that are not synced.
#[derive(Default)]
struct Packs {
    from: Option<(u32, Arc<dyn DiskFile>)>,
    to: BTreeMap<u32, Arc<dyn DiskFile>>,
    piece: Vec<u8>,
}

/// What one look through all keys found.
#[derive(Default)]
struct Look {
    /// Keys of the copy that the store has no more.
    gone: BTreeMap<Place, Slot>,
    /// Keys that wait for their place, or for sealed bytes that were moved.
    waiting: BTreeSet<Place>,
    /// Hashes of objects that the store has a key of, and that could not be copied.
    wanted: BTreeSet<[u8; 32]>,
    unreadable: u64,
}

/// Where a store and its copy are.
pub(crate) type Places = ((Arc<dyn Disk>, PathBuf), (Arc<dyn Disk>, PathBuf));

/// Brings a copy of a store up to date, or with `drops` false only adds to it what is new; `progress` is told how many
/// sealed bytes were copied so far.
pub(crate) fn copy(
    ((from_disk, from), (to_disk, to)): Places,
    drops: bool,
    progress: &mut dyn FnMut(u64),
) -> Result<Copied, DataError> {
    let (from, to) = (Files::new(from_disk, from), Files::new(to_disk, to));
    let packs = Packs { piece: vec![0; PIECE_BYTES], ..Packs::default() };
    let mut copying = Copying { from, to, copied: Copied::default(), written: 0, packs, progress };
    copying.run(drops)?;
    Ok(copying.copied)
}

impl Copying<'_> {
    fn run(&mut self, drops: bool) -> Result<(), DataError> {
        let ours = self.to.list()?;
        if self.from.list()?.is_none() {
            let has_keys = ours.is_some_and(|listing| !listing.keys.is_empty());
            // The store's folder is never removed: a copy of it must not go with it.
            return if has_keys { Err(self.missing()) } else { Ok(()) };
        }
        if ours.is_none() {
            self.to.create_folder()?;
        }
        self.to.sync_parent()?;
        if !drops {
            return self.look().map(drop);
        }
        let mut waiting = BTreeSet::new();
        for _ in 0..LOOKS {
            let look = self.look()?;
            self.copied.unreadable = look.unreadable + look.waiting.len() as u64;
            if look.waiting.is_empty() || look.waiting == waiting {
                // What could not be copied may be what was moved away from there.
                let gone = look.gone.into_iter();
                let gone: BTreeMap<Place, Slot> =
                    gone.filter(|(_, kept)| !look.wanted.contains(&kept.hash.0)).collect();
                let is_done = look.waiting.is_empty() || gone.is_empty();
                self.drop_keys(&gone)?;
                if is_done {
                    break;
                }
            }
            waiting = look.waiting;
        }
        self.tidy()
    }

    fn missing(&self) -> DataError {
        let path = self.from.folder().to_owned();
        DataError::Keys { path, detail: "is gone, and the backup holds objects of it" }
    }

    /// Looks through all keys, and copies what the copy does not have.
    fn look(&mut self) -> Result<Look, DataError> {
        let (mut look, mut seen) = (Look::default(), BTreeSet::new());
        loop {
            let theirs = self.from.list()?.unwrap_or_default().keys;
            let ours = self.to.list()?.unwrap_or_default().keys;
            // A file that came meanwhile may have what was moved out of one that was looked through.
            let new: Vec<u32> =
                theirs.union(&ours).filter(|number| !seen.contains(*number)).copied().collect();
            if new.is_empty() {
                return Ok(look);
            }
            for number in new {
                self.look_into(number, &mut look)?;
                seen.insert(number);
            }
        }
    }

    /// Looks through a file of keys.
    fn look_into(&mut self, number: u32, look: &mut Look) -> Result<(), DataError> {
        let (store, length) = keys(&self.from, number)?;
        let (mut before, _) = keys(&self.to, number)?;
        self.is_whole(number, length, &before)?;
        let mut after = before.clone();
        for slot in 1..SLOTS {
            let place = Place { file: number, slot };
            if let Some(bytes) = self.judge(look, place, &store, &before)? {
                put(&mut after, place, &bytes);
            }
            // What was copied so far need not be copied again if this is cut short, nor stay open.
            let copied = self.copied.bytes.saturating_sub(self.written);
            if self.packs.to.len() >= OPEN_PACKS || copied >= WRITTEN_BYTES {
                self.sync_packs()?;
                self.write_keys(number, &after)?;
                (self.written, before) = (self.copied.bytes, after.clone());
            }
        }
        if after != before {
            self.sync_packs()?;
            self.write_keys(number, &after)?;
        }
        Ok(())
    }

    /// Checks that what the copy has keys of is not gone from the store with a part of its file, or all of it: a file of
    /// keys has one length from the beginning, and a collection never removes the last one.
    fn is_whole(&self, number: u32, length: usize, ours: &[u8]) -> Result<(), DataError> {
        if length == KEYS_BYTES {
            return Ok(());
        }
        let listed = self.from.list()?.unwrap_or_default().keys;
        if length == 0 && listed.last().is_some_and(|last| *last > number) {
            return Ok(());
        }
        let missing = ours.as_chunks::<SLOT_BYTES>().0.get(length.div_ceil(SLOT_BYTES).max(1)..);
        let has = |slot: &[u8; SLOT_BYTES]| slot::read(slot).slot().is_some();
        if !missing.unwrap_or_default().iter().any(has) {
            return Ok(());
        }
        let path = self.from.keys_path(number);
        Err(DataError::Keys { path, detail: "is cut or gone, and the backup holds objects of it" })
    }

    /// What the copy should have in a place; nothing if it stays.
    fn judge(
        &mut self,
        look: &mut Look,
        place: Place,
        store: &[u8],
        before: &[u8],
    ) -> Result<Option<[u8; SLOT_BYTES]>, DataError> {
        let (theirs, ours) = (at(store, place), at(before, place));
        if theirs == ours {
            return Ok(None);
        }
        match (slot::read(&theirs), slot::read(&ours).slot()) {
            (Found::Slot(slot), Some(kept)) => {
                look.gone.insert(place, kept);
                look.waiting.insert(place);
                look.wanted.insert(slot.hash.0);
            }
            (Found::Slot(slot), None) if self.copy_object(&slot)? => return Ok(Some(theirs)),
            (Found::Slot(slot), None) => {
                look.waiting.insert(place);
                look.wanted.insert(slot.hash.0);
            }
            (Found::Damaged(hash), _) => {
                look.unreadable += 1;
                look.wanted.insert(hash.0);
            }
            (Found::Nothing | Found::Dropped(_) | Found::Cut, Some(kept)) => {
                look.gone.insert(place, kept);
            }
            // A damaged key that the store has no more may still open something.
            (Found::Nothing | Found::Dropped(_) | Found::Cut, None) if ours != NOTHING => {
                return Ok(Some(NOTHING));
            }
            (Found::Nothing | Found::Dropped(_) | Found::Cut, None) => {}
        }
        Ok(None)
    }

    /// Copies the sealed bytes of an object; returns whether they are there.
    fn copy_object(&mut self, slot: &Slot) -> Result<bool, DataError> {
        let from = match &self.packs.from {
            Some((number, file)) if *number == slot.pack => Arc::clone(file),
            Some(_) | None => match self.from.open_pack(slot.pack) {
                Err(Unavailable::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                    return Ok(false);
                }
                opened => {
                    let file = opened?;
                    self.packs.from = Some((slot.pack, Arc::clone(&file)));
                    file
                }
            },
        };
        let to = match self.packs.to.entry(slot.pack) {
            std::collections::btree_map::Entry::Occupied(open) => Arc::clone(open.get()),
            std::collections::btree_map::Entry::Vacant(free) => {
                Arc::clone(free.insert(self.to.open_or_create_pack(slot.pack)?))
            }
        };
        let (read, written) = (self.from.pack_path(slot.pack), self.to.pack_path(slot.pack));
        let mut at = slot.offset;
        let end = slot.offset.saturating_add(sealed_bytes(slot.size));
        while at < end {
            let left = usize::try_from(end - at).unwrap_or(usize::MAX).min(PIECE_BYTES);
            let piece = self.packs.piece.get_mut(..left).unwrap_or_default();
            match from.read_at(piece, at) {
                Ok(read) if read == left => {}
                Ok(_) => return Ok(false),
                // One bad place must not keep all else from being copied.
                Err(error) => {
                    tracing::warn!(path = %read.display(), %error, "a value cannot be read");
                    return Ok(false);
                }
            }
            to.write_at(piece, at).map_err(io("write", &written))?;
            at += left as u64;
            self.copied.bytes += left as u64;
        }
        self.copied.objects += 1;
        (self.progress)(self.copied.bytes);
        Ok(true)
    }

    fn sync_packs(&mut self) -> Result<(), DataError> {
        let packs = std::mem::take(&mut self.packs.to);
        for (number, file) in &packs {
            file.sync_all().map_err(io("sync", &self.to.pack_path(*number)))?;
        }
        if !packs.is_empty() {
            self.to.sync()?;
        }
        Ok(())
    }

    /// Removes packs of the copy that no key opens anything in, if the store has them no more.
    fn tidy(&mut self) -> Result<(), DataError> {
        let theirs = self.from.list()?.unwrap_or_default().packs;
        let mut left = self.to.list()?.unwrap_or_default().packs;
        left.retain(|pack| !theirs.contains(pack));
        if left.is_empty() {
            return Ok(());
        }
        self.for_each(&mut |slot| {
            left.remove(&slot.pack);
        })?;
        for pack in left {
            self.to.remove_pack(pack)?;
        }
        Ok(self.to.sync()?)
    }

    /// Every key of the copy.
    fn for_each(&self, visit: &mut dyn FnMut(&Slot)) -> Result<(), DataError> {
        for number in self.to.list()?.unwrap_or_default().keys {
            for bytes in keys(&self.to, number)?.0.as_chunks().0 {
                if let Found::Slot(slot) = slot::read(bytes) {
                    visit(&slot);
                }
            }
        }
        Ok(())
    }

    fn write_keys(&self, number: u32, bytes: &[u8]) -> Result<(), DataError> {
        let path = self.to.keys_path(number);
        let is_there = self.to.list()?.unwrap_or_default().keys.contains(&number);
        let file =
            if is_there { self.to.open_keys(number)? } else { self.to.create_keys(number)? };
        file.write_at(bytes, 0).map_err(io("write", &path))?;
        file.sync_all().map_err(io("sync", &path))?;
        Ok(())
    }
}
