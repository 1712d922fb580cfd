//! What a check says: a line for each item and for each reference that does not fit, and a summary.
//!
//! It counts and prints; nothing is compared here.

use std::collections::BTreeMap;
use std::io::{self, Write};

use lampyris_message::check::{Crossing, Crossings, Examined, Outcome, Verdict};
use serde_json::json;

use crate::commands::telling;
use crate::input::{Shown, Where};
use crate::output::{json_line, plain};

/// Says verdicts and counts them.
#[derive(Debug)]
pub(super) struct Report<W: Write> {
    json: bool,
    out: W,
    agree: u64,
    wrong: u64,
    nothing: u64,
    unreadable: u64,
    crossed: u64,
    /// Hashes that differ, by what they are of and why.
    causes: BTreeMap<String, u64>,
}

impl<W: Write> Report<W> {
    /// A report that has said nothing.
    pub(super) fn new(json: bool, out: W) -> Self {
        let (agree, wrong, nothing, unreadable, crossed) = Default::default();
        Self { json, out, agree, wrong, nothing, unreadable, crossed, causes: BTreeMap::new() }
    }

    /// Says the verdict on one item.
    pub(super) fn item(&mut self, shown: &Shown) -> io::Result<()> {
        match &shown.read {
            Err(_) => self.unreadable += 1,
            Ok(item) => self.count(item),
        }
        if self.json {
            json_line(&mut self.out, &telling::json(shown, false))
        } else {
            self.lines(shown)
        }
    }

    fn count(&mut self, item: &Examined) {
        match item.verdict() {
            Verdict::Agrees => self.agree += 1,
            Verdict::Wrong => self.wrong += 1,
            Verdict::NothingToCompare => self.nothing += 1,
        }
        for hashed in &item.hashes {
            if let Outcome::Differs(cause) = hashed.outcome {
                let why = cause.map_or("no known cause", |cause| cause.name());
                *self.causes.entry(format!("hash of {}: {why}", hashed.of)).or_default() += 1;
            }
        }
    }

    fn lines(&mut self, shown: &Shown) -> io::Result<()> {
        let (place, out) = (shown.told(), &mut self.out);
        let place = plain(&place);
        match &shown.read {
            Ok(item) => {
                writeln!(
                    out,
                    "{} {} ({place})",
                    telling::word(item.verdict()),
                    telling::name(item)
                )?;
                for hashed in &item.hashes {
                    if let Some(told) = telling::outcome(hashed) {
                        writeln!(out, "  {}: {told}", hashed.field)?;
                    }
                }
                item.faults.iter().try_for_each(|fault| writeln!(out, "  {fault}"))
            }
            Err(why) => {
                let kind = why.kind.map(|kind| format!(" {kind}")).unwrap_or_default();
                writeln!(out, "unreadable{kind} ({place})\n  {}", plain(&why.reason))
            }
        }
    }

    /// Says that a reference and what it refers to do not fit.
    pub(super) fn crossing(&mut self, crossing: &Crossing<Where>) -> io::Result<()> {
        self.crossed += 1 + crossing.more;
        let Crossing { kind, id, referred, by, there, at, more } = crossing;
        if self.json {
            let answer = json!({
                "verdict": "wrong",
                "reference": {
                    "kind": kind.as_str(), "id": id, "hash": referred.to_string(),
                    "source": by.to_string(), "line": by.line, "moreAlike": more,
                },
                "shown": { "hash": there.to_string(), "source": at.to_string(), "line": at.line },
            });
            return json_line(&mut self.out, &answer);
        }
        let (by, by_line, at, at_line) = (by.to_string(), by.line, at.to_string(), at.line);
        writeln!(self.out, "WRONG reference to {kind} {id} ({}, line {by_line})", plain(&by))?;
        let like_it = if *more > 0 { format!(", as {more} more do") } else { String::new() };
        writeln!(self.out, "  refers to hash {referred}{like_it}")?;
        writeln!(self.out, "  its hash is {there} ({}, line {at_line})", plain(&at))
    }

    /// Says the summary.
    pub(super) fn finish(&mut self, crossings: &Crossings<Where>) -> io::Result<()> {
        let Self { agree, wrong, nothing, unreadable, crossed, .. } = *self;
        let (resolved, open, lost) = (crossings.resolved(), crossings.open(), crossings.left_out());
        let out = &mut self.out;
        if self.json {
            let references = json!({
                "agree": resolved, "wrong": crossed, "notShown": open, "notKept": lost,
            });
            let summary = json!({
                "ok": agree, "wrong": wrong, "nothingToCompare": nothing, "unreadable": unreadable,
                "references": references, "wrongByCause": self.causes,
            });
            json_line(out, &json!({ "summary": summary }))?;
        } else {
            write!(out, "ok {agree}, wrong {wrong}, nothing to compare {nothing}")?;
            writeln!(out, ", unreadable {unreadable}")?;
            for (cause, count) in &self.causes {
                writeln!(out, "  {count:>6}  {cause}")?;
            }
            write!(out, "references: {resolved} agree, {crossed} wrong")?;
            writeln!(out, ", {open} to what is not in the input")?;
            if lost > 0 {
                writeln!(out, "  {lost:>6}  ids not kept: references to them were not looked up")?;
            }
        }
        out.flush()
    }

    /// Hands on what was said so far.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Whether the answer is no; under `strict` also if a hash is missing.
    pub(super) fn is_no(&self, strict: bool) -> bool {
        self.wrong > 0 || self.crossed > 0 || strict && self.nothing > 0
    }
}
