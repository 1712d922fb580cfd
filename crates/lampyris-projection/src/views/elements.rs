//! The data elements of one namespace: what their records say of them, and nothing that can be erased.
//!
//! Values, names and paths are kept encrypted beside the log, so that they can be erased: no view holds them.

use std::collections::BTreeMap;

use lampyris_log::snapshot::{Chunks, SectionReader, SectionWriter, Unfit};
use lampyris_message::event::{DataAdded, DataEvent, Held};
use lampyris_message::{Bytes32, DataHash, DataId, Timestamp};

use super::Views;
use super::ends::first;
use super::index::Index;
use super::listing::{Listing, Numbered};
use super::select::SelectError;
use super::slot::Moment;
use super::words::{Words, joined, parts};
use crate::misplaced::DataMisplaced;
use crate::query::{Cell, Condition, Field, Fields, Filter, Query};
use crate::stored::{read_time, write_time};

/// The data elements of a namespace, numbered in the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct Elements {
    name: Box<str>,
    list: ElementList,
    kinds: Words,
    index: Index,
}

/// What a snapshot holds of data elements, but for the words.
#[derive(Debug, Clone, Default)]
pub(super) struct ElementList {
    slots: Chunks<Slot>,
    blobs: Chunks<Held>,
    /// When elements were made, where that fits nowhere else.
    created: BTreeMap<u32, Timestamp>,
    /// Where the records stand that erased elements.
    erased: BTreeMap<u32, u64>,
}

/// A data element's part of the memory.
#[derive(Debug, Clone)]
struct Slot {
    id: DataId,
    hash: DataHash,
    sequence: u64,
    created: Moment,
    /// Validator and datatype: a word.
    kind: u32,
    /// The number of its blob.
    blob: u32,
}

const NO_BLOB: u32 = u32::MAX;

/// One data element, as the log tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementRow<'v> {
    /// The namespace that it is filed under.
    pub namespace: &'v str,
    /// The element.
    pub id: DataId,
    /// The hash that messages refer to it by.
    pub hash: DataHash,
    /// Where the record stands that it was added by.
    pub sequence: u64,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// How its value is checked.
    pub validator: &'v str,
    /// The name and the version of its datatype.
    pub datatype: Option<(&'v str, &'v str)>,
    /// The hash and the size of its blob.
    pub blob: Option<Held>,
    /// Where the record stands that erased its bytes, if one did by then.
    pub erased: Option<u64>,
}

impl Fields for ElementRow<'_> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the fields of other collections")]
    fn cell(&self, field: Field) -> Cell<'_> {
        match field {
            Field::Id => Cell::Uuid(*self.id.as_bytes()),
            Field::Validator => self.validator.into(),
            Field::DatatypeName => self.datatype.map_or("", |(name, _)| name).into(),
            Field::DatatypeVersion => self.datatype.map_or("", |(_, version)| version).into(),
            Field::Hash => Cell::Hash(*self.hash.as_bytes()),
            Field::BlobHash => self.blob.map_or(Cell::Null, |blob| Cell::Hash(blob.hash.0)),
            Field::BlobSize => {
                Cell::Integer(self.blob.map_or(0, |blob| blob.size.try_into().unwrap_or(i64::MAX)))
            }
            Field::Created => self.created.map_or(Cell::Null, Cell::Time),
            Field::Sequence => Cell::Integer(self.sequence.try_into().unwrap_or(i64::MAX)),
            _ => Cell::Null,
        }
    }
}

impl Elements {
    fn new(name: &str) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> u32 {
        u32::try_from(self.list.slots.len()).unwrap_or(u32::MAX)
    }

    fn find(&self, id: DataId) -> Option<u32> {
        self.index
            .find(&id, |number| self.list.slots.get(number).is_some_and(|slot| slot.id == id))
            .ok()
    }

    /// Whether an element was erased; `None` if it was not added.
    fn is_erased(&self, id: DataId) -> Option<bool> {
        self.find(id).map(|number| self.list.erased.contains_key(&number))
    }

    fn take(&mut self, id: DataId, event: &DataEvent, sequence: u64) {
        match event {
            DataEvent::Added(added) => self.add(id, added, sequence),
            DataEvent::Erased(_) => {
                if let Some(number) = self.find(id) {
                    self.list.erased.insert(number, sequence);
                }
            }
        }
    }

