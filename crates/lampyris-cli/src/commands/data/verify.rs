//! `data verify`: reads every object that elements refer to, and says what is not as it was put.
//!
//! One pass over the log; each object is read once, whoever refers to it.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, BufWriter, StdoutLock, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;

use indicatif::ProgressBar;
use lampyris_log::{DataError, DataStore, Hash, Log, Object};
use lampyris_message::event::Held;
use lampyris_projection::Element;
use serde_json::json;

use super::told;
use crate::args::Global;
use crate::failure::{Failure, chain};
use crate::{output, store};

pub(super) fn run(global: &Global) -> Result<ExitCode, Failure> {
    judge(global, &store::open_reader(global, |_| {})?)
}

/// Judges the values of a log, or of a backup.
pub(in crate::commands) fn judge(global: &Global, log: &Log) -> Result<ExitCode, Failure> {
    let store = log.data();
    let mut total = 0;
    store.for_each(|object| total += object.size)?;
    let mut verifier = Verifier {
        store,
        json: global.json,
        out: output::answers(),
        bar: output::progress(global, Some(total), "bytes"),
        read: HashMap::new(),
        erased: BTreeSet::new(),
        elements: 0,
        erased_elements: 0,
        bytes: 0,
        faults: 0,
    };
    let mut failure = None;
    let walked = Element::for_each(log, None, |element| match verifier.element(&element) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failure = Some(error);
            ControlFlow::Break(())
        }
    });
    verifier.bar.finish_and_clear();
    walked?;
    match failure.map_or_else(|| verifier.finish(), Err) {
        Ok(true) => Ok(ExitCode::SUCCESS),
        // Not everything was said if nobody reads on, so the answer is not that all is whole.
        Ok(false) | Err(Failure::ReaderGone) => Ok(ExitCode::from(1)),
        Err(failure) => Err(failure),
    }
}

struct Verifier<'a> {
    store: &'a DataStore,
    json: bool,
    out: BufWriter<StdoutLock<'static>>,
    bar: ProgressBar,
    /// Each object that was looked at, and what is wrong with it.
    read: HashMap<[u8; 32], Option<Wrong>>,
    /// Objects of elements that were erased.
    erased: BTreeSet<[u8; 32]>,
    elements: u64,
    /// How many of them were erased.
    erased_elements: u64,
    /// Bytes of the objects that are whole.
    bytes: u64,
    faults: u64,
}

/// What is wrong with an object.
#[derive(Clone)]
enum Wrong {
    Missing,
    Damaged(String),
}

impl Verifier<'_> {
    fn element(&mut self, element: &Element) -> Result<(), Failure> {
        self.elements += 1;
        let added = element.added();
        if element.erasure().is_some() {
            self.erased_elements += 1;
            self.erased.extend(added.objects().map(|held| held.hash.0));
            return Ok(());
        }
        let (value, blob) = (added.content.value(), added.content.blob());
        for (name, held) in [("value", value), ("blob", blob), ("details", added.details)] {
            let Some(held) = held else { continue };
            if let Some(wrong) = self.object(held)? {
                self.faults += 1;
                self.say(element, name, held, &wrong)?;
            }
        }
        Ok(())
    }

    /// What is wrong with an object; it is read if it was not before.
    fn object(&mut self, held: Held) -> Result<Option<Wrong>, Failure> {
        if let Some(known) = self.read.get(&held.hash.0) {
            return Ok(known.clone());
        }
        let wrong = match self.store.reader(&Hash(held.hash.0)) {
            Ok(None) => Some(Wrong::Missing),
            Ok(Some(reader)) => {
                let size = reader.size();
                let read = io::copy(&mut self.bar.wrap_read(reader), &mut io::sink());
                match read {
                    Ok(_) => {
                        self.bytes += size;
                        None
                    }
                    Err(error) => Some(Wrong::Damaged(error.to_string())),
                }
            }
            Err(error @ DataError::Damaged { .. }) => Some(Wrong::Damaged(chain(&error))),
            Err(error) => return Err(error.into()),
        };
        self.read.insert(held.hash.0, wrong.clone());
        Ok(wrong)
    }

    fn say(
        &mut self,
        element: &Element,
        part: &'static str,
        held: Held,
        wrong: &Wrong,
    ) -> io::Result<()> {
        let (word, why) = match wrong {
            Wrong::Missing => ("missing", None),
            Wrong::Damaged(why) => ("damaged", Some(why)),
        };
        let (id, namespace) = (element.id().to_string(), element.namespace());
        let out = &mut self.out;
        if self.json {
            let mut answer = told(part, held);
            if let Some(members) = answer.as_object_mut() {
                members.insert("id".to_owned(), json!(id));
                members.insert("namespace".to_owned(), json!(namespace));
                members.insert("fault".to_owned(), json!(word));
                if let Some(why) = why {
                    members.insert("why".to_owned(), json!(why));
                }
            }
            return output::json_line(out, &answer);
        }
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        let (hash, namespace) = (held.hash, output::plain(namespace));
        writeln!(out, "{word} {part} of {id} in namespace '{namespace}', {hash}{why}")
    }

    /// Says the verdict; returns whether all is as it was put.
    fn finish(mut self) -> Result<bool, Failure> {
        let (mut orphans, mut orphaned, mut remain) = (0_u64, 0, Vec::new());
        let (read, erased) = (&self.read, &self.erased);
        self.store.for_each(|object| {
            if erased.contains(&object.hash.0) && !read.contains_key(&object.hash.0) {
                remain.push(object);
            } else if !read.contains_key(&object.hash.0) {
                orphans += 1;
                orphaned += object.size;
            }
        })?;
        for Object { hash, size, .. } in &remain {
            self.faults += 1;
            if self.json {
                let answer =
                    json!({ "fault": "not erased", "hash": hash.to_string(), "size": size });
                output::json_line(&mut self.out, &answer)?;
            } else {
                writeln!(
                    self.out,
                    "not erased: object {hash}, {size} bytes, can still be opened; `data gc` removes it"
                )?;
            }
        }
        let unreadable = self.store.unreadable_keys()?;
        let objects = self.read.values().filter(|wrong| wrong.is_none()).count();
        let is_good = self.faults == 0 && unreadable == 0;
        let Self { json, out, elements, erased_elements, bytes, faults, .. } = &mut self;
        if *json {
            let verdict = json!({
                "verdict": if is_good { "VERIFIED" } else { "FAULT" },
                "elements": elements,
                "erased": erased_elements,
                "objects": objects,
                "bytes": bytes,
                "faults": faults,
                "unreadableKeys": unreadable,
                "orphans": { "objects": orphans, "bytes": orphaned },
            });
            output::json_line(out, &verdict)?;
        } else {
            if orphans > 0 {
                writeln!(out, "{orphans} objects, {orphaned} bytes, that no element refers to")?;
            }
            if is_good {
                writeln!(out, "VERIFIED {elements} elements, {objects} objects, {bytes} bytes")?;
            } else {
                writeln!(
                    out,
                    "FAULT {faults} parts missing, damaged or not erased, {unreadable} keys unreadable"
                )?;
            }
        }
        out.flush()?;
        Ok(is_good)
    }
}
