//! The messages, data elements, groups and batches of files, each with its hashes worked out.
//!
//! What is none of these, or cannot be read, is handed out with the reason and stops nothing.

use std::path::PathBuf;

use lampyris_message::DecodeError;
use lampyris_message::check::{Examined, Item, ItemKind, items};
use lampyris_message::json::Document;

use super::{Source, Where, each_value};
use crate::args::Global;
use crate::failure::Failure;

/// An item of the input, or a value that shows none.
#[derive(Debug)]
pub(crate) struct Shown {
    /// Where the value stands.
    pub(crate) place: Where,
    /// Where the item stands in the value, if it is not the value itself.
    pub(crate) at: String,
    /// Whether more may come late, so that nobody should wait for the answer.
    pub(crate) live: bool,
    /// Its hashes, or why there are none.
    pub(crate) read: Result<Examined, Unreadable>,
}

/// Why something cannot be read.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// What it would be, if that much is known.
    pub(crate) kind: Option<ItemKind>,
    /// The reason.
    pub(crate) reason: String,
}

impl Shown {
    /// The place for people: file, number, line, and the place within the value.
    pub(crate) fn told(&self) -> String {
        // Under `message` alone there is one thing only, and its kind is told anyway.
        let in_list = self.at.contains('[');
        let at = if in_list { format!(", {}", self.at) } else { String::new() };
        format!("{}, line {}{at}", self.place, self.place.line)
    }
}

/// Hands out every item of some files; returns what could not be read of them, a line for each file.
pub(crate) fn each_item(
    global: &Global,
    files: &[PathBuf],
    mut visit: impl FnMut(Shown) -> Result<(), Failure>,
) -> Result<Vec<String>, Failure> {
    let (mut unreadable, mut count) = (Vec::new(), 0_u64);
    for path in files {
        let source = match Source::open(path) {
            Ok(source) => source,
            Err(why) => {
                unreadable.push(why);
                continue;
            }
        };
        let live = source.size.is_none();
        let mut bad = None;
        let ended = each_value(global, source, |place, json| {
            for (at, read) in read(json) {
                let shown = Shown { place: place.clone(), at, live, read };
                if let Err(why) = &shown.read {
                    bad.get_or_insert_with(|| format!("{}: {}", shown.told(), why.reason));
                }
                count += 1;
                visit(shown)?;
            }
            Ok(true)
        })?;
        unreadable.extend(bad);
        unreadable.extend(ended.err());
    }
    if count == 0 && unreadable.is_empty() {
        unreadable.push("the input is empty: there is nothing in it to look at".to_owned());
    }
    Ok(unreadable)
}

/// The items of one value, by their places in it.
fn read(json: Result<&[u8], &'static str>) -> Vec<(String, Result<Examined, Unreadable>)> {
    let nothing = |reason| vec![(String::new(), Err(Unreadable { kind: None, reason }))];
    let document = match json.map(Document::first) {
        Ok(Ok(document)) => document,
        Ok(Err(error)) => return nothing(error.to_string()),
        Err(reason) => return nothing(reason.to_owned()),
    };
    match items(document.root()) {
        Ok(items) => items.into_iter().map(examined).collect(),
        Err(error) => nothing(error.to_string()),
    }
}

fn examined(item: Item<'_>) -> (String, Result<Examined, Unreadable>) {
    let unreadable =
        |error: DecodeError| Unreadable { kind: Some(item.kind), reason: error.to_string() };
    let read = item.examine().map_err(unreadable);
    (item.place, read)
}
