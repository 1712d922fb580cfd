//! The spellings of a UUID that upstream reads.
//! Neither version nor variant is looked at.

use crate::scalar::{Quoted, UuidProblem};

const URN: &[u8] = b"urn:uuid:";

/// Where the pairs of digits stand in the 36 characters of the usual form.
const PAIRS: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

pub(super) fn uuid(text: &[u8]) -> Result<[u8; 16], UuidProblem> {
    match text.len() {
        32 => {
            let mut bytes = [0; 16];
            const_hex::decode_to_slice(text, &mut bytes).map_err(|_| UuidProblem::Format)?;
            Ok(bytes)
        }
        36 => hyphenated(text),
        // Whatever the enclosing pair is: `{…}`, `"…"`, `x…y`.
        38 => hyphenated(text.get(1..).unwrap_or_default()),
        45 => {
            let (prefix, rest) = text.split_at(URN.len());
            if !prefix.eq_ignore_ascii_case(URN) {
                return Err(UuidProblem::UrnPrefix(Quoted(prefix.into())));
            }
            hyphenated(rest)
        }
        length => Err(UuidProblem::Length(length)),
    }
}

/// The first 36 characters; what follows is not looked at.
fn hyphenated(text: &[u8]) -> Result<[u8; 16], UuidProblem> {
    let dashes = [8, 13, 18, 23].iter().all(|at| text.get(*at) == Some(&b'-'));
    if !dashes {
        return Err(UuidProblem::Format);
    }
    let mut bytes = [0; 16];
    for (byte, at) in bytes.iter_mut().zip(PAIRS) {
        let pair = text.get(at..at + 2).ok_or(UuidProblem::Format)?;
        let pair: [u8; 2] = pair.try_into().map_err(|_| UuidProblem::Format)?;
        *byte = hex_pair(pair).ok_or(UuidProblem::Format)?;
    }
    Ok(bytes)
}

fn hex_pair([high, low]: [u8; 2]) -> Option<u8> {
    Some(hex_digit(high)? << 4 | hex_digit(low)?)
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}
