//! One JSON object that is being written: its members with their commas, the empty ones left out.
//! Names are this crate's own and hold nothing to escape.

use super::write;
use crate::time::Timestamp;

/// An object that is open in `out`; [`close`](Self::close) ends it.
#[derive(Debug)]
pub(crate) struct ObjectWriter<'a> {
    out: &'a mut Vec<u8>,
    separator: u8,
}

impl<'a> ObjectWriter<'a> {
    /// Begins an object.
    pub(crate) fn open(out: &'a mut Vec<u8>) -> Self {
        Self { out, separator: b'{' }
    }

    /// Appends the name of a member; its value is to be appended to what is returned.
    pub(crate) fn member(&mut self, name: &str) -> &mut Vec<u8> {
        self.out.push(std::mem::replace(&mut self.separator, b','));
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// Appends a string, also an empty one.
    pub(crate) fn string(&mut self, name: &str, text: &str) {
        write::string(text, self.member(name));
    }

    /// Appends a string unless it is empty.
    pub(crate) fn filled(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.string(name, text);
        }
    }

    /// Appends a whole number.
    pub(crate) fn number(&mut self, name: &str, number: impl std::fmt::Display) {
        self.member(name).extend_from_slice(number.to_string().as_bytes());
    }

    /// Appends what `write` makes of a value, if there is one.
    pub(crate) fn some<T>(
        &mut self,
        name: &str,
        value: Option<T>,
        write: impl FnOnce(T, &mut Vec<u8>),
    ) {
        if let Some(value) = value {
            write(value, self.member(name));
        }
    }

    /// Appends what `write` makes of a value, or `null`.
    pub(crate) fn or_null<T>(
        &mut self,
        name: &str,
        value: Option<T>,
        write: impl FnOnce(T, &mut Vec<u8>),
    ) {
        let out = self.member(name);
        match value {
            Some(value) => write(value, out),
            None => out.extend_from_slice(b"null"),
        }
    }

    /// Appends a time, if there is one; the zero time is `null`.
    pub(crate) fn time(&mut self, name: &str, at: Option<Timestamp>) {
        self.some(name, at, Timestamp::write_json);
    }

    /// Ends the object.
    pub(crate) fn close(self) {
        if self.separator == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }
}

/// Appends an array of what `write` makes of each entry, or `null` if there is none.
pub(crate) fn array<T>(
    entries: Option<impl IntoIterator<Item = T>>,
    out: &mut Vec<u8>,
    write: impl Fn(T, &mut Vec<u8>),
) {
    match entries {
        Some(entries) => array_of(entries, out, write),
        None => out.extend_from_slice(b"null"),
    }
}

/// Appends an array of what `write` makes of each entry.
pub(crate) fn array_of<T>(
    entries: impl IntoIterator<Item = T>,
    out: &mut Vec<u8>,
    write: impl Fn(T, &mut Vec<u8>),
) {
    out.push(b'[');
    for (index, entry) in entries.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(entry, out);
    }
    out.push(b']');
}
