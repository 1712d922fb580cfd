//! The views as a snapshot keeps them: a cut that is taken at once, written later and read back.
//!
//! A cut shares what neither it nor the views change; tables of hashes are not stored but made anew.

use lampyris_log::snapshot::{Chunks, Section, SectionReader, SectionWriter, Snapshot, Unfit};
use lampyris_message::{BatchId, TransactionId};

use super::Views;
use super::batches::Batch;
use super::namespace::{Namespace, NamespaceCut};

/// The name of the section with the views.
pub const VIEWS: &str = "views";
/// Its version.
pub const VIEWS_VERSION: u32 = 1;

/// The views of a log as they were at one position.
#[derive(Debug)]
pub struct StoredViews {
    position: u64,
    batches: Chunks<Batch>,
    namespaces: Vec<NamespaceCut>,
}

impl Views {
    /// The views as they are now; what is fed later does not change them.
    pub fn cut(&self) -> StoredViews {
        StoredViews {
            position: self.size,
            batches: self.batches.list().clone(),
            namespaces: self.namespaces.iter().map(Namespace::cut).collect(),
        }
    }

    /// The views that a snapshot holds.
    ///
    /// # Errors
    /// [`Unfit`] if it holds none of a log of so many records.
    pub fn stored(snapshot: &Snapshot) -> Result<Self, Unfit> {
        let bytes = snapshot.section(VIEWS, VIEWS_VERSION)?;
        let (from, mut views) = (&mut SectionReader::new(&bytes), Self::new());
        views.size = from.u64()?;
        if views.size != snapshot.head().size {
            return Err(Unfit("has views of another number of records"));
        }
        let batches = from.u32()?;
        from.room(batches, 32)?;
        for _ in 0..batches {
            let (batch, transaction) = (from.array()?, from.array()?);
            let batch = (BatchId::from_bytes(batch), TransactionId::from_bytes(transaction));
            views.batches.number(batch);
        }
        if views.batches.list().len() != batches as usize {
            return Err(Unfit("holds a batch twice"));
        }
        for number in 0..from.u32()? {
            let namespace = Namespace::read(from, views.size, batches)?;
            if views.names.insert(namespace.name().into(), number as usize).is_some() {
                return Err(Unfit("names a namespace twice"));
            }
            views.namespaces.push(namespace);
        }
        from.end()?;
        Ok(views)
    }
}

impl StoredViews {
    /// How many records they reflect.
    pub const fn position(&self) -> u64 {
        self.position
    }
}

impl Section for StoredViews {
    fn name(&self) -> &'static str {
        VIEWS
    }

    fn version(&self) -> u32 {
        VIEWS_VERSION
    }

    fn write(&self, out: &mut SectionWriter<'_>) {
        out.u64(self.position);
        out.u32(u32::try_from(self.batches.len()).unwrap_or(u32::MAX));
        for (batch, transaction) in self.batches.iter() {
            out.raw(batch.as_bytes());
            out.raw(transaction.as_bytes());
        }
        out.u32(u32::try_from(self.namespaces.len()).unwrap_or(u32::MAX));
        for namespace in &self.namespaces {
            namespace.write(out);
        }
    }
}
