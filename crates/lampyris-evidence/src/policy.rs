//! Whom a reader believes: which logs, and which of their witnesses are enough (<https://c2sp.org/tlog-policy>).
//! A policy comes from the reader and never from the log, or it would prove nothing.

mod parse;

pub use parse::MalformedPolicy;

use crate::checkpoint::SignedCheckpoint;
use crate::key::{Algorithm, VerifierKey};
use crate::note::SignatureError;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// Most bytes of a policy's text: each of its lines, a group of all other names included, has room a hundred times.
pub const MAX_POLICY_BYTES: usize = 1 << 20;
/// Most logs, most witnesses and most groups: as many as a note has signatures; the specification asks for 32.
pub const MAX_ENTRIES: usize = 64;

/// Which logs are known, and which witnesses must have seen a checkpoint of theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<VerifierKey>,
    witnesses: Vec<VerifierKey>,
    // Invariant: members of a group stand before it, so that one pass decides all.
    groups: Vec<Group>,
    quorum: Option<Voter>,
}

/// A witness that saw a checkpoint, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// The name of its key.
    pub name: String,
    /// Seconds since 1970, by the witness's clock.
    pub seconds: u64,
}

/// A checkpoint that does not satisfy a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The policy has no log of that origin.
    #[error("the policy knows no log {origin}")]
    UnknownLog {
        /// The checkpoint's origin.
        origin: String,
    },
    /// No key of the log signed it.
    #[error("the checkpoint is signed by no key that the policy has for {origin}")]
    Unsigned {
        /// The checkpoint's origin.
        origin: String,
    },
    /// A line of a known log or witness does not verify.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Too few witnesses cosigned it.
    #[error("the quorum is not reached: {cosigned} of {known} known witnesses cosigned")]
    Quorum {
        /// How many cosigned.
        cosigned: usize,
        /// How many the policy has.
        known: usize,
    },
}

/// What a policy has to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyRule {
    /// The text is too long.
    #[error("a policy has at most {MAX_POLICY_BYTES} bytes")]
    Long,
    /// A control character.
    #[error("a policy has no control character but tab and newline")]
    Control,
    /// The last line does not end as a line does.
    #[error("each line of a policy ends with a newline")]
    Ending,
    /// A line of another kind.
    #[error("a line begins with `log`, `witness`, `group`, `quorum` or `#`")]
    Keyword,
    /// A line with too few or too many items.
    #[error("the line should be `{0}`")]
    Items(&'static str),
    /// The key is none.
    #[error(transparent)]
    Key(#[from] crate::key::KeyError),
    /// The key does not sign what it should.
    #[error("the key of a log signs notes (type 0x01), that of a witness cosigns (type 0x04)")]
    Algorithm,
    /// A public key that another line of its kind has, perhaps under another name.
    #[error("the same public key stands there twice")]
    SameKey,
    /// A name that is taken, or that may not be given.
    #[error("the name is taken, or is `none`")]
    Name,
    /// A name that no line above gives.
    #[error("there is no witness and no group of that name above")]
    Unknown,
    /// A witness or group that belongs to a group already.
    #[error("a witness or a group is a member at most once")]
    Member,
    /// A threshold that is none.
    #[error("a group asks for `any`, `all` or a number of members, from 1 to all of them")]
    Threshold,
    /// There are too many.
    #[error("a policy has at most {MAX_ENTRIES} logs, as many witnesses and as many groups")]
    Entries,
    /// There is no quorum, or more than one.
    #[error("a policy has exactly one quorum")]
    Quorum,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    threshold: usize,
    members: Vec<Voter>,
}

/// A witness or a group, by its place in the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Voter {
    Witness(usize),
    Group(usize),
}

impl Policy {
    /// A policy of these logs, of which a checkpoint is believed if `quorum` of these witnesses cosigned it; 0 asks for
    /// none.
    ///
    /// # Errors
    /// [`PolicyRule`] if a key is of no use, is there twice, or there are fewer witnesses than the quorum.
    pub fn of(
        logs: &[VerifierKey],
        witnesses: &[VerifierKey],
        quorum: usize,
    ) -> Result<Policy, PolicyRule> {
        let mut policy = Policy::empty();
        logs.iter().try_for_each(|key| policy.add_log(key.clone()))?;
        witnesses.iter().try_for_each(|key| policy.add_witness(key.clone()).map(drop))?;
        if quorum > 0 {
            let members = (0..witnesses.len()).map(Voter::Witness).collect();
            policy.quorum = Some(policy.add_group(Group { threshold: quorum, members })?);
        }
        Ok(policy)
    }

