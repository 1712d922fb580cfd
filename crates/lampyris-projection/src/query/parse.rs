//! Reading a query from its parameters: upstream's, and ours.
//!
//! Names in any order and any case; conditions on one field go together as upstream's do.

use std::borrow::Cow;
use std::ops::Range;

use super::condition::{Condition, Spelled};
use super::error::{Fault, QueryError};
use super::field::{Collection, Field};
use super::filter::Filter;
use super::sort::SortBy;
use super::{Query, Rules};

/// The prefix of a condition of which one in its group is enough.
const ANY: &str = "any";

/// The parameters that are no fields.
const WORDS: [&str; 7] = ["skip", "limit", "sort", "ascending", "descending", "count", "after"];

/// One parameter, and where its value stands.
pub(super) struct Parameter<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) value: Cow<'a, str>,
    /// Where its name stands.
    pub(super) named: Range<usize>,
    /// Where its value stands.
    pub(super) at: Range<usize>,
}

/// The parameters of a text, as they stand in an address after the question mark. A plus sign is one.
pub(super) fn parameters(text: &str) -> Result<Vec<Parameter<'_>>, QueryError> {
    let (mut found, mut begin) = (Vec::new(), 0);
    for part in text.split('&') {
        let end = begin + part.len();
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        if !part.is_empty() {
            let named = begin..begin + name.len();
            let at = (named.end + 1).min(end)..end;
            let (name, value) = (decoded(name, &named)?, decoded(value, &at)?);
            found.push(Parameter { name, value, named, at });
        }
        begin = end + 1;
    }
    Ok(found)
}

/// What a text with percent signs spells.
fn decoded<'a>(text: &'a str, at: &Range<usize>) -> Result<Cow<'a, str>, QueryError> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let byte = byte.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.ok_or_else(|| Fault::Percent.at(at.clone()))?);
        rest = rest.get(2..).unwrap_or_default();
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| Fault::Utf8.at(at.clone()))
}

/// Conditions of one field that go together.
struct Group {
    /// The group that one of is enough, if it is in one.
    any: Option<String>,
    field: Field,
    conditions: Vec<Condition>,
    together: bool,
}

/// Reads a query.
pub(super) fn query(
    collection: Collection,
    parameters: &[Parameter<'_>],
    rules: &Rules,
) -> Result<Query, QueryError> {
    let mut groups: Vec<Group> = Vec::new();
    for Parameter { name, value, named, at } in parameters {
        let (any, field) = split(name);
        let Some(field) = collection.field(field) else {
            let is_word = any.is_none() && WORDS.iter().any(|word| word.eq_ignore_ascii_case(name));
            if !is_word && rules.refuses_unknown {
                return Err(Fault::Unknown { name: name.clone().into_owned() }.at(named.clone()));
            }
            continue;
        };
        let spelled = Condition::spelled(field, value).map_err(|error| shifted(error, at));
        let Spelled { condition, together } = spelled?;
        let any = any.map(str::to_ascii_lowercase);
        match groups.iter_mut().find(|group| group.field == field && group.any == any) {
            Some(group) => {
                group.conditions.push(condition);
                group.together |= together;
            }
            None => groups.push(Group { any, field, conditions: vec![condition], together }),
        }
    }
    Ok(Query {
        filter: filter(groups),
        sort: sort(collection, parameters, rules)?,
        skip: number(parameters, "skip", rules, 0, rules.max_skip, |max| Fault::Skip { max })?,
        limit: number(parameters, "limit", rules, rules.limit, rules.max_limit, |max| {
            Fault::Limit { max }
        })?,
        count: flag(parameters, "count"),
        after: after(parameters)?,
        at: None,
    })
}

/// The group that a name puts its condition into, and the name of the field.
fn split(name: &str) -> (Option<&str>, &str) {
    let Some((prefix, field)) = name.split_once('.') else { return (None, name) };
    let is_any = prefix.get(..ANY.len()).is_some_and(|start| start.eq_ignore_ascii_case(ANY));
    match prefix.get(ANY.len()..) {
        Some(label) if is_any && (label.is_empty() || label.starts_with('-')) => {
            (Some(label), field)
        }
        _ => (None, name),
    }
}

fn filter(groups: Vec<Group>) -> Filter {
    let (mut all, mut any): (Vec<Filter>, Vec<(String, Vec<Filter>)>) = (Vec::new(), Vec::new());
    for group in groups {
        let Some(filter) = Filter::of(group.conditions, group.together) else { continue };
        match group.any {
            None => all.push(filter),
            Some(label) => match any.iter_mut().find(|(found, _)| *found == label) {
                Some((_, parts)) => parts.push(filter),
                None => any.push((label, vec![filter])),
            },
        }
    }
    all.extend(any.into_iter().map(|(_, parts)| Filter::Any(parts)));
    match all.len() {
        1 => all.pop().unwrap_or(Filter::everything()),
        _ => Filter::All(all),
    }
}

fn named<'p>(
    parameters: &'p [Parameter<'p>],
    name: &str,
) -> impl Iterator<Item = &'p Parameter<'p>> {
    parameters.iter().filter(move |parameter| parameter.name.eq_ignore_ascii_case(name))
}

