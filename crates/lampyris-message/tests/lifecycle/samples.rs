//! Random events, legal anywhere or not: for what must hold of their bytes.

use lampyris_message::event::{
    Awaited, Cancelled, Claims, Confirmed, Event, Idempotency, Imported, LedgerPosition, Noted,
    Parent, ParentKind, Readied, Readiness, Received, Rejected, Sealed, Sent, Sequenced, Staged,
};
use lampyris_message::lifecycle::Refusal;
use lampyris_message::message::{DataRef, DataRefs};
use lampyris_message::text::{IdempotencyKey, NonBlank};
use lampyris_message::{
    BatchId, Bytes32, DataHash, DataId, Message, MessageHash, MessageId, MessageState, Pin,
    PinHash, SealedMessage, Timestamp, TransactionId,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::cast::{PINNINGS, named};

/// Any event.
pub(crate) fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        staged().prop_map(|event| Event::Staged(Box::new(event))),
        received().prop_map(|event| Event::Received(Box::new(event))),
        imported().prop_map(|event| Event::Imported(Box::new(event))),
        readiness().prop_map(|why| Event::Readied(Readied { why })),
        (batch(), tx(), pins())
            .prop_map(|(batch, tx_id, pins)| { Event::Sealed(Sealed { batch, tx_id, pins }) }),
        (batch(), tx()).prop_map(|(batch, tx_id)| Event::Sent(Sent { batch, tx_id })),
        sequenced().prop_map(Event::Sequenced),
        (time(), of(text()))
            .prop_map(|(at, correlator)| Event::Confirmed(Confirmed { at, correlator })),
        (time(), non_blank(), non_blank())
            .prop_map(|(at, code, reason)| Event::Rejected(Rejected { at, code, reason })),
        cancelled().prop_map(Event::Cancelled),
        noted().prop_map(Event::Noted),
    ]
}

fn staged() -> impl Strategy<Value = Staged> {
    let idempotency = ("[^\\s]{1,256}", bytes()).prop_map(|(key, fingerprint)| Idempotency {
        key: IdempotencyKey::new(&key).unwrap(),
        fingerprint: Bytes32(fingerprint),
    });
    let awaits = (parent_kind(), of(tx())).prop_map(|(kind, id)| Awaited { kind, id });
    (message(), text(), of(idempotency), of(tx()), of(awaits)).prop_map(
        |(message, local_namespace, idempotency, tx_id, awaits)| Staged {
            message,
            local_namespace,
            idempotency,
            tx_id,
            awaits,
        },
    )
}

fn received() -> impl Strategy<Value = Received> {
    (message(), text(), batch(), tx(), pins(), of(text())).prop_map(
        |(message, local_namespace, batch, tx_id, pins, from)| Received {
            message,
            local_namespace,
            batch,
            tx_id,
            pins,
            from,
        },
    )
}

fn imported() -> impl Strategy<Value = Imported> {
    let told = (of(text()), select(MessageState::ALL), of(batch()), of(tx()));
    let more = (pins(), of(time()), of(text()), of(text()));
    let claims = (told, more).prop_map(
        |(
            (local_namespace, state, batch, tx_id),
            (pins, confirmed, reject_reason, idempotency_key),
        )| Claims {
            local_namespace,
            state,
            batch,
            tx_id,
            pins,
            confirmed,
            reject_reason,
            idempotency_key,
        },
    );
    (message(), claims, text()).prop_map(|(message, claims, source)| Imported {
        message,
        claims,
        source,
    })
}

fn readiness() -> impl Strategy<Value = Readiness> {
    let parent = (parent_kind(), tx(), of(bytes())).prop_map(|(kind, id, hash)| Parent {
        kind,
        id,
        message_hash: hash.map(MessageHash::from_bytes),
    });
    prop_oneof![Just(Readiness::NothingToWaitFor), of(parent).prop_map(Readiness::Released)]
}

fn sequenced() -> impl Strategy<Value = Sequenced> {
    (batch(), tx(), any::<u64>(), any::<u64>(), text()).prop_map(
        |(batch, tx_id, sequence, pin_index, signer)| Sequenced {
            batch,
            tx_id,
            position: LedgerPosition { sequence, pin_index },
            signer,
        },
    )
}

fn cancelled() -> impl Strategy<Value = Cancelled> {
    (time(), non_blank(), of(text()), text(), of(id()))
        .prop_map(|(at, code, reason, by, gap_fill)| Cancelled { at, code, reason, by, gap_fill })
}

fn noted() -> impl Strategy<Value = Noted> {
    (select(Refusal::ALL), bytes(), text()).prop_map(|(kind, evidence, detail)| Noted {
        kind,
        evidence: Bytes32(evidence),
        detail,
    })
}

/// A message of each pinning, with data, with none, and without the list.
fn message() -> impl Strategy<Value = SealedMessage> {
    let reference = (any::<[u8; 16]>(), bytes()).prop_map(|(id, hash)| {
        Some(DataRef { id: Some(DataId::from_bytes(id)), hash: Some(DataHash::from_bytes(hash)) })
    });
    (id(), select(&PINNINGS[..]), 1..4_usize, of(vec(reference, 0..3))).prop_map(
        |(id, pinning, topics, data)| {
            let mut header = named(id, pinning, topics, "sample").header().clone();
            header.data_hash = Some(DataRefs(data.clone()).hash());
            let hash = Some(header.hash());
            Message { header, hash, data, ..Message::default() }.verify().unwrap()
        },
    )
}

fn pins() -> impl Strategy<Value = Vec<Pin>> {
    let pin = (bytes(), of(any::<u64>()))
        .prop_map(|(hash, nonce)| Pin { hash: PinHash::from_bytes(hash), nonce });
    vec(pin, 0..4)
}

/// Any moment that a text can name, its ends included.
pub(crate) fn time() -> impl Strategy<Value = Timestamp> {
    let seconds = prop_oneof![
        Just(-62_167_219_200),
        Just(253_402_300_799),
        -62_167_219_200..253_402_300_799_i64,
    ];
    (seconds, 0..1_000_000_000_u32)
        .prop_map(|(seconds, nanos)| Timestamp::from_unix_seconds(seconds, nanos).unwrap())
}

fn non_blank() -> impl Strategy<Value = NonBlank> {
    "\\PC{0,8}[a-z]\\PC{0,300}".prop_map(|text| NonBlank::new("text", &text).unwrap())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,300}", ".{0,8}"]
}

fn parent_kind() -> impl Strategy<Value = ParentKind> {
    select(ParentKind::ALL)
}

fn id() -> impl Strategy<Value = MessageId> {
    any::<[u8; 16]>().prop_map(MessageId::from_bytes)
}

fn batch() -> impl Strategy<Value = BatchId> {
    any::<[u8; 16]>().prop_map(BatchId::from_bytes)
}

fn tx() -> impl Strategy<Value = TransactionId> {
    any::<[u8; 16]>().prop_map(TransactionId::from_bytes)
}

fn bytes() -> impl Strategy<Value = [u8; 32]> {
    any::<[u8; 32]>()
}
