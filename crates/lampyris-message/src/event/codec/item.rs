//! Reads the CBOR items of event content in their one deterministic spelling (RFC 8949 §4.2).
//! It borrows what it reads, and never takes a longer head, an open length or bytes left over.

use super::{ContentError, Refused};

/// What the content holds, item by item.
pub(super) struct Items<'b> {
    content: &'b [u8],
    at: usize,
}

/// The major types that event content has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Major {
    Number = 0,
    Negative = 1,
    Bytes = 2,
    Text = 3,
    Array = 4,
}

const NULL: u8 = 0xf6;

/// The width of a length that is left open.
const OPEN: u8 = 31;

impl<'b> Items<'b> {
    pub(super) const fn new(content: &'b [u8]) -> Self {
        Self { content, at: 0 }
    }

    /// Where the next item begins.
    pub(super) const fn position(&self) -> usize {
        self.at
    }

    /// How many bytes are still to be read.
    pub(super) const fn left(&self) -> usize {
        self.content.len() - self.at
    }

    /// Whether `null` comes next; it is then read.
    #[inline]
    pub(super) fn null(&mut self) -> bool {
        let found = self.content.get(self.at) == Some(&NULL);
        self.at += usize::from(found);
        found
    }

    #[inline]
    pub(super) fn u64(&mut self) -> Result<u64, Refused> {
        self.head(Major::Number, "expected a number")
    }

    #[inline]
    pub(super) fn u32(&mut self) -> Result<u32, Refused> {
        let at = self.at;
        u32::try_from(self.u64()?).map_err(|_| schema("expected a number of 32 bits", at))
    }

    #[inline]
    pub(super) fn i64(&mut self) -> Result<i64, Refused> {
        let at = self.at;
        let negative = self.content.get(at).is_some_and(|byte| byte >> 5 == Major::Negative as u8);
        let major = if negative { Major::Negative } else { Major::Number };
        let size = self.head(major, "expected a number")?;
        let size = i64::try_from(size)
            .map_err(|_| schema("expected a number of 64 bits with its sign", at))?;
        Ok(if negative { -1 - size } else { size })
    }

    /// How many items the array has that begins here; `None` if no array with a length does.
    #[inline]
    pub(super) fn array(&mut self) -> Result<Option<u64>, Refused> {
        let first = self.content.get(self.at).copied().unwrap_or_default();
        let begins = first >> 5 == Major::Array as u8 && first & 0x1f != OPEN;
        if begins { self.head(Major::Array, "expected an array").map(Some) } else { Ok(None) }
    }

    #[inline]
    pub(super) fn bytes(&mut self) -> Result<&'b [u8], Refused> {
        let length = self.head(Major::Bytes, "expected bytes")?;
        self.take(length)
    }

    #[inline]
    pub(super) fn text(&mut self) -> Result<&'b str, Refused> {
        let length = self.head(Major::Text, "expected a text")?;
        let at = self.at;
        let text = std::str::from_utf8(self.take(length)?);
        text.map_err(|error| schema("expected UTF-8", at + error.valid_up_to()))
    }

    /// Checks that nothing is left over.
    pub(super) const fn end(&self) -> Result<(), Refused> {
        if self.left() == 0 { Ok(()) } else { Err(Refused::Spelling) }
    }

    /// The head of an item of this type: its number or its length, in the shortest form.
    #[inline]
    fn head(&mut self, major: Major, expected: &str) -> Result<u64, Refused> {
        let first = self.content.get(self.at).copied();
        let Some(first) = first.filter(|first| first >> 5 == major as u8) else {
            return Err(self.unexpected(expected));
        };
        let short = first & 0x1f;
        if short < 24 {
            self.at += 1;
            return Ok(u64::from(short));
        }
        self.long_head(short, expected)
    }

    /// A head whose number stands in the bytes that follow.
    fn long_head(&mut self, width: u8, expected: &str) -> Result<u64, Refused> {
        let (width, least) = match width {
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            _ => return Err(schema(expected, self.at)),
        };
        self.at += 1;
        let bytes = self.take(width)?;
        let number = bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        if number < least { Err(Refused::Spelling) } else { Ok(number) }
    }

    #[inline]
    fn take(&mut self, length: u64) -> Result<&'b [u8], Refused> {
        let rest = self.content.get(self.at..).unwrap_or_default();
        let taken = usize::try_from(length).ok().and_then(|length| rest.get(..length));
        let Some(taken) = taken else { return Err(schema(ENDS, self.content.len())) };
        self.at += taken.len();
        Ok(taken)
    }

    #[cold]
    fn unexpected(&self, expected: &str) -> Refused {
        schema(if self.left() == 0 { ENDS } else { expected }, self.at)
    }
}

const ENDS: &str = "the content ends within an item";

/// The refusal of content that breaks `rule` at this byte.
#[cold]
pub(super) fn schema(rule: &str, at: usize) -> Refused {
    Refused::Content(ContentError::Schema { rule: rule.to_owned(), at })
}
