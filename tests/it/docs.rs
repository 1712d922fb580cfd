//! The documentation agrees with the code: generated pages are fresh, and named paths exist.
//!
//! `LAMPYRIS_BLESS=1` writes the generated pages anew.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::program::{Program, root};

/// Compares a page with what it should be, or writes it.
#[track_caller]
fn fresh(page: &str, expected: &str) {
    let path = root().join(page);
    if std::env::var_os("LAMPYRIS_BLESS").is_some() {
        fs::write(&path, expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    let differs = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert!(found == expected, "{page} is stale: run `just docs`; first: {differs:?}");
}

#[test]
fn the_page_of_the_command_line_is_its_help() {
    let program = Program::new();
    let mut page = String::from(
        "# The program\n\nGenerated from the program's own help; `just docs` writes it.\n",
    );
    let general = program.run(&["--help"]).exits(0).out;
    let _ = write!(page, "\n```text\n$ lampyris --help\n{}```\n", trimmed(&general));
    let mut all = Vec::new();
    for command in commands(&general) {
        let of_it = commands(&program.run(&[&command, "--help"]).exits(0).out);
        all.push(vec![command.clone()]);
        all.extend(of_it.into_iter().map(|what| vec![command.clone(), what]));
    }
    assert!(all.len() > 10, "commands are missing here: {general}");
    for command in all {
        let asked: Vec<_> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let help = program.run(&asked).exits(0).out;
        let command = command.join(" ");
        let _ = write!(
            page,
            "\n## {command}\n\n```text\n$ lampyris {command} --help\n{}```\n",
            trimmed(&help)
        );
    }
    fresh("docs/cli.md", &page);
}

/// The names of the commands that a help text lists.
fn commands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    let names = listed.filter(|line| !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

fn trimmed(help: &str) -> String {
    help.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// Every path in back quotes or links of these pages that looks like one of ours.
#[test]
fn paths_named_in_the_documentation_exist() {
    let mut pages = vec![root().join("README.md"), root().join("CHANGELOG.md")];
    pages.extend(markdown(&root().join("docs")));
    let mut checked = 0;
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for word in text.split(['`', '(', ')', ' ', '\n', '"']) {
            let word = word.trim_end_matches(['.', ',', ';', ':']);
            let of_the_root =
                ["crates/", "docs/", "tests/", "samples/", "fuzz/", "rivals/", ".ci/"];
            let path = if of_the_root.iter().any(|start| word.starts_with(start)) {
                root().join(word)
            } else if Path::new(word).extension().is_some_and(|extension| extension == "md")
                && !word.contains("://")
            {
                page.parent().unwrap().join(word)
            } else {
                continue;
            };
            if word.contains(['<', '*', '{', '…']) {
                continue;
            }
            checked += 1;
            assert!(path.exists(), "{} names {word}, which does not exist", page.display());
        }
    }
    assert!(checked > 20, "only {checked} paths were found");
}

/// The code map names every crate, and every row of the map of tests names a test that exists.
#[test]
fn the_code_map_is_whole() {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    for folder in fs::read_dir(root().join("crates")).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        assert!(text.contains(&format!("`crates/{name}`")), "docs/architecture.md lacks {name}");
    }
}

#[test]
fn tests_named_in_the_documentation_exist() {
    let text = fs::read_to_string(root().join("docs/testing.md")).unwrap();
    let mut rows = 0;
    for line in text.lines().filter(|line| line.starts_with("| ") && line.contains("::")) {
        for name in line.split('`').filter(|word| word.contains("::")) {
            let (module, function) = name.rsplit_once("::").unwrap();
            let module = module.rsplit("::").next().unwrap();
            rows += 1;
            let found = rust_files(&root()).into_iter().any(|path| {
                path.file_stem().is_some_and(|stem| stem == module)
                    && fs::read_to_string(path).unwrap().contains(&format!("fn {function}("))
            });
            assert!(found, "docs/testing.md names {name}");
        }
    }
    assert!(rows >= 10, "only {rows} tests are named");
}

fn markdown(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(markdown(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found
}

/// All Rust files of the repository, build folders left out.
pub(crate) fn rust_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') && name != "lampyris-data" {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
