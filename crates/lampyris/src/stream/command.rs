//! The members of each command, read strictly.

use lampyris_message::event::{Parent, ParentKind};
use lampyris_message::incoming;
use lampyris_message::json::{Document, Kind, MemberError, Members, Node, only_value};
use lampyris_message::lifecycle::CommandKind;
use lampyris_message::{BatchId, MessageHash, MessageId, Pin, Timestamp, TransactionId};

use super::{Fault, message};
use crate::request::{Cancellation, Confirmation, LedgerPin, Rejection, Request, Seal};

/// What a line is called in errors.
const COMMAND: &str = "the command";

/// Reads a line as a request.
pub(super) fn request(line: &[u8]) -> Result<Request, Fault> {
    let document = only_value(line, COMMAND)?;
    let node = document.root();
    let kind = kind(node)?;
    let members = Members::of(node, COMMAND, names(kind))?;
    match kind {
        CommandKind::Stage => message::stage(&members),
        CommandKind::Receive => message::receive(&members),
        CommandKind::Import => message::import(&members),
        CommandKind::Release => release(&members),
        CommandKind::Seal => seal(&members),
        CommandKind::Dispatched => dispatched(&members),
        CommandKind::Sequence => sequence(&members),
        CommandKind::Confirm => confirm(&members),
        CommandKind::Reject => reject(&members),
        CommandKind::Cancel => cancel(&members),
    }
}

/// The message that a line speaks of, however broken the rest of it is.
pub(super) fn speaks_of(line: &[u8]) -> Option<MessageId> {
    let document = Document::first(line).ok()?;
    let command = document.root();
    let id = match only_member(command, "message") {
        Some(message) => only_member(only_member(message, "header")?, "id")?,
        None => only_member(command, "id")?,
    };
    if id.kind() == Kind::String { MessageId::parse(&id.text()).ok() } else { None }
}

/// The member of this name, if there is exactly one.
fn only_member<'a>(node: Node<'a>, name: &str) -> Option<Node<'a>> {
    let mut named = node.members().filter(|(found, _)| found == name).map(|(_, value)| value);
    named.next().filter(|_| named.next().is_none())
}

/// Which command it is; what else the object holds depends on that.
fn kind(node: Node<'_>) -> Result<CommandKind, MemberError> {
    if node.kind() != Kind::Object {
        return Err(MemberError::NoObject { what: COMMAND, found: node.kind().as_str() });
    }
    let Some((_, verb)) = node.members().find(|(name, _)| name == "do") else {
        return Err(MemberError::Missing { name: "do" });
    };
    if verb.kind() != Kind::String {
        let found = verb.kind().as_str();
        return Err(MemberError::Type { name: "do", needed: "string", found });
    }
    one_of(&verb.text(), "do", CommandKind::ALL, CommandKind::name)
}

/// The members that a command may have.
const fn names(kind: CommandKind) -> &'static [&'static str] {
    match kind {
        CommandKind::Stage => &["do", "message", "awaits"],
        CommandKind::Receive => &["do", "message", "batch", "txid", "pins", "from"],
        CommandKind::Import => &["do", "message", "source"],
        CommandKind::Release => &["do", "id", "parent"],
        CommandKind::Seal => &["do", "id", "batch", "txid", "pins"],
        CommandKind::Dispatched => &["do", "id", "batch"],
        CommandKind::Sequence => {
            &["do", "id", "batch", "txid", "ledgerSequence", "pinIndex", "signer"]
        }
        CommandKind::Confirm => &["do", "id", "confirmed", "correlator"],
        CommandKind::Reject => &["do", "id", "code", "reason"],
        CommandKind::Cancel => &["do", "id", "code", "reason", "gapFill"],
    }
}

fn release(members: &Members<'_>) -> Result<Request, Fault> {
    let id = message_id(members)?;
    let Some(node) = members.get("parent") else { return Ok(Request::Release(id, None)) };
    let parent = parent(node).map_err(|fault| fault.within("parent"))?;
    Ok(Request::Release(id, Some(parent)))
}

fn parent(node: Node<'_>) -> Result<Parent, Fault> {
    let parent = Members::of(node, "the parent", &["type", "id", "messageHash"])?;
    let kind = parent.require_text("type")?;
    Ok(Parent {
        kind: one_of(&kind, "type", ParentKind::ALL, ParentKind::name)?,
        id: parent.require_scalar("id", TransactionId::parse)?,
        message_hash: parent.scalar("messageHash", MessageHash::parse)?,
    })
}

fn seal(members: &Members<'_>) -> Result<Request, Fault> {
    let id = message_id(members)?;
    let seal = Seal::new(batch(members)?, members.require_scalar("txid", TransactionId::parse)?);
    Ok(Request::Seal(id, seal.pins(pins(members)?.unwrap_or_default())))
}

fn dispatched(members: &Members<'_>) -> Result<Request, Fault> {
    Ok(Request::Dispatched(message_id(members)?, batch(members)?))
}

fn sequence(members: &Members<'_>) -> Result<Request, Fault> {
    let id = message_id(members)?;
    let batch = batch(members)?;
    let sequence = members.require_number("ledgerSequence")?;
    let pin_index = members.number("pinIndex")?.unwrap_or_default();
    let signer = members.require_text("signer")?;
    let pin = LedgerPin::new(batch, sequence, signer).pin_index(pin_index);
    let tx_id = members.scalar("txid", TransactionId::parse)?;
    Ok(Request::Sequence(id, LedgerPin { tx_id, ..pin }))
}

fn confirm(members: &Members<'_>) -> Result<Request, Fault> {
    let id = message_id(members)?;
    let at = members.scalar("confirmed", Timestamp::parse)?;
    let correlator = members.text("correlator")?.map(Into::into);
    Ok(Request::Confirm(id, Confirmation { at, correlator }))
}

fn reject(members: &Members<'_>) -> Result<Request, Fault> {
    let id = message_id(members)?;
    let (code, reason) = (members.require_text("code")?, members.require_text("reason")?);
    Ok(Request::Reject(id, Rejection::new(&code, &reason)?))
}

fn cancel(members: &Members<'_>) -> Result<Request, Fault> {
    let id = message_id(members)?;
    let cancellation = Cancellation::new(&members.require_text("code")?)?;
    let reason = members.text("reason")?.map(Into::into);
    let gap_fill = members.scalar("gapFill", MessageId::parse)?;
    Ok(Request::Cancel(id, Cancellation { reason, gap_fill, ..cancellation }))
}

fn message_id(members: &Members<'_>) -> Result<MessageId, MemberError> {
    members.require_scalar("id", MessageId::parse)
}

pub(super) fn batch(members: &Members<'_>) -> Result<BatchId, MemberError> {
    members.require_scalar("batch", BatchId::parse)
}

/// The pins that the command gives, if it gives any.
pub(super) fn pins(members: &Members<'_>) -> Result<Option<Vec<Pin>>, Fault> {
    Ok(members.texts("pins")?.map(|texts| incoming::pins(&texts)).transpose()?)
}

/// The one of a fixed list that a text names.
pub(super) fn one_of<T: Copy>(
    text: &str,
    member: &'static str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, MemberError> {
    all.iter().find(|one| name(**one) == text).copied().ok_or_else(|| {
        let known: Vec<_> = all.iter().map(|one| name(*one)).collect();
        let rule = format!("'{text}' is none of {}", known.join(", "));
        MemberError::value(member, rule)
    })
}
