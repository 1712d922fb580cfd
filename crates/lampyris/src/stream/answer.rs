//! The line that answers a line.

use lampyris_message::MessageId;
use lampyris_message::event::EventKind;
use lampyris_message::json::write_string;

use super::BadLine;
use crate::outcome::{Accepted, Outcome, Refused};

/// The answer to the line of this number, counted from 1; without the end of a line.
pub fn answer(line: u64, result: Result<&Outcome, &BadLine>) -> Vec<u8> {
    let mut object = Object::new(line, result.is_ok_and(Outcome::is_accepted));
    match result {
        Ok(Outcome::Accepted(accepted)) => object.accepted(accepted),
        Ok(Outcome::Refused(refused)) => object.refused(refused),
        Err(bad) => object.bad_line(bad),
    }
    object.bytes.push(b'}');
    object.bytes
}

/// An object that is being written.
struct Object {
    bytes: Vec<u8>,
}

impl Object {
    fn new(line: u64, ok: bool) -> Self {
        Self { bytes: format!(r#"{{"line":{line},"ok":{ok}"#).into_bytes() }
    }

    fn accepted(&mut self, accepted: &Accepted) {
        self.id(Some(accepted.id));
        self.text("state", accepted.state.as_str());
        self.events(&accepted.events, accepted.sequence);
    }

    fn refused(&mut self, refused: &Refused) {
        self.id(Some(refused.id));
        self.text("state", refused.state.map_or("none", |state| state.as_str()));
        self.text("refusal", refused.refusal.name());
        self.text("detail", &refused.detail);
        self.code(refused.code());
        if let Some(sequence) = refused.noted {
            self.events(&[EventKind::Noted], Some(sequence));
        }
    }

    fn bad_line(&mut self, bad: &BadLine) {
        self.id(bad.id);
        self.text("error", &bad.reason);
        self.code(bad.code);
    }

    fn id(&mut self, id: Option<MessageId>) {
        if let Some(id) = id {
            self.text("id", &id.to_string());
        }
    }

    fn code(&mut self, code: Option<&'static str>) {
        if let Some(code) = code {
            self.text("code", code);
        }
    }

    fn events(&mut self, events: &[EventKind], sequence: Option<u64>) {
        let names: Vec<_> = events.iter().map(|event| format!("\"{event}\"")).collect();
        self.member("events", &format!("[{}]", names.join(",")));
        if let Some(sequence) = sequence {
            self.member("sequence", &sequence.to_string());
        }
    }

    fn text(&mut self, name: &str, text: &str) {
        self.member(name, "");
        write_string(text, &mut self.bytes);
    }

    /// A member whose value is JSON already.
    fn member(&mut self, name: &str, value: &str) {
        self.bytes.extend_from_slice(format!(r#","{name}":{value}"#).as_bytes());
    }
}

#[cfg(test)]
mod tests;
