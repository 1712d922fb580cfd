//! What the program can be asked to do, and its help texts.
//!
//! Parsing only; nothing is opened here.

mod bench;
mod custody;
mod data;
mod evidence;
mod query;
mod subscribe;
mod values;

use std::num::NonZeroU64;
use std::path::PathBuf;

pub(crate) use bench::{
    Bench, BenchAppend, BenchIndex, BenchLarge, BenchLog, BenchOpen, BenchQuery, BenchValues,
};
pub(crate) use custody::{Backup, Recover, Restore, SHARE};
pub(crate) use data::{Data, DataGc, DataGet, DataList, DataPut, Erase, Retention};
pub(crate) use evidence::{
    Checkpoint, Diff, Export, Inspect, Key, KeyFile, Prove, Replay, Verify, Witness,
};

pub(crate) use query::{At, HistogramArgs, List, Of, Rebuild, Stuck};
pub(crate) use subscribe::{Cursors, Subscribe};

use clap::{Parser, Subcommand, ValueEnum};
use lampyris_message::MessageId;

use values::{actor, message_id, message_state, namespace};

/// An event-sourced state machine for Hyperledger FireFly messages: every step is kept in a
/// durable, tamper-evident log, and any history can be shown and judged.
#[derive(Debug, Parser)]
#[command(name = "lampyris", version, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done; 1 the answer is no (not found, a fault, a hash that does \
    not agree, a refusal under --strict, a log that does not open); 2 the request or its input makes no sense."
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// The data directory of the log
    #[arg(long, global = true, value_name = "DIR", default_value = "./lampyris-data")]
    #[arg(env = "LAMPYRIS_DATA")]
    pub(crate) data: PathBuf,
    /// Print JSON for programs, an object a line, in place of text for people
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// When to draw a progress bar on standard error
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) progress: Progress,
}

/// Which of the log's namespaces is meant.
#[derive(Debug, clap::Args)]
pub(crate) struct Namespace {
    /// The local namespace that the messages are filed under, whatever their sources call it
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = namespace)]
    pub(crate) namespace: String,
}

/// Which message is meant.
#[derive(Debug, clap::Args)]
pub(crate) struct One {
    /// The message's id
    #[arg(value_parser = message_id)]
    pub(crate) id: MessageId,
    #[command(flatten)]
    pub(crate) namespace: Namespace,
}

