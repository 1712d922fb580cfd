//! Writing event content: the order of every array, once.
//!
//! It cannot fail: a sink of bytes takes everything.

mod element;

use std::convert::Infallible;

use minicbor::Encoder;
use minicbor::encode::Write;

use crate::event::{
    Awaited, Cancelled, Claims, Confirmed, Event, Idempotency, Imported, Noted, Parent, Readied,
    Readiness, Received, Rejected, Sealed, Sent, Sequenced, Staged,
};
use crate::id::{BatchId, TransactionId};
use crate::{Pin, SealedMessage, Timestamp};

pub(super) use element::data_event;

type Result = std::result::Result<(), minicbor::encode::Error<Infallible>>;

/// Writes the content of `event`.
pub(super) fn event<W: Write<Error = Infallible>>(sink: W, event: &Event) {
    let mut content = Content(Encoder::new(sink));
    // The sink cannot fail, and an encoder has no other reason to.
    let _infallible = match event {
        Event::Staged(staged) => content.staged(staged),
        Event::Received(received) => content.received(received),
        Event::Imported(imported) => content.imported(imported),
        Event::Readied(readied) => content.readied(readied),
        Event::Sealed(sealed) => content.sealed(sealed),
        Event::Sent(sent) => content.sent(sent),
        Event::Sequenced(sequenced) => content.sequenced(sequenced),
        Event::Confirmed(confirmed) => content.confirmed(confirmed),
        Event::Rejected(rejected) => content.rejected(rejected),
        Event::Cancelled(cancelled) => content.cancelled(cancelled),
        Event::Noted(noted) => content.noted(noted),
    };
}

struct Content<W>(Encoder<W>);

impl<W: Write<Error = Infallible>> Content<W> {
    fn staged(&mut self, staged: &Staged) -> Result {
        self.0.array(7)?;
        self.message(&staged.message)?;
        self.text(&staged.local_namespace)?;
        self.option(staged.idempotency.as_ref(), Self::idempotency)?;
        self.option(staged.tx_id.as_ref(), Self::transaction)?;
        self.option(staged.awaits.as_ref(), Self::awaited)
    }

    fn received(&mut self, received: &Received) -> Result {
        self.0.array(8)?;
        self.message(&received.message)?;
        self.text(&received.local_namespace)?;
        self.batch(&received.batch)?;
        self.transaction(&received.tx_id)?;
        self.pins(&received.pins)?;
        self.option(received.from.as_deref(), Self::text)
    }

    fn imported(&mut self, imported: &Imported) -> Result {
        self.0.array(5)?;
        self.message(&imported.message)?;
        self.claims(&imported.claims)?;
        self.text(&imported.source)
    }

    fn claims(&mut self, claims: &Claims) -> Result {
        self.0.array(8)?;
        self.option(claims.local_namespace.as_deref(), Self::text)?;
        self.text(claims.state.as_str())?;
        self.option(claims.batch.as_ref(), Self::batch)?;
        self.option(claims.tx_id.as_ref(), Self::transaction)?;
        self.pins(&claims.pins)?;
        self.option(claims.confirmed.as_ref(), Self::time)?;
        self.option(claims.reject_reason.as_deref(), Self::text)?;
        self.option(claims.idempotency_key.as_deref(), Self::text)
    }

    fn readied(&mut self, readied: &Readied) -> Result {
        match &readied.why {
            Readiness::NothingToWaitFor => self.0.array(0)?.ok(),
            Readiness::Released(parent) => {
                self.0.array(1)?;
                self.option(parent.as_ref(), Self::parent)
            }
        }
    }

    fn sealed(&mut self, sealed: &Sealed) -> Result {
        self.0.array(3)?;
        self.batch(&sealed.batch)?;
        self.transaction(&sealed.tx_id)?;
        self.pins(&sealed.pins)
    }

    fn sent(&mut self, sent: &Sent) -> Result {
        self.0.array(2)?;
        self.batch(&sent.batch)?;
        self.transaction(&sent.tx_id)
    }

