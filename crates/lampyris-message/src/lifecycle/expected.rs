//! What a message waits for, and which report moves it on: an answer to "why is it not confirmed yet".
//!
//! It decides nothing: the table does, and every command named here is one that it can append for.

use super::{CommandKind, Situation};

/// What is expected next of a message that is not final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// What it waits for.
    pub waits_for: &'static str,
    /// The reports that move it on.
    pub commands: &'static [CommandKind],
    /// Who makes them.
    pub from: &'static str,
}

/// What is expected next; nothing where a message is final, evidence only, or not known.
pub const fn expected(situation: Situation) -> Option<Expected> {
    use CommandKind::{Confirm, Dispatched, Reject, Release, Seal, Sequence};
    let (waits_for, commands, from): (_, &[CommandKind], _) = match situation {
        Situation::Staged => (
            "the token transfer or approval that it hangs on",
            &[Release],
            "whoever watches the token connector on this node",
        ),
        Situation::ReadyUnsealed => {
            ("a batch to be put into", &[Seal], "the batch assembler of this node")
        }
        Situation::ReadySealed => {
            ("its batch to be handed over", &[Dispatched], "the dispatcher of this node")
        }
        Situation::Sent => (
            "a pin of its batch on the ledger",
            &[Sequence],
            "whoever reads the ledger on this node",
        ),
        Situation::PendingNoPin => (
            "its pin on the ledger: the batch came first",
            &[Sequence],
            "whoever reads the ledger on this node",
        ),
        Situation::PendingPinned => (
            "its turn among the messages of its topics, and its data",
            &[Confirm, Reject],
            "the aggregator of this node",
        ),
        Situation::Absent
        | Situation::Confirmed
        | Situation::Rejected
        | Situation::Cancelled
        | Situation::Imported => return None,
    };
    Some(Expected { waits_for, commands, from })
}
