//! A header from bytes that must be canonical, field after field in their fixed order.
//! It borrows what it reads, and never accepts bytes that are not what their content is written as.

mod scalar;
mod text;

use std::borrow::Cow;
use std::ops::Range;

use crate::hash::{DataListHash, GroupHash};
use crate::header::{Header, TransactionRef};
use crate::id::MessageId;
use crate::kind::{MessageType, TxType};
use crate::open::{Open, Vocabulary};
use crate::time::Timestamp;

/// A header whose texts are still in the bytes it was read from, unless they had escapes.
#[derive(Debug)]
pub(crate) struct StoredHeader<'a> {
    pub(crate) id: Option<MessageId>,
    pub(crate) cid: Option<MessageId>,
    message_type: Open<MessageType>,
    pub(crate) tx_type: Option<Open<TxType>>,
    pub(crate) author: StoredText<'a>,
    pub(crate) key: StoredText<'a>,
    created: Option<Timestamp>,
    namespace: StoredText<'a>,
    pub(crate) group: Option<GroupHash>,
    pub(crate) topics: Vec<Cow<'a, str>>,
    pub(crate) tag: StoredText<'a>,
    pub(crate) data_hash: Option<DataListHash>,
    tx_parent: Option<TransactionRef>,
}

/// A text, and where it stands with its quotes; both are empty for a field that is left out.
#[derive(Debug, Default)]
pub(crate) struct StoredText<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) at: Range<usize>,
}

/// The header of canonical bytes, or `None` if they are not canonical.
pub(crate) fn header(bytes: &[u8]) -> Option<StoredHeader<'_>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut reader = Reader { rest: text, length: text.len(), separator: b'{' };
    let header = reader.header()?;
    (reader.rest == "}").then_some(header)
}

impl StoredHeader<'_> {
    /// The header with texts of its own.
    pub(crate) fn into_header(self) -> Header {
        Header {
            id: self.id,
            cid: self.cid,
            message_type: self.message_type,
            tx_type: self.tx_type,
            author: self.author.text.into_owned(),
            key: self.key.text.into_owned(),
            created: self.created,
            namespace: self.namespace.text.into_owned(),
            group: self.group,
            topics: self.topics.into_iter().map(Cow::into_owned).collect(),
            tag: self.tag.text.into_owned(),
            data_hash: self.data_hash,
            tx_parent: self.tx_parent,
        }
    }
}

/// What is still to be read, and what stands before the next field.
struct Reader<'a> {
    rest: &'a str,
    /// Of all the bytes, read or not.
    length: usize,
    separator: u8,
}

impl<'a> Reader<'a> {
    fn header(&mut self) -> Option<StoredHeader<'a>> {
        Some(StoredHeader {
            id: self.optional("\"id\":", Self::id)?,
            cid: self.optional("\"cid\":", Self::id)?,
            message_type: self.optional("\"type\":", Self::open)??,
            tx_type: self.filled("\"txtype\":", Self::open, Open::is_empty)?,
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
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a name is then compared as a number")]
    #[expect(clippy::option_option, reason = "outside: may it be canonical; inside: is it there")]
    fn optional<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<Option<T>> {
        if self.rest.as_bytes().first() != Some(&self.separator) {
            return Some(None);
        }
        let Some(rest) = self.rest.get(1..).and_then(|rest| rest.strip_prefix(name)) else {
            return Some(None);
        };
        self.rest = rest;
        self.separator = b',';
        read(self).map(Some)
    }

    /// The same for a field that is left out when it is empty.
    #[expect(clippy::option_option, reason = "as for `optional`")]
    fn filled<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self) -> Option<T>,
        is_empty: impl FnOnce(&T) -> bool,
    ) -> Option<Option<T>> {
        let value = self.optional(name, read)?;
        (!value.as_ref().is_some_and(is_empty)).then_some(value)
    }

    fn string(&mut self, name: &str) -> Option<StoredText<'a>> {
        self.filled(name, Self::stored_text, |stored| stored.text.is_empty())
            .map(Option::unwrap_or_default)
    }

    fn stored_text(&mut self) -> Option<StoredText<'a>> {
        let start = self.length - self.rest.len();
        let text = self.text()?;
        Some(StoredText { text, at: start..self.length - self.rest.len() })
    }

    /// A value of an enum, or another text in lower case.
    fn open<T: Vocabulary>(&mut self) -> Option<Open<T>> {
        let text = self.text()?;
        let open = Open::from_text(&text);
        (open.as_str() == text).then_some(open)
    }

    /// A list of at least one text: an empty one is left out.
    fn topics(&mut self) -> Option<Vec<Cow<'a, str>>> {
        let mut topics = Vec::new();
        self.rest = self.rest.strip_prefix('[')?;
        loop {
            topics.push(self.text()?);
            match self.take(1)? {
                b"," => {}
                b"]" => return Some(topics),
                _ => return None,
            }
        }
    }

    fn transaction_ref(&mut self) -> Option<TransactionRef> {
        self.separator = b'{';
        let tx_type = self.optional("\"type\":", Self::open)??;
        let id = self.optional("\"id\":", Self::id)?;
        self.rest = self.rest.strip_prefix('}')?;
        Some(TransactionRef { tx_type, id })
    }

    /// The next bytes, as many as asked for.
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken.as_bytes())
    }
}
