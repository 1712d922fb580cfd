//! Objects that are read strictly: every member is known, stands once, and is of its type.
//! For what is ours to define; what upstream defines is read as leniently as upstream does.

use std::borrow::Cow;

use thiserror::Error;

use super::document::Document;
use super::read::{Kind, Node};
use crate::decode::DecodeError;
use crate::scalar::ScalarError;

/// The members of an object, each at most once and none that nobody knows.
#[derive(Debug, Clone)]
pub struct Members<'a> {
    // Invariant: no name stands twice.
    found: Vec<(Cow<'a, str>, Node<'a>)>,
}

/// Why an object is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MemberError {
    /// It is no JSON, or a value that upstream defines cannot be read.
    #[error(transparent)]
    Json(#[from] DecodeError),
    /// Something stands behind the value.
    #[error("{what} ends at byte {offset}, but more follows")]
    Trailing {
        /// What ends.
        what: &'static str,
        /// Where what follows begins.
        offset: usize,
    },
    /// It is no object.
    #[error("{what} must be an object, not {found}")]
    NoObject {
        /// What it should be.
        what: &'static str,
        /// The type that was found.
        found: &'static str,
    },
    /// A member that there is not.
    #[error("{what} has no member '{name}', only {known}")]
    Unknown {
        /// The object.
        what: &'static str,
        /// The member.
        name: Box<str>,
        /// The members there are.
        known: Box<str>,
    },
    /// A member stands twice.
    #[error("member '{name}' stands more than once")]
    Repeated {
        /// The member.
        name: Box<str>,
    },
    /// A member that must be there is not.
    #[error("member '{name}' is missing")]
    Missing {
        /// The member.
        name: &'static str,
    },
    /// A member is of another type.
    #[error("member '{name}' must be {needed}, not {found}")]
    Type {
        /// The member.
        name: &'static str,
        /// What it must be.
        needed: &'static str,
        /// The type that was found.
        found: &'static str,
    },
    /// A member is of its type, but its value is none that it may have.
    #[error("member '{name}': {rule}")]
    Value {
        /// The member.
        name: &'static str,
        /// Upstream's code for the same complaint, where it has one.
        code: Option<&'static str>,
        /// The rule, with what was found.
        rule: Box<str>,
    },
}

impl MemberError {
    /// Upstream's code, where it has one for this error.
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Json(error) => error.code(),
            Self::Value { code, .. } => *code,
            Self::Trailing { .. }
            | Self::NoObject { .. }
            | Self::Unknown { .. }
            | Self::Repeated { .. }
            | Self::Missing { .. }
            | Self::Type { .. } => None,
        }
    }

    /// A member whose value breaks a rule that upstream has no code for.
    pub fn value(name: &'static str, rule: impl std::fmt::Display) -> Self {
        Self::Value { name, code: None, rule: rule.to_string().into() }
    }
}

impl<'a> Members<'a> {
    /// The members of this object, which may have no others than the `known` ones.
    ///
    /// # Errors
    /// [`MemberError`] if it is no object, or names the first member that is unknown or repeated.
    pub fn of(node: Node<'a>, what: &'static str, known: &[&str]) -> Result<Self, MemberError> {
        if node.kind() != Kind::Object {
            return Err(MemberError::NoObject { what, found: node.kind().as_str() });
        }
        let mut found: Vec<(Cow<'a, str>, Node<'a>)> = Vec::new();
        for (name, value) in node.members() {
            if !known.contains(&&*name) {
                let known = known.join(", ").into();
                return Err(MemberError::Unknown { what, name: name.into(), known });
            }
            if found.iter().any(|(before, _)| *before == name) {
                return Err(MemberError::Repeated { name: name.into() });
            }
            found.push((name, value));
        }
        Ok(Self { found })
    }

