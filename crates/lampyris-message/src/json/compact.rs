//! A JSON value without white space between its tokens, and with what HTML could mistake escaped.
//! Nothing else of it is changed.

use super::document::Marks;
use super::plain::html_length;
use super::write::{code_unit, line_separator};

/// Bytes that an escape has more than the byte it stands for, at the most.
const ESCAPED: usize = 5;

/// The compact form of a well-formed value that begins at `offset` of the document with the `marks`.
pub(super) fn compact(json: &[u8], offset: usize, marks: &Marks) -> Vec<u8> {
    let special = special_count(json);
    let space = marks.space_length(offset, offset + json.len());
    let mut out = Vec::with_capacity(json.len() - space + special * ESCAPED);
    if special == 0 {
        tokens(json, offset, marks, |bytes, length| append_plain(bytes, length, &mut out));
    } else {
        tokens(json, offset, marks, |bytes, length| append_escaped(bytes, length, &mut out));
    }
    out
}

/// Hands out what stands between white space: the bytes from there on, and how many belong to it.
fn tokens(json: &[u8], offset: usize, marks: &Marks, mut each: impl FnMut(&[u8], usize)) {
    let mut rest = json;
    marks.spaces(offset, offset + json.len(), |space, length| {
        let before = space - (offset + json.len() - rest.len());
        each(rest, before);
        rest = rest.get(before + length..).unwrap_or_default();
    });
    each(rest, rest.len());
}

/// Whether a byte is white space between tokens.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Whether a byte may have to be escaped; U+2028 and U+2029 begin with 0xe2.
const fn is_special(byte: u8) -> bool {
    matches!(byte, b'<' | b'>' | b'&' | 0xe2)
}

/// How many special bytes there are, each block counted as a whole, many bytes at once.
fn special_count(json: &[u8]) -> usize {
    let in_block = |block: &[u8]| block.iter().map(|byte| u8::from(is_special(*byte))).sum::<u8>();
    json.chunks(255).map(|block| usize::from(in_block(block))).sum()
}

/// Appends the first `length` bytes as they are.
#[inline]
fn append_plain(bytes: &[u8], length: usize, out: &mut Vec<u8>) {
    const SHORT: usize = 32;
    match bytes.first_chunk::<SHORT>() {
        // Copying a block of fixed length and giving some back is faster than copying a few bytes.
        Some(block) if length <= SHORT && out.capacity() - out.len() >= SHORT => {
            let end = out.len() + length;
            out.extend_from_slice(block);
            out.truncate(end);
        }
        _ => out.extend_from_slice(bytes.get(..length).unwrap_or_default()),
    }
}

/// Appends the first `length` bytes with what is special in them escaped.
fn append_escaped(bytes: &[u8], length: usize, out: &mut Vec<u8>) {
    let mut rest = bytes.get(..length).unwrap_or_default();
    loop {
        let plain = html_length(rest);
        append_plain(rest, plain, out);
        let special = rest.get(plain..).unwrap_or_default();
        rest = match special {
            [0xe2, after @ ..] => line_separator(special, out).unwrap_or_else(|| {
                out.push(0xe2);
                after
            }),
            [byte, after @ ..] => {
                code_unit(*byte, out);
                after
            }
            [] => return,
        };
    }
}
