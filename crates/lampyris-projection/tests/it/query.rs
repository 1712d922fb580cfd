//! What a query is answered with must be what its filter says of every message, in its order, at its position.

use std::cmp::Ordering;

use lampyris_message::Pin;
use lampyris_projection::query::{Cell, Collection, Cursor, Field, Fields, Query, Rules, SortBy};
use lampyris_projection::{Row, SelectError, View, Views};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::lives::{NAMESPACES, Told, folded, lives};

/// A message as folding its events shows it, asked field by field.
struct Shown<'a> {
    first: u64,
    view: &'a View,
}

impl Fields for Shown<'_> {
    fn cell(&self, field: Field) -> Cell<'_> {
        let message = self.view.message();
        let header = &message.header;
        let text = |text: String| Cell::Text(text.into());
        let word = |word: Option<String>| word.map_or(Cell::Null, |word| Cell::Text(word.into()));
        match field {
            Field::Id => word(header.id.map(|id| id.to_string())),
            Field::Cid => word(header.cid.map(|id| id.to_string())),
            Field::Type => header.message_type.as_str().into(),
            Field::Author => header.author.as_str().into(),
            Field::Key => header.key.as_str().into(),
            Field::Topics => Cell::Texts(header.topics.iter().map(String::as_str).collect()),
            Field::TopicsJoined => text(header.topics.join(",")),
            Field::Tag => header.tag.as_str().into(),
            Field::Group => word(header.group.map(|group| group.to_string())),
            Field::Created => header.created.map_or(Cell::Null, Cell::Time),
            Field::DataHash => word(header.data_hash.map(|hash| hash.to_string())),
            Field::IdempotencyKey => {
                word(Some(message.idempotency_key.clone()).filter(|key| !key.is_empty()))
            }
            Field::Hash => word(message.hash.map(|hash| hash.to_string())),
            Field::Pins => text(message.pins.join(",")),
            Field::State => text(message.state.as_ref().unwrap().as_str().to_owned()),
            Field::Confirmed => message.confirmed.map_or(Cell::Null, Cell::Time),
            Field::RejectReason => message.reject_reason.as_str().into(),
            Field::Sequence => Cell::Integer(self.first.try_into().unwrap()),
            Field::TxType => text(header.tx_type.as_ref().unwrap().as_str().to_owned()),
            Field::Batch => word(message.batch.map(|batch| batch.to_string())),
            Field::TxId => word(message.tx_id.map(|id| id.to_string())),
            Field::TxParentType => {
                let parent = header.tx_parent.as_ref();
                text(parent.map(|parent| parent.tx_type.as_str().to_owned()).unwrap_or_default())
            }
            Field::TxParentId => word(
                header.tx_parent.as_ref().and_then(|parent| parent.id).map(|id| id.to_string()),
            ),
            other => panic!("no field of messages: {other:?}"),
        }
    }
}

/// The list that a query means, told without any index: each message that is met, in order.
fn naive(told: &[Told], namespace: &str, query: &Query) -> Vec<(u64, View)> {
    let mut shown: Vec<(u64, View)> = folded(told)
        .into_iter()
        .filter(|(first, _)| first.namespace == namespace)
        .map(|(first, view)| (first.position, view))
        .filter(|(first, view)| query.filter.holds(&Shown { first: *first, view }))
        .collect();
    let default = [SortBy::descending(Field::Confirmed), SortBy::descending(Field::Created)];
    let sort = if query.sort.is_empty() { &default[..] } else { &query.sort };
    let against_log = sort.last().unwrap().descending;
    shown.sort_by(|(one, one_view), (other, other_view)| {
        for by in sort {
            let one = Shown { first: *one, view: one_view };
            let other = Shown { first: *other, view: other_view };
            let order = by.compare(&one.cell(by.field), &other.cell(by.field));
            if order != Ordering::Equal {
                return order;
            }
        }
        if against_log { other.cmp(one) } else { one.cmp(other) }
    });
    shown
}

fn fed(told: &[Told]) -> Views {
    let mut views = Views::new();
    feed(&mut views, told);
    views
}

fn feed(views: &mut Views, told: &[Told]) {
    for Told { namespace, id, event, position } in told {
        views.apply(namespace, *id, event, *position).unwrap();
    }
}

