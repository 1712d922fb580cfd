//! The log of a story, and in it the other messages that a command takes as evidence.

use std::sync::Arc;

use lampyris_log::shard::MemoryShard;
use lampyris_log::{Append, Claim, Log, Options, Rules};
use lampyris_message::event::{Cancelled, Confirmed, Event, Received, Rejected, Sequenced, Staged};
use lampyris_message::lifecycle::command::GapFill;
use lampyris_message::lifecycle::{Command, rules};
use lampyris_message::{Header, Message, MessageId, MessageState, MessageType, Open, TxType};
use lampyris_projection::record;

use crate::cast::{B0, KEY, POSITION, T0, at, text};

pub(crate) const NAMESPACE: &str = "garden";

/// A log that is written event by event, as no engine would let one write it.
#[derive(Debug)]
pub(crate) struct Chronicle {
    log: Log,
    appends: u128,
}

impl Chronicle {
    pub(crate) fn new(shard: &MemoryShard) -> Self {
        let rules = Rules { version: rules::VERSION, hash: rules::hash().0 };
        let options = Options::writer(rules).create([7; 16]);
        let log = Log::open_on(Arc::new(shard.share()), &options, |_| ()).unwrap();
        Self { log, appends: 0 }
    }

    /// Writes the events of one message.
    pub(crate) fn tell(&mut self, id: MessageId, events: &[Event]) {
        for event in events {
            self.appends += 1;
            let append = Append::new(self.appends.to_be_bytes(), NAMESPACE, "told", "a chronicle");
            let mut append = append.event(record::new_event(id, event));
            if let Event::Staged(staged) = event
                && let Some(used) = &staged.idempotency
            {
                append = append.claim(Claim {
                    namespace: NAMESPACE.into(),
                    key: used.key.as_str().into(),
                    fingerprint: used.fingerprint.0,
                });
            }
            self.log.append_blocking(append).unwrap();
        }
    }

    /// Writes the gap-fill that a command takes as evidence, if it takes one.
    pub(crate) fn tell_evidence(&mut self, command: &Command) {
        let gap_fill = match command {
            Command::Receive(receive) => &receive.gap_fill,
            Command::Cancel(cancel) => &cancel.gap_fill,
            _ => return,
        };
        if let Some(gap_fill) = gap_fill {
            self.tell(gap_fill.id, &life(gap_fill));
        }
    }
}

/// The events of a message that is this gap-fill.
fn life(gap_fill: &GapFill) -> Vec<Event> {
    let message_type = match gap_fill.group {
        Some(_) => MessageType::Private,
        None => MessageType::Broadcast,
    };
    let header = Header {
        id: Some(gap_fill.id),
        message_type: message_type.into(),
        tx_type: Some(Open::from(TxType::BatchPin)),
        author: gap_fill.author.clone(),
        key: KEY.to_owned(),
        created: Some(at(0)),
        namespace: NAMESPACE.to_owned(),
        group: gap_fill.group,
        topics: vec!["topic-0".to_owned()],
        tag: gap_fill.tag.clone(),
        cid: gap_fill.cid,
        ..Header::default()
    };
    let message = Message { header, ..Message::default() }.seal().unwrap();
    let (code, reason, at) = (text("FF10435"), text("no such datatype"), at(3));
    let local_namespace = NAMESPACE.to_owned();
    if gap_fill.state == MessageState::Cancelled {
        // It was ours, and given up before it had pins.
        let staged =
            Staged { message, local_namespace, idempotency: None, tx_id: None, awaits: None };
        let by = "operator".to_owned();
        let cancelled = Cancelled { at, code, reason: None, by, gap_fill: None };
        return vec![Event::Staged(Box::new(staged)), Event::Cancelled(cancelled)];
    }
    let pins = gap_fill.pins.clone();
    let received = Received { message, local_namespace, batch: B0, tx_id: T0, pins, from: None };
    let sequenced = Sequenced { batch: B0, tx_id: T0, position: POSITION, signer: KEY.to_owned() };
    let mut events = vec![Event::Received(Box::new(received)), Event::Sequenced(sequenced)];
    events.extend(match gap_fill.state {
        MessageState::Confirmed => Some(Event::Confirmed(Confirmed { at, correlator: None })),
        MessageState::Rejected => Some(Event::Rejected(Rejected { at, code, reason })),
        MessageState::Staged
        | MessageState::Ready
        | MessageState::Sent
        | MessageState::Pending
        | MessageState::Cancelled => None,
    });
    events
}
