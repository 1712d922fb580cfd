//! A data element from JSON, with Go's rules for keys, repeated members and `null`.
//! Nothing here checks what a field holds beyond what its type does.

use crate::data::{BlobRef, Data, DatatypeRef, StoredBlob};
use crate::decode::DecodeError;
use crate::json::Node;
use crate::json::fields::{Field, Problems, members, optional};

/// A JSON value as an element.
pub(super) fn data(node: Node<'_>) -> Result<Data, DecodeError> {
    let (mut data, mut problems) = (Data::default(), Problems::default());
    data.read(node, &mut problems)?;
    problems.finish(data)
}

/// A JSON value as the record of a blob.
pub(super) fn stored_blob(node: Node<'_>) -> Result<StoredBlob, DecodeError> {
    let (mut blob, mut problems) = (StoredBlob::default(), Problems::default());
    members(node, "blob", &["hash", "size"], &mut problems, |name, node, problems| match name {
        "hash" => blob.hash.read(node, "blob.hash", problems),
        "size" => blob.size.read(node, "blob.size", problems),
        _ => Ok(()),
    })?;
    problems.finish(blob)
}

const NAMES: &[&str] =
    &["id", "validator", "namespace", "hash", "created", "datatype", "value", "public", "blob"];

impl Data {
    /// Reads an object into the element, over what it holds.
    pub(crate) fn read(
        &mut self,
        node: Node<'_>,
        problems: &mut Problems,
    ) -> Result<(), DecodeError> {
        members(node, "data", NAMES, problems, |name, node, problems| match name {
            "id" => self.id.read(node, "data.id", problems),
            "validator" => self.validator.read(node, "data.validator", problems),
            "namespace" => self.namespace.read(node, "data.namespace", problems),
            "hash" => self.hash.read(node, "data.hash", problems),
            "created" => self.created.read(node, "data.created", problems),
            "datatype" => optional(&mut self.datatype, node, problems, datatype),
            "value" => self.value.read(node, "data.value", problems),
            "public" => self.public.read(node, "data.public", problems),
            "blob" => optional(&mut self.blob, node, problems, blob),
            _ => Ok(()),
        })
    }
}

pub(super) fn datatype(
    datatype: &mut DatatypeRef,
    node: Node<'_>,
    problems: &mut Problems,
) -> Result<(), DecodeError> {
    members(
        node,
        "data.datatype",
        &["name", "version"],
        problems,
        |name, node, problems| match name {
            "name" => datatype.name.read(node, "data.datatype.name", problems),
            "version" => datatype.version.read(node, "data.datatype.version", problems),
            _ => Ok(()),
        },
    )
}

pub(super) fn blob(
    blob: &mut BlobRef,
    node: Node<'_>,
    problems: &mut Problems,
) -> Result<(), DecodeError> {
    let names = &["hash", "size", "name", "path", "public"];
    members(node, "data.blob", names, problems, |name, node, problems| match name {
        "hash" => blob.hash.read(node, "data.blob.hash", problems),
        "size" => blob.size.read(node, "data.blob.size", problems),
        "name" => blob.name.read(node, "data.blob.name", problems),
        "path" => blob.path.read(node, "data.blob.path", problems),
        "public" => blob.public.read(node, "data.blob.public", problems),
        _ => Ok(()),
    })
}
