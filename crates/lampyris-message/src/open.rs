//! The value of an enum field, which upstream lets hold any text.
//! It never refuses a text; who needs a known value asks [`Open::known`].

use std::fmt;

/// The closed set of values that a field is meant to hold.
pub trait Vocabulary: Copy + 'static {
    /// Every value, in upstream's order.
    const ALL: &'static [Self];

    /// The value as it is written.
    fn as_str(self) -> &'static str;
}

/// A known value of `T`, or some other text.
///
/// The text is always in lower case, as upstream makes it on reading.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Open<T>(Inner<T>);

// Invariant: `Other` is lower-case and spells no value of `T`.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Inner<T> {
    Known(T),
    Other(Box<str>),
}

impl<T: Vocabulary> Open<T> {
    /// The value that `text` spells, whatever its case.
    pub fn from_text(text: &str) -> Self {
        let exact = T::ALL.iter().find(|value| value.as_str() == text);
        if let Some(value) = exact {
            return Self(Inner::Known(*value));
        }
        let lower: String = text.chars().map(lower).collect();
        match T::ALL.iter().find(|value| value.as_str() == lower) {
            Some(value) => Self(Inner::Known(*value)),
            None => Self(Inner::Other(lower.into())),
        }
    }

    /// The value, if it is one of the closed set.
    pub fn known(&self) -> Option<T> {
        match &self.0 {
            Inner::Known(value) => Some(*value),
            Inner::Other(_) => None,
        }
    }

    /// The text of the value.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Inner::Known(value) => value.as_str(),
            Inner::Other(text) => text,
        }
    }

    /// Whether the field holds nothing.
    pub fn is_empty(&self) -> bool {
        self.as_str().is_empty()
    }
}

impl<T> Default for Open<T> {
    fn default() -> Self {
        Self(Inner::Other("".into()))
    }
}

impl<T> From<T> for Open<T> {
    fn from(value: T) -> Self {
        Self(Inner::Known(value))
    }
}

impl<T: Vocabulary> fmt::Display for Open<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<T: Vocabulary> fmt::Debug for Open<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// One character in lower case by Unicode 15's simple mapping, the one upstream's Go has.
fn lower(c: char) -> char {
    match c {
        // The full mapping gives two characters, the simple one does not.
        '\u{130}' => 'i',
        // Letters younger than Unicode 15: unknown to upstream, so they stay as they are.
        '\u{1c89}'
        | '\u{a7cb}'
        | '\u{a7cc}'
        | '\u{a7ce}'
        | '\u{a7d2}'
        | '\u{a7d4}'
        | '\u{a7da}'
        | '\u{a7dc}'
        | '\u{10d50}'..='\u{10d65}'
        | '\u{16ea0}'..='\u{16eb8}' => c,
        _ => c.to_lowercase().next().unwrap_or(c),
    }
}
