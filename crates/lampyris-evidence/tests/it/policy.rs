//! A policy says yes exactly where its groups do, and a text that is none is refused by line and rule.
//! The keys in it are asked for in `key`.

use core::slice::from_ref;

use lampyris_evidence::checkpoint::{Checkpoint, SignedCheckpoint};
use lampyris_evidence::key::{KeyError, SigningKey, VerifierKey, WitnessKey};
use lampyris_evidence::note::{Signature, SignatureError, SignedNote};
use lampyris_evidence::policy::{
    MAX_ENTRIES, MAX_POLICY_BYTES, MalformedPolicy, Policy, PolicyError, PolicyRule, Witnessed,
};

use crate::key::{PETER, REMORA};
use crate::signers::{ORIGIN, TIME, cosigned, head, log_key, signed, witness};

/// The example of the specification, its keys put in.
fn example() -> String {
    let key = |number| witness(number).verifier().to_string();
    format!(
        "log {}\n\nwitness X1 {}\nwitness X2 {}\nwitness X3 {}\ngroup X-witnesses 2 X1 X2 X3\n\n\
         witness Y1 {}\nwitness Y2 {}\nwitness Y3 {}\ngroup Y-witnesses any Y1 Y2 Y3\n\n\
         group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n",
        log_key().verifier(),
        key(0),
        key(1),
        key(2),
        key(3),
        key(4),
        key(5)
    )
}

fn verifiers(numbers: impl IntoIterator<Item = u8>) -> Vec<VerifierKey> {
    numbers.into_iter().map(|number| witness(number).verifier().clone()).collect()
}

fn log() -> Vec<VerifierKey> {
    vec![log_key().verifier().clone()]
}

/// Every set of the six witnesses against what the example says in words.
#[test]
fn groups_of_groups_decide_as_they_say() {
    let policy = Policy::parse(example().as_bytes()).unwrap();
    for set in 0..64u8 {
        let numbers: Vec<u8> = (0..6).filter(|number| set >> number & 1 == 1).collect();
        let (two_of_x, one_of_y) = ((set & 7).count_ones() >= 2, set >> 3 != 0);
        // In another order than the policy's.
        let found = policy.check(&cosigned(numbers.iter().rev().copied()));
        if two_of_x && one_of_y {
            let witnessed = numbers.iter().map(|number| Witnessed {
                name: witness(*number).name().to_owned(),
                seconds: TIME + u64::from(*number),
            });
            assert_eq!(found, Ok(witnessed.collect()), "{numbers:?}");
        } else {
            assert_eq!(found, Err(PolicyError::Quorum { cosigned: numbers.len(), known: 6 }));
        }
    }
}

#[test]
fn a_policy_of_lists_asks_for_a_number_of_witnesses() {
    for quorum in 0..=3 {
        let policy = Policy::of(&log(), &verifiers(0..3), quorum).unwrap();
        for count in 0..=3u8 {
            let found = policy.check(&cosigned(0..count));
            assert_eq!(found.is_ok(), usize::from(count) >= quorum, "{count} of {quorum}");
        }
        // Others than those that are known do not count.
        assert_eq!(policy.check(&cosigned(10..20)).is_ok(), quorum == 0);
    }
    let of = |logs: &[VerifierKey], witnesses: &[VerifierKey], quorum| {
        Policy::of(logs, witnesses, quorum).unwrap_err()
    };
    assert_eq!(of(&log(), &verifiers(0..3), 4), PolicyRule::Threshold);
    assert_eq!(of(&log(), &[], 1), PolicyRule::Threshold);
    assert_eq!(of(&log(), &verifiers([1, 2, 1]), 1), PolicyRule::SameKey);
    assert_eq!(of(&verifiers([1]), &[], 0), PolicyRule::Algorithm);
    assert_eq!(of(&log(), &log(), 0), PolicyRule::Algorithm);
    let many = u8::try_from(MAX_ENTRIES).unwrap();
    assert_eq!(Policy::of(&log(), &verifiers(0..many), 1).unwrap().witnesses().len(), MAX_ENTRIES);
    assert_eq!(of(&log(), &verifiers(0..=many), 1), PolicyRule::Entries);
}

