//! The transition table: every situation a message can be in, every command, and what happens.
//!
//! This is the only place where the rules stand; deciding, judging, the documentation, the
//! diagram and the tests all read it. It never looks inside a message: guards do.

use super::clause::Outcome::{Append, Note, Refuse, Same};
use super::clause::{Cell, Clause, Guard as G, Outcome, Refusal as R};
use super::{CommandKind as C, Situation};
use crate::event::EventKind;

/// What the table says of a command in a situation.
pub const fn cell(command: C, situation: Situation) -> Cell {
    match command {
        C::Stage => stage(situation),
        C::Receive => receive(situation),
        C::Import => import(situation),
        C::Release => release(situation),
        C::Seal => seal(situation),
        C::Dispatched => dispatched(situation),
        C::Sequence => sequence(situation),
        C::Confirm => confirm(situation),
        C::Reject => reject(situation),
        C::Cancel => cancel(situation),
    }
}

/// A cell: guarded answers in the order in which they are tried, and the answer otherwise.
macro_rules! cell {
    ($($when:expr => $then:expr,)* else => $otherwise:expr,) => {
        Cell { clauses: &[$(Clause { when: $when, then: $then }),*], otherwise: $otherwise }
    };
}

const fn always(otherwise: Outcome) -> Cell {
    Cell { clauses: &[], otherwise }
}

const UNKNOWN: Cell = always(Refuse(R::UnknownMessage));
const NOT_OURS: Cell = always(Refuse(R::NotOurs));
const SAME_OR_DUPLICATE: Cell = cell! { G::EqualHash => Same, else => Refuse(R::DuplicateId), };

#[rustfmt::skip]
const fn stage(situation: Situation) -> Cell {
    match situation {
        Situation::Absent => cell! {
            G::KeyHeldBySameRequest => Same,
            G::KeyHeld              => Refuse(R::IdempotencyKeyUsed),
            G::Awaits               => Append(&[EventKind::Staged]),
            else                    => Append(&[EventKind::Staged, EventKind::Readied]),
        },
        Situation::Staged | Situation::ReadyUnsealed | Situation::ReadySealed
        | Situation::Sent | Situation::PendingNoPin | Situation::PendingPinned
        | Situation::Confirmed | Situation::Rejected | Situation::Cancelled
        | Situation::Imported => SAME_OR_DUPLICATE,
    }
}

#[rustfmt::skip]
const fn receive(situation: Situation) -> Cell {
    match situation {
        Situation::Absent => cell! {
            G::Unpinned => Append(&[EventKind::Received, EventKind::Confirmed]),
            G::GapFill  => Append(&[EventKind::Received, EventKind::Cancelled]),
            else        => Append(&[EventKind::Received]),
        },
        Situation::Staged | Situation::ReadyUnsealed => cell! {
            G::OtherHash => Note(R::HashMismatch),
            else         => Refuse(R::NotSent),
        },
        Situation::ReadySealed | Situation::Sent => cell! {
            G::OtherHash => Note(R::HashMismatch),
            G::SameBatch => Same,
            else         => Note(R::WrongBatch),
        },
        Situation::PendingNoPin | Situation::Imported => cell! {
            G::EqualHash => Same,
            else         => Note(R::HashMismatch),
        },
        Situation::PendingPinned | Situation::Confirmed | Situation::Rejected
        | Situation::Cancelled => cell! {
            G::OtherHash => Note(R::HashMismatch),
            G::Remote    => Same,
            G::SameBatch => Same,
            else         => Note(R::WrongBatch),
        },
    }
}

#[rustfmt::skip]
const fn import(situation: Situation) -> Cell {
    match situation {
        Situation::Absent => always(Append(&[EventKind::Imported])),
        Situation::Staged | Situation::ReadyUnsealed | Situation::ReadySealed
        | Situation::Sent | Situation::PendingNoPin | Situation::PendingPinned
        | Situation::Confirmed | Situation::Rejected | Situation::Cancelled
        | Situation::Imported => SAME_OR_DUPLICATE,
    }
}

#[rustfmt::skip]
const fn release(situation: Situation) -> Cell {
    match situation {
        Situation::Absent => UNKNOWN,
        Situation::Imported => NOT_OURS,
        Situation::Staged => cell! {
            G::WrongParent       => Refuse(R::WrongParent),
            G::ParentHashDiffers => Append(&[EventKind::Cancelled]),
            else                 => Append(&[EventKind::Readied]),
        },
        Situation::ReadyUnsealed | Situation::ReadySealed | Situation::Sent
        | Situation::PendingNoPin | Situation::PendingPinned
        | Situation::Confirmed | Situation::Rejected => cell! {
            G::ParentHashDiffers => Note(R::Contradiction),
            else                 => Same,
        },
        Situation::Cancelled => always(Refuse(R::AlreadyFinal)),
    }
}

#[rustfmt::skip]
const fn seal(situation: Situation) -> Cell {
    match situation {
        Situation::Absent => UNKNOWN,
        Situation::Imported => NOT_OURS,
        Situation::Staged => always(Refuse(R::NotReady)),
        Situation::ReadyUnsealed => cell! {
            G::BadPins => Refuse(R::BadPins),
            G::WrongTx => Refuse(R::WrongTx),
            else       => Append(&[EventKind::Sealed]),
        },
        Situation::ReadySealed | Situation::Sent => cell! {
            G::SealDiffers => Note(R::Contradiction),
            G::SameBatch   => Same,
            else           => Refuse(R::AlreadySealed),
        },
        Situation::PendingNoPin => always(Refuse(R::NotLocal)),
        Situation::PendingPinned => cell! {
            G::Remote      => Refuse(R::NotLocal),
            G::SealDiffers => Note(R::Contradiction),
            G::SameBatch   => Same,
            else           => Refuse(R::AlreadySealed),
        },
        Situation::Confirmed | Situation::Rejected | Situation::Cancelled => cell! {
            G::Remote      => Refuse(R::NotLocal),
            G::SealDiffers => Note(R::Contradiction),
            G::SameBatch   => Same,
            else           => Refuse(R::AlreadyFinal),
        },
    }
}

