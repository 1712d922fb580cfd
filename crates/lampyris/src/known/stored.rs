//! What is known of a message as a section of a snapshot spells it.
//!
//! It says what [`Known`] holds and nothing else; whether that may be is for who reads it to find out.

use lampyris_log::snapshot::{SectionReader, SectionWriter, Unfit};
use lampyris_message::event::{Awaited, LedgerPosition, ParentKind};
use lampyris_message::hash::{Bytes32, GroupHash, MessageHash};
use lampyris_message::lifecycle::Refusal;
use lampyris_message::lifecycle::state::{Facts, LedgerPin, Origin, Sender, State};
use lampyris_message::{BatchId, MessageId, Pinning, TransactionId};
use lampyris_projection::stored::{
    read_gap_fill, read_message, read_one_of, read_option, read_pins, read_state, read_time,
    write_gap_fill, write_option, write_pins, write_state, write_time,
};

use super::Known;

const ORIGINS: &[Origin] = &[Origin::Local, Origin::Remote];
const PINNINGS: &[Pinning] = &[Pinning::Unpinned, Pinning::Broadcast, Pinning::Private];

/// Writes an open message.
pub(crate) fn write(out: &mut SectionWriter<'_>, known: &Known, facts: &Facts) {
    out.u64(known.last);
    out.i64(known.since);
    write_option(out, known.created, write_time);
    write_option(out, known.gap_fill.as_deref(), write_gap_fill);
    let Facts { id, origin, state, hash, pinning, topics, sender, .. } = facts;
    let Facts { group, awaits, staged_tx, batch, pins, ledger, reject_code, noted, .. } = facts;
    out.raw(id.as_bytes());
    out.u8(*origin as u8);
    write_state(out, *state);
    out.raw(hash.as_bytes());
    out.u8(*pinning as u8);
    out.u64(*topics as u64);
    out.text(sender.author());
    out.text(sender.key());
    write_option(out, *group, |out, group| out.raw(group.as_bytes()));
    write_option(out, awaits.as_ref(), |out, awaited| {
        out.u8(awaited.kind as u8);
        write_option(out, awaited.id, |out, id| out.raw(id.as_bytes()));
    });
    write_option(out, *staged_tx, |out, id| out.raw(id.as_bytes()));
    write_option(out, *batch, |out, (batch, transaction)| {
        out.raw(batch.as_bytes());
        out.raw(transaction.as_bytes());
    });
    write_pins(out, pins);
    write_option(out, ledger.as_ref(), |out, ledger| {
        out.raw(ledger.batch.as_bytes());
        out.u64(ledger.position.sequence);
        out.u64(ledger.position.pin_index);
        write_option(out, ledger.other_signer.as_deref(), |out, signer| {
            out.bytes(signer.as_bytes());
        });
    });
    write_option(out, reject_code.as_deref(), |out, code| out.bytes(code.as_bytes()));
    out.u32(u32::try_from(noted.len()).unwrap_or(u32::MAX));
    for (refusal, evidence) in noted {
        out.u8(*refusal as u8);
        out.raw(&evidence.0);
    }
}

/// Reads an open message.
///
/// # Errors
/// [`Unfit`] if there is none.
pub(crate) fn read(from: &mut SectionReader<'_>) -> Result<(MessageId, Known), Unfit> {
    let (last, since) = (from.u64()?, from.i64()?);
    let created = read_option(from, read_time)?;
    let gap_fill = read_option(from, read_gap_fill)?.map(Box::new);
    let id = read_message(from)?;
    let facts = Facts {
        id,
        origin: read_one_of(from, ORIGINS)?,
        state: read_state(from)?,
        hash: MessageHash::from_bytes(from.array()?),
        pinning: read_one_of(from, PINNINGS)?,
        topics: usize::try_from(from.u64()?).map_err(|_| Unfit("holds too many topics"))?,
        sender: Sender::new(from.text()?, from.text()?),
        group: read_option(from, |from| from.array().map(GroupHash::from_bytes))?,
        awaits: read_option(from, |from| {
            let kind = read_one_of(from, ParentKind::ALL)?;
            Ok(Awaited { kind, id: read_option(from, read_transaction)? })
        })?,
        staged_tx: read_option(from, read_transaction)?,
        batch: read_option(from, |from| {
            Ok((BatchId::from_bytes(from.array()?), read_transaction(from)?))
        })?,
        pins: read_pins(from)?.into(),
        ledger: read_option(from, |from| {
            let batch = BatchId::from_bytes(from.array()?);
            let position = LedgerPosition { sequence: from.u64()?, pin_index: from.u64()? };
            let other_signer = read_option(from, |from| Ok(from.text()?.into()))?;
            Ok(LedgerPin { batch, position, other_signer })
        })?,
        reject_code: read_option(from, |from| Ok(from.text()?.into()))?,
        noted: read_noted(from)?,
    };
    let state = State::Known(Box::new(facts));
    Ok((id, Known { state, last, since, created, gap_fill, warm: false }))
}

fn read_transaction(from: &mut SectionReader<'_>) -> Result<TransactionId, Unfit> {
    from.array().map(TransactionId::from_bytes)
}

fn read_noted(from: &mut SectionReader<'_>) -> Result<Vec<(Refusal, Bytes32)>, Unfit> {
    let count = from.u32()?;
    let mut noted = Vec::with_capacity(from.room(count, 33)?);
    for _ in 0..count {
        noted.push((read_one_of(from, Refusal::ALL)?, Bytes32(from.array()?)));
    }
    Ok(noted)
}
