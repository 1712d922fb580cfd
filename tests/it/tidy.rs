//! What keeps the sources pleasant to read: no file grows without end, none has a meaningless name,
//! each says what it is, and a test file can fail.

use std::fs;

use crate::docs::rust_files;
use crate::program::root;

/// A file is one idea; past this length it is two.
const LINES: usize = 400;

#[test]
fn every_source_file_is_one_named_idea() {
    let mut faults = Vec::new();
    for path in rust_files(&root()) {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let shown = path.strip_prefix(root()).unwrap().display().to_string();
        if text.lines().count() > LINES {
            faults.push(format!("{shown} has more than {LINES} lines: split it by idea"));
        }
        if ["utils", "util", "common", "helpers", "helper", "misc", "manager"].contains(&&*name) {
            faults.push(format!("{shown}: name it after what is in it"));
        }
        if !text.starts_with("//! ") {
            faults.push(format!("{shown}: begin with a sentence that says what it is"));
        }
        for mark in ["FIX\u{4d}E", "TO\u{44}O", "XX\u{58}"] {
            if text.contains(mark) {
                faults.push(format!("{shown}: {mark} is left over"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_project_speaks_of_itself_alone() {
    let mut files = rust_files(&root());
    files
        .extend(["README.md", "CHANGELOG.md", "justfile", ".ci/run"].map(|name| root().join(name)));
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        for machine in ["/wo\u{72}k/", "/ro\u{6f}t/", "/ho\u{6d}e/"] {
            assert!(!text.contains(machine), "{} names a path of a machine", path.display());
        }
    }
}
