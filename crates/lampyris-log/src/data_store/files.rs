//! The files of a data store: files of keys, and packs of sealed bytes. Numbers and names, opening and creating.
//! What is in them is not looked at here.

use super::slot::{SLOT_BYTES, SLOTS, header};
use crate::disk::{Disk, DiskFile};
use crate::error::Unavailable;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const KEYS: &str = "keys.";
const PACK: &str = "pack.";
const ERASING: &str = "erasing";

/// The folder of a data store.
#[derive(Debug)]
pub(super) struct Files {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
}

/// What is in the folder, by numbers.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) keys: BTreeSet<u32>,
    pub(super) packs: BTreeSet<u32>,
}

impl Files {
    pub(super) fn new(disk: Arc<dyn Disk>, folder: PathBuf) -> Files {
        Files { disk, folder }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn keys_path(&self, number: u32) -> PathBuf {
        self.folder.join(format!("{KEYS}{number}"))
    }

    pub(super) fn pack_path(&self, number: u32) -> PathBuf {
        self.folder.join(format!("{PACK}{number}"))
    }

    /// The announcement of an erasure.
    pub(super) fn erasing_path(&self) -> PathBuf {
        self.folder.join(ERASING)
    }

    /// What is there; nothing if the folder is missing.
    pub(super) fn list(&self) -> Result<Option<Listing>, Unavailable> {
        let entries = self.disk.list(&self.folder).map_err(io("list", &self.folder))?;
        let Some(entries) = entries else { return Ok(None) };
        let mut listing = Listing::default();
        for entry in entries {
            let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            listing.keys.extend(number(name, KEYS));
            listing.packs.extend(number(name, PACK));
        }
        Ok(Some(listing))
    }

    /// Makes the folder; [`Files::sync_parent`] makes its entry durable.
    pub(super) fn create_folder(&self) -> Result<(), Unavailable> {
        self.disk.create_dir(&self.folder).map_err(io("create", &self.folder))
    }

    /// Makes the folder's own entry durable.
    pub(super) fn sync_parent(&self) -> Result<(), Unavailable> {
        let parent = self.folder.parent().unwrap_or(Path::new("."));
        self.disk.sync_dir(parent).map_err(io("sync", parent))
    }

    pub(super) fn open_keys(&self, number: u32) -> Result<Arc<dyn DiskFile>, Unavailable> {
        self.open(&self.keys_path(number), false)
    }

    pub(super) fn open_pack(&self, number: u32) -> Result<Arc<dyn DiskFile>, Unavailable> {
        self.open(&self.pack_path(number), false)
    }

    pub(super) fn open_erasing(&self) -> Result<Arc<dyn DiskFile>, Unavailable> {
        self.open(&self.erasing_path(), false)
    }

    pub(super) fn create_erasing(&self) -> Result<Arc<dyn DiskFile>, Unavailable> {
        self.open(&self.erasing_path(), true)
    }

    pub(super) fn remove_erasing(&self) -> Result<(), Unavailable> {
        let path = self.erasing_path();
        self.disk.remove_file(&path).map_err(io("remove", &path))
    }

    /// A new pack, or an empty one that a crash left; [`Files::sync`] makes its entry durable.
    pub(super) fn create_pack(&self, number: u32) -> Result<Arc<dyn DiskFile>, Unavailable> {
        let path = self.pack_path(number);
        let file = self.open(&path, true)?;
        file.set_len(0).map_err(io("cut", &path))?;
        Ok(file)
    }

    /// A pack as it is, or an empty one.
    pub(super) fn open_or_create_pack(
        &self,
        number: u32,
    ) -> Result<Arc<dyn DiskFile>, Unavailable> {
        self.open(&self.pack_path(number), true)
    }

    /// A new file of keys, of its full length and durable.
    pub(super) fn create_keys(&self, number: u32) -> Result<Arc<dyn DiskFile>, Unavailable> {
        let path = self.keys_path(number);
        let file = self.open(&path, true)?;
        let mut bytes = header(number).to_vec();
        bytes.resize(SLOTS as usize * SLOT_BYTES, 0);
        file.write_at(&bytes, 0).map_err(io("write", &path))?;
        file.sync_all().map_err(io("sync", &path))?;
        self.sync()?;
        Ok(file)
    }

    pub(super) fn remove_pack(&self, number: u32) -> Result<(), Unavailable> {
        let path = self.pack_path(number);
        self.disk.remove_file(&path).map_err(io("remove", &path))
    }

    pub(super) fn remove_keys(&self, number: u32) -> Result<(), Unavailable> {
        let path = self.keys_path(number);
        self.disk.remove_file(&path).map_err(io("remove", &path))
    }

    /// Makes the entries of the folder durable.
    pub(super) fn sync(&self) -> Result<(), Unavailable> {
        self.disk.sync_dir(&self.folder).map_err(io("sync", &self.folder))
    }

    fn open(&self, path: &Path, create: bool) -> Result<Arc<dyn DiskFile>, Unavailable> {
        let operation = if create { "create" } else { "open" };
        self.disk.open(path, create).map(Arc::from).map_err(io(operation, path))
    }
}

/// The number in a name of ours; nothing if another program would have written it.
fn number(name: &str, prefix: &str) -> Option<u32> {
    let digits = name.strip_prefix(prefix)?;
    digits.parse().ok().filter(|number: &u32| number.to_string() == digits)
}

/// Names what failed on which file.
pub(super) fn io(
    operation: &'static str,
    path: &Path,
) -> impl FnOnce(std::io::Error) -> Unavailable + use<> {
    let path = path.to_owned();
    move |error| Unavailable::io(operation, path, error)
}
