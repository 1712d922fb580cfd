//! Every command that can be given in a story, with what is known of it by construction.

use lampyris_message::event::{
    Confirmed, LedgerPosition, Parent, Received, Rejected, Sealed, Staged,
};
use lampyris_message::lifecycle::command::{
    Cancel, Dispatched, GAP_FILL_TAG, GapFill, Import, KeyHolder, Receive, Release, Sequence, Stage,
};
use lampyris_message::lifecycle::state::Origin;
use lampyris_message::lifecycle::{Command, Situation};
use lampyris_message::{
    BatchId, Bytes32, MessageId, MessageState, Pin, Pinning, SealedMessage, TransactionId,
};

use crate::cast::{
    B0, KEY, OTHER_BATCH, OTHER_GROUP, OTHER_HASH, OTHER_KEY, OTHER_TX, POSITION, T0, Waits,
};
use crate::cast::{at, idempotency, message, pin, text};
use crate::grid::Facts;
use crate::story::{CODE, Story, claims};

/// One command and what is known of it and of the story it is given in.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub command: Command,
    pub facts: Facts,
}

/// Every command.
pub(crate) fn all(story: &Story) -> Vec<Case> {
    let mut cases = Cases { story, cases: Vec::new() };
    cases.stage();
    cases.receive();
    cases.import();
    cases.release();
    cases.seal();
    cases.dispatched();
    cases.sequence();
    cases.confirm_and_reject();
    cases.cancel();
    cases.cases
}

/// The facts about the story itself.
pub(crate) fn facts(story: &Story) -> Facts {
    let mut facts = Facts::new();
    facts.extend(match story.origin {
        Some(Origin::Local) => Some("L"),
        Some(Origin::Remote) => Some("R"),
        None => None,
    });
    facts.extend(match story.pinning() {
        Pinning::Unpinned => &["U"][..],
        Pinning::Broadcast => &["B", "P"],
        Pinning::Private => &["PP", "P"],
    });
    if let Some((_, signer)) = story.pin {
        facts.insert(if signer == KEY { "signer-is-key" } else { "signer-is-other" });
    }
    facts
}

const fn either(is: bool, so: &'static str, not: &'static str) -> &'static str {
    if is { so } else { not }
}

struct Cases<'a> {
    story: &'a Story,
    cases: Vec<Case>,
}

