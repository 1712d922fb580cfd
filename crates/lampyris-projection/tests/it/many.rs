//! Lists of thousands of messages, where whole blocks of them are left out: what is left must be the answer.

use std::cmp::Ordering;
use std::sync::OnceLock;

use lampyris_message::event::{
    Confirmed, Event, LedgerPosition, Readied, Readiness, Rejected, Sealed, Sent, Sequenced, Staged,
};
use lampyris_message::text::NonBlank;
use lampyris_message::{
    BatchId, Bytes32, Header, Message, MessageId, MessageType, Open, Timestamp, TransactionId,
    TxType,
};
use lampyris_projection::query::{Collection, Fields, Query, Rules, SortBy};
use lampyris_projection::{Row, Views};
use proptest::prelude::*;

const MESSAGES: u64 = 5_000;
const DAY: i64 = 86_400_000_000_000;

/// A number that looks drawn.
fn dice(kind: u8, number: u64) -> u64 {
    let [seed @ .., _] = number.to_be_bytes();
    let Bytes32(hash) =
        Bytes32::sha256(&[&[kind], seed.as_slice(), &number.to_be_bytes()].concat());
    u64::from_be_bytes(hash[..8].try_into().unwrap())
}

/// Mostly in the order of the log, some days off, some in other centuries.
fn created(number: u64) -> Timestamp {
    let drawn = dice(1, number) % 100;
    let off = i64::try_from(dice(2, number) % 40).unwrap() - 20;
    let at = i64::try_from(number).unwrap() * DAY / 10;
    match drawn {
        0 => Timestamp::parse("0099-01-01T00:00:00Z").unwrap(),
        1 => Timestamp::parse("3999-01-01T00:00:00Z").unwrap(),
        2..=30 => Timestamp::from_unix_nanos(at + off * DAY),
        _ => Timestamp::from_unix_nanos(at),
    }
}

fn events(number: u64) -> Vec<Event> {
    let mut message = Message {
        header: Header {
            id: Some(id(number)),
            message_type: Open::from(MessageType::Broadcast),
            tx_type: Some(Open::from(TxType::BatchPin)),
            author: format!("did:{}", dice(3, number) % 5),
            key: "0x1".to_owned(),
            created: Some(created(number)),
            namespace: "ns".to_owned(),
            topics: vec![format!("t{}", dice(4, number) % 200)],
            tag: format!("tag{}", dice(5, number) % 3),
            ..Header::default()
        },
        ..Message::default()
    };
    let (batch, tx_id) = (BatchId::from_bytes([1; 16]), TransactionId::from_bytes([2; 16]));
    let text = |text: &str| NonBlank::new("text", text).unwrap();
    let late = i64::try_from(dice(6, number) % 30).unwrap() * DAY;
    let at = Timestamp::from_unix_nanos(i64::try_from(number).unwrap() * DAY / 10 + late);
    let end = if dice(7, number).is_multiple_of(5) {
        Event::Rejected(Rejected { at, code: text("No"), reason: text("because") })
    } else {
        Event::Confirmed(Confirmed { at, correlator: None })
    };
    let position = LedgerPosition { sequence: number, pin_index: 0 };
    let all = vec![
        Event::Staged(Box::new(Staged {
            message: message.seal().unwrap(),
            local_namespace: "ns".to_owned(),
            idempotency: None,
            tx_id: None,
            awaits: None,
        })),
        Event::Readied(Readied { why: Readiness::NothingToWaitFor }),
        Event::Sealed(Sealed { batch, tx_id, pins: Vec::new() }),
        Event::Sent(Sent { batch, tx_id }),
        Event::Sequenced(Sequenced { batch, tx_id, position, signer: "0x1".to_owned() }),
        end,
    ];
    // The newest are under way, as are a few of the others; a whole stretch is final.
    let is_old = number < MESSAGES - 900;
    let all_of_it =
        is_old && (!dice(8, number).is_multiple_of(50) || (2_000..3_200).contains(&number));
    let count = if all_of_it { 6 } else { usize::try_from(dice(9, number) % 6).unwrap() + 1 };
    all.into_iter().take(count).collect()
}

fn id(number: u64) -> MessageId {
    let Bytes32(hash) = Bytes32::sha256(&number.to_be_bytes());
    MessageId::from_bytes(hash[..16].try_into().unwrap())
}

