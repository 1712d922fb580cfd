//! Retention: which data elements are old enough to be erased, by rules of namespace and age.
//! It chooses and asks for their erasure; what an erasure is, is said there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::time::Duration;

use lampyris_log::Log;
use lampyris_message::text::{ErasureReason, TextError};
use lampyris_message::{DataId, MessageState};
use lampyris_projection::Element;

use crate::Lampyris;
use crate::engine::Engine;
use crate::erasure::{ElementName, Erased, Group, objects};
use crate::error::Error;

/// The elements of one namespace that are kept no longer than this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionRule {
    /// The namespace.
    pub namespace: String,
    /// How long ago an element was added here, by the log's clock, when its bytes may go.
    pub older_than: Duration,
    /// Whether elements stay that messages refer to which are not final.
    pub keep_open: bool,
    /// What each record says of why.
    pub reason: ErasureReason,
}

/// What rules of retention came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Retained {
    /// The elements that were erased, or would be.
    pub elements: Vec<ElementName>,
    /// Objects of the data store that went with them; none are counted if nothing was to be erased.
    pub objects: u64,
    /// Bytes they had.
    pub bytes: u64,
    /// Elements that are old enough and stay, because a message that is not final refers to them.
    pub open: u64,
    /// Elements that are old enough and stay, because one that stays has bytes in common with them.
    pub shared: u64,
}

/// About so many elements are erased at a time: new elements wait meanwhile.
const BATCH_ELEMENTS: usize = 1_000;

impl RetentionRule {
    /// A rule that keeps what messages refer to which are not final, and gives itself as the reason.
    ///
    /// # Errors
    /// [`TextError`] if the namespace is too long to be named in a reason.
    pub fn new(namespace: impl Into<String>, older_than: Duration) -> Result<Self, TextError> {
        let namespace = namespace.into();
        let seconds = older_than.as_secs();
        let reason = format!("retention: elements of namespace '{namespace}' go after {seconds} s");
        let reason = ErasureReason::new(&reason)?;
        Ok(Self { namespace, older_than, keep_open: true, reason })
    }
}

impl Lampyris {
    /// [Erases](Self::erase) the data elements that are older than the rules allow, in the rules' namespaces; the
    /// first rule that an element falls under counts. Elements whose bytes are also those of one that stays, stay.
    /// With `dry_run`, nothing is erased, and what would be is told.
    ///
    /// It reads the whole log twice, keeps some 200 bytes for each element that is old enough, and writes to the disk
    /// on the caller's thread: use one that may block.
    ///
    /// # Errors
    /// [`Error`] if log or store fail. What was erased until then stays erased.
    pub async fn retain(&self, rules: &[RetentionRule], dry_run: bool) -> Result<Retained, Error> {
        let engine = &self.engine;
        engine.settle().await?;
        let begin = engine.log.head().size;
        let mut retained = Retained::default();
        let old = engine.old(rules)?;
        let open = engine.open_references(rules, None);
        let (mut old, stay): (Vec<_>, Vec<_>) =
            old.into_iter().partition(|(element, _)| !open.contains(&ElementName::of(element)));
        retained.open = stay.len() as u64;
        retained.shared = leave_shared(&engine.log, &mut old)?;
        if dry_run {
            let names = old.iter().map(|(element, _)| ElementName::of(element));
            retained.elements = names.collect();
            return Ok(retained);
        }
        for (rule, elements) in batches(old) {
            let Some(rule) = rules.get(rule) else { continue };
            let mut group = Group::new(&engine.log, elements, begin);
            let _alone = engine.erasing.write().await;
            engine.settle().await?;
            group.look(false)?;
            // What came in since the beginning, and only that, was not looked at.
            let open = engine.open_references(rules, begin.checked_sub(1));
            retained.open += group.leave(&open) as u64;
            retained.shared += group.leave_shared() as u64;
            let erased = engine.erase(&self.actor, &group, &rule.reason).await?;
            let Erased { elements, objects, bytes, .. } = erased;
            retained.elements.extend(elements);
            retained.objects += objects;
            retained.bytes += bytes;
        }
        engine.log.data().sweep()?;
        Ok(retained)
    }
}

impl Engine {
    /// The elements that are old enough, each with the number of its rule.
    fn old(&self, rules: &[RetentionRule]) -> Result<Vec<(Element, usize)>, Error> {
        let now = self.clock.now_ns();
        let mut old = Vec::new();
        Element::for_each(&self.log, None, |element| {
            let age = u64::try_from(now.saturating_sub(element.time())).unwrap_or(0);
            let is_under = |rule: &RetentionRule| {
                rule.namespace == element.namespace() && Duration::from_nanos(age) > rule.older_than
            };
            if element.erasure().is_none()
                && let Some(rule) = rules.iter().position(is_under)
            {
                old.push((element, rule));
            }
            ControlFlow::Continue(())
        })?;
        Ok(old)
    }

