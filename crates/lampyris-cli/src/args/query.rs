//! What can be asked of messages, FireFly's events and data elements.
//!
//! Parsing only; the filter language is the projection's.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use lampyris_message::{MessageState, Timestamp};
use lampyris_projection::query::{Collection, Cursor, Field, NoCursor, moment};

use super::{Namespace, message_state};

/// What to list.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// What rows must meet, as in `state=pending&topics=orders&created=>2026-01-01`; docs/queries.md has the language
    #[arg(default_value = "", hide_default_value = true)]
    pub(crate) filter: String,
    /// What to list
    #[arg(long, value_name = "WHAT", default_value = "messages")]
    pub(crate) of: Of,
    /// The order: fields with commas between, `-` before one that falls; else the order of the log
    #[arg(long, value_name = "FIELDS", allow_hyphen_values = true)]
    pub(crate) sort: Option<String>,
    /// Only messages in this state
    #[arg(long, value_name = "STATE", value_parser = message_state)]
    pub(crate) state: Option<MessageState>,
    /// How many at most; 0 means all
    #[arg(long, value_name = "N", default_value_t = 25)]
    pub(crate) limit: u64,
    /// How many to leave out first
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) skip: u64,
    /// Go on where a page of the same list ended, in the list as it was then
    #[arg(long, value_name = "CURSOR", value_parser = cursor, conflicts_with = "at")]
    pub(crate) after: Option<Cursor>,
    /// As it was after so many records of the log, or at a time (RFC 3339, or a day)
    #[arg(long, value_name = "RECORDS|TIME", value_parser = at)]
    pub(crate) at: Option<At>,
    /// Count all that meet the filter too, and tell the page as one object with --json
    #[arg(long)]
    pub(crate) count: bool,
    /// Say how the query is answered, and by which indexes, in place of the answer
    #[arg(long, conflicts_with = "watch")]
    pub(crate) plan: bool,
    /// Show the list on the terminal again whenever it changes, until interrupted
    #[arg(long, conflicts_with_all = ["at", "after"])]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) namespace: Namespace,
}

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Of {
    /// Messages
    Messages,
    /// `FireFly`'s events: a message confirmed or rejected, once for each topic
    Events,
    /// Data elements, as their records tell of them
    Data,
}

impl Of {
    pub(crate) const fn collection(self) -> Collection {
        match self {
            Self::Messages => Collection::Messages,
            Self::Events => Collection::Events,
            Self::Data => Collection::Data,
        }
    }
}

/// A position of the log, or a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At {
    Position(u64),
    Time(Timestamp),
}

/// For how long a message may be in a state.
#[derive(Debug, clap::Args)]
pub(crate) struct Stuck {
    /// How long a message may wait for a transfer or an approval
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    pub(crate) staged: Duration,
    /// How long it may wait for a batch, and for that to be handed over
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = duration)]
    pub(crate) ready: Duration,
    /// How long it may wait for the ledger
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration)]
    pub(crate) sent: Duration,
    /// How long it may wait for its turn
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration)]
    pub(crate) pending: Duration,
    /// How many at most; 0 means all
    #[arg(long, value_name = "N", default_value_t = 25)]
    pub(crate) limit: usize,
    /// What counts as now (RFC 3339, or a day); else the machine's clock
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) now: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) namespace: Namespace,
}

/// What to plot.
#[derive(Debug, clap::Args)]
pub(crate) struct HistogramArgs {
    /// Only messages that meet this filter; docs/queries.md has the language
    #[arg(default_value = "", hide_default_value = true)]
    pub(crate) filter: String,
    /// The time that messages are counted by
    #[arg(long, value_name = "TIME", default_value = "created")]
    pub(crate) by: By,
    /// In how many spans of equal length
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) buckets: u32,
    /// From when (RFC 3339, or a day); else from the first message
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) from: Option<Timestamp>,
    /// Until when (RFC 3339, or a day); else until the last message
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) to: Option<Timestamp>,
    /// As it was after so many records of the log, or at a time
    #[arg(long, value_name = "RECORDS|TIME", value_parser = at)]
    pub(crate) at: Option<At>,
    /// Write the plot into this file
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) namespace: Namespace,
}

/// A time of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// When it was made
    Created,
    /// When it became final
    Confirmed,
}

impl By {
    pub(crate) const fn field(self) -> Field {
        match self {
            Self::Created => Field::Created,
            Self::Confirmed => Field::Confirmed,
        }
    }
}

/// What to do about differences.
#[derive(Debug, clap::Args)]
pub(crate) struct Rebuild {
    /// Only tell how the views that the snapshot holds differ from those that the log leads to
    #[arg(long)]
    pub(crate) diff: bool,
}

fn cursor(text: &str) -> Result<Cursor, NoCursor> {
    text.parse()
}

fn time(text: &str) -> Result<Timestamp, String> {
    moment(text).map_err(|error| error.to_string())
}

fn at(text: &str) -> Result<At, String> {
    match text.parse() {
        Ok(position) => Ok(At::Position(position)),
        Err(_) => time(text).map(At::Time),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let rule = || "a time is a whole number and a unit: s, m, h or d, as in 10m".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(rule)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(rule()),
    };
    let number: u64 = number.parse().map_err(|_| rule())?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(rule)
}
