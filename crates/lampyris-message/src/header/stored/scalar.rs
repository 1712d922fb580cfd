//! The ids, hashes and times of a canonical header: each has exactly one spelling.
//! Nothing here reads an upper-case digit, an offset from UTC, or a zero at the end of a fraction.

use super::Reader;
use crate::hash::Bytes32;
use crate::time::Timestamp;

/// Where the digits of an id stand between its dashes.
const GROUPS: [std::ops::Range<usize>; 5] = [0..8, 9..13, 14..18, 19..23, 24..36];

impl<'a> Reader<'a> {
    pub(super) fn id<T: From<[u8; 16]>>(&mut self) -> Option<T> {
        let text = self.fixed(36)?;
        let mut digits = [0; 32];
        let mut free = digits.as_mut_slice();
        for group in GROUPS {
            let dashed = text.get(group.end).is_none_or(|byte| *byte == b'-');
            let group = text.get(group).filter(|_| dashed)?;
            let (place, rest) = free.split_at_mut_checked(group.len())?;
            place.copy_from_slice(group);
            free = rest;
        }
        hex(&digits).map(T::from)
    }

    pub(super) fn hash<T: From<Bytes32>>(&mut self) -> Option<T> {
        hex(self.fixed(64)?).map(|bytes| Bytes32(bytes).into())
    }

    pub(super) fn time(&mut self) -> Option<Timestamp> {
        if let Some(rest) = self.rest.strip_prefix("null") {
            self.rest = rest;
            return Some(Timestamp::ZERO);
        }
        let (text, rest) = self.rest.strip_prefix('"')?.split_once('"')?;
        self.rest = rest;
        Timestamp::parse_canonical(text)
    }

    /// The bytes of a text of known length.
    fn fixed(&mut self, length: usize) -> Option<&'a [u8]> {
        let framed = self.take(length + 2)?;
        framed.strip_prefix(b"\"")?.strip_suffix(b"\"")
    }
}

/// The bytes that lower-case digits spell.
fn hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let upper = digits.iter().fold(false, |found, byte| found | byte.is_ascii_uppercase());
    if upper { None } else { const_hex::decode_to_array(digits).ok() }
}
