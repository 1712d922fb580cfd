//! The structural verifier: is fed frames in order and checks everything that needs no knowledge of the events.
//! It never reads a file and never trusts a frame because an earlier run did.

use crate::claims_index::{ClaimsIndex, Secret};
use crate::corrupt::{At, Corrupt, Rule};
use crate::frame::{Frame, FrameReader, RawRecord};
use crate::identity::{Identity, OwnEvent};
use crate::index::{StreamOrdinal, Streams};
use crate::merkle::{Frontier, Hash, Head};
use crate::record::RecordRef;
use crate::tree::{self, Entry};
use std::ops::ControlFlow;

/// A record that was found in order, with what a consumer needs and nothing it would have to look up again.
#[derive(Debug, Clone, Copy)]
pub struct VerifiedRecord<'a> {
    /// The record.
    pub record: RecordRef<'a>,
    /// Number of its stream: dense, in order of first appearance.
    pub stream: StreamOrdinal,
    /// Its exact bytes.
    pub bytes: &'a [u8],
    /// Its leaf hash.
    pub leaf: Hash,
}

/// A record with all that can be said of it without knowing what stands before it.
#[derive(Debug)]
pub(crate) struct Prepared<'a, P> {
    record: RecordRef<'a>,
    raw: RawRecord<'a>,
    leaf: Hash,
    /// What the consumer made of the record alone.
    for_visit: P,
}

/// Checks frames from the first one on: checksums, sequences, roots, spelling, streams, appends, time.
#[derive(Debug)]
pub struct Verifier {
    chain: Chain,
    order: Order,
    streams: Streams,
    claims: ClaimsIndex,
    identity: Option<Identity>,
    record_bytes: u64,
    reader: FrameReader,
}

/// The chain of roots: which sequence comes next, and what everything before it hashes to.
#[derive(Debug, Default)]
pub struct Chain {
    frontier: Frontier,
    /// What the records bring into the tiles, if somebody wants it.
    entries: Option<Vec<Entry>>,
}

/// What can be said of a record from its neighbour alone: time, and the parts of an append.
#[derive(Debug)]
pub(crate) struct Order {
    time: i64,
    append: Option<AppendRun>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct AppendRun {
    id: [u8; 16],
    next: u32,
    count: u32,
}

/// What opening goes on with after the last frame.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) frontier: Frontier,
    pub(crate) streams: Streams,
    pub(crate) claims: ClaimsIndex,
    pub(crate) identity: Option<Identity>,
    pub(crate) time: i64,
    /// Bytes of all records together.
    pub(crate) record_bytes: u64,
}

impl Default for Verifier {
    fn default() -> Self {
        Verifier::new()
    }
}

impl Verifier {
    /// A verifier before the first frame.
    pub fn new() -> Verifier {
        Verifier {
            chain: Chain::default(),
            order: Order::new(),
            streams: Streams::default(),
            claims: ClaimsIndex::default(),
            identity: None,
            record_bytes: 0,
            reader: FrameReader::new(),
        }
    }

    /// A verifier before the first frame that keeps claims under a secret that is in use.
    pub(crate) fn under(secret: Secret) -> Verifier {
        Verifier { claims: ClaimsIndex::with_secret(secret, 0), ..Verifier::new() }
    }

    /// A verifier behind records that were verified before.
    pub(crate) fn resume(verified: Verified) -> Verifier {
        let Verified { frontier, streams, claims, identity, time, record_bytes } = verified;
        let (chain, order) = (Chain { frontier, entries: None }, Order { time, append: None });
        Verifier { chain, order, streams, claims, identity, record_bytes, ..Verifier::new() }
    }

