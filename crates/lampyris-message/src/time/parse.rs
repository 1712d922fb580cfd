//! The texts that name a moment, with exactly the leniency of upstream's Go.
//! Nothing here guesses: a text that Go refuses is refused.

use super::{SECONDS_PER_DAY, Timestamp, day_number};

/// RFC 3339 as Go reads it: the hour may have one digit, the point may be a comma, digits of the
/// fraction after the ninth are cut off, and an offset may be up to 24 hours and 60 minutes.
pub(super) fn rfc3339(text: &[u8]) -> Option<Timestamp> {
    let mut rest = text;
    let (century, of_century) = (two(&mut rest)?, two(&mut rest)?);
    let year = century * 100 + of_century;
    byte(&mut rest, b'-')?;
    let month = two(&mut rest).filter(|m| (1..=12).contains(m))?;
    byte(&mut rest, b'-')?;
    let day = two(&mut rest).filter(|d| (1..=days_in(month, year)).contains(d))?;
    byte(&mut rest, b'T')?;
    let hour = one_or_two(&mut rest).filter(|h| *h < 24)?;
    byte(&mut rest, b':')?;
    let minute = two(&mut rest).filter(|m| *m < 60)?;
    byte(&mut rest, b':')?;
    let second = two(&mut rest).filter(|s| *s < 60)?;
    let nanos = fraction(&mut rest);
    let offset = offset(&mut rest)?;
    if !rest.is_empty() {
        return None;
    }
    let seconds =
        day_number(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
    Some(Timestamp { seconds: seconds - offset, nanos })
}

/// RFC 3339 with none of that leniency: the one text of a moment in the years 0 to 9999.
pub(super) fn canonical(text: &[u8]) -> Option<Timestamp> {
    let (to_second, fraction) = text.strip_suffix(b"Z")?.split_at_checked(19)?;
    let exact = match fraction {
        [] => true,
        [b'.', digits @ ..] => digits.len() <= 9 && digits.last().is_some_and(|last| *last != b'0'),
        [_, ..] => false,
    };
    // With two digits for the hour, the second begins here.
    rfc3339(text).filter(|_| exact && to_second.get(16) == Some(&b':'))
}

/// A decimal number of 64 bits: seconds, milliseconds or nanoseconds, by its size.
pub(super) fn unix(text: &[u8]) -> Option<Timestamp> {
    let (negative, digits) = match text.split_first() {
        Some((b'-', digits)) => (true, digits),
        Some((b'+', digits)) => (false, digits),
        _ => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    let mut number: i64 = 0;
    for digit in digits {
        let digit = digit.is_ascii_digit().then(|| i64::from(digit - b'0'))?;
        let signed = if negative { -digit } else { digit };
        number = number.checked_mul(10)?.checked_add(signed)?;
    }
    if number < 10_000_000_000 {
        number = number.wrapping_mul(1_000);
    }
    if number < 1_000_000_000_000_000 {
        number = number.wrapping_mul(1_000_000);
    }
    Some(Timestamp::from_unix_nanos(number))
}

fn days_in(month: i64, year: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    }
}

/// The nanoseconds of a fraction; none without a digit after the point, which stays unread.
fn fraction(rest: &mut &[u8]) -> u32 {
    let Some((b'.' | b',', after)) = rest.split_first() else { return 0 };
    let count = after.iter().take_while(|b| b.is_ascii_digit()).count();
    if count == 0 {
        return 0;
    }
    let (digits, after) = after.split_at(count);
    *rest = after;
    let kept = digits.iter().chain(std::iter::repeat(&b'0')).take(9);
    kept.fold(0, |nanos, digit| nanos * 10 + u32::from(digit - b'0'))
}

/// Seconds east of UTC.
fn offset(rest: &mut &[u8]) -> Option<i64> {
    let (sign, after) = rest.split_first()?;
    *rest = after;
    let sign = match sign {
        b'Z' => return Some(0),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = two(rest).filter(|h| *h <= 24)?;
    byte(rest, b':')?;
    let minutes = two(rest).filter(|m| *m <= 60)?;
    Some(sign * (hours * 3600 + minutes * 60))
}

fn byte(rest: &mut &[u8], expected: u8) -> Option<()> {
    *rest = rest.strip_prefix(&[expected])?;
    Some(())
}

fn two(rest: &mut &[u8]) -> Option<i64> {
    let (pair, after) = rest.split_first_chunk::<2>()?;
    *rest = after;
    let digits = pair.iter().all(u8::is_ascii_digit);
    digits.then(|| i64::from(pair[0] - b'0') * 10 + i64::from(pair[1] - b'0'))
}

fn one_or_two(rest: &mut &[u8]) -> Option<i64> {
    match rest {
        [_, b'0'..=b'9', ..] => two(rest),
        [digit @ b'0'..=b'9', after @ ..] => {
            let digit = i64::from(*digit - b'0');
            *rest = after;
            Some(digit)
        }
        _ => None,
    }
}
