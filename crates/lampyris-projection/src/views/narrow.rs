//! Which rows can meet a filter, as far as what rows share tells it.
//!
//! What is left of the filter is asked of those rows alone. Nothing here depends on how many rows there are, only on
//! how many different values.

use std::borrow::Cow;

use lampyris_message::{MessageId, MessageState};
use roaring::RoaringBitmap;
use uuid::Uuid;

use super::columns::{batch_part, transaction_part};
use super::dictionary::Dictionary;
use super::namespace::Namespace;
use super::words::{joined, parts};
use crate::query::{Cell, Comparison, Condition, Field, Filter};

/// What is known of the rows that meet a filter.
#[derive(Debug, Default)]
pub(super) struct Narrowed<'v> {
    /// They are in all of these sets.
    pub(super) sets: Vec<Cow<'v, RoaringBitmap>>,
    /// They meet these.
    pub(super) left: Vec<Filter>,
    /// How that was found out.
    pub(super) by: Vec<By>,
}

/// How one part of a filter is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The part, as a person reads it.
    pub part: String,
    /// What answers it.
    pub by: By,
}

/// What answers a part of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum By {
    /// The index of a field: it has so many rows.
    Index {
        /// Rows.
        rows: u64,
    },
    /// The index of a field leaves so many rows, each of which is looked at.
    Nearly {
        /// Rows.
        rows: u64,
    },
    /// The times of blocks of neighbouring rows, then each row of the blocks that are left.
    Blocks,
    /// Each row.
    Rows,
}

/// The rows that meet a condition, and whether they all do.
struct Found<'v> {
    rows: Cow<'v, RoaringBitmap>,
    is_exact: bool,
}

impl Found<'_> {
    fn exactly(rows: RoaringBitmap) -> Self {
        Self { rows: Cow::Owned(rows), is_exact: true }
    }
}

impl<'v> Narrowed<'v> {
    /// Looks a filter up; `is_now` says that the rows are asked for as they are now, and not as they were.
    pub(super) fn of(namespace: &'v Namespace, filter: &Filter, is_now: bool) -> Self {
        let mut narrowed = Self::default();
        for part in together(filter) {
            narrowed.take(namespace, part, is_now);
        }
        narrowed.sets.sort_by_key(|set| set.len());
        narrowed
    }

    /// How each part of the filter is answered.
    pub(super) fn told(&self, filter: &Filter) -> Vec<Told> {
        let told = together(filter).into_iter().zip(&self.by);
        told.map(|(part, by)| Told { part: part.to_string(), by: *by }).collect()
    }

    fn take(&mut self, namespace: &'v Namespace, part: &Filter, is_now: bool) {
        let found = found(namespace, part, is_now);
        let rows = found.as_ref().map(|found| found.rows.len());
        let is_exact = found.as_ref().is_some_and(|found| found.is_exact);
        let by = match (rows, is_exact) {
            (Some(rows), true) => By::Index { rows },
            (Some(rows), false) => By::Nearly { rows },
            (None, _) if is_time(part) => By::Blocks,
            (None, _) => By::Rows,
        };
        self.by.push(by);
        self.sets.extend(found.map(|found| found.rows));
        if !is_exact {
            self.left.push(part.clone());
        }
    }
}

/// The parts of a filter that must all be met, none of which has such parts again.
fn together(filter: &Filter) -> Vec<&Filter> {
    match filter {
        Filter::All(parts) => parts.iter().flat_map(together).collect(),
        Filter::Any(_) | Filter::Is(_) => vec![filter],
    }
}

/// Whether blocks of rows can be left out by it.
fn is_time(part: &Filter) -> bool {
    matches!(part, Filter::Is(condition) if matches!(condition.field(), Field::Created | Field::Confirmed | Field::Sequence))
}

