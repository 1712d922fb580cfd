//! The views as a snapshot keeps them: a cut that is taken at once, written later and read back.
//!
//! A cut shares what neither it nor the views change; tables of hashes are not stored but made anew.

use lampyris_log::snapshot::{Chunks, Section, SectionReader, SectionWriter, Snapshot, Unfit};
use lampyris_message::{DataHash, DataId, SealedRef};

use super::Views;
use super::columns::{Columns, batch_parts};
use super::dictionary::{Dictionary, NO_WORD};
use super::elements::{Elements, ElementsCut};
use super::ends::Ends;
use super::gap_fills::GapFills;
use super::keys::{KeyList, Keys};
use super::namespace::Namespace;
use super::rare::Rare;
use super::slot::Slot;
use super::words::{WordList, Words, parts};

/// The name of the section with the views.
pub const VIEWS: &str = "views";
/// Its version.
pub const VIEWS_VERSION: u32 = 2;

/// The views of a log as they were at one position.
#[derive(Debug)]
pub struct StoredViews {
    position: u64,
    namespaces: Vec<NamespaceCut>,
    elements: Vec<ElementsCut>,
}

/// A namespace as it was at one position.
#[derive(Debug)]
struct NamespaceCut {
    name: Box<str>,
    words: [WordList; 7],
    slots: Chunks<Slot>,
    data: Chunks<SealedRef>,
    rares: Chunks<Rare>,
    keys: KeyList,
    gap_fills: GapFills,
    ends: Ends,
}

impl Views {
    /// The views as they are now; what is fed later does not change them.
    pub fn cut(&self) -> StoredViews {
        let namespaces = self.namespaces.iter().map(Namespace::cut).collect();
        let elements = self.elements.iter().map(Elements::cut).collect();
        StoredViews { position: self.size, namespaces, elements }
    }

    /// The views that a snapshot holds.
    ///
    /// # Errors
    /// [`Unfit`] if it holds none of a log of so many records.
    pub fn stored(snapshot: &Snapshot) -> Result<Self, Unfit> {
        let bytes = snapshot.section(VIEWS, VIEWS_VERSION)?;
        let (from, mut views) = (&mut SectionReader::new(&bytes), Self::new());
        views.size = from.u64()?;
        if views.size != snapshot.head().size {
            return Err(Unfit("has views of another number of records"));
        }
        for number in 0..from.u32()? {
            let namespace = Namespace::read(from, views.size)?;
            if views.names.insert(namespace.name.clone(), number as usize).is_some() {
                return Err(Unfit("names a namespace twice"));
            }
            views.namespaces.push(namespace);
        }
        for _ in 0..from.u32()? {
            let elements = Elements::read(from, views.size)?;
            if views.element_names.contains_key(elements.name()) {
                return Err(Unfit("names a namespace twice"));
            }
            views.add_elements(elements);
        }
        from.end()?;
        Ok(views)
    }
}

impl Namespace {
    fn cut(&self) -> NamespaceCut {
        NamespaceCut {
            name: self.name.clone(),
            words: self.columns.all().map(|column| column.words.list.clone()),
            slots: self.slots.clone(),
            data: self.data.clone(),
            rares: self.rares.clone(),
            keys: self.keys.list.clone(),
            gap_fills: self.gap_fills.clone(),
            ends: self.ends.clone(),
        }
    }

    /// Reads one of a log of so many records.
    fn read(from: &mut SectionReader<'_>, size: u64) -> Result<Self, Unfit> {
        let mut namespace = Self::new(from.text()?);
        namespace.columns = Columns::read(from)?;
        for _ in 0..from.u32()? {
            let (id, hash) =
                (DataId::from_bytes(from.array()?), DataHash::from_bytes(from.array()?));
            namespace.data.push(SealedRef { id, hash });
        }
        for _ in 0..from.u32()? {
            namespace.rares.push(Rare::read(from)?);
        }
        let mut before = None;
        for _ in 0..from.u32()? {
            let slot = Slot::read(from)?;
            let placed = before < Some(slot.first) && slot.last() < size;
            before = Some(slot.first);
            if !placed || !namespace.has(&slot) {
                return Err(Unfit("holds a message that cannot be"));
            }
            let place = namespace.find(slot.id).err().ok_or(Unfit("holds a message twice"))?;
            let rarer = namespace.rares.get(slot.rare).and_then(|rare| rare.rarer.as_deref());
            let created = slot.created.get(|| rarer?.created);
            let confirmed = slot.confirmed.get(|| rarer?.confirmed);
            namespace.place(place, slot, created, confirmed);
        }
        namespace.keys = Keys::read(from, namespace.len())?;
        namespace.gap_fills = GapFills::read(from)?;
        namespace.ends = Ends::read(from, namespace.len())?;
        Ok(namespace)
    }

    /// Whether all that a slot refers to is there.
    fn has(&self, slot: &Slot) -> bool {
        let columns = self.columns.all().map(Dictionary::len);
        let words =
            [slot.kind, slot.sender, slot.topics, slot.tag, slot.group, slot.cid, slot.batch];
        let data = u64::from(slot.data) + u64::from(slot.data_count);
        words.iter().zip(columns).all(|(word, count)| *word == NO_WORD || *word < count)
            && data <= self.data.len() as u64
            && (slot.rare == NO_WORD || self.rare(slot).is_some())
            && !slot.needs_rare(self.rare(slot))
    }
}

impl Columns {
    fn read(from: &mut SectionReader<'_>) -> Result<Self, Unfit> {
        let mut column = || Words::read(from).map(Dictionary::of);
        let mut columns = Self {
            kinds: column()?,
            senders: column()?,
            topics: column()?,
            tags: column()?,
            groups: column()?,
            cids: column()?,
            batches: column()?,
        };
        columns
            .senders
            .find_all_by(|word| parts(word).take(1).flatten().map(str::as_bytes).collect());
        columns.topics.find_all_by(|word| {
            let topics: Vec<_> = parts(word).flatten().map(str::as_bytes).collect();
            if topics.len() > 1 { topics } else { Vec::new() }
        });
        columns.batches.find_all_by(|word| batch_parts(word).collect());
        Ok(columns)
    }
}

impl StoredViews {
    /// How many records they reflect.
    pub const fn position(&self) -> u64 {
        self.position
    }
}

impl Section for StoredViews {
    fn name(&self) -> &'static str {
        VIEWS
    }

    fn version(&self) -> u32 {
        VIEWS_VERSION
    }

    fn write(&self, out: &mut SectionWriter<'_>) {
        out.u64(self.position);
        out.u32(u32::try_from(self.namespaces.len()).unwrap_or(u32::MAX));
        for namespace in &self.namespaces {
            namespace.write(out);
        }
        out.u32(u32::try_from(self.elements.len()).unwrap_or(u32::MAX));
        for elements in &self.elements {
            elements.write(out);
        }
    }
}

impl NamespaceCut {
    fn write(&self, out: &mut SectionWriter<'_>) {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        out.text(&self.name);
        for words in &self.words {
            words.write(out);
        }
        out.u32(count(self.data.len()));
        for reference in self.data.iter() {
            out.raw(reference.id.as_bytes());
            out.raw(reference.hash.as_bytes());
        }
        out.u32(count(self.rares.len()));
        for rare in self.rares.iter() {
            rare.write(out);
        }
        out.u32(count(self.slots.len()));
        for slot in self.slots.iter() {
            slot.write(out);
        }
        self.keys.write(out);
        self.gap_fills.write(out);
        self.ends.write(out);
    }
}
