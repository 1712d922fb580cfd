//! What was acknowledged, and the comparison with what a log holds.
//! It keeps its own account of order and doubling and does not lean on the log's verifier alone.

use crate::workload::{RULES, Which};
use lampyris_log::{Log, OpenError, Options};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Every acknowledgement that was heard, over all runs of the program on one directory.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    acknowledged: BTreeMap<Which, u64>,
}

/// What a comparison found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) records: u64,
    pub(crate) lost: usize,
    pub(crate) doubled: usize,
    pub(crate) out_of_order: usize,
    /// Appends that are kept although nobody heard so, which is well.
    pub(crate) unheard: usize,
}

impl Ledger {
    /// Takes a line of the program in; returns whether it is an acknowledgement.
    #[track_caller]
    pub(crate) fn hear(&mut self, line: &str) -> bool {
        assert!(!line.starts_with("panicked"), "{line}");
        assert!(!line.starts_with("refused"), "the program expects nothing wrong: {line}");
        let Some(ack) = line.strip_prefix("ack ") else { return false };
        let numbers: Vec<u64> = ack.split(' ').map(|number| number.parse().unwrap()).collect();
        let [thread, number, sequence] = numbers[..] else { panic!("half a line: {line}") };
        let before = self.acknowledged.insert(Which { thread, number }, sequence);
        let same = before.is_none_or(|before| before == sequence);
        assert!(same, "sent again, it was answered with another place: {line}, not {before:?}");
        true
    }

    pub(crate) fn len(&self) -> usize {
        self.acknowledged.len()
    }

    /// Where each thread goes on, with commas between: the last acknowledged append of each is sent again.
    pub(crate) fn go_on_from(&self) -> String {
        let mut last = [0; crate::workload::DEPTHS.len()];
        for which in self.acknowledged.keys() {
            last[usize::try_from(which.thread).unwrap()] = which.number;
        }
        last.map(|number| number.to_string()).join(",")
    }

    /// Opens a log and holds it against what was acknowledged. A log that was never finished holds nothing.
    pub(crate) fn compare(&self, directory: &Path, large: usize) -> Result<Account, OpenError> {
        let mut account = Account::default();
        let mut appends = HashMap::<Which, (u64, u32)>::new();
        let mut versions = HashMap::<Vec<u8>, u64>::new();
        let opened = Log::open_with(directory, &Options::writer(RULES), |verified| {
            let record = verified.record;
            account.out_of_order += usize::from(record.sequence != account.records);
            account.records += 1;
            let next = versions.entry(record.id.to_vec()).or_default();
            account.out_of_order += usize::from(record.version != *next);
            *next += 1;
            let Some(which) = Which::of(record.append_id) else { return };
            let (first, count) = appends.entry(which).or_insert((record.sequence, 0));
            let in_place =
                record.append_index == *count && *first + u64::from(*count) == record.sequence;
            account.doubled += usize::from(!in_place);
            *count += 1;
            let sent = which.append(large);
            let event = &sent.events[usize::try_from(record.append_index).unwrap()];
            account.lost += usize::from(event.content != record.content);
        });
        match opened {
            Ok(log) => assert_eq!(log.head().size, account.records),
            Err(OpenError::NoLog { .. }) if self.acknowledged.is_empty() => {}
            Err(error) => return Err(error),
        }
        for (which, sequence) in &self.acknowledged {
            let whole = u32::try_from(which.append(0).events.len()).unwrap();
            account.lost += usize::from(appends.remove(which) != Some((*sequence, whole)));
        }
        account.unheard = appends.len();
        Ok(account)
    }

    /// As [`Ledger::compare`], and everything must be there, once and in order.
    #[track_caller]
    pub(crate) fn check(&self, directory: &Path, large: usize) -> Account {
        match self.compare(directory, large) {
            Ok(account) => {
                let faults = (account.lost, account.doubled, account.out_of_order);
                assert_eq!(faults, (0, 0, 0), "{} acknowledged: {account:?}", self.len());
                account
            }
            Err(error) => panic!("{} acknowledged, but: {error:?}", self.len()),
        }
    }
}
