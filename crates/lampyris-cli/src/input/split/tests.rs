//! What is cut from a stream must be what was put into it, however it is spelled and torn.

use proptest::prelude::*;
use std::io::Read;

use super::{Piece, Split, SplitError, Values};

fn all(text: &str) -> (Vec<Split>, Option<&'static str>) {
    let mut values = Values::new(OneByte(text.as_bytes()));
    let mut found = Vec::new();
    loop {
        match values.next() {
            Ok(Some(split)) => found.push(split),
            Ok(None) => return (found, None),
            Err(SplitError::Array { rule, .. }) => return (found, Some(rule)),
            Err(SplitError::Io(error)) => panic!("a slice cannot fail: {error}"),
        }
    }
}

/// A source that gives one byte at a time: every boundary is tried.
struct OneByte<'a>(&'a [u8]);

impl Read for OneByte<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let take = self.0.len().min(1);
        self.0.read(&mut buffer[..take])
    }
}

fn value(text: &str, line: u64) -> Split {
    Split::Value(Piece { bytes: text.into(), line })
}

#[test]
fn arrays_sequences_and_single_objects_are_cut_alike() {
    let (one, two) = (value("{\"a\":[1,\"]}\\\"\"]}", 1), value("{}", 1));
    let both = (vec![one.clone(), two.clone()], None);
    assert_eq!(all("[{\"a\":[1,\"]}\\\"\"]},{}]"), both);
    assert_eq!(all(" [ {\"a\":[1,\"]}\\\"\"]} , {} ] "), both);
    assert_eq!(all("{\"a\":[1,\"]}\\\"\"]}{}"), both);
    assert_eq!(all("\u{feff}{\"a\":[1,\"]}\\\"\"]} {}\n"), both);
    assert_eq!(all("[{}][{}]"), (vec![two.clone(), two], None));
    assert_eq!(all(""), (vec![], None));
    assert_eq!(all("[]"), (vec![], None));
}

#[test]
fn a_broken_line_costs_itself_and_no_other() {
    assert_eq!(
        all("{\"a\":1}\nnot json\n{\"b\":{\n{\"c\":3}\n"),
        (
            vec![
                value("{\"a\":1}", 1),
                value("not json", 2),
                Split::Unfinished { line: 3 },
                value("{\"c\":3}", 4)
            ],
            None
        )
    );
}

#[test]
fn a_string_or_bracket_left_open_does_not_swallow_good_lines() {
    let open_string = "{\"x\":\"open}\n{\"good\":\"}\"}\n{\"good\":2}\n";
    let good = [value("{\"good\":\"}\"}", 2), value("{\"good\":2}", 3)];
    assert_eq!(all(open_string), ([&[Split::Unfinished { line: 1 }], &good[..]].concat(), None));
    let balance_together = "{\"a\":{\n{\"good\":1}\n}}\n{\"good\":2}\n";
    assert_eq!(
        all(balance_together),
        (
            vec![
                Split::Unfinished { line: 1 },
                value("{\"good\":1}", 2),
                value("}}", 3),
                value("{\"good\":2}", 4)
            ],
            None
        )
    );
    let pretty = "{\n  \"a\": {\n  }\n}\n{\"b\":1}";
    assert_eq!(all(pretty).0, [value("{\n  \"a\": {\n  }\n}", 1), value("{\"b\":1}", 5)]);
}

#[test]
fn an_array_that_is_cut_or_torn_says_so_after_what_is_good() {
    assert_eq!(
        all("[{},{\"a\":"),
        (vec![value("{}", 1)], Some("an element of the array never ends"))
    );
    assert_eq!(all("[{},"), (vec![value("{}", 1)], Some("an element of the array is missing")));
    assert_eq!(all("[{}"), (vec![value("{}", 1)], Some("the array is cut short")));
    assert_eq!(
        all("[{}{}]"),
        (vec![value("{}", 1)], Some("the array's elements are not separated by a comma"))
    );
    assert_eq!(
        all("[1,\"a,]\",{}]"),
        (vec![value("1", 1), value("\"a,]\"", 1), value("{}", 1)], None)
    );
}

proptest! {
    /// Objects of any content come out as they went in, in each of the forms.
    #[test]
    fn what_goes_in_comes_out(texts in prop::collection::vec(".{0,20}", 0..6)) {
        let objects: Vec<String> =
            texts.iter().map(|text| serde_json::json!({ "t": text, "u": [{}] }).to_string()).collect();
        for joined in [objects.join("\n"), objects.concat(), format!("[{}]", objects.join(",\n"))] {
            let (found, fault) = all(&joined);
            prop_assert_eq!(fault, None);
            let found: Vec<String> = found.into_iter().map(|split| match split {
                Split::Value(piece) => String::from_utf8(piece.bytes).unwrap(),
                Split::Unfinished { line } => format!("unfinished at {line}"),
            }).collect();
            prop_assert_eq!(&found, &objects);
        }
    }

    /// Whatever comes in, cutting ends.
    #[test]
    fn any_text_is_cut_to_its_end(text in "[\\[\\]{},\"\\\\ \n\u{feff}a1]{0,40}") {
        let (found, _) = all(&text);
        prop_assert!(found.len() <= text.len());
    }
}
