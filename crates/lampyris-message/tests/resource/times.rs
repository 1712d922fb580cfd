//! Times: what is printed is read again, and another library reads the same.

use jiff::tz::TimeZone;
use lampyris_message::Timestamp;
use proptest::prelude::*;

fn any_time() -> impl Strategy<Value = Timestamp> {
    let seconds = -62_167_219_200_i64..=253_402_300_799;
    let nanos = prop_oneof![
        Just(0),
        0..1_000_000_000_u32,
        (0..1000_u32).prop_map(|millis| millis * 1_000_000),
    ];
    (seconds, nanos).prop_map(|(s, n)| Timestamp::from_unix_seconds(s, n).unwrap())
}

proptest! {
    #[test]
    fn what_is_printed_is_read_again(time in any_time()) {
        prop_assume!(!time.is_zero());
        prop_assert_eq!(Timestamp::parse(&time.to_string()), Ok(time));
    }

    #[test]
    fn another_library_prints_the_same(nanos in any::<i64>()) {
        let ours = Timestamp::from_unix_nanos(nanos);
        let theirs = jiff::Timestamp::from_nanosecond(i128::from(nanos)).unwrap();
        prop_assert_eq!(ours.to_string(), theirs.to_string());
        prop_assert_eq!(ours.unix_nanos_exact(), Some(nanos));
        prop_assert_eq!(ours.unix_nanos(), nanos);
    }

    #[test]
    fn another_library_reads_the_same(time in any_time(), offset in -86_340..=86_340_i32) {
        let offset = jiff::tz::Offset::from_seconds(offset / 60 * 60).unwrap();
        let (seconds, nanos) = (time.unix_seconds(), i32::try_from(time.subsec_nanos()).unwrap());
        let theirs = jiff::Timestamp::new(seconds, nanos);
        prop_assume!(theirs.is_ok());
        let local = TimeZone::fixed(offset).to_datetime(theirs.unwrap());
        prop_assume!((0..=9999).contains(&local.year()));
        let text = format!("{}{}", local, offset_text(offset));
        prop_assert_eq!(Timestamp::parse(&text), Ok(time), "{}", text);
    }

    #[test]
    fn order_is_that_of_time(a in any_time(), b in any_time()) {
        let key = |t: Timestamp| (i128::from(t.unix_seconds()), t.subsec_nanos());
        prop_assert_eq!(a.cmp(&b), key(a).cmp(&key(b)));
    }

    #[test]
    fn no_text_panics(text in "\\PC*") {
        drop(Timestamp::parse(&text));
    }

    #[test]
    fn no_text_of_the_right_letters_panics(text in "[-+0-9TZ:.,]{0,40}") {
        if let Ok(time) = Timestamp::parse(&text) {
            prop_assert!(time.is_zero() || Timestamp::parse(&time.to_string()) == Ok(time)
                || time.to_string().starts_with(['-', '1']), "{}", text);
        }
    }
}

fn offset_text(offset: jiff::tz::Offset) -> String {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

#[track_caller]
fn reads(text: &str, expected: &str) {
    assert_eq!(Timestamp::parse(text).unwrap().to_string(), expected, "{text}");
}

#[track_caller]
fn refuses(text: &str) {
    assert!(Timestamp::parse(text).is_err(), "{text} was read");
}

#[test]
fn the_leniencies_of_go_are_ours() {
    reads("2022-05-16T1:23:10Z", "2022-05-16T01:23:10Z");
    reads("2022-05-16T01:23:10,5Z", "2022-05-16T01:23:10.5Z");
    reads("2022-05-16T01:23:10.1234567899Z", "2022-05-16T01:23:10.123456789Z");
    reads("2022-05-16T01:23:10-24:60", "2022-05-17T02:23:10Z");
    reads("2022-05-16T01:23:10-00:00", "2022-05-16T01:23:10Z");
    reads("0000-02-29T00:00:00Z", "0000-02-29T00:00:00Z");
    reads("0000-01-01T00:00:00+01:00", "-0001-12-31T23:00:00Z");
    reads("9999-12-31T23:59:59-24:60", "10000-01-02T00:59:59Z");
    reads("0001-01-01T00:00:00.000000001Z", "0001-01-01T00:00:00.000000001Z");
}

#[test]
fn what_go_refuses_is_refused() {
    for text in [
        "",
        "+",
        "-",
        "T",
        "1_000",
        "0x1",
        "1e3",
        "１２",
        "2022-05-16T01:23:10",
        "2022-05-16T01:23:10.Z",
        "2022-05-16T01:23:10,Z",
        "2022-05-16T01:23:10+25:00",
        "2022-05-16T01:23:10+05:61",
        "2022-05-16T01:23:10+0500",
        "2022-05-16T01:23:10+5:00",
        "2022-05-16T001:23:10Z",
        "2022-05-16T01:2:10Z",
        "2022-05-16T01:23:1Z",
        "2022-5-16T01:23:10Z",
        "2022-05-1T01:23:10Z",
        "22-05-16T01:23:10Z",
        "12022-05-16T01:23:10Z",
        "-2022-05-16T01:23:10Z",
        "+2022-05-16T01:23:10Z",
        "2022-00-16T01:23:10Z",
        "2022-05-00T01:23:10Z",
        "2022-05-32T01:23:10Z",
        "1900-02-29T00:00:00Z",
        "2022-04-31T00:00:00Z",
        "2022-05-16T01:60:10Z",
        "2022-05-16T01:23:10Z ",
        "2022-05-16T01:23:10ZZ",
        "2022-05-16T01:23:10.5",
        "2022-05-16T01:23:10.5+",
        "-9223372036854775809",
    ] {
        refuses(text);
    }
}

#[test]
fn a_number_is_seconds_milliseconds_or_nanoseconds() {
    reads("1652664190", "2022-05-16T01:23:10Z");
    reads("-1652664190", "1917-08-18T22:36:50Z");
    reads("1000000000000000", "1970-01-12T13:46:40Z");
    reads("1652664190123456789", "2022-05-16T01:23:10.123456789Z");
}

#[test]
fn a_number_too_large_for_nanoseconds_wraps_around() {
    reads("9999999999", "1702-05-02T18:12:05.290448384Z");
    reads("999999999999999", "2092-10-26T00:40:19.683212736Z");
    reads("-9223372036854775808", "1970-01-01T00:00:00Z");
}