    fn add(&mut self, id: DataId, added: &DataAdded, sequence: u64) {
        let DataAdded { validator, datatype, created, content, .. } = added;
        let datatype = datatype.as_ref().map(|datatype| (&*datatype.name, &*datatype.version));
        let word = joined([
            Some(validator.as_str()),
            datatype.map(|(name, _)| name),
            datatype.map(|(_, version)| version),
        ]);
        let kind = self.kinds.number(&word);
        let blob = content.blob().map_or(NO_BLOB, |blob| {
            self.list.blobs.push(blob);
            u32::try_from(self.list.blobs.len() - 1).unwrap_or(NO_BLOB)
        });
        let (moment, is_rare) = Moment::of(Some(*created));
        if is_rare {
            self.list.created.insert(self.len(), *created);
        }
        self.place(Slot { id, hash: added.hash(), sequence, created: moment, kind, blob });
    }

    fn place(&mut self, slot: Slot) {
        let (number, list) = (self.len(), &self.list);
        let is = |number: u32| list.slots.get(number).is_some_and(|found| found.id == slot.id);
        if let Err(place) = self.index.find(&slot.id, is) {
            self.index.add(place, number);
            self.list.slots.push(slot);
        }
    }

    /// How many had been added after so many records.
    fn added_before(&self, position: u64) -> u32 {
        first(self.len(), |number| {
            self.list.slots.get(number).is_none_or(|slot| slot.sequence >= position)
        })
    }

    fn row(&self, number: u32, position: u64) -> Option<ElementRow<'_>> {
        let slot = self.list.slots.get(number)?;
        let mut kind = parts(self.kinds.list.get(slot.kind));
        let (validator, name, version) =
            (kind.text(), kind.next().flatten(), kind.next().flatten());
        Some(ElementRow {
            namespace: &self.name,
            id: slot.id,
            hash: slot.hash,
            sequence: slot.sequence,
            created: slot.created.get(|| self.list.created.get(&number).copied()),
            validator,
            datatype: name.zip(version),
            blob: self.list.blobs.get(slot.blob).copied(),
            erased: self.list.erased.get(&number).copied().filter(|sequence| *sequence < position),
        })
    }

    pub(super) fn cut(&self) -> ElementsCut {
        ElementsCut {
            name: self.name.clone(),
            kinds: self.kinds.list.clone(),
            list: self.list.clone(),
        }
    }

    pub(super) fn read(from: &mut SectionReader<'_>, size: u64) -> Result<Self, Unfit> {
        const CANNOT: Unfit = Unfit("holds a data element that cannot be");
        let mut elements = Self::new(from.text()?);
        elements.kinds = Words::read(from)?;
        for _ in 0..from.u32()? {
            elements.list.blobs.push(Held { hash: Bytes32(from.array()?), size: from.u64()? });
        }
        for _ in 0..from.u32()? {
            let (number, time) = (from.u32()?, read_time(from)?);
            elements.list.created.insert(number, time);
        }
        let (count, mut before) = (from.u32()?, None);
        for number in 0..count {
            let (id, hash) =
                (DataId::from_bytes(from.array()?), DataHash::from_bytes(from.array()?));
            let (sequence, created) = (from.u64()?, Moment::read(from)?);
            let (kind, blob) = (from.u32()?, from.u32()?);
            let is_whole = kind < elements.kinds.list.len()
                && (blob == NO_BLOB || elements.list.blobs.get(blob).is_some())
                && (!created.is_rare() || elements.list.created.contains_key(&number));
            if before.replace(sequence) >= Some(sequence) || sequence >= size || !is_whole {
                return Err(CANNOT);
            }
            elements.place(Slot { id, hash, sequence, created, kind, blob });
        }
        if elements.len() != count {
            return Err(Unfit("holds a data element twice"));
        }
        for _ in 0..from.u32()? {
            let (number, sequence) = (from.u32()?, from.u64()?);
            if number >= count || sequence >= size {
                return Err(CANNOT);
            }
            elements.list.erased.insert(number, sequence);
        }
        Ok(elements)
    }
}

/// The data elements of a namespace as they were at one position.
#[derive(Debug)]
pub(super) struct ElementsCut {
    name: Box<str>,
    kinds: super::words::WordList,
    list: ElementList,
}

