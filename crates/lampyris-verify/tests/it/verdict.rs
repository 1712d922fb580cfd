//! What a verdict says, and that it says no more than its bundle.

use lampyris_evidence::bundle::Bundle;
use lampyris_evidence::policy::Policy;
use lampyris_message::MessageState;
use lampyris_testkit::SampleLog;
use lampyris_testkit::sample_log::{
    ORIGIN, RECOVERED_ORIGIN, erased, event, key, life, message_id, policy, policy_of,
};
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

/// The auditor knows the new name's key alone, and is told what the name was and that records may be lost.
#[test]
fn a_recovered_log_proves_what_came_before_and_says_so() {
    let log = SampleLog::recovered(2, Some(5));
    let bundle = log.bundle(&log.history(message_id(0)));
    let said = verify(bundle.to_json().as_bytes(), &policy_of(RECOVERED_ORIGIN)).unwrap();
    assert_eq!((said.origin.as_str(), said.log_id), (RECOVERED_ORIGIN, [7; 16]));
    let [told] = said.recovered.as_slice() else { panic!("{said:?}") };
    assert_eq!((&*told.old_origin, &*told.new_origin), (ORIGIN, RECOVERED_ORIGIN));
    assert_eq!((told.head, told.missing()), (log.head(8), 5));
    assert_eq!(said.old, [log.head(8)]);
    let names = [8, 9].map(|size| said.origin_at(size));
    assert_eq!(names, [ORIGIN, RECOVERED_ORIGIN]);
    let steps: Vec<u64> = said.messages[0].steps.iter().map(|step| step.sequence).collect();
    assert_eq!(steps, [1, 3, 5, 7, 10, 12], "before the recovery and after it");
    let old = verify(bundle.to_json().as_bytes(), &policy()).unwrap_err();
    assert!(old.to_string().contains("knows no log"), "{old}");
    assert!(verdict(&SampleLog::of(2).bundle(&[])).recovered.is_empty());
}

#[test]
fn a_log_may_be_recovered_again_and_each_time_is_told() {
    let mut log = SampleLog::recovered(2, None);
    log.recover("example.com/again", Some(0));
    log.push(event(message_id(5), &life(5)[0]));
    let mut log = log.sealed();
    log.recover("example.com/and_again", Some(2));
    let log = log.sealed();
    let all: Vec<u64> = log.records.keys().copied().collect();
    for shown in [&all[..], &log.history(message_id(1)), &[]] {
        let json = log.bundle(shown).to_json();
        let said = verify(json.as_bytes(), &policy_of("example.com/and_again")).unwrap();
        let told: Vec<_> = said.recovered.iter().map(|it| (it.head.size, it.missing())).collect();
        assert_eq!(told, [(8, 0), (15, 0), (17, 2)]);
        let names = [8, 9, 15, 16, 17, 18].map(|size| said.origin_at(size).rsplit('/').next());
        let names = names.map(Option::unwrap);
        assert_eq!(names, ["sample", "recovered", "recovered", "again", "again", "and_again"]);
    }
}

/// The tree before the recovery is known if all records up to it are shown, or a proof of it is.
#[test]
fn what_was_recovered_is_shown_by_a_proof_or_by_all_records() {
    let log = SampleLog::recovered(1, None);
    let all: Vec<u64> = log.records.keys().copied().collect();
    let mut bundle = log.bundle(&all);
    bundle.consistency.clear();
    assert!(verify(bundle.to_json().as_bytes(), &policy_of(RECOVERED_ORIGIN)).is_ok());
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
