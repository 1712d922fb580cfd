//! The threads around the two state machines: one sequences while the other syncs.
//! It decides nothing: it carries inputs to the machines and does what they ask for.

use super::{Durable, Shared};
use crate::append::Appended;
use crate::block_on::block_on;
use crate::committer::{self, Committer};
use crate::error::{AppendError, Unavailable};
use crate::limits::{MAX_APPEND_BYTES, QUEUE_BYTES};
use crate::request::{Answer, Group, Request, Verdict};
use crate::sequencer::{self, Sequencer};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// What comes back to who appended.
pub(super) type Reply = Result<Verdict, AppendError>;

/// Whom to answer, and the room that the append takes up until then.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) reply: oneshot::Sender<Reply>,
    pub(super) _room: OwnedSemaphorePermit,
}

/// The way of an append: inbox, sequencer, hand-over, committer.
#[derive(Debug)]
pub(super) struct Pipeline {
    ways: Arc<Ways>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Ways {
    /// Room for appends, in units of [`ROOM_UNIT`] bytes.
    room: Arc<Semaphore>,
    inbox: Mutex<Inbox>,
    arrived: Condvar,
    handover: Mutex<Handover>,
    handed: Condvar,
    poison: Mutex<Option<(u64, String)>>,
}

#[derive(Debug, Default)]
struct Inbox {
    requests: Vec<Request<Ticket>>,
    /// Groups reported durable, and the size of the log then.
    committed: usize,
    size: u64,
    failed: bool,
    closed: bool,
}

#[derive(Debug, Default)]
struct Handover {
    groups: VecDeque<Group<Ticket>>,
    finished: bool,
}

const ROOM_UNIT: usize = 1024;

impl Pipeline {
    /// Starts the threads.
    pub(super) fn start(
        shared: &Arc<Shared>,
        sequencer: Sequencer<Ticket>,
    ) -> std::io::Result<Pipeline> {
        let ways = Arc::new(Ways {
            room: Arc::new(Semaphore::new(QUEUE_BYTES / ROOM_UNIT)),
            inbox: Mutex::default(),
            arrived: Condvar::new(),
            handover: Mutex::default(),
            handed: Condvar::new(),
            poison: Mutex::default(),
        });
        let pipeline = Pipeline { ways: Arc::clone(&ways), threads: Mutex::default() };
        let (w, s) = (Arc::clone(&ways), Arc::clone(shared));
        let name = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let committer = name("log-committer").spawn(move || w.commit(&s))?;
        pipeline.threads.lock().push(committer);
        let (w, s) = (ways, Arc::clone(shared));
        let sequencer = name("log-sequencer").spawn(move || w.sequence(&s, sequencer))?;
        pipeline.threads.lock().push(sequencer);
        Ok(pipeline)
    }

    /// Room for an append of so many bytes, and how much of it to ask for.
    pub(super) fn room(&self, bytes: usize) -> (Arc<Semaphore>, u32) {
        let units = u32::try_from(bytes / ROOM_UNIT + 1).unwrap_or(u32::MAX);
        (Arc::clone(&self.ways.room), units)
    }

    /// Queues a request, unless the log is closed.
    pub(super) fn queue(&self, request: Request<Ticket>) -> Result<(), Unavailable> {
        let mut inbox = self.ways.inbox.lock();
        if inbox.closed {
            return Err(Unavailable::Closed);
        }
        let wake = inbox.requests.is_empty();
        inbox.requests.push(request);
        drop(inbox);
        if wake {
            self.ways.arrived.notify_one();
        }
        Ok(())
    }

    /// Drains and ends the threads.
    pub(super) fn close(&self) -> Result<(), Unavailable> {
        self.ways.inbox.lock().closed = true;
        self.ways.room.close();
        self.ways.arrived.notify_one();
        let mut threads = self.threads.lock();
        for thread in threads.drain(..).rev() {
            if thread.join().is_err() {
                tracing::error!("a thread of the log panicked");
                self.ways.finish();
            }
        }
        self.ways
            .poison
            .lock()
            .clone()
            .map_or(Ok(()), |(durable, cause)| Err(Unavailable::Poisoned { durable, cause }))
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::warn!(%error, "the log was closed after a failure");
        }
    }
}

impl Ways {
    /// The sequencer's thread.
    fn sequence(&self, shared: &Shared, mut machine: Sequencer<Ticket>) {
        loop {
            let (requests, committed, size, failed) = {
                let mut inbox = self.inbox.lock();
                while inbox.requests.is_empty() && inbox.committed == 0 && !inbox.failed {
                    if inbox.closed && machine.is_idle() {
                        drop(inbox);
                        return self.finish();
                    }
                    self.arrived.wait(&mut inbox);
                }
                let committed = std::mem::take(&mut inbox.committed);
                let failed = std::mem::take(&mut inbox.failed);
                (std::mem::take(&mut inbox.requests), committed, inbox.size, failed)
            };
            let mut inputs = Vec::with_capacity(2);
            if failed {
                inputs.push(sequencer::Input::Failed);
            } else if committed > 0 {
                inputs.push(sequencer::Input::Committed { groups: committed, size });
            }
            if !requests.is_empty() {
                let now = shared.clock.now_ns();
                inputs.push(sequencer::Input::Submit { requests, now });
            }
            for input in inputs {
                let output = machine.step(input, shared);
                self.hand_over(output.groups);
                self.drop_all(output.dropped, None);
            }
        }
    }

