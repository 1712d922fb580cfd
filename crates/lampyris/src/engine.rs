//! The engine: one decider, one log, one set of views, and the way of a request through them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lampyris_log::{
    Append, AppendError, Checkpointer, Claim, Clock, Log, Room, Ticket, Unavailable,
};
use lampyris_message::event::{DataEvent, Event, EventKind};
use lampyris_message::hash::Bytes32;
use lampyris_message::lifecycle::{Command, Decision};
use lampyris_message::{MessageId, Timestamp};
use lampyris_projection::{Live, record};
use parking_lot::Mutex;
use tokio::sync::RwLock;

use crate::background::Background;
use crate::decider::{Decided, Decider, Holder, LookedUp, Missing, Unsettled};
use crate::elements::Element;
use crate::error::Error;
use crate::feed::Feed;
use crate::ids::IdSource;
use crate::known::Known;
use crate::outcome::{Accepted, Outcome, Refused};
use crate::pending::{Pending, Wait};
use crate::prepared::{Prepared, Preparing};
use crate::request::Request;

/// What all handles of an engine share.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) log: Log,
    pub(crate) namespace: Arc<str>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    /// What is decided, in the order of this lock.
    pub(crate) decider: Arc<Mutex<Decider>>,
    /// The first failure; nothing is decided after it.
    pub(crate) failed: Mutex<Option<(u64, String)>>,
    /// Half of the ids of this engine's appends, and how many there were.
    pub(crate) session: [u8; 8],
    pub(crate) appends: AtomicU64,
    /// Held to read from looking at data elements until what relies on them is queued; to write while some are erased.
    pub(crate) erasing: RwLock<()>,
    /// Signs the log as it grows, if that was asked for.
    // Invariant: dropped after the log, so that it signs the last of it.
    pub(crate) checkpointer: Mutex<Option<Checkpointer>>,
    /// Verifies what was taken from a snapshot, if that was asked for.
    pub(crate) background: Mutex<Option<Background>>,
}

/// What is written of a decision: the new elements, and then the events of the message.
struct Writing {
    id: MessageId,
    command: Command,
    events: Vec<Event>,
    elements: Vec<Element>,
    /// What of the data store must be durable first.
    after: Ticket,
}

impl Engine {
    /// The views of what is durable.
    pub(crate) fn live(&self) -> &Live {
        self.feed.live()
    }

    /// How many records are durable and shown.
    pub(crate) fn position(&self) -> u64 {
        self.feed.shown()
    }

    /// Prepares a request, waits for room in the queue, and decides.
    pub(crate) async fn enqueue(
        self: &Arc<Self>,
        actor: &Arc<str>,
        request: Request,
    ) -> Result<Pending, Error> {
        let now = Timestamp::from_unix_nanos(self.clock.now_ns());
        let kind = request.kind();
        let submission = request.submission();
        let _no_erasure = match submission {
            Some(_) => Some(self.erasing.read().await),
            None => None,
        };
        let found = submission.map(|submission| self.find(submission)).transpose()?;
        let found = found.unwrap_or_default();
        let (namespace, ids) = (&*self.namespace, &*self.ids);
        let preparing = Preparing { namespace, actor, now, ids, found: &found };
        let mut prepared = preparing.prepare(request)?;
        let span = tracing::debug_span!("request", command = kind.name(), id = %prepared.id);
        let id = prepared.id;
        self.check()?;
        if !self.is_answered_by_key(&prepared.command) {
            prepared.after = self.keep(&prepared.elements)?;
            prepared.is_kept = true;
        }
        let room = self.log.room(prepared.bound(actor)).await;
        let mut room = Some(room.map_err(|error| self.not_kept(id, error))?);
        let mut looked_up = LookedUp { elements: found.elements, ..LookedUp::default() };
        loop {
            let unsettled = {
                let _entered = span.enter();
                let mut decider = self.decider.lock();
                self.check()?;
                decider.forget(self.position());
                match self.decide(&mut decider, &mut prepared, &mut looked_up) {
                    Err(unsettled) => unsettled,
                    Ok(verdict) => {
                        let room = room.take();
                        let (outcome, wait) =
                            self.carry_out(&mut decider, actor, prepared, verdict, room)?;
                        drop(decider);
                        return Ok(Pending::new(self, span.clone(), outcome, wait));
                    }
                }
            };
            match unsettled {
                Unsettled::Missing(Missing::Values) => {
                    prepared.after = self.keep(&prepared.elements)?;
                    prepared.is_kept = true;
                }
                Unsettled::Missing(missing) => self.look_up(missing, &prepared, &mut looked_up)?,
                Unsettled::Wrong(error) => {
                    // Nobody hears of it before what it was judged by is durable.
                    drop(room);
                    let settled = self.log.settled().await;
                    settled.map_err(|error| self.not_kept(id, error))?;
                    return Err(error);
                }
            }
        }
    }

