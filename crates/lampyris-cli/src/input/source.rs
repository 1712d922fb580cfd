//! Where input comes from: a file, or standard input.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use crate::failure::Failure;

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
    /// All of a file, or of standard input, if it has no more than so many bytes.
    pub(crate) fn whole(path: &Path, limit: usize) -> Result<Vec<u8>, Failure> {
        let senseless = |why| Failure::Senseless(vec![why]);
        let source = Self::open(path).map_err(senseless)?;
        let (name, mut bytes) = (source.name, Vec::new());
        let read = source.bytes.take(limit as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|error| senseless(format!("cannot read {name}: {error}")))?;
        if bytes.len() > limit {
            return Err(senseless(format!("{name} has more than {limit} bytes")));
        }
        Ok(bytes)
    }

    /// The same as text.
    pub(crate) fn text(path: &Path, limit: usize) -> Result<String, Failure> {
        String::from_utf8(Self::whole(path, limit)?).map_err(|error| {
            let byte = error.utf8_error().valid_up_to();
            Failure::Senseless(vec![format!("{}: byte {byte} is not UTF-8", path.display())])
        })
    }

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
