//! Commands that bring a message: what is read of it, and what is refused in it.

use lampyris::stream::{self, BadLine};
use lampyris::{Error, Request};
use lampyris_message::event::{Awaited, ParentKind};
use lampyris_message::{Message, MessageId, Pin};
use serde_json::{Value, json};

use super::{BATCH, HASH, ID, TX, bad, parse, sealed, table, unsealed, with};

#[test]
fn a_received_message_has_the_pins_of_the_command_or_else_its_own() {
    let line = json!({ "do": "receive", "message": sealed(), "batch": BATCH, "txid": TX });
    let pins = |line: &Value| match parse(line).unwrap() {
        Request::Receive(arrival) => arrival.pins,
        other => panic!("{other:?}"),
    };
    assert_eq!(pins(&line), [Pin::parse(&format!("{HASH}:7")).unwrap()]);
    assert_eq!(pins(&with(&line, "pins", json!([HASH]))), [Pin::parse(HASH).unwrap()]);
    let mut unpinned = line;
    unpinned["message"]["pins"] = json!(["x"]);
    bad(&unpinned.to_string(), &["pins[0]"], true);
}

#[test]
fn a_message_waits_for_the_parent_that_its_header_names() {
    let mut line = json!({ "do": "stage", "message": unsealed(), "awaits": "token_approval" });
    bad(&line.to_string(), &["'awaits'", "token_approval", "token_transfer"], true);
    line["message"]["header"].as_object_mut().unwrap().remove("txparent");
    let Ok(Request::Stage(submission)) = parse(&line) else { panic!("{line}") };
    let unnamed = Awaited { kind: ParentKind::TokenApproval, id: None };
    assert_eq!(submission.awaits(), Some(unnamed));
}

#[test]
fn given_hashes_are_compared() {
    for command in ["stage", "receive", "import"] {
        let row = table().into_iter().find(|row| row.line["do"] == command).unwrap();
        let mut line = with(&row.line, "message", sealed());
        assert!(parse(&line).is_ok(), "{command}");
        line["message"]["header"]["tag"] = json!("other");
        let found = sealed()["hash"].as_str().unwrap().to_owned();
        bad(&line.to_string(), &["FF00132", "hash: expected ", &found], true);
        let mut line = with(&row.line, "message", sealed());
        line["message"]["data"] = json!([]);
        bad(&line.to_string(), &["FF00132", "header.datahash: expected "], true);
    }
    let line = with(&table()[1].line, "message", unsealed());
    bad(&line.to_string(), &["FF00130"], true);
    let mut line = with(&table()[1].line, "message", sealed());
    line["message"].as_object_mut().unwrap().remove("hash");
    bad(&line.to_string(), &["FF00131"], true);
}

#[test]
fn bad_fields_of_a_message_keep_upstreams_codes() {
    let stage = |pointer: &str, value: Value| {
        let mut line = json!({ "do": "stage", "message": unsealed() });
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        line["message"].pointer_mut(parent).unwrap()[member] = value;
        line.to_string()
    };
    bad(&stage("/header/tag", json!("!")), &["FF00140", "header.tag"], true);
    bad(&stage("/header/tag", json!(7)), &["header.tag", "number", "string"], true);
    bad(&stage("/header/type", json!("postcard")), &["FF00172", "postcard"], true);
    bad(&stage("/header/txtype", json!("unpinned")), &["FF10126", "header.group"], true);
    bad(&stage("/idempotencyKey", json!("k".repeat(257))), &["idempotencyKey", "256"], true);
    bad(&stage("/header/id", json!("x")), &["header.id", "UUID"], false);
    let offset = stage("/header/tag", json!(7));
    let at = offset.find(r#""tag":7"#).unwrap() + r#""tag":"#.len();
    bad(&offset, &[&format!("byte {at} ")], true);
}

#[test]
fn values_in_line_are_taken_where_a_message_is_staged_and_refused_where_one_is_received() {
    for (list, value) in [("data", "value"), ("Data", "vaLue")] {
        let with_value = |name: &str| {
            let row = table().into_iter().find(|row| row.line["do"] == name).unwrap();
            let mut line = row.line;
            let reference = line["message"]["data"][0].clone();
            line["message"].as_object_mut().unwrap().remove("data");
            line["message"][list] = json!([reference, { value: { "secret": 1 } }]);
            line.to_string()
        };
        bad(&with_value("receive"), &["message.data[1].value", "in line", "add_data"], true);
        stream::parse(with_value("stage").as_bytes()).unwrap();
    }
}

#[test]
fn what_the_engine_could_not_decide_on_is_told_with_its_code() {
    let id = MessageId::parse(ID).ok();
    let (served, found) = ("default".to_owned(), "other".to_owned());
    let error = Error::Namespace { served, found };
    assert!(error.is_of_the_request());
    let told = BadLine::undecided(id, &error);
    assert_eq!((told.id, told.code), (id, None));
    assert!(told.reason.contains("'other'") && told.reason.contains("'default'"), "{told}");
    let mut message = Message::from_json(sealed().to_string().as_bytes()).unwrap();
    message.header.tag = "other".to_owned();
    let told = BadLine::undecided(id, &message.verify().unwrap_err().into());
    assert_eq!(told.code, Some("FF00132"));
    assert!(told.reason.contains("hash: expected "), "{told}");
    assert!(!Error::from(lampyris_log::Unavailable::Closed).is_of_the_request());
}
