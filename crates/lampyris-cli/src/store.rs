//! The log as the commands use it: how it is opened, and how a message's history is read.
//!
//! Deciding and judging are the message crate's; keeping and verifying the log crate's.

use lampyris_log::snapshot::{Consumer, Snapshot, Unfit};
use lampyris_log::{Log, Options, Record, Rules, VerifiedRecord, Verify};
use lampyris_message::MessageId;
use lampyris_message::event::Event;
use lampyris_message::lifecycle::{State, evolve, rules};
use lampyris_projection::{Audit, TakeError, Views, record};
use uuid::Uuid;

use crate::args::Global;
use crate::failure::Failure;

/// Opens the log to append to it; makes it if there is none.
pub(crate) fn open_writer(global: &Global) -> Result<Log, Failure> {
    let log = Log::open(&global.data, &writer_options())?;
    lampyris::finish_erasures(&log)?;
    Ok(log)
}

/// How a log is opened to append under this program's rules, or made.
pub(crate) fn writer_options() -> Options {
    let rules = Rules { version: rules::VERSION, hash: rules::hash().0 };
    Options::writer(rules).create(draw_id())
}

/// Opens the log to read it, also beside a process that writes it, and hands out every record while it is verified.
pub(crate) fn open_reader(
    global: &Global,
    visit: impl FnMut(&VerifiedRecord<'_>) + Send,
) -> Result<Log, Failure> {
    Ok(Log::open_with(&global.data, &Options::reader(), visit)?)
}

/// Opens the log alone, to sign it: what is signed is written beside it.
pub(crate) fn open_to_sign(global: &Global) -> Result<Log, Failure> {
    Ok(Log::open(&global.data, &Options::exclusive())?)
}

/// Opens the log to look something up in it: by its snapshot, if it has one.
///
/// What is read is checked as it is read; what is not looked at is not verified again. `replay` does that.
pub(crate) fn open_to_look(global: &Global) -> Result<Log, Failure> {
    Ok(Log::open(&global.data, &Options::reader().verify(Verify::New))?)
}

/// Opens the log and the views of its messages: by its snapshot, if it holds views, else by judging every record.
pub(crate) fn open_views(global: &Global) -> Result<(Log, Views), Failure> {
    let mut shown = Shown::default();
    let options = Options::reader().verify(Verify::New);
    let log = Log::open_into(&global.data, &options, |_| (), &mut shown)?;
    let fault = shown.audit.as_ref().and_then(|audit| audit.fault()).map(Failure::no);
    match fault.or(shown.unfit.map(Failure::no)) {
        Some(failure) => Err(failure),
        None => Ok((log, shown.views)),
    }
}

/// Views, and the audit of a log that is read from its first record on.
struct Shown {
    views: Views,
    audit: Option<Audit>,
    unfit: Option<TakeError>,
}

impl Default for Shown {
    fn default() -> Self {
        Self { views: Views::new(), audit: Some(Audit::new()), unfit: None }
    }
}

impl Consumer for Shown {
    fn resume(&mut self, from: &Snapshot) -> Result<(), Unfit> {
        *self = Self { views: Views::stored(from)?, audit: None, unfit: None };
        Ok(())
    }

    fn restart(&mut self) {
        *self = Self::default();
    }

    fn take(&mut self, verified: &VerifiedRecord<'_>, (): ()) {
        if let Some(audit) = &mut self.audit {
            audit.take(verified);
            if audit.fault().is_some() {
                return;
            }
        }
        if self.unfit.is_none() {
            self.unfit = self.views.take(&verified.record).err();
        }
    }
}

/// A fresh random id.
#[expect(clippy::disallowed_methods, reason = "the program draws ids; the libraries never do")]
pub(crate) fn draw_id() -> [u8; 16] {
    *Uuid::new_v4().as_bytes()
}

/// The history of one message: its records and the events in them, oldest first.
pub(crate) type History = Vec<(Record, Event)>;

/// Why a message's history cannot be told.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The log cannot be read.
    Log(Failure),
    /// Its events cannot be read or are not legal: a matter of this message alone.
    Message(String),
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Log(failure) => failure,
            Trouble::Message(why) => Self::No(why),
        }
    }
}

/// Reads the history of one message; nothing if it is not known.
pub(crate) fn history(log: &Log, namespace: &str, id: MessageId) -> Result<History, Trouble> {
    let records = log.stream_history(namespace, record::MESSAGE, id.as_bytes());
    let records = records.map_err(|error| Trouble::Log(error.into()))?;
    let decoded = records.into_iter().map(|record| match record::event(&record) {
        Ok(event) => Ok((record, event)),
        Err(error) => Err(at(&record, &error)),
    });
    decoded.collect()
}

/// The state that a message's history leads to.
pub(crate) fn judged(history: &History) -> Result<State, Trouble> {
    history.iter().try_fold(State::Absent, |state, (record, event)| {
        evolve(state, event).map_err(|step| at(record, &step))
    })
}

fn at(record: &Record, why: &impl std::fmt::Display) -> Trouble {
    Trouble::Message(format!("sequence {}: {why}", record.sequence))
}
