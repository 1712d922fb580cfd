//! How two views of one log differ, row by row.
//!
//! Views of the same records are the same; where they are not, one of them is wrong.

use std::collections::BTreeSet;

use lampyris_message::MessageId;

use super::Views;
use crate::View;
use crate::query::Query;

/// Something that two views show otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// One reflects more records than the other.
    Position {
        /// How many these reflect.
        ours: u64,
        /// How many the others reflect.
        theirs: u64,
    },
    /// A message.
    Message {
        /// Its namespace.
        namespace: String,
        /// The message.
        id: MessageId,
        /// What these show of it.
        ours: Option<Box<View>>,
        /// What the others show of it.
        theirs: Option<Box<View>>,
    },
    /// Something beside messages.
    Other {
        /// The namespace.
        namespace: String,
        /// What: its keys and gap-fills, its events, its data elements.
        what: &'static str,
    },
}

impl Views {
    /// How these differ from others of the same log.
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        let mut found = Vec::new();
        if self.size != other.size {
            found.push(Difference::Position { ours: self.size, theirs: other.size });
        }
        let names: BTreeSet<&str> = self.all_names().chain(other.all_names()).collect();
        for name in names {
            self.compare(other, name, &mut found);
        }
        found
    }

    fn all_names(&self) -> impl Iterator<Item = &str> {
        self.namespaces().chain(self.element_names.keys().map(|name| &**name))
    }

    fn compare(&self, other: &Self, name: &str, found: &mut Vec<Difference>) {
        let before = found.len();
        for row in self.list(name, None, None) {
            let theirs = other.row(name, row.id());
            if theirs.as_ref() != Some(&row)
                || theirs.is_some_and(|theirs| theirs.since() != row.since())
            {
                let (ours, theirs) =
                    (Some(Box::new(row.view())), theirs.map(|row| Box::new(row.view())));
                found.push(Difference::Message {
                    namespace: name.to_owned(),
                    id: row.id(),
                    ours,
                    theirs,
                });
            }
        }
        for row in other.list(name, None, None).filter(|row| self.row(name, row.id()).is_none()) {
            let theirs = Some(Box::new(row.view()));
            found.push(Difference::Message {
                namespace: name.to_owned(),
                id: row.id(),
                ours: None,
                theirs,
            });
        }
        if found.len() > before {
            return;
        }
        let all = Query::default();
        let finds_the_same = match (self.namespace(name), other.namespace(name)) {
            (Some(ours), Some(theirs)) => ours.finds_the_same(theirs),
            (ours, theirs) => ours.is_none() && theirs.is_none(),
        };
        let same = [
            (finds_the_same, "keys and gap-fills"),
            (self.select_events(name, &all) == other.select_events(name, &all), "events"),
            (self.select_data(name, &all) == other.select_data(name, &all), "data elements"),
        ];
        for (_, what) in same.into_iter().filter(|(same, _)| !same) {
            found.push(Difference::Other { namespace: name.to_owned(), what });
        }
    }
}

/// Two views are equal if they show the same, however they came about.
impl PartialEq for Views {
    fn eq(&self, other: &Self) -> bool {
        self.namespaces().eq(other.namespaces()) && self.differences(other).is_empty()
    }
}

impl Eq for Views {}
