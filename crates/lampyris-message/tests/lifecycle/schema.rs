//! `docs/events.cddl`, read and held against the bytes that are written.
//!
//! Reads only as much of CDDL as that file uses.

use std::collections::BTreeMap;

use lampyris_message::event::codec::{encode, encode_data};
use lampyris_message::event::{DataEventKind, EventKind};
use minicbor::decode::Decoder;
use proptest::prelude::*;

use crate::element::data_event;
use crate::pages::page;
use crate::samples::event;

/// The rules of a schema: a type each, or the members of an array or a group.
struct Schema(BTreeMap<String, Rule>);

enum Rule {
    Type(String),
    /// Each member's type, and whether it may be absent.
    Array(Vec<(String, bool)>),
    Group(Vec<(String, bool)>),
}

impl Schema {
    fn read() -> Self {
        let mut rules = BTreeMap::new();
        let text = page("events.cddl");
        let lines = text.lines().map(|line| line.split(';').next().unwrap().trim());
        let mut lines = lines.filter(|line| !line.is_empty());
        while let Some(line) = lines.next() {
            let (name, body) = line.split_once(" = ").unwrap_or_else(|| panic!("no rule: {line}"));
            let members = lines.by_ref().take_while(|line| !matches!(*line, "]" | ")"));
            let rule = match body {
                "[" => Rule::Array(members.map(member).collect()),
                "(" => Rule::Group(members.map(member).collect()),
                one_line => Rule::Type(one_line.to_owned()),
            };
            assert!(rules.insert(name.to_owned(), rule).is_none(), "{name} stands there twice");
        }
        Self(rules)
    }

    /// The members of an array, those of its groups in their place.
    fn members(&self, members: &[(String, bool)]) -> Vec<(String, bool)> {
        let group = |member: &(String, bool)| match self.0.get(&member.0) {
            Some(Rule::Group(members)) => members.clone(),
            Some(Rule::Type(_) | Rule::Array(_)) | None => vec![member.clone()],
        };
        members.iter().flat_map(group).collect()
    }

    /// Consumes one item of this type, if one is next.
    fn take(&self, of: &str, content: &mut Decoder<'_>) -> Option<()> {
        let (start, choices) = (content.position(), of.split(" / "));
        choices.map(str::trim).find_map(|choice| {
            content.set_position(start);
            self.take_one(choice, content)
        })
    }

    fn take_one(&self, of: &str, content: &mut Decoder<'_>) -> Option<()> {
        if let Some(items) = of.strip_prefix("[* ") {
            let length = content.array().ok()??;
            return (0..length).try_for_each(|_| self.take(items.strip_suffix(']')?, content));
        }
        if let Some(literal) = of.strip_prefix('"') {
            return (content.str().ok()? == literal.strip_suffix('"')?).then_some(());
        }
        let (of, size) = of.split_once(" .size ").map_or((of, None), |(of, n)| (of, Some(n)));
        let fits = |length: usize| size.is_none_or(|size| within(size, length as u64));
        match (of, self.0.get(of)) {
            ("null", _) => content.null().ok(),
            ("tstr", _) => fits(content.str().ok()?.len()).then_some(()),
            ("bstr", _) => fits(content.bytes().ok()?.len()).then_some(()),
            ("int", _) => content.i64().ok().map(drop),
            (range, _) if range.contains("..") => within(range, content.u64().ok()?).then_some(()),
            (_, Some(Rule::Type(of))) => self.take(of, content),
            (_, Some(Rule::Array(members))) => {
                let (length, members) = (content.array().ok()??, self.members(members));
                let wanted = members.iter().filter(|(_, optional)| !optional).count() as u64;
                let present = usize::try_from(length).ok()?;
                if length < wanted || present > members.len() {
                    return None;
                }
                members[..present].iter().try_for_each(|(of, _)| self.take(of, content))
            }
            (_, Some(Rule::Group(_)) | None) => panic!("no rule {of}"),
        }
    }

    /// Whether the content is exactly one item of this rule.
    fn holds(&self, rule: &str, content: &[u8]) -> bool {
        let mut decoder = Decoder::new(content);
        self.take(rule, &mut decoder).is_some() && decoder.position() == content.len()
    }
}

/// `name: type,` or `? name: type,` or a group's name.
fn member(line: &str) -> (String, bool) {
    let line = line.strip_suffix(',').unwrap_or_else(|| panic!("no comma: {line}"));
    let (line, optional) = line.strip_prefix("? ").map_or((line, false), |line| (line, true));
    let of = line.split_once(": ").map_or(line, |(_, of)| of);
    (of.to_owned(), optional)
}

/// Whether a number is within `(1..4)`, `0..9` or exactly `16`.
fn within(range: &str, number: u64) -> bool {
    let range = range.trim_matches(['(', ')']);
    let (from, to) = range.split_once("..").unwrap_or((range, range));
    (from.parse().unwrap()..=to.parse().unwrap()).contains(&number)
}

#[test]
fn the_schema_has_a_rule_for_every_event() {
    let schema = Schema::read();
    let names = EventKind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>();
    let data_names = DataEventKind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>();
    for (rule, names) in [("content", names), ("data-content", data_names)] {
        let Some(Rule::Type(all)) = schema.0.get(rule) else { panic!("no rule {rule}") };
        assert_eq!(all.split(" / ").collect::<Vec<_>>(), names);
        for name in names {
            assert!(matches!(schema.0.get(name), Some(Rule::Array(_))), "no rule {name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_event_is_written_as_the_schema_says(event in event()) {
        let (schema, content) = (Schema::read(), encode(&event));
        prop_assert!(schema.holds(event.kind().name(), &content), "{:?}\n{:02x?}", event, content);
        let shorter = [&[content[0].wrapping_sub(1)], &content[1..]].concat();
        prop_assert!(!schema.holds(event.kind().name(), &shorter), "a member less");
        let other = if event.kind() == EventKind::Sent { "confirmed" } else { "sent" };
        prop_assert!(!schema.holds(other, &content), "every content fits {}", other);
    }
}

proptest! {
    #[test]
    fn every_event_of_a_data_element_is_written_as_the_schema_says(event in data_event()) {
        let (schema, content) = (Schema::read(), encode_data(&event));
        prop_assert!(schema.holds(event.kind().name(), &content), "{:?}\n{:02x?}", event, content);
        let shorter = [&[content[0].wrapping_sub(1)], &content[1..]].concat();
        prop_assert!(!schema.holds(event.kind().name(), &shorter), "a member less");
    }
}

#[test]
fn an_item_of_another_type_does_not_fit_the_schema() {
    let schema = Schema::read();
    let sent = [&[0x82, 0x50][..], &[1; 16], &[0x50], &[2; 16]].concat();
    assert!(schema.holds("sent", &sent));
    assert!(!schema.holds("sent", &[&[0x82, 0x4f][..], &[1; 15], &[0x50], &[2; 16]].concat()));
}
