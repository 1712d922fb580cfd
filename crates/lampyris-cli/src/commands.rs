//! The commands, one file each, and which of them is run.
//!
//! A command opens the log, prints its answer and gives an exit code; nothing is shared between two.

mod apply;
mod bench;
mod get;
mod history;
mod import;
mod list;
mod replay;
mod stats;

use std::process::ExitCode;

use crate::args::{Args, Command};
use crate::failure::Failure;

/// Runs what was asked for.
pub(crate) fn run(args: Args) -> Result<ExitCode, Failure> {
    let global = &args.global;
    match args.command {
        Command::Import(import) => import::run(global, &import),
        Command::Apply(apply) => apply::run(global, &apply),
        Command::Get(one) => get::run(global, &one),
        Command::History(one) => history::run(global, &one),
        Command::List(list) => list::run(global, &list),
        Command::Stats => stats::run(global),
        Command::Replay => replay::run(global),
        Command::Bench(bench) => bench::run(global, &bench),
    }
}
