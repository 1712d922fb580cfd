//! The commands that bring a message with them: stage, receive and import.

use lampyris_message::data::inline::InlineData;
use lampyris_message::event::{Awaited, ParentKind};
use lampyris_message::incoming::{self, Incoming};
use lampyris_message::json::{Kind, MemberError, Members, Node};
use lampyris_message::text::NonBlank;
use lampyris_message::{Message, TransactionId};

use super::Fault;
use super::command::{batch, one_of, pins};
use crate::request::{Arrival, Evidence, Request};
use crate::submission::Submission;

pub(super) fn stage(members: &Members<'_>) -> Result<Request, Fault> {
    let node = members.require("message")?;
    let message = Message::from_node(node)?;
    let data = InlineData::list_of_message(node)?;
    incoming::check_type(&message)?;
    let awaits = members.text("awaits")?.map(|kind| awaited(&kind, &message)).transpose()?;
    Ok(Request::Stage(Box::new(Submission::with_data(message, data, awaits)?)))
}

pub(super) fn receive(members: &Members<'_>) -> Result<Request, Fault> {
    let message = referring(members)?;
    let batch = batch(members)?;
    let tx_id = members.require_scalar("txid", TransactionId::parse)?;
    let pins = match pins(members)? {
        Some(pins) => pins,
        None => incoming::pins(&message.pins)?,
    };
    let from = members.text("from")?.map(Into::into);
    incoming::check_type(&message)?;
    let arrival = Arrival::new(message.verify()?, batch, tx_id).pins(pins);
    Ok(Request::Receive(Box::new(Arrival { from, ..arrival })))
}

pub(super) fn import(members: &Members<'_>) -> Result<Request, Fault> {
    let message = Message::from_node(members.require("message")?)?;
    let source = NonBlank::new("source", &members.require_text("source")?)?;
    let Incoming { message, claims } = Incoming::verify(message).map_err(|unfit| unfit.why)?;
    Ok(Request::Import(Box::new(Evidence::new(message, claims, source.as_str()))))
}

/// The message of the command, which must name all its data by id and hash: the elements of a message
/// that came from the network have ids that its sender gave them.
fn referring(members: &Members<'_>) -> Result<Message, Fault> {
    let node = members.require("message")?;
    if let Some(index) = in_line_value(node) {
        let reason = format!(
            "message.data[{index}].value: a received message has no values in line; add the element first \
             (Lampyris::add_data), and give its 'id' and 'hash' alone"
        );
        return Err(Fault { code: None, reason });
    }
    Ok(Message::from_node(node)?)
}

/// The place of the first data element that has its value with it.
fn in_line_value(message: Node<'_>) -> Option<usize> {
    let mut lists = message.members().filter(|(name, _)| name.eq_ignore_ascii_case("data"));
    let has_value = |element: Node<'_>| {
        element
            .members()
            .any(|(name, value)| name.eq_ignore_ascii_case("value") && value.kind() != Kind::Null)
    };
    lists.find_map(|(_, list)| list.elements().position(has_value))
}

/// What a message waits for: the parent that its header names, where it names one.
fn awaited(kind: &str, message: &Message) -> Result<Awaited, MemberError> {
    let kind = one_of(kind, "awaits", ParentKind::ALL, ParentKind::name)?;
    let Some(parent) = &message.header.tx_parent else { return Ok(Awaited { kind, id: None }) };
    if !parent.tx_type.is_empty() && parent.tx_type.as_str() != kind.name() {
        let named = parent.tx_type.as_str();
        let rule = format!("'{kind}' is not what header.txparent names, a '{named}'");
        return Err(MemberError::value("awaits", rule));
    }
    Ok(Awaited { kind, id: parent.id })
}
