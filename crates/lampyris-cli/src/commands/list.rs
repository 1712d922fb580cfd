//! `list`: messages in the order of their first events.
//!
//! Two passes: the first finds which messages are meant and where each ends, the second builds
//! their views and lets each go as soon as it is complete and its turn has come.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;

use lampyris_log::{Log, VerifiedRecord};
use lampyris_projection::{Audit, View, record};

use crate::args::{Global, List};
use crate::failure::Failure;
use crate::{output, store};

pub(crate) fn run(global: &Global, list: &List) -> Result<ExitCode, Failure> {
    let List { state, limit, namespace } = list;
    let mut audit = Audit::new();
    let mut ends: Vec<Option<u64>> = Vec::new();
    let log = store::open_reader(global, |verified| {
        audit.take(verified);
        let stream = verified.stream.0 as usize;
        if stream >= ends.len() {
            ends.resize(stream + 1, None);
        }
        if let Some(end) = ends.get_mut(stream)
            && record::message_id(&verified.record).is_some()
            && verified.record.namespace == namespace.namespace
        {
            *end = Some(verified.record.sequence);
        }
    })?;
    if let Some(fault) = audit.fault() {
        return Err(Failure::no(fault));
    }
    let limit = if *limit == 0 { usize::MAX } else { *limit };
    let mut chosen = 0;
    for (stream, end) in ends.iter_mut().enumerate() {
        let wanted = u32::try_from(stream).ok().is_some_and(|stream| {
            let found = audit.state(lampyris_log::StreamOrdinal(stream));
            let found = found.and_then(lampyris_message::lifecycle::State::message_state);
            state.is_none() || *state == found
        });
        if end.is_some() && wanted && chosen < limit {
            chosen += 1;
        } else {
            *end = None;
        }
    }
    drop(audit);
    let mut out = output::answers();
    print(&log, &ends, global.json, &mut out)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the chosen messages; `ends` has the last sequence of each chosen stream.
fn print(log: &Log, ends: &[Option<u64>], json: bool, out: &mut impl Write) -> Result<(), Failure> {
    let Some(last) = ends.iter().flatten().max() else { return Ok(()) };
    let mut turns = Turns::default();
    let mut failure = None;
    log.for_each(0, |verified| {
        let stream = verified.stream.0;
        if let Some(end) = ends.get(stream as usize).copied().flatten() {
            let taken = turns.take(stream, verified).and_then(|()| {
                if verified.record.sequence == end {
                    turns.finish(stream);
                }
                while let Some(view) = turns.next() {
                    line(&view, json, out)?;
                }
                Ok(())
            });
            if let Err(error) = taken {
                failure = Some(error);
            }
        }
        if failure.is_some() || verified.record.sequence == *last {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    failure.map_or(Ok(()), Err)
}

/// Views under way, in the order of their first events.
#[derive(Debug, Default)]
struct Turns {
    views: VecDeque<Turn>,
}

#[derive(Debug)]
struct Turn {
    stream: u32,
    view: View,
    complete: bool,
}

impl Turns {
    fn take(&mut self, stream: u32, verified: &VerifiedRecord<'_>) -> Result<(), Failure> {
        let sequence = verified.record.sequence;
        let event = record::event(&verified.record.to_record())
            .map_err(|error| Failure::no(format!("sequence {sequence}: {error}")))?;
        if let Some(turn) = self.find(stream) {
            turn.view.apply(&event, sequence);
        } else if let Some(view) = View::begin(&event, sequence) {
            self.views.push_back(Turn { stream, view, complete: false });
        }
        Ok(())
    }

    /// Streams are numbered in the order of their first events, so the views are sorted by them.
    fn find(&mut self, stream: u32) -> Option<&mut Turn> {
        let index = self.views.binary_search_by_key(&stream, |turn| turn.stream).ok()?;
        self.views.get_mut(index)
    }

    fn finish(&mut self, stream: u32) {
        if let Some(turn) = self.find(stream) {
            turn.complete = true;
        }
    }

    fn next(&mut self) -> Option<View> {
        if self.views.front()?.complete {
            self.views.pop_front().map(|turn| turn.view)
        } else {
            None
        }
    }
}

fn line(view: &View, json: bool, out: &mut impl Write) -> io::Result<()> {
    if json {
        out.write_all(&view.to_json())?;
        return out.write_all(b"\n");
    }
    let message = view.message();
    let header = &message.header;
    writeln!(
        out,
        "{}  {:<9}  {:<10}  {:<30}  {}",
        header.id.map(|id| id.to_string()).unwrap_or_default(),
        message.state.as_ref().map_or("", |state| state.as_str()),
        output::plain(header.message_type.as_str()),
        header.created.map(|created| created.to_string()).unwrap_or_default(),
        output::plain(&header.topics.join(",")),
    )
}