    fn hand_over(&self, groups: Vec<Group<Ticket>>) {
        if !groups.is_empty() {
            self.handover.lock().groups.extend(groups);
            self.handed.notify_one();
        }
    }

    fn finish(&self) {
        self.handover.lock().finished = true;
        self.handed.notify_one();
    }

    /// The committer's thread.
    fn commit(&self, shared: &Shared) {
        let mut machine = Committer::new(shared.head());
        let limit = shared.shard.capabilities().append_bytes.min(MAX_APPEND_BYTES);
        while let Some((group, merged)) = self.next_groups(limit) {
            let mut output = machine.step(committer::Input::Group(group));
            loop {
                output = match output {
                    committer::Output::Send => {
                        let answer = block_on(shared.shard.append(machine.frames()));
                        machine.step(committer::Input::Answer(answer))
                    }
                    committer::Output::Show(group) => {
                        if let Err(cause) = shared.show(&group) {
                            machine.step(committer::Input::Spoiled(group, cause))
                        } else {
                            let size = group.head.size;
                            self.report(|inbox| {
                                inbox.committed += merged;
                                inbox.size = size;
                            });
                            answer(group.answers);
                            break;
                        }
                    }
                    committer::Output::Fail(requests, error) => {
                        if let Some(Unavailable::Poisoned { durable, cause }) = machine.poison() {
                            self.poison.lock().get_or_insert((durable, cause));
                        }
                        self.report(|inbox| inbox.failed = true);
                        self.drop_all(requests, Some(error));
                        break;
                    }
                }
            }
        }
    }

    /// Waits for groups and takes as many as one sync may cover, and the store takes at once; nothing once there
    /// will be none.
    fn next_groups(&self, limit: usize) -> Option<(Group<Ticket>, usize)> {
        let mut handover = self.handover.lock();
        let mut group = loop {
            if let Some(group) = handover.groups.pop_front() {
                break group;
            }
            if handover.finished {
                return None;
            }
            self.handed.wait(&mut handover);
        };
        let (mut bytes, mut merged) = (group.bytes(), 1);
        while let Some(next) = handover.groups.front().map(Group::bytes)
            && bytes + next <= limit
            && let Some(next) = handover.groups.pop_front()
        {
            bytes += next.bytes();
            merged += 1;
            group.join(next);
        }
        Some((group, merged))
    }

    fn report(&self, note: impl FnOnce(&mut Inbox)) {
        note(&mut self.inbox.lock());
        self.arrived.notify_one();
    }

    /// Answers appends that will never be kept; the first gets the error itself.
    fn drop_all(&self, requests: Vec<Request<Ticket>>, mut first: Option<AppendError>) {
        for request in requests {
            let poisoned = || {
                let poison = self.poison.lock().clone();
                poison.map_or(Unavailable::Closed, |(durable, cause)| Unavailable::Poisoned {
                    durable,
                    cause,
                })
            };
            let error = first.take().unwrap_or_else(|| poisoned().into());
            drop(request.ticket.reply.send(Err(error)));
        }
    }
}

fn answer(answers: Vec<Answer<Ticket>>) {
    for Answer { request, verdict } in answers {
        // Who dropped the future does not want to know.
        drop(request.ticket.reply.send(Ok(verdict)));
    }
}

impl Shared {
    /// Takes a durable group into the index, by the same path as opening does, and lets it be seen.
    fn show(&self, group: &Group<Ticket>) -> Result<(), String> {
        {
            let mut durable = self.durable.write();
            for Answer { request, verdict } in &group.answers {
                if let Verdict::Keep(appended, places) = verdict {
                    durable.observe(request, appended, places).map_err(|rule| rule.to_string())?;
                }
            }
            durable.head = group.head;
        }
        self.size.send_if_modified(|size| std::mem::replace(size, group.head.size) != *size);
        Ok(())
    }
}

impl Durable {
    fn observe(
        &mut self,
        request: &Request<Ticket>,
        appended: &Appended,
        places: &[crate::append::Place],
    ) -> Result<(), crate::corrupt::Rule> {
        let append = &request.append;
        for ((index, event), place) in (0..).zip(&append.events).zip(places) {
            self.streams.observe(&append.record(index, event, *place))?;
        }
        for key in &request.keys.claims {
            self.claims.insert(*key, appended.sequences.start)?;
        }
        Ok(())
    }
}
