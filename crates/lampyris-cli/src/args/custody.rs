//! What backing a log up, restoring it and recovering it can be asked for.
//!
//! Parsing only.

use std::path::PathBuf;

/// Where the backup is.
#[derive(Debug, clap::Args)]
pub(crate) struct Backup {
    /// The folder of the backup: empty or missing, or a backup of this log
    #[arg(value_name = "BACKUP")]
    pub(crate) backup: PathBuf,
    /// Copy nothing: read all of the backup and judge it, as `replay` and `data verify` do a log
    #[arg(long)]
    pub(crate) verify: bool,
}

/// What is restored.
#[derive(Debug, clap::Args)]
pub(crate) struct Restore {
    /// The folder of the backup
    #[arg(value_name = "BACKUP")]
    pub(crate) backup: PathBuf,
}
