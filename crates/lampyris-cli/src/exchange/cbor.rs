//! Items as a CBOR sequence: arrays, told apart by their first member. `docs/export.cddl` is the schema.

use std::io::{self, BufRead, Write};

use lampyris_log::checkpoints::Kind;
use lampyris_log::{Hash, Head};
use minicbor::encode::Error;
use minicbor::{Decoder, Encoder};

use super::{FORMAT, Header, Item, NAME};

/// More than the largest item.
const MAX_ITEM_BYTES: usize = 1 << 20;
/// What the last item begins with.
const END: &str = "end";

pub(super) fn write(item: &Item, out: &mut impl Write) -> io::Result<()> {
    let mut bytes = Vec::new();
    encode(item, &mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    out.write_all(&bytes)
}

fn encode(item: &Item, out: &mut Vec<u8>) -> Result<(), Error<std::convert::Infallible>> {
    if let Item::Record { sequence, leaf, bytes } = item {
        record(*sequence, *leaf, bytes, out);
        return Ok(());
    }
    let mut e = Encoder::new(out);
    match item {
        Item::Header(Header { log_id, origin, head, namespace }) => {
            e.array(7)?.str(NAME)?.u64(FORMAT)?.bytes(log_id)?.str(origin)?;
            e.u64(head.size)?.bytes(&head.root.0)?;
            match namespace {
                None => e.null()?,
                Some(namespace) => e.str(namespace)?,
            };
        }
        Item::Checkpoint(kind, text) => {
            e.array(2)?.u8(kind.byte())?.str(text)?;
        }
        Item::End { head, records } => {
            e.array(4)?.str(END)?.u64(*records)?.u64(head.size)?.bytes(&head.root.0)?;
        }
        Item::Record { .. } => {}
    }
    Ok(())
}

pub(super) fn record(sequence: u64, leaf: Hash, bytes: &[u8], out: &mut Vec<u8>) {
    let mut e = Encoder::new(out);
    let written = (|| e.array(3)?.u64(sequence)?.bytes(&leaf.0)?.bytes(bytes)?.ok())();
    // A vector takes every byte.
    let _infallible: Result<(), Error<std::convert::Infallible>> = written;
}

/// The next item; its bytes are left in `bytes`.
pub(super) fn read(
    input: &mut impl BufRead,
    bytes: &mut Vec<u8>,
) -> io::Result<Option<Result<Item, String>>> {
    loop {
        let more = input.fill_buf()?;
        if more.is_empty() {
            let cut = || Err("the item does not end".to_owned());
            return Ok((!bytes.is_empty()).then(cut));
        }
        // Most items lie whole in the reader's buffer; one that does not is put together.
        let (before, taken) = (bytes.len(), more.len());
        if before > 0 {
            bytes.extend_from_slice(more);
        }
        let mut d = Decoder::new(if before > 0 { bytes } else { more });
        match item(&mut d) {
            Ok(item) => {
                let end = d.position();
                if before == 0 {
                    bytes.extend_from_slice(more.get(..end).unwrap_or_default());
                }
                bytes.truncate(end);
                input.consume(end - before);
                let mut again = Vec::new();
                let same = encode(&item, &mut again).is_ok() && *bytes == again;
                let spelling = || "the item is not as it was written".to_owned();
                return Ok(Some(if same { Ok(item) } else { Err(spelling()) }));
            }
            Err(error) if error.is_end_of_input() && before + taken < MAX_ITEM_BYTES => {
                if before == 0 {
                    bytes.extend_from_slice(more);
                }
                input.consume(taken);
            }
            Err(error) => return Ok(Some(Err(error.to_string()))),
        }
    }
}

fn item(d: &mut Decoder<'_>) -> Result<Item, minicbor::decode::Error> {
    let wrong = minicbor::decode::Error::message;
    match d.array()? {
        Some(7) => {
            if d.str()? != NAME {
                return Err(wrong("it is not a log"));
            }
            let format = d.u64()?;
            if format != FORMAT {
                let why =
                    format!("the file has format {format}, this program knows up to {FORMAT}");
                return Err(minicbor::decode::Error::message(why));
            }
            let (log_id, origin) = (fixed(d)?, d.str()?.to_owned());
            let head = Head { size: d.u64()?, root: Hash(fixed(d)?) };
            let namespace = if d.datatype()? == minicbor::data::Type::Null {
                d.null()?;
                None
            } else {
                Some(d.str()?.to_owned())
            };
            Ok(Item::Header(Header { log_id, origin, head, namespace }))
        }
        Some(3) => {
            let (sequence, leaf) = (d.u64()?, Hash(fixed(d)?));
            Ok(Item::Record { sequence, leaf, bytes: d.bytes()?.to_vec() })
        }
        Some(2) => {
            let number = d.u8()?;
            let mut kinds = [Kind::Key, Kind::Body, Kind::Note].into_iter();
            let kind = kinds.find(|kind| kind.byte() == number);
            let kind = kind.ok_or_else(|| wrong("an entry of checkpoints of another kind"))?;
            Ok(Item::Checkpoint(kind, d.str()?.to_owned()))
        }
        Some(4) => {
            if d.str()? != END {
                return Err(wrong("expected the end"));
            }
            let records = d.u64()?;
            Ok(Item::End { records, head: Head { size: d.u64()?, root: Hash(fixed(d)?) } })
        }
        Some(_) | None => Err(wrong("expected an item of a log")),
    }
}

fn fixed<const N: usize>(d: &mut Decoder<'_>) -> Result<[u8; N], minicbor::decode::Error> {
    let bytes = d.bytes()?;
    bytes.try_into().map_err(|_| minicbor::decode::Error::message("bytes of another length"))
}