    /// The known logs' keys.
    pub fn logs(&self) -> &[VerifierKey] {
        &self.logs
    }

    /// The known witnesses' keys.
    pub fn witnesses(&self) -> &[VerifierKey] {
        &self.witnesses
    }

    /// Checks that a known log signed the checkpoint and enough witnesses cosigned it, and says which: all that are
    /// known and did, in the policy's order. Each line of a known key has to verify; lines of others are ignored.
    ///
    /// # Errors
    /// [`PolicyError`] if it does not satisfy the policy.
    pub fn check(&self, checkpoint: &SignedCheckpoint) -> Result<Vec<Witnessed>, PolicyError> {
        let origin = &checkpoint.checkpoint().origin;
        if !self.logs.iter().any(|key| key.name() == origin) {
            return Err(PolicyError::UnknownLog { origin: origin.clone() });
        }
        let mut signed = false;
        for key in &self.logs {
            if checkpoint.note().signature_of(key)?.is_some() {
                checkpoint.note().verify(key)?;
                signed |= key.name() == origin;
            }
        }
        if !signed {
            return Err(PolicyError::Unsigned { origin: origin.clone() });
        }
        let times = self.witnesses.iter().map(|key| checkpoint.cosigned_by(key));
        let times = times.collect::<Result<Vec<_>, _>>()?;
        let witnessed: Vec<_> = self
            .witnesses
            .iter()
            .zip(&times)
            .filter_map(|(key, seconds)| {
                Some(Witnessed { name: key.name().to_owned(), seconds: (*seconds)? })
            })
            .collect();
        if self.reached(&times) {
            Ok(witnessed)
        } else {
            let (cosigned, known) = (witnessed.len(), self.witnesses.len());
            Err(PolicyError::Quorum { cosigned, known })
        }
    }

    fn reached(&self, times: &[Option<u64>]) -> bool {
        let mut groups: Vec<bool> = Vec::with_capacity(self.groups.len());
        let votes = |voter: Voter, groups: &[bool]| match voter {
            Voter::Witness(index) => times.get(index).is_some_and(Option::is_some),
            Voter::Group(index) => groups.get(index).is_some_and(|reached| *reached),
        };
        for Group { threshold, members } in &self.groups {
            let found = members.iter().filter(|member| votes(**member, &groups)).count();
            groups.push(found >= *threshold);
        }
        self.quorum.is_none_or(|quorum| votes(quorum, &groups))
    }

    fn empty() -> Policy {
        Policy { logs: Vec::new(), witnesses: Vec::new(), groups: Vec::new(), quorum: None }
    }

    fn add_log(&mut self, key: VerifierKey) -> Result<(), PolicyRule> {
        add_key(&mut self.logs, key, Algorithm::Ed25519)
    }

    fn add_witness(&mut self, key: VerifierKey) -> Result<Voter, PolicyRule> {
        add_key(&mut self.witnesses, key, Algorithm::CosignatureV1)?;
        Ok(Voter::Witness(self.witnesses.len() - 1))
    }

    fn add_group(&mut self, group: Group) -> Result<Voter, PolicyRule> {
        if group.threshold == 0 || group.threshold > group.members.len() {
            return Err(PolicyRule::Threshold);
        }
        if self.groups.len() == MAX_ENTRIES {
            return Err(PolicyRule::Entries);
        }
        self.groups.push(group);
        Ok(Voter::Group(self.groups.len() - 1))
    }
}

fn add_key(
    keys: &mut Vec<VerifierKey>,
    key: VerifierKey,
    algorithm: Algorithm,
) -> Result<(), PolicyRule> {
    if key.algorithm() != algorithm {
        return Err(PolicyRule::Algorithm);
    }
    if keys.iter().any(|other| other.public() == key.public()) {
        return Err(PolicyRule::SameKey);
    }
    if keys.len() == MAX_ENTRIES {
        return Err(PolicyRule::Entries);
    }
    keys.push(key);
    Ok(())
}