    /// Whether a submission is made under a key that is used already: nothing will come of it, so nothing is kept.
    fn is_answered_by_key(&self, command: &Command) -> bool {
        let Command::Stage(stage) = command else { return false };
        let key = stage.staged().idempotency.as_ref();
        key.is_some_and(|it| {
            self.live().read(|views| views.by_key(&self.namespace, it.key.as_str())).is_some()
        })
    }

    /// Decides, and settles which of the new elements are to be added if there is something to append.
    fn decide(
        &self,
        decider: &mut Decider,
        prepared: &mut Prepared,
        looked_up: &mut LookedUp,
    ) -> Result<Decided, Unsettled> {
        let verdict = decider.decide(prepared, looked_up, &self.namespace, self.live())?;
        if let (Command::Stage(stage), Decision::Step(_)) = (&prepared.command, &verdict.decision) {
            let (message, read) = (&stage.staged().message, &looked_up.elements);
            let new = &prepared.elements;
            let there = decider.elements.there_already(message, new, read, self)?;
            if !prepared.is_kept && there.len() < new.len() {
                return Err(Missing::Values.into());
            }
            prepared.elements.retain(|element| !there.contains(&element.id));
        }
        Ok(verdict)
    }

    /// Reads of the log what the decider asked for.
    fn look_up(
        &self,
        missing: Missing,
        prepared: &Prepared,
        looked_up: &mut LookedUp,
    ) -> Result<(), Error> {
        match (missing, &prepared.command) {
            (Missing::Values, _) => {}
            (Missing::Elements(ids), _) => self.read_elements(&ids, &mut looked_up.elements)?,
            (Missing::Key, Command::Stage(stage)) => {
                let key = stage.staged().idempotency.as_ref().map(|it| it.key.as_str());
                let key = key.unwrap_or_default();
                // The claim stands in the first record of its append, which may be a data element's.
                let id = self.live().read(|views| views.by_key(&self.namespace, key));
                let claim = self.log.claim(&self.namespace, key)?;
                looked_up.key = id.zip(claim).map(|(id, (claim, _))| {
                    let fingerprint = Bytes32(claim.fingerprint);
                    Holder { id, fingerprint }
                });
                if looked_up.key.is_none() {
                    let why = "its idempotency key is shown as used and was not".to_owned();
                    return Err(Error::History { id: prepared.id, why });
                }
            }
            (Missing::Key | Missing::Message, _) => {
                looked_up.message = Known::load(&self.log, &self.namespace, prepared.id)?;
            }
        }
        Ok(())
    }

    /// Queues what was decided, and says what the answer will be and what it waits for.
    fn carry_out(
        &self,
        decider: &mut Decider,
        actor: &str,
        prepared: Prepared,
        verdict: Decided,
        room: Option<Room>,
    ) -> Result<(Outcome, Option<Wait>), Error> {
        let Prepared { id, command, elements, after, .. } = prepared;
        let Decided { decision, before, holder, stands_on } = verdict;
        let (events, refused) = match decision {
            Decision::Step(events) => (events, None),
            Decision::Same => (Vec::new(), None),
            Decision::Refused(refused) => {
                let noted = refused.noted.clone().map(Event::Noted);
                (noted.into_iter().collect(), Some(refused))
            }
        };
        let kinds: Vec<EventKind> = events.iter().map(Event::kind).collect();
        let wait = match room {
            Some(room) if !events.is_empty() => {
                let writing = Writing { id, command, events, elements, after };
                Some(self.queue(decider, actor, writing, room)?)
            }
            room => {
                let shown = stands_on <= self.position();
                (!shown).then(|| {
                    let settled = |room| self.log.settled_in(room);
                    Wait::Settled(room.map_or_else(|| self.log.settled(), settled))
                })
            }
        };
        if let Some(refused) = refused {
            let outcome = Outcome::Refused(Box::new(Refused {
                id,
                state: before,
                refusal: refused.refusal,
                detail: refused.to_string(),
                accepts: refused.accepted().collect(),
                noted: None,
                position: 0,
            }));
            return Ok((outcome, wait));
        }
        // The same submission under a used key is answered for the message that holds it.
        let holder = holder.filter(|_| kinds.is_empty() && before.is_none());
        let now = decider.state(id).or(before);
        let (id, state) = holder.map_or((id, now), |holder| (holder.id, Some(holder.state)));
        let unknown = || Error::History { id, why: "it was accepted and is not known".to_owned() };
        let state = state.ok_or_else(unknown)?;
        let accepted = Accepted { id, state, events: kinds, sequence: None, position: 0 };
        Ok((Outcome::Accepted(accepted), wait))
    }

