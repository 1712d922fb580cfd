//! What the order of one topic is kept by: contexts, the key of a nonce, and the pin it makes.
//! Nothing here remembers a nonce.

use sha2::{Digest, Sha256};

use crate::hash::{Bytes32, ContextHash, GroupHash, NonceKey, PinHash};

/// The context of a broadcast topic, which is its pin as well: SHA-256 of the topic.
pub fn broadcast(topic: &str) -> ContextHash {
    ContextHash(Bytes32::sha256(topic.as_bytes()))
}

/// The context of a topic within a group: SHA-256 of the topic and the 32 bytes of the group.
///
/// It never leaves the members. Nonces of v0.14.1 and earlier were kept by it.
pub fn private(topic: &str, group: &GroupHash) -> ContextHash {
    ContextHash(finish(within(topic, group)))
}

/// What a sender's last nonce is kept by: SHA-256 of topic, group and the author's DID.
pub fn nonce_key(topic: &str, group: &GroupHash, author: &str) -> NonceKey {
    NonceKey(finish(within(topic, group).chain_update(author)))
}

/// The pin of a private message for one topic: SHA-256 of topic, group, the author's DID, and the
/// nonce in eight bytes, the highest first.
pub fn private_pin(topic: &str, group: &GroupHash, author: &str, nonce: u64) -> PinHash {
    let nonce = nonce.to_be_bytes();
    PinHash(finish(within(topic, group).chain_update(author).chain_update(nonce)))
}

/// A nonce as upstream's signed column holds it; one below zero counts as zero.
pub const fn nonce_from_signed(nonce: i64) -> u64 {
    if nonce < 0 { 0 } else { nonce.unsigned_abs() }
}

fn within(topic: &str, group: &GroupHash) -> Sha256 {
    Sha256::new().chain_update(topic).chain_update(group.as_bytes())
}

fn finish(hash: Sha256) -> Bytes32 {
    Bytes32(hash.finalize().into())
}
