//! The announcement of an erasure, as a copy has it: an erasure that is under way in the store is under way in the copy.

use super::super::DataError;
use super::super::files::Files;
use crate::disk::Disk;
use crate::error::Unavailable;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

/// The announcement of an erasure in a store's folder, as it stands there; nothing if there is none.
pub(crate) fn announcement(
    disk: &Arc<dyn Disk>,
    folder: &Path,
) -> Result<Option<Vec<u8>>, DataError> {
    let files = Files::new(Arc::clone(disk), folder.to_owned());
    match files.open_erasing() {
        Ok(file) => Ok(Some(super::super::erase::read_all(file.as_ref(), &files.erasing_path())?)),
        Err(Unavailable::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Writes an announcement into the folder of a copy, or removes what is there.
pub(crate) fn announce(
    disk: &Arc<dyn Disk>,
    folder: &Path,
    announcement: Option<&[u8]>,
) -> Result<(), DataError> {
    let files = Files::new(Arc::clone(disk), folder.to_owned());
    let path = files.erasing_path();
    if let Some(bytes) = announcement {
        return Ok(crate::backup::replace(disk.as_ref(), &path, bytes)?);
    }
    match files.remove_erasing() {
        Ok(()) => Ok(files.sync()?),
        // Nothing announced, or no values at all.
        Err(Unavailable::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
    }
}
