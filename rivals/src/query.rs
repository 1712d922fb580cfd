//! Queries of the messages of one log: Lampyris' views beside SQLite with FireFly's columns, both asked the same in
//! one run, and both answering byte for byte the same.
//!
//! SQLite gets FireFly's indexes and the ones that FireFly lacks. It keeps no history, so nothing of the past is asked.

mod asked;
mod body;
mod mirror;

use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

use lampyris::Lampyris;
use lampyris::message::{HeaderFields, MessageFields};
use lampyris::projection::{Row, SelectError, Selection};
use lampyris::query::{Collection, Query, Rules};

use asked::{ASKED, Asked, Statement, Values};
use mirror::Mirror;

/// How often each query is asked of each side, with changing values.
const TIMES: usize = 400;
/// How often if each row must be looked at.
const SCANS: usize = 20;
const HEAD: &str = "\
| query | answer | p50, us | p99, us | SQLite p50, us | SQLite p99, us | times as fast, p50 |
| --- | --- | --- | --- | --- | --- | --- |
";

/// What is made of the rows that are found.
#[derive(Clone, Copy)]
enum Answer {
    /// Each value of each row is looked at where it is.
    Looked,
    /// The JSON of the messages, as a client is sent it.
    Json,
}

impl Answer {
    const fn name(self) -> &'static str {
        match self {
            Self::Looked => "rows, looked at",
            Self::Json => "JSON",
        }
    }
}

/// A query for both sides.
struct Both {
    text: String,
    query: Query,
    statement: Statement,
}

/// What a side answered: how many bytes there were to look at, or the JSON; or a number of rows.
#[derive(Debug, PartialEq, Eq)]
enum Answered {
    Looked(usize),
    Json(Vec<u8>),
    Count(u64),
}

/// Compares both on a log that is there; returns a table as Markdown.
pub(crate) fn run(log: &Path) -> Result<String, String> {
    let engine = Lampyris::builder().existing().open(log).map_err(|error| error.to_string())?;
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (mirror, sample) = engine.with_views(|views| {
        let rows: Vec<Row<'_>> = views.list(engine.namespace(), None, None).collect();
        eprintln!("{} messages are copied to SQLite", rows.len());
        let messages = rows.iter().map(|row| (row.first(), row.view().message().clone()));
        let mirror = Mirror::make(&scratch.path().join("messages.db"), messages)?;
        let sample: Vec<Values> = (0..TIMES).filter_map(|n| values(&rows, n)).collect();
        Ok::<_, String>((mirror, sample))
    })?;
    let mut table = String::from(HEAD);
    for asked in ASKED {
        for answer in [Answer::Looked, Answer::Json] {
            if (asked.is_count || asked.is_scan) && matches!(answer, Answer::Json) {
                continue;
            }
            let often = if asked.is_scan { sample.len().min(SCANS) } else { sample.len() };
            let sample = sample.get(..often).unwrap_or_default();
            table.push_str(&measure(&engine, &mirror, asked, answer, sample)?);
        }
    }
    Ok(table)
}

