//! From a JSON document to a bundle: members, their types and their spelling.
//! It checks no signature and no proof.

use alloc::borrow::Cow;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::json::Json;
use super::{
    Bundle, Consistency, Inclusion, Leaf, LeafProof, MAX_BUNDLE_BYTES, MAX_CONSISTENCY,
    MAX_TLOG_PROOFS, Old, hex,
};
use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::key::{Algorithm, KeyError, VerifierKey};
use crate::merkle::Hash;
use crate::policy::MAX_ENTRIES;
use crate::spelling::fixed_from_base64;
use crate::tlog_proof::{MAX_HASHES, MalformedTlogProof, TlogProof};

/// A document that is no bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{rule}", place(member))]
pub struct Malformed {
    /// The member, such as `inclusion[3].proof[2]`; empty for the whole document.
    pub member: String,
    /// The rule it breaks.
    pub rule: MalformedRule,
}

/// What a member of a bundle has to keep.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedRule {
    /// It is not JSON.
    #[error("a bundle is one JSON object: {0}")]
    Json(String),
    /// It is too long.
    #[error("a bundle has at most {MAX_BUNDLE_BYTES} bytes")]
    Long,
    /// It has another type.
    #[error("this should be {0}")]
    Type(&'static str),
    /// No member has that name.
    #[error("no such member is known")]
    Unknown,
    /// It stands there twice.
    #[error("the member stands there twice")]
    Twice,
    /// It is not there.
    #[error("the member is missing")]
    Missing,
    /// Two members of which one should be there.
    #[error("there should be either {0} or {1}, and not both")]
    Either(&'static str, &'static str),
    /// It has too many elements.
    #[error("there are at most {0}")]
    Many(usize),
    /// Its spelling is another.
    #[error("bytes are an even number of hexadecimal digits in lower case")]
    Hex,
    /// So is that of a hash.
    #[error("a hash is 64 hexadecimal digits in lower case, or padded base64 of 32 bytes")]
    Hash,
    /// It is no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key signs something else.
    #[error("the key of a log signs notes (type 0x01), that of a witness cosigns (type 0x04)")]
    Algorithm,
    /// A public key that stands there already.
    #[error("the same public key stands there twice")]
    SameKey,
    /// More witnesses are asked for than there are.
    #[error("more witnesses are asked for than the {0} that are listed")]
    Quorum(usize),
    /// It is no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// It is no proof.
    #[error(transparent)]
    TlogProof(#[from] MalformedTlogProof),
}

/// A member's name as it stands in front of what is said of it.
pub(super) fn place(member: &str) -> String {
    if member.is_empty() { String::new() } else { format!("{member}: ") }
}

type Read<T> = Result<T, Malformed>;

pub(super) fn read(json: &[u8]) -> Read<Bundle> {
    if json.len() > MAX_BUNDLE_BYTES {
        return Err(MalformedRule::Long.into());
    }
    let json = serde_json::from_slice(json);
    let mut members = Members::of(json.map_err(|error| MalformedRule::Json(error.to_string()))?)?;
    let key = |algorithm| move |json| key(json, algorithm);
    let keys = |algorithm| list(key(algorithm), MAX_ENTRIES);
    let bundle = Bundle {
        log_keys: members.optional("log_keys", keys(Algorithm::Ed25519))?.unwrap_or_default(),
        origin: members.optional("origin", |json| text(json).map(Cow::into_owned))?,
        witness_keys: members
            .optional("witness_keys", keys(Algorithm::CosignatureV1))?
            .unwrap_or_default(),
        quorum: members.optional("quorum", number)?,
        checkpoint: members.optional("checkpoint", checkpoint)?,
        tree_size: members.optional("tree_size", number)?,
        root_hash: members.optional("root_hash", hash)?,
        leaves: members.optional("leaves", list(bytes, usize::MAX))?,
        leaf_hashes: members.optional("leaf_hashes", list(hash, usize::MAX))?,
        inclusion: members.optional("inclusion", list(inclusion, usize::MAX))?.unwrap_or_default(),
        consistency: members
            .optional("consistency", list(consistency, MAX_CONSISTENCY))?
            .unwrap_or_default(),
        tlog_proofs: members
            .optional("tlog_proofs", list(leaf_proof, MAX_TLOG_PROOFS))?
            .unwrap_or_default(),
    };
    members.optional("comment", text)?;
    members.end()?;
    check_keys(&bundle)?;
    Ok(bundle)
}

/// What the members on keys say of each other.
fn check_keys(bundle: &Bundle) -> Read<()> {
    for (name, keys) in [("log_keys", &bundle.log_keys), ("witness_keys", &bundle.witness_keys)] {
        for (index, key) in keys.iter().enumerate() {
            if keys.iter().take(index).any(|other| other.public() == key.public()) {
                return Err(Malformed::from(MalformedRule::SameKey).at(index).within(name));
            }
        }
    }
    let witnesses = bundle.witness_keys.len();
    if bundle.quorum.is_some_and(|quorum| quorum > witnesses as u64) {
        return Err(Malformed::from(MalformedRule::Quorum(witnesses)).within("quorum"));
    }
    if bundle.log_keys.is_empty() && bundle.checkpoint.is_some() {
        return Err(Malformed::from(MalformedRule::Missing).within("log_keys"));
    }
    Ok(())
}

fn inclusion(json: Json<'_>) -> Read<Inclusion> {
    let mut members = Members::of(json)?;
    let inclusion = Inclusion {
        index: members.required("index", number)?,
        leaf: match (members.optional("leaf", bytes)?, members.optional("leaf_hash", hash)?) {
            (Some(bytes), None) => Leaf::Bytes(bytes),
            (None, Some(hash)) => Leaf::Hash(hash),
            (Some(_), Some(_)) | (None, None) => {
                return Err(MalformedRule::Either("`leaf`", "`leaf_hash`").into());
            }
        },
        proof: members.required("proof", list(hash, MAX_HASHES))?,
        tree_size: members.optional("tree_size", number)?,
        root_hash: members.optional("root_hash", hash)?,
    };
    members.end()?;
    Ok(inclusion)
}

fn consistency(json: Json<'_>) -> Read<Consistency> {
    let mut members = Members::of(json)?;
    let old_checkpoint = members.optional("old_checkpoint", checkpoint)?;
    let head = (members.optional("old_size", number)?, members.optional("old_root", hash)?);
    let consistency = Consistency {
        old: match (old_checkpoint, head) {
            (Some(old_checkpoint), (None, None)) => Old::Checkpoint { old_checkpoint },
            (None, (Some(old_size), Some(old_root))) => Old::Head { old_size, old_root },
            (Some(_) | None, _) => {
                let head = "both `old_size` and `old_root`";
                return Err(MalformedRule::Either("`old_checkpoint`", head).into());
            }
        },
        // The way up from the older tree's edge begins with a hash of its own.
        proof: members.required("proof", list(hash, MAX_HASHES + 1))?,
        new_size: members.optional("new_size", number)?,
        new_root: members.optional("new_root", hash)?,
    };
    members.end()?;
    Ok(consistency)
}

fn leaf_proof(json: Json<'_>) -> Read<LeafProof> {
    let mut members = Members::of(json)?;
    let leaf = members.required("leaf", bytes)?;
    let proof = members.required("text", |json| {
        Ok(TlogProof::parse(&text(json)?).map_err(MalformedRule::from)?)
    })?;
    members.end()?;
    Ok(LeafProof { leaf, proof })
}

fn checkpoint(json: Json<'_>) -> Read<SignedCheckpoint> {
    Ok(SignedCheckpoint::parse(&text(json)?).map_err(MalformedRule::from)?)
}

fn key(json: Json<'_>, algorithm: Algorithm) -> Read<VerifierKey> {
    let key = VerifierKey::parse(&text(json)?).map_err(MalformedRule::from)?;
    if key.algorithm() == algorithm { Ok(key) } else { Err(MalformedRule::Algorithm.into()) }
}

fn hash(json: Json<'_>) -> Read<Hash> {
    let text = text(json)?;
    let hash = hex::decode_fixed(&text).or_else(|| fixed_from_base64(&text));
    hash.map(Hash).ok_or(MalformedRule::Hash.into())
}

fn bytes(json: Json<'_>) -> Read<Vec<u8>> {
    hex::decode(&text(json)?).ok_or(MalformedRule::Hex.into())
}

fn text(json: Json<'_>) -> Read<Cow<'_, str>> {
    if let Json::Text(text) = json { Ok(text) } else { Err(MalformedRule::Type("a text").into()) }
}

fn number(json: Json<'_>) -> Read<u64> {
    let whole = "a whole number from 0 to 2^64-1, in digits alone";
    json.number().ok_or(MalformedRule::Type(whole).into())
}

/// How a list is read whose elements are read so.
fn list<'a, T>(
    mut read: impl FnMut(Json<'a>) -> Read<T>,
    most: usize,
) -> impl FnOnce(Json<'a>) -> Read<Vec<T>> {
    move |json| {
        let Json::List(list) = json else { return Err(MalformedRule::Type("a list").into()) };
        if list.len() > most {
            return Err(MalformedRule::Many(most).into());
        }
        let read = |(index, json)| read(json).map_err(|error| error.at(index));
        list.into_iter().enumerate().map(read).collect()
    }
}

/// The members of an object that are not read yet.
struct Members<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Members<'a> {
    fn of(json: Json<'a>) -> Read<Members<'a>> {
        let Json::Object(members) = json else {
            return Err(MalformedRule::Type("an object").into());
        };
        Ok(Members(members))
    }

    fn optional<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Json<'a>) -> Read<T>,
    ) -> Read<Option<T>> {
        let Some(at) = self.0.iter().position(|(member, _)| member == name) else {
            return Ok(None);
        };
        let (_, json) = self.0.swap_remove(at);
        if self.0.iter().any(|(member, _)| member == name) {
            return Err(Malformed::from(MalformedRule::Twice).within(name));
        }
        read(json).map(Some).map_err(|error| error.within(name))
    }

    fn required<T>(&mut self, name: &str, read: impl FnOnce(Json<'a>) -> Read<T>) -> Read<T> {
        let missing = || Malformed::from(MalformedRule::Missing).within(name);
        self.optional(name, read)?.ok_or_else(missing)
    }

    /// Refuses what was not read.
    fn end(self) -> Read<()> {
        match self.0.into_iter().next() {
            None => Ok(()),
            Some((name, _)) => Err(Malformed::from(MalformedRule::Unknown).within(&name)),
        }
    }
}

impl From<MalformedRule> for Malformed {
    fn from(rule: MalformedRule) -> Malformed {
        Malformed { member: String::new(), rule }
    }
}

impl Malformed {
    /// The same of a member of what it was said of.
    fn within(self, name: &str) -> Malformed {
        let member = match self.member.as_str() {
            "" => name.to_owned(),
            inner if inner.starts_with('[') => format!("{name}{inner}"),
            inner => format!("{name}.{inner}"),
        };
        Malformed { member, ..self }
    }

    /// The same of an element of a list.
    fn at(self, index: usize) -> Malformed {
        self.within(&format!("[{index}]"))
    }
}
