//! A command as a line of JSON.

use lampyris_message::lifecycle::Command;
use lampyris_message::{Message, Pin, SealedMessage};
use serde_json::{Value, json};

/// The line that becomes this command; nothing if no line does.
pub(crate) fn of(command: &Command) -> Option<Value> {
    let id = crate::cast::ID.to_string();
    let kind = command.kind().name();
    Some(match command {
        Command::Stage(stage) => {
            let staged = stage.staged();
            // A parent's id would be part of the header, and a key is what its holder is known by.
            let named = staged.awaits.is_some_and(|awaits| awaits.id.is_some());
            if named || (stage.key_holder.is_some() && staged.idempotency.is_none()) {
                return None;
            }
            let key = staged.idempotency.as_ref().map(|it| it.key.to_string());
            let idempotency_key = key.unwrap_or_default();
            let message =
                Message { tx_id: staged.tx_id, idempotency_key, ..plain(&staged.message) };
            let awaits = staged.awaits.map(|awaits| awaits.kind.name());
            json!({ "do": kind, "message": written(&message), "awaits": awaits })
        }
        Command::Receive(receive) => {
            let it = &receive.received;
            json!({
                "do": kind, "message": written(&plain(&it.message)), "batch": it.batch.to_string(),
                "txid": it.tx_id.to_string(), "pins": pins(&it.pins), "from": it.from,
            })
        }
        Command::Import(import) => {
            let message =
                Message { state: Some(import.claims.state.into()), ..plain(&import.message) };
            json!({ "do": kind, "message": written(&message), "source": import.source })
        }
        Command::Release(release) => {
            let parent = release.parent.map(|parent| {
                let hash = parent.message_hash.map(|hash| hash.to_string());
                json!({
                    "type": parent.kind.name(), "id": parent.id.to_string(), "messageHash": hash,
                })
            });
            json!({ "do": kind, "id": id, "parent": parent })
        }
        Command::Seal(seal) => json!({
            "do": kind, "id": id, "batch": seal.batch.to_string(),
            "txid": seal.tx_id.to_string(), "pins": pins(&seal.pins),
        }),
        Command::Dispatched(it) => json!({ "do": kind, "id": id, "batch": it.batch.to_string() }),
        Command::Sequence(it) => json!({
            "do": kind, "id": id, "batch": it.batch.to_string(),
            "txid": it.tx_id.map(|tx_id| tx_id.to_string()),
            "ledgerSequence": it.position.sequence, "pinIndex": it.position.pin_index,
            "signer": it.signer,
        }),
        Command::Confirm(it) => json!({ "do": kind, "id": id, "correlator": it.correlator }),
        Command::Reject(it) => json!({
            "do": kind, "id": id, "code": it.code.as_str(), "reason": it.reason.as_str(),
        }),
        Command::Cancel(it) => {
            let gap_fill = it.gap_fill.as_ref().map(|fill| fill.id.to_string());
            let code = it.code.as_str();
            json!({ "do": kind, "id": id, "code": code, "reason": it.reason, "gapFill": gap_fill })
        }
    })
}

fn plain(sealed: &SealedMessage) -> Message {
    let (header, hash) = (sealed.header().clone(), Some(sealed.hash()));
    Message { header, hash, data: Some(Vec::new()), ..Message::default() }
}

fn written(message: &Message) -> Value {
    serde_json::from_slice(&message.to_json()).unwrap()
}

fn pins(pins: &[Pin]) -> Vec<String> {
    pins.iter().map(Pin::to_string).collect()
}
