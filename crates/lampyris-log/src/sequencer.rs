//! The sequencer: judges appends in the order in which they came, gives them their places, encodes and hashes
//! them, and packs them into frames. A plain state machine: it never writes, waits or tells the time.

mod open_frame;
#[cfg(test)]
mod tests;

use crate::append::{Appended, Place};
use crate::error::Refused;
use crate::index::Tail;
use crate::limits::{FRAME_BYTES, MAX_STREAM_EVENTS};
use crate::merkle::Frontier;
use crate::recent::Recent;
use crate::request::{Answer, Group, Request, Verdict};
use crate::speculation::{Known, Speculation};
use open_frame::OpenFrame;

/// What the sequencer is told.
#[derive(Debug)]
pub(crate) enum Input<T> {
    /// Appends were queued; it is this time, in nanoseconds.
    Submit { requests: Vec<Request<T>>, now: i64 },
    /// So many groups are durable and in the index; the log has this size.
    Committed { groups: usize, size: u64 },
    /// A group was not committed. None ever will be again.
    Failed,
}

/// What it asks for.
#[derive(Debug)]
pub(crate) struct Output<T> {
    /// Groups to be committed in order.
    pub(crate) groups: Vec<Group<T>>,
    /// Appends that will never be kept.
    pub(crate) dropped: Vec<Request<T>>,
}

/// Appends on their way to becoming durable.
#[derive(Debug)]
pub(crate) struct Sequencer<T> {
    frontier: Frontier,
    time: i64,
    frame: OpenFrame,
    answers: Vec<Answer<T>>,
    speculation: Speculation,
    recent: Recent,
    /// Where the streams of the append that is being placed ended before.
    undo: Vec<(u128, Option<Tail>)>,
    /// Groups handed out and not reported back.
    under_way: usize,
    failed: bool,
}

impl<T> Sequencer<T> {
    /// A sequencer after the records of a frontier, the last of which carries `time`.
    pub(crate) fn new(frontier: Frontier, time: i64, recent: Recent) -> Sequencer<T> {
        Sequencer {
            frame: OpenFrame::new(&frontier),
            frontier,
            time,
            answers: Vec::new(),
            speculation: Speculation::default(),
            recent,
            undo: Vec::new(),
            under_way: 0,
            failed: false,
        }
    }

    /// One step. A full frame goes out at once; a part of one as soon as nothing else is under way.
    pub(crate) fn step(&mut self, input: Input<T>, known: &impl Known) -> Output<T> {
        let mut output = Output { groups: Vec::new(), dropped: Vec::new() };
        match input {
            Input::Submit { requests, .. } if self.failed => output.dropped = requests,
            Input::Submit { requests, now } => {
                for request in requests {
                    let verdict = self.judge(&request, known, now, &mut output.groups);
                    self.answers.push(Answer { request, verdict });
                    if self.frame.raw_len() >= FRAME_BYTES {
                        output.groups.push(self.seal());
                    }
                }
            }
            Input::Committed { groups, size } => {
                self.under_way = self.under_way.saturating_sub(groups);
                self.speculation.forget(size);
            }
            Input::Failed => {
                self.failed = true;
                output.dropped = self.answers.drain(..).map(|answer| answer.request).collect();
            }
        }
        if self.under_way == 0 && !self.failed && !self.answers.is_empty() {
            output.groups.push(self.seal());
        }
        output
    }

    /// What is staged, as a group.
    fn seal(&mut self) -> Group<T> {
        self.under_way += 1;
        let head = self.frontier.head();
        let record_bytes = self.frame.record_bytes();
        let frames = self.frame.seal(head).into_iter().collect();
        let (answers, entries) = (std::mem::take(&mut self.answers), self.frame.take_entries());
        let (frontier, time) = (self.frontier.clone(), self.time);
        Group { frames, answers, entries, head, frontier, time, record_bytes }
    }

    /// Decides on an append and stages it if it is to be kept. One that is refused leaves no trace.
    fn judge(
        &mut self,
        request: &Request<T>,
        known: &impl Known,
        now: i64,
        groups: &mut Vec<Group<T>>,
    ) -> Verdict {
        let append = &request.append;
        if append.events.is_empty() {
            let size = self.frontier.size();
            return Verdict::Keep(Appended { sequences: size..size, time: self.time }, Vec::new());
        }
        if let Some(answer) = self.recent.get(&append.id) {
            return Verdict::Repeat(answer.clone());
        }
        for (index, ((stream, expected), key)) in
            append.expected.iter().zip(&request.keys.expected).enumerate()
        {
            let tail = self.speculation.tail(*key);
            let tail = tail.or_else(|| known.tail(&append.namespace, &stream.kind, &stream.id));
            let actual = tail.map(|tail| tail.events.saturating_sub(1));
            if !expected.holds(actual) {
                return Verdict::Conflict { index, actual };
            }
        }
        for (index, key) in request.keys.claims.iter().enumerate() {
            if let Some(holder) = self.speculation.holder(*key).or_else(|| known.holder(*key)) {
                return Verdict::ClaimTaken { index, holder };
            }
        }
        let time = self.time.max(now);
        let first = self.frontier.size();
        let mut places = Vec::with_capacity(append.events.len());
        if let Err(refused) = self.place(request, known, time, &mut places) {
            self.take_back();
            return Verdict::Refused(refused);
        }
        if self.frame.must_close() {
            groups.push(self.seal());
        }
        self.frame.accept(&mut self.frontier);
        self.time = time;
        for key in &request.keys.claims {
            self.speculation.claim(*key, first);
        }
        let appended = Appended { sequences: first..self.frontier.size(), time };
        if !append.namespace.is_empty() {
            self.recent.note(append.id, appended.clone());
        }
        Verdict::Keep(appended, places)
    }

    /// Gives each event its place and encodes it into the frame, where it is not accepted yet.
    fn place(
        &mut self,
        request: &Request<T>,
        known: &impl Known,
        time: i64,
        places: &mut Vec<Place>,
    ) -> Result<(), Refused> {
        let append = &request.append;
        let first = self.frontier.size();
        self.undo.clear();
        for ((index, event), key) in (0u32..).zip(&append.events).zip(&request.keys.events) {
            let (namespace, stream) = (&append.namespace, &event.stream);
            let tail = self.speculation.tail(*key);
            let tail = tail.or_else(|| known.tail(namespace, &stream.kind, &stream.id));
            let version = tail.map_or(0, |tail| tail.events);
            if version >= MAX_STREAM_EVENTS {
                let rule = "has all the events it may have";
                return Err(Refused::Invalid { field: "stream", rule });
            }
            let sequence = first + u64::from(index);
            let place = Place { sequence, version, previous: tail.map(|tail| tail.last), time };
            self.frame.encode(&append.record(index, event, place));
            let ends = Tail { events: version + 1, last: sequence };
            self.undo.push((*key, self.speculation.set_tail(*key, ends)));
            places.push(place);
        }
        self.frame.check()
    }

    /// Undoes what `place` did.
    fn take_back(&mut self) {
        self.frame.reject();
        for (key, before) in self.undo.drain(..).rev() {
            self.speculation.undo_tail(key, before);
        }
    }
}
