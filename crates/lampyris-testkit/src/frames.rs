//! Frames in a row, as a log would send them to its store.
//! Their records are plain bytes: a store never looks into them.

use lampyris_log::frame::FrameWriter;
use lampyris_log::shard::SealedFrame;
use lampyris_log::{Frontier, Hash, Head};

/// Makes the frames of a log, one after the other. A clone goes its own way from where it was cloned.
#[derive(Debug, Clone, Default)]
pub struct Frames {
    frontier: Frontier,
    noise: u64,
}

impl Frames {
    /// The frames of an empty log.
    pub fn new() -> Frames {
        Frames::default()
    }

    /// The log's head with all frames made so far.
    pub fn head(&self) -> Head {
        self.frontier.head()
    }

    /// The next frame, of so many records that say `text`.
    pub fn next(&mut self, records: u32, text: &str) -> SealedFrame {
        self.seal((0..records).map(|record| format!("{text} {record}").into_bytes()))
    }

    /// The next frame, of one record of so many bytes that do not compress.
    pub fn next_noise(&mut self, bytes: usize) -> SealedFrame {
        let mut state = self.noise;
        let record = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_be_bytes()[0]
        });
        let record = record.take(bytes).collect();
        self.noise += 1;
        self.seal(std::iter::once(record))
    }

    /// The next frame, of these records.
    pub fn next_of(&mut self, records: &[Vec<u8>]) -> SealedFrame {
        self.seal(records.iter().cloned())
    }

    fn seal(&mut self, records: impl Iterator<Item = Vec<u8>>) -> SealedFrame {
        let Head { size: first_sequence, root } = self.frontier.head();
        let (mut raw, mut count) = (Vec::new(), 0);
        for record in records {
            raw.extend_from_slice(&u32::try_from(record.len()).unwrap().to_be_bytes());
            raw.extend_from_slice(&record);
            self.frontier.push(Hash::leaf(&record));
            count += 1;
        }
        let bytes = FrameWriter::new().seal(first_sequence, count, root, &raw).into();
        SealedFrame { first_sequence, bytes, after: self.frontier.head() }
    }
}
