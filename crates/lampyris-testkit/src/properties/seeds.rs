//! What a fuzzer begins with: parts of the golden vectors and of the real messages, and what is stored of them.
//! Nothing is drawn, so a target begins with the same bytes each time.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use lampyris_log::{Claim, Record, StreamName};
use lampyris_message::event::codec::{VERSION, encode};
use lampyris_message::event::{
    Awaited, Cancelled, Claims, Confirmed, Event, Idempotency, Imported, LedgerPosition, Noted,
    Parent, ParentKind, Readied, Readiness, Received, Rejected, Sealed, Sent, Sequenced, Staged,
};
use lampyris_message::json::{Document, Kind, Node};
use lampyris_message::lifecycle::Refusal;
use lampyris_message::message::DataRefs;
use lampyris_message::text::{IdempotencyKey, NonBlank};
use lampyris_message::{
    BatchId, Bytes32, Header, Message, MessageHash, MessageId, MessageState, Pin, PinHash,
    SealedMessage, Timestamp, TransactionId,
};

use super::{PROPERTIES, signed};
use crate::Frames;

/// A seed is small, or it would be slow to change; the largest samples are left out.
const SEED_BYTES: usize = 4096;

/// Messages of which events, records and frames are made: each event is made of each.
const MESSAGES: usize = 12;

/// A document that touches every field of the larger readers, and holds what is refused in most.
const EVERYTHING: &str = r#"{"id":"a0000000-0000-4000-8000-000000000001","type":"org","did":"x",
 "namespace":"ns1","name":"n","validator":"json","created":"2022-05-16T01:23:10.5Z","hash":"0xab",
 "members":[{"identity":"a","node":"a0000000-0000-4000-8000-000000000001"},null],"size":-1,
 "datatype":{"name":"w","version":null},"value":{"name":[1e400,"\ud800"]},"messages":[],
 "blob":{"hash":null,"size":12,"name":"n","path":"/p"},"profile":{"a":-0.5},
 "header":{"id":"0f1c6e05-2a5f-4d0d-a9b1-8f8a5e6d2b11","cid":null,"type":"private",
 "txtype":"batch_pin","author":"did:firefly:org/org_0","key":"0x1d\u00e9\ud83c",
 "created":"2022-05-16T01:23:10.5+02:00","namespace":"ns1","topics":["a","b",null],
 "group":"781caa6738a604344ae86ee336ada1b48a404a85e7041cf75b864e50e3b14a22","tag":"blue",
 "txparent":{"type":"token_transfer","id":"99a1c2f1-5df4-4a3e-9d7f-07d5a6b8c001"}},
 "data":[{"id":"a0000000-0000-4000-8000-000000000001","hash":"0xab"},{},null],
 "localNamespace":"l","batch":"b0000000-0000-4000-8000-000000000001","txid":null,
 "pins":["x"],"state":"staged","confirmed":"1652664190","rejectReason":"r","idempotencyKey":"k",
 "payload":{"tx":{"type":"batch_pin","id":"a0000000-0000-4000-8000-000000000001"},
 "messages":[{"header":{"topics":["a"]},"data":[{}]},null],"data":[{"value":1},null]}} more"#;

/// What the property of this name begins with: inputs in which its reader finds
/// something, all different.
///
/// # Panics
/// If the vectors or the samples are not where they are kept.
pub fn seeds(name: &str) -> Vec<Vec<u8>> {
    let property = PROPERTIES.iter().find(|property| property.name == name).unwrap();
    let pool: Vec<_> = match name {
        "header" => parts().into_iter().chain(without_data()).collect(),
        "event" => events().iter().map(super::event::bytes).collect(),
        "record" => records(),
        "frame" => frames(),
        "note" => bytes(signed::notes()),
        "checkpoint" => bytes(signed::checkpoints()),
        "tlog_proof" => bytes(signed::proofs()),
        "policy" => bytes(signed::policies()),
        "bundle" => bytes(super::bundle::bundles()),
        _ => parts().into_iter().collect(),
    };
    let fits = |bytes: &Vec<u8>| bytes.len() <= SEED_BYTES && (property.holds)(bytes);
    pool.into_iter().filter(fits).collect::<BTreeSet<_>>().into_iter().collect()
}

fn bytes(texts: Vec<String>) -> Vec<Vec<u8>> {
    texts.into_iter().map(String::into_bytes).collect()
}

/// Every text, object and array within the vectors and the samples, and the document above.
fn parts() -> BTreeSet<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = BTreeSet::from([EVERYTHING.as_bytes().to_vec()]);
    for folder in ["crates/lampyris-message/tests/vectors", "samples"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let json = fs::read(path).unwrap();
                take_parts(Document::first(&json).unwrap().root(), &mut found);
            }
        }
    }
    found
}

fn take_parts(document: Node<'_>, found: &mut BTreeSet<Vec<u8>>) {
    let mut nodes = vec![document];
    while let Some(node) = nodes.pop() {
        match node.kind() {
            Kind::String => drop(found.insert(node.text().as_bytes().to_vec())),
            Kind::Object => nodes.extend(node.members().map(|(_, member)| member)),
            Kind::Array => nodes.extend(node.elements()),
            Kind::Number | Kind::Bool | Kind::Null => {}
        }
        found.insert(node.bytes().to_vec());
    }
}