impl Namespace {
    /// The rows that have exactly this text in a field that never changes, if an index tells them.
    pub(super) fn rows_of(&self, field: Field, text: &str) -> Option<RoaringBitmap> {
        let found = of_condition(self, &Condition::is(field, text), false)?;
        found.is_exact.then(|| found.rows.into_owned())
    }
}

/// The rows of a part of a filter, if indexes tell them.
fn found<'v>(namespace: &'v Namespace, part: &Filter, is_now: bool) -> Option<Found<'v>> {
    match part {
        Filter::Is(condition) => of_condition(namespace, condition, is_now),
        Filter::Any(parts) => {
            let mut all = RoaringBitmap::new();
            let mut is_exact = true;
            for part in parts {
                let found = found(namespace, part, is_now)?;
                all |= &*found.rows;
                is_exact &= found.is_exact;
            }
            Some(Found { rows: Cow::Owned(all), is_exact })
        }
        Filter::All(parts) => {
            let mut all: Option<Found<'v>> = None;
            let mut is_exact = true;
            for part in parts {
                let Some(found) = found(namespace, part, is_now) else {
                    is_exact = false;
                    continue;
                };
                is_exact &= found.is_exact;
                all = Some(match all {
                    None => found,
                    Some(all) => Found::exactly(&*all.rows & &*found.rows),
                });
            }
            all.map(|all| Found { is_exact, ..all })
        }
    }
}

fn of_condition<'v>(
    namespace: &'v Namespace,
    condition: &Condition,
    is_now: bool,
) -> Option<Found<'v>> {
    let columns = &namespace.columns;
    let exact = condition.exact_text();
    let any_of =
        |column: &'v Dictionary, words: &[u32]| Found { rows: column.rows(words), is_exact: true };
    let rows = match (condition.field(), exact) {
        (Field::State, _) if is_now => return Some(in_states(namespace, condition)),
        (Field::Author, Some(author)) => {
            any_of(&columns.senders, columns.senders.with_part(author.as_bytes()))
        }
        (Field::Topics, Some(topic)) => {
            let alone = columns.topics.words.find(&joined([Some(topic)]));
            let words: Vec<u32> =
                columns.topics.with_part(topic.as_bytes()).iter().copied().chain(alone).collect();
            any_of(&columns.topics, &words)
        }
        (Field::Tag, Some(tag)) => {
            any_of(&columns.tags, columns.tags.words.find(tag.as_bytes()).as_slice())
        }
        (Field::Group, Some(group)) => {
            let word = hash(group).and_then(|group| columns.groups.words.find(&group));
            any_of(&columns.groups, word.as_slice())
        }
        (Field::Cid, Some(cid)) => {
            let word = uuid(cid).and_then(|cid| columns.cids.words.find(&cid));
            any_of(&columns.cids, word.as_slice())
        }
        (Field::Batch, Some(batch)) if is_now => {
            let part = uuid(batch).map(|batch| batch_part(&batch));
            let words = part.as_ref().map(|part| columns.batches.with_part(part));
            any_of(&columns.batches, words.unwrap_or_default())
        }
        (Field::TxId, Some(transaction)) if is_now => {
            let part = uuid(transaction).map(|transaction| transaction_part(&transaction));
            let words = part.as_ref().map(|part| columns.batches.with_part(part));
            any_of(&columns.batches, words.unwrap_or_default())
        }
        (Field::Id, Some(id)) => {
            let row = uuid(id).and_then(|id| namespace.find(MessageId::from_bytes(id)).ok());
            Found::exactly(row.into_iter().collect())
        }
        (Field::IdempotencyKey, Some(key)) => {
            let mut rows = namespace.claimed_keys.clone();
            rows.extend(namespace.by_key(key));
            Found { rows: Cow::Owned(rows), is_exact: namespace.claimed_keys.is_empty() }
        }
        (field, _) => by_words(namespace, field, condition, is_now)?,
    };
    Some(rows)
}

