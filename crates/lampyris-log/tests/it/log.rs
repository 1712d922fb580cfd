//! The log as its callers see it.

use lampyris_log::{Append, Log, NewEvent, Options, Rules, StreamName};

const RULES: Rules = Rules { version: 1, hash: [7; 32] };

#[test]
fn what_was_appended_is_there_after_reopening() {
    let scratch = tempfile::tempdir().unwrap();
    let options = Options::writer(RULES).create([1; 16]);
    let log = Log::open(scratch.path(), &options).unwrap();
    for number in 0..20u8 {
        let event = NewEvent {
            stream: StreamName::new("message", [number % 3; 16]),
            name: "submitted".into(),
            version: 1,
            content: vec![number; 300],
        };
        let appended =
            log.append(&Append::new([number; 16], "ns1", "submit", "me").event(event)).unwrap();
        assert_eq!(appended.sequences.start, u64::from(number) + 1);
    }
    let head = log.head();
    assert_eq!(head.size, 21);
    drop(log);
    let log = Log::open(scratch.path(), &options).unwrap();
    assert_eq!(log.head(), head);
    assert_eq!(log.scan_bound().unwrap(), head);
    assert_eq!(log.stream_history("ns1", "message", &[0; 16]).unwrap().len(), 7);
}
