//! `hash`: the bytes that are hashed of each item, every hash of it, and what the input says instead.
//!
//! It opens no log and looks at each item by itself.

use std::io::{self, Write};
use std::process::ExitCode;

use lampyris_message::check::{Hashed, Outcome, Verdict};

use super::telling;
use crate::args::{Global, Hash};
use crate::failure::Failure;
use crate::input::{Shown, each_item};
use crate::output::{self, plain};

pub(crate) fn run(global: &Global, hash: &Hash) -> Result<ExitCode, Failure> {
    let mut out = output::answers();
    let mut wrong = false;
    let read = each_item(global, &hash.files, |shown| {
        wrong |= shown.read.as_ref().is_ok_and(|item| item.verdict() == Verdict::Wrong);
        if global.json {
            output::json_line(&mut out, &telling::json(&shown, true))?;
        } else {
            lines(&mut out, &shown)?;
        }
        if shown.live {
            out.flush()?;
        }
        Ok(())
    });
    let read = read.and_then(|unreadable| Ok((out.flush()?, unreadable)));
    match read {
        Ok(((), unreadable)) if unreadable.is_empty() => Ok(ExitCode::from(u8::from(wrong))),
        Ok(((), unreadable)) => Err(Failure::Senseless(unreadable)),
        // Not everything was compared, so the answer is not that all agrees.
        Err(Failure::ReaderGone) => Ok(ExitCode::from(1)),
        Err(failure) => Err(failure),
    }
}

fn lines(out: &mut impl Write, shown: &Shown) -> io::Result<()> {
    let place = shown.told();
    let place = plain(&place);
    match &shown.read {
        Ok(item) => {
            writeln!(out, "{} ({place})", telling::name(item))?;
            item.hashes.iter().try_for_each(|hashed| one(out, hashed))?;
            item.faults.iter().try_for_each(|fault| writeln!(out, "  {fault}"))
        }
        Err(why) => writeln!(out, "unreadable ({place})\n  {}", plain(&why.reason)),
    }
}

fn one(out: &mut impl Write, hashed: &Hashed) -> io::Result<()> {
    writeln!(out, "  {}: SHA-256 of {}", hashed.field, hashed.of)?;
    match hashed.bytes.as_deref().map(std::str::from_utf8) {
        Some(Ok(text)) => writeln!(out, "    {}", plain(text))?,
        Some(Err(_)) => writeln!(out, "    in hex {}", telling::hex(hashed))?,
        None => {}
    }
    if let Some(hash) = hashed.expected {
        writeln!(out, "    {hash}")?;
    }
    let told = telling::outcome(hashed);
    match (hashed.outcome, told) {
        (_, Some(told)) => writeln!(out, "    {told}"),
        (Outcome::Agrees, None) => writeln!(out, "    agrees"),
        (
            Outcome::Between | Outcome::AgreesAsPayload | Outcome::Differs(_) | Outcome::Absent,
            None,
        ) => Ok(()),
    }
}
