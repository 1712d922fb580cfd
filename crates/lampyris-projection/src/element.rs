//! A data element as the log and the data store tell of it, and what of it is there.
//! An element is what its record says; the store only has its bytes, or has them no more.

use std::ops::ControlFlow;

use lampyris_log::{DataError, DataStore, Hash, Log, ReadError, Record, RecordRef};
use lampyris_message::data::WrongPart;
use lampyris_message::event::codec::EventError;
use lampyris_message::event::{DataAdded, DataErased, DataEvent, Held};
use lampyris_message::text::ErasureReason;
use lampyris_message::{Data, DataHash, DataId, DataRef};

use crate::record::{self, DATA};

/// A data element that was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    id: DataId,
    namespace: String,
    sequence: u64,
    time: i64,
    added: DataAdded,
    erasure: Option<Erasure>,
}

/// That the bytes of an element were erased, as its record tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Erasure {
    /// Where the record stands.
    pub sequence: u64,
    /// When it was appended, in nanoseconds since the Unix epoch.
    pub time: i64,
    /// Who asked for it.
    pub actor: String,
    /// Why.
    pub reason: ErasureReason,
}

/// What of an element is in the data store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parts {
    /// Its value.
    pub value: Part,
    /// Its blob.
    pub blob: Part,
    /// What it says in words: the name, path and references of its blob.
    pub details: Part,
}

/// What is there of one part of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The element has no such part.
    None,
    /// The store has it.
    Held(Held),
    /// It is recorded, and the store does not have it.
    Missing(Held),
    /// The store has it, and cannot read it any more.
    Damaged(Held, String),
    /// It was erased, whatever the store has for other elements.
    Erased(Held),
}

