//! Erasing data elements: their records first, then the keys of their bytes, then the bytes.
//! Hashes and sizes stay, and every proof with them. Who else has the same bytes is found before anything goes.

mod group;

use std::collections::BTreeMap;
use std::fmt;

use lampyris_log::limits::MAX_APPEND_RECORDS;
use lampyris_log::{Append, AppendError, Hash, Log};
use lampyris_message::DataId;
use lampyris_message::event::{DataErased, DataEvent};
use lampyris_message::text::ErasureReason;
use lampyris_projection::{Element, element, record};

use crate::Lampyris;
use crate::engine::Engine;
use crate::error::Error;
pub(crate) use group::{Group, objects};

/// A data element, with the namespace that it is filed under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementName {
    /// The namespace.
    pub namespace: String,
    /// The element.
    pub id: DataId,
}

/// What was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Erased {
    /// The elements that were erased now; none if they all were before.
    pub elements: Vec<ElementName>,
    /// Objects of the data store whose keys were dropped.
    pub objects: u64,
    /// Bytes they had.
    pub bytes: u64,
    /// How many records were durable when this was answered.
    pub position: u64,
}

/// Most elements that are erased by one append.
const APPEND_ELEMENTS: usize = MAX_APPEND_RECORDS / 4;

/// What one record has beside its reason, namespace and actor.
const RECORD_BYTES: usize = 512;

impl Lampyris {
    /// Erases the bytes of a data element: its value, its blob and its details. That they were erased, by whom and
    /// why, is recorded first; then the keys go that open them, and then the sealed bytes, out of every file of the
    /// data directory. Their hashes and sizes stay, and so does the validity of every message and proof: who can
    /// guess a value can still test the guess. What was copied before, a backup above all, is not reached.
    ///
    /// If other elements have a part with the same bytes, nothing is erased, unless `all_references` says that those
    /// elements are meant too. An element that was erased before is erased again to the same effect, and finishes
    /// what was cut short; the bytes that a newer element has in common with it stay.
    ///
    /// It reads the whole log and writes to the disk on the caller's thread: use one that may block.
    ///
    /// # Errors
    /// [`Error::ElementShared`] lists the other elements; [`Error`] if there is no such element, or if log or store
    /// fail: then erase again, or open the engine anew, which finishes what was recorded.
    pub async fn erase(
        &self,
        id: DataId,
        reason: ErasureReason,
        all_references: bool,
    ) -> Result<Erased, Error> {
        let engine = &self.engine;
        let mut group = Group::of(&engine.log, &engine.namespace, id)?;
        group.look(all_references)?;
        let erased = {
            let _alone = engine.erasing.write().await;
            engine.settle().await?;
            group.look(all_references)?;
            let others = group.sharing();
            if !others.is_empty() {
                return Err(Error::ElementShared { id, others });
            }
            engine.erase(&self.actor, &group, &reason).await?
        };
        engine.log.data().sweep()?;
        Ok(erased)
    }
}

impl Engine {
    /// Waits until all that is queued is durable, and can be read.
    pub(crate) async fn settle(&self) -> Result<(), Error> {
        self.check()?;
        self.log.settled().await.map_err(|error| self.lost(error))?;
        Ok(())
    }

    /// Erases a group of elements whose bytes nobody else has; the caller keeps everyone else from elements.
    pub(crate) async fn erase(
        &self,
        actor: &str,
        group: &Group<'_>,
        reason: &ErasureReason,
    ) -> Result<Erased, Error> {
        let store = self.log.data();
        let (elements, hashes) = (group.elements_there(), group.hashes_to_go());
        if !elements.is_empty() {
            store.announce(&hashes)?;
        }
        if let Err(error) = self.record(actor, &elements, reason).await {
            if error.is_of_the_request() {
                store.withdraw()?;
            }
            return Err(error);
        }
        let objects = store.erase(&hashes)?;
        store.withdraw()?;
        Ok(Erased {
            elements,
            objects: objects.len() as u64,
            bytes: objects.iter().map(|object| object.size).sum(),
            position: self.log.head().size,
        })
    }

    /// Records that elements were erased, durably.
    async fn record(
        &self,
        actor: &str,
        elements: &[ElementName],
        reason: &ErasureReason,
    ) -> Result<(), Error> {
        let mut namespaces: BTreeMap<&str, Vec<DataId>> = BTreeMap::new();
        for ElementName { namespace, id } in elements {
            namespaces.entry(namespace).or_default().push(*id);
        }
        let event = DataEvent::Erased(DataErased { reason: reason.clone() });
        let bytes = RECORD_BYTES + reason.as_str().len() + actor.len();
        let mut queued = Vec::new();
        for (namespace, ids) in namespaces {
            for ids in ids.chunks(APPEND_ELEMENTS) {
                let room = self.log.room(ids.len() * (bytes + namespace.len())).await;
                let not_kept = |error| self.erasure_not_kept(ids.first().copied(), error);
                let room = room.map_err(not_kept)?;
                let mut append = Append::new(self.append_id(), namespace, "erase", actor);
                append.events = ids.iter().map(|id| record::new_data_event(*id, &event)).collect();
                let future = self.feed.queue_apart(&self.log, room, append, |_| {});
                if future.has_failed() {
                    let error = future.wait().err();
                    let closed = || lampyris_log::Unavailable::Closed.into();
                    return Err(error.map_or_else(closed, not_kept));
                }
                queued.push(future);
            }
        }
        for future in queued {
            future.await.map_err(|error| self.lost(error))?;
        }
        Ok(())
    }

    fn erasure_not_kept(&self, id: Option<DataId>, error: AppendError) -> Error {
        let id = id.unwrap_or_else(|| DataId::from_bytes([0; 16]));
        self.element_not_kept(id, error)
    }
}

/// Finishes the erasures that were recorded and cut short: drops the keys of what was announced and no element refers
/// to any more. [`Builder::open`](crate::Builder::open) does it; it is for who writes to a log without an engine.
///
/// It reads the whole log if something was announced, and nothing otherwise.
///
/// # Errors
/// [`Error`] if log or store fail.
pub fn finish_erasures(log: &Log) -> Result<(), Error> {
    let store = log.data();
    let announced = store.announced()?;
    if announced.is_empty() {
        return Ok(());
    }
    let referred = element::referred_objects(log)?;
    let is_gone = |Hash(hash): &Hash| referred.binary_search(hash).is_err();
    let gone: Vec<Hash> = announced.into_iter().filter(is_gone).collect();
    let objects = store.erase(&gone)?;
    store.withdraw()?;
    tracing::info!(objects = objects.len(), "an erasure that was cut short is finished");
    if let Err(error) = store.sweep() {
        tracing::warn!(%error, "nothing opens what was erased, but its sealed bytes stay until they are collected");
    }
    Ok(())
}

impl ElementName {
    pub(crate) fn of(element: &Element) -> Self {
        Self { namespace: element.namespace().to_owned(), id: element.id() }
    }
}

impl fmt::Display for ElementName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in namespace '{}'", self.id, self.namespace)
    }
}
