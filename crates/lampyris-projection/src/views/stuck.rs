//! Messages that have been in a state for too long, and the oldest of each state.
//!
//! Age is told by where in the log the state began: no clock is read here.

use lampyris_message::MessageState;

use super::Views;
use super::at::At;
use super::row::Row;

impl Views {
    /// The messages of a namespace that came into one of these states before the position beside it and are in it yet,
    /// those that are in theirs the longest first. What is evidence only is not among them: its life is led elsewhere.
    pub fn stuck(&self, namespace: &str, before: &[(MessageState, u64)]) -> Vec<Row<'_>> {
        let mut rows: Vec<Row<'_>> = Vec::new();
        for (state, position) in before {
            rows.extend(
                self.in_state(namespace, *state)
                    .filter(|row| !row.is_evidence() && row.since() < *position),
            );
        }
        rows.sort_by_key(|row| (row.since(), row.first()));
        rows.dedup_by_key(|row| row.first());
        rows
    }

    /// The message of a namespace that has been in a state the longest.
    pub fn oldest(&self, namespace: &str, state: MessageState) -> Option<Row<'_>> {
        self.in_state(namespace, state).min_by_key(|row| (row.since(), row.first()))
    }

    fn in_state(&self, namespace: &str, state: MessageState) -> impl Iterator<Item = Row<'_>> {
        let found = self.namespace(namespace);
        found.into_iter().flat_map(move |namespace| {
            let rows = namespace.states.get(state as usize).into_iter().flatten();
            rows.filter_map(|number| {
                At::new(namespace, number, self.position()).map(|at| Row { at })
            })
        })
    }
}
