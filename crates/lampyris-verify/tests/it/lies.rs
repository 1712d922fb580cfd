//! Logs whose operator lies: every signature and every proof is right, and a record may not stand where it does.

use lampyris_evidence::bundle::{Bundle, Consistency, FailedRule, Inclusion, Leaf, Old};
use lampyris_evidence::checkpoint::{Checkpoint, SignedCheckpoint};
use lampyris_evidence::identity::{Identity, NotOwn, OwnEvent, Recovered, Rules};
use lampyris_evidence::key::{SigningKey, VerifierKey};
use lampyris_evidence::merkle::{Hash, Head};
use lampyris_evidence::policy::Policy;
use lampyris_evidence::record::{Record, RecordRef, StreamName};
use lampyris_message::lifecycle::rules;
use lampyris_testkit::SampleLog;
use lampyris_testkit::sample_log::{
    ORIGIN, RECOVERED_ORIGIN, element, erased, event, key, life, message_id, own, policy,
    policy_of, witnesses,
};
use lampyris_verify::{Broken, Refused, Rule, verify};

/// What is said of a bundle of all records, after a change and signed again.
fn told(mut log: SampleLog, change: impl FnOnce(&mut SampleLog)) -> Refused {
    change(&mut log);
    let log = log.sealed();
    let all: Vec<u64> = log.records.keys().copied().skip(1).collect();
    verify(log.bundle(&all).to_json().as_bytes(), &policy()).unwrap_err()
}

#[track_caller]
fn rule_at(refused: Refused, at: u64) -> Rule {
    let Refused::Failed(Broken::Record(fault)) = refused else { panic!("{refused}") };
    assert_eq!(fault.index, at, "{fault}");
    fault.rule
}

fn lie(at: u64, change: impl FnOnce(&mut Record)) -> Rule {
    let refused = told(SampleLog::of(2), |log| change(log.records.get_mut(&at).unwrap()));
    rule_at(refused, at)
}

#[test]
fn a_record_that_may_not_stand_there_is_named() {
    assert!(matches!(lie(3, |record| record.sequence = 5), Rule::Sequence { found: 5 }));
    assert!(matches!(lie(3, |record| record.version = 2), Rule::Version { expected: 1, found: 2 }));
    assert!(matches!(lie(1, |record| record.version = 1), Rule::Version { expected: 0, found: 1 }));
    let wrong = Rule::Previous { expected: Some(1), found: Some(2) };
    assert_eq!(lie(3, |record| record.previous = Some(2)), wrong);
    let none = Rule::Previous { expected: Some(1), found: None };
    assert_eq!(lie(3, |record| record.previous = None), none);
    assert!(matches!(lie(3, |record| record.time = 1), Rule::Time { before: 2 }));
    assert!(matches!(
        lie(3, |record| record.stream.kind = "postcard".into()),
        Rule::Version { .. }
    ));
    assert!(matches!(lie(1, |record| record.stream.kind = "postcard".into()), Rule::Kind { .. }));
    assert!(matches!(lie(1, |record| record.stream.id = vec![1; 15]), Rule::Kind { .. }));
    assert!(matches!(lie(1, |record| record.namespace = String::new()), Rule::Own(_)));
    assert!(matches!(lie(11, |record| record.event_version = 2), Rule::Judged(_)));
}

#[test]
fn appends_that_do_not_fit_are_named() {
    let begins_later = |record: &mut Record| (record.append_index, record.append_count) = (1, 2);
    assert!(matches!(lie(0, begins_later), Rule::Append { before: 0 }));
    assert!(matches!(lie(3, begins_later), Rule::Append { before: 2 }));
    let refused = told(SampleLog::of(2), |log| {
        let before = log.records[&2].append_id;
        log.records.get_mut(&3).unwrap().append_id = before;
    });
    assert!(matches!(rule_at(refused, 3), Rule::Append { before: 2 }));
    let mut log = SampleLog::of(2);
    for (index, at) in (0..).zip([2, 3, 4]) {
        let record = log.records.get_mut(&at).unwrap();
        (record.append_id, record.append_index, record.append_count) = ([9; 16], index, 3);
    }
    let log = log.sealed();
    let json = log.bundle(&log.history(message_id(0))).to_json();
    assert!(verify(json.as_bytes(), &policy()).is_ok(), "three records of one append");
}

