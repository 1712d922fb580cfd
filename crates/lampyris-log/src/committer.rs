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
        let cause = self.poisoned.get_or_insert(cause);
        tracing::error!(cause, "the log takes no appends until it is opened again");
        Output::Fail(requests(group), error)
    }
}

fn requests<T>(group: Group<T>) -> Vec<Request<T>> {
    group.answers.into_iter().map(|answer| answer.request).collect()
}

fn failure(error: ShardError) -> AppendError {
    crate::error::ReadError::from(error).into()
}

#[cfg(test)]
mod tests {
    use super::{Committer, Input, Output, RESENDS};
    use crate::error::{AppendError, Unavailable};
    use crate::merkle::{Frontier, Hash, Head};
    use crate::request::Group;
    use crate::shard::{SealedFrame, ShardError};

    fn head(size: u64) -> Head {
        Head { size, root: Hash([0; 32]) }
    }

    fn group(first_sequence: u64) -> Group<()> {
        let after = head(first_sequence + 1);
        let frame = SealedFrame { first_sequence, bytes: [1, 2].into(), after };
        Group {
            frames: vec![frame],
            answers: Vec::new(),
            entries: Vec::new(),
            head: after,
            frontier: Frontier::new(),
            time: 0,
            record_bytes: 0,
        }
    }

    #[test]
    fn a_group_is_shown_once_the_store_keeps_it() {
        let mut committer = Committer::new(head(0));
        assert!(matches!(committer.step(Input::Group(group(0))), Output::Send));
        assert_eq!(committer.frames()[0].first_sequence, 0);
        let shown = committer.step(Input::Answer(Ok(())));
        assert!(matches!(shown, Output::Show(group) if group.head.size == 1));
        assert!(committer.frames().is_empty());
    }

    #[test]
    fn an_unknown_outcome_sends_the_same_frames_and_gives_up_in_the_end() {
        let mut committer = Committer::new(head(0));
        committer.step(Input::Group(group(0)));
        for _ in 0..RESENDS {
            assert!(matches!(
                committer.step(Input::Answer(Err(ShardError::Unknown))),
                Output::Send
            ));
            assert_eq!(committer.frames(), group(0).frames);
        }
        let last = committer.step(Input::Answer(Err(ShardError::Unknown)));
        let Output::Fail(_, error) = last else { panic!("still sending") };
        assert!(matches!(error, AppendError::Unavailable(Unavailable::Undecided { .. })));
    }

    #[test]
    fn after_a_failure_nothing_is_sent() {
        let mut committer = Committer::new(head(7));
        committer.step(Input::Group(group(7)));
        assert!(matches!(
            committer.step(Input::Answer(Err(ShardError::NotOwner))),
            Output::Fail(..)
        ));
        for next in [group(7), group(8), Group { frames: Vec::new(), ..group(8) }] {
            let Output::Fail(_, error) = committer.step(Input::Group(next)) else {
                panic!("not poisoned")
            };
            assert!(matches!(
                error,
                AppendError::Unavailable(Unavailable::Poisoned { durable: 7, .. })
            ));
        }
    }
}
