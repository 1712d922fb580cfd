//! Why a hash is another than it should be: each cause is proven by making the hash that was found.
//! Nothing here is likely, or guessed from a date: what cannot be made again has no cause.

use std::fmt;

use crate::hash::Bytes32;
use crate::json::{JsonValue, Kind, Node};

/// What the hash that was found is the hash of, if not of what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Of the header with `topic` in the place of `topics`.
    TopicMember,
    /// Of the header with the data hash that the data references have.
    OtherDataHash,
    /// Of the data references with the hashes that the values shown with them have.
    OtherReferenceHashes,
    /// Of no list of data references.
    NoList,
    /// Of an empty list of data references.
    EmptyList,
    /// Of the value alone, although there is a blob.
    ValueAlone,
    /// Of the blob alone, although there is a value.
    BlobAlone,
    /// Of the text within a string.
    TextOfString,
    /// Of the manifest with the hashes that messages and data have.
    OtherEntryHashes,
    /// Of the manifest of a batch that has nothing yet: no id, no transaction, no entry.
    EmptyManifest,
    /// Of the payload of a batch in the order and with the members shown.
    PayloadAsShown,
    /// Of the members of a group, sorted by identity.
    MembersSorted,
    /// Of the same in the order and with the members shown, white space between them taken out.
    AsShown,
    /// Of the same with `<`, `>`, `&`, U+2028 and U+2029 as they are and not escaped.
    NotEscaped,
    /// Of the same to the byte, with its white space.
    WithWhiteSpace,
}

impl Cause {
    /// Every cause.
    pub const ALL: &'static [Self] = &[
        Self::TopicMember,
        Self::OtherDataHash,
        Self::OtherReferenceHashes,
        Self::NoList,
        Self::EmptyList,
        Self::ValueAlone,
        Self::BlobAlone,
        Self::TextOfString,
        Self::OtherEntryHashes,
        Self::EmptyManifest,
        Self::PayloadAsShown,
        Self::MembersSorted,
        Self::AsShown,
        Self::NotEscaped,
        Self::WithWhiteSpace,
    ];

    /// A name for programs, which stays the same.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TopicMember => "topic-member",
            Self::OtherDataHash => "other-data-hash",
            Self::OtherReferenceHashes => "other-reference-hashes",
            Self::NoList => "no-list",
            Self::EmptyList => "empty-list",
            Self::ValueAlone => "value-alone",
            Self::BlobAlone => "blob-alone",
            Self::TextOfString => "text-of-string",
            Self::OtherEntryHashes => "other-entry-hashes",
            Self::EmptyManifest => "empty-manifest",
            Self::PayloadAsShown => "payload-as-shown",
            Self::MembersSorted => "members-sorted",
            Self::AsShown => "as-shown",
            Self::NotEscaped => "not-escaped",
            Self::WithWhiteSpace => "with-white-space",
        }
    }
}

/// Ends a sentence that begins "it is the hash of".
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TopicMember => {
                "the header with 'topic' in the place of 'topics', as it was before July 2021"
            }
            Self::OtherDataHash => "the header with the 'datahash' that the data references have",
            Self::OtherReferenceHashes => {
                "the data references with the hashes that the values shown have"
            }
            Self::NoList => "no list of data references ('null')",
            Self::EmptyList => "an empty list of data references ('[]')",
            Self::ValueAlone => "the value alone, without the blob",
            Self::BlobAlone => "the blob alone, without the value",
            Self::TextOfString => "the text of the value, without its quotes and escapes",
            Self::OtherEntryHashes => "the manifest with the hashes that messages and data have",
            Self::EmptyManifest => {
                "the manifest of a batch that has nothing yet: no id, no transaction, no entry"
            }
            Self::PayloadAsShown => "the payload with the members and in the order shown",
            Self::MembersSorted => "the group with its members sorted by identity",
            Self::AsShown => "what is shown, with its members and in its order",
            Self::NotEscaped => "the same without the escapes of '<', '>', '&', U+2028 and U+2029",
            Self::WithWhiteSpace => "what is shown to the byte, white space included",
        })
    }
}

/// Whether these bytes have this hash.
pub(super) fn makes(found: Bytes32, bytes: &[u8]) -> bool {
    Bytes32::sha256(bytes) == found
}

/// The spelling, of what is hashed or of what is shown for it, that has this hash.
pub(super) fn spelling(found: Bytes32, canonical: &[u8], shown: Option<Node<'_>>) -> Option<Cause> {
    let plain = |bytes: &[u8]| unescaped(bytes).is_some_and(|bytes| makes(found, &bytes));
    if plain(canonical) {
        return Some(Cause::NotEscaped);
    }
    let shown = shown?;
    let compact = JsonValue::from_node(shown);
    if makes(found, compact.as_bytes()) {
        return Some(Cause::AsShown);
    }
    if plain(compact.as_bytes()) {
        return Some(Cause::NotEscaped);
    }
    if makes(found, shown.bytes()) {
        return Some(Cause::WithWhiteSpace);
    }
    let is_text = shown.kind() == Kind::String && makes(found, shown.text().as_bytes());
    is_text.then_some(Cause::TextOfString)
}

/// JSON without the escapes that only HTML and scripts need; `None` if it has none.
fn unescaped(json: &[u8]) -> Option<Vec<u8>> {
    const ESCAPES: [(&[u8], &str); 5] = [
        (b"\\u003c", "<"),
        (b"\\u003e", ">"),
        (b"\\u0026", "&"),
        (b"\\u2028", "\u{2028}"),
        (b"\\u2029", "\u{2029}"),
    ];
    let (mut out, mut rest, mut changed) = (Vec::with_capacity(json.len()), json, false);
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let (before, escape) = rest.split_at(at);
        out.extend_from_slice(before);
        let known = ESCAPES.iter().find(|(spelled, _)| escape.starts_with(spelled));
        let (written, taken) = match known {
            Some((spelled, plain)) => (plain.as_bytes(), spelled.len()),
            // The backslash and what it escapes, so that the second of two is not taken for a first.
            None => (escape.get(..2).unwrap_or(escape), 2),
        };
        changed |= known.is_some();
        out.extend_from_slice(written);
        rest = escape.get(taken..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    changed.then_some(out)
}
