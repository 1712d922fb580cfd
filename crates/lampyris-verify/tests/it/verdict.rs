//! What a verdict says, and that it says no more than its bundle.

use lampyris_evidence::bundle::Bundle;
use lampyris_evidence::policy::Policy;
use lampyris_message::MessageState;
use lampyris_testkit::SampleLog;
use lampyris_testkit::sample_log::{ORIGIN, erased, key, message_id, policy};
use lampyris_verify::{Verdict, verify};

fn verdict(bundle: &Bundle) -> Verdict {
    verify(bundle.to_json().as_bytes(), &policy()).unwrap()
}

#[test]
fn a_verdict_says_what_a_reader_wants_to_know() {
    let log = SampleLog::of(3);
    let said = verdict(&log.bundle(&log.history(message_id(1))));
    assert_eq!((said.origin.as_str(), said.log_id), (ORIGIN, [7; 16]));
    assert_eq!((said.head, said.records), (log.head(20), 7));
    let times: Vec<_> = said.witnessed.iter().map(|seen| (&*seen.name, seen.seconds)).collect();
    assert_eq!(times, [("witness.example/2", 1_790_000_020), ("witness.example/3", 1_790_000_020)]);
    let [history] = said.messages.as_slice() else { panic!("{said:?}") };
    assert_eq!((history.namespace.as_str(), history.id), ("default", message_id(1)));
    assert_eq!(history.state, MessageState::Confirmed);
    let steps: Vec<_> =
        history.steps.iter().map(|step| (step.sequence, step.version, &*step.event)).collect();
    let names = ["staged", "readied", "sealed", "sent", "sequenced", "confirmed"];
    let told: Vec<_> =
        (0..).zip(names).map(|(version, name)| (2 + 3 * version, version, name)).collect();
    assert_eq!(steps, told);
    assert_eq!(history.steps[1].command, "readied");
    assert_eq!(history.steps[1].actor, "did:firefly:org/acme");
    assert_eq!(history.steps[1].time, 5);
    assert!(said.elements.is_empty() && said.old.is_empty());
}

#[test]
fn several_streams_and_older_trees_are_said_too() {
    let log = SampleLog::of(2);
    let said = verdict(&log.full_bundle());
    assert_eq!((said.records, said.elements.len()), (14, 1));
    assert_eq!(said.messages.len(), 2);
    assert_eq!(said.old, [log.head(7), log.head(6)]);
}

/// A bundle without a message is right; it is for the caller to say that it tells of none.
#[test]
fn a_bundle_of_other_records_is_believed() {
    let log = SampleLog::of(2);
    let said = verdict(&log.bundle(&[log.size() - 1]));
    assert!(said.messages.is_empty());
    assert_eq!(said.elements.len(), 1);
    assert_eq!(said.elements[0].steps[0].event, "data_added");
    assert_eq!(verdict(&log.bundle(&[])).records, 1);
}

/// What was erased was there: its records are as good as before, and one more says that it went.
#[test]
fn an_element_that_was_erased_is_told_of_step_by_step() {
    let mut log = SampleLog::of(2);
    let added = log.size() - 1;
    let before = log.bundle(&[added]);
    log.push(erased());
    let said = verdict(&log.sealed().bundle(&[added, added + 1]));
    let steps: Vec<&str> = said.elements[0].steps.iter().map(|step| &*step.event).collect();
    assert_eq!(steps, ["data_added", "data_erased"]);
    assert_eq!(verdict(&before).elements[0].steps, said.elements[0].steps[..1]);
}

/// The newest record withheld: the history is shorter, and right. This is what no bundle can exclude.
#[test]
fn what_is_withheld_at_the_end_is_not_noticed() {
    let log = SampleLog::of(2);
    let whole = verdict(&log.bundle(&log.history(message_id(0))));
    let mut sequences = log.history(message_id(0));
    sequences.pop();
    let shorter = verdict(&log.bundle(&sequences));
    assert_eq!(shorter.messages[0].steps, whole.messages[0].steps[..5]);
    assert_eq!(shorter.messages[0].state, MessageState::Pending);
}

#[test]
fn members_that_only_say_it_again_may_be_absent() {
    let bundle = SampleLog::of(2).full_bundle();
    let changes: [fn(&mut Bundle); 8] = [
        |bundle| bundle.origin = None,
        |bundle| bundle.quorum = None,
        |bundle| (bundle.quorum, bundle.witness_keys) = (None, Vec::new()),
        |bundle| bundle.tree_size = None,
        |bundle| bundle.root_hash = None,
        |bundle| bundle.leaf_hashes = None,
        |bundle| bundle.tlog_proofs.clear(),
        |bundle| bundle.inclusion.clear(),
    ];
    let whole = verdict(&bundle).messages;
    for change in changes {
        let mut less = bundle.clone();
        change(&mut less);
        assert_ne!(less, bundle);
        assert_eq!(verdict(&less).messages, whole);
    }
}

#[test]
fn a_hash_may_be_written_in_base64() {
    let bundle = SampleLog::of(2).full_bundle();
    let (hex, mut json) = (bundle.root_hash.unwrap(), bundle.to_json());
    let base64 = bundle.checkpoint.as_ref().unwrap().checkpoint().text();
    let base64 = base64.lines().nth(2).unwrap();
    json = json.replace(&hex.to_string(), base64);
    assert!(json.contains(&format!("\"root_hash\":\"{base64}\"")));
    assert_eq!(Bundle::parse(json.as_bytes()), Ok(bundle));
}

#[test]
fn only_the_readers_keys_are_believed() {
    let log = SampleLog::of(2);
    let json = log.bundle(&log.history(message_id(0))).to_json();
    let known = |log: &[u8; 32]| {
        let key = lampyris_evidence::key::SigningKey::from_seed(ORIGIN, *log).unwrap();
        Policy::of(&[key.verifier().clone()], &[], 0).unwrap()
    };
    assert!(verify(json.as_bytes(), &known(&[1; 32])).is_ok());
    let refusal = verify(json.as_bytes(), &known(&[9; 32])).unwrap_err();
    assert!(refusal.to_string().contains("signed by no key"), "{refusal}");
    let mut unlisted = log.bundle(&[]);
    unlisted.log_keys = known(&[9; 32]).logs().to_vec();
    let refusal = verify(unlisted.to_json().as_bytes(), &policy()).unwrap_err();
    assert!(refusal.to_string().contains("is not listed"), "{refusal}");
    unlisted.log_keys.push(key().verifier().clone());
    assert!(verify(unlisted.to_json().as_bytes(), &policy()).is_ok(), "a key more is no lie");
}
