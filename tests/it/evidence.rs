//! Keys, checkpoints, proofs and exports as a user meets them: what is printed, kept, refused, and who finds out.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use lampyris_log::{Log, Options};
use serde_json::Value;

use crate::program::{Program, SAMPLES};

const ONE: &str = "677c5c95-7ad7-48ec-b3dc-ebd403ef9169";
const STAGE: &str = r#"{"do":"stage","message":{"header":{"type":"broadcast","author":"did:firefly:org/acme","key":"0x9f3b","topics":["orders"]}}}"#;

/// A log of the real messages, its key, and the verifier key.
fn with_key() -> (Program, String) {
    let program = Program::new();
    let key = program.run(&["key"]).exits(0).out.trim().to_owned();
    program.run(&["import", SAMPLES]).exits(0);
    (program, key)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Signs the log's head and gives the file that holds the checkpoint.
fn checkpoint(program: &Program, name: &str) -> PathBuf {
    let path = program.path(name);
    program.run(&["checkpoint", "--out", text(&path)]).exits(0);
    path
}

fn bundle(program: &Program, name: &str) -> PathBuf {
    let path = program.path(name);
    program.run(&["prove", ONE, "--out", text(&path)]).exits(0);
    path
}

#[test]
fn a_key_is_made_once_for_its_owner_alone_and_names_the_log_that_comes_after() {
    let (program, key) = with_key();
    let file = program.path("data.key");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!program.data().join("data.key").exists());
    assert_eq!(program.run(&["key"]).exits(0).out.trim(), key, "it is not written over");
    let (origin, _) = key.split_once('+').unwrap();
    let stats = program.run(&["stats", "--json"]).exits(0).json().remove(0);
    assert_eq!(stats["origin"], origin);
    assert_eq!(format!("lampyris.local/{}", stats["logId"].as_str().unwrap()), origin);
    let other = program.run(&["key", "--origin", "example.com/other"]).exits(1);
    assert!(other.err.contains(origin) && other.err.contains("example.com/other"), "{}", other.err);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(program.run(&["checkpoint"]).exits(1).err.contains("0600"));
}

#[test]
fn a_key_that_is_made_later_takes_the_name_that_the_log_has() {
    let program = Program::new();
    program.run(&["import", SAMPLES]).exits(0);
    let refused = program.run(&["checkpoint"]).exits(1);
    assert!(refused.err.contains("lampyris key"), "{}", refused.err);
    let key = program.run(&["key"]).exits(0).out;
    let stats = program.run(&["stats", "--json"]).exits(0).json().remove(0);
    assert!(key.starts_with(stats["origin"].as_str().unwrap()), "{key}");
    program.run(&["checkpoint"]).exits(0);
}

#[test]
fn the_same_log_has_the_same_checkpoint_and_a_longer_one_another() {
    let (program, key) = with_key();
    let first = program.run(&["checkpoint"]).exits(0).out;
    assert_eq!(program.run(&["checkpoint"]).exits(0).out, first);
    assert_eq!(program.run(&["checkpoint", "--last"]).exits(0).out, first);
    let stats = program.run(&["stats", "--json"]).exits(0).json().remove(0);
    let lines: Vec<_> = first.lines().collect();
    assert_eq!(lines[0], key.split_once('+').unwrap().0);
    assert_eq!(lines[1], stats["records"].to_string());
    program.run_with_input(&["apply", "-"], STAGE).exits(0);
    assert_eq!(program.run(&["checkpoint", "--last"]).exits(0).out, first, "nothing was signed");
    let second = program.run(&["checkpoint"]).exits(0).out;
    assert_ne!(second, first);
    let listed = program.run(&["checkpoint", "--list", "--json"]).exits(0).json();
    let notes: Vec<_> = listed.iter().map(|one| one["note"].as_str().unwrap()).collect();
    assert_eq!(notes, [first.as_str(), second.as_str()]);
}

