//! The references of a message, looked up among data elements.
//! An element counts for what its value and its blob hash to, never for the hash it came with.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::data::Data;
use crate::hash::DataHash;
use crate::id::DataId;
use crate::message::DataRef;
use crate::sealed::SealedRef;

/// A reference that no element answers to.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("FF10204: Data reference {index} cannot be resolved")]
pub struct Unresolved {
    /// Its place among the references.
    pub index: usize,
    /// The reference, which may name no hash.
    pub reference: DataRef,
    /// What the element of that id hashes to, if there is one with a value or a blob.
    pub found: Option<DataHash>,
}

impl Unresolved {
    /// Upstream's code for this error.
    pub const fn code(&self) -> &'static str {
        "FF10204"
    }

    /// The HTTP status upstream attaches to the code.
    pub const fn status(&self) -> u16 {
        400
    }
}

/// Data elements by id and by what they hash to. Each is hashed once, when it is taken in.
#[derive(Debug, Clone, Default)]
pub struct Elements<'a>(BTreeMap<(DataId, DataHash), &'a Data>);

impl<'a> Elements<'a> {
    /// Takes in elements; one without an id, or with nothing to hash, answers to no reference.
    pub fn new(elements: impl IntoIterator<Item = &'a Data>) -> Self {
        let keyed = |data: &'a Data| Some(((data.id?, data.calc_hash().ok()?), data));
        Self(elements.into_iter().filter_map(keyed).collect())
    }

    /// The elements that `references` name, in their order.
    ///
    /// # Errors
    /// [`Unresolved`] names the first without an element of its id and its hash.
    pub fn resolve(&self, references: &[SealedRef]) -> Result<Vec<&'a Data>, Unresolved> {
        let one = |(index, reference): (usize, &SealedRef)| {
            let SealedRef { id, hash } = *reference;
            self.0.get(&(id, hash)).copied().ok_or_else(|| Unresolved {
                index,
                reference: DataRef { id: Some(id), hash: Some(hash) },
                found: self.hash_of(id),
            })
        };
        references.iter().enumerate().map(one).collect()
    }

    fn hash_of(&self, id: DataId) -> Option<DataHash> {
        let least = DataHash::from_bytes([0; 32]);
        let ((found, hash), _) = self.0.range((id, least)..).next()?;
        (*found == id).then_some(*hash)
    }
}