    /// Checks the next frame and hands out its records in order; `visit` may break off.
    /// After a break or an error the verifier is of no further use.
    ///
    /// # Errors
    /// [`Corrupt`] names the first rule that the frame or one of its records breaks.
    pub fn frame(
        &mut self,
        key: u64,
        stored: &[u8],
        mut visit: impl FnMut(&VerifiedRecord<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Corrupt> {
        let mut reader = std::mem::take(&mut self.reader);
        let accepted = reader.open(key, stored).and_then(|frame| {
            self.accept(&frame, prepared(&frame, &|_: &_| ()), |record, ()| visit(record))
        });
        self.reader = reader;
        accepted
    }

    /// Checks what depends on what came before, in a frame whose records are prepared or prepare themselves as
    /// they are asked for, and hands them out; as [`frame`](Self::frame) otherwise.
    pub(crate) fn accept<'a, P>(
        &mut self,
        frame: &Frame<'a>,
        records: impl Iterator<Item = Result<Prepared<'a, P>, Corrupt>>,
        mut visit: impl FnMut(&VerifiedRecord<'_>, P) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Corrupt> {
        self.chain.link(frame)?;
        self.order.begin_frame();
        let mut last = frame.first_sequence;
        for prepared in records {
            let Prepared { record, raw, leaf, for_visit } = prepared?;
            let fault = |rule| frame.fault(raw.sequence, raw.offset, rule);
            self.order.observe(&record).map_err(fault)?;
            let own = Identity::observe(&mut self.identity, &record);
            if let Some(OwnEvent::Recovered(recovered)) = own.map_err(|rule| fault(rule.into()))? {
                let stands = recovered.check_tree(self.chain.head());
                stands.map_err(|rule| fault(rule.into()))?;
            }
            let stream = self.streams.observe(&record).map_err(fault)?;
            for claim in &record.claims {
                let key = self.claims.secret().claim(&claim);
                self.claims.insert(key, raw.sequence).map_err(fault)?;
            }
            self.chain.push(leaf);
            self.record_bytes += raw.bytes.len() as u64;
            let verified = VerifiedRecord { record, stream, bytes: raw.bytes, leaf };
            if visit(&verified, for_visit).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            last = raw.sequence;
        }
        self.order.end_frame().map_err(|rule| frame.fault(last, frame.raw_len(), rule))?;
        Ok(ControlFlow::Continue(()))
    }

    /// Number of records that were checked.
    pub(crate) fn size(&self) -> u64 {
        self.chain.size()
    }

    /// Size and root of what was checked.
    pub fn head(&self) -> Head {
        self.chain.head()
    }

    /// The same verifier, telling what records bring into the tiles.
    pub(crate) fn with_entries(mut self) -> Verifier {
        self.chain.entries = Some(Vec::new());
        self
    }

    /// What the records since the last call bring into the tiles.
    pub(crate) fn take_entries(&mut self) -> Vec<Entry> {
        self.chain.take_entries()
    }

    /// Who the log says it is, known after the first record.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// The streams seen so far.
    pub fn streams(&self) -> &Streams {
        &self.streams
    }

    pub(crate) fn finish(self) -> Verified {
        Verified {
            frontier: self.chain.frontier,
            streams: self.streams,
            claims: self.claims,
            identity: self.identity,
            time: self.order.time,
            record_bytes: self.record_bytes,
        }
    }
}

impl Chain {
    /// A chain before the first frame that tells what records bring into the tiles.
    pub(crate) fn with_entries() -> Chain {
        Chain { entries: Some(Vec::new()), ..Chain::default() }
    }

    /// What the records since the last call bring into the tiles.
    pub(crate) fn take_entries(&mut self) -> Vec<Entry> {
        self.entries.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Checks that a frame stands on what came before.
    ///
    /// # Errors
    /// [`Corrupt`] if its first sequence or its root before is another one.
    pub fn link(&self, frame: &Frame<'_>) -> Result<(), Corrupt> {
        let Head { size, root } = self.head();
        let fault = |byte, rule| Corrupt {
            frame: frame.first_sequence,
            sequence: size,
            at: At::Stored(byte),
            rule,
        };
        if frame.first_sequence != size {
            let rule = Rule::Sequence { found: frame.first_sequence };
            return Err(fault(crate::frame::FIRST_SEQUENCE_OFFSET, rule));
        }
        if frame.root_before != root {
            let rule = Rule::RootBefore { said: frame.root_before, found: root };
            return Err(fault(crate::frame::ROOT_BEFORE_OFFSET, rule));
        }
        Ok(())
    }

    /// Takes the next record's bytes into the tree.
    pub fn leaf(&mut self, bytes: &[u8]) -> Hash {
        let leaf = Hash::leaf(bytes);
        self.push(leaf);
        leaf
    }

    /// Takes the next record's leaf hash into the tree.
    pub(crate) fn push(&mut self, leaf: Hash) {
        match &mut self.entries {
            None => self.frontier.push(leaf),
            Some(entries) => self.frontier.push_with(leaf, tree::entries(entries)),
        }
    }

    /// Number of records so far; the root, which costs a hash for each level, is not computed.
    pub(crate) fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Size and root so far.
    pub fn head(&self) -> Head {
        self.frontier.head()
    }
}

impl Order {
    pub(crate) fn new() -> Order {
        Order { time: i64::MIN, append: None }
    }

    pub(crate) fn begin_frame(&mut self) {
        self.append = None;
    }

    pub(crate) fn observe(&mut self, record: &RecordRef<'_>) -> Result<(), Rule> {
        if record.time < self.time {
            return Err(Rule::Time { earlier: self.time, found: record.time });
        }
        let run = self.append.take();
        let expected = run.as_ref().map_or(0, |run| run.next);
        let goes_on =
            run.is_none_or(|run| run.id == record.append_id && run.count == record.append_count);
        if record.append_index != expected || !goes_on {
            return Err(Rule::Append {
                expected,
                index: record.append_index,
                count: record.append_count,
            });
        }
        if expected + 1 < record.append_count {
            self.append = Some(AppendRun {
                id: record.append_id,
                next: expected + 1,
                count: record.append_count,
            });
        }
        self.time = record.time;
        Ok(())
    }

    pub(crate) fn end_frame(&self) -> Result<(), Rule> {
        if self.append.is_some() { Err(Rule::AppendCut) } else { Ok(()) }
    }
}

/// The records of a frame, each prepared when it is asked for.
pub(crate) fn prepared<'a, P>(
    frame: &Frame<'a>,
    prepare: &impl Fn(&RecordRef<'_>) -> P,
) -> impl Iterator<Item = Result<Prepared<'a, P>, Corrupt>> {
    frame.records().map(move |raw| {
        let raw = raw?;
        let record = decode(frame, raw)?;
        let leaf = Hash::leaf(raw.bytes);
        Ok(Prepared { record, raw, leaf, for_visit: prepare(&record) })
    })
}

/// Decodes a record and checks that it is the one which belongs there.
pub(crate) fn decode<'a>(frame: &Frame<'a>, raw: RawRecord<'a>) -> Result<RecordRef<'a>, Corrupt> {
    let record = RecordRef::decode(raw.bytes).map_err(|malformed| {
        frame.fault(raw.sequence, raw.offset + malformed.byte, Rule::Record(malformed))
    })?;
    if record.sequence == raw.sequence {
        Ok(record)
    } else {
        Err(frame.fault(raw.sequence, raw.offset, Rule::Sequence { found: record.sequence }))
    }
}
