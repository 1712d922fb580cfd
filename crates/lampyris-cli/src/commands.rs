//! The commands, one file each, and which of them is run.
//!
//! A command prints its answer and gives an exit code; most open the log.

mod apply;
mod backup;
mod bench;
mod check;
mod checkpoint;
mod data;
mod diff;
mod erase;
mod explain;
mod export;
mod export_tiles;
mod get;
mod hash;
mod histogram;
mod history;
mod import;
mod import_log;
mod inspect;
mod key;
mod list;
mod mend;
mod prove;
mod rebuild;
mod recover;
mod replay;
mod retention;
mod stats;
mod stuck;
mod subscribe;
mod telling;
mod verify;
mod witness;

use std::process::ExitCode;

use crate::args::{Args, Command};
use crate::failure::Failure;

/// Runs what was asked for.
pub(crate) fn run(args: Args) -> Result<ExitCode, Failure> {
    let global = &args.global;
    match args.command {
        Command::Import(import) => match &import.log {
            Some(file) => import_log::run(global, file),
            None => import::run(global, &import),
        },
        Command::Apply(apply) => apply::run(global, &apply),
        Command::Get(one) => get::run(global, &one),
        Command::History(one) => history::run(global, &one),
        Command::List(list) => list::run(global, &list),
        Command::Stuck(stuck) => stuck::run(global, &stuck),
        Command::Explain(one) => explain::run(global, &one),
        Command::Histogram(histogram) => histogram::run(global, &histogram),
        Command::Rebuild(rebuild) => rebuild::run(global, &rebuild),
        Command::Stats => stats::run(global),
        Command::Subscribe(subscribe) => subscribe::run(global, &subscribe),
        Command::Replay(replay) => replay::run(global, &replay),
        Command::Repair => mend::repair(global),
        Command::Upgrade => mend::upgrade(global),
        Command::Backup(backup) => backup::run(global, &backup),
        Command::Restore(restore) => backup::restore(global, &restore),
        Command::Recover(recover) => recover::run(global, &recover),
        Command::Check(check) => check::run(global, &check),
        Command::Hash(hash) => hash::run(global, &hash),
        Command::Data(data) => data::run(global, &data),
        Command::Erase(erase) => erase::run(global, &erase),
        Command::Retention(retention) => retention::run(global, &retention),
        Command::Inspect(inspect) => inspect::run(global, &inspect),
        Command::Key(key) => key::run(global, &key),
        Command::Checkpoint(checkpoint) => checkpoint::run(global, &checkpoint),
        Command::Prove(prove) => prove::run(global, &prove),
        Command::Verify(verify) => verify::run(global, &verify),
        Command::Witness(witness) => witness::run(global, &witness),
        Command::Export(export) => match &export.tiles {
            Some(tiles) => export_tiles::run(global, &export, tiles),
            None => export::run(global, &export),
        },
        Command::Diff(diff) => diff::run(global, &diff),
        Command::Bench(bench) => bench::run(global, &bench),
    }
}
