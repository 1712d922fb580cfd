//! Requests in an order that leads somewhere: the lives of messages that have to do with one another.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::ask::{Ask, Pins, Waits};
use crate::cast::Who;

/// Beginnings of a few lives, each told in its order, one beside the other; at the end the secret is given up.
pub(crate) fn lives() -> impl Strategy<Value = Vec<Ask>> {
    let who =
        select(&[Who::Secret, Who::Fill, Who::Refill, Who::Forgery, Who::Nested, Who::Order][..]);
    let life =
        (who, any::<bool>(), 1..6_usize).prop_map(|(who, ours, length)| life(who, ours, length));
    let given_up = select(&[Some(Who::Fill), Some(Who::Refill), Some(Who::Forgery), None][..]);
    (vec(life, 1..4), any::<bool>(), given_up).prop_map(|(lives, together, gap_fill)| {
        let mut asks: Vec<_> = lives.into_iter().flat_map(|life| (0..).zip(life)).collect();
        if together {
            asks.sort_by_key(|(number, _)| *number);
        }
        asks.push((0, Ask::Cancel { who: Who::Secret, gap_fill }));
        asks.into_iter().map(|(_, ask)| ask).collect()
    })
}

/// The first requests of a life that ends confirmed.
pub(crate) fn life(who: Who, ours: bool, length: usize) -> Vec<Ask> {
    let (batch, pins, impostor, number) = (0, Pins::Right, false, who as u8);
    let ending = [
        Ask::Sequence { who, batch, tx: None, position: 0, right_key: true },
        Ask::Confirm { who, correlated: false },
    ];
    let mut asks = if ours {
        vec![
            Ask::Stage { who, impostor, key: (number < 3).then_some(number), waits: Waits::Not },
            Ask::Seal { who, batch, tx: 0, pins },
            Ask::Dispatched { who, batch },
        ]
    } else {
        vec![Ask::Receive { who, impostor, batch, pins }]
    };
    asks.extend(ending);
    asks.truncate(length);
    asks
}
