//! The hash of a batch as it travels or as it is stored, the hashes of what it carries, and
//! whether that is what its messages refer to. It never asks who sent it.

use std::collections::BTreeSet;

use super::cause::{Cause, makes, spelling};
use super::item::{ItemKind, member};
use super::{Crossings, Examined, Fault, Found, Hashed, Named, Outcome, data, message};
use crate::batch::{Batch, BatchPayload};
use crate::decode::DecodeError;
use crate::hash::Bytes32;
use crate::id::DataId;
use crate::json::{Document, JsonValue, Kind, Node};
use crate::message::{DataRef, DataRefs};

/// Examines a batch.
pub(super) fn item(node: Node<'_>, out: &mut Examined) -> Result<(), DecodeError> {
    let batch = Batch::from_node(node)?;
    out.id = batch.header.id.map(|id| id.to_string());
    let found = Found::read(Some(node), "hash", batch.hash);
    let some = |name| member(node, name).filter(|member| member.kind() != Kind::Null);
    let (payload, manifest) = (some("payload"), some("manifest"));
    let stored = manifest.map(|manifest| stored_text(manifest, out)).transpose()?;
    match (payload, stored) {
        (None, None) => {
            out.hashes.push(Hashed::absent("hash".to_owned(), "manifest", found));
        }
        (None, Some(text)) => {
            let cause = |found| spelling(found, &text, manifest);
            let field = "hash".to_owned();
            out.hashes.push(Hashed::compared(field, "manifest", text.clone(), found, cause));
        }
        (Some(payload), stored) => {
            carried(&batch, payload, out)?;
            let hashed = travelling(&batch, payload, found, out);
            if let Some(text) = stored {
                // A manifest that is shown beside the payload must be the payload's own.
                let shown = Found { hash: Bytes32::sha256(&text), spelled: None };
                let own = batch.manifest().as_bytes().to_vec();
                let field = "manifest".to_owned();
                out.hashes.push(Hashed::compared(field, "manifest", own, Some(shown), |_| None));
            }
            out.hashes.push(hashed);
        }
    }
    Ok(())
}

/// The text of a manifest that is shown; what it lists is referred to.
fn stored_text(manifest: Node<'_>, out: &mut Examined) -> Result<Vec<u8>, DecodeError> {
    let text = match manifest.kind() {
        Kind::String => manifest.text().into_owned().into_bytes(),
        Kind::Null | Kind::Bool | Kind::Number | Kind::Array | Kind::Object => {
            JsonValue::from_node(manifest).as_bytes().to_vec()
        }
    };
    let lists = [("messages", ItemKind::Message), ("data", ItemKind::Data)];
    let document = Document::first(&text)?;
    let root = document.root();
    for (name, kind) in lists {
        let Some(list) = member(root, name) else { continue };
        let entries = DataRefs::from_node(list)?.0.unwrap_or_default();
        for (index, entry) in entries.into_iter().enumerate() {
            if let Some(DataRef { id: Some(id), hash: Some(hash) }) = entry {
                let field = format!("manifest.{name}[{index}]");
                out.references.push(Named { kind, id: *id.as_bytes(), hash: hash.0, field });
            }
        }
    }
    Ok(text)
}

/// Examines what the payload carries, and whether messages and data belong together.
fn carried(batch: &Batch, payload: Node<'_>, out: &mut Examined) -> Result<(), DecodeError> {
    let elements = |name| {
        let list = member(payload, name).into_iter().flat_map(|list| list.elements());
        list.map(Some).chain(std::iter::repeat(None))
    };
    let mut within = Examined::new(ItemKind::Batch);
    let entries = batch.payload.data.iter().flatten();
    for (index, (entry, node)) in entries.zip(elements("data")).enumerate() {
        let field = format!("payload.data[{index}]");
        match entry {
            Some(entry) => data::examine(entry, node, &format!("{field}."), &mut within),
            None => out.faults.push(Fault::Null { field }),
        }
    }
    let data_shown = std::mem::take(&mut within.shown);
    let entries = batch.payload.messages.iter().flatten();
    for (index, (entry, node)) in entries.zip(elements("messages")).enumerate() {
        let field = format!("payload.messages[{index}]");
        match entry {
            Some(entry) => message::examine(entry, node, &format!("{field}."), &mut within)?,
            None => out.faults.push(Fault::Null { field }),
        }
    }
    out.faults.extend(misfits(&data_shown, &within.references));
    out.shown.extend(data_shown.into_iter().chain(within.shown));
    out.hashes.append(&mut within.hashes);
    Ok(())
}

/// References that no element of the batch answers to, and elements that none refers to.
fn misfits(data: &[Named], references: &[Named]) -> Vec<Fault> {
    let mut there = Crossings::new(usize::MAX);
    for element in data {
        there.show(element, ());
    }
    let id = |named: &Named| DataId::from_bytes(named.id).to_string();
    let refused = references.iter().filter_map(|reference| {
        let field = reference.field.clone();
        match there.look_up(reference) {
            Some((hash, ())) if hash == reference.hash => None,
            Some((hash, ())) => {
                let (id, there) = (id(reference), hash);
                Some(Fault::OtherHash { field, id, hash: reference.hash, there })
            }
            None => Some(Fault::NotThere { field, id: id(reference) }),
        }
    });
    let mut faults: Vec<Fault> = refused.collect();
    let mut used: BTreeSet<_> = references.iter().map(|reference| reference.id).collect();
    for element in data {
        // An element is shown once or twice, by the hash it has and the one it says it has.
        if used.insert(element.id) {
            faults.push(Fault::Unused { field: element.field.clone(), id: id(element) });
        }
    }
    faults
}

/// The hash of a batch with its payload, after that of the payload itself.
fn travelling(
    batch: &Batch,
    payload: Node<'_>,
    found: Option<Found>,
    out: &mut Examined,
) -> Hashed {
    let whole = Hashed::between("payload".to_owned(), "payload", batch.payload.to_json());
    let legacy = whole.expected;
    out.hashes.push(whole);
    let manifest = batch.manifest().as_bytes().to_vec();
    let cause = |found| {
        if own_manifest_hash(batch) == found {
            Some(Cause::OtherEntryHashes)
        } else if BatchPayload::default().manifest(None).hash().0 == found {
            Some(Cause::EmptyManifest)
        } else if makes(found, JsonValue::from_node(payload).as_bytes()) {
            Some(Cause::PayloadAsShown)
        } else {
            spelling(found, &manifest, None)
        }
    };
    let field = "hash".to_owned();
    let mut hashed = Hashed::compared(field, "manifest", manifest.clone(), found, cause);
    if hashed.found.as_ref().is_some_and(|found| Some(found.hash) == legacy) {
        hashed.outcome = Outcome::AgreesAsPayload;
    }
    hashed
}

/// The hash of the manifest with the hashes that messages and data have, whatever they say.
fn own_manifest_hash(batch: &Batch) -> Bytes32 {
    let mut payload = batch.payload.clone();
    for message in payload.messages.iter_mut().flatten().flatten() {
        message.hash = Some(message.header.hash());
    }
    for data in payload.data.iter_mut().flatten().flatten() {
        data.hash = data.calc_hash().ok().or(data.hash);
    }
    payload.manifest(batch.header.id).hash().0
}
