//! An entry of the file of checkpoints: a text with its kind and checksum; the twin of a table in `docs/format.md`.
//! It never looks into the text.

/// First bytes of an entry.
pub const CHECKPOINT_MAGIC: [u8; 4] = *b"LMPC";
/// Offset of the kind, one byte.
pub const CHECKPOINT_KIND_OFFSET: usize = 4;
/// Offset of the text's length, four bytes.
pub const CHECKPOINT_LENGTH_OFFSET: usize = CHECKPOINT_KIND_OFFSET + 1;
/// Offset of the checksum over all before it and the text, four bytes.
pub const CHECKPOINT_CHECKSUM_OFFSET: usize = CHECKPOINT_LENGTH_OFFSET + 4;
/// Length of an entry's header; the text follows.
pub const CHECKPOINT_HEADER_BYTES: usize = CHECKPOINT_CHECKSUM_OFFSET + 4;

/// What an entry's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The verifier key of the signatures that follow.
    Key,
    /// What is about to be signed: it binds the log from here on, signed or not.
    Body,
    /// A body with its signatures; a later note of the same body takes its place.
    Note,
}

impl Kind {
    /// The byte that stands for it.
    pub fn byte(self) -> u8 {
        match self {
            Kind::Key => 1,
            Kind::Body => 2,
            Kind::Note => 3,
        }
    }

    fn of(byte: u8) -> Option<Kind> {
        [Kind::Key, Kind::Body, Kind::Note].into_iter().find(|kind| kind.byte() == byte)
    }
}

/// What stands at a place of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// A whole entry, and its length in bytes.
    Entry(Kind, &'a [u8], usize),
    /// A whole entry of a kind that this program does not know.
    Newer(u8),
    /// No whole entry.
    Nothing,
}

/// Appends an entry's bytes to `out`.
pub(super) fn write(kind: Kind, text: &str, out: &mut Vec<u8>) {
    let start = out.len();
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&CHECKPOINT_MAGIC);
    out.push(kind.byte());
    out.extend_from_slice(&length.to_be_bytes());
    let sum = checksum(out.get(start..).unwrap_or_default(), text.as_bytes());
    out.extend_from_slice(&sum.to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// What stands at the beginning of `bytes`.
pub(super) fn read(bytes: &[u8]) -> Found<'_> {
    read_whole(bytes).unwrap_or(Found::Nothing)
}

/// Whether a whole entry begins anywhere in `bytes`.
pub(super) fn is_anywhere(bytes: &[u8]) -> bool {
    let starts = bytes.windows(CHECKPOINT_MAGIC.len()).enumerate();
    let mut starts = starts.filter(|(_, window)| *window == CHECKPOINT_MAGIC).map(|(at, _)| at);
    starts.any(|at| bytes.get(at..).is_some_and(|rest| read(rest) != Found::Nothing))
}

fn read_whole(bytes: &[u8]) -> Option<Found<'_>> {
    let (header, rest) = bytes.split_first_chunk::<CHECKPOINT_HEADER_BYTES>()?;
    let number = |offset: usize| header.get(offset..)?.first_chunk().copied();
    if header.first_chunk() != Some(&CHECKPOINT_MAGIC) {
        return None;
    }
    let length = u32::from_be_bytes(number(CHECKPOINT_LENGTH_OFFSET)?) as usize;
    let text = rest.get(..length)?;
    let sum = u32::from_be_bytes(number(CHECKPOINT_CHECKSUM_OFFSET)?);
    if checksum(header.get(..CHECKPOINT_CHECKSUM_OFFSET)?, text) != sum {
        return None;
    }
    let kind = *header.get(CHECKPOINT_KIND_OFFSET)?;
    let newer = Found::Newer(kind);
    Some(
        Kind::of(kind)
            .map_or(newer, |kind| Found::Entry(kind, text, CHECKPOINT_HEADER_BYTES + length)),
    )
}

fn checksum(header: &[u8], text: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(header);
    crc.update(text);
    crc.finalize()
}
