//! The file that holds a signing key: one line of text that only its owner may read, beside a data directory.
//! It never stands in the directory, so that no copy of the directory has it, and is never written over.

use crate::identity::Identity;
use lampyris_evidence::key::{KeyError, SigningKey, VerifierKey, WitnessKey};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

/// What stands behind the name of a data directory in the name of its key's file.
pub const SUFFIX: &str = ".key";
/// Most bytes of a key's file: a name has at most 255.
pub const MAX_BYTES: usize = 1024;

const MODE: u32 = 0o600;
/// What the group and all others may do.
const OTHERS: u32 = 0o077;

/// Why a key cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// A file operation failed.
    #[error("cannot {operation} {}", path.display())]
    Io {
        /// What was tried, as a verb.
        operation: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// There is a file already; a key is never written over.
    #[error("{} is there already, and a key is never written over", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Others than the owner may read or write the key.
    #[error("{} is open to others (mode {mode:04o}): a key has mode 0600", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file holds something else than one key and a line feed.
    #[error("{} does not hold a key and a line feed: {reason}", path.display())]
    Text {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system has no random numbers.
    #[error("no random numbers for a key: {0}")]
    Random(String),
}

/// Where the key of the log in `directory` is, unless its owner put it elsewhere: the directory's own path with
/// `.key` behind it. A path that ends without a name, such as `.`, is looked up.
pub fn beside(directory: &Path) -> PathBuf {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let mut named = tidied(directory);
    if named.file_name().is_none() {
        // What is not there yet has no other name than the one that it is given.
        named =
            directory.canonicalize().or_else(|_| std::path::absolute(directory)).unwrap_or(named);
    }
    let mut name = named.file_name().unwrap_or_default().to_owned();
    name.push(SUFFIX);
    named.with_file_name(name)
}

/// The path without `.` parts and slashes at its end; with no name at its end if that is `..` or nothing.
fn tidied(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

/// A new key with this name, from the system's random numbers.
///
/// # Errors
/// [`KeyFileError`] if the name is not one of a key, or there are no random numbers.
pub fn draw(name: &str) -> Result<SigningKey, KeyFileError> {
    SigningKey::from_seed(name, seed()?).map_err(|error| unnamed(name, &error))
}

/// A new key for a witness with this name, from the system's random numbers.
///
/// # Errors
/// As [`draw`].
pub fn draw_witness(name: &str) -> Result<WitnessKey, KeyFileError> {
    WitnessKey::from_seed(name, seed()?).map_err(|error| unnamed(name, &error))
}

fn seed() -> Result<[u8; 32], KeyFileError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| KeyFileError::Random(error.to_string()))?;
    Ok(seed)
}

/// Writes a key to a file that is not there yet, readable by its owner alone, and makes it durable.
///
/// # Errors
/// [`KeyFileError`] if there is a file, or it cannot be written. What was made of it then is removed.
pub fn create(path: &Path, key: &SigningKey) -> Result<(), KeyFileError> {
    create_text(path, &key.encode())
}

/// As [`create`], for the key of a witness.
///
/// # Errors
/// As [`create`].
pub fn create_witness(path: &Path, key: &WitnessKey) -> Result<(), KeyFileError> {
    create_text(path, &key.encode())
}

fn create_text(path: &Path, text: &str) -> Result<(), KeyFileError> {
    let io = |operation, source| KeyFileError::Io { operation, path: path.to_owned(), source };
    let made = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path);
    let mut file = match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(KeyFileError::Exists { path: path.to_owned() });
        }
        made => made.map_err(|source| io("create", source))?,
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let written = file
        .write_all(format!("{text}\n").as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| File::open(folder.unwrap_or(Path::new(".")))?.sync_all());
    written.map_err(|source| {
        // Half a key is of no use; if it cannot be removed, reading it says so.
        drop(std::fs::remove_file(path));
        io("write", source)
    })
}

/// Reads a key.
///
/// # Errors
/// [`KeyFileError`] if it cannot be read, others may read it, or it is not exactly a key and a line feed.
pub fn read(path: &Path) -> Result<SigningKey, KeyFileError> {
    parse(path, SigningKey::parse)
}

/// Reads the key of a witness.
///
/// # Errors
/// As [`read`].
pub fn read_witness(path: &Path) -> Result<WitnessKey, KeyFileError> {
    parse(path, WitnessKey::parse)
}

fn parse<K>(path: &Path, parse: fn(&str) -> Result<K, KeyError>) -> Result<K, KeyFileError> {
    let io = |operation, source| KeyFileError::Io { operation, path: path.to_owned(), source };
    let file = File::open(path).map_err(|source| io("open", source))?;
    let mode = file.metadata().map_err(|source| io("read", source))?.mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(KeyFileError::Open { path: path.to_owned(), mode });
    }
    let mut bytes = Vec::new();
    let limit = MAX_BYTES as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(|source| io("read", source))?;
    let wrong = |reason: String| KeyFileError::Text { path: path.to_owned(), reason };
    if bytes.len() > MAX_BYTES {
        return Err(wrong(format!("it has more than {MAX_BYTES} bytes")));
    }
    let text = str::from_utf8(&bytes).ok().and_then(|text| text.strip_suffix('\n'));
    let text = text.ok_or_else(|| wrong("no line of text ends there".to_owned()))?;
    parse(text).map_err(|error| wrong(error.to_string()))
}

fn unnamed(name: &str, error: &KeyError) -> KeyFileError {
    KeyFileError::Text { path: name.into(), reason: error.to_string() }
}

/// The log id in the name of a key, if it has the form that a log takes which is given no name:
/// `lampyris.local/` and a UUID.
pub fn log_id(key: &VerifierKey) -> Option<[u8; 16]> {
    let digits: String = key.name().rsplit_once('/')?.1.chars().filter(|c| *c != '-').collect();
    let id = u128::from_str_radix(&digits, 16).ok()?.to_be_bytes();
    // Any other spelling is another name.
    (Identity::default_origin(id) == key.name()).then_some(id)
}
