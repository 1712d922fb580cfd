//! The table: for each side and number in flight the median, and how it stands to the raw file of the same round.
//! It never compares figures of different rounds.

use std::collections::BTreeMap;
use std::fmt;

use crate::IN_FLIGHT;
use crate::options::Options;
use crate::side::{LAMPYRIS, NAMES, RAW};

/// Below this raw rate with 512 in flight the machine was busy, and the run says little.
const QUIET: f64 = 300_000.0;

/// The figures of a run.
#[derive(Debug)]
pub(crate) struct Table {
    bytes: usize,
    rounds: usize,
    seconds: f64,
    /// Appends a second, round by round.
    rates: BTreeMap<(&'static str, usize), Vec<f64>>,
}

impl Table {
    pub(crate) fn new(bytes: usize, options: &Options) -> Self {
        let (rounds, seconds) = (options.rounds, options.round().as_secs_f64());
        Self { bytes, rounds, seconds, rates: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, name: &str, in_flight: usize, rate: f64) {
        if let Some(name) = NAMES.into_iter().find(|known| *known == name) {
            self.rates.entry((name, in_flight)).or_default().push(rate);
        }
    }

    fn rates(&self, name: &'static str, in_flight: usize) -> &[f64] {
        self.rates.get(&(name, in_flight)).map_or(&[], Vec::as_slice)
    }

    /// The median of one side's rates over another's, round by round.
    fn ratio(&self, name: &'static str, other: &'static str, in_flight: usize) -> f64 {
        let pairs = self.rates(name, in_flight).iter().zip(self.rates(other, in_flight));
        median(pairs.map(|(rate, other)| rate / other).collect())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, rounds, seconds, .. } = self;
        writeln!(
            f,
            "{bytes} bytes a record on average; median of {rounds} rounds of {seconds} s."
        )?;
        if median(self.rates(RAW, 512).to_vec()) < QUIET {
            writeln!(f, "The machine was busy.")?;
        }
        writeln!(f)?;
        let measured = || NAMES.into_iter().filter(|name| !self.rates(name, 1).is_empty());
        head(f, "appends/s (of raw), in flight")?;
        for name in measured() {
            row(f, name, |in_flight| {
                let rate = median(self.rates(name, in_flight).to_vec());
                format!("{rate:.0} ({:.2})", self.ratio(name, RAW, in_flight))
            })?;
        }
        writeln!(f)?;
        head(f, "Lampyris to, in flight")?;
        for name in measured().filter(|name| ![RAW, LAMPYRIS].contains(name)) {
            row(f, name, |in_flight| format!("{:.2}", self.ratio(LAMPYRIS, name, in_flight)))?;
        }
        Ok(())
    }
}

/// A row.
fn row(
    f: &mut fmt::Formatter<'_>,
    name: &'static str,
    cell: impl Fn(usize) -> String,
) -> fmt::Result {
    write!(f, "| {name} |")?;
    IN_FLIGHT.into_iter().try_for_each(|in_flight| write!(f, " {} |", cell(in_flight)))?;
    writeln!(f)
}

/// The head of a table.
fn head(f: &mut fmt::Formatter<'_>, what: &str) -> fmt::Result {
    write!(f, "| {what} |")?;
    IN_FLIGHT.into_iter().try_for_each(|in_flight| write!(f, " {in_flight} |"))?;
    writeln!(f, "\n| --- |{}", " ---: |".repeat(IN_FLIGHT.len()))
}

/// The value in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
