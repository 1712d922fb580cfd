//! A JSON document as spans of its own bytes: nothing is copied until a text is asked for.
//! It never recurses, and never sees bytes that were not found well-formed first.

use std::borrow::Cow;

use super::compact::{compact, is_space};
use super::document::Marks;
use super::plain::text_length;
use super::text;

/// One well-formed JSON value within a document.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    // Invariant: one well-formed value without white space around it.
    bytes: &'a [u8],
    /// Where it begins in the document.
    offset: usize,
    /// What is known of the document.
    marks: &'a Marks,
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
    pub(super) fn new(bytes: &'a [u8], offset: usize, marks: &'a Marks) -> Self {
        Self { bytes, offset, marks }
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

    /// The value without white space between its tokens, and with what HTML could mistake escaped.
    pub(super) fn compact(&self) -> Vec<u8> {
        compact(self.bytes, self.offset, self.marks)
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
    marks: &'a Marks,
}

impl<'a> Cursor<'a> {
    fn within(node: Node<'a>, kind: Kind) -> Self {
        let rest = if node.kind() == kind { node.bytes.get(1..) } else { None };
        let offset = node.offset + 1;
        Self { rest: rest.unwrap_or_default(), offset, marks: node.marks }
    }

    fn next_value(&mut self) -> Option<Node<'a>> {
        let between = |byte: u8| is_space(byte) || byte == b',' || byte == b':';
        let start = self.rest.iter().position(|byte| !between(*byte))?;
        self.advance(start);
        let length = match self.rest.first()? {
            b']' | b'}' => return None,
            b'"' => string_length(self.rest),
            b'{' | b'[' => match self.marks.end(self.offset) {
                Some(end) => end - self.offset,
                None => container_length(self.rest),
            },
            _ => {
                let ends = |byte: u8| is_space(byte) || matches!(byte, b',' | b']' | b'}');
                self.rest.iter().position(|byte| ends(*byte)).unwrap_or(self.rest.len())
            }
        };
        let node = Node::new(self.rest.get(..length)?, self.offset, self.marks);
        self.advance(length);
        Some(node)
    }

    fn advance(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
        self.offset += count;
    }
}

/// The length of the well-formed string in front.
fn string_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(rest) = bytes.get(at..) {
        at += text_length(rest);
        match bytes.get(at) {
            Some(b'\\') => at += 2,
            Some(_) => return at + 1,
            None => break,
        }
    }
    bytes.len()
}

/// The length of the well-formed array or object in front, which is short.
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
