//! `bench large`: what a log of many messages takes, from its first record to a judged replay: seconds, memory, disk.
//!
//! One run of each step; the scan that each is held against reads, decompresses, decodes and hashes every record.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use lampyris::Lampyris;
use lampyris_log::{Log, Options, Verify};
use lampyris_projection::Audit;
use serde_json::json;

use super::{memory, scratch, workload};
use crate::args::{BenchLarge, Global};
use crate::failure::Failure;
use crate::{output, store};

/// What one step took.
struct Step {
    name: &'static str,
    seconds: f64,
    /// Resident memory while its result was held.
    memory: Option<u64>,
}

/// Takes the time of the steps.
#[derive(Default)]
struct Steps(Vec<Step>);

impl Steps {
    #[expect(clippy::disallowed_methods, reason = "a bench measures by the wall clock")]
    fn take<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<(), Failure> {
        let began = Instant::now();
        let held = work()?;
        let (seconds, memory) = (began.elapsed().as_secs_f64(), memory::resident());
        drop(held);
        self.0.push(Step { name, seconds, memory });
        Ok(())
    }
}

pub(crate) fn run(global: &Global, bench: &BenchLarge) -> Result<ExitCode, Failure> {
    let scratch = scratch(bench.scratch.as_deref())?;
    let path = scratch.path().join("log");
    let (mut steps, mut records) = (Steps::default(), 0);
    // An engine is fed the views as the log grows; this is the log alone, with its index.
    steps.take("load", || {
        let log = Log::open(&path, &store::writer_options().snapshot_every(u64::MAX))?;
        workload::fill(&log, bench.messages.saturating_mul(workload::LIFE_EVENTS), false)?;
        records = log.head().size;
        Ok(log)
    })?;
    let open = |verify| Lampyris::builder().existing().verify(verify).open(&path);
    steps.take("open whole", || open(Verify::Whole).map_err(Failure::no))?;
    steps.take("open by snapshot", || open(Verify::New).map_err(Failure::no))?;
    steps.take("scan alone", || {
        let log = Log::open(&path, &Options::reader().verify(Verify::New))?;
        log.scan_bound()?;
        Ok(log)
    })?;
    steps.take("replay", || {
        let mut audit = Audit::new();
        let log = Log::open_prepared(&path, &Options::reader(), Audit::read, |record, read| {
            audit.take_read(record, read);
        })?;
        audit.fault().map_or(Ok((log, audit.messages())), |fault| Err(Failure::no(fault)))
    })?;
    report(global, bench.messages, records, &steps.0, &sizes(&path)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Bytes on the disk below each entry of a directory.
fn sizes(path: &Path) -> Result<Vec<(String, u64)>, Failure> {
    let cannot = |error| Failure::no(format!("cannot look into {}: {error}", path.display()));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        found.push((
            entry.file_name().to_string_lossy().into_owned(),
            size(&entry.path()).map_err(cannot)?,
        ));
    }
    found.sort();
    Ok(found)
}

fn size(path: &Path) -> std::io::Result<u64> {
    let metadata = std::fs::symlink_metadata(path)?;
    if !metadata.is_dir() {
        return Ok(metadata.len());
    }
    std::fs::read_dir(path)?.try_fold(0, |sum, entry| Ok(sum + size(&entry?.path())?))
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn report(
    global: &Global,
    messages: u64,
    records: u64,
    steps: &[Step],
    sizes: &[(String, u64)],
) -> Result<(), Failure> {
    const MIB: u64 = 1 << 20;
    let mut out = output::answers();
    if global.json {
        let steps: Vec<_> = steps
            .iter()
            .map(|step| json!({ "step": step.name, "seconds": step.seconds, "residentBytes": step.memory }))
            .collect();
        let answer = json!({
            "bench": "large",
            "messages": messages,
            "records": records,
            "steps": steps,
            "diskBytes": sizes.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        });
        output::json_line(&mut out, &answer)?;
        return Ok(out.flush()?);
    }
    writeln!(out, "{messages} messages, {records} records")?;
    for Step { name, seconds, memory } in steps {
        let rate = records as f64 / seconds.max(1e-9);
        let memory = memory.map_or_else(|| "?".to_owned(), |bytes| (bytes / MIB).to_string());
        writeln!(out, "{name:<17} {seconds:>9.2} s {rate:>10.0} records/s {memory:>7} MiB")?;
    }
    for (name, bytes) in sizes.iter().filter(|(_, bytes)| *bytes >= MIB) {
        writeln!(out, "{name:<17} {:>9} MiB on disk", bytes / MIB)?;
    }
    out.flush()?;
    Ok(())
}
