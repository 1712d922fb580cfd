//! Closed loops: so many tasks, each of which waits for its answer before it appends again.
//! They run on one thread, so that the sides have the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::records::Records;
use crate::side::Side;

/// Numbers of appends: no two of a run are equal.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Appends answered in a second, by so many tasks in a round of this length.
#[expect(clippy::disallowed_methods, reason = "a bench measures by the wall clock")]
pub(crate) fn rate(
    runtime: &Runtime,
    side: &Arc<dyn Side>,
    records: &Arc<Records>,
    in_flight: usize,
    round: Duration,
) -> Result<f64, String> {
    let began = Instant::now();
    let count = runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for _ in 0..in_flight {
            let (side, records) = (Arc::clone(side), Arc::clone(records));
            tasks.spawn(async move {
                let mut count = 0_u32;
                while began.elapsed() < round {
                    let number = NEXT.fetch_add(1, Ordering::Relaxed);
                    let item = records.get(number).ok_or("there are no records")?;
                    side.append(number, item).await?;
                    count += 1;
                }
                Ok::<u32, String>(count)
            });
        }
        let mut count = 0;
        while let Some(done) = tasks.join_next().await {
            count += done.map_err(|error| error.to_string())??;
        }
        Ok::<u32, String>(count)
    })?;
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}
