//! Data elements and blobs apart from messages: adding, reading, and collecting what nobody refers to.
//! An element is a record of its own; its bytes are in the data store.

use std::io::Read;

use lampyris_log::{
    Append, AppendError, AppendFuture, Collected, Hash, ObjectReader, Room, Ticket, Unavailable,
};
use lampyris_message::event::{DataAdded, DataEvent};
use lampyris_message::hash::{BlobHash, Bytes32};
use lampyris_message::{
    Data, DataHash, DataId, DataRef, InvalidData, MessageId, StoredBlob, Timestamp,
};
use lampyris_projection::element::{self, Missing, Parts};
use lampyris_projection::record;

use crate::Lampyris;
use crate::elements::{self, Element};
use crate::engine::Engine;
use crate::error::Error;

/// A data element that is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DataAccepted {
    /// The element.
    pub id: DataId,
    /// Its hash, which messages refer to it by.
    pub hash: DataHash,
    /// Where its record stands; nothing if the same element was added before.
    pub sequence: Option<u64>,
    /// How many records were durable when this was answered.
    pub position: u64,
}

/// An element on its way into the log.
struct Adding {
    element: Element,
    /// Its time was left to the engine.
    is_undated: bool,
    /// What the log was read to say of its id.
    read: Option<DataAdded>,
    /// What of the data store must be durable first.
    after: Ticket,
    /// Room in the queue, until it is used.
    room: Option<Room>,
}

/// What an answer waits for, and whether it will say that the element is new.
type Waiting = (AppendFuture, Result<bool, Error>);

/// What one record has beside its content and actor.
const ENVELOPE_BYTES: usize = 2048;

impl Lampyris {
    /// Adds a data element: its value is kept in the data store, its hashes in the log.
    ///
    /// An id is drawn, and the time set, where they are not given. If `hash` is given, as in an element that came
    /// from the network, it must be right, and the blob need not be there yet; otherwise the element is one of our
    /// own, and its blob must have been [put](Self::put_blob). The namespace is the engine's, whatever is given.
    /// The same element added again is accepted and changes nothing, but for bytes that the store had lost; one that
    /// was [erased](Self::erase) is refused.
    ///
    /// # Errors
    /// [`Error`] if the element cannot be, its id is another one's, or it cannot be kept.
    pub async fn add_data(&self, data: Data) -> Result<DataAccepted, Error> {
        let _no_erasure = self.engine.erasing.read().await;
        if let Some(id) = data.id.filter(|id| self.engine.is_erased(*id)) {
            return Err(Error::ElementErased { index: None, id });
        }
        let adding = self.engine.adding(data)?;
        self.engine.add(&self.actor, adding).await
    }

    /// Keeps a blob, in memory that does not grow with it, and waits until it is durable. It is removed by a later
    /// [`collect_data`](Self::collect_data) if no element refers to it by then.
    ///
    /// It reads and writes on the caller's thread: use one that may block.
    ///
    /// # Errors
    /// [`Error`] if the reader fails, or the blob cannot be kept.
    pub fn put_blob(&self, mut reader: impl Read) -> Result<StoredBlob, Error> {
        let store = self.engine.log.data();
        let put = store.put_from(&mut reader)?;
        store.wait(put.ticket)?;
        let hash = BlobHash(Bytes32(put.object.hash.0));
        Ok(StoredBlob {
            hash: Some(hash),
            size: i64::try_from(put.object.size).unwrap_or(i64::MAX),
        })
    }

    /// A data element as a FireFly client sees it, and what of it is there; nothing if it was not added.
    ///
    /// # Errors
    /// [`Error`] if log or store cannot be read.
    pub fn data(&self, id: DataId) -> Result<Option<(Data, Parts)>, Error> {
        let Engine { log, namespace, .. } = &*self.engine;
        let element = element::Element::read(log, namespace, id)?;
        Ok(element.map(|element| element.load(log.data())).transpose()?)
    }

    /// The bytes of a blob, piece by piece; nothing if it is not there.
    ///
    /// # Errors
    /// [`Error`] if the store cannot be read; the reader fails where the blob is damaged.
    pub fn blob(&self, hash: BlobHash) -> Result<Option<ObjectReader>, Error> {
        let BlobHash(Bytes32(hash)) = hash;
        Ok(self.engine.log.data().reader(&Hash(hash))?)
    }

    /// The data references of a message that lead to nothing that can be read, and why; nothing if the message is
    /// not known. Bytes are not looked at.
    ///
    /// # Errors
    /// [`Error`] if log or store cannot be read.
    pub fn missing_data(&self, id: MessageId) -> Result<Option<Vec<(DataRef, Missing)>>, Error> {
        let Some(view) = self.get(id) else { return Ok(None) };
        let Engine { log, namespace, .. } = &*self.engine;
        let mut missing = Vec::new();
        for reference in view.message().data.iter().flatten().flatten() {
            if let Some(why) = element::missing(log, namespace, reference)? {
                missing.push((*reference, why));
            }
        }
        Ok(Some(missing))
    }

