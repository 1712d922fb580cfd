//! The fuzz targets are those that the properties, the manifest and the documentation name, and they fuzz what is shipped.
//! Nothing is built here: `.ci/run` checks that the targets compile.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use lampyris_testkit::PROPERTIES;
use toml::Table;

use crate::licences::{allowed, is_allowed};
use crate::program::root;

/// What the targets need beyond what Lampyris needs, and the licences of that, of which
/// `deny.toml` allows some to one crate alone.
#[rustfmt::skip]
const BEYOND: &[(&str, &str)] = &[
    ("arbitrary",       "MIT OR Apache-2.0"),
    ("cc",              "MIT OR Apache-2.0"),
    ("find-msvc-tools", "MIT OR Apache-2.0"),
    ("jobserver",       "MIT OR Apache-2.0"),
    ("libfuzzer-sys",   "(MIT OR Apache-2.0) AND NCSA"),
    ("shlex",           "MIT OR Apache-2.0"),
];

fn table(path: &str) -> Table {
    fs::read_to_string(root().join(path)).unwrap().parse().unwrap()
}

#[test]
fn every_property_has_its_target_and_every_target_its_row() {
    let names: BTreeSet<_> = PROPERTIES.iter().map(|property| property.name.to_owned()).collect();
    assert_eq!(names.len(), PROPERTIES.len());

    let manifest = table("fuzz/Cargo.toml");
    let binaries = manifest["bin"].as_array().unwrap().iter();
    let targets: BTreeSet<_> = binaries
        .filter(|binary| binary["path"].as_str().unwrap().starts_with("fuzz_targets/"))
        .map(|binary| binary["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(targets, names, "fuzz/Cargo.toml");

    let mut files = BTreeSet::new();
    for entry in fs::read_dir(root().join("fuzz/fuzz_targets")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(&format!("hold(\"{name}\", bytes)")), "{}", path.display());
        files.insert(name);
    }
    assert_eq!(files, names, "fuzz/fuzz_targets");

    let page = fs::read_to_string(root().join("docs/testing.md")).unwrap();
    let (_, section) = page.split_once("\n## Fuzzing\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let rows: Vec<_> = rows.map(|(name, _)| name.to_owned()).collect();
    assert_eq!(rows.iter().cloned().collect::<BTreeSet<_>>(), names, "docs/testing.md");
    assert_eq!(rows.len(), names.len());
}

/// Versions and checksums by name, as a lock file says.
fn locked(path: &str) -> BTreeMap<(String, String), Option<String>> {
    let lock = table(path);
    let packages = lock["package"].as_array().unwrap().iter();
    let text = |package: &toml::Value, key: &str| Some(package.get(key)?.as_str()?.to_owned());
    let key = |package| (text(package, "name").unwrap(), text(package, "version").unwrap());
    packages.map(|package| (key(package), text(package, "checksum"))).collect()
}

#[test]
fn the_targets_are_built_from_what_is_shipped() {
    let ours = locked("Cargo.lock");
    let mut beyond = BTreeSet::new();
    for (package, checksum) in locked("fuzz/Cargo.lock") {
        match ours.get(&package) {
            Some(known) => assert_eq!(*known, checksum, "{package:?}"),
            None if package.0 == "lampyris-fuzz" => {}
            None => drop(beyond.insert(package.0)),
        }
    }
    let expected = BEYOND.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(beyond, expected, "copy Cargo.lock over fuzz/Cargo.lock and build the targets");
}

#[test]
fn what_the_targets_need_beyond_that_is_allowed() {
    let deny = table("deny.toml");
    let exceptions = deny["licenses"]["exceptions"].as_array().unwrap();
    for (name, licence) in BEYOND {
        let own = exceptions.iter().filter(|exception| exception["crate"].as_str() == Some(name));
        let own = own.flat_map(|exception| exception["allow"].as_array().unwrap());
        let own = own.map(|licence| licence.as_str().unwrap().to_owned());
        let all: Vec<_> = allowed().into_iter().chain(own).collect();
        assert!(is_allowed(licence, &all), "{name}: {licence}");
    }
    assert!(!is_allowed("NCSA", &allowed()), "for libFuzzer alone");
}