/// Whether a switch is on: it is there, and empty or `true`.
fn flag(parameters: &[Parameter<'_>], name: &str) -> bool {
    let first = named(parameters, name).next();
    first.is_some_and(|first| first.value.is_empty() || first.value.eq_ignore_ascii_case("true"))
}

fn sort(
    collection: Collection,
    parameters: &[Parameter<'_>],
    rules: &Rules,
) -> Result<Vec<SortBy>, QueryError> {
    let mut sort = Vec::new();
    for Parameter { value, at, .. } in named(parameters, "sort") {
        for name in value.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let (descending, name) =
                name.strip_prefix('-').map_or((false, name), |name| (true, name));
            // Upstream knows the names in lower case only.
            match collection.field(name).filter(|field| field.name() == name) {
                Some(field) => sort.push(SortBy { field, descending }),
                None if rules.refuses_unknown => {
                    return Err(Fault::Sort { name: name.to_owned() }.at(at.clone()));
                }
                None => {}
            }
        }
    }
    let forced = if flag(parameters, "descending") {
        Some(true)
    } else {
        flag(parameters, "ascending").then_some(false)
    };
    for by in &mut sort {
        by.descending = forced.unwrap_or(by.descending);
    }
    Ok(sort)
}

/// A number of rows; what is none counts as 0, as upstream has it, unless unknown things are refused.
fn number(
    parameters: &[Parameter<'_>],
    name: &'static str,
    rules: &Rules,
    default: u64,
    max: Option<u64>,
    exceeds: impl FnOnce(u64) -> Fault,
) -> Result<u64, QueryError> {
    let Some(Parameter { value, at, .. }) = named(parameters, name).next() else {
        return Ok(default);
    };
    let is_number = !value.is_empty() && value.bytes().all(|digit| digit.is_ascii_digit());
    if rules.refuses_unknown && !is_number {
        return Err(
            Fault::Parameter { name, rule: "must be a whole number of rows" }.at(at.clone())
        );
    }
    // Upstream's parser gives the largest number for one that is larger.
    let number = if is_number { value.parse().unwrap_or(u64::MAX) } else { 0 };
    match max {
        Some(max) if number > max => Err(exceeds(max).at(at.clone())),
        Some(_) | None => Ok(number),
    }
}

fn after(parameters: &[Parameter<'_>]) -> Result<Option<super::Cursor>, QueryError> {
    let mut values = named(parameters, "after");
    let Some(Parameter { value, at, .. }) = values.next() else { return Ok(None) };
    let wrong = |_| Fault::Cursor("is not what a page of the same list ended with").at(at.clone());
    value.parse().map(Some).map_err(wrong)
}

/// An error in a value, told of the whole text.
fn shifted(error: QueryError, value: &Range<usize>) -> QueryError {
    let QueryError { fault, at } = error;
    let place = |at: usize| (value.start + at).min(value.end);
    fault.at(place(at.start)..place(at.end))
}
