//! Appends JSON as Go writes it, with what HTML could mistake escaped.
//! Nothing here allocates but the buffer it appends to.

/// Appends a quoted string.
pub fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| is_special(*byte)) {
        let (clean, special) = rest.split_at(at);
        out.extend_from_slice(clean);
        rest = escaped(special, out);
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// How many bytes in front are written as they are.
pub(crate) fn plain_length(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let plain_e2 = || *byte == 0xe2 && !is_line_separator(text.get(at..).unwrap_or_default());
        if is_special(*byte) && !plain_e2() {
            break;
        }
        at += 1;
    }
    at
}

/// Appends a string that holds nothing to escape.
pub(crate) fn plain_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}

/// Appends what the special byte in front becomes and returns the rest.
fn escaped<'a>(text: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let Some((byte, rest)) = text.split_first() else { return text };
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        0x08 => out.extend_from_slice(b"\\b"),
        0x0c => out.extend_from_slice(b"\\f"),
        0xe2 => {
            if let Some(rest) = line_separator(text, out) {
                return rest;
            }
            out.push(*byte);
        }
        _ => code_unit(*byte, out),
    }
    rest
}

/// If U+2028 or U+2029 is in front, appends its escape and returns the rest.
pub(crate) fn line_separator<'a>(text: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (escape, rest) = match text {
        [0xe2, 0x80, 0xa8, rest @ ..] => (b"\\u2028", rest),
        [0xe2, 0x80, 0xa9, rest @ ..] => (b"\\u2029", rest),
        _ => return None,
    };
    out.extend_from_slice(escape);
    Some(rest)
}

/// Whether U+2028 or U+2029 is in front.
fn is_line_separator(text: &[u8]) -> bool {
    text.starts_with(b"\xe2\x80\xa8") || text.starts_with(b"\xe2\x80\xa9")
}

/// Appends `\u00xx`.
pub(crate) fn code_unit(byte: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\\u00");
    out.extend_from_slice(&[hex(byte >> 4), hex(byte & 15)]);
}

fn hex(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}

/// Whether a byte of a string may have to be escaped; U+2028 and U+2029 begin with 0xe2.
fn is_special(byte: u8) -> bool {
    SPECIAL.get(usize::from(byte)).copied().unwrap_or(true)
}

#[expect(clippy::indexing_slicing, reason = "worked out by the compiler, which checks")]
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        special[byte] = byte < 0x20;
        byte += 1;
    }
    special[b'"' as usize] = true;
    special[b'\\' as usize] = true;
    special[b'<' as usize] = true;
    special[b'>' as usize] = true;
    special[b'&' as usize] = true;
    special[0xe2] = true;
    special
};
