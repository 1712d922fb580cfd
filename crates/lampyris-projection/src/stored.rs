//! How what a message carries is spelled in sections of snapshots: pins, gap-fills, states, options.
//!
//! What cannot be is [`Unfit`]; nothing here says what a section holds.

use lampyris_log::snapshot::{SectionReader, SectionWriter, Unfit};
use lampyris_message::hash::{GroupHash, PinHash};
use lampyris_message::lifecycle::command::GapFill;
use lampyris_message::{MessageId, MessageState, Pin, Timestamp};

/// Writes whether there is a value, and the value.
pub fn write_option<T>(
    out: &mut SectionWriter<'_>,
    value: Option<T>,
    write: impl FnOnce(&mut SectionWriter<'_>, T),
) {
    out.u8(u8::from(value.is_some()));
    if let Some(value) = value {
        write(out, value);
    }
}

/// Reads what [`write_option`] wrote.
///
/// # Errors
/// [`Unfit`] if there is no such value.
pub fn read_option<'a, T>(
    from: &mut SectionReader<'a>,
    read: impl FnOnce(&mut SectionReader<'a>) -> Result<T, Unfit>,
) -> Result<Option<T>, Unfit> {
    match from.u8()? {
        0 => Ok(None),
        1 => read(from).map(Some),
        _ => Err(Unfit("holds an option that is none")),
    }
}

/// One of the values of an enum, by its place among all of them.
///
/// # Errors
/// [`Unfit`] if there are not so many.
pub fn read_one_of<T: Copy>(from: &mut SectionReader<'_>, all: &[T]) -> Result<T, Unfit> {
    let number = usize::from(from.u8()?);
    all.get(number).copied().ok_or(Unfit("holds a value that this program does not know"))
}

/// Writes a state.
pub fn write_state(out: &mut SectionWriter<'_>, state: MessageState) {
    out.u8(state as u8);
}

/// Reads a state.
///
/// # Errors
/// [`Unfit`] if there is none.
pub fn read_state(from: &mut SectionReader<'_>) -> Result<MessageState, Unfit> {
    read_one_of(from, MessageState::ALL)
}

/// Writes a time.
pub fn write_time(out: &mut SectionWriter<'_>, time: Timestamp) {
    out.i64(time.unix_seconds());
    out.u32(time.subsec_nanos());
}

/// Reads a time.
///
/// # Errors
/// [`Unfit`] if there is none.
pub fn read_time(from: &mut SectionReader<'_>) -> Result<Timestamp, Unfit> {
    let (seconds, nanos) = (from.i64()?, from.u32()?);
    Timestamp::from_unix_seconds(seconds, nanos).ok_or(Unfit("holds a time that is none"))
}

/// Writes pins.
pub fn write_pins(out: &mut SectionWriter<'_>, pins: &[Pin]) {
    out.u32(u32::try_from(pins.len()).unwrap_or(u32::MAX));
    for pin in pins {
        out.raw(pin.hash.as_bytes());
        write_option(out, pin.nonce, |out, nonce| out.raw(&nonce.to_be_bytes()));
    }
}

/// Reads pins.
///
/// # Errors
/// [`Unfit`] if there are none.
pub fn read_pins(from: &mut SectionReader<'_>) -> Result<Vec<Pin>, Unfit> {
    let count = from.u32()?;
    let mut pins = Vec::with_capacity(from.room(count, 33)?);
    for _ in 0..count {
        let hash = PinHash::from_bytes(from.array()?);
        pins.push(Pin { hash, nonce: read_option(from, SectionReader::u64)? });
    }
    Ok(pins)
}

/// Writes a gap-fill.
pub fn write_gap_fill(out: &mut SectionWriter<'_>, gap_fill: &GapFill) {
    let GapFill { id, cid, tag, author, group, pins, state } = gap_fill;
    out.raw(id.as_bytes());
    write_option(out, *cid, |out, cid| out.raw(cid.as_bytes()));
    out.text(tag);
    out.text(author);
    write_option(out, *group, |out, group| out.raw(group.as_bytes()));
    write_pins(out, pins);
    write_state(out, *state);
}

/// Reads a gap-fill.
///
/// # Errors
/// [`Unfit`] if there is none.
pub fn read_gap_fill(from: &mut SectionReader<'_>) -> Result<GapFill, Unfit> {
    Ok(GapFill {
        id: read_message(from)?,
        cid: read_option(from, read_message)?,
        tag: from.text()?.to_owned(),
        author: from.text()?.to_owned(),
        group: read_option(from, |from| from.array().map(GroupHash::from_bytes))?,
        pins: read_pins(from)?,
        state: read_state(from)?,
    })
}

/// Reads the id of a message.
///
/// # Errors
/// [`Unfit`] if there is none.
pub fn read_message(from: &mut SectionReader<'_>) -> Result<MessageId, Unfit> {
    from.array().map(MessageId::from_bytes)
}
