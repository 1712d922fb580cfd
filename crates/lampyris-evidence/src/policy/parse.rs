//! The text of a policy, line by line: logs, witnesses, groups of them, and the quorum.
//! Web addresses behind keys are read over: nothing here calls anyone.

use core::str::from_utf8;

use super::{Group, MAX_POLICY_BYTES, Policy, PolicyRule, Voter};
use crate::key::{KeyError, VerifierKey};
use crate::spelling::decimal;
use alloc::vec::Vec;

/// A text that is no policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the policy: {rule}")]
pub struct MalformedPolicy {
    /// The line, counted from 1; the line behind the last if something is missing.
    pub line: usize,
    /// What is wrong with it.
    pub rule: PolicyRule,
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`MalformedPolicy`] if the text is none.
    pub fn parse(text: &[u8]) -> Result<Policy, MalformedPolicy> {
        if text.len() > MAX_POLICY_BYTES {
            return Err(MalformedPolicy { line: 1, rule: PolicyRule::Long });
        }
        let mut reader = Reader { policy: Policy::empty(), names: Vec::new(), quorum: false };
        let mut last = 1;
        for (line, octets) in (1..).zip(text.split_inclusive(|octet| *octet == b'\n')) {
            reader.line(octets).map_err(|rule| MalformedPolicy { line, rule })?;
            last = line + 1;
        }
        if reader.quorum {
            Ok(reader.policy)
        } else {
            Err(MalformedPolicy { line: last, rule: PolicyRule::Quorum })
        }
    }
}

struct Reader<'a> {
    policy: Policy,
    names: Vec<Name<'a>>,
    quorum: bool,
}

/// What a name stands for. Names mean nothing outside of their text, where they are but octets.
struct Name<'a> {
    octets: &'a [u8],
    voter: Voter,
    is_member: bool,
}

impl<'a> Reader<'a> {
    fn line(&mut self, line: &'a [u8]) -> Result<(), PolicyRule> {
        let line = line.strip_suffix(b"\n").ok_or(PolicyRule::Ending)?;
        if line.iter().any(|octet| matches!(octet, 0..=0x08 | 0x0b..=0x1f | 0x7f)) {
            return Err(PolicyRule::Control);
        }
        let items = line.split(|octet| matches!(octet, b' ' | b'\t'));
        let items: Vec<&[u8]> = items.filter(|item| !item.is_empty()).collect();
        match items.as_slice() {
            [] | [[b'#', ..], ..] => Ok(()),
            [b"log", items @ ..] => self.log(items),
            [b"witness", items @ ..] => self.witness(items),
            [b"group", items @ ..] => self.group(items),
            [b"quorum", items @ ..] => self.quorum(items),
            [_, ..] => Err(PolicyRule::Keyword),
        }
    }

    fn log(&mut self, items: &[&[u8]]) -> Result<(), PolicyRule> {
        match items {
            [key] | [key, _] => self.policy.add_log(parse_key(key)?),
            _ => Err(PolicyRule::Items("log KEY [URL]")),
        }
    }

    fn witness(&mut self, items: &[&'a [u8]]) -> Result<(), PolicyRule> {
        let ([name, key] | [name, key, _]) = items else {
            return Err(PolicyRule::Items("witness NAME KEY [URL]"));
        };
        let voter = self.policy.add_witness(parse_key(key)?)?;
        self.define(name, voter)
    }

    fn group(&mut self, items: &[&'a [u8]]) -> Result<(), PolicyRule> {
        let [name, threshold, names @ ..] = items else {
            return Err(PolicyRule::Items("group NAME any|all|NUMBER NAME..."));
        };
        let members = names.iter().map(|name| self.join(name));
        let members = members.collect::<Result<Vec<_>, _>>()?;
        let threshold = match *threshold {
            b"any" => 1,
            b"all" => members.len(),
            number => from_utf8(number)
                .ok()
                .and_then(decimal)
                .and_then(|number| usize::try_from(number).ok())
                .ok_or(PolicyRule::Threshold)?,
        };
        let voter = self.policy.add_group(Group { threshold, members })?;
        self.define(name, voter)
    }

    fn quorum(&mut self, items: &[&[u8]]) -> Result<(), PolicyRule> {
        let [name] = items else { return Err(PolicyRule::Items("quorum NAME|none")) };
        if self.quorum {
            return Err(PolicyRule::Quorum);
        }
        self.quorum = true;
        if *name != b"none" {
            self.policy.quorum = Some(self.find(name)?.voter);
        }
        Ok(())
    }

    fn define(&mut self, octets: &'a [u8], voter: Voter) -> Result<(), PolicyRule> {
        if octets == b"none" || self.names.iter().any(|name| name.octets == octets) {
            return Err(PolicyRule::Name);
        }
        self.names.push(Name { octets, voter, is_member: false });
        Ok(())
    }

    fn join(&mut self, octets: &[u8]) -> Result<Voter, PolicyRule> {
        let name = self.find(octets)?;
        if name.is_member {
            return Err(PolicyRule::Member);
        }
        name.is_member = true;
        Ok(name.voter)
    }

    fn find(&mut self, octets: &[u8]) -> Result<&mut Name<'a>, PolicyRule> {
        let mut names = self.names.iter_mut();
        names.find(|name| name.octets == octets).ok_or(PolicyRule::Unknown)
    }
}

fn parse_key(octets: &[u8]) -> Result<VerifierKey, PolicyRule> {
    let text = from_utf8(octets).map_err(|_| PolicyRule::Key(KeyError::Parts))?;
    Ok(VerifierKey::parse(text)?)
}