#[test]
fn the_table_judges_each_step() {
    let judged = |refused: Refused, at: u64| {
        let Rule::Judged(fault) = rule_at(refused, at) else { panic!() };
        fault.to_string()
    };
    let swapped = told(SampleLog::of(1), |log| {
        let (second, third) = (log.records[&2].clone(), log.records[&3].clone());
        for (at, from) in [(2, third), (3, second)] {
            let record = log.records.get_mut(&at).unwrap();
            (record.event, record.content) = (from.event, from.content);
        }
    });
    assert!(judged(swapped, 2).contains("'sealed' is illegal"));
    let again = told(SampleLog::of(1), |log| log.push(event(message_id(0), &life(0)[5])));
    assert!(judged(again, 8).contains("'confirmed' is illegal for a message that is confirmed"));
    let others = told(SampleLog::of(1), |log| log.push(event(message_id(5), &life(0)[0])));
    assert!(judged(others, 8).contains("begins with message"));
    let element = told(SampleLog::of(1), |log| log.push(element()));
    assert!(judged(element, 8).contains("'data_added' is illegal"));
    let twice = told(SampleLog::of(1), |log| {
        log.push(erased());
        log.push(erased());
    });
    assert!(judged(twice, 9).contains("'data_erased' is illegal"));
    let hash = told(SampleLog::of(1), |log| {
        let content = &mut log.records.get_mut(&1).unwrap().content;
        let at = content.windows(5).position(|five| five == b"order").unwrap();
        content[at] ^= 1;
    });
    assert!(judged(hash, 1).contains("hash"), "the header's hash is recomputed");
}

/// The messages' records, shown without one of the middle, or without the beginning.
#[test]
fn a_record_left_out_is_noticed() {
    let log = SampleLog::of(2);
    let refused = |sequences: &[u64]| {
        verify(log.bundle(sequences).to_json().as_bytes(), &policy()).unwrap_err()
    };
    let version = |expected, found| Rule::Version { expected, found };
    assert_eq!(rule_at(refused(&[1, 5, 7, 9]), 5), version(1, 2));
    assert_eq!(rule_at(refused(&[3, 5, 7, 9]), 3), version(0, 1));
    let mut bundle = log.bundle(&log.history(message_id(0)));
    let hidden = &mut bundle.inclusion[2];
    hidden.leaf = Leaf::Hash(hidden.leaf.hash());
    let json = bundle.to_json();
    let refused = verify(json.as_bytes(), &policy()).unwrap_err();
    assert_eq!(rule_at(refused, 5), version(1, 2), "a hash shows no step");
}

