//! The bytes of one part of an element, to standard output or to a file, in memory that does not grow.
//!
//! A file appears under its name only once all bytes of it were found right.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use indicatif::ProgressBar;
use lampyris_log::{Hash, Log};
use lampyris_projection::Element;

use crate::args::{DataGet, Global};
use crate::failure::{Failure, chain};
use crate::output;

const PIECE: usize = 1 << 16;

pub(super) fn write(
    global: &Global,
    get: &DataGet,
    log: &Log,
    element: &Element,
) -> Result<ExitCode, Failure> {
    let (id, content) = (element.id(), &element.added().content);
    let (name, held) =
        if get.value { ("value", content.value()) } else { ("blob", content.blob()) };
    let Some(held) = held else {
        return Err(Failure::no(format!("data element {id} has no {name}")));
    };
    if let Some(erasure) = element.erasure() {
        let why = format!("data element {id} was erased: {}", erasure.reason);
        return Err(Failure::no(why));
    }
    let damaged =
        |why: String| Failure::no(format!("data element {id}: its {name} cannot be read: {why}"));
    let found = log.data().reader(&Hash(held.hash.0)).map_err(|error| damaged(chain(&error)))?;
    let Some(mut reader) = found else {
        let hash = held.hash;
        let why = format!("data element {id}: its {name}, {hash}, is not in the data store");
        return Err(Failure::no(why));
    };
    let to_file = get.out.as_deref().filter(|path| *path != Path::new("-"));
    let Some(path) = to_file else {
        let mut out = output::answers();
        copy(&mut reader, &mut out, &output::no_progress()).map_err(|failed| match failed {
            Failed::Read(error) => damaged(error.to_string()),
            Failed::Write(error) => error.into(),
        })?;
        out.flush()?;
        return Ok(ExitCode::SUCCESS);
    };
    let bar = output::progress(global, Some(reader.size()), "bytes");
    let written = output::whole_file(path, |file| copy(&mut reader, file, &bar));
    bar.finish_and_clear();
    written.map_err(|failed| match failed {
        Failed::Read(error) => damaged(error.to_string()),
        Failed::Write(error) => Failure::no(format!("cannot write {}: {error}", path.display())),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Which side of a copy failed.
enum Failed {
    Read(io::Error),
    Write(io::Error),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

fn copy(reader: &mut impl Read, out: &mut impl Write, bar: &ProgressBar) -> Result<(), Failed> {
    let mut piece = vec![0; PIECE];
    loop {
        let count = reader.read(&mut piece).map_err(Failed::Read)?;
        if count == 0 {
            return Ok(());
        }
        out.write_all(piece.get(..count).unwrap_or_default()).map_err(Failed::Write)?;
        bar.inc(count as u64);
    }
}