/// When to draw a progress bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    /// If standard error is a terminal
    Auto,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Take messages in as evidence: check their hashes, keep the good ones, say why not the others
    ///
    /// Reads FireFly messages as its API returns them: a JSON array, one object, or JSON lines;
    /// also objects that hold the message under `message`. Each good message becomes one `imported`
    /// event with what its source claims. A message that is there already stays as it was first
    /// told; if this source claims something else of it, that is reported. Interrupted at any time,
    /// what was kept stays, and the same command goes on where it stopped.
    Import(Import),
    #[command(after_long_help = lampyris::stream::LANGUAGE)]
    /// Apply requests, one a line of JSON, and answer each with a line once it is durable
    ///
    /// A line says what an orchestrator does or saw: stage, receive, import, release, seal,
    /// dispatched, sequence, confirm, reject or cancel, as in
    /// `{"do":"dispatched","id":"…","batch":"…"}`. Requests are decided on in the order of the lines
    /// and answered in that order; many wait for the disk together. A line that makes no sense, or
    /// is refused, is answered with the reason and stops nothing. What was reported before is
    /// accepted and appends nothing. No answer waits for more input, so a program can write a line
    /// and wait for its answer. If nobody reads the answers any more, it stops.
    Apply(Apply),
    /// Print one message as a FireFly client sees it
    ///
    /// Each data reference is shown as held, or as missing with the reason; nothing of the data is
    /// read but where it stands. With --json, FireFly's own JSON and the member `position`: the
    /// sequence of the last event that it reflects; and, only if some of the data is not there, the
    /// member `missing` with the `id` of each such reference and `why`. An unknown id prints nothing
    /// on standard output and exits with 1.
    Get(One),
    /// Print everything that happened to one message, in order
    History(One),
    /// List messages, FireFly's events or data elements that meet a filter, now or as they were
    ///
    /// The filter is FireFly's: `field=value` with `&` between, operators and modifiers before the value. A page that is
    /// not the last one ends with a cursor on standard error: with --after it goes on, in the list as it was then,
    /// whatever was appended since. With --json, a line a row, or with --count one object with `count`, `total`, `items`,
    /// `position` and `next`.
    List(List),
    /// List messages that have been in a state for too long, the longest first
    ///
    /// Exit codes: 0 none is stuck; 1 some are.
    Stuck(Stuck),
    /// Say why one message is not confirmed yet: its state, what it waits for, what is expected next and from whom
    Explain(One),
    /// Plot how many messages there are over time, by type and by state
    Histogram(HistogramArgs),
    /// Make the views of the snapshot anew from the log, and tell how the old ones differed
    ///
    /// The snapshot is what the next opening begins with. All of the log is read and judged; then the new views take the
    /// place of the old ones at once. With --diff nothing is changed, and whoever writes the log may go on.
    ///
    /// Exit codes: 0 they are the same, or there was nothing to compare with; 1 they differed.
    Rebuild(Rebuild),
    /// Print the events of messages and data elements in the order of the log, from a place on
    ///
    /// Ends at the end of the log; works beside the process that writes it. With --follow, it goes
    /// on with what that process appends, which it looks for five times a second, and SIGINT or
    /// SIGTERM end it, with exit code 0; so does the next event once nobody reads its output.
    ///
    /// With --cursor, it begins where the cursor stands, and moves it, durably, behind what was
    /// written to standard output: whoever runs it again and again gets each event at least once,
    /// and after an interruption perhaps some of them twice. A cursor is made when it is first
    /// named; one process holds it at a time, and it is for one choice of events.
    Subscribe(Subscribe),
    /// Count events and messages, by state, and data elements
    Stats,
    /// Read the whole log again and judge it: frames, chain, order, every hash and every step
    ///
    /// Ends with `VERIFIED n events, m messages`, with `, k data elements` where there are any, and
    /// exit code 0, or with the first fault and 1.
    /// Reads beside whoever writes the log, takes no lock and changes no byte: it judges the archive, and the journal for
    /// what is newer. With --exclusive it judges what the store itself holds; then damage that was mended on
    /// opening, from the journal or from the store, counts as a fault, and the next replay finds the log whole.
    ///
    /// With --checkpoint, the log is also held against a checkpoint that you hold: it must have had
    /// that very root at that size. Checkpoints that are kept with the log are compared in any case.
    Replay(Replay),
    /// Verify both copies of the log, the store's and the archive's, and make the damaged one anew from the other
    ///
    /// Locks the log. The damaged copy is set aside in the data directory; if both are damaged, nothing is changed.
    ///
    /// Exit codes: 0 the log is whole now, and the answer says what was mended; 1 it cannot be mended.
    Repair,
    /// Bring a data directory that an older program wrote up to this one's layout
    ///
    /// All of the log is verified first; no record changes. A crash leaves the older layout, and the upgrade can be
    /// begun anew. A directory that is up to date is verified and left alone. Older programs cannot open it
    /// afterwards: keep a copy if they must.
    Upgrade,
    /// Copy the log, its values and keys into a backup, or bring one up to date, beside whoever writes the log
    ///
    /// The backup holds everything that was acknowledged before it began. Only what is new is copied. Interrupted at any
    /// time, it holds what the run before made, and the same command goes on. What was erased from the log is gone from the
    /// backup once it was made again. Not in it: the key that signs (DIR.key), and what is made anew from the records.
    ///
    /// Whoever has the backup can read all values: it holds their keys. It is no log and opens as none; `restore` and then
    /// `recover` make one of it. With --verify, all of a backup is read and judged, with two verdicts: of the records,
    /// and of the values.
    ///
    /// Exit codes: 0 done, or VERIFIED; 1 not, or a value could not be copied, which is told.
    Backup(Backup),
    /// Copy a backup to the data directory, and judge all of it
    ///
    /// The directory is empty or missing, or one where this was interrupted. What is there afterwards is still a backup:
    /// `recover` makes a log of it.
    ///
    /// Exit codes: 0 all is VERIFIED; 1 not.
    Restore(Restore),
    /// Make a log of the backup in the data directory, in the place of one that was lost
    ///
    /// All of it is verified. Every record keeps its sequence and every proof its root. One record is appended: from what
    /// the log was recovered, its old name and its new one, and with --known how far the lost log is known to have gone. The
    /// new name is needed because the lost log may have signed more than the backup holds: under one name nobody must
    /// be shown two logs. Signed heads of the old name are set aside in the data directory.
    ///
    /// Do it once, with the newest backup, and only when the old log is gone for good: what was acknowledged after the
    /// backup began is not in it. Interrupted, the backup is still there, and the same command begins anew.
    ///
    /// Exit codes: 0 it is a log now; 1 not.
    Recover(Recover),
    /// Check the hashes of messages, data elements, groups and batches, and say why one is wrong
    ///
    /// Opens no log. Reads what `import` reads, and more: messages with the values of their data,
    /// data elements, groups, batches as they travel or as they are stored, mixed in any order;
    /// also objects that hold such things under `message`, `messages`, `data`, `group`, `groups`,
    /// `batch` or `batches`. Each is answered with a line: `ok` if every hash that it should have is
    /// there and right, `WRONG`, `nothing to compare` if one is missing, or `unreadable`. A cause is
    /// named only if it was proven by making the very hash that was found. References are held
    /// against everything in the same run, for up to half a million ids; all else takes the memory
    /// of the largest value. Hashes alone are checked: whether FireFly would take a message, `import`
    /// says.
    ///
    /// Exit codes: 0 no hash is wrong; 1 one is; 2 something cannot be read. If nobody reads the
    /// answers any more it stops, with 1.
    Check(Check),
    /// Print the bytes that are hashed and each hash of messages, data elements, groups and batches
    ///
    /// Opens no log. Reads what `check` reads, and compares as it does: same causes, same exit codes.
    /// Text for people shows what could move the cursor as escapes; --json has the exact bytes,
    /// under `bytes`, or `bytesHex` where they are no UTF-8. The bytes of a blob are not in the
    /// input, so its hash is taken as it is given.
    Hash(Hash),
    /// Add, show, list, verify and collect data elements: the values and blobs that messages refer to
    ///
    /// Their hashes are records of the log. Their bytes are beside it, in the data store, each value
    /// and each blob sealed under a key of its own.
    #[command(subcommand)]
    Data(Data),
    /// Erase the bytes of a data element for good: its value, its blob and what it says in words
    ///
    /// First a record is appended that says so, with the reason and who asked. Then the key of each
    /// part is overwritten, and then the sealed bytes go, out of every file of the data directory. If
    /// it is interrupted, the next command that opens the log for writing finishes it, and so does
    /// the same command again. If other elements have a part with the same bytes, they are listed and
    /// nothing is erased, unless --all-references is given.
    ///
    /// What stays: the hash and the size of each part, in the log, so that every message, root and
    /// proof stays valid. A value that can be guessed can be tested against its hash: a yes or no, a
    /// date of birth, a small sum. Not reached are copies made before: backups, other nodes, what
    /// `data get` wrote, and what the file system or the disk keeps of blocks that were freed.
    ///
    /// Exit codes: 0 it is erased, now or before; 1 there is no such element, or others share.
    Erase(Erase),
    /// Erase the data elements that rules say are kept long enough
    ///
    /// RULES is JSON: `{"rules":[{"namespace":"default","olderThan":"90d"}]}`. `olderThan` is a number
    /// and `s`, `m`, `h`, `d` or `w`; an element's age counts from when it was added here, by the log's
    /// clock. Elements that a message refers to which is not final stay, unless `keepOpen` is false.
    /// `reason` stands in each record; if it is not given, the rule does. Of several rules for a
    /// namespace the first that an element falls under counts. An element that has bytes in common
    /// with one that stays, stays too. What erasing leaves, and does not reach, `erase --help` says.
    ///
    /// Each element is told with a line, and then how many there were. Exit code 2 if the rules make
    /// no sense.
    Retention(Retention),
    /// Make the key that signs the log's checkpoints, and print its verifier key
    ///
    /// The key is made beside the data directory, never in it, and readable by its owner alone; it
    /// may be made before there is a log, which then takes its name from the key. Others check
    /// checkpoints with the verifier key that is printed: give it to them by a way they trust. A key
    /// that is there is never overwritten, only shown.
    Key(Key),
    /// Sign the size and root of the log as a C2SP checkpoint, or show those there are
    ///
    /// What is about to be signed is written beside the log first, so that within one data directory
    /// no two checkpoints are ever signed that do not go together. The same size again gives the
    /// same checkpoint. Whoever holds a checkpoint finds out if the log is changed before it.
    Checkpoint(Checkpoint),
    /// Write a proof of one message's history, which `verify` checks without the log
    ///
    /// The bundle has every record of the message, record 0, and the rules in force, each with its
    /// proof of inclusion under one checkpoint: the newest if it covers them, else one signed now.
    Prove(Prove),
    /// Check a bundle or a tlog-proof offline: VERIFIED, FAILED with the reason, or MALFORMED
    ///
    /// Opens no log. Checked are the checkpoint, its cosignatures, the inclusion of each record, its
    /// place, the order of the message's events without a gap, that each step is legal by the rules in
    /// force, and every hash. Not excluded is that a newer record was withheld.
    ///
    /// Exit codes: 0 VERIFIED, 1 FAILED, 2 MALFORMED or no sense in the request.
    Verify(Verify),
    /// Cosign a checkpoint of another's log, if the log goes on from what you cosigned before
    ///
    /// For who runs no log and wants to be sure that nobody is shown two of them. The bundle is one
    /// that `prove` wrote, with --from the checkpoint you hold, once you hold one. What is cosigned is
    /// written to the file of --held first, and never goes back.
    Witness(Witness),
    /// Write the log to a file that `import --log` takes in, or as a C2SP tlog-tiles directory
    ///
    /// Also beside a process that writes the log. The file has every record with its exact bytes, in order, what was
    /// signed of them, and the root at the end; the same log gives the same file. JSON lines are for reading, a
    /// CBOR sequence is smaller. Values and blobs are not in it: `backup` has them.
    ///
    /// With --tiles, a second run writes only what is new, and the checkpoint is written last, so that whoever reads
    /// meanwhile finds everything that it covers.
    Export(Export),
    /// Find the first record in which two logs differ
    ///
    /// Exit codes: 0 they are the same; 1 they differ, or one goes on from the other; 2 one of them cannot be opened.
    Diff(Diff),
    /// Print one record's bytes as text, event included
    ///
    /// Opens no log. The bytes are those of a leaf: as in the member `leaf` of a bundle.
    Inspect(Inspect),
    /// Measure this machine: a made-up log beside the bound of what is possible, in one run
    #[command(subcommand)]
    Bench(Bench),
}

