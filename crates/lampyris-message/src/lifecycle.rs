//! The lifecycle: what may happen to a message, decided and judged from one table.
//!
//! [`decide`] answers a command with events, with "the same again", or with a named refusal.
//! [`evolve`] applies an event to a state and fails where the table would not have allowed it, so
//! that replaying a log judges it. Both are functions: no clock, no look-ups, no memory.
//!
//! Read [`table`] first, then [`clause`] for its words, then [`command`] and [`state`].

pub mod clause;
pub mod command;
mod decide;
pub mod document;
mod evolve;
mod expected;
mod guard;
pub mod rules;
pub mod state;
pub mod table;

pub use clause::Refusal;
pub use command::{Command, CommandKind};
pub use decide::{Decision, Refused, decide};
pub use evolve::{IllegalStep, Rule, evolve};
pub use expected::{Expected, expected};
pub use state::{Situation, State};
