//! Lampyris beside other stores: the same records, durable on all sides, in rounds that take turns in one run.
//! It never preloads a store, and keeps nothing: every store begins empty in a folder that is removed.
//!
//! `lampyris-rivals [--rounds N] [--seconds S] [--scratch DIR] [--only NAME]...` prints a table as Markdown;
//! `lampyris-rivals query LOG` one of queries of the messages in a log, beside SQLite.

mod closed_loop;
mod options;
mod query;
mod records;
mod side;
mod table;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use options::Options;
use records::Records;
use side::{NAMES, Side};
use table::Table;
use tokio::runtime::{Builder, Runtime};

/// Appends that wait for their answers at a time.
const IN_FLIGHT: [usize; 4] = [1, 8, 64, 512];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, log] = arguments.as_slice()
        && first == "query"
    {
        return told(query::run(Path::new(log)));
    }
    told(Options::read(arguments.into_iter()).and_then(|options| run(&options)))
}

/// Prints what was measured, or why nothing was.
fn told(measured: Result<impl std::fmt::Display, String>) -> ExitCode {
    match measured {
        Ok(table) => {
            println!("{table}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<Table, String> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    let records = Arc::new(Records::make()?);
    eprintln!("{} records of {} bytes on average", records.len(), records.mean_bytes());
    let mut table = Table::new(records.mean_bytes(), options);
    for in_flight in IN_FLIGHT {
        measure(&runtime, &records, options, in_flight, &mut table)?;
    }
    Ok(table)
}

/// All sides, a round of each in turn; every second time in the other order.
fn measure(
    runtime: &Runtime,
    records: &Arc<Records>,
    options: &Options,
    in_flight: usize,
    table: &mut Table,
) -> Result<(), String> {
    let scratch = options.scratch()?;
    let mut sides: Vec<(&str, Arc<dyn Side>)> = Vec::new();
    for name in NAMES.into_iter().filter(|name| options.wants(name)) {
        let folder = scratch.path().join(name.replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
        sides.push((name, open(runtime, name, &folder)?));
    }
    // The first round is not counted: it fills caches and makes files.
    for round in 0..=options.rounds {
        let order: Vec<_> =
            if round % 2 == 0 { sides.iter().collect() } else { sides.iter().rev().collect() };
        for (name, side) in order {
            let rate = closed_loop::rate(runtime, side, records, in_flight, options.round());
            let rate = rate.map_err(|why| format!("{name}: {why}"))?;
            if round > 0 {
                table.add(name, in_flight, rate);
            }
        }
    }
    eprintln!("{in_flight} in flight: done");
    Ok(())
}

fn open(runtime: &Runtime, name: &str, folder: &Path) -> Result<Arc<dyn Side>, String> {
    std::fs::create_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let _entered = runtime.enter();
    side::open(runtime, name, folder).map_err(|why| format!("{name}: {why}"))
}
