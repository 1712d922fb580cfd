//! How many bytes in front are plain, looked at eight at a time: within a string, and for HTML.
//! Nothing here knows where a string begins.

/// How many bytes in front are neither `"` nor `\` nor below U+0020.
#[inline]
pub(super) fn text_length(bytes: &[u8]) -> usize {
    let special = |word: u64| {
        let found = below(word ^ all(b'"'), 1) | below(word ^ all(b'\\'), 1) | below(word, 0x20);
        found & !word
    };
    length(bytes, special, |byte| matches!(byte, b'"' | b'\\' | ..0x20))
}

/// How many bytes in front are neither `<` nor `>` nor `&` nor 0xe2, with which U+2028 begins.
#[inline]
pub(super) fn html_length(bytes: &[u8]) -> usize {
    // '<' and '>' differ in one bit.
    let ascii = |word: u64| below((word | all(2)) ^ all(b'>'), 1) | below(word ^ all(b'&'), 1);
    let special = |word: u64| (ascii(word) & !word) | (below(word ^ all(0xe2), 1) & word);
    length(bytes, special, |byte| matches!(byte, b'<' | b'>' | b'&' | 0xe2))
}

/// How many bytes in front are not special.
///
/// Of a word, the lowest byte first, `special` sets the high bit of the first special byte and of
/// none before it.
#[inline]
fn length(bytes: &[u8], special: impl Fn(u64) -> u64, is_special: impl Fn(u8) -> bool) -> usize {
    let (words, rest) = bytes.as_chunks();
    for (at, word) in (0..).step_by(8).zip(words) {
        let found = special(u64::from_le_bytes(*word)) & all(0x80);
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
    }
    let plain = rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len());
    bytes.len() - rest.len() + plain
}

/// A word of eight such bytes.
const fn all(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Sets the high bit of the first byte below `bound`, and of none before it but perhaps of one
/// whose own high bit is set: taking the bound away borrows from what follows only there.
const fn below(word: u64, bound: u8) -> u64 {
    word.wrapping_sub(all(bound))
}
