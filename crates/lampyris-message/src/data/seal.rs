//! Sealing a data element of our own.
//! Nothing here draws an id or reads a clock: what must be random or timely is given.

use crate::data::{Data, InvalidData, StoredBlob, name};
use crate::hash::DataHash;
use crate::kind::ValidatorType;
use crate::open::Open;

/// Fills in the defaults, checks the blob and sets the hash; see [`Data::seal`].
pub(super) fn seal(data: &mut Data, stored: Option<&StoredBlob>) -> Result<DataHash, InvalidData> {
    let referred = data.blob.as_ref().and_then(|blob| blob.hash);
    let matches = match stored {
        Some(stored) => data.blob.is_some() && referred == stored.hash,
        None => referred.is_none(),
    };
    if !matches {
        let stored = stored.and_then(|stored| stored.hash);
        return Err(InvalidData::BlobMismatch { referred, stored });
    }
    let hash = data.calc_hash()?;
    let validator = match &data.validator {
        validator if validator.is_empty() => Open::from(ValidatorType::Json),
        validator if validator.known().is_some() => validator.clone(),
        unknown => return Err(InvalidData::Validator { validator: unknown.as_str().into() }),
    };
    if data.id.is_none() {
        return Err(InvalidData::Missing { field: "data.id" });
    }
    match data.created {
        None => return Err(InvalidData::Missing { field: "data.created" }),
        Some(created) if !created.is_readable() => {
            return Err(InvalidData::CreatedRange { text: created.to_string().into() });
        }
        Some(_) => {}
    }
    data.validator = validator;
    data.hash = Some(hash);
    if let (Some(blob), Some(stored)) = (&mut data.blob, stored) {
        blob.size = stored.size;
        if let Some(name) = data.value.as_ref().and_then(name::file_name) {
            blob.name = name;
        }
    }
    Ok(hash)
}
