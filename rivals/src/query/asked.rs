//! What is asked of both sides, as a filter and as SQL.

use lampyris::{MessageId, Timestamp};

/// Values of one message.
pub(super) struct Values {
    pub(super) id: MessageId,
    pub(super) topic: String,
    pub(super) author: String,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) number: usize,
}

/// A query on both sides.
pub(super) struct Asked {
    pub(super) name: &'static str,
    pub(super) filter: fn(&Values) -> String,
    pub(super) sql: fn(&Values) -> Statement,
    /// Whether what counts is the number of rows, and not the rows.
    pub(super) is_count: bool,
    /// Whether each row must be looked at: then it is asked less often.
    pub(super) is_scan: bool,
}

/// An SQL statement with its values.
pub(super) type Statement = (&'static str, Vec<Parameter>);

/// A value in an SQL statement.
pub(super) enum Parameter {
    Text(String),
    Integer(i64),
}

const STATES: [&str; 5] = ["confirmed", "pending", "sent", "ready", "rejected"];

fn state(values: &Values) -> &'static str {
    STATES.get(values.number % STATES.len()).copied().unwrap_or("ready")
}

fn nanos(time: Timestamp) -> i64 {
    time.unix_nanos()
}

/// All queries; the last one has no index on either side.
pub(super) const ASKED: &[Asked] = &[
    Asked {
        name: "one message by id",
        filter: |values| format!("id={}", values.id),
        sql: |values| {
            let id = Parameter::Text(values.id.to_string());
            ("SELECT * FROM messages WHERE namespace_local = 'default' AND id = ?1", vec![id])
        },
        is_count: false,
        is_scan: false,
    },
    Asked {
        name: "newest 25 in a state",
        filter: |values| format!("state={}&sort=-created&limit=25", state(values)),
        sql: |values| {
            let state = Parameter::Text(state(values).to_owned());
            (
                "SELECT * FROM messages WHERE state = ?1 ORDER BY created DESC, seq DESC LIMIT 25",
                vec![state],
            )
        },
        is_count: false,
        is_scan: false,
    },
    Asked {
        name: "25 in a state, FireFly's order",
        filter: |values| format!("state={}&limit=25", state(values)),
        sql: |values| {
            let state = Parameter::Text(state(values).to_owned());
            (
                "SELECT * FROM messages WHERE state = ?1 \
                 ORDER BY confirmed DESC NULLS FIRST, created DESC LIMIT 25",
                vec![state],
            )
        },
        is_count: false,
        is_scan: false,
    },
    Asked {
        name: "newest 25 of a topic",
        filter: |values| format!("topics={}&sort=-created&limit=25", values.topic),
        sql: |values| {
            let topic = Parameter::Text(values.topic.clone());
            (
                "SELECT * FROM messages WHERE topics = ?1 ORDER BY created DESC, seq DESC LIMIT 25",
                vec![topic],
            )
        },
        is_count: false,
        is_scan: false,
    },
    Asked {
        name: "25 of an author in a state and a time",
        filter: |values| {
            let Values { author, from, to, .. } = values;
            format!(
                "author={author}&state=confirmed&created=[>={from}&created=[<{to}&sort=-created&limit=25"
            )
        },
        sql: |values| {
            let parameters = vec![
                Parameter::Text(values.author.clone()),
                Parameter::Integer(nanos(values.from)),
                Parameter::Integer(nanos(values.to)),
            ];
            (
                "SELECT * FROM messages WHERE author = ?1 AND state = 'confirmed' \
                 AND created >= ?2 AND created < ?3 ORDER BY created DESC, seq DESC LIMIT 25",
                parameters,
            )
        },
        is_count: false,
        is_scan: false,
    },
    Asked {
        name: "how many in a state",
        filter: |values| format!("state={}&count&limit=1&sort=sequence", state(values)),
        sql: |values| {
            let state = Parameter::Text(state(values).to_owned());
            ("SELECT COUNT(*) FROM messages WHERE state = ?1", vec![state])
        },
        is_count: true,
        is_scan: false,
    },
    Asked {
        name: "a page of 1,000 by sequence",
        filter: |values| format!("sequence=>{}&sort=sequence&limit=1000", values.number * 1_000),
        sql: |values| {
            let number = i64::try_from(values.number * 1_000).unwrap_or(i64::MAX);
            (
                "SELECT * FROM messages WHERE seq > ?1 ORDER BY seq LIMIT 1000",
                vec![Parameter::Integer(number)],
            )
        },
        is_count: false,
        is_scan: false,
    },
    Asked {
        name: "each row, no index",
        filter: |values| format!("rejectreason=@no {}&sort=sequence", values.number),
        sql: |values| {
            let part = Parameter::Text(format!("%no {}%", values.number));
            (
                "SELECT * FROM messages WHERE reject_reason LIKE ?1 ESCAPE '[' ORDER BY seq",
                vec![part],
            )
        },
        is_count: false,
        is_scan: true,
    },
];