#[test]
fn only_a_known_log_is_believed() {
    let origin = ORIGIN.to_owned();
    let policy = |logs: &[VerifierKey]| Policy::of(logs, &[], 0).unwrap();
    let other_name = SigningKey::from_seed("another.example/log", [2; 32]).unwrap();
    let other_key = SigningKey::from_seed(ORIGIN, [2; 32]).unwrap();
    let (theirs, successor) = (other_name.verifier().clone(), other_key.verifier().clone());

    policy(&log()).check(&signed()).unwrap();
    let unknown = PolicyError::UnknownLog { origin: origin.clone() };
    assert_eq!(policy(&[]).check(&signed()), Err(unknown.clone()));
    assert_eq!(policy(from_ref(&theirs)).check(&signed()), Err(unknown.clone()));
    let unsigned = PolicyError::Unsigned { origin };
    assert_eq!(policy(from_ref(&successor)).check(&signed()), Err(unsigned.clone()));
    // While a log changes its key, either is enough, and both may sign.
    let both = [log(), vec![successor.clone()]].concat();
    policy(&both).check(&signed()).unwrap();
    let by_successor = SignedCheckpoint::sign(Checkpoint::new(ORIGIN, head()), &other_key).unwrap();
    policy(&both).check(&by_successor).unwrap();
    let mut by_both = signed();
    by_both.merge(&by_successor).unwrap();
    policy(&both).check(&by_both).unwrap();

    // The key of another known log vouches for no checkpoint of this one.
    let line = SignedNote::sign(signed().note().text().to_owned(), &other_name);
    let line = line.unwrap().signatures()[0].clone();
    let text = format!("{}\n{line}\n", signed().note().text());
    let by_theirs = SignedCheckpoint::parse(&text).unwrap();
    assert_eq!(policy(&[theirs.clone(), log()[0].clone()]).check(&by_theirs), Err(unsigned));
    assert_eq!(policy(&[theirs]).check(&by_theirs), Err(unknown));
}

#[test]
fn a_failing_line_of_a_known_key_refuses_all() {
    let spoiled = |key: &VerifierKey, good: &SignedCheckpoint| {
        let line = Signature { name: key.name().to_owned(), id: key.id(), bytes: vec![7; 72] };
        let mut checkpoint = good.clone();
        checkpoint.add(line).unwrap();
        checkpoint
    };
    let other = SigningKey::from_seed("another.example/log", [2; 32]).unwrap();
    let logs = [log(), vec![other.verifier().clone()]].concat();
    let policy = Policy::of(&logs, &verifiers([1, 2]), 1).unwrap();
    let good = cosigned([1]);
    policy.check(&good).unwrap();
    for key in [witness(2).verifier(), other.verifier()] {
        let wrong = SignatureError::Wrong { name: key.name().to_owned(), id: key.id() };
        assert_eq!(policy.check(&spoiled(key, &good)), Err(PolicyError::Signature(wrong)));
    }
    policy.check(&spoiled(witness(3).verifier(), &good)).unwrap();
}

#[test]
fn what_is_a_policy_is_read() {
    let (w1, w2) = (witness(1).verifier().clone(), witness(2).verifier().clone());
    let read = |text: &[u8]| Policy::parse(text).unwrap();
    assert_eq!(read(b"quorum none\n"), Policy::of(&[], &[], 0).unwrap());
    let spaced = format!(
        "\n# comment\n\t # another\n\tlog \t {PETER}  https://log.example/ \n witness\tw1  {w1}   x \n\n quorum\tw1\n"
    );
    assert_eq!(read(spaced.as_bytes()).logs(), [VerifierKey::parse(PETER).unwrap()]);
    assert_eq!(read(spaced.as_bytes()).witnesses(), from_ref(&w1));
    // Names are octets; words of the format are names too; lines may follow the quorum.
    let odd = [
        format!("witness all {w1}\nwitness ").into_bytes(),
        b"any\x80\xff".to_vec(),
        format!(" {w2}\ngroup group 2 all ").into_bytes(),
        b"any\x80\xff\nquorum group\n#\xfe".to_vec(),
        format!("\nlog {PETER}\n").into_bytes(),
    ];
    assert_eq!(read(&odd.concat()).witnesses(), [w1, w2]);
}

