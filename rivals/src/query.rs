//! Queries of the messages of one log: Lampyris' views beside SQLite with FireFly's columns, both asked the same in
//! one run.
//!
//! SQLite gets FireFly's indexes and the ones that FireFly lacks. It keeps no history, so nothing of the past is asked.

mod asked;
mod mirror;

use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use lampyris::Lampyris;
use lampyris::query::{Collection, Query, Rules};
use lampyris::{Message, MessageId};

use asked::{ASKED, Asked, Values};
use mirror::Mirror;

/// How often each query is asked of each side, with changing values.
const TIMES: usize = 400;

/// Compares both on a log that is there; returns a table as Markdown.
pub(crate) fn run(log: &Path) -> Result<String, String> {
    let engine = Lampyris::builder().existing().open(log).map_err(|error| error.to_string())?;
    let everything = engine.query(&Query::in_log_order()).map_err(|error| error.to_string())?;
    let messages: Vec<Message> =
        everything.messages.iter().map(|view| view.message().clone()).collect();
    eprintln!("{} messages, copied to SQLite", messages.len());
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mirror = Mirror::make(&scratch.path().join("messages.db"), &messages)?;
    let sample: Vec<Values> = (0..TIMES).filter_map(|n| values(&messages, n)).collect();
    drop(everything);
    let mut table = String::from(
        "| query | p50, us | p99, us | SQLite p50, us | SQLite p99, us | times as fast, p50 |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for asked in ASKED {
        let row = measure(&engine, &mirror, asked, &sample)?;
        table.push_str(&row);
    }
    Ok(table)
}

/// The values of one message, for the n-th time that something is asked.
fn values(messages: &[Message], n: usize) -> Option<Values> {
    // A stride that meets no period of the made-up messages.
    let number = n.wrapping_mul(7_919_911) % messages.len().max(1);
    let message = messages.get(number)?;
    let later = messages.get((number + 50_000).min(messages.len() - 1))?;
    let header = &message.header;
    Some(Values {
        id: header.id?,
        topic: header.topics.first()?.clone(),
        author: header.author.clone(),
        from: header.created?,
        to: later.header.created?,
        number: n,
    })
}

/// Asks both sides in turn, and counts what each gives.
fn measure(
    engine: &Lampyris,
    mirror: &Mirror,
    asked: &Asked,
    sample: &[Values],
) -> Result<String, String> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for values in sample {
        let text = (asked.filter)(values);
        let query = Query::parse(Collection::Messages, &text, &Rules::STRICT)
            .map_err(|error| format!("{text}: {error}"))?;
        let began = Instant::now();
        let answer = engine.query(&query).map_err(|error| error.to_string())?;
        ours.push(began.elapsed().as_secs_f64());
        let found: Vec<Option<MessageId>> =
            answer.messages.iter().map(|view| view.message().header.id).collect();
        let (sql, parameters) = (asked.sql)(values);
        let began = Instant::now();
        let rows = mirror.ask(sql, &parameters)?;
        theirs.push(began.elapsed().as_secs_f64());
        let agrees = match (answer.total, rows.count) {
            (Some(total), Some(count)) if asked.is_count => total == count,
            _ => found.len() == rows.ids.len(),
        };
        if !agrees {
            return Err(format!(
                "{}: {} rows, SQLite has {}: {text}",
                asked.name,
                found.len(),
                rows.ids.len()
            ));
        }
    }
    let [p50, p99, their_p50, their_p99] = [
        percentile(&mut ours, 50),
        percentile(&mut ours, 99),
        percentile(&mut theirs, 50),
        percentile(&mut theirs, 99),
    ];
    let mut row = String::new();
    let _written = writeln!(
        row,
        "| {} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
        asked.name,
        p50 * 1e6,
        p99 * 1e6,
        their_p50 * 1e6,
        their_p99 * 1e6,
        their_p50 / p50
    );
    eprint!("{row}");
    Ok(row)
}

/// The value that so many of a hundred are not above.
fn percentile(values: &mut [f64], of_100: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() * of_100 / 100).copied().unwrap_or_default()
}
