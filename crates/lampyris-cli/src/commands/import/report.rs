//! What an import says: a line for each value in JSON, for each refusal in text, and a summary.
//!
//! It counts and prints; what became of a value is decided before. If nobody reads any more it
//! falls silent and the import goes on.

use std::collections::BTreeMap;
use std::io::{self, Write};

use lampyris_message::MessageId;
use serde_json::{Map, Value, json};

use crate::input::{Unfit, Where};
use crate::output::{json_line, plain};

/// What became of one value.
#[derive(Debug)]
pub(super) struct Outcome {
    place: Where,
    fate: Fate,
}

#[derive(Debug)]
enum Fate {
    Imported { id: MessageId, sequence: Option<u64> },
    Present { id: MessageId, differences: Vec<String> },
    Refused(Unfit),
}

impl Outcome {
    /// It becomes an event.
    pub(super) fn imported(place: &Where, id: MessageId) -> Self {
        Self { place: place.clone(), fate: Fate::Imported { id, sequence: None } }
    }

    /// The same message is there already; this source may claim other things of it.
    pub(super) fn present(place: &Where, id: MessageId, differences: Vec<String>) -> Self {
        Self { place: place.clone(), fate: Fate::Present { id, differences } }
    }

    /// It is not taken in.
    pub(super) fn refused(place: &Where, unfit: Unfit) -> Self {
        Self { place: place.clone(), fate: Fate::Refused(unfit) }
    }

    /// Its event is durable, at this sequence.
    pub(super) fn kept_at(&mut self, at: u64) {
        if let Fate::Imported { sequence, .. } = &mut self.fate {
            *sequence = Some(at);
        }
    }

    fn json(&self) -> Value {
        let mut answer = Map::new();
        let mut say = |name: &str, value: Value| answer.insert(name.to_owned(), value);
        say("source", json!(self.place.to_string()));
        say("line", json!(self.place.line));
        say("ok", json!(!matches!(self.fate, Fate::Refused(_))));
        match &self.fate {
            Fate::Imported { id, sequence } => {
                say("id", json!(id.to_string()));
                say("outcome", json!("imported"));
                say("sequence", json!(sequence));
            }
            Fate::Present { id, differences } => {
                say("id", json!(id.to_string()));
                say("outcome", json!("already there"));
                if !differences.is_empty() {
                    say("otherClaims", json!(differences));
                }
            }
            Fate::Refused(unfit) => {
                if let Some(id) = unfit.id {
                    say("id", json!(id.to_string()));
                }
                say("outcome", json!("refused"));
                say("error", json!(unfit.reason));
                if let Some(code) = unfit.code {
                    say("code", json!(code));
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
    /// `None` once nobody reads any more.
    out: Option<W>,
    imported: u64,
    present: u64,
    other_claims: u64,
    refused: BTreeMap<String, u64>,
}

impl<W: Write> Report<W> {
    /// A report that has said nothing.
    pub(super) fn new(json: bool, out: W) -> Self {
        let (imported, present, other_claims) = (0, 0, 0);
        Self { json, out: Some(out), imported, present, other_claims, refused: BTreeMap::new() }
    }

    /// Says what became of one value.
    pub(super) fn say(&mut self, outcome: &Outcome) {
        match &outcome.fate {
            Fate::Imported { .. } => self.imported += 1,
            Fate::Present { differences, .. } => {
                self.present += 1;
                self.other_claims += u64::from(!differences.is_empty());
            }
            Fate::Refused(unfit) => {
                let code = unfit.code.map(|code| format!("{code} ")).unwrap_or_default();
                *self.refused.entry(format!("{code}{}", unfit.kind)).or_default() += 1;
            }
        }
        let json = self.json;
        self.print(|out| if json { json_line(out, &outcome.json()) } else { lines(out, outcome) });
    }

    /// Says the summary; returns how many were refused.
    pub(super) fn finish(&mut self) -> u64 {
        let refused: u64 = self.refused.values().sum();
        let Self { imported, present, other_claims, .. } = *self;
        let reasons = std::mem::take(&mut self.refused);
        let json = self.json;
        self.print(|out| {
            if json {
                let summary = json!({
                    "imported": imported,
                    "alreadyThere": present,
                    "otherClaims": other_claims,
                    "refused": refused,
                    "refusedByReason": reasons,
                });
                json_line(out, &json!({ "summary": summary }))?;
            } else {
                writeln!(out, "imported {imported}, already there {present}, refused {refused}")?;
                for (reason, count) in &reasons {
                    writeln!(out, "  {count:>6}  {reason}")?;
                }
                if other_claims > 0 {
                    writeln!(out, "  {other_claims:>6}  already there with other claims")?;
                }
            }
            out.flush()
        });
        refused
    }

    fn print(&mut self, say: impl FnOnce(&mut W) -> io::Result<()>) {
        if self.out.as_mut().is_some_and(|out| say(out).is_err()) {
            self.out = None;
        }
    }
}

/// A refusal, or another claim, for people; a message that is simply taken in needs no words.
fn lines(out: &mut impl Write, outcome: &Outcome) -> io::Result<()> {
    let place = format!("{}, line {}", outcome.place, outcome.place.line);
    match &outcome.fate {
        Fate::Imported { .. } => Ok(()),
        Fate::Present { differences, .. } if differences.is_empty() => Ok(()),
        Fate::Present { id, differences } => {
            writeln!(out, "other claims {id} ({})", plain(&place))?;
            differences.iter().try_for_each(|one| writeln!(out, "  {}", plain(one)))
        }
        Fate::Refused(unfit) => {
            let id = unfit.id.map(|id| format!(" {id}")).unwrap_or_default();
            writeln!(out, "refused{id} ({})\n  {}", plain(&place), plain(&unfit.reason))
        }
    }
}
