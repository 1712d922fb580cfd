//! A data element as upstream writes it.
//! Nothing here checks a field: what is given is written.

use crate::data::{BlobRef, Data, DatatypeRef};
use crate::json::object::ObjectWriter;

/// Appends an element; what is empty is left out but for the validator and the value.
pub(crate) fn data(data: &Data, out: &mut Vec<u8>) {
    let mut object = ObjectWriter::open(out);
    object.some("id", data.id, |id, out| id.write_json(out));
    object.string("validator", data.validator.as_str());
    object.filled("namespace", &data.namespace);
    object.some("hash", data.hash, |hash, out| hash.0.write_json(out));
    object.time("created", data.created);
    object.some("datatype", data.datatype.as_ref(), datatype);
    object.member("value").extend_from_slice(data.value_bytes());
    object.filled("public", &data.public);
    object.some("blob", data.blob.as_ref(), blob);
    object.close();
}

fn datatype(datatype: &DatatypeRef, out: &mut Vec<u8>) {
    let mut object = ObjectWriter::open(out);
    object.filled("name", &datatype.name);
    object.filled("version", &datatype.version);
    object.close();
}

fn blob(blob: &BlobRef, out: &mut Vec<u8>) {
    let mut object = ObjectWriter::open(out);
    object.or_null("hash", blob.hash, |hash, out| hash.0.write_json(out));
    object.number("size", blob.size);
    object.string("name", &blob.name);
    object.filled("path", &blob.path);
    object.filled("public", &blob.public);
    object.close();
}
