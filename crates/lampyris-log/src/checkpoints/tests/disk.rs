//! A disk with one file, which knows what was synced and fails when it is told to.
//! It has no other files, and no folders but the one.

use crate::checkpoints::Kind;
use crate::checkpoints::entry::{self, Found};
use crate::{Disk, DiskFile};
use parking_lot::Mutex;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug, Default)]
pub(super) struct MadeUpDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default, Clone)]
pub(super) struct State {
    /// What reading shows; nothing if there is no file.
    pub(super) live: Option<Vec<u8>>,
    /// What a loss of power leaves: what was synced, once the folder was synced too.
    pub(super) durable: Option<Vec<u8>>,
    synced: Vec<u8>,
    /// Which bytes the next sync will write. One that fails forgets them, as Linux does.
    dirty: Vec<bool>,
    /// The operation of this number fails, from 1 on; none if it is 0.
    pub(super) fails_at: usize,
    pub(super) lasting: bool,
}

impl MadeUpDisk {
    pub(super) fn with(live: Option<Vec<u8>>) -> Arc<MadeUpDisk> {
        let (durable, synced) = (live.clone(), live.clone().unwrap_or_default());
        MadeUpDisk::go_on(State { live, durable, synced, ..State::default() })
    }

    /// The disk as it was left by a process that ended.
    pub(super) fn go_on(state: State) -> Arc<MadeUpDisk> {
        let state = State { fails_at: 0, ..state };
        Arc::new(MadeUpDisk { state: Arc::new(Mutex::new(state)) })
    }

    pub(super) fn state(&self) -> State {
        self.state.lock().clone()
    }

    pub(super) fn fail_at(&self, operation: usize, lasting: bool) {
        let mut state = self.state.lock();
        (state.fails_at, state.lasting) = (operation, lasting);
    }

    fn step(&self) -> io::Result<()> {
        self.state.lock().step()
    }
}

impl State {
    fn step(&mut self) -> io::Result<()> {
        match self.fails_at {
            0 => Ok(()),
            1 => {
                self.fails_at = usize::from(self.lasting);
                Err(io::Error::other("injected"))
            }
            left => {
                self.fails_at = left - 1;
                Ok(())
            }
        }
    }
}

/// The entries of a file, as far as they are whole.
pub(super) fn entries(bytes: &[u8]) -> Vec<(Kind, String)> {
    let (mut found, mut rest) = (Vec::new(), bytes);
    while let Found::Entry(kind, text, length) = entry::read(rest) {
        found.push((kind, String::from_utf8(text.to_vec()).unwrap()));
        rest = &rest[length..];
    }
    found
}

impl Disk for MadeUpDisk {
    fn open(&self, _: &Path, create: bool) -> io::Result<Box<dyn DiskFile>> {
        self.step()?;
        let mut state = self.state.lock();
        if state.live.is_none() && !create {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.live.get_or_insert_default();
        Ok(Box::new(MadeUpFile(Arc::clone(&self.state))))
    }
    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        self.step()?;
        let mut state = self.state.lock();
        state.durable = Some(state.synced.clone());
        Ok(())
    }
    fn exists(&self, _: &Path) -> io::Result<bool> {
        self.step()?;
        Ok(self.state.lock().live.is_some())
    }
    fn create_dir(&self, _: &Path) -> io::Result<()> {
        unreachable!()
    }
    fn lock(&self, _: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
        unreachable!()
    }
    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        unreachable!()
    }
    fn remove_file(&self, _: &Path) -> io::Result<()> {
        unreachable!()
    }
    fn remove_dir_all(&self, _: &Path) -> io::Result<()> {
        unreachable!()
    }
    fn list(&self, _: &Path) -> io::Result<Option<Vec<PathBuf>>> {
        unreachable!()
    }
}

#[derive(Debug)]
struct MadeUpFile(Arc<Mutex<State>>);

impl MadeUpFile {
    fn sync(&self) -> io::Result<()> {
        let mut state = self.0.lock();
        let dirty = std::mem::take(&mut state.dirty);
        state.step()?;
        let live = state.live.clone().unwrap();
        state.synced.resize(live.len(), 0);
        for (at, _) in dirty.iter().enumerate().filter(|(_, dirty)| **dirty) {
            state.synced[at] = live[at];
        }
        if state.durable.is_some() {
            state.durable = Some(state.synced.clone());
        }
        Ok(())
    }
}

impl DiskFile for MadeUpFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.0.lock();
        state.step()?;
        let live = state.live.as_ref().unwrap();
        let rest = live.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.0.lock();
        let failed = state.step();
        // Half of a write that fails may have happened.
        let bytes = if failed.is_ok() { bytes } else { &bytes[..bytes.len() / 2] };
        let offset = usize::try_from(offset).unwrap();
        let live = state.live.as_mut().unwrap();
        live.resize(live.len().max(offset + bytes.len()), 0);
        live[offset..offset + bytes.len()].copy_from_slice(bytes);
        let length = live.len();
        state.dirty.resize(length, false);
        state.dirty[offset..offset + bytes.len()].fill(true);
        failed
    }
    fn sync_data(&self) -> io::Result<()> {
        self.sync()
    }
    fn sync_all(&self) -> io::Result<()> {
        self.sync()
    }
    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut state = self.0.lock();
        state.step()?;
        let length = usize::try_from(length).unwrap();
        state.live.as_mut().unwrap().resize(length, 0);
        state.dirty.resize(length, false);
        Ok(())
    }
}