    /// Queues the events of a decision and lets the decider know.
    fn queue(
        &self,
        decider: &mut Decider,
        actor: &str,
        writing: Writing,
        room: Room,
    ) -> Result<Wait, Error> {
        let Writing { id, command, events, elements, after } = writing;
        let key = match (&events[..], &command) {
            ([Event::Staged(staged), ..], Command::Stage(_)) => staged.idempotency.as_ref(),
            (_, _) => None,
        };
        let key = key.map(|it| (Box::<str>::from(it.key.as_str()), it.fingerprint));
        let name = command.kind().name();
        let mut append = Append::new(self.append_id(), &*self.namespace, name, actor);
        append.after = after;
        let added = elements.iter().map(|element| {
            record::new_data_event(element.id, &DataEvent::Added(element.added.clone()))
        });
        append.events = added.collect();
        append.events.extend(events.iter().map(|event| record::new_event(id, event)));
        if let Some((key, fingerprint)) = &key {
            append = append.claim(Claim {
                namespace: self.namespace.to_string(),
                key: key.to_string(),
                fingerprint: fingerprint.0,
            });
        }
        // The views get the events; the decider looks at them only while they are here.
        let (future, first) =
            self.feed.queue(&self.log, room, append, id, events, |events, first| {
                let end = first + events.len() as u64;
                for Element { id, added, .. } in elements {
                    decider.elements.queued(id, added, end);
                }
                decider.queued(id, key, events, first, self.clock.now_ns())
            });
        match first {
            Some(Ok(first)) => Ok(Wait::Append(future, first)),
            Some(Err(why)) => {
                self.fail(why.clone());
                Err(Unavailable::Poisoned { durable: self.position(), cause: why }.into())
            }
            // It was not queued: the future answers at once, and nothing has changed.
            None => match future.wait() {
                Ok(_) => Err(Unavailable::Closed.into()),
                Err(error) => Err(self.not_kept(id, error)),
            },
        }
    }

    pub(crate) fn append_id(&self) -> [u8; 16] {
        let number = self.appends.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let mut id = [0; 16];
        let (session, count) = id.split_at_mut(8);
        session.copy_from_slice(&self.session);
        count.copy_from_slice(&number);
        id
    }

    /// Whether the engine can still decide.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if let Some(why) = self.feed.failure() {
            self.fail(why.to_owned());
        }
        match &*self.failed.lock() {
            None => Ok(()),
            Some((durable, cause)) => {
                let (durable, cause) = (*durable, cause.clone());
                Err(Unavailable::Poisoned { durable, cause }.into())
            }
        }
    }

    /// Decides nothing any more: what the decider knows may not come true.
    pub(crate) fn fail(&self, cause: String) {
        let durable = self.position();
        self.failed.lock().get_or_insert_with(|| {
            tracing::error!(cause, "the engine decides nothing until it is opened again");
            (durable, cause)
        });
    }

    /// What a request is told whose append the log did not keep.
    pub(crate) fn not_kept(&self, id: MessageId, error: AppendError) -> Error {
        match &error {
            AppendError::Refused(_) | AppendError::Unavailable(Unavailable::Closed) => {}
            AppendError::Unavailable(_) | AppendError::Broken(_) => self.fail(error.to_string()),
        }
        Error::not_kept(id, error)
    }

    /// What a request is told whose events were queued and are not kept, whatever the reason: what was decided after
    /// it stands on nothing, so nothing is decided any more.
    pub(crate) fn lost(&self, error: AppendError) -> Error {
        let closed = matches!(error, AppendError::Unavailable(Unavailable::Closed));
        let cause = error.to_string();
        self.fail(cause.clone());
        match error {
            AppendError::Refused(_) => {
                Unavailable::Poisoned { durable: self.position(), cause }.into()
            }
            AppendError::Unavailable(_) if closed => {
                Unavailable::Poisoned { durable: self.position(), cause }.into()
            }
            AppendError::Unavailable(error) => error.into(),
            AppendError::Broken(error) => error.into(),
        }
    }

    /// What a request is told whose events stand elsewhere than they were decided for.
    pub(crate) fn misplaced(&self, wanted: u64, found: u64) -> Error {
        let cause = format!("an append for sequence {wanted} stands at {found}");
        self.fail(cause.clone());
        Unavailable::Poisoned { durable: self.position(), cause }.into()
    }
}
