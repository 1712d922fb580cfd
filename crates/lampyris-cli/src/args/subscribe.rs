//! What `subscribe` can be asked for.
//!
//! Parsing only; a cursor's name is judged by the log.

use clap::Subcommand;
use lampyris_message::MessageId;

use super::{Namespace, message_id};

/// What to subscribe to.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Subscribe {
    #[command(subcommand)]
    pub(crate) cursors: Option<Cursors>,
    /// Begin at this sequence; else at the first record
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "cursor")]
    pub(crate) from: u64,
    /// Begin where the cursor of this name stands, and move it behind what was written
    #[arg(long, value_name = "NAME")]
    pub(crate) cursor: Option<String>,
    /// At the end of the log, wait for more, until interrupted
    #[arg(long)]
    pub(crate) follow: bool,
    /// Only events of the message or data element with this id
    #[arg(long, value_name = "ID", value_parser = message_id)]
    pub(crate) stream: Option<MessageId>,
    /// Only events of this name, such as `staged`; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub(crate) event: Vec<String>,
    #[command(flatten)]
    pub(crate) namespace: Namespace,
}

/// What else there is to do with cursors.
#[derive(Debug, Subcommand)]
pub(crate) enum Cursors {
    /// List the cursors there are, and where each stands
    Cursors,
    /// Remove a cursor that nobody holds, a damaged one too
    Forget {
        /// Its name
        name: String,
    },
}
