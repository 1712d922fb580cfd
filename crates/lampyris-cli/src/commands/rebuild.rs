//! `rebuild`: the views that the next opening begins with, made anew from the log and compared.
//!
//! The log itself is not changed.

use std::io::Write;
use std::ops::ControlFlow;
use std::process::ExitCode;

use lampyris::Lampyris;
use lampyris_log::snapshot::{Consumer, Snapshot, Unfit};
use lampyris_log::{Log, Options, VerifiedRecord, Verify};
use lampyris_projection::{Difference, View, Views};
use serde_json::{Value, json};

use crate::args::{Global, Rebuild};
use crate::failure::Failure;
use crate::{output, store};

/// Differences that are told one by one.
const TOLD: usize = 100;

pub(crate) fn run(global: &Global, asked: &Rebuild) -> Result<ExitCode, Failure> {
    let mut held = Held::default();
    let options = Options::reader().verify(Verify::New);
    let log = Log::open_into(&global.data, &options, |_| (), &mut held)?;
    let progress = output::progress(global, None, "records");
    let fresh = lampyris_projection::rebuild(&log, |position| {
        progress.set_position(position);
        ControlFlow::Continue(())
    });
    progress.finish_and_clear();
    let fresh = fresh.map_err(Failure::no)?;
    let differences = match &mut held.0 {
        None => Vec::new(),
        Some(held) => {
            // Both of the same records: what the writer appended meanwhile is in one of them alone.
            held.reach(fresh.position());
            held.differences(&fresh)
        }
    };
    let is_compared = held.0.is_some();
    drop((log, held));
    if !asked.diff {
        switch(global)?;
    }
    tell(global, &differences, is_compared, !asked.diff)?;
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Opens the log whole, and leaves a snapshot of what that came to.
fn switch(global: &Global) -> Result<(), Failure> {
    let log = store::open_to_sign(global)?;
    log.distrust_snapshot();
    drop(log);
    let engine = Lampyris::builder().snapshot_every(1).open(&global.data)?;
    lampyris_log::block_on(engine.close()).map_err(Failure::no)
}

fn tell(
    global: &Global,
    differences: &[Difference],
    is_compared: bool,
    is_switched: bool,
) -> Result<(), Failure> {
    let mut out = output::answers();
    if global.json {
        let told: Vec<Value> = differences.iter().map(told).collect();
        output::json_line(
            &mut out,
            &json!({ "compared": is_compared, "differences": told, "switched": is_switched }),
        )?;
    } else {
        for difference in differences.iter().take(TOLD) {
            writeln!(out, "{}", output::plain(&line(difference)))?;
        }
        if differences.len() > TOLD {
            writeln!(out, "and {} more; --json tells all", differences.len() - TOLD)?;
        }
        match (is_compared, differences.len()) {
            (false, _) => writeln!(out, "there was no snapshot with views to compare with")?,
            (true, 0) => {
                writeln!(out, "the views of the snapshot are those that the log leads to")?;
            }
            (true, count) => writeln!(out, "{count} differences")?,
        }
        if is_switched {
            writeln!(out, "the next opening begins with views made anew")?;
        }
    }
    Ok(out.flush()?)
}

fn line(difference: &Difference) -> String {
    match difference {
        Difference::Position { ours, theirs } => {
            format!("position: the snapshot reflects {ours} records, the log leads to {theirs}")
        }
        Difference::Message { namespace, id, ours, theirs } => {
            let told = |view: &Option<Box<View>>| {
                let view =
                    view.as_ref().map(|view| String::from_utf8_lossy(&view.to_json()).into_owned());
                view.unwrap_or_else(|| "nothing".to_owned())
            };
            format!(
                "message {id} of '{namespace}': the snapshot has {}, the log leads to {}",
                told(ours),
                told(theirs)
            )
        }
        Difference::Other { namespace, what } => format!("the {what} of '{namespace}'"),
        _ => "something new".to_owned(),
    }
}

fn told(difference: &Difference) -> Value {
    match difference {
        Difference::Position { ours, theirs } => {
            json!({ "position": { "snapshot": ours, "log": theirs } })
        }
        Difference::Message { namespace, id, ours, theirs } => {
            let told = |view: &Option<Box<View>>| -> Value {
                let json = view.as_ref().map(|view| view.to_json());
                json.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
            };
            json!({ "namespace": namespace, "id": id.to_string(), "snapshot": told(ours), "log": told(theirs) })
        }
        Difference::Other { namespace, what } => json!({ "namespace": namespace, "what": what }),
        _ => Value::Null,
    }
}

/// The views that a snapshot holds, and what came after it; nothing if there is none.
#[derive(Default)]
struct Held(Option<Views>);

impl Consumer for Held {
    fn resume(&mut self, from: &Snapshot) -> Result<(), Unfit> {
        self.0 = Some(Views::stored(from)?);
        Ok(())
    }

    fn restart(&mut self) {
        self.0 = None;
    }

    fn take(&mut self, verified: &VerifiedRecord<'_>, (): ()) {
        // What cannot come is left out, and told as a difference.
        if let Some(views) = &mut self.0 {
            drop(views.take(&verified.record));
        }
    }
}