/// What to import.
#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// Files with messages; `-` is standard input
    #[arg(required_unless_present = "log", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// A file that `export` wrote, or `-`: the whole log is taken in where there is none yet, with the same records,
    /// bytes and root
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    pub(crate) log: Option<PathBuf>,
    /// Exit with 1 if any message was refused
    #[arg(long)]
    pub(crate) strict: bool,
    /// Who imports: kept in each record
    #[arg(long, value_name = "NAME", default_value = "cli", value_parser = actor)]
    pub(crate) actor: String,
    #[command(flatten)]
    pub(crate) namespace: Namespace,
}

/// What to check.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// Files with messages, data elements, groups or batches; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Exit with 1 also if there is nothing to compare a hash with
    #[arg(long)]
    pub(crate) strict: bool,
}

/// What to hash.
#[derive(Debug, clap::Args)]
pub(crate) struct Hash {
    /// Files with messages, data elements, groups or batches; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

/// What to apply.
#[derive(Debug, clap::Args)]
pub(crate) struct Apply {
    /// File with requests; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How many lines may be decided on and not yet answered
    #[arg(long, value_name = "N", default_value_t = 64)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub(crate) in_flight: u32,
    /// Sign a checkpoint after so many records, and one at the end
    #[arg(long, value_name = "N")]
    pub(crate) checkpoint_records: Option<NonZeroU64>,
    /// Sign a checkpoint after so many seconds if the log grew, and one at the end
    #[arg(long, value_name = "T")]
    pub(crate) checkpoint_seconds: Option<NonZeroU64>,
    /// The file of the key that signs; else the data directory's name with `.key` behind it
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Exit with 1 if any line was refused or made no sense
    #[arg(long)]
    pub(crate) strict: bool,
    /// Who asks: kept in each record
    #[arg(long, value_name = "NAME", default_value = "cli", value_parser = actor)]
    pub(crate) actor: String,
    #[command(flatten)]
    pub(crate) namespace: Namespace,
}
