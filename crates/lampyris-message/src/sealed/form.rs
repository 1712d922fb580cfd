//! The header of a sealed message in the form in which it came: as fields, or only as its bytes.
//! It never checks the bytes: they are those that the message was made from.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::header::{Header, stored};
use crate::json::text::unquote;

/// How the header came.
#[derive(Clone)]
pub(super) struct Form(Kind);

#[derive(Clone)]
enum Kind {
    /// As fields: it was sealed or verified here.
    Given(Arc<Header>),
    /// As canonical bytes, in which the texts that are asked for on every replay stand here.
    Stored { author: Range<usize>, key: Range<usize>, header: OnceLock<Box<Header>> },
}

impl Form {
    pub(super) fn given(header: Header) -> Self {
        Self(Kind::Given(Arc::new(header)))
    }

    pub(super) fn stored(author: Range<usize>, key: Range<usize>) -> Self {
        Self(Kind::Stored { author, key, header: OnceLock::new() })
    }

    pub(super) fn header(&self, bytes: &[u8]) -> &Header {
        match &self.0 {
            Kind::Given(header) => header,
            Kind::Stored { header, .. } => header.get_or_init(|| Box::new(read(bytes))),
        }
    }

    pub(super) fn author<'a>(&'a self, bytes: &'a [u8]) -> Cow<'a, str> {
        match &self.0 {
            Kind::Given(header) => Cow::Borrowed(&header.author),
            Kind::Stored { author, .. } => text(bytes, author),
        }
    }

    pub(super) fn key<'a>(&'a self, bytes: &'a [u8]) -> Cow<'a, str> {
        match &self.0 {
            Kind::Given(header) => Cow::Borrowed(&header.key),
            Kind::Stored { key, .. } => text(bytes, key),
        }
    }
}

#[expect(clippy::expect_used, reason = "the same bytes were read when the message was made")]
fn read(bytes: &[u8]) -> Header {
    stored::header(bytes).expect("the bytes of a sealed message are canonical").into_header()
}

/// The text that stands there with its quotes.
fn text<'a>(bytes: &'a [u8], at: &Range<usize>) -> Cow<'a, str> {
    unquote(bytes.get(at.clone()).unwrap_or_default())
}
