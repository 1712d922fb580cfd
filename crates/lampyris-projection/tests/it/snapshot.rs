//! Views that a log's snapshot held are the views that were fed, and go on as they do.

use std::sync::Arc;

use lampyris_log::snapshot::{Consumer, Section, Snapshot, Unfit};
use lampyris_log::{
    Append, Log, MemoryShard, Observer, Options, Rules, ShardLog, VerifiedRecord, Verify,
};
use lampyris_message::lifecycle::rules;
use lampyris_projection::query::Query;
use lampyris_projection::{Views, record};
use parking_lot::Mutex;
use proptest::prelude::*;

use crate::lives::lives;

/// Views that are fed what becomes durable by who appends, one at a time.
#[derive(Debug, Default)]
struct Kept(Mutex<Views>);

impl Observer for Kept {
    fn durable(&self, size: u64) {
        self.0.lock().reach(size);
    }

    fn cut(&self, _: u64) -> Option<Vec<Box<dyn Section>>> {
        Some(vec![Box::new(self.0.lock().cut())])
    }
}

/// Takes up the views of a snapshot.
#[derive(Debug, Default)]
struct Resumed(Views);

impl Consumer for Resumed {
    fn resume(&mut self, from: &Snapshot) -> Result<(), Unfit> {
        self.0 = Views::stored(from)?;
        Ok(())
    }

    fn restart(&mut self) {
        self.0 = Views::new();
    }

    fn take(&mut self, record: &VerifiedRecord<'_>, (): ()) {
        self.0.take(&record.record).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn views_are_the_same_by_a_snapshot_at_any_record(
        told in lives(),
        at in any::<prop::sample::Index>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let shard = MemoryShard::new();
        let rules = Rules { version: rules::VERSION, hash: rules::hash().0 };
        let options = Options::writer(rules).create([9; 16]).without_tiles().verify(Verify::New);
        let options = options.snapshot_file(folder.path().join("snapshot"));
        let open = |options: &Options| {
            let (mut resumed, shard) = (Resumed::default(), Arc::new(shard.share()));
            let log = Log::open_into_on(shard as Arc<dyn ShardLog>, options, |_| (), &mut resumed);
            (log.unwrap(), resumed.0)
        };
        let middle = at.index(told.len() + 1);
        let mut expected = Views::new();
        // The first half is written down, the second is read behind it.
        for (every, told) in [(1, &told[..middle]), (u64::MAX, &told[middle..])] {
            let kept = Arc::new(Kept::default());
            let observed = options.clone().snapshot_every(every);
            let (log, views) = open(&observed.observer(Arc::clone(&kept) as Arc<dyn Observer>));
            *kept.0.lock() = views;
            for told in told {
                let mut number = [0; 16];
                number[..8].copy_from_slice(&log.head().size.to_be_bytes());
                let event = record::new_event(told.id, &told.event);
                let append = Append::new(number, told.namespace, "test", "test").event(event);
                // Fed first: the snapshot is taken before the append is answered.
                let position = log.head().size;
                kept.0.lock().apply(told.namespace, told.id, &told.event, position).unwrap();
                expected.apply(told.namespace, told.id, &told.event, position).unwrap();
                log.append_blocking(append).unwrap();
            }
            expected.reach(log.head().size);
        }
        let (log, found) = open(&options);
        prop_assert!(log.verified_from() > 0);
        prop_assert_eq!(&found, &expected);
        for told in &told {
            let (one, other) = (
                found.gap_fills_for(told.namespace, told.id),
                expected.gap_fills_for(told.namespace, told.id),
            );
            prop_assert_eq!(one, other);
        }
        for namespace in crate::lives::NAMESPACES {
            prop_assert!(found.counts(namespace).eq(expected.counts(namespace)));
            // Also what was so before is told the same.
            for at in 0..=found.position() {
                let query = Query { at: Some(at), ..Query::in_log_order() };
                let (one, other) = (found.select(namespace, &query), expected.select(namespace, &query));
                prop_assert_eq!(one.unwrap().rows, other.unwrap().rows);
            }
        }
    }
}
