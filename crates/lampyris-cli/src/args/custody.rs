//! What backing a log up, restoring it and recovering it can be asked for.
//!
//! Parsing only.

use std::path::PathBuf;

/// A backup works this many hundredths of the time if nothing else is asked for.
pub(crate) const SHARE: u8 = 20;

/// Where the backup is.
#[derive(Debug, clap::Args)]
pub(crate) struct Backup {
    /// The folder of the backup: empty or missing, or a backup of this log
    #[arg(value_name = "BACKUP")]
    pub(crate) folder: PathBuf,
    /// Copy nothing: read all of the backup and judge it, as `replay` and `data verify` do a log
    #[arg(long)]
    pub(crate) verify: bool,
    /// How much of the time to work, in hundredths: what is left is for whoever writes the log
    #[arg(long, value_name = "N", default_value_t = SHARE)]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) share: u8,
}

/// What is restored.
#[derive(Debug, clap::Args)]
pub(crate) struct Restore {
    /// The folder of the backup
    #[arg(value_name = "BACKUP")]
    pub(crate) folder: PathBuf,
}

/// How a log goes on that was restored.
#[derive(Debug, clap::Args)]
pub(crate) struct Recover {
    /// The log's new name; else that of the key beside the data directory (`lampyris key --origin NAME` makes one)
    #[arg(long, value_name = "NAME")]
    pub(crate) origin: Option<String>,
    /// File with the newest checkpoint that anyone has of the log that was lost: how far it went
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) known: Option<PathBuf>,
    /// Verifier key of the lost log, or a file that holds it, which must have signed that checkpoint
    #[arg(long, value_name = "VKEY", requires = "known")]
    pub(crate) key: Vec<String>,
}
