//! Exported directories, read by a reader of their own: paths, tiles and root as C2SP and RFC 6962 have them.
//! Nothing of the code under test says here where a file is or what stands in it.

use crate::checkpoints::key_of;
use crate::scratch::{append, copy, open, writer};
use lampyris_evidence::checkpoint::SignedCheckpoint;
use lampyris_log::{ExportError, Exported, Log, MemoryShard};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A log of so many records in memory.
fn log_of(size: u64) -> Log {
    let log = Log::open_on(Arc::new(MemoryShard::new()), &writer(), |_| {}).unwrap();
    grow(&log, size);
    log
}

/// Appends until the log has so many records.
fn grow(log: &Log, size: u64) {
    while log.head().size < size {
        let more = (size - log.head().size).min(5000);
        let appends: Vec<_> =
            (0..more).map(|number| append(1, 3, number.to_be_bytes().repeat(3))).collect();
        for result in log.append_group(&appends) {
            result.unwrap();
        }
    }
}

fn sign(log: &Log) -> SignedCheckpoint {
    log.checkpoint(&key_of(log)).unwrap()
}

fn export(log: &Log, out: &Path) -> Result<Exported, ExportError> {
    log.export_tiles(out, &sign(log), |_| {})
}

fn node(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The hash of a tree, as RFC 6962 §2.1 defines it.
fn tree(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        more => {
            let (left, right) = more.split_at(more.len().next_power_of_two() / 2);
            node(tree(left), tree(right))
        }
    }
}

/// The path of tile N with so many hashes.
fn tile(kind: &str, number: usize, width: usize) -> String {
    let mut name = format!("{:03}", number % 1000);
    let mut rest = number / 1000;
    while rest > 0 {
        name = format!("x{:03}/{name}", rest % 1000);
        rest /= 1000;
    }
    let partial = if width < 256 { format!(".p/{width}") } else { String::new() };
    format!("tile/{kind}/{name}{partial}")
}

/// Every file of a directory by its path in it.
fn files(out: &Path) -> BTreeMap<String, Vec<u8>> {
    fn visit(at: &Path, out: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(at).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                visit(&path, out, files);
            } else {
                let name = path.strip_prefix(out).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    visit(out, out, &mut found);
    found
}

/// Reads everything that the checkpoint covers and computes its root; returns the size. With `alone`, nothing else
/// may be in the directory.
fn read(out: &Path, alone: bool) -> usize {
    let mut files = files(out);
    let checkpoint = String::from_utf8(files.remove("checkpoint").unwrap()).unwrap();
    let signed = SignedCheckpoint::parse(&checkpoint).unwrap();
    let size: usize = checkpoint.lines().nth(1).unwrap().parse().unwrap();
    let mut hashes = Vec::new();
    for number in 0..size.div_ceil(256) {
        let width = (size - 256 * number).min(256);
        let path = tile("entries", number, width);
        let bundle = files.remove(&path).unwrap_or_else(|| panic!("{path} is missing"));
        let (mut rest, before) = (bundle.as_slice(), hashes.len());
        while let Some((length, more)) = rest.split_first_chunk::<2>() {
            let (entry, more) = more.split_at(usize::from(u16::from_be_bytes(*length)));
            hashes.push(Sha256::new().chain_update([0]).chain_update(entry).finalize().into());
            rest = more;
        }
        assert_eq!(hashes.len() - before, width, "{path}");
    }
    assert_eq!(tree(&hashes), signed.checkpoint().head.root.0, "the root at {size}");
    for level in 0.. {
        if hashes.is_empty() {
            break;
        }
        for (number, want) in hashes.chunks(256).enumerate() {
            let path = tile(&level.to_string(), number, want.len());
            assert_eq!(files.remove(&path), Some(want.concat()), "{path}");
        }
        hashes = hashes.chunks_exact(256).map(tree).collect();
    }
    assert!(!alone || files.is_empty(), "{:?}", files.keys());
    size
}

#[test]
fn an_export_of_any_size_is_what_an_independent_reader_computes() {
    for size in [1, 2, 255, 256, 257, 511, 512, 513] {
        let scratch = tempfile::tempdir().unwrap();
        let out = scratch.path().join("new/out");
        let log = log_of(size);
        let exported = export(&log, &out).unwrap();
        assert_eq!((exported.before, exported.size), (0, size));
        assert_eq!(read(&out, true) as u64, size);
        assert_eq!(exported.files + 1, files(&out).len() as u64);
    }
}

#[test]
fn tiles_of_the_log_that_changed_are_neither_believed_nor_exported() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, out) = (scratch.path().join("log"), scratch.path().join("out"));
    let log = open(&path).unwrap();
    grow(&log, 1000);
    export(&log, &out).unwrap();
    let earlier = files(&out);
    grow(&log, 70_000);
    sign(&log);
    let file = path.join("tiles/1");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    // One that begins with nothing needs no tile of the log; one that goes on from 1,000 does.
    let whole = scratch.path().join("whole");
    export(&log, &whole).unwrap();
    assert_eq!(read(&whole, true), 70_000);
    export(&log, &out).unwrap_err();
    assert_eq!(files(&out), earlier);
}

