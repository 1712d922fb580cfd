//! Adding, erasing, collecting and reopening in any order, against a map.

use std::collections::BTreeMap;

use lampyris::{Error, Lampyris, block_on};
use proptest::prelude::*;

use super::{asked, element, holds_exactly, id, name};

#[derive(Debug, Clone)]
enum Step {
    Add { id: u8, value: u8 },
    Erase { id: u8, all: bool },
    Collect,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0..12u8, 0..6u8).prop_map(|(id, value)| Step::Add { id, value }),
        4 => (0..12u8, any::<bool>()).prop_map(|(id, all)| Step::Erase { id, all }),
        1 => Just(Step::Collect),
        2 => Just(Step::Reopen),
    ]
}

fn value(number: u8) -> String {
    format!("value {number}")
}

#[derive(Debug, Default)]
struct Model {
    /// Of each element its value, and whether it was erased.
    elements: BTreeMap<u8, (u8, bool)>,
    /// Values that a refused request left in the store, and whether that was since the engine was opened.
    orphans: BTreeMap<u8, bool>,
}

impl Model {
    /// The elements that are there and have this value.
    fn sharing(&self, value: u8) -> Vec<u8> {
        let there = self.elements.iter().filter(|(_, (one, erased))| *one == value && !erased);
        there.map(|(id, _)| *id).collect()
    }
}

fn erase(engine: &Lampyris, model: &mut Model, id: u8, all: bool) {
    let erased = block_on(engine.erase(super::id(id), asked(), all));
    let Some((value, was_erased)) = model.elements.get(&id).copied() else {
        assert!(matches!(erased, Err(Error::ElementUnknown { .. })), "{erased:?}");
        return;
    };
    let sharing = model.sharing(value);
    match erased {
        Ok(erased) if was_erased => {
            let orphaned = sharing.is_empty() && model.orphans.remove(&value).is_some();
            assert_eq!((erased.elements.len(), erased.objects), (0, orphaned.into()));
        }
        Ok(erased) => {
            model.orphans.remove(&value);
            assert!(all || sharing == [id]);
            assert_eq!(erased.elements, sharing.iter().map(|id| name(*id)).collect::<Vec<_>>());
            assert_eq!(erased.objects, 1);
            for id in sharing {
                model.elements.insert(id, (value, true));
            }
        }
        Err(Error::ElementShared { others, .. }) => {
            let expected: Vec<_> =
                sharing.into_iter().filter(|other| *other != id).map(name).collect();
            assert!(!all && !was_erased && others == expected, "{others:?}");
        }
        Err(error) => panic!("{error}"),
    }
}

fn add(engine: &Lampyris, model: &mut Model, id: u8, number: u8) {
    let added = block_on(engine.add_data(element(id, &value(number))));
    match (model.elements.get(&id).copied(), added) {
        (None, Ok(added)) => {
            assert!(added.sequence.is_some());
            model.elements.insert(id, (number, false));
            model.orphans.remove(&number);
        }
        (Some((known, false)), Ok(added)) => assert!(known == number && added.sequence.is_none()),
        (Some((known, false)), Err(Error::ElementTaken { .. })) => {
            assert_ne!(known, number);
            if model.sharing(number).is_empty() {
                model.orphans.insert(number, true);
            }
        }
        (Some((_, true)), Err(Error::ElementErased { .. })) => {}
        (known, added) => panic!("{known:?}: {added:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn the_engine_is_a_map_that_forgets_what_is_erased(steps in prop::collection::vec(step(), 1..40)) {
        let scratch = tempfile::tempdir().unwrap();
        let mut engine = Lampyris::open(scratch.path()).unwrap();
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Add { id, value } => add(&engine, &mut model, id, value),
                Step::Erase { id, all } => erase(&engine, &mut model, id, all),
                Step::Collect => {
                    let old = model.orphans.values().filter(|fresh| !**fresh).count();
                    prop_assert_eq!(engine.collect_data().unwrap().objects, old as u64);
                    model.orphans.retain(|_, fresh| *fresh);
                }
                Step::Reopen => {
                    drop(engine);
                    engine = Lampyris::open(scratch.path()).unwrap();
                    model.orphans.values_mut().for_each(|fresh| *fresh = false);
                }
            }
            for (number, (known, erased)) in &model.elements {
                let (data, _) = engine.data(id(*number)).unwrap().unwrap();
                let expected = (!erased).then(|| super::text(&value(*known)));
                prop_assert_eq!(data.value, expected, "element {}", number);
            }
        }
        drop(engine);
        // A refused element's value waits for a collection; the next opening lets it be collected.
        Lampyris::open(scratch.path()).unwrap().collect_data().unwrap();
        let mut there: Vec<u8> =
            model.elements.values().filter(|(_, erased)| !erased).map(|(value, _)| *value).collect();
        there.sort_unstable();
        there.dedup();
        let values: Vec<String> = there.into_iter().map(value).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        holds_exactly(scratch.path(), &values);
    }
}