#[test]
fn what_is_no_policy_is_refused_by_line_and_rule() {
    let (w1, w2) = (witness(1).verifier().clone(), witness(2).verifier().clone());
    let again = WitnessKey::from_seed("impostor", [101; 32]).unwrap();
    let again = again.verifier();
    let two = format!("witness w1 {w1}\nwitness w2 {w2}\n");
    let head = |rest: &str| format!("{two}{rest}");
    let items = |shape| PolicyRule::Items(shape);
    let log = "log KEY [URL]";
    let witness = "witness NAME KEY [URL]";
    let group = "group NAME any|all|NUMBER NAME...";
    #[rustfmt::skip]
    let table = [
        (1, PolicyRule::Quorum, String::new()),
        (3, PolicyRule::Quorum, two.clone()),
        (4, PolicyRule::Quorum, head("quorum w1\nquorum w1\n")),
        (4, PolicyRule::Quorum, head("quorum none\nquorum none\n")),
        (1, PolicyRule::Ending, "quorum none".to_owned()),
        (2, PolicyRule::Ending, "quorum none\n#".to_owned()),
        (1, PolicyRule::Control, "quorum none\r\n".to_owned()),
        (2, PolicyRule::Control, "quorum none\n# \u{1}\n".to_owned()),
        (1, PolicyRule::Control, "# \u{7f}\nquorum none\n".to_owned()),
        (1, PolicyRule::Keyword, "quorums none\n".to_owned()),
        (1, PolicyRule::Keyword, "Log x\n".to_owned()),
        (1, items(log), "log\n".to_owned()),
        (1, items(log), format!("log {PETER} url # no comment\n")),
        (1, items(witness), "witness w1\n".to_owned()),
        (1, items(witness), format!("witness w1 {w1} url more\n")),
        (3, items(group), head("group g\n")),
        (1, items("quorum NAME|none"), "quorum\n".to_owned()),
        (1, items("quorum NAME|none"), "quorum none none\n".to_owned()),
        (1, PolicyRule::Key(KeyError::Parts), "log garbage\n".to_owned()),
        (1, PolicyRule::Algorithm, format!("log {REMORA}\n")),
        (1, PolicyRule::Algorithm, format!("witness w1 {PETER}\n")),
        (2, PolicyRule::SameKey, format!("log {PETER}\nlog {PETER} url\n")),
        (3, PolicyRule::SameKey, head(&format!("witness w3 {again}\n"))),
        (1, PolicyRule::Name, format!("witness none {w1}\n")),
        (2, PolicyRule::Name, format!("witness w1 {w1}\nwitness w1 {w2}\n")),
        (3, PolicyRule::Name, head("group w1 any w2\n")),
        (3, PolicyRule::Name, head("group none any w2\n")),
        (3, PolicyRule::Threshold, head("group g any\n")),
        (3, PolicyRule::Threshold, head("group g all\n")),
        (3, PolicyRule::Threshold, head("group g 0 w1\n")),
        (3, PolicyRule::Threshold, head("group g 2 w1\n")),
        (3, PolicyRule::Threshold, head("group g 01 w1\n")),
        (3, PolicyRule::Threshold, head("group g -1 w1\n")),
        (3, PolicyRule::Threshold, head("group g some w1\n")),
        (3, PolicyRule::Unknown, head("group g any w3\n")),
        (3, PolicyRule::Unknown, head("group g any none\n")),
        (3, PolicyRule::Unknown, head("group g any g\n")),
        (3, PolicyRule::Unknown, head("quorum w3\n")),
        (1, PolicyRule::Unknown, format!("quorum w1\n{two}")),
        (3, PolicyRule::Member, head("group g all w1 w1\n")),
        (4, PolicyRule::Member, head("group g any w1\ngroup h any w2 w1\n")),
        (5, PolicyRule::Member, head("group g any w1\ngroup h any g\ngroup i any g\n")),
        (1, PolicyRule::Long, format!("#{}\nquorum none\n", "x".repeat(MAX_POLICY_BYTES))),
    ];
    for (line, rule, text) in table {
        let error = Policy::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error, MalformedPolicy { line, rule }, "{text}");
    }
    let not_a_text = [b"log \xff", PETER.as_bytes(), b"\n"].concat();
    let error = Policy::parse(&not_a_text).unwrap_err();
    assert_eq!(error, MalformedPolicy { line: 1, rule: PolicyRule::Key(KeyError::Parts) });
}
