//! Random requests: mostly what would move a message on, otherwise anything.

use lampyris_message::MessageState;
use lampyris_message::lifecycle::Situation;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::ask::{Ask, Carries, Pins, Waits};
use crate::cast::Who;

/// Any request; the numbers of drawn ids begin at `first`.
pub(crate) fn any_ask(first: u64) -> BoxedStrategy<Ask> {
    let who = || select(&Who::ALL[..]);
    let waits =
        || prop_oneof![6 => Just(Waits::Not), 1 => Just(Waits::ForAny), 1 => Just(Waits::ForFirst)];
    let pins = || prop_oneof![4 => Just(Pins::Right), 1 => Just(Pins::None), 1 => Just(Pins::Others), 1 => Just(Pins::TooMany)];
    let carries = || select(&[Carries::NothingTold, Carries::TheMessage, Carries::Another][..]);
    let seldom = || prop::bool::weighted(0.15);
    let often = || prop::bool::weighted(0.8);
    let state = || select(MessageState::ALL);
    prop_oneof![
        4 => (who(), seldom(), option::of(0..3_u8), waits())
            .prop_map(|(who, impostor, key, waits)| Ask::Stage { who, impostor, key, waits }),
        1 => (first..first + 3, option::of(0..3_u8)).prop_map(|(number, key)| Ask::Draw { number, key }),
        3 => (who(), seldom(), 0..3_u8, pins())
            .prop_map(|(who, impostor, batch, pins)| Ask::Receive { who, impostor, batch, pins }),
        1 => (who(), seldom(), state()).prop_map(|(who, impostor, state)| Ask::Import { who, impostor, state }),
        1 => (who(), option::of((0..2_u8, carries()))).prop_map(|(who, parent)| Ask::Release { who, parent }),
        3 => (who(), 0..3_u8, 0..2_u8, pins()).prop_map(|(who, batch, tx, pins)| Ask::Seal { who, batch, tx, pins }),
        3 => (who(), 0..3_u8).prop_map(|(who, batch)| Ask::Dispatched { who, batch }),
        3 => (who(), 0..3_u8, option::of(0..2_u8), 0..3_u8, often()).prop_map(
            |(who, batch, tx, position, right_key)| Ask::Sequence { who, batch, tx, position, right_key }
        ),
        2 => (who(), seldom()).prop_map(|(who, correlated)| Ask::Confirm { who, correlated }),
        1 => (who(), 0..2_u8).prop_map(|(who, code)| Ask::Reject { who, code }),
        3 => (who(), option::of(who())).prop_map(|(who, gap_fill)| Ask::Cancel { who, gap_fill }),
    ]
    .boxed()
}

/// What would move this message on, with facts that belong together.
pub(crate) fn next_ask(who: Who, situation: Situation) -> BoxedStrategy<Ask> {
    let batch = 0;
    match situation {
        Situation::Absent => prop_oneof![
            option::weighted(0.3, 0..3_u8).prop_map(move |key| Ask::Stage {
                who,
                impostor: false,
                key,
                waits: Waits::Not
            }),
            Just(Ask::Receive { who, impostor: false, batch, pins: Pins::Right }),
        ]
        .boxed(),
        Situation::Staged => Just(Ask::Release { who, parent: None }).boxed(),
        Situation::ReadyUnsealed => {
            Just(Ask::Seal { who, batch, tx: 0, pins: Pins::Right }).boxed()
        }
        Situation::ReadySealed => prop_oneof![
            2 => Just(Ask::Dispatched { who, batch }),
            1 => Just(Ask::Cancel { who, gap_fill: Some(Who::Fill) }),
        ]
        .boxed(),
        Situation::Sent | Situation::PendingNoPin => {
            let (tx, position, right_key) = (None, who as u8, true);
            prop_oneof![
                3 => Just(Ask::Sequence { who, batch, tx, position, right_key }),
                1 => Just(Ask::Cancel { who, gap_fill: Some(Who::Fill) }),
            ]
            .boxed()
        }
        Situation::PendingPinned => prop_oneof![
            4 => Just(Ask::Confirm { who, correlated: false }),
            1 => Just(Ask::Reject { who, code: 0 }),
            1 => Just(Ask::Cancel { who, gap_fill: Some(Who::Refill) }),
        ]
        .boxed(),
        Situation::Confirmed | Situation::Rejected | Situation::Cancelled | Situation::Imported => {
            any_ask(0)
        }
    }
}
