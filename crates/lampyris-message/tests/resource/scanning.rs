//! Reading many bytes at a time finds what reading one at a time finds, value for value.
//! The reader here is slow and recursive; inputs are nested a few levels only.

use std::ops::Range;

use lampyris_message::DecodeError;
use lampyris_message::json::{Document, JsonValue, Kind, Node};
use proptest::prelude::*;

/// A value of a document and the values directly and indirectly within it, keys included.
struct Value {
    span: Range<usize>,
    within: Vec<Value>,
}

/// Reads a byte at a time; an error is where it stands and what it says.
struct Slow<'a> {
    json: &'a [u8],
    at: usize,
}

type Read<T> = Result<T, (usize, &'static str)>;

impl Slow<'_> {
    fn peek(&self) -> u8 {
        self.json.get(self.at).copied().unwrap_or(0)
    }

    fn error<T>(&self, what: &'static str) -> Read<T> {
        Err((self.at, if self.at < self.json.len() { what } else { "the input ends" }))
    }

    fn one_of(&mut self, bytes: &[u8], what: &'static str) -> Read<u8> {
        if self.at == self.json.len() || !bytes.contains(&self.peek()) {
            return self.error(what);
        }
        self.at += 1;
        Ok(self.json[self.at - 1])
    }

    fn skip(&mut self, bytes: &[u8]) -> bool {
        let start = self.at;
        while self.one_of(bytes, "").is_ok() {}
        self.at > start
    }

    fn space(&mut self) {
        self.skip(b" \t\n\r");
    }

    fn value(&mut self) -> Read<Value> {
        let start = self.at;
        let mut within = Vec::new();
        match self.peek() {
            b'{' => within = self.items(b'}')?,
            b'[' => within = self.items(b']')?,
            b'"' => self.string()?,
            b'n' => self.literal(b"null")?,
            b't' => self.literal(b"true")?,
            b'f' => self.literal(b"false")?,
            _ => self.number()?,
        }
        Ok(Value { span: start..self.at, within })
    }

    fn items(&mut self, end: u8) -> Read<Vec<Value>> {
        let mut items = Vec::new();
        self.at += 1;
        self.space();
        while self.peek() != end || !items.is_empty() {
            if end == b'}' {
                if self.peek() != b'"' {
                    return self.error("a key is missing");
                }
                items.push(self.value()?);
                self.space();
                self.one_of(b":", "a colon is missing")?;
                self.space();
            }
            items.push(self.value()?);
            self.space();
            if self.one_of(&[b',', end], "a comma or the end is missing")? == end {
                return Ok(items);
            }
            self.space();
        }
        self.at += 1;
        Ok(items)
    }

    fn string(&mut self) -> Read<()> {
        self.at += 1;
        while self.peek() != b'"' {
            if self.peek() < 0x20 {
                return self.error("a control character stands in a string");
            }
            self.at += 1;
            if self.json[self.at - 1] == b'\\'
                && self.one_of(b"\"\\/bfnrtu", "there is no such escape")? == b'u'
            {
                for _ in 0..4 {
                    let digits = b"0123456789abcdefABCDEF";
                    self.one_of(digits, "a hex digit of an escape is missing")?;
                }
            }
        }
        self.at += 1;
        Ok(())
    }

    fn literal(&mut self, text: &[u8]) -> Read<()> {
        text.iter().try_for_each(|byte| self.one_of(&[*byte], "no literal is spelled so").map(drop))
    }

    fn number(&mut self) -> Read<()> {
        let _sign = self.one_of(b"-", "");
        if self.one_of(b"0123456789", "a value is missing")? != b'0' {
            self.skip(b"0123456789");
        }
        if self.one_of(b".", "").is_ok() && !self.skip(b"0123456789") {
            return self.error("a digit is missing");
        }
        if self.one_of(b"eE", "").is_ok() {
            let _sign = self.one_of(b"+-", "");
            if !self.skip(b"0123456789") {
                return self.error("a digit is missing");
            }
        }
        Ok(())
    }
}

/// The value without white space between tokens, and escaped for HTML.
fn compact(json: &[u8]) -> Vec<u8> {
    let (mut out, mut in_string, mut at) = (Vec::new(), false, 0);
    while at < json.len() {
        match json[at] {
            b' ' | b'\t' | b'\n' | b'\r' if !in_string => {}
            b'<' => out.extend(br"\u003c"),
            b'>' => out.extend(br"\u003e"),
            b'&' => out.extend(br"\u0026"),
            b'\\' => {
                out.extend(&json[at..at + 2]);
                at += 1;
            }
            _ if json[at..].starts_with("\u{2028}".as_bytes()) => {
                out.extend(br"\u2028");
                at += 2;
            }
            _ if json[at..].starts_with("\u{2029}".as_bytes()) => {
                out.extend(br"\u2029");
                at += 2;
            }
            byte => {
                in_string ^= byte == b'"';
                out.push(byte);
            }
        }
        at += 1;
    }
    out
}

