//! Rules of retention as JSON: each member by name, and none that is not known.
//!
//! Nothing is opened here.

use std::time::Duration;

use lampyris::RetentionRule;
use lampyris_log::limits::NAMESPACE;
use lampyris_message::text::ErasureReason;
use serde_json::{Map, Value};

/// Reads `{"rules":[...]}`.
pub(super) fn read(text: &str) -> Result<Vec<RetentionRule>, String> {
    let document: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let members = members(&document, &["rules"])?;
    let Some(Value::Array(rules)) = members.get("rules") else {
        return Err("'rules' must be an array".to_owned());
    };
    let numbered = rules.iter().enumerate();
    numbered.map(|(at, one)| rule(one).map_err(|why| format!("rules[{at}]: {why}"))).collect()
}

fn rule(rule: &Value) -> Result<RetentionRule, String> {
    let members = members(rule, &["namespace", "olderThan", "keepOpen", "reason"])?;
    let text = |name: &str| match members.get(name) {
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        None => Ok(None),
        Some(_) => Err(format!("'{name}' must be a string")),
    };
    let namespace = text("namespace")?.ok_or("'namespace' is missing")?;
    if !(1..=NAMESPACE.max).contains(&namespace.len()) {
        return Err(format!("'namespace' must have 1 to {} bytes", NAMESPACE.max));
    }
    let older_than = age(text("olderThan")?.ok_or("'olderThan' is missing")?)?;
    let mut rule = RetentionRule::new(namespace, older_than).map_err(|error| error.to_string())?;
    if let Some(reason) = text("reason")? {
        rule.reason = ErasureReason::new(reason).map_err(|error| error.to_string())?;
    }
    match members.get("keepOpen") {
        Some(Value::Bool(keep_open)) => rule.keep_open = *keep_open,
        None => {}
        Some(_) => return Err("'keepOpen' must be true or false".to_owned()),
    }
    Ok(rule)
}

fn members<'v>(value: &'v Value, known: &[&str]) -> Result<&'v Map<String, Value>, String> {
    let members = value.as_object().ok_or("expected an object")?;
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(format!("'{name}' is not known")),
        None => Ok(members),
    }
}

/// A number and a unit.
fn age(text: &str) -> Result<Duration, String> {
    let senseless = || format!("'olderThan' is '{text}': expected a number and s, m, h, d or w");
    let units = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400), ('w', 604_800)];
    let (unit, seconds) =
        units.into_iter().find(|(unit, _)| text.ends_with(*unit)).ok_or_else(senseless)?;
    let digits = text.strip_suffix(unit).unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(senseless());
    }
    let number: u64 = digits.parse().map_err(|_| senseless())?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(senseless)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn rules_are_read_by_name_and_refused_by_name() {
        let rules = read(
            r#"{"rules":[{"namespace":"a","olderThan":"2w"},{"namespace":"b","olderThan":"0s","keepOpen":false,"reason":"done"}]}"#,
        );
        let rules = rules.unwrap();
        let told = |number: usize| {
            let rule = &rules[number];
            (rule.older_than.as_secs(), rule.keep_open, rule.reason.as_str())
        };
        assert_eq!(
            told(0),
            (1_209_600, true, "retention: elements of namespace 'a' go after 1209600 s")
        );
        assert_eq!(told(1), (0, false, "done"));
        for (text, says) in [
            ("[]", "expected an object"),
            (r#"{"rules":1}"#, "'rules' must be an array"),
            (r#"{"rule":[]}"#, "'rule' is not known"),
            (r#"{"rules":[{"olderThan":"1d"}]}"#, "rules[0]: 'namespace' is missing"),
            (r#"{"rules":[{"namespace":"","olderThan":"1d"}]}"#, "'namespace' must have 1 to"),
            (r#"{"rules":[{"namespace":"a"}]}"#, "'olderThan' is missing"),
            (r#"{"rules":[{"namespace":"a","olderThan":7}]}"#, "'olderThan' must be a string"),
            (r#"{"rules":[{"namespace":"a","olderThan":"7"}]}"#, "expected a number and s, m"),
            (r#"{"rules":[{"namespace":"a","olderThan":"-7d"}]}"#, "expected a number and s, m"),
            (r#"{"rules":[{"namespace":"a","olderThan":"d"}]}"#, "expected a number and s, m"),
            (
                r#"{"rules":[{"namespace":"a","olderThan":"99999999999999999999w"}]}"#,
                "expected a number and s, m",
            ),
            (r#"{"rules":[{"namespace":"a","olderThan":"7d","keepOpen":1}]}"#, "true or false"),
            (r#"{"rules":[{"namespace":"a","olderThan":"7d","reason":" "}]}"#, "must not be blank"),
            (r#"{"rules":[{"namespace":"a","olderThan":"7d","age":"1"}]}"#, "'age' is not known"),
        ] {
            let why = read(text).unwrap_err();
            assert!(why.contains(says), "{text}: {why}");
        }
    }
}
