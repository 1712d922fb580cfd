//! The table as people read it: the grid and the diagram of `docs/lifecycle.md`.
//!
//! Everything is printed from [`super::table`]; nothing is said twice.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::clause::{Cell, Outcome};
use super::command::CommandKind;
use super::rules::after;
use super::state::Situation;
use super::table::cell;

/// The grid of commands and situations as a Markdown table.
///
/// A cell lists its clauses in the order in which they are tried.
pub fn grid() -> String {
    let mut text = String::from("| |");
    for situation in Situation::ALL {
        let _ = write!(text, " {situation} |");
    }
    text.push_str("\n| --- |");
    text.push_str(&" --- |".repeat(Situation::ALL.len()));
    text.push('\n');
    for command in CommandKind::ALL {
        let _ = write!(text, "| **{command}** |");
        let mut left = None;
        for situation in Situation::ALL {
            let cell = cell(*command, *situation);
            let same_as_left = left == Some(cell);
            let _ = write!(text, " {} |", if same_as_left { "←".to_owned() } else { words(cell) });
            left = Some(cell);
        }
        text.push('\n');
    }
    text
}

/// One cell in words: `b₀: ✓; else !WrongBatch`.
pub fn words(cell: Cell) -> String {
    let mut text = String::new();
    for clause in cell.clauses {
        let _ = write!(text, "{}: {}; ", clause.when, clause.then);
    }
    if !text.is_empty() {
        text.push_str("else ");
    }
    let _ = write!(text, "{}", cell.otherwise);
    text
}

/// The legal moves as a Mermaid state diagram, each labelled with the commands that make it.
pub fn diagram() -> String {
    let mut moves: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for situation in Situation::ALL {
        for command in CommandKind::ALL {
            let cell = cell(*command, *situation);
            let outcomes = cell.clauses.iter().map(|clause| clause.then).chain([cell.otherwise]);
            for outcome in outcomes {
                let Outcome::Append(events) = outcome else { continue };
                let to = events.iter().fold(*situation, |at, event| after(at, *event));
                let labels = moves.entry((node(*situation), node(to))).or_default();
                if !labels.contains(&command.name()) {
                    labels.push(command.name());
                }
            }
        }
    }
    let mut text = String::from("```mermaid\nstateDiagram-v2\n");
    for ((from, to), labels) in moves {
        let _ = writeln!(text, "    {from} --> {to}: {}", labels.join(", "));
    }
    for final_state in [Situation::Confirmed, Situation::Rejected, Situation::Cancelled] {
        let _ = writeln!(text, "    {} --> [*]", node(final_state));
    }
    text.push_str("```\n");
    text
}

/// The diagram's node for a situation.
const fn node(situation: Situation) -> &'static str {
    match situation {
        Situation::Absent => "[*]",
        Situation::Staged => "staged",
        Situation::ReadyUnsealed => "ready",
        Situation::ReadySealed => "ready_sealed",
        Situation::Sent => "sent",
        Situation::PendingNoPin => "pending",
        Situation::PendingPinned => "pending_pinned",
        Situation::Confirmed => "confirmed",
        Situation::Rejected => "rejected",
        Situation::Cancelled => "cancelled",
        Situation::Imported => "imported",
    }
}
