//! The canonical bytes of a header: fields in fixed order, the empty ones left out.
//! Nothing here checks a field: what is given is written.

use crate::header::{Header, HeaderFields};
use crate::id::TransactionId;
use crate::json::object::array_of;
use crate::json::write;

/// Bytes a header surely fits in, unless much in it must be escaped.
pub(super) fn size_hint(header: &Header) -> usize {
    // The names of all fields, the ids, the hashes and the time come to less than this.
    const FIXED: usize = 560;
    let topics: usize = header.topics.iter().map(|topic| topic.len() + 3).sum();
    let texts = header.author.len() + header.key.len() + header.namespace.len() + header.tag.len();
    FIXED + topics + texts
}

/// Appends the canonical bytes of a header.
pub(crate) fn header(header: &impl HeaderFields, out: &mut Vec<u8>) {
    header_with_topics_as(b"\"topics\":", header, out);
}

/// Appends the bytes of a header in which the list of topics goes by this name.
pub(crate) fn header_with_topics_as(
    topics_name: &[u8],
    header: &impl HeaderFields,
    out: &mut Vec<u8>,
) {
    let mut separator = b'{';
    let mut name = |name: &[u8], out: &mut Vec<u8>| {
        out.push(std::mem::replace(&mut separator, b','));
        out.extend_from_slice(name);
    };
    if let Some(id) = header.id() {
        name(b"\"id\":", out);
        id.write_json(out);
    }
    if let Some(cid) = header.cid() {
        name(b"\"cid\":", out);
        cid.write_json(out);
    }
    name(b"\"type\":", out);
    write::string(header.message_type(), out);
    if let Some(tx_type) = header.tx_type().filter(|tx_type| !tx_type.is_empty()) {
        name(b"\"txtype\":", out);
        write::string(tx_type, out);
    }
    if !header.author().is_empty() {
        name(b"\"author\":", out);
        write::string(header.author(), out);
    }
    if !header.key().is_empty() {
        name(b"\"key\":", out);
        write::string(header.key(), out);
    }
    if let Some(created) = header.created() {
        name(b"\"created\":", out);
        created.write_json(out);
    }
    if !header.namespace().is_empty() {
        name(b"\"namespace\":", out);
        write::string(header.namespace(), out);
    }
    if let Some(group) = header.group() {
        name(b"\"group\":", out);
        group.0.write_json(out);
    }
    let mut topics = header.topics().peekable();
    if topics.peek().is_some() {
        name(topics_name, out);
        strings(topics, out);
    }
    if !header.tag().is_empty() {
        name(b"\"tag\":", out);
        write::string(header.tag(), out);
    }
    if let Some(data_hash) = header.data_hash() {
        name(b"\"datahash\":", out);
        data_hash.0.write_json(out);
    }
    if let Some((tx_type, id)) = header.tx_parent() {
        name(b"\"txparent\":", out);
        transaction_ref(tx_type, id, out);
    }
    out.push(b'}');
}

/// Appends a list of strings.
pub(crate) fn strings(texts: impl Iterator<Item: AsRef<str>>, out: &mut Vec<u8>) {
    array_of(texts, out, |text, out| write::string(text.as_ref(), out));
}

/// Appends a reference to a transaction.
pub(crate) fn transaction_ref(tx_type: &str, id: Option<TransactionId>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"type\":");
    write::string(tx_type, out);
    if let Some(id) = id {
        out.extend_from_slice(b",\"id\":");
        id.write_json(out);
    }
    out.push(b'}');
}
