//! A log as a file: exported, taken in elsewhere, exported again; cut and bent ones are refused at the right record.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::apply::{life, text};
use crate::program::{Program, SAMPLES};

const FORMATS: [&str; 2] = ["jsonl", "cbor"];

/// A log of whole lives, imported messages and a signed checkpoint, and its export.
fn exported(program: &Program, format: &str) -> Vec<u8> {
    if !program.data().exists() {
        program.run(&["key"]).exits(0);
        program.run(&["import", SAMPLES]).exits(0);
        let lives: Vec<Value> = (1..4).flat_map(life).collect();
        program.run_with_input(&["apply", "--strict", "-"], &text(&lives)).exits(0);
        program.run(&["checkpoint"]).exits(0);
    }
    export(program, &program.data(), format, "log")
}

fn export(program: &Program, data: &Path, format: &str, name: &str) -> Vec<u8> {
    let path = program.path(&format!("{name}.{format}"));
    fs::remove_file(&path).unwrap_or_default();
    let file = path.to_str().unwrap();
    program.run_on(data, &["export", file, "--format", format], "").exits(0);
    fs::read(path).unwrap()
}

#[test]
fn what_was_exported_and_taken_in_is_exported_the_same_again() {
    let program = Program::new();
    for format in FORMATS {
        let first = exported(&program, format);
        let (file, twin) = (program.path(&format!("log.{format}")), program.path(format));
        let file = file.to_str().unwrap();
        let said = program.run_on(&twin, &["import", "--log", file, "--json"], "").exits(0);
        let stats = |data: &Path| program.run_on(data, &["stats", "--json"], "").exits(0).out;
        assert_eq!(stats(&twin), stats(&program.data()));
        let root = said.json()[0]["root"].as_str().unwrap().to_owned();
        assert!(stats(&twin).contains(&root));
        assert!(export(&program, &twin, format, "again") == first, "{format}");
        // It is a log like any other, bound by what was signed of it.
        let said = program.run_on(&twin, &["replay", "--exclusive"], "").exits(0);
        assert!(said.out.contains("1 checkpoints agree") && said.out.contains("VERIFIED"));
        let said = program.run_on(&twin, &["diff", program.data().to_str().unwrap(), "."], "");
        assert_ne!(said.code, 0, "the working directory is no log");
        let twins = [program.data(), twin.clone()].map(|path| path.to_str().unwrap().to_owned());
        let same = program.run(&["diff", &twins[0], &twins[1]]).exits(0);
        assert!(same.out.starts_with("SAME"), "{}", same.out);
        program.run_on(&twin, &["import", "--log", file], "").exits(1);
    }
}

/// Records stand before this byte of the file.
fn records_before(bytes: &[u8], format: &str, at: usize) -> Option<usize> {
    let lines = bytes[..at].split(|byte| *byte == b'\n').count() - 1;
    (format == "jsonl" && lines > 0).then(|| lines - 1)
}

#[test]
fn a_cut_or_bent_file_is_refused_at_the_right_record_and_leaves_no_log() {
    let program = Program::new();
    for format in FORMATS {
        let whole = exported(&program, format);
        let (bent, data) = (program.path("bent"), program.path(&format!("of-{format}")));
        let refused = |bytes: &[u8], what: &str, record: Option<usize>| {
            fs::write(&bent, bytes).unwrap();
            let said = program.run_on(&data, &["import", "--log", bent.to_str().unwrap()], "");
            assert_eq!(said.code, 1, "{format} {what}: {}{}", said.out, said.err);
            if let Some(record) = record {
                assert!(
                    said.err.contains(&format!("record {record}"))
                        || said.err.contains("checkpoint")
                        || said.err.contains("root")
                        || said.err.contains("end"),
                    "{format} {what}: {} in place of record {record}",
                    said.err
                );
            }
            let listed = program.run_on(&data, &["list"], "").exits(1);
            assert!(
                listed.err.contains("import it again") || listed.err.contains("there is no log"),
                "{}",
                listed.err
            );
        };
        let step = whole.len() / 40;
        for at in (0..whole.len()).step_by(step).chain([whole.len() - 1]) {
            refused(&whole[..at], &format!("cut at {at}"), records_before(&whole, format, at));
            let mut flipped = whole.clone();
            flipped[at] ^= 0x04;
            refused(&flipped, &format!("flipped at {at}"), records_before(&whole, format, at));
        }
        refused(&[&whole[..], b"{}\n"].concat(), "longer", None);
        fs::write(&bent, &whole).unwrap();
        let file = bent.to_str().unwrap();
        program.run_on(&data, &["import", "--log", file], "").exits(0);
        assert!(export(&program, &data, format, "mended") == whole, "{format}");
    }
}

#[test]
fn a_file_that_was_cut_is_gone_on_with_and_becomes_the_same() {
    let program = Program::new();
    for format in FORMATS {
        let whole = exported(&program, format);
        let path = program.path("resumed");
        let args = ["export", path.to_str().unwrap(), "--format", format, "--resume"];
        let first = whole.len() / 10;
        for at in
            (first..whole.len()).step_by(whole.len() / 25).chain([whole.len() - 1, whole.len()])
        {
            fs::write(&path, &whole[..at]).unwrap();
            program.run(&args).exits(0);
            assert!(fs::read(&path).unwrap() == whole, "{format} from {at}");
        }
        // A record of another log is not gone on from.
        let mut bent = whole[..whole.len() / 2].to_vec();
        let at = bent.len() / 2;
        bent[at] ^= 1;
        fs::write(&path, &bent).unwrap();
        let said = program.run(&args);
        assert!(said.code == 1 || fs::read(&path).unwrap() == whole, "{format}: {}", said.err);
    }
}

#[test]
fn a_part_of_a_log_is_for_reading_alone() {
    let program = Program::new();
    exported(&program, "jsonl");
    let life = text(&life(9));
    program.run_with_input(&["apply", "--namespace", "ns2", "--strict", "-"], &life).exits(0);
    let file = program.path("part");
    let file = file.to_str().unwrap();
    program.run(&["export", file, "--namespace", "ns2"]).exits(0);
    let lines = fs::read_to_string(file).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["namespace"], "ns2");
    let [_, records @ .., end] = &lines[..] else { panic!("a header and an end") };
    assert_eq!((records.len(), &end["end"]), (6, &serde_json::json!(6)));
    assert!(records.iter().all(|record| record["namespace"] == "ns2"));
    let said = program.run_on(&program.path("new"), &["import", "--log", file], "").exits(1);
    assert!(said.err.contains("namespace 'ns2' alone"), "{}", said.err);
    // To a pipe, and never over a file that is there.
    let piped = program.run(&["export", "--namespace", "ns2"]).exits(0);
    assert_eq!(piped.out, fs::read_to_string(file).unwrap());
    program.run(&["export", file]).exits(1);
}
