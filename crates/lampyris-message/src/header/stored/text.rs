//! The texts of a canonical header: borrowed where nothing in them is escaped.
//! A text with escapes must be what its content is written as, escape for escape.

use std::borrow::Cow;

use super::Reader;
use crate::json::text::unquote;
use crate::json::write;

impl<'a> Reader<'a> {
    #[inline]
    pub(super) fn text(&mut self) -> Option<Cow<'a, str>> {
        let inner = self.rest.strip_prefix('"')?;
        let end = write::plain_length(inner.as_bytes());
        let (plain, from_end) = inner.split_at_checked(end)?;
        if let Some(rest) = from_end.strip_prefix('"') {
            self.rest = rest;
            return Some(Cow::Borrowed(plain));
        }
        from_end.starts_with('\\').then(|| self.escaped_text(end))?
    }

    /// A text with escapes, the first of which stands `at` bytes after the quote.
    #[cold]
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
        let text = unquote(quoted.as_bytes());
        let mut again = Vec::with_capacity(quoted.len());
        write::string(&text, &mut again);
        (again == quoted.as_bytes()).then_some(text)
    }
}
