//! One condition on one field: how it is read, and which values meet it.
//!
//! A value is told in a [`Cell`]; where it comes from is not asked here. Nothing compares with a value that is not
//! there, but the question whether it is.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::num::IntErrorKind;
use std::ops::Range;

use lampyris_message::Timestamp;
use uuid::Uuid;
use uuid::fmt::Hyphenated;

use super::error::{Fault, QueryError, WrongValue};
use super::field::{Field, Kind};

/// What a row has in a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// Nothing.
    Null,
    /// A text.
    Text(Cow<'a, str>),
    /// Several texts.
    Texts(Vec<&'a str>),
    /// The bytes of a UUID.
    Uuid([u8; 16]),
    /// The bytes of a hash.
    Hash([u8; 32]),
    /// A whole number.
    Integer(i64),
    /// A moment.
    Time(Timestamp),
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// It is there or not: there is nothing to compare it with.
    IsNull,
    /// It is the same.
    Equal,
    /// The text stands in it.
    Contains,
    /// It begins with the text.
    StartsWith,
    /// It ends with the text.
    EndsWith,
    /// It is more.
    Greater,
    /// It is as much, or more.
    GreaterOrEqual,
    /// It is less.
    Less,
    /// It is as much, or less.
    LessOrEqual,
}

/// A condition on one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    field: Field,
    comparison: Comparison,
    negated: bool,
    any_case: bool,
    operand: Operand,
}

/// What is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Operand {
    Null,
    /// In lower case if any case is meant.
    Text(String),
    Integer(i64),
    Time(Timestamp),
}

/// A condition as it is spelled, and how it goes together with others of its field.
pub(super) struct Spelled {
    pub(super) condition: Condition,
    /// Whether it asks for all conditions of its field to hold together.
    pub(super) together: bool,
}

/// The modifiers and the operator before the text of a condition.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a modifier, and any of them can be there"
)]
struct Prefix {
    negated: bool,
    any_case: bool,
    empty_is_null: bool,
    together: bool,
    operator: String,
    length: usize,
}

impl Prefix {
    /// Reads what stands before the text.
    fn scan(value: &str) -> Self {
        let mut prefix = Self::default();
        for symbol in value.chars() {
            match symbol {
                '!' => prefix.negated = true,
                ':' => prefix.any_case = true,
                '?' => prefix.empty_is_null = true,
                '[' => prefix.together = true,
                ']' => prefix.together = false,
                '>' | '<' => {
                    if prefix.operator.chars().any(|first| first != symbol) {
                        break;
                    }
                    prefix.operator.push(symbol);
                    if prefix.operator.len() > 1 {
                        prefix.length += 1;
                        break;
                    }
                }
                '=' | '@' | '^' | '$' => {
                    prefix.operator.push(symbol);
                    prefix.length += 1;
                    break;
                }
                _ => break,
            }
            prefix.length += symbol.len_utf8();
        }
        prefix
    }

    /// The operator; what is none, such as `>@`, asks for the same value, as upstream has it.
    fn comparison(&self) -> (Comparison, &'static str) {
        match self.operator.as_str() {
            ">" => (Comparison::Greater, ">"),
            ">>" => (Comparison::Greater, ">>"),
            ">=" => (Comparison::GreaterOrEqual, ">="),
            "<" => (Comparison::Less, "<"),
            "<<" => (Comparison::Less, "<<"),
            "<=" => (Comparison::LessOrEqual, "<="),
            "@" => (Comparison::Contains, "@"),
            "^" => (Comparison::StartsWith, "^"),
            "$" => (Comparison::EndsWith, "$"),
            _ => (Comparison::Equal, "="),
        }
    }
}

impl Comparison {
    const fn is_order(self) -> bool {
        matches!(self, Self::Greater | Self::GreaterOrEqual | Self::Less | Self::LessOrEqual)
    }

    const fn is_partial(self) -> bool {
        matches!(self, Self::Contains | Self::StartsWith | Self::EndsWith)
    }

    const fn orders(self, order: Ordering) -> bool {
        match self {
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::IsNull | Self::Contains | Self::StartsWith | Self::EndsWith => false,
        }
    }
}