/// Holds a node, and all within it, against what was read slowly.
fn same(json: &[u8], node: Node<'_>, slow: &Value) {
    assert_eq!((node.offset(), node.bytes()), (slow.span.start, &json[slow.span.clone()]));
    assert_eq!(JsonValue::from_node(node).as_bytes(), compact(node.bytes()));
    if node.kind() == Kind::Object {
        let (keys, values): (Vec<_>, Vec<_>) = node.members().unzip();
        assert_eq!((keys.len(), values.len()), (slow.within.len() / 2, slow.within.len() / 2));
        for (index, slow) in slow.within.iter().enumerate() {
            if index % 2 == 0 {
                let key = Document::first(&json[slow.span.clone()]).unwrap();
                assert_eq!(keys[index / 2], key.root().text());
            } else {
                same(json, values[index / 2], slow);
            }
        }
    } else {
        let elements: Vec<_> = node.elements().collect();
        assert_eq!(elements.len(), slow.within.len());
        elements.into_iter().zip(&slow.within).for_each(|(node, slow)| same(json, node, slow));
    }
}

/// Reads both ways.
fn check(json: &[u8]) {
    let mut slow = Slow { json, at: 0 };
    slow.space();
    match (slow.value(), Document::first(json)) {
        (Ok(slow), Ok(document)) => same(json, document.root(), &slow),
        (Err((at, why)), Err(DecodeError::Syntax { offset, what })) => {
            assert_eq!((offset, what), (at, why));
        }
        (slow, fast) => panic!("{:?} beside {fast:?}", slow.map(|value| value.span)),
    }
}

/// White space, mostly little of it.
fn space() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        2 => Just(" ".to_owned()),
        1 => "[ \t\r\n]{1,9}",
        1 => (0..200_usize).prop_map(|length| " ".repeat(length)),
    ]
}

/// A string of up to some words, with what is special at any place of a word.
fn string() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "\\\"",
        "\\\\",
        "\\n",
        "\\u00e9",
        "\\ud83c\\udf89",
        "<",
        ">",
        "&",
        "=",
        "?",
        "'",
        "!",
        "#",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        " ",
        "\u{7f}",
        "é",
        "\u{2028}",
        "\u{2029}",
        "\u{202a}",
        "’",
        "漢字",
        "🎉",
        "\u{a2}",
        "\u{dc}",
    ]);
    let part = prop_oneof![
        "[a-z]{0,20}",
        special.prop_map(str::to_owned),
        (0..70_usize).prop_map(|length| "x".repeat(length)),
    ];
    prop::collection::vec(part, 0..6).prop_map(|parts| format!("\"{}\"", parts.concat()))
}

/// JSON of every kind of value, with white space wherever it may stand.
fn json() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        "-?(0|[1-9][0-9]{0,18})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?",
        prop::sample::select(vec!["null", "true", "false"]).prop_map(str::to_owned),
        string(),
    ];
    let value = scalar.prop_recursive(4, 60, 8, |inner| {
        let element = (space(), inner.clone(), space());
        let member = (space(), string(), space(), space(), inner, space());
        let element = element.prop_map(|(a, value, b)| format!("{a}{value}{b}"));
        let member =
            member.prop_map(|(a, key, b, c, value, d)| format!("{a}{key}{b}:{c}{value}{d}"));
        let list = |open, close, item| {
            (prop::collection::vec(item, 1..8), Just((open, close)))
                .prop_map(|(items, (open, close))| format!("{open}{}{close}", items.join(",")))
        };
        prop_oneof![
            list("[", "]", element.boxed()),
            list("{", "}", member.boxed()),
            space().prop_map(|space| format!("[{space}]")),
            space().prop_map(|space| format!("{{{space}}}")),
        ]
    });
    (space(), value, space()).prop_map(|(a, value, b)| format!("{a}{value}{b}"))
}

proptest! {
    #[test]
    fn json_is_read_as_a_byte_at_a_time(json in json()) {
        check(json.as_bytes());
    }

    #[test]
    fn broken_json_is_read_as_a_byte_at_a_time(
        json in json(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4), 1..4),
    ) {
        let mut bytes = json.into_bytes();
        for (at, byte, how) in changes {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => bytes.insert(at, b"\"\\{}[],: \n0<&\xe2\x80\xa8"[usize::from(byte) % 16]),
                _ => bytes.truncate(at + 1),
            }
        }
        check(&bytes);
    }

    #[test]
    fn any_bytes_are_read_as_a_byte_at_a_time(
        bytes in prop::collection::vec(any::<u8>(), 0..40),
        in_string in any::<bool>(),
    ) {
        let quote: &[u8] = if in_string { b"\"" } else { b"" };
        check(&[quote, &bytes, quote].concat());
    }
}

/// Every byte at every place of a string, before and behind plain bytes and bytes beyond ASCII.
#[test]
fn a_byte_in_a_string_is_seen_wherever_it_stands() {
    for byte in 0..=u8::MAX {
        for (before, behind) in (0..20).flat_map(|before| [(before, 0), (before, 1), (before, 20)])
        {
            for filler in [b'x', b'!', b'#', b'[', b']', b' ', b'?', b'%', 0x80, 0xa2, 0xe1, 0xff] {
                let (before, behind) = (vec![filler; before], vec![filler; behind]);
                check(&[b"[\"", &*before, &[byte], &*behind, b"\"]"].concat());
            }
        }
    }
}

/// Containers around the length from which on they are remembered, with others within and behind.
#[test]
fn containers_of_every_length_are_stepped_over() {
    for length in 0..600 {
        let text = "x".repeat(length);
        check(
            format!(r#"[[["{text}"],{{"a":[["{text}"]]}},[]], {{"b":["{text}", 1]}} ,[2]]"#)
                .as_bytes(),
        );
        let space = " ".repeat(length);
        check(format!(r#"[[1,{space}{{"a":{space}[]}}],[{space}2],3 ]"#).as_bytes());
    }
}