impl Cases<'_> {
    fn add(&mut self, command: Command, more: impl IntoIterator<Item = &'static str>) {
        let mut facts = facts(self.story);
        facts.extend(more);
        self.cases.push(Case { command, facts });
    }

    /// The story's message, and one with the same id that is another.
    fn messages(&self) -> [(SealedMessage, &'static str); 2] {
        let other = message(self.story.pinning(), self.story.topics, "impostor");
        [(self.story.message.clone(), "same-hash"), (other, "other-hash")]
    }

    fn batches(&self) -> [(BatchId, &'static str); 2] {
        let b0 = either(self.story.in_batch, "b0", "other-batch");
        [(B0, b0), (OTHER_BATCH, "other-batch")]
    }

    fn stage(&mut self) {
        for (message, hash) in self.messages() {
            for (holder, key) in [(None, "key-free"), (Some(1), "key-same"), (Some(2), "key-other")]
            {
                for waits in Waits::ALL {
                    let staged = Staged {
                        message: message.clone(),
                        local_namespace: "garden".to_owned(),
                        idempotency: Some(idempotency(1)),
                        tx_id: None,
                        awaits: waits.awaited(),
                    };
                    let holder = holder.map(|fingerprint| KeyHolder {
                        id: MessageId::from_bytes([3; 16]),
                        state: MessageState::Pending,
                        fingerprint: Bytes32([fingerprint; 32]),
                    });
                    let submission = Stage::new(staged, holder).unwrap();
                    let waits = either(waits == Waits::Not, "waits-not", "waits");
                    self.add(Command::Stage(Box::new(submission)), [hash, key, waits]);
                }
            }
        }
        self.stage_without_key();
    }

    /// A holder is evidence against a submission even if that has no fingerprint to compare.
    fn stage_without_key(&mut self) {
        let staged = Staged {
            message: self.story.message.clone(),
            local_namespace: "garden".to_owned(),
            idempotency: None,
            tx_id: Some(T0),
            awaits: None,
        };
        let holder = KeyHolder {
            id: MessageId::from_bytes([3; 16]),
            state: MessageState::Pending,
            fingerprint: Bytes32([1; 32]),
        };
        for (holder, key) in [(None, "key-free"), (Some(holder), "key-other")] {
            let submission = Stage::new(staged.clone(), holder).unwrap();
            let command = Command::Stage(Box::new(submission));
            self.add(command, ["same-hash", key, "waits-not"]);
        }
    }

    fn receive(&mut self) {
        let absent = self.story.situation == Situation::Absent;
        let given = if absent { self.story.right_pins() } else { self.story.pins.clone() };
        for (message, hash) in self.messages() {
            for (batch, b) in self.batches() {
                for pins in [&given[..], &[]] {
                    for (gap_fill, gf) in gap_fills(self.story, pins) {
                        let received = Received {
                            message: message.clone(),
                            local_namespace: "garden".to_owned(),
                            batch,
                            tx_id: T0,
                            pins: pins.to_vec(),
                            from: None,
                        };
                        let receive = Receive { received, at: at(5), gap_fill };
                        self.add(Command::Receive(Box::new(receive)), [hash, b, gf]);
                    }
                }
            }
        }
    }

    fn import(&mut self) {
        for (message, hash) in self.messages() {
            for state in MessageState::ALL {
                let (message, claims) = (message.clone(), claims(*state));
                let import = Import { message, claims, source: "a file".to_owned() };
                self.add(Command::Import(Box::new(import)), [hash]);
            }
        }
    }

    fn release(&mut self) {
        let release = |parent| Command::Release(Release { parent, at: at(5), by: "us".to_owned() });
        self.add(release(None), ["no-parent"]);
        let hashes = [
            (None, "parent-hash-none"),
            (Some(self.story.message.hash()), "parent-hash-equal"),
            (Some(OTHER_HASH), "parent-hash-other"),
        ];
        for (parent, awaited) in self.story.waits.parents() {
            for (message_hash, hash) in hashes {
                let awaited = either(awaited, "awaited", "other-parent");
                self.add(release(Some(Parent { message_hash, ..parent })), [awaited, hash]);
            }
        }
    }

    fn seal(&mut self) {
        let right = self.story.right_pins();
        let others: Vec<_> = (10..10 + right.len()).map(pin).collect();
        let more: Vec<_> = right.iter().copied().chain([pin(20)]).collect();
        let fewer = right.get(1..).unwrap_or_default().to_vec();
        for (batch, b) in self.batches() {
            for tx_id in [T0, OTHER_TX] {
                for pins in [&right, &others, &more, &fewer] {
                    let seal = Sealed { batch, tx_id, pins: pins.clone() };
                    let tx_right = !self.story.born_with_tx || tx_id == T0;
                    let more = [
                        b,
                        either(tx_right, "tx-right", "tx-wrong"),
                        either(pins.len() == right.len(), "pins-right", "pins-wrong"),
                        either(tx_id == T0, "same-tx", "other-tx"),
                        either(*pins == self.story.pins, "same-pins", "other-pins"),
                    ];
                    self.add(Command::Seal(seal), more);
                }
            }
        }
    }

    fn dispatched(&mut self) {
        for (batch, b) in self.batches() {
            self.add(Command::Dispatched(Dispatched { batch, at: at(6) }), [b]);
        }
    }

    fn sequence(&mut self) {
        let LedgerPosition { sequence, pin_index } = POSITION;
        let positions = [
            POSITION,
            LedgerPosition { sequence: sequence + 1, pin_index },
            LedgerPosition { sequence, pin_index: pin_index + 1 },
        ];
        for (batch, b) in self.batches() {
            for position in positions {
                for signer in [KEY, OTHER_KEY] {
                    for tx_id in [None, Some(T0), Some(OTHER_TX)] {
                        let recorded = self.story.pin == Some((batch, signer));
                        let same = recorded && position == POSITION;
                        let signer = signer.to_owned();
                        let sequence = Sequence { batch, tx_id, position, signer };
                        let same = either(same, "same-pin", "other-pin");
                        self.add(Command::Sequence(sequence), [b, same]);
                    }
                }
            }
        }
    }

    fn confirm_and_reject(&mut self) {
        for correlator in [None, Some("an operation".to_owned())] {
            self.add(Command::Confirm(Confirmed { at: at(7), correlator }), []);
        }
        for (code, reason) in [(CODE, "in other words"), ("FF10999", "no such datatype")] {
            let same = self.story.rejected && code == CODE;
            let reject = Rejected { at: at(7), code: text(code), reason: text(reason) };
            self.add(Command::Reject(reject), [either(same, "same-code", "other-code")]);
        }
    }

    fn cancel(&mut self) {
        for (gap_fill, gf) in gap_fills(self.story, &self.story.pins) {
            let (code, by) = (text("NotWanted"), "operator".to_owned());
            let cancel = Cancel { at: at(8), code, reason: None, by, gap_fill };
            self.add(Command::Cancel(cancel), [gf]);
        }
    }
}

/// No gap-fill, the right one, and one that is wrong in each respect.
///
/// Only a pinned private message whose pins are known has a gap that another can fill.
fn gap_fills(story: &Story, pins: &[Pin]) -> Vec<(Option<GapFill>, &'static str)> {
    let header = story.message.header();
    let right = GapFill {
        id: MessageId::from_bytes([4; 16]),
        cid: Some(story.message.id()),
        tag: GAP_FILL_TAG.to_owned(),
        author: header.author.clone(),
        group: header.group,
        pins: pins.to_vec(),
        state: MessageState::Confirmed,
    };
    let fits = story.pinning() == Pinning::Private && !pins.is_empty();
    let wrong = |change: fn(&mut GapFill)| {
        let mut gap_fill = right.clone();
        change(&mut gap_fill);
        (Some(gap_fill), "no-gf")
    };
    vec![
        (None, "no-gf"),
        (Some(right.clone()), either(fits, "gf", "no-gf")),
        wrong(|gap_fill| gap_fill.cid = None),
        wrong(|gap_fill| gap_fill.cid = Some(gap_fill.id)),
        wrong(|gap_fill| gap_fill.tag.push('s')),
        wrong(|gap_fill| gap_fill.author.push('s')),
        wrong(|gap_fill| gap_fill.group = Some(OTHER_GROUP)),
        wrong(|gap_fill| gap_fill.group = None),
        wrong(|gap_fill| gap_fill.pins.push(pin(30))),
        wrong(|gap_fill| gap_fill.pins = vec![pin(31)]),
        wrong(|gap_fill| gap_fill.state = MessageState::Pending),
        wrong(|gap_fill| gap_fill.state = MessageState::Rejected),
        wrong(|gap_fill| gap_fill.state = MessageState::Cancelled),
    ]
}

/// The transaction that a command leaves untold, as the story knows it.
pub(crate) fn told(story: &Story, tx_id: Option<TransactionId>) -> Option<TransactionId> {
    tx_id.or(story.in_batch.then_some(T0))
}