impl Condition {
    /// Reads a condition as upstream spells it: modifiers, an operator, a text.
    ///
    /// # Errors
    /// [`QueryError`] names the first rule of upstream's that it breaks, and where in `value`.
    pub fn parse(field: Field, value: &str) -> Result<Self, QueryError> {
        Self::spelled(field, value).map(|spelled| spelled.condition)
    }

    pub(super) fn spelled(field: Field, value: &str) -> Result<Spelled, QueryError> {
        let prefix = Prefix::scan(value);
        let (before, text) = (0..prefix.length, prefix.length..value.len());
        let (comparison, operator) = prefix.comparison();
        let Prefix { negated, any_case, empty_is_null, together, .. } = prefix;
        if comparison.is_order() && (negated || any_case || empty_is_null) {
            return Err(Fault::Modifiers { field, operator }.at(before));
        }
        let kind = field.kind();
        let wording = value.get(text.clone()).unwrap_or_default();
        let is_null = empty_is_null && wording.is_empty();
        let partial = comparison.is_partial() || any_case;
        let (comparison, operand) = if is_null {
            if partial {
                return Err(Fault::Null { field }.at(before));
            }
            (Comparison::IsNull, Operand::Null)
        } else if partial && !kind.is_text() {
            return Err(Fault::NoText { field, kind }.at(before));
        } else {
            (comparison, Operand::read(field, wording, any_case, text)?)
        };
        let condition = Self { field, comparison, negated, any_case, operand };
        Ok(Spelled { condition, together })
    }

    /// That a field has exactly this text.
    pub fn is(field: Field, text: impl Into<String>) -> Self {
        let operand = Operand::Text(text.into());
        Self { field, comparison: Comparison::Equal, negated: false, any_case: false, operand }
    }

    /// The field.
    pub const fn field(&self) -> Field {
        self.field
    }

    /// How a value is compared.
    pub const fn comparison(&self) -> Comparison {
        self.comparison
    }

    /// Whether it holds where the comparison does not.
    pub const fn is_negated(&self) -> bool {
        self.negated
    }

    /// The text that a value must be, letter for letter, if it is that that is asked for.
    pub(crate) fn exact_text(&self) -> Option<&str> {
        match &self.operand {
            Operand::Text(text)
                if self.comparison == Comparison::Equal && !self.negated && !self.any_case =>
            {
                Some(text)
            }
            Operand::Text(_) | Operand::Null | Operand::Integer(_) | Operand::Time(_) => None,
        }
    }

    /// The whole number that is compared with, if it is one.
    pub(crate) const fn integer(&self) -> Option<i64> {
        match self.operand {
            Operand::Integer(number) => Some(number),
            Operand::Null | Operand::Text(_) | Operand::Time(_) => None,
        }
    }

    /// The moment that is compared with, if it is one.
    pub(crate) const fn time(&self) -> Option<Timestamp> {
        match self.operand {
            Operand::Time(time) => Some(time),
            Operand::Null | Operand::Text(_) | Operand::Integer(_) => None,
        }
    }

    /// Whether a value meets it.
    pub fn holds(&self, cell: &Cell<'_>) -> bool {
        let compared = match (cell, &self.operand) {
            (cell, Operand::Null) => return (*cell == Cell::Null) != self.negated,
            (Cell::Null, _) => return false,
            (Cell::Text(text), Operand::Text(wanted)) => self.holds_text(text, wanted),
            (Cell::Texts(texts), Operand::Text(wanted)) if self.field.kind() == Kind::Each => {
                texts.iter().any(|text| self.holds_text(text, wanted))
            }
            (Cell::Texts(texts), Operand::Text(wanted)) => {
                self.holds_text(&texts.join(","), wanted)
            }
            (Cell::Uuid(bytes), Operand::Text(wanted)) => self.holds_text(
                Hyphenated::from_uuid(Uuid::from_bytes(*bytes)).encode_lower(&mut [0; 36]),
                wanted,
            ),
            (Cell::Hash(bytes), Operand::Text(wanted)) => {
                self.holds_text(const_hex::Buffer::<32>::new().format(bytes), wanted)
            }
            (Cell::Integer(number), Operand::Integer(wanted)) => {
                self.comparison.orders(number.cmp(wanted))
            }
            (Cell::Time(time), Operand::Time(wanted)) => self.comparison.orders(time.cmp(wanted)),
            (
                Cell::Text(_)
                | Cell::Texts(_)
                | Cell::Uuid(_)
                | Cell::Hash(_)
                | Cell::Integer(_)
                | Cell::Time(_),
                Operand::Text(_) | Operand::Integer(_) | Operand::Time(_),
            ) => false,
        };
        compared != self.negated
    }

