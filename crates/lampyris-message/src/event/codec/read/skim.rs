//! Reading the beginning of a message: the schema and the spelling of the whole content, and of the
//! header nothing but its id.
//!
//! No hash is computed and no header read: the log's bytes are verified by the log, and what they
//! say of a message is judged by who decodes the event.

use std::borrow::Cow;

use super::{Content, Items, Result, schema};
use crate::event::EventKind;
use crate::event::beginning::{Beginning, Skimmed};
use crate::header::stored;
use crate::id::MessageId;
use crate::kind::MessageState;
use crate::text::IdempotencyKey;

/// Skims the content of an event of this kind.
pub(in crate::event::codec) fn skim(kind: EventKind, content: &[u8]) -> Result<Skimmed<'_>> {
    let mut content = Content(Items::new(content));
    let skimmed = match kind {
        EventKind::Staged => Skimmed::First(content.skim_staged()?),
        EventKind::Received => Skimmed::First(content.skim_received()?),
        EventKind::Imported => Skimmed::First(content.skim_imported()?),
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
        let (id, header_bytes) = self.skim_message()?;
        self.0.text()?;
        let idempotency_key = self.option(Self::skim_idempotency)?;
        self.option(Self::transaction)?;
        self.option(Self::awaited)?;
        let (state, pins) = (MessageState::Staged, Some(Cow::default()));
        Ok(Beginning { id, state, idempotency_key, header_bytes, pins })
    }

    fn skim_received(&mut self) -> Result<Beginning<'b>> {
        self.array(8)?;
        let (id, header_bytes) = self.skim_message()?;
        self.0.text()?;
        self.batch()?;
        self.transaction()?;
        let (state, pins) = (MessageState::Pending, Some(Cow::from(self.pins()?)));
        self.option(|content| content.0.text())?;
        Ok(Beginning { id, state, idempotency_key: None, header_bytes, pins })
    }

    fn skim_imported(&mut self) -> Result<Beginning<'b>> {
        self.array(5)?;
        let (id, header_bytes) = self.skim_message()?;
        let state = self.skim_claims()?;
        self.0.text()?;
        Ok(Beginning { id, state, idempotency_key: None, header_bytes, pins: None })
    }

    /// The claimed state.
    fn skim_claims(&mut self) -> Result<MessageState> {
        self.array(8)?;
        self.option(|content| content.0.text())?;
        let state = self.state()?;
        self.option(Self::batch)?;
        self.option(Self::transaction)?;
        self.pins()?;
        self.option(Self::time)?;
        self.option(|content| content.0.text())?;
        self.option(|content| content.0.text())?;
        Ok(state)
    }

    fn skim_message(&mut self) -> Result<(MessageId, &'b [u8])> {
        self.fixed::<32>()?;
        let at = self.0.position();
        let header = self.0.bytes()?;
        self.option(Self::references)?;
        let id = stored::id(header).ok_or_else(|| schema("expected a header with an id", at))?;
        Ok((id, header))
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
