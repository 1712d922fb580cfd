//! An element as it is kept: the event that records it, the bytes that are stored beside the log, and back.
//! Nothing here stores anything.

use thiserror::Error;

use crate::data::{BlobRef, Data, DatatypeRef, InvalidData, name};
use crate::event::{Content, DataAdded, Held};
use crate::hash::{BlobHash, Bytes32};
use crate::id::DataId;
use crate::json::object::ObjectWriter;
use crate::json::{JsonValue, MemberError, Members, only_value};
use crate::limits::DATA_NAME_BYTES;
use crate::validate::FieldError;

/// The bytes that must be stored for an element to be read back whole, but for its blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The canonical bytes of the value.
    pub value: Option<&'a [u8]>,
    /// What the element says in words; they hold its id, so that no other element has the same.
    pub details: Option<Vec<u8>>,
}

/// Bytes that were given for a part of an element and are not what was recorded of it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WrongPart {
    /// They hash to something else, or the element has no such part.
    #[error(
        "data element {id}: the bytes given for its {part} hash to {found}, which is not recorded"
    )]
    Hash {
        /// The element.
        id: DataId,
        /// `value` or `details`.
        part: &'static str,
        /// What they hash to.
        found: Bytes32,
    },
    /// They are what was recorded, but no such part has that form.
    #[error("data element {id}: what is recorded as its {part} is not in the form of one")]
    Form {
        /// The element.
        id: DataId,
        /// `value` or `details`.
        part: &'static str,
    },
}

impl DataAdded {
    /// What is recorded of an element, and the bytes that must be stored with it.
    ///
    /// `null` counts as no value, and a blob without a hash as no blob. The element's namespace is
    /// that of the record, so it is not looked at here.
    ///
    /// # Errors
    /// If it lacks its id, its time, or both value and blob; if its hash is given and not that of
    /// the two; if a field is not as it must be.
    pub fn from_data(data: &Data) -> Result<(Self, Parts<'_>), InvalidData> {
        let id = data.id.ok_or(InvalidData::Missing { field: "data.id" })?;
        let created = data.created.ok_or(InvalidData::Missing { field: "data.created" })?;
        if !created.is_readable() {
            return Err(InvalidData::CreatedRange { text: created.to_string().into() });
        }
        let datatype = data.datatype.as_ref();
        let texts = datatype.map(|DatatypeRef { name, version }| (name.as_str(), version.as_str()));
        let (name, version) = texts.unwrap_or_default();
        let texts = [
            ("data.validator", data.validator.as_str()),
            ("data.datatype.name", name),
            ("data.datatype.version", version),
        ];
        for (field, text) in texts {
            check_length(field, text)?;
        }
        let value = data.value.as_ref().filter(|value| !value.is_null());
        let blob = data.blob.as_ref().and_then(|blob| Some((blob, blob.hash?)));
        let held = blob.map(|(blob, BlobHash(hash))| match u64::try_from(blob.size) {
            Ok(size) => Ok(Held { hash, size }),
            Err(_) => Err(InvalidData::Missing { field: "data.blob.size" }),
        });
        let value_held = value.map(|value| Held::of(value.as_bytes()));
        let content = Content::new(value_held, held.transpose()?).ok_or(InvalidData::NoValue)?;
        let expected = content.hash();
        if let Some(found) = data.hash.filter(|found| *found != expected) {
            return Err(InvalidData::HashMismatch { found: Some(found), expected });
        }
        let details = Details::of(data, value, blob.map(|(blob, _)| blob)).write(id);
        let added = Self {
            validator: data.validator.clone(),
            datatype: datatype.cloned(),
            created,
            content,
            details: details.as_deref().map(Held::of),
        };
        Ok((added, Parts { value: value.map(JsonValue::as_bytes), details }))
    }

    /// The element as upstream writes it; what is not given of its parts is absent.
    ///
    /// # Errors
    /// [`WrongPart`] if what is given is not what was recorded.
    pub fn to_data(
        &self,
        id: DataId,
        namespace: &str,
        value: Option<&[u8]>,
        details: Option<&[u8]>,
    ) -> Result<Data, WrongPart> {
        check_hash(id, "value", value, self.content.value())?;
        check_hash(id, "details", details, self.details)?;
        let value = value.map(|bytes| canonical(id, bytes)).transpose()?;
        let details = details.map(|bytes| Details::read(id, bytes)).transpose()?;
        let Details { public, blob_name, blob_path, blob_public } = details.unwrap_or_default();
        let derived = || value.as_ref().and_then(name::file_name).unwrap_or_default();
        let blob = self.content.blob().map(|Held { hash, size }| BlobRef {
            hash: Some(BlobHash(hash)),
            size: i64::try_from(size).unwrap_or(i64::MAX),
            name: blob_name.unwrap_or_else(derived),
            path: blob_path,
            public: blob_public,
        });
        Ok(Data {
            id: Some(id),
            validator: self.validator.clone(),
            namespace: namespace.to_owned(),
            hash: Some(self.hash()),
            created: Some(self.created),
            datatype: self.datatype.clone(),
            value,
            public,
            blob,
        })
    }
}

