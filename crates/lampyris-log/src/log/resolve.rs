//! What a decision means for who appended: conflicts are looked into, on the caller's thread.
//! A stream that is further than expected, or a used key, may be this very append's work, sent before.

use super::Shared;
use crate::append::{Append, Appended, Expected, Place};
use crate::corrupt::{At, Corrupt, Rule};
use crate::error::{AppendError, ReadError, Refused};
use crate::record::{Claim, ClaimRef, Record};
use crate::request::Verdict;

impl Shared {
    /// The answer to an append that was decided on. All that the decision stood on is durable.
    pub(super) fn resolve(
        &self,
        append: &Append,
        verdict: Verdict,
    ) -> Result<Appended, AppendError> {
        match verdict {
            Verdict::Keep(appended, _) => Ok(appended),
            Verdict::Refused(refused) => Err(refused.into()),
            Verdict::Repeat(appended) => self.same(append, appended.sequences.start),
            Verdict::Conflict { index, actual } => {
                if let Some(first) = self.trace(append)? {
                    return self.same(append, first);
                }
                let (stream, expected) = append.expected.get(index).cloned().unwrap_or_default();
                Err(Refused::Conflict { stream, expected, actual }.into())
            }
            Verdict::ClaimTaken { index, holder } => {
                if let Some(first) = self.trace(append)? {
                    return self.same(append, first);
                }
                Err(self.claim_taken(append, index, holder)?.into())
            }
        }
    }

    /// Where an append of this id stands, if it left its mark: in a stream, at the version that it expected to be
    /// free, or in the record that holds one of its keys.
    fn trace(&self, append: &Append) -> Result<Option<u64>, ReadError> {
        for (stream, expected) in &append.expected {
            let wanted = match expected {
                Expected::NoStream => 0,
                Expected::Version(version) => version.saturating_add(1),
                Expected::Any => continue,
            };
            let tail = {
                let durable = self.durable.read();
                durable.streams.tail(&append.namespace, &stream.kind, &stream.id)
            };
            let mut next = tail.filter(|tail| tail.events > wanted).map(|tail| tail.last);
            while let Some(sequence) = next {
                let Some(record) = self.record(sequence)? else { break };
                if record.append_id == append.id {
                    return Ok(Some(first_of(&record)));
                }
                next = record.previous.filter(|_| record.version > wanted);
            }
        }
        for claim in &append.claims {
            let key = self.secret.claim(&claim.borrow());
            let holder = self.durable.read().claims.holder(key);
            let record = holder.map(|holder| self.record(holder)).transpose()?.flatten();
            if let Some(record) = record.filter(|record| record.append_id == append.id) {
                return Ok(Some(first_of(&record)));
            }
        }
        Ok(None)
    }

    /// The first answer of an append that stands at `first`, if it is the same append.
    fn same(&self, append: &Append, first: u64) -> Result<Appended, AppendError> {
        let mut time = 0;
        for (index, event) in (0u32..).zip(&append.events) {
            let stored = self.record(first + u64::from(index))?;
            let same = stored.as_ref().is_some_and(|stored| {
                let place = Place {
                    sequence: stored.sequence,
                    version: stored.version,
                    previous: stored.previous,
                    time: stored.time,
                };
                time = stored.time;
                append.record(index, event, place) == stored.borrow()
            });
            if !same {
                return Err(Refused::IdTaken { holder: first }.into());
            }
        }
        Ok(Appended { sequences: first..first + append.events.len() as u64, time })
    }

    /// The refusal for a used key, once its holder was read.
    fn claim_taken(
        &self,
        append: &Append,
        index: usize,
        holder: u64,
    ) -> Result<Refused, ReadError> {
        let wanted = append.claims.get(index).map(Claim::borrow);
        let (claim, _) = self.claim(wanted.unwrap_or_default(), holder)?;
        let Claim { namespace, key, fingerprint } = claim;
        Ok(Refused::ClaimTaken { namespace, key, holder, fingerprint })
    }

    /// A claim as it stands in the record that holds it, and that record.
    pub(super) fn claim(
        &self,
        wanted: ClaimRef<'_>,
        holder: u64,
    ) -> Result<(Claim, Record), ReadError> {
        let record = self.record(holder)?;
        let found = record.and_then(|record| {
            let same =
                |held: &&Claim| (&*held.namespace, &*held.key) == (wanted.namespace, wanted.key);
            let claim = record.claims.iter().find(same).cloned();
            claim.map(|claim| (claim, record))
        });
        found.ok_or_else(|| {
            // Two keys meet in the index: one chance in 2^80 for each pair, and another one after reopening.
            let (at, rule) = (At::Raw(0), Rule::ClaimMissing);
            Corrupt { frame: holder, sequence: holder, at, rule }.into()
        })
    }
}

fn first_of(record: &Record) -> u64 {
    record.sequence - u64::from(record.append_index)
}
