//! What the program is asked for.
//! It never reads anything but its arguments.

use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use crate::side::NAMES;

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Options {
    /// Rounds that count, of each side at each number in flight.
    pub(crate) rounds: usize,
    seconds: f64,
    scratch: Option<PathBuf>,
    only: Vec<String>,
}

impl Options {
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options =
            Self { rounds: 5, seconds: 0.5, scratch: None, only: vec!["raw".to_owned()] };
        let mut only = false;
        while let Some(argument) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{argument} has no value"))?;
            let number = |error: &dyn std::fmt::Display| format!("{argument} {value}: {error}");
            match argument.as_str() {
                "--rounds" => options.rounds = value.parse().map_err(|error| number(&error))?,
                "--seconds" => options.seconds = value.parse().map_err(|error| number(&error))?,
                "--scratch" => options.scratch = Some(value.into()),
                "--only" if NAMES.contains(&value.as_str()) => {
                    only = true;
                    options.only.push(value);
                }
                "--only" => return Err(format!("{value} is none of {}", NAMES.join(", "))),
                _ => return Err(format!("{argument} is not known")),
            }
        }
        if !only {
            options.only.clear();
        }
        Ok(options)
    }

    /// Whether a side is measured; the bound always is.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }

    pub(crate) fn round(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    pub(crate) fn scratch(&self) -> Result<TempDir, String> {
        let made = self.scratch.as_ref().map_or_else(tempfile::tempdir, tempfile::tempdir_in);
        made.map_err(|error| format!("no scratch folder: {error}"))
    }
}