#[test]
fn record_0_is_shown_and_is_the_logs_own() {
    let log = SampleLog::of(1);
    let refused = |bundle: &Bundle| verify(bundle.to_json().as_bytes(), &policy()).unwrap_err();
    let mut bundle = log.bundle(&log.history(message_id(0)));
    bundle.inclusion.remove(0);
    assert_eq!(rule_at(refused(&bundle), 1), Rule::NotShown);
    bundle.inclusion.clear();
    assert_eq!(rule_at(refused(&bundle), 0), Rule::NotShown);

    let ours = Rules { version: rules::VERSION, hash: rules::hash().0 };
    let opened = |origin: &str, rules| {
        let (origin, recoveries) = (origin.to_owned(), Vec::new());
        own(&OwnEvent::Opened(Identity { log_id: [7; 16], origin, rules, layout: 2, recoveries }))
    };
    let begins = |record: Record| {
        let refused =
            told(SampleLog::of(1), |log| log.records.get_mut(&0).unwrap().content = record.content);
        rule_at(refused, 0)
    };
    let other = begins(opened("example.com/other", ours));
    assert!(matches!(other, Rule::Origin { ref found, .. } if found == "example.com/other"));
    assert!(matches!(begins(opened(ORIGIN, Rules { version: 9, ..ours })), Rule::Judged(_)));
    assert!(matches!(begins(opened(ORIGIN, Rules { hash: [0; 32], ..ours })), Rule::Judged(_)));
    assert!(matches!(begins(own(&OwnEvent::Rules(ours))), Rule::Own(_)));
    let later = told(SampleLog::of(1), |log| {
        log.push(own(&OwnEvent::Rules(Rules { version: 9, ..ours })));
    });
    assert!(matches!(rule_at(later, 8), Rule::Judged(_)), "rules that came later");
    let twice = told(SampleLog::of(1), |log| log.push(opened(ORIGIN, ours)));
    assert!(matches!(rule_at(twice, 8), Rule::Own(_)));
    let elsewhere = told(SampleLog::of(1), |log| {
        let stream = StreamName::new("log", [7; 16]);
        log.push(Record { namespace: "ns".to_owned(), stream, ..opened(ORIGIN, ours) });
    });
    assert!(matches!(rule_at(elsewhere, 8), Rule::Own(_)));
    let mut known = SampleLog::of(1);
    known.push(own(&OwnEvent::Rules(ours)));
    let known = known.sealed();
    assert!(verify(known.bundle(&[8]).to_json().as_bytes(), &policy()).is_ok());
}

/// What an operator changes of a recovery before all is signed.
type Lie = fn(&mut Recovered);

/// What is said of a recovered log whose recovery was changed, in a bundle of everything and in one of little.
fn recovery(change: impl Fn(&mut Recovered)) -> [Rule; 2] {
    let mut log = SampleLog::recovered(2, Some(5));
    let record = log.records.get_mut(&8).unwrap();
    let bytes = record.encode();
    let OwnEvent::Recovered(mut recovered) =
        OwnEvent::read(&RecordRef::decode(&bytes).unwrap()).unwrap()
    else {
        panic!()
    };
    change(&mut recovered);
    record.content = OwnEvent::Recovered(recovered).encode();
    let log = log.sealed();
    let all: Vec<u64> = log.records.keys().copied().collect();
    [all, log.history(message_id(0))].map(|shown| {
        let json = log.bundle(&shown).to_json();
        rule_at(verify(json.as_bytes(), &policy_of(RECOVERED_ORIGIN)).unwrap_err(), 8)
    })
}

#[test]
fn a_recovery_that_lies_is_named() {
    let table: [(Lie, &str); 7] = [
        (|it| it.head.root.0[0] ^= 1, "another root than that of the records before"),
        (|it| it.head.size = 7, "another size"),
        (|it| it.head.size = 9, "another size"),
        (
            |it| it.old_origin = "example.com/other".into(),
            "old origin of a `recovered` record is not",
        ),
        (|it| it.new_origin = ORIGIN.into(), "new origin of a `recovered` record is the old one"),
        (|it| it.lost = Some(Head { size: 7, ..it.head }), "knows of less"),
        (|it| it.lost.as_mut().unwrap().size = 8, "by another root"),
    ];
    for (change, words) in table {
        for rule in recovery(change) {
            assert!(matches!(rule, Rule::Own(_)) && rule.to_string().contains(words), "{rule}");
        }
    }
    for rule in recovery(|it| it.new_origin = "example.com/other".into()) {
        let found = "example.com/other".to_owned();
        assert_eq!(rule, Rule::Origin { expected: RECOVERED_ORIGIN.to_owned(), found });
    }
}

