//! A JSON document as spans of its own bytes: nothing is copied until a text is asked for.
//! It never recurses, and never sees bytes that were not found well-formed first.

use std::borrow::Cow;

use super::{scan, text};
use crate::decode::DecodeError;

/// One well-formed JSON value within a document.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    // Invariant: one well-formed value without white space around it.
    bytes: &'a [u8],
    /// Where it begins in the document.
    offset: usize,
}

/// The type of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl Kind {
    /// The name of the type.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Number => "number",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }
}

impl<'a> Node<'a> {
    /// The first value of `json`; what follows it is not looked at.
    ///
    /// # Errors
    /// If there is none, or it is malformed anywhere.
    pub fn first(json: &'a [u8]) -> Result<Self, DecodeError> {
        let span = scan::first_value(json)?;
        Ok(Self { offset: span.start, bytes: json.get(span).unwrap_or_default() })
    }

    /// The bytes of the value as they were written.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Where the value begins in its document.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The type of the value.
    pub fn kind(&self) -> Kind {
        match self.bytes.first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'n') | None => Kind::Null,
            Some(_) => Kind::Number,
        }
    }

    /// The text of a string; of another value, what it is written as.
    pub fn text(&self) -> Cow<'a, str> {
        text::unquote(self.bytes)
    }

    /// The elements of an array; none of another value.
    pub fn elements(&self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        let mut cursor = Cursor::within(*self, Kind::Array);
        std::iter::from_fn(move || cursor.next_value())
    }

    /// The members of an object in their order, repeated ones included; none of another value.
    pub fn members(&self) -> impl Iterator<Item = (Cow<'a, str>, Node<'a>)> + use<'a> {
        let mut cursor = Cursor::within(*self, Kind::Object);
        std::iter::from_fn(move || Some((cursor.next_value()?.text(), cursor.next_value()?)))
    }
}

/// Walks over the values within a container, from one to the next.
struct Cursor<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    fn within(node: Node<'a>, kind: Kind) -> Self {
        let rest = if node.kind() == kind { node.bytes.get(1..) } else { None };
        Self { rest: rest.unwrap_or_default(), offset: node.offset + 1 }
    }

    fn next_value(&mut self) -> Option<Node<'a>> {
        let between = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b':');
        let start = self.rest.iter().position(|byte| !between(byte))?;
        self.advance(start);
        if let Some(b']' | b'}') = self.rest.first() {
            return None;
        }
        let node = Node { bytes: self.rest.get(..length(self.rest))?, offset: self.offset };
        self.advance(node.bytes.len());
        Some(node)
    }

    fn advance(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
        self.offset += count;
    }
}

/// The length of the well-formed value in front.
fn length(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(b'"') => string_length(bytes),
        Some(b'{' | b'[') => container_length(bytes),
        _ => {
            let ends =
                |byte: &u8| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r');
            bytes.iter().position(ends).unwrap_or(bytes.len())
        }
    }
}

fn string_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn container_length(bytes: &[u8]) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at += string_length(bytes.get(at..).unwrap_or_default()),
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' if depth <= 1 => return at + 1,
            b'}' | b']' => {
                depth -= 1;
                at += 1;
            }
            _ => at += 1,
        }
    }
    bytes.len()
}
