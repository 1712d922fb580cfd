//! `backup`, `restore` and `recover` as an operator meets them where they refuse.

use crate::program::{Program, SAMPLES};

/// Each is refused by name, with the exit code of its kind, and changes nothing.
#[test]
fn what_cannot_be_backed_up_restored_or_recovered_is_refused_by_name() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    let path = |name: &str| program.path(name).to_str().unwrap().to_owned();
    let (backup, inside) = (path("backup"), path("data/inside"));
    program.run(&["backup", &backup]).exits(0);
    std::fs::create_dir(program.path("other")).unwrap();
    std::fs::write(program.path("other/file"), "x").unwrap();
    program.run_on(&program.path("twin"), &["import", SAMPLES], "").exits(0);
    let refused = |data: &str, args: &[&str], code: i32, why: &str| {
        let said = program.run_on(&program.path(data), args, "").exits(code);
        assert!(said.err.contains(why), "{args:?}: {}", said.err);
    };
    refused("data", &["backup", &path("data")], 2, "is in the data directory");
    refused("data", &["backup", &inside], 2, "is in the data directory");
    refused("data", &["backup", &path("other")], 1, "is not empty and not a log");
    refused("data", &["backup", "--verify", &path("none")], 1, "there is no backup in");
    refused("none", &["backup", &path("new")], 1, "there is no log in");
    refused("twin", &["backup", &backup], 1, "backup is of log ");
    refused("data", &["backup", &backup, "--share", "0"], 2, "--share");
    refused("data", &["restore", &backup], 1, "there is a log in");
    refused("data", &["recover", "--origin", "x"], 1, "there is a log in");
    refused("none", &["recover", "--origin", "x"], 1, "there is no backup in");
    refused("backup", &["recover"], 2, "--origin is needed");
    refused("backup", &["recover", "--origin", "a b"], 2, "white space");
    refused("backup", &["list"], 1, "is a backup: `lampyris recover` makes a log of it");
    refused("backup", &["key"], 1, "needs a new name");
    program.run(&["backup", "--verify", &backup]).exits(0);
    program.run(&["replay"]).exits(0);
    assert!(!program.path("data/inside").exists() && !program.path("none").exists());
}
