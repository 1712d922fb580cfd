//! The table as people read it: the generated parts of `docs/lifecycle.md`.
//!
//! Everything is printed from [`super::table`]; nothing is said twice.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::clause::{Cell, Outcome, Refusal};
use super::command::CommandKind;
use super::rules::after;
use super::state::Situation;
use super::table::cell;

/// The answers of every command: a heading and a Markdown table each.
///
/// Situations with the same answer share a row; an answer lists its clauses in the order in which
/// they are tried.
pub fn grid() -> String {
    let mut text = String::new();
    for command in CommandKind::ALL {
        let mut rows: Vec<(Cell, Vec<&str>)> = Vec::new();
        for situation in Situation::ALL {
            let cell = cell(*command, *situation);
            match rows.iter_mut().find(|(answer, _)| *answer == cell) {
                Some((_, situations)) => situations.push(situation.name()),
                None => rows.push((cell, vec![situation.name()])),
            }
        }
        let _ = writeln!(text, "### {command}\n\n| the message is | answer |\n| --- | --- |");
        for (cell, situations) in rows {
            let _ = writeln!(text, "| {} | {} |", situations.join("<br>"), words(cell));
        }
        text.push('\n');
    }
    text
}

/// Every refusal as a Markdown table: its name, what it means, which commands meet it.
pub fn refusals() -> String {
    let mut text = String::from("| refusal | means | met by |\n| --- | --- | --- |\n");
    for refusal in Refusal::ALL {
        let meets = |command: &CommandKind| {
            let outcomes = Situation::ALL.iter().flat_map(|at| outcomes(cell(*command, *at)));
            outcomes.into_iter().any(|outcome| outcome.refusal() == Some(*refusal))
        };
        let commands = CommandKind::ALL.iter().filter(|command| meets(command));
        let names: Vec<_> = commands.map(|command| command.name()).collect();
        let _ = writeln!(text, "| `{refusal}` | {} | {} |", refusal.meaning(), names.join(", "));
    }
    text
}

/// Every answer that a cell can give.
fn outcomes(cell: Cell) -> impl Iterator<Item = Outcome> {
    cell.clauses.iter().map(|clause| clause.then).chain([cell.otherwise])
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
            for outcome in outcomes(cell) {
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
