//! The one encoder of a record, used to write it, to measure it and to compare it with bytes.
//! It never checks a bound: that is `RecordRef::check_bounds`.

use super::{FIELDS, RECORD_FORMAT, Record, RecordRef};
use alloc::vec::Vec;
use core::convert::Infallible;
use minicbor::encode::{Encoder, Error, Write};

impl RecordRef<'_> {
    /// Appends the deterministic CBOR of the record to `out`.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        match self.write(&mut Encoder::new(out)) {
            Ok(()) => {}
            Err(_) => unreachable!("a vector takes every byte"),
        }
    }

    /// Length of the encoding in bytes.
    pub fn encoded_len(&self) -> usize {
        let mut count = Counting(0);
        match self.write(&mut Encoder::new(&mut count)) {
            Ok(()) => count.0,
            Err(_) => unreachable!("a counter takes every byte"),
        }
    }

    /// Where `bytes` stop being the deterministic encoding of this record, if they do.
    pub(super) fn differs_at(&self, bytes: &[u8]) -> Option<usize> {
        let mut rest = Comparing { rest: bytes };
        let same = self.write(&mut Encoder::new(&mut rest)).is_ok();
        if same && rest.rest.is_empty() { None } else { Some(bytes.len() - rest.rest.len()) }
    }

    fn write<W: Write>(&self, e: &mut Encoder<W>) -> Result<(), Error<W::Error>> {
        e.array(FIELDS.len() as u64)?.u8(RECORD_FORMAT)?.u64(self.sequence)?.str(self.namespace)?;
        e.array(2)?.str(self.kind)?.bytes(self.id)?;
        e.u64(self.version)?;
        match self.previous {
            Some(sequence) => e.u64(sequence)?,
            None => e.null()?,
        };
        e.array(3)?.bytes(&self.append_id)?.u32(self.append_index)?.u32(self.append_count)?;
        e.str(self.command)?.str(self.actor)?.i64(self.time)?;
        e.array(self.claims.len() as u64)?;
        for claim in &self.claims {
            e.array(3)?.str(claim.namespace)?.str(claim.key)?.bytes(&claim.fingerprint)?;
        }
        e.array(3)?.str(self.event)?.u64(self.event_version)?.bytes(self.content)?;
        Ok(())
    }
}

impl Record {
    /// The exact bytes the log stores for this record.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.borrow().encode_into(&mut out);
        out
    }
}

struct Counting(usize);

impl Write for Counting {
    type Error = Infallible;

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.0 += bytes.len();
        Ok(())
    }
}

struct Comparing<'a> {
    rest: &'a [u8],
}

/// The bytes written are not the bytes expected.
#[derive(Debug)]
struct Differs;

impl Write for Comparing<'_> {
    type Error = Differs;

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Differs> {
        self.rest = self.rest.strip_prefix(bytes).ok_or(Differs)?;
        Ok(())
    }
}
