//! Finds where the first JSON value of some bytes ends, and that it is well-formed up to there.
//! It never recurses: a value may be nested as deep as [`JSON_DEPTH`](crate::limits::JSON_DEPTH).

use std::ops::Range;

use crate::decode::DecodeError;
use crate::limits::JSON_DEPTH;

/// The place of the first value, without the white space around it.
pub(super) fn first_value(json: &[u8]) -> Result<Range<usize>, DecodeError> {
    let mut scanner = Scanner { json, at: 0, open: Vec::new() };
    scanner.space();
    let start = scanner.at;
    let mut next = scanner.value()?;
    while let Some(container) = scanner.open.last().copied() {
        scanner.space();
        next = match (next, container, scanner.peek()) {
            (Next::FirstOrEnd | Next::Separator, Container::Array, Some(b']'))
            | (Next::FirstOrEnd | Next::Separator, Container::Object, Some(b'}')) => {
                scanner.close()
            }
            (Next::Separator, _, Some(b',')) => {
                scanner.at += 1;
                Next::Item
            }
            (Next::Separator, _, _) => return scanner.error("a comma or the end is missing"),
            (Next::FirstOrEnd | Next::Item, Container::Array, _) => scanner.value()?,
            (Next::FirstOrEnd | Next::Item, Container::Object, _) => {
                scanner.key()?;
                scanner.value()?
            }
        };
    }
    Ok(start..scanner.at)
}

/// What may come next within a container.
#[derive(Clone, Copy)]
enum Next {
    /// The first item, or the end.
    FirstOrEnd,
    /// An item: there was a comma.
    Item,
    /// A comma, or the end.
    Separator,
}

#[derive(Clone, Copy)]
enum Container {
    Array,
    Object,
}

struct Scanner<'a> {
    json: &'a [u8],
    at: usize,
    open: Vec<Container>,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.json.get(self.at).copied()
    }

    fn error<T>(&self, what: &'static str) -> Result<T, DecodeError> {
        let what = if self.at < self.json.len() { what } else { "the input ends" };
        Err(DecodeError::Syntax { offset: self.at, what })
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8, what: &'static str) -> Result<(), DecodeError> {
        if self.peek() != Some(byte) {
            return self.error(what);
        }
        self.at += 1;
        Ok(())
    }

    /// A whole scalar, or the opening of a container.
    fn value(&mut self) -> Result<Next, DecodeError> {
        match self.peek() {
            Some(b'{') => return self.enter(Container::Object),
            Some(b'[') => return self.enter(Container::Array),
            Some(b'"') => self.string()?,
            Some(b'n') => self.literal(b"null")?,
            Some(b't') => self.literal(b"true")?,
            Some(b'f') => self.literal(b"false")?,
            _ => self.number()?,
        }
        Ok(Next::Separator)
    }

    fn enter(&mut self, container: Container) -> Result<Next, DecodeError> {
        if self.open.len() >= JSON_DEPTH {
            return self.error("nested too deep");
        }
        self.open.push(container);
        self.at += 1;
        Ok(Next::FirstOrEnd)
    }

    fn close(&mut self) -> Next {
        self.open.pop();
        self.at += 1;
        Next::Separator
    }

    /// A key, its colon, and the space up to the value.
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

    fn string(&mut self) -> Result<(), DecodeError> {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(0x20..) => self.at += 1,
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