impl ElementsCut {
    pub(super) fn write(&self, out: &mut SectionWriter<'_>) {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let ElementList { slots, blobs, created, erased } = &self.list;
        out.text(&self.name);
        self.kinds.write(out);
        out.u32(count(blobs.len()));
        for Held { hash, size } in blobs.iter() {
            out.raw(&hash.0);
            out.u64(*size);
        }
        out.u32(count(created.len()));
        for (number, time) in created {
            out.u32(*number);
            write_time(out, *time);
        }
        out.u32(count(slots.len()));
        for Slot { id, hash, sequence, created, kind, blob } in slots.iter() {
            out.raw(id.as_bytes());
            out.raw(hash.as_bytes());
            out.u64(*sequence);
            created.write(out);
            out.u32(*kind);
            out.u32(*blob);
        }
        out.u32(count(erased.len()));
        for (number, sequence) in erased {
            out.u32(*number);
            out.u64(*sequence);
        }
    }
}

impl Views {
    /// Takes in the event of a data element whose record has the sequence `position`.
    ///
    /// # Errors
    /// [`DataMisplaced`] if it cannot come there; the views are then as they were.
    pub fn apply_data(
        &mut self,
        namespace: &str,
        id: DataId,
        event: &DataEvent,
        position: u64,
    ) -> Result<(), DataMisplaced> {
        if position < self.size {
            return Err(DataMisplaced::Position);
        }
        DataMisplaced::judge(self.element_is_erased(namespace, id), event)?;
        let number = match self.element_names.get(namespace) {
            Some(number) => *number,
            None => self.add_elements(Elements::new(namespace)),
        };
        let Some(elements) = self.elements.get_mut(number) else { return Ok(()) };
        if elements.len() == u32::MAX {
            return Err(DataMisplaced::Full);
        }
        elements.take(id, event, position);
        self.reach(position.saturating_add(1));
        Ok(())
    }

    /// A data element as the log told of it after so many records; `None` if it had not been added by then.
    pub fn element_at(&self, namespace: &str, id: DataId, position: u64) -> Option<ElementRow<'_>> {
        let elements = self.elements_of(namespace)?;
        elements.row(elements.find(id)?, position).filter(|row| row.sequence < position)
    }

    /// Answers a query about the data elements of a namespace; in no order that is asked for, the last one first.
    ///
    /// # Errors
    /// [`SelectError`] if the query is for a place or a position that these views do not have.
    pub fn select_data(
        &self,
        namespace: &str,
        query: &Query,
    ) -> Result<Listing<ElementRow<'_>>, SelectError> {
        let position = self.position_of(query)?;
        let found = self.elements_of(namespace);
        let count = found.map_or(0, |found| u64::from(found.added_before(position)));
        let get = |number: u64| found?.row(u32::try_from(number).ok()?, position);
        let candidates = found.and_then(|found| candidates(found, &query.filter));
        Numbered { name: &format!("data of {namespace}"), count, candidates, get: &get }
            .list(query, position)
    }

    /// Whether an element was erased; `None` if it was not added.
    pub(super) fn element_is_erased(&self, namespace: &str, id: DataId) -> Option<bool> {
        self.elements_of(namespace)?.is_erased(id)
    }

    /// Adds the elements of a namespace that has none yet, and says where they are.
    pub(super) fn add_elements(&mut self, elements: Elements) -> usize {
        let number = self.elements.len();
        self.element_names.insert(elements.name.clone(), number);
        self.elements.push(elements);
        number
    }

    fn elements_of(&self, namespace: &str) -> Option<&Elements> {
        self.elements.get(*self.element_names.get(namespace)?)
    }
}

/// The number of the element that a filter names by its id, if it does.
fn candidates(elements: &Elements, filter: &Filter) -> Option<Vec<u64>> {
    let of = |condition: &Condition| {
        let id = condition.exact_text().filter(|_| condition.field() == Field::Id)?;
        let found = super::narrow::uuid(id).and_then(|id| elements.find(DataId::from_bytes(id)));
        Some(found.map(u64::from).into_iter().collect())
    };
    match filter {
        Filter::Is(condition) => of(condition),
        Filter::All(parts) => parts.iter().find_map(|part| match part {
            Filter::Is(condition) => of(condition),
            Filter::All(_) | Filter::Any(_) => None,
        }),
        Filter::Any(_) => None,
    }
}