/// The values of one message, for the n-th time that something is asked.
fn values(rows: &[Row<'_>], n: usize) -> Option<Values> {
    // A stride that meets no period of the made-up messages.
    let number = n.wrapping_mul(7_919_911) % rows.len().max(1);
    let row = rows.get(number)?;
    let later = rows.get((number + 50_000).min(rows.len() - 1))?;
    Some(Values {
        id: row.id(),
        topic: row.topics().next()?.to_owned(),
        author: row.fields().author().to_owned(),
        from: row.created()?,
        to: later.created()?,
        number: n,
    })
}

/// Asks one side after the other, so that neither finds its memory displaced by the other's, and compares each answer.
/// Each is asked everything once before it is measured.
fn measure(
    engine: &Lampyris,
    mirror: &Mirror,
    asked: &Asked,
    answer: Answer,
    sample: &[Values],
) -> Result<String, String> {
    let both: Vec<Both> = sample
        .iter()
        .map(|values| {
            let text = (asked.filter)(values);
            let query = Query::parse(Collection::Messages, &text, &Rules::STRICT)
                .map_err(|error| format!("{text}: {error}"))?;
            Ok(Both { text, query, statement: (asked.sql)(values) })
        })
        .collect::<Result<_, String>>()?;
    let ours = timed(&both, |both| {
        ours(engine, &both.query, asked.is_count, answer).map_err(|error| error.to_string())
    })?;
    let theirs = timed(&both, |both| mirror.ask(&both.statement, asked.is_count, answer))?;
    for (both, (our, their)) in both.iter().zip(ours.answers.iter().zip(&theirs.answers)) {
        if our != their {
            return Err(format!("{}: {our:?}, SQLite has {their:?}: {}", asked.name, both.text));
        }
    }
    let mut row = String::new();
    let (ours, theirs) = (ours.times, theirs.times);
    let [p50, p99] = [percentile(&ours, 50), percentile(&ours, 99)];
    let [their_p50, their_p99] = [percentile(&theirs, 50), percentile(&theirs, 99)];
    let answer = if asked.is_count { "a number" } else { answer.name() };
    let _written = writeln!(
        row,
        "| {} | {answer} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
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

/// What one side answered, and how many seconds each answer took, in ascending order.
struct Timed {
    answers: Vec<Answered>,
    times: Vec<f64>,
}

fn timed(asked: &[Both], ask: impl Fn(&Both) -> Result<Answered, String>) -> Result<Timed, String> {
    let ask = |both: &Both| ask(both).map_err(|error| format!("{}: {error}", both.text));
    let mut timed = Timed { answers: Vec::new(), times: Vec::new() };
    for both in asked {
        timed.answers.push(ask(both)?);
    }
    for both in asked {
        let began = Instant::now();
        drop(ask(both)?);
        timed.times.push(began.elapsed().as_secs_f64());
    }
    timed.times.sort_by(f64::total_cmp);
    Ok(timed)
}

/// What the views answer.
fn ours(
    engine: &Lampyris,
    query: &Query,
    is_count: bool,
    answer: Answer,
) -> Result<Answered, SelectError> {
    engine.with_views(|views| {
        let Selection { rows, total, .. } = views.select(engine.namespace(), query)?;
        Ok(match (is_count, answer) {
            (true, _) => Answered::Count(total.unwrap_or_default()),
            (false, Answer::Looked) => Answered::Looked(rows.iter().map(looked).sum()),
            (false, Answer::Json) => {
                let mut body = Vec::new();
                for row in &rows {
                    row.fields().write_json(&mut body);
                }
                Answered::Json(body)
            }
        })
    })
}

/// Looks at each value of a row; returns how many bytes the texts have, and how many other values there are.
fn looked(row: &Row<'_>) -> usize {
    let fields = row.fields();
    let header = fields.header();
    let texts = [
        header.message_type(),
        header.tx_type().unwrap_or_default(),
        header.author(),
        header.key(),
        header.namespace(),
        header.tag(),
        fields.local_namespace(),
        fields.state(),
        fields.reject_reason(),
        fields.idempotency_key(),
    ];
    let others = [
        header.id().is_some(),
        header.cid().is_some(),
        header.created().is_some(),
        header.group().is_some(),
        header.data_hash().is_some(),
        fields.hash().is_some(),
        fields.batch().is_some(),
        fields.tx_id().is_some(),
        fields.confirmed().is_some(),
    ];
    let topics: usize = header.topics().map(str::len).sum();
    let data = fields.data().into_iter().flatten().flatten();
    let data: usize = data.map(|data| usize::from(data.id.is_some() && data.hash.is_some())).sum();
    let pins: usize = fields.pins().map(|pin| pin.as_ref().len()).sum();
    let texts: usize = texts.iter().map(|text| text.len()).sum();
    texts + others.iter().filter(|is| **is).count() + topics + data + pins
}

/// The value that so many of a hundred are not above.
fn percentile(ascending: &[f64], of_100: usize) -> f64 {
    ascending.get(ascending.len() * of_100 / 100).copied().unwrap_or_default()
}
