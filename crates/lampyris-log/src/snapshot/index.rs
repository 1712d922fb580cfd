//! The log's own section of a snapshot: who it is, where its tree, its streams and its claims stand.
//! A cut is taken while nothing else becomes durable; it is written later, from what it shares with the log.

use super::{Section, SectionReader, SectionWriter, Snapshot, Unfit};
use crate::append::Appended;
use crate::claims_index::{ClaimsIndex, Secret};
use crate::identity::{Identity, Recovered, Rules};
use crate::index::StoredStreams;
use crate::limits::{ORIGIN, RECENT_APPENDS};
use crate::merkle::{Frontier, Hash, Head};
use crate::recent::RecentReader;
use crate::tree::TILE_HASHES;
use crate::verify::Verified;

/// The name of the log's own section.
pub const INDEX: &str = "index";
/// Its version.
pub const INDEX_VERSION: u32 = 2;

/// Fewest bytes of what is said of a recovery: two empty names, a head, and no other.
const LEAST_RECOVERY: usize = 4 + 4 + 40 + 4;

/// The log as it was at one size.
pub(crate) struct IndexCut {
    pub(crate) identity: Identity,
    pub(crate) frontier: Frontier,
    pub(crate) time: i64,
    pub(crate) record_bytes: u64,
    pub(crate) recent: RecentReader,
    pub(crate) tiles: Option<Tiles>,
    pub(crate) streams: StoredStreams,
    /// Of the stored checkpoints, so many were compared with the log; and the hash over their heads. Found out when
    /// the cut is written: those of its size or less are none that come later.
    pub(crate) compared: (u64, Hash),
    pub(crate) secret: Secret,
    /// Number of claims.
    pub(crate) claims: u64,
    /// Gives the claims, a part at a time, until there is none.
    pub(crate) parts: ClaimParts,
}

/// The claims by the numbers of the parts of their table.
pub(crate) type ClaimParts = Box<dyn Fn(usize) -> Option<Vec<[u64; 2]>> + Send>;

/// For each level of tiles how many are full and kept, and the hashes behind them.
pub(crate) type Tiles = Vec<(u64, Vec<Hash>)>;

/// What opening goes on with.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) verified: Verified,
    pub(crate) recent: RecentReader,
    pub(crate) tiles: Option<Tiles>,
    pub(crate) compared: (u64, Hash),
}

impl Section for IndexCut {
    fn name(&self) -> &'static str {
        INDEX
    }

    fn version(&self) -> u32 {
        INDEX_VERSION
    }

    fn write(&self, out: &mut SectionWriter<'_>) {
        out.text(&self.identity.origin);
        out.u64(self.identity.layout);
        out.u32(self.identity.rules.version);
        out.raw(&self.identity.rules.hash);
        write_recoveries(out, &self.identity.recoveries);
        write_hashes(out, self.frontier.peaks());
        out.i64(self.time);
        out.u64(self.record_bytes);
        out.u64(self.compared.0);
        out.raw(&self.compared.1.0);
        write_tiles(out, self.tiles.as_ref());
        write_recent(out, &self.recent);
        self.secret.keys().into_iter().for_each(|key| out.u64(key));
        out.u64(self.claims);
        for part in (0..).map_while(|part| (self.parts)(part)) {
            for [hash, rest] in part {
                out.u64(hash);
                out.u64(rest);
            }
        }
        self.streams.write(out);
    }
}

impl IndexCut {
    /// The first thing in which it is not what records of the same head lead to.
    pub(crate) fn difference(&self, found: &Verified, recent: &RecentReader) -> Option<String> {
        let differs = |what: &str| Some(format!("{what} differs"));
        if found.identity.as_ref() != Some(&self.identity) {
            return differs("the name of the log, or its rules,");
        }
        if self.time != found.time {
            return differs("the time of the last record");
        }
        if self.record_bytes != found.record_bytes {
            return differs("the number of bytes of all records");
        }
        if self.recent.all() != recent.all() {
            return differs("what the newest appends were answered");
        }
        let stream = self.streams.difference(&found.streams);
        stream.or_else(|| self.claims_difference(&found.claims))
    }

    /// Both are hashed under the same secret, so a key cannot be named; the record that used it can.
    fn claims_difference(&self, found: &ClaimsIndex) -> Option<String> {
        let (said, known) = (self.claims, found.len() as u64);
        if said != known {
            return Some(format!("it has {said} claims and not {known}"));
        }
        let claims = (0..).map_while(|part| (self.parts)(part)).flatten();
        let mut unknown = claims.filter(|claim| !found.has(*claim));
        let [_, rest] = unknown.next()?;
        let sequence = ClaimsIndex::sequence_of(rest);
        Some(format!("it has a claim of record {sequence} that the record does not make"))
    }
}

impl Start {
    /// Reads the section back.
    ///
    /// # Errors
    /// [`Unfit`] if it is not one of a log with this snapshot's head.
    pub(crate) fn read(snapshot: &Snapshot) -> Result<Start, Unfit> {
        let (bytes, head) = (snapshot.section(INDEX, INDEX_VERSION)?, snapshot.head());
        let from = &mut SectionReader::new(&bytes);
        let (origin, layout) = (from.text()?.to_owned(), from.u64()?);
        let rules = Rules { version: from.u32()?, hash: from.array()? };
        let recoveries = read_recoveries(from)?;
        let identity = Identity { log_id: snapshot.log_id(), origin, rules, layout, recoveries };
        let frontier = Frontier::from_peaks(head.size, read_hashes(from)?);
        let frontier = frontier.filter(|frontier| frontier.head() == head);
        let frontier = frontier.ok_or(Unfit("has hashes that do not lead to its root"))?;
        if head.size == 0 || !ORIGIN.hold(identity.origin.len()) {
            return Err(Unfit("is of a log that cannot be"));
        }
        let (time, record_bytes) = (from.i64()?, from.u64()?);
        let compared = (from.u64()?, Hash(from.array()?));
        let tiles = read_tiles(from)?;
        let recent = read_recent(from, head.size)?;
        let claims = read_claims(from, head.size)?;
        let streams = StoredStreams::read(from, head.size)?;
        from.end()?;
        let identity = Some(identity);
        let verified = Verified { frontier, streams, claims, identity, time, record_bytes };
        Ok(Start { verified, recent, tiles, compared })
    }
}

