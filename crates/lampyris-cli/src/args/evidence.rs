//! What can be asked of the log as evidence, and its help texts.
//!
//! Parsing only; nothing is opened here.

use std::path::PathBuf;

use lampyris_message::MessageId;

use super::{Namespace, message_id};
use crate::exchange::Format;

/// Which file holds the key that signs.
#[derive(Debug, clap::Args)]
pub(crate) struct KeyFile {
    /// The file of the signing key; else the data directory's name with `.key` behind it
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
}

/// Which key to make.
#[derive(Debug, clap::Args)]
pub(crate) struct Key {
    /// The name of the log in checkpoints; else that of the log, or `lampyris.local/` and a fresh log id
    #[arg(long, value_name = "NAME")]
    pub(crate) origin: Option<String>,
    /// Make the key of a witness with this name, not of a log
    #[arg(long, value_name = "NAME", conflicts_with = "origin", requires = "key_file")]
    pub(crate) witness: Option<String>,
    /// Make a key although the log was signed with another one, which is lost or to be replaced
    #[arg(long, conflicts_with = "witness")]
    pub(crate) another: bool,
    #[command(flatten)]
    pub(crate) file: KeyFile,
}

/// What to do about checkpoints.
#[derive(Debug, clap::Args)]
pub(crate) struct Checkpoint {
    /// Write the checkpoint to a file, not to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Sign nothing: print the newest checkpoint there is
    #[arg(long, group = "how")]
    pub(crate) last: bool,
    /// Sign nothing: list every checkpoint there is, oldest first
    #[arg(long, group = "how", conflicts_with = "out")]
    pub(crate) list: bool,
    /// Sign nothing: take over the cosignatures in this file of witnesses that --witness names
    #[arg(long, value_name = "FILE", group = "how", requires = "witness")]
    pub(crate) add: Option<PathBuf>,
    /// Verifier key of a witness, or a file that holds it; may be given more than once
    #[arg(long, value_name = "VKEY", requires = "add")]
    pub(crate) witness: Vec<String>,
    #[command(flatten)]
    pub(crate) key: KeyFile,
}

/// What to prove.
#[derive(Debug, clap::Args)]
pub(crate) struct Prove {
    /// The message's id
    #[arg(value_parser = message_id, required_unless_present = "tlog_proof")]
    pub(crate) id: Option<MessageId>,
    /// Write the proof to a file, not to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Prove under the checkpoint in this file; else under the newest that covers the message, or a new one
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Show too that the log goes on from the checkpoint in this file
    #[arg(long, value_name = "FILE", conflicts_with = "tlog_proof")]
    pub(crate) from: Option<PathBuf>,
    /// Prove one record, as a C2SP tlog-proof with the record's bytes in its `extra` line
    #[arg(long, value_name = "SEQ", conflicts_with = "id")]
    pub(crate) tlog_proof: Option<u64>,
    #[command(flatten)]
    pub(crate) namespace: Namespace,
    #[command(flatten)]
    pub(crate) key: KeyFile,
}

/// What to verify, and whom to trust.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// File with a bundle or a tlog-proof; `-` is standard input
    #[arg(value_name = "BUNDLE")]
    pub(crate) file: PathBuf,
    /// Verifier key of the log, or a file that holds it, as its operator gave it to you by another way than the bundle
    #[arg(long, value_name = "VKEY", required_unless_present = "policy")]
    pub(crate) key: Vec<String>,
    /// The bundle must show the history of this message
    #[arg(long, value_name = "ID", value_parser = message_id)]
    pub(crate) message: Option<MessageId>,
    #[command(flatten)]
    pub(crate) namespace: Namespace,
    /// Verifier key of a witness that may have cosigned, or a file that holds it; may be given more than once
    #[arg(long, value_name = "VKEY", conflicts_with = "policy")]
    pub(crate) witness: Vec<String>,
    /// How many of the witnesses must have cosigned; all of them if it is not given
    #[arg(long, value_name = "N", requires = "witness")]
    pub(crate) quorum: Option<usize>,
    /// File with a C2SP tlog-policy: logs, witnesses, groups, quorum
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    pub(crate) policy: Option<PathBuf>,
    /// The bundle must go on from the checkpoint in this file, which you have held since
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// File with the bytes of the record that a tlog-proof is for, if they are not in it
    #[arg(long, value_name = "FILE")]
    pub(crate) leaf: Option<PathBuf>,
}

/// What to cosign, and what was cosigned before.
#[derive(Debug, clap::Args)]
pub(crate) struct Witness {
    /// File with a bundle of the log; `-` is standard input
    #[arg(value_name = "BUNDLE")]
    pub(crate) file: PathBuf,
    /// Verifier key of the log, or a file that holds it
    #[arg(long, value_name = "VKEY", required = true)]
    pub(crate) key: Vec<String>,
    /// The file of the newest checkpoint that was cosigned, one for each log
    #[arg(long, value_name = "FILE")]
    pub(crate) held: PathBuf,
    /// Nothing of this log was cosigned before: take this checkpoint as it is, and make the file
    #[arg(long)]
    pub(crate) first: bool,
    /// The file of the witness's key, made by `key --witness`
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: PathBuf,
    /// Write the cosigned checkpoint to a file, not to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// How to judge the log, and what to hold it against.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Replay {
    /// How many threads verify and judge: the verdict is the same with any; else two if the machine can run two at
    /// a time, and one if not
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) threads: Option<u16>,
    /// Judge what the store itself holds, in place of its archive: locks the log, and mends what a crash left
    #[arg(long)]
    pub(crate) exclusive: bool,
    /// File with a checkpoint that was held outside; may be given more than once
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) checkpoint: Vec<PathBuf>,
    /// Verifier key of the log, or a file that holds it, which must have signed these checkpoints
    #[arg(long, value_name = "VKEY", requires = "checkpoint")]
    pub(crate) key: Vec<String>,
}

/// What to export, and where to.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// File to write the log to; `-` is standard output
    #[arg(value_name = "FILE", default_value = "-", conflicts_with = "tiles")]
    pub(crate) file: PathBuf,
    /// How the file is spelled
    #[arg(long, value_name = "FORMAT", default_value = "jsonl", conflicts_with = "tiles")]
    pub(crate) format: Format,
    /// Only the records of this namespace; such a file is for reading, and cannot be imported
    #[arg(long, value_name = "NAME", conflicts_with = "tiles")]
    pub(crate) namespace: Option<String>,
    /// Go on with a file that was not written to its end: the result is as if it had been
    #[arg(long, conflicts_with_all = ["tiles", "namespace"])]
    pub(crate) resume: bool,
    /// Write or bring up to date a C2SP tlog-tiles directory in place of a file: checkpoint, tiles, entries
    #[arg(long, value_name = "DIR")]
    pub(crate) tiles: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) key: KeyFile,
}

/// Which logs to compare.
#[derive(Debug, clap::Args)]
pub(crate) struct Diff {
    /// Data directory of one log
    pub(crate) a: PathBuf,
    /// Data directory of the other
    pub(crate) b: PathBuf,
}

/// Which record to show.
#[derive(Debug, clap::Args)]
pub(crate) struct Inspect {
    /// A file with a record's bytes, as they are or in hex; `-` is standard input; or the hex digits themselves
    #[arg(value_name = "LEAF")]
    pub(crate) leaf: String,
}
