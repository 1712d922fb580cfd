//! Claims: the keys an append uses up, each with a fingerprint of what it was used for.
//! This file never decides whether a key is free.

use alloc::borrow::ToOwned;
use alloc::string::String;
use minicbor::Decoder;

/// A key that an append uses up in a namespace of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The namespace of keys.
    pub namespace: String,
    /// The key.
    pub key: String,
    /// Hash of the request that used it: tells the same request again from another one.
    pub fingerprint: [u8; 32],
}

/// A claim that borrows its texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClaimRef<'a> {
    /// The namespace of keys.
    pub namespace: &'a str,
    /// The key.
    pub key: &'a str,
    /// Hash of the request that used it.
    pub fingerprint: [u8; 32],
}

/// The claims of a record: encoded ones, or a writer's list.
#[derive(Debug, Clone, Copy)]
pub struct Claims<'a>(Source<'a>);

#[derive(Debug, Clone, Copy)]
enum Source<'a> {
    // Invariant: `bytes` starts with `count` claims that decode.
    Encoded { bytes: &'a [u8], count: usize },
    Listed(&'a [Claim]),
}

/// Walks the claims of a record.
#[derive(Debug, Clone)]
pub struct ClaimsIter<'a>(Source<'a>);

impl<'a> Claims<'a> {
    /// No claims.
    pub fn none() -> Claims<'a> {
        Claims(Source::Listed(&[]))
    }

    /// The claims of a list.
    pub fn listed(claims: &'a [Claim]) -> Claims<'a> {
        Claims(Source::Listed(claims))
    }

    /// Takes `count` claims from the decoder, or fails at the first that is not one.
    pub(crate) fn decode(
        d: &mut Decoder<'a>,
        count: usize,
    ) -> Result<Claims<'a>, minicbor::decode::Error> {
        let bytes = d.input().get(d.position()..).unwrap_or_default();
        for _ in 0..count {
            decode_claim(d)?;
        }
        Ok(Claims(Source::Encoded { bytes, count }))
    }

    /// Number of claims.
    pub fn len(&self) -> usize {
        match self.0 {
            Source::Encoded { count, .. } => count,
            Source::Listed(list) => list.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The claims in order.
    pub fn iter(&self) -> ClaimsIter<'a> {
        ClaimsIter(self.0)
    }
}

impl<'a> IntoIterator for &Claims<'a> {
    type Item = ClaimRef<'a>;
    type IntoIter = ClaimsIter<'a>;

    fn into_iter(self) -> ClaimsIter<'a> {
        self.iter()
    }
}

impl PartialEq for Claims<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Claims<'_> {}

impl<'a> Iterator for ClaimsIter<'a> {
    type Item = ClaimRef<'a>;

    fn next(&mut self) -> Option<ClaimRef<'a>> {
        match &mut self.0 {
            Source::Encoded { bytes, count } => {
                *count = count.checked_sub(1)?;
                let mut d = Decoder::new(bytes);
                let claim = decode_claim(&mut d).ok()?;
                *bytes = bytes.get(d.position()..)?;
                Some(claim)
            }
            Source::Listed(list) => {
                let (first, rest) = list.split_first()?;
                *list = rest;
                Some(first.borrow())
            }
        }
    }
}

impl Claim {
    /// The same claim as a borrowing one.
    pub fn borrow(&self) -> ClaimRef<'_> {
        ClaimRef { namespace: &self.namespace, key: &self.key, fingerprint: self.fingerprint }
    }
}

impl ClaimRef<'_> {
    /// The same claim with its own memory.
    pub fn to_claim(self) -> Claim {
        Claim {
            namespace: self.namespace.to_owned(),
            key: self.key.to_owned(),
            fingerprint: self.fingerprint,
        }
    }
}

fn decode_claim<'a>(d: &mut Decoder<'a>) -> Result<ClaimRef<'a>, minicbor::decode::Error> {
    if d.array()? != Some(3) {
        return Err(minicbor::decode::Error::message("a claim has three parts"));
    }
    let namespace = d.str()?;
    let key = d.str()?;
    let fingerprint = d.bytes()?;
    let fingerprint = fingerprint
        .try_into()
        .map_err(|_| minicbor::decode::Error::message("a fingerprint has 32 bytes"))?;
    Ok(ClaimRef { namespace, key, fingerprint })
}
