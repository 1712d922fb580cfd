//! Where input comes from: a file, or standard input.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

/// Something to read from.
pub(crate) struct Source {
    /// What it is called in answers.
    pub(crate) name: String,
    /// How many bytes it has, if that is known.
    pub(crate) size: Option<u64>,
    /// Whether a person types it.
    pub(crate) typed: bool,
    pub(crate) bytes: Box<dyn Read + Send>,
}

impl Source {
    /// Opens a file; `-` is standard input. The error says why it cannot be read.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        if path == Path::new("-") {
            let (name, input) = ("standard input".to_owned(), io::stdin());
            let typed = input.is_terminal();
            return Ok(Self { name, size: None, typed, bytes: Box::new(input) });
        }
        let name = path.display().to_string();
        let opened = File::open(path).and_then(|file| Ok((file.metadata()?, file)));
        match opened {
            Ok((metadata, _)) if metadata.is_dir() => {
                Err(format!("cannot read {name}: it is a directory"))
            }
            Ok((metadata, file)) => {
                let size = metadata.is_file().then_some(metadata.len());
                Ok(Self { name, size, typed: false, bytes: Box::new(file) })
            }
            Err(error) => Err(format!("cannot read {name}: {error}")),
        }
    }
}
