//! Reading event content: the order of every array, as it is written.
//!
//! It checks the schema, the message, and that every item is in its one spelling; what it takes is
//! exactly what is written for the event.

mod element;
mod skim;

pub(super) use element::data_event;
pub(super) use skim::skim;

use super::item::{Items, schema};
use super::{ContentError, Refused};
use crate::event::{
    Awaited, Cancelled, Claims, Confirmed, Event, EventKind, Idempotency, Imported, LedgerPosition,
    Noted, Parent, ParentKind, Readied, Readiness, Received, Rejected, Sealed, Sent, Sequenced,
    Staged,
};
use crate::hash::{Bytes32, DataHash, MessageHash, PinHash};
use crate::id::{BatchId, DataId, MessageId, TransactionId};
use crate::kind::MessageState;
use crate::lifecycle::Refusal;
use crate::text::{IdempotencyKey, NonBlank, TextError};
use crate::{Pin, SealedMessage, SealedRef, Timestamp};

/// The least that a pin or a reference takes: a hash, its head and that of the array.
const LEAST_ITEM_BYTES: usize = 34;

type Result<T> = std::result::Result<T, Refused>;

/// Reads the content of an event of this kind.
pub(super) fn event(kind: EventKind, content: &[u8]) -> Result<Event> {
    let mut content = Content(Items::new(content));
    let event = content.event(kind)?;
    content.0.end()?;
    Ok(event)
}

struct Content<'b>(Items<'b>);

