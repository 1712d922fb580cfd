//! A frame says by name what is wrong with it, whatever byte is changed or cut off.

use crate::scratch::noise;
use lampyris_log::frame::{FrameReader, FrameWriter, HEADER_BYTES};
use lampyris_log::{Corrupt, Hash, Rule, limits};

const RECORDS: [&[u8]; 3] =
    [b"a record", b"a record, a record, a record, a record, a record", b"x"];
const ROOT: Hash = Hash([5; 32]);

fn raw(records: &[&[u8]]) -> Vec<u8> {
    let lengths = records.iter().map(|record| u32::try_from(record.len()).unwrap().to_be_bytes());
    lengths.zip(records).flat_map(|(length, record)| [length.as_slice(), record].concat()).collect()
}

fn read(key: u64, stored: &[u8]) -> Result<Vec<Vec<u8>>, Corrupt> {
    let mut reader = FrameReader::new();
    let frame = reader.open(key, stored)?;
    frame.records().map(|record| record.map(|record| record.bytes.to_vec())).collect()
}

#[test]
fn records_come_out_as_they_went_in() {
    let small = RECORDS.to_vec();
    let noisy = noise(5_000, 1);
    for (records, compressed) in [(small, true), (vec![noisy.as_slice()], false)] {
        let raw = raw(&records);
        let stored = FrameWriter::new().seal(7, u32::try_from(records.len()).unwrap(), ROOT, &raw);
        assert_eq!(stored.len() < HEADER_BYTES + raw.len(), compressed);
        assert_eq!(read(7, &stored).unwrap(), records);
        let mut reader = FrameReader::new();
        assert_eq!(reader.open(7, &stored).unwrap().root_before, ROOT);
    }
}

#[test]
fn every_flipped_bit_is_a_named_fault() {
    let stored = FrameWriter::new().seal(7, 3, ROOT, &raw(&RECORDS));
    for byte in 0..stored.len() {
        for bit in 0..8 {
            let mut flipped = stored.clone();
            flipped[byte] ^= 1 << bit;
            let corrupt = read(7, &flipped).expect_err("a flipped bit was not seen");
            assert_eq!((corrupt.frame, corrupt.sequence), (7, 7));
            let expected = if byte < 4 { "does not start with LMPF" } else { "checksum" };
            assert!(corrupt.to_string().contains(expected), "byte {byte}: {corrupt}");
        }
    }
}

#[test]
fn every_truncation_is_a_named_fault() {
    let stored = FrameWriter::new().seal(7, 3, ROOT, &raw(&RECORDS));
    for length in 0..stored.len() {
        let corrupt = read(7, &stored[..length]).expect_err("a cut frame was not seen");
        let short = matches!(corrupt.rule, Rule::FrameLength { found, .. } if found == length);
        assert_eq!(short, length < HEADER_BYTES, "{corrupt}");
    }
}

/// A frame with a good checksum that lies: the rules behind the checksum hold too.
#[test]
fn a_lying_frame_is_a_named_fault() {
    let check = |key, count, raw: &[u8], expected: fn(&Rule) -> bool| {
        let corrupt = read(key, &FrameWriter::new().seal(7, count, ROOT, raw)).unwrap_err();
        assert!(expected(&corrupt.rule), "{corrupt}");
    };
    let good = raw(&RECORDS);
    check(8, 3, &good, |rule| *rule == Rule::FirstSequence { found: 7 });
    check(7, 0, &good, |rule| matches!(rule, Rule::Count { .. }));
    check(7, 2, &good, |rule| *rule == Rule::Count { said: 2, found: 3 });
    check(7, 4, &good, |rule| *rule == Rule::Count { said: 4, found: 3 });
    check(7, 3, &good[..good.len() - 1], |rule| *rule == Rule::RecordLength { length: 1 });
    check(7, 4, &[good.as_slice(), &[0, 0]].concat(), |rule| {
        *rule == Rule::RecordLength { length: 2 }
    });
    check(7, 1, &[0, 0, 0, 0], |rule| *rule == Rule::RecordLength { length: 0 });
    let large = vec![0; limits::MAX_RAW_BYTES + 1];
    check(7, 1, &large, |rule| matches!(rule, Rule::RawLength { .. }));
    let long = noise(limits::MAX_FRAME_BYTES, 3);
    check(7, 1, &long, |rule| matches!(rule, Rule::FrameLength { .. }));
}
