//! Each command of the stream, with every member missing, of another type, and with other values.

mod messages;
mod robust;

use lampyris::stream::{self, BadLine};
use lampyris::{
    Arrival, Cancellation, Confirmation, Evidence, LedgerPin, Rejection, Request, Seal, Submission,
};
use lampyris_message::event::{Awaited, Parent, ParentKind};
use lampyris_message::incoming::Incoming;
use lampyris_message::{BatchId, Message, MessageHash, MessageId, Pin, Timestamp, TransactionId};
use serde_json::{Value, json};

const ID: &str = "0f1c6e05-2a5f-4d0d-a9b1-8f8a5e6d2b11";
const BATCH: &str = "b0000000-0000-4000-8000-000000000001";
const TX: &str = "c0000000-0000-4000-8000-000000000001";
const PARENT: &str = "99a1c2f1-5df4-4a3e-9d7f-07d5a6b8c001";
const HASH: &str = "781caa6738a604344ae86ee336ada1b48a404a85e7041cf75b864e50e3b14a22";

/// The members of a message that nobody has sealed.
fn unsealed() -> Value {
    json!({
        "header": {
            "id": ID, "type": "broadcast", "author": "did:firefly:org/acme", "key": "0x9f3b",
            "created": "2022-05-16T01:23:10Z", "namespace": "ns1", "topics": ["orders"],
            "txparent": { "type": "token_transfer", "id": PARENT },
        },
        "data": [{ "id": "a0000000-0000-4000-8000-000000000001", "hash": HASH }],
        "idempotencyKey": "order-1",
    })
}

/// The same with its hashes, and with what a node says of it.
fn sealed() -> Value {
    let mut message = Message::from_json(unsealed().to_string().as_bytes()).unwrap();
    message.seal().unwrap();
    message.pins = vec![format!("{HASH}:0000000000000007")];
    serde_json::from_slice(&message.to_json()).unwrap()
}

/// A command with all its members, and of each what makes it bad.
struct Row {
    line: Value,
    members: Vec<Member>,
}

/// A member of a command.
struct Member {
    name: &'static str,
    required: bool,
    /// Its JSON type, as errors name it.
    needed: &'static str,
    /// A value of its type that it may not have, and words that the error has.
    wrong: &'static [(&'static str, &'static str)],
}

const fn must(
    name: &'static str,
    needed: &'static str,
    wrong: &'static [(&'static str, &'static str)],
) -> Member {
    Member { name, required: true, needed, wrong }
}

const fn may(
    name: &'static str,
    needed: &'static str,
    wrong: &'static [(&'static str, &'static str)],
) -> Member {
    Member { name, required: false, needed, wrong }
}

