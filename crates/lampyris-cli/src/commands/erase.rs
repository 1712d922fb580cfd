//! `erase`: the bytes of a data element go, and what stays is said.
//!
//! Who else has the same bytes, and in which order what goes, is the library's.

use std::io::Write;
use std::process::ExitCode;

use lampyris::{ElementName, Lampyris, block_on};
use serde_json::{Value, json};

use crate::args::{Erase, Global};
use crate::failure::Failure;
use crate::output;

/// What is true after every erasure.
const WHAT_STAYS: &str = "The log keeps the hash and the size of each part: who can guess the bytes can test the \
    guess. Copies made before, such as backups, are not reached.";

pub(crate) fn run(global: &Global, erase: &Erase) -> Result<ExitCode, Failure> {
    let builder = Lampyris::builder().existing().actor(&*erase.actor);
    let engine = builder.namespace(&*erase.namespace.namespace).open(&global.data)?;
    let erased = block_on(engine.erase(erase.id, erase.reason.clone(), erase.all_references));
    let closed = block_on(engine.close());
    let erased = erased?;
    closed?;
    let mut out = output::answers();
    if global.json {
        let answer = json!({
            "erased": erased.elements.iter().map(told).collect::<Vec<_>>(),
            "objects": erased.objects,
            "bytes": erased.bytes,
            "position": erased.position,
            "stays": WHAT_STAYS,
        });
        output::json_line(&mut out, &answer)?;
    } else {
        if erased.elements.is_empty() {
            writeln!(out, "data element {} was erased before", erase.id)?;
        }
        for name in &erased.elements {
            writeln!(out, "erased {}", output::plain(&name.to_string()))?;
        }
        writeln!(out, "{} objects, {} bytes. {WHAT_STAYS}", erased.objects, erased.bytes)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The name of an element, as JSON.
pub(super) fn told(name: &ElementName) -> Value {
    json!({ "id": name.id.to_string(), "namespace": name.namespace })
}