    fn holds_text(&self, text: &str, wanted: &str) -> bool {
        let text = if self.any_case { Cow::from(lower(text)) } else { Cow::from(text) };
        match self.comparison {
            Comparison::Contains => text.contains(wanted),
            Comparison::StartsWith => text.starts_with(wanted),
            Comparison::EndsWith => text.ends_with(wanted),
            Comparison::IsNull => false,
            Comparison::Equal
            | Comparison::Greater
            | Comparison::GreaterOrEqual
            | Comparison::Less
            | Comparison::LessOrEqual => self.comparison.orders(text.as_ref().cmp(wanted)),
        }
    }
}

impl Operand {
    fn read(
        field: Field,
        text: &str,
        any_case: bool,
        at: Range<usize>,
    ) -> Result<Self, QueryError> {
        let wrong = |why| Fault::Value { field, why }.at(at.clone());
        match field.kind() {
            Kind::Integer => integer(text).map(Self::Integer).map_err(wrong),
            Kind::Time => moment(text).map(Self::Time).map_err(wrong),
            Kind::Bool => Ok(Self::Text(text.eq_ignore_ascii_case("true").to_string())),
            Kind::Text | Kind::Uuid | Kind::Hash | Kind::Joined | Kind::Each | Kind::Json => {
                Ok(Self::Text(if any_case { lower(text) } else { text.to_owned() }))
            }
        }
    }
}

/// A condition as a person reads it.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.field.name())?;
        f.write_str(if self.negated { " is not" } else { " is" })?;
        f.write_str(match self.comparison {
            Comparison::IsNull => return f.write_str(" null"),
            Comparison::Equal => " ",
            Comparison::Contains => " with ",
            Comparison::StartsWith => " begun by ",
            Comparison::EndsWith => " ended by ",
            Comparison::Greater => " > ",
            Comparison::GreaterOrEqual => " >= ",
            Comparison::Less => " < ",
            Comparison::LessOrEqual => " <= ",
        })?;
        match &self.operand {
            Operand::Null => Ok(()),
            Operand::Text(text) => write!(f, "'{text}'"),
            Operand::Integer(number) => write!(f, "{number}"),
            Operand::Time(time) => write!(f, "{time}"),
        }?;
        f.write_str(if self.any_case { " in any case" } else { "" })
    }
}

fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// A whole number as upstream reads it: digits of base 10, perhaps with a sign.
pub(super) fn integer(text: &str) -> Result<i64, WrongValue> {
    text.parse().map_err(|error: std::num::ParseIntError| {
        let is_out = matches!(error.kind(), IntErrorKind::PosOverflow | IntErrorKind::NegOverflow);
        let text = text.to_owned();
        if is_out { WrongValue::Range { text } } else { WrongValue::Integer { text } }
    })
}

/// A moment as upstream reads it, and also the beginning of a day (`2026-01-31`).
///
/// # Errors
/// [`WrongValue`] if it is none.
pub fn moment(text: &str) -> Result<Timestamp, WrongValue> {
    let is_day = text.len() == 10 && text.bytes().filter(|byte| *byte == b'-').count() == 2;
    let read = Timestamp::parse(text);
    let day = || Timestamp::parse(&format!("{text}T00:00:00Z")).ok();
    match read {
        Ok(time) => Ok(time),
        Err(error) => day().filter(|_| is_day).ok_or(WrongValue::Time(error)),
    }
}
