//! Lampyris: its log in a data directory, as every program opens it.
//! Chain, tiles, versions of streams and re-sends are all on.

use std::path::Path;

use lampyris::log::{Log, Options, Rules};

use super::{Answer, Side};
use crate::records::Item;

/// An open log.
#[derive(Debug)]
pub(super) struct Lampyris(Log);

impl Lampyris {
    pub(super) fn create(folder: &Path) -> Result<Self, String> {
        let rules = Rules { version: 1, hash: [0; 32] };
        let log = Log::open(folder.join("data"), &Options::writer(rules).create([7; 16]));
        log.map(Self).map_err(|error| error.to_string())
    }
}

impl Side for Lampyris {
    fn append(&self, number: u64, item: &Item) -> Answer {
        let mut append = item.append.clone();
        append.id = (u128::from(number) << 64 | 1).to_be_bytes();
        let answer = self.0.append(append);
        Box::pin(async move { answer.await.map(drop).map_err(|error| error.to_string()) })
    }
}