#[test]
fn a_bundle_is_verified_without_the_log_and_with_the_right_key_alone() {
    let (program, key) = with_key();
    let file = bundle(&program, "bundle.json");
    fs::remove_dir_all(program.data()).unwrap();
    fs::remove_file(program.path("data.key")).unwrap();
    let said = program.run(&["verify", text(&file), "--key", &key]).exits(0);
    assert!(said.out.starts_with("VERIFIED\n"), "{}", said.out);
    assert!(said.out.contains(ONE) && said.out.contains("withheld"), "{}", said.out);
    let told = program.run(&["verify", text(&file), "--key", &key, "--json"]).exits(0).json();
    assert_eq!(told[0]["verdict"], "VERIFIED");
    assert_eq!(told[0]["messages"][0]["id"], ONE);
    assert!(!program.data().exists(), "a verifier makes no log");
    let other = Program::new().run(&["key"]).exits(0).out;
    let said = program.run(&["verify", text(&file), "--key", other.trim()]).exits(1);
    assert!(said.out.starts_with("FAILED "), "{}", said.out);
    let cut = program.write("cut.json", &fs::read_to_string(&file).unwrap()[..500]);
    let said = program.run(&["verify", text(&cut), "--key", &key]).exits(2);
    assert!(said.out.starts_with("MALFORMED "), "{}", said.out);
    program.run(&["verify", text(&file)]).exits(2);
    let private = program.run(&["verify", text(&file), "--key", "PRIVATE+KEY+a+00000000+AAAA"]);
    assert!(private.exits(2).err.contains("signing key"));
}

#[test]
fn a_proof_goes_on_from_the_checkpoint_that_is_held_and_from_no_other() {
    let (program, key) = with_key();
    let held = checkpoint(&program, "held");
    program.run_with_input(&["apply", "-"], STAGE).exits(0);
    let newer = checkpoint(&program, "newer");
    let (later, alone) = (program.path("later.json"), bundle(&program, "alone.json"));
    let prove = ["prove", ONE, "--checkpoint", text(&newer), "--from", text(&held), "--out"];
    program.run(&[&prove[..], &[text(&later)]].concat()).exits(0);
    let verify = |file: &PathBuf, from: &PathBuf| {
        program.run(&["verify", text(file), "--key", &key, "--from", text(from)])
    };
    verify(&later, &held).exits(0);
    verify(&later, &newer).exits(0);
    assert!(verify(&alone, &held).exits(1).out.contains("with --from"));
    let mut forged = fs::read(&held).unwrap();
    let at = forged.len() - 20;
    forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
    let forged = program.write("forged", str::from_utf8(&forged).unwrap());
    let prove = ["prove", ONE, "--from", text(&forged)];
    assert!(program.run(&prove).exits(1).err.contains("does not verify"));
    let uncovered = program.run(&["prove", "--tlog-proof", "6", "--checkpoint", text(&held)]);
    assert!(uncovered.exits(1).err.contains("covers 5 records"));
}

#[test]
fn apply_signs_at_the_end_and_says_where_a_key_comes_from() {
    let (program, key) = with_key();
    let asked = ["apply", "-", "--checkpoint-seconds", "3600"];
    program.run_with_input(&asked, STAGE).exits(0);
    let last = program.run(&["checkpoint", "--last", "--json"]).exits(0).json().remove(0);
    assert_eq!(last["size"], 7);
    let file = bundle(&program, "bundle.json");
    program.run(&["verify", text(&file), "--key", &key]).exits(0);
    let none = Program::new();
    let refused = none.run_with_input(&["apply", "-", "--checkpoint-records", "1"], STAGE);
    assert!(refused.exits(1).err.contains("lampyris key"));
}

#[test]
fn a_proof_goes_on_from_what_an_older_key_signed() {
    let (program, old_key) = with_key();
    let held = checkpoint(&program, "held");
    fs::rename(program.path("data.key"), program.path("gone")).unwrap();
    let key = program.run(&["key", "--another"]).exits(0).out.trim().to_owned();
    program.run_with_input(&["apply", "-"], STAGE).exits(0);
    let newer = checkpoint(&program, "newer");
    let file = program.path("later.json");
    let prove = ["prove", ONE, "--checkpoint", text(&newer), "--from", text(&held), "--out"];
    program.run(&[&prove[..], &[text(&file)]].concat()).exits(0);
    let verify = ["verify", text(&file), "--from", text(&held), "--key", &key];
    program.run(&[&verify[..], &["--key", &old_key]].concat()).exits(0);
    program.run(&verify).exits(1);
}

