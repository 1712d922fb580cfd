//! The values of a source one by one, each with its place; what ends a source early is said in words.
//!
//! What a value says is for whoever asked.

use std::fmt;
use std::rc::Rc;

use super::{Source, Split, SplitError, Values};
use crate::args::Global;
use crate::failure::Failure;
use crate::output;

/// Where a value stands.
#[derive(Debug, Clone)]
pub(crate) struct Where {
    /// The file, or standard input.
    pub(crate) file: Rc<str>,
    /// Which value of it, from 1.
    pub(crate) object: u64,
    /// The line it begins in, from 1.
    pub(crate) line: u64,
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, object {}", self.file, self.object)
    }
}

/// Hands out the values of a source, or why one has no end; `visit` says whether it was JSON.
///
/// The inner error says why the source could not be read to its end, or where it is not JSON.
pub(crate) fn each_value(
    global: &Global,
    source: Source,
    mut visit: impl FnMut(&Where, Result<&[u8], &'static str>) -> Result<bool, Failure>,
) -> Result<Result<(), String>, Failure> {
    let Source { name, size, bytes, .. } = source;
    let bar = output::progress(global, size, "bytes");
    let mut values = Values::new(bytes);
    let mut place = Where { file: name.as_str().into(), object: 0, line: 0 };
    let mut garbage = None;
    let read_to_end = loop {
        bar.set_position(values.bytes_read());
        let split = match values.next() {
            Ok(Some(split)) => split,
            Ok(None) => break garbage.map_or(Ok(()), Err),
            Err(SplitError::Io(error)) => break Err(format!("cannot read {name}: {error}")),
            Err(SplitError::Array { line, rule }) => {
                break Err(format!("{name}, line {line}: {rule}"));
            }
        };
        place.object += 1;
        let is_json = match split {
            Split::Value(piece) => {
                place.line = piece.line;
                visit(&place, Ok(&piece.bytes))?
            }
            Split::Unfinished { line } => {
                place.line = line;
                visit(&place, Err("the value that begins here never ends"))?
            }
        };
        if !is_json {
            garbage.get_or_insert_with(|| format!("{name}, line {}: not JSON", place.line));
        }
    };
    bar.finish_and_clear();
    Ok(read_to_end)
}
