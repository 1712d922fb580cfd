//! Damaged files.
//!
//! What could be lost: records that were acknowledged, without a word, because sled drops what it cannot read when it
//! opens, or because a hurt end of the journal looks like one that was never finished. The fault is one flipped bit,
//! one block of zeros or one cut, at a random place of a random file, in a copy of a log that was closed or killed.
//! A process of its own opens the copy: it must find the very same records or give the error a name, must not panic
//! or hang, and a log that does open must go on. The comparison is of Merkle roots, so that no other record can pass.

use crate::child::{LARGE, LAST};
use crate::dice::{Dice, samples, scale};
use crate::files::{copy, files};
use crate::ledger::Ledger;
use crate::process::{Process, command};
use crate::workload::RULES;
use lampyris_log::journal::{SEGMENT_NAME, Slot};
use lampyris_log::{Chain, Log, Options};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// A log to be damaged.
struct Store {
    name: &'static str,
    directory: PathBuf,
    /// The root over so many records from the first.
    roots: Vec<String>,
    /// Fewer records than this may never be found.
    floor: usize,
    /// So many were acknowledged.
    acknowledged: usize,
}

#[derive(Debug, Clone, Copy)]
enum Injury {
    Flip { offset: u64, bit: u8 },
    Zeros { offset: u64, length: usize },
    Cut { length: u64 },
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Outcome {
    Same,
    /// The last group of a process that was killed: `docs/format.md` says that this cannot be told from a torn write.
    LastGroupDropped,
    Refused,
}

/// A log of some hundred records, closed.
fn closed(directory: &Path, appends: u64, large: usize) -> Ledger {
    let mut command = command("append", directory, &[]);
    command.env(LAST, appends.to_string()).env(LARGE, large.to_string());
    let mut ledger = Ledger::default();
    let (lines, status) = Process::start(command).rest();
    assert!(status.success());
    for line in &lines {
        ledger.hear(line);
    }
    assert!(lines.iter().any(|line| line == "closed"), "{:?}", lines.iter().rev().take(5));
    ledger
}

/// A log whose writer was killed after so many acknowledgements; there may have been one before.
fn killed(directory: &Path, acknowledgements: usize, large: usize, ledger: &mut Ledger) {
    let mut command = command("append", directory, &[]);
    command.env(crate::child::FIRST, ledger.go_on_from()).env(LARGE, large.to_string());
    let mut process = Process::start(command);
    let wanted = ledger.len() + acknowledgements;
    while ledger.len() < wanted {
        ledger.hear(&process.next_line().unwrap());
    }
    process.kill();
    for line in process.rest().0 {
        ledger.hear(&line);
    }
}

impl Store {
    /// Looks at a log on a copy, so that its files stay as its writer left them.
    fn new(name: &'static str, directory: PathBuf, ledger: &Ledger, large: usize) -> Store {
        let scratch = tempfile::tempdir().unwrap();
        let beside = scratch.path().join("copy");
        copy(&directory, &beside);
        let records = ledger.check(&beside, large).records;
        let mut chain = Chain::default();
        let mut roots = vec![chain.head().root.to_string()];
        Log::open_with(&beside, &Options::writer(RULES), |verified| {
            chain.leaf(verified.bytes);
            roots.push(chain.head().root.to_string());
        })
        .unwrap();
        let slots = files(&directory.join("journal")).into_iter();
        let slots = slots.filter_map(|segment| Slot::newest(&fs::read(segment).unwrap()));
        let floor = slots.map(|slot| slot.acknowledged.size).max().unwrap();
        let floor = usize::try_from(floor).unwrap();
        let acknowledged = usize::try_from(records).unwrap();
        Store { name, directory, roots, floor, acknowledged }
    }

    /// Damages a copy and has it opened.
    #[track_caller]
    fn injure(&self, file: &Path, injury: Injury) -> (Outcome, String) {
        let what = format!("{}: {} {injury:?}", self.name, file.display());
        let scratch = tempfile::tempdir().unwrap();
        let beside = scratch.path().join("copy");
        copy(&self.directory, &beside);
        injury.do_to(&beside.join(file));
        let (lines, status) = Process::start(command("check", &beside, &[])).rest();
        assert!(status.success(), "{what}: {status} {lines:?}");
        let said = |word: &str| lines.iter().find_map(|line| line.strip_prefix(word));
        if let Some(error) = said("unopened ") {
            return (Outcome::Refused, error.to_owned());
        }
        let found = said("found ").unwrap_or_else(|| panic!("{what}: {lines:?}"));
        let (size, root) = found.split_once(' ').unwrap();
        let size: usize = size.parse().unwrap();
        assert_eq!(self.roots.get(size).map(String::as_str), Some(root), "{what}: other records");
        assert!(size >= self.floor, "{what}: {size} of {} without a word", self.acknowledged);
        assert!(lines.iter().any(|line| line == "healthy"), "{what}: {lines:?}");
        let whole = size == self.acknowledged;
        (if whole { Outcome::Same } else { Outcome::LastGroupDropped }, String::new())
    }
}

impl Injury {
    /// Three of four hit something that is written.
    fn draw(file: &Path, dice: &mut Dice) -> Injury {
        const BLOCK: usize = 512;
        let bytes = fs::read(file).unwrap();
        let length = bytes.len() as u64;
        if length == 0 {
            return Injury::Cut { length: 1 + dice.below(4096) };
        }
        let written: Vec<usize> = (0..bytes.len())
            .step_by(BLOCK)
            .filter(|at| bytes[*at..bytes.len().min(at + BLOCK)].iter().any(|byte| *byte != 0))
            .collect();
        let mut offset = dice.below(length);
        if dice.below(4) > 0 && !written.is_empty() {
            offset = *dice.pick(&written) as u64 + dice.below(BLOCK as u64);
            offset = offset.min(length - 1);
        }
        let zeros = |block: u64| Injury::Zeros {
            offset: offset / block * block,
            length: usize::try_from(block.min(length - offset / block * block)).unwrap(),
        };
        match dice.below(8) {
            0..4 => Injury::Flip { offset, bit: u8::try_from(dice.below(8)).unwrap() },
            4 => zeros(512),
            5 => zeros(4096),
            _ => Injury::Cut { length: offset },
        }
    }

