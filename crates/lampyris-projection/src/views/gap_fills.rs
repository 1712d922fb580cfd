//! Gap-fills: messages that may stand in for a cancelled one, once they are confirmed.
//!
//! There are few; nothing is kept of any other message. Whether one fits is decided elsewhere.

use std::collections::BTreeMap;

use lampyris_log::snapshot::{SectionReader, SectionWriter, Unfit};
use lampyris_message::lifecycle::command::GapFill;
use lampyris_message::{MessageId, MessageState, Pin};

use crate::stored::{read_gap_fill, write_gap_fill};

/// The gap-fills of a namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct GapFills {
    /// Those that may still be confirmed, by the number of their rows.
    open: BTreeMap<u32, GapFill>,
    /// The confirmed ones by the message they name, in the order in which they were confirmed.
    confirmed: BTreeMap<MessageId, Vec<GapFill>>,
}

impl GapFills {
    /// A gap-fill begins; one that names no message can fill nothing.
    pub(super) fn begin(&mut self, row: u32, gap_fill: GapFill) {
        if gap_fill.cid.is_some() {
            self.open.insert(row, gap_fill);
        }
    }

    /// The message of a row has come to a final state, with the pins that it was sealed with.
    pub(super) fn end(&mut self, row: u32, state: MessageState, pins: &[Pin]) {
        let Some(gap_fill) = self.open.remove(&row) else { return };
        let Some(filled) = gap_fill.cid.filter(|_| state == MessageState::Confirmed) else {
            return;
        };
        let pins = if pins.is_empty() { gap_fill.pins } else { pins.to_vec() };
        let confirmed = GapFill { pins, state, ..gap_fill };
        self.confirmed.entry(filled).or_default().push(confirmed);
    }

    pub(super) fn write(&self, out: &mut SectionWriter<'_>) {
        out.u32(u32::try_from(self.open.len()).unwrap_or(u32::MAX));
        for (row, gap_fill) in &self.open {
            out.u32(*row);
            write_gap_fill(out, gap_fill);
        }
        out.u32(u32::try_from(self.confirmed.values().flatten().count()).unwrap_or(u32::MAX));
        for gap_fill in self.confirmed.values().flatten() {
            write_gap_fill(out, gap_fill);
        }
    }

    pub(super) fn read(from: &mut SectionReader<'_>) -> Result<Self, Unfit> {
        let mut gap_fills = Self::default();
        for _ in 0..from.u32()? {
            let (row, gap_fill) = (from.u32()?, read_gap_fill(from)?);
            gap_fills.open.insert(row, gap_fill);
        }
        for _ in 0..from.u32()? {
            let gap_fill = read_gap_fill(from)?;
            let filled = gap_fill.cid.ok_or(Unfit("holds a gap-fill of nothing"))?;
            gap_fills.confirmed.entry(filled).or_default().push(gap_fill);
        }
        Ok(gap_fills)
    }

    /// The confirmed ones that name this message, the first confirmed first.
    pub(super) fn naming(&self, message: MessageId) -> &[GapFill] {
        self.confirmed.get(&message).map(Vec::as_slice).unwrap_or_default()
    }
}
