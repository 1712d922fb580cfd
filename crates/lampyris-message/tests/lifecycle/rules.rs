//! Each rule of replay, broken once; and the hash of the table, which a log commits to.

use lampyris_message::event::{
    Cancelled, Confirmed, Event, Noted, Parent, ParentKind, Readied, Readiness, Sealed, Sent,
    Sequenced, Staged,
};
use lampyris_message::lifecycle::{Refusal, Rule, Situation, State, evolve, rules};
use lampyris_message::{
    BatchId, Bytes32, Header, Message, MessageId, MessageState, MessageType, Pinning, TxType,
};

use crate::cast::{B0, KEY, OTHER_BATCH, OTHER_HASH, OTHER_KEY, OTHER_TX, PARENT, POSITION, T0};
use crate::cast::{Waits, at, pins, text};
use crate::story::Story;

/// A released table never changes: a log names this hash, and replay needs that very table.
/// Another table is another version beside this one, with its own line here.
#[test]
fn the_table_of_version_1_is_the_one_that_was_released() {
    assert_eq!(rules::VERSION, 1);
    assert_eq!(
        rules::hash().to_string(),
        "09e45fcb99bc92a787b64d7f33e747f94ba3b8173c81cfeba502b2c37ac8b9a5"
    );
}

fn local(pinning: Pinning, waits: Waits) -> Story {
    Story::absent(pinning, 2).staged(waits, true)
}

fn remote(pinning: Pinning) -> Story {
    let absent = Story::absent(pinning, 2);
    absent.received(&absent.right_pins())
}

#[track_caller]
fn breaks(rule: Rule, story: &Story, event: &Event) {
    let illegal = evolve(story.state.clone(), event).unwrap_err();
    assert_eq!(illegal.rule, rule, "{illegal}");
    assert_eq!((illegal.event, illegal.situation), (event.kind(), story.situation));
}

fn readied(why: Readiness) -> Event {
    Event::Readied(Readied { why })
}

fn sequenced(batch: BatchId) -> Event {
    Event::Sequenced(Sequenced { batch, tx_id: T0, position: POSITION, signer: KEY.to_owned() })
}

fn confirmed() -> Event {
    Event::Confirmed(Confirmed { at: at(9), correlator: None })
}

fn cancelled(gap_fill: Option<MessageId>) -> Event {
    let (code, by) = (text("NotWanted"), "operator".to_owned());
    Event::Cancelled(Cancelled { at: at(9), code, reason: None, by, gap_fill })
}

fn noted(kind: Refusal, detail: &str) -> Event {
    let evidence = Bytes32::sha256(detail.as_bytes());
    Event::Noted(Noted { kind, evidence, detail: detail.to_owned() })
}

#[test]
fn a_step_that_no_command_makes_is_illegal() {
    let story = local(Pinning::Broadcast, Waits::ForKind);
    breaks(Rule::NoSuchStep, &story, &confirmed());
    breaks(Rule::NoSuchStep, &story, &story.events[0]);
    breaks(Rule::NoSuchStep, &Story::absent(Pinning::Private, 1), &cancelled(None));
    let imported = Story::absent(Pinning::Private, 1).imported(MessageState::Pending);
    breaks(Rule::NoSuchStep, &imported, &confirmed());
}

#[test]
fn a_message_is_ready_for_the_reason_it_waited_for() {
    let parent = |kind, id, message_hash| {
        readied(Readiness::Released(Some(Parent { kind, id, message_hash })))
    };
    let transfer = ParentKind::TokenTransfer;
    let waiting = local(Pinning::Private, Waits::ForParent);
    breaks(Rule::Readiness, &waiting, &readied(Readiness::NothingToWaitFor));
    breaks(Rule::Readiness, &waiting, &parent(ParentKind::TokenApproval, PARENT, None));
    breaks(Rule::Readiness, &waiting, &parent(transfer, OTHER_TX, None));
    breaks(Rule::Readiness, &waiting, &parent(transfer, PARENT, Some(OTHER_HASH)));
    let free = local(Pinning::Private, Waits::Not);
    breaks(Rule::Readiness, &free, &readied(Readiness::Released(None)));
}

