//! `diff`: the first record in which two logs differ, found by their roots.
//!
//! Both logs are verified when they are opened; then about log2 n roots of each are compared.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use lampyris_log::{Log, Options, ReadError};
use serde_json::json;

use super::inspect;
use crate::args::{Diff, Global};
use crate::failure::{Failure, chain};
use crate::output::{self, plain};

pub(crate) fn run(global: &Global, diff: &Diff) -> Result<ExitCode, Failure> {
    let a = open(global, &diff.a)?;
    // One directory is open once at a time.
    let same_place =
        diff.a.canonicalize().is_ok_and(|a| diff.b.canonicalize().is_ok_and(|b| a == b));
    let b = if same_place { a.clone() } else { open(global, &diff.b)? };
    let (ours, theirs) = (a.head(), b.head());
    let same = first_difference(ours.size.min(theirs.size), |size| {
        Ok(a.root_at(size)? == b.root_at(size)?)
    });
    // Exit code 1 is an answer; that there is none is another.
    let unreadable = |error: ReadError| Failure::Senseless(vec![chain(&error)]);
    let same = same.map_err(unreadable)?;
    let differ = same < ours.size.min(theirs.size);
    let records =
        (a.leaf_bytes(same).map_err(unreadable)?, b.leaf_bytes(same).map_err(unreadable)?);
    let mut out = output::answers();
    if global.json {
        let verdict = match (differ, ours.size == theirs.size) {
            (true, _) => "DIFFERENT",
            (false, true) => "SAME",
            (false, false) => "PREFIX",
        };
        let told = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(inspect::told);
        let answer = json!({
            "verdict": verdict,
            "same": same,
            "sizes": [ours.size, theirs.size],
            "roots": [ours.root.to_string(), theirs.root.to_string()],
            "first": [told(&records.0), told(&records.1)],
        });
        output::json_line(&mut out, &answer)?;
    } else {
        text(&mut out, diff, same, [ours.size, theirs.size], differ)?;
        for (path, bytes) in [(&diff.a, &records.0), (&diff.b, &records.1)] {
            if let (true, Some(bytes)) = (ours != theirs, bytes) {
                writeln!(out, "\nrecord {same} of {}", plain(&path.display().to_string()))?;
                inspect::lines(&mut out, &inspect::told(bytes))?;
            }
        }
    }
    out.flush()?;
    Ok(ExitCode::from(u8::from(ours != theirs)))
}

fn open(global: &Global, path: &Path) -> Result<Log, Failure> {
    let bar = output::progress(global, None, "records");
    let log = Log::open_with(path, &Options::reader(), |record| {
        if record.record.sequence % 4096 == 0 {
            bar.set_position(record.record.sequence);
        }
    });
    bar.finish_and_clear();
    log.map_err(|error| Failure::Senseless(vec![format!("{}: {}", path.display(), chain(&error))]))
}

/// How many of the first `size` records are the same, if `same` says whether so many first ones are.
fn first_difference(
    size: u64,
    mut same: impl FnMut(u64) -> Result<bool, ReadError>,
) -> Result<u64, ReadError> {
    if same(size)? {
        return Ok(size);
    }
    // Invariant: the first `low` records are the same, the first `high` are not.
    let (mut low, mut high) = (0, size);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if same(middle)? { low = middle } else { high = middle }
    }
    Ok(low)
}

fn text(
    out: &mut impl Write,
    diff: &Diff,
    same: u64,
    [ours, theirs]: [u64; 2],
    differ: bool,
) -> io::Result<()> {
    let (a, b) = (diff.a.display().to_string(), diff.b.display().to_string());
    let (a, b) = (plain(&a), plain(&b));
    match (differ, ours.cmp(&theirs)) {
        (true, _) => writeln!(out, "DIFFERENT: {same} records are the same, record {same} is not"),
        (false, std::cmp::Ordering::Equal) => writeln!(out, "SAME: {same} records"),
        (false, std::cmp::Ordering::Less) => {
            writeln!(out, "PREFIX: {b} goes on from {a} after {same} records, to {theirs}")
        }
        (false, std::cmp::Ordering::Greater) => {
            writeln!(out, "PREFIX: {a} goes on from {b} after {same} records, to {ours}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn the_first_difference_is_found_wherever_it_is_in_few_steps() {
        for size in 0..70u64 {
            for equal in 0..=size {
                let mut asked = 0;
                let found = first_difference(size, |first| {
                    asked += 1;
                    Ok(first <= equal)
                });
                assert_eq!(found.unwrap(), equal, "of {size}");
                assert!(asked <= 8, "{asked} roots for {size} records");
            }
        }
    }
}
