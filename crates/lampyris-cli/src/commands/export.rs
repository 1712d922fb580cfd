//! `export`: the log as one file, for reading or for `import --log`.
//!
//! Nothing is decided here: the records go out as they are, up to the head that the log had when this began.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use indicatif::ProgressBar;
use lampyris_log::{Frontier, Hash, Head, Log};

use crate::args::{Export, Global};
use crate::exchange::{Format, Header, Item, Items};
use crate::failure::Failure;
use crate::{output, signing, store};

/// Lines are gathered up to so many bytes.
const BATCH_BYTES: usize = 1 << 18;

pub(crate) fn run(global: &Global, export: &Export) -> Result<ExitCode, Failure> {
    let to_file = export.file != Path::new("-");
    signing::check_out(global, Some(&export.file), &[])?;
    if export.resume && !to_file {
        let why = "--resume goes on with a file: name it";
        return Err(Failure::Senseless(vec![why.to_owned()]));
    }
    let log = store::open_reader(global, |_| {})?;
    let header = Header {
        log_id: log.log_id(),
        origin: log.origin(),
        head: log.head(),
        namespace: export.namespace.clone(),
    };
    let bar = output::progress(global, None, "records");
    if !to_file {
        let mut out = output::answers();
        let begun = Begun { header, next: 0, format: export.format };
        write(&bar, &log, &begun, &mut out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let path = &export.file;
    let cannot =
        |error: io::Error| Failure::no(format!("cannot write {}: {error}", path.display()));
    let mut options = File::options();
    options.write(true).read(true);
    let there = path.exists();
    if there && !export.resume {
        let why = format!("{} is there: --resume goes on with it", path.display());
        return Err(Failure::no(why));
    }
    let mut file = options.create(!there).truncate(false).open(path).map_err(cannot)?;
    let begun = if there {
        match resume(&log, &file, path, &header)? {
            Some((begun, end)) => {
                file.set_len(end).map_err(cannot)?;
                file.seek(SeekFrom::End(0)).map_err(cannot)?;
                begun
            }
            None => return Ok(ExitCode::SUCCESS),
        }
    } else {
        Begun { header, next: 0, format: export.format }
    };
    let mut out = BufWriter::new(&file);
    write(&bar, &log, &begun, &mut out)?;
    drop(out);
    file.sync_all().map_err(cannot)?;
    Ok(ExitCode::SUCCESS)
}

/// A file that was begun: what it is of, and the next record.
struct Begun {
    header: Header,
    next: u64,
    format: Format,
}

/// Writes what is missing: the header, if nothing is there, records, what was signed, and the end.
fn write(bar: &ProgressBar, log: &Log, begun: &Begun, out: &mut impl Write) -> Result<(), Failure> {
    let Begun { header, next, format } = begun;
    let (head, namespace) = (header.head, header.namespace.as_deref());
    let mut batch = Vec::new();
    if *next == 0 {
        format.write(&Item::Header(header.clone()), &mut batch)?;
    }
    let (mut records, mut failed) = (*next, None);
    log.for_each(*next, |verified| {
        if verified.record.sequence >= head.size {
            return ControlFlow::Break(());
        }
        if namespace.is_some_and(|namespace| namespace != verified.record.namespace) {
            return ControlFlow::Continue(());
        }
        format.record(&verified.record, verified.leaf, verified.bytes, &mut batch);
        records += 1;
        if batch.len() < BATCH_BYTES {
            return ControlFlow::Continue(());
        }
        bar.set_position(verified.record.sequence);
        let written = out.write_all(&batch);
        batch.clear();
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    bar.finish_and_clear();
    if let Some(error) = failed {
        return Err(error.into());
    }
    if namespace.is_none() {
        for (kind, text) in log.checkpoint_entries(head.size)? {
            format.write(&Item::Checkpoint(kind, text), &mut batch)?;
        }
    }
    format.write(&Item::End { head, records }, &mut batch)?;
    out.write_all(&batch)?;
    Ok(out.flush()?)
}

/// Writes the whole log, as it is now.
pub(super) fn write_whole(log: &Log, format: Format, out: &mut impl Write) -> Result<(), Failure> {
    let (log_id, origin, head) = (log.log_id(), log.origin(), log.head());
    let header = Header { log_id, origin, head, namespace: None };
    write(&output::no_progress(), log, &Begun { header, next: 0, format }, out)
}

/// What a file has already, and at which byte its last whole record ends; nothing if it is whole.
fn resume(
    log: &Log,
    file: &File,
    path: &Path,
    ours: &Header,
) -> Result<Option<(Begun, u64)>, Failure> {
    let name = path.display();
    let cannot = |error: io::Error| Failure::no(format!("cannot read {name}: {error}"));
    let mut items = Items::new(BufReader::with_capacity(1 << 18, file));
    let format = items.format().map_err(cannot)?;
    let other = |why: &str| Failure::no(format!("{name} {why}: it is left as it is"));
    let Some(Ok(Item::Header(header))) = items.next().map_err(cannot)? else {
        return Err(other("does not begin as an export of a log"));
    };
    let same = header.log_id == ours.log_id && header.namespace == ours.namespace;
    if !same
        || header.origin != log.origin_at(header.head.size)
        || log.root_at(header.head.size)? != Some(header.head.root)
    {
        return Err(other("is of another log, or of a part of one"));
    }
    let (mut frontier, mut end) = (Frontier::default(), items.read);
    let mut complete = false;
    while let Some(Ok(item)) = items.next().map_err(cannot)? {
        match item {
            Item::Record { sequence, leaf, bytes }
                if sequence == frontier.head().size && leaf == Hash::leaf(&bytes) =>
            {
                frontier.push(leaf);
                end = items.read;
            }
            Item::End { head, .. } => complete = head == header.head,
            // What was signed is written again, behind the last record.
            Item::Checkpoint(..) => {}
            Item::Header(_) | Item::Record { .. } => break,
        }
    }
    let Head { size, root } = frontier.head();
    if log.root_at(size)? != Some(root) {
        return Err(other("has other records than the log"));
    }
    if complete {
        return Ok(None);
    }
    Ok(Some((Begun { header, next: size, format }, end)))
}
