//! The text of a JSON string: its escapes and its bytes that are no UTF-8 replaced.
//! It never fails: what cannot be a character becomes U+FFFD.

use std::borrow::Cow;

/// The text of a well-formed string, given with its quotes.
pub(crate) fn unquote(quoted: &[u8]) -> Cow<'_, str> {
    let inner = quoted.strip_prefix(b"\"").unwrap_or(quoted);
    let inner = inner.strip_suffix(b"\"").unwrap_or(inner);
    if !inner.contains(&b'\\')
        && let Ok(text) = std::str::from_utf8(inner)
    {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let (raw, escape) = rest.split_at(at);
        push_raw(raw, &mut text);
        rest = push_escape(escape, &mut text);
    }
    push_raw(rest, &mut text);
    Cow::Owned(text)
}

/// Appends raw bytes, each that belongs to no character as U+FFFD.
fn push_raw(raw: &[u8], text: &mut String) {
    for chunk in raw.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
}

/// Appends the character of the escape in front and returns what follows it.
fn push_escape<'a>(escape: &'a [u8], text: &mut String) -> &'a [u8] {
    if let Some((unit, rest)) = unit(escape) {
        let (c, rest) = match (char::from_u32(unit), low_surrogate(unit, rest)) {
            (Some(c), _) => (c, rest),
            (None, Some((c, rest))) => (c, rest),
            (None, None) => (char::REPLACEMENT_CHARACTER, rest),
        };
        text.push(c);
        return rest;
    }
    let [_, letter, rest @ ..] = escape else { return &[] };
    text.push(match letter {
        b'b' => '\x08',
        b'f' => '\x0c',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        other => char::from(*other),
    });
    rest
}

/// The character of a high surrogate and the low one that must be in front of `rest`.
fn low_surrogate(high: u32, rest: &[u8]) -> Option<(char, &[u8])> {
    let (low, rest) = unit(rest)?;
    if !(0xd800..0xdc00).contains(&high) || !(0xdc00..0xe000).contains(&low) {
        return None;
    }
    let c = char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))?;
    Some((c, rest))
}

/// The code unit of the `\uhhhh` in front.
fn unit(escape: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = escape.strip_prefix(b"\\u")?.split_first_chunk::<4>()?;
    let unit = digits
        .iter()
        .try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))?;
    Some((unit, rest))
}