fn check_length(field: &'static str, text: &str) -> Result<(), FieldError> {
    let limit = DATA_NAME_BYTES;
    if text.len() <= limit {
        Ok(())
    } else {
        Err(FieldError::TooLong { field: field.into(), limit })
    }
}

fn check_hash(
    id: DataId,
    part: &'static str,
    given: Option<&[u8]>,
    recorded: Option<Held>,
) -> Result<(), WrongPart> {
    let Some(found) = given.map(Held::of) else { return Ok(()) };
    if recorded == Some(found) {
        Ok(())
    } else {
        Err(WrongPart::Hash { id, part, found: found.hash })
    }
}

/// The value of these bytes, which must be its canonical ones.
fn canonical(id: DataId, bytes: &[u8]) -> Result<JsonValue, WrongPart> {
    let value = JsonValue::parse(bytes).ok();
    value
        .filter(|value| value.as_bytes() == bytes && !value.is_null())
        .ok_or(WrongPart::Form { id, part: "value" })
}

/// What an element says in words that may have to be erased.
#[derive(Debug, Default)]
struct Details {
    public: String,
    /// `None` if it is the one that the value gives, or empty where the value gives none.
    blob_name: Option<String>,
    blob_path: String,
    blob_public: String,
}

impl Details {
    fn of(data: &Data, value: Option<&JsonValue>, blob: Option<&BlobRef>) -> Self {
        let public = data.public.clone();
        let Some(blob) = blob else { return Self { public, ..Self::default() } };
        let derived = value.and_then(name::file_name).unwrap_or_default();
        Self {
            public,
            blob_name: (blob.name != derived).then(|| blob.name.clone()),
            blob_path: blob.path.clone(),
            blob_public: blob.public.clone(),
        }
    }

    /// The bytes that are stored; `None` if there is nothing to say.
    fn write(&self, id: DataId) -> Option<Vec<u8>> {
        let Self { public, blob_name, blob_path, blob_public } = self;
        let of_blob = blob_name.is_some() || !blob_path.is_empty() || !blob_public.is_empty();
        if public.is_empty() && !of_blob {
            return None;
        }
        let mut out = Vec::new();
        let mut object = ObjectWriter::open(&mut out);
        object.some("id", Some(id), |id, out| id.write_json(out));
        object.filled("public", public);
        object.some("blob", of_blob.then_some(()), |(), out| {
            let mut object = ObjectWriter::open(out);
            if let Some(name) = blob_name {
                object.string("name", name);
            }
            object.filled("path", blob_path);
            object.filled("public", blob_public);
            object.close();
        });
        object.close();
        Some(out)
    }

    /// Reads what was written for this element, in that one form.
    fn read(id: DataId, bytes: &[u8]) -> Result<Self, WrongPart> {
        let read = Self::members(bytes).ok();
        read.filter(|read| read.write(id).as_deref() == Some(bytes))
            .ok_or(WrongPart::Form { id, part: "details" })
    }

    fn members(bytes: &[u8]) -> Result<Self, MemberError> {
        const WHAT: &str = "the details";
        let document = only_value(bytes, WHAT)?;
        let members = Members::of(document.root(), WHAT, &["id", "public", "blob"])?;
        let blob =
            members.get("blob").map(|node| Members::of(node, WHAT, &["name", "path", "public"]));
        let blob = blob.transpose()?;
        let text = |members: Option<&Members<'_>>, name| -> Result<Option<String>, MemberError> {
            let text = members.map(|members| members.text(name)).transpose()?.flatten();
            Ok(text.map(Into::into))
        };
        Ok(Self {
            public: text(Some(&members), "public")?.unwrap_or_default(),
            blob_name: text(blob.as_ref(), "name")?,
            blob_path: text(blob.as_ref(), "path")?.unwrap_or_default(),
            blob_public: text(blob.as_ref(), "public")?.unwrap_or_default(),
        })
    }
}