/// Messages of the vectors and the samples whose hashes are right, and others that can be sealed.
fn messages() -> Vec<SealedMessage> {
    let read = parts().into_iter().filter_map(|json| Message::from_json(&json).ok());
    let sealed = read.filter_map(|mut message| message.verify().or_else(|_| message.seal()).ok());
    let mut different = Vec::new();
    for message in sealed {
        let form = |message: &SealedMessage| {
            (message.pinning(), message.topic_count(), message.data().len())
        };
        if different.len() < MESSAGES && different.iter().all(|one| form(one) != form(&message)) {
            different.push(message);
        }
    }
    different
}

/// The canonical headers of messages without data, which are read from storage on their own.
fn without_data() -> impl Iterator<Item = Vec<u8>> {
    messages().into_iter().map(|message| {
        let data_hash = Some(DataRefs(None).hash());
        Header { data_hash, ..message.header().clone() }.canonical_bytes()
    })
}

/// Each event of each message.
fn events() -> Vec<Event> {
    messages().into_iter().flat_map(life).collect()
}

/// The events that a message can have, in no order that it can have them in.
fn life(message: SealedMessage) -> Vec<Event> {
    let (batch, tx_id) = (BatchId::from_bytes([0xb0; 16]), TransactionId::from_bytes([0xc0; 16]));
    let at = Timestamp::from_unix_nanos(1_652_664_190_123_456_789);
    let pins: Vec<_> = (0..2).map(|nonce| pin(message.topic_count(), nonce)).collect();
    let (kind, hash) = (ParentKind::TokenTransfer, MessageHash::from_bytes([0xa0; 32]));
    let parent = Parent { kind, id: tx_id, message_hash: Some(hash) };
    let text = |text: &str| NonBlank::new("text", text).unwrap();
    let (code, reason) = (text("FF10198"), text("no \u{fffd} <schema>"));
    let claims = Claims {
        local_namespace: Some("garden".into()),
        state: MessageState::Confirmed,
        batch: Some(batch),
        tx_id: None,
        pins: pins.clone(),
        confirmed: Some(at),
        reject_reason: None,
        idempotency_key: Some("key".into()),
    };
    let key = IdempotencyKey::new("k 1").unwrap();
    let position = LedgerPosition { sequence: 300, pin_index: 1 };
    vec![
        Event::Staged(Box::new(Staged {
            message: message.clone(),
            local_namespace: "garden".into(),
            idempotency: Some(Idempotency { key, fingerprint: Bytes32([3; 32]) }),
            tx_id: Some(tx_id),
            awaits: Some(Awaited { kind, id: Some(tx_id) }),
        })),
        Event::Received(Box::new(Received {
            message: message.clone(),
            local_namespace: "garden".into(),
            batch,
            tx_id,
            pins: pins.clone(),
            from: Some("peer".into()),
        })),
        Event::Imported(Box::new(Imported { message, claims, source: "a file".into() })),
        Event::Readied(Readied { why: Readiness::NothingToWaitFor }),
        Event::Readied(Readied { why: Readiness::Released(Some(parent)) }),
        Event::Sealed(Sealed { batch, tx_id, pins }),
        Event::Sent(Sent { batch, tx_id }),
        Event::Sequenced(Sequenced { batch, tx_id, position, signer: "0xab".into() }),
        Event::Confirmed(Confirmed { at, correlator: Some("c".into()) }),
        Event::Rejected(Rejected { at, code: code.clone(), reason: reason.clone() }),
        Event::Cancelled(Cancelled {
            at,
            code,
            reason: None,
            by: "me".into(),
            gap_fill: Some(MessageId::from_bytes([7; 16])),
        }),
        Event::Noted(Noted {
            kind: Refusal::ALL[0],
            evidence: Bytes32([9; 32]),
            detail: reason.as_str().to_owned(),
        }),
    ]
}

fn pin(topics: usize, nonce: u64) -> Pin {
    let hash = PinHash::from_bytes([u8::try_from(topics).unwrap_or(0xff); 32]);
    Pin { hash, nonce: topics.is_multiple_of(2).then_some(nonce) }
}

/// A record of each event.
fn records() -> Vec<Vec<u8>> {
    let record = |(sequence, event): (u64, Event)| {
        let claims = (0..sequence % 3).map(|number| Claim {
            namespace: "idempotency".into(),
            key: format!("key {number}"),
            fingerprint: [5; 32],
        });
        let record = Record {
            sequence: sequence << (sequence % 40),
            namespace: "ns1".into(),
            stream: StreamName::new("message", [3; 16]),
            version: sequence % 12,
            previous: sequence.checked_sub(1),
            append_id: [9; 16],
            append_index: 0,
            append_count: 1,
            command: "stage".into(),
            actor: "did:firefly:org/acme".into(),
            time: 1_652_664_190_123_456_789,
            claims: claims.collect(),
            event: event.kind().name().into(),
            event_version: VERSION,
            content: encode(&event),
        };
        record.encode()
    };
    (0..).zip(events()).map(record).collect()
}

/// Frames of text, of noise, and of records.
fn frames() -> Vec<Vec<u8>> {
    let mut frames = Frames::new();
    let mut made = vec![frames.next(1, "x"), frames.next(40, "the same"), frames.next_noise(300)];
    for few in records().chunks(3) {
        made.push(frames.next_of(few));
    }
    made.extend([Frames::new().next_of(&records()[..2])]);
    made.into_iter().map(|frame| frame.bytes.to_vec()).collect()
}