    /// The elements that messages refer to which are not final, of those that began after a sequence, where a rule
    /// keeps them.
    fn open_references(
        &self,
        rules: &[RetentionRule],
        after: Option<u64>,
    ) -> BTreeSet<ElementName> {
        let mut names = BTreeSet::new();
        let namespaces: BTreeSet<&str> =
            rules.iter().filter(|rule| rule.keep_open).map(|rule| &*rule.namespace).collect();
        for namespace in namespaces {
            self.live().read(|views| {
                let rows = views.list(namespace, None, after);
                let ids = rows.filter(|row| !is_final(row.state())).flat_map(|row| row.data());
                let name = |id: DataId| ElementName { namespace: namespace.to_owned(), id };
                names.extend(ids.map(|reference| name(reference.id)));
            });
        }
        names
    }
}

const fn is_final(state: MessageState) -> bool {
    match state {
        MessageState::Confirmed | MessageState::Rejected | MessageState::Cancelled => true,
        MessageState::Staged | MessageState::Ready | MessageState::Sent | MessageState::Pending => {
            false
        }
    }
}

/// Leaves out the elements whose bytes one that stays has, and so on; returns how many.
fn leave_shared(log: &Log, old: &mut Vec<(Element, usize)>) -> Result<u64, Error> {
    let before = old.len();
    let names: BTreeSet<ElementName> =
        old.iter().map(|(element, _)| ElementName::of(element)).collect();
    let hashes: BTreeSet<[u8; 32]> = old.iter().flat_map(|(element, _)| objects(element)).collect();
    let mut stay: BTreeSet<[u8; 32]> = BTreeSet::new();
    Element::for_each(log, None, |element| {
        if element.erasure().is_none() && !names.contains(&ElementName::of(&element)) {
            stay.extend(objects(&element).filter(|hash| hashes.contains(hash)));
        }
        ControlFlow::Continue(())
    })?;
    loop {
        let known = stay.len();
        old.retain(|(element, _)| {
            let is_shared = objects(element).any(|hash| stay.contains(&hash));
            if is_shared {
                stay.extend(objects(element));
            }
            !is_shared
        });
        if stay.len() == known {
            return Ok((before - old.len()) as u64);
        }
    }
}

/// Parts the elements so that those with bytes in common are in one part, under the rule of the first of them.
fn batches(old: Vec<(Element, usize)>) -> Vec<(usize, Vec<Element>)> {
    let mut parts = Parts { above: (0..old.len()).collect() };
    let mut first: HashMap<[u8; 32], usize> = HashMap::new();
    for (number, (element, _)) in old.iter().enumerate() {
        for hash in objects(element) {
            parts.join(*first.entry(hash).or_insert(number), number);
        }
    }
    let mut whole: BTreeMap<usize, Vec<(Element, usize)>> = BTreeMap::new();
    for (number, entry) in old.into_iter().enumerate() {
        whole.entry(parts.top(number)).or_default().push(entry);
    }
    let mut batches: Vec<(usize, Vec<Element>)> = Vec::new();
    let mut filling: HashMap<usize, usize> = HashMap::new();
    for part in whole.into_values() {
        let Some((_, rule)) = part.first() else { continue };
        let rule = *rule;
        let elements = part.into_iter().map(|(element, _)| element);
        let open = filling.get(&rule).and_then(|number| batches.get_mut(*number));
        if let Some((_, batch)) = open.filter(|(_, batch)| batch.len() < BATCH_ELEMENTS) {
            batch.extend(elements);
        } else {
            filling.insert(rule, batches.len());
            batches.push((rule, elements.collect()));
        }
    }
    batches
}

/// Numbers in parts, each part with a top.
struct Parts {
    above: Vec<usize>,
}

impl Parts {
    fn top(&mut self, mut number: usize) -> usize {
        while let Some(above) = self.above.get(number).copied().filter(|above| *above != number) {
            let over = self.above.get(above).copied().unwrap_or(above);
            if let Some(slot) = self.above.get_mut(number) {
                *slot = over;
            }
            number = above;
        }
        number
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.top(one), self.top(other));
        if let Some(slot) = self.above.get_mut(one.max(other)) {
            *slot = one.min(other);
        }
    }
}
