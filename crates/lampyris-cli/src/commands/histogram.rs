//! `histogram`: how many messages there are over time, by type and by state.
//!
//! What is counted is the projection's; here it is drawn.

mod plot;
mod svg;

use std::io::Write;
use std::process::ExitCode;

use lampyris_message::Timestamp;
use lampyris_projection::Bucket;
use serde_json::{Value, json};

use super::list;
use crate::args::{Global, HistogramArgs, Of};
use crate::failure::Failure;
use crate::{output, store};

pub(crate) fn run(global: &Global, asked: &HistogramArgs) -> Result<ExitCode, Failure> {
    let mut query = list::filter(Of::Messages, &asked.filter)?;
    let (log, views) = store::open_views(global)?;
    query.at = list::position(&log, asked.at)?;
    let (namespace, by) = (&asked.namespace.namespace, asked.by.field());
    let span = views.span(namespace, by);
    let from = asked.from.or_else(|| span.as_ref().map(|span| span.start));
    let to = asked.to.or_else(|| span.as_ref().map(|span| span.end));
    let Some((from, to)) = from.zip(to) else {
        return Err(Failure::no(format!("no message in namespace '{namespace}' has such a time")));
    };
    if from > to {
        return Err(Failure::Senseless(vec![format!("--from {from} is after --to {to}")]));
    }
    let histogram = views.histogram(namespace, &query, by, from..to, asked.buckets);
    let histogram = histogram.map_err(Failure::no)?;
    if let Some(file) = &asked.svg {
        let title = format!("messages by {}, {from} to {to}", by.name());
        output::put(Some(file), svg::drawn(&histogram.buckets, &title).as_bytes())?;
    }
    let mut out = output::answers();
    if global.json {
        let buckets: Vec<Value> = histogram.buckets.iter().map(told).collect();
        let told = json!({
            "by": by.name(),
            "from": from.to_string(),
            "to": to.to_string(),
            "position": histogram.position,
            "buckets": buckets,
        });
        output::json_line(&mut out, &told)?;
    } else if asked.svg.is_none() {
        out.write_all(plot::drawn(&histogram.buckets).as_bytes())?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn told(bucket: &Bucket) -> Value {
    let states =
        bucket.states.iter().map(|(state, count)| (state.as_str().to_owned(), json!(count)));
    json!({
        "timestamp": begin(bucket),
        "count": bucket.count,
        "types": bucket.types,
        "states": states.collect::<serde_json::Map<_, _>>(),
    })
}

/// When a bucket begins, as text.
fn begin(bucket: &Bucket) -> String {
    let seconds = i64::try_from(bucket.start.div_euclid(1_000_000_000)).unwrap_or(i64::MAX);
    let nanos = u32::try_from(bucket.start.rem_euclid(1_000_000_000)).unwrap_or_default();
    Timestamp::from_unix_seconds(seconds, nanos).map(|time| time.to_string()).unwrap_or_default()
}
