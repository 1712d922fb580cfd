//! How a log is opened: who may append, under which rules, on which clock and disk.
//! An option never has a hidden default that draws randomness.

use crate::clock::{Clock, SystemClock};
use crate::disk::{Disk, StdDisk};
use crate::identity::Rules;
use crate::key_file;
use crate::limits::SNAPSHOT_RECORDS;
use crate::merkle::Head;
use crate::pass::default_threads;
use crate::snapshot::Section;
use lampyris_evidence::key::VerifierKey;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// How to open a log.
#[derive(Debug, Clone)]
pub struct Options {
    pub(crate) access: Access,
    pub(crate) create: Option<NewLog>,
    pub(crate) recovered: Option<TakesOver>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) data_folder: Option<PathBuf>,
    pub(crate) tiles: Tiles,
    /// The file of checkpoints; none keeps them in memory.
    pub(crate) checkpoints: Option<PathBuf>,
    /// The folder of cursors, if there may be any.
    pub(crate) cursors: Option<PathBuf>,
    /// The disk that they are on, if that is another one.
    pub(crate) cursor_disk: Option<Arc<dyn Disk>>,
    pub(crate) verify_threads: usize,
    pub(crate) verify: Verify,
    /// The file of the snapshot; none writes none and reads none.
    pub(crate) snapshot: Option<PathBuf>,
    pub(crate) snapshot_every: u64,
    /// The directory is to be a backup, and no log.
    pub(crate) of_backup: bool,
}

/// How much of a log is verified when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verify {
    /// All of it, from the first byte on.
    #[default]
    Whole,
    /// What came after the snapshot, if there is one that fits the store and who opens the log can go on from it;
    /// else all of it. What the snapshot says of the records before is taken as it was when they were verified: a
    /// store that was damaged since is noticed when the damaged frame is read.
    New,
}

/// Where tiles are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tiles {
    None,
    InMemory,
    InFolder(PathBuf),
}

/// Is told what became durable, and that nothing will any more, before those who appended are.
pub trait Observer: fmt::Debug + Send + Sync {
    /// The log now has `size` records that can be read and followed. Called on a thread of the log, in order,
    /// while nothing else becomes durable: it must be quick, and must not wait for an append.
    fn durable(&self, size: u64);

    /// Nothing becomes durable any more, because of this failure, or because the log was closed. It may be told twice.
    fn ended(&self, failure: Option<&str>) {
        let _ = failure;
    }

    /// What this observer holds of the log, as it is when the log has `size` records, of which it was told: sections
    /// for a snapshot; nothing if it cannot say now, and then no snapshot is taken. Called as [`durable`](Observer::durable) is, or once more when the log is closed. It must be
    /// quick: a section is a cut of what goes on changing, and is written later, on another thread.
    fn cut(&self, size: u64) -> Option<Vec<Box<dyn Section>>> {
        let _ = size;
        Some(Vec::new())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Beside others, without a lock.
    Reader,
    /// With the lock, and nothing is appended.
    Exclusive,
    Writer(Rules),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewLog {
    pub(crate) log_id: [u8; 16],
    pub(crate) origin: Option<String>,
}

/// How a copy takes the place of a log that was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TakesOver {
    pub(crate) origin: String,
    pub(crate) lost: Option<Head>,
    /// The name under which the head of the lost log was signed.
    pub(crate) signed_as: Option<String>,
}

impl NewLog {
    /// Takes the name of a key, and the id in it.
    pub(crate) fn take_name(&mut self, key: &VerifierKey) {
        self.log_id = key_file::log_id(key).unwrap_or(self.log_id);
        self.origin = Some(key.name().to_owned());
    }
}

impl Options {
    /// Opens an existing log to read it, also while another process writes it. Nothing is locked, no byte of the
    /// directory is changed, and sled is not opened: what is read is the archive, and the journal for what is newer.
    /// What was acknowledged before the log was opened is there, and nothing that a crash could take back; what came
    /// since is there after [`Log::refresh`](crate::Log::refresh). On a store of the caller's it reads that store.
    pub fn reader() -> Options {
        Options::with(Access::Reader)
    }

    /// Opens a backup to read it as the log that it is a copy of, up to where its last finished run ended. Nothing is
    /// locked and no byte is changed. All of it is verified: this is how a backup is proven to be whole.
    pub fn backup() -> Options {
        Options { of_backup: true, ..Options::with(Access::Reader) }
    }

    /// Opens an existing log alone, and appends nothing to it: what the store itself holds is verified, and what a crash
    /// left is repaired and made durable before it is served, as for a writer.
    pub fn exclusive() -> Options {
        Options::with(Access::Exclusive)
    }

    /// Opens an existing log to append under these rules.
    pub fn writer(rules: Rules) -> Options {
        Options::with(Access::Writer(rules))
    }

    fn with(access: Access) -> Options {
        Options {
            access,
            create: None,
            recovered: None,
            clock: Arc::new(SystemClock),
            disk: Arc::new(StdDisk),
            observer: None,
            data_folder: None,
            tiles: Tiles::InMemory,
            checkpoints: None,
            cursors: None,
            cursor_disk: None,
            verify_threads: default_threads(),
            verify: Verify::default(),
            snapshot: None,
            snapshot_every: SNAPSHOT_RECORDS,
            of_backup: false,
        }
    }

