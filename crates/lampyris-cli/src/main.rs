//! The program `lampyris`: take messages in, show them, replay their log and judge it.
//!
//! Only this crate prints. Exit codes: 0 done, 1 the answer is no (nothing found, a fault, a refusal
//! under `--strict`, a log that does not open), 2 the request or its input makes no sense.

#![forbid(unsafe_code)]
#![warn(clippy::wildcard_enum_match_arm)]

mod args;
mod commands;
mod failure;
mod input;
mod output;
mod store;
mod timeline;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;

fn main() -> ExitCode {
    silence_caught_panics();
    let args = Args::parse();
    start_tracing();
    let json = args.global.json;
    match commands::run(args) {
        Ok(code) => code,
        Err(failure) => failure.report(json),
    }
}

/// sled panics over some damaged files; the log turns that into an error, so nobody need see both.
fn silence_caught_panics() {
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !lampyris_log::is_guarded_panic(info) {
            loud(info);
        }
    }));
}

/// Warnings of the libraries go to standard error; `RUST_LOG`-like tuning comes with the service.
fn start_tracing() {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .without_time()
        .with_target(false)
        .init();
}
