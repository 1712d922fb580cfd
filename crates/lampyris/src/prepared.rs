//! A request made ready for the table: as a command, with an id, hashes and times, before anything is locked.
//!
//! Only evidence about other messages is still missing from it.

use lampyris_log::Ticket;
use lampyris_message::data::inline::InvalidEntry;
use lampyris_message::event::{
    Confirmed, DataAdded, Idempotency, Received, Rejected, Sealed, Staged,
};
use lampyris_message::lifecycle::Command;
use lampyris_message::lifecycle::command::{
    Cancel, Dispatched, Import, Receive, Release, Sequence, Stage,
};
use lampyris_message::{InvalidData, MessageId, SealedMessage, Timestamp};

use crate::elements::Element;
use crate::error::Error;
use crate::ids::IdSource;
use crate::request::{Arrival, Cancellation, LedgerPin, Request, Seal};
use crate::submission::{Found, InLine, Submission};

/// What a request is prepared with.
pub(crate) struct Preparing<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) actor: &'a str,
    pub(crate) now: Timestamp,
    /// Draws the id of a message that has none.
    pub(crate) ids: &'a dyn IdSource,
    /// What is known of a submission's data.
    pub(crate) found: &'a Found,
}

/// A command about one message.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) id: MessageId,
    pub(crate) command: Command,
    /// The gap-fill that the request names.
    pub(crate) gap_fill: Option<MessageId>,
    /// The new data elements that it brings, in the order of the message's data.
    pub(crate) elements: Vec<Element>,
    /// What of the data store must be durable before they are added.
    pub(crate) after: Ticket,
    /// Their values were put into the data store.
    pub(crate) is_kept: bool,
    /// The submission with its data resolved, where its id was given and its time was not.
    pub(crate) undated: Option<Box<Submission>>,
}

impl Preparing<'_> {
    pub(crate) fn prepare(&self, request: Request) -> Result<Prepared, Error> {
        let at = self.now;
        let mut named = None;
        let (id, command) = match request {
            Request::Stage(submission) => return self.stage(*submission),
            Request::Receive(arrival) => self.receive(*arrival),
            Request::Import(evidence) => {
                let crate::request::Evidence { message, claims, source } = *evidence;
                let import = Import { message, claims, source };
                (import.message.id(), Command::Import(Box::new(import)))
            }
            Request::Release(id, parent) => {
                (id, Command::Release(Release { parent, at, by: self.actor.to_owned() }))
            }
            Request::Seal(id, Seal { batch, tx_id, pins }) => {
                (id, Command::Seal(Sealed { batch, tx_id, pins }))
            }
            Request::Dispatched(id, batch) => (id, Command::Dispatched(Dispatched { batch, at })),
            Request::Sequence(id, LedgerPin { batch, tx_id, position, signer }) => {
                (id, Command::Sequence(Sequence { batch, tx_id, position, signer }))
            }
            Request::Confirm(id, confirmation) => {
                let at = confirmation.at.unwrap_or(at);
                (id, Command::Confirm(Confirmed { at, correlator: confirmation.correlator }))
            }
            Request::Reject(id, rejection) => {
                let crate::request::Rejection { code, reason } = rejection;
                (id, Command::Reject(Rejected { at, code, reason }))
            }
            Request::Cancel(id, Cancellation { code, reason, gap_fill }) => {
                named = gap_fill;
                let by = self.actor.to_owned();
                (id, Command::Cancel(Cancel { at, code, reason, by, gap_fill: None }))
            }
        };
        Ok(Prepared {
            id,
            command,
            gap_fill: named,
            elements: Vec::new(),
            after: Ticket::default(),
            is_kept: false,
            undated: None,
        })
    }

    fn stage(&self, mut submission: Submission) -> Result<Prepared, Error> {
        if let Some(found) = submission.local_namespace().filter(|name| *name != self.namespace) {
            let (served, found) = (self.namespace.to_owned(), found.to_owned());
            return Err(Error::Namespace { served, found });
        }
        let idempotency = submission
            .key()
            .cloned()
            .map(|key| Idempotency { key, fingerprint: submission.fingerprint() });
        let id = || MessageId::from_bytes(self.ids.draw());
        let (tx_id, awaits) = (submission.tx_id(), submission.awaits());
        let is_undated = submission.is_named_and_undated();
        let new = submission.resolve(id, self.found)?;
        let undated = is_undated.then(|| Box::new(submission.clone()));
        let message = submission.seal(id, self.now, self.namespace)?;
        let local_namespace = self.namespace.to_owned();
        let (id, created) = (message.id(), message.header().created);
        let elements =
            new.into_iter().map(|new| element(new, created)).collect::<Result<_, _>>()?;
        let staged = Staged { message, local_namespace, idempotency, tx_id, awaits };
        let stage = Stage::new(staged, None).map_err(|_| unpinned())?;
        let command = Command::Stage(Box::new(stage));
        let after = Ticket::default();
        Ok(Prepared { id, command, gap_fill: None, elements, after, is_kept: false, undated })
    }

    fn receive(&self, arrival: Arrival) -> (MessageId, Command) {
        let Arrival { message, batch, tx_id, pins, from } = arrival;
        let id = message.id();
        let local_namespace = self.namespace.to_owned();
        let received = Received { message, local_namespace, batch, tx_id, pins, from };
        (id, Command::Receive(Box::new(Receive { received, at: self.now, gap_fill: None })))
    }
}

