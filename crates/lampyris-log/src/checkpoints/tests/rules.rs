//! What may stand in the file, and what is signed.

use super::disk::{MadeUpDisk, entries};
use super::{Grown, ORIGIN, key, open, stored, witness};
use crate::checkpoints::Kind::{self, Body, Key, Note};
use crate::checkpoints::ledger::Ledger;
use crate::checkpoints::{CheckpointError, entry};
use crate::error::{Broken, ReadError};
use crate::merkle::Head;
use lampyris_evidence::checkpoint::{Checkpoint, SignedCheckpoint};
use lampyris_evidence::key::SigningKey;
use lampyris_evidence::note::SignedNote;

fn file(entries: &[(Kind, String)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, text) in entries {
        entry::write(*kind, text, &mut bytes);
    }
    bytes
}

fn body(head: Head) -> Checkpoint {
    Checkpoint::new(ORIGIN, head)
}

#[test]
fn what_signing_would_not_write_is_named() {
    let log = Grown::of(0..9);
    let head = |size: usize| log.heads[size];
    let text = |size| body(head(size)).text();
    let signed =
        |size, seed| SignedCheckpoint::sign(body(head(size)), &key(seed)).unwrap().encode();
    let vkey = |seed| key(seed).verifier().to_string();
    let other = SigningKey::from_seed("other.example", [1; 32]).unwrap();
    let other_root = Head { size: 3, ..head(4) };
    let mut extended = body(head(3));
    extended.extensions.push("more".into());
    let rows: Vec<(Vec<(Kind, String)>, &str)> = vec![
        (vec![], ""),
        (vec![(Key, vkey(1)), (Body, text(3)), (Note, signed(3, 1))], ""),
        (vec![(Body, text(3)), (Key, vkey(1)), (Body, text(5)), (Note, signed(3, 1))], ""),
        (vec![(Key, vkey(1)), (Key, vkey(1))], "has the same key twice"),
        (vec![(Key, vkey(1) + "\n")], "has a bad key"),
        (vec![(Key, witness(1).verifier().to_string())], "has a key that signs no checkpoints"),
        (
            vec![(Key, vkey(1)), (Key, other.verifier().to_string())],
            "has an entry of other.example",
        ),
        (vec![(Body, text(3)), (Body, text(3))], "has a body of 3 records behind one of 3"),
        (vec![(Body, text(3)), (Body, text(2))], "has a body of 2 records behind one of 3"),
        (vec![(Body, text(0))], "has a body of 0 records behind one of 0"),
        (vec![(Body, extended.text())], "has a body of more than three lines"),
        (vec![(Body, text(3).replace("\n3\n", "\n03\n"))], "has a bad body"),
        (vec![(Body, text(3) + "\n")], "has a bad body"),
        (vec![(Body, signed(3, 1))], "has a bad body"),
        (vec![(Body, text(3)), (Note, signed(3, 1))], "has a note that none of its keys signed"),
        (vec![(Key, vkey(1)), (Note, signed(3, 1))], "has a note of a body that is not there"),
        (
            vec![(Key, vkey(1)), (Body, body(other_root).text()), (Note, signed(3, 1))],
            "has a note of a body that is not there",
        ),
        (vec![(Key, vkey(1)), (Body, text(3)), (Note, signed(3, 1) + "\n")], "has a bad note"),
        (vec![(Key, vkey(2)), (Body, text(3)), (Note, signed(3, 1))], "has a note that none"),
    ];
    for (entries, expected) in rows {
        let bytes = file(&entries);
        let last = entries.last().map_or(0, |(_, text)| text.len() + 13);
        match (Ledger::read(&bytes), expected) {
            (Ok(ledger), "") => assert_eq!(ledger.end(), bytes.len() as u64),
            (Err(damage), expected) if !expected.is_empty() => {
                assert!(damage.detail.starts_with(expected), "{damage:?}, not {expected}");
                assert_eq!(damage.byte, (bytes.len() - last) as u64, "{expected}");
            }
            (found, expected) => panic!("{found:?}, not {expected}"),
        }
    }
}

#[test]
fn an_entry_of_an_unknown_kind_is_named_also_at_the_end() {
    let mut bytes = file(&[(Kind::Key, key(1).verifier().to_string())]);
    let end = bytes.len();
    entry::write(Kind::Body, "what nobody knows yet", &mut bytes);
    bytes[end + entry::CHECKPOINT_KIND_OFFSET] = 4;
    let sum = crc32fast::hash(&[&bytes[end..end + 9], &bytes[end + 13..]].concat());
    bytes[end + 9..end + 13].copy_from_slice(&sum.to_be_bytes());
    let damage = Ledger::read(&bytes).unwrap_err();
    assert_eq!(damage.byte, end as u64);
    assert_eq!(damage.detail, "has an entry of kind 4, which is unknown");
}

