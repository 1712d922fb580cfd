//! The threads around the two state machines: two equal workers, of which one sequences while the other syncs.
//! They decide nothing: they carry inputs to the machines and do what these ask for. An append that comes alone
//! is sequenced, synced and answered by the one worker it woke.

use super::{Durable, Shared};
use crate::append::Appended;
use crate::block_on::block_on;
use crate::committer::{self, Committer};
use crate::error::{AppendError, Unavailable};
use crate::identity::Identity;
use crate::limits::{MAX_APPEND_BYTES, QUEUE_BYTES};
use crate::request::{Answer, Group, Request, Verdict};
use crate::sequencer::{self, Sequencer};
use crate::shard::ShardError;
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// What comes back to who appended.
pub(super) type Reply = Result<Verdict, AppendError>;

/// Whom to answer, and the room that the append takes up until then.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) reply: oneshot::Sender<Reply>,
    pub(super) _room: Option<OwnedSemaphorePermit>,
}

/// The way of an append: inbox, sequencer, commits.
#[derive(Debug)]
pub(super) struct Pipeline {
    ways: Arc<Ways>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    shared: Arc<Shared>,
}

/// What the workers share. Whoever holds one lock may take one that stands below it, never one above.
#[derive(Debug)]
struct Ways {
    /// Room for appends, in units of [`ROOM_UNIT`] bytes.
    room: Arc<Semaphore>,
    /// One worker has groups made durable at a time.
    committer: Mutex<Committer<Ticket>>,
    sequencer: Mutex<Sequencer<Ticket>>,
    inbox: Mutex<Inbox>,
    arrived: Condvar,
    commits: Mutex<Commits>,
    poison: Mutex<Option<(u64, String)>>,
}

#[derive(Debug, Default)]
struct Inbox {
    requests: Vec<Request<Ticket>>,
    /// Groups committed since the sequencer was told, and the size of the log now.
    committed: usize,
    size: u64,
    failed: bool,
    closed: bool,
}

/// Groups in the order of the log, for the worker who commits.
#[derive(Debug, Default)]
struct Commits {
    groups: VecDeque<Group<Ticket>>,
    /// A worker takes groups from here until there is none.
    under_way: bool,
}

const ROOM_UNIT: usize = 1024;

/// One worker waits for a sync while the other sequences what comes meanwhile.
const WORKERS: usize = 2;

/// More answers than these are given while another worker goes on.
const FEW: usize = 32;

impl Inbox {
    fn has_news(&self) -> bool {
        !self.requests.is_empty() || self.committed > 0 || self.failed
    }

    /// What is new.
    fn take(&mut self) -> Inbox {
        let Inbox { size, closed, .. } = *self;
        std::mem::replace(self, Inbox { size, closed, ..Inbox::default() })
    }
}

impl Pipeline {
    /// Starts the workers.
    pub(super) fn start(
        shared: &Arc<Shared>,
        sequencer: Sequencer<Ticket>,
    ) -> std::io::Result<Pipeline> {
        let ways = Arc::new(Ways {
            room: Arc::new(Semaphore::new(QUEUE_BYTES / ROOM_UNIT)),
            committer: Mutex::new(Committer::new(shared.head())),
            sequencer: Mutex::new(sequencer),
            inbox: Mutex::default(),
            arrived: Condvar::new(),
            commits: Mutex::default(),
            poison: Mutex::default(),
        });
        let (threads, shared) = (Mutex::default(), Arc::clone(shared));
        let pipeline = Pipeline { ways: Arc::clone(&ways), threads, shared };
        for number in 0..WORKERS {
            let (ways, shared) = (Arc::clone(&ways), Arc::clone(&pipeline.shared));
            let thread = std::thread::Builder::new().name(format!("log-writer-{number}"));
            pipeline.threads.lock().push(thread.spawn(move || ways.work_or_end(&shared))?);
        }
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

    /// Drains and ends the workers.
    pub(super) fn close(&self) -> Result<(), Unavailable> {
        self.ways.inbox.lock().closed = true;
        self.ways.room.close();
        self.ways.arrived.notify_all();
        let threads: Vec<_> = self.threads.lock().drain(..).collect();
        let is_first = !threads.is_empty();
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the log panicked");
            }
        }
        let poison = self.ways.poison.lock().clone();
        if is_first {
            self.shared.last_snapshot(poison.is_none());
        }
        self.shared.growth.end();
        if let Some(observer) = &self.shared.observer {
            observer.ended(None);
        }
        poison.map_or(Ok(()), |(durable, cause)| Err(Unavailable::Poisoned { durable, cause }))
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
    /// A worker's thread. A panic, which only a store, a clock, an observer or a subscriber of traces can bring about,
    /// ends the log as a failed sync does: nobody waits for ever, and what was queued is told so.
    fn work_or_end(&self, shared: &Arc<Shared>) {
        let work = AssertUnwindSafe(|| self.work(shared));
        if catch_unwind(work).is_ok() {
            return;
        }
        let (durable, cause) = (shared.head().size, "a thread of the log panicked".to_owned());
        self.poison.lock().get_or_insert((durable, cause.clone()));
        if let Some(observer) = &shared.observer {
            observer.ended(Some(&cause));
        }
        {
            let mut inbox = self.inbox.lock();
            inbox.closed = true;
            inbox.failed = true;
        }
        self.room.close();
        // Invariant: `under_way` stays as it is, so that nothing is committed any more.
        self.commits.lock().under_way = true;
        self.sequence(shared);
        let groups = std::mem::take(&mut self.commits.lock().groups);
        for group in groups {
            self.drop_all(group.answers.into_iter().map(|answer| answer.request).collect(), None);
        }
        self.arrived.notify_all();
        // Last of all: the panic may have come from whoever takes these lines.
        tracing::error!(cause, "the log takes no appends until it is opened again");
    }