#[test]
fn an_export_is_brought_up_to_date_and_what_is_full_is_left_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let log = log_of(1);
    let mut sizes = vec![1, 200, 256, 300, 300, 512, 513, 1100];
    sizes.sort_unstable();
    for size in sizes {
        let inodes = |paths: &BTreeMap<String, Vec<u8>>| -> BTreeMap<String, u64> {
            let inode = |path: &String| std::fs::metadata(scratch.path().join(path)).unwrap().ino();
            paths.keys().map(|path| (path.clone(), inode(path))).collect()
        };
        let mut before = files(scratch.path());
        before.retain(|path, _| path != "checkpoint" && !path.contains(".p/"));
        let inodes_before = inodes(&before);
        grow(&log, size);
        let exported = export(&log, scratch.path()).unwrap();
        assert_eq!(read(scratch.path(), false) as u64, size);
        assert_eq!(inodes(&before), inodes_before);
        let again = export(&log, scratch.path()).unwrap();
        assert_eq!((again.before, again.size, again.files), (size, size, 0));
        assert!(exported.files > 0 || exported.before == size);
        for path in files(scratch.path()).keys().filter(|path| path.contains(".p/")) {
            let full = path.split_once(".p/").unwrap().0;
            assert!(!scratch.path().join(full).exists(), "{path} stayed");
        }
    }
}

#[test]
fn an_export_stops_at_a_file_with_other_bytes_by_name_and_goes_on_when_it_is_gone() {
    let scratch = tempfile::tempdir().unwrap();
    let whole = scratch.path().join("whole");
    let log = log_of(600);
    export(&log, &whole).unwrap();
    let want = files(&whole);
    for (path, bytes) in want.iter().filter(|(path, _)| *path != "checkpoint") {
        let out = tempfile::tempdir_in(scratch.path()).unwrap();
        let hurt = out.path().join(path);
        std::fs::create_dir_all(hurt.parent().unwrap()).unwrap();
        let mut other = bytes.clone();
        other[5] ^= 1;
        std::fs::write(&hurt, &other).unwrap();
        let part = PathBuf::from(format!("{}.part", hurt.display()));
        std::fs::write(&part, b"torn").unwrap();
        let refused = export(&log, out.path()).unwrap_err();
        assert!(matches!(refused, ExportError::OtherFile { path } if path == hurt));
        assert_eq!(std::fs::read(&hurt).unwrap(), other, "it was overwritten");
        assert!(!out.path().join("checkpoint").exists());
        std::fs::remove_file(&hurt).unwrap();
        export(&log, out.path()).unwrap();
        assert_eq!(files(out.path()), want, "{path}");
    }
}

#[test]
fn an_export_that_lost_files_and_its_checkpoint_writes_those_and_no_other() {
    let scratch = tempfile::tempdir().unwrap();
    let whole = scratch.path().join("whole");
    let log = log_of(600);
    export(&log, &whole).unwrap();
    let want = files(&whole);
    for step in 1..6 {
        let out = scratch.path().join(step.to_string());
        copy(&whole, &out);
        let lost: Vec<_> = want.keys().skip(1).step_by(step).collect();
        for path in &lost {
            std::fs::remove_file(out.join(path)).unwrap();
        }
        std::fs::remove_file(out.join("checkpoint")).unwrap();
        assert_eq!(export(&log, &out).unwrap().files, lost.len() as u64);
        assert_eq!(files(&out), want);
    }
    // Never published, and full by now.
    std::fs::remove_file(whole.join("checkpoint")).unwrap();
    grow(&log, 800);
    export(&log, &whole).unwrap();
    assert!(!whole.join("tile/0/002.p").exists() && !whole.join("tile/entries/002.p").exists());
}

#[test]
fn what_is_not_an_export_of_this_log_is_refused_and_left_as_it_was() {
    let scratch = tempfile::tempdir().unwrap();
    let refused = |log: &Log, checkpoint: &SignedCheckpoint| {
        let before = files(scratch.path());
        let error = log.export_tiles(scratch.path(), checkpoint, |_| {}).unwrap_err();
        assert_eq!(files(scratch.path()), before);
        error
    };
    let log = log_of(300);
    let early = sign(&log);
    grow(&log, 700);
    std::fs::write(scratch.path().join("letter"), "dear").unwrap();
    assert!(matches!(refused(&log, &early), ExportError::NotAnExport { .. }));
    std::fs::remove_file(scratch.path().join("letter")).unwrap();
    export(&log, scratch.path()).unwrap();
    let error = refused(&log, &early);
    assert!(matches!(error, ExportError::Newer { before: 700, size: 300, .. }), "{error}");
    let other = log_of(900);
    assert!(matches!(refused(&other, &sign(&other)), ExportError::Log(_)));
    std::fs::remove_file(scratch.path().join("checkpoint")).unwrap();
    assert!(matches!(refused(&other, &sign(&other)), ExportError::OtherFile { .. }));
}
