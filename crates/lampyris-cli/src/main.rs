//! The program `lampyris`: apply requests, take messages in, show them, replay their log and judge it.
//!
//! Only this crate prints. Exit codes: 0 done, 1 the answer is no (nothing found, a fault, a refusal
//! under `--strict`, a log that does not open), 2 the request or its input makes no sense.

#![forbid(unsafe_code)]
#![warn(clippy::wildcard_enum_match_arm)]

mod args;
mod commands;
mod ending;
mod exchange;
mod failure;
mod input;
mod output;
mod pace;
mod recoveries;
mod signing;
mod store;
mod timeline;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;
use crate::failure::Failure;

fn main() -> ExitCode {
    silence_caught_panics();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(usage) => return refuse(&usage),
    };
    let json = args.global.json;
    start_tracing(json);
    match commands::run(args) {
        Ok(code) => code,
        Err(failure) => failure.report(json),
    }
}

/// Help and version as they are; a request that makes no sense as JSON too, if that was asked for.
fn refuse(usage: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os().any(|argument| argument == "--json");
    if wants_json && usage.use_stderr() {
        return Failure::Senseless(vec![usage.to_string()]).report(true);
    }
    // Printing fails only if nobody reads; the exit code still says it.
    let _told = usage.print();
    ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2))
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

/// Warnings of the libraries go to standard error, as JSON lines where answers are JSON.
fn start_tracing(json: bool) {
    let lines = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_target(false)
        // A line that cannot be written, on a full disk, is no reason to panic.
        .log_internal_errors(false);
    if json { lines.json().init() } else { lines.without_time().init() }
}