    /// Creates the log if there is none; the id is the caller's to draw, and is not used if there is a log.
    /// A reader creates nothing.
    #[must_use]
    pub fn create(mut self, log_id: [u8; 16]) -> Options {
        let origin = self.create.and_then(|new| new.origin);
        self.create = Some(NewLog { log_id, origin });
        self
    }

    /// The name of a log that is created, for its checkpoints; else `lampyris.local/<log id>`.
    /// Call it after [`Options::create`].
    #[must_use]
    pub fn origin(mut self, origin: impl Into<String>) -> Options {
        if let Some(new) = &mut self.create {
            new.origin = Some(origin.into());
        }
        self
    }

    /// A log that is created takes its name from the key that will sign its checkpoints, and its id too if the name
    /// is `lampyris.local/` and a UUID. Call it after [`Options::create`]. A key in the file beside a data directory
    /// does the same by itself.
    #[must_use]
    pub fn named_by(mut self, key: &VerifierKey) -> Options {
        if let Some(new) = &mut self.create {
            new.take_name(key);
        }
        self
    }

    /// The log is a copy, and takes the place of one that was lost: a writer appends a [`Recovered`](crate::Recovered) record before
    /// anything else, and the log has this name from there on. `lost` is the newest head that is known of the lost
    /// log. A log whose last recovery gave it this name is left as it is, so that it can be asked for again.
    ///
    /// Opening refuses what a [`Recovered`](crate::Recovered) record may not say, and checkpoints that are kept with
    /// the log under its old name: their file is to be moved away before.
    /// A snapshot and tiles of the copy stay of use: records and tree are the same.
    #[must_use]
    pub fn recovered(mut self, origin: impl Into<String>, lost: Option<Head>) -> Options {
        self.recovered = Some(TakesOver { origin: origin.into(), lost, signed_as: None });
        self
    }

    /// The name under which the head was signed that [`Options::recovered`] was given: [`Log::recover`](crate::Log::recover)
    /// refuses one of another log.
    #[must_use]
    pub fn signed_as(mut self, name: impl Into<String>) -> Options {
        if let Some(recovered) = &mut self.recovered {
            recovered.signed_as = Some(name.into());
        }
        self
    }

    /// Another clock than the machine's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Options {
        self.clock = clock;
        self
    }

    /// Another disk than the machine's. sled's own files are on the machine's in any case.
    #[must_use]
    pub fn disk(mut self, disk: Arc<dyn Disk>) -> Options {
        self.disk = disk;
        self
    }

    /// Where a log that is opened on a store of the caller's keeps its values and blobs; else they are gone with
    /// the process. A log in a data directory keeps them in there.
    #[must_use]
    pub fn data_folder(mut self, folder: impl Into<PathBuf>) -> Options {
        self.data_folder = Some(folder.into());
        self
    }

    /// Where a log that is opened on a store of the caller's keeps the full tiles of its Merkle tree; else they are
    /// in memory, 32 bytes a record. A log in a data directory keeps them in there.
    #[must_use]
    pub fn tiles_folder(mut self, folder: impl Into<PathBuf>) -> Options {
        if self.tiles != Tiles::None {
            self.tiles = Tiles::InFolder(folder.into());
        }
        self
    }

    /// Where a log that is opened on a store of the caller's keeps what it signs; else that is gone with the process,
    /// and nothing binds the next one to it. A log in a data directory keeps it in there.
    #[must_use]
    pub fn checkpoints_file(mut self, path: impl Into<PathBuf>) -> Options {
        self.checkpoints = Some(path.into());
        self
    }

    /// Where a log that is opened on a store of the caller's keeps its cursors; else it has none. A log in a data
    /// directory keeps them in there.
    #[must_use]
    pub fn cursors_folder(mut self, folder: impl Into<PathBuf>) -> Options {
        self.cursors = Some(folder.into());
        self
    }

    /// Keeps no tiles: for who never asks for a root or a proof. What is in a folder of tiles stays as it is.
    #[must_use]
    pub fn without_tiles(mut self) -> Options {
        self.tiles = Tiles::None;
        self
    }

    /// How many threads verify the log when it is opened, the caller's among them; 0 counts as 1. Any number finds
    /// the same. Else it is two if the machine can run two at a time
    /// ([`available_parallelism`](std::thread::available_parallelism)), and one if not.
    #[must_use]
    pub fn verify_threads(mut self, threads: usize) -> Options {
        self.verify_threads = threads;
        self
    }

    /// How much of the log is verified when it is opened; else all of it.
    #[must_use]
    pub fn verify(mut self, verify: Verify) -> Options {
        self.verify = verify;
        self
    }

    /// Where a log that is opened on a store of the caller's keeps its snapshot; else there is none. It is of use
    /// only with [`tiles_folder`](Options::tiles_folder) or [`without_tiles`](Options::without_tiles). A log in a data
    /// directory keeps it in there.
    #[must_use]
    pub fn snapshot_file(mut self, path: impl Into<PathBuf>) -> Options {
        self.snapshot = Some(path.into());
        self
    }

    /// After how many new records a running log is written down as a snapshot, and after no fewer than an eighth of
    /// those before; else 65,536. A log that is closed is, after so many or 1,024. `u64::MAX` writes none.
    #[must_use]
    pub fn snapshot_every(mut self, records: u64) -> Options {
        self.snapshot_every = records;
        self
    }

    /// Whom to tell what became durable.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Options {
        self.observer = Some(observer);
        self
    }
}