/// Why a reference of a message leads to nothing that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Missing {
    /// No element of this id was added here.
    #[error("no element of this id was added here")]
    Unknown,
    /// The element of this id has another hash.
    #[error("the element of this id that was added here has hash {0}")]
    Other(DataHash),
    /// A part of it is not in the data store.
    #[error("its {0} is not in the data store")]
    Part(&'static str),
    /// The data store cannot read a part of it any more.
    #[error("its {part} cannot be read: {why}")]
    Damaged {
        /// The part.
        part: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The element was erased.
    #[error("it was erased")]
    Erased,
    /// The reference has no id, or no hash.
    #[error("the reference does not say which element it means")]
    Nameless,
}

impl Element {
    /// The element.
    pub const fn id(&self) -> DataId {
        self.id
    }

    /// The namespace that it is filed under.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Where the record stands that it was added by.
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// When that record was appended, in nanoseconds since the Unix epoch.
    pub const fn time(&self) -> i64 {
        self.time
    }

    /// What is recorded of it.
    pub const fn added(&self) -> &DataAdded {
        &self.added
    }

    /// That its bytes were erased, if they were.
    pub const fn erasure(&self) -> Option<&Erasure> {
        self.erasure.as_ref()
    }

    /// Reads what was recorded of an element; nothing if none of this id was added.
    ///
    /// # Errors
    /// [`ElementError`] if the log cannot be read, or does not say what it should.
    pub fn read(log: &Log, namespace: &str, id: DataId) -> Result<Option<Self>, ElementError> {
        let records = log.stream_history(namespace, DATA, id.as_bytes())?;
        let Some(mut element) = records.first().map(Self::of).transpose()? else { return Ok(None) };
        element.erasure = records.get(1).map(Erasure::of).transpose()?;
        Ok(Some(element))
    }

    /// Hands out the elements of one namespace, or of all, in the order in which they were added, until `visit`
    /// breaks off. One that was added before this and is erased meanwhile is handed out as it stands then.
    ///
    /// # Errors
    /// As [`Element::read`].
    pub fn for_each(
        log: &Log,
        namespace: Option<&str>,
        mut visit: impl FnMut(Self) -> ControlFlow<()>,
    ) -> Result<(), ElementError> {
        let mut each = Each { log, namespace, failed: None, visit: &mut visit };
        log.walk(|record| each.take(record))?;
        each.failed.map_or(Ok(()), Err)
    }

    /// The same for those that were added from a sequence on, in all namespaces; returns where the log ended.
    ///
    /// # Errors
    /// As [`Element::read`].
    pub fn for_each_from(
        log: &Log,
        from: u64,
        mut visit: impl FnMut(Self),
    ) -> Result<u64, ElementError> {
        let mut visit = |element| {
            visit(element);
            ControlFlow::Continue(())
        };
        let mut each = Each { log, namespace: None, failed: None, visit: &mut visit };
        // A walk costs no memory, and begins at the beginning.
        let end = match from {
            0 => log.walk(|record| each.take(record))?.size,
            _ => log.for_each(from, |verified| each.take(&verified.record))?,
        };
        each.failed.map_or(Ok(end), Err)
    }

    /// What of it is in the store; nothing is read but where it stands.
    ///
    /// # Errors
    /// [`DataError`] if the store cannot be read.
    pub fn parts(&self, store: &DataStore) -> Result<Parts, DataError> {
        let is_erased = self.erasure.is_some();
        let part = |held: Option<Held>| -> Result<Part, DataError> {
            let Some(held) = held else { return Ok(Part::None) };
            if is_erased {
                return Ok(Part::Erased(held));
            }
            match store.find(&Hash(held.hash.0)) {
                Ok(Some(_)) => Ok(Part::Held(held)),
                Ok(None) => Ok(Part::Missing(held)),
                Err(error @ DataError::Damaged { .. }) => {
                    Ok(Part::Damaged(held, error.to_string()))
                }
                Err(error) => Err(error),
            }
        };
        let DataAdded { content, details, .. } = &self.added;
        let (value, blob) = (part(content.value())?, part(content.blob())?);
        Ok(Parts { value, blob, details: part(*details)? })
    }

    /// The element as upstream writes it, and what of it was found. What is not found, or is damaged, is absent
    /// from it; the blob's bytes are not read.
    ///
    /// # Errors
    /// [`ElementError`] if the store cannot be read, or holds what no element can be made of.
    pub fn load(&self, store: &DataStore) -> Result<(Data, Parts), ElementError> {
        let mut parts = self.parts(store)?;
        let value = load(&mut parts.value, store)?;
        let details = load(&mut parts.details, store)?;
        let (value, details) = (value.as_deref(), details.as_deref());
        let data = self.added.to_data(self.id, &self.namespace, value, details);
        data.map(|data| (data, parts)).map_err(ElementError::Part)
    }

    /// The element that a record adds, as it stands now.
    fn of_now(log: &Log, record: &RecordRef<'_>) -> Result<Self, ElementError> {
        let mut element = Self::of(&record.to_record())?;
        if let Some(tail) = log.tail(&element.namespace, DATA, element.id.as_bytes())
            && tail.events > 1
        {
            element.erasure = log.read(tail.last)?.as_ref().map(Erasure::of).transpose()?;
        }
        Ok(element)
    }

    fn of(record: &Record) -> Result<Self, ElementError> {
        let (sequence, time) = (record.sequence, record.time);
        let DataEvent::Added(added) = event(record)? else {
            return Err(ElementError::Order { sequence });
        };
        let id =
            record.stream.id.as_slice().try_into().map_err(|_| ElementError::Id { sequence })?;
        let (id, namespace) = (DataId::from_bytes(id), record.namespace.clone());
        Ok(Self { id, namespace, sequence, time, added, erasure: None })
    }
}

/// Handing out elements, record by record.
struct Each<'a> {
    log: &'a Log,
    namespace: Option<&'a str>,
    failed: Option<ElementError>,
    visit: &'a mut dyn FnMut(Element) -> ControlFlow<()>,
}

impl Each<'_> {
    fn take(&mut self, record: &RecordRef<'_>) -> ControlFlow<()> {
        let is_meant = self.namespace.is_none_or(|namespace| record.namespace == namespace);
        if record.kind != DATA || !is_meant || record.version != 0 {
            return ControlFlow::Continue(());
        }
        match Element::of_now(self.log, record) {
            Ok(element) => (self.visit)(element),
            Err(error) => {
                self.failed = Some(error);
                ControlFlow::Break(())
            }
        }
    }
}

