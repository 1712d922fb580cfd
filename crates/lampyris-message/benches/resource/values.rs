//! Values of several shapes for the benches, each about as long as asked for.
//! They are made of counters only: the same on every run.

/// A value as clients send it: objects of short texts and numbers, with spaces between.
pub(crate) fn entries(bytes: usize) -> String {
    array(bytes, ", ", |n| {
        format!(r#"{{ "name": "entry {n}", "amount": {n}.50, "note": "something a client says" }}"#)
    })
}

/// The same length of JSON in every shape.
pub(crate) fn shapes(bytes: usize) -> Vec<(&'static str, String)> {
    vec![
        ("entries", entries(bytes)),
        (
            "entries, compact",
            array(bytes, ",", |n| {
                format!(
                    r#"{{"name":"entry {n}","amount":{n}.50,"note":"something a client says"}}"#
                )
            }),
        ),
        (
            "entries, indented",
            array(bytes, ",\n  ", |n| {
                format!(
                    "{{\n    \"name\": \"entry {n}\",\n    \"amount\": {n}.50,\n    \"tags\": [\n      \"a\",\n      \"b\"\n    ]\n  }}"
                )
            }),
        ),
        ("short texts", array(bytes, ",", |n| format!("\"{}\"", n % 1_000))),
        (
            "long texts",
            array(bytes, ",", |n| {
                format!("\"{n} {}\"", "words that go on for a while, ".repeat(n % 90))
            }),
        ),
        ("numbers", array(bytes, ",", |n| format!("{n},-{}.{n},{n}e-7", n % 7))),
        (
            "nested",
            array(bytes, ",", |n| {
                let depth = n % 40;
                format!("{}{n}{}", r#"{"a":["#.repeat(depth), "]}".repeat(depth))
            }),
        ),
        (
            "escapes",
            array(bytes, ",", |n| {
                format!(r#""line {n}\n\tof \"quoted\" text, \u00e9t\u00e9 \\ and a \/""#)
            }),
        ),
        ("HTML", array(bytes, ",", |n| format!(r#""<p class='a{n}'>this &amp; that</p>""#))),
        (
            "beyond ASCII",
            array(bytes, ",", |n| {
                format!("\"{n} größer, déjà vu, 漢字かな交じり文, “quoted” 🎉\"")
            }),
        ),
    ]
}

/// An array of what `entry` makes of 0, 1, 2 and so on.
fn array(bytes: usize, comma: &str, entry: impl Fn(usize) -> String) -> String {
    let mut value = String::from("[");
    for n in 0.. {
        let entry = entry(n);
        if value.len() + entry.len() + comma.len() + 1 > bytes {
            break;
        }
        if n > 0 {
            value.push_str(comma);
        }
        value.push_str(&entry);
    }
    value.push(']');
    value
}