impl Content<'_> {
    fn event(&mut self, kind: EventKind) -> Result<Event> {
        match kind {
            EventKind::Staged => self.staged().map(|event| Event::Staged(Box::new(event))),
            EventKind::Received => self.received().map(|event| Event::Received(Box::new(event))),
            EventKind::Imported => self.imported().map(|event| Event::Imported(Box::new(event))),
            EventKind::Readied => self.readied().map(Event::Readied),
            EventKind::Sealed => self.sealed().map(Event::Sealed),
            EventKind::Sent => self.sent().map(Event::Sent),
            EventKind::Sequenced => self.sequenced().map(Event::Sequenced),
            EventKind::Confirmed => self.confirmed().map(Event::Confirmed),
            EventKind::Rejected => self.rejected().map(Event::Rejected),
            EventKind::Cancelled => self.cancelled().map(Event::Cancelled),
            EventKind::Noted => self.noted().map(Event::Noted),
        }
    }

    fn staged(&mut self) -> Result<Staged> {
        self.array(7)?;
        Ok(Staged {
            message: self.message()?,
            local_namespace: self.text()?,
            idempotency: self.option(Self::idempotency)?,
            tx_id: self.option(Self::transaction)?,
            awaits: self.option(Self::awaited)?,
        })
    }

    fn received(&mut self) -> Result<Received> {
        self.array(8)?;
        Ok(Received {
            message: self.message()?,
            local_namespace: self.text()?,
            batch: self.batch()?,
            tx_id: self.transaction()?,
            pins: self.pins()?,
            from: self.option(Self::text)?,
        })
    }

    fn imported(&mut self) -> Result<Imported> {
        self.array(5)?;
        Ok(Imported { message: self.message()?, claims: self.claims()?, source: self.text()? })
    }

    fn claims(&mut self) -> Result<Claims> {
        self.array(8)?;
        Ok(Claims {
            local_namespace: self.option(Self::text)?,
            state: self.state()?,
            batch: self.option(Self::batch)?,
            tx_id: self.option(Self::transaction)?,
            pins: self.pins()?,
            confirmed: self.option(Self::time)?,
            reject_reason: self.option(Self::text)?,
            idempotency_key: self.option(Self::text)?,
        })
    }

    /// A state is read in any case, and written in lower case.
    fn state(&mut self) -> Result<MessageState> {
        self.named("a message state", |name| {
            let state = MessageState::parse(name).ok()?;
            Some(if state.as_str() == name { Ok(state) } else { Err(Refused::Spelling) })
        })?
    }

    fn readied(&mut self) -> Result<Readied> {
        let at = self.0.position();
        let why = match self.0.array()? {
            Some(0) => Readiness::NothingToWaitFor,
            Some(1) => Readiness::Released(self.option(Self::parent)?),
            Some(_) | None => return Err(schema("expected an array of 0 or 1", at)),
        };
        Ok(Readied { why })
    }

    fn sealed(&mut self) -> Result<Sealed> {
        self.array(3)?;
        Ok(Sealed { batch: self.batch()?, tx_id: self.transaction()?, pins: self.pins()? })
    }

    fn sent(&mut self) -> Result<Sent> {
        self.array(2)?;
        Ok(Sent { batch: self.batch()?, tx_id: self.transaction()? })
    }

    fn sequenced(&mut self) -> Result<Sequenced> {
        self.array(5)?;
        Ok(Sequenced {
            batch: self.batch()?,
            tx_id: self.transaction()?,
            position: LedgerPosition { sequence: self.0.u64()?, pin_index: self.0.u64()? },
            signer: self.text()?,
        })
    }

    fn confirmed(&mut self) -> Result<Confirmed> {
        self.array(2)?;
        Ok(Confirmed { at: self.time()?, correlator: self.option(Self::text)? })
    }

    fn rejected(&mut self) -> Result<Rejected> {
        self.array(3)?;
        Ok(Rejected {
            at: self.time()?,
            code: self.checked(|text| NonBlank::new("code", text))?,
            reason: self.checked(|text| NonBlank::new("reason", text))?,
        })
    }

    fn cancelled(&mut self) -> Result<Cancelled> {
        self.array(5)?;
        Ok(Cancelled {
            at: self.time()?,
            code: self.checked(|text| NonBlank::new("code", text))?,
            reason: self.option(Self::text)?,
            by: self.text()?,
            gap_fill: self.option(|content| content.fixed().map(MessageId::from_bytes))?,
        })
    }

    fn noted(&mut self) -> Result<Noted> {
        self.array(3)?;
        Ok(Noted {
            kind: self.named("the name of a refusal", Refusal::from_name)?,
            evidence: Bytes32(self.fixed()?),
            detail: self.text()?,
        })
    }

    fn message(&mut self) -> Result<SealedMessage> {
        let recorded = MessageHash::from_bytes(self.fixed()?);
        let header = self.0.bytes()?;
        let references = self.option(Self::references)?;
        let message =
            SealedMessage::from_header_bytes(header, references).map_err(ContentError::from)?;
        if message.hash() == recorded {
            Ok(message)
        } else {
            let (id, found) = (message.id(), message.hash());
            Err(ContentError::MessageHash { id, recorded, found }.into())
        }
    }

    fn references(&mut self) -> Result<Vec<SealedRef>> {
        self.list(|content| {
            content.array(2)?;
            Ok(SealedRef {
                id: DataId::from_bytes(content.fixed()?),
                hash: DataHash::from_bytes(content.fixed()?),
            })
        })
    }

    fn idempotency(&mut self) -> Result<Idempotency> {
        self.array(2)?;
        Ok(Idempotency {
            key: self.checked(IdempotencyKey::new)?,
            fingerprint: Bytes32(self.fixed()?),
        })
    }

    fn awaited(&mut self) -> Result<Awaited> {
        self.array(2)?;
        Ok(Awaited { kind: self.parent_kind()?, id: self.option(Self::transaction)? })
    }

    fn parent(&mut self) -> Result<Parent> {
        self.array(3)?;
        Ok(Parent {
            kind: self.parent_kind()?,
            id: self.transaction()?,
            message_hash: self.option(|content| content.fixed().map(MessageHash::from_bytes))?,
        })
    }

    fn parent_kind(&mut self) -> Result<ParentKind> {
        self.named("the kind of a parent", ParentKind::from_name)
    }

    fn pins(&mut self) -> Result<Vec<Pin>> {
        self.list(|content| {
            content.array(2)?;
            let hash = PinHash::from_bytes(content.fixed()?);
            let nonce = content.option(|content| content.0.u64())?;
            Ok(Pin { hash, nonce })
        })
    }

    fn time(&mut self) -> Result<Timestamp> {
        self.array(2)?;
        let (seconds, at) = (self.0.i64()?, self.0.position());
        let nanos = self.0.u32()?;
        Timestamp::from_unix_seconds(seconds, nanos)
            .ok_or_else(|| schema("expected a time of the years 0 to 10000", at))
    }

    fn batch(&mut self) -> Result<BatchId> {
        self.fixed().map(BatchId::from_bytes)
    }

    fn transaction(&mut self) -> Result<TransactionId> {
        self.fixed().map(TransactionId::from_bytes)
    }

    fn text(&mut self) -> Result<String> {
        Ok(self.0.text()?.to_owned())
    }

    fn checked<T>(
        &mut self,
        check: impl FnOnce(&str) -> std::result::Result<T, TextError>,
    ) -> Result<T> {
        let at = self.0.position();
        check(self.0.text()?).map_err(|error| schema(&error.to_string(), at))
    }

    fn named<T>(&mut self, what: &str, find: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        let at = self.0.position();
        find(self.0.text()?).ok_or_else(|| schema(&format!("expected {what}"), at))
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N]> {
        let at = self.0.position();
        let bytes = self.0.bytes()?;
        bytes.try_into().map_err(|_| schema(&format!("expected {N} bytes"), at))
    }

    fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>> {
        if self.0.null() { Ok(None) } else { read(self).map(Some) }
    }

    /// A list of arrays; what is left bounds its memory, so a false length takes none.
    fn list<T>(&mut self, read: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let at = self.0.position();
        let length = self.0.array()?.ok_or_else(|| schema("expected a definite array", at))?;
        let possible = self.0.left() / LEAST_ITEM_BYTES;
        let mut items =
            Vec::with_capacity(usize::try_from(length).unwrap_or(possible).min(possible));
        for _ in 0..length {
            items.push(read(self)?);
        }
        Ok(items)
    }

    fn array(&mut self, length: u64) -> Result<()> {
        let at = self.0.position();
        if self.0.array()? == Some(length) {
            Ok(())
        } else {
            Err(schema(&format!("expected an array of {length}"), at))
        }
    }
}
