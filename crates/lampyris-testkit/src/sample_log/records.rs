//! The records that sample logs are made of, each as if it were the first of its stream.
//! Where they stand, and what they follow, is for the log to say that takes them.

use lampyris_evidence::identity::{Identity, LOG_KIND, OwnEvent, Rules};
use lampyris_evidence::record::{Record, StreamName};
use lampyris_message::event::codec;
use lampyris_message::event::{
    Confirmed, Content, DataAdded, DataErased, DataEvent, Event, Held, LedgerPosition, Sealed,
    Staged,
};
use lampyris_message::lifecycle::command::{Dispatched, Sequence, Stage};
use lampyris_message::lifecycle::{Command, Decision, State, decide, evolve, rules};
use lampyris_message::text::ErasureReason;
use lampyris_message::{
    BatchId, DataId, Header, Message, MessageId, MessageType, Open, Timestamp, TransactionId,
    TxType, ValidatorType,
};
use lampyris_verify::stream::{DATA, MESSAGE};

use super::ORIGIN;

/// The id of the message with this number.
pub fn message_id(number: u8) -> MessageId {
    MessageId::from_bytes([number + 1; 16])
}

/// The events of a message from its staging to its confirmation.
pub fn life(number: u8) -> Vec<Event> {
    let created = Timestamp::parse("2026-01-02T03:04:05.678Z").unwrap();
    let mut message = Message {
        header: Header {
            id: Some(message_id(number)),
            message_type: Open::from(MessageType::Broadcast),
            tx_type: Some(Open::from(TxType::BatchPin)),
            author: "did:firefly:org/acme".to_owned(),
            key: "0x1".to_owned(),
            created: Some(created),
            namespace: "ns1".to_owned(),
            tag: format!("order_{number}"),
            ..Header::default()
        },
        ..Message::default()
    };
    let staged = Staged {
        message: message.seal().unwrap(),
        local_namespace: "default".to_owned(),
        idempotency: None,
        tx_id: None,
        awaits: None,
    };
    let (batch, tx_id) = (BatchId::from_bytes([number; 16]), TransactionId::from_bytes([9; 16]));
    let position = LedgerPosition { sequence: 5 + u64::from(number), pin_index: 0 };
    let signer = "0x1".to_owned();
    let commands = [
        Command::Stage(Box::new(Stage::new(staged, None).unwrap())),
        Command::Seal(Sealed { batch, tx_id, pins: Vec::new() }),
        Command::Dispatched(Dispatched { batch, at: created }),
        Command::Sequence(Sequence { batch, tx_id: None, position, signer }),
    ];
    let (mut state, mut told) = (State::Absent, Vec::new());
    for command in commands {
        let Decision::Step(events) = decide(&state, &command) else { panic!("{command}") };
        for event in events {
            state = evolve(state, &event).unwrap();
            told.push(event);
        }
    }
    told.push(Event::Confirmed(Confirmed { at: created, correlator: None }));
    told
}

/// The first record of a sample log.
pub fn opened() -> Record {
    let rules = Rules { version: rules::VERSION, hash: rules::hash().0 };
    own(&OwnEvent::Opened(Identity {
        log_id: [7; 16],
        origin: ORIGIN.to_owned(),
        rules,
        layout: 2,
        recoveries: Vec::new(),
    }))
}

/// A record of the log's own stream.
pub fn own(event: &OwnEvent) -> Record {
    let stream = StreamName::new(LOG_KIND, [7; 16]);
    record("", stream, event.name(), event.encode())
}

/// A record of a message's stream.
pub fn event(id: MessageId, event: &Event) -> Record {
    let stream = StreamName::new(MESSAGE, *id.as_bytes());
    record("default", stream, event.kind().name(), codec::encode(event))
}

/// A record of a data element's stream.
pub fn element() -> Record {
    let event = DataEvent::Added(DataAdded {
        validator: Open::from(ValidatorType::Json),
        datatype: None,
        created: Timestamp::parse("2026-01-02T03:04:05.678Z").unwrap(),
        content: Content::Value(Held::of(b"1")),
        details: None,
    });
    let stream = StreamName::new(DATA, *DataId::from_bytes([8; 16]).as_bytes());
    record("default", stream, event.kind().name(), codec::encode_data(&event))
}

/// A record that the same data element was erased.
pub fn erased() -> Record {
    let reason = ErasureReason::new("asked for").unwrap();
    let event = DataEvent::Erased(DataErased { reason });
    let stream = StreamName::new(DATA, *DataId::from_bytes([8; 16]).as_bytes());
    record("default", stream, event.kind().name(), codec::encode_data(&event))
}

fn record(namespace: &str, stream: StreamName, event: &str, content: Vec<u8>) -> Record {
    Record {
        sequence: 0,
        namespace: namespace.to_owned(),
        stream,
        version: 0,
        previous: None,
        append_id: [0; 16],
        append_index: 0,
        append_count: 1,
        command: event.to_owned(),
        actor: "did:firefly:org/acme".to_owned(),
        time: 0,
        claims: Vec::new(),
        event: event.to_owned(),
        event_version: 1,
        content,
    }
}
