//! Finds where the first JSON value of some bytes ends, and that it is well-formed up to there.
//! It never recurses: a value may be nested as deep as [`JSON_DEPTH`](crate::limits::JSON_DEPTH).

use std::ops::Range;

use super::compact::is_space;
use super::document::Marks;
use super::plain::text_length;
use crate::decode::DecodeError;
use crate::limits::JSON_DEPTH;

/// The place of the first value, without the white space around it, and what is within.
pub(super) fn first_value(json: &[u8]) -> Result<(Range<usize>, Marks), DecodeError> {
    let mut scanner = Scanner { json, at: 0, open: Vec::new(), marks: Marks::default() };
    scanner.space();
    let start = scanner.at;
    loop {
        if scanner.value()? == Value::Items {
            continue;
        }
        // A value has ended, and perhaps containers with it.
        loop {
            let Some((container, _)) = scanner.open.last() else {
                return Ok((start..scanner.at, scanner.marks));
            };
            let container = *container;
            scanner.space();
            match (scanner.peek(), container) {
                (Some(b','), _) => {
                    scanner.at += 1;
                    scanner.space();
                    if container == Container::Object {
                        scanner.key()?;
                    }
                    break;
                }
                (Some(b']'), Container::Array) | (Some(b'}'), Container::Object) => scanner.close(),
                _ => return scanner.error("a comma or the end is missing"),
            }
        }
    }
}

/// What of a value was read.
#[derive(PartialEq, Eq)]
enum Value {
    /// All of it.
    Whole,
    /// The opening of a container, up to the value of its first item.
    Items,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Container {
    Array,
    Object,
}

struct Scanner<'a> {
    json: &'a [u8],
    at: usize,
    /// The containers around, each with the ticket to close it.
    open: Vec<(Container, usize)>,
    marks: Marks,
}

#[expect(
    clippy::inline_always,
    reason = "a call keeps the place in memory and takes half as long again"
)]
impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.json.get(self.at).copied()
    }

    fn error<T>(&self, what: &'static str) -> Result<T, DecodeError> {
        let what = if self.at < self.json.len() { what } else { "the input ends" };
        Err(DecodeError::Syntax { offset: self.at, what })
    }

    #[inline(always)]
    fn space(&mut self) {
        if !self.peek().is_some_and(is_space) {
            return;
        }
        let start = self.at;
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
        self.marks.space(start, self.at);
    }

    fn eat(&mut self, byte: u8, what: &'static str) -> Result<(), DecodeError> {
        if self.peek() != Some(byte) {
            return self.error(what);
        }
        self.at += 1;
        Ok(())
    }

    /// A whole scalar or empty container, or the opening of another one.
    #[inline(always)]
    fn value(&mut self) -> Result<Value, DecodeError> {
        match self.peek() {
            Some(b'"') => self.string()?,
            Some(b'{') => {
                self.enter(Container::Object)?;
                if self.peek() != Some(b'}') {
                    self.key()?;
                    return Ok(Value::Items);
                }
                self.close();
            }
            Some(b'[') => {
                self.enter(Container::Array)?;
                if self.peek() != Some(b']') {
                    return Ok(Value::Items);
                }
                self.close();
            }
            Some(b'n') => self.literal(b"null")?,
            Some(b't') => self.literal(b"true")?,
            Some(b'f') => self.literal(b"false")?,
            _ => self.number()?,
        }
        Ok(Value::Whole)
    }

    /// The opening of a container, and the space behind it.
    #[inline(always)]
    fn enter(&mut self, container: Container) -> Result<(), DecodeError> {
        if self.open.len() >= JSON_DEPTH {
            return self.error("nested too deep");
        }
        let ticket = self.marks.open(self.at);
        self.open.push((container, ticket));
        self.at += 1;
        self.space();
        Ok(())
    }

    #[inline(always)]
    fn close(&mut self) {
        self.at += 1;
        if let Some((_, ticket)) = self.open.pop() {
            self.marks.close(ticket, self.at);
        }
    }

    /// A key, its colon, and the space up to the value.
    #[inline(always)]
    fn key(&mut self) -> Result<(), DecodeError> {
        if self.peek() != Some(b'"') {
            return self.error("a key is missing");
        }
        self.string()?;
        self.space();
        self.eat(b':', "a colon is missing")?;
        self.space();
        Ok(())
    }

    fn literal(&mut self, text: &[u8]) -> Result<(), DecodeError> {
        text.iter().try_for_each(|byte| self.eat(*byte, "no literal is spelled so"))
    }

    #[inline(always)]
    fn string(&mut self) -> Result<(), DecodeError> {
        self.at += 1;
        loop {
            self.at += text_length(self.json.get(self.at..).unwrap_or_default());
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(_) | None => return self.error("a control character stands in a string"),
            }
        }
        self.at += 1;
        Ok(())
    }

    fn escape(&mut self) -> Result<(), DecodeError> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                        return self.error("a hex digit of an escape is missing");
                    }
                    self.at += 1;
                }
            }
            _ => return self.error("there is no such escape"),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), DecodeError> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            // A leading zero stands alone: whatever follows is no part of the number.
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return self.error("a value is missing"),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), DecodeError> {
        let digits = self.json.get(self.at..).unwrap_or_default();
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return self.error("a digit is missing");
        }
        self.at += count;
        Ok(())
    }
}
