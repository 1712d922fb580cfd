//! Elements that are to be erased together, and who else has their bytes.
//! It only looks: in the log, from where it looked last.

use std::collections::{BTreeMap, BTreeSet};

use lampyris_log::{Hash, Log};
use lampyris_message::DataId;
use lampyris_projection::{Element, element};

use super::ElementName;
use crate::error::Error;

/// Elements that are to be erased together.
pub(crate) struct Group<'a> {
    log: &'a Log,
    elements: BTreeMap<ElementName, Element>,
    /// Their objects.
    hashes: BTreeSet<[u8; 32]>,
    /// Elements that are there and have one of the objects, and are not meant.
    others: BTreeMap<ElementName, Element>,
    /// Nothing was added before this sequence that is not known here.
    seen: u64,
}

impl<'a> Group<'a> {
    /// One element.
    ///
    /// # Errors
    /// [`Error::ElementUnknown`] if it was not added.
    pub(crate) fn of(log: &'a Log, namespace: &str, id: DataId) -> Result<Self, Error> {
        let element = Element::read(log, namespace, id)?;
        let element = element.ok_or(Error::ElementUnknown { id })?;
        Ok(Self::new(log, vec![element], 0))
    }

    /// These elements; no others that were added before `seen` have their bytes.
    pub(crate) fn new(log: &'a Log, elements: Vec<Element>, seen: u64) -> Self {
        let (elements, others) = (named(elements), BTreeMap::new());
        let mut group = Self { log, elements, hashes: BTreeSet::new(), others, seen };
        group.hash();
        group
    }

    /// Looks for others in what was added since it last looked, and takes them in if `all` are meant, with those
    /// that have their bytes, and so on.
    ///
    /// # Errors
    /// [`Error`] if the log cannot be read.
    pub(crate) fn look(&mut self, all: bool) -> Result<(), Error> {
        self.refresh()?;
        loop {
            let (hashes, elements, others) = (&self.hashes, &self.elements, &mut self.others);
            self.seen = Element::for_each_from(self.log, self.seen, |element| {
                let name = ElementName::of(&element);
                let shares = objects(&element).any(|hash| hashes.contains(&hash));
                if shares && element.erasure().is_none() && !elements.contains_key(&name) {
                    others.insert(name, element);
                }
            })?;
            let sharing = self.sharing();
            if !all || sharing.is_empty() {
                return Ok(());
            }
            for name in sharing {
                self.elements.extend(self.others.remove_entry(&name));
            }
            let before = self.hashes.len();
            self.hash();
            if self.hashes.len() > before {
                self.seen = 0;
            }
        }
    }

    /// Leaves those alone whose bytes others have, and so on; returns how many.
    pub(crate) fn leave_shared(&mut self) -> usize {
        let before = self.elements.len();
        loop {
            let of_others: BTreeSet<[u8; 32]> = self.others.values().flat_map(objects).collect();
            let is_shared = |element: &Element| {
                element.erasure().is_none()
                    && objects(element).any(|hash| of_others.contains(&hash))
            };
            let shared: Vec<ElementName> = self
                .elements
                .iter()
                .filter(|(_, element)| is_shared(element))
                .map(|(name, _)| name.clone())
                .collect();
            if shared.is_empty() {
                self.hash();
                return before - self.elements.len();
            }
            self.leave(&shared);
        }
    }

    /// Leaves these alone: they count as others from then on. Returns how many were meant.
    pub(crate) fn leave<'n>(&mut self, names: impl IntoIterator<Item = &'n ElementName>) -> usize {
        let before = self.elements.len();
        for name in names {
            self.others.extend(self.elements.remove_entry(name));
        }
        before - self.elements.len()
    }

    /// The others that have bytes of elements that are still there.
    pub(crate) fn sharing(&self) -> Vec<ElementName> {
        let there = self.elements.values().filter(|element| element.erasure().is_none());
        let there: BTreeSet<[u8; 32]> = there.flat_map(objects).collect();
        let shares = |element: &Element| objects(element).any(|hash| there.contains(&hash));
        let others = self.others.iter().filter(|(_, element)| shares(element));
        others.map(|(name, _)| name.clone()).collect()
    }

    /// The elements that were not erased before.
    pub(crate) fn elements_there(&self) -> Vec<ElementName> {
        let there = self.elements.iter().filter(|(_, element)| element.erasure().is_none());
        there.map(|(name, _)| name.clone()).collect()
    }

    /// The objects that nobody refers to once the elements are erased.
    pub(crate) fn hashes_to_go(&self) -> Vec<Hash> {
        let stay: BTreeSet<[u8; 32]> = self.others.values().flat_map(objects).collect();
        self.hashes.difference(&stay).map(|hash| Hash(*hash)).collect()
    }

    /// Takes note of what was erased since.
    fn refresh(&mut self) -> Result<(), Error> {
        let log = self.log;
        for (name, found) in &mut self.elements {
            let is_new = found.erasure().is_none() && is_erased(log, name);
            if is_new && let Some(now) = Element::read(log, &name.namespace, name.id)? {
                *found = now;
            }
        }
        self.others.retain(|name, _| !is_erased(log, name));
        Ok(())
    }

    fn hash(&mut self) {
        self.hashes = self.elements.values().flat_map(objects).collect();
    }
}

fn is_erased(log: &Log, ElementName { namespace, id }: &ElementName) -> bool {
    element::is_erased(log, namespace, *id)
}

fn named(elements: Vec<Element>) -> BTreeMap<ElementName, Element> {
    elements.into_iter().map(|element| (ElementName::of(&element), element)).collect()
}

/// The hashes of what an element has in the data store.
pub(crate) fn objects(element: &Element) -> impl Iterator<Item = [u8; 32]> + use<> {
    let held: Vec<_> = element.added().objects().map(|held| held.hash.0).collect();
    held.into_iter()
}
