//! Crates depend only downwards: message, log, projection, engine, server, program.

use std::fs;

use toml::Table;

use crate::program::root;

/// What each crate may depend on among ours; a new arrow is a visible change here.
#[rustfmt::skip]
const ARROWS: &[(&str, &[&str])] = &[
    ("lampyris-message",    &[]),
    ("lampyris-evidence",   &[]),
    ("lampyris-verify",     &["lampyris-message", "lampyris-evidence"]),
    ("lampyris-log",        &["lampyris-evidence"]),
    // For tests alone: no row but its own may name it.
    ("lampyris-testkit",    &["lampyris-message", "lampyris-evidence", "lampyris-verify", "lampyris-log"]),
    ("lampyris-projection", &["lampyris-message", "lampyris-verify", "lampyris-log"]),
    ("lampyris",            &["lampyris-message", "lampyris-log", "lampyris-projection"]),
    ("lampyris-cli",        &["lampyris-message", "lampyris-evidence", "lampyris-verify", "lampyris-log", "lampyris-projection", "lampyris"]),
];

#[test]
fn crates_depend_only_downwards() {
    let mut seen = Vec::new();
    for folder in fs::read_dir(root().join("crates")).unwrap() {
        let folder = folder.unwrap();
        let name = folder.file_name().into_string().unwrap();
        let manifest = fs::read_to_string(folder.path().join("Cargo.toml")).unwrap();
        let manifest: Table = manifest.parse().unwrap();
        assert_eq!(manifest["package"]["name"].as_str(), Some(name.as_str()), "folder = crate");
        let row = ARROWS.iter().find(|(row, _)| *row == name);
        let (_, allowed) = row.unwrap_or_else(|| panic!("{name} has no row in ARROWS"));
        for section in ["dependencies", "build-dependencies"] {
            let dependencies = manifest.get(section).and_then(|table| table.as_table());
            for dependency in dependencies.into_iter().flat_map(Table::keys) {
                let ours = dependency.starts_with("lampyris");
                assert!(
                    !ours || allowed.contains(&dependency.as_str()),
                    "{name} may not depend on {dependency}"
                );
            }
        }
        seen.push(name);
    }
    for (name, _) in ARROWS {
        assert!(seen.iter().any(|crate_name| crate_name == name), "there is no crate {name}");
    }
}

#[test]
fn no_crate_allows_unsafe_code() {
    for folder in fs::read_dir(root().join("crates")).unwrap() {
        let source = folder.unwrap().path().join("src");
        let root_file = ["lib.rs", "main.rs"].iter().map(|name| source.join(name));
        let root_file = root_file.into_iter().find(|path| path.exists()).unwrap();
        let text = fs::read_to_string(&root_file).unwrap();
        assert!(text.contains("#![forbid(unsafe_code)]"), "{}", root_file.display());
    }
}
