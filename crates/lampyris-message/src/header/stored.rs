//! A header from bytes that should be canonical, field after field in their fixed order.
//! It never accepts bytes that are not exactly what their content is written as.

use std::borrow::Cow;

use uuid::Uuid;

use crate::hash::Bytes32;
use crate::header::{Header, TransactionRef};
use crate::json::text::unquote;
use crate::open::Open;
use crate::time::Timestamp;

/// The header of canonical bytes, or `None` if they are not canonical.
pub(crate) fn header(bytes: &[u8]) -> Option<Header> {
    let mut reader = Reader { rest: std::str::from_utf8(bytes).ok()?, separator: '{' };
    let header = reader.header()?;
    // What the reader is lenient about (escapes, case, fractions) does not get past this.
    let mut again = Vec::with_capacity(bytes.len() + 64);
    header.write_canonical(&mut again);
    (again == bytes).then_some(header)
}

/// What is still to be read, and what stands before the next field.
struct Reader<'a> {
    rest: &'a str,
    separator: char,
}

impl<'a> Reader<'a> {
    fn header(&mut self) -> Option<Header> {
        Some(Header {
            id: self.optional("\"id\":", Self::id)?,
            cid: self.optional("\"cid\":", Self::id)?,
            message_type: Open::from_text(&self.optional("\"type\":", Self::text)??),
            tx_type: self.optional("\"txtype\":", Self::text)?.map(|text| Open::from_text(&text)),
            author: self.string("\"author\":")?,
            key: self.string("\"key\":")?,
            created: self.optional("\"created\":", Self::time)?,
            namespace: self.string("\"namespace\":")?,
            group: self.optional("\"group\":", Self::hash)?,
            topics: self.optional("\"topics\":", Self::topics)?.unwrap_or_default(),
            tag: self.string("\"tag\":")?,
            data_hash: self.optional("\"datahash\":", Self::hash)?,
            tx_parent: self.optional("\"txparent\":", Self::transaction_ref)?,
        })
    }

    /// The value of the field `name`; `Some(None)` if another field, or the end, stands here.
    #[expect(clippy::option_option, reason = "outside: may it be canonical; inside: is it there")]
    fn optional<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<Option<T>> {
        let found = self.rest.strip_prefix(self.separator).and_then(|rest| rest.strip_prefix(name));
        let Some(rest) = found else { return Some(None) };
        self.rest = rest;
        self.separator = ',';
        read(self).map(Some)
    }

    fn string(&mut self, name: &str) -> Option<String> {
        Some(self.optional(name, Self::text)?.map_or_else(String::new, Cow::into_owned))
    }

    fn text(&mut self) -> Option<Cow<'a, str>> {
        let inner = self.rest.strip_prefix('"')?;
        let stop = inner.bytes().position(|byte| byte == b'"' || byte == b'\\')?;
        let (plain, from_stop) = inner.split_at_checked(stop)?;
        if let Some(rest) = from_stop.strip_prefix('"') {
            self.rest = rest;
            return Some(Cow::Borrowed(plain));
        }
        self.escaped_text(stop)
    }

    /// A text with escapes, the first of which stands `at` bytes after the quote.
    fn escaped_text(&mut self, at: usize) -> Option<Cow<'a, str>> {
        let mut end = at + 1;
        loop {
            match self.rest.as_bytes().get(end)? {
                b'"' => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        let (quoted, rest) = self.rest.split_at_checked(end + 1)?;
        self.rest = rest;
        Some(unquote(quoted.as_bytes()))
    }

    /// The bytes of a text of known length.
    fn fixed(&mut self, length: usize) -> Option<&'a [u8]> {
        let (text, rest) = self.rest.strip_prefix('"')?.split_at_checked(length)?;
        self.rest = rest.strip_prefix('"')?;
        Some(text.as_bytes())
    }

    fn id<T: From<[u8; 16]>>(&mut self) -> Option<T> {
        let id = Uuid::try_parse_ascii(self.fixed(36)?).ok()?;
        Some(T::from(*id.as_bytes()))
    }

    fn hash<T: From<Bytes32>>(&mut self) -> Option<T> {
        const_hex::decode_to_array(self.fixed(64)?).ok().map(|bytes| Bytes32(bytes).into())
    }

    fn time(&mut self) -> Option<Timestamp> {
        if let Some(rest) = self.rest.strip_prefix("null") {
            self.rest = rest;
            return Some(Timestamp::ZERO);
        }
        Timestamp::parse(&self.text()?).ok()
    }

    fn topics(&mut self) -> Option<Vec<String>> {
        let mut topics = Vec::new();
        self.rest = self.rest.strip_prefix('[')?;
        loop {
            topics.push(self.text()?.into_owned());
            let (next, rest) = self.rest.split_at_checked(1)?;
            self.rest = rest;
            match next {
                "," => {}
                "]" => return Some(topics),
                _ => return None,
            }
        }
    }

    fn transaction_ref(&mut self) -> Option<TransactionRef> {
        self.separator = '{';
        let tx_type = Open::from_text(&self.optional("\"type\":", Self::text)??);
        let id = self.optional("\"id\":", Self::id)?;
        self.rest = self.rest.strip_prefix('}')?;
        Some(TransactionRef { tx_type, id })
    }
}
