//! Documents far beyond the usual: an error, or all that holds of any other, on a small stack.
//! What such a value hashes to is held in the tests of the messages themselves.

use lampyris_testkit::PROPERTIES;
use lampyris_testkit::properties::hold;

use super::{NAMES, documents};

/// Bytes of stack for a reader: far less than a thread usually has.
const STACK: usize = 128 * 1024;

/// Every document property of these bytes, as they are and in the place of every member.
fn hold_in_every_place(value: &[u8]) {
    let value = value.to_vec();
    on_a_small_stack(move || {
        for property in documents() {
            (property.holds)(&value);
            for name in NAMES {
                let member = [b"{\"", name.as_bytes(), b"\":", &value, b"}"].concat();
                (property.holds)(&member);
                if ["header", "payload", "members", "data", "blob"].contains(name) {
                    let list = [b"{\"", name.as_bytes(), b"\":[{\"id\":", &value, b"}]}"].concat();
                    (property.holds)(&list);
                }
            }
        }
    });
}

fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(test).unwrap();
    if let Err(broken) = thread.join() {
        std::panic::resume_unwind(broken);
    }
}

#[test]
fn ten_thousand_levels() {
    for depth in [9_998, 10_000, 10_001] {
        hold_in_every_place(&[vec![b'['; depth], vec![b']'; depth]].concat());
    }
    for open in ["[", "{\"a\":", "[{\"header\":", "{\"data\":[", "{\"value\":{\"header\":"] {
        let depth = 10_000 / open.matches(['[', '{']).count();
        let close = |byte| if byte == '[' { ']' } else { '}' };
        let close: String =
            open.chars().rev().filter(|byte| "[{".contains(*byte)).map(close).collect();
        let whole = format!("{}1{}", open.repeat(depth), close.repeat(depth));
        hold_in_every_place(open.repeat(depth).as_bytes());
        hold_in_every_place(whole.as_bytes());
    }
}

#[test]
fn ten_million_bytes_of_text() {
    let places = [("header", "tag", "x"), ("message", "rejectReason", "\\ud800")];
    for (reader, member, text) in places {
        let text = text.repeat(10_000_000 / text.len());
        let json = format!("{{\"{member}\":\"{text}\"}}");
        on_a_small_stack(move || assert!(hold(reader, json.as_bytes()), "{reader}"));
    }
}

#[test]
fn ten_thousand_digits() {
    for number in [
        "7".repeat(10_000),
        format!("0.{}", "3".repeat(10_000)),
        format!("-1e{}", "9".repeat(10_000)),
    ] {
        hold_in_every_place(number.as_bytes());
        hold_in_every_place(format!("\"{number}\"").as_bytes());
        for property in PROPERTIES {
            (property.holds)(number.as_bytes());
        }
    }
}

#[test]
fn what_is_no_unicode() {
    for text in [
        &b"\"\xff\xed\xa0\x80\""[..],
        b"\"\\ud800\"",
        b"\"\\udc00\\ud800\"",
        b"\"\xf4\x90\x80\x80\"",
        b"\"\xc0\x80\"",
        b"{\"\xff\":\"\\ud800\"}",
        b"[\"\xe2\x80\"]",
        b"\"\\ud8\"",
        b"\xef\xbb\xbf{}",
    ] {
        hold_in_every_place(text);
    }
}

#[test]
fn ten_thousand_repeated_members() {
    for member in NAMES {
        for value in
            ["1", "null", "\"a\"", "[{\"id\":null},null]", "{\"topics\":[\"a\"],\"tag\":\"b\"}"]
        {
            let member = format!("\"{member}\":{value},").repeat(10_000 / NAMES.len());
            let json = format!("{{{member}\"no field\":1}}");
            for property in documents() {
                (property.holds)(json.as_bytes());
            }
        }
    }
}