    fn sequenced(&mut self, sequenced: &Sequenced) -> Result {
        self.0.array(5)?;
        self.batch(&sequenced.batch)?;
        self.transaction(&sequenced.tx_id)?;
        self.0.u64(sequenced.position.sequence)?.u64(sequenced.position.pin_index)?;
        self.text(&sequenced.signer)
    }

    fn confirmed(&mut self, confirmed: &Confirmed) -> Result {
        self.0.array(2)?;
        self.time(&confirmed.at)?;
        self.option(confirmed.correlator.as_deref(), Self::text)
    }

    fn rejected(&mut self, rejected: &Rejected) -> Result {
        self.0.array(3)?;
        self.time(&rejected.at)?;
        self.text(rejected.code.as_str())?;
        self.text(rejected.reason.as_str())
    }

    fn cancelled(&mut self, cancelled: &Cancelled) -> Result {
        self.0.array(5)?;
        self.time(&cancelled.at)?;
        self.text(cancelled.code.as_str())?;
        self.option(cancelled.reason.as_deref(), Self::text)?;
        self.text(&cancelled.by)?;
        self.option(cancelled.gap_fill.as_ref(), |content, id| content.0.bytes(id.as_bytes())?.ok())
    }

    fn noted(&mut self, noted: &Noted) -> Result {
        self.0.array(3)?;
        self.0.str(noted.kind.name())?.bytes(&noted.evidence.0)?;
        self.text(&noted.detail)
    }

    /// Three items: the hash, the header bytes that were hashed, the data references.
    fn message(&mut self, message: &SealedMessage) -> Result {
        self.0.bytes(message.hash().as_bytes())?.bytes(message.header_bytes())?;
        let Some(references) = message.data_list() else { return self.0.null()?.ok() };
        self.0.array(references.len() as u64)?;
        for reference in references {
            self.0.array(2)?.bytes(reference.id.as_bytes())?.bytes(reference.hash.as_bytes())?;
        }
        Ok(())
    }

    fn idempotency(&mut self, idempotency: &Idempotency) -> Result {
        self.0.array(2)?.str(idempotency.key.as_str())?.bytes(&idempotency.fingerprint.0)?.ok()
    }

    fn awaited(&mut self, awaited: &Awaited) -> Result {
        self.0.array(2)?.str(awaited.kind.name())?;
        self.option(awaited.id.as_ref(), Self::transaction)
    }

    fn parent(&mut self, parent: &Parent) -> Result {
        self.0.array(3)?.str(parent.kind.name())?;
        self.transaction(&parent.id)?;
        self.option(parent.message_hash.as_ref(), |content, hash| {
            content.0.bytes(hash.as_bytes())?.ok()
        })
    }

    fn pins(&mut self, pins: &[Pin]) -> Result {
        self.0.array(pins.len() as u64)?;
        for pin in pins {
            self.0.array(2)?.bytes(pin.hash.as_bytes())?;
            self.option(pin.nonce.as_ref(), |content, nonce| content.0.u64(*nonce)?.ok())?;
        }
        Ok(())
    }

    /// Seconds since 1970 and the nanoseconds of that second, so that every year fits.
    fn time(&mut self, time: &Timestamp) -> Result {
        self.0.array(2)?.i64(time.unix_seconds())?.u32(time.subsec_nanos())?.ok()
    }

    fn batch(&mut self, batch: &BatchId) -> Result {
        self.0.bytes(batch.as_bytes())?.ok()
    }

    fn transaction(&mut self, transaction: &TransactionId) -> Result {
        self.0.bytes(transaction.as_bytes())?.ok()
    }

    fn text(&mut self, text: &str) -> Result {
        self.0.str(text)?.ok()
    }

    fn option<T: ?Sized>(
        &mut self,
        item: Option<&T>,
        write: impl FnOnce(&mut Self, &T) -> Result,
    ) -> Result {
        match item {
            Some(item) => write(self, item),
            None => self.0.null()?.ok(),
        }
    }
}
