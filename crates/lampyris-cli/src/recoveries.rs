//! What a log says of its recoveries, as JSON and in one line.
//!
//! Nothing here is looked up: it is what the records say, which are verified before.

use lampyris_evidence::identity::Recovered;
use lampyris_evidence::merkle::Head;
use serde_json::{Value, json};

use crate::output::plain;

/// A recovery as a JSON object; the size that was recovered is the sequence of the record.
pub(crate) fn told(recovered: &Recovered) -> Value {
    json!({
        "oldOrigin": recovered.old_origin,
        "newOrigin": recovered.new_origin,
        "recovered": head(recovered.head),
        "lost": recovered.lost.map(head),
    })
}

/// The same for people.
pub(crate) fn line(recovered: &Recovered) -> String {
    let (sequence, old) = (recovered.head.size, plain(&recovered.old_origin));
    let lost = match (recovered.lost, recovered.missing()) {
        (None, _) => "what the lost log had beyond is not known".to_owned(),
        (Some(_), 0) => "the lost log was known to have no more".to_owned(),
        (Some(lost), missing) => {
            format!("the lost log was known to {} records, {missing} more", lost.size)
        }
    };
    format!("at sequence {sequence} from {old}; {lost}")
}

fn head(head: Head) -> Value {
    json!({ "size": head.size, "root": head.root.to_string() })
}