#[test]
fn the_same_head_is_signed_once() {
    let (disk, mut log) = (MadeUpDisk::with(None), Grown::of(0..3));
    let checkpoints = open(&disk, &log).unwrap();
    let first = checkpoints.sign(&log, &key(1)).unwrap();
    let bytes = disk.state().live;
    assert_eq!(checkpoints.sign(&log, &key(1)).unwrap(), first);
    assert_eq!(disk.state().live, bytes);
    assert_eq!(open(&disk, &log).unwrap().sign(&log, &key(1)).unwrap(), first);
    log.grow(3);
    let second = checkpoints.sign(&log, &key(1)).unwrap();
    assert_eq!((second.checkpoint().head, checkpoints.signed()), (log.heads[4], 4));
    let kinds: Vec<Kind> = entries(&disk.state().live.unwrap()).iter().map(|it| it.0).collect();
    assert_eq!(kinds, [Key, Body, Note, Body, Note]);
    assert_eq!(stored(&checkpoints).unwrap(), [first, second]);
}

#[test]
fn another_key_of_the_same_name_signs_below_the_first() {
    let (disk, log) = (MadeUpDisk::with(None), Grown::of(0..3));
    let checkpoints = open(&disk, &log).unwrap();
    let first = checkpoints.sign(&log, &key(1)).unwrap();
    let both = checkpoints.sign(&log, &key(2)).unwrap();
    assert_eq!(both.note().signatures().len(), 2);
    assert_eq!(both.note().signatures()[0], first.note().signatures()[0]);
    for signer in [key(1), key(2)] {
        both.verify(signer.verifier()).unwrap();
        assert_eq!(checkpoints.sign(&log, &signer).unwrap(), both);
    }
    assert_eq!(open(&disk, &log).unwrap().last().unwrap(), Some(both));
    assert_eq!(checkpoints.verifier_keys().last(), Some(key(2).verifier()));
}

#[test]
fn a_key_of_another_name_signs_nothing() {
    let (disk, log) = (MadeUpDisk::with(None), Grown::of(0..3));
    let checkpoints = open(&disk, &log).unwrap();
    let other = SigningKey::from_seed("other.example", [1; 32]).unwrap();
    let refused = checkpoints.sign(&log, &other).unwrap_err();
    assert_eq!(refused.to_string(), "the key is for other.example, the log is acme.example/log");
    assert_eq!(disk.state().live, None);
}

#[test]
fn a_body_binds_although_it_was_never_signed() {
    let log = Grown::of(0..4);
    let text = (Kind::Body, body(log.heads[4]).text());
    let disk = MadeUpDisk::with(Some(file(std::slice::from_ref(&text))));
    let other = Grown::of([0, 1, 2, 9, 4, 5]);
    let refused = open(&disk, &other).unwrap_err();
    assert!(matches!(
        refused,
        ReadError::Broken(Broken::CheckpointDiverged { size: 4, have, want })
            if have == other.heads[4].root && want == log.heads[4].root
    ));
    let shorter = open(&disk, &Grown::of(0..3)).unwrap_err();
    assert!(matches!(shorter, ReadError::Broken(Broken::LogRolledBack { have: 3, want: 4 })));
    let checkpoints = open(&disk, &log).unwrap();
    assert!(stored(&checkpoints).unwrap().is_empty());
    let note = checkpoints.sign(&log, &key(1)).unwrap();
    let kinds: Vec<Kind> = entries(&disk.state().live.unwrap()).iter().map(|it| it.0).collect();
    assert_eq!(kinds, [Kind::Body, Kind::Key, Kind::Note]);
    assert_eq!(open(&disk, &log).unwrap().last().unwrap(), Some(note));
}

#[test]
fn a_log_that_changed_while_it_was_open_is_not_signed() {
    let (disk, log) = (MadeUpDisk::with(None), Grown::of(0..4));
    let checkpoints = open(&disk, &log).unwrap();
    checkpoints.sign(&log, &key(1)).unwrap();
    let bytes = disk.state().live;
    for other in [Grown::of([0, 1, 2, 9, 4, 5]), Grown::of([0, 1, 2, 9]), Grown::of(0..3)] {
        let refused = checkpoints.sign(&other, &key(1)).unwrap_err();
        assert!(matches!(
            refused,
            CheckpointError::Broken(
                Broken::CheckpointDiverged { size: 4, .. }
                    | Broken::LogRolledBack { have: 3, want: 4 }
            )
        ));
    }
    assert_eq!(disk.state().live, bytes);
}

