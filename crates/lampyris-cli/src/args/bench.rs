//! What `bench` can measure, and its help texts.
//!
//! Parsing only; nothing is measured here.

use std::path::PathBuf;

use clap::Subcommand;

/// What to measure.
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Durable appends of one record each, beside a raw append and fdatasync with the same grouping
    Append(BenchAppend),
    /// Whole lives of messages as lines of JSON, as `apply` takes them, beside the engine without the lines
    Apply(BenchAppend),
    /// Durable appends while backups are made beside them, one after the other, beside the same appends alone
    Backup(BenchAppend),
    /// Whole lives of messages through the engine, beside durable appends of one record each
    Engine(BenchAppend),
    /// The whole log exported in both formats, beside scan and SHA-256 alone
    Export(BenchLog),
    /// Memory of the index, a stream and a claim
    Index(BenchIndex),
    /// What a log of many messages takes to load, open, read and judge: seconds, memory and disk; takes long
    Large(BenchLarge),
    /// Opening the engine by a snapshot, with new records behind it, and by reading the whole log; the store's share
    Open(BenchOpen),
    /// Live views made from a log and fed event by event, beside scan and SHA-256 alone; their memory
    Projection(BenchLog),
    /// Roots, proofs and a checkpoint of a log, beside the hashes of a proof alone; opening with tiles and without
    Prove(BenchLog),
    /// Queries of a large mailbox, beside looking at every message; the views' memory, and how fast they are made
    Query(BenchQuery),
    /// Judged replay on one thread and two, beside scan, decompression, decoding, SHA-256 and root alone
    Replay(BenchLog),
    /// Durable appends to a log that writes snapshots as often as it does by itself, beside one that writes none
    Snapshot(BenchAppend),
    /// Durable appends to a log that keeps the tiles of its tree, beside one that keeps none
    Tiles(BenchAppend),
    /// Messages staged with a value in line, beside the same messages without
    Values(BenchValues),
}

/// How to measure appends and requests.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchAppend {
    /// How many wait for their answers at a time; each number is measured by itself
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [1, 8, 64, 512])]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub(crate) in_flight: Vec<u32>,
    /// How often each side is measured, in turn
    #[arg(long, value_name = "N", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Events of one round for each one in flight
    #[arg(long, value_name = "N", default_value_t = 300)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) depth: u32,
    /// Where to make the log, in a folder of its own that is removed at the end
    #[arg(long, value_name = "DIR")]
    pub(crate) scratch: Option<PathBuf>,
}

/// How to measure values.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchValues {
    /// About how many bytes a value has
    #[arg(long, value_name = "N", default_value_t = 1000)]
    #[arg(value_parser = clap::value_parser!(u32).range(64..=16_777_216))]
    pub(crate) bytes: u32,
    #[command(flatten)]
    pub(crate) appends: BenchAppend,
}

/// How to measure the index.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchIndex {
    /// How many streams, and how many claims, the made-up logs have
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1000..))]
    pub(crate) streams: u64,
}

/// How to measure opening.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchOpen {
    /// How many events the made-up log has
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(2000..))]
    pub(crate) events: u64,
    /// How many events come after the snapshot where some do
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) new: u64,
    /// How often each is measured, in turn
    #[arg(long, value_name = "N", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Where to make the log, in a folder of its own that is removed at the end
    #[arg(long, value_name = "DIR")]
    pub(crate) scratch: Option<PathBuf>,
}

/// How large a log to make.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchLarge {
    /// How many messages, of six events each
    #[arg(long, value_name = "N", default_value_t = 10_000_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1000..=100_000_000))]
    pub(crate) messages: u64,
    /// Where to make the log, in a folder of its own that is removed at the end: some 600 bytes for each event
    #[arg(long, value_name = "DIR")]
    pub(crate) scratch: Option<PathBuf>,
}

/// How to measure queries.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchQuery {
    /// How many messages, of five records each or a few more
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1000..=100_000_000))]
    pub(crate) messages: u64,
    /// How often each query is asked, with changing values
    #[arg(long, value_name = "N", default_value_t = 500)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) queries: u64,
    /// Make the log here, and leave it; one that was made before is used again
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// Where to make the log, in a folder of its own that is removed at the end
    #[arg(long, value_name = "DIR")]
    pub(crate) scratch: Option<PathBuf>,
}

/// How to measure what reads a whole log.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchLog {
    /// How many events the made-up log has
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) events: u64,
    /// How often each side is measured, in turn
    #[arg(long, value_name = "N", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Make imported messages, one event each, in place of whole lifecycles of six
    #[arg(long)]
    pub(crate) imported: bool,
    /// Where to make the log, in a folder of its own that is removed at the end
    #[arg(long, value_name = "DIR")]
    pub(crate) scratch: Option<PathBuf>,
}