#[rustfmt::skip]
const fn dispatched(situation: Situation) -> Cell {
    match situation {
        Situation::Absent => UNKNOWN,
        Situation::Imported => NOT_OURS,
        Situation::Staged => always(Refuse(R::NotReady)),
        Situation::ReadyUnsealed => always(Refuse(R::NotSealed)),
        Situation::ReadySealed => cell! {
            G::SameBatchUnpinned => Append(&[EventKind::Sent, EventKind::Confirmed]),
            G::SameBatch         => Append(&[EventKind::Sent]),
            else                 => Refuse(R::WrongBatch),
        },
        Situation::Sent => cell! {
            G::SameBatch => Same,
            else         => Note(R::WrongBatch),
        },
        Situation::PendingNoPin => always(Refuse(R::NotLocal)),
        Situation::PendingPinned | Situation::Confirmed | Situation::Rejected => cell! {
            G::Remote    => Refuse(R::NotLocal),
            G::SameBatch => Same,
            else         => Note(R::WrongBatch),
        },
        Situation::Cancelled => cell! {
            G::Remote => Refuse(R::NotLocal),
            else      => Note(R::LateDispatch),
        },
    }
}

#[rustfmt::skip]
const fn sequence(situation: Situation) -> Cell {
    match situation {
        Situation::Absent => UNKNOWN,
        Situation::Imported => NOT_OURS,
        Situation::Staged | Situation::ReadyUnsealed => cell! {
            G::Unpinned => Refuse(R::NotPinned),
            else        => Refuse(R::NotSealed),
        },
        Situation::ReadySealed => cell! {
            G::Unpinned  => Refuse(R::NotPinned),
            G::SameBatch => Append(&[EventKind::Sent, EventKind::Sequenced]),
            else         => Refuse(R::WrongBatch),
        },
        Situation::Sent => cell! {
            G::Unpinned  => Refuse(R::NotPinned),
            G::SameBatch => Append(&[EventKind::Sequenced]),
            else         => Note(R::WrongBatch),
        },
        Situation::PendingNoPin => cell! {
            G::Unpinned => Refuse(R::NotPinned),
            else        => Append(&[EventKind::Sequenced]),
        },
        Situation::PendingPinned | Situation::Confirmed | Situation::Rejected => cell! {
            G::Unpinned => Refuse(R::NotPinned),
            G::SamePin  => Same,
            else        => Note(R::DuplicatePin),
        },
        Situation::Cancelled => cell! {
            G::Unpinned => Refuse(R::NotPinned),
            G::SamePin  => Same,
            else        => Note(R::LatePin),
        },
    }
}

#[rustfmt::skip]
const fn confirm(situation: Situation) -> Cell {
    match situation {
        Situation::Absent => UNKNOWN,
        Situation::Imported => NOT_OURS,
        Situation::Staged | Situation::ReadyUnsealed | Situation::ReadySealed
        | Situation::Sent | Situation::PendingNoPin => always(Refuse(R::NotSequenced)),
        Situation::PendingPinned => cell! {
            G::SignerDiffers => Refuse(R::SignerMismatch),
            else             => Append(&[EventKind::Confirmed]),
        },
        Situation::Confirmed => always(Same),
        Situation::Rejected | Situation::Cancelled => always(Note(R::Contradiction)),
    }
}

#[rustfmt::skip]
const fn reject(situation: Situation) -> Cell {
    match situation {
        Situation::Absent => UNKNOWN,
        Situation::Imported => NOT_OURS,
        Situation::Staged | Situation::ReadyUnsealed | Situation::ReadySealed
        | Situation::Sent | Situation::PendingNoPin => always(Refuse(R::NotSequenced)),
        Situation::PendingPinned => always(Append(&[EventKind::Rejected])),
        Situation::Rejected => cell! {
            G::SameCode => Same,
            else        => Note(R::Contradiction),
        },
        Situation::Confirmed | Situation::Cancelled => always(Note(R::Contradiction)),
    }
}

#[rustfmt::skip]
const fn cancel(situation: Situation) -> Cell {
    match situation {
        Situation::Absent => UNKNOWN,
        Situation::Imported => NOT_OURS,
        Situation::Staged | Situation::ReadyUnsealed => always(Append(&[EventKind::Cancelled])),
        Situation::ReadySealed => cell! {
            G::GapFill => Append(&[EventKind::Cancelled]),
            G::Private => Refuse(R::NeedsGapFill),
            else       => Append(&[EventKind::Cancelled]),
        },
        Situation::Sent | Situation::PendingNoPin | Situation::PendingPinned => cell! {
            G::GapFill => Append(&[EventKind::Cancelled]),
            G::Private => Refuse(R::NeedsGapFill),
            else       => Refuse(R::AlreadySent),
        },
        Situation::Confirmed | Situation::Rejected => always(Refuse(R::AlreadyFinal)),
        Situation::Cancelled => always(Same),
    }
}
