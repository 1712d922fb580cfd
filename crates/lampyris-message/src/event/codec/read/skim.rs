//! Reading the beginning of a message: the schema and the spelling of the whole content and of its
//! header.
//!
//! No hash is computed: the log's bytes are verified by the log, and what they say of a message is
//! judged by who decodes the event.

use std::borrow::Cow;

use super::{Content, Items, Result, schema};
use crate::event::EventKind;
use crate::event::beginning::{Beginning, Claimed, Skimmed};
use crate::hash::MessageHash;
use crate::header::stored;
use crate::kind::MessageState;
use crate::text::IdempotencyKey;

/// Skims the content of an event of this kind.
pub(in crate::event::codec) fn skim(kind: EventKind, content: &[u8]) -> Result<Skimmed<'_>> {
    let mut content = Content(Items::new(content));
    let skimmed = match kind {
        EventKind::Staged => Skimmed::First(Box::new(content.skim_staged()?)),
        EventKind::Received => Skimmed::First(Box::new(content.skim_received()?)),
        EventKind::Imported => Skimmed::First(Box::new(content.skim_imported()?)),
        EventKind::Readied
        | EventKind::Sealed
        | EventKind::Sent
        | EventKind::Sequenced
        | EventKind::Confirmed
        | EventKind::Rejected
        | EventKind::Cancelled
        | EventKind::Noted => Skimmed::Later(content.event(kind)?),
    };
    content.0.end()?;
    Ok(skimmed)
}

impl<'b> Content<'b> {
    fn skim_staged(&mut self) -> Result<Beginning<'b>> {
        self.array(7)?;
        let message = self.skim_message(MessageState::Staged)?;
        let local_namespace = Some(self.0.text()?);
        let idempotency_key = self.option(Self::skim_idempotency)?;
        let tx_id = self.option(Self::transaction)?;
        self.option(Self::awaited)?;
        Ok(Beginning { local_namespace, idempotency_key, tx_id, ..message })
    }

    fn skim_received(&mut self) -> Result<Beginning<'b>> {
        self.array(8)?;
        let message = self.skim_message(MessageState::Pending)?;
        let local_namespace = Some(self.0.text()?);
        let (batch, tx_id) = (Some(self.batch()?), Some(self.transaction()?));
        let pins = Cow::from(self.pins()?);
        self.option(|content| content.0.text())?;
        Ok(Beginning { local_namespace, batch, tx_id, pins, ..message })
    }

    fn skim_imported(&mut self) -> Result<Beginning<'b>> {
        self.array(5)?;
        let mut message = self.skim_message(MessageState::Pending)?;
        self.skim_claims(&mut message)?;
        self.0.text()?;
        Ok(message)
    }

    fn skim_claims(&mut self, message: &mut Beginning<'b>) -> Result<()> {
        self.array(8)?;
        message.local_namespace = self.option(|content| content.0.text())?;
        message.state = self.state()?;
        message.batch = self.option(Self::batch)?;
        message.tx_id = self.option(Self::transaction)?;
        message.pins = Cow::from(self.pins()?);
        message.claimed = Some(Claimed {
            confirmed: self.option(Self::time)?,
            reject_reason: self.option(|content| content.0.text())?,
            idempotency_key: self.option(|content| content.0.text())?,
        });
        Ok(())
    }

    /// A message in the state that it begins in.
    fn skim_message(&mut self, state: MessageState) -> Result<Beginning<'b>> {
        let hash = MessageHash::from_bytes(self.fixed()?);
        let at = self.0.position();
        let bytes = self.0.bytes()?;
        let data = self.option(Self::references)?.map(Cow::from);
        let header = stored::header(bytes).map(stored::StoredHeader::into_header);
        let header = header.ok_or_else(|| schema("expected a header in canonical form", at))?;
        let id = header.id.ok_or_else(|| schema("expected a header with an id", at))?;
        Ok(Beginning {
            header: Cow::Owned(header),
            id,
            hash,
            data,
            local_namespace: None,
            state,
            idempotency_key: None,
            batch: None,
            tx_id: None,
            pins: Cow::default(),
            claimed: None,
        })
    }

    fn skim_idempotency(&mut self) -> Result<&'b str> {
        self.array(2)?;
        let at = self.0.position();
        let key = self.0.text()?;
        IdempotencyKey::new(key).map_err(|error| schema(&error.to_string(), at))?;
        self.fixed::<32>()?;
        Ok(key)
    }
}
