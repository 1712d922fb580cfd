//! Who a log is after a copy took its place: each shape of a `recovered` record that is refused, and by which rule.
//! Whether its root is that of a real tree is tested where there is one.

use lampyris_evidence::identity::{Identity, LOG_KIND, NotOwn, OwnEvent, Recovered, Rules};
use lampyris_evidence::merkle::{Hash, Head};
use lampyris_evidence::record::{Record, RecordRef, StreamName};
use proptest::prelude::*;

const LOG_ID: [u8; 16] = [7; 16];
const RULES: Rules = Rules { version: 1, hash: [9; 32] };

/// What is changed of a good one.
type Change = fn(&mut Recovered);

fn head(size: u64, root: u8) -> Head {
    Head { size, root: Hash([root; 32]) }
}

fn identity() -> Identity {
    let origin = "example.com/a".to_owned();
    Identity { log_id: LOG_ID, origin, rules: RULES, layout: 2, recoveries: Vec::new() }
}

fn recovered() -> Recovered {
    Recovered {
        old_origin: "example.com/a".to_owned(),
        new_origin: "example.com/b".to_owned(),
        head: head(5, 1),
        lost: Some(head(9, 2)),
    }
}

fn record(sequence: u64, event: &OwnEvent) -> Record {
    Record {
        sequence,
        namespace: String::new(),
        stream: StreamName::new(LOG_KIND, LOG_ID),
        version: 1,
        previous: Some(0),
        append_id: [1; 16],
        append_index: 0,
        append_count: 1,
        command: "open".to_owned(),
        actor: LOG_KIND.to_owned(),
        time: 0,
        claims: Vec::new(),
        event: event.name().to_owned(),
        event_version: 1,
        content: event.encode(),
    }
}

/// Takes a record in, and returns who the log then is.
fn observed(known: Option<Identity>, record: &Record) -> Result<Identity, NotOwn> {
    let (bytes, mut known) = (record.encode(), known);
    Identity::observe(&mut known, &RecordRef::decode(&bytes).unwrap())?;
    Ok(known.unwrap())
}

fn after(known: Identity, recovered: Recovered) -> Result<Identity, NotOwn> {
    let sequence = recovered.head.size;
    observed(Some(known), &record(sequence, &OwnEvent::Recovered(recovered)))
}

#[test]
fn a_recovered_log_has_another_name_and_nothing_else() {
    let known = after(identity(), recovered()).unwrap();
    let told = vec![recovered()];
    let origin = "example.com/b".to_owned();
    assert_eq!(known, Identity { origin, recoveries: told, ..identity() });
    assert_eq!(recovered().missing(), 4);
    assert_eq!(Recovered { lost: None, ..recovered() }.missing(), 0);
}

#[test]
fn the_name_at_a_size_is_that_of_its_time() {
    let again = Recovered {
        old_origin: "example.com/b".to_owned(),
        new_origin: "example.com/c".to_owned(),
        head: head(8, 3),
        lost: None,
    };
    let known = after(after(identity(), recovered()).unwrap(), again).unwrap();
    let names: Vec<_> = (4..=10).map(|size| known.origin_at(size)).collect();
    let [a, b, c] = ["example.com/a", "example.com/b", "example.com/c"];
    assert_eq!(names, [a, a, b, b, b, c, c]);
    assert_eq!((known.origin_at(0), known.origin_at(u64::MAX)), (a, c));
}

#[test]
fn each_broken_rule_has_its_words() {
    let with = |change: Change| {
        let mut recovered = recovered();
        change(&mut recovered);
        observed(Some(identity()), &record(5, &OwnEvent::Recovered(recovered)))
    };
    let table: [(Change, &str); 13] = [
        (|it| it.head.size = 4, "another size"),
        (|it| it.head.size = 6, "another size"),
        (|it| it.old_origin = "example.com/x".into(), "old origin of a `recovered` record is not"),
        (|it| it.old_origin.clear(), "old origin of a `recovered` record is empty or too long"),
        (|it| it.old_origin = "x".repeat(256), "is empty or too long"),
        (|it| it.new_origin = "example.com/a".into(), "new origin of a `recovered` record is the"),
        (|it| it.new_origin.clear(), "may not name a log"),
        (|it| it.new_origin = "x".repeat(256), "may not name a log"),
        (|it| it.new_origin = "two words".into(), "may not name a log"),
        (|it| it.new_origin = "a+b".into(), "may not name a log"),
        (|it| it.lost = Some(head(4, 2)), "knows of less of the lost log"),
        (|it| it.lost = Some(head(0, 2)), "knows of less of the lost log"),
        (|it| it.lost = Some(head(5, 2)), "knows the lost log by another root"),
    ];
    for (change, words) in table {
        let refused = with(change).unwrap_err();
        assert!(refused.0.contains(words), "{refused}, not {words}");
    }
    let allowed: [Change; 4] = [
        |it| it.lost = None,
        |it| it.lost = Some(it.head),
        |it| it.lost = Some(head(6, 2)),
        |it| it.new_origin = "x".repeat(255),
    ];
    for change in allowed {
        with(change).unwrap();
    }
}