    /// The member of this name; `null` counts as absent.
    pub fn get(&self, name: &str) -> Option<Node<'a>> {
        let found = self.found.iter().find(|(found, _)| *found == name);
        found.map(|(_, node)| *node).filter(|node| node.kind() != Kind::Null)
    }

    /// The member of this name, which must be there.
    ///
    /// # Errors
    /// [`MemberError::Missing`].
    pub fn require(&self, name: &'static str) -> Result<Node<'a>, MemberError> {
        self.get(name).ok_or(MemberError::Missing { name })
    }

    /// The text of a member, if it is there.
    ///
    /// # Errors
    /// [`MemberError::Type`] if it is no string.
    pub fn text(&self, name: &'static str) -> Result<Option<Cow<'a, str>>, MemberError> {
        self.get(name).map(|node| text(node, name)).transpose()
    }

    /// The text of a member that must be there.
    ///
    /// # Errors
    /// [`MemberError::Missing`], or [`MemberError::Type`] if it is no string.
    pub fn require_text(&self, name: &'static str) -> Result<Cow<'a, str>, MemberError> {
        text(self.require(name)?, name)
    }

    /// What the text of a member spells, if it is there.
    ///
    /// # Errors
    /// [`MemberError::Type`] if it is no string, [`MemberError::Value`] if it spells nothing.
    pub fn scalar<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, ScalarError>,
    ) -> Result<Option<T>, MemberError> {
        self.text(name)?.map(|text| spelled(&text, name, parse)).transpose()
    }

    /// What the text of a member that must be there spells.
    ///
    /// # Errors
    /// As [`scalar`](Self::scalar), and [`MemberError::Missing`].
    pub fn require_scalar<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, ScalarError>,
    ) -> Result<T, MemberError> {
        spelled(&self.require_text(name)?, name, parse)
    }

    /// The whole number of a member, if it is there.
    ///
    /// # Errors
    /// [`MemberError::Type`] if it is no number, [`MemberError::Value`] if it is another one.
    pub fn number(&self, name: &'static str) -> Result<Option<u64>, MemberError> {
        self.get(name).map(|node| number(node, name)).transpose()
    }

    /// The whole number of a member that must be there.
    ///
    /// # Errors
    /// As [`number`](Self::number), and [`MemberError::Missing`].
    pub fn require_number(&self, name: &'static str) -> Result<u64, MemberError> {
        number(self.require(name)?, name)
    }

    /// The texts of a list, if it is there.
    ///
    /// # Errors
    /// [`MemberError::Type`] if it is no list of strings.
    pub fn texts(&self, name: &'static str) -> Result<Option<Vec<String>>, MemberError> {
        let Some(node) = self.get(name) else { return Ok(None) };
        let needed = "array of strings";
        if node.kind() != Kind::Array {
            return Err(wrong_type(node, name, needed));
        }
        let text = |element: Node<'a>| match element.kind() {
            Kind::String => Ok(element.text().into_owned()),
            Kind::Null | Kind::Bool | Kind::Number | Kind::Array | Kind::Object => {
                Err(wrong_type(element, name, needed))
            }
        };
        node.elements().map(text).collect::<Result<_, _>>().map(Some)
    }
}

/// A document that `json` consists of, and nothing else; `what` names it in the error.
///
/// # Errors
/// [`MemberError`] if it is malformed, or more follows it.
pub fn only_value<'a>(json: &'a [u8], what: &'static str) -> Result<Document<'a>, MemberError> {
    let document = Document::first(json)?;
    let end = document.root().offset() + document.root().bytes().len();
    let rest = json.get(end..).unwrap_or_default();
    match rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
        None => Ok(document),
        Some(at) => Err(MemberError::Trailing { what, offset: end + at }),
    }
}

fn text<'a>(node: Node<'a>, name: &'static str) -> Result<Cow<'a, str>, MemberError> {
    if node.kind() == Kind::String {
        Ok(node.text())
    } else {
        Err(wrong_type(node, name, "string"))
    }
}

fn spelled<T>(
    text: &str,
    name: &'static str,
    parse: impl FnOnce(&str) -> Result<T, ScalarError>,
) -> Result<T, MemberError> {
    parse(text).map_err(|error| MemberError::Value {
        name,
        code: Some(error.code()),
        rule: error.to_string().into(),
    })
}

fn number(node: Node<'_>, name: &'static str) -> Result<u64, MemberError> {
    if node.kind() != Kind::Number {
        return Err(wrong_type(node, name, "number"));
    }
    let text = node.text();
    text.parse().map_err(|_| {
        MemberError::value(
            name,
            format_args!("{text} is not a whole number from 0 to {}", u64::MAX),
        )
    })
}

fn wrong_type(node: Node<'_>, name: &'static str, needed: &'static str) -> MemberError {
    MemberError::Type { name, needed, found: node.kind().as_str() }
}
