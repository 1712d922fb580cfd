//! When a store misbehaves, and how: a list, or a seed and odds.
//! The same script always gives the same faults in the same order.

use std::collections::VecDeque;

/// What goes wrong with one append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The frames are kept; the answer is [`Unknown`](lampyris_log::ShardError::Unknown).
    DropAnswer,
    /// The frames are not kept; the answer is `Unknown`.
    DropFrames,
    /// The first half of the frames, rounded down, is kept; the answer is `Unknown`.
    CutShort,
    /// The answer comes so many polls later.
    Delay(u8),
    /// The frames are not kept; the answer is [`Unavailable`](lampyris_log::ShardError::Unavailable).
    Unavailable,
    /// The frames are kept; the answer is `Unavailable`.
    KeptUnavailable,
    /// From now on every append and take-over is answered [`NotOwner`](lampyris_log::ShardError::NotOwner).
    LoseOwnership,
}

/// How many of 256 appends meet a fault, on average.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Odds {
    /// Of [`Fault::DropAnswer`], [`Fault::DropFrames`] and [`Fault::CutShort`], each.
    pub unknown: u8,
    /// Of [`Fault::Delay`].
    pub delay: u8,
    /// Of [`Fault::Unavailable`] and [`Fault::KeptUnavailable`], each.
    pub unavailable: u8,
    /// Of [`Fault::LoseOwnership`].
    pub not_owner: u8,
}

/// The faults to come, one place an append.
#[derive(Debug, Clone)]
pub struct Script {
    listed: VecDeque<Option<Fault>>,
    seeded: Option<(u64, Odds)>,
}

impl Odds {
    /// Faults that whoever appends resolves by sending the same frames again: half of all appends meet one.
    pub fn resolvable() -> Odds {
        Odds { unknown: 32, delay: 32, unavailable: 0, not_owner: 0 }
    }

    /// The same, and some that end the log.
    pub fn any() -> Odds {
        Odds { unavailable: 4, not_owner: 4, ..Odds::resolvable() }
    }
}

impl Script {
    /// No fault ever.
    pub fn quiet() -> Script {
        Script::listed([])
    }

    /// These faults for the first appends, then none.
    pub fn listed(faults: impl IntoIterator<Item = Option<Fault>>) -> Script {
        Script { listed: faults.into_iter().collect(), seeded: None }
    }

    /// Faults drawn from a seed for ever.
    pub fn seeded(seed: u64, odds: Odds) -> Script {
        Script { listed: VecDeque::new(), seeded: Some((seed, odds)) }
    }

    /// The fault of the next append.
    pub fn draw(&mut self) -> Option<Fault> {
        if let Some(fault) = self.listed.pop_front() {
            return fault;
        }
        let (state, odds) = self.seeded.as_mut()?;
        let drawn = splitmix(state).to_be_bytes();
        let mut place = u32::from(drawn[0]);
        let choices = [
            (odds.unknown, Fault::DropAnswer),
            (odds.unknown, Fault::DropFrames),
            (odds.unknown, Fault::CutShort),
            (odds.delay, Fault::Delay(drawn[1] % 4 + 1)),
            (odds.unavailable, Fault::Unavailable),
            (odds.unavailable, Fault::KeptUnavailable),
            (odds.not_owner, Fault::LoseOwnership),
        ];
        for (odds, fault) in choices {
            match place.checked_sub(odds.into()) {
                None => return Some(fault),
                Some(rest) => place = rest,
            }
        }
        None
    }
}

/// The next number of Steele's generator.
fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