fn listed(rows: &[Row<'_>]) -> Vec<(u64, View)> {
    rows.iter().map(|row| (row.first(), row.view())).collect()
}

/// A condition on a field: a text that some message has there, or a part of it, or something else.
#[derive(Debug, Clone)]
struct Asked {
    any: Option<u8>,
    field: Index,
    prefix: &'static str,
    of: Index,
    cut: Option<(Index, Index)>,
    strange: bool,
}

const PREFIXES: &[&str] = &[
    "", "=", "!", "!=", ":", "!:", "@", "!@", ":@", "!:@", "^", "!^", ":^", "$", "!$", ":$", ">",
    ">=", "<", "<=", "?", "!?", "[", "[!", "[@", "[>=", "[<",
];

fn asked() -> impl Strategy<Value = Asked> {
    let group = prop_oneof![3 => Just(None), 2 => (0..2_u8).prop_map(Some)];
    let cut = prop_oneof![Just(None), any::<(Index, Index)>().prop_map(Some)];
    let strange = prop::bool::weighted(0.1);
    (group, any::<Index>(), select(PREFIXES), any::<Index>(), cut, strange).prop_map(
        |(any, field, prefix, of, cut, strange)| Asked { any, field, prefix, of, cut, strange },
    )
}

impl Asked {
    /// The condition as it is spelled, about one of these messages.
    fn spelled(&self, shown: &[(&Told, View)]) -> String {
        let field = *self.field.get(Collection::Messages.fields());
        let value = if shown.is_empty() || self.strange {
            "did:x".to_owned()
        } else {
            let (first, view) = self.of.get(shown);
            match (Shown { first: first.position, view }).cell(field) {
                Cell::Null => String::new(),
                Cell::Text(text) => text.into_owned(),
                Cell::Texts(texts) => (*self.of.get(&texts)).to_owned(),
                Cell::Integer(number) => number.to_string(),
                Cell::Time(time) => time.to_string(),
                Cell::Uuid(_) | Cell::Hash(_) => unreachable!(),
            }
        };
        let value = match self.cut {
            Some((one, other)) if field.kind().is_text() && !value.is_empty() => {
                let (one, other) = (one.index(value.len()), other.index(value.len()));
                value[one.min(other)..=one.max(other)].to_owned()
            }
            _ => value,
        };
        let any = self.any.map_or(String::new(), |any| format!("any-{any}."));
        format!("{any}{}={}{value}", field.name(), self.prefix)
    }
}

/// A query, spelled: what cannot be read is left out.
fn query(asked: &[Asked], sort: &[(Index, bool)], shown: &[(&Told, View)]) -> Query {
    let mut parts: Vec<String> = Vec::new();
    for asked in asked {
        let part = asked.spelled(shown);
        if Query::parse(Collection::Messages, &part, &Rules::STRICT).is_ok() {
            parts.push(part);
        }
    }
    for (field, descending) in sort {
        let name = field.get(Collection::Messages.fields()).name();
        parts.push(format!("sort={}{name}", if *descending { "-" } else { "" }));
    }
    let query = Query::parse(Collection::Messages, &parts.join("&"), &Rules::STRICT).unwrap();
    Query { limit: 0, count: true, ..query }
}

fn sorts() -> impl Strategy<Value = Vec<(Index, bool)>> {
    prop_oneof![
        2 => Just(Vec::new()),
        3 => prop::collection::vec(any::<(Index, bool)>(), 1..3),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_query_is_answered_with_what_its_filter_says_of_every_message(
        told in lives(),
        asked in prop::collection::vec(asked(), 0..4),
        sort in sorts(),
        skip in 0..4_u64,
        limit in 0..4_u64,
    ) {
        let views = fed(&told);
        let shown = folded(&told);
        let whole = query(&asked, &sort, &shown);
        for namespace in NAMESPACES {
            let expected = naive(&told, namespace, &whole);
            let found = views.select(namespace, &whole).unwrap();
            prop_assert_eq!(&listed(&found.rows), &expected, "{}", whole.filter);
            prop_assert_eq!(found.total, Some(expected.len() as u64));
            prop_assert_eq!((found.position, found.next), (views.position(), None));
            let paged = Query { skip, limit, ..whole.clone() };
            let part = views.select(namespace, &paged).unwrap();
            let limit = if limit == 0 { usize::MAX } else { usize::try_from(limit).unwrap() };
            let skip = usize::try_from(skip).unwrap();
            let page: Vec<_> = expected.iter().skip(skip).take(limit).cloned().collect();
            prop_assert_eq!(&listed(&part.rows), &page);
            prop_assert_eq!(part.next.is_some(), expected.len() > skip.saturating_add(limit));
            let plan = views.explain_query(namespace, &whole).unwrap();
            prop_assert!(plan.left >= expected.len() as u64 && plan.left <= plan.rows);
        }
    }

    #[test]
    fn as_of_a_position_is_what_views_said_that_were_fed_no_more(
        told in lives(),
        asked in prop::collection::vec(asked(), 0..3),
        sort in sorts(),
        at in any::<Index>(),
    ) {
        let views = fed(&told);
        let shown = folded(&told);
        let whole = query(&asked, &sort, &shown);
        let end = views.position();
        let at = at.index(usize::try_from(end).unwrap() + 1) as u64;
        let by_then: Vec<_> = told.iter().filter(|told| told.position < at).cloned().collect();
        let mut then = fed(&by_then);
        then.reach(at);
        let past = Query { at: Some(at), ..whole.clone() };
        for namespace in NAMESPACES {
            let (found, expected) = (views.select(namespace, &past).unwrap(), then.select(namespace, &whole).unwrap());
            prop_assert_eq!(listed(&found.rows), listed(&expected.rows), "{} at {}", &whole.filter, at);
            prop_assert_eq!((found.total, found.position), (expected.total, at));
            for told in &told {
                let row = views.row_at(namespace, told.id, at).map(|row| row.view());
                prop_assert_eq!(row, then.row(namespace, told.id).map(|row| row.view()));
            }
        }
        let ahead = Query { at: Some(end + 1), ..whole };
        prop_assert_eq!(
            views.select(NAMESPACES[0], &ahead).err(),
            Some(SelectError::Ahead { position: end + 1, size: end })
        );
    }

    #[test]
    fn pages_fit_together_whatever_is_appended_between_them(
        told in lives(),
        asked in prop::collection::vec(asked(), 0..2),
        sort in sorts(),
        limit in 1..3_u64,
        begin in any::<Index>(),
        step in 0..9_usize,
    ) {
        let shown = folded(&told);
        let whole = query(&asked, &sort, &shown);
        let begin = begin.index(told.len() + 1);
        for namespace in NAMESPACES {
            let (mut views, mut done) = (fed(&told[..begin]), begin);
            let expected = naive(&told[..begin], namespace, &whole);
            let mut paged = Query { limit, ..whole.clone() };
            let mut pages = Vec::new();
            loop {
                let page = views.select(namespace, &paged).unwrap();
                prop_assert_eq!(page.total, Some(expected.len() as u64));
                pages.extend(listed(&page.rows));
                let Some(next) = page.next else { break };
                prop_assert_eq!(next.to_string().parse::<Cursor>(), Ok(next));
                paged.after = Some(next);
                // The log goes on.
                let more = (done + step).min(told.len());
                feed(&mut views, &told[done..more]);
                done = more;
            }
            prop_assert_eq!(pages, expected);
            if let Some(next) = paged.after {
                let mut other = Query { sort: vec![SortBy::ascending(Field::Pins); 3], ..paged.clone() };
                prop_assert_eq!(views.select(namespace, &other).err(), Some(SelectError::OtherList));
                other = paged;
                other.after = format!("{}-9999-{}", next.position(), next.to_string().rsplit('-').next().unwrap()).parse().ok();
                prop_assert_eq!(views.select(namespace, &other).err(), Some(SelectError::NoSuchRow));
            }
        }
    }
}

/// The laws above would hold of filters that nothing meets.
#[test]
fn the_random_filters_meet_some_messages_and_not_others() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut some, mut none, mut all, mut pins) = (0, 0, 0, 0);
    for _ in 0..500 {
        let told = lives().new_tree(&mut runner).unwrap().current();
        let asked = prop::collection::vec(asked(), 1..3).new_tree(&mut runner).unwrap().current();
        let views = fed(&told);
        let query = query(&asked, &[], &folded(&told));
        let (met, count) = (
            views.select(NAMESPACES[0], &query).unwrap(),
            views.list(NAMESPACES[0], None, None).count(),
        );
        pins += met
            .rows
            .iter()
            .filter(|row| {
                row.view().message().pins.first().is_some_and(|pin| Pin::parse(pin).is_ok())
            })
            .count();
        match met.rows.len() {
            0 => none += 1,
            met if met == count => all += 1,
            _ => some += 1,
        }
    }
    assert!(some > 100 && none > 50 && all > 50 && pins > 50, "{some} {none} {all} {pins}");
}
