//! How the value of a JSON member gets into a field that may hold something already.
//! A wrong type is remembered and reading goes on; a refused string ends it: that is Go's order.

use std::borrow::Cow;

use super::JsonValue;
use super::document::Document;
use super::read::{Kind, Node};
use crate::decode::DecodeError;
use crate::hash::{BatchHash, BlobHash, Bytes32, DataHash, DataListHash, GroupHash, MessageHash};
use crate::id::{BatchId, DataId, IdentityId, MessageId, NodeId, TransactionId, parse_uuid};
use crate::kind::fold;
use crate::open::{Open, Vocabulary};
use crate::scalar::{HexProblem, ScalarError, UuidProblem};
use crate::time::Timestamp;

/// What is wrong with a document although it is well-formed; only the first matters.
#[derive(Debug, Default)]
pub struct Problems(Option<DecodeError>);

impl Problems {
    /// Remembers that `node` is not of the type that `field` needs.
    pub fn wrong_type(&mut self, node: Node<'_>, field: &'static str, needed: &'static str) {
        self.0.get_or_insert_with(|| DecodeError::Type {
            offset: node.offset(),
            field,
            found: node.kind().as_str(),
            needed,
        });
    }

    /// What was read, if nothing was wrong.
    ///
    /// # Errors
    /// The first wrong type, if there was one.
    pub fn finish<T>(self, read: T) -> Result<T, DecodeError> {
        self.0.map_or(Ok(read), Err)
    }
}

/// A field that a member of an object is read into.
pub trait Field {
    /// Reads `node` into the field called `name`, over what it holds.
    ///
    /// # Errors
    /// If the field refuses a string.
    fn read(
        &mut self,
        node: Node<'_>,
        name: &'static str,
        problems: &mut Problems,
    ) -> Result<(), DecodeError>;
}

/// Something that is written as a string, and absent when it is `null`.
pub trait Scalar: Copy {
    /// The value that `text` spells, where `before` stood.
    ///
    /// # Errors
    /// If it spells none.
    fn from_text(text: &str, before: Option<Self>) -> Result<Self, ScalarProblem>;
}

/// Why a [`Scalar`] refused a string.
#[derive(Debug)]
pub enum ScalarProblem {
    /// It is no UUID.
    Uuid(UuidProblem),
    /// It is no hash.
    Hash(HexProblem),
    /// It was refused with one of upstream's codes.
    Coded(ScalarError),
}

impl<T: Scalar> Field for Option<T> {
    fn read(
        &mut self,
        node: Node<'_>,
        name: &'static str,
        problems: &mut Problems,
    ) -> Result<(), DecodeError> {
        let Some(text) = text(node, name, problems) else {
            *self = None;
            return Ok(());
        };
        let offset = node.offset();
        let value = T::from_text(&text, *self).map_err(|problem| match problem {
            ScalarProblem::Uuid(problem) => DecodeError::Uuid { offset, field: name, problem },
            ScalarProblem::Hash(problem) => DecodeError::Hash { offset, field: name, problem },
            ScalarProblem::Coded(error) => DecodeError::Scalar(error),
        })?;
        *self = Some(value);
        Ok(())
    }
}

impl Field for String {
    fn read(
        &mut self,
        node: Node<'_>,
        name: &'static str,
        problems: &mut Problems,
    ) -> Result<(), DecodeError> {
        if let Some(text) = text(node, name, problems) {
            *self = text.into_owned();
        }
        Ok(())
    }
}

impl Field for i64 {
    fn read(
        &mut self,
        node: Node<'_>,
        name: &'static str,
        problems: &mut Problems,
    ) -> Result<(), DecodeError> {
        let number = std::str::from_utf8(node.bytes()).ok().and_then(|text| text.parse().ok());
        match (node.kind(), number) {
            (Kind::Number, Some(number)) => *self = number,
            (Kind::Null, _) => {}
            (Kind::Number | Kind::Bool | Kind::String | Kind::Array | Kind::Object, _) => {
                problems.wrong_type(node, name, "integer");
            }
        }
        Ok(())
    }
}

impl<T: Vocabulary> Field for Open<T> {
    fn read(
        &mut self,
        node: Node<'_>,
        name: &'static str,
        problems: &mut Problems,
    ) -> Result<(), DecodeError> {
        if let Some(text) = text(node, name, problems) {
            *self = Open::from_text(&text);
        }
        Ok(())
    }
}

impl<T: Vocabulary> Field for Option<Open<T>> {
    fn read(
        &mut self,
        node: Node<'_>,
        name: &'static str,
        problems: &mut Problems,
    ) -> Result<(), DecodeError> {
        if let Some(text) = text(node, name, problems) {
            *self = Some(Open::from_text(&text)).filter(|value| !value.is_empty());
        }
        Ok(())
    }
}

impl Field for Option<JsonValue> {
    fn read(
        &mut self,
        node: Node<'_>,
        _name: &'static str,
        _problems: &mut Problems,
    ) -> Result<(), DecodeError> {
        *self = (node.kind() != Kind::Null).then(|| JsonValue::from_node(node));
        Ok(())
    }
}