#[test]
fn a_recovery_that_is_not_shown_is_missed() {
    let log = SampleLog::recovered(2, None);
    let refused = |change: fn(&mut Bundle)| {
        let mut bundle = log.bundle(&log.history(message_id(0)));
        change(&mut bundle);
        verify(bundle.to_json().as_bytes(), &policy_of(RECOVERED_ORIGIN)).unwrap_err()
    };
    let (expected, found) = (RECOVERED_ORIGIN.to_owned(), ORIGIN.to_owned());
    let hidden = refused(|bundle| bundle.inclusion.retain(|it| it.index != 8));
    assert_eq!(rule_at(hidden, 0), Rule::Origin { expected, found });
    let unproven = refused(|bundle| bundle.consistency.clear());
    assert_eq!(rule_at(unproven, 8), Rule::TreeNotShown { size: 8 });
    let mut again = log.clone();
    again.recover("example.com/again", None);
    let again = again.sealed();
    let mut bundle = again.bundle(&[]);
    bundle.inclusion.retain(|it| it.index != 8);
    let gap = verify(bundle.to_json().as_bytes(), &policy_of("example.com/again")).unwrap_err();
    assert_eq!(
        rule_at(gap, 15),
        Rule::Own(NotOwn("the old origin of a `recovered` record is not the log's"))
    );
}

/// A name that the log had: its checkpoints may go beyond what was recovered.
#[test]
fn a_name_that_was_given_up_is_not_taken_again() {
    let mut log = SampleLog::recovered(1, None);
    log.recover(ORIGIN, None);
    let log = log.sealed();
    let refused = verify(log.bundle(&[]).to_json().as_bytes(), &policy()).unwrap_err();
    assert!(rule_at(refused, 9).to_string().contains("was the log's before"));
}

/// What is signed and proven, but not shown to be of this log's one tree.
#[test]
fn what_is_of_another_tree_or_log_is_refused() {
    let (log, other) = (SampleLog::of(2), SampleLog::of(3));
    let refused = |change: &dyn Fn(&mut Bundle)| {
        let mut bundle = log.bundle(&log.history(message_id(0)));
        change(&mut bundle);
        let refused = verify(bundle.to_json().as_bytes(), &policy()).unwrap_err();
        let Refused::Failed(Broken::Bundle(failed)) = refused else { panic!("{refused}") };
        (failed.member, failed.rule)
    };
    let (member, rule) = refused(&|bundle| {
        let from = other.bundle(&[15]).inclusion.remove(1);
        let Head { size, root } = other.head(20);
        bundle.inclusion.push(Inclusion { tree_size: Some(size), root_hash: Some(root), ..from });
    });
    assert_eq!((member.as_str(), rule), ("inclusion[7]", FailedRule::OtherTree { size: 20 }));
    let (member, rule) = refused(&|bundle| {
        bundle.tlog_proofs = other.full_bundle().tlog_proofs;
    });
    assert_eq!(
        (member.as_str(), rule),
        ("tlog_proofs[0].text", FailedRule::OtherTree { size: 10 })
    );
    let (member, _) = refused(&|bundle| bundle.checkpoint = Some(other.checkpoint(12)));
    assert_eq!(member, "inclusion[0]");
    let (member, rule) = refused(&|bundle| bundle.checkpoint = None);
    assert_eq!((member.as_str(), rule), ("checkpoint", FailedRule::Bare));
    let (member, rule) = refused(&|bundle| bundle.origin = Some("example.com/other".into()));
    assert!(matches!(rule, FailedRule::Origin { .. }), "{member}: {rule}");
    let (member, rule) = refused(&|bundle| bundle.checkpoint = Some(log.unwitnessed(12)));
    assert!(matches!(rule, FailedRule::Policy(_)), "{member}: {rule}");
    let (member, rule) = refused(&|bundle| bundle.inclusion.swap(2, 3));
    assert_eq!(
        (member.as_str(), rule),
        ("inclusion[3]", FailedRule::Order { index: 3, before: 5 })
    );
}

