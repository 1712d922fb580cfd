//! Opening sled behind the journal: what sled lost or damaged near its end is put back.
//! It never writes over a frame that sled can still read and that is whole.

use crate::directory::{Directory, SET_ASIDE, SLED};
use crate::error::{ReadError, Unavailable};
use crate::frame::FrameReader;
use crate::journal::Recovery;
use crate::merkle::Head;
use crate::shard::{Repaired, SealedFrame};
use crate::sled_store::SledStore;
use std::io::ErrorKind;

/// Opens sled as it is.
pub(super) fn open(directory: &Directory) -> Result<SledStore, ReadError> {
    SledStore::open(directory.disk(), &directory.join(SLED), &directory.join(SET_ASIDE))
}

/// Opens sled and puts back what only the journal holds. If sled cannot be used at all and the journal holds the
/// whole log, sled is set aside and filled anew.
pub(super) fn open_and_repair(
    directory: &Directory,
    recovery: &Recovery,
) -> Result<(SledStore, Option<Repaired>), ReadError> {
    let opened = open(directory).and_then(|store| {
        let repaired = put_back(&store, recovery)?;
        Ok((store, repaired))
    });
    let error = match opened {
        Ok(opened) => return Ok(opened),
        Err(error) => error,
    };
    let damaged = match &error {
        ReadError::Broken(_) => true,
        ReadError::Unavailable(Unavailable::Io { source, .. }) => {
            matches!(source.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData)
        }
        ReadError::Unavailable(_) => false,
    };
    if !damaged || !holds_all(recovery) {
        return Err(error);
    }
    tracing::warn!(%error, "filling sled anew from the journal, which holds the whole log");
    directory.set_aside(SLED)?;
    let store = open(directory)?;
    put_back(&store, recovery)?;
    store.sync_new()?;
    let count = recovery.frames.len();
    Ok((store, Some(Repaired::Frames { first_sequence: 0, count })))
}

/// Whether the journal holds every frame from the first to the last that was acknowledged.
fn holds_all(recovery: &Recovery) -> bool {
    let mut next = 0;
    for kept in &recovery.frames {
        if kept.first_sequence != next {
            return false;
        }
        next = crate::frame::end(&kept.frame).unwrap_or_default();
    }
    next > 0 && next >= recovery.acknowledged
}

/// Inserts the journal's frames that sled does not hold, or holds damaged. What a log that was not closed had not
/// handed on to sled yet is no damage.
fn put_back(store: &SledStore, recovery: &Recovery) -> Result<Option<Repaired>, ReadError> {
    let (mut missing, mut repaired) = (Vec::new(), None);
    for kept in &recovery.frames {
        let held = store.read(kept.first_sequence, 1)?.into_iter().next();
        let held = held.filter(|held| held.first_sequence <= kept.first_sequence);
        let whole = held.as_ref().is_some_and(|held| {
            held.bytes == kept.frame
                || FrameReader::new().open(held.first_sequence, &held.bytes).is_ok()
        });
        if !whole {
            let same_place = held.is_some_and(|held| held.first_sequence == kept.first_sequence);
            if recovery.closed || same_place {
                let (first, count) = repaired.unwrap_or((kept.first_sequence, 0));
                repaired = Some((first, count + 1));
            }
            missing.push(SealedFrame {
                first_sequence: kept.first_sequence,
                bytes: kept.frame.clone(),
                // sled keeps no heads.
                after: Head { size: 0, root: crate::merkle::Hash([0; 32]) },
            });
        }
    }
    if !missing.is_empty() {
        let (first, frames) = (missing.first().map(|frame| frame.first_sequence), missing.len());
        tracing::warn!(first, frames, "putting frames back into sled from the journal");
    }
    missing.chunks(64).try_for_each(|batch| store.insert(batch))?;
    Ok(repaired.map(|(first_sequence, count)| Repaired::Frames { first_sequence, count }))
}
