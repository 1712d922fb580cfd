//! What is said of each element that is put, and of all of them.
//!
//! It counts and prints. If nobody reads any more it falls silent, and the putting goes on.

use std::io::{self, Write};

use lampyris::DataAccepted;
use lampyris_message::DataId;
use serde_json::{Map, Value, json};

use crate::input::Where;
use crate::output::{json_line, plain};

/// What became of one element.
#[derive(Debug)]
pub(super) enum Fate {
    /// It is there, now or from before.
    Added(DataAccepted),
    /// It is not taken in.
    Refused {
        /// Its id, as far as it is known.
        id: Option<DataId>,
        /// Upstream's code, where it has one.
        code: Option<&'static str>,
        /// The reason.
        reason: String,
    },
}

impl Fate {
    /// It is not taken in.
    pub(super) fn refused(id: Option<DataId>, code: Option<&'static str>, reason: String) -> Self {
        Self::Refused { id, code, reason }
    }

    fn json(&self, place: Option<&Where>) -> Value {
        let mut answer = Map::new();
        let mut say = |name: &str, value: Value| answer.insert(name.to_owned(), value);
        if let Some(place) = place {
            say("source", json!(place.to_string()));
            say("line", json!(place.line));
        }
        say("ok", json!(matches!(self, Self::Added(_))));
        match self {
            Self::Added(added) => {
                say("id", json!(added.id.to_string()));
                say("hash", json!(added.hash.to_string()));
                let outcome = if added.sequence.is_some() { "added" } else { "there already" };
                say("outcome", json!(outcome));
                if let Some(sequence) = added.sequence {
                    say("sequence", json!(sequence));
                }
            }
            Self::Refused { id, code, reason } => {
                if let Some(id) = id {
                    say("id", json!(id.to_string()));
                }
                say("outcome", json!("refused"));
                say("error", json!(reason));
                if let Some(code) = code {
                    say("code", json!(code));
                }
            }
        }
        Value::Object(answer)
    }

    fn lines(&self, place: Option<&Where>, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Added(DataAccepted { id, hash, sequence: Some(_), .. }) => {
                writeln!(out, "added {id} {hash}")
            }
            Self::Added(DataAccepted { id, hash, .. }) => {
                writeln!(out, "there already {id} {hash}")
            }
            Self::Refused { id, reason, .. } => {
                let id = id.map(|id| format!(" {id}")).unwrap_or_default();
                let place = place.map(|place| format!(" ({place}, line {})", place.line));
                let place = place.unwrap_or_default();
                writeln!(out, "refused{id}{}\n  {}", plain(&place), plain(reason))
            }
        }
    }
}

/// Says what became of each element and counts.
#[derive(Debug)]
pub(super) struct Report<W: Write> {
    json: bool,
    /// `None` once nobody reads any more.
    out: Option<W>,
    added: u64,
    present: u64,
    refused: u64,
}

impl<W: Write> Report<W> {
    /// A report that has said nothing.
    pub(super) fn new(json: bool, out: W) -> Self {
        Self { json, out: Some(out), added: 0, present: 0, refused: 0 }
    }

    /// How many were refused.
    pub(super) fn refused(&self) -> u64 {
        self.refused
    }

    /// Says what became of one element; the place is that in a file of several.
    pub(super) fn say(&mut self, place: Option<&Where>, fate: &Fate) {
        match fate {
            Fate::Added(added) if added.sequence.is_some() => self.added += 1,
            Fate::Added(_) => self.present += 1,
            Fate::Refused { .. } => self.refused += 1,
        }
        let json = self.json;
        self.print(
            |out| {
                if json { json_line(out, &fate.json(place)) } else { fate.lines(place, out) }
            },
        );
    }

    /// Says the summary.
    pub(super) fn finish(&mut self) {
        let Self { json, added, present, refused, .. } = *self;
        self.print(|out| {
            if json {
                let summary =
                    json!({ "added": added, "alreadyThere": present, "refused": refused });
                json_line(out, &json!({ "summary": summary }))
            } else {
                writeln!(out, "added {added}, there already {present}, refused {refused}")
            }
        });
        self.flush();
    }

    /// Sends on what was said.
    pub(super) fn flush(&mut self) {
        self.print(W::flush);
    }

    fn print(&mut self, say: impl FnOnce(&mut W) -> io::Result<()>) {
        if self.out.as_mut().is_some_and(|out| say(out).is_err()) {
            self.out = None;
        }
    }
}
