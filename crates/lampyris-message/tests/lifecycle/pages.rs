//! `docs/lifecycle.md` shows the table that the code holds.
//!
//! Run with `LAMPYRIS_BLESS=1` to write its generated parts anew.

use std::path::PathBuf;

use lampyris_message::lifecycle::{Refusal, document};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

/// The text of a page of `docs`.
pub(crate) fn page(name: &str) -> String {
    let path = path(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The page with the part called `name` replaced.
fn with_part(page: &str, name: &str, text: &str) -> String {
    let mark = format!("<!-- generated: {name} -->\n");
    let (before, rest) = page.split_once(&mark).unwrap_or_else(|| panic!("no mark {mark}"));
    let (_, after) = rest.split_once("<!-- end -->").expect("a generated part ends");
    format!("{before}{mark}\n{}\n\n<!-- end -->{after}", text.trim_end())
}

#[test]
fn the_page_of_the_lifecycle_shows_the_table_in_force() {
    let page = page("lifecycle.md");
    let parts = [
        ("diagram", document::diagram()),
        ("grid", document::grid()),
        ("refusals", document::refusals()),
    ];
    let fresh = parts.iter().fold(page.clone(), |page, (name, text)| with_part(&page, name, text));
    if std::env::var_os("LAMPYRIS_BLESS").is_some() {
        std::fs::write(path("lifecycle.md"), &fresh).unwrap();
    } else {
        assert!(fresh == page, "docs/lifecycle.md is stale: run this test with LAMPYRIS_BLESS=1");
    }
}

#[test]
fn every_refusal_says_what_it_means_and_where_it_is_met() {
    let table = document::refusals();
    for refusal in Refusal::ALL {
        let row = table.lines().find(|line| line.starts_with(&format!("| `{refusal}` |")));
        let cells: Vec<_> =
            row.unwrap_or_else(|| panic!("no row of {refusal}")).split(" | ").collect();
        assert_eq!(cells.len(), 3, "{refusal}");
        assert!(cells[1].ends_with('.') && cells[2].len() > 4, "{refusal}");
    }
}
