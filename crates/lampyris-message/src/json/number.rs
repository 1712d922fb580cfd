//! Numbers of a JSON value where upstream reads them as 64-bit floats.
//! A value that is only hashed never comes here.

/// The number that digits spell: infinite if a 64-bit float cannot hold it.
pub(crate) fn number(digits: &[u8]) -> Option<f64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Whether every number of a compact, well-formed value is one that a 64-bit float can hold.
pub(crate) fn numbers_are_finite(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some((byte, after)) = rest.split_first() {
        rest = match byte {
            b'"' => after_string(after),
            b'-' | b'0'..=b'9' => {
                let in_number =
                    |b: &u8| matches!(b, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
                let end = rest.iter().position(|b| !in_number(b)).unwrap_or(rest.len());
                let (digits, after) = rest.split_at(end);
                if !number(digits).is_some_and(f64::is_finite) {
                    return false;
                }
                after
            }
            _ => after,
        };
    }
    true
}

/// What follows a string, of which the opening quote is taken already.
fn after_string(mut rest: &[u8]) -> &[u8] {
    while let Some((byte, after)) = rest.split_first() {
        rest = match byte {
            b'"' => return after,
            b'\\' => after.get(1..).unwrap_or_default(),
            _ => after,
        };
    }
    rest
}