fn in_states<'v>(namespace: &'v Namespace, condition: &Condition) -> Found<'v> {
    let mut met = MessageState::ALL
        .iter()
        .filter(|state| condition.holds(&state.as_str().into()))
        .filter_map(|state| namespace.states.get(*state as usize));
    let first = met.next().map(Cow::Borrowed).unwrap_or_default();
    let rows = met.fold(first, |all, rows| Cow::Owned(&*all | rows));
    Found { rows, is_exact: true }
}

/// The rows whose words meet a condition, if the field is a column of words.
#[expect(clippy::wildcard_enum_match_arm, reason = "the fields that are no words")]
fn by_words<'v>(
    namespace: &'v Namespace,
    field: Field,
    condition: &Condition,
    is_now: bool,
) -> Option<Found<'v>> {
    let columns = &namespace.columns;
    let nth = |word: &[u8], at: usize| {
        condition.holds(&parts(word).nth(at).flatten().unwrap_or_default().into())
    };
    let bytes = |word: &[u8]| match (word.try_into(), word.try_into()) {
        (Ok(uuid), _) => condition.holds(&Cell::Uuid(uuid)),
        (_, Ok(hash)) => condition.holds(&Cell::Hash(hash)),
        (Err(_), Err(_)) => false,
    };
    let id = |word: &[u8], kind: u8| {
        let part = word.chunks(17).find(|part| part.first() == Some(&kind));
        let id = part.and_then(|part| part.get(1..)?.try_into().ok());
        condition.holds(&id.map_or(Cell::Null, Cell::Uuid))
    };
    let (column, met) = match field {
        Field::Type => (&columns.kinds, columns.kinds.meeting(|word| nth(word, 0))),
        Field::TxType => (&columns.kinds, columns.kinds.meeting(|word| nth(word, 1))),
        Field::TxParentType => (&columns.kinds, columns.kinds.meeting(|word| nth(word, 2))),
        Field::Author => (&columns.senders, columns.senders.meeting(|word| nth(word, 0))),
        Field::Key => (&columns.senders, columns.senders.meeting(|word| nth(word, 1))),
        Field::Topics | Field::TopicsJoined => {
            let holds =
                |word: &[u8]| condition.holds(&Cell::Texts(parts(word).flatten().collect()));
            (&columns.topics, columns.topics.meeting(holds))
        }
        Field::Tag => {
            let holds = |word: &[u8]| {
                condition.holds(&std::str::from_utf8(word).unwrap_or_default().into())
            };
            (&columns.tags, columns.tags.meeting(holds))
        }
        Field::Group => (&columns.groups, columns.groups.meeting(bytes)),
        Field::Cid => (&columns.cids, columns.cids.meeting(bytes)),
        Field::Batch if is_now => {
            (&columns.batches, columns.batches.meeting(|word| id(word, b'b')))
        }
        Field::TxId if is_now => (&columns.batches, columns.batches.meeting(|word| id(word, b't'))),
        _ => return None,
    };
    let mut rows = met;
    if condition.comparison() == Comparison::IsNull && condition.holds(&Cell::Null) {
        let mut all = RoaringBitmap::new();
        all.insert_range(0..namespace.len());
        rows = Cow::Owned(&*rows | (all - column.present()));
    }
    Some(Found { rows, is_exact: true })
}

/// The bytes that a UUID's text spells, if it is the one spelling that ids have.
pub(super) fn uuid(text: &str) -> Option<[u8; 16]> {
    let uuid = Uuid::try_parse(text).ok()?;
    (uuid.hyphenated().encode_lower(&mut [0; 36]) == text).then_some(*uuid.as_bytes())
}

/// The bytes that a hash's text spells, if it is the one spelling that hashes have.
fn hash(text: &str) -> Option<[u8; 32]> {
    let hash: [u8; 32] = const_hex::decode_to_array(text).ok()?;
    (const_hex::encode(hash) == text).then_some(hash)
}
