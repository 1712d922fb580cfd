//! What is fed is seen at once and as a whole, and who waits for it is told.

use std::sync::Arc;

use lampyris_projection::{Ended, Fed, Live, Views};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::lives::{NAMESPACES, Told, lives};
use crate::story::{ID, sequenced};

fn fed(events: &[lampyris_message::event::Event]) -> Vec<Fed<'_>> {
    let numbered = events.iter().zip(0..);
    numbered.map(|(event, position)| Fed { namespace: "a", id: ID, event, position }).collect()
}

/// Runs on one thread until nothing can go on.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn a_writer_can_wait_for_its_own_write() {
    let live = Arc::new(Live::new(Views::new()));
    let events = sequenced();
    block_on(async {
        let waiter = Arc::clone(&live);
        let waiting = tokio::spawn(async move {
            waiter.wait_for(3).await.unwrap();
            waiter.read(|views| views.row("a", ID).unwrap().position())
        });
        tokio::task::yield_now().await;
        assert_eq!(live.feed(&fed(&events)[..2], 0), Ok(2));
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished(), "two records are not three");
        assert_eq!(live.feed(&fed(&events)[2..3], 0), Ok(3));
        assert_eq!(waiting.await.unwrap(), 2);
        live.wait_for(3).await.unwrap();
        live.wait_for(0).await.unwrap();
    });
    assert_eq!(live.feed::<Fed<'_>>(&[], 9), Ok(9), "records that are no message's");
    assert_eq!(live.position(), 9);
}

#[test]
fn nobody_waits_for_ever_for_views_that_ended() {
    let live = Arc::new(Live::new(Views::new()));
    live.feed(&fed(&sequenced()), 0).unwrap();
    block_on(async {
        let waiter = Arc::clone(&live);
        let waiting = tokio::spawn(async move { waiter.wait_for(6).await });
        tokio::task::yield_now().await;
        live.end();
        assert_eq!(waiting.await.unwrap(), Err(Ended { position: 5 }));
        live.wait_for(5).await.unwrap();
        assert_eq!(live.wait_for(7).await, Err(Ended { position: 5 }));
    });
    assert_eq!(live.read(Views::len), 1, "what is there can be read");
}

#[test]
fn a_batch_that_cannot_come_is_not_shown_at_all() {
    let live = Live::new(Views::new());
    let events = sequenced();
    let mut batch = fed(&events);
    batch[4].position = 2;
    live.feed(&batch, 99).unwrap_err();
    assert_eq!((live.position(), live.read(Views::len)), (0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Readers on another thread see the views between batches only, and never go back.
    #[test]
    fn readers_never_see_a_part_of_a_batch(
        told in lives(),
        cuts in prop::collection::vec(any::<Index>(), 0..8),
    ) {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(told.len() + 1)).collect();
        cuts.extend([0, told.len()]);
        cuts.sort_unstable();
        let end = told.last().map_or(0, |last| last.position + 1);
        let whole: Vec<(u64, usize)> = {
            let mut views = Views::new();
            let mut seen = vec![(0, 0)];
            for cut in cuts.windows(2) {
                for Told { namespace, id, event, position } in &told[cut[0]..cut[1]] {
                    views.apply(namespace, *id, event, *position).unwrap();
                }
                seen.push((views.position(), views.len()));
            }
            seen
        };
        let live = Live::new(Views::new());
        let seen = std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut seen = Vec::new();
                loop {
                    seen.push(live.read(|views| {
                        let counted = NAMESPACES.iter().flat_map(|name| views.counts(name));
                        let counted: u64 = counted.map(|(_, count)| count).sum();
                        assert_eq!(counted, views.len() as u64);
                        (views.position(), views.len())
                    }));
                    if live.position() == end {
                        return seen;
                    }
                }
            });
            for cut in cuts.windows(2) {
                let batch: Vec<_> = told[cut[0]..cut[1]].iter().map(Told::fed).collect();
                live.feed(&batch, 0).unwrap();
            }
            reader.join().unwrap()
        });
        prop_assert!(seen.is_sorted());
        prop_assert!(seen.iter().all(|seen| whole.contains(seen)), "{:?} of {:?}", seen, whole);
    }
}
