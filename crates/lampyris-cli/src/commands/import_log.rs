//! `import --log`: takes in a whole log that `export` wrote, where there is none yet.
//!
//! Each item is checked as it comes; nothing can be opened before all of it is here.

use std::io::{self, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;

use lampyris_log::checkpoints::Kind;
use lampyris_log::{Hash, Head, Options, Receiver};
use serde_json::json;

use crate::args::Global;
use crate::exchange::{Header, Item, Items};
use crate::failure::{Failure, chain};
use crate::input::Source;
use crate::output;

pub(crate) fn run(global: &Global, path: &Path) -> Result<ExitCode, Failure> {
    let source = Source::open(path).map_err(|why| Failure::Senseless(vec![why]))?;
    let bar = output::progress(global, source.size, "bytes");
    let name = source.name;
    let mut items = Items::new(BufReader::with_capacity(1 << 18, source.bytes));
    let mut file = Reading { name: &name, items: &mut items, record: 0 };
    let Some(Item::Header(header)) = file.next()? else {
        return Err(file.wrong("does not begin as an export of a log"));
    };
    if let Some(namespace) = &header.namespace {
        let why = format!("has the records of namespace '{namespace}' alone, and is no whole log");
        return Err(file.wrong(&why));
    }
    let options = Options::exclusive();
    let failed = |why: &dyn std::error::Error| Failure::no(format!("{name}: {}", chain(why)));
    let mut receiver = Receiver::begin(&global.data, &options, header.log_id)
        .map_err(|error| Failure::no(chain(&error)))?;
    let mut checkpoints: Vec<(Kind, String)> = Vec::new();
    let end = loop {
        match file.next()? {
            Some(Item::Record { sequence, leaf, bytes }) if checkpoints.is_empty() => {
                if sequence != receiver.next() {
                    let why = format!("has record {sequence} where {} should be", receiver.next());
                    return Err(file.wrong(&why));
                }
                if leaf != Hash::leaf(&bytes) {
                    return Err(
                        file.wrong(&format!("record {sequence} is not what its leaf hash says"))
                    );
                }
                receiver.record(&bytes).map_err(|error| failed(&error))?;
                file.record = receiver.next();
                bar.set_position(file.items.read);
            }
            Some(Item::Checkpoint(kind, text)) => checkpoints.push((kind, text)),
            Some(Item::End { head, records }) => break (head, records),
            Some(Item::Header(_) | Item::Record { .. }) => {
                return Err(file.wrong("has an item where it does not belong"));
            }
            None => {
                let why = format!("ends after record {}, before its end", receiver.next());
                return Err(file.wrong(&why));
            }
        }
    };
    if file.next()?.is_some() {
        return Err(file.wrong("goes on behind its end"));
    }
    let Header { head, .. } = header;
    if end != (head, head.size) {
        return Err(file.wrong("ends with another head than it begins with"));
    }
    receiver.finish(head, &checkpoints, &options).map_err(|error| failed(&error))?;
    bar.finish_and_clear();
    told(global, head)
}

fn told(global: &Global, head: Head) -> Result<ExitCode, Failure> {
    let Head { size, root } = head;
    let mut out = output::answers();
    if global.json {
        output::json_line(&mut out, &json!({ "records": size, "root": root.to_string() }))?;
    } else {
        writeln!(out, "imported {size} records, root {root}")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The file, with what is said of it.
struct Reading<'a, R> {
    name: &'a str,
    items: &'a mut Items<R>,
    /// The next record.
    record: u64,
}

impl<R: io::BufRead> Reading<'_, R> {
    fn next(&mut self) -> Result<Option<Item>, Failure> {
        let (at, record) = (self.items.read, self.record);
        match self.items.next() {
            Ok(None) => Ok(None),
            Ok(Some(Ok(item))) => Ok(Some(item)),
            Ok(Some(Err(why))) => {
                Err(self.wrong(&format!("cannot be read at record {record}, byte {at}: {why}")))
            }
            Err(error) => Err(self.wrong(&format!("cannot be read: {error}"))),
        }
    }

    fn wrong(&self, why: &str) -> Failure {
        Failure::no(format!("{} {why}", self.name))
    }
}