/// The text of a string; `null` and what is no string have none.
fn text<'a>(node: Node<'a>, name: &'static str, problems: &mut Problems) -> Option<Cow<'a, str>> {
    match node.kind() {
        Kind::String => Some(node.text()),
        Kind::Null => None,
        Kind::Bool | Kind::Number | Kind::Array | Kind::Object => {
            problems.wrong_type(node, name, "string");
            None
        }
    }
}

/// Reads the members of an object, each by `read` under the one of `names` it matches.
///
/// A key matches a name that is the same, or else one that is the same but for case.
pub(crate) fn members<'a>(
    node: Node<'a>,
    name: &'static str,
    names: &[&'static str],
    problems: &mut Problems,
    mut read: impl FnMut(&'static str, Node<'a>, &mut Problems) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    match node.kind() {
        Kind::Object => {}
        Kind::Null => return Ok(()),
        Kind::Bool | Kind::Number | Kind::String | Kind::Array => {
            problems.wrong_type(node, name, "object");
            return Ok(());
        }
    }
    for (key, value) in node.members() {
        let exact = names.iter().find(|name| **name == key);
        let same = |name: &&&str| name.chars().map(fold).eq(key.chars().map(fold));
        if let Some(name) = exact.or_else(|| names.iter().find(same)) {
            read(name, value, problems)?;
        }
    }
    Ok(())
}

/// Reads a value over what there is of it; `null` takes it away.
pub(crate) fn optional<T: Default>(
    field: &mut Option<T>,
    node: Node<'_>,
    problems: &mut Problems,
    read: fn(&mut T, Node<'_>, &mut Problems) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    if node.kind() == Kind::Null {
        *field = None;
        return Ok(());
    }
    read(field.get_or_insert_default(), node, problems)
}

/// A list that is read over what it held before, as Go does: entries that are still there are
/// read into, those cut off earlier come back, and `null` leaves an entry as it was.
#[derive(Debug)]
pub(crate) struct List<T> {
    /// The list; `None` if it is `null`.
    pub(crate) entries: Option<Vec<T>>,
    /// Entries that a shorter list cut off.
    behind: Vec<T>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { entries: None, behind: Vec::new() }
    }
}

impl<T: Default> List<T> {
    /// Reads an array into the list, each entry by `read`.
    pub(crate) fn read(
        &mut self,
        node: Node<'_>,
        name: &'static str,
        problems: &mut Problems,
        mut read: impl FnMut(&mut T, Node<'_>, &mut Problems) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        match node.kind() {
            Kind::Array => {}
            Kind::Null => {
                *self = Self::default();
                return Ok(());
            }
            Kind::Bool | Kind::Number | Kind::String | Kind::Object => {
                problems.wrong_type(node, name, "array");
                return Ok(());
            }
        }
        let mut all = self.entries.take().unwrap_or_default();
        all.append(&mut self.behind);
        let mut old = all.into_iter();
        let mut entries = Vec::new();
        for element in node.elements() {
            let mut entry = old.next().unwrap_or_default();
            read(&mut entry, element, problems)?;
            entries.push(entry);
        }
        // An empty array starts afresh; after another one the rest is only out of sight.
        if !entries.is_empty() {
            self.behind = old.collect();
        }
        self.entries = Some(entries);
        Ok(())
    }
}

/// Reads the member `name` of a JSON object into a field of its own.
///
/// # Errors
/// If the document is malformed or no object, or the field refuses the value.
pub fn read_member<F: Field + Default>(json: &[u8], name: &'static str) -> Result<F, DecodeError> {
    let (mut field, mut problems) = (F::default(), Problems::default());
    members(
        Document::first(json)?.root(),
        "the document",
        &[name],
        &mut problems,
        |name, node, problems| field.read(node, name, problems),
    )?;
    problems.finish(field)
}

/// Declares how an id is read: an empty string leaves what was there, or gives the nil UUID.
macro_rules! read_id {
    ($($id:ident),+) => {$(
        impl Scalar for $id {
            fn from_text(text: &str, before: Option<Self>) -> Result<Self, ScalarProblem> {
                if text.is_empty() {
                    return Ok(before.unwrap_or(Self::from_bytes([0; 16])));
                }
                parse_uuid(text.as_bytes()).map(Self::from_bytes).map_err(ScalarProblem::Uuid)
            }
        }
    )+};
}
read_id!(MessageId, BatchId, TransactionId, DataId, NodeId, IdentityId);

/// Declares how a hash is read: over the bytes that were there, or over zeros.
macro_rules! read_hash {
    ($($hash:ident),+) => {$(
        impl Scalar for $hash {
            fn from_text(text: &str, before: Option<Self>) -> Result<Self, ScalarProblem> {
                let mut bytes: Bytes32 = before.map(Into::into).unwrap_or_default();
                bytes.overwrite_from_hex(text.as_bytes()).map_err(ScalarProblem::Hash)?;
                Ok(bytes.into())
            }
        }
    )+};
}
read_hash!(Bytes32, BatchHash, BlobHash, MessageHash, DataHash, DataListHash, GroupHash);

impl Scalar for Timestamp {
    fn from_text(text: &str, _before: Option<Self>) -> Result<Self, ScalarProblem> {
        Self::parse(text).map_err(ScalarProblem::Coded)
    }
}