#[test]
fn a_seal_fits_the_message() {
    let seal = |pins, tx_id| Event::Sealed(Sealed { batch: B0, tx_id, pins });
    let private = local(Pinning::Private, Waits::Not).readied();
    let broadcast = local(Pinning::Broadcast, Waits::Not).readied();
    breaks(Rule::Pins, &private, &seal(pins(1), T0));
    breaks(Rule::Pins, &private, &seal(pins(3), T0));
    breaks(Rule::Pins, &broadcast, &seal(pins(2), T0));
    breaks(Rule::StagedTransaction, &private, &seal(pins(2), OTHER_TX));
}

#[test]
fn a_local_message_stays_in_its_batch() {
    let sealed = local(Pinning::Private, Waits::Not).readied().sealed();
    let sent = |batch, tx_id| Event::Sent(Sent { batch, tx_id });
    breaks(Rule::SealedBatch, &sealed, &sent(OTHER_BATCH, T0));
    breaks(Rule::SealedBatch, &sealed, &sent(B0, OTHER_TX));
    breaks(Rule::SealedBatch, &sealed.sent(), &sequenced(OTHER_BATCH));
}

#[test]
fn only_pinned_messages_pass_by_the_ledger() {
    let sealed = |pinning| local(pinning, Waits::Not).readied().sealed();
    breaks(Rule::Pinning, &sealed(Pinning::Unpinned).sent(), &sequenced(B0));
    breaks(Rule::Pinning, &sealed(Pinning::Broadcast).sent(), &confirmed());
    breaks(Rule::Pinning, &remote(Pinning::Unpinned), &sequenced(B0));
    breaks(Rule::Pinning, &remote(Pinning::Private), &confirmed());
}

#[test]
fn only_a_pin_by_the_key_of_the_header_confirms() {
    let pinned = remote(Pinning::Broadcast).sequenced(B0, OTHER_KEY);
    breaks(Rule::Signer, &pinned, &confirmed());
}

#[test]
fn a_taken_nonce_needs_a_gap_fill_and_no_other_has_one() {
    let gap_fill = Some(MessageId::from_bytes([9; 16]));
    let ready = |pinning| local(pinning, Waits::Not).readied();
    breaks(Rule::GapFill, &ready(Pinning::Private), &cancelled(gap_fill));
    breaks(Rule::GapFill, &ready(Pinning::Private).sealed(), &cancelled(None));
    breaks(Rule::GapFill, &ready(Pinning::Private).sealed().sent(), &cancelled(None));
    breaks(Rule::GapFill, &ready(Pinning::Broadcast).sealed(), &cancelled(gap_fill));
    breaks(Rule::GapFill, &remote(Pinning::Broadcast), &cancelled(None));
    let no_pins = Story::absent(Pinning::Private, 2).received(&[]);
    breaks(Rule::GapFill, &no_pins, &cancelled(gap_fill));
}

#[test]
fn a_contradiction_is_noted_once_and_sixteen_at_most() {
    let mut story = remote(Pinning::Broadcast);
    for number in 0..16 {
        let note = noted(Refusal::HashMismatch, &format!("receive hash {number}"));
        story.state = evolve(story.state.clone(), &note).unwrap();
        breaks(Rule::Noted, &story, &note);
    }
    breaks(Rule::Noted, &story, &noted(Refusal::HashMismatch, "receive hash 17"));
}

#[test]
fn a_note_is_of_what_the_table_notes_there_under_the_hash_of_its_text() {
    let story = remote(Pinning::Broadcast);
    breaks(Rule::Note, &story, &noted(Refusal::AlreadySent, "cancel"));
    breaks(Rule::Note, &story, &noted(Refusal::LatePin, "sequence"));
    let Event::Noted(mut note) = noted(Refusal::HashMismatch, "receive") else { unreachable!() };
    note.detail.push('d');
    breaks(Rule::Note, &story, &Event::Noted(note));
}

#[test]
fn an_unpinned_broadcast_does_not_begin_here() {
    let header = Header {
        id: Some(MessageId::from_bytes([1; 16])),
        message_type: MessageType::Broadcast.into(),
        tx_type: Some(TxType::Unpinned.into()),
        created: Some(at(0)),
        ..Header::default()
    };
    let staged = Event::Staged(Box::new(Staged {
        message: Message { header, ..Message::default() }.seal().unwrap(),
        local_namespace: "garden".to_owned(),
        idempotency: None,
        tx_id: None,
        awaits: None,
    }));
    let illegal = evolve(State::Absent, &staged).unwrap_err();
    assert_eq!((illegal.rule, illegal.situation), (Rule::UnpinnedBroadcast, Situation::Absent));
}