#[test]
fn nothing_is_written_to_a_file_that_is_not_the_one_that_was_read() {
    let (disk, mut log) = (MadeUpDisk::with(None), Grown::of(0..4));
    open(&disk, &log).unwrap().sign(&log, &key(1)).unwrap();
    let (one, another) = (open(&disk, &log).unwrap(), open(&disk, &log).unwrap());
    log.grow(4);
    one.sign(&log, &key(1)).unwrap();
    let bytes = disk.state().live;
    log.grow(5);
    let refused = another.sign(&log, &key(1)).unwrap_err();
    let named = matches!(&refused, CheckpointError::Broken(Broken::CheckpointsDamaged { .. }));
    assert!(named, "{refused}");
    assert_eq!(disk.state().live, bytes);
}

#[test]
fn cosignatures_of_known_witnesses_are_kept() {
    let (disk, log) = (MadeUpDisk::with(None), Grown::of(0..4));
    let checkpoints = open(&disk, &log).unwrap();
    let note = checkpoints.sign(&log, &key(1)).unwrap();
    let (known, unknown) = (witness(1), witness(2));
    let vkeys = [known.verifier().clone()];
    let mut given = note.clone();
    given.add(unknown.cosign(&note, 7).unwrap()).unwrap();
    let refused = checkpoints.add_cosignatures(&given, &vkeys).unwrap_err();
    assert!(matches!(refused, CheckpointError::NotCosigned));
    given.add(known.cosign(&note, 8).unwrap()).unwrap();
    let kept = checkpoints.add_cosignatures(&given, &vkeys).unwrap();
    assert_eq!(kept.note().signatures().len(), 2, "the unknown witness's line is left out");
    assert_eq!(kept.cosigned_by(known.verifier()).unwrap(), Some(8));
    // Again, at another time: the first line stays, and nothing is written.
    let bytes = disk.state().live;
    let mut later = note.clone();
    later.add(known.cosign(&note, 9).unwrap()).unwrap();
    assert_eq!(checkpoints.add_cosignatures(&later, &vkeys).unwrap(), kept);
    assert_eq!(disk.state().live, bytes);
    assert_eq!(open(&disk, &log).unwrap().last().unwrap(), Some(kept.clone()));
    assert_eq!(checkpoints.sign(&log, &key(1)).unwrap(), kept);
}

#[test]
fn cosignatures_of_what_was_not_signed_here_or_that_do_not_verify_are_refused() {
    let (disk, log) = (MadeUpDisk::with(None), Grown::of(0..4));
    let checkpoints = open(&disk, &log).unwrap();
    let note = checkpoints.sign(&log, &key(1)).unwrap();
    let bytes = disk.state().live;
    let vkeys = [witness(1).verifier().clone()];
    for head in [log.heads[3], Head { size: 4, ..log.heads[3] }] {
        let mut other = SignedCheckpoint::sign(body(head), &key(1)).unwrap();
        other.add(witness(1).cosign(&other, 7).unwrap()).unwrap();
        let refused = checkpoints.add_cosignatures(&other, &vkeys).unwrap_err();
        assert!(matches!(refused, CheckpointError::Unknown { .. }), "{refused}");
    }
    let mut wrong = note.clone();
    let mut signature = witness(1).cosign(&note, 7).unwrap();
    signature.bytes[7] ^= 1;
    wrong.add(signature).unwrap();
    let refused = checkpoints.add_cosignatures(&wrong, &vkeys).unwrap_err();
    assert!(matches!(refused, CheckpointError::Invalid(_)), "{refused}");
    // The log's own line is wrong: nothing of such a note is taken.
    let mut lines = note.note().signatures().to_vec();
    lines[0].bytes[7] ^= 1;
    lines.push(witness(1).cosign(&note, 7).unwrap());
    let forged = SignedNote::new(note.note().text().to_owned(), lines).unwrap();
    let forged = SignedCheckpoint::parse(&forged.encode()).unwrap();
    let refused = checkpoints.add_cosignatures(&forged, &vkeys).unwrap_err();
    assert!(matches!(refused, CheckpointError::Invalid(_)), "{refused}");
    let mut extended = body(log.heads[4]);
    extended.extensions.push("more".into());
    let mut extended = SignedCheckpoint::sign(extended, &key(1)).unwrap();
    extended.add(witness(1).cosign(&extended, 7).unwrap()).unwrap();
    let refused = checkpoints.add_cosignatures(&extended, &vkeys).unwrap_err();
    assert!(matches!(refused, CheckpointError::Unknown { .. }), "{refused}");
    assert_eq!(disk.state().live, bytes);
}
