//! What holds of any bytes that a reader is given: the fuzz targets and the properties of CI call the same code.
//! Nothing here draws bytes, and nothing is only read: what is accepted is written again and compared.

mod batch;
mod bundle;
mod checkpoint;
mod data;
mod event;
mod frame;
mod group;
mod header;
mod identity;
mod message;
mod note;
mod policy;
mod record;
mod scalar;
mod seeds;
mod signed;
mod tlog_proof;

use std::fmt;

use lampyris_message::Timestamp;

pub use seeds::seeds;

/// What must hold of one reader, whatever bytes it is given.
#[derive(Clone, Copy)]
pub struct Property {
    /// What is read; also the name of the fuzz target.
    pub name: &'static str,
    /// Panics where the property is broken; says whether the reader accepted the bytes and found
    /// something in them: a document without one known member is accepted and says nothing.
    pub holds: fn(&[u8]) -> bool,
}

/// Every property, in the order in which its reader stands in the way of a message, and then of a proof.
pub const PROPERTIES: [Property; 18] = [
    Property { name: "time", holds: scalar::time },
    Property { name: "uuid", holds: scalar::uuid },
    Property { name: "bytes32", holds: scalar::bytes32 },
    Property { name: "pin", holds: scalar::pin },
    Property { name: "header", holds: header::header },
    Property { name: "message", holds: message::message },
    Property { name: "data", holds: data::data },
    Property { name: "group", holds: group::group },
    Property { name: "batch", holds: batch::batch },
    Property { name: "identity", holds: identity::identity },
    Property { name: "event", holds: event::event },
    Property { name: "record", holds: record::record },
    Property { name: "frame", holds: frame::frame },
    Property { name: "note", holds: note::note },
    Property { name: "checkpoint", holds: checkpoint::checkpoint },
    Property { name: "tlog_proof", holds: tlog_proof::tlog_proof },
    Property { name: "policy", holds: policy::policy },
    Property { name: "bundle", holds: bundle::bundle },
];

/// Runs the property of this name.
///
/// # Panics
/// If the property is broken, or there is none of this name.
pub fn hold(name: &str, bytes: &[u8]) -> bool {
    let named = PROPERTIES.iter().find(|property| property.name == name);
    (named.unwrap_or_else(|| panic!("there is no property {name}")).holds)(bytes)
}

impl fmt::Debug for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Whether a time is read again from what is written of it. Upstream writes two that are not: the
/// zero time, as `null`, and one that its offset has moved out of the years 0 to 9999.
fn settled(time: Option<Timestamp>) -> bool {
    time.is_none_or(|time| !time.is_zero() && has_four_digits(time))
}

/// Whether the year has the four digits that can be read.
fn has_four_digits(time: Timestamp) -> bool {
    time.to_string().find('-') == Some(4)
}