    /// The worker's work: until the log is closed and nothing is queued. Who committed a group looks for more
    /// before it ends, so what waits for that group is not left behind.
    fn work(&self, shared: &Arc<Shared>) {
        while self.wait() {
            self.sequence(shared);
            while let Some((group, merged)) = self.next_groups(shared) {
                self.commit(shared, group, merged);
            }
        }
    }

    /// Waits for something to sequence; there will be nothing any more if this is false.
    fn wait(&self) -> bool {
        let mut inbox = self.inbox.lock();
        while !inbox.has_news() {
            if inbox.closed {
                return false;
            }
            self.arrived.wait(&mut inbox);
        }
        true
    }

    /// Tells the sequencer what is new, and leaves the groups it asks for to who commits.
    fn sequence(&self, shared: &Shared) {
        let mut machine = self.sequencer.lock();
        // Invariant: taken with the sequencer at hand, so that requests stay in their order.
        let Inbox { requests, committed, size, failed, .. } = self.inbox.lock().take();
        let mut step = |input| {
            let output = machine.step(input, shared);
            self.commits.lock().groups.extend(output.groups);
            output.dropped
        };
        let mut dropped = Vec::new();
        if failed {
            dropped.extend(step(sequencer::Input::Failed));
        }
        if !requests.is_empty() {
            let now = shared.clock.now_ns();
            dropped.extend(step(sequencer::Input::Submit { requests, now }));
        }
        if committed > 0 {
            dropped.extend(step(sequencer::Input::Committed { groups: committed, size }));
        }
        drop(machine);
        self.drop_all(dropped, None);
    }

    /// As many groups as one sync may cover, and the store takes at once; nothing if there is none, or another
    /// worker commits.
    fn next_groups(&self, shared: &Shared) -> Option<(Group<Ticket>, usize)> {
        let limit = shared.shard.capabilities().append_bytes.min(MAX_APPEND_BYTES);
        let mut commits = self.commits.lock();
        if commits.under_way {
            return None;
        }
        let mut group = commits.groups.pop_front()?;
        commits.under_way = true;
        let (mut bytes, mut merged) = (group.bytes(), 1);
        while let Some(next) = commits.groups.front().map(Group::bytes)
            && bytes + next <= limit
            && let Some(next) = commits.groups.pop_front()
        {
            bytes += next.bytes();
            merged += 1;
            group.join(next);
        }
        Some((group, merged))
    }

    /// Has a group made durable; then another worker may commit, and its appends are answered.
    fn commit(&self, shared: &Arc<Shared>, group: Group<Ticket>, merged: usize) {
        let after = group.after();
        let mut machine = self.committer.lock();
        let mut output = machine.step(committer::Input::Group(group));
        let shown = loop {
            output = match output {
                committer::Output::Send => {
                    let objects = shared.data.wait(after).map_err(ShardError::from);
                    let answer =
                        objects.and_then(|()| block_on(shared.shard.append(machine.frames())));
                    machine.step(committer::Input::Answer(answer))
                }
                committer::Output::Show(group) => match shared.show(&group) {
                    Ok(()) => break Ok(group),
                    Err(cause) => machine.step(committer::Input::Spoiled(group, cause)),
                },
                committer::Output::Fail(requests, error) => {
                    if let Some(Unavailable::Poisoned { durable, cause }) = machine.poison() {
                        if let Some(observer) = &shared.observer {
                            observer.ended(Some(&cause));
                        }
                        self.poison.lock().get_or_insert((durable, cause));
                    }
                    break Err((requests, error));
                }
            };
        };
        drop(machine);
        self.commits.lock().under_way = false;
        let many = shown.as_ref().is_ok_and(|group| group.answers.len() > FEW);
        {
            let mut inbox = self.inbox.lock();
            inbox.committed += merged;
            inbox.failed |= shown.is_err();
            if let Ok(group) = &shown {
                // Another worker may have committed the group after this one by now.
                inbox.size = inbox.size.max(group.head.size);
            }
        }
        if many {
            self.arrived.notify_one();
        }
        match shown {
            Ok(group) => answer(group.answers),
            Err((requests, error)) => self.drop_all(requests, Some(error)),
        }
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
    fn show(self: &Arc<Self>, group: &Group<Ticket>) -> Result<(), String> {
        // First, so that whoever sees the new size finds the tree of it.
        self.tree.take(&group.entries);
        {
            let mut durable = self.durable.write();
            for Answer { request, verdict } in &group.answers {
                if let Verdict::Keep(appended, places) = verdict {
                    durable.observe(request, appended, places).map_err(|rule| rule.to_string())?;
                }
            }
            durable.head = group.head;
            durable.frontier.clone_from(&group.frontier);
            durable.time = group.time;
            durable.record_bytes += group.record_bytes;
        }
        self.growth.grew(group.head.size);
        let grew = |size: &mut u64| std::mem::replace(size, group.head.size) != *size;
        if self.size.send_if_modified(grew)
            && let Some(observer) = &self.observer
        {
            observer.durable(group.head.size);
        }
        self.snapshot_if_due();
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
            let record = append.record(index, event, *place);
            self.streams.observe(&record)?;
            if record.namespace.is_empty() && record.sequence > 0 {
                let mut known = Some(self.identity.clone());
                Identity::observe(&mut known, &record)?;
                self.identity = known.unwrap_or_else(|| self.identity.clone());
            }
        }
        if !append.namespace.is_empty() {
            self.recent.note(append.id, appended.clone());
        }
        for key in &request.keys.claims {
            self.claims.insert(*key, appended.sequences.start)?;
        }
        Ok(())
    }
}