impl Erasure {
    fn of(record: &Record) -> Result<Self, ElementError> {
        let (sequence, time) = (record.sequence, record.time);
        let DataEvent::Erased(DataErased { reason }) = event(record)? else {
            return Err(ElementError::Order { sequence });
        };
        Ok(Self { sequence, time, actor: record.actor.clone(), reason })
    }
}

fn event(record: &Record) -> Result<DataEvent, ElementError> {
    let sequence = record.sequence;
    record::data_event(record).map_err(|source| ElementError::Event { sequence, source })
}

/// Whether an element was added and its bytes were erased, as far as the log shows.
pub fn is_erased(log: &Log, namespace: &str, id: DataId) -> bool {
    log.tail(namespace, DATA, id.as_bytes()).is_some_and(|tail| tail.events > 1)
}

impl Parts {
    /// The parts, each with its name.
    pub const fn named(&self) -> [(&'static str, &Part); 3] {
        [("value", &self.value), ("blob", &self.blob), ("details", &self.details)]
    }

    /// The first part that is recorded and cannot be read.
    pub fn absent(&self) -> Option<Missing> {
        self.named().into_iter().find_map(|(name, part)| match part {
            Part::None | Part::Held(_) => None,
            Part::Missing(_) => Some(Missing::Part(name)),
            Part::Damaged(_, why) => Some(Missing::Damaged { part: name, why: why.clone() }),
            Part::Erased(_) => Some(Missing::Erased),
        })
    }
}

/// Why the element that a message refers to cannot be read, if it cannot. Bytes are not looked at.
///
/// # Errors
/// [`ElementError`] if log or store cannot be read.
pub fn missing(
    log: &Log,
    namespace: &str,
    reference: &DataRef,
) -> Result<Option<Missing>, ElementError> {
    let (Some(id), Some(hash)) = (reference.id, reference.hash) else {
        return Ok(Some(Missing::Nameless));
    };
    let Some(element) = Element::read(log, namespace, id)? else {
        return Ok(Some(Missing::Unknown));
    };
    if element.added.hash() != hash {
        return Ok(Some(Missing::Other(element.added.hash())));
    }
    Ok(element.parts(log.data())?.absent())
}

/// The hashes of all objects that elements of the log refer to and that were not erased, in all namespaces, sorted.
///
/// # Errors
/// [`ElementError`] if the log cannot be read.
pub fn referred_objects(log: &Log) -> Result<Vec<[u8; 32]>, ElementError> {
    let mut hashes = Vec::new();
    Element::for_each(log, None, |element| {
        if element.erasure.is_none() {
            hashes.extend(element.added.objects().map(|held| held.hash.0));
        }
        ControlFlow::Continue(())
    })?;
    hashes.sort_unstable();
    hashes.dedup();
    Ok(hashes)
}

/// Reads a part that is held; one that turns out to be damaged is noted as such.
fn load(part: &mut Part, store: &DataStore) -> Result<Option<Vec<u8>>, DataError> {
    let Part::Held(held) = *part else { return Ok(None) };
    match store.read(&Hash(held.hash.0)) {
        Ok(Some(bytes)) => return Ok(Some(bytes)),
        Ok(None) => *part = Part::Missing(held),
        Err(error @ DataError::Damaged { .. }) => *part = Part::Damaged(held, error.to_string()),
        Err(error) => return Err(error),
    }
    Ok(None)
}

/// Why a data element cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ElementError {
    /// The log cannot be read there.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The data store cannot be read.
    #[error("the data store: {0}")]
    Store(#[from] DataError),
    /// The record does not say what it should.
    #[error("sequence {sequence}: {source}")]
    Event {
        /// The record.
        sequence: u64,
        /// What is wrong with its event.
        source: EventError,
    },
    /// The record is of another kind than may stand there.
    #[error("sequence {sequence}: a data element is added first, and then erased, if at all")]
    Order {
        /// The record.
        sequence: u64,
    },
    /// The record's stream has an id that no element has.
    #[error("sequence {sequence}: the id of the stream is no data element's")]
    Id {
        /// The record.
        sequence: u64,
    },
    /// What is stored is what was recorded, and no part of an element.
    #[error(transparent)]
    Part(WrongPart),
}
