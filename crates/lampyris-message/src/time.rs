//! A moment, to the nanosecond, with the text forms upstream reads and writes.
//! Nothing here knows what time it is.

mod parse;

use std::fmt;

use crate::scalar::ScalarError;

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// A moment in UTC, in the years upstream's texts can name: 1 before year 0 up to 10000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Whole seconds since 1970, rounded down.
    seconds: i64,
    // Invariant: below 1,000,000,000.
    nanos: u32,
}

impl Timestamp {
    /// Go's zero time, which upstream takes for "no time": the start of year 1.
    pub const ZERO: Self = Self { seconds: -62_135_596_800, nanos: 0 };

    /// A day before year 0 and a bit: no text gives an earlier moment.
    const FIRST_SECOND: i64 = -62_167_219_200 - 2 * SECONDS_PER_DAY;
    /// A day after year 9999 and a bit: no text gives a later moment.
    const LAST_SECOND: i64 = 253_402_300_799 + 2 * SECONDS_PER_DAY;

    /// The moment that `text` names: RFC 3339, or a decimal number.
    ///
    /// A number is seconds below 10^10, milliseconds below 10^15 and nanoseconds otherwise, and
    /// wraps around in 64 bits as upstream does.
    ///
    /// # Errors
    /// If it names none: `FF00136`.
    pub fn parse(text: &str) -> Result<Self, ScalarError> {
        parse::rfc3339(text.as_bytes())
            .or_else(|| parse::unix(text.as_bytes()))
            .ok_or_else(|| ScalarError::Time { text: text.into() })
    }

    /// The moment whose text is exactly this one: in UTC, the fraction without trailing zeros.
    ///
    /// `None` for the zero time, which is not written as a text.
    pub(crate) fn parse_canonical(text: &str) -> Option<Self> {
        parse::canonical(text.as_bytes()).filter(|time| !time.is_zero())
    }

    /// Whether its text can be read again: an offset can move a moment out of the years 0 to 9999.
    pub(crate) const fn is_readable(&self) -> bool {
        self.seconds >= Self::FIRST_SECOND + 2 * SECONDS_PER_DAY
            && self.seconds <= Self::LAST_SECOND - 2 * SECONDS_PER_DAY
    }

    /// The moment `nanos` nanoseconds after 1970 began.
    pub const fn from_unix_nanos(nanos: i64) -> Self {
        let (seconds, rest) =
            (nanos.div_euclid(NANOS_PER_SECOND), nanos.rem_euclid(NANOS_PER_SECOND));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a remainder lies between 0 and 999,999,999"
        )]
        Self { seconds, nanos: rest as u32 }
    }

    /// The moment `nanos` nanoseconds after the second `seconds` since 1970 began.
    ///
    /// `None` if there is no such moment, or no text that upstream reads could name it.
    pub const fn from_unix_seconds(seconds: i64, nanos: u32) -> Option<Self> {
        let in_range = seconds >= Self::FIRST_SECOND && seconds <= Self::LAST_SECOND;
        if in_range && nanos < 1_000_000_000 { Some(Self { seconds, nanos }) } else { None }
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn unix_seconds(&self) -> i64 {
        self.seconds
    }

    /// Nanoseconds since the second began.
    pub const fn subsec_nanos(&self) -> u32 {
        self.nanos
    }

    /// Nanoseconds since 1970; wraps around outside the years 1678 to 2261, as upstream does.
    pub const fn unix_nanos(&self) -> i64 {
        // Widening, but `i64::from` is not const.
        self.seconds.wrapping_mul(NANOS_PER_SECOND).wrapping_add(self.nanos as i64)
    }

    /// Nanoseconds since 1970, if 64 bits can hold them.
    pub fn unix_nanos_exact(&self) -> Option<i64> {
        let nanos =
            i128::from(self.seconds) * i128::from(NANOS_PER_SECOND) + i128::from(self.nanos);
        i64::try_from(nanos).ok()
    }

    /// Whether this is the zero time, which upstream writes as `null`.
    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }

    /// Appends the moment as upstream writes it in JSON: the zero time as `null`.
    pub fn write_json(self, out: &mut Vec<u8>) {
        if self.is_zero() {
            out.extend_from_slice(b"null");
            return;
        }
        out.push(b'"');
        self.write_text(out);
        out.push(b'"');
    }

    /// Appends RFC 3339 in UTC, the fraction without trailing zeros, also for the zero time.
    pub(crate) fn write_text(self, out: &mut Vec<u8>) {
        let (days, second) =
            (self.seconds.div_euclid(SECONDS_PER_DAY), self.seconds.rem_euclid(SECONDS_PER_DAY));
        let (year, month, day) = civil(days);
        if year < 0 {
            out.push(b'-');
        }
        let year = year.unsigned_abs();
        if year > 9999 {
            out.push(digit(year / 10_000));
        }
        let (hour, minute, second) = (
            second.unsigned_abs() / 3600,
            second.unsigned_abs() / 60 % 60,
            second.unsigned_abs() % 60,
        );
        let [y1, y2] = two(year / 100 % 100);
        let [y3, y4] = two(year % 100);
        let [mo1, mo2] = two(month);
        let [d1, d2] = two(day);
        let [h1, h2] = two(hour);
        let [mi1, mi2] = two(minute);
        let [s1, s2] = two(second);
        out.extend_from_slice(&[
            y1, y2, y3, y4, b'-', mo1, mo2, b'-', d1, d2, b'T', h1, h2, b':', mi1, mi2, b':', s1,
            s2,
        ]);
        if self.nanos != 0 {
            write_fraction(self.nanos, out);
        }
        out.push(b'Z');
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, the fraction without trailing zeros; nothing for the zero time.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return Ok(());
        }
        let mut text = Vec::with_capacity(32);
        self.write_text(&mut text);
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

fn write_fraction(nanos: u32, out: &mut Vec<u8>) {
    let mut digits = [b'.'; 10];
    let mut rest = u64::from(nanos);
    for place in digits.iter_mut().skip(1).rev() {
        *place = digit(rest % 10);
        rest /= 10;
    }
    let kept = digits.iter().rposition(|d| *d != b'0').map_or(0, |last| last + 1);
    out.extend_from_slice(digits.get(..kept).unwrap_or(&digits));
}

/// The two decimal digits of a number below 100.
fn two(number: u64) -> [u8; 2] {
    [digit(number / 10), digit(number % 10)]
}

fn digit(number: u64) -> u8 {
    #[expect(clippy::cast_possible_truncation, reason = "one decimal digit")]
    let digit = number as u8;
    b'0'.wrapping_add(digit)
}

/// Year, month and day of the day `days` after 1970-01-01, in the Gregorian calendar for all time.
///
/// Counted in years that begin in March, so that the leap day comes last.
fn civil(days: i64) -> (i64, u64, u64) {
    const DAYS_TO_MARCH_OF_YEAR_0: i64 = 719_468;
    const DAYS_IN_400_YEARS: i64 = 146_097;
    let days = days + DAYS_TO_MARCH_OF_YEAR_0;
    let (era, day) = (days.div_euclid(DAYS_IN_400_YEARS), days.rem_euclid(DAYS_IN_400_YEARS));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year_ends, month) = if month < 10 { (0, month + 3) } else { (1, month - 9) };
    (era * 400 + year + year_ends, month.unsigned_abs(), day.unsigned_abs())
}

/// The number of the day, counted from 1970-01-01: the inverse of [`civil`].
fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + year * 365 + year / 4 - year / 100 + day - 719_468
}
