//! `bench`: measures this program on this machine, each figure beside a bound of the same run.
//!
//! Absolute numbers move with the machine; the ratios are what to look at.

mod memory;
mod replay;
mod workload;

use std::process::ExitCode;

use crate::args::{Bench, Global};
use crate::failure::Failure;

pub(crate) fn run(global: &Global, bench: &Bench) -> Result<ExitCode, Failure> {
    match bench {
        Bench::Replay(replay) => replay::run(global, replay),
    }
}