/// The witnesses that a bundle lists are counted by its own claim too, though the policy asks for less.
#[test]
fn a_bundles_own_claim_has_to_be_right() {
    let log = SampleLog::of(1);
    let logs_alone = Policy::of(&[key().verifier().clone()], &[], 0).unwrap();
    let check = |bundle: &Bundle| {
        let verdict = verify(bundle.to_json().as_bytes(), &logs_alone);
        verdict.map(drop).map_err(|refused| refused.to_string())
    };
    let mut bundle = log.bundle(&[]);
    bundle.checkpoint = Some(log.unwitnessed(log.size()));
    assert!(check(&bundle).unwrap_err().contains("0 of the listed witnesses cosigned, not 2"));
    bundle.quorum = Some(0);
    assert_eq!(check(&bundle), Ok(()));
    let mut checkpoint = log.unwitnessed(log.size());
    let [first, _] = witnesses();
    let mut cosignature = first.cosign(&checkpoint, 5).unwrap();
    cosignature.bytes[8] ^= 1;
    checkpoint.add(cosignature).unwrap();
    bundle.checkpoint = Some(checkpoint);
    assert!(check(&bundle).unwrap_err().contains("does not verify"));

    let other: VerifierKey = SigningKey::from_seed(ORIGIN, [9; 32]).unwrap().verifier().clone();
    let mut checkpoint = log.unwitnessed(log.size());
    let mut line = checkpoint.note().signatures()[0].clone();
    line.id = other.id();
    checkpoint.add(line).unwrap();
    bundle.checkpoint = Some(checkpoint);
    assert_eq!(check(&bundle), Ok(()), "a line of nobody's");
    bundle.log_keys.push(other);
    assert!(check(&bundle).unwrap_err().contains("does not verify"), "of a key that is listed");
}

/// An older checkpoint is of the same log, signed by it, and no known line of it is wrong.
#[test]
fn an_older_checkpoint_is_the_logs_own() {
    let log = SampleLog::of(1);
    let other = SigningKey::from_seed("example.com/other", [9; 32]).unwrap();
    let [witness, _] = witnesses().map(|key| key.verifier().clone());
    let logs = [key().verifier().clone(), other.verifier().clone()];
    let policy = Policy::of(&logs, &[witness], 1).unwrap();
    let check = |old_checkpoint: SignedCheckpoint| {
        let size = old_checkpoint.checkpoint().head.size;
        let proof = log.consistency(size, log.size());
        let old = Old::Checkpoint { old_checkpoint };
        let consistency = vec![Consistency { old, proof, new_size: None, new_root: None }];
        let bundle = Bundle { consistency, ..log.bundle(&[]) };
        let verdict = verify(bundle.to_json().as_bytes(), &policy);
        verdict.map(drop).map_err(|refused| refused.to_string())
    };
    assert_eq!(check(log.unwitnessed(3)), Ok(()), "no quorum is asked for");
    let said = Checkpoint::new("example.com/other", log.head(3));
    let refused = check(SignedCheckpoint::sign(said, &other).unwrap()).unwrap_err();
    assert!(refused.starts_with("consistency[0].old_checkpoint: the checkpoint's origin is"));
    let stranger = SigningKey::from_seed(ORIGIN, [9; 32]).unwrap();
    let said = Checkpoint::new(ORIGIN, log.head(3));
    let refused = check(SignedCheckpoint::sign(said, &stranger).unwrap()).unwrap_err();
    assert!(refused.contains("is signed by no key"), "{refused}");
    let mut bent = log.unwitnessed(3);
    let mut cosignature = witnesses()[0].cosign(&bent, 5).unwrap();
    cosignature.bytes[8] ^= 1;
    bent.add(cosignature).unwrap();
    assert!(check(bent).unwrap_err().contains("does not verify"));
}

#[test]
fn bytes_that_are_no_record_are_refused() {
    let mut log = SampleLog::of(1);
    log.records.remove(&3);
    let log = log.sealed();
    let mut bundle = log.bundle(&[1, 2]);
    bundle.inclusion.push(Inclusion {
        index: 3,
        leaf: Leaf::Bytes(3u64.to_be_bytes().to_vec()),
        proof: log.inclusion(3, log.size()),
        tree_size: None,
        root_hash: None,
    });
    assert_eq!(bundle.inclusion[3].leaf.hash(), Hash::leaf(&3u64.to_be_bytes()));
    let refused = verify(bundle.to_json().as_bytes(), &policy()).unwrap_err();
    assert!(matches!(rule_at(refused, 3), Rule::Malformed(_)));
}
