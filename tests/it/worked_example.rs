//! The worked examples of the pages are run as they are written, and say what the pages say that they say.
//!
//! `…` on the page stands for any text in a line, and alone in a line for any lines.

use std::path::Path;
use std::process::Command;

use lampyris_projection::query::Collection;

use crate::program::root;

/// A command of the page and the lines that stand below it.
#[derive(Debug, Default)]
struct Shown {
    command: String,
    answer: Vec<String>,
}

fn console_blocks(page: &str) -> Vec<Shown> {
    let (mut shown, mut inside) = (Vec::<Shown>::new(), false);
    for line in page.lines() {
        match (line, inside) {
            ("```console", false) => inside = true,
            ("```", true) => inside = false,
            (line, true) => match line.strip_prefix("$ ") {
                Some(command) => {
                    shown.push(Shown { command: command.to_owned(), answer: Vec::new() });
                }
                None => shown.last_mut().unwrap().answer.push(line.to_owned()),
            },
            (_, false) => {}
        }
    }
    shown
}

/// Whether what was said has the pattern's parts in their order, from its beginning to its end.
fn fits(pattern: &str, said: &str) -> bool {
    let (mut parts, mut rest) = (pattern.split('…'), said);
    let first = parts.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    let parts: Vec<_> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

fn fit(patterns: &[String], said: &[&str]) -> bool {
    match patterns.split_first() {
        None => said.is_empty(),
        Some((any, rest)) if any == "…" => (0..=said.len()).any(|skip| fit(rest, &said[skip..])),
        Some((pattern, rest)) => {
            said.split_first().is_some_and(|(line, said)| fits(pattern, line) && fit(rest, said))
        }
    }
}

fn run(command: &str, folder: &Path) -> (bool, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_lampyris")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", program.display()))
        .env_remove("LAMPYRIS_DATA")
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!told.contains("panicked"), "{command}: {told}");
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_worked_example_of_the_page_on_evidence_does_what_it_says() {
    does_what_it_says("docs/evidence.md");
}

#[test]
fn the_steps_of_the_page_on_operating_do_what_it_says() {
    does_what_it_says("docs/operating.md");
}

#[test]
fn the_examples_of_the_page_on_queries_answer_what_it_says() {
    does_what_it_says("docs/queries.md");
}

#[test]
fn the_page_on_queries_names_the_fields_that_there_are() {
    let page = std::fs::read_to_string(root().join("docs/queries.md")).unwrap();
    for (name, collection) in [
        ("messages", Collection::Messages),
        ("data", Collection::Data),
        ("events", Collection::Events),
    ] {
        let fields: Vec<_> =
            collection.fields().iter().map(|field| format!("`{}`", field.name())).collect();
        let expected = format!("<!-- fields: {name} -->{}<!-- end -->", fields.join(" "));
        assert!(page.contains(&expected), "{expected}");
    }
}

fn does_what_it_says(page: &str) {
    let page = std::fs::read_to_string(root().join(page)).unwrap();
    let shown = console_blocks(&page);
    assert!(shown.len() > 10, "the page has a worked example");
    let scratch = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root().join("samples"), scratch.path().join("samples")).unwrap();
    for Shown { command, answer } in shown {
        let (done, said) = run(&command, scratch.path());
        assert!(done, "{command} fails; it said:\n{said}");
        let lines: Vec<_> = said.lines().collect();
        assert!(fit(&answer, &lines), "{command} says\n{said}\nand the page says\n{answer:#?}");
    }
}

#[test]
fn a_pattern_stands_for_what_fits_it_and_for_nothing_else() {
    assert!(fits("a … c", "a b c") && fits("…", "") && fits("a…", "a") && fits("ab", "ab"));
    assert!(!fits("a … c", "a c") && !fits("ab", "abc") && !fits("a…b…a", "aba b"));
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(fit(&lines("a\n…\nz"), &["a", "b", "c", "z"]));
    assert!(fit(&lines("…"), &[]));
    assert!(!fit(&lines("a\n…\nz"), &["a", "b"]));
}