/// A new element, made when its message was.
fn element(new: InLine, created: Option<Timestamp>) -> Result<Element, Error> {
    let InLine { index, id, mut data } = new;
    data.created = created;
    let recorded = DataAdded::from_data(&data).map(|(added, parts)| (added, parts.details));
    let (added, details) =
        recorded.map_err(|why: InvalidData| InvalidEntry::Data { index, why })?;
    Ok(Element { index, id, added, data, details })
}

/// A submission has checked this already.
fn unpinned() -> Error {
    Error::Invalid(lampyris_message::InvalidMessage::Missing { field: "header.group" })
}

impl Prepared {
    /// Gives a submission without a time of its own the time that its message has already, so that it is the same
    /// message again.
    pub(crate) fn date(&mut self, created: Timestamp, namespace: &str) {
        let Some(undated) = self.undated.take() else { return };
        let Command::Stage(stage) = &mut self.command else { return };
        let id = self.id;
        if let Ok(message) = undated.seal(|| id, created, namespace)
            && let Ok(same) = Stage::new(Staged { message, ..stage.staged().clone() }, None)
        {
            **stage = same;
        }
    }

    /// Most bytes that the append of this command can have.
    pub(crate) fn bound(&self, actor: &str) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let content = match &self.command {
            Command::Stage(stage) => message_bound(&stage.staged().message) + KEY_BYTES,
            Command::Receive(receive) => {
                let Received { message, pins, from, .. } = &receive.received;
                message_bound(message) + pins.len() * PIN_BYTES + text(from)
            }
            Command::Import(import) => {
                let claims = &import.claims;
                let texts =
                    [&claims.local_namespace, &claims.reject_reason, &claims.idempotency_key];
                let texts: usize = texts.into_iter().map(text).sum();
                let pins = claims.pins.len() * PIN_BYTES;
                message_bound(&import.message) + pins + texts + import.source.len()
            }
            Command::Release(release) => release.by.len(),
            Command::Seal(seal) => seal.pins.len() * PIN_BYTES,
            Command::Dispatched(_) => 0,
            Command::Sequence(sequence) => sequence.signer.len(),
            Command::Confirm(confirmed) => text(&confirmed.correlator),
            Command::Reject(rejected) => {
                rejected.code.as_str().len() + rejected.reason.as_str().len()
            }
            Command::Cancel(cancel) => {
                cancel.code.as_str().len() + text(&cancel.reason) + cancel.by.len()
            }
        };
        // A contradiction repeats the facts as text; pins take the most: 64 digits, a colon, 16 digits, " with pin ".
        let elements = self.elements.len() * (ELEMENT_BYTES + actor.len());
        ENVELOPES + 3 * actor.len() + 2 * content + elements
    }
}

/// What three records have beside their contents and actors, a note's text included.
const ENVELOPES: usize = 4096;
/// The record of a data element, whose content has 400 at most.
const ELEMENT_BYTES: usize = 1024;
/// A pin in an event, or half of one in a note.
const PIN_BYTES: usize = 64;
/// A key, as a claim and in its event, and its fingerprint.
const KEY_BYTES: usize = 1200;
/// A data reference in an event.
const REFERENCE_BYTES: usize = 64;

fn message_bound(message: &SealedMessage) -> usize {
    message.header_bytes().len() + message.data().len() * REFERENCE_BYTES
}