const NO_ID: &[(&str, &str)] = &[(r#""x""#, "FF00138"), (r#""""#, "FF00138")];
const NO_PIN: &[(&str, &str)] = &[(r#"["x"]"#, "pins[0]"), ("[1]", "array of strings")];
const NO_NUMBER: &[(&str, &str)] =
    &[("-1", "whole number"), ("1.0", "whole"), ("1e3", "1e3"), ("18446744073709551616", "whole")];
const BLANK: &[(&str, &str)] = &[(r#""""#, "blank"), (r#"" \t""#, "blank")];
const NO_PARENT: &[(&str, &str)] = &[(r#""token_pool""#, "token_transfer, token_approval")];
const ID_MEMBER: Member = must("id", "string", NO_ID);
const BATCH_MEMBER: Member = must("batch", "string", NO_ID);
const MESSAGE: Member = must("message", "object", &[("{}", "FF00172")]);

#[rustfmt::skip]
fn table() -> Vec<Row> {
    vec![
        Row { line: json!({ "do": "stage", "message": unsealed(), "awaits": "token_transfer" }), members: vec![
            MESSAGE, may("awaits", "string", NO_PARENT),
        ]},
        Row { line: json!({ "do": "receive", "message": sealed(), "batch": BATCH, "txid": TX, "pins": [HASH], "from": "peer" }), members: vec![
            MESSAGE, BATCH_MEMBER, must("txid", "string", NO_ID), may("pins", "array", NO_PIN), may("from", "string", &[]),
        ]},
        Row { line: json!({ "do": "import", "message": sealed(), "source": "node 7" }), members: vec![
            MESSAGE, must("source", "string", BLANK),
        ]},
        Row { line: json!({ "do": "release", "id": ID, "parent": { "type": "token_transfer", "id": PARENT, "messageHash": HASH } }), members: vec![
            ID_MEMBER, may("parent", "object", &[("{}", "'type' is missing")]),
        ]},
        Row { line: json!({ "do": "seal", "id": ID, "batch": BATCH, "txid": TX, "pins": [HASH] }), members: vec![
            ID_MEMBER, BATCH_MEMBER, must("txid", "string", NO_ID), may("pins", "array", NO_PIN),
        ]},
        Row { line: json!({ "do": "dispatched", "id": ID, "batch": BATCH }), members: vec![
            ID_MEMBER, BATCH_MEMBER,
        ]},
        Row { line: json!({ "do": "sequence", "id": ID, "batch": BATCH, "txid": TX, "ledgerSequence": 7, "pinIndex": 1, "signer": "0x9f3b" }), members: vec![
            ID_MEMBER, BATCH_MEMBER, may("txid", "string", NO_ID), must("ledgerSequence", "number", NO_NUMBER),
            may("pinIndex", "number", NO_NUMBER), must("signer", "string", &[]),
        ]},
        Row { line: json!({ "do": "confirm", "id": ID, "confirmed": "2022-05-16T01:23:10Z", "correlator": "c" }), members: vec![
            ID_MEMBER, may("confirmed", "string", &[(r#""yesterday""#, "FF00136")]), may("correlator", "string", &[]),
        ]},
        Row { line: json!({ "do": "reject", "id": ID, "code": "BadData", "reason": "the value has no name" }), members: vec![
            ID_MEMBER, must("code", "string", BLANK), must("reason", "string", BLANK),
        ]},
        Row { line: json!({ "do": "cancel", "id": ID, "code": "Late", "reason": "too late", "gapFill": PARENT }), members: vec![
            ID_MEMBER, must("code", "string", BLANK), may("reason", "string", &[]), may("gapFill", "string", NO_ID),
        ]},
    ]
}

fn parse(line: &Value) -> Result<Request, BadLine> {
    stream::parse(line.to_string().as_bytes())
}

fn with(line: &Value, name: &str, value: Value) -> Value {
    let mut line = line.clone();
    line[name] = value;
    line
}

fn without(line: &Value, name: &str) -> Value {
    let mut line = line.clone();
    line.as_object_mut().unwrap().remove(name);
    line
}

/// The error of a line, which still knows of which message it speaks if `knows` says so.
#[track_caller]
fn bad(line: &str, words: &[&str], knows: bool) -> BadLine {
    let bad = stream::parse(line.as_bytes()).unwrap_err();
    for word in words {
        assert!(bad.reason.contains(word), "'{word}' is missing in '{}' for {line}", bad.reason);
    }
    let id = knows.then(|| MessageId::parse(ID).unwrap());
    assert_eq!(bad.id, id, "{line}");
    if bad.code.is_some() || words.iter().any(|word| word.starts_with("FF")) {
        assert!(bad.code.is_some_and(|code| bad.reason.contains(code)), "{bad:?}");
    }
    bad
}

fn holds_the_id(name: &str) -> bool {
    matches!(name, "id" | "message")
}

#[test]
fn every_command_is_in_the_table_and_each_line_in_it_is_good() {
    for row in table() {
        let request = parse(&row.line).unwrap();
        assert_eq!(row.line["do"], request.kind().name());
        assert_eq!(request.id(), Some(MessageId::parse(ID).unwrap()));
        let members = row.line.as_object().unwrap();
        assert_eq!(
            members.len(),
            row.members.len() + 1,
            "each member of {} has a row",
            request.kind()
        );
    }
    let told: Vec<_> = table().iter().map(|row| row.line["do"].clone()).collect();
    let all = lampyris_message::lifecycle::CommandKind::ALL;
    assert_eq!(told, all.iter().map(|kind| json!(kind.name())).collect::<Vec<_>>());
}

#[test]
fn a_missing_member_is_named_if_it_must_be_there() {
    for Row { line, members } in table() {
        for Member { name, required, .. } in members {
            let (missing, null) = (without(&line, name), with(&line, name, Value::Null));
            if required {
                let words = [&*format!("'{name}' is missing")];
                bad(&missing.to_string(), &words, !holds_the_id(name));
                bad(&null.to_string(), &words, !holds_the_id(name));
            } else {
                let request = parse(&missing).unwrap();
                assert_eq!(parse(&null), Ok(request.clone()), "null is as good as absent");
                assert_ne!(parse(&line), Ok(request), "{name} is not looked at");
            }
        }
        bad(&without(&line, "do").to_string(), &["'do' is missing"], true);
    }
}

#[test]
fn a_member_of_another_type_is_named_with_both_types() {
    let values = [
        ("bool", json!(true)),
        ("number", json!(7)),
        ("string", json!("x")),
        ("array", json!([])),
        ("object", json!({})),
    ];
    for Row { line, members } in table() {
        for Member { name, needed, .. } in members {
            for (found, value) in values.iter().filter(|(found, _)| *found != needed) {
                let line = with(&line, name, value.clone()).to_string();
                bad(&line, &[name, needed, found], !holds_the_id(name));
            }
        }
        for (found, value) in values.iter().filter(|(found, _)| *found != "string") {
            let line = with(&line, "do", value.clone()).to_string();
            bad(&line, &["'do' must be string", found], true);
        }
    }
}

#[test]
fn a_value_that_a_member_may_not_have_is_named_with_the_rule() {
    for Row { line, members } in table() {
        for Member { name, wrong, .. } in members {
            for (value, word) in wrong {
                let line = with(&line, name, json!("☞"));
                let line = line.to_string().replace(r#""☞""#, value);
                let member = if name == "message" || name == "parent" { "type" } else { name };
                bad(&line, &[member, word], !holds_the_id(name));
            }
        }
    }
}

#[test]
fn unknown_and_repeated_members_are_named() {
    for Row { line, members } in table() {
        bad(&with(&line, "Id", json!(1)).to_string(), &["no member 'Id'", "only do, "], true);
        let text = line.to_string();
        let open = text.strip_suffix('}').unwrap();
        for name in members.iter().map(|member| member.name).chain(["do"]) {
            let twice = format!("{open},{}:{}}}", json!(name), line[name]);
            let words = [&*format!("'{name}' stands more than once")];
            bad(&twice, &words, !holds_the_id(name));
        }
    }
}

#[test]
fn what_is_no_command_is_told_apart() {
    bad("", &["malformed JSON", "byte 0"], false);
    bad("{", &["malformed JSON", "the input ends"], false);
    bad("hello", &["malformed JSON"], false);
    bad("[]", &["the command must be an object, not array"], false);
    bad("{}", &["'do' is missing"], false);
    let line = json!({ "do": "teleport", "id": ID }).to_string();
    bad(&line, &["'do'", "'teleport' is none of stage, receive, import"], true);
    let confirm = json!({ "do": "confirm", "id": ID }).to_string();
    bad(&format!("{confirm} {confirm}"), &["the command ends", "more follows"], true);
    assert!(stream::parse(format!(" {confirm}\t\r\n").as_bytes()).is_ok());
}

#[test]
fn a_line_is_as_long_as_its_limit_and_no_longer() {
    let confirm = json!({ "do": "confirm", "id": ID }).to_string();
    let mut line = confirm.into_bytes();
    line.resize(stream::LINE_BYTES, b' ');
    assert!(stream::parse(&line).is_ok());
    line.push(b' ');
    let bad = stream::parse(&line).unwrap_err();
    assert_eq!((bad.id, bad.reason.as_str()), (None, "the line is longer than 16777216 bytes"));
}

#[test]
fn blank_lines_are_told_apart() {
    assert!(stream::is_blank(b"") && stream::is_blank(b" \t\r\n"));
    assert!(!stream::is_blank(b"{}") && !stream::is_blank(b"\0"));
}

#[test]
fn members_of_a_parent_are_read_as_strictly() {
    let parent = |parent: Value| json!({ "do": "release", "id": ID, "parent": parent }).to_string();
    bad(&parent(json!({ "type": "token_transfer" })), &["'id' is missing"], true);
    bad(&parent(json!({ "id": PARENT })), &["'type' is missing"], true);
    bad(&parent(json!({ "type": "token", "id": PARENT })), &["'token' is none of"], true);
    bad(&parent(json!({ "type": "token_transfer", "id": "" })), &["'id'", "FF00138"], true);
    let hashed = json!({ "type": "token_transfer", "id": PARENT, "messageHash": "ab" });
    bad(&parent(hashed), &["'messageHash'", "FF00107"], true);
    let more = json!({ "type": "token_transfer", "id": PARENT, "hash": HASH });
    bad(&parent(more), &["the parent has no member 'hash'"], true);
}

fn ids() -> (MessageId, BatchId, TransactionId, TransactionId) {
    let tx = |text| TransactionId::parse(text).unwrap();
    (MessageId::parse(ID).unwrap(), BatchId::parse(BATCH).unwrap(), tx(TX), tx(PARENT))
}

#[test]
fn each_line_says_what_it_says() {
    let (id, batch, tx, parent) = ids();
    let pin = Pin::parse(HASH).unwrap();
    let kind = ParentKind::TokenTransfer;
    let message = Message::from_json(unsealed().to_string().as_bytes()).unwrap();
    let awaits = Some(Awaited { kind, id: Some(parent) });
    let Incoming { message: known, claims } =
        Incoming::from_json(sealed().to_string().as_bytes()).unwrap();
    let arrival = Arrival::new(known.clone(), batch, tx).pins(vec![pin]).from("peer");
    let message_hash = Some(MessageHash::parse(HASH).unwrap());
    let pinned = LedgerPin::new(batch, 7, "0x9f3b").pin_index(1).tx_id(tx);
    let at = Timestamp::parse("2022-05-16T01:23:10Z").unwrap();
    let cancellation = Cancellation::new("Late").unwrap().reason("too late");
    let cancellation = cancellation.gap_fill(MessageId::parse(PARENT).unwrap());
    let expected = [
        Request::Stage(Box::new(Submission::new(message, awaits).unwrap())),
        Request::Receive(Box::new(arrival)),
        Request::Import(Box::new(Evidence::new(known, claims, "node 7"))),
        Request::Release(id, Some(Parent { kind, id: parent, message_hash })),
        Request::Seal(id, Seal::new(batch, tx).pins(vec![pin])),
        Request::Dispatched(id, batch),
        Request::Sequence(id, pinned),
        Request::Confirm(id, Confirmation::now().at(at).correlator("c")),
        Request::Reject(id, Rejection::new("BadData", "the value has no name").unwrap()),
        Request::Cancel(id, cancellation),
    ];
    for (row, expected) in table().iter().zip(expected) {
        assert_eq!(parse(&row.line), Ok(expected));
    }
}
