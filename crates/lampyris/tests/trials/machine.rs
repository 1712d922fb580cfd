//! Random requests, alone and many in flight, with reopenings between them: the engine is held against the plain model.
//!
//! `PROPTEST_CASES` says how many run in memory; one in 64 of them runs in a directory, too.

use std::marker::PhantomData;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use crate::ask::Ask;
use crate::cast::Who;
use crate::draw::{any_ask, next_ask};
use crate::lives::lives;
use crate::model::{Expected, Model};
use crate::place::{Directory, Memory, Place, Snapshots};
use crate::trial::{Fate, Trial};

/// What happens next.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// One request, asked twice.
    Ask(Ask),
    /// Requests that are all made before the first is durable.
    Burst(Vec<(Ask, Fate)>),
    /// The engine ends, closed or just dropped, and is opened again.
    Reopen { close: bool },
}

/// The model and what the latest step is to be answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    pub(crate) model: Model,
    pub(crate) expected: Vec<Expected>,
    steps: u64,
}

impl ReferenceStateMachine for Script {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::default()).boxed()
    }

    fn transitions(script: &Self) -> BoxedStrategy<Step> {
        let fate = || prop_oneof![6 => Just(Fate::Awaited), 1 => Just(Fate::Dropped), 1 => Just(Fate::NeverPolled)];
        let ask = || {
            let asks: Vec<_> = Who::ALL
                .into_iter()
                .map(|who| next_ask(who, script.model.situation(who.id())))
                .collect();
            prop_oneof![
                3 => proptest::strategy::Union::new(asks),
                2 => any_ask(script.steps),
            ]
        };
        prop_oneof![
            6 => ask().prop_map(Step::Ask),
            3 => vec((ask(), fate()), 2..12).prop_map(Step::Burst),
            // Many for one message: what was decided a moment ago is what counts.
            2 => (lives(), vec(fate(), 16)).prop_map(|(asks, fates)| {
                Step::Burst(asks.into_iter().zip(fates.into_iter().cycle()).collect())
            }),
            2 => any::<bool>().prop_map(|close| Step::Reopen { close }),
        ]
        .boxed()
    }

    fn apply(mut script: Self, step: &Step) -> Self {
        script.steps += 3;
        script.model.now += 1_000;
        script.expected.clear();
        match step {
            Step::Ask(ask) => script.ask_twice(ask),
            Step::Burst(asks) => {
                for (ask, fate) in asks {
                    if *fate != Fate::NeverPolled {
                        let expected = script.model.ask(ask);
                        script.expected.push(expected);
                    }
                }
            }
            Step::Reopen { .. } => {}
        }
        script
    }
}

impl Script {
    fn ask_twice(&mut self, ask: &Ask) {
        self.expected.push(self.model.ask(ask));
        if ask.is_repeatable() {
            let again = self.model.ask(ask);
            assert!(!again.answer.appends(), "asked again, it appends again: {again:?}");
            self.expected.push(again);
        }
    }
}

/// The engine in some place.
pub(crate) struct Held<P>(PhantomData<P>);

impl<P: Place> StateMachineTest for Held<P> {
    type SystemUnderTest = Trial<P>;
    type Reference = Script;

    fn init_test(_: &Script) -> Trial<P> {
        Trial::new()
    }

    fn apply(mut trial: Trial<P>, script: &Script, step: Step) -> Trial<P> {
        let Script { model, expected, .. } = script;
        match step {
            Step::Ask(ask) => trial.ask(model.now, &ask, expected),
            Step::Burst(asks) => trial.burst(model.now, &asks, expected, model),
            Step::Reopen { close } => trial.reopen(close),
        }
        trial
    }

    fn check_invariants(trial: &Trial<P>, script: &Script) {
        trial.check(&script.model);
    }

    fn teardown(mut trial: Trial<P>, script: Script) {
        trial.check_log(script.model.elements);
        trial.reopen(false);
        trial.check(&script.model);
    }
}

/// One case of `part`, of a thousand at least.
fn cases(part: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    let cases = default.cases.max(1000).div_ceil(part);
    // What was found is kept as a test with a name.
    ProptestConfig { cases, failure_persistence: None, ..default }
}

prop_state_machine! {
    #![proptest_config(cases(1))]

    #[test]
    fn in_memory_the_engine_answers_and_tells_what_the_model_does(sequential 1..24 => Held<Memory>);
}

prop_state_machine! {
    #![proptest_config(cases(200))]

    #[test]
    fn in_a_directory_it_does_too(sequential 1..24 => Held<Directory>);
}

prop_state_machine! {
    #![proptest_config(cases(40))]

    #[test]
    fn opened_by_snapshots_new_old_or_none_it_does_too(sequential 1..24 => Held<Snapshots>);
}
