//! What is kept of one message: all that a client sees of it, and when each step of its life stands in the log.
//!
//! So it also tells what the message was at any earlier position.

use lampyris_log::snapshot::{SectionReader, SectionWriter, Unfit};
use lampyris_message::{MessageId, MessageState, Timestamp};

use super::dictionary::NO_WORD;
use super::rare::Rare;
use crate::stored::{read_message, read_state, write_state};

/// A message's part of the memory: 144 bytes, and more only for data, pins and reasons.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) id: MessageId,
    pub(super) hash: [u8; 32],
    /// Sequence of the first event.
    pub(super) first: u64,
    pub(super) created: Moment,
    pub(super) confirmed: Moment,
    /// How far behind the first event the first one of each later kind is; 0 if there is none.
    steps: [Distance; Step::COUNT],
    /// How far behind the first event the last one is.
    last: Distance,
    /// The type of the message, of its transaction and of its parent, and its namespaces: a word.
    pub(super) kind: u32,
    /// The author and the key: a word.
    pub(super) sender: u32,
    pub(super) topics: u32,
    pub(super) tag: u32,
    pub(super) group: u32,
    pub(super) cid: u32,
    /// Number of the batch and transaction that it is in.
    pub(super) batch: u32,
    /// Where its references to data begin.
    pub(super) data: u32,
    pub(super) data_count: u32,
    /// Where the rest of it stands that few messages have.
    pub(super) rare: u32,
    pub(super) state: MessageState,
    pub(super) traits: Traits,
}

const _: () = assert!(size_of::<Slot>() == 144);

/// What is so or not so of a message from its first event on, and in the high half the state that it began in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Traits(u8);

impl Traits {
    /// It was taken in as evidence.
    pub(super) const EVIDENCE: Self = Self(1);
    /// The sender wrote a list of data, be it an empty one.
    pub(super) const DATA_LIST: Self = Self(2);
    /// The header has a hash of that list.
    pub(super) const DATA_HASH: Self = Self(4);
    /// It began in a batch or with a transaction.
    pub(super) const BATCH: Self = Self(8);
    const STATE: u32 = 4;

    /// Those of a message that begins in a state, with nothing else to say.
    pub(super) const fn beginning_in(state: MessageState) -> Self {
        Self((state as u8) << Self::STATE)
    }

    /// The state that the message began in.
    fn began(self) -> MessageState {
        let number = usize::from(self.0 >> Self::STATE);
        MessageState::ALL.get(number).copied().unwrap_or(MessageState::Staged)
    }

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) const fn with(self, other: Self, is: bool) -> Self {
        if is { Self(self.0 | other.0) } else { self }
    }

    pub(super) fn read(bits: u8) -> Option<Self> {
        MessageState::ALL.get(usize::from(bits >> Self::STATE)).map(|_| Self(bits))
    }
}

/// The later events that change a message, each of which comes once at most, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Readied,
    Sealed,
    Sent,
    Sequenced,
    Final,
}

impl Step {
    pub(super) const ALL: [Self; Self::COUNT] =
        [Self::Readied, Self::Sealed, Self::Sent, Self::Sequenced, Self::Final];
    const COUNT: usize = 5;
}

/// A number of records in 40 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Distance([u8; 5]);

/// The most records that can stand between two events of a message.
pub(super) const MAX_DISTANCE: u64 = (1 << 40) - 1;

impl Distance {
    fn new(distance: u64) -> Self {
        let mut bytes = [0; 5];
        bytes.copy_from_slice(distance.min(MAX_DISTANCE).to_be_bytes().split_at(3).1);
        Self(bytes)
    }

