//! The feed: carries what was decided to the live views, once it is durable and before anyone is answered.
//!
//! It never shows what a crash could take back.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use lampyris_log::snapshot::Section;
use lampyris_log::{Append, AppendFuture, Log, Observer, Room, Unavailable};
use lampyris_message::event::{DataEvent, Event};
use lampyris_message::{DataId, MessageId};
use lampyris_projection::{Fed, FedData, FedEvent, Live, Views, record};
use parking_lot::Mutex;

use crate::decider::Decider;
use crate::open_messages::OpenMessages;

/// Decided events on their way to the views.
#[derive(Debug)]
pub(crate) struct Feed {
    namespace: Arc<str>,
    live: OnceLock<Live>,
    /// What a snapshot holds beside the views.
    decider: OnceLock<Arc<Mutex<Decider>>>,
    flights: Mutex<Flights>,
    /// How many records the views show.
    shown: AtomicU64,
    /// Why the views are fed no more.
    failed: OnceLock<String>,
}

#[derive(Debug, Default)]
struct Flights {
    queue: VecDeque<Flight>,
    /// Sequence of the next record that is queued.
    next: u64,
}

/// What an append brings: events of data elements, then those of one message at its end.
#[derive(Debug)]
struct Flight {
    /// Sequence of the first record.
    begin: u64,
    /// Sequence after the last one.
    end: u64,
    /// The namespace of the data elements.
    namespace: Arc<str>,
    /// The events of data elements, each with the place of its record in the append.
    data: Vec<(u64, DataId, DataEvent)>,
    /// The events of a message, which stand at the end.
    message: Option<(MessageId, Vec<Event>)>,
}

impl Flight {
    fn new(begin: u64, append: &Append) -> Self {
        let data = (0..).zip(&append.events).filter_map(|(at, event)| {
            let (id, event) = record::data_event_of(event)?;
            Some((at, id, event))
        });
        let (data, end) = (data.collect(), begin.saturating_add(append.events.len() as u64));
        Self { begin, end, namespace: append.namespace.as_str().into(), data, message: None }
    }

    /// The events in the order of the log.
    fn events<'f>(&'f self, namespace: &'f str) -> impl Iterator<Item = FedEvent<'f>> {
        let data = self.data.iter().map(|(at, id, event)| {
            let position = self.begin.saturating_add(*at);
            FedEvent::Data(FedData { namespace: &self.namespace, id: *id, event, position })
        });
        let message = self.message.iter().flat_map(move |(id, events)| {
            let first = self.end.saturating_sub(events.len() as u64);
            events.iter().zip(first..).map(move |(event, position)| {
                FedEvent::Message(Fed { namespace, id: *id, event, position })
            })
        });
        data.chain(message)
    }
}

impl Feed {
    pub(crate) fn new(namespace: Arc<str>) -> Self {
        let (live, failed) = (OnceLock::new(), OnceLock::new());
        let (flights, shown) = (Mutex::default(), AtomicU64::new(0));
        Self { namespace, live, decider: OnceLock::new(), flights, shown, failed }
    }

    /// Begins with the views of a log of so many records.
    pub(crate) fn begin(&self, mut views: Views, decider: Arc<Mutex<Decider>>, size: u64) {
        views.reach(size);
        self.flights.lock().next = size;
        self.shown.store(size, Ordering::Release);
        if self.live.set(Live::new(views)).is_err() || self.decider.set(decider).is_err() {
            tracing::error!("the views were begun twice");
        }
    }

    /// The views; those of nothing, before they are begun.
    pub(crate) fn live(&self) -> &Live {
        self.live.get_or_init(|| Live::new(Views::new()))
    }

    /// Waits until at least so many records are durable and shown.
    ///
    /// # Errors
    /// [`Unavailable`] if they never will be.
    pub(crate) async fn wait_for(&self, position: u64) -> Result<(), Unavailable> {
        self.live().wait_for(position).await.map_err(|ended| match self.failure() {
            Some(cause) => {
                Unavailable::Poisoned { durable: ended.position, cause: cause.to_owned() }
            }
            None => Unavailable::Closed,
        })
    }

    /// How many records are durable and shown.
    pub(crate) fn shown(&self) -> u64 {
        self.shown.load(Ordering::Acquire)
    }

    /// Why the views are fed no more, if that is a failure.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failed.get().map(String::as_str)
    }

    /// Queues an append and at once the events of a message that it ends with; `note` is told of them and of the
    /// sequence of the first. The sequence of the append's first record is answered, or what `note` says; nothing if
    /// the append was not queued.
    pub(crate) fn queue<E>(
        &self,
        log: &Log,
        room: Room,
        append: Append,
        id: MessageId,
        events: Vec<Event>,
        note: impl FnOnce(&[Event], u64) -> Result<(), E>,
    ) -> (AppendFuture, Option<Result<u64, E>>) {
        // Invariant: held while the append is queued, so that nobody is told of it before it is here.
        let mut flights = self.flights.lock();
        let mut flight = Flight::new(flights.next, &append);
        let future = log.append_in(room, append);
        if future.has_failed() {
            return (future, None);
        }
        flights.next = flight.end;
        let first = flight.end.saturating_sub(events.len() as u64);
        let noted = note(&events, first).map(|()| flight.begin);
        flight.message = Some((id, events));
        flights.queue.push_back(flight);
        (future, Some(noted))
    }

    /// Queues an append of records that are no message's; `note` is told how many records there are with it, unless
    /// it was not queued.
    pub(crate) fn queue_apart(
        &self,
        log: &Log,
        room: Room,
        append: Append,
        note: impl FnOnce(u64),
    ) -> AppendFuture {
        let mut flights = self.flights.lock();
        let flight = Flight::new(flights.next, &append);
        let future = log.append_in(room, append);
        if !future.has_failed() {
            flights.next = flight.end;
            note(flights.next);
            flights.queue.push_back(flight);
        }
        future
    }
}

impl Observer for Feed {
    fn durable(&self, size: u64) {
        let Some(live) = self.live.get() else { return };
        let landed: Vec<Flight> = {
            let Flights { queue, .. } = &mut *self.flights.lock();
            let count = queue.partition_point(|flight| flight.end <= size);
            queue.drain(..count).collect()
        };
        let fed: Vec<FedEvent<'_>> =
            landed.iter().flat_map(|flight| flight.events(&self.namespace)).collect();
        if self.failed.get().is_some() {
            return;
        }
        match live.feed(&fed, size) {
            Ok(shown) => self.shown.store(shown, Ordering::Release),
            Err(misplaced) => {
                self.failed.get_or_init(|| misplaced.to_string());
                live.end();
                tracing::error!(%misplaced, "the views are fed no more");
            }
        }
    }

    fn cut(&self, size: u64) -> Option<Vec<Box<dyn Section>>> {
        let (live, decider) = (self.live.get()?, self.decider.get()?);
        let views = live.read(Views::cut);
        if views.position() != size || self.failed.get().is_some() {
            return None;
        }
        let (namespace, decider) = (Arc::clone(&self.namespace), Arc::clone(decider));
        Some(vec![Box::new(views), Box::new(OpenMessages { namespace, decider, size })])
    }

    fn ended(&self, failure: Option<&str>) {
        if let Some(cause) = failure {
            self.failed.get_or_init(|| cause.to_owned());
        }
        if let Some(live) = self.live.get() {
            live.end();
        }
    }
}