#[test]
fn two_roots_of_one_size_are_called_a_fork() {
    let (program, key) = with_key();
    let copy = program.path("copy");
    copy_folder(&program.data(), &copy);
    fs::copy(program.path("data.key"), program.path("copy.key")).unwrap();
    program.run_with_input(&["apply", "-"], STAGE).exits(0);
    program.run_on(&copy, &["apply", "-"], STAGE).exits(0);
    let ours = checkpoint(&program, "ours");
    let theirs = program.path("theirs.json");
    program.run_on(&copy, &["checkpoint"], "").exits(0);
    program.run_on(&copy, &["prove", ONE, "--out", text(&theirs)], "").exits(0);
    program.run(&["verify", text(&theirs), "--key", &key]).exits(0);
    let said = program.run(&["verify", text(&theirs), "--key", &key, "--from", text(&ours)]);
    assert!(said.exits(1).out.starts_with("FAILED FORK: "));
    let (state, witness) = (program.path("held"), program.path("w.key"));
    program.run(&["key", "--witness", "w.example", "--key-file", text(&witness)]).exits(0);
    fs::copy(&ours, &state).unwrap();
    let ask = ["witness", text(&theirs), "--key", &key, "--held", text(&state), "--key-file"];
    let refused = program.run(&[&ask[..], &[text(&witness)]].concat()).exits(1);
    assert!(refused.err.contains("FORK: "), "{}", refused.err);
    assert_eq!(fs::read(&state).unwrap(), fs::read(&ours).unwrap(), "it never goes over");
}

#[test]
fn a_bundle_must_show_a_message_and_the_one_that_is_asked_for() {
    let (program, key) = with_key();
    let file = bundle(&program, "bundle.json");
    let verify = ["verify", text(&file), "--key", &key, "--message"];
    program.run(&[&verify[..], &[ONE]].concat()).exits(0);
    program.run(&[&verify[..], &[ONE, "--namespace", "other"]].concat()).exits(1);
    let other = [&verify[..], &["00000000-0000-4000-8000-000000000000"]].concat();
    assert!(program.run(&other).exits(1).out.contains("00000000-0000-4000-8000-000000000000"));
    let mut document: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    document["inclusion"].as_array_mut().unwrap().truncate(1);
    let empty = program.write("empty.json", &document.to_string());
    let said = program.run(&["verify", text(&empty), "--key", &key]).exits(1);
    assert!(said.out.contains("no message"), "{}", said.out);
}

#[test]
fn nothing_is_written_over_a_key_the_log_or_what_the_command_needs() {
    let (program, _) = with_key();
    let held = checkpoint(&program, "held");
    let (key_file, in_the_log) = (program.path("data.key"), program.data().join("format"));
    let before = fs::read(&key_file).unwrap();
    for out in [&key_file, &in_the_log, &program.data().join("new"), &held] {
        let prove = ["prove", ONE, "--checkpoint", text(&held), "--out", text(out)];
        assert!(program.run(&prove).exits(2).err.contains("not written over"));
    }
    for inside in ["tiles", "new/folders"] {
        program.run(&["export", "--tiles", text(&program.data().join(inside))]).exits(2);
    }
    let inside = program.data().join("key");
    program.run(&["key", "--key-file", text(&inside)]).exits(2);
    assert_eq!(fs::read(&key_file).unwrap(), before);
    program.run(&["replay"]).exits(0);
}

