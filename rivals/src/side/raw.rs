//! The bound: a file that is appended to and synced with `fdatasync`.
//! It keeps no index, no chain and no versions; a record is its length, a checksum and its bytes.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::grouped::Commit;

/// The file.
#[derive(Debug)]
pub(super) struct Raw {
    file: File,
    buffer: Vec<u8>,
}

impl Raw {
    pub(super) fn create(folder: &Path) -> Result<Self, String> {
        let file = File::create(folder.join("raw")).map_err(|error| error.to_string())?;
        Ok(Self { file, buffer: Vec::new() })
    }
}

impl Commit for Raw {
    fn commit(&mut self, _: u64, records: &[Vec<u8>]) -> Result<(), String> {
        self.buffer.clear();
        for record in records {
            let length = u32::try_from(record.len()).unwrap_or(u32::MAX);
            self.buffer.extend_from_slice(&length.to_be_bytes());
            self.buffer.extend_from_slice(&crc32fast::hash(record).to_be_bytes());
            self.buffer.extend_from_slice(record);
        }
        let written = self.file.write_all(&self.buffer).and_then(|()| self.file.sync_data());
        written.map_err(|error| error.to_string())
    }
}