    fn get(self) -> u64 {
        self.0.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

/// A moment in nanoseconds since 1970, or that there is none, or that it is one of the rare ones that do not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(i64);

impl Moment {
    pub(super) const NONE: Self = Self(i64::MAX);
    const RARE: Self = Self(i64::MIN);

    /// The moment, and whether it must be kept elsewhere.
    pub(super) fn of(time: Option<Timestamp>) -> (Self, bool) {
        let Some(time) = time else { return (Self::NONE, false) };
        let exact = time.unix_nanos_exact().map(Self);
        let exact = exact.filter(|moment| *moment != Self::NONE && *moment != Self::RARE);
        (exact.unwrap_or(Self::RARE), exact.is_none())
    }

    /// The moment; `rare` gives one that is kept elsewhere.
    pub(super) fn get(self, rare: impl FnOnce() -> Option<Timestamp>) -> Option<Timestamp> {
        match self {
            Self::NONE => None,
            Self::RARE => rare(),
            Self(nanos) => Some(Timestamp::from_unix_nanos(nanos)),
        }
    }

    pub(super) const fn is_rare(self) -> bool {
        self.0 == Self::RARE.0
    }

    pub(super) fn write(self, out: &mut SectionWriter<'_>) {
        out.i64(self.0);
    }

    pub(super) fn read(from: &mut SectionReader<'_>) -> Result<Self, Unfit> {
        from.i64().map(Self)
    }
}

impl Slot {
    /// A message that began at this sequence in this state, of which nothing else is known.
    pub(super) fn new(id: MessageId, first: u64, began: MessageState) -> Self {
        Self {
            id,
            hash: [0; 32],
            first,
            created: Moment::NONE,
            confirmed: Moment::NONE,
            steps: [Distance::default(); Step::COUNT],
            last: Distance::default(),
            kind: NO_WORD,
            sender: NO_WORD,
            topics: NO_WORD,
            tag: NO_WORD,
            group: NO_WORD,
            cid: NO_WORD,
            batch: NO_WORD,
            data: 0,
            data_count: 0,
            rare: NO_WORD,
            state: began,
            traits: Traits::beginning_in(began),
        }
    }

    /// Sequence of the last event.
    pub(super) fn last(&self) -> u64 {
        self.first + self.last.get()
    }

    pub(super) fn set_last(&mut self, sequence: u64) {
        self.last = Distance::new(sequence.saturating_sub(self.first));
    }

    /// Sequence of the event of a kind, if it came.
    pub(super) fn step(&self, step: Step) -> Option<u64> {
        let distance = self.steps.get(step as usize).map_or(0, |distance| distance.get());
        (distance > 0).then(|| self.first + distance)
    }

    /// Sequence of the event of a kind, if it came within so many records.
    pub(super) fn step_before(&self, step: Step, position: u64) -> Option<u64> {
        self.step(step).filter(|sequence| *sequence < position)
    }

    pub(super) fn set_step(&mut self, step: Step, sequence: u64) {
        if let Some(place) = self.steps.get_mut(step as usize) {
            *place = Distance::new(sequence.saturating_sub(self.first));
        }
    }

    /// The state after so many records.
    pub(super) fn state_at(&self, position: u64) -> MessageState {
        let came = |step| self.step_before(step, position).is_some();
        if came(Step::Final) {
            self.state
        } else if came(Step::Sequenced) {
            MessageState::Pending
        } else if came(Step::Sent) {
            MessageState::Sent
        } else if came(Step::Readied) {
            MessageState::Ready
        } else {
            self.traits.began()
        }
    }

    /// Whether something that it says is elsewhere is not in `rare`.
    pub(super) fn needs_rare(&self, rare: Option<&Rare>) -> bool {
        let rarer = rare.and_then(|rare| rare.rarer.as_deref());
        let lacks = |moment: Moment, kept: Option<Timestamp>| moment.is_rare() && kept.is_none();
        lacks(self.created, rarer.and_then(|rarer| rarer.created))
            || lacks(self.confirmed, rarer.and_then(|rarer| rarer.confirmed))
    }

    pub(super) fn write(&self, out: &mut SectionWriter<'_>) {
        out.raw(self.id.as_bytes());
        out.raw(&self.hash);
        out.u64(self.first);
        self.created.write(out);
        self.confirmed.write(out);
        for Distance(bytes) in self.steps.iter().chain([&self.last]) {
            out.raw(bytes);
        }
        for number in self.numbers() {
            out.u32(number);
        }
        write_state(out, self.state);
        out.u8(self.traits.0);
    }

    pub(super) fn read(from: &mut SectionReader<'_>) -> Result<Self, Unfit> {
        let mut slot = Self::new(read_message(from)?, 0, MessageState::Staged);
        (slot.hash, slot.first) = (from.array()?, from.u64()?);
        (slot.created, slot.confirmed) = (Moment::read(from)?, Moment::read(from)?);
        for distance in slot.steps.iter_mut().chain([&mut slot.last]) {
            *distance = Distance(from.array()?);
        }
        if slot.first > u64::MAX - MAX_DISTANCE {
            return Err(Unfit("holds a message that cannot be"));
        }
        for number in [
            &mut slot.kind,
            &mut slot.sender,
            &mut slot.topics,
            &mut slot.tag,
            &mut slot.group,
            &mut slot.cid,
            &mut slot.batch,
            &mut slot.data,
            &mut slot.data_count,
            &mut slot.rare,
        ] {
            *number = from.u32()?;
        }
        slot.state = read_state(from)?;
        slot.traits = Traits::read(from.u8()?).ok_or(Unfit("holds a message that cannot be"))?;
        Ok(slot)
    }

    const fn numbers(&self) -> [u32; 10] {
        let Self { kind, sender, topics, tag, group, cid, batch, data, data_count, rare, .. } =
            self;
        [*kind, *sender, *topics, *tag, *group, *cid, *batch, *data, *data_count, *rare]
    }
}
