//! A disk that is only read: whoever reads beside a writer gets this one, so that no part of the code can write.

use super::{Disk, DiskFile};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Another disk, of which every writing call is refused.
#[derive(Debug)]
pub(crate) struct ReadOnly(pub(crate) Arc<dyn Disk>);

#[derive(Debug)]
struct ReadOnlyFile(Box<dyn DiskFile>);

fn refused<T>() -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::ReadOnlyFilesystem, "the log was opened for reading"))
}

impl Disk for ReadOnly {
    fn create_dir(&self, _path: &Path) -> io::Result<()> {
        refused()
    }

    fn open(&self, path: &Path, create: bool) -> io::Result<Box<dyn DiskFile>> {
        match self.0.open_to_read(path) {
            Err(error) if create && error.kind() == io::ErrorKind::NotFound => refused(),
            opened => Ok(Box::new(ReadOnlyFile(opened?))),
        }
    }

    fn open_to_read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.open(path, false)
    }

    fn lock(&self, _path: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
        refused()
    }

    fn sync_dir(&self, _path: &Path) -> io::Result<()> {
        refused()
    }

    fn rename(&self, _from: &Path, _to: &Path) -> io::Result<()> {
        refused()
    }

    fn remove_file(&self, _path: &Path) -> io::Result<()> {
        refused()
    }

    fn remove_dir_all(&self, _path: &Path) -> io::Result<()> {
        refused()
    }

    fn list(&self, path: &Path) -> io::Result<Option<Vec<PathBuf>>> {
        self.0.list(path)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.0.exists(path)
    }
}

impl DiskFile for ReadOnlyFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }

    fn write_at(&self, _bytes: &[u8], _offset: u64) -> io::Result<()> {
        refused()
    }

    /// Makes durable what another process wrote into the file; what cannot be synced was not written here either.
    fn sync_data(&self) -> io::Result<()> {
        match self.0.sync_data() {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ReadOnlyFilesystem
                        | io::ErrorKind::InvalidInput
                        | io::ErrorKind::Unsupported
                ) =>
            {
                Ok(())
            }
            synced => synced,
        }
    }

    fn sync_all(&self) -> io::Result<()> {
        refused()
    }

    fn set_len(&self, _length: u64) -> io::Result<()> {
        refused()
    }
}
