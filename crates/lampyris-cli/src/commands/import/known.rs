//! What is known of a message that comes in: from the log, or from what is about to be kept.
//!
//! It reads and folds; nothing is decided here.

use std::collections::HashMap;

use lampyris_log::Log;
use lampyris_message::MessageId;
use lampyris_message::event::{Claims, Event};
use lampyris_message::lifecycle::{State, evolve};

use crate::failure::Failure;
use crate::store::{self, Trouble};

/// The messages of a namespace, those included that the log does not show yet.
pub(super) struct Known<'a> {
    log: &'a Log,
    namespace: &'a str,
    queued: HashMap<MessageId, (State, Claims)>,
}

impl<'a> Known<'a> {
    /// What the log shows, and nothing queued.
    pub(super) fn new(log: &'a Log, namespace: &'a str) -> Self {
        Self { log, namespace, queued: HashMap::new() }
    }

    /// The state of a message, and what was first claimed of it if it was imported.
    pub(super) fn look_up(&self, id: MessageId) -> Result<(State, Option<Claims>), Trouble> {
        if let Some((state, claims)) = self.queued.get(&id) {
            return Ok((state.clone(), Some(claims.clone())));
        }
        let history = store::history(self.log, self.namespace, id)?;
        let state = store::judged(&history)?;
        let claims = match history.into_iter().next() {
            Some((_, Event::Imported(imported))) => Some(imported.claims),
            Some(_) | None => None,
        };
        Ok((state, claims))
    }

    /// Takes note of a message that is about to be kept.
    pub(super) fn queued(
        &mut self,
        id: MessageId,
        events: &[Event],
        claims: Claims,
    ) -> Result<(), Failure> {
        let state = events.iter().try_fold(State::Absent, evolve).map_err(Failure::no)?;
        self.queued.insert(id, (state, claims));
        Ok(())
    }

    /// What was queued is in the log now, or never will be.
    pub(super) fn forget_queued(&mut self) {
        self.queued.clear();
    }
}

/// Where a second source disagrees with what was first claimed, field by field.
pub(super) fn differences(known: &Claims, told: &Claims) -> Vec<String> {
    let fields = [
        (
            "localNamespace",
            text(known.local_namespace.as_ref()),
            text(told.local_namespace.as_ref()),
        ),
        ("state", text(Some(&known.state)), text(Some(&told.state))),
        ("batch", text(known.batch.as_ref()), text(told.batch.as_ref())),
        ("txid", text(known.tx_id.as_ref()), text(told.tx_id.as_ref())),
        ("pins", list(&known.pins), list(&told.pins)),
        ("confirmed", text(known.confirmed.as_ref()), text(told.confirmed.as_ref())),
        ("rejectReason", text(known.reject_reason.as_ref()), text(told.reject_reason.as_ref())),
        (
            "idempotencyKey",
            text(known.idempotency_key.as_ref()),
            text(told.idempotency_key.as_ref()),
        ),
    ];
    let differ = fields.into_iter().filter(|(_, known, told)| known != told);
    differ.map(|(name, known, told)| format!("{name}: recorded {known}, told {told}")).collect()
}

fn text(value: Option<&impl std::fmt::Display>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| format!("'{value}'"))
}

fn list(values: &[impl std::fmt::Display]) -> String {
    let texts: Vec<_> = values.iter().map(ToString::to_string).collect();
    if texts.is_empty() { "nothing".to_owned() } else { format!("'{}'", texts.join(", ")) }
}