#[test]
fn a_key_that_is_lost_is_not_replaced_without_a_word() {
    let (program, key) = with_key();
    checkpoint(&program, "held");
    fs::rename(program.path("data.key"), program.path("gone")).unwrap();
    let refused = program.run(&["key"]).exits(1);
    assert!(refused.err.contains(&key) && refused.err.contains("--another"), "{}", refused.err);
    assert!(!program.path("data.key").exists());
    let another = program.run(&["key", "--another"]).exits(0).out;
    assert_ne!(another.trim(), key);
    program.run(&["key", "--another"]).exits(1);
}

#[test]
fn a_secret_that_is_given_by_mistake_is_not_repeated_and_a_file_may_hold_a_key() {
    let (program, key) = with_key();
    let file = bundle(&program, "bundle.json");
    let secret = fs::read_to_string(program.path("data.key")).unwrap();
    let said = program.run(&["verify", text(&file), "--key", secret.trim()]).exits(2);
    assert!(!said.err.contains(&secret[60..80]), "{}", said.err);
    let vkey = program.write("log.vkey", &format!("{key}\n"));
    program.run(&["verify", text(&file), "--key", text(&vkey)]).exits(0);
    program.run(&["verify", text(&file), "--key", "no-such-file"]).exits(2);
}

#[test]
fn a_witness_cosigns_what_goes_on_and_a_policy_asks_for_it() {
    let (program, key) = with_key();
    let (witness_key, state) = (program.path("witness.key"), program.path("held-by-witness"));
    let made = ["key", "--witness", "witness.example/w", "--key-file", text(&witness_key)];
    let vkey = program.run(&made).exits(0).out.trim().to_owned();
    let ask_with = |bundle: &PathBuf, more: &[&str]| {
        let asked = ["witness", text(bundle), "--key", &key, "--held", text(&state)];
        program.run(&[&asked[..], &["--key-file", text(&witness_key)], more].concat())
    };
    let ask = |bundle: &PathBuf| ask_with(bundle, &[]);
    let first = bundle(&program, "first.json");
    assert!(ask(&first).exits(1).err.contains("--first"), "a mistyped path takes nothing");
    let cosigned = ask_with(&first, &["--first"]).exits(0).out;
    ask_with(&first, &["--first"]).exits(1);
    let held = program.write("cosigned", &cosigned);
    program.run(&["checkpoint", "--add", text(&held), "--witness", &vkey]).exits(0);
    let again = bundle(&program, "again.json");
    let verify = ["verify", text(&again), "--key", &key, "--witness", &vkey];
    assert!(program.run(&verify).exits(0).out.contains("witness.example/w"));
    let without = ["verify", text(&first), "--key", &key, "--witness", &vkey];
    assert!(program.run(&without).exits(1).out.starts_with("FAILED "));
    let policy = format!("log {key}\nwitness w {vkey}\nquorum w\n");
    let policy = program.write("policy", &policy);
    program.run(&["verify", text(&again), "--policy", text(&policy)]).exits(0);
    program.run(&["verify", text(&first), "--policy", text(&policy)]).exits(1);

    program.run_with_input(&["apply", "-"], STAGE).exits(0);
    let newer = checkpoint(&program, "newer");
    let prove = ["prove", ONE, "--checkpoint", text(&newer)];
    let unlinked = program.write("unlinked.json", &program.run(&prove).exits(0).out);
    assert!(ask(&unlinked).exits(1).err.contains("goes on"), "no consistency is shown");
    let from = [&prove[..], &["--from", text(&held)]].concat();
    let linked = program.write("linked.json", &program.run(&from).exits(0).out);
    ask(&linked).exits(0);
    assert!(ask(&again).exits(1).err.contains("smaller"), "it never goes back");
}

#[test]
fn an_export_of_tiles_is_brought_up_to_date() {
    let (program, key) = with_key();
    let tiles = program.path("tiles");
    program.run(&["export", "--tiles", text(&tiles)]).exits(0);
    let first = fs::read_to_string(tiles.join("checkpoint")).unwrap();
    assert!(first.starts_with(key.split_once('+').unwrap().0));
    assert!(tiles.join("tile/0/000.p/5").exists() && tiles.join("tile/entries/000.p/5").exists());
    program.run_with_input(&["apply", "-"], STAGE).exits(0);
    program.run(&["export", "--tiles", text(&tiles)]).exits(0);
    assert_ne!(fs::read_to_string(tiles.join("checkpoint")).unwrap(), first);
    let (other, _) = with_key();
    let refused = other.run(&["export", "--tiles", text(&tiles)]).exits(1);
    assert!(refused.err.contains("lampyris.local/"), "{}", refused.err);
}

