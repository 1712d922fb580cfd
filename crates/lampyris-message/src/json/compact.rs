//! A JSON value without white space between its tokens, and with what HTML could mistake escaped.
//! Nothing else of it is changed.

use super::write::{code_unit, line_separator};

/// The compact form of a well-formed value.
pub(super) fn compact(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let mut rest = json;
    let mut in_string = false;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' if !in_string => {}
            b'"' => {
                in_string = !in_string;
                out.push(*byte);
            }
            b'\\' => {
                out.push(*byte);
                if let Some((escaped, after)) = rest.split_first() {
                    out.push(*escaped);
                    rest = after;
                }
            }
            b'<' | b'>' | b'&' => code_unit(*byte, &mut out),
            0xe2 => separator_or(*byte, &mut rest, &mut out),
            _ => out.push(*byte),
        }
    }
    out
}

/// Escapes U+2028 and U+2029, whose first byte is taken from `rest` already.
fn separator_or(first: u8, rest: &mut &[u8], out: &mut Vec<u8>) {
    match rest {
        [second, third, after @ ..] if line_separator(&[first, *second, *third], out).is_some() => {
            *rest = after;
        }
        _ => out.push(first),
    }
}
