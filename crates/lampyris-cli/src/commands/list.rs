//! `list`: what meets a filter, in order, page by page, now or as it was.
//!
//! Which rows these are is the projection's to say; here they are asked for and shown.

mod shown;
mod watch;

use std::io::Write;
use std::process::ExitCode;

use lampyris_log::Log;
use lampyris_projection::query::{Condition, Field, Query, QueryError, Rules, SortBy};
use lampyris_projection::{By, Listing, Plan, position_at};
use serde_json::{Value, json};

use crate::args::{At, Global, List, Of};
use crate::failure::Failure;
use crate::{output, store};

pub(crate) use shown::Shown;

pub(crate) fn run(global: &Global, list: &List) -> Result<ExitCode, Failure> {
    let mut query = asked(list)?;
    let (log, views) = store::open_views(global)?;
    query.at = position(&log, list.at)?;
    if list.watch {
        return watch::run(global, list, &query, &log, views);
    }
    let namespace = &list.namespace.namespace;
    let mut out = output::answers();
    if list.plan {
        if list.of != Of::Messages {
            return Err(Failure::no(
                "only queries of messages are planned: the others look at each row",
            ));
        }
        let plan = views.explain_query(namespace, &query).map_err(Failure::no)?;
        tell_plan(global, &plan, &mut out)?;
    } else {
        let no = Failure::no;
        match list.of {
            Of::Messages => {
                tell(global, list, &views.select(namespace, &query).map_err(no)?, &mut out)
            }
            Of::Events => {
                tell(global, list, &views.select_events(namespace, &query).map_err(no)?, &mut out)
            }
            Of::Data => {
                tell(global, list, &views.select_data(namespace, &query).map_err(no)?, &mut out)
            }
        }?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// What is asked for.
fn asked(list: &List) -> Result<Query, Failure> {
    let collection = list.of.collection();
    let mut query = filter(list.of, &list.filter)?;
    if let Some(state) = list.state {
        if list.of != Of::Messages {
            return Err(Failure::Senseless(vec!["only messages have a state".to_owned()]));
        }
        query.filter = query.filter.and(Condition::is(Field::State, state.as_str()).into());
    }
    if let Some(sort) = &list.sort {
        let order = Query::from_pairs(collection, [("sort", sort.as_str())], &Rules::STRICT);
        query.sort = order.map_err(|error| wrong("--sort", sort, &error))?.sort;
    }
    if query.sort.is_empty() {
        query.sort = vec![SortBy::ascending(Field::Sequence)];
    }
    let is_set = |name: &str| list.filter.split('&').any(|part| part.starts_with(name));
    if !is_set("limit=") {
        query.limit = list.limit;
    }
    if !is_set("skip=") {
        query.skip = list.skip;
    }
    query.count |= list.count;
    query.after = list.after.or(query.after);
    Ok(query)
}

/// Reads a filter, and points at what is wrong with it.
pub(crate) fn filter(of: Of, text: &str) -> Result<Query, Failure> {
    let query = Query::parse(of.collection(), text, &Rules::STRICT);
    query.map_err(|error| wrong("the filter", text, &error))
}

fn wrong(what: &str, text: &str, error: &QueryError) -> Failure {
    let QueryError { fault, at } = error;
    let here = text.get(at.clone()).unwrap_or_default();
    Failure::Senseless(vec![format!("{what}, at byte {} ('{here}'): {fault}", at.start)])
}

/// The position that is meant.
pub(crate) fn position(log: &Log, at: Option<At>) -> Result<Option<u64>, Failure> {
    Ok(match at {
        None => None,
        Some(At::Position(position)) => Some(position),
        Some(At::Time(time)) => Some(position_at(log, time)?),
    })
}

/// Tells a page row by row.
fn tell<R: Shown>(
    global: &Global,
    list: &List,
    page: &Listing<R>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let Listing { rows, total, position, next, .. } = page;
    let mut json = Vec::new();
    if global.json && list.count {
        // The rows are written by their own encoder, and stand between what is written here.
        write!(out, "{{\"count\":{},\"items\":[", rows.len())?;
        for (number, row) in rows.iter().enumerate() {
            json.clear();
            if number > 0 {
                json.push(b',');
            }
            row.write_json(&mut json);
            out.write_all(&json)?;
        }
        let (total, next) = (json!(total), json!(next.map(|next| next.to_string())));
        writeln!(out, "],\"next\":{next},\"position\":{position},\"total\":{total}}}")?;
        return Ok(());
    }
    for row in rows {
        if global.json {
            json.clear();
            row.write_json(&mut json);
            json.push(b'\n');
            out.write_all(&json)?;
        } else {
            writeln!(out, "{}", row.line())?;
        }
    }
    if let Some(total) = total
        && !global.json
    {
        writeln!(out, "{} of {total}, after {position} records", rows.len())?;
    }
    out.flush()?;
    if let Some(next) = next {
        let text = next.to_string();
        let text = if global.json { text } else { format!("the list goes on with --after {text}") };
        output::note(global, "next", &text);
    }
    Ok(())
}

fn tell_plan(global: &Global, plan: &Plan, out: &mut impl Write) -> Result<(), Failure> {
    let Plan { parts, rows, left, blocks: (blocks, all), .. } = plan;
    if global.json {
        let parts = parts.iter().map(|told| {
            let (by, rows) = by(told.by);
            json!({ "part": told.part, "by": by, "rows": rows })
        });
        let parts: Vec<Value> = parts.collect();
        let plan = json!({ "parts": parts, "rows": rows, "left": left, "blocks": blocks, "allBlocks": all });
        return Ok(output::json_line(out, &plan)?);
    }
    for told in parts {
        let (by, rows) = by(told.by);
        let rows = rows.map(|rows| format!(": {rows} rows")).unwrap_or_default();
        writeln!(out, "{}: by {by}{rows}", output::plain(&told.part))?;
    }
    writeln!(out, "{left} of {rows} rows are left by the indexes, in {blocks} of {all} blocks")?;
    Ok(())
}

/// What answers a part of a query, and how many rows it leaves.
fn by(by: By) -> (&'static str, Option<u64>) {
    match by {
        By::Index { rows } => ("index", Some(rows)),
        By::Nearly { rows } => ("index, then each row", Some(rows)),
        By::Blocks => ("the times of blocks, then each row", None),
        By::Rows => ("each row", None),
        _ => ("something new", None),
    }
}
