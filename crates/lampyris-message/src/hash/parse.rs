//! The spellings of 32 bytes in hex that upstream reads, in a URL and in a body.
//! A text that crashes upstream is refused here.

use super::Bytes32;
use crate::scalar::{HexProblem, ScalarError};

/// Exactly 64 characters after an optional `0x`.
pub(super) fn strict(text: &[u8]) -> Result<Bytes32, ScalarError> {
    let digits = text.strip_prefix(b"0x").unwrap_or(text);
    if digits.len() != 64 {
        return Err(ScalarError::HexLength);
    }
    let mut bytes = [0; 32];
    // Upstream strips a second `0x` here, and so must we.
    lenient(digits, &mut bytes).map_err(ScalarError::Hex)?;
    Ok(Bytes32(bytes))
}

/// As many bytes as there are pairs of digits after an optional `0x`; the others stay.
pub(super) fn lenient(text: &[u8], bytes: &mut [u8; 32]) -> Result<(), HexProblem> {
    let digits = text.strip_prefix(b"0x").unwrap_or(text);
    let (pairs, lone) = digits.as_chunks::<2>();
    for (at, [high, low]) in pairs.iter().enumerate() {
        let (high, low) = (digit(*high)?, digit(*low)?);
        *bytes.get_mut(at).ok_or(HexProblem::TooLong(digits.len()))? = high << 4 | low;
    }
    match lone {
        [] => Ok(()),
        [byte, ..] => digit(*byte).and(Err(HexProblem::OddLength)),
    }
}

fn digit(byte: u8) -> Result<u8, HexProblem> {
    match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        b'A'..=b'F' => Ok(byte - b'A' + 10),
        _ => Err(HexProblem::Byte(byte)),
    }
}
