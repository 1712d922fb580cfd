//! Copying and finding the files of a data directory.
//! Nothing here asserts.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Copies a data directory; holes stay holes.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
            continue;
        }
        let bytes = fs::read(entry.path()).unwrap();
        let file = fs::File::create(&to).unwrap();
        for (block, offset) in bytes.chunks(4096).zip((0..).step_by(4096)) {
            if block != &[0; 4096][..block.len()] {
                file.write_all_at(block, offset).unwrap();
            }
        }
        file.set_len(bytes.len() as u64).unwrap();
    }
}

/// All files below a folder, sorted.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
