//! How a message, an event or a data element is told in a list.

use std::fmt::Display;

use lampyris_message::event::Held;
use lampyris_projection::{ElementRow, EventRow, Row};
use serde_json::{Value, json};

use crate::output;

/// What can stand in a list.
pub(crate) trait Shown {
    /// It in a line for people.
    fn line(&self) -> String;

    /// Appends it as JSON, for programs.
    fn write_json(&self, out: &mut Vec<u8>);
}

impl Shown for Row<'_> {
    fn line(&self) -> String {
        let topics: Vec<&str> = self.topics().collect();
        format!(
            "{}  {:<9}  {:<10}  {:<30}  {}",
            self.id(),
            self.state().as_str(),
            output::plain(self.message_type()),
            text(self.created()),
            output::plain(&topics.join(",")),
        )
    }

    fn write_json(&self, out: &mut Vec<u8>) {
        Row::write_json(self, out);
    }
}

impl Shown for EventRow<'_> {
    fn line(&self) -> String {
        let (sequence, kind, message) = (self.sequence(), self.event_type(), self.reference());
        let (created, topic) = (text(self.created()), output::plain(self.topic()));
        format!("{sequence:>8}  {created:<30}  {kind}  {message}  {topic}")
    }

    fn write_json(&self, out: &mut Vec<u8>) {
        let mut json = json!({
            "id": self.id().to_string(),
            "sequence": self.sequence(),
            "type": self.event_type(),
            "namespace": self.namespace(),
            "reference": self.reference().to_string(),
            "correlator": self.correlator(),
            "tx": self.transaction().map(|tx| tx.to_string()),
            "topic": self.topic(),
            "created": self.created().map(|created| created.to_string()),
        });
        strip(&mut json);
        out.extend_from_slice(json.to_string().as_bytes());
    }
}

impl Shown for ElementRow<'_> {
    fn line(&self) -> String {
        let (id, hash, created) = (self.id, self.hash, text(self.created));
        let erased = self.erased.map(|sequence| format!("  erased at {sequence}"));
        let line = format!("{id}  {hash}  {created:<30}  {}", erased.unwrap_or_default());
        line.trim_end().to_owned()
    }

    fn write_json(&self, out: &mut Vec<u8>) {
        let blob = |blob: Held| json!({ "hash": blob.hash.to_string(), "size": blob.size });
        let datatype = |(name, version): (&str, &str)| json!({ "name": name, "version": version });
        let mut json = json!({
            "id": self.id.to_string(),
            "validator": self.validator,
            "namespace": self.namespace,
            "hash": self.hash.to_string(),
            "created": self.created.map(|created| created.to_string()),
            "datatype": self.datatype.map(datatype),
            "blob": self.blob.map(blob),
            "sequence": self.sequence,
            "erased": self.erased,
        });
        strip(&mut json);
        out.extend_from_slice(json.to_string().as_bytes());
    }
}

/// Leaves out members that say nothing.
fn strip(value: &mut Value) {
    if let Value::Object(members) = value {
        members.retain(|_, value| !value.is_null());
    }
}

fn text(value: Option<impl Display>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
