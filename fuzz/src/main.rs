//! Builds every fuzz target with the instrumentation of libFuzzer, on the stable compiler, and runs each for a while.
//! It draws nothing itself and judges nothing: a target that stops has found something.
#![expect(clippy::print_stdout, reason = "a program speaks to who runs it")]

mod build;
mod run;

use std::error::Error;
use std::process::ExitCode;

use lampyris_testkit::PROPERTIES;

use run::Ended;

/// What is wrong with the surroundings: a finding is none of it.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Seconds a target runs for if nothing else is asked.
const SECONDS: u32 = 60;

const USAGE: &str = "usage: lampyris-fuzz [SECONDS] [TARGET...]";

fn main() -> Result<ExitCode> {
    let (seconds, names) = asked(std::env::args().skip(1).collect())?;
    let targets = build::targets()?;
    println!(
        "{seconds} s each, at most {} MiB and {} s an input",
        run::MEMORY_MIB,
        run::INPUT_SECONDS
    );
    println!(
        "{:8} {:>6} {:>12} {:>9} {:>6} {:>7} {:>7}",
        "target", "seeds", "runs", "runs/s", "cov", "corpus", "MiB"
    );
    for name in names {
        match run::target(&targets, name, seconds)? {
            Ended::Clean(figures) => println!("{name:8} {figures}"),
            Ended::Stopped { artifact, said } => {
                println!("{said}\n{name} stopped; the input: {}", artifact.display());
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The seconds and the targets that the arguments ask for; every target if they name none.
fn asked(mut arguments: Vec<String>) -> Result<(u32, Vec<&'static str>)> {
    let seconds = arguments.first().and_then(|first| first.parse().ok());
    arguments.drain(..usize::from(seconds.is_some()));
    let all: Vec<_> = PROPERTIES.iter().map(|property| property.name).collect();
    let known = |asked: &String| all.iter().copied().find(|name| name == asked);
    let named = arguments.iter().map(|name| {
        known(name).ok_or_else(|| format!("{name} is none of {}\n{USAGE}", all.join(", ")).into())
    });
    let named: Vec<_> = named.collect::<Result<_>>()?;
    Ok((seconds.unwrap_or(SECONDS), if named.is_empty() { all } else { named }))
}