    /// Removes from the data store what no element refers to, but for what was put since the engine was opened.
    ///
    /// It reads the whole log: use a thread that may block.
    ///
    /// # Errors
    /// [`Error`] if log or store cannot be read or written.
    pub fn collect_data(&self) -> Result<Collected, Error> {
        let referred = element::referred_objects(&self.engine.log)?;
        let is_live = |hash: &Hash| referred.binary_search(&hash.0).is_ok();
        Ok(self.engine.log.data().collect(&is_live)?)
    }
}

impl Engine {
    /// Checks an element and fills in what is left to the engine.
    fn adding(&self, mut data: Data) -> Result<Adding, Error> {
        let is_undated = data.created.is_none();
        let id = *data.id.get_or_insert_with(|| DataId::from_bytes(self.ids.draw()));
        data.created.get_or_insert(Timestamp::from_unix_nanos(self.clock.now_ns()));
        let blob = data.blob.as_ref().and_then(|blob| blob.hash);
        let found = match blob {
            Some(BlobHash(Bytes32(hash))) => self.log.data().hold(&Hash(hash))?,
            None => None,
        };
        let stored = found.map(|object| StoredBlob {
            hash: blob,
            size: i64::try_from(object.size).unwrap_or(i64::MAX),
        });
        match (data.hash, blob, stored) {
            (None, Some(hash), None) => return Err(InvalidData::BlobUnknown { hash }.into()),
            (None, ..) => drop(data.seal(stored.as_ref())?),
            (Some(_), ..) => {
                if let (Some(blob), Some(stored)) = (&mut data.blob, stored) {
                    blob.size = stored.size;
                }
            }
        }
        let (added, parts) = DataAdded::from_data(&data)?;
        let details = parts.details;
        let element = Element { index: 0, id, added, data, details };
        Ok(Adding { element, is_undated, read: None, after: Ticket::default(), room: None })
    }

    async fn add(&self, actor: &str, mut adding: Adding) -> Result<DataAccepted, Error> {
        let id = adding.element.id;
        self.check()?;
        adding.after = self.keep(std::slice::from_ref(&adding.element))?;
        let room = self.log.room(ENVELOPE_BYTES + actor.len()).await;
        adding.room = Some(room.map_err(|error| self.element_not_kept(id, error))?);
        let (future, is_new) = loop {
            if let Some(step) = self.step(actor, &mut adding)? {
                break step;
            }
            adding.read = elements::load(&self.log, &self.namespace, id)?;
        };
        // Nobody hears of it before what it was judged by is durable.
        let appended = future.await.map_err(|error| self.lost(error))?;
        let (is_new, position) = (is_new?, appended.sequences.end);
        // Of an element that was there, what the store had lost is there again.
        self.log.data().wait(adding.after)?;
        let sequence = position.checked_sub(1).filter(|_| is_new);
        Ok(DataAccepted { id, hash: adding.element.added.hash(), sequence, position })
    }

    /// Looks what there is of the id, under the lock that orders all decisions, and queues the element if it is new.
    /// The answer is what to wait for, and whether it is new; nothing if the log must be read first.
    fn step(&self, actor: &str, adding: &mut Adding) -> Result<Option<Waiting>, Error> {
        let Adding { element: Element { id, added, .. }, is_undated, read, after, room } = adding;
        let id = *id;
        let mut decider = self.decider.lock();
        self.check()?;
        decider.forget(self.position());
        if let Some(known) = decider.elements.get(id).or(read.as_ref()) {
            if *is_undated {
                added.created = known.created;
            }
            let taken = Error::ElementTaken { index: None, id };
            let is_new = if known == added { Ok(false) } else { Err(taken) };
            return Ok(Some((self.log.settled(), is_new)));
        }
        if elements::is_in_log(&self.log, &self.namespace, id) {
            return Ok(None);
        }
        let Some(room) = room.take() else { return Err(Unavailable::Closed.into()) };
        let event = DataEvent::Added(added.clone());
        let append = Append::new(self.append_id(), &*self.namespace, "add_data", actor)
            .event(record::new_data_event(id, &event))
            .after(*after);
        let future = self.feed.queue_apart(&self.log, room, append, |end| {
            decider.elements.queued(id, added.clone(), end);
        });
        if future.has_failed() {
            // It was not queued: the future answers at once, and nothing has changed.
            let error = future.wait().err().unwrap_or_else(|| Unavailable::Closed.into());
            return Err(self.element_not_kept(id, error));
        }
        Ok(Some((future, Ok(true))))
    }

    pub(crate) fn element_not_kept(&self, id: DataId, error: AppendError) -> Error {
        if let AppendError::Refused(refused) = error {
            return Error::ElementLimit { id, refused };
        }
        self.not_kept(MessageId::from_bytes(*id.as_bytes()), error)
    }
}
