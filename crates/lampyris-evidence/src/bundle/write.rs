//! How the parts of a bundle are written: as texts.
//! Each text is the one that reading takes back.

use core::fmt::Display;

use alloc::vec::Vec;

use serde::Serializer;

use super::hex::Hex;
use crate::checkpoint::SignedCheckpoint;
use crate::merkle::Hash;
use crate::tlog_proof::TlogProof;

#[expect(clippy::ref_option, reason = "serde passes the field")]
pub(super) fn text<T: Display, S: Serializer>(text: &Option<T>, s: S) -> Result<S::Ok, S::Error> {
    match text {
        Some(text) => s.collect_str(text),
        None => s.serialize_none(),
    }
}

pub(super) fn texts<T: Display, S: Serializer>(texts: &[T], s: S) -> Result<S::Ok, S::Error> {
    s.collect_seq(texts.iter().map(alloc::string::ToString::to_string))
}

pub(super) fn hash<S: Serializer>(hash: &Hash, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(hash)
}

#[expect(clippy::ref_option, reason = "serde passes the field")]
pub(super) fn hashes<S: Serializer>(hashes: &Option<Vec<Hash>>, s: S) -> Result<S::Ok, S::Error> {
    texts(hashes.as_deref().unwrap_or_default(), s)
}

pub(super) fn bytes<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(&Hex(bytes))
}

#[expect(clippy::ref_option, reason = "serde passes the field")]
pub(super) fn leaves<S: Serializer>(
    leaves: &Option<Vec<Vec<u8>>>,
    s: S,
) -> Result<S::Ok, S::Error> {
    let leaves: Vec<_> = leaves.iter().flatten().map(|leaf| Hex(leaf)).collect();
    texts(&leaves, s)
}

pub(super) fn note<S: Serializer>(note: &SignedCheckpoint, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(note.note())
}

#[expect(clippy::ref_option, reason = "serde passes the field")]
pub(super) fn checkpoint<S: Serializer>(
    checkpoint: &Option<SignedCheckpoint>,
    s: S,
) -> Result<S::Ok, S::Error> {
    text(&checkpoint.as_ref().map(SignedCheckpoint::note), s)
}

pub(super) fn proof<S: Serializer>(proof: &TlogProof, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&proof.encode())
}
