//! Gap-fills: messages that may stand in for a cancelled one, once they are confirmed.
//!
//! There are few; nothing is kept of any other message. Whether one fits is decided elsewhere.

use std::collections::BTreeMap;

use lampyris_message::lifecycle::command::GapFill;
use lampyris_message::{MessageId, MessageState, Pin};

/// The gap-fills of a namespace.
#[derive(Debug, Default, PartialEq, Eq)]
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

    /// The confirmed ones that name this message, the first confirmed first.
    pub(super) fn naming(&self, message: MessageId) -> &[GapFill] {
        self.confirmed.get(&message).map(Vec::as_slice).unwrap_or_default()
    }
}
