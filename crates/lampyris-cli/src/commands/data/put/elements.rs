//! Elements as FireFly wrote them, each checked by its hash and added; many of them become durable together.
//!
//! One that is no good is answered with the reason and stops nothing.

use std::io::Write;
use std::process::ExitCode;

use lampyris::{DataAccepted, Error, Lampyris};
use lampyris_message::check::{ItemKind, items};
use lampyris_message::json::{Document, Node};
use lampyris_message::{Data, InvalidData};
use tokio::runtime::{Builder, Runtime};

use super::report::{Fate, Report};
use crate::args::{DataPut, Global};
use crate::failure::Failure;
use crate::input::{Source, Where, each_value};
use crate::output;

/// Elements that are added together.
const GROUP: usize = 256;

/// Bytes of values that are added together.
const GROUP_BYTES: usize = 8 << 20;

pub(super) fn run(global: &Global, put: &DataPut) -> Result<ExitCode, Failure> {
    let (mut files, mut unreadable) = (Vec::new(), Vec::new());
    for path in &put.files {
        match Source::open(path) {
            Ok(source) => files.push(source),
            Err(why) => unreadable.push(why),
        }
    }
    if files.is_empty() {
        return Err(Failure::Senseless(unreadable));
    }
    let runtime = Builder::new_current_thread().build();
    let mut adder = Adder {
        engine: super::open(global, put)?,
        runtime: runtime.map_err(|error| Failure::no(format!("no runtime: {error}")))?,
        group: Vec::new(),
        bytes: 0,
        report: Report::new(global.json, output::answers()),
    };
    let mut ended = Ok(());
    for file in files {
        match each_value(global, file, |place, json| adder.value(place, json)) {
            Ok(read) => unreadable.extend(read.err()),
            Err(failure) => {
                ended = Err(failure);
                break;
            }
        }
    }
    // Whatever ended it early, what was read before is kept and said.
    let kept = adder.keep();
    adder.report.finish();
    let closed = adder.runtime.block_on(adder.engine.close());
    ended.and(kept)?;
    closed?;
    if !unreadable.is_empty() {
        return Err(Failure::Senseless(unreadable));
    }
    let is_no = put.strict && adder.report.refused() > 0;
    Ok(ExitCode::from(u8::from(is_no)))
}

/// Elements on their way into the log.
struct Adder<W: Write> {
    engine: Lampyris,
    runtime: Runtime,
    /// What was read and is not answered yet, in order.
    group: Vec<(Where, Result<Data, Fate>)>,
    bytes: usize,
    report: Report<W>,
}

impl<W: Write> Adder<W> {
    /// Takes the elements of one value; returns whether it is JSON at all.
    fn value(&mut self, place: &Where, json: Result<&[u8], &'static str>) -> Result<bool, Failure> {
        let document = match json.map(Document::first) {
            Ok(Ok(document)) => document,
            Ok(Err(error)) => return self.no_json(place, error.to_string()),
            Err(reason) => return self.no_json(place, reason.to_owned()),
        };
        let found = match items(document.root()) {
            Ok(found) => found,
            Err(error) => {
                self.queue(place, Err(Fate::refused(None, None, error.to_string())))?;
                return Ok(true);
            }
        };
        let is_data = |kind| kind == ItemKind::Data;
        if let Some(other) = found.iter().map(|item| item.kind).find(|kind| !is_data(*kind))
            && !found.iter().any(|item| is_data(item.kind))
        {
            let reason = format!("this is a {other}, and no data element");
            self.queue(place, Err(Fate::refused(None, None, reason)))?;
        }
        for item in found.iter().filter(|item| is_data(item.kind)) {
            self.queue(place, read(item.node))?;
        }
        Ok(true)
    }

    fn no_json(&mut self, place: &Where, reason: String) -> Result<bool, Failure> {
        self.queue(place, Err(Fate::refused(None, None, reason)))?;
        Ok(false)
    }

    fn queue(&mut self, place: &Where, read: Result<Data, Fate>) -> Result<(), Failure> {
        self.bytes += read.as_ref().map_or(0, Data::value_size);
        self.group.push((place.clone(), read));
        if self.group.len() < GROUP && self.bytes < GROUP_BYTES { Ok(()) } else { self.keep() }
    }

    /// Adds the group, in order, and says what became of each element once it is durable.
    fn keep(&mut self) -> Result<(), Failure> {
        self.bytes = 0;
        let group: Vec<_> = self.group.drain(..).collect();
        let (engine, report) = (&self.engine, &mut self.report);
        self.runtime.block_on(async {
            let mut under_way = Vec::with_capacity(group.len());
            for (place, read) in group {
                let id = read.as_ref().ok().and_then(|data| data.id);
                let task = read.map(|data| {
                    let engine = engine.clone();
                    tokio::spawn(async move { engine.add_data(data).await })
                });
                under_way.push((place, id, task));
            }
            let mut failed = Ok(());
            for (place, id, task) in under_way {
                let added: Result<DataAccepted, Error> = match task {
                    Err(fate) => {
                        report.say(Some(&place), &fate);
                        continue;
                    }
                    Ok(task) => match task.await {
                        Ok(added) => added,
                        Err(error) => return Err(Failure::no(error)),
                    },
                };
                match added {
                    Ok(added) => report.say(Some(&place), &Fate::Added(added)),
                    Err(error) if error.is_of_the_request() => {
                        let fate = Fate::refused(id, error.code(), error.to_string());
                        report.say(Some(&place), &fate);
                    }
                    Err(error) => failed = failed.and(Err(error.into())),
                }
            }
            failed
        })
    }
}

/// An element whose hash is right.
fn read(node: Node<'_>) -> Result<Data, Fate> {
    let data = Data::from_node(node)
        .map_err(|error| Fate::refused(None, error.code(), error.to_string()))?;
    let refused =
        |error: InvalidData| Fate::refused(data.id, Some(error.code()), error.to_string());
    if data.id.is_none() {
        return Err(refused(InvalidData::Missing { field: "data.id" }));
    }
    match data.check_hash() {
        Ok(_) => Ok(data),
        Err(error) => Err(refused(error)),
    }
}
