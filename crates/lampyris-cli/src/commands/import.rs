//! `import`: takes messages in as evidence, and says of each what became of it.
//!
//! Values are read one by one, decided on in order, and kept in groups of one sync each. What was
//! said to be imported is durable. Whatever ends it early, what was decided before is kept and said.

mod known;
mod report;

use std::io::Write;
use std::process::ExitCode;

use lampyris_log::{Append, Log, Refused as LogRefused};
use lampyris_message::event::Claims;
use lampyris_message::incoming::Incoming;
use lampyris_message::lifecycle::command::Import as ImportCommand;
use lampyris_message::lifecycle::{Command, Decision, Refused, State, decide};
use lampyris_message::{Bytes32, MessageId};
use lampyris_projection::record;

use self::known::{Known, differences};
use self::report::{Outcome, Report};
use crate::args::{Global, Import};
use crate::failure::{Failure, chain};
use crate::input::{Source, Unfit, Where, each_value, read};
use crate::store::Trouble;
use crate::{output, store};

/// Appends that are kept with one sync: enough for a full frame of small messages.
const GROUP: usize = 512;

pub(crate) fn run(global: &Global, import: &Import) -> Result<ExitCode, Failure> {
    let mut unreadable = Vec::new();
    let mut files = Vec::new();
    for path in &import.files {
        match Source::open(path) {
            Ok(source) => files.push(source),
            Err(why) => unreadable.push(why),
        }
    }
    if files.is_empty() {
        return Err(Failure::Senseless(unreadable));
    }
    let log = store::open_writer(global)?;
    let mut importer = Importer {
        log: &log,
        import,
        group: Vec::new(),
        known: Known::new(&log, &import.namespace.namespace),
        report: Report::new(global.json, output::answers()),
    };
    let mut ended = Ok(());
    for file in files {
        match importer.file(global, file) {
            Ok(Ok(())) => {}
            Ok(Err(why)) => unreadable.push(why),
            Err(failure) => {
                ended = Err(failure);
                break;
            }
        }
    }
    let kept = importer.keep();
    let refused = importer.report.finish();
    ended.and(kept)?;
    if !unreadable.is_empty() {
        return Err(Failure::Senseless(unreadable));
    }
    Ok(if import.strict && refused > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// An import under way.
struct Importer<'a, W: Write> {
    log: &'a Log,
    import: &'a Import,
    /// What was decided and is not kept yet, in order.
    group: Vec<Queued>,
    known: Known<'a>,
    report: Report<W>,
}

/// A value's outcome, and what is to be appended for it.
struct Queued {
    outcome: Outcome,
    append: Option<Append>,
}

impl<W: Write> Importer<'_, W> {
    /// Imports one file; the inner error says why it could not be read to its end.
    fn file(&mut self, global: &Global, source: Source) -> Result<Result<(), String>, Failure> {
        each_value(global, source, |place, json| match json {
            Ok(json) => self.value(place, json),
            Err(reason) => {
                self.queue(Outcome::refused(place, Unfit::not_json(reason)), None)?;
                Ok(false)
            }
        })
    }

    /// Decides what becomes of one value; returns whether it is JSON at all.
    fn value(&mut self, place: &Where, json: &[u8]) -> Result<bool, Failure> {
        let incoming = match read(json) {
            Ok(incoming) => incoming,
            Err(unfit) => {
                let is_json = unfit.is_json();
                self.queue(Outcome::refused(place, unfit), None)?;
                return Ok(is_json);
            }
        };
        let id = incoming.message.id();
        match self.known.look_up(id) {
            Ok((state, recorded)) => self.decide(place, &state, recorded.as_ref(), incoming)?,
            Err(Trouble::Message(why)) => {
                self.queue(Outcome::refused(place, Unfit::bad_history(id, why)), None)?;
            }
            Err(Trouble::Log(failure)) => return Err(failure),
        }
        Ok(true)
    }

    fn decide(
        &mut self,
        place: &Where,
        state: &State,
        recorded: Option<&Claims>,
        incoming: Incoming,
    ) -> Result<(), Failure> {
        let (id, source) = (incoming.message.id(), place.to_string());
        let Incoming { message, claims } = incoming;
        let import = ImportCommand { message, claims: claims.clone(), source };
        let command = Command::Import(Box::new(import));
        let events = match decide(state, &command) {
            Decision::Same => {
                let differ = recorded.map(|recorded| differences(recorded, &claims));
                let outcome = Outcome::present(place, id, differ.unwrap_or_default());
                return self.queue(outcome, None);
            }
            Decision::Refused(refused) => {
                let unfit = duplicate(id, &refused, state);
                return self.queue(Outcome::refused(place, unfit), None);
            }
            Decision::Step(events) => events,
        };
        let namespace = self.import.namespace.namespace.as_str();
        let command = command.kind().name();
        let append = Append::new(store::draw_id(), namespace, command, &*self.import.actor);
        let append =
            events.iter().map(|event| record::new_event(id, event)).fold(append, Append::event);
        match append.check() {
            Ok(()) => {}
            Err(refused @ LogRefused::TooLarge { .. }) => {
                return self.queue(Outcome::refused(place, Unfit::too_large(id, &refused)), None);
            }
            Err(refused) => return Err(Failure::no(refused)),
        }
        self.known.queued(id, &events, claims)?;
        self.queue(Outcome::imported(place, id), Some(append))
    }

    fn queue(&mut self, outcome: Outcome, append: Option<Append>) -> Result<(), Failure> {
        self.group.push(Queued { outcome, append });
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
        self.known.forget_queued();
        let mut kept = self.log.append_group(&appends).into_iter();
        let mut failed = Ok(());
        for (mut outcome, awaited) in outcomes {
            match if awaited { kept.next() } else { None } {
                Some(Ok(appended)) => outcome.kept_at(appended.sequences.start),
                Some(Err(error)) => {
                    failed = failed.and(Err(Failure::No(chain(&error))));
                    continue;
                }
                None => {}
            }
            self.report.say(&outcome);
        }
        failed
    }
}

fn duplicate(id: MessageId, refused: &Refused, state: &State) -> Unfit {
    let recorded = state.hash().map(|hash| Bytes32::from(hash).to_string()).unwrap_or_default();
    let name = refused.refusal.name();
    Unfit {
        id: Some(id),
        code: refused.refusal.code(),
        kind: name,
        reason: format!("{name}: expected hash {recorded} (as recorded), found {}", refused.detail),
    }
}
