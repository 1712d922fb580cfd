//! The committer: has groups made durable, in order, and only then lets them be shown and answered.
//! A plain state machine; after its first failure it never tries again.

use crate::error::{AppendError, Unavailable};
use crate::merkle::Head;
use crate::request::{Group, Request};
use crate::shard::{SealedFrame, ShardError};

/// How often frames are sent again while the store does not say what became of them. Waiting between two
/// answers is the store's part.
pub(crate) const RESENDS: u32 = 100;

/// What the committer is told.
#[derive(Debug)]
pub(crate) enum Input<T> {
    /// The next group is there.
    Group(Group<T>),
    /// What the store answered.
    Answer(Result<(), ShardError>),
    /// A durable group could not be taken into the index.
    Spoiled(Group<T>, String),
}

/// What it asks for.
#[derive(Debug)]
pub(crate) enum Output<T> {
    /// Send the frames of [`Committer::frames`] to the store.
    Send,
    /// The group is durable: show its records, then answer.
    Show(Group<T>),
    /// These appends may or may not be kept; tell the first one why.
    Fail(Vec<Request<T>>, AppendError),
}

/// Commits one group at a time.
#[derive(Debug)]
pub(crate) struct Committer<T> {
    /// The group that the store was sent, and how often.
    under_way: Option<(Group<T>, u32)>,
    durable: Head,
    poisoned: Option<String>,
}

impl<T> Committer<T> {
    pub(crate) fn new(durable: Head) -> Committer<T> {
        Committer { under_way: None, durable, poisoned: None }
    }

    /// The frames that the store is to keep now.
    pub(crate) fn frames(&self) -> &[SealedFrame] {
        self.under_way.as_ref().map_or(&[], |(group, _)| group.frames.as_slice())
    }

    /// One step.
    pub(crate) fn step(&mut self, input: Input<T>) -> Output<T> {
        match (input, self.under_way.take()) {
            (Input::Group(group), _) => match self.poison() {
                Some(poison) => Output::Fail(requests(group), poison.into()),
                None if group.frames.is_empty() => Output::Show(group),
                None => {
                    self.under_way = Some((group, 0));
                    Output::Send
                }
            },
            (Input::Answer(Ok(())), Some((group, _))) => {
                self.durable = group.head;
                Output::Show(group)
            }
            (Input::Answer(Err(ShardError::Unknown)), Some((group, sent))) if sent < RESENDS => {
                self.under_way = Some((group, sent + 1));
                Output::Send
            }
            (Input::Answer(Err(error)), Some((group, _))) => {
                self.fail(group, error.to_string(), failure(error))
            }
            (Input::Spoiled(group, cause), _) => {
                let error =
                    Unavailable::Poisoned { durable: self.durable.size, cause: cause.clone() };
                self.fail(group, cause, error.into())
            }
            (Input::Answer(_), None) => unreachable!("the store answers what it was sent"),
        }
    }

    /// Why nothing is committed any more, if so.
    pub(crate) fn poison(&self) -> Option<Unavailable> {
        let cause = self.poisoned.clone()?;
        Some(Unavailable::Poisoned { durable: self.durable.size, cause })
    }

    fn fail(&mut self, group: Group<T>, cause: String, error: AppendError) -> Output<T> {
        tracing::error!(cause, "the log takes no appends until it is opened again");
        self.poisoned.get_or_insert(cause);
        Output::Fail(requests(group), error)
    }
}

fn requests<T>(group: Group<T>) -> Vec<Request<T>> {
    group.answers.into_iter().map(|answer| answer.request).collect()
}

fn failure(error: ShardError) -> AppendError {
    crate::error::ReadError::from(error).into()
}
