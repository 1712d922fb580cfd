//! What an import says: a line for each value in JSON, for each refusal in text, and a summary.
//!
//! It counts and prints; what became of a value is decided before.

use std::collections::BTreeMap;
use std::io::{self, Write};

use lampyris_message::MessageId;
use serde_json::{Map, Value, json};

use crate::input::Unfit;
use crate::output::json_line;

/// What became of one value.
#[derive(Debug)]
pub(super) struct Outcome {
    source: String,
    line: u64,
    fate: Fate,
}

#[derive(Debug)]
enum Fate {
    Imported { id: MessageId, sequence: Option<u64> },
    Present { id: MessageId },
    Refused(Unfit),
}

impl Outcome {
    /// It becomes an event.
    pub(super) fn imported(source: String, line: u64, id: MessageId) -> Self {
        Self { source, line, fate: Fate::Imported { id, sequence: None } }
    }

    /// The same message is there already.
    pub(super) fn present(source: String, line: u64, id: MessageId) -> Self {
        Self { source, line, fate: Fate::Present { id } }
    }

    /// It is not taken in.
    pub(super) fn refused(source: String, line: u64, unfit: Unfit) -> Self {
        Self { source, line, fate: Fate::Refused(unfit) }
    }

    /// Its event is durable, at this sequence.
    pub(super) fn kept_at(&mut self, at: u64) {
        if let Fate::Imported { sequence, .. } = &mut self.fate {
            *sequence = Some(at);
        }
    }

    fn json(&self) -> Value {
        let mut answer = Map::new();
        answer.insert("source".into(), json!(self.source));
        answer.insert("line".into(), json!(self.line));
        answer.insert("ok".into(), json!(!matches!(self.fate, Fate::Refused(_))));
        match &self.fate {
            Fate::Imported { id, sequence } => {
                answer.insert("id".into(), json!(id.to_string()));
                answer.insert("outcome".into(), json!("imported"));
                answer.insert("sequence".into(), json!(sequence));
            }
            Fate::Present { id } => {
                answer.insert("id".into(), json!(id.to_string()));
                answer.insert("outcome".into(), json!("already there"));
            }
            Fate::Refused(unfit) => {
                if let Some(id) = unfit.id {
                    answer.insert("id".into(), json!(id.to_string()));
                }
                answer.insert("outcome".into(), json!("refused"));
                answer.insert("error".into(), json!(unfit.reason));
                if let Some(code) = unfit.code {
                    answer.insert("code".into(), json!(code));
                }
            }
        }
        Value::Object(answer)
    }
}

/// Says what became of each value and counts.
#[derive(Debug)]
pub(super) struct Report<W: Write> {
    json: bool,
    out: W,
    imported: u64,
    present: u64,
    refused: BTreeMap<String, u64>,
}

impl<W: Write> Report<W> {
    /// A report that has said nothing.
    pub(super) fn new(json: bool, out: W) -> Self {
        Self { json, out, imported: 0, present: 0, refused: BTreeMap::new() }
    }

    /// Says what became of one value.
    pub(super) fn say(&mut self, outcome: &Outcome) -> io::Result<()> {
        match &outcome.fate {
            Fate::Imported { .. } => self.imported += 1,
            Fate::Present { .. } => self.present += 1,
            Fate::Refused(unfit) => {
                let code = unfit.code.map(|code| format!("{code} ")).unwrap_or_default();
                *self.refused.entry(format!("{code}{}", unfit.kind)).or_default() += 1;
            }
        }
        if self.json {
            json_line(&mut self.out, &outcome.json())
        } else if let Fate::Refused(unfit) = &outcome.fate {
            let id = unfit.id.map(|id| format!(" {id}")).unwrap_or_default();
            let Outcome { source, line, .. } = outcome;
            writeln!(self.out, "refused{id} ({source}, line {line})\n  {}", unfit.reason)
        } else {
            Ok(())
        }
    }

    /// Says the summary; returns how many were refused.
    pub(super) fn finish(&mut self) -> io::Result<u64> {
        let refused: u64 = self.refused.values().sum();
        let Self { imported, present, .. } = *self;
        if self.json {
            let summary = json!({
                "summary": {
                    "imported": imported,
                    "alreadyThere": present,
                    "refused": refused,
                    "refusedByReason": self.refused,
                }
            });
            json_line(&mut self.out, &summary)?;
        } else {
            writeln!(self.out, "imported {imported}, already there {present}, refused {refused}")?;
            for (reason, count) in &self.refused {
                writeln!(self.out, "  {count:>6}  {reason}")?;
            }
        }
        self.out.flush()?;
        Ok(refused)
    }
}
