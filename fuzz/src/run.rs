//! Running one target: its seeds are put beside what earlier runs have found, and libFuzzer is given its limits.
//! What it found is kept below `corpus`, what stopped it below `artifacts`; neither is committed.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lampyris_testkit::properties::seeds;

use crate::Result;
use crate::build::root;

/// Memory that a target may take; more is a finding.
pub(crate) const MEMORY_MIB: u32 = 512;

/// Seconds that one input may take; more is a finding.
pub(crate) const INPUT_SECONDS: u32 = 5;

/// Bytes of the longest input that is tried.
const INPUT_BYTES: u32 = 16 * 1024;

/// How a run ended.
pub(crate) enum Ended {
    /// After its time.
    Clean(Figures),
    /// By an input that broke a property or a limit.
    Stopped {
        /// The input, or the folder it should be in.
        artifact: PathBuf,
        /// What the target said at the end.
        said: String,
    },
}

/// What a run has done.
pub(crate) struct Figures {
    seeds: usize,
    runs: String,
    per_second: String,
    edges: String,
    corpus: String,
    memory: String,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seeds, runs, per_second, edges, corpus, memory } = self;
        write!(f, "{seeds:>6} {runs:>12} {per_second:>9} {edges:>6} {corpus:>7} {memory:>7}")
    }
}

/// Runs the target of this name for so many seconds.
pub(crate) fn target(built: &Path, name: &str, seconds: u32) -> Result<Ended> {
    let (corpus, artifacts) =
        (root().join("corpus").join(name), root().join("artifacts").join(name));
    let beginning = root().join("corpus").join(format!("{name}.seeds"));
    let seeds = plant(name, &beginning)?;
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&artifacts)?;
    let output = Command::new(built.join(name))
        .args([&corpus, &beginning])
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-rss_limit_mb={MEMORY_MIB}"))
        .arg(format!("-timeout={INPUT_SECONDS}"))
        .arg(format!("-max_len={INPUT_BYTES}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .args(["-print_final_stats=1", "-verbosity=1"])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return Ok(Ended::Clean(figures(seeds, &said)));
    }
    let written = said.lines().find_map(|line| line.split_once("Test unit written to "));
    let artifact = written.map_or(artifacts, |(_, path)| PathBuf::from(path));
    Ok(Ended::Stopped { artifact, said: told(&said) })
}

/// What is wrong, without the way there: from the first complaint on, or what libFuzzer says of a limit.
fn told(said: &str) -> String {
    let complaint = |line: &str| line.contains("panicked at") || line.starts_with("==");
    let told = said.lines().skip_while(|line| !complaint(line));
    told.take_while(|line| !line.starts_with("stack backtrace"))
        .take(20)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Writes the seeds of a target where it begins, in place of those of an earlier run.
fn plant(name: &str, folder: &Path) -> Result<usize> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let seeds = seeds(name);
    for (number, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(number.to_string()), seed)?;
    }
    Ok(seeds.len())
}

fn figures(seeds: usize, said: &str) -> Figures {
    let statistic = |name: &str| {
        let value = said.lines().rev().find_map(|line| line.strip_prefix(name));
        value.map_or_else(|| "?".to_owned(), |value| value.trim().to_owned())
    };
    let done = said.lines().rev().find(|line| line.contains(" cov: ")).unwrap_or_default();
    let after = |name: &str| {
        let value = done.split_once(name).and_then(|(_, rest)| rest.split(['/', ' ']).next());
        value.unwrap_or("?").to_owned()
    };
    Figures {
        seeds,
        runs: statistic("stat::number_of_executed_units:"),
        per_second: statistic("stat::average_exec_per_sec:"),
        edges: after(" cov: "),
        corpus: after(" corp: "),
        memory: statistic("stat::peak_rss_mb:"),
    }
}