#[test]
fn a_name_is_never_taken_up_again() {
    let known = after(identity(), recovered()).unwrap();
    let back = |new_origin: &str| Recovered {
        old_origin: "example.com/b".to_owned(),
        new_origin: new_origin.to_owned(),
        head: head(9, 1),
        lost: None,
    };
    let refused = after(known.clone(), back("example.com/a")).unwrap_err();
    assert!(refused.0.contains("was the log's before"), "{refused}");
    let known = after(known, back("example.com/c")).unwrap();
    assert_eq!((&*known.origin, known.recoveries.len()), ("example.com/c", 2));
}

#[test]
fn it_stands_in_the_logs_own_stream_behind_record_0() {
    let good = record(5, &OwnEvent::Recovered(recovered()));
    let refused = |known, record: &Record| observed(known, record).unwrap_err().0;
    assert!(refused(None, &good).contains("holds `opened` first"));
    let other = Record { stream: StreamName::new(LOG_KIND, [8; 16]), ..good.clone() };
    assert!(refused(Some(identity()), &other).contains("holds `opened` first"));
    let kind = Record { stream: StreamName::new("message", LOG_ID), ..good.clone() };
    assert!(refused(Some(identity()), &kind).contains("does not belong"));
    let newer = Record { event_version: 2, ..good.clone() };
    assert!(refused(Some(identity()), &newer).contains("does not belong"));
    let elsewhere = Record { namespace: "ns1".to_owned(), ..good };
    assert_eq!(observed(Some(identity()), &elsewhere), Ok(identity()), "anyone's own affair");
}

#[test]
fn the_tree_before_it_is_the_one_that_it_names() {
    let recovered = recovered();
    assert_eq!(recovered.check_tree(head(5, 1)), Ok(()));
    for other in [head(5, 2), head(4, 1)] {
        assert!(recovered.check_tree(other).unwrap_err().0.contains("another root"));
    }
}

fn heads(least: u64) -> impl Strategy<Value = Head> {
    (least..=u64::MAX, any::<[u8; 32]>()).prop_map(|(size, root)| Head { size, root: Hash(root) })
}

prop_compose! {
    fn any_recovered()(head in heads(1))(
        old_origin in "[a-z./]{1,255}",
        new_origin in "[A-Zäß./]{1,60}",
        lost in proptest::option::of(prop_oneof![heads(head.size), Just(head)]),
        head in Just(head),
    ) -> Recovered {
        let lost = lost.filter(|lost| lost.size > head.size || lost.root == head.root);
        Recovered { old_origin, new_origin, head, lost }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(recovered in any_recovered()) {
        prop_assume!(recovered.old_origin != recovered.new_origin);
        let event = OwnEvent::Recovered(recovered.clone());
        let bytes = record(recovered.head.size, &event).encode();
        prop_assert_eq!(OwnEvent::read(&RecordRef::decode(&bytes).unwrap()), Ok(event));
    }

    #[test]
    fn a_flipped_bit_is_refused_or_another_event(recovered in any_recovered(), bit in 0..8) {
        prop_assume!(recovered.old_origin != recovered.new_origin);
        let event = OwnEvent::Recovered(recovered.clone());
        let good = record(recovered.head.size, &event);
        for at in 0..good.content.len() {
            let mut bad = good.clone();
            bad.content[at] ^= 1_u8 << bit;
            let bytes = bad.encode();
            let read = OwnEvent::read(&RecordRef::decode(&bytes).unwrap());
            prop_assert_ne!(read, Ok(event.clone()), "byte {}", at);
        }
        for length in 0..good.content.len() {
            let mut cut = good.clone();
            cut.content.truncate(length);
            let bytes = cut.encode();
            prop_assert!(OwnEvent::read(&RecordRef::decode(&bytes).unwrap()).is_err());
        }
        let mut long = good;
        long.content.push(0xf6);
        let bytes = long.encode();
        prop_assert!(OwnEvent::read(&RecordRef::decode(&bytes).unwrap()).is_err());
    }
}
