//! `import`: takes messages in as evidence, and says of each what became of it.
//!
//! Values are read one by one, decided on in order, and kept in groups of one sync each. What was
//! said to be imported is durable.

mod report;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use lampyris_log::{Append, Log};
use lampyris_message::MessageId;
use lampyris_message::lifecycle::command::Import as ImportCommand;
use lampyris_message::lifecycle::{Command, Decision, Refused, State, decide, evolve};
use lampyris_projection::record;

use self::report::{Outcome, Report};
use crate::args::{Global, Import};
use crate::failure::{Failure, chain};
use crate::input::{Split, SplitError, Unfit, Values, read};
use crate::{output, store};

/// Appends that are kept with one sync: enough for a full frame of small messages.
const GROUP: usize = 512;

pub(crate) fn run(global: &Global, import: &Import) -> Result<ExitCode, Failure> {
    let log = store::open_writer(global)?;
    let mut importer = Importer {
        log: &log,
        namespace: &global.namespace,
        actor: &import.actor,
        group: Vec::new(),
        states: HashMap::new(),
        report: Report::new(global.json, output::answers()),
    };
    let mut unreadable = Vec::new();
    for file in &import.files {
        if let Err(why) = importer.file(global, file)? {
            unreadable.push(why);
        }
    }
    importer.keep()?;
    let refused = importer.report.finish()?;
    if !unreadable.is_empty() {
        return Err(Failure::senseless(unreadable.join("\nlampyris: ")));
    }
    Ok(if import.strict && refused > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// An import under way.
struct Importer<'a, W: Write> {
    log: &'a Log,
    namespace: &'a str,
    actor: &'a str,
    /// What was decided and is not kept yet, in order.
    group: Vec<Queued>,
    /// The messages of the group, which the log does not show yet.
    states: HashMap<MessageId, State>,
    report: Report<W>,
}

/// A value's outcome, and what is to be appended for it.
struct Queued {
    outcome: Outcome,
    append: Option<Append>,
}

impl<W: Write> Importer<'_, W> {
    /// Imports one file; the inner error says why it could not be read to its end.
    fn file(&mut self, global: &Global, path: &Path) -> Result<Result<(), String>, Failure> {
        let name = if path == Path::new("-") {
            "standard input".to_owned()
        } else {
            path.display().to_string()
        };
        let (source, size) = match open(path) {
            Ok(opened) => opened,
            Err(error) => return Ok(Err(format!("cannot read {name}: {error}"))),
        };
        let bar = output::progress(global, size, "bytes");
        let mut values = Values::new(source);
        let mut object = 0;
        let mut garbage = None;
        let read_to_end = loop {
            bar.set_position(values.bytes_read());
            let split = match values.next() {
                Ok(Some(split)) => split,
                Ok(None) => break garbage.map_or(Ok(()), Err),
                Err(SplitError::Io(error)) => break Err(format!("cannot read {name}: {error}")),
                Err(SplitError::Array { line, rule }) => {
                    break Err(format!("{name}, line {line}: {rule}"));
                }
            };
            object += 1;
            let (line, is_json) = match split {
                Split::Value(piece) => {
                    let source = format!("{name}, object {object}");
                    (piece.line, self.value(source, piece.line, &piece.bytes)?)
                }
                Split::Unfinished { line } => {
                    let unfit = Unfit::not_json("the object that begins here never ends");
                    self.queue(Outcome::refused(format!("{name}, object {object}"), line, unfit))?;
                    (line, false)
                }
            };
            if !is_json {
                garbage.get_or_insert_with(|| format!("{name}, line {line}: not JSON"));
            }
        };
        bar.finish_and_clear();
        Ok(read_to_end)
    }

    /// Decides what becomes of one value; returns whether it is JSON at all.
    fn value(&mut self, source: String, line: u64, json: &[u8]) -> Result<bool, Failure> {
        let incoming = match read(json) {
            Ok(incoming) => incoming,
            Err(unfit) => {
                let is_json = unfit.is_json();
                self.queue(Outcome::refused(source, line, unfit))?;
                return Ok(is_json);
            }
        };
        let id = incoming.message.id();
        let state = self.state(id)?;
        let command = Command::Import(Box::new(ImportCommand {
            message: incoming.message,
            claims: incoming.claims,
            source: source.clone(),
        }));
        match decide(&state, &command) {
            Decision::Same => self.queue(Outcome::present(source, line, id))?,
            Decision::Refused(refused) => {
                let unfit = duplicate(id, &refused, &state);
                self.queue(Outcome::refused(source, line, unfit))?;
            }
            Decision::Step(events) => {
                let events_kept = events.iter().map(|event| record::new_event(id, event));
                let append = events_kept.fold(
                    Append::new(
                        store::draw_id(),
                        self.namespace,
                        command.kind().name(),
                        self.actor,
                    ),
                    Append::event,
                );
                if let Err(refused) = append.check() {
                    let unfit = Unfit::too_large(id, &refused);
                    self.queue(Outcome::refused(source, line, unfit))?;
                    return Ok(true);
                }
                self.states.insert(id, fold(state, &events)?);
                let outcome = Outcome::imported(source, line, id);
                self.group.push(Queued { outcome, append: Some(append) });
                self.keep_if_full()?;
            }
        }
        Ok(true)
    }

    /// What is known of a message: in this group, else in the log.
    fn state(&self, id: MessageId) -> Result<State, Failure> {
        if let Some(state) = self.states.get(&id) {
            return Ok(state.clone());
        }
        let history = store::history(self.log, self.namespace, id)?;
        history.iter().try_fold(State::Absent, |state, (record, event)| {
            evolve(state, event)
                .map_err(|step| Failure::no(format!("sequence {}: {step}", record.sequence)))
        })
    }

    fn queue(&mut self, outcome: Outcome) -> Result<(), Failure> {
        self.group.push(Queued { outcome, append: None });
        self.keep_if_full()
    }

    fn keep_if_full(&mut self) -> Result<(), Failure> {
        if self.group.len() < GROUP { Ok(()) } else { self.keep() }
    }

    /// Makes the group durable, then says what became of each value.
    fn keep(&mut self) -> Result<(), Failure> {
        let mut outcomes = Vec::with_capacity(self.group.len());
        let mut appends = Vec::with_capacity(self.group.len());
        for queued in self.group.drain(..) {
            outcomes.push((queued.outcome, queued.append.is_some()));
            appends.extend(queued.append);
        }
        self.states.clear();
        let mut kept = self.log.append_group(&appends).into_iter();
        for (mut outcome, awaited) in outcomes {
            if awaited && let Some(result) = kept.next() {
                let appended = result.map_err(|error| Failure::no(chain(&error)))?;
                outcome.kept_at(appended.sequences.start);
            }
            self.report.say(&outcome)?;
        }
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<(Box<dyn Read>, Option<u64>)> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin().lock()), None));
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let size = metadata.is_file().then_some(metadata.len());
    Ok((Box::new(file), size))
}

fn fold(state: State, events: &[lampyris_message::event::Event]) -> Result<State, Failure> {
    events.iter().try_fold(state, evolve).map_err(Failure::no)
}

fn duplicate(id: MessageId, refused: &Refused, state: &State) -> Unfit {
    let recorded = state.hash().map(|hash| hash.to_string()).unwrap_or_default();
    let name = refused.refusal.name();
    Unfit {
        id: Some(id),
        code: refused.refusal.code(),
        kind: name,
        reason: format!("{name}: expected hash {recorded} (as recorded), found {}", refused.detail),
    }
}
