//! Every crate in the tree comes under a licence that this project may be distributed with.
//! What only fuzz targets are made of is looked at in [`fuzz`](crate::fuzz).

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;
use toml::Table;

use crate::program::root;

pub(crate) fn allowed() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    let deny: Table = text.parse().unwrap();
    let list = deny["licenses"]["allow"].as_array().unwrap();
    list.iter().map(|licence| licence.as_str().unwrap().to_owned()).collect()
}

/// Whether an SPDX expression is satisfied by the allowed licences; `/` is the old spelling of OR.
pub(crate) fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let expression = expression.replace(['(', ')'], " ").replace('/', " OR ");
    expression.split(" OR ").any(|choice| {
        choice.split(" AND ").all(|licence| {
            let licence = licence.split(" WITH ").next().unwrap_or_default().trim();
            allowed.iter().any(|known| known == licence)
        })
    })
}

/// The platform this runs on: what other platforms need is not there to be looked at.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

#[test]
fn every_licence_in_the_tree_is_allowed() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--all-features"])
        .args(["--filter-platform", &host()])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let allowed = allowed();
    let mut refused = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        let licence = package["license"].as_str().unwrap_or("none stated");
        if !is_allowed(licence, &allowed) {
            refused.insert(package["name"].to_string(), licence.to_owned());
        }
    }
    assert!(refused.is_empty(), "not in deny.toml's list: {refused:?}");
}

#[test]
fn an_expression_needs_all_of_an_and_and_one_of_an_or() {
    let allowed = vec!["MIT".to_owned(), "Apache-2.0".to_owned()];
    assert!(is_allowed("MIT OR GPL-3.0", &allowed));
    assert!(is_allowed("GPL-3.0/MIT", &allowed));
    assert!(is_allowed("(MIT OR Zlib) AND Apache-2.0", &allowed));
    assert!(!is_allowed("MIT AND GPL-3.0", &allowed));
    assert!(!is_allowed("none stated", &allowed));
}
