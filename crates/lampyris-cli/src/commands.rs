//! The commands, one file each, and which of them is run.
//!
//! A command prints its answer and gives an exit code; most open the log.

mod apply;
mod bench;
mod check;
mod data;
mod get;
mod hash;
mod history;
mod import;
mod list;
mod replay;
mod stats;
mod telling;

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
        Command::Replay(replay) => replay::run(global, &replay),
        Command::Check(check) => check::run(global, &check),
        Command::Hash(hash) => hash::run(global, &hash),
        Command::Data(data) => data::run(global, &data),
        Command::Bench(bench) => bench::run(global, &bench),
    }
}
