//! No bytes make the reader of the stream panic, and what it says of them is always one line.

use lampyris::stream;
use proptest::prelude::*;

const LINES: &[&str] = &[
    r#"{"do":"stage","message":{"header":{"id":"0f1c6e05-2a5f-4d0d-a9b1-8f8a5e6d2b11","type":"private","txtype":"batch_pin","author":"a","key":"k","created":"2022-05-16T01:23:10.5+02:00","group":"781caa6738a604344ae86ee336ada1b48a404a85e7041cf75b864e50e3b14a22","topics":["a","b"],"txparent":{"type":"token_transfer","id":"99a1c2f1-5df4-4a3e-9d7f-07d5a6b8c001"}},"data":[{"id":"a0000000-0000-4000-8000-000000000001","hash":"0xab"}]},"awaits":"token_transfer"}"#,
    r#"{"do":"receive","message":{"header":{"type":"broadcast"},"hash":"00","pins":["x"]},"batch":"b0000000-0000-4000-8000-000000000001","txid":"c0000000-0000-4000-8000-000000000001","pins":["y"],"from":"z"}"#,
    r#"{"do":"import","message":{"header":{"type":"broadcast"},"hash":"00","state":"pending"},"source":"s"}"#,
    r#"{"do":"release","id":"0f1c6e05-2a5f-4d0d-a9b1-8f8a5e6d2b11","parent":{"type":"token_approval","id":"99a1c2f1-5df4-4a3e-9d7f-07d5a6b8c001"}}"#,
    r#"{"do":"seal","id":"0f1c6e05-2a5f-4d0d-a9b1-8f8a5e6d2b11","batch":"b0000000-0000-4000-8000-000000000001","txid":"c0000000-0000-4000-8000-000000000001"}"#,
    r#"{"do":"sequence","id":"0f1c6e05-2a5f-4d0d-a9b1-8f8a5e6d2b11","batch":"b0000000-0000-4000-8000-000000000001","ledgerSequence":7,"pinIndex":0,"signer":"\u0000\ud800"}"#,
    r#"{"do":"cancel","id":"0f1c6e05-2a5f-4d0d-a9b1-8f8a5e6d2b11","code":"c","reason":null,"gapFill":"99a1c2f1-5df4-4a3e-9d7f-07d5a6b8c001"}"#,
];

fn answered(line: &[u8]) {
    if let Err(bad) = stream::parse(line) {
        assert!(!bad.reason.is_empty());
        let answer = stream::answer(1, Err(&bad));
        assert!(!answer.contains(&b'\n'));
        let read: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(read["error"].as_str(), Some(&*bad.reason));
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(line in prop::collection::vec(any::<u8>(), 0..200)) {
        answered(&line);
    }

    #[test]
    fn no_tokens_panic(tokens in prop::collection::vec(prop::sample::select(vec![
        "{", "}", "[", "]", ",", ":", "\"do\"", "\"id\"", "\"message\"", "\"seal\"", "\"stage\"",
        "\"header\"", "\"data\"", "\"value\"", "\"parent\"", "null", "1", "-", "\"", "\\u", " ",
    ]), 0..40)) {
        answered(tokens.concat().as_bytes());
    }

    #[test]
    fn no_change_to_a_good_line_panics(
        line in prop::sample::select(LINES),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..4),
    ) {
        let mut line = line.as_bytes().to_vec();
        for (at, byte, how) in changes {
            let at = at.index(line.len());
            match how {
                0 => line[at] = byte,
                1 => line.insert(at, byte),
                _ => drop(line.remove(at)),
            }
        }
        answered(&line);
    }
}