#[test]
fn two_logs_are_compared_to_the_first_record_that_differs() {
    let (program, _) = with_key();
    let (data, copy) = (program.data(), program.path("copy"));
    copy_folder(&data, &copy);
    let diff = |json: &[&str]| program.run(&[&["diff", text(&data), text(&copy)], json].concat());
    assert!(diff(&[]).exits(0).out.starts_with("SAME: 5 records"));
    program.run(&["diff", text(&data), text(&data)]).exits(0);
    program.run(&["diff", text(&data), "no-such-folder"]).exits(2);
    program.run_with_input(&["apply", "-"], STAGE).exits(0);
    assert!(diff(&[]).exits(1).out.starts_with("PREFIX: "));
    program.run_on(&copy, &["apply", "-"], STAGE).exits(0);
    let told = diff(&["--json"]).exits(1).json().remove(0);
    assert_eq!((&told["verdict"], &told["same"]), (&"DIFFERENT".into(), &5.into()));
    assert_eq!(told["first"][0]["sequence"], 5);
    assert_ne!(told["first"][0]["leaf"], told["first"][1]["leaf"]);
}

#[test]
fn a_leaf_is_shown_as_text_by_byte_and_rule_where_it_is_none() {
    let (program, _) = with_key();
    let bundle: Value =
        serde_json::from_slice(&fs::read(bundle(&program, "bundle.json")).unwrap()).unwrap();
    let leaf = bundle["inclusion"][1]["leaf"].as_str().unwrap();
    let told = program.run(&["inspect", leaf, "--json"]).exits(0).json().remove(0);
    assert_eq!(told["stream"]["id"], ONE);
    assert_eq!(told["carried"]["header"]["id"], ONE);
    assert_eq!(program.run_with_input(&["inspect", "-", "--json"], leaf).exits(0).json()[0], told);
    let log = Log::open(program.data(), &Options::reader()).unwrap();
    let bytes = log.read(told["sequence"].as_u64().unwrap()).unwrap().unwrap().encode();
    drop(log);
    let file = program.path("leaf");
    fs::write(&file, &bytes).unwrap();
    assert_eq!(program.run(&["inspect", text(&file), "--json"]).exits(0).json()[0], told);
    assert!(program.run(&["inspect", leaf]).exits(0).out.contains("did:firefly"));
    let opened = bundle["inclusion"][0]["leaf"].as_str().unwrap();
    let told = program.run(&["inspect", opened, "--json"]).exits(0).json().remove(0);
    assert_eq!(told["carried"]["origin"], bundle["origin"]);
    let cut = program.run(&["inspect", &leaf[..leaf.len() - 2]]).exits(2);
    assert!(cut.err.contains("byte "), "{}", cut.err);
    assert!(program.run(&["inspect", "no-such-file"]).exits(2).err.contains("neither"));
}

#[test]
fn a_replay_holds_the_log_against_checkpoints_from_outside() {
    let (program, key) = with_key();
    let held = checkpoint(&program, "held");
    program.run_with_input(&["apply", "-"], STAGE).exits(0);
    let replay = |program: &Program, key: &str| {
        program.run(&["replay", "--checkpoint", text(&held), "--key", key])
    };
    let said = replay(&program, &key).exits(0).out;
    assert!(said.contains("VERIFIED") && said.contains("2 checkpoints agree"), "{said}");
    let (other, other_key) = with_key();
    assert!(replay(&other, &key).exits(1).out.contains("FAULT"));
    assert!(replay(&program, &other_key).exits(1).out.contains("FAULT"));
}

pub(crate) fn copy_folder(from: &PathBuf, to: &PathBuf) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, to) = (entry.unwrap(), to.clone());
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