/// Made once: ends come a while after beginnings, so lives overlap.
fn views() -> &'static Views {
    static VIEWS: OnceLock<Views> = OnceLock::new();
    VIEWS.get_or_init(|| {
        let (mut views, mut position) = (Views::new(), 1);
        for number in 0..MESSAGES + 300 {
            let first = (number < MESSAGES).then_some((number, 0..1));
            let rest = number.checked_sub(300).map(|number| (number, 1..6));
            for (number, steps) in first.into_iter().chain(rest) {
                let events = events(number);
                for event in events.iter().skip(steps.start).take(steps.len()) {
                    views.apply("ns", id(number), event, position).unwrap();
                    position += 1;
                }
            }
        }
        views
    })
}

/// The rows that meet a query, told without leaving out a block.
fn naive<'v>(views: &'v Views, query: &Query) -> Vec<u64> {
    let position = query.at.unwrap_or(views.position());
    let rows =
        views.list("ns", None, None).filter_map(|row| views.row_at("ns", row.id(), position));
    let mut rows: Vec<Row<'v>> = rows.filter(|row| query.filter.holds(row)).collect();
    let sort: Vec<SortBy> = query.sort.clone();
    let against_log = sort.last().unwrap().descending;
    rows.sort_by(|one, other| {
        let differs = |by: &SortBy| {
            Some(by.compare(&one.cell(by.field), &other.cell(by.field)))
                .filter(|order| order.is_ne())
        };
        let order = sort.iter().find_map(differs).unwrap_or(Ordering::Equal);
        let log = one.first().cmp(&other.first());
        order.then(if against_log { log.reverse() } else { log })
    });
    rows.iter().map(Row::first).collect()
}

fn part() -> impl Strategy<Value = String> {
    let day = -30..530_i64;
    let time = move |field: &'static str| {
        (day.clone(), prop::sample::select(&[">", ">=", "<", "<=", ""][..])).prop_map(
            move |(day, order)| {
                format!("{field}=[{order}{}", Timestamp::from_unix_nanos(day * DAY))
            },
        )
    };
    prop_oneof![
        time("created"),
        time("created"),
        time("confirmed"),
        prop::sample::select(&["confirmed=?", "confirmed=!?", "created=<0100-01-01"][..])
            .prop_map(str::to_owned),
        prop::sample::select(&["confirmed", "pending", "ready", "!confirmed", "rejected"][..])
            .prop_map(|state| format!("state={state}")),
        (0..220_u32).prop_map(|topic| format!("topics=t{topic}")),
        (0..5_u32).prop_map(|author| format!("author=did:{author}")),
        (0..3_u32).prop_map(|tag| format!("tag=!tag{tag}")),
        (0..30_000_u64, prop::sample::select(&[">", "<=", ""][..]))
            .prop_map(|(number, order)| format!("sequence=[{order}{number}")),
    ]
}

const SORTS: &[&str] = &[
    "-confirmed,-created",
    "-created",
    "created",
    "confirmed",
    "confirmed,-created",
    "-confirmed",
    "-confirmed,created",
    "-created,tag",
    "sequence",
    "-sequence",
    "tag,-created",
    "topics",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_blocks_leave_out_is_no_part_of_the_answer(
        parts in prop::collection::vec(part(), 0..4),
        sort in prop::sample::select(SORTS),
        limit in prop::sample::select(&[0_u64, 1, 25, 700][..]),
        at in prop::option::weighted(0.3, 0..28_000_u64),
    ) {
        let views = views();
        let text = format!("{}&sort={sort}", parts.join("&"));
        let query = Query::parse(Collection::Messages, &text, &Rules::STRICT).unwrap();
        let at = at.map(|at| at.min(views.position()));
        let mut query = Query { limit, at, count: true, ..query };
        let expected = naive(views, &query);
        let plan = views.explain_query("ns", &query).unwrap();
        prop_assert!(plan.left >= expected.len() as u64);
        let mut found = Vec::new();
        for _ in 0..4 {
            let page = views.select("ns", &query).unwrap();
            prop_assert_eq!(page.total, Some(expected.len() as u64), "{}", text);
            found.extend(page.rows.iter().map(Row::first));
            query.after = page.next;
            if query.after.is_none() {
                prop_assert_eq!(found.len(), expected.len());
                break;
            }
        }
        prop_assert_eq!(&found[..], &expected[..found.len()], "{}", text);
    }
}

#[test]
fn blocks_are_left_out_where_times_tell_it() {
    let views = views();
    let of = |text: &str| {
        let query = Query::parse(Collection::Messages, text, &Rules::STRICT).unwrap();
        views.explain_query("ns", &query).unwrap()
    };
    assert!(views.len() > 4_000);
    let all = of("");
    assert_eq!((all.rows, all.left, all.blocks), (5_000, 5_000, (5, 5)));
    assert_eq!(of("sequence=>26000").blocks.0, 1);
    assert!(of("confirmed=<1970-02-01").blocks.0 < 3);
    assert!(of("topics=t7").left < 100);
}
