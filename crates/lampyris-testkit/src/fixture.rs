//! Stores as earlier programs left them: `tests/fixtures/`, unpacked.
//! A fixture is made once by the program of its time and never again; its README says what is in it.

use std::fs::File;
use std::path::{Path, PathBuf};

/// Where the fixtures are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures")
}

/// Unpacks the data directory that is kept as `LAYOUT/NAME.tar` into a directory, which is made.
pub fn unpack(layout: &str, name: &str, directory: &Path) {
    let path = folder().join(layout).join(name).with_extension("tar");
    let mut archive = tar::Archive::new(File::open(path).unwrap());
    archive.unpack(directory).unwrap();
}
