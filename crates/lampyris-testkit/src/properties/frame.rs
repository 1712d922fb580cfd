//! What holds of a frame: one that opens has the records it says, and they are packed again to the same.
//! The chain of roots is not asked here, but for a frame that could be the first.

use std::ops::ControlFlow;

use lampyris_log::frame::{
    self, CHECKSUM_OFFSET, FRAME_VERSION, FrameReader, FrameWriter, HEADER_BYTES, MAGIC,
    VERSION_OFFSET,
};
use lampyris_log::{Corrupt, Hash, Verifier};

use super::record::record;

/// The bytes as they are, and with the beginning and the checksum that they ought to have: else the
/// checksum would keep all else from being seen.
pub(super) fn frame(bytes: &[u8]) -> bool {
    let as_given = opened(bytes);
    let mended = mended(bytes);
    if as_given {
        assert_eq!(mended, bytes, "accepted, so with its own checksum");
    }
    opened(&mended)
}

/// What a frame holds.
#[derive(Debug, PartialEq, Eq)]
struct Opened {
    key: u64,
    count: u32,
    root_before: Hash,
    records: Vec<Vec<u8>>,
}

fn opened(stored: &[u8]) -> bool {
    let key = frame::before(stored).map_or(0, |before| before.size);
    let mut verified = 0;
    let verdict = Verifier::new().frame(key, stored, |_| {
        verified += 1;
        ControlFlow::Continue(())
    });
    let Ok(opened) = open(key, stored) else {
        assert!(verdict.is_err());
        return false;
    };
    assert_eq!(opened.records.len(), opened.count as usize);
    assert_eq!(frame::end(stored), key.checked_add(u64::from(opened.count)));
    assert!(frame::may_hold(stored, key));
    let decoded = opened.records.iter().filter(|bytes| record(bytes)).count();
    if verdict.is_ok() {
        assert_eq!((verified, decoded), (opened.count, opened.count as usize));
    }
    assert_eq!(open(key, &sealed(&opened)).unwrap(), opened);
    assert!(open(key.wrapping_add(1), stored).is_err(), "a frame stands under one key");
    true
}

fn open(key: u64, stored: &[u8]) -> Result<Opened, Corrupt> {
    let mut reader = FrameReader::new();
    let frame = reader.open(key, stored)?;
    let records = frame.records().map(|record| record.map(|record| record.bytes.to_vec()));
    let records: Vec<_> = records.collect::<Result<_, _>>()?;
    let lengths: usize = records.iter().map(|record| record.len() + 4).sum();
    assert_eq!(lengths, frame.raw_len(), "the records fill the frame");
    Ok(Opened { key, count: frame.count, root_before: frame.root_before, records })
}

/// The same records in a frame of our own.
fn sealed(opened: &Opened) -> Vec<u8> {
    let mut raw = Vec::new();
    for record in &opened.records {
        raw.extend_from_slice(&u32::try_from(record.len()).unwrap().to_be_bytes());
        raw.extend_from_slice(record);
    }
    FrameWriter::new().seal(opened.key, opened.count, opened.root_before, &raw)
}

/// The bytes with the beginning of a frame and a checksum that is right.
fn mended(bytes: &[u8]) -> Vec<u8> {
    let mut mended = bytes.to_vec();
    if mended.len() >= HEADER_BYTES {
        mended[..MAGIC.len()].copy_from_slice(&MAGIC);
        mended[VERSION_OFFSET] = FRAME_VERSION;
        let mut sum = crc32fast::Hasher::new();
        sum.update(&mended[..CHECKSUM_OFFSET]);
        sum.update(&mended[HEADER_BYTES..]);
        mended[CHECKSUM_OFFSET..HEADER_BYTES].copy_from_slice(&sum.finalize().to_be_bytes());
    }
    mended
}
