//! Where tiles are kept: in a folder, in memory, or nowhere.
//! A folder holds one file a level, named by its number, and nothing else.

use super::TILE_BYTES;
use super::file::TileFile;
use crate::disk::{Disk, DiskFile};
use crate::error::{ReadError, Unavailable};
use std::path::PathBuf;
use std::sync::Arc;

/// Where tiles are kept.
#[derive(Debug, Clone)]
pub(crate) enum TilePlace {
    /// No tiles are kept.
    Nowhere,
    /// All of them in memory.
    Memory,
    /// Full tiles in a folder, which is made when it is first needed.
    Folder(Arc<dyn Disk>, PathBuf),
}

impl TilePlace {
    /// The file of a level, made if it is missing; none where tiles are not in files.
    pub(super) fn open(&self, level: u8) -> Result<Option<TileFile>, ReadError> {
        let TilePlace::Folder(disk, folder) = self else { return Ok(None) };
        let io = |operation| move |error| Unavailable::io(operation, folder, error);
        if !disk.exists(folder).map_err(io("look for"))? {
            match disk.create_dir(folder) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                made => made.map_err(io("create"))?,
            }
        }
        let path = folder.join(level.to_string());
        let file = disk.open(&path, true);
        let file = file.map_err(|error| Unavailable::io("open", &path, error))?.into();
        Ok(Some(TileFile { path, file }))
    }

    /// The file of a level, if it is there and has room for so many tiles.
    pub(super) fn existing(&self, level: u8, tiles: u64) -> Result<Option<TileFile>, ReadError> {
        let TilePlace::Folder(disk, folder) = self else { return Ok(None) };
        let path = folder.join(level.to_string());
        let io = |operation| {
            let path = path.clone();
            move |error| Unavailable::io(operation, path, error)
        };
        if !disk.exists(&path).map_err(io("look for"))? {
            return Ok(None);
        }
        let file: Arc<dyn DiskFile> = disk.open(&path, false).map_err(io("open"))?.into();
        let last = (tiles * TILE_BYTES as u64).saturating_sub(1);
        let is_long = file.read_at(&mut [0], last).map_err(io("read"))? == 1;
        Ok(is_long.then_some(TileFile { path, file }))
    }

    /// Makes durable which files there are.
    pub(super) fn sync(&self) -> Result<(), ReadError> {
        let TilePlace::Folder(disk, folder) = self else { return Ok(()) };
        Ok(disk.sync_dir(folder).map_err(|error| Unavailable::io("sync", folder, error))?)
    }

    /// Cuts each level's file behind the tiles that the log has, where that is known; returns how many files were longer.
    pub(super) fn cut(&self, kept: &[Option<u64>]) -> Result<usize, ReadError> {
        let TilePlace::Folder(disk, folder) = self else { return Ok(0) };
        let mut cut = 0;
        let files = disk.list(folder).map_err(|error| Unavailable::io("list", folder, error))?;
        for path in files.into_iter().flatten() {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            // What is no level's file is not ours.
            let Ok(level) = name.parse::<u8>() else { continue };
            let Some(tiles) = kept.get(usize::from(level)).copied().unwrap_or(Some(0)) else {
                continue;
            };
            let end = tiles * TILE_BYTES as u64;
            let io = |operation| {
                let path = path.clone();
                move |error| Unavailable::io(operation, path, error)
            };
            let file = disk.open(&path, false).map_err(io("open"))?;
            if file.read_at(&mut [0], end).map_err(io("read"))? > 0 {
                file.set_len(end).map_err(io("cut"))?;
                cut += 1;
            }
        }
        Ok(cut)
    }
}
