//! A damaged data directory gets a named refusal and never another answer.
//!
//! A flipped byte or a cut file could make the store forget events in silence: sled takes a bad
//! checksum for a torn tail. What the program printed before the damage is held against what it
//! prints after it; the log crate's own tests try many more places.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{Program, SAMPLES};

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn a_copied_data_directory_opens_and_says_the_same() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    let list = program.run(&["list", "--json", "--limit", "0"]).exits(0).out;
    let twin = program.path("twin");
    copy(&program.data(), &twin);
    assert_eq!(program.run_on(&twin, &["list", "--json", "--limit", "0"], "").exits(0).out, list);
    assert!(program.run_on(&twin, &["replay"], "").exits(0).out.contains("VERIFIED 4 events"));
}

/// The bytes of the store that hold the frame: found by its magic.
fn frame_places(store: &[u8]) -> Vec<usize> {
    store.windows(4).enumerate().filter(|(_, four)| four == b"LMPF").map(|(at, _)| at).collect()
}

/// One of the two copies of a frame is damaged, in the store or in the journal: it is named, and
/// mended from the other one.
#[test]
fn one_flipped_byte_anywhere_in_a_frame_is_named_and_mended() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    let list = program.run(&["list", "--json"]).exits(0).out;
    for file in ["sled/db", "journal/segment.0"] {
        let bytes = fs::read(program.data().join(file)).unwrap();
        let frames = frame_places(&bytes);
        assert!(!frames.is_empty(), "frames begin with LMPF in {file}");
        for begin in frames {
            for offset in [0, 5, 13, 20, 40, 60, 70, 100, 200] {
                let mut flipped = bytes.clone();
                flipped[begin + offset] ^= 0x10;
                let twin = program.path(&format!("twin-{}-{begin}-{offset}", &file[..4]));
                copy(&program.data(), &twin);
                fs::write(twin.join(file), flipped).unwrap();
                let said = program.run_on(&twin, &["replay", "--exclusive"], "").exits(1);
                assert!(said.out.contains("FAULT"), "{file} {begin} {offset}: {}", said.out);
                let said = program.run_on(&twin, &["replay", "--exclusive"], "").exits(0);
                assert!(said.out.contains("VERIFIED 4"));
                assert_eq!(program.run_on(&twin, &["list", "--json"], "").exits(0).out, list);
            }
        }
    }
}

/// With sled emptied and the journal's copy damaged, nothing can stand in for what was acknowledged.
#[test]
fn one_flipped_byte_anywhere_in_the_only_copy_of_a_frame_is_a_named_fault() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    let segment = program.data().join("journal/segment.0");
    let bytes = fs::read(&segment).unwrap();
    let frames = frame_places(&bytes);
    assert!(!frames.is_empty(), "frames begin with LMPF in {}", segment.display());
    for begin in frames {
        for offset in [0, 5, 13, 20, 40, 60, 70, 100, 200] {
            let mut flipped = bytes.clone();
            flipped[begin + offset] ^= 0x10;
            let twin = program.path(&format!("twin-{begin}-{offset}"));
            copy(&program.data(), &twin);
            fs::remove_dir_all(twin.join("sled")).unwrap();
            fs::create_dir(twin.join("sled")).unwrap();
            fs::write(twin.join("journal/segment.0"), flipped).unwrap();
            fs::remove_dir_all(twin.join("archive")).unwrap();
            for how in [&["replay"][..], &["replay", "--exclusive"]] {
                let said = program.run_on(&twin, how, "").exits(1);
                assert!(!said.out.contains("VERIFIED"), "byte {offset} of {begin}: {}", said.out);
                assert!(!said.err.is_empty() || said.out.contains("FAULT"));
            }
        }
    }
}

#[test]
fn every_file_cut_to_half_gives_the_same_answer_or_a_named_refusal() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    let list = program.run(&["list", "--json", "--limit", "0"]).exits(0).out;
    for (number, file) in files(&program.data()).iter().enumerate() {
        let twin = program.path(&format!("cut-{number}"));
        copy(&program.data(), &twin);
        let target = twin.join(file.strip_prefix(program.data()).unwrap());
        let bytes = fs::read(file).unwrap();
        fs::write(target, &bytes[..bytes.len() / 2]).unwrap();
        let said = program.run_on(&twin, &["list", "--json", "--limit", "0"], "");
        if said.code == 0 {
            assert_eq!(said.out, list, "after cutting {}", file.display());
        } else {
            let verdict = said.err.lines().last().unwrap();
            assert!(verdict.starts_with("{\"error\""), "{}", said.err);
        }
    }
}

#[test]
fn a_finished_log_whose_marker_was_renamed_is_refused_and_not_cleared_away() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    let (marker, unfinished) =
        (program.data().join("format"), program.data().join("format.creating"));
    fs::rename(&marker, &unfinished).unwrap();
    let said = program.run(&["import", SAMPLES]).exits(1);
    assert!(said.err.contains("format"), "{}", said.err);
    fs::rename(&unfinished, &marker).unwrap();
    assert!(program.run(&["replay"]).exits(0).out.contains("VERIFIED 4 events"));
}
