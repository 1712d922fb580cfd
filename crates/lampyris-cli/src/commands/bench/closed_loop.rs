//! Closed loops: so many tasks, each of which waits for its answer before it goes on.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::failure::Failure;

/// Drives one side with so many tasks, each of which takes an item and waits for what `submit` answers to it, in
/// turn: items a second.
#[expect(clippy::disallowed_methods, reason = "a bench measures by the wall clock")]
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub(super) fn rate<T, F>(
    runtime: &Runtime,
    in_flight: u32,
    items: Vec<T>,
    submit: impl Fn(T) -> F + Clone + Send + 'static,
) -> Result<f64, Failure>
where
    T: Send + 'static,
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    let count = items.len();
    let items = Arc::new(Mutex::new(items.into_iter()));
    let began = Instant::now();
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for _ in 0..in_flight {
            let (items, submit) = (Arc::clone(&items), submit.clone());
            tasks.spawn(async move {
                loop {
                    let next = items.lock().ok().and_then(|mut items| items.next());
                    let Some(item) = next else { return Ok(()) };
                    submit(item).await?;
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.map_err(Failure::no)?.map_err(Failure::No)?;
        }
        Ok::<(), Failure>(())
    })?;
    Ok(count as f64 / began.elapsed().as_secs_f64())
}
