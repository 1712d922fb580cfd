//! What can be asked of data elements, and its help texts.
//!
//! Parsing only; nothing is opened here.

use std::path::PathBuf;

use clap::Subcommand;
use lampyris_message::text::{ErasureReason, TextError};
use lampyris_message::{DataId, ScalarError};

use super::{Namespace, actor};

/// What to do with data elements.
#[derive(Debug, Subcommand)]
pub(crate) enum Data {
    /// Add a data element: a value, a blob or both; or elements as FireFly wrote them
    ///
    /// FILE holds one JSON value. It is kept as it is written, repeated members and the spelling of
    /// numbers included, but as FireFly does: without white space between its tokens, and with `<`,
    /// `>` and `&` in strings as escapes. With --elements, the FILEs hold data
    /// elements as FireFly's API returns them: a JSON array, one object, or JSON lines; also objects
    /// that hold them under `data`. Each of those is checked by its hash, and its blob need not be
    /// there yet. The answer is `added`, `there already` or `refused` with the reason, the id and the
    /// hash; it comes when the element is durable. The same element added again changes nothing, but
    /// for bytes that the store had lost.
    ///
    /// Exit codes: 1 if the element was refused, with --elements only under --strict; 2 if the input
    /// is not JSON or cannot be read.
    Put(DataPut),
    /// Print one data element as a FireFly client sees it, or the bytes of its value or its blob
    ///
    /// With --json, FireFly's own JSON and the member `position`: the sequence of the event that
    /// added it; and, only if there are such parts, the members `missing` and `damaged`, each a list
    /// of `part`, `hash` and `size`; and `erased` with the `sequence`, `time`, `actor` and `reason`, if
    /// it was. What is missing, damaged or erased is absent from the element itself, is
    /// named on standard error, and makes the exit code 1. Of a blob only is looked at where it
    /// stands; --blob reads it, and `verify` all of them.
    Get(DataGet),
    /// List data elements, in the order they were added, with what is there of each
    ///
    /// An element is `held`, `missing` if the store lacks a part of it, `damaged` if the store
    /// cannot read a part of it any more, or `erased`. Bytes are not read: `verify` does that.
    List(DataList),
    /// Read every value and blob that elements refer to, decrypt it and compute its hash again
    ///
    /// Ends with `VERIFIED n elements, m objects, k bytes` and exit code 0; or says a line for each
    /// part that is missing or damaged, then `FAULT` with their number and that of the keys that
    /// cannot be read, and exits with 1. Elements of all namespaces are looked at. An object of erased
    /// elements that can still be opened, although no other element has it, is a fault too. Other
    /// objects that no element refers to are counted and no fault; `gc` removes both.
    Verify,
    /// Remove from the data store what no element refers to, and what a crash left
    ///
    /// Blobs whose elements were refused, and values whose messages were. The keys are overwritten
    /// first; then the files go of which nothing can be opened any more.
    Gc(DataGc),
}

/// What to add.
#[derive(Debug, clap::Args)]
pub(crate) struct DataPut {
    /// File with the value, or with --elements files with elements; `-` is standard input
    #[arg(required_unless_present = "blob", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// File with the blob of the element, of any size; `-` is standard input
    ///
    /// Its name is the one that the value gives (`name`, or `path` and `filename`), else the file's.
    #[arg(long, value_name = "FILE")]
    pub(crate) blob: Option<PathBuf>,
    /// Id of the element; one is drawn if none is given
    #[arg(long, value_name = "ID", value_parser = data_id)]
    pub(crate) id: Option<DataId>,
    /// Datatype of the value: kept, and not held against the value
    #[arg(long, value_name = "NAME", requires = "datatype_version")]
    pub(crate) datatype: Option<String>,
    /// Version of the datatype
    #[arg(long, value_name = "V", requires = "datatype")]
    pub(crate) datatype_version: Option<String>,
    /// Validator of the value: kept, and nothing is validated by it; `json` if none is given
    #[arg(long, value_name = "NAME")]
    pub(crate) validator: Option<String>,
    /// The files hold data elements with their hashes, as FireFly writes them
    #[arg(long, conflicts_with_all = ["blob", "id", "datatype", "datatype_version", "validator"])]
    pub(crate) elements: bool,
    /// Exit with 1 if any element was refused
    #[arg(long, requires = "elements")]
    pub(crate) strict: bool,
    /// Who adds: kept in each record
    #[arg(long, value_name = "NAME", default_value = "cli", value_parser = actor)]
    pub(crate) actor: String,
    #[command(flatten)]
    pub(crate) namespace: Namespace,
}

/// Which element to show, and what of it.
#[derive(Debug, clap::Args)]
pub(crate) struct DataGet {
    /// The element's id
    #[arg(value_parser = data_id)]
    pub(crate) id: DataId,
    /// Write the bytes of its value, as they are hashed, and nothing else
    #[arg(long, group = "part", conflicts_with = "json")]
    pub(crate) value: bool,
    /// Write the bytes of its blob and nothing else
    #[arg(long, group = "part", conflicts_with = "json")]
    pub(crate) blob: bool,
    /// Write the bytes to a file that appears only if all of them are right
    #[arg(long, value_name = "FILE", requires = "part")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) namespace: Namespace,
}

/// Which elements to list.
#[derive(Debug, clap::Args)]
pub(crate) struct DataList {
    /// Only elements of which something is missing or damaged
    #[arg(long)]
    pub(crate) missing: bool,
    /// How many at most; 0 means all
    #[arg(long, value_name = "N", default_value_t = 25)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) namespace: Namespace,
}

/// How to collect.
#[derive(Debug, clap::Args)]
pub(crate) struct DataGc {
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

fn data_id(text: &str) -> Result<DataId, ScalarError> {
    DataId::parse(text)
}

/// Which element to erase, and why.
#[derive(Debug, clap::Args)]
pub(crate) struct Erase {
    /// The element's id
    #[arg(value_parser = data_id)]
    pub(crate) id: DataId,
    /// Why, in at most 1024 bytes; it stays in the log for ever, so let it name nobody
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub(crate) reason: ErasureReason,
    /// Erase every element that has a part with the same bytes too, and every one that shares with those
    #[arg(long)]
    pub(crate) all_references: bool,
    /// Who asks: kept in each record
    #[arg(long, value_name = "NAME", default_value = "cli", value_parser = actor)]
    pub(crate) actor: String,
    #[command(flatten)]
    pub(crate) namespace: Namespace,
}

/// How long data elements are kept.
#[derive(Debug, clap::Args)]
pub(crate) struct Retention {
    /// File with the rules; `-` is standard input
    #[arg(value_name = "RULES")]
    pub(crate) rules: PathBuf,
    /// Say what would be erased, and erase nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Who asks: kept in each record
    #[arg(long, value_name = "NAME", default_value = "cli", value_parser = actor)]
    pub(crate) actor: String,
}

fn reason(text: &str) -> Result<ErasureReason, TextError> {
    ErasureReason::new(text)
}
