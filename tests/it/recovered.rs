//! A copy of a log that took its place, as a user and an auditor meet it: what is told, proven and noticed.
//! How a copy is made is not asked here: it is a folder that was copied, without its checkpoints.

use std::fs;
use std::path::{Path, PathBuf};

use lampyris_log::{Log, Options, Rules, key_file};
use lampyris_message::lifecycle::rules;

use crate::evidence::copy_folder;
use crate::program::{Program, SAMPLES};

const ONE: &str = "677c5c95-7ad7-48ec-b3dc-ebd403ef9169";
const STAGE: &str = r#"{"do":"stage","message":{"header":{"type":"broadcast","author":"did:firefly:org/acme","key":"0x9f3b","topics":["orders"]}}}"#;
const NEW: &str = "example.com/recovered";

/// A log that was lost after it was copied, and the copy in its place.
struct Recovered {
    program: Program,
    old_key: String,
    key: String,
    /// What the auditor holds of the log before: of what was copied, and of what came after.
    before: PathBuf,
    beyond: PathBuf,
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn recovered() -> Recovered {
    let program = Program::new();
    let old_key = program.run(&["key"]).exits(0).out.trim().to_owned();
    program.run(&["import", SAMPLES]).exits(0);
    let (before, beyond) = (program.path("before"), program.path("beyond"));
    program.run(&["checkpoint", "--out", text(&before)]).exits(0);
    program.run(&["export", text(&program.path("begun"))]).exits(0);
    let copy = program.path("copy");
    copy_folder(&program.data(), &copy);
    program.run_with_input(&["apply", "-"], STAGE).exits(0);
    program.run(&["checkpoint", "--out", text(&beyond)]).exits(0);
    let lost = Log::open(program.data(), &Options::reader()).unwrap().head();
    fs::remove_dir_all(program.data()).unwrap();
    fs::rename(&copy, program.data()).unwrap();
    fs::remove_file(program.data().join("checkpoints")).unwrap();
    fs::rename(program.path("data.key"), program.path("old.key")).unwrap();
    let rules = Rules { version: rules::VERSION, hash: rules::hash().0 };
    drop(Log::open(program.data(), &Options::writer(rules).recovered(NEW, Some(lost))).unwrap());
    let drawn = key_file::draw(NEW).unwrap();
    key_file::create(&program.path("data.key"), &drawn).unwrap();
    let key = drawn.verifier().to_string();
    Recovered { program, old_key, key, before, beyond }
}

#[test]
fn it_is_told_wherever_the_log_is_shown() {
    let Recovered { program, old_key, before, beyond, .. } = recovered();
    let old = old_key.split_once('+').unwrap().0;
    let line = format!("at sequence 5 from {old}; the lost log was known to 7 records, 2 more\n");
    let stats = program.run(&["stats"]).exits(0).out;
    assert!(stats.contains(&format!("origin     {NEW}\nrecovered  {line}")), "{stats}");
    let replay = program.run(&["replay"]).exits(0).out;
    assert!(replay.contains(&format!("recovered {line}")), "{replay}");
    for command in ["stats", "replay"] {
        let told = program.run(&[command, "--json"]).exits(0).json().remove(0);
        assert_eq!(told["recoveries"][0]["oldOrigin"], old, "{command}");
        assert_eq!(told["recoveries"][0]["recovered"]["size"], 5);
        assert_eq!(told["recoveries"][0]["lost"]["size"], 7);
    }
    let log = Log::open(program.data(), &Options::reader()).unwrap();
    let leaf = const_hex::encode(log.leaf_bytes(5).unwrap().unwrap());
    let told = program.run(&["inspect", &leaf, "--json"]).exits(0).json().remove(0);
    assert_eq!(told["event"]["name"], "recovered");
    assert_eq!(told["carried"]["newOrigin"], NEW);
    assert_eq!(told["carried"]["lost"]["size"], 7);
    let held =
        |path: &Path| program.run(&["replay", "--checkpoint", text(path), "--key", &old_key]);
    assert!(held(&before).exits(0).out.contains("1 checkpoints agree"));
    let lost = held(&beyond).exits(1).out;
    assert!(lost.contains("of which 5 were recovered as example.com/recovered"), "{lost}");
}

#[test]
fn an_auditor_with_the_new_key_verifies_what_came_before_and_is_told() {
    let Recovered { program, old_key, key, before, beyond } = recovered();
    let file = program.path("bundle.json");
    program.run(&["prove", ONE, "--out", text(&file)]).exits(0);
    let said = program.run(&["verify", text(&file), "--key", &key]).exits(0).out;
    assert!(
        said.starts_with(&format!(
            "VERIFIED\nlog          {NEW}\nrecovered    at sequence 5 from "
        )),
        "{said}"
    );
    assert!(said.contains("the lost log was known to 7 records, 2 more\n"), "{said}");
    let told = program.run(&["verify", text(&file), "--key", &key, "--json"]).exits(0).json();
    assert_eq!(told[0]["recovered"][0]["newOrigin"], NEW);
    program.run(&["verify", text(&file), "--key", &old_key]).exits(1);

    program.run_with_input(&["apply", "-"], STAGE).exits(0);
    let newer = program.path("newer");
    program.run(&["checkpoint", "--out", text(&newer)]).exits(0);
    let prove =
        |from: &Path| program.run(&["prove", ONE, "--from", text(from), "--out", text(&file)]);
    let keys = ["--key", &key, "--key", &old_key];
    let verify = |from: &Path| {
        program.run(&[&["verify", text(&file), "--from", text(from)], &keys[..]].concat())
    };
    prove(&before).exits(0);
    verify(&before).exits(0);
    verify(&newer).exits(0);
    let lost = verify(&beyond).exits(1).out;
    assert!(lost.starts_with("FAILED LOST: 5 of the 7 records of "), "{lost}");
    assert!(prove(&beyond).exits(1).err.contains("the others are lost"));
}

/// Under a checkpoint of the lost log, what was recovered is as well proven as ever; its key is asked for.
#[test]
fn an_old_checkpoint_still_proves_what_it_covers() {
    let Recovered { program, old_key, key, before, .. } = recovered();
    let (file, old) = (program.path("bundle.json"), program.path("old.key"));
    let prove = ["prove", ONE, "--checkpoint", text(&before), "--out", text(&file), "--key-file"];
    program.run(&[&prove[..], &[text(&old)]].concat()).exits(0);
    let said = program.run(&["verify", text(&file), "--key", &old_key]).exits(0).out;
    assert!(!said.contains("recovered "), "{said}");
    program.run(&["verify", text(&file), "--key", &key]).exits(1);
}

#[test]
fn tiles_and_an_export_that_were_begun_before_go_on() {
    let Recovered { program, before, .. } = recovered();
    let tiles = program.path("tiles");
    program.run(&["checkpoint"]).exits(0);
    program.run(&["export", "--tiles", text(&tiles)]).exits(0);
    fs::copy(&before, tiles.join("checkpoint")).unwrap();
    program.run(&["export", "--tiles", text(&tiles)]).exits(0);
    let published = fs::read_to_string(tiles.join("checkpoint")).unwrap();
    assert!(published.starts_with(NEW), "{published}");
    let begun = program.path("begun");
    let whole = fs::read(&begun).unwrap();
    fs::write(&begun, &whole[..whole.len() / 2]).unwrap();
    program.run(&["export", "--resume", text(&begun)]).exits(0);
    let resumed = fs::read_to_string(&begun).unwrap();
    assert!(resumed.lines().any(|line| line.contains("\"end\"")), "{resumed}");
    let (file, other) = (program.path("export"), program.path("other"));
    program.run(&["export", text(&file)]).exits(0);
    program.run_on(&other, &["import", "--log", text(&file)], "").exits(0);
    let stats = program.run_on(&other, &["stats", "--json"], "").exits(0).json().remove(0);
    assert_eq!(
        (&stats["origin"], &stats["recoveries"][0]["newOrigin"]),
        (&NEW.into(), &NEW.into())
    );
}
