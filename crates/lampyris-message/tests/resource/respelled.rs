//! Stored header bytes have one spelling: reading leniently and writing again decides what it is.

use lampyris_message::{Header, Message, MessageId, NotCanonical, SealedMessage};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::headers::{any_header, any_refs, seal};

/// Pieces of JSON that read as the same or nearly the same, in one spelling or another.
const PIECES: &[(&str, &str)] = &[
    ("\"type\":", "\"TYPE\":"),
    ("\"type\":", " \"type\":"),
    ("\"type\":", "\"cid\":null,\"type\":"),
    ("\"tag\":", "\"topics\":[],\"tag\":"),
    ("\"tag\":\"tag\"", "\"tag\":\"\""),
    ("\"tag\":\"tag\"", "\"tag\":\"\\u0074ag\""),
    ("\"tag\":\"tag\"", "\"tag\":\"tag\",\"tag\":\"tag\""),
    ("\"txtype\":\"batch_pin\"", "\"txtype\":\"Batch_pin\""),
    ("\"txtype\":\"batch_pin\"", "\"txtype\":\"batch_\\u0070in\""),
    ("\"txtype\":\"batch_pin\"", "\"txtype\":\"\""),
    ("\"datahash\":", "\"namespace\":\"\",\"datahash\":"),
    ("\"topics\":[\"topic\"]", "\"topics\":[\"topic\",]"),
    ("\"topics\":[\"topic\"]", "\"topics\":[\"topic\" ]"),
    ("Z\"", "+00:00\""),
    ("Z\"", ".0Z\""),
    ("Z\"", "0Z\""),
    ("T0", "T"),
    ("a", "A"),
    ("e", "\\u0065"),
    ("\\u003c", "<"),
    ("\\u0026", "&"),
    ("\\u0026", "\\u0026\\u0026"),
    ("\\n", "\\u000a"),
    ("\\u2028", "\u{2028}"),
    ("\\\"", "\\u0022"),
    ("\\u00", "\\u01"),
    ("}", "}}"),
    ("}", "} "),
];

/// Whether bytes are canonical by the definition: what is read from them is written as them.
fn is_canonical(bytes: &[u8]) -> bool {
    Header::from_json(bytes).is_ok_and(|header| header.canonical_bytes() == bytes)
}

fn replaced(bytes: &[u8], old: &str, new: &str, at: Index) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let places: Vec<_> = text.match_indices(old).map(|(place, _)| place).collect();
    let place = *places.get(at.index(places.len().max(1)))?;
    let mut text = text.to_owned();
    text.replace_range(place..place + old.len(), new);
    Some(text.into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_respelled_header_is_taken_only_if_it_is_canonical(
        mut header in any_header(),
        refs in any_refs(),
        pieces in prop::collection::vec((select(PIECES), any::<bool>(), any::<Index>()), 1..3),
    ) {
        let sealed = seal(&mut header, refs);
        let mut bytes = sealed.header_bytes().to_vec();
        for ((one, other), back, at) in pieces {
            let (old, new) = if back { (other, one) } else { (one, other) };
            bytes = replaced(&bytes, old, new, at).unwrap_or(bytes);
        }
        let data = Some(sealed.data().to_vec());
        let valid = Header::from_json(&bytes).is_ok_and(|header| {
            let named = header.id.is_some() && header.data_hash == sealed.header().data_hash;
            named && Message { header, ..Message::default() }.check_fields().is_ok()
        });
        match SealedMessage::from_header_bytes(&bytes, data) {
            Ok(taken) => {
                prop_assert!(is_canonical(&bytes));
                prop_assert_eq!(taken.header(), &Header::from_json(&bytes).unwrap());
            }
            Err(NotCanonical::Bytes) => prop_assert!(!is_canonical(&bytes)),
            Err(_) => prop_assert!(!valid),
        }
    }

    #[test]
    fn what_is_asked_without_the_header_is_what_the_header_says(
        mut header in any_header(),
        refs in any_refs(),
    ) {
        let sealed = seal(&mut header, refs);
        let stored = SealedMessage::from_header_bytes(
            sealed.header_bytes(),
            Some(sealed.data().to_vec()),
        ).unwrap();
        for message in [&sealed, &stored] {
            prop_assert_eq!(message.author(), sealed.header().author.as_str());
            prop_assert_eq!(message.key(), sealed.header().key.as_str());
            prop_assert_eq!(message.group(), sealed.header().group);
            prop_assert_eq!(message.topic_count(), sealed.header().topics.len());
            prop_assert_eq!(message.pinning(), sealed.pinning());
        }
        let unasked = SealedMessage::clone(&stored);
        prop_assert_eq!(stored.header(), sealed.header());
        prop_assert_eq!(&unasked, &stored);
        prop_assert_eq!(unasked.header(), sealed.header());
        prop_assert_eq!(unasked, sealed);
    }
}

#[test]
fn the_zero_time_is_written_as_null_and_never_as_a_text() {
    let json = r#"{"header":{"type":"broadcast","created":"0001-01-01T00:00:00Z"}}"#;
    let mut message = Message::from_json(json.as_bytes()).unwrap();
    message.header.id = Some(MessageId::from_bytes([1; 16]));
    let sealed = message.seal().unwrap();
    let read = |bytes: &[u8]| SealedMessage::from_header_bytes(bytes, Some(Vec::new()));
    assert_eq!(read(sealed.header_bytes()).as_ref(), Ok(&sealed));
    let spelled = String::from_utf8(sealed.header_bytes().to_vec()).unwrap();
    assert!(spelled.contains("\"created\":null"));
    let text = spelled.replace("null", "\"0001-01-01T00:00:00Z\"");
    assert_eq!(read(text.as_bytes()), Err(NotCanonical::Bytes));
}

#[test]
fn a_character_that_is_written_as_an_escape_is_refused_as_itself() {
    let escapes = [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026"), ('\n', "\\n")];
    let more = [('\u{1f}', "\\u001f"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")];
    for (raw, escape) in escapes.into_iter().chain(more) {
        let mut header = Header { author: format!("did:{raw}"), ..Header::default() };
        let sealed = seal(&mut header, Vec::new());
        let spelled = std::str::from_utf8(sealed.header_bytes()).unwrap();
        assert!(spelled.contains(escape));
        let read = |text: &str| SealedMessage::from_header_bytes(text.as_bytes(), Some(Vec::new()));
        assert_eq!(read(spelled).unwrap().author(), header.author);
        let spelled = spelled.replace(escape, &raw.to_string());
        assert_eq!(read(&spelled), Err(NotCanonical::Bytes), "{raw:?}");
    }
}