    fn do_to(self, path: &Path) {
        let file = File::options().read(true).write(true).open(path).unwrap();
        match self {
            Injury::Flip { offset, bit } => {
                let mut byte = [0];
                file.read_exact_at(&mut byte, offset).unwrap();
                file.write_all_at(&[byte[0] ^ (1 << bit)], offset).unwrap();
            }
            Injury::Zeros { offset, length } => {
                file.write_all_at(&vec![0; length], offset).unwrap();
            }
            Injury::Cut { length } => file.set_len(length).unwrap(),
        }
    }
}

/// A file to hurt: most often one with records in it.
fn draw_file(store: &Store, dice: &mut Dice) -> PathBuf {
    let all = files(&store.directory);
    let group: Vec<&PathBuf> = match dice.below(10) {
        0..4 => all.iter().filter(|file| file.ends_with("sled/db")).collect(),
        4..8 => all.iter().filter(|file| is_segment(file)).collect(),
        _ => all.iter().filter(|file| !file.ends_with("sled/db") && !is_segment(file)).collect(),
    };
    dice.pick(&group).strip_prefix(&store.directory).unwrap().to_owned()
}

fn is_segment(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(SEGMENT_NAME))
}

/// Closed; killed with everything in the journal alone; killed with most of it in sled; and, for the long tier, both
/// with more than the journal goes back to.
fn stores(folder: &Path) -> Vec<Store> {
    let mut stores = Vec::new();
    let mut ledger = closed(&folder.join("closed"), 150, 1_500);
    stores.push(Store::new("closed", folder.join("closed"), &ledger, 1_500));
    copy(&folder.join("closed"), &folder.join("half fed"));
    killed(&folder.join("half fed"), 200, 1_500, &mut ledger);
    stores.push(Store::new("half fed", folder.join("half fed"), &ledger, 1_500));
    let mut ledger = Ledger::default();
    killed(&folder.join("killed"), 600, 1_500, &mut ledger);
    stores.push(Store::new("killed", folder.join("killed"), &ledger, 1_500));
    if scale() > 1 {
        let mut ledger = closed(&folder.join("long"), 700, 20_000);
        stores.push(Store::new("long", folder.join("long"), &ledger, 20_000));
        copy(&folder.join("long"), &folder.join("long, killed"));
        killed(&folder.join("long, killed"), 300, 20_000, &mut ledger);
        stores.push(Store::new("long, killed", folder.join("long, killed"), &ledger, 20_000));
    }
    stores
}

#[test]
fn an_injury_changes_nothing_or_is_named() {
    let mut dice = Dice::of("injuries");
    let scratch = tempfile::tempdir().unwrap();
    let stores = stores(scratch.path());
    let mut tally = BTreeMap::<(String, String), usize>::new();
    for number in 0..samples(60) {
        // The long ones take long to copy.
        let long = number % 10 == 9 && stores.len() > 3;
        let store = if long { dice.pick(&stores[3..]) } else { &stores[number % 3] };
        let file = draw_file(store, &mut dice);
        let injury = Injury::draw(&store.directory.join(&file), &mut dice);
        let (outcome, error) = store.injure(&file, injury);
        let error = error.split(['{', ':']).next().unwrap().trim().to_owned();
        let kind =
            if is_segment(&file) { "journal/segment.*".into() } else { file.display().to_string() };
        *tally.entry((kind, format!("{outcome:?} {error}"))).or_default() += 1;
    }
    for ((file, outcome), count) in &tally {
        println!("{count:5}  {file:30} {outcome}");
    }
    let count = |word: &str| -> usize {
        tally.iter().filter(|((_, outcome), _)| outcome.starts_with(word)).map(|(_, n)| n).sum()
    };
    println!(
        "{} injuries: {} same, {} refused by name, {} last groups of a killed process dropped, 0 silent, 0 panics, 0 hangs",
        samples(60),
        count("Same"),
        count("Refused"),
        count("LastGroupDropped"),
    );
    assert!(count("Same") > 0 && count("Refused") > 0);
}

/// sled may be hurt anywhere as long as the journal holds all of the log, closed or not.
#[test]
fn an_injury_to_sled_is_repaired_from_the_journal() {
    let mut dice = Dice::of("repair");
    let scratch = tempfile::tempdir().unwrap();
    let stores = stores(scratch.path());
    for number in 0..samples(15) {
        let store = &stores[number % 3];
        let names = ["sled/db", "sled/conf"];
        let file = Path::new(names[usize::from(dice.below(5) == 0)]);
        let injury = Injury::draw(&store.directory.join(file), &mut dice);
        let (outcome, error) = store.injure(file, injury);
        assert_eq!(
            outcome,
            Outcome::Same,
            "{}: {} {injury:?}: {error}",
            store.name,
            file.display()
        );
    }
}
