//! Whether the hashes of what somebody shows are right, and if not, why: messages, data, groups, batches.
//! It looks at hashes and at what refers to them, never at what else a field may hold.
//!
//! [`items`] finds what there is in a JSON value, [`Item::examine`] works out each hash beside the
//! one that was found, and [`Crossings`] holds references against all that was shown in one run.

mod batch;
mod cause;
mod crossings;
mod data;
mod group;
mod item;
mod message;

use std::fmt;

use thiserror::Error;

use crate::decode::DecodeError;
use crate::hash::Bytes32;
use crate::json::{Kind, Node};

pub use cause::Cause;
pub use crossings::{Crossing, Crossings, Named};
pub use item::{Item, ItemKind, NoItem, items};

/// An item with every hash of it worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// What it is.
    pub kind: ItemKind,
    /// Its id, or the hash that names a group, as far as it is there.
    pub id: Option<String>,
    /// Its hashes, what is within it first.
    pub hashes: Vec<Hashed>,
    /// What is wrong between the parts of a batch.
    pub faults: Vec<Fault>,
    /// What is shown here by id: each with the hash it has and the one it says it has.
    shown: Vec<Named>,
    /// What it refers to and does not show itself.
    references: Vec<Named>,
}

/// One hash: what it is of, what it should be, and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hashed {
    /// Where it stands in the item: `header.datahash`, `payload.data[2].hash`.
    pub field: String,
    /// What is hashed.
    pub of: &'static str,
    /// The bytes that are hashed; `None` if the item does not hold them, as those of a blob.
    pub bytes: Option<Vec<u8>>,
    /// The right hash; `None` if there is nothing to hash.
    pub expected: Option<Bytes32>,
    /// The hash that was found, if there is one.
    pub found: Option<Found>,
    /// What the two say.
    pub outcome: Outcome,
}

/// A hash as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The hash, as upstream reads it.
    pub hash: Bytes32,
    /// How it is spelled, if that is not 64 lower-case hex digits: upstream reads other spellings,
    /// and fills up a short one with zeros.
    pub spelled: Option<Box<str>>,
}

/// What comparing a hash came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is the right one.
    Agrees,
    /// It is the hash of the payload, which v0.13 and earlier gave a batch and receivers accept.
    AgreesAsPayload,
    /// It is another one; with the cause, if one was proven.
    Differs(Option<Cause>),
    /// There is nothing to compare: no hash was given, or there is nothing to hash.
    Absent,
    /// It was worked out on the way to another one, and no field holds it.
    Between,
}

/// What the hashes of an item say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every hash that it should have is there and is right.
    Agrees,
    /// One is not, or its parts do not fit.
    Wrong,
    /// None is wrong, and one that it should have is not there.
    NothingToCompare,
}

/// What does not fit between the parts of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Fault {
    /// An entry of the batch is `null`, so that neither manifest nor hash speaks of it.
    #[error("{field} is null")]
    Null {
        /// Where the entry stands.
        field: String,
    },
    /// A message refers to an element that is in the batch with another hash.
    #[error("{field}: refers to data {id} with hash {hash}, in the batch it hashes to {there}")]
    OtherHash {
        /// Where the reference stands.
        field: String,
        /// The element.
        id: String,
        /// The hash in the reference.
        hash: Bytes32,
        /// The hash of the element.
        there: Bytes32,
    },
    /// A message refers to an element that is not in the batch.
    #[error("{field}: refers to data {id}, which is not in the batch")]
    NotThere {
        /// Where the reference stands.
        field: String,
        /// The element.
        id: String,
    },
    /// No message of the batch refers to an element of it.
    #[error("{field}: no message of the batch refers to data {id}")]
    Unused {
        /// Where the element stands.
        field: String,
        /// The element.
        id: String,
    },
}

impl Item<'_> {
    /// Works out every hash of the item.
    ///
    /// # Errors
    /// If a field cannot hold what is given for it.
    pub fn examine(&self) -> Result<Examined, DecodeError> {
        let (kind, node) = (self.kind, self.node);
        if node.kind() != Kind::Object {
            let (field, found) = (kind.as_str(), node.kind().as_str());
            return Err(DecodeError::Type {
                offset: node.offset(),
                field,
                found,
                needed: Kind::Object.as_str(),
            });
        }
        let mut examined = Examined::new(kind);
        match kind {
            ItemKind::Message => message::item(node, &mut examined)?,
            ItemKind::Data => data::item(node, &mut examined)?,
            ItemKind::Group => group::item(node, &mut examined)?,
            ItemKind::Batch => batch::item(node, &mut examined)?,
        }
        Ok(examined)
    }
}

impl Examined {
    fn new(kind: ItemKind) -> Self {
        let (hashes, faults, shown, references) = Default::default();
        Self { kind, id: None, hashes, faults, shown, references }
    }

    /// What the hashes say together.
    pub fn verdict(&self) -> Verdict {
        let any = |test: fn(&Outcome) -> bool| self.hashes.iter().any(|one| test(&one.outcome));
        if !self.faults.is_empty() || any(|outcome| matches!(outcome, Outcome::Differs(_))) {
            Verdict::Wrong
        } else if any(|outcome| matches!(outcome, Outcome::Absent)) {
            Verdict::NothingToCompare
        } else {
            Verdict::Agrees
        }
    }
}

impl Hashed {
    /// The hash of these bytes beside the one that was found; `cause` explains another one.
    fn compared(
        field: String,
        of: &'static str,
        bytes: Vec<u8>,
        found: Option<Found>,
        cause: impl FnOnce(Bytes32) -> Option<Cause>,
    ) -> Self {
        let expected = Bytes32::sha256(&bytes);
        let outcome = outcome(expected, found.as_ref(), cause);
        Self { field, of, bytes: Some(bytes), expected: Some(expected), found, outcome }
    }

    /// A hash of these bytes that no field holds.
    fn between(field: String, of: &'static str, bytes: Vec<u8>) -> Self {
        let expected = Some(Bytes32::sha256(&bytes));
        Self { field, of, bytes: Some(bytes), expected, found: None, outcome: Outcome::Between }
    }

    /// A hash that there is nothing to compare with.
    fn absent(field: String, of: &'static str, found: Option<Found>) -> Self {
        Self { field, of, bytes: None, expected: None, found, outcome: Outcome::Absent }
    }
}

fn outcome(
    expected: Bytes32,
    found: Option<&Found>,
    cause: impl FnOnce(Bytes32) -> Option<Cause>,
) -> Outcome {
    match found.map(|found| found.hash) {
        None => Outcome::Absent,
        Some(found) if found == expected => Outcome::Agrees,
        Some(found) => Outcome::Differs(cause(found)),
    }
}

impl Found {
    /// The hash that was read from the member `name` of an object.
    fn read(
        object: Option<Node<'_>>,
        name: &'static str,
        hash: Option<impl Into<Bytes32>>,
    ) -> Option<Self> {
        let hash = hash?.into();
        let text = object.and_then(|object| item::member(object, name)).map(|node| node.text());
        let spelled =
            text.filter(|text| *text != hash.to_string()).map(|text| text.as_ref().into());
        Some(Self { hash, spelled })
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.spelled {
            Some(spelled) => write!(f, "{spelled}"),
            None => write!(f, "{}", self.hash),
        }
    }
}
