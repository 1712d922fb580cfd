//! Walking: every record from the first one on, checked by the chain of roots and by nothing that costs memory.
//!
//! What was verified when the log was opened need not be verified twice: equal roots mean equal bytes.

use super::Log;
use super::read::{READ_BYTES, differs, missing};
use crate::block_on::block_on;
use crate::error::ReadError;
use crate::frame::FrameReader;
use crate::merkle::Head;
use crate::record::RecordRef;
use crate::verify::{Chain, decode};
use std::ops::ControlFlow;

impl Log {
    /// Hands out every record that is durable now, oldest first, until `visit` breaks off. Returns the head of
    /// what it read.
    ///
    /// It checks frames, spelling, sequences and the root of every frame, and at the end that the root is the
    /// log's own. Versions, links, claims, appends and times were checked when the log was opened or the record
    /// appended; they are not checked again, and no index is built: that is what [`Log::scan`] from 0 does.
    ///
    /// # Errors
    /// [`ReadError`] at the first record that cannot be read or is not the one that was verified.
    pub fn walk(
        &self,
        mut visit: impl FnMut(&RecordRef<'_>) -> ControlFlow<()>,
    ) -> Result<Head, ReadError> {
        let end = self.head();
        let (mut reader, mut chain) = (FrameReader::new(), Chain::default());
        while chain.head().size < end.size {
            let frames = block_on(self.shared.shard.read(chain.head().size, READ_BYTES))?;
            if frames.is_empty() {
                return Err(missing(chain.head().size).into());
            }
            for stored in frames {
                let frame = reader.open(stored.first_sequence, &stored.bytes)?;
                if chain.head().size == end.size {
                    break;
                }
                chain.link(&frame)?;
                for raw in frame.records() {
                    let raw = raw?;
                    let record = decode(&frame, raw)?;
                    chain.leaf(raw.bytes);
                    if visit(&record).is_break() {
                        return Ok(chain.head());
                    }
                }
            }
        }
        let head = chain.head();
        if head == end { Ok(head) } else { Err(differs(end, head)) }
    }

    /// Reads, decompresses, decodes and hashes everything, and does nothing else: the bound that a replay
    /// is measured against. Returns the head it found.
    ///
    /// # Errors
    /// As [`Log::walk`].
    pub fn scan_bound(&self) -> Result<Head, ReadError> {
        self.walk(|_| ControlFlow::Continue(()))
    }
}
