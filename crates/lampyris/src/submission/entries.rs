//! The data of a submission as it came: references, some of them without a hash, and new elements in line.
//! Nothing here stores an element, or looks one up.

use std::collections::{BTreeMap, HashMap};

use lampyris_message::data::inline::{InlineData, InlineEntry, InvalidEntry, derived_id, entries};
use lampyris_message::data::references::Unresolved;
use lampyris_message::event::DataAdded;
use lampyris_message::{
    BlobHash, BlobRef, Data, DataHash, DataId, DataRef, DatatypeRef, InvalidData, MessageId,
    StoredBlob, Timestamp,
};

use crate::error::Error;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// A reference with both halves.
    Given(DataId, DataHash),
    /// An element that must be there.
    Named(DataId),
    // Invariant: sealed but for its id and its time, with the size of its blob as it came.
    New(Box<Data>, DataHash),
}

/// What the engine found out about the entries of a submission.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The elements that are known.
    pub(crate) elements: HashMap<DataId, DataAdded>,
    /// The sizes of the blobs that are stored.
    pub(crate) blobs: HashMap<BlobHash, u64>,
}

/// A new element that came in line, with all but its time.
#[derive(Debug)]
pub(crate) struct InLine {
    /// Its place in the data of the message.
    pub(crate) index: usize,
    pub(crate) id: DataId,
    pub(crate) data: Data,
}

/// Checks what comes with a message, as far as that needs nobody else.
///
/// # Errors
/// [`InvalidEntry`] names the first entry that asks for nothing, or for an element that cannot be.
pub(super) fn check(data: &[Option<InlineData>]) -> Result<Vec<Entry>, InvalidEntry> {
    let blobs = data.iter().flatten().filter_map(|entry| entry.blob.as_ref());
    let claimed = blobs.filter_map(|BlobRef { hash, size, .. }| {
        let size = (*size).max(0);
        hash.map(|found| (found, StoredBlob { hash: *hash, size }))
    });
    let claimed: BTreeMap<_, _> = claimed.collect();
    let entry = |(index, entry)| match entry {
        InlineEntry::Existing(id, Some(hash)) => Ok(Entry::Given(id, hash)),
        InlineEntry::Existing(id, None) => Ok(Entry::Named(id)),
        InlineEntry::New(data, blob) => {
            new_element(*data, blob.as_ref()).map_err(|why| InvalidEntry::Data { index, why })
        }
    };
    entries(data, &claimed)?.into_iter().enumerate().map(entry).collect()
}

/// Seals a new element as far as it can be: with an id and a time that are taken away again.
fn new_element(mut data: Data, blob: Option<&StoredBlob>) -> Result<Entry, InvalidData> {
    data.value = data.value.filter(|value| !value.is_null());
    data.id = Some(DataId::from_bytes([0; 16]));
    data.created = Some(Timestamp::from_unix_nanos(0));
    let hash = data.seal(blob)?;
    DataAdded::from_data(&data)?;
    (data.id, data.created) = (None, None);
    Ok(Entry::New(Box::new(data), hash))
}

/// References that stand for the entries as long as nobody knows them: no two have one id that would not later.
pub(super) fn placeholders(entries: &[Entry]) -> Vec<Option<DataRef>> {
    let nobody = MessageId::from_bytes([0; 16]);
    let one = |(index, entry): (usize, &Entry)| {
        let (id, hash) = match entry {
            Entry::Given(id, hash) => (*id, *hash),
            Entry::Named(id) => (*id, DataHash::from_bytes([0; 32])),
            Entry::New(_, hash) => (derived_id(nobody, index, *hash), *hash),
        };
        Some(DataRef { id: Some(id), hash: Some(hash) })
    };
    entries.iter().enumerate().map(one).collect()
}

/// The references of this message, and the new elements among them.
///
/// # Errors
/// [`Error`] names the first entry whose element or blob is not there.
pub(super) fn resolve(
    entries: Vec<Entry>,
    message: MessageId,
    found: &Found,
) -> Result<(Vec<Option<DataRef>>, Vec<InLine>), Error> {
    let (mut references, mut new) = (Vec::with_capacity(entries.len()), Vec::new());
    for (index, entry) in entries.into_iter().enumerate() {
        let (id, hash) = match entry {
            Entry::Given(id, hash) => (id, hash),
            Entry::Named(id) => {
                let reference = DataRef { id: Some(id), hash: None };
                let known = found.elements.get(&id);
                (id, known.ok_or(Unresolved { index, reference, found: None })?.hash())
            }
            Entry::New(mut data, hash) => {
                let id = derived_id(message, index, hash);
                data.id = Some(id);
                let why = |why| InvalidEntry::Data { index, why };
                stored(&mut data, found).map_err(why)?;
                new.push(InLine { index, id, data: *data });
                (id, hash)
            }
        };
        references.push(Some(DataRef { id: Some(id), hash: Some(hash) }));
    }
    Ok((references, new))
}

/// Takes over the size of the blob as it is stored.
fn stored(data: &mut Data, found: &Found) -> Result<(), InvalidData> {
    let Some(blob) = &mut data.blob else { return Ok(()) };
    let Some(hash) = blob.hash else { return Ok(()) };
    let size = found.blobs.get(&hash).and_then(|size| i64::try_from(*size).ok());
    blob.size = size.ok_or(InvalidData::BlobUnknown { hash })?;
    Ok(())
}

impl Entry {
    pub(super) fn is_given(&self) -> bool {
        matches!(self, Self::Given(..))
    }

    pub(super) fn is_new(&self) -> bool {
        matches!(self, Self::New(..))
    }

    /// The element that must be there, or may be.
    pub(super) fn element(&self) -> Option<DataId> {
        match self {
            Self::Given(id, _) | Self::Named(id) => Some(*id),
            Self::New(..) => None,
        }
    }

    /// The blob that must be there.
    pub(super) fn blob(&self) -> Option<BlobHash> {
        match self {
            Self::Given(..) | Self::Named(_) => None,
            Self::New(data, _) => data.blob.as_ref()?.hash,
        }
    }

    /// What it counts for in the fingerprint of a submission: nothing of it is drawn or told by a clock.
    pub(super) fn fingerprint(&self) -> Vec<Vec<u8>> {
        match self {
            Self::Given(id, hash) => {
                vec![b"given".into(), id.as_bytes().into(), hash.as_bytes().into()]
            }
            Self::Named(id) => vec![b"named".into(), id.as_bytes().into()],
            Self::New(data, _) => {
                let Data { validator, datatype, value, blob, .. } = &**data;
                let value = value.as_ref().map(|value| value.hash().0.to_vec());
                let mut parts = vec![b"new".into(), validator.as_str().into()];
                parts.push(value.unwrap_or_default());
                if let Some(DatatypeRef { name, version }) = datatype {
                    parts.extend([
                        b"datatype".into(),
                        name.as_bytes().into(),
                        version.as_bytes().into(),
                    ]);
                }
                if let Some(BlobRef { hash, name, path, public, .. }) = blob {
                    let hash = hash.map(|hash| hash.as_bytes().to_vec());
                    parts.extend([b"blob".into(), hash.unwrap_or_default()]);
                    parts.extend([name, path, public].map(|text| text.as_bytes().to_vec()));
                }
                parts
            }
        }
    }
}
