//! How `check` and `hash` tell of an item: the words for people, and the JSON for programs.
//!
//! Nothing is decided or compared here.

use std::fmt::Write;

use lampyris_message::check::{Cause, Examined, Hashed, ItemKind, Outcome, Verdict};
use serde_json::{Map, Value, json};

use crate::input::Shown;
use crate::output::plain;

/// What a line begins with.
pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Agrees => "ok",
        Verdict::Wrong => "WRONG",
        Verdict::NothingToCompare => "nothing to compare",
    }
}

/// The kind and the id of an item, for people.
pub(super) fn name(examined: &Examined) -> String {
    match &examined.id {
        Some(id) => format!("{} {id}", examined.kind),
        None => format!("{} without an id", examined.kind),
    }
}

/// What comparing a hash came to, for people; `None` if nobody need know.
pub(super) fn outcome(hashed: &Hashed) -> Option<String> {
    let found = hashed.found.as_ref().map(|found| plain(&found.to_string()).into_owned());
    let found = found.unwrap_or_else(|| "none".to_owned());
    let expected = hashed.expected.map_or_else(|| "nothing".to_owned(), |hash| hash.to_string());
    match hashed.outcome {
        Outcome::Agrees if hashed.found.as_ref().is_some_and(|found| found.spelled.is_some()) => {
            Some(format!("agrees, but is spelled '{found}'"))
        }
        Outcome::AgreesAsPayload => {
            Some("agrees as the hash of the payload, as v0.13 and earlier made it".to_owned())
        }
        Outcome::Agrees | Outcome::Between => None,
        Outcome::Differs(cause) => {
            let why = cause.map(|cause| format!("; that is the hash of {cause}"));
            let why = why.unwrap_or_else(|| "; no known cause".to_owned());
            Some(format!("expected {expected}, found {found}{why}"))
        }
        Outcome::Absent if hashed.expected.is_none() => {
            Some(format!("found {found}, but there is no {} to hash", hashed.of))
        }
        Outcome::Absent => Some(format!("there is none; it would be {expected}")),
    }
}

/// An item as JSON; `bytes` says whether what is hashed is shown with it.
pub(super) fn json(shown: &Shown, bytes: bool) -> Value {
    let (kind, id, verdict, error, hashes, faults) = match &shown.read {
        Ok(examined) => {
            let wanted = |one: &&Hashed| bytes || one.outcome != Outcome::Between;
            let hashes = examined.hashes.iter().filter(wanted).map(|one| hash_json(one, bytes));
            let faults: Vec<_> = examined.faults.iter().map(ToString::to_string).collect();
            let verdict = word(examined.verdict()).to_lowercase();
            (Some(examined.kind), examined.id.clone(), verdict, None, hashes.collect(), faults)
        }
        Err(why) => {
            (why.kind, None, "unreadable".to_owned(), Some(&why.reason), Vec::new(), Vec::new())
        }
    };
    json!({
        "source": shown.place.to_string(),
        "line": shown.place.line,
        "at": shown.at,
        "kind": kind.map(ItemKind::as_str),
        "id": id,
        "verdict": verdict,
        "hashes": hashes,
        "faults": faults,
        "error": error,
    })
}

fn hash_json(hashed: &Hashed, bytes: bool) -> Value {
    let mut answer = Map::new();
    let mut say = |name: &str, value: Value| answer.insert(name.to_owned(), value);
    let (outcome, cause) = match hashed.outcome {
        Outcome::Agrees => ("agrees", None),
        Outcome::AgreesAsPayload => ("agrees as payload", None),
        Outcome::Differs(cause) => ("differs", cause),
        Outcome::Absent => ("nothing to compare", None),
        Outcome::Between => ("not compared", None),
    };
    say("field", json!(hashed.field));
    say("of", json!(hashed.of));
    if bytes {
        let text = hashed.bytes.as_deref().map(std::str::from_utf8);
        say("bytes", json!(text.and_then(Result::ok)));
        let hex = text.is_some_and(|text| text.is_err()).then(|| self::hex(hashed));
        say("bytesHex", json!(hex));
    }
    say("expected", json!(hashed.expected.map(|hash| hash.to_string())));
    say("found", json!(hashed.found.as_ref().map(|found| found.hash.to_string())));
    say("spelled", json!(hashed.found.as_ref().and_then(|found| found.spelled.as_deref())));
    say("outcome", json!(outcome));
    say("cause", json!(cause.map(Cause::name)));
    say("because", json!(cause.map(|cause| format!("it is the hash of {cause}"))));
    Value::Object(answer)
}

/// The bytes of a hash in hex.
pub(super) fn hex(hashed: &Hashed) -> String {
    let mut text = String::new();
    for byte in hashed.bytes.iter().flatten() {
        // Writing to a string cannot fail.
        let _written = write!(text, "{byte:02x}");
    }
    text
}