fn write_recoveries(out: &mut SectionWriter<'_>, recoveries: &[Recovered]) {
    out.u32(u32::try_from(recoveries.len()).unwrap_or(u32::MAX));
    for recovered in recoveries {
        out.text(&recovered.old_origin);
        out.text(&recovered.new_origin);
        let lost =
            recovered.lost.map(|lost| [lost.size.to_be_bytes().as_slice(), &lost.root.0].concat());
        out.u64(recovered.head.size);
        out.raw(&recovered.head.root.0);
        out.bytes(&lost.unwrap_or_default());
    }
}

fn read_recoveries(from: &mut SectionReader<'_>) -> Result<Vec<Recovered>, Unfit> {
    let count = from.u32()?;
    let mut recoveries = Vec::with_capacity(from.room(count, LEAST_RECOVERY)?);
    for _ in 0..count {
        let (old_origin, new_origin) = (from.text()?.to_owned(), from.text()?.to_owned());
        let head = read_head(from)?;
        let lost = match from.bytes()? {
            [] => None,
            lost => Some(read_head(&mut SectionReader::new(lost))?),
        };
        recoveries.push(Recovered { old_origin, new_origin, head, lost });
    }
    Ok(recoveries)
}

fn read_head(from: &mut SectionReader<'_>) -> Result<Head, Unfit> {
    Ok(Head { size: from.u64()?, root: Hash(from.array()?) })
}

fn write_hashes(out: &mut SectionWriter<'_>, hashes: &[Hash]) {
    out.u32(u32::try_from(hashes.len()).unwrap_or(u32::MAX));
    for hash in hashes {
        out.raw(&hash.0);
    }
}

fn read_hashes(from: &mut SectionReader<'_>) -> Result<Vec<Hash>, Unfit> {
    let count = from.u32()?;
    let mut hashes = Vec::with_capacity(from.room(count, 32)?);
    for _ in 0..count {
        hashes.push(Hash(from.array()?));
    }
    Ok(hashes)
}

/// One more than the number of levels, then each; 0 if no tiles were kept.
fn write_tiles(out: &mut SectionWriter<'_>, tiles: Option<&Tiles>) {
    let Some(levels) = tiles else { return out.u32(0) };
    out.u32(u32::try_from(levels.len() + 1).unwrap_or(u32::MAX));
    for (kept, rest) in levels {
        out.u64(*kept);
        write_hashes(out, rest);
    }
}

fn read_tiles(from: &mut SectionReader<'_>) -> Result<Option<Tiles>, Unfit> {
    let Some(count) = from.u32()?.checked_sub(1) else { return Ok(None) };
    let mut levels = Vec::with_capacity(from.room(count, 12)?);
    for _ in 0..count {
        levels.push((from.u64()?, read_hashes(from)?));
    }
    Ok(Some(levels))
}

fn write_recent(out: &mut SectionWriter<'_>, recent: &RecentReader) {
    out.u32(u32::try_from(recent.all().len()).unwrap_or(u32::MAX));
    for (id, Appended { sequences, time }) in recent.all() {
        out.raw(id);
        out.u64(sequences.start);
        out.u64(sequences.end);
        out.i64(*time);
    }
}

fn read_recent(from: &mut SectionReader<'_>, size: u64) -> Result<RecentReader, Unfit> {
    let (mut recent, count) = (RecentReader::default(), from.u32()?);
    if count as usize > RECENT_APPENDS {
        return Err(Unfit("holds too many recent appends"));
    }
    for _ in 0..count {
        let (id, sequences, time) = (from.array()?, from.u64()?..from.u64()?, from.i64()?);
        if sequences.end > size || sequences.is_empty() {
            return Err(Unfit("holds an append that is not there"));
        }
        recent.note(id, Appended { sequences, time });
    }
    Ok(recent)
}

fn read_claims(from: &mut SectionReader<'_>, size: u64) -> Result<ClaimsIndex, Unfit> {
    let secret = Secret::stored([from.u64()?, from.u64()?, from.u64()?, from.u64()?]);
    let count = u32::try_from(from.u64()?).map_err(|_| Unfit("is cut"))?;
    let mut claims = ClaimsIndex::with_secret(secret, from.room(count, 16)?);
    for _ in 0..count {
        let claim = [from.u64()?, from.u64()?];
        claims.put_back(claim, size).ok_or(Unfit("holds a claim that cannot be"))?;
    }
    Ok(claims)
}

/// Whether the hashes behind the full tiles are those of a log of so many records.
pub(crate) fn has_levels(levels: &Tiles, size: u64) -> bool {
    let mut hashes = size;
    let fits = levels.iter().all(|(kept, rest)| {
        let here = kept.checked_mul(TILE_HASHES as u64);
        let fits = here.and_then(|here| here.checked_add(rest.len() as u64)) == Some(hashes);
        hashes /= TILE_HASHES as u64;
        fits
    });
    fits && hashes == 0
}
